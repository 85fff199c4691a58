using System.Threading.Channels;
using Mirror.Core.Control;

namespace Mirror.Hosting;

/// <summary>
/// Turns what the roles of one hosted mirror show into events. States of a client come from its engine, each one, in their order; the rest is
/// looked for several times a second, so that a rate or an error that comes and goes in between is not told. Events are raised one after
/// another on one thread of the pool; a subscriber that throws harms nobody else.
/// </summary>
internal sealed class StatusWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    // More than a mirror makes in minutes: only a subscriber that hangs gets there, and then the oldest are dropped.
    private const int MostWaiting = 4096;

    private readonly Func<IReadOnlyCollection<IMirrorRole>> roles;
    private readonly Action<MirrorEventArgs> raise;
    private readonly bool statesAreTold;
    private readonly Dictionary<string, MirrorStatus> last = new(StringComparer.Ordinal); // only the looking task
    private readonly Channel<MirrorEventArgs> events = Channel.CreateBounded<MirrorEventArgs>(new BoundedChannelOptions(MostWaiting)
    {
        FullMode = BoundedChannelFullMode.DropOldest,
        SingleReader = true,
    });

    private readonly CancellationTokenSource ending = new();
    private readonly Task looking;
    private readonly Task raising;

    /// <summary>Starts to watch.</summary>
    /// <param name="roles">What there is, now.</param>
    /// <param name="raise">Raises one event.</param>
    /// <param name="statesAreTold">Whether states come by <see cref="Tell(MirrorEventArgs)"/>.</param>
    public StatusWatch(Func<IReadOnlyCollection<IMirrorRole>> roles, Action<MirrorEventArgs> raise, bool statesAreTold)
    {
        this.roles = roles;
        this.raise = raise;
        this.statesAreTold = statesAreTold;
        looking = Task.Run(LookAsync);
        raising = Task.Run(RaiseAsync);
    }

    /// <summary>Tells an event that was not found by looking. Never waits.</summary>
    public void Tell(MirrorEventArgs happened) => events.Writer.TryWrite(happened);

    /// <summary>Looks a last time, raises what is left, and ends. A subscriber that hangs is not waited for longer than two seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync().ConfigureAwait(false);
        await looking.ConfigureAwait(false);
        events.Writer.TryComplete();
        await Task.WhenAny(raising, Task.Delay(TimeSpan.FromSeconds(2))).ConfigureAwait(false);
        ending.Dispose();
    }

    private async Task LookAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            Look();
            await Task.Delay(Interval, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        Look();
    }

    private void Look()
    {
        foreach (IMirrorRole role in roles())
        {
            MirrorStatus now = role.Status;
            MirrorStatus before = last.GetValueOrDefault(now.Volume) ?? now with { State = MirrorState.NoConn, Rate = Core.Taps.TapRate.Off, LastError = null, Needs = null, TapReason = null };
            last[now.Volume] = now;
            if (now.TapReason is { } reason && reason != before.TapReason) Tell(MirrorEventKind.Notice, now, reason);
            if (!statesAreTold && now.State != before.State) Tell(MirrorEventKind.State, now, $"{before.State} -> {now.State}");
            if (now.Rate != before.Rate) Tell(MirrorEventKind.Rate, now, $"rate {before.Rate} -> {now.Rate}");
            if (now.LastError == before.LastError && now.Needs == before.Needs) continue;
            if (now.LastError is null && now.Needs is null) Tell(MirrorEventKind.Healed, now, $"healed: {before.LastError}");
            else Tell(MirrorEventKind.Error, now, now.LastError ?? $"needs '{now.Needs}'");
        }
    }

    private void Tell(MirrorEventKind kind, MirrorStatus status, string what) => Tell(new MirrorEventArgs(kind, status.Volume, $"{status.Volume}: {what}", status));

    private async Task RaiseAsync()
    {
        await foreach (MirrorEventArgs happened in events.Reader.ReadAllAsync().ConfigureAwait(false)) raise(happened);
    }
}
