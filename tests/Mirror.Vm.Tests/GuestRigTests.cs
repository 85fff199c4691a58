using Mirror.Vm.Tests.Rig;
using Xunit.Abstractions;

namespace Mirror.Vm.Tests;

/// <summary>The rig itself: without these, a failing mirror test could not be told from a failing machine.</summary>
[Collection("one guest at a time")]
public sealed class GuestRigTests(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task The_stock_kernel_boots_runs_dotnet_and_has_the_devices_that_the_tests_need()
    {
        GuestResult result = await GuestTest.RunAsync(
            """
            echo "::value kernel $(uname -r)"
            test -s /sys/kernel/btf/vmlinux
            grep -q "Memory" /proc/iomem || true
            D=$(drive data)
            mke2fs -q -t ext4 $D
            mkdir -p /mnt/d && mount $D /mnt/d && umount /mnt/d
            $DOTNET_ROOT/dotnet --list-runtimes
            echo "0 100 linear $D 0
            100 100 linear $D 300" | dmsetup create two --noudevsync --noudevrules
            echo "::value dm $(cat /sys/block/dm-0/size)"
            later scsi_debug dev_size_mb=8
            later zram num_devices=1
            later null_blk nr_devices=1 memory_backed=1
            lsmod
            dmsetup remove --noudevsync two
            yes | mdadm --create /dev/md0 --level=1 --raid-devices=2 --assume-clean --metadata=1.2 $D $(drive data2)
            echo "::value md $(cat /sys/block/md0/md/level)"
            """,
            new() { ["data"] = 64 << 20, ["data2"] = 64 << 20 }, 120);
        output.WriteLine(result.Console);
        Assert.StartsWith("6.1.", result.Successful().Value("kernel"));
        Assert.Equal("200", result.Value("dm"));
        Assert.Equal("raid1", result.Value("md"));
    }

    [SkippableFact]
    public async Task A_script_that_fails_is_a_failed_test()
    {
        GuestResult result = await GuestTest.RunAsync("false\necho not reached", [], 60);
        Assert.Equal(1, result.ExitCode);
        Assert.DoesNotContain("not reached", result.Console);
    }
}
