using System.Globalization;
using Mirror.Core.Control;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>What becomes of the mirrors when the server's storage is full, shared or the wrong one.</summary>
[Collection(ProcessesAlone.Name)]
public sealed class StoreTests
{
    [SkippableFact]
    public async Task A_full_store_stops_its_own_volume_with_a_word_to_all_and_heals_without_a_restart()
    {
        Requirements.Need("fio");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 128 << 20);
        using var otherDisk = new LoopDisk(directory.Path, 32 << 20, name: "other.img");
        Requirements.NeedTap(disk.Path);
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        await rig.MakeSecretsAsync();
        string small = Path.Combine(directory.Path, "small");
        Directory.CreateDirectory(small);
        Shell.Run("mount", "-t", "tmpfs", "-o", "size=40m", "none", small);
        try
        {
            string image = Path.Combine(small, "image");
            Shell.Script($"head -c 16M /dev/urandom > {disk.Path}");
            await rig.StartServerAsync("--volume", $"{rig.Volume}={image}");
            rig.LaunchClient();
            await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
            int server = rig.Server!.Id;

            // The other volume of the same server, live and under load all the time.
            string other = $"{rig.Volume}-b";
            rig.AlsoOwn(other);
            using var otherClient = new RunningProgram(DiskmirrorProgram.StartInfo(rig.RunDirectory, [],
                ["client", "--disk", otherDisk.Path, "--server", rig.Listen, "--volume", other, "--secret-file", rig.MasterFile, "--state-dir", rig.StateDirectory]));
            (await rig.CommandAsync("wait", other, "--idle", "--timeout", "60")).Expect(0);
            MirrorStatus before = (await rig.AnyStatusAsync(MirrorRole.Client, other))!;
            using (FioLoad.Start(otherDisk.Path, 1 << 20, 3))
            {
                Shell.Script($"dd if=/dev/urandom of={disk.Path} bs=1M seek=40 count=60 oflag=direct status=none");
                MirrorStatus told = await rig.WaitForAsync(s => s.LastError?.Contains("no room", StringComparison.Ordinal) == true, "told of the full store");
                Assert.Contains(image, told.LastError, StringComparison.Ordinal);
                Assert.Contains(rig.Volume, told.LastError, StringComparison.Ordinal);
                await Waiting.UntilAsync(async () => (await rig.ServerStatusAsync())?.LastError?.Contains("no room", StringComparison.Ordinal) == true, () => $"the server's status says it: {rig.Server.Log}", TimeSpan.FromSeconds(20));
                Assert.NotEqual(0, (await rig.CommandAsync("check", rig.Volume)).Code);
                MirrorStatus during = (await rig.AnyStatusAsync(MirrorRole.Client, other))!;
                Assert.True(during.State == MirrorState.Live && during.Connections == before.Connections, $"{during}");
                (await rig.CommandAsync("check", other)).Expect(0);

                Shell.Run("mount", "-o", "remount,size=256m", small);
                await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
            }
            Comparison.AssertIdentical(disk.Path, image);
            MirrorStatus healed = (await rig.ClientStatusAsync())!;
            Assert.Null(healed.LastError);
            Assert.Null((await rig.ServerStatusAsync())!.LastError);
            Assert.Equal(1, healed.Scans);
            Assert.Equal(server, rig.Server.Id);
            Assert.False(rig.Server.HasExited);
            (await rig.CommandAsync("wait", other, "--idle", "--timeout", "60")).Expect(0);
            Comparison.AssertIdentical(otherDisk.Path, Path.Combine(rig.Store, other, "image"));
            MirrorStatus after = (await rig.AnyStatusAsync(MirrorRole.Client, other))!;
            Assert.Equal((before.Scans, before.Connections), (after.Scans, after.Connections));
        }
        finally
        {
            await rig.DisposeAsync();
            Shell.Run("umount", small);
        }
    }

    [SkippableFact]
    public async Task A_second_server_on_the_same_store_is_refused()
    {
        Requirements.Need();
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 32 << 20);
        Requirements.NeedTap(disk.Path);
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        await rig.StartAsync();
        string listen = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Random.Shared.Next(20000, 30000)}");
        using var second = new RunningProgram(DiskmirrorProgram.StartInfo(Path.Combine(directory.Path, "run2"), [],
            ["server", "--store", rig.Store, "--listen", listen, "--secret-file", rig.MasterFile]));
        // Whether it ends or serves other volumes: this one it does not touch, and says whose it is.
        await Waiting.UntilAsync(() => second.Log.Contains("another server process", StringComparison.Ordinal), () => $"it says why: {second.Log}", TimeSpan.FromSeconds(30));
        if (!second.HasExited)
        {
            CommandResult status = await DiskmirrorProgram.RunAsync(Path.Combine(directory.Path, "run2"), "check", rig.Volume);
            Assert.Equal(2, status.Code);
        }
        Shell.Script($"dd if=/dev/urandom of={disk.Path} bs=1M count=4 oflag=direct status=none");
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        Assert.Equal(1, (await rig.ClientStatusAsync())!.Connections);
    }

    [SkippableFact]
    public async Task A_store_on_the_mirrored_disk_is_refused()
    {
        Requirements.Need("mkfs.ext4");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 64 << 20);
        Requirements.NeedTap(disk.Path);
        Shell.Run("mkfs.ext4", "-q", disk.Path);
        string mount = disk.Mount(Path.Combine(directory.Path, "mnt"));
        await using var rig = new ProcessRig(disk.Path, directory.Path) { Store = Path.Combine(mount, "store") };
        try
        {
            await rig.MakeSecretsAsync();
            await rig.StartServerAsync();
            rig.LaunchClient();
            MirrorStatus told = await rig.WaitForAsync(s => s.LastError is not null, "told");
            Assert.Contains("which is the disk to be mirrored", told.LastError, StringComparison.Ordinal);
            Assert.Contains(rig.Volume, told.LastError, StringComparison.Ordinal);
            Assert.False(File.Exists(rig.Image));
        }
        finally
        {
            await rig.DisposeAsync();
        }
    }
}
