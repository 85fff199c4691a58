using System.Security.Cryptography;
using Mirror.Core.Control;

namespace Mirror.EndToEnd.Tests;

/// <summary>Another disk behind the same volume: the image stays as it is until the administrator has said so, and the message says how.</summary>
public sealed class AnotherDiskTests
{
    private const long DiskBytes = 96 << 20;

    [SkippableFact]
    public async Task A_blank_disk_in_its_place_is_refused_and_adopted_only_with_replace()
    {
        await using Scene scene = await Scene.BeginAsync();
        string blank = scene.File("blank.img", _ => { });
        scene.Loop.Reattach(blank);
        await scene.AssertRefusedAsync("adopt", $"diskmirror adopt {scene.Rig.Volume};");

        // Adopted, but it would wipe the only copy: the comparison comes first, and stops.
        await scene.Rig.Client.AdoptAsync(replace: false, CancellationToken.None);
        await scene.AssertStoppedAsync("adopt --replace", $"diskmirror adopt {scene.Rig.Volume} --replace");

        await scene.Rig.Client.AdoptAsync(replace: true, CancellationToken.None);
        await scene.AssertFollowedAsync();
    }

    [SkippableFact]
    public async Task A_clone_is_refused_and_adopted_with_little_sent()
    {
        await using Scene scene = await Scene.BeginAsync();
        string clone = scene.File("clone.img", path => Shell.Run("cp", "--sparse=always", scene.Loop.BackingFile, path));
        scene.Loop.Reattach(clone);
        await scene.AssertRefusedAsync("adopt", $"diskmirror adopt {scene.Rig.Volume};");

        long before = scene.Rig.Status.SentBytes;
        await scene.Rig.Client.AdoptAsync(replace: false, CancellationToken.None);
        await scene.AssertFollowedAsync();
        Assert.True(scene.Rig.Status.SentBytes - before < 8 << 20, $"{scene.Rig.Status.SentBytes - before} bytes were sent for a clone.");
    }

    [SkippableFact]
    public async Task The_same_file_attached_again_is_compared_first()
    {
        await using Scene scene = await Scene.BeginAsync();
        // The same identity, but what happened to it in between no tap has seen.
        Shell.Script($"head -c 5M /dev/urandom | dd of='{scene.Loop.BackingFile}' bs=1M seek=40 conv=notrunc iflag=fullblock status=none");
        scene.Loop.Reattach();
        scene.Rig.StartClient();
        await scene.AssertFollowedAsync();
        Assert.Equal(1, scene.Rig.Status.Scans);
    }

    [SkippableFact]
    public async Task The_same_file_emptied_and_attached_again_is_stopped_before_the_image_is_touched()
    {
        await using Scene scene = await Scene.BeginAsync();
        Shell.Run("truncate", "-s", "0", scene.Loop.BackingFile);
        Shell.Run("truncate", "-s", $"{DiskBytes}", scene.Loop.BackingFile);
        scene.Loop.Reattach();
        scene.Rig.StartClient();
        await scene.AssertStoppedAsync("adopt --replace", $"diskmirror adopt {scene.Rig.Volume} --replace");

        // A restart of both ends does not forget it.
        await scene.Rig.StopClientAsync();
        await scene.Rig.StopServerAsync();
        await scene.Rig.StartServerAsync();
        scene.Rig.StartClient();
        await scene.AssertStoppedAsync("adopt --replace", $"diskmirror adopt {scene.Rig.Volume} --replace");

        await scene.Rig.Client.AdoptAsync(replace: true, CancellationToken.None);
        await scene.AssertFollowedAsync();
    }

    [SkippableFact]
    public async Task Another_partition_of_the_same_disk_is_refused()
    {
        await using Scene scene = await Scene.BeginAsync(partitions: true);
        scene.Rig.Disk = scene.Loop.Partition(2);
        await scene.AssertRefusedAsync("adopt", $"diskmirror adopt {scene.Rig.Volume};");

        await scene.Rig.Client.AdoptAsync(replace: false, CancellationToken.None);
        await scene.AssertStoppedAsync("adopt --replace", $"diskmirror adopt {scene.Rig.Volume} --replace");
        await scene.Rig.Client.AdoptAsync(replace: true, CancellationToken.None);
        await scene.AssertFollowedAsync();
    }

    [SkippableFact]
    public async Task A_smaller_disk_is_refused_even_when_adopted_without_replace()
    {
        await using Scene scene = await Scene.BeginAsync();
        string small = scene.File("small.img", path => Shell.Run("truncate", "-s", $"{DiskBytes / 2}", path));
        scene.Loop.Reattach(small);
        await scene.AssertRefusedAsync("adopt", $"diskmirror adopt {scene.Rig.Volume};");
        await scene.Rig.Client.AdoptAsync(replace: false, CancellationToken.None);
        await scene.AssertStoppedAsync("adopt --replace", $"diskmirror adopt {scene.Rig.Volume} --replace");
        await scene.Rig.Client.AdoptAsync(replace: true, CancellationToken.None);
        await scene.AssertFollowedAsync();
    }

    [SkippableFact]
    public async Task Another_client_with_the_right_secret_does_not_displace_the_one_that_mirrors()
    {
        await using Scene scene = await Scene.BeginAsync();
        scene.Rig.StartClient();
        await scene.Rig.WaitLiveAsync();
        using var other = new LoopDisk(scene.Directory, DiskBytes, name: "other.img");
        await using MirrorRig second = scene.Rig.Second(other.Path);
        second.StartClient();
        await second.WaitForAsync(s => s.Needs is not null, "refused");
        Assert.Equal("adopt", second.Status.Needs);
        Assert.Equal(MirrorState.Live, scene.Rig.Status.State);
        Shell.Script($"head -c 3M /dev/urandom | dd of='{scene.Loop.Path}' bs=1M seek=20 oflag=direct iflag=fullblock status=none");
        await scene.Rig.WaitIdleAsync();
        scene.Rig.AssertIdentical();
        Assert.Equal(1, scene.Rig.Status.Connections);
        Assert.Equal(0, scene.Rig.Status.Scans);
    }

    /// <summary>A volume that has been Live, with its client stopped.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly TempDirectory _directory = new(memory: true);
        private byte[] _image = [];

        public LoopDisk Loop { get; private set; } = null!;

        public MirrorRig Rig { get; private set; } = null!;

        public string Directory => _directory.Path;

        public static async Task<Scene> BeginAsync(bool partitions = false)
        {
            Requirements.Need("addpart");
            var scene = new Scene();
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

        public string File(string name, Action<string> make)
        {
            string path = Path.Combine(_directory.Path, name);
            using (FileStream file = System.IO.File.Create(path)) file.SetLength(DiskBytes);
            make(path);
            return path;
        }

        /// <summary>Starts a client, which the server refuses.</summary>
        public async Task AssertRefusedAsync(string needs, string wayOut)
        {
            Rig.StartClient();
            await AssertStoppedAsync(needs, wayOut);
            Assert.Equal(0, Rig.Status.Connections);
        }

        public async Task AssertStoppedAsync(string needs, string wayOut)
        {
            await Rig.WaitForAsync(s => s.Needs == needs, $"waiting for {needs}");
            Assert.Contains(wayOut, Rig.Status.LastError, StringComparison.Ordinal);
            Assert.Contains(Rig.Volume, Rig.Status.LastError, StringComparison.Ordinal);
            Assert.NotEqual(MirrorState.Live, Rig.Status.State);
            Assert.Equal(_image, Hash(Rig.Image));
        }

        public async Task AssertFollowedAsync()
        {
            await Rig.WaitLiveAsync();
            Shell.Script($"head -c 2M /dev/urandom | dd of='{Rig.Disk}' bs=1M seek=10 oflag=direct iflag=fullblock status=none");
            await Rig.WaitIdleAsync();
            Rig.AssertIdentical();
            Assert.Null(Rig.Status.Needs);
            Assert.Null(Rig.Status.LastError);
        }

        public async ValueTask DisposeAsync()
        {
            if (Rig is not null) await Rig.DisposeAsync();
            Loop?.Dispose();
            _directory.Dispose();
        }

        private async Task PrepareAsync(bool partitions)
        {
            const uint sectors = (uint)(DiskBytes / 512);
            Loop = partitions
                ? new LoopDisk(_directory.Path, 3 * DiskBytes, partitions: [(2048, sectors), (2048 + sectors, sectors)])
                : new LoopDisk(_directory.Path, DiskBytes);
            string device = partitions ? Loop.Partition(1) : Loop.Path;
            Requirements.NeedTap(device);
            Shell.Script($"head -c 30M /dev/urandom | dd of='{device}' bs=1M oflag=direct iflag=fullblock status=none");
            Rig = new MirrorRig(device, _directory.Path);
            await Rig.StartServerAsync();
            Rig.StartClient();
            await Rig.WaitLiveAsync();
            await Rig.WaitIdleAsync();
            Rig.AssertIdentical();
            await Rig.StopClientAsync();
            _image = Hash(Rig.Image);
        }

        private static byte[] Hash(string path)
        {
            using var file = new FileStream(Comparison.OpenUnlocked(path), FileAccess.Read);
            return SHA256.HashData(file);
        }
    }
}
