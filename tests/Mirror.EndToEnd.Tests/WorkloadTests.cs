namespace Mirror.EndToEnd.Tests;

/// <summary>After each of these workloads in a file system, begun before the scan ends and again in Live, image and disk are identical.</summary>
public sealed class WorkloadTests
{
    private const string SmallFiles = "cp -r /usr/share/doc \"$M/doc1\" 2>/dev/null || true; rm -rf \"$M/doc1\"; cp -r /usr/share/doc \"$M/doc2\" 2>/dev/null || true; find \"$M/doc2\" -name '*.gz' -delete; rm -rf \"$M/doc2\"/a*; sync -f \"$M\"";

    private const string Database =
        """
        run() {
            db=$1 mode=$2
            {
                echo "PRAGMA journal_mode=$mode; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=50;"
                echo 'CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, k INTEGER, v BLOB); CREATE INDEX IF NOT EXISTS i ON t(k);'
                for n in $(seq 1 250); do
                    echo "BEGIN; INSERT INTO t(k,v) SELECT abs(random())%1000, randomblob(abs(random())%3000) FROM (VALUES(1),(2),(3),(4),(5));"
                    echo "UPDATE t SET v=randomblob(500) WHERE k=$((n*7%1000)); DELETE FROM t WHERE k=$((n*13%1000)); COMMIT;"
                done
                echo 'PRAGMA integrity_check;'
            } | sqlite3 "$db" | tail -1 | grep -qx ok
        }
        run "$M/wal.db" WAL & wal=$!
        run "$M/rollback.db" DELETE
        wait $wal
        """;

    [SkippableFact]
    public Task Thousands_of_small_files_that_come_and_go() => RunAsync("ext4", SmallFiles, "e2fsck -fn");

    [SkippableFact]
    public Task Random_4_KiB_writes_with_fsync() => RunAsync("ext4",
        "fio --name=r --directory=\"$M\" --rw=randwrite --bs=4k --size=64m --io_size=48m --fsync=8 --ioengine=psync --output=/dev/null", "e2fsck -fn", programs: "fio");

    [SkippableFact]
    public Task A_database_under_load() => RunAsync("ext4", Database, "e2fsck -fn", check:
        // The image as another host would use it after the disk is gone, on a copy, because opening a database writes.
        "cp --sparse=always \"$IMAGE\" \"$D/copy.img\"; mount -o loop \"$D/copy.img\" \"$D/mnt\"; trap 'umount \"$D/mnt\"' EXIT; for db in wal rollback; do sqlite3 \"$D/mnt/$db.db\" 'PRAGMA integrity_check; SELECT count(*)>0 FROM t;' | tr '\\n' ' ' | grep -qx 'ok 1 '; done",
        programs: "sqlite3");

    [SkippableFact]
    public Task Discards_of_a_mounted_file_system() => RunAsync("ext4",
        "for i in 1 2 3; do head -c 20M /dev/urandom > \"$M/big$i\"; done; sync -f \"$M\"; rm \"$M/big2\"; sync -f \"$M\"; fstrim \"$M\"; head -c 5M /dev/urandom > \"$M/small\"; rm \"$M/big1\"; sync -f \"$M\"",
        "e2fsck -fn", mountOptions: "noatime,discard", programs: "fstrim");

    [SkippableFact]
    public Task Xfs_under_small_files_and_random_writes() => RunAsync("xfs",
        SmallFiles + "; fio --name=r --directory=\"$M\" --rw=randwrite --bs=4k --size=32m --fsync=8 --ioengine=psync --output=/dev/null; fstrim \"$M\"", "xfs_repair -n -f", programs: "fio");

    [SkippableFact]
    public Task Btrfs_under_small_files_and_random_writes() => RunAsync("btrfs",
        SmallFiles + "; fio --name=r --directory=\"$M\" --rw=randwrite --bs=4k --size=32m --io_size=8m --fsync=8 --ioengine=psync --output=/dev/null; fstrim \"$M\"", "btrfs check --readonly", programs: "fio");

    private static async Task RunAsync(string fileSystem, string script, string fsck, string mountOptions = "noatime", string? check = null, params string[] programs)
    {
        Requirements.Need([.. programs, fsck.Split(' ')[0]]);
        Requirements.NeedFileSystem(fileSystem);
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 512 << 20);
        Requirements.NeedTap(disk.Path);
        Shell.Run($"mkfs.{fileSystem}", "-q", disk.Path);
        string mount = disk.Mount(Path.Combine(directory.Path, "mnt"), options: mountOptions);
        Shell.Script($"head -c 100M /dev/urandom > '{mount}/filler'; sync -f '{mount}'");
        await using var rig = new MirrorRig(disk.Path, directory.Path) { Options = o => o with { ReadLimit = 100 << 20 } };
        await rig.StartServerAsync();
        Task work = Task.Run(() => Shell.Script($"M='{mount}'; {script}"));
        rig.StartClient();
        await rig.WaitLiveAsync();
        await work;
        Assert.NotEqual(0, rig.WritesDuringScan);
        Shell.Script($"M='{mount}'; {script}");
        disk.Unmount(mount);
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Status.Scans);
        Shell.Script($"{fsck} '{rig.Image}' >&2");
        if (check is not null) Shell.Script($"D='{directory.Path}' IMAGE='{rig.Image}'; {check}");
    }
}
