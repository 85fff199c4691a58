namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>
/// UFS1 and UFS2 (the FFS of the BSDs), of either byte order, read-only.
///
/// <para>Left out as not in use: snapshots of the file system, inodes that no name leads to, whiteouts. A file system that was not unmounted is read as it
/// is: soft updates keep it whole but for space and links, which <see cref="Notes"/> tells.</para>
/// </summary>
public sealed class UfsFileSystem : IFileSystem
{
    private const int MaxLinkBytes = 4096;

    private readonly UfsVolume _volume;
    private readonly UfsGroups _groups;
    private readonly UfsInodes _inodes;
    private readonly UfsContent _content;
    private readonly UfsDirectory _directory;
    private readonly UfsAttributes _attributes;

    private UfsFileSystem(IBlockSource source)
    {
        _volume = new UfsVolume(source);
        _groups = new UfsGroups(_volume);
        _inodes = new UfsInodes(_volume);
        _content = new UfsContent(_volume);
        _directory = new UfsDirectory(_volume, _content);
        _attributes = new UfsAttributes(_volume);
        Notes = [.. FindNotes().Select(note => $"{source.Name}: {note}.")];
    }

    /// <inheritdoc/>
    public string SourceName => _volume.Source.Name;

    /// <inheritdoc/>
    public FileSystemKind Kind => _volume.Super.Version == 1 ? FileSystemKind.Ufs1 : FileSystemKind.Ufs2;

    /// <inheritdoc/>
    public string Label => _volume.Super.Label;

    /// <inheritdoc/>
    public string Id => _volume.Super.Id;

    /// <inheritdoc/>
    public int BlockBytes => _volume.Super.BlockBytes;

    /// <inheritdoc/>
    public int FragmentBytes => _volume.Super.FragmentBytes;

    /// <inheritdoc/>
    public uint MaxInode => _volume.Super.MaxInode;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Whether a source has a UFS.</summary>
    public static bool IsPresent(IBlockSource source) => UfsSuperblock.IsPresent(source);

    /// <summary>Opens a file system.</summary>
    /// <param name="source">Where it lies. Owned from now on, unless this fails.</param>
    /// <exception cref="DamagedException">It is damaged.</exception>
    public static UfsFileSystem Open(IBlockSource source) => new(source);

    /// <inheritdoc/>
    public bool IsAllocated(uint number) => number >= 2 && number <= MaxInode && !_volume.Super.Snapshots.Contains(number) && _groups.IsAllocated(number);

    /// <inheritdoc/>
    public Inode? ReadInode(uint number)
    {
        if (number < 2 || number > MaxInode) return null;
        try
        {
            if (!IsAllocated(number)) return null;
        }
        catch (DamagedException)
        {
            // A damaged head of a group costs the cheap answer, not the inodes: a free one says so itself.
        }
        return _inodes.Read(number);
    }

    /// <inheritdoc/>
    public IEnumerable<DataRun> DataRuns(Inode inode) => inode.Kind is InodeKind.File or InodeKind.Directory ? _content.Runs(RecordOf(inode), inode.SizeBytes) : [];

    /// <inheritdoc/>
    public int Read(Inode inode, long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (inode.Kind is not (InodeKind.File or InodeKind.Directory) || offset >= inode.SizeBytes) return 0;
        destination = destination[..(int)Math.Min(destination.Length, inode.SizeBytes - offset)];
        _content.Read(RecordOf(inode), inode.SizeBytes, offset, destination);
        return destination.Length;
    }

    /// <inheritdoc/>
    public void ReadRun(Inode inode, DataRun run, long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > run.Length - destination.Length) throw new ArgumentOutOfRangeException(nameof(offset));
        _volume.Source.Read(run.SourceOffset + offset, destination);
    }

    /// <inheritdoc/>
    public IEnumerable<DirectoryEntry> ReadDirectory(Inode directory) =>
        directory.Kind == InodeKind.Directory ? _directory.Read(RecordOf(directory), directory.SizeBytes) : throw _volume.Damage(directory.Number, "is no directory");

    /// <inheritdoc/>
    public byte[] ReadLink(Inode link)
    {
        UfsInodeRecord record = RecordOf(link);
        if (link.Kind != InodeKind.SymbolicLink) throw _volume.Damage(link.Number, "is no symbolic link");
        if (link.SizeBytes is 0 or > MaxLinkBytes) throw _volume.Damage(link.Number, $"a symbolic link of {link.SizeBytes} bytes");
        byte[] target = new byte[link.SizeBytes];
        // Some old systems do not say how long a target in the inode may be: then nothing is allocated.
        if (target.Length < _volume.Super.InlineLinkBytes || (record.Blocks == 0 && target.Length <= _volume.Super.MapBytes)) record.Map.Span[..target.Length].CopyTo(target);
        else _content.Read(record, target.Length, 0, target);
        int end = target.AsSpan().IndexOf((byte)0);
        return end < 0 ? target : throw _volume.Damage(link.Number, $"a symbolic link of {target.Length} bytes with a NUL at {end}");
    }

    /// <inheritdoc/>
    public IReadOnlyList<ExtendedAttribute> ReadAttributes(Inode inode) => _attributes.Read(RecordOf(inode), inode.Mode);

    /// <inheritdoc/>
    public void Dispose() => _volume.Source.Dispose();

    private UfsInodeRecord RecordOf(Inode inode) =>
        inode.Record as UfsInodeRecord ?? ReadInode(inode.Number)?.Record as UfsInodeRecord ?? throw _volume.Damage(inode.Number, "is not in use");

    private IEnumerable<string> FindNotes()
    {
        UfsSuperblock super = _volume.Super;
        long bytes = super.Size * super.FragmentBytes;
        if (bytes > _volume.Source.SizeBytes) yield return $"the source ends at byte {_volume.Source.SizeBytes}, but the file system has {bytes}: what lies behind is lost";
        if (!super.Clean)
        {
            yield return "it was not unmounted when it was copied; it is read as it stands" + (super.Flags switch
            {
                var f when f.HasFlag(UfsFlags.GeomJournal) => " (its gjournal, which lies outside the file system, was not replayed)",
                var f when f.HasFlag(UfsFlags.SoftUpdatesJournal) => " (soft updates; their journal was not replayed: the counts of links may be too high)",
                var f when f.HasFlag(UfsFlags.SoftUpdates) => " (soft updates: the counts of links may be too high)",
                _ => ": without soft updates what was being written may not hold together; run fsck_ffs on a copy if it does not",
            });
        }
        if (super.Flags.HasFlag(UfsFlags.NeedsCheck)) yield return "the kernel has marked this file system as damaged; check a copy with fsck_ffs";
        if (super.Snapshots.Count > 0) yield return $"{super.Snapshots.Count} snapshots in the file system are left out";
    }
}
