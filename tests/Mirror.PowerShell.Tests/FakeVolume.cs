using Mirror.Core.Client;
using Mirror.Core.Control;

namespace Mirror.PowerShell.Tests;

/// <summary>A volume with a history and something to verify, in memory. A client's when <paramref name="role"/> says so, although a real one has no history.</summary>
internal sealed class FakeVolume(string name, MirrorRole role) : IHistoryRole
{
    private readonly Lock gate = new();
    private int waiting;
    private readonly List<SnapshotInfo> snapshots = [];     // guarded by gate

    public MirrorStatus Status { get; } = new() { Role = role, Volume = name, Disk = "/dev/fake", State = MirrorState.Live, SizeBytes = 1 << 20, Verify = new VerifyProgress(VerifyStep.Comparing, 1 << 19, 0, 0) };

    /// <summary>Bytes that differ.</summary>
    public long Differing { get; set; }

    /// <summary>The verifies that were asked for.</summary>
    public List<VerifyRequest> Verifies { get; } = [];

    /// <summary>Thrown by what takes a snapshot.</summary>
    public MirrorControlException? Failure { get; set; }

    /// <summary>Lets a snapshot be taken.</summary>
    public Task SnapshotGate { get; set; } = Task.CompletedTask;

    /// <summary>How many wait for one of the gates.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>Completes a verify.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public string[] Names
    {
        get
        {
            lock (gate) return [.. snapshots.Select(s => s.Name)];
        }
    }

    public async Task<SnapshotInfo> NewSnapshotAsync(string? named, CancellationToken cancellation)
    {
        if (Failure is not null) throw Failure;
        await WaitAsync(SnapshotGate, cancellation);
        lock (gate)
        {
            SnapshotInfo taken = new() { Volume = name, Name = named ?? $"auto{snapshots.Count}", Taken = DateTimeOffset.UnixEpoch, DiskTime = DateTimeOffset.UnixEpoch, Mark = 7, SizeBytes = 1 << 20, LogicalBlockBytes = 512, ByRule = named is null, CloneMilliseconds = 1, Path = "/nowhere" };
            snapshots.Add(taken);
            return taken;
        }
    }

    public Task<SnapshotHistory> SnapshotsAsync(CancellationToken cancellation)
    {
        lock (gate) return Task.FromResult(new SnapshotHistory(name, null, [.. snapshots]));
    }

    public Task RemoveSnapshotAsync(string named, CancellationToken cancellation)
    {
        lock (gate) return snapshots.RemoveAll(s => s.Name == named) > 0 ? Task.CompletedTask : throw new MirrorControlException($"Volume {name} has no snapshot {named}.") { Failure = ControlFailure.NotFound };
    }

    public async Task<VerifyResult> VerifyAsync(VerifyRequest request, CancellationToken cancellation)
    {
        lock (gate) Verifies.Add(request);
        await WaitAsync(Gate, cancellation);
        return new VerifyResult { ComparedBytes = 1 << 20, DifferingBytes = Differing, Ranges = [], BusyBytes = 0, RepairedBytes = request.Repair ? Differing : 0, Began = DateTimeOffset.UnixEpoch, Ended = DateTimeOffset.UnixEpoch };
    }

    /// <summary>The rules that were set; null for the server's own.</summary>
    public List<string?> Rules { get; } = [];

    public Task SetSnapshotRuleAsync(string? rule, CancellationToken cancellation)
    {
        lock (gate) Rules.Add(rule);
        return Task.CompletedTask;
    }

    public Task WaitIdleAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task RescanAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task AdoptAsync(bool replace, CancellationToken cancellation) => Task.CompletedTask;

    public Task StopAsync(bool keepTracking, CancellationToken cancellation) => Task.CompletedTask;

    private async Task WaitAsync(Task opened, CancellationToken cancellation)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            await opened.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }
}
