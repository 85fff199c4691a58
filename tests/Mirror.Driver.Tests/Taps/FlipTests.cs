using System.Diagnostics;
using Mirror.Core.Blocks;
using Mirror.Driver.Taps;

namespace Mirror.Driver.Tests.Taps;

/// <summary>A generation that has ended stays as it is: what is committed by it may be cleared.</summary>
public sealed class FlipTests
{
    private const ulong LingerNanoseconds = 200_000;
    private const int Flips = 150;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public void After_a_flip_no_program_marks_in_the_generation_that_has_ended_however_slow_it_is()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(64 << 20);
        using EbpfTap tap = disk.Open();
        tap.SetRate(Core.Taps.TapRate.Off);
        Volatile.Write(ref tap.Control.Linger, LingerNanoseconds);
        int written = 0, flip = 0;
        using (var stop = new CancellationTokenSource())
        {
            Thread[] writers = disk.Hammer(4, stop.Token);
            try
            {
                // More of them where the writers are hardly given a processor: between many of them there must have been writes.
                long begun = Stopwatch.GetTimestamp();
                for (; flip < Flips || written <= Flips / 2 && Stopwatch.GetElapsedTime(begun) < s_patience; flip++)
                {
                    tap.Flip();
                    HierarchicalBitmap ended = OldOf(tap, disk);
                    // A program that began before the flip has marked after this.
                    Thread.Sleep(TimeSpan.FromMilliseconds(1));
                    HierarchicalBitmap later = OldOf(tap, disk);
                    Assert.True(ended.Count == later.Count, $"flip {flip}: {ended.Count} granules when it had ended, {later.Count} a moment later");
                    if (!ended.IsEmpty) written++;
                    tap.ClearOld();
                }
            }
            finally
            {
                stop.Cancel();
                foreach (Thread writer in writers) writer.Join();
            }
        }
        Assert.True(written > Flips / 2, $"writes between {written} of {flip} flips only");
        tap.Unpin();
    }

    private static HierarchicalBitmap OldOf(EbpfTap tap, TestDisk disk)
    {
        var set = new HierarchicalBitmap(disk.Bytes / Units.DefaultGranuleBytes);
        tap.CopyOldTo(set);
        return set;
    }
}
