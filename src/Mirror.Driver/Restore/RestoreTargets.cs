using Mirror.Core.Disks;
using Mirror.Core.Operations;
using Mirror.Core.Restore;
using Mirror.Driver.Disks;
using Mirror.Driver.Images;

namespace Mirror.Driver.Restore;

/// <summary>The disks and files of this host, as targets of a restore.</summary>
public sealed class RestoreTargets : IRestoreTargets
{
    /// <inheritdoc/>
    public RestoreTarget Examine(string name, IReadOnlyList<string> mirrored)
    {
        string wanted = name.Trim();
        bool there = DiskNative.TryStat(wanted, out FileFacts facts);
        if (there && facts.IsRegularFile && wanted.Contains('/')) return ExamineFile(wanted, facts, mirrored);
        if (wanted.Contains('/') && Directory.Exists(wanted)) throw new TargetException($"{wanted} is a directory. Give a disk or a file.");
        if (!there && wanted.Contains('/')) return ExamineNew(wanted);
        DiskCatalog catalog = DiskCatalog.Read();
        HostDisk disk;
        try
        {
            disk = catalog.Find(wanted);
        }
        catch (DiskNotFoundException e)
        {
            throw new TargetException(e.Message, e);
        }
        return ExamineDevice(catalog, disk, wanted.Contains('/') ? wanted : disk.Path, mirrored);
    }

    /// <inheritdoc/>
    public ITargetDisk Open(RestoreTarget target, long sizeBytes)
    {
        try
        {
            return target.IsDevice ? TargetDisk.OpenDevice(target.Path) : TargetDisk.OpenFile(target.Path, sizeBytes);
        }
        catch (IOException e) when (e is not TargetException)
        {
            string next = e.HResult switch
            {
                ImageNative.EBUSY => " Something has it open for itself: a mount in another namespace, a volume manager (LVM, md, multipath), or a server that keeps an image on it.",
                ImageNative.ENOENT => "",
                _ => " Writing to a disk needs root.",
            };
            throw new TargetException(e.Message + next, e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TargetException(e.Message, e);
        }
    }

    private static RestoreTarget ExamineDevice(DiskCatalog catalog, HostDisk disk, string path, IReadOnlyList<string> mirrored)
    {
        string it = disk.Path == path ? path : $"{path} ({disk.Path})";
        if (disk.ReadOnly) throw new TargetException($"{it} is read-only. Take its write protection away (blockdev --setrw), or give another disk.");
        if (disk.Uses.Count > 0)
        {
            DiskUse use = disk.Uses[0];
            string on = use.Device == disk.Name ? it : $"/dev/{use.Device}, which lies on {it},";
            string more = disk.Uses.Count > 1 ? $" (and in use in {disk.Uses.Count - 1} more ways)" : "";
            throw new TargetException(use.Kind == DiskUseKind.Swap
                ? $"{on} is in use as swap{more}. 'swapoff {use.Where}' first, or give another disk."
                : $"{on} is mounted at {use.Where}{more}. Unmount it first, or give another disk.");
        }
        foreach (HostDisk part in catalog.Disks.Where(d => d.Name == disk.Name || d.Parent == disk.Name))
        {
            if (part.Holders.Count > 0)
                throw new TargetException($"{part.Path} is a part of /dev/{part.Holders[0]} (a volume manager, LUKS or md): overwriting {it} would destroy that. Take it out of there first.");
        }
        foreach (string other in mirrored)
        {
            if (Overlaps(catalog, disk, other))
                throw new TargetException($"{it} is mirrored by a client on this host ({other}): what is restored would be mirrored at once, over the image that it comes from. Stop the client first ('diskmirror status').");
        }
        string words = string.Join(", ", new[] { disk.Model, disk.Serial, disk.Wwn, disk.BackingFile, disk.PartitionLabel, ByteQuantity.Format(disk.SizeBytes) }.Where(w => !string.IsNullOrEmpty(w)));
        return new RestoreTarget { Path = path, Name = path, Words = words, SizeBytes = disk.SizeBytes, IsDevice = true, LogicalBlockBytes = disk.LogicalBlockBytes };
    }

    private static RestoreTarget ExamineFile(string path, FileFacts facts, IReadOnlyList<string> mirrored)
    {
        foreach (HostDisk disk in DiskCatalog.Read().Disks)
        {
            if (disk.BackingFile is { } backing && DiskNative.TryStat(backing, out FileFacts behind) && Same(behind, facts))
                throw new TargetException($"The file {path} is in use as {disk.Path}. Detach that first ('losetup -d {disk.Path}'), or give another file.");
        }
        foreach (string other in mirrored)
        {
            if (DiskNative.TryStat(other, out FileFacts source) && source.IsRegularFile && Same(source, facts))
                throw new TargetException($"The file {path} is mirrored by a client on this host. Stop the client first, or give another file.");
        }
        return new RestoreTarget { Path = path, Name = path, Words = $"a file of {ByteQuantity.Format(facts.Size)}", SizeBytes = facts.Size, IsDevice = false };
    }

    private static RestoreTarget ExamineNew(string path)
    {
        string full = Path.GetFullPath(path);
        // A misspelt disk must not become a file in memory; only /dev/shm is for files.
        if (full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal)) throw new TargetException($"There is no disk {path}. 'diskmirror disks' lists the disks of this host.");
        if (!Directory.Exists(Path.GetDirectoryName(full))) throw new TargetException($"There is neither a disk nor a file {path}, and no directory to make the file in.");
        return new RestoreTarget { Path = path, Name = path, Words = "a new file", SizeBytes = 0, IsDevice = false, IsNew = true };
    }

    private static bool Same(FileFacts a, FileFacts b) => a.Inode == b.Inode && a.DevMajor == b.DevMajor && a.DevMinor == b.DevMinor;

    private static bool Overlaps(DiskCatalog catalog, HostDisk disk, string other) =>
        DiskNative.TryStat(other, out FileFacts facts) && facts.IsBlockDevice && catalog.FindDevice((int)facts.RdevMajor, (int)facts.RdevMinor) is { } source
        && (source.Name == disk.Name || source.Parent == disk.Name || disk.Parent == source.Name);
}
