using System.Runtime.InteropServices;

namespace Mirror.Dump.Tests.Trees;

/// <summary>What this thread has computed since it was made: what a test bounds is work, and a busy machine adds none.</summary>
internal sealed class ThreadTime
{
    private const int ThreadCpuTime = 3;

    private readonly TimeSpan _begun = Now();

    /// <summary>Time on a processor. Called on the thread that made this.</summary>
    public TimeSpan Elapsed => Now() - _begun;

    private static TimeSpan Now() => clock_gettime(ThreadCpuTime, out TimeSpec now) == 0
        ? TimeSpan.FromTicks(now.Seconds * TimeSpan.TicksPerSecond + now.Nanoseconds / TimeSpan.NanosecondsPerTick)
        : throw new InvalidOperationException($"clock_gettime: errno {Marshal.GetLastPInvokeError()}");

    [DllImport("libc", SetLastError = true)]
    private static extern int clock_gettime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public long Seconds, Nanoseconds;
    }
}
