using Mirror.Vm.Tests.Rig;

namespace Mirror.Vm.Tests;

/// <summary>
/// One run of a guest in which disks of three kinds are followed by their taps alone. Under emulation most of the time is booting and starting programs,
/// so all of it happens in one guest.
/// </summary>
public sealed class FollowedGuest
{
    private const string Script =
        """
        . /volumes.sh
        KINDS="zram scsi nvme"
        for k in $KINDS; do
            make_volume $k
            echo $D > /tmp/disk-$k
            run Mirror.Vm.Guest.dll $D /tmp/image-$k /tmp/stop-$k $k & echo $! > /tmp/follower-$k
        done
        for k in $KINDS; do wait_for /tmp/stop-$k.ready 120 $(cat /tmp/follower-$k); done
        echo "::note all are followed"
        for k in $KINDS; do
            D=$(cat /tmp/disk-$k)
            mke2fs -q -t ext4 -b 4096 $D
            mkdir /mnt/$k; mount $D /mnt/$k
            file_load /mnt/$k
            umount /mnt/$k
        done
        sync
        for k in $KINDS; do touch /tmp/stop-$k; done
        for k in $KINDS; do
            wait $(cat /tmp/follower-$k)
            same_bytes $(cat /tmp/disk-$k) /tmp/image-$k
            e2fsck -fn /tmp/image-$k >/dev/null
            echo "::value compared-$k yes"
        done
        """;

    private readonly Lazy<Task<GuestResult>> _run = new(() => GuestTest.RunAsync(Script, new() { ["nvme"] = 96 << 20 }, 420, Guest.FollowerDirectory));

    /// <summary>What the guest wrote, when it has ended; skips the test that asks where no guest can be run.</summary>
    internal Task<GuestResult> RanAsync() => _run.Value;
}
