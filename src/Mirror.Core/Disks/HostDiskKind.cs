namespace Mirror.Core.Disks;

/// <summary>What kind of block device a <see cref="HostDisk"/> is.</summary>
public enum HostDiskKind : byte
{
    /// <summary>A drive, or what a controller or hypervisor presents as one.</summary>
    Disk = 0,

    /// <summary>A partition of another entry.</summary>
    Partition = 1,

    /// <summary>A loop device: a file seen as a disk.</summary>
    Loop = 2,

    /// <summary>A device-mapper volume: LVM, LUKS, multipath.</summary>
    DeviceMapper = 3,

    /// <summary>A Linux software RAID array (md).</summary>
    Raid = 4,

    /// <summary>Memory seen as a disk (zram, brd): its content ends with the power.</summary>
    Memory = 5,
}
