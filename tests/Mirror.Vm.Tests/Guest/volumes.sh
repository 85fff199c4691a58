# The volumes that the tests mirror, and the load on them. Sourced by the scripts of the tests.

# make_volume KIND: sets D to an empty volume of about 96 MB, on the drives of that name
make_volume() {
	case $1 in
	virtio)
		D=$(drive virtio) ;;
	linear) # two segments, in the other order, and one that begins at an odd sector
		echo "0 100003 linear $(drive linear) 80001
100003 90000 linear $(drive linear2) 7" | dmsetup create volume --noudevsync --noudevrules
		D=/dev/dm-0 ;;
	held) # can be suspended: what is written then is queued, and completes when it is resumed
		echo "0 196608 linear $(drive held) 0" | dmsetup create held --noudevsync --noudevrules
		D=/dev/dm-0 ;;
	raid1)
		yes | mdadm --create /dev/md0 --level=1 --raid-devices=2 --assume-clean --metadata=1.2 $(drive raid1) $(drive raid2) >/dev/null
		D=/dev/md0 ;;
	zram)
		later zram num_devices=1
		echo 96M > /sys/block/zram0/disksize
		D=/dev/zram0 ;;
	scsi)
		later scsi_debug dev_size_mb=96 delay=0
		for i in 1 2 3 4 5 6 7 8 9 10; do [ -e /dev/sda ] && break; sleep 0.3; done
		D=/dev/sda ;;
	nvme)
		for i in 1 2 3 4 5 6 7 8 9 10; do [ -e /dev/nvme0n1 ] && break; sleep 0.3; done
		D=/dev/nvme0n1 ;;
	*)
		echo "no volume kind $1"; return 1 ;;
	esac
	[ -b $D ] || { echo "$D is not there"; dmesg | tail; return 1; }
}

# extend_linear: the volume of kind linear gets a third segment while it is in use, as lvextend does it
extend_linear() {
	{ dmsetup table volume; echo "190003 65536 linear $(drive linear2) 90016"; } >/tmp/table
	dmsetup reload volume /tmp/table
	dmsetup suspend volume --noudevsync
	dmsetup resume volume --noudevsync --noudevrules
}

# file_load DIRECTORY: thousands of small files written, renamed, deleted, and larger ones with fsync and past the cache
file_load() {
	mkdir $1/small $1/kept
	i=0
	while [ $i -lt 400 ]; do
		echo "$i $i $i $i" > $1/small/$i
		i=$((i + 1))
	done
	cp -r /etc /usr/sbin $1/kept/
	dd if=/dev/urandom of=$1/large bs=64k count=160 conv=fsync 2>/dev/null
	mv $1/small $1/renamed
	rm -r $1/renamed
	dd if=/dev/urandom of=$1/direct bs=4k count=300 oflag=direct 2>/dev/null
	dd if=/dev/urandom of=$1/large bs=4k seek=77 count=200 conv=notrunc,fsync 2>/dev/null
	i=0
	while [ $i -lt 12 ]; do
		dd if=/dev/urandom of=$1/synced bs=512 seek=$((i * 37)) count=3 conv=notrunc,fsync 2>/dev/null
		i=$((i + 1))
	done
	rm $1/direct
	sync
}

# asleep PROCESS: until it waits for a disk
asleep() {
	n=0
	until [ "$(cut -d' ' -f3 /proc/$1/stat)" = D ]; do
		n=$((n + 1)); [ $n -gt 150 ] && { echo "process $1 does not wait for a disk"; return 1; }
		sleep 0.2
	done
}

# same_bytes DISK IMAGE: compares every byte, past the disk's page cache
same_bytes() {
	[ "$(blockdev --getsize64 $1)" = "$(stat -c %s $2)" ] || { echo "sizes differ"; return 1; }
	dd if=$1 bs=1M iflag=direct 2>/dev/null | cmp - $2
}

# wait_for FILE SECONDS [PROCESS]: until the file is there, the time is over, or the process has ended
wait_for() {
	n=0
	while [ ! -e $1 ]; do
		[ -n "$3" ] && ! kill -0 $3 2>/dev/null && { echo "process $3 has ended"; return 1; }
		n=$((n + 1)); [ $n -gt $(($2 * 5)) ] && { echo "$1 did not come"; return 1; }
		sleep 0.2
	done
}
