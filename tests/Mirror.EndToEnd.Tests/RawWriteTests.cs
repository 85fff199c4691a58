namespace Mirror.EndToEnd.Tests;

/// <summary>Writes to the device itself, begun before the scan ends and again in Live: image and disk are identical afterwards.</summary>
public sealed class RawWriteTests
{
    private const int DiskMiB = 384;

    [SkippableFact]
    public Task Direct_writes_of_512_bytes_at_odd_sectors() => RunAsync(
        "fio --name=odd --filename=$DISK --direct=1 --ioengine=psync --rw=randwrite --bs=512 --offset=512 --offset_increment=96m --numjobs=2 --size=40m --io_size=4m --refill_buffers --randrepeat=0 --output=/dev/null; "
        + "fio --name=three --filename=$DISK --direct=1 --ioengine=psync --rw=randwrite --bs=1536 --blockalign=512 --offset=200m --size=40m --io_size=3m --refill_buffers --randrepeat=0 --output=/dev/null",
        "fio");

    /// <summary>At last writes of which each overlaps the one before it in the queue: either may be the one that the disk keeps.</summary>
    [SkippableFact]
    public Task Deep_queues_of_mixed_sizes() => RunAsync(
        "fio --name=mix --filename=$DISK --direct=1 --ioengine=libaio --iodepth=32 --rw=randwrite --bsrange=512-1m --blockalign=512 --serialize_overlap=1 --size=300m --io_size=200m --refill_buffers --randrepeat=0 --output=/dev/null; "
        + "fio --name=overlap --filename=$DISK --direct=1 --ioengine=libaio --iodepth=32 --rw=write:-32k --bs=64k --size=200m --rate=200m --refill_buffers --output=/dev/null",
        "fio");

    /// <summary>A file system in memory refuses the command of write-zeroes, and the kernel writes zeroes instead after the first failure.</summary>
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Discards_and_zeroes_of_ranges_small_and_large(bool memory) => RunAsync(
        """
        for i in $(seq 1 60); do
            at=$((RANDOM % 300)) odd=$((RANDOM % 64))
            dd if=/dev/urandom of=$DISK bs=64k count=16 seek=$((at * 16)) iflag=fullblock oflag=direct conv=notrunc status=none
            case $((i % 4)) in
                0) blkdiscard -f -o $((at << 20)) -l $((1 << 19)) $DISK;;
                1) blkdiscard -f -z -o $(((at << 20) + odd * 512)) -l $((65536 + odd * 512)) $DISK;;
                2) fallocate -z -o $(((at << 20) + odd * 4096)) -l 262144 $DISK;;
                3) fallocate -p -o $(((at << 20) + odd * 4096)) -l 131072 $DISK 2>/dev/null || $MEMORY;;
            esac
        done
        blkdiscard -f -o $((320 << 20)) $DISK
        """, ["blkdiscard", "fallocate"], _ => { }, memory);

    [SkippableFact]
    public async Task A_discard_of_the_whole_disk_in_Live()
    {
        await RunAsync("head -c 200M /dev/urandom | dd of=$DISK bs=1M oflag=direct iflag=fullblock status=none; blkdiscard -f $DISK; head -c 3M /dev/urandom | dd of=$DISK bs=1M seek=70 oflag=direct iflag=fullblock status=none", "blkdiscard");
    }

    [SkippableFact]
    public async Task File_systems_made_one_after_the_other_over_the_mirrored_disk()
    {
        foreach (string type in (string[])["ext4", "xfs", "btrfs"]) Requirements.NeedFileSystem(type);
        await RunAsync(
            """
            for type in ext4 xfs btrfs; do
                case $type in ext4) mkfs.ext4 -q -F $DISK;; *) mkfs.$type -q -f $DISK;; esac
                mkdir -p $D/mnt
                mount $DISK $D/mnt
                head -c 30M /dev/urandom > $D/mnt/random
                cp -r /usr/share/doc/[a-f]* $D/mnt/ 2>/dev/null || true
                umount $D/mnt
            done
            """, ["mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "btrfs"], image => Shell.Run("btrfs", "check", "--readonly", image));
    }

    private static Task RunAsync(string script, params string[] programs) => RunAsync(script, programs, _ => { });

    private static async Task RunAsync(string script, string[] programs, Action<string> check, bool memory = true)
    {
        Requirements.Need(programs);
        using var directory = new TempDirectory(memory);
        using var disk = new LoopDisk(directory.Path, DiskMiB << 20);
        Requirements.NeedTap(disk.Path);
        Shell.Script($"head -c {DiskMiB}M /dev/urandom | dd of='{disk.Path}' bs=1M iflag=fullblock oflag=direct status=none");
        await using var rig = new MirrorRig(disk.Path, directory.Path) { Options = o => o with { ReadLimit = 150 << 20 } };
        await rig.StartServerAsync();
        string work = $"DISK='{disk.Path}' D='{directory.Path}' MEMORY={(memory ? "true" : "false")}; {script}";
        Task running = Task.Run(() => Shell.Script(work));
        rig.StartClient();
        await rig.WaitLiveAsync();
        await running;
        Assert.NotEqual(0, rig.WritesDuringScan);
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        await rig.WaitLiveAsync();
        Shell.Script(work);
        // Buffered writes (of mkfs) are written when the last one closes the device; whatever is not, now.
        Shell.Run("blockdev", "--flushbufs", disk.Path);
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Status.Scans);
        check(rig.Image);
    }
}
