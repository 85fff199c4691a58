using System.Globalization;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>A block device as the tap needs it: the whole disk that shows its events, and the part of it that is the volume.</summary>
internal sealed record TapTarget
{
    /// <summary>The path that was asked for.</summary>
    public required string Path { get; init; }

    /// <summary>The whole disk's directory in sysfs.</summary>
    public required string DiskDirectory { get; init; }

    /// <summary>The volume's directory in sysfs: the disk's, or the partition's.</summary>
    public required string VolumeDirectory { get; init; }

    /// <summary>Kernel name of the whole disk.</summary>
    public string DiskName => System.IO.Path.GetFileName(DiskDirectory);

    /// <summary>Changes with every disk that is attached, also under the same number; 0 on kernels without it.</summary>
    public required ulong Diskseq { get; init; }

    /// <summary>Device number of the whole disk.</summary>
    public required (uint Major, uint Minor) DiskNumber { get; init; }

    /// <summary>Device number of the volume.</summary>
    public required (uint Major, uint Minor) VolumeNumber { get; init; }

    /// <summary>First sector of the volume on the disk.</summary>
    public required long Start { get; init; }

    /// <summary>Sectors of the volume.</summary>
    public required long Sectors { get; init; }

    /// <summary>Sectors of the whole disk.</summary>
    public required long DiskSectors { get; init; }

    /// <summary>Whether the volume is a partition.</summary>
    public bool IsPartition => DiskDirectory != VolumeDirectory;

    /// <summary>Whether the driver takes bios as they are (device-mapper, md, zram), so that there are no request events.</summary>
    public bool BioBased => !Directory.Exists(System.IO.Path.Combine(DiskDirectory, "mq"));

    /// <summary>Finds the device; null with the reason when the path is none.</summary>
    public static unsafe TapTarget? Find(string path, out string? reason)
    {
        // struct statx has one layout on every architecture.
        byte* status = stackalloc byte[256];
        const int atCurrentDirectory = -100;
        const uint basic = 0x7ff;
        if (Libc.Statx(atCurrentDirectory, path, 0, basic, status) != 0)
        {
            reason = NativeError.Last($"{path} cannot be examined").Message;
            return null;
        }
        int type = *(ushort*)(status + 28) & 0xf000;
        (uint, uint) number = (*(uint*)(status + 128), *(uint*)(status + 132));
        const int blockDevice = 0x6000, regular = 0x8000;
        if (type != blockDevice)
        {
            reason = type == regular ? $"{path} is a plain file: only block devices have events to tap." : $"{path} is no block device.";
            return null;
        }
        string? volume = new DirectoryInfo($"/sys/dev/block/{number.Item1}:{number.Item2}").ResolveLinkTarget(true)?.FullName;
        if (volume is null || !Directory.Exists(volume))
        {
            reason = $"{path} has no directory in /sys/dev/block; mount sysfs.";
            return null;
        }
        bool partition = File.Exists(System.IO.Path.Combine(volume, "partition"));
        string disk = partition ? System.IO.Path.GetDirectoryName(volume)! : volume;
        long sectors = ReadNumber(volume, "size");
        if (sectors <= 0)
        {
            reason = $"{path} has no size: no medium, or nothing attached.";
            return null;
        }
        reason = null;
        return new TapTarget
        {
            Path = path,
            DiskDirectory = disk,
            VolumeDirectory = volume,
            Diskseq = (ulong)Math.Max(0, ReadNumber(disk, "diskseq")),
            DiskNumber = partition ? ParseNumber(ReadText(disk, "dev")) : number,
            VolumeNumber = number,
            Start = partition ? ReadNumber(volume, "start") : 0,
            Sectors = sectors,
            DiskSectors = ReadNumber(disk, "size"),
        };
    }

    /// <summary>A number from sysfs, or -1.</summary>
    public static long ReadNumber(string directory, string file)
        => long.TryParse(ReadText(directory, file), NumberStyles.Integer, CultureInfo.InvariantCulture, out long value) ? value : -1;

    /// <summary>A line from sysfs, or nothing.</summary>
    public static string ReadText(string directory, string file)
    {
        try
        {
            return File.ReadAllText(System.IO.Path.Combine(directory, file)).Trim();
        }
        catch (IOException)
        {
            return "";
        }
        catch (UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static (uint, uint) ParseNumber(string text)
    {
        string[] parts = text.Split(':');
        return (uint.Parse(parts[0], CultureInfo.InvariantCulture), uint.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
