# A server and a client of the product in the guest, over its loopback. Sourced by the scripts of the tests.

# start_mirror DISK: server with its store on the drive "store", client, both in the background
start_mirror() {
	mke2fs -q -t ext4 -O ^has_journal $(drive store)
	mkdir /mnt/store
	mount $(drive store) /mnt/store
	cp /program/secret /tmp/secret; chmod 600 /tmp/secret
	run diskmirror.dll server --store /mnt/store/s --listen 127.0.0.1:7878 --secret-file /tmp/secret 2>/tmp/server.log & SERVER=$!
	n=0
	until grep -q "Listening" /tmp/server.log; do
		n=$((n + 1)); [ $n -gt 300 ] && { echo "the server does not listen"; logs; return 1; }
		kill -0 $SERVER || { logs; return 1; }
		sleep 0.5
	done
	echo "::note the server listens"
	run diskmirror.dll client --disk $1 --server 127.0.0.1:7878 --volume v --secret-file /tmp/secret --state-dir /tmp/state 2>/tmp/client.log & CLIENT=$!
	n=0
	until grep -q "Scanning" /tmp/client.log; do
		n=$((n + 1)); [ $n -gt 300 ] && { echo "the client does not scan"; logs; return 1; }
		kill -0 $CLIENT || { logs; return 1; }
		sleep 0.5
	done
	echo "::note the client scans"
	IMAGE=/mnt/store/s/v/image
}

# patiently ARGUMENTS: a command of the product, again and again for up to four minutes: under emulation a process can be busy for longer
# than the control socket's patience
patiently() {
	tries=0
	until run diskmirror.dll "$@" 2>/tmp/patiently; do
		tries=$((tries + 1))
		[ $tries -gt 8 ] && { cat /tmp/patiently; logs; return 1; }
		sleep 2
	done
}

# logs: what both said, when something went wrong
logs() {
	echo "--- server"; cat /tmp/server.log; echo "--- client"; cat /tmp/client.log; dmesg | tail -4
	run diskmirror.dll status --json
	return 1
}

# status: the state of both as a value for the test. Asked by a process that goes on asking: its first question is the slowest, and under
# emulation slower than it waits for an answer.
status() {
	run diskmirror.dll status --json --watch >/tmp/status 2>/dev/null & watcher=$!
	n=0
	until grep -q '"role": *"client".*}' /tmp/status; do
		n=$((n + 1)); [ $n -gt 240 ] && { kill $watcher; logs; return 1; }
		sleep 0.5
	done
	kill $watcher
	echo "::value status $(grep '"role": *"client".*}' /tmp/status | tail -n 1)"
}

# stop_mirror: ends both
stop_mirror() {
	kill $CLIENT $SERVER
	wait $CLIENT $SERVER || true
}

# sectors_read DISK: field 3 of its statistics
sectors_read() { awk '{print $3}' /sys/class/block/${1##*/}/stat; }
