namespace Mirror.Core.Client;

/// <summary>A limit in bytes a second with a burst of a tenth of a second (at least one MiB). Used by one thread.</summary>
internal sealed class TokenBucket(long bytesPerSecond, TimeProvider clock)
{
    private readonly long _burst = Math.Max(1 << 20, bytesPerSecond / 10);
    private double _tokens = Math.Max(1 << 20, bytesPerSecond / 10);
    private long _last = clock.GetTimestamp();

    /// <summary>Whether there is a limit at all.</summary>
    public bool Limited => bytesPerSecond > 0;

    /// <summary>How long to wait until something may be taken; zero when now.</summary>
    public TimeSpan Delay()
    {
        if (!Limited) return TimeSpan.Zero;
        long now = clock.GetTimestamp();
        _tokens = Math.Min(_burst, _tokens + clock.GetElapsedTime(_last, now).TotalSeconds * bytesPerSecond);
        _last = now;
        return _tokens > 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _tokens) / bytesPerSecond);
    }

    /// <summary>Takes <paramref name="bytes"/>, on credit where need be: the next <see cref="Delay"/> pays.</summary>
    public void Take(long bytes)
    {
        if (Limited) _tokens -= bytes;
    }
}
