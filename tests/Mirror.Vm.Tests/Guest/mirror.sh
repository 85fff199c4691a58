# A server and clients of the product in the guest, over its loopback. Sourced by the scripts of the tests.

# start_server: with its store on the drive "store", in the background
start_server() {
	mke2fs -q -t ext4 -O ^has_journal $(drive store)
	mkdir /mnt/store
	mount $(drive store) /mnt/store
	cp /program/secret /tmp/secret; chmod 600 /tmp/secret
	run diskmirror.dll server --store /mnt/store/s --listen 127.0.0.1:7878 --secret-file /tmp/secret 2>/tmp/server.log & SERVER=$!
	CLIENTS=
}

# start_client VOLUME DISK: a client in the background
start_client() {
	run diskmirror.dll client --disk $2 --server 127.0.0.1:7878 --volume $1 --secret-file /tmp/secret --state-dir /tmp/state-$1 2>/tmp/client-$1.log & CLIENTS="$CLIENTS $!"
}

# image VOLUME: where the server keeps it
image() { echo /mnt/store/s/$1/image; }

# said TEXT LOG: waits until one of them has written it
said() {
	n=0
	until grep -q "$1" $2; do
		n=$((n + 1)); [ $n -gt 480 ] && { echo "'$1' is not in $2"; logs; return 1; }
		for p in $SERVER $CLIENTS; do kill -0 $p || { logs; return 1; }; done
		sleep 0.5
	done
}

# idle VOLUME...: waits until everything written is safe; all at the same time
idle() {
	waiting=
	for v in "$@"; do patiently $v wait $v --state Live --idle --timeout 60 & waiting="$waiting $!"; done
	for w in $waiting; do wait $w; done
}

# patiently NAME ARGUMENTS: a command of the product, again and again for up to four minutes: under emulation a process can be busy for longer
# than the control socket's patience
patiently() {
	name=$1; shift
	tries=0
	until run diskmirror.dll "$@" 2>/tmp/patiently-$name; do
		tries=$((tries + 1))
		[ $tries -gt 8 ] && { cat /tmp/patiently-$name; logs; return 1; }
		sleep 2
	done
}

# logs: what they said, when something went wrong
logs() {
	for f in /tmp/server.log /tmp/client-*.log; do echo "--- $f"; cat $f; done
	dmesg | tail -4
	run diskmirror.dll status --json
	return 1
}

# status VOLUMES: the state of both ends of so many as a value for the test. Asked by a process that goes on asking: its first question is
# the slowest, and under emulation slower than it waits for an answer.
status() {
	run diskmirror.dll status --json --watch >/tmp/status 2>/dev/null & watcher=$!
	all=$(for i in $(seq $1); do printf '"role": *"client".*'; done)
	n=0
	until grep -q "$all}" /tmp/status; do
		n=$((n + 1)); [ $n -gt 240 ] && { kill $watcher; logs; return 1; }
		sleep 0.5
	done
	kill $watcher
	echo "::value status $(grep "$all}" /tmp/status | tail -n 1)"
}

# stop_mirror: ends them all
stop_mirror() {
	kill $CLIENTS $SERVER
	wait $CLIENTS $SERVER || true
}

# sectors_read DISK: field 3 of its statistics
sectors_read() { awk '{print $3}' /sys/class/block/${1##*/}/stat; }
