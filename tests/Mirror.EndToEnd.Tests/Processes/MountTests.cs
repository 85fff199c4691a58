namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>One file fetched back out of an image, while the volume is live.</summary>
[Collection(ProcessesAlone.Name)]
public sealed class MountTests
{
    private const int Size = 96 << 20;

    [SkippableFact]
    public async Task A_file_is_fetched_back_from_a_live_volume_whose_image_is_not_touched()
    {
        Requirements.NeedFileSystem("xfs");
        Requirements.NeedFileSystem("ext4");
        using var directory = new TempDirectory(memory: true);
        using var storage = new LoopDisk(directory.Path, 400 << 20, "storage.img");
        Shell.Script($"mkfs.xfs -q -m reflink=1 {storage.Path}");
        string place = storage.Mount(Path.Combine(directory.Path, "storage"));
        using var disk = new LoopDisk(directory.Path, Size, "disk.img", (2048, 80_000), (90_000, 80_000));
        Requirements.NeedTap(disk.Path);
        Shell.Script($"mkfs.ext4 -q {disk.Partition(1)}; mkfs.ext4 -q {disk.Partition(2)}");
        string mount = disk.Mount(Path.Combine(directory.Path, "mnt"), disk.Partition(1));
        await using var rig = new ProcessRig(disk.Path, directory.Path) { Store = Path.Combine(place, "store") };
        Shell.Script($"head -c 3M /dev/urandom > {mount}/wanted; sync");
        await rig.StartAsync();
        Shell.Script($"cp {mount}/wanted {directory.Path}/original; head -c 1M /dev/urandom > {mount}/later; sync -f {mount}");
        (await rig.CommandAsync("wait", rig.Volume, "--idle")).Expect(0);
        (await rig.CommandAsync("snapshot", "new", rig.Volume, "--name", "keep")).Expect(0);
        string at = Path.Combine(directory.Path, "inside"), old = Path.Combine(directory.Path, "old");
        try
        {
            CommandResult several = (await rig.CommandAsync("mount", rig.Volume, "--at", at)).Expect(1);
            Assert.Contains("--partition", several.Error, StringComparison.Ordinal);
            Assert.Contains("1 (ext4", several.Error, StringComparison.Ordinal);
            CommandResult none = (await rig.CommandAsync("mount", rig.Volume, "--at", at, "--partition", "3")).Expect(1);
            Assert.Contains("no partition 3", none.Error, StringComparison.Ordinal);

            (await rig.CommandAsync("mount", rig.Volume, "--at", at, "--partition", "1")).Expect(0);
            Shell.Run("cmp", $"{directory.Path}/original", $"{at}/wanted");
            Shell.Run("cmp", $"{mount}/later", $"{at}/later");
            Assert.Throws<InvalidOperationException>(() => Shell.Run("touch", $"{at}/x"));

            // The disk goes on, its mirror too, and the mount stands still.
            Shell.Script($"rm {mount}/wanted; head -c 2M /dev/urandom > {mount}/newer; sync -f {mount}");
            (await rig.CommandAsync("wait", rig.Volume, "--idle")).Expect(0);
            Shell.Run("cmp", $"{directory.Path}/original", $"{at}/wanted");
            Assert.False(File.Exists($"{at}/newer"));

            string kept = Path.Combine(rig.Store, rig.Volume, "snapshots", "keep");
            string before = Shell.Run("sha256sum", kept);
            (await rig.CommandAsync("mount", rig.Volume, "--snapshot", "keep", "--at", old, "--partition", "1")).Expect(0);
            Shell.Run("cmp", $"{directory.Path}/original", $"{old}/wanted");

            string older = Path.Combine(directory.Path, "older");
            (await rig.CommandAsync("restore", rig.Volume, "--snapshot", "keep", "--server", rig.Listen, "--secret-file", rig.MasterFile, "--to", older)).Expect(0);
            Shell.Run("cmp", older, kept);
            CommandResult missing = (await rig.CommandAsync("restore", rig.Volume, "--snapshot", "other", "--server", rig.Listen, "--secret-file", rig.MasterFile, "--to", older, "--yes")).Expect(1);
            Assert.Contains("no snapshot 'other'", missing.Error, StringComparison.Ordinal);

            (await rig.CommandAsync("unmount", old)).Expect(0);
            Assert.Equal(before, Shell.Run("sha256sum", kept));
            (await rig.CommandAsync("unmount", rig.Volume)).Expect(0);
            Assert.False(File.Exists($"{at}/later"));
            CommandResult twice = (await rig.CommandAsync("unmount", at)).Expect(1);
            Assert.Contains("no mount", twice.Error, StringComparison.Ordinal);
        }
        finally
        {
            foreach (string mounted in new[] { at, old }.Where(d => File.Exists($"{d}/wanted"))) Shell.TryRun("umount", mounted);
        }
        // Nothing is left: no clone, no device.
        Assert.Equal(["keep", "keep.json"], Directory.GetFileSystemEntries(Path.Combine(rig.Store, rig.Volume, "snapshots")).Select(Path.GetFileName).Order());
        Assert.DoesNotContain(".mount-", Shell.Run("losetup", "-a"), StringComparison.Ordinal);
        disk.Unmount(mount);
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        await rig.DisposeAsync();
    }

    [SkippableFact]
    public async Task Where_nothing_can_be_cloned_the_way_out_is_said_and_works()
    {
        Requirements.NeedFileSystem("ext4");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 48 << 20);
        Requirements.NeedTap(disk.Path);
        Shell.Script($"mkfs.ext4 -q {disk.Path}");
        string mount = disk.Mount(Path.Combine(directory.Path, "mnt"));
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        Shell.Script($"head -c 1M /dev/urandom > {mount}/wanted; sync");
        await rig.StartAsync();
        string at = Path.Combine(directory.Path, "inside"), file = Path.Combine(directory.Path, "restored");
        CommandResult refused = (await rig.CommandAsync("mount", rig.Volume, "--at", at)).Expect(1);
        Assert.Contains("diskmirror restore", refused.Error, StringComparison.Ordinal);
        (await rig.CommandAsync("restore", rig.Volume, "--server", rig.Listen, "--secret-file", rig.MasterFile, "--to", file)).Expect(0);
        string before = Shell.Run("sha256sum", file);
        (await rig.CommandAsync("mount", file, "--at", at)).Expect(0);
        try
        {
            Shell.Run("cmp", $"{mount}/wanted", $"{at}/wanted");
        }
        finally
        {
            (await rig.CommandAsync("unmount", at)).Expect(0);
        }
        Assert.Equal(before, Shell.Run("sha256sum", file));
    }
}
