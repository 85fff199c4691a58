namespace Mirror.Core.Server;

/// <summary>Bytes a second over the last few seconds, from a count that only grows. Called by whoever reads status; guarded by itself.</summary>
internal sealed class RateMeter(TimeProvider clock)
{
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(5);

    private readonly Queue<(long At, long Count)> _samples = new();

    /// <summary>Takes a sample and says the rate.</summary>
    public long Sample(long count)
    {
        lock (_samples)
        {
            long now = clock.GetTimestamp();
            if (_samples.Count > 0 && count < _samples.Peek().Count) _samples.Clear();
            _samples.Enqueue((now, count));
            while (_samples.Count > 2 && (clock.GetElapsedTime(_samples.Peek().At, now) > Span || _samples.Count > 64)) _samples.Dequeue();
            (long at, long first) = _samples.Peek();
            double seconds = clock.GetElapsedTime(at, now).TotalSeconds;
            return seconds < 0.05 ? 0 : (long)((count - first) / seconds);
        }
    }
}
