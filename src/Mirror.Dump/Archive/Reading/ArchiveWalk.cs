using Mirror.Dump.Archive.Format;
using Mirror.Dump.Encryption;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Reading;

/// <summary>
/// Walks through an archive once: maps, directories, everything else to the visitor, each inode with what is wrong with it. Damage is passed over (docs/dump-format.md, section 9)
/// and told.
/// </summary>
internal sealed class ArchiveWalk : IDisposable
{
    private const int MaxProblems = 10_000;

    private readonly RecordStream _records;
    private readonly SegmentReader _segments;
    private readonly HashSet<long> _seen = [];
    private readonly MemoryStream _bytes = new();
    private readonly List<ExtendedAttribute> _attributes = [];
    private readonly string _name;
    private ArchiveInode? _open;
    private ArchiveDirectory? _openDirectory;
    private bool _wanted, _offsetKnown, _begun;
    private long _offset, _directoryBytes;
    private string _damage = "";
    private IArchiveVisitor _visitor = null!;

    /// <summary>Opens an archive.</summary>
    /// <exception cref="IOException">It cannot be opened, or is none.</exception>
    public ArchiveWalk(IVolumeSource volumes, ArchiveOpener? opener)
    {
        _name = volumes.Name;
        _records = new RecordStream(volumes, opener, Problem);
        _segments = new SegmentReader(_records, Problem);
        Catalog = new ArchiveCatalog(_records.Shape);
    }

    /// <summary>What is known of the directories.</summary>
    public ArchiveCatalog Catalog { get; }

    /// <summary>What is wrong with the archive.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Inodes that the visitor was told of.</summary>
    public IReadOnlySet<long> Seen => _seen;

    /// <summary>Whether the archive's end was there.</summary>
    public bool Complete => _segments.Ended;

    /// <summary>Reads maps and directories; what comes then is left.</summary>
    public void ReadDirectories(CancellationToken cancellation) => Run(stopAtContent: true, cancellation);

    /// <summary>Goes on to the end.</summary>
    public void Run(IArchiveVisitor visitor, CancellationToken cancellation)
    {
        _visitor = visitor;
        visitor.Begin(Catalog);
        Run(stopAtContent: false, cancellation);
        if (!_segments.Ended) Problem("the archive ends without its end mark: it was cut, or never completed.");
    }

    /// <summary>Fetches one inode with the help of an index.</summary>
    public void Fetch(IArchiveVisitor visitor, uint inode, int volume, long position, CancellationToken cancellation)
    {
        _visitor = visitor;
        _records.Seek(volume, position);
        _segments.Restart();
        _pending = false;
        _only = inode;
        Run(stopAtContent: false, cancellation);
        _only = 0;
    }

    public void Dispose() => _records.Dispose();

    private bool _pending;
    private uint _only;

    private void Run(bool stopAtContent, CancellationToken cancellation = default)
    {
        while (_pending || _segments.Next())
        {
            _pending = false;
            cancellation.ThrowIfCancellationRequested();
            DumpHeader header = _segments.Header;
            if (header.Type == RecordType.End) break;
            if (header.IsMap)
            {
                ReadMap();
                continue;
            }
            if (header.Type == RecordType.Tape) continue;
            bool attributes = (header.Flags & HeaderFlags.Attributes) != 0;
            if (header.Type == RecordType.Inode && !attributes)
            {
                Close();
                if (stopAtContent && header.Kind != InodeKind.Directory)
                {
                    _pending = true;
                    break;
                }
                // Directories come first, and may stand in the same tape block.
                if (_only != 0 && header.Inode > _only && header.Kind != InodeKind.Directory) break;
                Open();
            }
            if (attributes) TakeAttributes();
            else TakeContent();
        }
        if (!_pending || stopAtContent) Close();
        if (stopAtContent && !_begun)
        {
            _begun = true;
            Catalog.Complete();
            foreach (ArchiveDirectory directory in Catalog.DirectoriesInOrder())
            {
                if (directory.Damage.Length > 0) Problem($"{ArchiveCatalog.PathOf(directory)}: {directory.Damage}; names in it may be missing.");
            }
            if (Catalog.Tree.Count == 0) Problem("its root directory is missing: nothing has a name.");
        }
    }

    private void Problem(string what)
    {
        if (Problems.Count < MaxProblems) Problems.Add(what.StartsWith(_name, StringComparison.Ordinal) ? what : $"{_name}: {what}");
        else if (Problems.Count == MaxProblems) Problems.Add($"{_name}: and more.");
    }

    private void ReadMap()
    {
        Close();
        bool clear = _segments.Header.Type == RecordType.Clear;
        InodeMap map = new();
        int left = _segments.Header.Count;
        while (left > 0)
        {
            ReadOnlyMemory<byte> part = _segments.MapRecords(ref left);
            if (part.IsEmpty) break;
            map.Append(part.Span);
        }
        if (_segments.Damage.Length > 0)
        {
            Catalog.MapsDamaged = true;
            Problem($"the map of the inodes {(clear ? "in use" : "in the archive")} is damaged: {_segments.Damage}.");
        }
        if (clear) Catalog.InUse = map;
        else Catalog.Dumped = map;
    }

    private void Open()
    {
        DumpHeader header = _segments.Header;
        _damage = "";
        _offset = 0;
        _offsetKnown = true;
        _attributes.Clear();
        _openDirectory = null;
        _bytes.SetLength(0);
        if (!_seen.Add(header.Inode))
        {
            if (_only == 0) Problem($"inode {header.Inode} is there twice; the second is passed over.");
            _open = null;
            return;
        }
        _open = ArchiveInode.Of(header);
        if (_open.Kind == InodeKind.Directory)
        {
            if (_begun)
            {
                if (_only == 0) Problem($"the directory of inode {header.Inode} comes after the directories; its names are lost.");
                _open = null;
                return;
            }
            _openDirectory = new ArchiveDirectory { Inode = _open };
            _wanted = true;
            return;
        }
        _wanted = (_only == 0 || _open.Number == _only) && _visitor.BeginInode(_open);
        if (_open.ExtensionBytes > DumpFormat.MaxAttributeBytes) AddDamage($"it would have {_open.ExtensionBytes} bytes of attributes");
    }

    private void Close()
    {
        if (_open is null) return;
        if (_openDirectory is null && _open.ExtensionBytes > 0 && _bytes.Length > 0) Guard(() => AttributeAreas.ReadUfs2(_bytes.GetBuffer().AsSpan(0, (int)_bytes.Length), Catalog.Shape.BigEndian, _attributes));
        if (_openDirectory is not null)
        {
            _openDirectory.Entries = _bytes.ToArray();
            _openDirectory.Attributes = [.. _attributes];
            _openDirectory.Damage = _damage;
            Catalog.Add(_openDirectory);
        }
        else if (_wanted)
        {
            if (_damage.Length > 0) Problem($"{Catalog.Describe(_open.Number)}: {_damage}.");
            _visitor.EndInode(_attributes, _damage);
        }
        _open = null;
        _openDirectory = null;
    }

    private void AddDamage(string what)
    {
        if (_damage.Length == 0) _damage = what;
        else if (_damage.Length < 500) _damage += "; " + what;
    }

    private void Guard(Action read)
    {
        try
        {
            read();
        }
        catch (DamagedException e)
        {
            AddDamage(e.Message);
        }
    }

    private void TakeContent()
    {
        DumpHeader header = _segments.Header;
        if (_open is null || header.Inode != _open.Number || header.Kind != _open.Kind)
        {
            // More of an inode whose beginning is lost; it will be named because the map has it.
            return;
        }
        if (header.Type == RecordType.Address && header.Extended)
        {
            long place = (long)header.Segment * DumpFormat.SegmentBytes;
            if (place > _offset) AddDamage($"bytes {_offset} to {place - 1} are missing");
            (_offset, _offsetKnown) = (place, true);
        }
        else if (header.Type == RecordType.Address && _segments.AfterGap)
        {
            long lost = _segments.Gap;
            bool whole = lost > 0 && lost % (DumpFormat.SegmentRecords + 1) == 0;
            AddDamage($"part of it is missing from byte {_offset} on");
            if (whole) _offset += lost / (DumpFormat.SegmentRecords + 1) * DumpFormat.SegmentBytes;
            else _offsetKnown = false;
        }
        if (_segments.Damage.Length > 0) AddDamage($"{(header.Count > 0 ? $"bytes {_offset} to {Math.Min(_offset + ((long)header.Count * DumpFormat.RecordBytes), Math.Max(_open.SizeBytes, 1)) - 1}: " : "")}{_segments.Damage}");
        if (_wanted && _offsetKnown) GiveContent(header);
        _offset += (long)header.Count * DumpFormat.RecordBytes;
    }

    private void GiveContent(DumpHeader header)
    {
        int used = 0, there = _segments.Data.Length / DumpFormat.RecordBytes;
        int i = 0;
        while (i < header.Count && used < there)
        {
            if (header.Addresses[i] == 0)
            {
                i++;
                continue;
            }
            if (_segments.IsBad(used))
            {
                i++;
                used++;
                continue;
            }
            int first = i, firstUsed = used;
            while (i < header.Count && used < there && header.Addresses[i] != 0 && !_segments.IsBad(used))
            {
                i++;
                used++;
            }
            Give(_offset + ((long)first * DumpFormat.RecordBytes), _segments.Data.Span.Slice(firstUsed * DumpFormat.RecordBytes, (used - firstUsed) * DumpFormat.RecordBytes));
        }
    }

    private void Give(long offset, ReadOnlySpan<byte> bytes)
    {
        // The records of the content end where a record ends; attributes of UFS2 begin with the next one.
        long contentEnd = (_open!.SizeBytes + DumpFormat.RecordBytes - 1) / DumpFormat.RecordBytes * DumpFormat.RecordBytes;
        if (_openDirectory is null && offset < contentEnd)
        {
            long length = Math.Min(bytes.Length, _open.SizeBytes - offset);
            if (length > 0) _visitor.Content(offset, bytes[..(int)length]);
        }
        if (_openDirectory is not null && offset < contentEnd) Keep(offset, bytes[..(int)Math.Min(bytes.Length, Math.Max(0, _open.SizeBytes - offset))], DumpFormat.MaxDirectoryBytes);
        if (_open.ExtensionBytes is > 0 and <= DumpFormat.MaxAttributeBytes && offset + bytes.Length > contentEnd && _openDirectory is null)
        {
            int skip = (int)Math.Max(0, contentEnd - offset);
            long place = Math.Max(0, offset - contentEnd);
            if (place < _open.ExtensionBytes) Keep(place, bytes[skip..][..(int)Math.Min(bytes.Length - skip, _open.ExtensionBytes - place)], DumpFormat.MaxAttributeBytes);
        }
    }

    private void Keep(long place, ReadOnlySpan<byte> bytes, long most)
    {
        if (bytes.IsEmpty) return;
        if (_openDirectory is not null)
        {
            long more = Math.Max(0, place + bytes.Length - _bytes.Length);
            _directoryBytes += more;
            if (_directoryBytes > most) throw new DamagedException($"{_name}: its directories have more than {most} bytes, which no sound archive has.");
        }
        if (_bytes.Length < place + bytes.Length) _bytes.SetLength(place + bytes.Length);
        bytes.CopyTo(_bytes.GetBuffer().AsSpan((int)place));
    }

    private void TakeAttributes()
    {
        DumpHeader header = _segments.Header;
        if (_open is null || header.Inode != _open.Number || (!_wanted && _openDirectory is null)) return;
        if (_segments.Damage.Length > 0 || header.Type == RecordType.Address)
        {
            // Areas are shorter than a segment; the long form goes on.
            if (_segments.Damage.Length > 0) AddDamage("attributes: " + _segments.Damage);
        }
        if (header.AttributeKind == DumpFormat.AttributesOfExt && header.Size <= DumpFormat.SegmentBytes)
        {
            Guard(() => AttributeAreas.Read(_segments.Data.Span[..(int)Math.Min(header.Size, _segments.Data.Length)], _attributes));
        }
        else if (header.AttributeKind == DumpFormat.AttributesOfOurs && header.Size <= DumpFormat.MaxAttributeBytes)
        {
            if (header.Type == RecordType.Inode) _long.SetLength(0);
            if (_long.Length + _segments.Data.Length > DumpFormat.MaxAttributeBytes + DumpFormat.RecordBytes) return;
            _long.Write(_segments.Data.Span);
            if (_long.Length >= header.Size) Guard(() => AttributeAreas.ReadLong(_long.GetBuffer().AsSpan(0, (int)header.Size), _attributes));
        }
        if (_attributes.Count > 4096) _attributes.RemoveRange(4096, _attributes.Count - 4096);
    }

    private readonly MemoryStream _long = new();
}
