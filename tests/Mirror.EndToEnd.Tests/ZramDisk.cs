using System.Globalization;

namespace Mirror.EndToEnd.Tests;

/// <summary>A compressed disk in memory of its own: a device of bios, not of requests.</summary>
internal sealed class ZramDisk : IDisposable
{
    private readonly int _number;
    private string? _mount;

    private ZramDisk(int number) => _number = number;

    public string Path => $"/dev/zram{_number}";

    public static ZramDisk Create(long bytes)
    {
        const string control = "/sys/class/zram-control";
        if (!Directory.Exists(control) && Shell.Has("modprobe")) Shell.TryRun("modprobe", "-q", "zram");
        Skip.IfNot(Directory.Exists(control), "needs zram");
        var disk = new ZramDisk(int.Parse(File.ReadAllText($"{control}/hot_add"), CultureInfo.InvariantCulture));
        try
        {
            File.WriteAllText($"/sys/block/zram{disk._number}/disksize", bytes.ToString(CultureInfo.InvariantCulture));
            return disk;
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    public string Mount(string directory)
    {
        Directory.CreateDirectory(directory);
        Shell.Run("mount", "-o", "noatime,discard", Path, directory);
        return _mount = directory;
    }

    public void Unmount(string directory)
    {
        Shell.Run("umount", directory);
        _mount = null;
    }

    public void Dispose()
    {
        if (_mount is not null) Shell.TryRun("umount", _mount);
        Shell.TryRun("bash", "-c", $"echo 1 > /sys/block/zram{_number}/reset && echo {_number} > /sys/class/zram-control/hot_remove");
    }
}
