namespace Mirror.Dump.FileSystems;

/// <summary>What an inode is; the values are the type bits of <c>st_mode</c>, shifted right by 12 (the same in directories of dump archives).</summary>
public enum InodeKind
{
    /// <summary>None: a free inode, or a type that the reader does not know.</summary>
    None = 0,

    /// <summary>A FIFO.</summary>
    Fifo = 1,

    /// <summary>A character device.</summary>
    CharacterDevice = 2,

    /// <summary>A directory.</summary>
    Directory = 4,

    /// <summary>A block device.</summary>
    BlockDevice = 6,

    /// <summary>A regular file.</summary>
    File = 8,

    /// <summary>A symbolic link.</summary>
    SymbolicLink = 10,

    /// <summary>A socket.</summary>
    Socket = 12,

    /// <summary>A whiteout of a union mount (BSD).</summary>
    Whiteout = 14,
}
