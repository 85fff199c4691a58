using Mirror.Vm.Tests.Rig;

namespace Mirror.Vm.Tests;

/// <summary>
/// One run of a guest in which disks of four kinds are followed by their taps alone. Under emulation most of the time is booting and starting programs,
/// so all of it happens in one guest.
/// </summary>
public sealed class FollowedGuest
{
    private const string Script =
        """
        . /volumes.sh
        KINDS="zram scsi nvme held"
        for k in $KINDS; do
            make_volume $k
            echo $D > /tmp/disk-$k
            rise=; [ $k = held ] && rise=/tmp/rise
            run Mirror.Vm.Guest.dll $D /tmp/image-$k /tmp/stop-$k $k $rise & echo $! > /tmp/follower-$k
        done

        # One write is on its way while the rate rises.
        wait_for /tmp/stop-held.off 120 $(cat /tmp/follower-held)
        dmsetup suspend held --noudevsync
        dd if=/dev/urandom of=$(cat /tmp/disk-held) bs=4k seek=5 count=1 oflag=direct 2>/dev/null & writer=$!
        asleep $writer
        touch /tmp/rise
        wait_for /tmp/stop-held.ready 120 $(cat /tmp/follower-held)
        dmsetup resume held --noudevsync --noudevrules
        wait $writer

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

    private readonly Lazy<Task<GuestResult>> _run = new(() => GuestTest.RunAsync(Script, new() { ["nvme"] = 96 << 20, ["held"] = 96 << 20 }, 420, Guest.FollowerDirectory));

    /// <summary>What the guest wrote, when it has ended; skips the test that asks where no guest can be run.</summary>
    internal Task<GuestResult> RanAsync() => _run.Value;
}
