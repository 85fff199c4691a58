using System.Buffers;
using Mirror.Core.Blocks;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// Answers HASH_REQUESTs in order, on threads of its own: a hole is zero without reading, a chunk whose tag is known need not be read either, the rest is read and hashed a MiB at a time. Memory does not
/// depend on the request: a few jobs have their tags in memory at once. A write to what is still to be hashed waits (<see cref="WaitFor"/>), so each answer
/// shows the image as it was at its place in the order. What is read lies in the server's memory for payloads, of which the lane has a buffer for each thread
/// while there is work, and one at least, so it always goes on. All fields are guarded by <see cref="_lock"/>.
/// </summary>
internal sealed class HashLane
{
    private const int BatchBytes = Units.ChunkBytes;
    private const int MaxActive = 3;
    private const int MaxQueued = 256;
    private static readonly ArrayPool<byte> Frames = ArrayPool<byte>.Create(HashesMessage.Size + WireLimits.MaxPayloadBytes, 8);   // the shared one keeps an array for each thread

    private readonly IImageReader _store;
    private readonly IChunkTags? _tags;
    private readonly Bytes32 _key;
    private readonly ReplyLane _replies;
    private readonly Action<Exception> _failed;
    private readonly object _lock = new();
    private readonly List<HashJob> _active = [];    // oldest first
    private readonly Queue<HashJob> _queued = new();
    private readonly Thread[] _threads;
    private readonly string _name;
    private readonly PayloadBudget _memory;
    private readonly CancellationTokenSource _stop = new();
    private PayloadPool? _pool;             // from the first request on
    private bool _started, _sending, _closed;
    private long _dataStart, _dataEnd;      // held data when last asked; a hole made there since is read as zeroes

    /// <summary>Makes the lane; its threads start with the first request.</summary>
    public HashLane(IImageReader store, IChunkTags? tags, Bytes32 key, ReplyLane replies, PayloadBudget memory, int workers, string name, Action<Exception> failed)
    {
        _store = store;
        _tags = tags;
        _key = key;
        _replies = replies;
        _memory = memory;
        _name = name;
        _failed = failed;
        _threads = new Thread[workers];
    }

    /// <summary>Takes a request. Blocks while too many wait.</summary>
    /// <param name="request">What is to be hashed.</param>
    /// <param name="known">Whether tags that are known without reading will do.</param>
    public void Put(in HashRequestMessage request, bool known)
    {
        lock (_lock)
        {
            while (_queued.Count >= MaxQueued && !_closed) Monitor.Wait(_lock);
            if (_closed) return;
            _queued.Enqueue(new HashJob(request, known, _store.SizeBytes));
            if (!_started)
            {
                _started = true;
                _pool = new PayloadPool(_memory, _threads.Length);
                for (int i = 0; i < _threads.Length; i++)
                {
                    _threads[i] = new Thread(Run) { IsBackground = true, Name = _name };
                    _threads[i].Start();
                }
            }
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Blocks until nothing of the range is still to be hashed.</summary>
    public void WaitFor(long offset, long length)
    {
        lock (_lock)
        {
            while (!_closed && IsOpen(offset, offset + length)) Monitor.Wait(_lock);
        }
    }

    /// <summary>Drops what is not answered. Nobody waits for hashes any more, and writes do not wait for them.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }
        _stop.Cancel();
    }

    /// <summary>The same, and waits for the threads.</summary>
    public void Close()
    {
        Stop();
        if (!_started) return;
        foreach (Thread thread in _threads) thread.Join();
        _pool!.Dispose();
    }

    private bool IsOpen(long start, long end)
    {
        foreach (HashJob job in _active)
        {
            if (!job.Complete && start < job.End && job.OpenFrom < end) return true;
        }
        foreach (HashJob job in _queued)
        {
            if (start < job.End && job.Offset < end) return true;
        }
        return false;
    }

    private void Run()
    {
        try
        {
            using var hasher = new UnitHasher(_key);
            while (WaitForWork())
            {
                using PayloadBuffer buffer = _pool!.RentAsync(_stop.Token).AsTask().GetAwaiter().GetResult();
                while (Claim(out HashJob? job, out int first, out int count))
                {
                    bool data = Hash(hasher, buffer.All.Span, job, first, count);
                    Finish(job, first, count, data);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Closed.
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                if (_closed) return;
                _closed = true;
                Monitor.PulseAll(_lock);
            }
            _failed(e);
        }
    }

    private bool Hash(UnitHasher hasher, Span<byte> buffer, HashJob job, int first, int count)
    {
        int unitBytes = job.Request.UnitBytes;
        long start = job.Offset + (long)first * unitBytes;
        int bytes = (int)Math.Min((long)count * unitBytes, job.End - start);
        Span<byte> tags = job.Frame.AsSpan(HashesMessage.Size + first * WireLimits.TagBytes, count * WireLimits.TagBytes);
        bool chunk = _tags is not null && unitBytes == Units.ChunkBytes;
        if (chunk && job.Known && _tags!.TryGet(start / unitBytes, tags)) return tags.ContainsAnyExcept((byte)0);
        TagTicket? ticket = chunk ? _tags!.Begin(start / unitBytes) : null;
        bool hashed = false;
        try
        {
            _store.Read(start, buffer[..bytes]);
            bool data = hasher.HashAll(buffer[..bytes], unitBytes, start / unitBytes, tags) > 0;
            hashed = true;
            return data;
        }
        finally
        {
            if (ticket is not null) _tags!.End(ticket, hashed ? tags : []);
        }
    }

    /// <summary>Blocks until there is something to hash; false at the end.</summary>
    private bool WaitForWork()
    {
        lock (_lock)
        {
            while (!_closed)
            {
                if ((_active.Count < MaxActive && _queued.Count > 0) || _active.Exists(j => j.Next < j.Request.Count)) return true;
                Monitor.Wait(_lock);
            }
            return false;
        }
    }

    /// <summary>Finds work, and settles holes on the way; false when there is none.</summary>
    private bool Claim([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out HashJob? job, out int first, out int count)
    {
        lock (_lock)
        {
            while (!_closed)
            {
                job = Open();
                if (job is null) break;
                SkipHole(job);
                if (job.Next < job.Request.Count)
                {
                    first = job.Next;
                    count = Math.Min(BatchBytes / job.Request.UnitBytes, job.Request.Count - first);
                    job.Next += count;
                    job.UnderWay.Add(first);
                    return true;
                }
                if (job.Complete) Answer();
            }
        }
        job = null;
        first = count = 0;
        return false;
    }

    /// <summary>The oldest job with units to claim.</summary>
    private HashJob? Open()
    {
        foreach (HashJob job in _active)
        {
            if (job.Next < job.Request.Count) return job;
        }
        if (_active.Count >= MaxActive || !_queued.TryDequeue(out HashJob? fresh)) return null;
        fresh.Frame = Frames.Rent(HashesMessage.Size + fresh.Request.Count * WireLimits.TagBytes);
        fresh.Frame.AsSpan().Clear();
        _active.Add(fresh);
        Monitor.PulseAll(_lock);
        return fresh;
    }

    private void SkipHole(HashJob job)
    {
        int unitBytes = job.Request.UnitBytes;
        long at = job.Offset + (long)job.Next * unitBytes;
        if (at >= job.End || (at >= _dataStart && at < _dataEnd)) return;
        // Finding the end of a long run of data walks all of it: once a run, not once a job.
        if (!_store.NextData(at, out _dataStart, out _dataEnd)) _dataStart = _dataEnd = long.MaxValue;
        int zero = _dataStart >= job.End ? job.Request.Count - job.Next : (int)(Math.Max(0, _dataStart - at) / unitBytes);
        job.Next += zero;
        job.Done += zero;
        if (zero > 0) Monitor.PulseAll(_lock);
    }

    private void Finish(HashJob job, int first, int count, bool data)
    {
        lock (_lock)
        {
            job.UnderWay.Remove(first);
            job.Done += count;
            job.AnyData |= data;
            Monitor.PulseAll(_lock);
            Answer();
        }
    }

    /// <summary>Sends the answers that are due. The lock is given up while sending; another thread that completes a job meanwhile leaves it to this one.</summary>
    private void Answer()
    {
        if (_sending) return;
        _sending = true;
        while (!_closed && _active.Count > 0 && _active[0] is { Complete: true } job)
        {
            Monitor.Exit(_lock);
            try
            {
                HashRequestMessage r = job.Request;
                var head = new HashesMessage(r.FirstSector, r.Count, r.UnitBytes, job.AnyData ? HashesFlags.None : HashesFlags.AllZero);
                int bytes = head.Encode(job.Frame) + head.TagBytes;
                _replies.Send(job.Frame.AsMemory(0, bytes));
            }
            finally
            {
                Monitor.Enter(_lock);
            }
            _active.RemoveAt(0);
            Frames.Return(job.Frame!);
            job.Frame = null;
            Monitor.PulseAll(_lock);
        }
        _sending = false;
    }
}
