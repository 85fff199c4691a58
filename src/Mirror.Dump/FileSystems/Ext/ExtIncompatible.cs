namespace Mirror.Dump.FileSystems.Ext;

/// <summary>Incompatible features: a reader that does not know one must not read. The names are those of <c>mke2fs -O</c>, in this project's spelling.</summary>
[Flags]
internal enum ExtIncompatible : uint
{
    Compression = 0x1,
    FileType = 0x2,
    NeedsRecovery = 0x4,
    JournalDevice = 0x8,
    MetaBg = 0x10,
    Extents = 0x40,
    SixtyFourBit = 0x80,
    Mmp = 0x100,
    FlexBg = 0x200,
    EaInode = 0x400,
    DirData = 0x1000,
    ChecksumSeed = 0x2000,
    LargeDirectory = 0x4000,
    InlineData = 0x8000,
    Encrypt = 0x10000,
    CaseFold = 0x20000,

    /// <summary>What this reader knows.</summary>
    Known = FileType | NeedsRecovery | MetaBg | Extents | SixtyFourBit | Mmp | FlexBg | EaInode | ChecksumSeed | LargeDirectory | InlineData | Encrypt | CaseFold,

    /// <summary>What only ext4 has.</summary>
    Ext4Only = Extents | SixtyFourBit | Mmp | FlexBg | EaInode | ChecksumSeed | LargeDirectory | InlineData | Encrypt | CaseFold,
}
