using Mirror.Core.Disks;
using Mirror.Core.Operations;
using Mirror.Driver.Disks;
using Mirror.Driver.Taps;

namespace Mirror.Hosting;

/// <summary>One disk or partition of this host, for people who choose what to mirror.</summary>
public sealed record MirrorDisk
{
    /// <summary>Position among the whole disks of this listing, from 1; null for partitions.</summary>
    public int? Number { get; init; }

    /// <summary>The device node.</summary>
    public required string Path { get; init; }

    /// <summary>Capacity in words.</summary>
    public string Size => ByteQuantity.Format(SizeBytes);

    /// <summary>Capacity in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Model as the disk reports it; of a loop device its file, of a partition its label.</summary>
    public string? Model { get; init; }

    /// <summary>Serial number as the disk reports it; of a partition its UUID.</summary>
    public string? Serial { get; init; }

    /// <summary>Where it is mounted, itself or what lies on it; <c>swap</c> for swap.</summary>
    public required IReadOnlyList<string> Mounts { get; init; }

    /// <summary>Whether its writes can be seen while it is in use; else it can only be compared at intervals.</summary>
    public required bool CanTap { get; init; }

    /// <summary>Why not; null when they can.</summary>
    public string? TapReason { get; init; }

    /// <summary>All that the host says of it.</summary>
    public required HostDisk Host { get; init; }

    /// <summary>The disks of this host; each whole disk is followed by its partitions.</summary>
    /// <param name="pathOrNumber">Only this one; null for all.</param>
    /// <exception cref="DiskNotFoundException">There is none of that name; the message lists those that are.</exception>
    public static IReadOnlyList<MirrorDisk> List(string? pathOrNumber = null)
    {
        DiskCatalog catalog = DiskCatalog.Read();
        IEnumerable<HostDisk> disks = pathOrNumber is null ? catalog.Disks : [catalog.Find(pathOrNumber)];
        return [.. disks.Select(Make)];
    }

    private static MirrorDisk Make(HostDisk disk)
    {
        TapExamination tap = TapProbe.Examine(disk.Path);
        return new MirrorDisk
        {
            Number = disk.Number,
            Path = disk.Path,
            SizeBytes = disk.SizeBytes,
            Model = disk.Model ?? disk.BackingFile ?? disk.PartitionLabel,
            Serial = disk.Serial ?? disk.PartitionUuid,
            Mounts = [.. disk.Uses.Select(u => u.Kind == DiskUseKind.Swap ? "swap" : u.Where).Distinct(StringComparer.Ordinal)],
            CanTap = tap.CanTap,
            TapReason = tap.Reason,
            Host = disk,
        };
    }
}
