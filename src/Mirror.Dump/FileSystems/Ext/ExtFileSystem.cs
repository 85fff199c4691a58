namespace Mirror.Dump.FileSystems.Ext;

/// <summary>
/// ext2, ext3 and ext4, read-only, as the kernel would show it after replaying the journal.
///
/// <para>What has a checksum is checked before it is used. What is encrypted is refused, that inode alone. Left out as not in use: the file system's own
/// inodes (journal, quota, ...), values of extended attributes, and inodes that no name leads to.</para>
/// </summary>
public sealed class ExtFileSystem : IFileSystem
{
    private readonly IBlockSource _source;
    private readonly ExtVolume _volume;
    private readonly ExtGroupTable _groups;
    private readonly ExtInodeTable _inodes;
    private readonly ExtContent _content;
    private readonly ExtAttributes _attributes;
    private readonly ExtDirectory _directory;
    private readonly List<string> _notes = [];

    private ExtFileSystem(IBlockSource source)
    {
        var volume = new ExtVolume(source);
        if (volume.Super.Has(ExtIncompatible.NeedsRecovery))
        {
            // The replay may change anything, the superblock too; what is known so far serves only to find the journal.
            var replayed = JournalReplay.Apply(volume, new ExtInodeTable(volume, new ExtGroupTable(volume)), new ExtContent(volume), _notes);
            if (replayed != source) volume = new ExtVolume(replayed);
        }
        _source = volume.Source;
        _volume = volume;
        _groups = new ExtGroupTable(volume);
        _inodes = new ExtInodeTable(volume, _groups);
        _content = new ExtContent(volume);
        _attributes = new ExtAttributes(volume, _inodes, _content);
        _directory = new ExtDirectory(volume, _content, _attributes);
        var super = volume.Super;
        if ((super.ReadOnlyCompatible & ~ExtReadOnlyCompatible.Known) is var unknown && unknown != 0)
            _notes.Add($"{SourceName}: features that do not matter to reading, as far as is known: {ExtFeatureNames.Of(unknown)}.");
        if (super.HasErrors) _notes.Add($"{SourceName}: the kernel has marked this file system as damaged; check it with e2fsck.");
        else if (!super.IsClean && !super.Has(ExtCompatible.HasJournal)) _notes.Add($"{SourceName}: was not unmounted, and has no journal: what was being written is undefined.");
    }

    /// <inheritdoc/>
    public string SourceName => _source.Name;

    /// <inheritdoc/>
    public FileSystemKind Kind => _volume.Super.Kind;

    /// <inheritdoc/>
    public string Label => _volume.Super.Label;

    /// <inheritdoc/>
    public string Id => _volume.Super.Id;

    /// <inheritdoc/>
    public int BlockBytes => _volume.BlockBytes;

    /// <inheritdoc/>
    public int FragmentBytes => _volume.BlockBytes;

    /// <inheritdoc/>
    public uint MaxInode => _volume.Super.MaxInode;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Whether a source has an ext file system.</summary>
    public static bool IsPresent(IBlockSource source) => ExtSuperblock.IsPresent(source);

    /// <summary>Opens a file system.</summary>
    /// <param name="source">Where it lies. Owned from now on, unless this fails.</param>
    /// <exception cref="DamagedException">It is damaged, or needs what this reader does not know.</exception>
    public static ExtFileSystem Open(IBlockSource source) => new(source);

    /// <inheritdoc/>
    public bool IsAllocated(uint number) => number >= 1 && number <= MaxInode && !_volume.Super.IsHidden(number) && _groups.IsAllocated(number);

    /// <inheritdoc/>
    public Inode? ReadInode(uint number)
    {
        if (number < 1 || number > MaxInode || _volume.Super.IsHidden(number)) return null;
        var record = _inodes.Find(number);
        return record is null || record.Has(ExtInodeFlags.AttributeValue) ? null : _inodes.Describe(record);
    }

    /// <inheritdoc/>
    public IEnumerable<DataRun> DataRuns(Inode inode)
    {
        var record = RecordOf(inode);
        if (inode.Kind is not (InodeKind.File or InodeKind.Directory)) return [];
        RefuseEncrypted(record);
        if (record.Has(ExtInodeFlags.InlineData)) return inode.SizeBytes > 0 ? [new DataRun(0, Math.Min(inode.SizeBytes, InlineBytes(record)), -1)] : [];
        return _content.Runs(record, inode.SizeBytes);
    }

    /// <inheritdoc/>
    public int Read(Inode inode, long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var record = RecordOf(inode);
        if (inode.Kind is not (InodeKind.File or InodeKind.Directory) || offset >= inode.SizeBytes) return 0;
        RefuseEncrypted(record);
        destination = destination[..(int)Math.Min(destination.Length, inode.SizeBytes - offset)];
        if (record.Has(ExtInodeFlags.InlineData)) ReadInline(record, offset, destination); else _content.Read(record, offset, destination);
        return destination.Length;
    }

    /// <inheritdoc/>
    public void ReadRun(Inode inode, DataRun run, long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > run.Length - destination.Length) throw new ArgumentOutOfRangeException(nameof(offset));
        if (run.SourceOffset >= 0) _volume.Source.Read(run.SourceOffset + offset, destination); else _ = Read(inode, run.Offset + offset, destination);
    }

    /// <inheritdoc/>
    public IEnumerable<DirectoryEntry> ReadDirectory(Inode directory)
    {
        var record = RecordOf(directory);
        if (directory.Kind != InodeKind.Directory) throw _volume.Damage(directory.Number, "is no directory");
        RefuseEncrypted(record);
        return _directory.Read(record, directory.SizeBytes);
    }

    /// <inheritdoc/>
    public byte[] ReadLink(Inode link)
    {
        var record = RecordOf(link);
        if (link.Kind != InodeKind.SymbolicLink) throw _volume.Damage(link.Number, "is no symbolic link");
        RefuseEncrypted(record);
        if (link.SizeBytes is 0 or > 4096) throw _volume.Damage(link.Number, $"a symbolic link of {link.SizeBytes} bytes");
        byte[] target = new byte[link.SizeBytes];
        if (record.Has(ExtInodeFlags.InlineData)) ReadInline(record, 0, target);
        else if (IsShort(record, target.Length)) record.Map[..target.Length].CopyTo(target);
        else _content.Read(record, 0, target);
        int end = target.AsSpan().IndexOf((byte)0);
        return end < 0 ? target : throw _volume.Damage(link.Number, $"a symbolic link of {target.Length} bytes with a NUL at {end}");
    }

    /// <inheritdoc/>
    public IReadOnlyList<ExtendedAttribute> ReadAttributes(Inode inode) => _attributes.Read(RecordOf(inode));

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    private bool IsShort(ExtInodeRecord record, int size)
    {
        if (size >= ExtInodeRecord.MapBytes) return false;
        if (_volume.Super.Has(ExtIncompatible.EaInode)) return true;
        // Old kernels wrote some short targets into a block: then more is allocated than the attributes take.
        long attributes = record.AttributeBlock != 0 ? _volume.Super.ClusterBytes / 512 : 0;
        return record.BlocksLow - attributes == 0;
    }

    private int InlineBytes(ExtInodeRecord record) => ExtInodeRecord.MapBytes + _attributes.InlineData(record).Length;

    /// <summary>Content in the inode: what fits in the place of the block map, then the rest in an attribute. A size beyond both is a hole, as mke2fs -d makes them.</summary>
    private void ReadInline(ExtInodeRecord record, long offset, Span<byte> destination)
    {
        if (offset < ExtInodeRecord.MapBytes)
        {
            var first = record.Map[(int)offset..];
            if (first.Length > destination.Length) first = first[..destination.Length];
            first.CopyTo(destination);
            destination = destination[first.Length..];
            offset += first.Length;
        }
        if (destination.Length == 0) return;
        var more = _attributes.InlineData(record).Span;
        offset -= ExtInodeRecord.MapBytes;
        more = offset < more.Length ? more[(int)offset..] : default;
        if (more.Length > destination.Length) more = more[..destination.Length];
        more.CopyTo(destination);
        destination[more.Length..].Clear();
    }

    private ExtInodeRecord RecordOf(Inode inode) =>
        inode.Record as ExtInodeRecord ?? _inodes.Find(inode.Number) ?? throw _volume.Damage(inode.Number, "is not in use");

    private void RefuseEncrypted(ExtInodeRecord record)
    {
        if (record.Has(ExtInodeFlags.Encrypted))
            throw new UnsupportedException($"{SourceName}: inode {record.Number}: is encrypted (fscrypt); its content and names cannot be read without its key.");
    }
}
