using System.Collections.Concurrent;
using Mirror.Dump.Archive.Format;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Writing;

/// <summary>
/// The way of tape blocks from plan to file:
/// <code>
///   planner -> fill: reads content, sums the data checks -> in order: data checks into headers -> pack: compress, seal -> in order: write -> pool -> planner
/// </code>
/// All but the planner are steps of equal workers. Whoever ends a step also does what is next in order and has become possible, so a unit mostly stays with one worker, in its
/// processor's cache, and none waits for another. The number of units bounds all memory. An error of any stage stops all and comes out of <see cref="Take"/> or <see cref="Finish"/>.
/// </summary>
internal sealed class TapePipeline : IDisposable
{
    /// <summary>One in work, and some for what a slow one holds up. More only leave the cache.</summary>
    private const int UnitsPerWorker = 4;

    private readonly IFileSystem _source;
    private readonly TapePacker _packer;
    private readonly TapeOutput _output;
    private readonly ArchiveIndexWriter? _index;
    private readonly Action<uint, string> _damaged;
    private readonly Action<long> _written;
    private readonly int _blockBytes;
    private readonly StageThreads _stages;
    private readonly CancellationTokenRegistration _wake;
    private readonly List<Thread> _workers = [];
    private readonly BlockingCollection<int>? _sizes;

    // The last one that was written first: its memory is still near.
    private readonly Stack<TapeUnit> _free;

    private readonly object _gate = new();
    private readonly Queue<TapeUnit> _toFill = [], _toCheck = [], _toPack = [], _toWrite = [];
    private ulong _check;
    private bool _writing, _planned;

    /// <remarks>
    /// <para><paramref name="damaged"/>: Told what could not be read: inode and reason. From any thread.</para>
    /// <para><paramref name="written"/>: Told the bytes written so far. From any thread, but from one at a time.</para>
    /// <para><paramref name="tellsSizes"/>: Whether the planner asks for each <see cref="NextSize"/>.</para>
    /// </remarks>
    public TapePipeline(IFileSystem source, int blockBytes, int unitBlocks, TapePacker packer, TapeOutput output, ArchiveIndexWriter? index,
        Action<uint, string> damaged, Action<long> written, bool tellsSizes, CancellationToken cancellation)
    {
        if (tellsSizes) _sizes = [];
        (_source, _blockBytes, _packer, _output, _index, _damaged, _written) = (source, blockBytes, packer, output, index, damaged, written);
        _stages = new StageThreads(cancellation);
        _wake = _stages.Token.Register(WakeAll);
        int workers = Math.Max(2, Environment.ProcessorCount);
        int units = UnitsPerWorker * workers;
        _free = new Stack<TapeUnit>(units);
        for (int i = 0; i < units; i++) _free.Push(new TapeUnit(unitBlocks, blockBytes));
        for (int i = 0; i < workers; i++) _workers.Add(_stages.Start($"dump {i}", Work));
    }

    /// <summary>Bytes written, once finished.</summary>
    public long WrittenBytes => _output.WrittenBytes;

    /// <summary>An empty unit for the planner.</summary>
    public TapeUnit Take()
    {
        lock (_free)
        {
            while (true)
            {
                ThrowIfStopped();
                if (_free.TryPop(out TapeUnit? unit)) return unit;
                Monitor.Wait(_free);
            }
        }
    }

    /// <summary>Takes a planned unit.</summary>
    public void Put(TapeUnit unit)
    {
        ThrowIfStopped();
        unit.Step = TapeStep.Fill;
        lock (_gate)
        {
            _toCheck.Enqueue(unit);
            _toFill.Enqueue(unit);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>The size of the next block, in order, once it is written: for the planner of several volumes.</summary>
    public int NextSize()
    {
        try
        {
            return _sizes!.Take(_stages.Token);
        }
        catch (OperationCanceledException)
        {
            _stages.ThrowIfFailed();
            throw;
        }
    }

    /// <summary>All is planned: waits until all is written.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            _planned = true;
            Monitor.PulseAll(_gate);
        }
        foreach (Thread worker in _workers) worker.Join();
        ThrowIfStopped();
        _index?.Complete();
        _output.Complete();
    }

    public void Dispose()
    {
        _stages.Cancel();
        _stages.Join(Timeout.InfiniteTimeSpan);
        _wake.Dispose();
        _stages.Dispose();
        _sizes?.Dispose();
    }

    private void ThrowIfStopped()
    {
        _stages.ThrowIfFailed();
        _stages.Token.ThrowIfCancellationRequested();
    }

    private void WakeAll()
    {
        lock (_free) Monitor.PulseAll(_free);
        lock (_gate) Monitor.PulseAll(_gate);
    }

    private void Work()
    {
        while (Next() is { } unit)
        {
            if (unit.Step == TapeStep.Fill)
            {
                Fill(unit);
                Check(unit);
            }
            else
            {
                _packer.Pack(unit);
                WriteReady(unit);
            }
        }
    }

    /// <summary>What to do next: what is nearest to its end, so that its memory is free soon. Null when all is done or in the hands of others.</summary>
    private TapeUnit? Next()
    {
        lock (_gate)
        {
            while (true)
            {
                _stages.Token.ThrowIfCancellationRequested();
                if (_toPack.TryDequeue(out TapeUnit? unit) || _toFill.TryDequeue(out unit)) return unit;
                if (_planned && _toCheck.Count == 0) return null;
                Monitor.Wait(_gate);
            }
        }
    }

    private void Fill(TapeUnit unit)
    {
        Span<TapeEvent> events = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(unit.Events);
        foreach (ref TapeEvent at in events)
        {
            if (at.Records == 0) continue;
            Span<byte> place = unit.Buffer.AsSpan(at.At, at.Records * DumpFormat.RecordBytes);
            if (at.ReadBytes > 0)
            {
                place[at.ReadBytes..].Clear();
                Read(at, place[..at.ReadBytes]);
            }
            at.Check = DataCheck.Of(place, at.FirstRecord);
        }
    }

    private void Read(in TapeEvent at, Span<byte> place)
    {
        Inode inode = at.Inode!;
        try
        {
            if (at.Run.Length > 0) _source.ReadRun(inode, at.Run, at.Offset, place);
            else if (_source.Read(inode, at.Offset, place) is int got && got < place.Length) place[got..].Clear();
        }
        catch (Exception e) when (e is IOException)
        {
            // Announced already: zeroes stand for what cannot be read, and the summary names it.
            place.Clear();
            long offset = at.Run.Length > 0 ? at.Run.Offset + at.Offset : at.Offset;
            _damaged(inode.Number, $"bytes {offset} to {offset + place.Length - 1} could not be read and are zeroes in the archive: {e.Message}");
        }
    }

    /// <summary>A unit is filled: all that are, up to the first that is not, get their data checks.</summary>
    private void Check(TapeUnit filled)
    {
        lock (_gate)
        {
            filled.Step = TapeStep.Check;
            for (; _toCheck.TryPeek(out TapeUnit? unit) && unit.Step == TapeStep.Check; _toCheck.Dequeue())
            {
                PutChecks(unit);
                unit.Step = TapeStep.Pack;
                _toPack.Enqueue(unit);
                _toWrite.Enqueue(unit);
                // The first of them is the caller's own next.
                if (_toPack.Count > 1) Monitor.Pulse(_gate);
            }
            if (_planned && _toCheck.Count == 0) Monitor.PulseAll(_gate);
        }
    }

    private void PutChecks(TapeUnit unit)
    {
        foreach (ref TapeEvent at in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(unit.Events))
        {
            if (at.Records > 0)
            {
                _check = unchecked(_check + at.Check);
                continue;
            }
            Span<byte> header = unit.Buffer.AsSpan(at.At, DumpFormat.RecordBytes);
            // Headers of further volumes stand in the middle of data and count for nothing.
            if (header[0] == (byte)RecordType.Tape) continue;
            if (_check != 0) DumpHeader.PutDataCheck(header, _check);
            _check = 0;
        }
    }

    /// <summary>A unit is packed: all that are, up to the first that is not, are written, unless another worker is at it, who will find this one too.</summary>
    private void WriteReady(TapeUnit packed)
    {
        lock (_gate)
        {
            packed.Step = TapeStep.Write;
            if (_writing) return;
            _writing = true;
        }
        while (true)
        {
            TapeUnit? unit;
            lock (_gate)
            {
                if (!_toWrite.TryPeek(out unit) || unit.Step != TapeStep.Write)
                {
                    _writing = false;
                    return;
                }
                _toWrite.Dequeue();
            }
            Write(unit);
            unit.Reset();
            lock (_free)
            {
                _free.Push(unit);
                Monitor.Pulse(_free);
            }
        }
    }

    private void Write(TapeUnit unit)
    {
        if (unit.BeginsVolume) _output.BeginVolume(unit.Volume);
        long before = _output.WrittenBytes;
        ReadOnlySpan<byte> bytes = _packer.IsIdentity ? unit.Buffer.AsSpan(0, unit.Length) : unit.Packed.AsSpan(0, unit.PackedLength);
        long position = _output.Write(bytes, unit.BlockStarts.Count);
        _index?.Add(unit, _blockBytes, position);
        _sizes?.Add((int)(_output.WrittenBytes - before), CancellationToken.None);
        if (unit.Last) _output.EndLast();
        _written(_output.WrittenBytes);
    }
}
