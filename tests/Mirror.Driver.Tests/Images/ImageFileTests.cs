using System.Diagnostics;
using Mirror.Core.Store;
using Mirror.Driver.Images;
using Mirror.Driver.Tests.Disks;

namespace Mirror.Driver.Tests.Images;

public sealed class ImageFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ImageFiles _files = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_is_written_is_read_and_the_rest_is_a_hole()
    {
        using IImageFile image = New(3L << 40);
        Assert.Equal(3L << 40, image.SizeBytes);
        Assert.Equal(0, image.AllocatedBytes);
        Assert.False(image.NextData(0, out _, out _));
        byte[] data = Random(1 << 20);
        long far = (2L << 40) + (1 << 20);
        image.Write(far, data);
        image.Write(512, data.AsSpan(0, 512));
        byte[] back = new byte[data.Length];
        image.Read(far, back);
        Assert.Equal(data, back);
        Assert.True(image.NextData(0, out long start, out long end));
        Assert.InRange(start, 0, 512);
        Assert.InRange(end, 1024, 1 << 20);
        Assert.True(image.NextData(end, out start, out end));
        Assert.Equal((far, far + data.Length), (start, end));
        Assert.False(image.NextData(end, out _, out _));
        image.Flush();
        Assert.InRange(image.AllocatedBytes, data.Length, data.Length + (1 << 20));
        Assert.False(image.NextData(image.SizeBytes, out _, out _));
    }

    [Fact]
    public void Zeroed_ranges_read_as_zero_at_every_edge_and_give_their_space_back()
    {
        using IImageFile image = New(8 << 20);
        byte[] model = Random(8 << 20);
        image.Write(0, model);
        image.Flush();
        long before = image.AllocatedBytes;
        foreach ((int offset, int length) in (IEnumerable<(int, int)>)[(512, 512), (4096, 4096), (5000 / 512 * 512, 100_352), (1 << 20, 4 << 20), ((8 << 20) - 512, 512)])
        {
            image.Zero(offset, length);
            model.AsSpan(offset, length).Clear();
        }
        byte[] back = new byte[model.Length];
        image.Read(0, back);
        Assert.True(model.AsSpan().SequenceEqual(back));
        image.Flush();
        Assert.InRange(image.AllocatedBytes, 0, before - (4 << 20));
    }

    [Fact]
    public void Writes_and_zeroes_past_the_end_are_refused()
    {
        using IImageFile image = New(1 << 20);
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Write((1 << 20) - 256, new byte[512]));
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Zero(0, (1 << 20) + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Write(long.MaxValue - 100, new byte[512]));
        Assert.Equal(1 << 20, new FileInfo(image.Path).Length);
    }

    [Fact]
    public void The_size_of_a_file_can_change_and_stays()
    {
        string path;
        using (IImageFile image = New(1 << 20))
        {
            path = image.Path;
            image.Write(0, Random(4096));
            image.SetSize(4 << 20);
        }
        using IImageFile again = _files.Open(path, ImageOpenMode.Existing);
        Assert.Equal(4 << 20, again.SizeBytes);
        Assert.True(again.NextData(0, out _, out _));
    }

    [Fact]
    public void A_missing_image_is_not_made_unless_the_volume_is_new()
    {
        string path = _directory.At("none");
        var e = Assert.Throws<StoreUnusableException>(() => _files.Open(path, ImageOpenMode.Existing));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_file_with_data_is_not_taken_for_a_new_volume_unless_forced()
    {
        string path = _directory.At("mine");
        File.WriteAllText(path, "precious");
        Assert.Contains(path, Assert.Throws<StoreUnusableException>(() => _files.Open(path, ImageOpenMode.New)).Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(path));
        _files.Open(path, ImageOpenMode.NewForced).Dispose();
        Assert.Throws<StoreUnusableException>(() => _files.Open(_directory.Path, ImageOpenMode.Existing));
    }

    [Fact]
    public void An_image_is_opened_once_at_a_time()
    {
        using IImageFile image = New(4096);
        Assert.Throws<StoreInUseException>(() => _files.Open(image.Path, ImageOpenMode.Existing));
    }

    [SkippableFact]
    public void Another_process_that_holds_the_lock_keeps_this_one_out()
    {
        Skip.IfNot(File.Exists("/usr/bin/flock"), "flock is not installed");
        string path = _directory.At("lock");
        using (_files.Lock(path))
        {
            Assert.Throws<StoreInUseException>(() => _files.Lock(path));
            using Process blocked = Process.Start("/usr/bin/flock", ["--nonblock", path, "true"])!;
            blocked.WaitForExit();
            Assert.NotEqual(0, blocked.ExitCode);
        }
        var start = new ProcessStartInfo("/usr/bin/flock", [path, "sh", "-c", "echo held; read x"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process holder = Process.Start(start)!;
        Assert.Equal("held", holder.StandardOutput.ReadLine());
        Assert.Contains(path, Assert.Throws<StoreInUseException>(() => _files.Lock(path)).Message, StringComparison.Ordinal);
        holder.StandardInput.Close();
        holder.WaitForExit();
        _files.Lock(path).Dispose();
    }

    [Fact]
    public void Small_files_are_replaced_whole_and_only_their_owner_reads_them()
    {
        string directory = _directory.At("a/b");
        _files.CreateDirectory(directory);
        _files.CreateDirectory(directory);
        string path = Path.Combine(directory, "volume.json");
        Assert.Null(_files.ReadSmall(path, 100));
        _files.ReplaceSmall(path, "one"u8);
        File.WriteAllText(path + ".new", "left by a crash");
        _files.ReplaceSmall(path, "two"u8);
        Assert.Equal("two"u8.ToArray(), _files.ReadSmall(path, 100));
        Assert.Throws<StoreUnusableException>(() => _files.ReadSmall(path, 2));
        Assert.Equal([path], Directory.GetFiles(directory));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
        }
        Assert.Equal(["b"], _files.Directories(_directory.At("a")));
        Assert.Empty(_files.Directories(_directory.At("zz")));
        Assert.InRange(_files.FreeBytes(path), 1, long.MaxValue - 1);
    }

    [SkippableFact]
    public void A_full_file_system_is_told_apart_from_a_failed_one_and_heals()
    {
        Skip.IfNot(LoopDisk.Possible, "needs root");
        string mount = _directory.At("full");
        Directory.CreateDirectory(mount);
        Shell.Run($"mount -t tmpfs -o size=1m dm-test {mount}");
        try
        {
            using IImageFile image = _files.Open(Path.Combine(mount, "image"), ImageOpenMode.New);
            image.SetSize(16 << 20);
            image.Write(0, Random(512 << 10));
            var e = Assert.Throws<StoreFullException>(() => image.Write(1 << 20, Random(1 << 20)));
            Assert.Contains("errno 28", e.Message, StringComparison.Ordinal);
            Assert.Contains(image.Path, e.Message, StringComparison.Ordinal);
            Assert.InRange(_files.FreeBytes(image.Path), 0, 4096);
            Shell.Run($"mount -o remount,size=8m {mount}");
            image.Write(1 << 20, Random(1 << 20));
        }
        finally
        {
            Shell.Run($"umount {mount}");
        }
    }

    private IImageFile New(long bytes)
    {
        IImageFile image = _files.Open(_directory.At(Guid.NewGuid().ToString("N")), ImageOpenMode.New);
        image.SetSize(bytes);
        return image;
    }

    private static byte[] Random(int bytes)
    {
        byte[] data = new byte[bytes];
        new Random(7).NextBytes(data);
        return data;
    }
}
