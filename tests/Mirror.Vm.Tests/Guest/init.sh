#!/bin/busybox sh
# First process of the guest: inserts modules, mounts the drive with the system, and goes there.
export PATH=/bin
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for m in /modules/*.ko; do $b insmod $m || echo "::note module $m not inserted"; done
find_drive() {
	for i in 1 2 3 4 5 6 7 8 9 10; do
		for d in /sys/block/vd*; do
			[ "$($b cat $d/serial 2>/dev/null)" = "$1" ] && { echo /dev/${d##*/}; return 0; }
		done
		$b sleep 0.2
	done
	return 1
}
$b mount -t ext4 -o ro $(find_drive system) /system || { echo "::exit 98"; $b poweroff -f; }
$b mount -t tmpfs tmpfs /system/later
$b cp /later/*.ko /system/later/
$b mount -t ext4 -o ro $(find_drive program) /system/program || { echo "::exit 97"; $b poweroff -f; }
$b mount --move /proc /system/proc
$b mount --move /sys /system/sys
$b mount --move /dev /system/dev
exec $b switch_root /system /usr/sbin/dash /guest.sh
