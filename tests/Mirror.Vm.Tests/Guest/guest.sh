#!/usr/sbin/dash
# Second stage, in a shell that does not take busybox's own tools before the real ones: what a small system needs, then the script of the test. Its exit code goes to the console, and the machine is switched off.
export PATH=/usr/sbin:/bin HOME=/root TERM=dumb
export DOTNET_ROOT=$(cat /etc/dotnet-root) DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_TieredPGO=0 DOTNET_EnableDiagnostics=0
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /mnt
mount -t tmpfs tmpfs /var
mount -t tmpfs tmpfs /root
mkdir -p /dev/shm /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts 2>/dev/null
mount -t bpf bpf /sys/fs/bpf
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
ip link set lo up
hostname guest
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd

# drive NAME: the device node of the drive that the test attached under this name
drive() {
	for d in /sys/block/vd*; do
		[ "$(cat $d/serial 2>/dev/null)" = "$1" ] && { echo /dev/${d##*/}; return 0; }
	done
	echo "no drive $1" >&2
	return 1
}
# later NAME [PARAMETERS]: inserts a module, and before it those that came along as needed by it
later() {
	name=$1; shift
	for m in /later/*.ko; do
		n=${m##*/???-}
		if [ "$n" = "$name.ko" ]; then insmod $m "$@" || { dmesg | tail -5; return 1; }; return; fi
	done
	return 1
}
# run PROGRAM.dll ARGUMENTS: a program of the drive under test
run() { p=$1; shift; $DOTNET_ROOT/dotnet /program/bin/$p "$@"; }

( set -e; . /program/script.sh )
code=$?
echo "::exit $code"
sync
poweroff -f
