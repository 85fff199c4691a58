using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mirror.Core.Blocks;
using Mirror.Core.Disks;
using Mirror.Driver.Disks;

namespace Mirror.Driver.Tests.Disks;

public sealed class DirectDiskTests
{
    private const string NeedsLoop = "needs root and loop devices";

    [SkippableTheory]
    [InlineData(16 << 20, 512, 16 << 20)]
    [InlineData((10 << 20) + 3 * 512, 512, (10 << 20) + 3 * 512)]
    [InlineData((10 << 20) + 3 * 4096, 4096, (10 << 20) + 3 * 4096)]
    [InlineData((10 << 20) + 3 * 512, 4096, 10 << 20)]
    public async Task A_loop_disk_is_read_whole_to_its_last_block(int fileBytes, int logicalBlock, int expected)
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk loop = LoopDisk.Create(fileBytes, logicalBlock);
        using DirectDisk disk = DirectDisk.Open(loop.Path);
        Assert.True(disk.IsDirect);
        Assert.Equal(logicalBlock, disk.LogicalBlockBytes);
        Assert.Equal(expected, disk.SizeBytes);

        Memory<byte> memory = AlignedMemory.Allocate(1 << 20);
        for (long at = 0; at < expected; at += memory.Length)
        {
            Memory<byte> part = memory[..(int)Math.Min(memory.Length, expected - at)];
            part.Span.Fill(0xEE);
            await disk.ReadAsync(at, part, default);
            Assert.True(part.Span.SequenceEqual(LoopDisk.Content(at, part.Length)), $"content differs in the part at {at}");
        }
    }

    [SkippableFact]
    public async Task Any_offset_length_and_memory_reads_right()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        const int size = (4 << 20) + 5 * 512;
        using LoopDisk loop = LoopDisk.Create(size);
        using DirectDisk disk = DirectDisk.Open(loop.Path);
        int seed = Environment.TickCount;
        var random = new Random(seed);
        Memory<byte> memory = AlignedMemory.Allocate(1 << 20);
        for (int i = 0; i < 300; i++)
        {
            int offset = random.Next(size);
            int length = 1 + random.Next(Math.Min(size - offset, i % 3 == 0 ? 5000 : 600_000));
            Memory<byte> part = memory.Slice(random.Next(memory.Length - length + 1), length);
            await disk.ReadAsync(offset, part, default);
            Assert.True(part.Span.SequenceEqual(LoopDisk.Content(offset, length)), $"{offset}+{length}, seed {seed}");
        }
    }

    [SkippableFact]
    public async Task A_write_that_has_completed_is_seen_whatever_the_page_cache_holds()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk loop = LoopDisk.Create(1 << 20);
        using DirectDisk disk = DirectDisk.Open(loop.Path);
        _ = Shell.Run($"dd if={loop.Path} of=/dev/null bs=1M status=none"); // fills the device's page cache
        Shell.Run($"dd if=/dev/zero of={loop.Path} bs=4096 count=1 seek=3 oflag=direct conv=notrunc status=none");
        Memory<byte> memory = AlignedMemory.Allocate(4096);
        memory.Span.Fill(1);
        await disk.ReadAsync(3 * 4096, memory, default);
        Assert.True(memory.Span.IndexOfAnyExcept((byte)0) < 0);
    }

    [SkippableFact]
    public async Task Many_reads_at_once_all_arrive_right()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk loop = LoopDisk.Create(16 << 20);
        using DirectDisk disk = DirectDisk.Open(loop.Path, readers: 4);
        await Parallel.ForEachAsync(Enumerable.Range(0, 2000), new ParallelOptions { MaxDegreeOfParallelism = 200 }, async (i, stop) =>
        {
            Memory<byte> memory = AlignedMemory.Allocate(8192);
            long at = (long)(i * 7919 % 2048) * 8192;
            await disk.ReadAsync(at, memory, stop);
            Assert.True(memory.Span.SequenceEqual(LoopDisk.Content(at, 8192)));
        });
    }

    [Fact]
    public async Task An_image_file_is_read_like_a_disk()
    {
        string file = Path.Combine(Directory.GetCurrentDirectory(), $"image-{Guid.NewGuid():N}.img");
        try
        {
            File.WriteAllBytes(file, LoopDisk.Content(0, (1 << 20) + 512));
            using DirectDisk disk = DirectDisk.Open(file);
            Assert.Equal((1 << 20) + 512, disk.SizeBytes);
            Assert.Null(disk.Host);
            Assert.Equal("", disk.Attachment);
            Assert.StartsWith("file=" + file, disk.Identity.Text, StringComparison.Ordinal);
            Memory<byte> memory = AlignedMemory.Allocate(8192);
            await disk.ReadAsync((1 << 20) - 4096, memory[..(4096 + 512)], default);
            Assert.True(memory.Span[..4608].SequenceEqual(LoopDisk.Content((1 << 20) - 4096, 4608)));
            await disk.ReadAsync(4096, memory, default);
            Assert.True(memory.Span.SequenceEqual(LoopDisk.Content(4096, 8192)));
            Assert.Throws<ArgumentOutOfRangeException>(() => { _ = disk.ReadAsync(1 << 20, memory, default); });
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void What_is_no_disk_is_refused_with_the_reason()
    {
        string file = Path.GetTempFileName();
        try
        {
            Assert.Contains("no content", Assert.Throws<IOException>(() => DirectDisk.Open(file)).Message);
            File.WriteAllBytes(file, new byte[1000]);
            Assert.Contains("no multiple of 512", Assert.Throws<IOException>(() => DirectDisk.Open(file)).Message);
            Assert.Contains("neither a block device nor a file", Assert.Throws<IOException>(() => DirectDisk.Open("/dev/null")).Message);
            Assert.Contains("ENOENT", Assert.Throws<IOException>(() => DirectDisk.Open(file + ".none")).Message);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [SkippableFact]
    public async Task A_disk_that_fails_is_reported_with_path_offset_and_error()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk outer = LoopDisk.Create(32 << 20);
        string mount = Directory.CreateTempSubdirectory("disk-test-").FullName;
        Shell.Run($"mke2fs -q -F -t ext4 {outer.Path}");
        try
        {
            Shell.Run($"mount {outer.Path} {mount}");
        }
        catch (InvalidOperationException e)
        {
            Directory.Delete(mount);
            Skip.If(true, e.Message);
        }
        try
        {
            string image = Path.Combine(mount, "image");
            File.WriteAllBytes(image, LoopDisk.Content(0, 1 << 20));
            using DirectDisk disk = DirectDisk.Open(image);
            Memory<byte> memory = AlignedMemory.Allocate(4096);
            await disk.ReadAsync(65536, memory, default);
            Shutdown(mount);
            DiskReadException error = await Assert.ThrowsAsync<DiskReadException>(async () => await disk.ReadAsync(65536, memory, default));
            Assert.Equal(5, error.Errno);
            Assert.Equal(65536, error.Offset);
            Assert.Contains(image, error.Message);
            Assert.Contains("65536", error.Message);
            Assert.Contains("EIO", error.Message);
        }
        finally
        {
            Shell.Run($"umount {mount}");
            Directory.Delete(mount);
        }
    }

    [SkippableFact]
    public async Task A_disk_that_became_smaller_is_an_error_and_no_endless_loop()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk loop = LoopDisk.Create(4 << 20);
        using DirectDisk disk = DirectDisk.Open(loop.Path);
        using (var stream = new FileStream(loop.File, FileMode.Open)) stream.SetLength(1 << 20);
        Shell.Run($"losetup -c {loop.Path}");
        Memory<byte> memory = AlignedMemory.Allocate(1 << 20);
        DiskReadException error = await Assert.ThrowsAsync<DiskReadException>(
            async () => await disk.ReadAsync((1 << 20) - 8192, memory[..65536], default));
        Assert.Equal(1 << 20, error.Offset);
        Assert.Contains("smaller", error.Message);
    }

    [SkippableFact]
    public async Task The_disk_is_opened_for_reading_only_and_reading_changes_nothing()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk loop = LoopDisk.Create(4 << 20, options: "-r");
        using DirectDisk disk = DirectDisk.Open(loop.Path); // a read-only device cannot be opened for writing
        Assert.True(disk.Host!.ReadOnly);
        Memory<byte> memory = AlignedMemory.Allocate(4 << 20);
        string before = File.ReadAllText($"/sys/block/{loop.Name}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries)[6];
        await disk.ReadAsync(0, memory, default);
        string after = File.ReadAllText($"/sys/block/{loop.Name}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries)[6];
        Assert.Equal(before, after);
    }

    /// <summary>Makes a mounted file system fail everything from now on (EXT4_IOC_SHUTDOWN, without flushing the log).</summary>
    private static void Shutdown(string mount)
    {
        using SafeFileHandle directory = DiskNative.Open(mount, 0);
        uint how = 2;
        Assert.Equal(0, IoctlUInt(directory, 0x8004587d, ref how));
    }

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int IoctlUInt(SafeFileHandle file, nuint request, ref uint argument);
}
