namespace Mirror.Driver.Disks;

/// <summary>
/// A bounded queue of reads and the few threads that do them one at a time each, so that the disk has as many in flight as there are
/// threads. The threads are the queue's own, because the I/O priority is a thread's.
/// <para>Lock order: <c>_waiting</c> only.</para>
/// </summary>
internal sealed class DiskReadQueue : IDisposable
{
    private readonly Action<long, Memory<byte>> _read;
    private readonly string _path;
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _places;

    /// <summary>Reads that no thread has taken yet; guarded by itself, as are the two fields below.</summary>
    private readonly Queue<DiskReadRequest> _waiting;
    private readonly Stack<DiskReadRequest> _spare = new();
    private bool _closed;

    /// <param name="path">For names and messages.</param>
    /// <param name="readers">How many reads are in flight at most.</param>
    /// <param name="depth">How many reads wait or run at most; another one waits before it is queued.</param>
    /// <param name="read">Does one read, on one of the threads.</param>
    internal DiskReadQueue(string path, int readers, int depth, Action<long, Memory<byte>> read)
    {
        _path = path;
        _read = read;
        _places = new SemaphoreSlim(depth, depth);
        _waiting = new Queue<DiskReadRequest>(depth);
        _threads = new Thread[readers];
        for (int i = 0; i < readers; i++)
        {
            _threads[i] = new Thread(Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "disk read" };
            _threads[i].Start();
        }
    }

    /// <summary>Queues a read. Cancellation works until a thread has taken it; from then on the read runs to its end.</summary>
    internal ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        return _places.Wait(0, CancellationToken.None)
            ? Enqueue(offset, destination, cancellation)
            : WaitThenEnqueue(offset, destination, cancellation);
    }

    private async ValueTask WaitThenEnqueue(long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        await _places.WaitAsync(cancellation).ConfigureAwait(false);
        await Enqueue(offset, destination, cancellation).ConfigureAwait(false);
    }

    /// <summary>The caller has taken a place; it is given back when a thread is done with the read.</summary>
    private ValueTask Enqueue(long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        lock (_waiting)
        {
            if (_closed)
            {
                _places.Release();
                return ValueTask.FromException(Closed());
            }
            DiskReadRequest request = _spare.TryPop(out DiskReadRequest? spare) ? spare : new DiskReadRequest(this);
            ValueTask result = request.Begin(offset, destination, cancellation);
            _waiting.Enqueue(request);
            Monitor.Pulse(_waiting);
            return result;
        }
    }

    internal void Recycle(DiskReadRequest request)
    {
        lock (_waiting)
            if (!_closed) _spare.Push(request);
    }

    private void Run()
    {
        while (true)
        {
            DiskReadRequest request;
            bool closed;
            lock (_waiting)
            {
                while (_waiting.Count == 0 && !_closed) Monitor.Wait(_waiting);
                closed = _closed;
                if (_waiting.Count == 0) return;
                request = _waiting.Dequeue();
            }
            Exception? error = null;
            try
            {
                if (closed) error = Closed();
                else if (request.Cancellation.IsCancellationRequested) error = new OperationCanceledException(request.Cancellation);
                else ReadIdly(request);
            }
            catch (Exception e)
            {
                error = e;
            }
            _places.Release();
            request.Complete(error);
        }
    }

    /// <summary>The idle class holds for the read only: completing it may start a pool thread, and threads inherit the class of their maker.</summary>
    private void ReadIdly(DiskReadRequest request)
    {
        DiskNative.SetIdleIo(true);
        try
        {
            _read(request.Offset, request.Destination);
        }
        finally
        {
            DiskNative.SetIdleIo(false);
        }
    }

    private ObjectDisposedException Closed() => new(_path, $"The disk {_path} has been closed.");

    /// <summary>Reads that have not begun fail; those under way end first. A disk that does not answer holds this up for 5 s at most.</summary>
    public void Dispose()
    {
        lock (_waiting)
        {
            _closed = true;
            Monitor.PulseAll(_waiting);
        }
        long deadline = Environment.TickCount64 + 5000;
        foreach (Thread thread in _threads)
            if (thread != Thread.CurrentThread) thread.Join((int)Math.Max(0, deadline - Environment.TickCount64));
    }
}
