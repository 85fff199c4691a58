namespace Mirror.Core.Restore;

/// <summary>
/// Bounds the bytes that are asked for and not written yet. The bound begins small on each connection and grows by an eighth of what has been written, so a
/// connection that breaks, or a process that dies, wastes no more than <see cref="FirstBytes"/> and an eighth of what it brought. Safe for use by several threads.
/// </summary>
internal sealed class FetchWindow
{
    /// <summary>The bound at the start of a connection, and the most that one FETCH asks for.</summary>
    public const int FirstBytes = 256 << 10;

    private const long MostBytes = 8 << 20;

    private readonly Lock _lock = new();
    private readonly Queue<(int Bytes, TaskCompletionSource Entered)> _waiting = new();  // guarded by _lock
    private long _underWay;     // guarded by _lock
    private long _stored;       // guarded by _lock
    private Exception? _closed; // guarded by _lock

    /// <summary>The bound now.</summary>
    private long Limit => Math.Min(MostBytes, FirstBytes + _stored / 8);

    /// <summary>Completes when <paramref name="bytes"/> more may be asked for; in the order of the calls.</summary>
    public Task EnterAsync(int bytes)
    {
        lock (_lock)
        {
            if (_closed is { } why) return Task.FromException(why);
            if (_waiting.Count == 0 && _underWay + bytes <= Limit)
            {
                _underWay += bytes;
                return Task.CompletedTask;
            }
            var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((bytes, entered));
            return entered.Task;
        }
    }

    /// <summary>Bytes that were asked for have come and are written.</summary>
    public void Stored(int bytes)
    {
        lock (_lock) _stored += bytes;
        GiveBack(bytes);
    }

    /// <summary>Bytes of the window are free again.</summary>
    public void GiveBack(int bytes)
    {
        lock (_lock)
        {
            _underWay -= bytes;
            while (_waiting.TryPeek(out (int Bytes, TaskCompletionSource Entered) next) && _underWay + next.Bytes <= Limit)
            {
                _waiting.Dequeue();
                _underWay += next.Bytes;
                next.Entered.SetResult();
            }
        }
    }

    /// <summary>The connection is over: who waits fails.</summary>
    public void Close(Exception why)
    {
        lock (_lock)
        {
            _closed = why;
            while (_waiting.TryDequeue(out (int Bytes, TaskCompletionSource Entered) next)) next.Entered.SetException(why);
        }
    }
}
