using Mirror.Vm.Tests.Rig;

namespace Mirror.Vm.Tests;

/// <summary>
/// One run of a guest for the tests that need the whole product there: a server and three volumes, each of a kind, mirrored side by side.
/// Under emulation most of the time is starting programs, so all of it happens in one guest.
/// </summary>
public sealed class MirroredGuest
{
    private const string Script =
        """
        . /volumes.sh
        . /mirror.sh
        KINDS="virtio linear raid1"
        start_server
        for k in $KINDS; do
            make_volume $k
            echo $D > /tmp/disk-$k
            mke2fs -q -t ext4 -b 4096 $D
            mkdir /mnt/$k; mount $D /mnt/$k
            mkdir /mnt/$k/before; file_load /mnt/$k/before
        done
        disk() { cat /tmp/disk-$1; }
        said "Listening" /tmp/server.log
        echo "::note the server listens"

        # Writing goes on from before the scans until after Live.
        ( n=0; while [ ! -e /tmp/enough ]; do
            n=$((n + 1))
            for k in $KINDS; do
                mkdir -p /mnt/$k/load
                dd if=/dev/urandom of=/mnt/$k/load/$n bs=4k count=$((n % 40 + 1)) conv=fsync 2>/dev/null
                mv /mnt/$k/load/$n /mnt/$k/load/new$((n % 7))
                [ $((n % 11)) = 0 ] && rm -r /mnt/$k/load
            done
            sleep 0.2
          done ) & load=$!
        for k in $KINDS; do start_client $k $(disk $k); done
        for k in $KINDS; do said "Scanning" /tmp/client-$k.log; done
        echo "::note the clients scan"
        for k in $KINDS; do said "CatchUp -> Live" /tmp/client-$k.log; done
        echo "::note Live"
        sleep 1
        touch /tmp/enough; wait $load

        # Live and quiet: what is written now past the cache must come from the tap, not by reading the disk.
        idle $KINDS
        echo "::note quiet"
        for k in $KINDS; do
            sectors_read $(disk $k) > /tmp/read-$k
            dd if=/dev/urandom of=/mnt/$k/direct bs=64k count=128 oflag=direct conv=fsync 2>/dev/null
            mkdir /mnt/$k/after; file_load /mnt/$k/after
            umount /mnt/$k
        done
        idle $KINDS
        for k in $KINDS; do echo "::value read-sectors-$k $(($(sectors_read $(disk $k)) - $(cat /tmp/read-$k)))"; done

        # A volume grows in use.
        mount $(disk linear) /mnt/linear
        extend_linear
        resize2fs $(disk linear)
        mkdir /mnt/linear/wider; file_load /mnt/linear/wider
        echo "::note written beyond the old end"
        n=0
        until [ "$(stat -c %s $(image linear))" = "$(blockdev --getsize64 $(disk linear))" ]; do
            n=$((n + 1)); [ $n -gt 240 ] && { echo "the image does not grow"; logs; exit 1; }
            sleep 0.5
        done
        echo "::note the image has grown"
        mkdir /mnt/linear/later; file_load /mnt/linear/later
        umount /mnt/linear
        idle linear

        status 3
        stop_mirror
        for k in $KINDS; do
            same_bytes $(disk $k) $(image $k) || { ls -l $(image $k); logs; }
            e2fsck -fn $(image $k) >/dev/null
            echo "::value compared-$k yes"
        done
        cat /tmp/client-linear.log
        """;

    private const long VolumeBytes = 96 << 20;

    private static readonly string[] _volumeDrives = ["virtio", "linear", "linear2", "raid1", "raid2"];

    private readonly Lazy<Task<GuestResult>> _run = new(() => GuestTest.RunAsync(Script, new(_volumeDrives.Select(name => KeyValuePair.Create(name, VolumeBytes))) { ["store"] = 1 << 30 }, 660));

    /// <summary>What the guest wrote, when it has ended; skips the test that asks where no guest can be run.</summary>
    internal Task<GuestResult> RanAsync() => _run.Value;
}
