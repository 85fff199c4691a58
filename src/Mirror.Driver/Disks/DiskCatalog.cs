using Mirror.Core.Disks;

namespace Mirror.Driver.Disks;

/// <summary>
/// All disks and partitions of this host at one moment: whole disks in natural order of their names, each followed by its partitions.
/// Numbers hold within one listing. Left out: devices without capacity, loop devices without a file, optical and floppy drives, and the
/// hidden paths of multipath NVMe.
/// </summary>
public sealed class DiskCatalog
{
    private readonly HostPaths _paths;
    private readonly MountTable _mounts;
    private readonly Dictionary<string, HostDisk> _byName;

    private DiskCatalog(HostPaths paths, MountTable mounts, List<HostDisk> disks)
    {
        _paths = paths;
        _mounts = mounts;
        Disks = disks;
        _byName = disks.ToDictionary(disk => disk.Name, StringComparer.Ordinal);
    }

    /// <summary>The listing.</summary>
    public IReadOnlyList<HostDisk> Disks { get; }

    /// <summary>Reads the listing anew.</summary>
    public static DiskCatalog Read() => Read(HostPaths.System);

    internal static DiskCatalog Read(HostPaths paths)
    {
        var found = new List<HostDisk>();
        foreach (string name in HostPaths.Names(Path.Combine(paths.Sys, "class/block")))
            if (SysBlock.Read(paths, name) is { } disk) found.Add(disk);
        var ordered = new List<HostDisk>(found.Count);
        ILookup<string?, HostDisk> partitions = found.ToLookup(disk => disk.Parent);
        foreach (HostDisk whole in partitions[null].OrderBy(disk => disk.Name, NaturalOrder.Instance))
        {
            ordered.Add(whole with { Number = ordered.Count(disk => disk.Number is not null) + 1 });
            ordered.AddRange(partitions[whole.Name].OrderBy(disk => disk.PartitionNumber));
        }
        MountTable mounts = MountTable.Read(paths);
        return new DiskCatalog(paths, mounts, DiskUses.AddTo(ordered, mounts, paths));
    }

    /// <summary>Finds a disk by number of this listing (<c>1</c>), kernel name (<c>sda</c>) or any path that leads to its device node
    /// (<c>/dev/disk/by-id/…</c>, <c>/dev/mapper/…</c>).</summary>
    /// <exception cref="DiskNotFoundException">There is none; the message lists the candidates.</exception>
    public HostDisk Find(string pathOrNumber)
    {
        string wanted = pathOrNumber.Trim();
        if (wanted.Contains('/') && DiskNative.TryStat(wanted, out FileFacts facts))
        {
            if (!facts.IsBlockDevice)
                throw new DiskNotFoundException($"'{wanted}' is no block device. {DiskSelector.Candidates(Disks)}");
            return FindDevice((int)facts.RdevMajor, (int)facts.RdevMinor) ?? throw new DiskNotFoundException(
                $"'{wanted}' has no content that could be mirrored (no medium, or not set up). {DiskSelector.Candidates(Disks)}");
        }
        return DiskSelector.Find(Disks, wanted);
    }

    /// <summary>The entry with this device number, or null.</summary>
    public HostDisk? FindDevice(int major, int minor) => Disks.FirstOrDefault(disk => disk.Major == major && disk.Minor == minor);

    /// <summary>The entry with this kernel name, or null.</summary>
    public HostDisk? FindName(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Which disk this is, for the server's record.</summary>
    public DiskIdentity IdentityOf(HostDisk disk) =>
        new(DiskIdentityText.For(disk, disk.Parent is { } parent ? FindName(parent) : null), _paths.MachineId());

    /// <summary>
    /// Finds every disk that holds the bytes of a file, directory or device: its partition, that partition's disk, and for volumes (LVM, RAID,
    /// LUKS, loop) all that they are made of, down to the drives. A path that does not exist yet counts as where it would be made.
    /// </summary>
    /// <param name="path">File, directory or device node.</param>
    /// <param name="disks">What was found, from the top down; empty for a file system in memory.</param>
    /// <returns>False when it cannot be told: a network or unknown file system.</returns>
    public bool TryFindDisksOfPath(string path, out IReadOnlyList<HostDisk> disks)
    {
        var found = new List<HostDisk>();
        bool known = new DiskStack(this, _mounts).TryAdd(path, found);
        disks = found;
        return known;
    }

    /// <summary>Whether a path of this host lies on the disk with this identity, wholly or in part. False also when that cannot be told: when
    /// the machine of either is unknown, or the path is on a file system that does not say what it lies on.</summary>
    public bool LiesOn(string path, DiskIdentity identity)
    {
        if (!IsOfMachine(identity, _paths)) return false;
        _ = TryFindDisksOfPath(path, out IReadOnlyList<HostDisk> disks);
        return disks.Any(disk => IdentityOf(disk).Text == identity.Text);
    }

    /// <summary>Whether a disk is one of this machine's, as far as that is known. Cheap, unlike a listing.</summary>
    public static bool IsOfThisMachine(DiskIdentity identity) => IsOfMachine(identity, HostPaths.System);

    private static bool IsOfMachine(DiskIdentity identity, HostPaths paths) => identity.Machine != Guid.Empty && identity.Machine == paths.MachineId();
}
