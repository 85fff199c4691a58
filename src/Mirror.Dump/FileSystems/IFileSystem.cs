namespace Mirror.Dump.FileSystems;

/// <summary>
/// A file system in an image, read-only. All readers give the same face; what reads through it need not know which file system it is.
///
/// <para>The source is hostile: every number is checked before it is used, and what does not hold together is a <see cref="DamagedException"/> that names
/// the source, the inode or block, and what is wrong. Nothing loops for ever and nothing takes memory in proportion to a number that the source gives.
/// Several threads may read at once.</para>
/// </summary>
public interface IFileSystem : IDisposable
{
    /// <summary>Where it was read from, for messages.</summary>
    string SourceName { get; }

    /// <summary>Which file system it is.</summary>
    FileSystemKind Kind { get; }

    /// <summary>Its label; empty when it has none.</summary>
    string Label { get; }

    /// <summary>Its id as text; empty when it has none.</summary>
    string Id { get; }

    /// <summary>Bytes of a block.</summary>
    int BlockBytes { get; }

    /// <summary>The smallest unit of storage of a file: UFS fragments; elsewhere the block.</summary>
    int FragmentBytes { get; }

    /// <summary>The highest inode number that can occur. The root is number 2.</summary>
    uint MaxInode { get; }

    /// <summary>What an administrator should know of the source: a journal that was replayed in memory, features passed over.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>Whether an inode is in use, cheaply (from the allocation bitmaps), for walking over all of them.</summary>
    bool IsAllocated(uint number);

    /// <summary>Reads an inode; null when it is free.</summary>
    Inode? ReadInode(uint number);

    /// <summary>The stretches of a file or directory that have storage, in order, merged where they touch in file and source.
    /// Space reserved but never written (unwritten extents) is a hole.</summary>
    IEnumerable<DataRun> DataRuns(Inode inode);

    /// <summary>Reads content; holes give zeroes.</summary>
    /// <returns>Bytes read: fewer than asked for only at the end of the file.</returns>
    int Read(Inode inode, long offset, Span<byte> destination);

    /// <summary>
    /// Fills <paramref name="destination"/> from within one run, from byte <paramref name="offset"/> of the run on. This is the fast road of the archive writer, which has
    /// the runs already: a reader that gives <see cref="DataRun.SourceOffset"/> reads there at once (through its replayed journal) and does not look for the block again.
    /// </summary>
    void ReadRun(Inode inode, DataRun run, long offset, Span<byte> destination)
    {
        int got = Read(inode, run.Offset + offset, destination);
        if (got < destination.Length) throw new DamagedException($"{SourceName}: inode {inode.Number} ends at byte {run.Offset + offset + got}, inside a stretch of data that it claims.");
    }

    /// <summary>The names in a directory, in the order of its blocks.</summary>
    IEnumerable<DirectoryEntry> ReadDirectory(Inode directory);

    /// <summary>The target of a symbolic link, as bytes without an end mark.</summary>
    byte[] ReadLink(Inode link);

    /// <summary>The extended attributes, ACLs among them.</summary>
    IReadOnlyList<ExtendedAttribute> ReadAttributes(Inode inode);
}
