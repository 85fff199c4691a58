using Mirror.Core.Control;
using Mirror.Core.Taps;

namespace Mirror.EndToEnd.Tests;

/// <summary>A disk that changes its size: grown, it is followed without comparing the old part again; shrunk, it is refused with the way out.</summary>
public sealed class ResizeTests
{
    private const long Before = 64L << 20, After = 100L << 20;

    [SkippableFact]
    public async Task A_disk_that_grows_in_use_is_followed_without_a_scan()
    {
        await using Scene scene = await Scene.BeginAsync();
        long sent = scene.Rig.Status.SentBytes;
        scene.Loop.Grow(After);
        // Before the client can know of it: across the old end, and in the new part.
        scene.Write(scene.Loop.Path, Before - 8192, 64 << 10);
        scene.Write(scene.Loop.Path, After - (1 << 20), 1 << 20);
        await scene.AssertFollowedAsync(After);
        Assert.True(scene.Rig.Status.SentBytes - sent < After - Before, $"{scene.Rig.Status.SentBytes - sent} bytes were sent for a part that is all but empty.");

        // Again, while it is written to all the time.
        for (int step = 1; step <= 2; step++)
        {
            long size = After + (step * (4 << 20));
            Task writing = Task.Run(() =>
            {
                for (int i = 0; i < 40; i++) scene.Write(scene.Loop.Path, i * (1L << 20), 128 << 10);
            });
            scene.Loop.Grow(size);
            scene.Write(scene.Loop.Path, size - (64 << 10), 64 << 10);
            await writing;
            await scene.AssertFollowedAsync(size);
        }
    }

    [SkippableFact]
    public async Task A_disk_that_grew_while_its_client_was_stopped_is_followed_without_a_scan()
    {
        await using Scene scene = await Scene.BeginAsync();
        await scene.Rig.StopClientAsync();
        scene.Write(scene.Loop.Path, 1 << 20, 256 << 10);
        scene.Loop.Grow(After);
        scene.Write(scene.Loop.Path, Before - 4096, 8192);
        scene.Write(scene.Loop.Path, 3 << 20, 256 << 10);
        scene.Rig.StartClient();
        Assert.True(scene.Rig.Tap.Description.Continued);
        await scene.AssertFollowedAsync(After, scans: 0);
    }

    [SkippableFact]
    public async Task A_partition_that_grows_is_followed_and_so_is_its_disk()
    {
        Requirements.Need("addpart", "resizepart");
        const uint sectors = (uint)(Before / 512);
        await using Scene scene = await Scene.BeginAsync((2048, sectors));
        string partition = scene.Loop.Partition(1);
        Shell.Run("resizepart", scene.Loop.Path, "1", $"{(After / 512) - 4096}");
        scene.Write(partition, Before - 4096, 8192);
        await scene.AssertFollowedAsync(After - (4096 * 512));

        // What follows the partition on its disk is nothing to this volume, also where the disk has grown.
        scene.Loop.Grow(3 * After);
        scene.Write(scene.Loop.Path, 2 * After, 1 << 20);
        scene.Write(partition, 0, 8192);
        await scene.AssertFollowedAsync(After - (4096 * 512));
        Shell.Run("resizepart", scene.Loop.Path, "1", $"{2 * After / 512}");
        scene.Write(partition, (2 * After) - 8192, 8192);
        await scene.AssertFollowedAsync(2 * After);
    }

    [SkippableFact]
    public async Task A_disk_that_shrinks_is_refused_and_the_image_kept_until_the_administrator_says_so()
    {
        await using Scene scene = await Scene.BeginAsync();
        Shell.Run("truncate", "-s", $"{Before / 2}", scene.Loop.BackingFile);
        Shell.Run("losetup", "-c", scene.Loop.Path);
        await scene.Rig.WaitForAsync(s => s.Needs == "adopt --replace", "refused");
        Assert.Contains($"Volume {scene.Rig.Volume}", scene.Rig.Status.LastError, StringComparison.Ordinal);
        Assert.Contains($"diskmirror adopt {scene.Rig.Volume} --replace", scene.Rig.Status.LastError, StringComparison.Ordinal);
        Assert.Equal(Before, new FileInfo(scene.Rig.Image).Length);
        await scene.Rig.Client.AdoptAsync(replace: true, CancellationToken.None);
        await scene.AssertFollowedAsync(Before / 2, scans: 2);
    }

    [SkippableFact]
    public async Task An_image_on_a_device_that_is_too_small_says_so_and_goes_on_when_it_has_grown()
    {
        using var directory = new TempDirectory(memory: true);
        Requirements.Need();
        using var image = new LoopDisk(directory.Path, Before, name: "image.img");
        await using Scene scene = await Scene.BeginAsync(imageDevice: image.Path);
        scene.Loop.Grow(After);
        await scene.Rig.WaitForAsync(s => s.State == MirrorState.NoConn && s.LastError is not null, "refused");
        Assert.Contains($"Volume {scene.Rig.Volume}: {image.Path} has {Before} bytes, and the volume needs {After}", scene.Rig.Status.LastError, StringComparison.Ordinal);
        scene.Write(scene.Loop.Path, Before - 4096, 8192);
        image.Grow(After);
        scene.Rig.Client.RetryNow();
        await scene.AssertFollowedAsync(After);
    }

    /// <summary>A volume that is Live.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly TempDirectory _directory = new(memory: true);
        private string? _imageDevice;

        public LoopDisk Loop { get; private set; } = null!;

        public MirrorRig Rig { get; private set; } = null!;

        public string Device { get; private set; } = "";

        public static Task<Scene> BeginAsync((uint Start, uint Sectors) partition) => BeginAsync([partition], null);

        public static Task<Scene> BeginAsync(string? imageDevice = null) => BeginAsync([], imageDevice);

        private static async Task<Scene> BeginAsync((uint, uint)[] partitions, string? imageDevice)
        {
            Requirements.Need();
            var scene = new Scene { _imageDevice = imageDevice };
            try
            {
                await scene.PrepareAsync(partitions);
                return scene;
            }
            catch
            {
                await scene.DisposeAsync();
                throw;
            }
        }

        public void Write(string device, long offset, int bytes) =>
            Shell.Script($"head -c {bytes} /dev/urandom | dd of='{device}' bs={bytes} seek={offset}B oflag=direct iflag=fullblock status=none conv=notrunc");

        public async Task AssertFollowedAsync(long size, long scans = 1)
        {
            await Rig.WaitForAsync(s => s.SizeBytes == size && s.State == MirrorState.Live, $"Live with {size} bytes");
            await Rig.WaitIdleAsync();
            if (_imageDevice is null) Rig.AssertIdentical();
            else Comparison.AssertIdentical(Rig.Disk, _imageDevice);
            Assert.Equal(scans, Rig.Status.Scans);
            Assert.Null(Rig.Status.LastError);
            Assert.Equal(TapKind.Ebpf, Rig.Status.Tap);
        }

        public async ValueTask DisposeAsync()
        {
            if (Rig is not null) await Rig.DisposeAsync();
            Loop?.Dispose();
            _directory.Dispose();
        }

        private async Task PrepareAsync((uint, uint)[] partitions)
        {
            Loop = new LoopDisk(_directory.Path, partitions.Length > 0 ? After : Before, partitions: partitions);
            Device = partitions.Length > 0 ? Loop.Partition(1) : Loop.Path;
            Requirements.NeedTap(Device);
            Write(Device, 0, 30 << 20);
            Rig = new MirrorRig(Device, _directory.Path) { ImageDevice = _imageDevice };
            await Rig.StartServerAsync();
            Rig.StartClient();
            await Rig.WaitLiveAsync();
            await Rig.WaitIdleAsync();
            if (_imageDevice is null) Rig.AssertIdentical();
        }
    }
}
