namespace Mirror.Dump.Archive.Reading;

/// <summary>A name of an inode: the directory, and where its entry has the name.</summary>
internal readonly record struct ArchiveName(ArchiveDirectory Directory, int At, int Length)
{
    public ReadOnlySpan<byte> Bytes => Directory.Entries.AsSpan(At, Length);
}
