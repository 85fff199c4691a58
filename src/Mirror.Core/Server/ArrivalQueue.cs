namespace Mirror.Core.Server;

/// <summary>The way from the reader of a connection (asynchronous, waits while it is full) to its apply thread (blocks while it is empty). One of each.</summary>
internal sealed class ArrivalQueue(int most)
{
    private readonly Queue<Arrival> _queue = new();     // guarded by itself
    private readonly SemaphoreSlim _room = new(most, most);
    private bool _closed;
    private bool _idle;     // the consumer waits

    /// <summary>Puts one in. It is taken even when the queue has been closed meanwhile: whoever closes drains.</summary>
    public async ValueTask PutAsync(Arrival arrival, CancellationToken cancellation)
    {
        await _room.WaitAsync(cancellation).ConfigureAwait(false);
        lock (_queue)
        {
            _queue.Enqueue(arrival);
            if (_idle) Monitor.Pulse(_queue);
        }
    }

    /// <summary>No more will come: <see cref="Take"/> returns false once it is empty.</summary>
    public void Close()
    {
        lock (_queue)
        {
            _closed = true;
            Monitor.PulseAll(_queue);
        }
    }

    /// <summary>Takes the oldest, waiting for one; false at the end.</summary>
    public bool Take(out Arrival arrival)
    {
        lock (_queue)
        {
            while (!_queue.TryDequeue(out arrival))
            {
                if (_closed) return false;
                _idle = true;
                Monitor.Wait(_queue);
                _idle = false;
            }
        }
        _room.Release();
        return true;
    }
}
