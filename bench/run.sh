#!/usr/bin/env bash
# The benchmarks of docs/benchmarks.md: side by side with named peers, in one run, on one machine, everything in memory so that no disk of
# the host decides. Every copy is compared byte by byte with its source. Run by ./build.sh bench [NAME...]; as root.
#
#   bench/run.sh [tap-off] [tap-off-zram] [tap-hi] [rescan] [first-copy] [zero] [live] [latency] [archive]
#                [storm] [verify] [restore]
#
# BENCH_GIB (4) sets the size of the large disks; out/bench keeps the logs. The last lines are the table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
((EUID == 0)) || { echo "bench/run.sh: needs root (loop devices, the tap)" >&2; exit 1; }
PROGRAM=$PWD/out/bin/diskmirror
BENCH=(dotnet "$PWD/bench/Mirror.Bench/bin/Release/net10.0/Mirror.Bench.dll")
[[ -x $PROGRAM ]] || { echo "bench/run.sh: ./build.sh first" >&2; exit 1; }
GIB=${BENCH_GIB:-4}
T=$(mktemp -d /dev/shm/bench-XXXXXX)
export DISKMIRROR_RUN=$T/run
PINS=/sys/fs/bpf/$(basename "$T")	# of the taps that Mirror.Bench attaches itself: a tap outlives the process that is killed
LOGS=$PWD/out/bench; mkdir -p "$LOGS"
PORT=$((20000 + RANDOM % 20000))
SERVER='' CLIENT='' PEER='' WRITER='' LOOPS=() MOUNTS=() ZRAM='' VOLUME=''
rows=()

cleanup() {
	set +e
	stop_mirror
	for p in $PEER $WRITER; do kill "$p" 2>/dev/null && wait "$p" 2>/dev/null; done
	rm -rf "$PINS"
	for m in "${MOUNTS[@]}"; do umount "$m" 2>/dev/null; done
	for l in "${LOOPS[@]}"; do losetup -d "$l" 2>/dev/null; done
	[[ -n $ZRAM ]] && echo "$ZRAM" >/sys/class/zram-control/hot_remove
	rm -rf "$T"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '%s\n' "$*"; }
row() { rows+=("| $1 | $2 | $3 | $4 |"); say "   $1: $2 ($4)"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
now() { date +%s.%N; }
field() { sed -n "s/.*\b$1=\([^ ]*\).*/\1/p"; }

# Random bytes faster than /dev/urandom gives them: random_file FILE BYTES
random_file() { openssl enc -aes-128-ctr -pass "pass:$RANDOM$RANDOM" -nosalt -pbkdf2 </dev/zero 2>/dev/null | head -c "$2" >"$1" || true; }

loop_of() { LOOP=$(losetup -f --show "$1"); LOOPS+=("$LOOP"); }
drop_loop() { losetup -d "$1"; }

# start_mirror DISK [server options]: server and client of a new volume; their logs go to out/bench
start_mirror() {
	local disk=$1; shift
	VOLUME=bench-$$-$RANDOM PORT=$((PORT + 1))
	[[ -f $T/secret ]] || "$PROGRAM" secret new --out "$T/secret" >/dev/null
	"$PROGRAM" server --store "$T/store" --listen "127.0.0.1:$PORT" --secret-file "$T/secret" "${@//@VOLUME@/$VOLUME}" 2>"$LOGS/$NAME.server.log" & SERVER=$!
	start_client "$disk" "127.0.0.1:$PORT"
}
start_client() {
	: >"$LOGS/$NAME.client.log"	# now, not when the client has come so far: logged() must not read the last one's
	"$PROGRAM" client --disk "$1" --server "$2" --volume "$VOLUME" --secret-file "$T/secret" --state-dir "$T/state" \
		${CLIENT_OPTIONS:-} 2>"$LOGS/$NAME.client.log" & CLIENT=$!
}
stop_mirror() {
	[[ -n $CLIENT ]] && { "$PROGRAM" stop "$VOLUME" >/dev/null 2>&1 || kill "$CLIENT" 2>/dev/null; wait "$CLIENT" 2>/dev/null; }
	[[ -n $SERVER ]] && { kill "$SERVER" 2>/dev/null; wait "$SERVER" 2>/dev/null; }
	CLIENT='' SERVER=''
	rm -rf "$T/store"
}
live() { "$PROGRAM" wait "$VOLUME" --state Live --timeout "${1:-300}"; }
idle() { "$PROGRAM" wait "$VOLUME" --idle --timeout "${1:-300}"; }

# Waits until the client has logged PATTERN so many TIMES. It starts no program that does much: on two processors that would be measured too.
logged() {
	until (($(grep -cE -- "$1" "$LOGS/$NAME.client.log") >= $2)); do
		kill -0 "$CLIENT" 2>/dev/null || { echo "bench/run.sh: $NAME: the client has ended; see $LOGS/$NAME.client.log" >&2; exit 1; }
		sleep 0.2
	done
}

# The client's status field as a number or word: status ROLE FIELD
status() {
	"$PROGRAM" status --json | awk -v role="\"$1\"" -v name="\"$2\":" -v volume="\"$VOLUME\"" '
		/^  \{/ { r = v = x = "" } { gsub(/,$/, "") } $1 == "\"role\":" { r = $2 } $1 == "\"volume\":" { v = $2 } $1 == name { x = $2 }
		/^  \}/ { if (r == role && v == volume) { gsub(/"/, "", x); print x } }'
}

# The time of a line of the client's log, in seconds: at PATTERN [LAST]
at() { grep -E -- "$1" "$LOGS/$NAME.client.log" | if [[ ${2:-} ]]; then tail -n 1; else head -n 1; fi | cut -d' ' -f1,2 | xargs -I{} date -d '{} UTC' +%s.%N; }
between() { awk -v a="$(at "$1" "${3:-}")" -v b="$(at "$2" last)" 'BEGIN { printf "%.3f", b - a }'; }
same() { cmp "$1" "$2" || { say "bench/run.sh: $NAME: image and disk DIFFER" >&2; exit 1; }; }

# fio_write DISK SECONDS OPTIONS...: prints KiB/s and writes/s
fio_write() {
	local disk=$1 seconds=$2; shift 2
	fio --name=w --filename="$disk" --direct=1 --ioengine=libaio --time_based --runtime="$seconds" --minimal --randrepeat=0 "$@" | awk -F';' '{ print $48, $49 }'
}

bench_tap_off_on() { # DISK LABEL
	local disk=$1 i bare=() with=() b w
	for i in 1 2 3 4 5; do
		bare+=("$(fio_write "$disk" 4 --rw=randwrite --bs=4k --iodepth=16 | cut -d' ' -f2)")
		VOLUME=bench-$$-$RANDOM
		[[ -f $T/secret ]] || "$PROGRAM" secret new --out "$T/secret" >/dev/null
		start_client "$disk" "127.0.0.1:1" # nobody listens: the rate stays Off, the bitmaps fill
		until [[ $(status client tap 2>/dev/null) == ebpf ]]; do sleep 0.2; done
		[[ $(status client rate) == Off ]] || { say "the rate is not Off" >&2; exit 1; }
		with+=("$(fio_write "$disk" 4 --rw=randwrite --bs=4k --iodepth=16 | cut -d' ' -f2)")
		stop_mirror
	done
	b=$(printf '%s\n' "${bare[@]}" | median) w=$(printf '%s\n' "${with[@]}" | median)
	row "Tap, bitmap only, 4 KiB random direct writes, $2" "$(ratio "$w" "$b") of the bare rate" "at least 0.95" "bare $b/s, with tap $w/s; medians of 5 by turns; bare ${bare[*]}; tap ${with[*]}"
}

bench_tap-off() {
	truncate -s 1G "$T/disk"; loop_of "$T/disk"
	fio_write "$LOOP" 2 --rw=write --bs=1m >/dev/null
	bench_tap_off_on "$LOOP" "loop over tmpfs"
	drop_loop "$LOOP"; rm "$T/disk"
}

bench_tap-off-zram() {
	[[ -e /sys/class/zram-control/hot_add ]] || { say "no zram here"; return; }
	ZRAM=$(cat /sys/class/zram-control/hot_add)
	echo 512M >"/sys/block/zram$ZRAM/disksize"
	bench_tap_off_on "/dev/zram$ZRAM" "zram (bio-based)"
	echo "$ZRAM" >/sys/class/zram-control/hot_remove; ZRAM=''
}

bench_tap-hi() {
	local i bare=() with=() b w seen
	truncate -s 1G "$T/disk"; loop_of "$T/disk"
	fio_write "$LOOP" 3 --rw=write --bs=1m >/dev/null
	for i in 1 2 3; do
		bare+=("$(fio_write "$LOOP" 6 --rw=randwrite --bs=64k --iodepth=4 --rate=500m | cut -d' ' -f1)")
		start_mirror "$LOOP"; live; idle
		"${BENCH[@]}" watch "$VOLUME" 5 >"$T/watch" & local watcher=$!
		with+=("$(fio_write "$LOOP" 6 --rw=randwrite --bs=64k --iodepth=4 --rate=500m | cut -d' ' -f1)")
		wait "$watcher"; seen=$(cat "$T/watch")
		live; idle; same "$LOOP" "$T/store/$VOLUME/image"
		stop_mirror
	done
	b=$(printf '%s\n' "${bare[@]}" | median) w=$(printf '%s\n' "${with[@]}" | median)
	row "Tap at Hi, a writer that does 500 MB/s (64 KiB), client and server on the same machine" "$(ratio "$w" "$b") of the bare rate" "at least 0.95" \
		"bare $((b / 1000)) MB/s, mirrored $((w / 1000)) MB/s; medians of 3 by turns; rates seen $(field rates <<<"$seen")"
	drop_loop "$LOOP"; rm "$T/disk"
}

bench_rescan() {
	local bytes=$((GIB << 30)) ours=() theirs=() i start o r wire received sent
	random_file "$T/disk" "$bytes"; loop_of "$T/disk"
	start_mirror "$LOOP"; live; idle
	for i in 1 2 3; do
		received=$(status server receivedBytes) sent=$(status server sentBytes)
		"$PROGRAM" rescan "$VOLUME" >/dev/null
		logged 'Scanning -> CatchUp' $((i + 1)); live; idle
		wire=$(($(status server receivedBytes) - received + $(status server sentBytes) - sent))
		ours+=("$(between '-> Scanning' 'Scanning -> CatchUp' last)")
		start=$(now)
		rsync --inplace --no-whole-file -I "$T/disk" "$T/store/$VOLUME/image"
		theirs+=("$(awk -v a="$start" -v b="$(now)" 'BEGIN { printf "%.3f", b - a }')")
	done
	same "$LOOP" "$T/store/$VOLUME/image"
	o=$(printf '%s\n' "${ours[@]}" | median) r=$(printf '%s\n' "${theirs[@]}" | median)
	row "Rescan of $GIB GiB that are identical, against rsync --inplace --no-whole-file -I" "$(ratio "$r" "$o")x" "at least 2x" "$o s (${ours[*]}) against $r s (${theirs[*]})"
	row "Bytes on the wire for it" "$(awk -v w="$wire" -v b="$bytes" 'BEGIN { printf "%.4f %%", 100 * w / b }')" "at most 0.01 %" "$wire bytes, both directions, heartbeats and marks included"
	stop_mirror; drop_loop "$LOOP"; rm "$T/disk"
}

bench_first-copy() {
	local bytes=$((GIB << 30)) ours=() nbd=() bare=() i start o n p
	random_file "$T/disk" "$bytes"; loop_of "$T/disk"
	printf 'bench:%s\n' "$(openssl rand -hex 32)" >"$T/keys.psk"
	random_file "$T/image" "$bytes"
	for i in 1 2 3 4 5; do
		start_mirror "$LOOP" --volume "@VOLUME@=$T/image" --force "@VOLUME@"
		logged 'CatchUp -> Live' 1; live; idle
		ours+=("$(between 'connected to' 'CatchUp -> Live')")
		same "$LOOP" "$T/image"; stop_mirror
		random_file "$T/image" "$bytes"

		nbdkit -f -p $((PORT + 500)) -i 127.0.0.1 --tls=require --tls-psk="$T/keys.psk" file "$T/image" 2>"$LOGS/$NAME.nbdkit.log" & PEER=$!
		until (exec 3<>"/dev/tcp/127.0.0.1/$((PORT + 500))") 2>/dev/null; do sleep 0.1; done
		start=$(now)
		nbdcopy --flush "$LOOP" "nbds://bench@127.0.0.1:$((PORT + 500))/?tls-psk-file=$T/keys.psk"
		nbd+=("$(awk -v a="$start" -v b="$(now)" 'BEGIN { printf "%.3f", b - a }')")
		kill "$PEER"; wait "$PEER" 2>/dev/null || true; PEER=''
		same "$LOOP" "$T/image"
		random_file "$T/image" "$bytes"

		"${BENCH[@]}" tls-receive $((PORT + 700 + i)) >/dev/null & PEER=$!
		bare+=("$("${BENCH[@]}" tls-send $((PORT + 700 + i)) "$bytes" | field seconds)")
		wait "$PEER"; PEER=''
	done
	o=$(printf '%s\n' "${ours[@]}" | median) n=$(printf '%s\n' "${nbd[@]}" | median) p=$(printf '%s\n' "${bare[@]}" | median)
	row "First copy of $GIB GiB of random data into an existing image, against nbdcopy to nbdkit file over TLS-PSK" "$(ratio "$n" "$o")x" "at least 3x" "$o s (${ours[*]}) against $n s (${nbd[*]})"
	row "The same, against two bare .NET processes through one SslStream (1 MiB writes)" "$(awk -v a="$p" -v b="$o" 'BEGIN { printf "%.0f %%", 100 * a / b }')" "at least 55 %" "bare $p s (${bare[*]}), nothing read, nothing written"
	drop_loop "$LOOP"; rm "$T/disk" "$T/image"
}

bench_zero() {
	local o r start allocated
	truncate -s "${GIB}G" "$T/disk"; loop_of "$T/disk"
	start=$(now); dd if="$LOOP" of=/dev/null bs=1M iflag=direct status=none; r=$(awk -v a="$start" -v b="$(now)" 'BEGIN { printf "%.3f", b - a }')
	start_mirror "$LOOP"; live; idle
	o=$(between 'connected to' 'CatchUp -> Live')
	allocated=$(($(stat -c '%b * %B' "$T/store/$VOLUME/image")))
	same "$LOOP" "$T/store/$VOLUME/image"
	row "First copy of a disk of $GIB GiB of zeroes, against reading it once (dd, 1 MiB, direct)" "$(ratio "$r" "$o") of the reading rate" "about 1" "$o s against $r s; $allocated bytes stored, $(status server receivedBytes) received"
	stop_mirror; drop_loop "$LOOP"; rm "$T/disk"
}

bench_live() {
	local speed seen
	truncate -s 1G "$T/disk"; loop_of "$T/disk"
	fio_write "$LOOP" 3 --rw=write --bs=1m >/dev/null
	start_mirror "$LOOP"; live; idle
	"${BENCH[@]}" watch "$VOLUME" 60 >"$T/watch" & local watcher=$!
	speed=$(fio_write "$LOOP" 60 --rw=randwrite --bs=64k --iodepth=4 --rate=200m | cut -d' ' -f1)
	wait "$watcher"; seen=$(cat "$T/watch")
	live; idle; same "$LOOP" "$T/store/$VOLUME/image"
	row "A writer at 200 MB/s (64 KiB) for 60 s: the oldest uncommitted write was never older than" "$(field oldest_ms <<<"$seen") ms" "at most 3000 ms" \
		"writer did $((speed / 1000)) MB/s; states $(field states <<<"$seen"), rates $(field rates <<<"$seen"); scans $(status client scans), holes $(status client holes)"
	stop_mirror; drop_loop "$LOOP"; rm "$T/disk"
}

bench_store-cost() {
	local seen
	seen=$("${BENCH[@]}" store-cost "$T/store-cost" 2048)
	row "The journal's cost: 2 GiB in random writes of 64 KiB, a mark every 64 MiB, against writing straight into the image" "$(ratio "$(field journal_cpu_s <<<"$seen")" "$(field direct_cpu_s <<<"$seen")")x processor time" "" \
		"direct $(field direct_s <<<"$seen") s ($(field direct_cpu_s <<<"$seen") s of processor, slowest commit $(field direct_commit_ms <<<"$seen") ms), journal $(field journal_s <<<"$seen") s ($(field journal_cpu_s <<<"$seen") s, $(field journal_commit_ms <<<"$seen") ms), until the image has it all"
	rm -rf "$T/store-cost"
}

bench_latency() {
	local seen
	truncate -s 256M "$T/disk"; loop_of "$T/disk"
	CLIENT_OPTIONS="--mark-interval 0.01"
	start_mirror "$LOOP"; live; idle
	seen=$("${BENCH[@]}" latency "$VOLUME" "$LOOP" 200)
	idle; same "$LOOP" "$T/store/$VOLUME/image"
	row "From completion of one 4 KiB write to its commit, idle system, --mark-interval 0.01: p50" "$(field p50_ms <<<"$seen") ms" "under 50 ms" "p90 $(field p90_ms <<<"$seen") ms, max $(field max_ms <<<"$seen") ms, 200 writes"
	CLIENT_OPTIONS=''
	stop_mirror; drop_loop "$LOOP"; rm "$T/disk"
}

# Archives against stock dump and restore: 62,000 files and 3.1 GB, a third of it random. BENCH_FILES and BENCH_MB make it smaller.
bench_archive() {
	local image=$T/image files=${BENCH_FILES:-62000} megabytes=${BENCH_MB:-3100} a b stock one before
	command -v dump >/dev/null && command -v restore >/dev/null || { say "   skipped: dump and restore are missing (package dump)"; return; }
	truncate -s "$((megabytes * 17 / 10))M" "$image"; mke2fs -q -t ext4 -b 4096 -N "$((files * 3 / 2 + 1000))" "$image"; mkdir -p "$T/mnt"
	mount -o loop "$image" "$T/mnt"
	python3 bench/archive-tree.py "$T/mnt" "$files" "$megabytes"; umount "$T/mnt"
	loop_of "$image"; stock=$LOOP
	timed() { before=$(now); "$@" >/dev/null 2>"$LOGS/archive.log"; awk -v a="$before" -v b="$(now)" 'BEGIN { printf "%.2f\n", b - a }'; }
	restored() { rm -rf "$T/x"; mkdir "$T/x"; (cd "$T/x"; timed "$@"); }
	for zlib in "" 2; do
		a=$(timed dump -0 ${zlib:+-z$zlib} -f "$T/stock" "$stock"); rm "$T/stock"
		b=$(timed "$PROGRAM" dump "$image" --out "$T/ours" --index "$T/index" ${zlib:+--compress zlib:$zlib} --no-record --force)
		row "Archive of $files files, $megabytes MB, $([[ $zlib ]] && echo "zlib level $zlib" || echo plain), against stock dump" "$(ratio "$a" "$b")x" "at least $([[ $zlib ]] && echo 3 || echo 4)x" "stock $a s, ours $b s, $(stat -c %s "$T/ours") bytes"
		a=$(restored restore -rf "$T/ours")
		b=$(restored "$PROGRAM" undump "$T/ours" --to "$T/x")
		row "Its way back, against stock restore" "$(ratio "$a" "$b")x" "at least $([[ $zlib ]] && echo 2 || echo 1)x" "stock $a s, ours $b s"
		one=$("$PROGRAM" undump "$T/ours" --list 2>/dev/null | tail -n 1 | cut -f2)
		a=$(for _ in 1 2 3 4 5 6 7; do restored "$PROGRAM" undump "$T/ours" --index "$T/index" --extract "$one" --to "$T/x"; done)
		row "One file of it by the index" "$(median <<<"$a") s" "under 0.2 s" "median of 7: $(sort -n <<<"$a" | paste -sd' ')"
	done
	"$PROGRAM" key new --out "$T/key" 2>/dev/null; one=$("$PROGRAM" key recipient --identity "$T/key")
	# In turns, and each into the memory that the one before has just given back: what has been free for a while may have gone back to the machine's host. Of each pair the ratio:
	# a pair is near in time, and what the machine can do changes by half within a minute.
	for _ in 1 2 3 4 5 6 7 8 9; do
		rm -f "$T/ours"; a=$(timed "$PROGRAM" dump "$image" --out "$T/ours" --no-record)
		rm "$T/ours"; b=$(timed "$PROGRAM" dump "$image" --out "$T/ours" --no-record --encrypt "$one")
		printf '%s\n' "$a" >>"$T/plain"; printf '%s\n' "$b" >>"$T/encrypted"; awk -v a="$a" -v b="$b" 'BEGIN { printf "%.0f\n", 100 * a / b }' >>"$T/pairs"
	done
	row "An encrypted archive, of the plain one's throughput" "$(median <"$T/pairs") %" "at least 70 %" \
		"median of 9 pairs by turns ($(sort -n "$T/pairs" | paste -sd' ')); plain $(median <"$T/plain") s, encrypted $(median <"$T/encrypted") s"
	rm -rf "$T/x" "$T/ours" "$T/index" "$T/key"; drop_loop "$stock"; rm "$image"
}

. bench/storm.sh
. bench/restore.sh

(($#)) || set -- tap-off tap-off-zram tap-hi rescan first-copy zero live latency store-cost archive storm verify restore
say "$(uname -sr), $(nproc) processors ($(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)), .NET $(dotnet --version), load $(cut -d' ' -f1-3 /proc/loadavg)"
for NAME in "$@"; do
	declare -F "bench_$NAME" >/dev/null || { say "bench/run.sh: no benchmark '$NAME'" >&2; exit 2; }
	say "== $NAME (load $(cut -d' ' -f1 /proc/loadavg))"
	"bench_$NAME"
done
{
	say '| what | result | target | details |'
	say '|---|---|---|---|'
	printf '%s\n' "${rows[@]}"
} | tee "$LOGS/table.md"
