#!/usr/bin/env bash
# What archives of odd trees hold and take: against TAR and ZIP (a sparse file of 20 GiB with 3 GiB of data, attributes on it), a sparse file of 5 GiB with 10,000 holes, and
# 100,000 small files; each restored by ours and by stock restore, and compared in content, holes and attributes.
#
#   bench/archive-shapes.sh PROGRAM DIRECTORY [SCALE]      as root; needs about 15 GiB in DIRECTORY at SCALE 1, SCALE 20 (1 to 1000) makes everything 20 times smaller
#
# It is about sizes and sameness; times are told, but other work on the machine may be in them.
set -euo pipefail
program=$1 scale=${3:-1}
[[ $scale =~ ^[1-9][0-9]{0,3}$ ]] && ((scale <= 1000)) || { echo "bench/archive-shapes.sh: SCALE is 1 to 1000, not '$scale'" >&2; exit 2; }
# Without getfattr the attributes of two trees would agree by being not seen.
for tool in setfattr:attr getfattr:attr restore:dump mke2fs:e2fsprogs python3:python3 tar:tar; do
	command -v "${tool%%:*}" >/dev/null || { echo "bench/archive-shapes.sh: missing: ${tool%%:*}; on Debian: apt-get install ${tool##*:}" >&2; exit 1; }
done
# scaled BYTES: so many at this scale, in whole blocks, so that no scale leaves a stretch without data
scaled() { echo $(($1 / scale / 4096 * 4096)); }
work=$(mktemp -d "$2/shapes-XXXXXX")
mnt=$work/mnt
trap 'umount -q "$mnt" || true; rm -rf "$work"' EXIT
mkdir "$mnt"
now() { date +%s.%N; }
took() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f s", b - a }'; }
on_disk() { du -sB1 "$1" | cut -f1; }
fill() { truncate -s "$1" "$work/image"; mke2fs -q -t ext4 ${2:+-N "$2"} "$work/image"; mount -o loop "$work/image" "$mnt"; }
# same DIR: the mounted tree and a restored one agree in content, owners, modes, times to the microsecond (stock restore's), links and attributes
facts() { (cd "$1" && find . -mindepth 1 ! -path './lost+found*' ! -name restoresymtable ! -name '.diskmirror*' -printf '%P %y %m %U %G %n %l %T@\n' | sed 's/\(\.[0-9]\{6\}\)[0-9]*$/\1/' | awk '$2 == "d" { $6 = "" } { print }' | sort); }
same() {
	diff <(facts "$mnt") <(facts "$1") >"$work/difference" || { head "$work/difference"; echo "DIFFERS: $1" >&2; exit 1; }
	diff <(cd "$mnt" && find . -type f -print0 | sort -z | xargs -0 -r sha256sum) <(cd "$1" && find . -type f ! -name restoresymtable ! -name '.diskmirror*' -print0 | sort -z | xargs -0 -r sha256sum) >/dev/null || { echo "CONTENT DIFFERS: $1" >&2; exit 1; }
	diff <(cd "$mnt" && getfattr -R -d -m - . 2>/dev/null) <(cd "$1" && getfattr -R -d -m - . 2>/dev/null) >/dev/null || { echo "ATTRIBUTES DIFFER: $1" >&2; exit 1; }
}
both() {
	local start; start=$(now)
	"$program" dump "$work/image" --out "$work/archive" --no-record 2>/dev/null
	echo "   archive: $(stat -c %s "$work/archive") bytes, $(took "$start")"
	start=$(now); "$program" undump "$work/archive" --to "$work/ours" 2>/dev/null; echo "   undump: $(took "$start"), $(on_disk "$work/ours") bytes on disk"
	same "$work/ours"; rm -rf "$work/ours"
	mkdir "$work/stock"; start=$(now); (cd "$work/stock" && restore -rf "$work/archive" >/dev/null 2>&1); echo "   stock restore: $(took "$start"), $(on_disk "$work/stock") bytes on disk"
	same "$work/stock"; rm -rf "$work/stock" "$work/archive"
}

size=$(scaled $((20480 << 20))) stretch=$(scaled $((64 << 20))) step=$(scaled $((426 << 20)))
echo "== a sparse file of $((size >> 20)) MiB with $((48 * stretch >> 20)) MiB of random data in 48 stretches, with attributes and an ACL"
fill "$((25600 / scale + 16))M"
truncate -s "$size" "$mnt/sparse"
for i in $(seq 0 47); do head -c "$stretch" /dev/urandom | dd of="$mnt/sparse" bs=1M iflag=fullblock seek="$((i * step))" oflag=seek_bytes conv=notrunc status=none; done
(($(on_disk "$mnt/sparse") >= 48 * stretch)) || { echo "the stretches are not there" >&2; exit 1; }
setfattr -n user.note -v kept "$mnt/sparse"
command -v setfacl >/dev/null && setfacl -m u:12345:rw "$mnt/sparse"
sync -f "$mnt"
echo "   on disk: $(on_disk "$mnt/sparse") bytes"
both
start=$(now); echo "   tar: $(tar -C "$mnt" -c sparse | wc -c) bytes, $(took "$start"); no attributes, no holes"
start=$(now); echo "   tar --sparse --xattrs: $(tar -C "$mnt" --sparse --xattrs -c sparse | wc -c) bytes, $(took "$start")"
if command -v zip >/dev/null; then start=$(now); (cd "$mnt" && zip -q -1 "$work/z.zip" sparse); echo "   zip -1: $(stat -c %s "$work/z.zip") bytes, $(took "$start")"
	mkdir "$work/z"; (cd "$work/z" && unzip -q "$work/z.zip" 2>/dev/null || python3 -m zipfile -e "$work/z.zip" "$work/z"); echo "   unzipped: $(on_disk "$work/z/sparse") bytes on disk, attributes: $(getfattr -d "$work/z/sparse" 2>/dev/null | grep -c user.note || true)"; rm -rf "$work/z" "$work/z.zip"; fi
umount "$mnt"

echo "== a sparse file of $((5120 / scale)) MiB with $((10000 / scale)) holes"
fill "$((6144 / scale + 16))M"
python3 - "$mnt/holes" "$((10000 / scale))" <<'PY'
import os, sys
with open(sys.argv[1], "wb") as file:
    count = int(sys.argv[2])
    for i in range(count):
        file.seek(i * 536870 // 4096 * 4096)
        file.write(os.urandom(8192))
    file.truncate(count * 536870)
PY
sync -f "$mnt"; both; umount "$mnt"

echo "== $((100000 / scale)) small files"
fill "$((2048 / scale + 64))M" "$((130000 / scale + 1000))"
python3 - "$mnt" "$((100000 / scale))" <<'PY'
import os, sys
os.chdir(sys.argv[1])
for i in range(int(sys.argv[2])):
    place = f"d{i // 1000}"
    os.makedirs(place, exist_ok=True)
    with open(f"{place}/f{i}", "wb") as file:
        file.write((b"%d " % i) * (i * 7919 % 800))
PY
sync -f "$mnt"; both; umount "$mnt"
echo "All the same."
