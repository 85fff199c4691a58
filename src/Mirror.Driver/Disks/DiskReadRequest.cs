using System.Threading.Tasks.Sources;

namespace Mirror.Driver.Disks;

/// <summary>
/// One read on its way, reused from read to read. Owned by the queue while waiting and by one reader thread while it runs; goes back to the
/// pool when the caller has seen the result, which is never before the kernel has let go of the memory.
/// What awaits the read goes on on the thread that has read: the scan's hash finds the data in that processor's cache.
/// </summary>
internal sealed class DiskReadRequest(DiskReadQueue queue) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;

    internal long Offset { get; private set; }

    internal Memory<byte> Destination { get; private set; }

    internal CancellationToken Cancellation { get; private set; }

    internal ValueTask Begin(long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        (Offset, Destination, Cancellation) = (offset, destination, cancellation);
        return new ValueTask(this, _core.Version);
    }

    internal void Complete(Exception? error)
    {
        Destination = default;
        if (error is null) _core.SetResult(true);
        else _core.SetException(error);
    }

    public void GetResult(short token)
    {
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            Cancellation = default;
            _core.Reset();
            queue.Recycle(this);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
