namespace Mirror.Core.Disks;

/// <summary>One disk or partition of this host, as it was when the listing was made.</summary>
public sealed record HostDisk
{
    /// <summary>Position among the whole disks of one listing, from 1; null for partitions.</summary>
    public int? Number { get; init; }

    /// <summary>The kernel's name: <c>sda</c>, <c>nvme0n1p2</c>, <c>dm-0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The device node: <c>/dev/sda</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What it is.</summary>
    public required HostDiskKind Kind { get; init; }

    /// <summary>Capacity in bytes; a multiple of 512.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Logical block in bytes: 512 or 4096 on common disks.</summary>
    public required int LogicalBlockBytes { get; init; }

    /// <summary>Device number, upper part.</summary>
    public required int Major { get; init; }

    /// <summary>Device number, lower part. Reused by the kernel for other disks: see <see cref="DiskSequence"/>.</summary>
    public required int Minor { get; init; }

    /// <summary>Model as the disk reports it, or null.</summary>
    public string? Model { get; init; }

    /// <summary>Serial number as the disk reports it, or null.</summary>
    public string? Serial { get; init; }

    /// <summary>World-wide name (<c>naa.…</c>, <c>eui.…</c>, <c>t10.…</c>), or null.</summary>
    public string? Wwn { get; init; }

    /// <summary>Partition UUID in lower case (GPT: a UUID; MBR: <c>signature-number</c>), or null.</summary>
    public string? PartitionUuid { get; init; }

    /// <summary>Name of the partition in a GPT, or null.</summary>
    public string? PartitionLabel { get; init; }

    /// <summary>Number of the partition on its disk; null for whole disks.</summary>
    public int? PartitionNumber { get; init; }

    /// <summary>First sector (512 bytes) on the whole disk; 0 for whole disks.</summary>
    public long StartSector { get; init; }

    /// <summary>Name of the disk that a partition is part of, or null.</summary>
    public string? Parent { get; init; }

    /// <summary>The kernel's count of attached disks at the moment this one was (diskseq, of the whole disk); unlike the device number never
    /// reused until the next boot. 0 when the kernel does not say (before 5.15).</summary>
    public long DiskSequence { get; init; }

    /// <summary>What the device is when it has no number of its own from a manufacturer: a loop device's file, a device-mapper or RAID
    /// UUID, or the place where it is plugged in.</summary>
    public string? Basis { get; init; }

    /// <summary>For a loop device, its backing file; else null.</summary>
    public string? BackingFile { get; init; }

    /// <summary>Whether the device has request queues (<c>/sys/block/X/mq</c>), so that completed requests show; device-mapper, md and zram do not.</summary>
    public bool IsRequestBased { get; init; }

    /// <summary>Whether writing is off.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whether it is said to spin.</summary>
    public bool Rotational { get; init; }

    /// <summary>Whether it can be unplugged (USB, cards).</summary>
    public bool Removable { get; init; }

    /// <summary>Names of devices made on top of this one (LVM, LUKS, md), directly.</summary>
    public IReadOnlyList<string> Holders { get; init; } = [];

    /// <summary>Names of devices that this one is made of, directly.</summary>
    public IReadOnlyList<string> Slaves { get; init; } = [];

    /// <summary>What is mounted or swapped on it, on its partitions, and on everything on top of them.</summary>
    public IReadOnlyList<DiskUse> Uses { get; init; } = [];

    /// <summary>Whether some of it is swap. Swap contents are not kept identical in the image.</summary>
    public bool HasSwap => Uses.Any(use => use.Kind == DiskUseKind.Swap);
}
