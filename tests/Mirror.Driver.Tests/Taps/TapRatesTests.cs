using System.Buffers.Binary;
using System.Diagnostics;
using Mirror.Core.Blocks;
using Mirror.Core.Taps;
using Mirror.Driver.Taps;

namespace Mirror.Driver.Tests.Taps;

/// <summary>Rates, limits, generations: what cannot be delivered is a bit of the right generation.</summary>
public sealed class TapRatesTests
{
    [SkippableFact]
    public void With_nobody_reading_the_rate_falls_to_Lo_and_to_Off_and_every_write_is_marked()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(64 << 20);
        using EbpfTap tap = EbpfTap.Open(disk.Options with { RingBytes = 1 << 20, RecordLimit = 500 });
        tap.SetRate(TapRate.Hi);
        using var writer = new DirectWriter(disk.Path);
        int at = 0;
        while (tap.Rate == TapRate.Hi && at < 4000) writer.Write(at++ * 8192L);
        Assert.Equal(TapRate.Lo, tap.Rate);
        // 15/16 of the ring, in records of 4144 bytes.
        Assert.InRange(at, 236, 242);
        while (tap.Rate == TapRate.Lo && at < 4000) writer.Write(at++ * 8192L);
        Assert.Equal(TapRate.Off, tap.Rate);
        Assert.InRange(at, 736, 745);
        for (int i = 0; i < 50; i++) writer.Write(at++ * 8192L);
        Assert.Equal(1, tap.Counters.OffEpisodes);
        Assert.True(tap.Flip());
        Assert.Equal(Enumerable.Range(0, at).Select(i => i * 2L), EbpfTapTests.Members(tap));
        // Off is sticky: the next generation delivers nothing either, and says so.
        Drain(tap);
        tap.MergeOldIntoCurrent();
        writer.Write(0);
        Assert.Equal((0, TapRate.Off), (tap.Waiting, tap.Rate));
        Assert.True(tap.Flip());
        Assert.Equal(at, EbpfTapTests.Members(tap).Count);
        // Only the client raises it.
        tap.ClearOld();
        tap.SetRate(TapRate.Hi);
        Assert.False(tap.Flip());
        tap.ClearOld();
        writer.Write(4096);
        Assert.True(tap.TryPeek(out TapRecord record));
        Assert.Equal(TapRecordKind.Data, record.Kind);
        Assert.False(tap.Flip());
        tap.Unpin();
    }

    [SkippableFact]
    public void A_reader_that_keeps_up_never_sees_the_rate_fall()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(64 << 20);
        using EbpfTap tap = EbpfTap.Open(disk.Options with { RingBytes = 4 << 20, RecordLimit = 100 });
        tap.SetRate(TapRate.Hi);
        using var image = new RingImage(tap, new byte[disk.Bytes]);
        using (var writer = new DirectWriter(disk.Path, pages: 64))
        {
            for (int i = 0; i < 2000; i++)
            {
                writer.Write(i % 200 * 262144L, 262144);
                // On a busy machine the reader may not be given a processor: what is asked here is that the ring is used around and around.
                Assert.True(SpinWait.SpinUntil(() => tap.Waiting < 1 << 20, TimeSpan.FromSeconds(30)));
            }
        }
        image.Finish();
        Assert.Equal((TapRate.Hi, 0L), (tap.Rate, tap.Counters.Undelivered));
        EbpfTapTests.AssertIdentical(tap, image, disk.Content());
        tap.Unpin();
    }

    [SkippableTheory]
    [InlineData(TapRate.Off, false)]
    [InlineData(TapRate.Lo, false)]
    [InlineData(TapRate.Hi, false)]
    [InlineData(TapRate.Hi, true)]
    public void Generations_flipped_under_load_lose_nothing(TapRate rate, bool bioBased)
    {
        TestDisk.SkipUnlessTappable();
        if (bioBased) ZramDisk.SkipUnlessThere();
        const int threads = 4, blocks = 1 << 16;
        using var disk = new TestDisk(blocks * 4096L);
        using ZramDisk? zram = bioBased ? new ZramDisk(blocks * 4096L) : null;
        string path = zram?.Path ?? disk.Path;
        using EbpfTap tap = EbpfTap.Open(disk.Options with { DiskPath = path });
        tap.SetRate(rate);
        bool stop = false;
        // Of each block, kept by its one writer: the number of the last write that was begun, and of the last one that has completed.
        long[] begun = new long[blocks], completed = new long[blocks];
        var failures = new List<string>();
        Thread[] writers = [.. Enumerable.Range(0, threads).Select(number => new Thread(() =>
        {
            using var writer = new DirectWriter(path);
            var random = new Random(number);
            while (!Volatile.Read(ref stop))
            {
                int block = (random.Next(blocks / threads) * threads) + number;
                Volatile.Write(ref begun[block], writer.Count + 1);
                writer.Write(block * 4096L);
                Volatile.Write(ref completed[block], writer.Count);
            }
        }))];
        foreach (Thread thread in writers) thread.Start();

        // Of each block: up to which write a bitmap, and a record, can have told of.
        long[] inBitmap = new long[blocks], inRing = new long[blocks], before = new long[blocks], after = new long[blocks];
        var marked = new HierarchicalBitmap(blocks);
        long flips = 0, records = 0;
        bool undeliveredBefore = false;
        var clock = Stopwatch.StartNew();
        // Longer where the machine does other things too.
        while (clock.Elapsed < TimeSpan.FromSeconds(3) || (flips <= 20 || rate != TapRate.Off && records <= 1000) && clock.Elapsed < TimeSpan.FromSeconds(60))
        {
            Array.Copy(completed, before, blocks);
            bool undelivered = tap.Flip();
            flips++;
            Array.Copy(begun, after, blocks);
            long position = tap.Produced;
            while (tap.Consumed < position)
            {
                if (!tap.TryPeek(out TapRecord record)) continue;
                records++;
                long block = record.Sector / 8;
                inRing[block] = record.Kind != TapRecordKind.Data ? Volatile.Read(ref begun[block])
                    : BinaryPrimitives.ReadInt64LittleEndian(record.Head.Length >= 8 ? record.Head : record.Tail);
                tap.Advance();
            }
            if (tap.Rate != rate) tap.SetRate(rate);
            marked.Clear();
            tap.CopyOldTo(marked);
            for (int block = 0; block < blocks; block++)
            {
                bool isMarked = marked.Contains(block);
                if (before[block] > inBitmap[block] && !isMarked) failures.Add($"write {before[block]} of block {block} is in no bitmap (flip {flips})");
                if (isMarked && before[block] > inBitmap[block] && !undelivered && !undeliveredBefore && inRing[block] < before[block])
                    failures.Add($"write {before[block]} of block {block} is not in the ring, though generation {flips} was delivered");
                if (isMarked) inBitmap[block] = after[block];
            }
            undeliveredBefore = undelivered;
            tap.ClearOld();
        }
        Volatile.Write(ref stop, true);
        foreach (Thread thread in writers) thread.Join();
        SumsVerdict verdict = tap.CheckSums();
        // The kernel of this machine may skip a program; the sums say so, and that is their test. Nothing else may be missing.
        if (verdict == SumsVerdict.Agree) Assert.True(failures.Count == 0, $"{failures.Count} failures in {flips} flips: {string.Join("; ", failures.Take(5))}");
        else Assert.Equal(SumsVerdict.Hole, verdict);
        Assert.True(flips > 20, $"{flips} flips");
        if (rate != TapRate.Off) Assert.True(records > 1000, $"{records} records");
        tap.Unpin();
    }

    [SkippableFact]
    public void Waiting_ends_with_a_record_with_a_wake_and_with_time()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(16 << 20);
        using EbpfTap tap = disk.Open();
        tap.SetRate(TapRate.Lo);
        using var writer = new DirectWriter(disk.Path);
        var clock = Stopwatch.StartNew();
        tap.Wait(TimeSpan.FromMilliseconds(50));
        Assert.InRange(clock.ElapsedMilliseconds, 40, 5000);
        for (int i = 0; i < 300; i++)
        {
            // Lost wake-ups would show as seconds.
            var thread = new Thread(() => writer.Write(0));
            clock.Restart();
            thread.Start();
            while (!tap.TryPeek(out _)) tap.Wait(TimeSpan.FromSeconds(20));
            Assert.True(clock.ElapsedMilliseconds < 10_000);
            tap.Advance();
            thread.Join();
        }
        for (int i = 0; i < 50; i++)
        {
            var thread = new Thread(tap.Wake);
            clock.Restart();
            thread.Start();
            tap.Wait(TimeSpan.FromSeconds(20));
            Assert.True(clock.ElapsedMilliseconds < 10_000);
            thread.Join();
        }
        tap.Unpin();
    }

    private static void Drain(EbpfTap tap)
    {
        while (tap.TryPeek(out _)) tap.Advance();
    }
}
