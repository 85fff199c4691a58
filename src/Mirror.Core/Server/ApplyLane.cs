using Mirror.Core.Store;

namespace Mirror.Core.Server;

/// <summary>
/// The one thread that changes the image: takes arrivals in order and applies them. A store that stalls holds up this thread and through the bounded
/// queue its own connection, nothing else.
/// </summary>
internal sealed class ApplyLane
{
    private readonly IImageStore _store;
    private readonly ArrivalQueue _queue;
    private readonly HashLane _hashes;
    private readonly CommitLane _commits;
    private readonly Action<Exception> _failed;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _queuedBytes;
    private volatile bool _stopped;

    /// <summary>Starts the thread.</summary>
    public ApplyLane(IImageStore store, ArrivalQueue queue, HashLane hashes, CommitLane commits, string name, Action<Exception> failed)
    {
        _store = store;
        _queue = queue;
        _hashes = hashes;
        _commits = commits;
        _failed = failed;
        new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Completes when the queue was closed, everything in it has been applied (or dropped after a failure), and the other lanes have ended.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Bytes received and not applied.</summary>
    public long QueuedBytes => Interlocked.Read(ref _queuedBytes);

    /// <summary>A write was put into the queue.</summary>
    public void Queued(long bytes) => Interlocked.Add(ref _queuedBytes, bytes);

    /// <summary>From here on arrivals are dropped: the store has failed.</summary>
    public void Stop() => _stopped = true;

    private void Run()
    {
        while (_queue.Take(out Arrival arrival))
        {
            try
            {
                if (!_stopped) Apply(arrival);
            }
            catch (Exception e)
            {
                _stopped = true;
                _failed(e);
            }
            if (arrival.Kind == ArrivalKind.Write) Interlocked.Add(ref _queuedBytes, -arrival.Length);
            arrival.Release();
        }
        _hashes.Close();
        _commits.Close();
        _drained.SetResult();
    }

    private void Apply(in Arrival arrival)
    {
        switch (arrival.Kind)
        {
            case ArrivalKind.Write:
                _hashes.WaitFor(arrival.Offset, arrival.Length);
                _store.Write(arrival.Offset, arrival.Data.Span);
                break;
            case ArrivalKind.Zero:
                _hashes.WaitFor(arrival.Offset, arrival.Length);
                _store.Zero(arrival.Offset, arrival.Length);
                break;
            case ArrivalKind.Mark:
                _store.Mark(arrival.Mark);
                _commits.Noted();
                break;
            case ArrivalKind.Hash:
                _hashes.Put(arrival.Hash, arrival.Known);
                break;
            case ArrivalKind.Barrier:
                if (arrival.Live is { } live) _store.EnterLive(live);
                arrival.Reached!.TrySetResult();
                break;
            default:
                throw new InvalidOperationException($"Arrival {arrival.Kind} is unknown.");
        }
    }
}
