using Mirror.Core.Blocks;
using Mirror.Core.Taps;
using Mirror.Driver.Taps;

namespace Mirror.Driver.Tests.Taps;

/// <summary>Bitmaps, programs and the client's words outlive the process, as long as the disk is the same one.</summary>
public sealed class TapContinueTests
{
    [SkippableFact]
    public void Marking_goes_on_while_no_process_is_there_and_the_next_one_continues()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(64 << 20);
        byte[] state = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        ulong[] programs;
        long produced;
        using (EbpfTap first = disk.Open())
        {
            Assert.Equal((true, false), (first.Description.Pinned, first.Description.Continued));
            Assert.True(first.LoadState().IsEmpty);
            programs = [.. first.ProgramIds];
            first.SetRate(TapRate.Hi);
            Write(disk, 0, 10);
            Assert.False(first.Flip());
            Write(disk, 10, 10);
            var pending = new HierarchicalBitmap(disk.Bytes / 4096);
            pending.Add(5000, 3);
            first.Keep(pending);
            first.SaveState(state);
            produced = first.Produced;
            Assert.True(first.Waiting > 0);
        }
        Write(disk, 20, 10);
        using (EbpfTap second = disk.Open())
        {
            Assert.Equal((true, true, TapRate.Hi, null), (second.Description.Pinned, second.Description.Continued, second.Description.MaxRate, second.Description.Reason));
            Assert.Equal(programs, second.ProgramIds);
            Assert.Equal((TapRate.Off, 0L), (second.Rate, second.Waiting));
            Assert.True(second.Produced >= produced);
            Assert.True(state.AsSpan().SequenceEqual(second.LoadState()));
            var kept = new HierarchicalBitmap(disk.Bytes / 4096);
            second.CopyKeptTo(kept);
            Assert.Equal([5000L, 5001L, 5002L], EbpfTapTests.Enumerate(kept));
            Assert.Equal(Enumerable.Range(0, 10).Select(i => (long)i), EbpfTapTests.Members(second));
            second.MergeOldIntoCurrent();
            Write(disk, 30, 10);
            Assert.True(second.Flip());
            Assert.Equal(Enumerable.Range(0, 40).Select(i => (long)i), EbpfTapTests.Members(second));
            Assert.Equal(SumsVerdict.Agree, second.CheckSums());
            second.Unpin();
        }
        using EbpfTap third = disk.Open();
        Assert.False(third.Description.Continued);
        Assert.True(third.LoadState().IsEmpty);
        third.Unpin();
    }

    [SkippableFact]
    public void Two_processes_cannot_have_one_volume_open()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(16 << 20);
        using EbpfTap first = disk.Open();
        IOException refused = Assert.Throws<IOException>(() => disk.Open());
        Assert.Contains(disk.Name, refused.Message, StringComparison.Ordinal);
        Assert.Contains("Another process", refused.Message, StringComparison.Ordinal);
        first.Unpin();
    }

    [SkippableFact]
    public void A_disk_attached_anew_under_the_same_number_is_another_one()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(16 << 20);
        using (EbpfTap first = disk.Open()) first.SaveState([1, 2, 3]);
        disk.Detach();
        disk.AttachAgain();
        using EbpfTap second = disk.Open();
        Assert.False(second.Description.Continued);
        Assert.True(second.LoadState().IsEmpty);
        Write(disk, 3, 1);
        second.Flip();
        Assert.Equal([3L], EbpfTapTests.Members(second));
        second.Unpin();
    }

    [SkippableTheory]
    [InlineData("size")]
    [InlineData("granule")]
    [InlineData("partition")]
    [InlineData("link")]
    public void What_is_not_the_same_is_not_continued(string what)
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(16 << 20);
        disk.Partition((2048, 4096), (8192, 4096));
        TapOptions options = disk.Options with { DiskPath = disk.Path + "p1" };
        using (EbpfTap first = EbpfTap.Open(options)) first.SaveState([1]);
        switch (what)
        {
            case "size":
                Shell.Run($"delpart {disk.Path} 1 && addpart {disk.Path} 1 2048 4088");
                break;
            case "granule":
                options = options with { GranuleBytes = 8192 };
                break;
            case "partition":
                options = options with { DiskPath = disk.Path + "p2" };
                break;
            default:
                // Bitmaps whose programs have gone must not be taken for whole.
                File.Delete(Path.Combine(disk.PinDirectory, disk.Name, "rq_complete"));
                break;
        }
        using EbpfTap second = EbpfTap.Open(options);
        Assert.False(second.Description.Continued);
        Assert.True(second.LoadState().IsEmpty);
        second.Unpin();
        Assert.False(Directory.Exists(Path.Combine(disk.PinDirectory, disk.Name)));
    }

    [SkippableFact]
    public void A_disk_that_has_grown_is_continued_with_larger_bitmaps()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(16 << 20);
        using (EbpfTap first = disk.Open())
        {
            first.SaveState([1, 2, 3]);
            var pending = new HierarchicalBitmap(disk.Bytes / 4096);
            pending.Add(1000, 2);
            first.Keep(pending);
            Write(disk, 0, 2);
            first.Flip();
            Write(disk, 10, 2);
        }
        Write(disk, 20, 2);
        Shell.Run($"truncate -s 64M {disk.BackingFile} && losetup -c {disk.Path}");
        Write(disk, 4095, 2);
        // A larger disk may have larger granules.
        using EbpfTap second = EbpfTap.Open(disk.Options with { GranuleBytes = 8192 });
        Assert.True(second.Description.Continued);
        Assert.False(second.Outgrown);
        Assert.True(second.LoadState().SequenceEqual((ReadOnlySpan<byte>)[1, 2, 3]));
        var kept = new HierarchicalBitmap((64 << 20) / 8192);
        second.CopyKeptTo(kept);
        Assert.Equal([0L, 5L, 10L, 500L, 2047L], EbpfTapTests.Enumerate(kept));
        Write(disk, 9000, 2);
        second.Flip();
        var old = new HierarchicalBitmap(kept.Length);
        second.CopyOldTo(old);
        Assert.Equal([4500L], EbpfTapTests.Enumerate(old));
        Assert.Equal(SumsVerdict.Agree, second.CheckSums());
        Shell.Run($"truncate -s 96M {disk.BackingFile} && losetup -c {disk.Path}");
        Assert.True(second.Outgrown);
        second.Unpin();
    }

    [SkippableFact]
    public void Kept_sets_replace_one_another_whole()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(64L << 30);
        using EbpfTap tap = disk.Open();
        long granules = disk.Bytes / 4096;
        var random = new Random(7);
        for (int round = 0; round < 30; round++)
        {
            var sets = new HierarchicalBitmap[random.Next(4)];
            var model = new HierarchicalBitmap(granules);
            for (int i = 0; i < sets.Length; i++)
            {
                sets[i] = new HierarchicalBitmap(granules);
                for (int n = random.Next(1 << random.Next(12)); n > 0; n--)
                {
                    long first = random.NextInt64(granules), count = Math.Min(random.Next(1, 70_000 >> random.Next(17)), granules - first);
                    sets[i].Add(first, count);
                    model.Add(first, count);
                }
            }
            tap.Keep(sets);
            var kept = new HierarchicalBitmap(granules);
            tap.CopyKeptTo(kept);
            Assert.Equal(model.Count, kept.Count);
            Assert.Equal(model.NonZeroWords(), kept.NonZeroWords());
        }
        tap.Unpin();
    }

    private static void Write(TestDisk disk, int first, int count)
    {
        using var writer = new DirectWriter(disk.Path);
        for (int i = first; i < first + count; i++) writer.Write(i * 4096L);
    }
}
