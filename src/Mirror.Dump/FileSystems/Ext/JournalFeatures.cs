namespace Mirror.Dump.FileSystems.Ext;

/// <summary>Features of a journal that change how it is read.</summary>
[Flags]
internal enum JournalFeatures : uint
{
    Revoke = 0x1,
    SixtyFourBit = 0x2,
    AsyncCommit = 0x4,
    ChecksumV2 = 0x8,
    ChecksumV3 = 0x10,
    FastCommit = 0x20,

    /// <summary>What this reader knows.</summary>
    Known = Revoke | SixtyFourBit | AsyncCommit | ChecksumV2 | ChecksumV3 | FastCommit,
}
