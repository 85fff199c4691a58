using System.Numerics;
using Mirror.Core.Blocks;
using Mirror.Core.Disks;
using Mirror.Core.Wire;

namespace Mirror.Core.Client;

/// <summary>
/// One scan: windows of chunk hashes are asked of the server ahead of the reading; disk and image are hashed at the same time; only in
/// a chunk that differs are 4 KiB units compared. What differs is sent from the buffer that was compared, or, in a guarded scan, becomes
/// pending. Chunks are finished in disk order, so that everything below <see cref="Position"/> is done and the scan can be resumed there.
/// Runs on the session's thread; <see cref="Step"/> never waits.
/// </summary>
internal sealed class ScanRun(IDisk disk, DiskReads reads, Outbox outbox, ReadSender sender, HierarchicalBitmap pending, int granuleBytes, ThreadLocal<UnitHasher> hashers, OpenRequests asked, Action<Action> toSession)
{
    private const int WindowChunks = 16;
    private const int MaxWindows = 3;
    private const int MinHoleChunks = 4 * WindowChunks;
    private const int DenseAfter = 8;     // chunks in a row that differed almost everywhere
    private const int ProbeEvery = 64;    // one chunk in so many is then still compared in detail

    private readonly Queue<ScanWindow> _windows = new();
    private readonly Queue<ScanChunk> _chunks = new();
    private readonly Dictionary<long, ScanChunk> _awaitingFine = [];
    private readonly CancellationTokenSource _stop = new();
    private long _nextWindow;   // chunk
    private long _nextRead;     // chunk
    private int _dense;
    private bool _comparedSent;

    /// <summary>Whether the comparison comes first and the sending afterwards.</summary>
    public required bool Guarded { get; init; }

    /// <summary>Everything below is compared and either equal, sent or pending; bytes.</summary>
    public long Position { get; private set; }

    /// <summary>What was found below <see cref="Position"/>.</summary>
    public ScanFindings Findings { get; private set; }

    /// <summary>Whether the scan has reached the end, and a guarded one has been told to go on.</summary>
    public bool Ended { get; private set; }

    private long Chunks => (disk.SizeBytes + Units.ChunkBytes - 1) / Units.ChunkBytes;

    /// <summary>Begins at <paramref name="position"/> bytes, where an earlier part of this scan has stopped with <paramref name="findings"/>.</summary>
    public void Begin(long position, ScanFindings findings)
    {
        Position = Math.Min(position, disk.SizeBytes);
        Findings = findings;
        _nextWindow = _nextRead = (Position + Units.ChunkBytes - 1) / Units.ChunkBytes;
    }

    /// <summary>Does what can be done now.</summary>
    /// <param name="produced">Gives the ring's producer position.</param>
    /// <param name="consumed">The position up to which records are in the stream.</param>
    /// <returns>Whether anything was done.</returns>
    public bool Step(Func<long> produced, long consumed)
    {
        if (Ended) return false;
        bool worked = AskForHashes();
        worked |= SubmitReads(produced);
        worked |= Finish(consumed);
        if (Position >= disk.SizeBytes && _windows.Count == 0)
        {
            if (!Guarded) Ended = true;
            else if (!_comparedSent)
            {
                _comparedSent = true;
                outbox.Append(new ScanComparedMessage(Findings.DifferingBytes, Findings.DifferingNonZeroBytes, Findings.NonZeroBytes));
                worked = true;
            }
        }
        return worked;
    }

    /// <summary>The server lets a guarded scan's findings be sent.</summary>
    public void OnProceed()
    {
        if (!_comparedSent) throw new ProtocolException(MessageType.ScanProceed, "no comparison was reported");
        Ended = true;
    }

    /// <summary>Takes an answer of the server.</summary>
    public void OnHashes(in HashesMessage message, byte[]? tags)
    {
        long chunk = message.FirstSector * Units.SectorBytes / Units.ChunkBytes;
        if (message.UnitBytes == Units.FineBytes && _awaitingFine.Remove(chunk, out ScanChunk? waiting))
        {
            if (waiting.Read is not { } read || message.Count != read.UnitCount) throw NotAskedFor();
            CompareUnits(waiting, read, tags);
            return;
        }
        ScanWindow? window = _windows.FirstOrDefault(w => !w.Known);
        (int unitBytes, int count) = window is null ? default : window.Probe ? (Units.FineBytes, FineUnits(window.FirstChunk)) : (Units.ChunkBytes, window.Count);
        if (window is null || window.FirstChunk != chunk || unitBytes != message.UnitBytes || count != message.Count) throw NotAskedFor();
        window.Tags = tags;
        window.Known = true;
    }

    /// <summary>Whether a chunk is one of this scan's.</summary>
    public bool Owns(ScanChunk chunk) => _chunks.Contains(chunk);

    /// <summary>Ends the scan early; what is under way is dropped.</summary>
    public void Stop() => _stop.Cancel();

    private bool AskForHashes()
    {
        bool worked = false;
        while (_windows.Count < MaxWindows && _nextWindow < Chunks)
        {
            long hole = (disk.NextData(_nextWindow * Units.ChunkBytes) - _nextWindow * Units.ChunkBytes) / Units.ChunkBytes;
            if (disk.NextData(_nextWindow * Units.ChunkBytes) >= disk.SizeBytes) hole = Chunks - _nextWindow;
            bool localZero = hole >= MinHoleChunks || (hole > 0 && hole == Chunks - _nextWindow);
            int count = (int)Math.Min(localZero ? Math.Min(hole, WireLimits.MaxHashUnits) : WindowChunks, Chunks - _nextWindow);
            // Where all differs, comparing costs both sides more than it saves: send, and look again now and then, at once in detail and
            // well before the chunk's turn, so that nothing has to wait for the answer.
            bool dense = !Guarded && !localZero && _dense >= DenseAfter;
            bool probe = dense && _nextWindow % ProbeEvery == 0;
            if (dense) count = probe ? 1 : (int)Math.Min(count, ProbeEvery - (_nextWindow % ProbeEvery));
            var window = new ScanWindow(_nextWindow, count, localZero) { Probe = probe, Dense = dense && !probe, Known = dense && !probe };
            _windows.Enqueue(window);
            if (probe) Ask(_nextWindow, FineUnits(_nextWindow), Units.FineBytes);
            else if (!window.Dense) Ask(_nextWindow, count, Units.ChunkBytes);
            _nextWindow += count;
            worked = true;
        }
        if (worked) outbox.Flush();
        return worked;
    }

    private bool SubmitReads(Func<long> produced)
    {
        bool worked = false;
        foreach (ScanWindow window in _windows)
        {
            if (window.LocalZero)
            {
                // Nothing can be read ahead past a hole whose answer is not there yet: it may have to be read after all.
                if (!window.Known) break;
                if (Guarded && window.Tags is not null) window.LocalZero = false;
                else _nextRead = Math.Max(_nextRead, window.FirstChunk + window.Count);
            }
            while (!window.LocalZero && _nextRead >= window.FirstChunk && _nextRead < window.FirstChunk + window.Count && reads.HasRoom)
            {
                var chunk = new ScanChunk(_nextRead, window);
                long offset = _nextRead * Units.ChunkBytes;
                chunk.Read = reads.Submit(offset, (int)Math.Min(Units.ChunkBytes, disk.SizeBytes - offset), produced(), chunk, window.Dense || window.Probe ? null : HashLocally, _stop.Token);
                _chunks.Enqueue(chunk);
                _nextRead++;
                worked = true;
            }
            if (_nextRead < window.FirstChunk + window.Count) break;
        }
        return worked;
    }

    private bool Finish(long consumed)
    {
        bool worked = false;
        foreach (ScanChunk chunk in _chunks) worked |= Compare(chunk);
        while (_windows.TryPeek(out ScanWindow? window) && window.Known && outbox.HasRoom)
        {
            if (window.LocalZero)
            {
                FinishHole(window);
                worked = true;
            }
            else
            {
                if (!_chunks.TryPeek(out ScanChunk? chunk) || !chunk.Resolved || consumed < chunk.Read!.Stamp) break;
                _chunks.Dequeue();
                FinishChunk(chunk);
                worked = true;
            }
            if (Position >= Math.Min((window.FirstChunk + window.Count) * Units.ChunkBytes, disk.SizeBytes)) _windows.Dequeue();
        }
        return worked;
    }

    /// <summary>Decides what is known about a chunk whose two sides are there.</summary>
    private bool Compare(ScanChunk chunk)
    {
        if (chunk.Resolved || chunk.FineRequested || !chunk.Window.Known || chunk.Read is not { Completed: true } read) return false;
        if (read.Error is not null) throw new IOException(read.Error.Message, read.Error);
        if (chunk.Window.Dense)
        {
            chunk.Differing.AsSpan().Fill(ulong.MaxValue);
            chunk.Resolved = true;
            return true;
        }
        if (chunk.Window.Probe)
        {
            chunk.FineRequested = true;
            CompareUnits(chunk, read, chunk.Window.Tags);
            return true;
        }
        ReadOnlySpan<byte> image = chunk.Window.TagOf(chunk.Index);
        bool imageZero = !image.ContainsAnyExcept((byte)0);
        if (chunk.Tagged && image.SequenceEqual(chunk.LocalTag))
        {
            _dense = 0;
            if (Guarded && !imageZero) chunk.Findings = new ScanFindings(0, 0, NonZeroBytes(read));
            chunk.Resolved = true;
            return true;
        }
        if (imageZero)
        {
            MarkNonZero(chunk, read);
            chunk.Resolved = true;
            return true;
        }
        if (!Guarded && _dense >= DenseAfter)
        {
            chunk.Differing.AsSpan().Fill(ulong.MaxValue);
            chunk.Resolved = true;
            return true;
        }
        chunk.FineRequested = true;
        _awaitingFine.Add(chunk.Index, chunk);
        Ask(chunk.Index, read.UnitCount, Units.FineBytes);
        outbox.Flush();
        return true;
    }

    private void Ask(long chunk, int units, int unitBytes)
    {
        asked.Add(this);
        outbox.Append(new HashRequestMessage(chunk * (Units.ChunkBytes / Units.SectorBytes), units, unitBytes));
    }

    private void FinishHole(ScanWindow window)
    {
        if (window.Tags is not null)
        {
            for (long chunk = window.FirstChunk; chunk < window.FirstChunk + window.Count; chunk++)
            {
                if (!window.TagOf(chunk).ContainsAnyExcept((byte)0)) continue;
                long offset = chunk * Units.ChunkBytes;
                outbox.AppendZero(offset >> Units.SectorShift, Math.Min(Units.ChunkBytes, disk.SizeBytes - offset) >> Units.SectorShift);
            }
        }
        Position = Math.Min((window.FirstChunk + window.Count) * Units.ChunkBytes, disk.SizeBytes);
    }

    private void FinishChunk(ScanChunk chunk)
    {
        DiskRead read = chunk.Read!;
        reads.Retire(read);
        Findings += chunk.Findings;
        Position = read.Offset + read.Length;
        read.AddTouchedTo(pending, granuleBytes);
        if (Guarded)
        {
            PendDiffering(chunk, read);
            reads.Recycle(read);
        }
        else if (chunk.Differing.AsSpan().ContainsAnyExcept(0UL)) sender.Send(read, chunk.Differing);
        else reads.Recycle(read);
    }

    private void PendDiffering(ScanChunk chunk, DiskRead read)
    {
        for (int unit = 0; unit < read.UnitCount; unit++)
        {
            if ((chunk.Differing[unit >> 6] >> (unit & 63) & 1) != 0) pending.Add((read.Offset + (long)unit * Units.FineBytes) / granuleBytes);
        }
    }

    private void MarkNonZero(ScanChunk chunk, DiskRead read)
    {
        for (int unit = 0; unit < read.UnitCount; unit++)
        {
            if (!UnitHasher.IsZero(UnitData(read, unit).Span)) chunk.Differing[unit >> 6] |= 1UL << (unit & 63);
        }
        if (Guarded) chunk.Findings = new ScanFindings(DifferingBytes(chunk, read), 0, 0);
    }

    /// <summary>Runs on a worker thread, right after the read.</summary>
    private void HashLocally(DiskRead read)
    {
        ScanChunk chunk = read.Chunk!;
        // Where the image is zero already, whether the data is zero too says all.
        if (chunk.Window.Known && !chunk.Window.TagOf(chunk.Index).ContainsAnyExcept((byte)0)) return;
        hashers.Value!.Hash(read.Data.Span, Units.ChunkBytes, chunk.Index, chunk.LocalTag);
        chunk.Tagged = true;
    }

    /// <summary>Compares the 4 KiB units of a chunk on a worker thread; nothing else touches the chunk until it is resolved.</summary>
    private void CompareUnits(ScanChunk chunk, DiskRead read, byte[]? imageTags) => _ = Task.Run(() =>
    {
        UnitHasher hasher = hashers.Value!;
        Span<byte> tag = stackalloc byte[WireLimits.TagBytes];
        ScanFindings found = default;
        for (int unit = 0; unit < read.UnitCount; unit++)
        {
            ReadOnlySpan<byte> data = UnitData(read, unit).Span;
            ReadOnlySpan<byte> image = imageTags is null ? default : imageTags.AsSpan(unit * WireLimits.TagBytes, WireLimits.TagBytes);
            bool imageZero = !image.ContainsAnyExcept((byte)0);
            hasher.Hash(data, Units.FineBytes, read.Offset / Units.FineBytes + unit, tag);
            bool differs = imageZero ? tag.ContainsAnyExcept((byte)0) : !image.SequenceEqual(tag);
            if (differs) chunk.Differing[unit >> 6] |= 1UL << (unit & 63);
            found += new ScanFindings(differs ? data.Length : 0, differs && !imageZero ? data.Length : 0, imageZero ? 0 : data.Length);
        }
        chunk.Findings = found;
        int differing = chunk.Differing.Sum(BitOperations.PopCount);
        toSession(() =>
        {
            _dense = differing * 4 >= read.UnitCount * 3 ? _dense + 1 : 0;
            chunk.Resolved = true;
        });
    });

    /// <summary>The 4 KiB units of a chunk; the last chunk may have fewer.</summary>
    private int FineUnits(long chunk) => (int)((Math.Min(Units.ChunkBytes, disk.SizeBytes - (chunk * Units.ChunkBytes)) + Units.FineBytes - 1) / Units.FineBytes);

    private static ProtocolException NotAskedFor() => new(MessageType.Hashes, "not what was asked for");

    private static Memory<byte> UnitData(DiskRead read, int unit)
    {
        int from = unit * Units.FineBytes;
        return read.Data.Slice(from, Math.Min(Units.FineBytes, read.Length - from));
    }

    private static long NonZeroBytes(DiskRead read)
    {
        long bytes = 0;
        for (int unit = 0; unit < read.UnitCount; unit++)
        {
            Memory<byte> data = UnitData(read, unit);
            if (!UnitHasher.IsZero(data.Span)) bytes += data.Length;
        }
        return bytes;
    }

    private static long DifferingBytes(ScanChunk chunk, DiskRead read)
    {
        long bytes = 0;
        for (int unit = 0; unit < read.UnitCount; unit++)
        {
            if ((chunk.Differing[unit >> 6] >> (unit & 63) & 1) != 0) bytes += UnitData(read, unit).Length;
        }
        return bytes;
    }
}
