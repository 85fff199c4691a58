using Mirror.Core.Boot;
using Mirror.Core.Client;
using Mirror.Core.Fakes;

namespace Mirror.Core.Tests.Boot;

public sealed class BootRuleTests
{
    private static readonly FakeDisk s_disk = new(1 << 20, 1);
    private static readonly DriveTestimony s_then = new("model; serial", 1000, 50, 700, 12, 3);
    private static readonly CleanStop s_left = new()
    {
        Disk = s_disk.Identity.Text,
        SizeBytes = s_disk.SizeBytes,
        Server = Guid.NewGuid(),
        Incarnation = Guid.NewGuid(),
        Mark = new MarkId(7, 8),
        Drive = s_then,
    };

    [Fact]
    public void A_drive_that_was_not_written_to_needs_no_scan()
    {
        Assert.True(BootRule.Judge(s_left, s_disk, s_then).Unwritten);
        Assert.True(BootRule.Judge(s_left, s_disk, s_then with { PowerCycles = 13, ReadCommands = 9000 }).Unwritten);
        // A drive that does not count losses of power is believed while it was not without power.
        CleanStop ata = s_left with { Drive = s_then with { UnsafeShutdowns = null } };
        Assert.True(BootRule.Judge(ata, s_disk, ata.Drive with { ReadCommands = 701 }).Unwritten);
    }

    [Fact]
    public void Whatever_is_not_certain_is_scanned()
    {
        Scans(null, s_then, "no record");
        Scans(s_left, null, "does not say");
        Scans(s_left with { Disk = "another" }, s_then, "another disk");
        Scans(s_left with { SizeBytes = 1 << 21 }, s_then, "another size");
        Scans(s_left, s_then with { Drive = "model; another" }, "another drive");
        Scans(s_left with { Drive = s_then with { Drive = "" } }, s_then with { Drive = "" }, "another drive");
        Scans(s_left, s_then with { WriteCommands = 1001 }, "written to");
        Scans(s_left, s_then with { WriteCommands = 999 }, "written to");
        Scans(s_left, s_then with { UnitsWritten = 51 }, "written to");
        Scans(s_left, s_then with { ReadCommands = 699 }, "gone back");
        Scans(s_left, s_then with { PowerCycles = 11 }, "gone back");
        Scans(s_left, s_then with { PowerCycles = 13, UnsafeShutdowns = 4 }, "unprepared");
        Scans(s_left with { Drive = s_then with { PowerCycles = 0 } }, s_then with { PowerCycles = 0 }, "no power cycles");
        Scans(s_left with { Drive = s_then with { UnsafeShutdowns = null } }, s_then with { UnsafeShutdowns = null, PowerCycles = 13 }, "without power");
        Scans(s_left, s_then with { UnsafeShutdowns = null, PowerCycles = 13 }, "without power");
    }

    private static void Scans(CleanStop? left, DriveTestimony? now, string why)
    {
        BootVerdict verdict = BootRule.Judge(left, s_disk, now);
        Assert.False(verdict.Unwritten);
        Assert.Contains(why, verdict.Reason, StringComparison.Ordinal);
    }
}
