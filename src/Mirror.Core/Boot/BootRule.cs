using Mirror.Core.Disks;

namespace Mirror.Core.Boot;

/// <summary>
/// Decides after a boot whether the drive's testimony makes a scan unnecessary. Pure. Whatever is not certain means: scan.
/// <para>What no drive counts (zeroes by command, discards, a format) another system could have done in between; so a client that goes on by this rule
/// compares the whole disk all the same, slowly, in the background, and repairs.</para>
/// </summary>
public static class BootRule
{
    /// <summary>Decides.</summary>
    /// <param name="left">What the last clean stop left; null for nothing.</param>
    /// <param name="disk">The disk as it was opened now.</param>
    /// <param name="now">What the drive says now, asked after the tap was attached; null when it says nothing.</param>
    public static BootVerdict Judge(CleanStop? left, IDisk disk, DriveTestimony? now)
    {
        ArgumentNullException.ThrowIfNull(disk);
        if (left is null) return Scan("the last stop left no record: it was not clean, or something was not committed");
        if (left.Disk != disk.Identity.Text) return Scan("the record is of another disk");
        if (left.SizeBytes != disk.SizeBytes) return Scan("the disk has another size");
        if (now is null) return Scan("the drive does not say what was written to it");
        DriveTestimony then = left.Drive;
        if (now.Drive != then.Drive || now.Drive.Length == 0) return Scan("another drive answers");
        // A drive that counts no power cycle was never switched on: an emulated one, whose counters begin anew with each start of its machine.
        if (then.PowerCycles == 0 || now.PowerCycles == 0) return Scan("the drive counts no power cycles, so its counters may begin anew");
        if (now.WriteCommands != then.WriteCommands || now.UnitsWritten != then.UnitsWritten)
            return Scan($"the drive was written to: {now.WriteCommands} write commands, {then.WriteCommands} at the stop; {now.UnitsWritten} units, {then.UnitsWritten} at the stop");
        if (now.ReadCommands < then.ReadCommands || now.PowerCycles < then.PowerCycles) return Scan("the drive's counters have gone back");
        if (now.UnsafeShutdowns is { } losses && then.UnsafeShutdowns is { } before)
        {
            if (losses != before) return Scan("the drive lost power unprepared: its counters may lack what came last");
        }
        else if (now.PowerCycles != then.PowerCycles)
        {
            return Scan("the drive was without power and does not count unprepared losses of it: its counters may lack what came last");
        }
        return new BootVerdict(true, $"the drive has completed no write command since ({now.WriteCommands}; power cycles {then.PowerCycles} -> {now.PowerCycles})");
    }

    private static BootVerdict Scan(string why) => new(false, why);
}
