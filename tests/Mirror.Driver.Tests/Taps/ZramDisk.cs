namespace Mirror.Driver.Tests.Taps;

/// <summary>A zram device of its own, removed afterwards: the bio-based device that every machine has.</summary>
internal sealed class ZramDisk : IDisposable
{
    private const string Control = "/sys/class/zram-control";

    public ZramDisk(long bytes)
    {
        Number = File.ReadAllText(Control + "/hot_add").Trim();
        File.WriteAllText($"/sys/block/zram{Number}/disksize", bytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    public string Number { get; }

    public string Path => $"/dev/zram{Number}";

    public static void SkipUnlessThere() => Skip.IfNot(Directory.Exists(Control), "no zram in this kernel");

    public void Dispose()
    {
        Shell.Try($"echo 1 > /sys/block/zram{Number}/reset");
        Shell.Try($"echo {Number} > {Control}/hot_remove");
    }
}
