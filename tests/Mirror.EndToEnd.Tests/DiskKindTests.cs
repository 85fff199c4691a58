namespace Mirror.EndToEnd.Tests;

/// <summary>Disks that are not whole loop devices of a modest size.</summary>
public sealed class DiskKindTests
{
    private const long MiB = 1 << 20;

    [SkippableFact]
    public async Task A_partition_whose_neighbours_are_written_too()
    {
        Requirements.Need("mkfs.ext4", "e2fsck", "fio", "addpart");
        using var directory = new TempDirectory(memory: true);
        // The middle one begins and ends at odd sectors: what lies beside it shares granules with nothing of it.
        using var disk = new LoopDisk(directory.Path, 600 * MiB, partitions: [(2048, 200_001), (202_049, 600_001), (802_050, 300_000)]);
        Requirements.NeedTap(disk.Partition(2));
        Shell.Run("mkfs.ext4", "-q", disk.Partition(2));
        string mount = disk.Mount(Path.Combine(directory.Path, "mnt"), disk.Partition(2));
        Shell.Script($"head -c 80M /dev/urandom > '{mount}/filler'; sync -f '{mount}'");
        await using var rig = new MirrorRig(disk.Partition(2), directory.Path) { Options = o => o with { ReadLimit = 60 << 20 } };
        await rig.StartServerAsync();
        string neighbours = string.Join(" & ", new[] { 1, 3 }.Select(n =>
            $"fio --name=n{n} --filename={disk.Partition(n)} --direct=1 --ioengine=psync --rw=randwrite --bs=8k --size=60m --io_size=30m --output=/dev/null"));
        // Through the whole disk, straddling both borders of the neighbours but not the partition itself.
        string script = $"{neighbours} & dd if=/dev/urandom of={disk.Path} bs=512 seek=202040 count=9 oflag=direct conv=notrunc status=none & dd if=/dev/urandom of={disk.Path} bs=512 seek=802050 count=9 oflag=direct conv=notrunc status=none & "
            + $"cp -r /usr/share/doc/[a-h]* '{mount}/' 2>/dev/null || true; sync -f '{mount}'; rm -rf '{mount}'/[a-c]*; sync -f '{mount}'; wait";
        Task work = Task.Run(() => Shell.Script(script));
        rig.StartClient();
        await rig.WaitLiveAsync();
        await work;
        Assert.NotEqual(0, rig.WritesDuringScan);
        Shell.Script(script);
        disk.Unmount(mount);
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Status.Scans);
        Shell.Run("e2fsck", "-fn", rig.Image);
    }

    [SkippableFact]
    public async Task A_device_without_requests()
    {
        Requirements.Need("mkfs.ext4", "e2fsck", "fio");
        using var directory = new TempDirectory(memory: true);
        using var disk = ZramDisk.Create(384 * MiB);
        Requirements.NeedTap(disk.Path);
        Shell.Run("mkfs.ext4", "-q", disk.Path);
        string mount = disk.Mount(Path.Combine(directory.Path, "mnt"));
        Shell.Script($"head -c 80M /dev/urandom > '{mount}/filler'; sync -f '{mount}'");
        await using var rig = new MirrorRig(disk.Path, directory.Path) { Options = o => o with { ReadLimit = 100 << 20 } };
        await rig.StartServerAsync();
        string script = $"cp -r /usr/share/doc/[a-l]* '{mount}/' 2>/dev/null || true; sync -f '{mount}'; rm -rf '{mount}'/[a-c]*; "
            + $"fio --name=r --directory='{mount}' --rw=randwrite --bs=4k --size=32m --fsync=8 --ioengine=psync --output=/dev/null; rm '{mount}'/r*; fstrim '{mount}'";
        Task work = Task.Run(() => Shell.Script(script));
        rig.StartClient();
        await rig.WaitLiveAsync();
        await work;
        Assert.NotEqual(0, rig.WritesDuringScan);
        Shell.Script(script);
        disk.Unmount(mount);
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Status.Scans);
        Shell.Run("e2fsck", "-fn", rig.Image);
    }

    [SkippableFact]
    public async Task A_sparse_disk_of_3_TiB_with_writes_beyond_2_TiB()
    {
        Requirements.Need("fio", "xfs_repair");
        Requirements.NeedFileSystem("xfs");
        const long gib = 1024 * MiB, size = 3072 * gib;
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, size);
        Requirements.NeedTap(disk.Path);
        Write(disk.Path, (0, 8), (100 * gib, 8), (2048 * gib - MiB, 2), (2500 * gib + 512, 8), (size - 2 * MiB, 2));
        await using var rig = new MirrorRig(disk.Path, directory.Path);
        await rig.StartServerAsync();
        Task work = Task.Run(() => Shell.Script(
            $"fio --name=far --filename={disk.Path} --direct=1 --ioengine=psync --rw=randwrite --bs=4k --offset=2200g --size=700g --io_size=2m --norandommap --rate=500k --refill_buffers --output=/dev/null"));
        DateTime begun = DateTime.UtcNow;
        await Task.Run(() => SpinWait.SpinUntil(() => Comparison.Stored(disk.BackingFile).Any(run => run.Start > 2200 * gib && run.Start < 2500 * gib), TimeSpan.FromSeconds(20)));
        rig.StartClient();
        await rig.WaitLiveAsync(TimeSpan.FromSeconds(60));
        await work;
        await rig.WaitIdleAsync();
        Assert.True(DateTime.UtcNow - begun < TimeSpan.FromSeconds(60), "The zeroes of a sparse disk were read.");
        Comparison.AssertIdenticalWhereStored(disk.Path, disk.BackingFile, rig.Image);

        Write(disk.Path, (2048 * gib - MiB, 2), (2600 * gib + 1536, 3), (size - MiB, 1));
        Shell.Run("mkfs.xfs", "-q", "-K", "-f", disk.Path);
        string mount = disk.Mount(Path.Combine(directory.Path, "mnt"));
        // Directories go to the allocation groups in turn, of which the last begins beyond 2 TiB.
        Shell.Script($"for i in $(seq 1 16); do mkdir '{mount}'/$i; cp -r /usr/share/doc/[a-b]* '{mount}'/$i/ 2>/dev/null || true; done; sync -f '{mount}'");
        disk.Unmount(mount);
        await rig.WaitIdleAsync();
        Comparison.AssertIdenticalWhereStored(disk.Path, disk.BackingFile, rig.Image);
        Assert.Contains(Comparison.Stored(rig.Image), run => run.Start > 2048 * gib + 300 * gib);
        Assert.Equal(1, rig.Status.Scans);
        Shell.Run("xfs_repair", "-n", "-f", rig.Image);
        // What was never written takes no room at the other end either.
        Assert.True(Comparison.Stored(rig.Image).Sum(run => run.End - run.Start) < 4 * gib);
    }

    private static void Write(string disk, params (long Offset, int MiB)[] ranges)
    {
        foreach ((long offset, int mib) in ranges)
            Shell.Script($"head -c {mib}M /dev/urandom | dd of='{disk}' bs=1M oflag=direct,seek_bytes iflag=fullblock seek={offset} conv=notrunc status=none");
    }
}
