namespace Mirror.Dump.Archive.Format;

/// <summary>What a header begins.</summary>
internal enum RecordType
{
    /// <summary>A volume.</summary>
    Tape = 1,

    /// <summary>An inode.</summary>
    Inode = 2,

    /// <summary>The map of the inodes in the archive.</summary>
    Bits = 3,

    /// <summary>More of an inode.</summary>
    Address = 4,

    /// <summary>The end of the archive.</summary>
    End = 5,

    /// <summary>The map of the inodes in use.</summary>
    Clear = 6,
}
