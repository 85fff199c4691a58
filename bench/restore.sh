# The rows of a volume that is looked at and brought back: read by bench/run.sh, whose functions are used here.

# A verify at its usual speed beside a live volume: what it does to single writes of 4 KiB, by turns with and without.
bench_verify() {
	local i quiet=() busy=() a b seen
	random_file "$T/disk" $((2 << 30)); loop_of "$T/disk"
	CLIENT_OPTIONS="--mark-interval 0.01"
	start_mirror "$LOOP"; live; idle
	for i in 1 2 3; do
		seen=$("${BENCH[@]}" latency "$VOLUME" "$LOOP" 150); quiet+=("$seen"); say "   quiet: $seen"
		"$PROGRAM" verify "$VOLUME" >"$LOGS/$NAME.log" & WRITER=$!
		seen=$("${BENCH[@]}" latency "$VOLUME" "$LOOP" 150); busy+=("$seen"); say "   verify: $seen"
		kill -0 "$WRITER" 2>/dev/null || { say "bench/run.sh: $NAME: the verify ended before the writes" >&2; exit 1; }
		wait "$WRITER"; WRITER=''
	done
	idle; same "$LOOP" "$T/store/$VOLUME/image"
	for i in p50_ms p99_ms; do
		a=$(printf '%s\n' "${quiet[@]}" | field $i | median) b=$(printf '%s\n' "${busy[@]}" | field $i | median)
		row "Commit of one 4 KiB write while a verify at 64 MB/s runs, of the time without, --mark-interval 0.01: ${i%_ms}" "$(ratio "$b" "$a")x" "$([[ $i == p99_ms ]] && echo "at most 2x")" "$b ms against $a ms; medians of 3 by turns, 150 writes each"
	done
	CLIENT_OPTIONS=''
	stop_mirror; drop_loop "$LOOP"; rm "$T/disk"
}

# Every hundredth block of 4 KiB, at random places, is no longer what it was: scatter FILE BYTES
scatter() {
	python3 - "$1" "$2" <<-'END'
		import os, random, sys
		blocks = int(sys.argv[2]) // 4096
		with open(sys.argv[1], "r+b") as file:
		    for block in random.sample(range(blocks), blocks // 100):
		        file.seek(block * 4096); file.write(os.urandom(4096))
	END
}
timed_restore() { local start; start=$(now); "$PROGRAM" restore "$VOLUME" --server "127.0.0.1:$PORT" --secret-file "$T/secret" --to "$T/target" --yes --json >"$T/result" 2>"$LOGS/$NAME.log"; awk -v a="$start" -v b="$(now)" 'BEGIN { printf "%.3f\n", b - a }'; }

# A volume comes back: into a file that is not there, against nbdcopy out of nbdkit over TLS-PSK; and into one of which 1 % differs, against rsync.
bench_restore() {
	local bytes=$((GIB << 30)) ours=() nbd=() near=() theirs=() i start o n a b uri fetched literal
	random_file "$T/disk" "$bytes"; loop_of "$T/disk"
	start_mirror "$LOOP"; live; idle
	"$PROGRAM" stop "$VOLUME" >/dev/null; wait "$CLIENT" || true; CLIENT=''
	printf 'bench:%s\n' "$(openssl rand -hex 32)" >"$T/keys.psk"
	nbdkit -r -f -p $((PORT + 500)) -i 127.0.0.1 --tls=require --tls-psk="$T/keys.psk" file "$T/store/$VOLUME/image" 2>"$LOGS/$NAME.nbdkit.log" & PEER=$!
	until (exec 3<>"/dev/tcp/127.0.0.1/$((PORT + 500))") 2>/dev/null; do sleep 0.1; done
	uri="nbds://bench@127.0.0.1:$((PORT + 500))/?tls-psk-file=$T/keys.psk"
	for i in 1 2 3; do
		rm -f "$T/target"
		ours+=("$(timed_restore)"); same "$T/disk" "$T/target"
		rm "$T/target"; truncate -s "$bytes" "$T/target"
		start=$(now); nbdcopy --flush "$uri" "$T/target"; nbd+=("$(awk -v a="$start" -v b="$(now)" 'BEGIN { printf "%.3f", b - a }')")
		same "$T/disk" "$T/target"

		scatter "$T/target" "$bytes"
		near+=("$(timed_restore)"); same "$T/disk" "$T/target"
		fetched=$(awk '$1 == "\"fetchedBytes\":" { gsub(/,/, ""); print $2 }' "$T/result")
		scatter "$T/target" "$bytes"
		start=$(now); literal=$(rsync --inplace --no-whole-file -I --stats "$T/store/$VOLUME/image" "$T/target" | sed -n 's/^Literal data: \([0-9,]*\).*/\1/p' | tr -d ,)
		theirs+=("$(awk -v a="$start" -v b="$(now)" 'BEGIN { printf "%.3f", b - a }')")
		same "$T/disk" "$T/target"
	done
	kill "$PEER"; wait "$PEER" 2>/dev/null || true; PEER=''
	o=$(printf '%s\n' "${ours[@]}" | median) n=$(printf '%s\n' "${nbd[@]}" | median) a=$(printf '%s\n' "${near[@]}" | median) b=$(printf '%s\n' "${theirs[@]}" | median)
	row "Restore of $GIB GiB of random data into a new file, the comparison at its end included, against nbdcopy out of nbdkit over TLS-PSK, which compares nothing" "$(ratio "$n" "$o")x" "" \
		"$(awk -v b="$bytes" -v s="$o" 'BEGIN { printf "%.0f", b / s / 1e6 }') MB/s, $o s (${ours[*]}) against $n s (${nbd[*]})"
	row "Restore into a file of which 1 % differs, in single blocks of 4 KiB, against rsync --inplace --no-whole-file -I" "$(ratio "$b" "$a")x" "" \
		"$(awk -v b="$bytes" -v s="$a" 'BEGIN { printf "%.0f", b / s / 1e6 }') MB/s, $a s (${near[*]}) against $b s (${theirs[*]})"
	row "Bytes moved for it, of those that differ" "$(ratio "$fetched" $((bytes / 4096 / 100 * 4096)))x" "at most 1.2x" "$fetched bytes; rsync $(ratio "$literal" $((bytes / 4096 / 100 * 4096)))x"
	stop_mirror; drop_loop "$LOOP"; rm "$T/disk" "$T/target"
}
