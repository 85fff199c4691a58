namespace Mirror.PowerShell;

/// <summary>A name in an archive, and the archive.</summary>
/// <param name="Archive">The archive's file, or the files of its volumes.</param>
/// <param name="Path">The name, from the root, without a slash in front; "." for the root.</param>
/// <param name="Inode">Its inode.</param>
/// <param name="IsDirectory">Whether it is a directory of the archive.</param>
/// <param name="InArchive">Whether the inode itself is in the archive; else only its name is (levels above 0).</param>
public sealed record DumpItem(IReadOnlyList<string> Archive, string Path, long Inode, bool IsDirectory, bool InArchive);
