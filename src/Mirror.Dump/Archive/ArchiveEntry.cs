namespace Mirror.Dump.Archive;

/// <summary>A name in an archive.</summary>
/// <param name="Inode">Its inode.</param>
/// <param name="Path">From the root, without a slash in front; "." for the root.</param>
/// <param name="IsDirectory">Whether it is a directory of the archive.</param>
/// <param name="InArchive">Whether the inode itself is in the archive; else only its name is (levels above 0).</param>
public sealed record ArchiveEntry(uint Inode, string Path, bool IsDirectory, bool InArchive);
