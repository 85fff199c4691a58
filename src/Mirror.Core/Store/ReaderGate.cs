namespace Mirror.Core.Store;

/// <summary>
/// Lets whoever gives space back wait for the readers that may still read it: those that had entered before. A reader that enters later does not know the
/// space any more, so steady readers hold nobody up for longer than one reading.
/// </summary>
internal sealed class ReaderGate
{
    private readonly SortedSet<long> _inside = [];      // guarded by itself
    private long _next;

    /// <summary>A reader enters; it gets the ticket to leave with.</summary>
    public long Enter()
    {
        lock (_inside)
        {
            _inside.Add(++_next);
            return _next;
        }
    }

    /// <summary>A reader leaves.</summary>
    public void Leave(long ticket)
    {
        lock (_inside)
        {
            _inside.Remove(ticket);
            Monitor.PulseAll(_inside);
        }
    }

    /// <summary>Returns when everybody who is inside now has left.</summary>
    public void WaitForThoseInside()
    {
        lock (_inside)
        {
            long last = _next;
            while (_inside.Count > 0 && _inside.Min <= last) Monitor.Wait(_inside);
        }
    }
}
