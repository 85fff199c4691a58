namespace Mirror.Core.Client;

/// <summary>Counts the hash requests that are unanswered: the scan adds on the session's thread, the receiving task takes.</summary>
internal sealed class OpenRequests
{
    private int _open;

    /// <summary>One more was sent.</summary>
    public void Add() => Interlocked.Increment(ref _open);

    /// <summary>One was answered. Negative: it was not asked.</summary>
    public int Take() => Interlocked.Decrement(ref _open);
}
