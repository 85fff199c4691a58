namespace Mirror.Dump.FileSystems.Ext;

/// <summary>Features that a reader may pass over, though a writer may not.</summary>
[Flags]
internal enum ExtReadOnlyCompatible : uint
{
    SparseSuper = 0x1,
    LargeFile = 0x2,
    BtreeDirectory = 0x4,
    HugeFile = 0x8,
    GroupChecksum = 0x10,
    DirectoryLinks = 0x20,
    ExtraInodeSize = 0x40,
    Snapshot = 0x80,
    Quota = 0x100,
    BigAlloc = 0x200,
    MetadataChecksum = 0x400,
    Replica = 0x800,
    ReadOnly = 0x1000,
    Project = 0x2000,
    SharedBlocks = 0x4000,
    Verity = 0x8000,
    OrphanPresent = 0x10000,

    /// <summary>What this reader knows to be harmless to it.</summary>
    Known = SparseSuper | LargeFile | BtreeDirectory | HugeFile | GroupChecksum | DirectoryLinks | ExtraInodeSize | Quota | BigAlloc | MetadataChecksum
        | ReadOnly | Project | SharedBlocks | Verity | OrphanPresent,

    /// <summary>What only ext4 has.</summary>
    Ext4Only = HugeFile | GroupChecksum | DirectoryLinks | ExtraInodeSize | Quota | BigAlloc | MetadataChecksum | Project | SharedBlocks | Verity | OrphanPresent,
}
