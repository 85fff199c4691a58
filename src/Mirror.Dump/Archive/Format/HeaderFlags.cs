namespace Mirror.Dump.Archive.Format;

/// <summary>Flags of a header.</summary>
[Flags]
internal enum HeaderFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The header of a volume has the fields of the volume.</summary>
    NewHeader = 1,

    /// <summary>Directories have types; in TS_END: c_addr has the first inode of each volume.</summary>
    NewInodeFormat = 2,

    /// <summary>Tape blocks have a prefix and may be compressed.</summary>
    Compressed = 0x80,

    /// <summary>Only the inode, content as before.</summary>
    MetadataOnly = 0x100,

    /// <summary>The data are extended attributes.</summary>
    Attributes = 0x8000,
}
