# The rows of a store with many volumes, and of its history: read by bench/run.sh, whose functions are used here.

# A loop device over a sparse file in memory with a file system, mounted: mount_store FILE_SYSTEM BYTES DIRECTORY
mount_store() {
	truncate -s "$2" "$T/$1.img"; loop_of "$T/$1.img"
	"mkfs.$1" -q "$LOOP"; mkdir -p "$3"; mount "$LOOP" "$3"; MOUNTS+=("$3")
}
unmount_store() { umount "$2"; drop_loop "$(losetup -j "$T/$1.img" -O NAME -n)"; rm "$T/$1.img"; }

# What a process has read from files, in bytes (page cache included), and the most memory it has had, in MiB
read_bytes() { sed -n 's/^rchar: //p' "/proc/$1/io"; }
peak_mib() { awk '/VmHWM/ { printf "%d", $2 / 1024 }' "/proc/$1/status"; }

# A server of $T/mnt/store that is listening: storm_server NAME
storm_server() {
	PORT=$((PORT + 1))
	[[ -f $T/secret ]] || "$PROGRAM" secret new --out "$T/secret" >/dev/null
	"$PROGRAM" server --store "$T/mnt/store" --listen "127.0.0.1:$PORT" --secret-file "$T/secret" 2>"$LOGS/$NAME.$1.server.log" & SERVER=$!
	until (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do sleep 0.1; done
}

# All clients of the storm at once, after a reboot; STORM is what they tell, READ what the server has read meanwhile. The clients only get
# the processor time that nobody else wants, and say that they are another machine: in reality they are others.
storm_clients() {
	local before
	echo 5f0e6bd09d6c4a55b4a5b7d7f3c1a2e4 >"$T/machine-id"
	coproc STORMING { exec unshare -m bash -c 'mount --bind "$0" /etc/machine-id && exec chrt --idle 0 "$@"' "$T/machine-id" "${BENCH[@]}" storm "127.0.0.1:$PORT" "$T/secret" 240 "$PINS" "$@"; }
	PEER=$STORMING_PID
	local in=${STORMING[0]} out=${STORMING[1]}
	read -r STORM <&"$in" || { say "bench/run.sh: $NAME: the clients could not start" >&2; exit 1; }
	before=$(read_bytes "$SERVER")
	[[ -z ${AGES_OUT:-} ]] || { echo >&"$AGES_OUT"; read -r _ <&"$AGES_IN"; }	# what the attaching of a hundred taps cost is not the server's
	echo >&"$out"
	read -r STORM <&"$in" || { say "bench/run.sh: $NAME: the clients failed" >&2; exit 1; }
	[[ -z ${AGES_OUT:-} ]] || { echo >&"$AGES_OUT"; read -r AGES <&"$AGES_IN"; }
	READ=$(($(read_bytes "$SERVER") - before))
	wait "$PEER"; PEER=''
}

# A hundred volumes come back at once. BENCH_VOLUMES (100) sets how many; each is a disk of 64 MiB, half of it random, the rest a hole.
bench_storm() {
	local volumes=${BENCH_VOLUMES:-100} disks=() steady i quiet stormy=() p99=() bytes cold first reads=() peak copied before
	bytes=$((volumes * (32 << 20)))
	mount_store xfs 16G "$T/mnt"
	for ((i = 0; i < volumes; i++)); do
		random_file "$T/disk$i" $((32 << 20)); truncate -s 64M "$T/disk$i"
		loop_of "$T/disk$i"; disks+=("$LOOP")
	done
	truncate -s 256M "$T/steady"; loop_of "$T/steady"; steady=$LOOP

	storm_server copy
	storm_clients "${disks[@]}"; first=$STORM copied=$(peak_mib "$SERVER")		# the first copy
	storm_clients "${disks[@]}"; cold=$READ; say "   first: $first; again, without kept hashes: $STORM, read $READ, peak $(peak_mib "$SERVER") MiB"
	kill "$SERVER"; wait "$SERVER" || true

	storm_server storm
	coproc STEADY { exec "${BENCH[@]}" commit-ages "127.0.0.1:$PORT" "$T/secret" steady "$steady" 0.01 "$PINS"; }
	CLIENT=$STEADY_PID AGES_IN=${STEADY[0]} AGES_OUT=${STEADY[1]}
	read -r _ <&"$AGES_IN"
	fio --name=w --filename="$steady" --direct=1 --ioengine=libaio --time_based --runtime=600 --rw=randwrite --bs=4k --rate_iops=500 --minimal >/dev/null & WRITER=$!
	sleep 3; echo >&"$AGES_OUT"; read -r _ <&"$AGES_IN"	# warm
	sleep 15; echo >&"$AGES_OUT"; read -r quiet <&"$AGES_IN"
	before=$(peak_mib "$SERVER")
	for i in 1 2 3; do
		storm_clients "${disks[@]}"
		stormy+=("$STORM"); p99+=("$(field p99_ms <<<"$AGES")") reads+=("$READ")
		say "   storm $i: $STORM; $AGES; read $READ"
		[[ $(field not_live <<<"$AGES") == 0 ]] || { say "bench/run.sh: $NAME: the live volume was not Live all the time" >&2; exit 1; }
		sleep 3
	done
	say "   quiet: $quiet"
	peak=$(peak_mib "$SERVER")
	kill "$WRITER"; wait "$WRITER" || true; WRITER=''
	exec {AGES_OUT}>&-; wait "$CLIENT"; CLIENT='' AGES_OUT=''
	kill "$SERVER"; wait "$SERVER" || true; SERVER=''
	for ((i = 0; i < volumes; i++)); do same "${disks[i]}" "$T/mnt/store/storm-$i/image"; done
	same "$steady" "$T/mnt/store/steady/image"

	i=$(printf '%s\n' "${p99[@]}" | median)
	row "$volumes volumes of 64 MiB (half of it data) scan at once after a reboot: time until all are Live" "$(printf '%s\n' "${stormy[@]}" | field all_s | median) s" "all Live" "medians of 3; ${stormy[*]}; without kept hashes $first"
	row "p99 commit time of a live volume meanwhile (500 writes/s of 4 KiB, --mark-interval 0.01), of the quiet one" "$(ratio "$i" "$(field p99_ms <<<"$quiet")")x" "under 4x" "quiet $quiet; storms ${p99[*]} ms"
	row "What the server reads for it, of the data in the images" "$(awk -v r="$(printf '%s\n' "${reads[@]}" | median)" -v b="$bytes" 'BEGIN { printf "%.2f %%", 100 * r / b }')" "under 5 %" "${reads[*]} bytes; without kept hashes $cold of $bytes"
	row "The most memory that the server has had" "$peak MiB" "" "before the storms, with one volume live, $before MiB; after $volumes first copies at once $copied MiB"
	for steady in "${disks[@]}"; do drop_loop "$steady"; done
	rm "$T"/disk* "$T/steady"
	unmount_store xfs "$T/mnt"
}
