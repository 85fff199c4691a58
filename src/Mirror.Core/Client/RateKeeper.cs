using Mirror.Core.Taps;

namespace Mirror.Core.Client;

/// <summary>
/// Decides when the rate may rise again. The tap lowers it by itself; each time that happens soon after a rise, the next rise waits
/// twice as long, so that a writer that outruns the link is not copied into the ring over and over.
/// </summary>
internal sealed class RateKeeper(ITap tap, TimeProvider clock)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(10);

    private TimeSpan _wait = Shortest;
    private long _raisedAt;
    private long _fellAt;
    private bool _raised;

    /// <summary>Whether the tap delivers all that it can.</summary>
    public bool AtHighest => tap.Rate == tap.Description.MaxRate;

    /// <summary>Notes a fall. Returns whether there was one since the last rise.</summary>
    public bool Fell()
    {
        if (!_raised || AtHighest) return false;
        _raised = false;
        _fellAt = clock.GetTimestamp();
        bool lasted = clock.GetElapsedTime(_raisedAt, _fellAt) >= Lasting;
        _wait = lasted ? Shortest : TimeSpan.FromTicks(Math.Min(_wait.Ticks * 2, Longest.Ticks));
        return true;
    }

    /// <summary>How long to wait until the rate may rise; zero when now.</summary>
    public TimeSpan Delay()
    {
        TimeSpan since = clock.GetElapsedTime(_fellAt);
        return _fellAt == 0 || since >= _wait ? TimeSpan.Zero : _wait - since;
    }

    /// <summary>Raises the rate to the highest. The caller flips right after: the barrier.</summary>
    public void Raise()
    {
        tap.SetRate(tap.Description.MaxRate);
        _raised = true;
        _raisedAt = clock.GetTimestamp();
    }

    /// <summary>Lowers the rate to Off: the bitmaps collect.</summary>
    public void Lower()
    {
        tap.SetRate(TapRate.Off);
        _raised = false;
    }
}
