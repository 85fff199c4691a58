namespace Mirror.Dump.FileSystems;

/// <summary>One inode in use, as every reader gives it.</summary>
public sealed record Inode
{
    /// <summary>Its number; 2 is the root.</summary>
    public required uint Number { get; init; }

    /// <summary><c>st_mode</c>: type and permissions.</summary>
    public required ushort Mode { get; init; }

    /// <summary>The type bits of <see cref="Mode"/>.</summary>
    public InodeKind Kind => (InodeKind)(Mode >> 12);

    /// <summary>Names that lead here.</summary>
    public required uint Links { get; init; }

    /// <summary>Owner.</summary>
    public required uint UserId { get; init; }

    /// <summary>Group.</summary>
    public required uint GroupId { get; init; }

    /// <summary>Bytes of content; of a symbolic link, bytes of its target.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Bytes of storage in use, as <c>st_blocks</c> * 512.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>Last read.</summary>
    public required InodeTime Accessed { get; init; }

    /// <summary>Last change of content.</summary>
    public required InodeTime Modified { get; init; }

    /// <summary>Last change of the inode.</summary>
    public required InodeTime Changed { get; init; }

    /// <summary>Made; null where the file system does not say.</summary>
    public InodeTime? Born { get; init; }

    /// <summary>Inode flags in the file system's own meaning (chattr, chflags).</summary>
    public uint Flags { get; init; }

    /// <summary>Generation number, for NFS.</summary>
    public uint Generation { get; init; }

    /// <summary>Of a device: its major number.</summary>
    public uint DeviceMajor { get; init; }

    /// <summary>Of a device: its minor number.</summary>
    public uint DeviceMinor { get; init; }

    /// <summary>The record that it was read from, in the reader's own form, so that the reader need not look it up again. Not part of what the inode is.</summary>
    internal object? Record { get; init; }
}
