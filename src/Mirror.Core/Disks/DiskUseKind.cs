namespace Mirror.Core.Disks;

/// <summary>How a disk is in use.</summary>
public enum DiskUseKind : byte
{
    /// <summary>A mounted file system.</summary>
    Mount = 0,

    /// <summary>Swap space: a whole device, or a file on its file system.</summary>
    Swap = 1,
}
