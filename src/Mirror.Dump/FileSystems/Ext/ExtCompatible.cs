namespace Mirror.Dump.FileSystems.Ext;

/// <summary>Compatible features of a superblock that a reader cares for.</summary>
[Flags]
internal enum ExtCompatible : uint
{
    HasJournal = 0x4,
    DirectoryIndex = 0x20,
    SparseSuper2 = 0x200,
    FastCommit = 0x400,
    OrphanFile = 0x1000,
}
