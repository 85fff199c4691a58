namespace Mirror.Dump.FileSystems;

/// <summary>Which file system a source holds.</summary>
public enum FileSystemKind
{
    /// <summary>Second extended file system.</summary>
    Ext2,

    /// <summary>The same with a journal.</summary>
    Ext3,

    /// <summary>The same with any feature that only ext4 knows.</summary>
    Ext4,

    /// <summary>The fast file system with 128-byte inodes, of either byte order.</summary>
    Ufs1,

    /// <summary>The fast file system with 256-byte inodes, of either byte order.</summary>
    Ufs2,
}
