using Mirror.Dump.Archive.Format;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Writing;

/// <summary>
/// Which inodes are in an archive: two passes over the file system that keep four maps (a bit an inode each) and nothing else.
/// <list type="number">
/// <item>All inodes in use: which are directories, which changed since the level below, what they hold.</item>
/// <item>All directories: which inodes have a name. In a level above 0 a directory with something changed in it is in the archive too, and those above it up to the root.</item>
/// </list>
/// </summary>
internal sealed class DumpPlan
{
    private readonly IFileSystem _source;
    private readonly long _since;
    private readonly HashSet<uint> _excluded;
    private readonly Action<uint, string> _damaged;
    private readonly CancellationToken _cancellation;

    private DumpPlan(IFileSystem source, long since, IEnumerable<uint> excluded, Action<uint, string> damaged, CancellationToken cancellation)
    {
        (_source, _since, _excluded, _damaged, _cancellation) = (source, since, [.. excluded], damaged, cancellation);
        InUse = new InodeMap(source.MaxInode);
        Directories = new InodeMap(source.MaxInode);
        Dumped = new InodeMap(source.MaxInode);
    }

    /// <summary>Inodes in use that have a name.</summary>
    public InodeMap InUse { get; private set; }

    /// <summary>Those that are directories.</summary>
    public InodeMap Directories { get; }

    /// <summary>Those in the archive.</summary>
    public InodeMap Dumped { get; }

    /// <summary>The newest change of an inode, seconds since 1970.</summary>
    public long NewestChange { get; private set; }

    /// <summary>About how many bytes the archive will have, uncompressed.</summary>
    public long EstimatedBytes { get; private set; }

    /// <summary>
    /// Makes the plan.
    /// <para><paramref name="since"/>: What changed at or after this second is in the archive; <see cref="long.MinValue"/> for all.</para>
    /// <para><paramref name="excluded"/>: Inodes to leave out, with all below them.</para>
    /// </summary>
    /// <exception cref="IOException">There are more inodes than an archive can have.</exception>
    public static DumpPlan Make(IFileSystem source, long since, IEnumerable<uint> excluded, Action<uint, string> damaged, CancellationToken cancellation)
    {
        if (source.MaxInode > DumpFormat.MaxInodes) throw new IOException($"{source.SourceName} has {source.MaxInode} inodes; an archive can have {DumpFormat.MaxInodes}.");
        DumpPlan plan = new(source, since, excluded, damaged, cancellation);
        plan.MapInodes();
        plan.ExcludeBelow();
        plan.MapNames();
        return plan;
    }

    /// <summary>Whether an inode was excluded.</summary>
    public bool IsExcluded(uint inode) => _excluded.Contains(inode);

    private bool IsExt => _source.Kind is FileSystemKind.Ext2 or FileSystemKind.Ext3 or FileSystemKind.Ext4;

    private void MapInodes()
    {
        // Below 11 ext file systems keep their own; so do attribute inodes (EXT4_EA_INODE_FL).
        const uint firstOfExt = 11, attributeInode = 0x200000;
        for (uint number = 1; number <= _source.MaxInode && number != 0; number++)
        {
            if ((number & 0xFFF) == 0) _cancellation.ThrowIfCancellationRequested();
            if (!_source.IsAllocated(number) || (IsExt && number < firstOfExt && number != DumpFormat.RootInode)) continue;
            Inode? inode;
            try
            {
                inode = _source.ReadInode(number);
            }
            catch (IOException e)
            {
                _damaged(number, e.Message);
                continue;
            }
            if (inode is null || inode.Links == 0 || inode.Kind is InodeKind.None or InodeKind.Whiteout || (IsExt && (inode.Flags & attributeInode) != 0)) continue;
            InUse.Set(number);
            if (inode.Kind == InodeKind.Directory) Directories.Set(number);
            NewestChange = Math.Max(NewestChange, inode.Changed.Seconds);
            if (inode.Changed.Seconds < _since && number != DumpFormat.RootInode) continue;
            Dumped.Set(number);
            long bytes = inode.Kind is InodeKind.File or InodeKind.Directory ? Math.Min(inode.SizeBytes, Math.Max(inode.AllocatedBytes, 0)) : DumpFormat.RecordBytes;
            EstimatedBytes += DumpFormat.RecordBytes + bytes + (bytes / DumpFormat.SegmentRecords);
        }
        if (!Directories[DumpFormat.RootInode]) throw new DamagedException($"{_source.SourceName}: inode {DumpFormat.RootInode} is no directory, so there is no root to begin at. Check the file system (fsck).");
    }

    /// <summary>What is below an excluded directory is excluded, unless it has another name elsewhere (which pass 2 finds).</summary>
    private void ExcludeBelow()
    {
        if (_excluded.Remove(DumpFormat.RootInode)) throw new ArgumentException($"Inode {DumpFormat.RootInode} is the root directory, which cannot be excluded.");
        Stack<uint> open = new(_excluded.Where(number => Directories[number]));
        while (open.TryPop(out uint directory))
        {
            ForEachName(directory, (entry, dot) =>
            {
                if (!dot && Directories[entry.Number] && entry.Number != DumpFormat.RootInode && _excluded.Add(entry.Number)) open.Push(entry.Number);
            });
        }
        foreach (uint number in _excluded)
        {
            if (number > _source.MaxInode) continue;
            InUse.Clear(number);
            Dumped.Clear(number);
            Directories.Clear(number);
        }
    }

    private void MapNames()
    {
        InodeMap named = new(_source.MaxInode);
        named.Set(DumpFormat.RootInode);
        foreach (uint directory in Directories.Inodes())
        {
            _cancellation.ThrowIfCancellationRequested();
            bool changed = Dumped[directory];
            uint parent = 0;
            ForEachName(directory, (entry, dot) =>
            {
                if (dot)
                {
                    if (entry.Name.Length == 2) parent = entry.Number;
                    return;
                }
                named.Set(entry.Number);
                changed |= Dumped[entry.Number];
            });
            if (_since == long.MinValue || !changed) continue;
            Dumped.Set(directory);
            while (parent != 0 && Directories[parent] && !Dumped[parent])
            {
                Dumped.Set(parent);
                parent = ParentOf(parent);
            }
        }
        ReadOnlySpan<byte> names = named.Bytes;
        foreach (uint number in InUse.Inodes())
        {
            if (named[number]) continue;
            InUse.Clear(number);
            Dumped.Clear(number);
            Directories.Clear(number);
        }
    }

    private uint ParentOf(uint directory)
    {
        uint parent = 0;
        ForEachName(directory, (entry, dot) =>
        {
            if (dot && entry.Name.Length == 2) parent = entry.Number;
        });
        return parent;
    }

    private void ForEachName(uint directory, Action<DirectoryEntry, bool> visit)
    {
        try
        {
            if (_source.ReadInode(directory) is not { Kind: InodeKind.Directory } inode) return;
            foreach (DirectoryEntry entry in _source.ReadDirectory(inode))
            {
                bool dot = DumpDirectory.IsDot(entry.Name.Span);
                if (entry.Number == 0 || entry.Number > _source.MaxInode || (!dot && _excluded.Contains(entry.Number))) continue;
                visit(entry, dot);
            }
        }
        catch (IOException e)
        {
            _damaged(directory, e.Message);
        }
    }
}
