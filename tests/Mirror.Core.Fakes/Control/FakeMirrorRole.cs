using Mirror.Core.Control;

namespace Mirror.Core.Fakes.Control;

/// <summary>A mirror that does nothing but remember what was asked of it. Set <see cref="Status"/> to whatever a test needs.</summary>
public sealed class FakeMirrorRole(string volume, MirrorRole role = MirrorRole.Client) : IMirrorRole
{
    private MirrorStatus status = new() { Role = role, Volume = volume, Disk = "/dev/fake", State = MirrorState.NoConn, SizeBytes = 1 << 30 };

    /// <summary>What the next reading of the status finds.</summary>
    public MirrorStatus Status
    {
        get => Volatile.Read(ref status);
        set => Volatile.Write(ref status, value);
    }

    /// <summary>Completed by a test to let waits for idle complete.</summary>
    public TaskCompletionSource Idle { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Thrown by every request when set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Requests in their order, as <c>rescan</c>, <c>adopt</c>, <c>adopt --replace</c>, <c>stop</c>, <c>stop --keep-tracking</c>.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (requests) return requests.ToArray();
        }
    }

    /// <summary>How many waits for idle are under way.</summary>
    public int Waits => Volatile.Read(ref waits);

    private readonly List<string> requests = [];
    private int waits;

    /// <inheritdoc/>
    public async Task WaitIdleAsync(CancellationToken cancellation)
    {
        Fail();
        Interlocked.Increment(ref waits);
        try
        {
            await Idle.Task.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref waits);
        }
    }

    /// <inheritdoc/>
    public Task RescanAsync(CancellationToken cancellation) => Note("rescan");

    /// <inheritdoc/>
    public Task AdoptAsync(bool replace, CancellationToken cancellation) => Note(replace ? "adopt --replace" : "adopt");

    /// <inheritdoc/>
    public Task StopAsync(bool keepTracking, CancellationToken cancellation) => Note(keepTracking ? "stop --keep-tracking" : "stop");

    private Task Note(string request)
    {
        Fail();
        lock (requests) requests.Add(request);
        return Task.CompletedTask;
    }

    private void Fail()
    {
        if (Failure is not null) throw Failure;
    }
}
