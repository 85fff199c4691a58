using Mirror.Driver.Disks;

namespace Mirror.EndToEnd.Tests;

/// <summary>The holes that a disk knows of: never one where data is, and none where it cannot be sure.</summary>
public sealed class NextDataTests
{
    private const long Size = 64 << 20;

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_written_is_no_hole_on_a_loop_device(bool memory)
    {
        Requirements.Need();
        using var directory = new TempDirectory(memory);
        using var loop = new LoopDisk(directory.Path, Size);
        using DirectDisk disk = DirectDisk.Open(loop.Path);
        Assert.Equal(Size, disk.NextData(0));
        var random = new Random(4711);
        var written = new SortedSet<long>();
        for (int i = 0; i < 60; i++)
        {
            long at = random.Next((int)(Size / 512));
            Shell.Run("dd", "if=/dev/urandom", $"of={loop.Path}", "bs=512", "count=1", $"seek={at}", "oflag=direct", "conv=notrunc", "status=none");
            written.Add(at * 512);
            // At once, while it is in the file's page cache only.
            long from = Math.Max(0, (at * 512) - 1_000_000);
            Assert.InRange(disk.NextData(from), from, written.GetViewBetween(from, Size).Min);
            Assert.Equal(at * 512, disk.NextData(at * 512));
        }
        // And holes are found: nothing else was written, but for what the file system keeps around it.
        long claimed = 0;
        for (long at = 0; at < Size; at += 1 << 16)
        {
            if (disk.NextData(at) >= at + (1 << 16)) claimed++;
        }
        Assert.True(claimed > Size / (1 << 16) / 2, $"{claimed} of {Size >> 16} are holes.");
        Assert.Equal(Size, disk.NextData(Size));
    }

    [SkippableFact]
    public void A_partition_counts_from_its_own_start()
    {
        Requirements.Need("addpart");
        using var directory = new TempDirectory(memory: true);
        using var loop = new LoopDisk(directory.Path, Size, partitions: [(2048, 20480), (22528, 81920)]);
        using DirectDisk disk = DirectDisk.Open(loop.Partition(2));
        Assert.Equal(81920 * 512L, disk.SizeBytes);
        Assert.Equal(disk.SizeBytes, disk.NextData(0));
        Shell.Run("dd", "if=/dev/urandom", $"of={loop.Partition(1)}", "bs=1M", "count=10", "oflag=direct", "status=none");
        Assert.Equal(disk.SizeBytes, disk.NextData(0));
        Shell.Run("dd", "if=/dev/urandom", $"of={loop.Partition(2)}", "bs=4096", "count=1", "seek=1000", "oflag=direct", "status=none");
        Assert.Equal(4096_000, disk.NextData(0));
        Assert.Equal(disk.SizeBytes, disk.NextData(4096_000 + 4096));
    }

    [SkippableFact]
    public void A_loop_at_an_offset_counts_from_there()
    {
        Requirements.Need();
        using var directory = new TempDirectory(memory: true);
        string file = Path.Combine(directory.Path, "offset.img");
        using (FileStream stream = File.Create(file)) stream.SetLength(Size);
        Shell.Run("dd", "if=/dev/urandom", $"of={file}", "bs=1M", "count=1", "seek=20", "conv=notrunc", "status=none");
        string device = LoopDisk.AttachFree("-o", $"{16 << 20}", file);
        try
        {
            using DirectDisk disk = DirectDisk.Open(device);
            Assert.Equal(4 << 20, disk.NextData(0));
            Assert.Equal(disk.SizeBytes, disk.NextData(5 << 20));
        }
        finally
        {
            Shell.TryRun("losetup", "-d", device);
        }
    }

    [SkippableFact]
    public void A_path_that_leads_to_another_file_by_now_is_not_asked()
    {
        Requirements.Need();
        using var directory = new TempDirectory(memory: true);
        using var loop = new LoopDisk(directory.Path, Size);
        // The kernel says "disk.img", which is an empty file of the same size now; the disk's own has another name.
        Shell.Run("dd", "if=/dev/urandom", $"of={loop.Path}", "bs=1M", "count=1", "seek=30", "oflag=direct", "status=none");
        string moved = loop.BackingFile + ".moved", at = loop.BackingFile;
        Shell.Run("ln", at, moved);
        Shell.Run("rm", at);
        Shell.Run("truncate", "-s", $"{Size}", at);
        using DirectDisk disk = DirectDisk.Open(loop.Path);
        Assert.Equal(0, disk.NextData(0));
        Assert.Equal(12345, disk.NextData(12345));
        File.Delete(moved);
    }

    [SkippableFact]
    public void A_file_that_was_cut_short_has_no_zeroes_where_reading_fails()
    {
        Requirements.Need();
        using var directory = new TempDirectory(memory: true);
        using var loop = new LoopDisk(directory.Path, Size);
        using DirectDisk disk = DirectDisk.Open(loop.Path);
        Shell.Run("truncate", "-s", $"{Size / 2}", loop.BackingFile);
        Assert.Equal(Size * 3 / 4, disk.NextData(Size * 3 / 4));
        Assert.Equal(0, disk.NextData(0));
    }

    [SkippableFact]
    public void A_loop_that_was_given_another_offset_while_open_is_not_asked_any_more()
    {
        Requirements.Need();
        using var directory = new TempDirectory(memory: true);
        using var loop = new LoopDisk(directory.Path, Size);
        Shell.Run("dd", "if=/dev/urandom", $"of={loop.Path}", "bs=1M", "count=1", "seek=30", "oflag=direct", "status=none");
        using DirectDisk disk = DirectDisk.Open(loop.Path);
        Assert.Equal(30 << 20, disk.NextData(0));
        Requirements.Need("python3");
        // LOOP_GET_STATUS64, another lo_offset, LOOP_SET_STATUS64.
        Shell.Run("python3", "-c", $"import fcntl,struct\nd=open('{loop.Path}','rb+',0)\nb=bytearray(232)\nfcntl.ioctl(d,0x4C05,b)\nb[24:32]=struct.pack('<Q',10<<20)\nfcntl.ioctl(d,0x4C04,bytes(b))");
        Assert.Equal(0, disk.NextData(0));
    }

    [SkippableFact]
    public void A_disk_that_is_no_file_knows_of_no_holes()
    {
        Requirements.Need();
        using ZramDisk zram = ZramDisk.Create(16 << 20);
        using DirectDisk disk = DirectDisk.Open(zram.Path);
        Assert.Equal(0, disk.NextData(0));
        Assert.Equal(4096, disk.NextData(4096));
        Assert.Equal(disk.SizeBytes, disk.NextData(disk.SizeBytes));
    }

    [SkippableFact]
    public void A_plain_image_file_knows_its_holes()
    {
        Requirements.Need();
        using var directory = new TempDirectory();
        string file = Path.Combine(directory.Path, "image");
        using (FileStream stream = File.Create(file)) stream.SetLength(Size);
        Shell.Run("dd", "if=/dev/urandom", $"of={file}", "bs=1M", "count=2", "seek=7", "conv=notrunc", "status=none");
        using DirectDisk disk = DirectDisk.Open(file);
        Assert.Equal(7 << 20, disk.NextData(0));
        Assert.Equal(8 << 20, disk.NextData(8 << 20));
        Assert.Equal(Size, disk.NextData(9 << 20));
    }
}
