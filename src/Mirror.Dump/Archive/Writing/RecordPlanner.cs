using Mirror.Dump.Archive.Format;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Writing;

/// <summary>
/// Lays the records of an archive into tape blocks and volumes, in order: headers and small data at once, content as orders to read. Used by one thread.
///
/// <para>Where a volume ends follows from the sizes of blocks alone, so that equal sources give equal archives: before a block is begun, the sizes of all blocks but the last
/// <see cref="_lag"/> of this volume are known, and the others are counted as full.</para>
/// </summary>
internal sealed class RecordPlanner
{
    private readonly TapePipeline _pipeline;
    private readonly DumpHeader _volumeHeader;
    private readonly int _blockRecords, _blockBytes, _mostBlockBytes, _lag;
    private readonly long _volumeBytes;
    private TapeUnit? _unit;
    private long _record, _block;
    private int _volume, _sinceHeader, _left;
    private long _volumeBlocks, _knownBlocks, _knownBytes, _sizesToSkip;
    private uint _inode;

    /// <remarks>
    /// <para><paramref name="volumeHeader"/>: The header of the first volume, complete but for what changes from volume to volume.</para>
    /// <para><paramref name="blockRecords"/>: Records a tape block.</para>
    /// <para><paramref name="mostBlockBytes"/>: Most bytes that a block takes in a file.</para>
    /// <para><paramref name="volumeBytes"/>: Most bytes of a volume; 0 for one volume.</para>
    /// </remarks>
    public RecordPlanner(TapePipeline pipeline, DumpHeader volumeHeader, int blockRecords, int mostBlockBytes, long volumeBytes)
    {
        (_pipeline, _volumeHeader, _blockRecords, _mostBlockBytes, _volumeBytes) = (pipeline, volumeHeader, blockRecords, mostBlockBytes, volumeBytes);
        _blockBytes = blockRecords * DumpFormat.RecordBytes;
        _lag = (int)Math.Clamp(volumeBytes / 4 / mostBlockBytes, 1, 32);
    }

    /// <summary>Records planned so far.</summary>
    public long Records => _record;

    /// <summary>The volume of the last record.</summary>
    public int Volume => _volume;

    /// <summary>
    /// Plans a header.
    /// <para><paramref name="dataRecords"/>: Data records that will follow it.</para>
    /// </summary>
    public void Header(DumpHeader header, int dataRecords)
    {
        _inode = header.Inode;
        TapeUnit unit = Room();
        Put(unit, header);
        _left = dataRecords;
        _sinceHeader = 0;
    }

    /// <summary>Plans data that are there.</summary>
    public void Data(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            TapeUnit unit = Room();
            int bytes = Math.Min(data.Length, RoomBytes(unit));
            int records = (bytes + DumpFormat.RecordBytes - 1) / DumpFormat.RecordBytes;
            Span<byte> place = unit.Buffer.AsSpan(unit.Length, records * DumpFormat.RecordBytes);
            data[..bytes].CopyTo(place);
            place[bytes..].Clear();
            Add(unit, new TapeEvent { At = unit.Length, Records = records, FirstRecord = _sinceHeader });
            data = data[bytes..];
        }
    }

    /// <summary>
    /// Plans content that a worker will read.
    /// <para><paramref name="run"/>: The run that it is in; with a length of 0, <paramref name="offset"/> is its place in the file.</para>
    /// <para><paramref name="offset"/>: Its place in the run.</para>
    /// <para><paramref name="length"/>: Bytes; the last record is filled with zeroes.</para>
    /// </summary>
    public void Content(Inode inode, DataRun run, long offset, long length)
    {
        while (length > 0)
        {
            TapeUnit unit = Room();
            int bytes = (int)Math.Min(length, RoomBytes(unit));
            Add(unit, new TapeEvent
            {
                At = unit.Length,
                Records = (bytes + DumpFormat.RecordBytes - 1) / DumpFormat.RecordBytes,
                FirstRecord = _sinceHeader,
                ReadBytes = bytes,
                Inode = inode,
                Run = run,
                Offset = offset,
            });
            length -= bytes;
            offset += bytes;
        }
    }

    /// <summary>Plans the end: as many headers of it as fill the last tape block, one at least.</summary>
    public void End(DumpHeader header)
    {
        do Header(header, 0);
        while (_unit!.Length % _blockBytes != 0);
        _unit.Last = true;
        Pass();
    }

    /// <summary>What is left of the tape block in a unit of several, or of the unit where a block's border does not matter.</summary>
    private int RoomBytes(TapeUnit unit) => _volumeBytes > 0 ? _blockBytes - (unit.Length % _blockBytes) : unit.Buffer.Length - unit.Length;

    private TapeUnit Room()
    {
        if (_unit is { } unit && unit.Length < unit.Buffer.Length) return unit;
        if (_unit is not null) Pass();
        unit = _pipeline.Take();
        _unit = unit;
        unit.FirstBlock = _block;
        if (_volume == 0 || (_volumeBytes > 0 && VolumeIsFull())) BeginVolume(unit);
        unit.Volume = _volume;
        return unit;
    }

    private void Pass()
    {
        int blocks = _unit!.Length / _blockBytes;
        _block += blocks;
        _volumeBlocks += blocks;
        _pipeline.Put(_unit);
        _unit = null;
    }

    private bool VolumeIsFull()
    {
        for (; _sizesToSkip > 0; _sizesToSkip--) _pipeline.NextSize();
        for (; _knownBlocks < _volumeBlocks - _lag; _knownBlocks++) _knownBytes += _pipeline.NextSize();
        return _knownBytes + ((_volumeBlocks - _knownBlocks + 1) * _mostBlockBytes) > _volumeBytes;
    }

    private void BeginVolume(TapeUnit unit)
    {
        if (_volume == DumpFormat.MaxVolumes) throw new IOException($"The archive needs more than {DumpFormat.MaxVolumes} volumes. Make them larger (--volume-size).");
        _volume++;
        _sizesToSkip = _volumeBlocks - _knownBlocks;
        (_volumeBlocks, _knownBlocks, _knownBytes) = (0, 0, 0);
        unit.BeginsVolume = true;
        _volumeHeader.Type = RecordType.Tape;
        _volumeHeader.Volume = _volume;
        _volumeHeader.FirstRecord = _record;
        _volumeHeader.Inode = _inode;
        _volumeHeader.Count = _left;
        _volumeHeader.BlockRecords = _blockRecords;
        _volumeHeader.Flags |= HeaderFlags.NewHeader;
        Put(unit, _volumeHeader);
    }

    private void Put(TapeUnit unit, DumpHeader header)
    {
        header.Record = _record;
        header.Volume = _volume;
        Span<byte> record = unit.Buffer.AsSpan(unit.Length, DumpFormat.RecordBytes);
        record.Clear();
        header.Write(record);
        unit.Events.Add(new TapeEvent { At = unit.Length });
        unit.Length += DumpFormat.RecordBytes;
        _record++;
    }

    private void Add(TapeUnit unit, TapeEvent data)
    {
        unit.Events.Add(data);
        unit.Length += data.Records * DumpFormat.RecordBytes;
        _record += data.Records;
        _sinceHeader += data.Records;
        _left -= data.Records;
    }
}
