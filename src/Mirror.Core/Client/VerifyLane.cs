using Mirror.Core.Blocks;
using Mirror.Core.Taps;
using Mirror.Core.Wire;

namespace Mirror.Core.Client;

/// <summary>
/// Looks at disk and image for a <see cref="VerifyJob"/> on one connection, while Live. Part of the sequencer, but not in its way: it has reads of its own, which
/// no mark waits for.
///
/// <para>A look at a chunk: the read is stamped with the ring's producer position S when it is submitted; it has ended at E. When every record before E is in
/// the stream, the server is asked for its hash, at the stream's position X >= E. What no record between S and X has touched, and is neither pending nor on
/// its way, was the same on the disk from S to X, and the image at X must hold it. The rest is looked at again (docs/consistency.md section 11).</para>
/// </summary>
internal sealed class VerifyLane
{
    private const int Slots = 4;

    private readonly VerifyJob _job;
    private readonly ClientMemory _memory;
    private readonly PendingDrain _drain;
    private readonly Outbox _outbox;
    private readonly OpenRequests _asked;
    private readonly ThreadLocal<UnitHasher> _hashers;
    private readonly Action<Action> _toSession;
    private readonly DiskReads _reads;
    private readonly List<VerifyChunk> _chunks = [];
    private readonly Queue<VerifyChunk> _answers = new();   // asked for, in the order of asking
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Takes a job up on a session's connection.</summary>
    public VerifyLane(VerifyJob job, ClientMemory memory, PendingDrain drain, Outbox outbox, OpenRequests asked, ThreadLocal<UnitHasher> hashers, Action<Action> toSession)
    {
        _job = job;
        _memory = memory;
        _drain = drain;
        _outbox = outbox;
        _asked = asked;
        _hashers = hashers;
        _toSession = toSession;
        long limit = job.Request.Limit > 0 ? job.Request.Limit : VerifyRequest.DefaultLimit;
        _reads = new DiskReads(memory.Disk, Slots, new TokenBucket(limit, memory.Clock), read => toSession(() => OnRead(read)));
    }

    /// <summary>The job.</summary>
    public VerifyJob Job => _job;

    /// <summary>How long the limit asks to wait; zero when it does not.</summary>
    public TimeSpan Delay => _job.Step is VerifyStep.Comparing or VerifyStep.Rechecking ? _reads.Delay : TimeSpan.Zero;

    private ITap Tap => _memory.Tap;

    /// <summary>Does what can be done now. Only while Live at the highest rate: at another one, writes are bits and touch nothing here.</summary>
    /// <param name="markBegun">The number of the last mark that was begun.</param>
    /// <returns>Whether anything was done.</returns>
    public bool Step(ulong markBegun)
    {
        bool worked = false;
        while (_reads.HasRoom && _job.TryNext(out long index))
        {
            var chunk = new VerifyChunk(index);
            long offset = index * Units.ChunkBytes;
            _chunks.Add(chunk);
            chunk.Read = _reads.Submit(offset, (int)Math.Min(Units.ChunkBytes, _memory.Disk.SizeBytes - offset), Tap.Produced, null, read => HashLocally(chunk, read), _stop.Token);
            worked = true;
        }
        for (int i = 0; i < _chunks.Count; i++)
        {
            VerifyChunk chunk = _chunks[i];
            if (chunk.Asked || chunk.End == 0 || !chunk.Read.Completed || Tap.Consumed < chunk.End - 1) continue;
            if (chunk.Read.Error is { } error) throw new IOException(error.Message, error);
            Ask(chunk);
            worked = true;
        }
        if (_chunks.Count == 0 && _job.Step is VerifyStep.Comparing or VerifyStep.Rechecking && !_job.HasNext)
        {
            _job.RoundEnded(markBegun);
            if (_job.Step == VerifyStep.Repairing && !_job.BeginRepair(_memory.Pending, _memory.GranuleBytes, markBegun)) _job.End();
            worked = true;
        }
        return worked;
    }

    /// <summary>A record changes these bytes of the disk.</summary>
    public void Touch(long offset, long length)
    {
        _reads.Touch(offset, length);
        _job.Touch(offset, length);
    }

    /// <summary>Writes are not seen one by one any more: whatever is under way is begun anew later, and nothing that was seen before counts.</summary>
    public void Pause()
    {
        foreach (VerifyChunk chunk in _chunks)
        {
            chunk.Dropped = true;
            _job.GiveBack(chunk.Index);
            if (chunk.Read.Completed && !chunk.Asked) Free(chunk);
        }
        _chunks.Clear();
        _job.Doubt();
    }

    /// <summary>The connection ends.</summary>
    public void Close()
    {
        _stop.Cancel();
        Pause();
        _reads.WaitForAll();
    }

    /// <summary>Takes an answer of the server.</summary>
    public void OnHashes(in HashesMessage message, byte[]? tags)
    {
        if (!_answers.TryDequeue(out VerifyChunk? chunk)) throw new ProtocolException(MessageType.Hashes, "not what was asked for");
        DiskRead read = chunk.Read;
        (int count, int unitBytes) = chunk.Fine ? (read.UnitCount, Units.FineBytes) : (1, Units.ChunkBytes);
        if (message.FirstSector != read.Offset >> Units.SectorShift || message.Count != count || message.UnitBytes != unitBytes)
            throw new ProtocolException(MessageType.Hashes, "not what was asked for");
        if (chunk.Dropped)
        {
            Free(chunk);
        }
        else if (chunk.Fine)
        {
            _ = Task.Run(() =>
            {
                Compare(chunk, tags);
                _toSession(() => Finish(chunk));
            });
        }
        else if (tags is null ? !chunk.LocalTag.AsSpan().ContainsAnyExcept((byte)0) : tags.AsSpan().SequenceEqual(chunk.LocalTag))
        {
            Finish(chunk);
        }
        else
        {
            chunk.Asked = false;
            chunk.Fine = true;      // asked for by the next step
        }
    }

    private void OnRead(DiskRead read)
    {
        read.Completed = true;
        VerifyChunk? chunk = _chunks.Find(c => c.Read == read);
        if (chunk is null)
        {
            // It was dropped.
            _reads.Retire(read);
            _reads.Recycle(read);
            return;
        }
        chunk.End = Tap.Produced + 1;   // never 0
    }

    private void Ask(VerifyChunk chunk)
    {
        DiskRead read = chunk.Read;
        bool blocked = Block(chunk);
        chunk.Fine |= blocked;
        chunk.Asked = true;
        _answers.Enqueue(chunk);
        _asked.Add(this);
        _outbox.Append(chunk.Fine
            ? new HashRequestMessage(read.Offset >> Units.SectorShift, read.UnitCount, Units.FineBytes)
            : new HashRequestMessage(read.Offset >> Units.SectorShift, 1, Units.ChunkBytes));
        _outbox.Flush();
    }

    /// <summary>Notes the units of which nothing can be said at this moment of the stream.</summary>
    private bool Block(VerifyChunk chunk)
    {
        DiskRead read = chunk.Read;
        Array.Clear(chunk.Blocked);
        bool any = false;
        for (int unit = 0; unit < read.UnitCount; unit++)
        {
            long offset = read.Offset + (long)unit * Units.FineBytes;
            if (!(read.AnyTouched && read.IsTouched(unit)) && !_memory.Pending.Contains(offset / _memory.GranuleBytes) && !_drain.Covers(offset)) continue;
            chunk.Blocked[unit >> 6] |= 1UL << (unit & 63);
            any = true;
        }
        return any;
    }

    private void Finish(VerifyChunk chunk)
    {
        Free(chunk);
        if (chunk.Dropped) return;
        _chunks.Remove(chunk);
        _job.Found(chunk.Index, chunk.Blocked, chunk.Differing);
    }

    private void Free(VerifyChunk chunk)
    {
        _reads.Retire(chunk.Read);
        _reads.Recycle(chunk.Read);
    }

    /// <summary>Runs on a worker thread, right after the read.</summary>
    private void HashLocally(VerifyChunk chunk, DiskRead read) => _hashers.Value!.Hash(read.Data.Span, Units.ChunkBytes, read.Offset / Units.ChunkBytes, chunk.LocalTag);

    /// <summary>Runs on a worker thread; nothing else touches the chunk's data meanwhile.</summary>
    private void Compare(VerifyChunk chunk, byte[]? image)
    {
        UnitHasher hasher = _hashers.Value!;
        Span<byte> tag = stackalloc byte[WireLimits.TagBytes];
        for (int unit = 0; unit < chunk.Read.UnitCount; unit++)
        {
            int from = unit * Units.FineBytes;
            ReadOnlySpan<byte> data = chunk.Read.Data.Span.Slice(from, Math.Min(Units.FineBytes, chunk.Read.Length - from));
            hasher.Hash(data, Units.FineBytes, chunk.Read.Offset / Units.FineBytes + unit, tag);
            bool same = image is null ? !tag.ContainsAnyExcept((byte)0) : tag.SequenceEqual(image.AsSpan(unit * WireLimits.TagBytes, WireLimits.TagBytes));
            if (!same) chunk.Differing[unit >> 6] |= 1UL << (unit & 63);
        }
    }
}
