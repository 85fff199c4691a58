using System.Collections.Concurrent;
using Mirror.Dump.Archive.Format;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Writing;

/// <summary>
/// The way of tape blocks from plan to file:
/// <code>
///   planner -> [fill, all cores: reads content, sums the data checks] -> sequencer: puts data checks into headers, in order
///           -> [pack, all cores: compress, seal] -> output: writes, in order -> pool -> planner
/// </code>
/// The number of units bounds all memory. An error of any stage stops all and comes out of <see cref="Take"/> or <see cref="Finish"/>.
/// </summary>
internal sealed class TapePipeline : IDisposable
{
    private readonly IFileSystem _source;
    private readonly TapePacker _packer;
    private readonly TapeOutput _output;
    private readonly ArchiveIndexWriter? _index;
    private readonly Action<uint, string> _damaged;
    private readonly Action<long> _written;
    private readonly int _blockBytes;
    private readonly BlockingCollection<TapeUnit> _free;
    private readonly BlockingCollection<(TapeUnit Unit, bool Pack)> _work = [];
    private readonly BlockingCollection<TapeUnit> _order = [], _outOrder = [];
    private readonly StageThreads _stages;
    private readonly List<Thread> _last = [];
    private readonly BlockingCollection<int>? _sizes;

    /// <remarks>
    /// <para><paramref name="damaged"/>: Told what could not be read: inode and reason. From any thread.</para>
    /// <para><paramref name="written"/>: Told the bytes written so far.</para>
    /// <para><paramref name="tellsSizes"/>: Whether the planner asks for each <see cref="NextSize"/>.</para>
    /// </remarks>
    public TapePipeline(IFileSystem source, int blockBytes, int unitBlocks, TapePacker packer, TapeOutput output, ArchiveIndexWriter? index,
        Action<uint, string> damaged, Action<long> written, bool tellsSizes, CancellationToken cancellation)
    {
        if (tellsSizes) _sizes = [];
        (_source, _blockBytes, _packer, _output, _index, _damaged, _written) = (source, blockBytes, packer, output, index, damaged, written);
        _stages = new StageThreads(cancellation);
        int workers = Environment.ProcessorCount;
        int units = (3 * workers) + 6;
        _free = new BlockingCollection<TapeUnit>(units);
        for (int i = 0; i < units; i++) _free.Add(new TapeUnit(unitBlocks, blockBytes), CancellationToken.None);
        for (int i = 0; i < workers; i++) _stages.Start($"dump fill {i}", Work);
        if (!packer.IsIdentity) _last.Add(_stages.Start("dump order", Sequence));
        _last.Add(_stages.Start("dump output", WriteAll));
    }

    /// <summary>Bytes written, once finished.</summary>
    public long WrittenBytes => _output.WrittenBytes;

    /// <summary>An empty unit for the planner.</summary>
    public TapeUnit Take()
    {
        try
        {
            return _free.Take(_stages.Token);
        }
        catch (OperationCanceledException)
        {
            _stages.ThrowIfFailed();
            throw;
        }
    }

    /// <summary>Takes a planned unit.</summary>
    public void Put(TapeUnit unit)
    {
        try
        {
            _order.Add(unit, _stages.Token);
            _work.Add((unit, false), _stages.Token);
        }
        catch (OperationCanceledException)
        {
            _stages.ThrowIfFailed();
            throw;
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
        _order.CompleteAdding();
        foreach (Thread thread in _last) thread.Join();
        _stages.ThrowIfFailed();
        _stages.Token.ThrowIfCancellationRequested();
        _output.Complete();
    }

    public void Dispose()
    {
        _stages.Stop(Timeout.InfiniteTimeSpan);
        _stages.Dispose();
        _free.Dispose();
        _work.Dispose();
        _order.Dispose();
        _outOrder.Dispose();
        _sizes?.Dispose();
    }

    private void Work()
    {
        foreach ((TapeUnit unit, bool pack) in _work.GetConsumingEnumerable(_stages.Token))
        {
            if (pack)
            {
                _packer.Pack(unit);
                unit.SetPacked();
            }
            else
            {
                Fill(unit);
                unit.SetFilled();
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

    private void Sequence()
    {
        ulong check = 0;
        foreach (TapeUnit unit in _order.GetConsumingEnumerable(_stages.Token))
        {
            unit.WaitFilled(_stages.Token);
            PutChecks(unit, ref check);
            _outOrder.Add(unit, _stages.Token);
            _work.Add((unit, true), _stages.Token);
        }
        _outOrder.CompleteAdding();
    }

    private void WriteAll()
    {
        ulong check = 0;
        foreach (TapeUnit unit in (_packer.IsIdentity ? _order : _outOrder).GetConsumingEnumerable(_stages.Token))
        {
            if (_packer.IsIdentity)
            {
                unit.WaitFilled(_stages.Token);
                PutChecks(unit, ref check);
                _packer.Pack(unit);
            }
            else
            {
                unit.WaitPacked(_stages.Token);
            }
            Write(unit);
            unit.Reset();
            _free.Add(unit, _stages.Token);
        }
        _index?.Complete();
    }

    private static void PutChecks(TapeUnit unit, ref ulong check)
    {
        foreach (ref TapeEvent at in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(unit.Events))
        {
            if (at.Records > 0)
            {
                check = unchecked(check + at.Check);
                continue;
            }
            Span<byte> header = unit.Buffer.AsSpan(at.At, DumpFormat.RecordBytes);
            // Headers of further volumes stand in the middle of data and count for nothing.
            if (header[0] == (byte)RecordType.Tape) continue;
            if (check != 0) DumpHeader.PutDataCheck(header, check);
            check = 0;
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
