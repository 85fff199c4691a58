using Mirror.Driver.Disks;

namespace Mirror.Driver.Tests.Disks;

public sealed class MountTableTests
{
    [Fact]
    public void Mountinfo_lines_of_every_shape_are_understood_and_nonsense_is_passed_over()
    {
        List<MountTable.Mount> mounts = MountTable.Parse(
            """
            36 35 98:0 /mnt1 /mnt/two\040words rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue
            37 35 0:42 / /data rw - btrfs /dev/sdb rw
            nonsense
            38 35 x:y / /bad rw - ext4 /dev/sdc rw
            39 35 8:1 / /no-end rw shared:1
            40 35 8:1 / /short rw - ext4
            41 35 8:2 / /last rw - ext4 /dev/sda2
            """);
        Assert.Equal(
            [
                new MountTable.Mount(36, 98, 0, "/mnt1", "/mnt/two words", "ext3", "/dev/root", "rw,errors=continue"),
                new MountTable.Mount(37, 0, 42, "/", "/data", "btrfs", "/dev/sdb", "rw"),
                new MountTable.Mount(41, 8, 2, "/", "/last", "ext4", "/dev/sda2", ""),
            ],
            mounts);
    }

    [Fact]
    public void Swaps_are_devices_and_files() =>
        Assert.Equal(
            ["/dev/sda2", "/swap file"],
            MountTable.ParseSwaps("Filename\tType\tSize\tUsed\tPriority\n/dev/sda2   partition 1 0 -2\n/swap\\040file\tfile\t1\t0\t-3\n"));
}
