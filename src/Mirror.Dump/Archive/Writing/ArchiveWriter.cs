using Mirror.Dump.Archive.Format;
using Mirror.Dump.Encryption;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Writing;

/// <summary>Writes one archive of a file system (docs/dump-format.md, section 4). Memory: the maps of <see cref="DumpPlan"/>, one directory, and the units of the pipeline.</summary>
internal sealed class ArchiveWriter
{
    /// <summary>Files larger than any file system here can have are damaged inodes.</summary>
    private const long MaxFileBytes = 1L << 44;

    /// <summary>A hole at the end of a file that is longer than this is left to the size in the header, which every reader knows to mean a hole.</summary>
    private const long MaxTrailingHole = 1L << 36;

    /// <summary>Units are about this large, so that handing them on costs nothing.</summary>
    private const int UnitBytes = 256 << 10;

    private const int MaxProblems = 1000;

    private readonly IFileSystem _source;
    private readonly DumpRequest _request;
    private readonly SortedDictionary<uint, string> _problems = [];
    private readonly DumpHeader _header = new();
    private readonly MemoryStream _directory = new();
    private DumpPlan _plan = null!;
    private RecordPlanner _planner = null!;
    private long _otherProblems;

    private ArchiveWriter(IFileSystem source, DumpRequest request) => (_source, _request) = (source, request);

    /// <summary>
    /// Writes an archive.
    /// <para><paramref name="index"/>: Where the index goes, or null.</para>
    /// <para><paramref name="progress"/>: Told bytes written and the estimate of all.</para>
    /// </summary>
    /// <exception cref="IOException">The source has no root, or writing failed. What of the source is damaged else is in the result.</exception>
    public static DumpResult Write(IFileSystem source, DumpRequest request, IVolumeSet volumes, Stream? index, ArchiveSeal? seal, Action<long, long>? progress, CancellationToken cancellation) =>
        new ArchiveWriter(source, request).Run(volumes, index, seal, progress, cancellation);

    private DumpResult Run(IVolumeSet volumes, Stream? index, ArchiveSeal? seal, Action<long, long>? progress, CancellationToken cancellation)
    {
        _plan = DumpPlan.Make(_source, _request.Since ?? long.MinValue, _request.ExcludedInodes, Problem, cancellation);
        long date = _request.Date ?? Math.Clamp(Math.Min(_plan.NewestChange, DateTimeOffset.UtcNow.ToUnixTimeSeconds()), 1, int.MaxValue);
        string label = _request.Label ?? (_source.Label.Length > 0 ? _source.Label : "none");
        DumpHeader volumeHeader = new();
        foreach (DumpHeader header in new[] { volumeHeader, _header })
        {
            (header.Date, header.PreviousDate, header.Level, header.Label) = (date, _request.Since ?? 0, _request.Level, label);
            (header.FileSystem, header.Device, header.Host) = (_request.FileSystemName, _request.DeviceName, _request.HostName);
            header.Flags = HeaderFlags.NewInodeFormat | (_request.CompressionLevel > 0 ? HeaderFlags.Compressed : 0);
            header.BlockRecords = _request.BlockRecords;
        }
        int blockBytes = _request.BlockRecords * DumpFormat.RecordBytes;
        TapePacker packer = new(blockBytes, _request.CompressionLevel, seal);
        TapeOutput output = new(volumes, seal);
        int unitBlocks = _request.VolumeBytes > 0 ? 1 : Math.Max(1, UnitBytes / blockBytes);
        ArchiveIndexWriter? indexWriter = index is null ? null : new ArchiveIndexWriter(index, date);
        using TapePipeline pipeline = new(_source, blockBytes, unitBlocks, packer, output, indexWriter, Problem,
            written => progress?.Invoke(written, _plan.EstimatedBytes), _request.VolumeBytes > 0, cancellation);
        _planner = new RecordPlanner(pipeline, volumeHeader, _request.BlockRecords, packer.MostBytes, _request.VolumeBytes - output.HeadBytes);

        Map(RecordType.Clear, _plan.InUse);
        Map(RecordType.Bits, _plan.Dumped);
        long directories = 0, files = 0;
        foreach (uint number in _plan.Dumped.Inodes())
        {
            if (_plan.Directories[number] && Put(number, directory: true)) directories++;
        }
        foreach (uint number in _plan.Dumped.Inodes())
        {
            if (!_plan.Directories[number] && Put(number, directory: false)) files++;
        }
        SetKind(RecordType.End, (uint)Math.Min(_source.MaxInode, uint.MaxValue), 0);
        _planner.End(_header);
        pipeline.Finish();
        if (_otherProblems > 0) _problems[uint.MaxValue] = $"and {_otherProblems} more";
        return new DumpResult
        {
            Source = _source.SourceName,
            Level = _request.Level,
            Date = date,
            PreviousDate = _request.Since ?? 0,
            Label = label,
            Directories = directories,
            Files = files,
            RecordBytes = _planner.Records * DumpFormat.RecordBytes,
            WrittenBytes = pipeline.WrittenBytes,
            Volumes = _planner.Volume,
            Problems = [.. _problems.Select(p => p.Key == uint.MaxValue ? p.Value : $"inode {p.Key}: {p.Value}")],
        };
    }

    private void Problem(uint inode, string reason)
    {
        lock (_problems)
        {
            if (_problems.Count >= MaxProblems) _otherProblems++;
            else _problems.TryAdd(inode, reason);
        }
    }

    private void SetKind(RecordType type, uint inode, int count)
    {
        _header.Type = type;
        _header.Inode = inode;
        _header.Count = count;
        _header.Segment = type == RecordType.Address ? _header.Segment + 1 : 0;
        if (count == 0) Array.Clear(_header.Addresses);
    }

    private void Map(RecordType type, InodeMap map)
    {
        int records = map.Bytes.Length / DumpFormat.RecordBytes;
        SetKind(type, 0, records);
        _header.Size = map.Bytes.Length;
        _planner.Header(_header, records);
        _planner.Data(map.Bytes);
    }

    private bool Put(uint number, bool directory)
    {
        Inode? inode;
        IReadOnlyList<ExtendedAttribute> attributes;
        byte[] link = [];
        try
        {
            inode = _source.ReadInode(number);
            if (inode is null || (inode.Kind == InodeKind.Directory) != directory) return false;
            if (inode.SizeBytes > MaxFileBytes) throw new DamagedException($"{_source.SourceName}: inode {number} claims {inode.SizeBytes} bytes.");
            if (inode.Kind == InodeKind.SymbolicLink) link = _source.ReadLink(inode);
        }
        catch (IOException e)
        {
            Problem(number, "left out: " + e.Message);
            return false;
        }
        try
        {
            attributes = _source.ReadAttributes(inode);
        }
        catch (IOException e)
        {
            Problem(number, "its attributes are left out: " + e.Message);
            attributes = [];
        }
        SetInode(inode);
        switch (inode.Kind)
        {
            case InodeKind.Directory:
                MakeDirectory(inode);
                Bytes(_directory.GetBuffer().AsSpan(0, (int)_directory.Length), number);
                break;
            case InodeKind.SymbolicLink when link.Length > 0:
                Bytes(link, number);
                break;
            case InodeKind.File when inode.SizeBytes > 0:
                Content(inode);
                break;
            default:
                _header.Size = 0;
                SetKind(RecordType.Inode, number, 0);
                _planner.Header(_header, 0);
                break;
        }
        if (attributes.Count > 0) Attributes(number, attributes);
        return true;
    }

    private void SetInode(Inode inode)
    {
        bool ufs = _source.Kind is FileSystemKind.Ufs1 or FileSystemKind.Ufs2;
        (_header.Mode, _header.Links, _header.Size) = (inode.Mode, inode.Links, inode.SizeBytes);
        (_header.UserId, _header.GroupId) = (inode.UserId, inode.GroupId);
        (_header.Accessed, _header.Modified, _header.Changed, _header.Born) = (inode.Accessed, inode.Modified, inode.Changed, inode.Born);
        // Flags of a symbolic link cannot be had from a mounted file system, so stock restore -C would see a difference.
        (_header.InodeFlags, _header.UfsFlags) = ufs ? (0, inode.Flags) : (inode.Kind == InodeKind.SymbolicLink ? 0 : inode.Flags, 0u);
        (_header.Generation, _header.Sectors) = (inode.Generation, inode.AllocatedBytes / 512);
        _header.Device0 = inode.Kind is InodeKind.BlockDevice or InodeKind.CharacterDevice ? DumpHeader.EncodeDevice(inode.DeviceMajor, inode.DeviceMinor) : 0;
    }

    private void MakeDirectory(Inode directory)
    {
        _directory.SetLength(0);
        int lastAt = -1;
        // The two that stand first are not left to what the directory says; its parent is.
        uint parent = directory.Number;
        List<(uint, ReadOnlyMemory<byte>, InodeKind)> held = [];
        DumpDirectory.Add(_directory, ref lastAt, directory.Number, "."u8, InodeKind.Directory);
        bool parentPut = false;
        try
        {
            foreach (DirectoryEntry entry in _source.ReadDirectory(directory))
            {
                if (entry.Number == 0 || entry.Number > _source.MaxInode || entry.Name.Span.SequenceEqual("."u8)) continue;
                if (entry.Name.Span.SequenceEqual(".."u8))
                {
                    parent = entry.Number;
                    PutParent();
                    foreach ((uint number, ReadOnlyMemory<byte> name, InodeKind kind) in held) DumpDirectory.Add(_directory, ref lastAt, number, name.Span, kind);
                    held.Clear();
                    continue;
                }
                if (_plan.IsExcluded(entry.Number) || !_plan.InUse[entry.Number]) continue;
                InodeKind known = _plan.Directories[entry.Number] ? InodeKind.Directory : entry.Kind == InodeKind.Directory ? InodeKind.None : entry.Kind;
                if (parentPut) DumpDirectory.Add(_directory, ref lastAt, entry.Number, entry.Name.Span, known);
                else held.Add((entry.Number, entry.Name.ToArray(), known));
            }
        }
        catch (IOException e)
        {
            Problem(directory.Number, "names are missing: " + e.Message);
        }
        PutParent();
        foreach ((uint number, ReadOnlyMemory<byte> name, InodeKind kind) in held) DumpDirectory.Add(_directory, ref lastAt, number, name.Span, kind);
        DumpDirectory.Close(_directory, lastAt);
        _header.Size = _directory.Length;

        void PutParent()
        {
            if (parentPut) return;
            parentPut = true;
            DumpDirectory.Add(_directory, ref lastAt, parent, ".."u8, InodeKind.Directory);
        }
    }

    /// <summary>Content that is there as bytes.</summary>
    private void Bytes(ReadOnlySpan<byte> bytes, uint number)
    {
        _header.Size = bytes.Length;
        RecordType type = RecordType.Inode;
        while (bytes.Length > 0)
        {
            ReadOnlySpan<byte> part = bytes[..Math.Min(bytes.Length, DumpFormat.SegmentBytes)];
            int records = (part.Length + DumpFormat.RecordBytes - 1) / DumpFormat.RecordBytes;
            SetKind(type, number, records);
            _header.Addresses.AsSpan(0, records).Fill(1);
            _header.Addresses.AsSpan(records).Clear();
            _planner.Header(_header, records);
            _planner.Data(part);
            bytes = bytes[part.Length..];
            type = RecordType.Address;
        }
    }

    /// <summary>Content of a file, segment by segment, holes as holes.</summary>
    private void Content(Inode inode)
    {
        // Fragments smaller than a record: two runs may share one.
        bool shared = _source.FragmentBytes < DumpFormat.RecordBytes;
        RecordType type = RecordType.Inode;
        using IEnumerator<DataRun> runs = _source.DataRuns(inode).GetEnumerator();
        List<DataRun> pieces = [];
        DataRun run = default;
        bool more = Next();
        for (long at = 0; at < inode.SizeBytes; at += DumpFormat.SegmentBytes)
        {
            if (!more && run.Length == 0 && inode.SizeBytes - at > MaxTrailingHole) break;
            long end = Math.Min(at + DumpFormat.SegmentBytes, inode.SizeBytes);
            int records = (int)((end - at + DumpFormat.RecordBytes - 1) / DumpFormat.RecordBytes);
            SetKind(type, inode.Number, records);
            Array.Clear(_header.Addresses);
            pieces.Clear();
            while (more && run.Offset < end)
            {
                long from = Math.Max(run.Offset, at), to = Math.Min(run.Offset + run.Length, end);
                if (to > from)
                {
                    _header.Addresses.AsSpan((int)((from - at) / DumpFormat.RecordBytes), (int)((to - at + DumpFormat.RecordBytes - 1) / DumpFormat.RecordBytes) - (int)((from - at) / DumpFormat.RecordBytes)).Fill(1);
                    pieces.Add(new DataRun(from, to - from, run.SourceOffset < 0 ? -1 : run.SourceOffset + (from - run.Offset)));
                }
                if (run.Offset + run.Length > end) break;
                more = Next();
            }
            _planner.Header(_header, _header.Addresses.AsSpan(0, records).Count((byte)1));
            if (shared) SharedContent(inode, at, end);
            else foreach (DataRun piece in pieces) _planner.Content(inode, piece.SourceOffset < 0 ? default : piece, piece.SourceOffset < 0 ? piece.Offset : 0, piece.Length);
            type = RecordType.Address;
        }

        bool Next()
        {
            try
            {
                long before = run.Offset + run.Length;
                if (!runs.MoveNext())
                {
                    run = default;
                    return false;
                }
                run = runs.Current;
                if (run.Offset < before || run.Length <= 0) throw new DamagedException($"{_source.SourceName}: the stretches of inode {inode.Number} are not in order.");
                return true;
            }
            catch (IOException e)
            {
                Problem(inode.Number, "the rest of its content is missing: " + e.Message);
                run = default;
                return false;
            }
        }
    }

    private void SharedContent(Inode inode, long at, long end)
    {
        for (int i = 0; i < _header.Count;)
        {
            int first = i;
            while (i < _header.Count && _header.Addresses[i] != 0) i++;
            if (i > first) _planner.Content(inode, default, at + (first * (long)DumpFormat.RecordBytes), Math.Min((i - first) * (long)DumpFormat.RecordBytes, end - at - (first * (long)DumpFormat.RecordBytes)));
            else i++;
        }
    }

    private void Attributes(uint number, IReadOnlyList<ExtendedAttribute> attributes)
    {
        List<byte[]> areas = AttributeAreas.Pack(attributes, out byte[] longForm);
        _header.Flags |= HeaderFlags.Attributes;
        _header.AttributeKind = DumpFormat.AttributesOfExt;
        foreach (byte[] area in areas) Bytes(area, number);
        _header.AttributeKind = DumpFormat.AttributesOfOurs;
        if (longForm.Length > 0) Bytes(longForm, number);
        _header.Flags &= ~HeaderFlags.Attributes;
        _header.AttributeKind = 0;
    }
}
