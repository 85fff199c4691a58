namespace Mirror.Core.Disks;

/// <summary>One present use of a disk, directly or through what lies on it.</summary>
/// <param name="Kind">How.</param>
/// <param name="Where">The mount point; for swap the device or file.</param>
/// <param name="FileSystem">The file system's type as mounted; "swap" for swap.</param>
/// <param name="Device">The kernel's name of the device that is mounted: the disk itself, a partition, or a volume on top of it.</param>
public sealed record DiskUse(DiskUseKind Kind, string Where, string FileSystem, string Device);
