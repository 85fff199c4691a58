using Mirror.Core.Disks;

namespace Mirror.Driver.Disks;

/// <summary>Follows a path down to the drives: file system, partition, volume, members, and through loop devices again.</summary>
internal sealed class DiskStack(DiskCatalog catalog, MountTable mounts)
{
    private const int MaxDepth = 16;

    /// <summary>File systems that lie on no disk.</summary>
    private static readonly HashSet<string> InMemory = ["tmpfs", "ramfs", "devtmpfs", "hugetlbfs"];

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>Adds all that is under a path; false when some of it cannot be told.</summary>
    internal bool TryAdd(string path, List<HostDisk> found, int depth = 0)
    {
        if (depth > MaxDepth) return false;
        string? existing = Path.GetFullPath(path);
        FileFacts facts = default;
        while (existing is not null && !DiskNative.TryStat(existing, out facts)) existing = Path.GetDirectoryName(existing);
        if (existing is null) return false;
        if (facts.IsBlockDevice) return TryAddDevice((int)facts.RdevMajor, (int)facts.RdevMinor, found, depth);
        if (facts.DevMajor != 0) return TryAddDevice((int)facts.DevMajor, (int)facts.DevMinor, found, depth);

        MountTable.Mount? mount = (facts.Mask & DiskNative.STATX_MNT_ID) != 0
            ? mounts.Mounts.FirstOrDefault(mount => mount.Id == (long)facts.MountId)
            : mounts.Mounts.LastOrDefault(mount => mount.Major == 0 && mount.Minor == facts.DevMinor);
        if (mount is null) return false;
        if (InMemory.Contains(mount.Type)) return true;
        if (mount.Type == "overlay")
        {
            string? upper = mount.Options.Split(',').FirstOrDefault(option => option.StartsWith("upperdir=", StringComparison.Ordinal));
            return upper is not null && TryAdd(upper["upperdir=".Length..], found, depth + 1);
        }
        if (!mount.Source.StartsWith('/') || !DiskNative.TryStat(mount.Source, out facts) || !facts.IsBlockDevice) return false;
        bool known = TryAddDevice((int)facts.RdevMajor, (int)facts.RdevMinor, found, depth);

        // A btrfs of several disks names one of them as its source, and is mounted on all.
        foreach (HostDisk disk in catalog.Disks.Where(disk => disk.Uses.Any(use => use.Where == mount.Point && use.Device == disk.Name)))
            known &= TryAddDisk(disk, found, depth);
        return known;
    }

    private bool TryAddDevice(int major, int minor, List<HostDisk> found, int depth) =>
        catalog.FindDevice(major, minor) is { } disk && TryAddDisk(disk, found, depth);

    private bool TryAddDisk(HostDisk disk, List<HostDisk> found, int depth)
    {
        if (!_seen.Add(disk.Name)) return true;
        if (depth > MaxDepth) return false;
        found.Add(disk);
        bool known = true;
        if (disk.Parent is { } parent) known &= TryAddName(parent, found, depth);
        foreach (string slave in disk.Slaves) known &= TryAddName(slave, found, depth);
        if (disk.BackingFile is { } file && disk.Kind == HostDiskKind.Loop) known &= TryAdd(file, found, depth + 1);
        return known;
    }

    private bool TryAddName(string name, List<HostDisk> found, int depth) =>
        catalog.FindName(name) is { } disk && TryAddDisk(disk, found, depth + 1);
}
