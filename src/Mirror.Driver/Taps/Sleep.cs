using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>
/// How long and how often the machine slept since boot. After a hibernation, memory is as it was before the image of it was written: what went to
/// the disk in between is in no bitmap and in no sum. The boot clock then stands ahead of the monotonic one, and the count of suspends to
/// memory, which lose nothing, has not grown.
/// </summary>
/// <param name="Milliseconds">Time slept, in either way.</param>
/// <param name="Suspends">Suspends to memory.</param>
internal readonly record struct Sleep(ulong Milliseconds, ulong Suspends)
{
    /// <summary>As it is now.</summary>
    public static unsafe Sleep Now()
    {
        const int monotonic = 1, boot = 7;
        long* time = stackalloc long[4];
        long slept = long.MaxValue;
        // The least of several looks: a process that is not given a processor between the two clocks has not slept.
        for (int i = 0; i < 3; i++)
        {
            if (Libc.ClockTime(monotonic, time) != 0 || Libc.ClockTime(boot, time + 2) != 0) return default;
            slept = Math.Min(slept, ((time[2] - time[0]) * 1000) + ((time[3] - time[1]) / 1_000_000));
        }
        return new Sleep((ulong)Math.Max(0, slept), (ulong)Math.Max(0, TapTarget.ReadNumber("/sys/power/suspend_stats", "success")));
    }

    /// <summary>Whether the machine came back from the disk between an earlier time and this one.</summary>
    public bool IsAfterHibernation(Sleep earlier) => Milliseconds > earlier.Milliseconds + 1000 && Suspends == earlier.Suspends;
}
