using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Mirror.Core.Control;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>The day of the restore: the program itself, real disks.</summary>
[Collection(ProcessesAlone.Name)]
public sealed class RestoreTests
{
    private const int Size = 96 << 20;

    [SkippableFact]
    public async Task A_volume_comes_back_onto_a_new_disk_and_into_a_file()
    {
        Requirements.NeedFileSystem("ext4");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, Size);
        using var fresh = new LoopDisk(directory.Path, Size + (8 << 20), "new.img");
        Requirements.NeedTap(disk.Path);
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        Shell.Script($"mkfs.ext4 -q {disk.Path}");
        string mount = disk.Mount(Path.Combine(directory.Path, "mnt"));
        Shell.Script($"cp -a /etc {mount}/ 2>/dev/null || true; head -c 20M /dev/urandom > {mount}/random; sync");
        await rig.StartAsync();
        disk.Unmount(mount);
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        string secret = await DeriveAsync(rig, directory);
        Shell.Script($"head -c {Size + (8 << 20)} /dev/zero | tr '\\0' '\\125' > {fresh.Path}");

        JsonElement result = Json((await RestoreAsync(rig, secret, fresh.Path, "--yes", "--json")).Expect(0));
        Assert.True(result.GetProperty("source").GetProperty("consistent").GetBoolean());
        Shell.Run("cmp", "-n", $"{Size}", disk.Path, fresh.Path);
        Shell.Script($"tail -c {8 << 20} {fresh.Path} | tr -d '\\125' | wc -c | grep -qx 0");
        Shell.Run("e2fsck", "-fn", fresh.Path);

        // A file is made when it is not there, nobody needs to confirm it, and what is zero is a hole.
        string file = Path.Combine(directory.Path, "restored");
        (await RestoreAsync(rig, secret, file)).Expect(0);
        Shell.Run("cmp", disk.Path, file);
        long stored = long.Parse(Shell.Run("stat", "-c", "%b", file), CultureInfo.InvariantCulture) * 512;
        Assert.True(stored < Size * 0.7, $"{stored} bytes stored");

        // The other way round: the mirror was never disturbed.
        MirrorStatus client = (await rig.ClientStatusAsync())!;
        Assert.Equal((MirrorState.Live, 1L, 1L), (client.State, client.Connections, client.Scans));
    }

    [SkippableFact]
    public async Task A_restore_beside_a_live_mirror_under_load_is_one_instant_and_disturbs_nothing()
    {
        Requirements.NeedFileSystem("ext4");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, Size);
        Requirements.NeedTap(disk.Path);
        Shell.Script($"mkfs.ext4 -q {disk.Path}");
        string mount = disk.Mount(Path.Combine(directory.Path, "mnt"));
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        await rig.StartAsync();
        var start = new ProcessStartInfo("bash", ["-c", $"while :; do rm -rf {mount}/tree; cp -a /etc {mount}/tree 2> /dev/null; head -c 4M /dev/urandom > {mount}/blob; sync -f {mount}; done"]);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var load = new RunningProgram(start);
        MirrorStatus before = await rig.WaitForAsync(s => s.State == MirrorState.Live && s.Consistent && s.CommittedMark > 3, "Live under load");
        string file = Path.Combine(directory.Path, "restored");
        JsonElement result = Json((await RestoreAsync(rig, rig.MasterFile, file, "--json")).Expect(0));
        // What the image was given meanwhile is in neither pass.
        Assert.Equal(2, result.GetProperty("passes").GetInt32());
        Shell.Script($"e2fsck -p {file} || [ $? -le 1 ]");
        Shell.Run("e2fsck", "-fn", file);
        // A restore may be over within a mark's interval.
        MirrorStatus after = await rig.WaitForAsync(s => s.CommittedMark > before.CommittedMark, "marks go on");
        Assert.Equal((before.Connections, before.Scans), (after.Connections, after.Scans));
        load.Kill();
        disk.Unmount(mount);
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
    }

    [SkippableFact]
    public async Task What_must_not_be_overwritten_is_refused_by_name()
    {
        Requirements.NeedFileSystem("ext4");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 24 << 20);
        using var other = new LoopDisk(directory.Path, 32 << 20, "other.img", (2048, 40_000));
        using var small = new LoopDisk(directory.Path, 16 << 20, "small.img");
        Requirements.NeedTap(disk.Path);
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        await rig.StartAsync();
        string secret = await DeriveAsync(rig, directory);

        await RefusedAsync(disk.Path, "is mirrored by a client on this host");
        await RefusedAsync(disk.BackingFile, $"is in use as {disk.Path}");
        await RefusedAsync(small.Path, "large enough");
        await RefusedAsync("/dev/no-such-disk", "There is no disk /dev/no-such-disk");
        await RefusedAsync(directory.Path, "directory");
        await RefusedAsync(rig.Image, "in use by another process");

        Shell.Script($"mkfs.ext4 -q {other.Partition(1)}");
        string mount = other.Mount(Path.Combine(directory.Path, "mnt"), other.Partition(1));
        await RefusedAsync(other.Path, mount);
        await RefusedAsync(other.Partition(1), mount);
        other.Unmount(mount);
        Shell.Script($"mkswap {other.Partition(1)} >/dev/null 2>&1 && swapon {other.Partition(1)}");
        try
        {
            await RefusedAsync(other.Path, "swap");
        }
        finally
        {
            Shell.Run("swapoff", other.Partition(1));
        }
        using (var held = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(Mirror.Driver.Interop.Libc.Open(other.Path, 0x80 | Mirror.Driver.Interop.Libc.ReadWrite, 0), true), FileAccess.ReadWrite))
        {
            await RefusedAsync(other.Path, "open for itself");
        }

        // Not confirmed: nobody is there, and nothing is written.
        string before = Shell.Run("sha256sum", other.Path);
        CommandResult unasked = (await RestoreAsync(rig, secret, other.Path)).Expect(1);
        Assert.Contains("--yes", unasked.Error, StringComparison.Ordinal);
        Assert.Equal(before, Shell.Run("sha256sum", other.Path));

        // The secret of the mirror does not open the image, nor does another volume's.
        CommandResult mirror = (await RestoreAsync(rig, rig.SecretFile, other.Path, "--yes")).Expect(1);
        Assert.Contains("right", mirror.Error, StringComparison.Ordinal);
        string wrong = Path.Combine(directory.Path, "wrong");
        (await rig.CommandAsync("secret", "new", "--out", wrong)).Expect(0);
        CommandResult stranger = (await RestoreAsync(rig, wrong, other.Path, "--yes")).Expect(1);
        Assert.Contains("did not accept the secret", stranger.Error, StringComparison.Ordinal);
        Assert.Equal(before, Shell.Run("sha256sum", other.Path));

        // And when nothing speaks against it, it is done.
        (await RestoreAsync(rig, secret, other.Path, "--yes")).Expect(0);
        Shell.Run("cmp", "-n", $"{24 << 20}", disk.Path, other.Path);

        async Task RefusedAsync(string target, string words)
        {
            CommandResult result = (await RestoreAsync(rig, secret, target, "--yes")).Expect(1);
            Assert.Contains(words, result.Error, StringComparison.Ordinal);
            Assert.Contains(target, result.Error, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task A_restore_that_is_cut_and_killed_ten_times_moves_little_more_than_what_differs()
    {
        Requirements.Need();
        const int size = 64 << 20;
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, size);
        using var fresh = new LoopDisk(directory.Path, size, "new.img");
        Requirements.NeedTap(disk.Path);
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        Shell.Script($"dd if=/dev/urandom of={disk.Path} bs=1M count={size >> 20} oflag=direct status=none");
        await rig.StartAsync();
        string secret = await DeriveAsync(rig, directory);
        using var relay = new Relay(rig.Listen);
        string[] command = ["restore", rig.Volume, "--server", relay.Address, "--secret-file", secret, "--to", fresh.Path, "--yes", "--json"];
        var random = new Random(1);
        int breaks = 0;
        while (breaks < 10)
        {
            using var restore = new RunningProgram(DiskmirrorProgram.StartInfo(rig.RunDirectory, [], command));
            // Every third break is the end of the process itself, the others cut the wire.
            while (!restore.HasExited && breaks < 10)
            {
                long until = relay.Returned + random.Next(2 << 20, 6 << 20);
                relay.ReturnAtMost = until;
                await Waiting.UntilAsync(() => relay.Returned >= until || restore.HasExited, () => $"the restore comes on: {restore.Log}", TimeSpan.FromSeconds(60));
                Assert.False(restore.HasExited, restore.Log);
                if (++breaks % 3 == 0)
                {
                    restore.Kill();
                    break;
                }
                relay.Cut(hard: breaks % 2 == 0);
            }
        }
        relay.ReturnAtMost = long.MaxValue;
        CommandResult last = (await rig.CommandAsync(command)).Expect(0);
        Shell.Run("cmp", disk.Path, fresh.Path);
        Assert.True(relay.Returned <= 1.2 * size, $"{relay.Returned} bytes went over the wire of {size} that differ; {last.Output}");
    }

    private static async Task<string> DeriveAsync(ProcessRig rig, TempDirectory directory)
    {
        string secret = Path.Combine(directory.Path, "restore.secret");
        (await rig.CommandAsync("secret", "derive", "--secret-file", rig.MasterFile, "--volume", rig.Volume, "--right", "restore", "--out", secret)).Expect(0);
        return secret;
    }

    private static Task<CommandResult> RestoreAsync(ProcessRig rig, string secret, string target, params string[] more) =>
        rig.CommandAsync(["restore", rig.Volume, "--server", rig.Listen, "--secret-file", secret, "--to", target, .. more]);

    private static JsonElement Json(CommandResult result)
    {
        using JsonDocument document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }
}
