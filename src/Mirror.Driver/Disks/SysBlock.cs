using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using Mirror.Core.Disks;

namespace Mirror.Driver.Disks;

/// <summary>Reads what sysfs, and where that does not say enough the device itself, tells of one block device.</summary>
internal sealed partial class SysBlock
{
    private readonly HostPaths _paths;

    /// <summary>The device's own directory, links resolved.</summary>
    private readonly string _directory;

    /// <summary>The directory of the whole disk; the same for one.</summary>
    private readonly string _whole;

    private SysBlock(HostPaths paths, string directory)
    {
        _paths = paths;
        _directory = directory;
        IsPartition = File.Exists(Path.Combine(directory, "partition"));
        _whole = IsPartition ? Path.GetDirectoryName(directory)! : directory;
    }

    internal bool IsPartition { get; }

    private string Name => Path.GetFileName(_directory);

    /// <summary>Reads one device; null when it is none that could be mirrored: no capacity, hidden, a loop device without a file, an optical
    /// or floppy drive, or gone meanwhile.</summary>
    internal static HostDisk? Read(HostPaths paths, string name)
    {
        string link = Path.Combine(paths.Sys, "class/block", name);
        try
        {
            string directory = new DirectoryInfo(link).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? link;
            return new SysBlock(paths, directory).Read();
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            return null;
        }
    }

    private HostDisk? Read()
    {
        if (!MountTable.TryParseDevice(Attribute("dev"), out int major, out int minor)) return null;
        if (major is 2 or 11 || WholeAttribute("hidden") == "1") return null;
        int logicalBlock = (int)Number(WholeAttribute("queue/logical_block_size"), 512);
        long size = Number(Attribute("size"), 0) * 512;
        size -= size % logicalBlock;
        if (size <= 0) return null;

        string wholeName = Path.GetFileName(_whole);
        HostDiskKind kind = IsPartition ? HostDiskKind.Partition : KindOf(wholeName);
        string? backing = null;
        if (File.Exists(Path.Combine(_whole, "loop/backing_file"))) backing = WholeAttribute("loop/backing_file");
        if (wholeName.StartsWith("loop", StringComparison.Ordinal) && backing is null) return null;

        int? partition = IsPartition ? (int)Number(Attribute("partition"), 0) : null;
        long start = IsPartition ? Number(Attribute("start"), 0) : 0;
        (string? uuid, string? label) = partition is { } number ? Partition(number, start, logicalBlock) : default;
        string? wwn = WholeAttribute("wwid") ?? WholeAttribute("device/wwid");
        return new HostDisk
        {
            Name = Name,
            Path = DevicePath(Name),
            Kind = kind,
            SizeBytes = size,
            LogicalBlockBytes = logicalBlock,
            Major = major,
            Minor = minor,
            Model = Clean(WholeAttribute("device/model")),
            Serial = Clean(WholeAttribute("serial") ?? WholeAttribute("device/serial") ?? ScsiSerial()),
            Wwn = Clean(wwn),
            PartitionUuid = uuid,
            PartitionLabel = label,
            PartitionNumber = partition,
            StartSector = start,
            Parent = IsPartition ? wholeName : null,
            DiskSequence = Number(WholeAttribute("diskseq"), 0),
            Basis = Basis(wholeName, backing),
            BackingFile = backing,
            IsRequestBased = Directory.Exists(Path.Combine(_whole, "mq")),
            ReadOnly = Attribute("ro") == "1",
            Rotational = WholeAttribute("queue/rotational") == "1",
            Removable = WholeAttribute("removable") == "1",
            Holders = Names("holders"),
            Slaves = Names("slaves"),
        };
    }

    private HostDiskKind KindOf(string name)
    {
        if (name.StartsWith("loop", StringComparison.Ordinal)) return HostDiskKind.Loop;
        if (Directory.Exists(Path.Combine(_whole, "dm"))) return HostDiskKind.DeviceMapper;
        if (Directory.Exists(Path.Combine(_whole, "md"))) return HostDiskKind.Raid;
        return MemoryName().IsMatch(name) ? HostDiskKind.Memory : HostDiskKind.Disk;
    }

    /// <summary>What stands in for a manufacturer's number.</summary>
    private string? Basis(string name, string? backing)
    {
        if (backing is not null) return LoopBasis(name, backing);
        if (Directory.Exists(Path.Combine(_whole, "dm")))
            return WholeAttribute("dm/uuid") is { } uuid ? "dm-uuid=" + uuid : "dm-name=" + (WholeAttribute("dm/name") ?? name);
        if (Directory.Exists(Path.Combine(_whole, "md")))
            return RaidUuid.Find(_whole, (member, offset, bytes) => ReadDevice(member, offset, bytes)) is { } id ? "md-uuid=" + id : "md=" + name;
        return Place() is { } place ? "at=" + place : null;
    }

    private string LoopBasis(string name, string backing)
    {
        string path = backing.EndsWith(" (deleted)", StringComparison.Ordinal) ? backing[..^10] : backing;
        string offset = Number(WholeAttribute("loop/offset"), 0) is > 0 and var at ? $"; offset={at}" : "";
        // The loop driver knows the inode it holds; the path may by now lead to another file.
        if (LoopInode(name) is { } inode || (DiskNative.TryStat(path, out FileFacts facts) && (inode = facts.Inode) != 0))
            return $"file={path}; inode={inode}{offset}";
        return $"file={path}{offset}";
    }

    private unsafe ulong? LoopInode(string name)
    {
        using SafeFileHandle device = DiskNative.Open(DevicePath(name), DiskNative.O_NONBLOCK);
        if (device.IsInvalid) return null;
        ulong* info = stackalloc ulong[64];
        return DiskNative.Ioctl(device, DiskNative.LOOP_GET_STATUS64, info) == 0 ? info[1] : null;
    }

    /// <summary>Where the device is plugged in, as far as that stays the same from boot to boot: the last PCI address, the ATA port, the
    /// SCSI channel, target and unit. Host numbers are left out.</summary>
    private string? Place()
    {
        if (!Path.Exists(Path.Combine(_whole, "device"))) return null;
        string[] way = Path.GetDirectoryName(_whole)!.Split('/');
        var parts = new List<string>(3);
        if (way.LastOrDefault(part => PciAddress().IsMatch(part)) is { } pci) parts.Add(pci);
        if (way.LastOrDefault(part => AtaPort().IsMatch(part)) is { } port) parts.Add(port);
        if (way.LastOrDefault(part => ScsiAddress().IsMatch(part)) is { } scsi) parts.Add(scsi[(scsi.IndexOf(':') + 1)..]);
        return parts.Count == 0 ? null : string.Join('-', parts);
    }

    private (string? Uuid, string? Label) Partition(int number, long start, int logicalBlock)
    {
        string? uuid = null, label = null;
        foreach (string line in (Attribute("uevent") ?? "").Split('\n'))
        {
            if (line.StartsWith("PARTUUID=", StringComparison.Ordinal)) uuid = line[9..].ToLowerInvariant();
            if (line.StartsWith("PARTNAME=", StringComparison.Ordinal)) label = line[9..];
        }
        if (uuid is not null) return (uuid, label);
        string whole = Path.GetFileName(_whole);
        using SafeFileHandle device = DiskNative.Open(DevicePath(whole), DiskNative.O_NONBLOCK);
        if (device.IsInvalid) return (null, label);
        (uuid, string? name) = PartitionTable.Find((offset, bytes) => ReadExactly(device, offset, bytes), logicalBlock, number, start);
        return (uuid, label ?? name);
    }

    /// <summary>SCSI's page 0x80: four bytes of header, then the number.</summary>
    private string? ScsiSerial()
    {
        try
        {
            byte[] page = File.ReadAllBytes(Path.Combine(_whole, "device/vpd_pg80"));
            if (page.Length < 5 || page[1] != 0x80) return null;
            int length = Math.Min(page.Length - 4, page[2] << 8 | page[3]);
            return Encoding.ASCII.GetString(page, 4, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private bool ReadDevice(string name, long offset, byte[] destination)
    {
        using SafeFileHandle device = DiskNative.Open(DevicePath(name), DiskNative.O_NONBLOCK);
        return !device.IsInvalid && ReadExactly(device, offset, destination);
    }

    private static unsafe bool ReadExactly(SafeFileHandle device, long offset, Span<byte> destination)
    {
        fixed (byte* target = destination)
        {
            for (int done = 0; done < destination.Length;)
            {
                nint got = DiskNative.PRead(device, target + done, (nuint)(destination.Length - done), offset + done);
                if (got > 0) done += (int)got;
                else if (got == 0 || Marshal.GetLastPInvokeError() != Errno.EINTR) return false;
            }
        }
        return true;
    }

    private string[] Names(string directory) => HostPaths.Names(Path.Combine(_directory, directory));

    /// <summary>The kernel writes <c>!</c> for a slash in a device's name.</summary>
    private string DevicePath(string name) => Path.Combine(_paths.Dev, name.Replace('!', '/'));

    private string? Attribute(string name) => HostPaths.ReadLine(Path.Combine(_directory, name));

    private string? WholeAttribute(string name) => HostPaths.ReadLine(Path.Combine(_whole, name));

    private static long Number(string? text, long otherwise) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : otherwise;

    /// <summary>Drives pad with blanks and worse.</summary>
    private static string? Clean(string? text)
    {
        if (text is null) return null;
        string clean = string.Join(' ', text.Split([' ', '\t', '\n', '\0'], StringSplitOptions.RemoveEmptyEntries).Select(word =>
            string.Concat(word.Where(c => !char.IsControl(c)))));
        return clean.Length == 0 ? null : clean;
    }

    [GeneratedRegex("^(zram|ram)[0-9]+$")]
    private static partial Regex MemoryName();

    [GeneratedRegex("^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]$")]
    private static partial Regex PciAddress();

    [GeneratedRegex("^ata[0-9]+$")]
    private static partial Regex AtaPort();

    [GeneratedRegex("^[0-9]+:[0-9]+:[0-9]+:[0-9]+$")]
    private static partial Regex ScsiAddress();
}
