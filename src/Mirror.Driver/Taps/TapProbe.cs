using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>Looks, without touching anything, whether a disk can be tapped on this machine (DESIGN, section 3).</summary>
public static partial class TapProbe
{
    /// <summary>Where the compiled programs are: beside this assembly, or where the one file has unpacked itself. Never what happens to lie in the current directory.</summary>
    internal static string ObjectPath
    {
        get
        {
            string? beside = Path.GetDirectoryName(typeof(TapProbe).Assembly.Location);
            return Path.Combine(!string.IsNullOrEmpty(beside) && File.Exists(Path.Combine(beside, "tap.bpf.o")) ? beside : AppContext.BaseDirectory, "tap.bpf.o");
        }
    }

    /// <summary>Whether the writes of <paramref name="diskPath"/> can be tapped, and why not.</summary>
    public static TapExamination Examine(string diskPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(diskPath);
        string? reason = ExamineMachine();
        if (reason is null && TapTarget.Find(diskPath, out reason) is { } target) reason = ExamineDisk(target);
        return new TapExamination(reason is null, reason);
    }

    /// <summary>What the machine lacks, or null.</summary>
    internal static string? ExamineMachine()
    {
        if (!OperatingSystem.IsLinux()) return "Writes can be tapped on Linux only; this system is another.";
        if (!Environment.Is64BitProcess) return "The tap needs a 64-bit process.";
        if (Libc.EffectiveUser() != 0) return "The tap needs root: run as root, or use the service.";
        if (!File.Exists("/sys/kernel/btf/vmlinux")) return "This kernel has no BTF (/sys/kernel/btf/vmlinux), by which the tap finds its way: use a kernel built with CONFIG_DEBUG_INFO_BTF.";
        if (ExamineKernel(RuntimeInformation.OSDescription) is { } old) return old;
        if (!File.Exists(ObjectPath)) return $"The tap's programs are missing: {ObjectPath}. Install DiskMirror again.";
        if (!NativeLibrary.TryLoad("libbpf.so.1", out nint library)) return "libbpf.so.1 was not found. Install it (Debian: apt-get install libbpf1).";
        NativeLibrary.Free(library);
        return null;
    }

    /// <summary>Whether a kernel, by its description ("Linux 6.1.0-28-amd64 ..."), is too old: bpf_loop came with 5.17, and Red Hat brought it to 5.14 in 9.2.</summary>
    internal static string? ExamineKernel(string description)
    {
        Match match = KernelVersion().Match(description);
        if (!match.Success) return null;
        int major = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), minor = int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        if (major > 5 || (major == 5 && minor >= 17)) return null;
        Match redHat = RedHatBuild().Match(description);
        if (major == 5 && minor == 14 && redHat.Success && int.Parse(redHat.Groups[1].Value, CultureInfo.InvariantCulture) >= 284) return null;
        return $"Kernel {match.Value} is too old for the tap: it needs Linux 5.17, or RHEL 9.2.";
    }

    /// <summary>What speaks against this disk, or null.</summary>
    internal static string? ExamineDisk(TapTarget target)
    {
        string name = target.DiskName;
        string queue = Path.Combine(target.DiskDirectory, "queue");
        if (!DiskStatistics.AreKept(target))
            return $"The statistics of {name} are off, and without them a missed write cannot be noticed: echo 1 > /sys/block/{name}/queue/iostats";
        if (TapTarget.ReadText(queue, "zoned") is not ("none" or "")) return $"{name} is a zoned device, whose writes choose their place by themselves; they cannot be followed.";
        if (TapTarget.ReadText(queue, "dax") == "1") return $"{name} can be written past the block layer (DAX); such writes have no events.";
        if (target.BioBased)
        {
            if (name.StartsWith("nvme", StringComparison.Ordinal))
                return $"{name} is an NVMe multipath head, whose statistics depend on the kernel. Boot with nvme_core.multipath=N if it has one path.";
            if (!IsCountedBioDriver(target))
                return $"The driver of {name} shows neither requests nor, as far as is known, complete statistics; device-mapper, md and zram do.";
        }
        foreach (string holder in Holders(target))
        {
            string uuid = TapTarget.ReadText(Path.Combine("/sys/class/block", holder, "dm"), "uuid");
            if (uuid.StartsWith("mpath-", StringComparison.Ordinal))
                return $"{name} is one path of the multipath map {holder}: writes go other ways too. Mirror /dev/{holder} instead.";
        }
        foreach (string line in SwapLines())
        {
            string device = line.Split(' ', '\t')[0].Replace("\\040", " ", StringComparison.Ordinal);
            if (TapTarget.Find(device, out _) is { } swap && LiesOn(swap.VolumeDirectory, target, 0))
                return $"{device} on {target.Path} is in use as swap space, whose pages change while they are written. Turn it off (swapoff {device}), or mirror the other partitions.";
        }
        return null;
    }

    /// <summary>Bio drivers that count every write (and, but for zram, every write-zeroes) in their statistics.</summary>
    private static bool IsCountedBioDriver(TapTarget target)
        => Directory.Exists(Path.Combine(target.DiskDirectory, "dm")) || Directory.Exists(Path.Combine(target.DiskDirectory, "md")) || IsZram(target);

    /// <summary>Whether the disk is a zram device.</summary>
    internal static bool IsZram(TapTarget target) => target.DiskName.StartsWith("zram", StringComparison.Ordinal);

    private static IEnumerable<string> Holders(TapTarget target)
    {
        foreach (string directory in new[] { target.DiskDirectory, target.VolumeDirectory }.Distinct())
        {
            string holders = Path.Combine(directory, "holders");
            if (!Directory.Exists(holders)) continue;
            foreach (string holder in Directory.GetFileSystemEntries(holders)) yield return Path.GetFileName(holder);
        }
    }

    private static string[] SwapLines()
    {
        try
        {
            return [.. File.ReadAllLines("/proc/swaps").Skip(1).Where(line => line.Contains("partition", StringComparison.Ordinal))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Whether a device is the volume, a partition of it, or built on one of these.</summary>
    private static bool LiesOn(string device, TapTarget target, int depth)
    {
        if (device == target.VolumeDirectory || Path.GetDirectoryName(device) == target.VolumeDirectory) return true;
        string slaves = Path.Combine(device, "slaves");
        if (depth > 8 || !Directory.Exists(slaves)) return false;
        return Directory.GetFileSystemEntries(slaves)
            .Select(slave => new DirectoryInfo(slave).ResolveLinkTarget(true)?.FullName)
            .Any(slave => slave is not null && LiesOn(slave, target, depth + 1));
    }

    [GeneratedRegex(@"\b(\d+)\.(\d+)\.\S*")]
    private static partial Regex KernelVersion();

    [GeneratedRegex(@"-(\d+)\.\S*el9")]
    private static partial Regex RedHatBuild();
}
