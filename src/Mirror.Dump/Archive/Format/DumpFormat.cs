namespace Mirror.Dump.Archive.Format;

/// <summary>The numbers of docs/dump-format.md.</summary>
internal static class DumpFormat
{
    /// <summary>Bytes of a record.</summary>
    public const int RecordBytes = 1024;

    /// <summary>Records, or holes, that one header of a file can announce.</summary>
    public const int SegmentRecords = 512;

    /// <summary>Bytes of content behind one header.</summary>
    public const int SegmentBytes = SegmentRecords * RecordBytes;

    /// <summary>Most records of a tape block.</summary>
    public const int MaxBlockRecords = 1024;

    /// <summary>Records of a tape block unless asked otherwise: the most that stock restore reads compressed without being told.</summary>
    public const int DefaultBlockRecords = 32;

    /// <summary>Most records of a map of inodes.</summary>
    public const int MaxMapRecords = 65_536;

    /// <summary>Most bytes of all directories of an archive, in dump form.</summary>
    public const long MaxDirectoryBytes = 1L << 30;

    /// <summary>Deepest directory.</summary>
    public const int MaxDepth = 100_000;

    /// <summary>Longest target of a symbolic link.</summary>
    public const int MaxLinkBytes = 4095;

    /// <summary>Most bytes of the attributes of one inode.</summary>
    public const int MaxAttributeBytes = 1 << 20;

    /// <summary>Most volumes.</summary>
    public const int MaxVolumes = 999;

    /// <summary>Chunk of a directory that no entry crosses.</summary>
    public const int DirectoryChunk = 512;

    /// <summary>Most bytes of an attribute area that stock restore takes.</summary>
    public const int AttributeAreaBytes = 4096;

    /// <summary>Bytes of the prefix of a tape block in a compressed archive.</summary>
    public const int PrefixBytes = 4;

    /// <summary>The root directory's inode.</summary>
    public const uint RootInode = 2;

    /// <summary>The first highest inode number that a map cannot hold.</summary>
    public const long MaxInodes = (long)MaxMapRecords * RecordBytes * 8;

    /// <summary>Magic numbers of headers.</summary>
    public const int NewMagic = 60012, Ufs2Magic = 0x19540119, OldMagic = 60011;

    /// <summary>What the words of a header add up to.</summary>
    public const int Checksum = 84446;

    /// <summary>What c_extattributes says of attribute areas of ext file systems, and of ours.</summary>
    public const int AttributesOfExt = 3, AttributesOfOurs = 0x444D;

    /// <summary>The mark of our extension of the header: "DMX1".</summary>
    public const uint ExtensionMagic = 0x31584D44;
}
