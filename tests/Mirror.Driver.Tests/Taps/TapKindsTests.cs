using Mirror.Core.Blocks;
using Mirror.Core.Taps;
using Mirror.Driver.Taps;

namespace Mirror.Driver.Tests.Taps;

/// <summary>What kinds of disks and of writes there are.</summary>
public sealed class TapKindsTests
{
    [SkippableFact]
    public void Only_the_partitions_own_writes_are_seen_and_counted_from_its_start()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(32 << 20);
        // Two partitions that meet at an odd sector.
        disk.Partition((2049, 20000), (22049, 30000));
        using EbpfTap tap = EbpfTap.Open(disk.Options with { DiskPath = disk.Path + "p2" });
        tap.SetRate(TapRate.Hi);
        using var image = new RingImage(tap, new byte[30000 * 512]);
        using (var first = new DirectWriter(disk.Path + "p1"))
        using (var second = new DirectWriter(disk.Path + "p2"))
        using (var whole = new DirectWriter(disk.Path))
        {
            for (int i = 0; i < 200; i++)
            {
                first.Write(i * 4096L);
                second.Write(i * 65536L);
                second.Write((i * 65536L) + 4608, 512);
            }
            // Across the border, by way of the whole disk: from the last sectors of one into the first of the other.
            for (int sector = 22044; sector < 22049; sector++) whole.Write(sector * 512L);
            whole.Write((22049 + 29999) * 512L);
        }
        image.Finish();
        EbpfTapTests.AssertIdentical(tap, image, disk.Content(disk.Path + "p2"));
        Assert.False(tap.Flip());
        List<long> members = EbpfTapTests.Members(tap);
        Assert.Equal(0, members[0]);
        Assert.Equal(30000 / 8 - 1, members[^1]);
        tap.Unpin();
    }

    [SkippableFact]
    public void Writes_of_single_sectors_at_odd_places_are_copied_as_they_are()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(64 << 20);
        using EbpfTap tap = disk.Open();
        tap.SetRate(TapRate.Hi);
        using var image = new RingImage(tap, new byte[disk.Bytes]);
        var random = new Random(1);
        using (var writer = new DirectWriter(disk.Path))
        {
            for (int i = 0; i < 5000; i++)
            {
                int sectors = random.Next(1, 9);
                writer.Write(random.Next((int)(disk.Bytes / 512) - sectors) * 512L, sectors * 512);
            }
        }
        image.Finish();
        Assert.Equal(TapRate.Hi, tap.Rate);
        EbpfTapTests.AssertIdentical(tap, image, disk.Content());
        tap.Unpin();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_write_that_was_submitted_after_another_one_had_ended_says_so(bool bioBased)
    {
        TestDisk.SkipUnlessTappable();
        if (bioBased) ZramDisk.SkipUnlessThere();
        using var loop = new TestDisk(16 << 20);
        using ZramDisk? zram = bioBased ? new ZramDisk(16 << 20) : null;
        string path = zram?.Path ?? loop.Path;
        using EbpfTap tap = EbpfTap.Open(loop.Options with { DiskPath = path });
        tap.SetRate(TapRate.Hi);
        const int Writes = 200;
        using (var writer = new DirectWriter(path, pages: 8))
        {
            // Each of several records.
            for (int i = 0; i < Writes; i++) writer.Write(i * 32768L, 32768);
        }
        (long Started, long Completed, int Records) last = default;
        int seen = 0;
        while (tap.TryPeek(out TapRecord record))
        {
            Assert.InRange(record.Started, 1, record.Completed);
            if (record.Sector % 64 == 0)
            {
                Assert.InRange(record.Started, last.Completed, long.MaxValue);
                last = (record.Started, record.Completed, 1);
                seen++;
            }
            else
            {
                Assert.Equal((last.Started, last.Completed), (record.Started, record.Completed));
                last.Records++;
            }
            if (record.Last) Assert.Equal(8, last.Records);
            tap.Advance();
        }
        Assert.Equal(Writes, seen);
        tap.Unpin();
    }

    [SkippableFact]
    public void A_discard_is_a_side_read_and_write_zeroes_are_an_ordered_zero()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(64 << 20, "/var/tmp");
        Skip.If(TapTarget.ReadNumber($"/sys/block/{Path.GetFileName(disk.Path)}/queue", "write_zeroes_max_bytes") == 0, "loop devices on /var/tmp have no write-zeroes");
        using EbpfTap tap = disk.Open();
        tap.SetRate(TapRate.Hi);
        using var image = new RingImage(tap, new byte[disk.Bytes]);
        Shell.Run($"dd if=/dev/urandom of={disk.Path} bs=1M count=64 oflag=direct status=none");
        Shell.Run($"blkdiscard -o $((4<<20)) -l $((3<<20)) {disk.Path}");
        Shell.Run($"blkdiscard -z -o $((20<<20)) -l $((5<<20)) {disk.Path}");
        image.Finish();
        byte[] content = disk.Content();
        Assert.Equal((3 << 20) / 512, image.Named.Count);
        Assert.Equal((4 << 20) / 512, image.Named.Next(0));
        Assert.Equal((5 << 20) / 512, image.Sectors[TapRecordKind.Zero]);
        EbpfTapTests.AssertIdentical(tap, image, content);
        tap.Unpin();
    }

    [SkippableFact]
    public void A_failed_write_is_a_side_read_and_still_in_the_sums()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(64 << 20);
        string at = $"/tmp/dm-tap-small-{disk.Name}";
        Directory.CreateDirectory(at);
        disk.Cleanup(() =>
        {
            Shell.Try($"umount {at}");
            Directory.Delete(at);
        });
        // A loop device over a file that has no room to grow: its writes fail.
        Shell.Run($"mount -t tmpfs -o size=1m none {at} && truncate -s 16M {at}/file");
        string failing = Shell.AttachLoop($"{at}/file");
        disk.Cleanup(() => Shell.Try($"losetup -d {failing}"));
        using EbpfTap tap = EbpfTap.Open(disk.Options with { DiskPath = failing });
        tap.SetRate(TapRate.Hi);
        using var image = new RingImage(tap, new byte[16 << 20]);
        int failed = 0;
        using (var writer = new DirectWriter(failing))
        {
            for (int i = 0; i < 1000; i++) failed += writer.TryWrite(i * 16384L) ? 0 : 1;
        }
        image.Finish();
        Assert.True(failed > 100, $"{failed} writes failed");
        Assert.Equal(failed * 8L, image.Sectors[TapRecordKind.SideRead]);
        Assert.Equal(TapRate.Hi, tap.Rate);
        Assert.Equal(SumsVerdict.Agree, tap.CheckSums());
        tap.Unpin();
    }

    [SkippableFact]
    public void A_bio_based_device_is_followed_too()
    {
        TestDisk.SkipUnlessTappable();
        ZramDisk.SkipUnlessThere();
        using var names = new TestDisk(1 << 20);
        using var zram = new ZramDisk(192 << 20);
        using EbpfTap tap = EbpfTap.Open(names.Options with { DiskPath = zram.Path, RingBytes = 256 << 20 });  // so that a slow reader does not lower the rate
        Assert.Null(tap.Description.Reason);
        tap.SetRate(TapRate.Hi);
        using var image = new RingImage(tap, new byte[192 << 20]);
        Shell.Run($"mkfs.ext4 -q {zram.Path}");
        string at = names.Mount(zram.Path);
        Shell.Run($"cp -a /usr/include {at}/ && sync && rm -r {at}/include/linux && dd if=/dev/urandom of={at}/big bs=1M count=20 status=none conv=fsync; sync; fstrim {at}; umount {at}");
        Shell.Run($"blkdiscard -z -o $((20<<20)) -l $((5<<20)) {zram.Path}");
        image.Finish();
        byte[] content = names.Content(zram.Path);
        EbpfTapTests.AssertIdentical(tap, image, content);
        Assert.False(tap.Flip());
        tap.Unpin();
    }

    [SkippableFact]
    public void Writes_beyond_two_tebibytes_are_marked_where_they_are()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(3L << 40);
        using EbpfTap tap = disk.Open();
        tap.SetRate(TapRate.Hi);
        long[] places = [0, (2L << 40) - 4096, 2L << 40, (2L << 40) + (5L << 30), (3L << 40) - 4096];
        using (var writer = new DirectWriter(disk.Path))
        {
            foreach (long place in places) writer.Write(place);
        }
        foreach (long place in places)
        {
            tap.Wait(TimeSpan.FromSeconds(5));
            Assert.True(tap.TryPeek(out TapRecord record));
            Assert.Equal((TapRecordKind.Data, place, 4096L), (record.Kind, record.Offset, record.Length));
            tap.Advance();
        }
        Assert.False(tap.Flip());
        Assert.Equal(places.Select(place => place / 4096), EbpfTapTests.Members(tap));
        Assert.Equal(SumsVerdict.Agree, tap.CheckSums());
        tap.Unpin();
    }

    [SkippableFact]
    public void A_huge_discard_marks_every_granule_of_it()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(16L << 30);
        using EbpfTap tap = disk.Open();
        Shell.Run($"blkdiscard -o $((1<<30 | 12288)) -l $((9<<30)) {disk.Path}");
        Assert.True(tap.Flip());
        var set = new HierarchicalBitmap((16L << 30) / 4096);
        tap.CopyOldTo(set);
        Assert.Equal((9L << 30) / 4096, set.Count);
        Assert.True(set.NextRun(0, long.MaxValue, out long first, out long count));
        Assert.Equal(((1L << 30) + 12288) / 4096, first);
        Assert.Equal((9L << 30) / 4096, count);
        tap.ClearOld();
        set.Clear();
        tap.CopyOldTo(set);
        Assert.True(set.IsEmpty);
        tap.Unpin();
    }

    [SkippableFact]
    public void Without_the_data_program_block_numbers_are_delivered_and_the_reason_is_told()
    {
        TestDisk.SkipUnlessTappable();
        using var disk = new TestDisk(16 << 20);
        using EbpfTap tap = EbpfTap.Open(disk.Options with { MarkOnly = true });
        Assert.Equal(TapRate.Lo, tap.Description.MaxRate);
        Assert.NotNull(tap.Description.Reason);
        Assert.Throws<ArgumentOutOfRangeException>(() => tap.SetRate(TapRate.Hi));
        tap.SetRate(TapRate.Lo);
        using (var writer = new DirectWriter(disk.Path)) writer.Write(8192);
        tap.Wait(TimeSpan.FromSeconds(5));
        Assert.True(tap.TryPeek(out TapRecord record));
        Assert.Equal((TapRecordKind.Block, 16L, 8L, true), (record.Kind, record.Sector, record.Sectors, record.Last));
        tap.Advance();
        Assert.False(tap.Flip());
        tap.Unpin();
    }
}
