namespace Mirror.Dump.FileSystems;

/// <summary>A name in a directory; <c>.</c> and <c>..</c> included where the directory has them.</summary>
/// <param name="Number">The inode it leads to.</param>
/// <param name="Name">Its bytes, 1 to 255, without NUL and slash; no encoding is implied.</param>
/// <param name="Kind">What the directory says the inode is; <see cref="InodeKind.None"/> when it does not say.</param>
public readonly record struct DirectoryEntry(uint Number, ReadOnlyMemory<byte> Name, InodeKind Kind);
