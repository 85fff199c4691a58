using Mirror.Core.Disks;

namespace Mirror.Driver.Disks;

/// <summary>Finds what is mounted or swapped on each disk, through partitions and through the volumes on top.</summary>
internal static class DiskUses
{
    internal static List<HostDisk> AddTo(List<HostDisk> disks, MountTable mounts, HostPaths paths)
    {
        Dictionary<string, List<DiskUse>> direct = Direct(disks, mounts, paths);
        Dictionary<string, HostDisk> byName = disks.ToDictionary(disk => disk.Name, StringComparer.Ordinal);
        ILookup<string?, HostDisk> partitions = disks.ToLookup(disk => disk.Parent);
        return [.. disks.Select(disk =>
        {
            var uses = new List<DiskUse>();
            Collect(disk, uses, new HashSet<string>(StringComparer.Ordinal));
            return disk with { Uses = uses };
        })];

        void Collect(HostDisk disk, List<DiskUse> uses, HashSet<string> seen)
        {
            if (!seen.Add(disk.Name)) return;
            if (direct.TryGetValue(disk.Name, out List<DiskUse>? here)) uses.AddRange(here);
            foreach (HostDisk partition in partitions[disk.Name]) Collect(partition, uses, seen);
            foreach (string holder in disk.Holders)
                if (byName.TryGetValue(holder, out HostDisk? upper)) Collect(upper, uses, seen);
        }
    }

    private static Dictionary<string, List<DiskUse>> Direct(List<HostDisk> disks, MountTable mounts, HostPaths paths)
    {
        var direct = new Dictionary<string, List<DiskUse>>(StringComparer.Ordinal);
        List<string[]> btrfs = BtrfsMembers(paths);

        // Bind mounts repeat what is seen elsewhere: they count only where the file system is mounted in no other way.
        foreach (MountTable.Mount mount in mounts.Mounts.OrderBy(mount => mount.Root == "/" ? 0 : 1))
        {
            bool bound = mount.Root != "/" && mount.Type != "btrfs";
            foreach (string name in DevicesOf(mount.Major, mount.Minor, mount.Source))
            {
                if (bound && direct.TryGetValue(name, out List<DiskUse>? already) && already.Count > 0) continue;
                Add(name, new DiskUse(DiskUseKind.Mount, mount.Point, mount.Type, name));
            }
        }
        foreach (string swap in mounts.Swaps)
        {
            if (!DiskNative.TryStat(swap, out FileFacts facts)) continue;
            foreach (string name in facts.IsBlockDevice
                ? DevicesOf((int)facts.RdevMajor, (int)facts.RdevMinor, "")
                : DevicesOf((int)facts.DevMajor, (int)facts.DevMinor, ""))
                Add(name, new DiskUse(DiskUseKind.Swap, swap, "swap", name));
        }
        return direct;

        void Add(string name, DiskUse use)
        {
            if (!direct.TryGetValue(name, out List<DiskUse>? list)) direct[name] = list = [];
            if (!list.Any(other => other.Kind == use.Kind && other.Where == use.Where)) list.Add(use);
        }

        IEnumerable<string> DevicesOf(int major, int minor, string source)
        {
            // Btrfs and others show a number that is no device; what was mounted then tells.
            if (major == 0)
            {
                if (!source.StartsWith('/') || !DiskNative.TryStat(source, out FileFacts facts) || !facts.IsBlockDevice) return [];
                (major, minor) = ((int)facts.RdevMajor, (int)facts.RdevMinor);
            }
            HostDisk? disk = disks.FirstOrDefault(disk => disk.Major == major && disk.Minor == minor);
            if (disk is null) return [];
            return btrfs.FirstOrDefault(members => members.Contains(disk.Name)) ?? [disk.Name];
        }
    }

    /// <summary>The members of every mounted btrfs that has several.</summary>
    private static List<string[]> BtrfsMembers(HostPaths paths)
    {
        string root = Path.Combine(paths.Sys, "fs/btrfs");
        return [.. HostPaths.Names(root).Select(fs => HostPaths.Names(Path.Combine(root, fs, "devices"))).Where(members => members.Length > 1)];
    }
}
