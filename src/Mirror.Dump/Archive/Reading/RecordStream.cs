using System.Buffers.Binary;
using Mirror.Dump.Archive.Format;
using Mirror.Dump.Encryption;

namespace Mirror.Dump.Archive.Reading;

/// <summary>
/// The records of an archive, through all its volumes, decrypted and decompressed, with a bounded look ahead. Records that could not be read are there as bad ones, so that
/// what follows keeps its place. The headers of further volumes are left out. Used by one thread.
/// </summary>
internal sealed class RecordStream : IDisposable
{
    /// <summary>Records that can be looked ahead.</summary>
    public const int LookAhead = 2048;

    private readonly IVolumeSource _volumes;
    private readonly ArchiveOpener? _opener;
    private readonly Action<string> _tell;
    private readonly byte[] _window = GC.AllocateUninitializedArray<byte>((LookAhead + (2 * DumpFormat.MaxBlockRecords)) * DumpFormat.RecordBytes);
    private readonly bool[] _bad = new bool[LookAhead + (2 * DumpFormat.MaxBlockRecords)];
    private readonly bool[] _volumeBefore = new bool[LookAhead + (2 * DumpFormat.MaxBlockRecords)];
    private readonly DumpHeader _volumeHeader = new();
    private int _start, _end;
    private FrameFeed? _feed;
    private int _volume;
    private bool _ended, _volumeBegins;

    /// <summary>Opens the first volume.</summary>
    /// <param name="volumes">Where they are.</param>
    /// <param name="opener">For encrypted archives; null when there is no key at hand.</param>
    /// <param name="tell">Told what is wrong.</param>
    /// <exception cref="DamagedException">It is no archive.</exception>
    /// <exception cref="IOException">It cannot be opened, or is encrypted and there is no key.</exception>
    public RecordStream(IVolumeSource volumes, ArchiveOpener? opener, Action<string> tell)
    {
        (_volumes, _opener, _tell) = (volumes, opener, tell);
        Stream first = volumes.Open(1) ?? throw new FileNotFoundException($"{volumes.Name} does not exist.");
        try
        {
            Shape = null!;
            BeginVolume(1, first, 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What the first valid header says.</summary>
    public ArchiveShape Shape { get; private set; }

    /// <summary>Records of the archive before the window, bad ones included; after a seek it counts on from 0.</summary>
    public long Position { get; private set; }

    /// <summary>Makes so many records visible.</summary>
    /// <returns>How many there are; fewer only at the end.</returns>
    public int Ensure(int records)
    {
        while (_end - _start < records && !_ended) Fill();
        return Math.Min(records, _end - _start);
    }

    /// <summary>A visible record.</summary>
    public ReadOnlySpan<byte> Record(int index) => _window.AsSpan((_start + index) * DumpFormat.RecordBytes, DumpFormat.RecordBytes);

    /// <summary>Whether a visible record is bad.</summary>
    public bool IsBad(int index) => _bad[_start + index];

    /// <summary>Headers of volumes, which are left out but have a number, before visible records.</summary>
    public int VolumeHeaders(int index, int count) => _volumeBefore.AsSpan(_start + index, count).Count(true);

    /// <summary>Visible records at once.</summary>
    public ReadOnlyMemory<byte> Records(int index, int count) => _window.AsMemory((_start + index) * DumpFormat.RecordBytes, count * DumpFormat.RecordBytes);

    /// <summary>Passes over records that were seen.</summary>
    public void Skip(int records)
    {
        _start += records;
        Position += records;
    }

    /// <summary>Goes to a tape block that an index knows.</summary>
    /// <exception cref="IOException">The volume is not there, or is no file.</exception>
    public void Seek(int volume, long position)
    {
        Stream stream = _volumes.Open(volume) ?? throw new FileNotFoundException($"{_volumes.NameOf(volume)} does not exist.");
        _feed?.Dispose();
        _feed = null;
        (_start, _end, Position, _ended) = (0, 0, 0, false);
        BeginVolume(volume, stream, position);
    }

    public void Dispose() => _feed?.Dispose();

    private void BeginVolume(int volume, Stream stream, long position)
    {
        _volume = volume;
        _volumeBegins = volume > 1 && position == 0;
        byte[] start = new byte[64];
        int got = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        Stream whole = stream.CanSeek ? Rewound(stream, 0) : new PrefixedStream(start.AsMemory(0, got), stream);
        if (ArchiveOpener.IsSealed(start.AsSpan(0, got)))
        {
            BeginSealed(whole, stream, volume, position);
            return;
        }
        // Before the shape is known the window must hold the longest block; afterwards what this archive needs.
        ByteWindow window = new(whole, Math.Max(CompressedFrames.LookAhead(Shape?.BlockRecords * DumpFormat.RecordBytes ?? (DumpFormat.MaxBlockRecords * DumpFormat.RecordBytes)), 256 << 10));
        Shape ??= ArchiveShape.Find(window.Peek(DumpFormat.MaxBlockRecords * DumpFormat.RecordBytes), _volumes.NameOf(volume));
        if (position > 0)
        {
            if (!stream.CanSeek) throw new IOException($"{_volumes.NameOf(volume)} is a pipe: it can only be read from beginning to end, without an index.");
            window = new ByteWindow(Rewound(stream, position), CompressedFrames.LookAhead(BlockBytes));
        }
        ITapeFrames frames = Shape.Compressed ? new CompressedFrames(window, _volumes.NameOf(volume), Shape.BigEndian, BlockBytes, position > 0) : new PlainFrames(window);
        _feed = new FrameFeed(frames, BlockBytes, Shape.Compressed);
    }

    private int BlockBytes => Shape.BlockRecords * DumpFormat.RecordBytes;

    private void BeginSealed(Stream whole, Stream stream, int volume, long position)
    {
        if (_opener is null) throw new IOException($"{_volumes.NameOf(volume)} is encrypted. Name what opens it: --identity FILE or --passphrase-file FILE.");
        SealedVolumeReader reader = _opener.Open(whole, _volumes.NameOf(volume));
        foreach (string note in reader.Notes) _tell($"{_volumes.NameOf(volume)}: {note}.");
        if (Shape is null)
        {
            // The shape stands in the first block; a reader of its own looks at that, unless this is a pipe, where it is looked at and put back.
            Shape = ShapeOfSealed(reader, volume);
            if (stream.CanSeek)
            {
                reader.Dispose();
                reader = _opener.Open(Rewound(stream, 0), _volumes.NameOf(volume));
            }
        }
        if (position > 0)
        {
            byte[] head = new byte[16];
            Rewound(stream, position).ReadExactly(head);
            reader.Seek((long)(BinaryPrimitives.ReadUInt64LittleEndian(head.AsSpan(8)) & long.MaxValue), position);
        }
        _feed = new FrameFeed(new SealedFrames(reader, stream, _volumes.NameOf(volume), Shape.Compressed, Shape.BigEndian, BlockBytes, _firstSealed), BlockBytes, Shape.Compressed);
        _firstSealed = null;
    }

    private SealedRead? _firstSealed;

    private ArchiveShape ShapeOfSealed(SealedVolumeReader reader, int volume)
    {
        SealedRead read = reader.Read();
        while (read.Kind == SealedReadKind.Damage)
        {
            _tell(read.What);
            read = reader.Read();
        }
        if (read.Kind != SealedReadKind.Block) throw new DamagedException($"{_volumes.NameOf(volume)}: none of its blocks opens.");
        byte[] block = read.Data.ToArray();
        _firstSealed = read with { Data = block };
        return ArchiveShape.Find(SealedFrames.Opened(read.Number == reader.Header.FirstBlock, block, reader.Header.BlockBytes), _volumes.NameOf(volume));
    }

    private static Stream Rewound(Stream stream, long position)
    {
        stream.Position = position;
        return stream;
    }

    private void Fill()
    {
        if (_start > 0 && _window.Length - (_end * DumpFormat.RecordBytes) < DumpFormat.MaxBlockRecords * DumpFormat.RecordBytes)
        {
            _window.AsSpan(_start * DumpFormat.RecordBytes, (_end - _start) * DumpFormat.RecordBytes).CopyTo(_window);
            Array.Copy(_bad, _start, _bad, 0, _end - _start);
            Array.Copy(_volumeBefore, _start, _volumeBefore, 0, _end - _start);
            (_start, _end) = (0, _end - _start);
        }
        TapeFrame frame = _feed!.Next();
        switch (frame.Kind)
        {
            case FrameKind.EndOfVolume:
                NextVolume();
                return;
            case FrameKind.Note:
                _tell(frame.What);
                return;
            case FrameKind.Lost:
                if (frame.What.Length > 0) _tell($"{_volumes.NameOf(_volume)}: {frame.What}.");
                AddBad(Shape.BlockRecords);
                return;
            default:
                if (frame.RecordsLength == 0)
                {
                    _tell($"{_volumes.NameOf(_volume)}: {frame.What}.");
                    AddBad(Shape.BlockRecords);
                    return;
                }
                Add(frame.Records.AsSpan(0, frame.RecordsLength));
                return;
        }
    }

    private void Add(ReadOnlySpan<byte> records)
    {
        bool begins = _volumeBegins;
        if (_volumeBegins)
        {
            _volumeBegins = false;
            if (_volumeHeader.TryRead(records[..DumpFormat.RecordBytes]) && _volumeHeader.Type == RecordType.Tape
                && (_volumeHeader.Date != Shape.Date || _volumeHeader.Volume != _volume))
            {
                _tell($"{_volumes.NameOf(_volume)} is volume {_volumeHeader.Volume} of another archive, not volume {_volume} of this one.");
                _ended = true;
                return;
            }
            records = records[DumpFormat.RecordBytes..];
        }
        int count = records.Length / DumpFormat.RecordBytes;
        records.CopyTo(_window.AsSpan(_end * DumpFormat.RecordBytes));
        Array.Clear(_bad, _end, count);
        Array.Clear(_volumeBefore, _end, count);
        if (count > 0) _volumeBefore[_end] = begins;
        _end += count;
    }

    private void AddBad(int records)
    {
        Array.Clear(_volumeBefore, _end, records);
        if (_volumeBegins) _volumeBefore[_end] = true;
        if (_volumeBegins && records > 1) records--;
        _volumeBegins = false;
        _window.AsSpan(_end * DumpFormat.RecordBytes, records * DumpFormat.RecordBytes).Clear();
        Array.Fill(_bad, true, _end, records);
        _end += records;
    }

    private void NextVolume()
    {
        _feed!.Dispose();
        _feed = null;
        Stream? next = _volumes.Open(_volume + 1);
        if (next is null)
        {
            _ended = true;
            return;
        }
        try
        {
            BeginVolume(_volume + 1, next, 0);
        }
        catch (DamagedException e)
        {
            _tell(e.Message);
            _ended = true;
        }
    }
}
