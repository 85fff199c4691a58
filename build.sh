#!/usr/bin/env bash
# Builds, tests and shows DiskMirror. build.ps1 calls this script; nothing stands twice.
#
#   ./build.sh [build]          what a checkout needs, then the program: ./out/bin/diskmirror
#   ./build.sh test             every test that this machine can run; says which it cannot and why. Last line: N passed, N failed, N skipped
#   ./build.sh test NAME...     only the test projects tests/Mirror.NAME.Tests; Pester: the tests of the module in PowerShell
#   ./build.sh chaos --minutes N [--seed S]    the long form of the chaos tests (docs/internals.md, "Chaos"); --wipes N: disks wiped at N random moments
#   ./build.sh demo             mirrors a real disk in use on this machine, and proves the copy
#   ./build.sh help-files       the MAML help of the module, from docs/cmdlets
#   ./build.sh package          out/package: the module as zip and as nupkg
#   ./build.sh singlefile       out/singlefile/diskmirror: the program with .NET in one file, for rescue media
#   ./build.sh bench [ARGS]     the benchmarks of docs/benchmarks.md
#   ./build.sh format [check]   puts the code into the repository's format, or only checks it
#   ./build.sh clean            removes what was built
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 LC_ALL=C.UTF-8
# No build node outlives this script, and none of another checkout is used.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
SOLUTION=Mirror.PowerShell.sln
CONFIGURATION=Release

say() { printf '%s\n' "$*"; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

# need NAME:PACKAGE... installs the packages of those names that are missing. A NAME is a command, or a path that must exist.
# Returns 1, with the reason on stderr, when something is still missing afterwards.
need() {
	local item name missing=() packages=()
	PATH=$PATH:/usr/sbin:/sbin
	missing_of() {
		missing=(); packages=()
		for item in "$@"; do
			name=${item%%:*}
			if [[ $name == */* ]]; then compgen -G "$name" >/dev/null && continue; else command -v "$name" >/dev/null && continue; fi
			missing+=("$name"); packages+=("${item#*:}")
		done
	}
	missing_of "$@"
	((${#missing[@]})) || return 0
	if ! command -v apt-get >/dev/null; then
		printf 'build.sh: missing: %s. Install them; on Debian they are in the packages %s.\n' "${missing[*]}" "${packages[*]}" >&2
		return 1
	fi
	if ((EUID != 0)); then
		printf 'build.sh: missing: %s. As root: apt-get install %s\n' "${missing[*]}" "${packages[*]}" >&2
		return 1
	fi
	say "Installing ${packages[*]} ..."
	local log; log=$(mktemp)
	install() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}" >"$log" 2>&1 </dev/null; }
	install || { apt-get update >"$log" 2>&1 </dev/null && install; } || tail -n 5 "$log" >&2
	rm -f "$log"
	hash -r
	missing_of "$@"
	((${#missing[@]})) || return 0
	printf 'build.sh: still missing: %s (packages %s could not be installed).\n' "${missing[*]}" "${packages[*]}" >&2
	return 1
}

need_sdk() {
	command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: 'dotnet' was not found. Install it (https://learn.microsoft.com/dotnet/core/install/linux-debian), then try again."
	dotnet --list-sdks | grep -q '^10\.' || die "the .NET 10 SDK is missing; 'dotnet --list-sdks' shows: $(dotnet --list-sdks | cut -d' ' -f1 | paste -sd' '). Install it, then try again."
}

# What compiles the tap, and the library that loads it.
need_build() {
	need_sdk
	need clang:clang /usr/include/bpf/bpf_helpers.h:libbpf-dev "/usr/lib/*/libbpf.so.1*:libbpf1" || exit 1
}

# X25519 and scrypt come from BouncyCastle. Where the registry at hand lacks its present package, an older one that has both is taken (Mirror.Dump.csproj).
choose_bouncycastle() {
	[[ -z ${DiskMirrorBouncyCastle:-} ]] || return 0
	local log; log=$(mktemp)
	if ! dotnet restore src/Mirror.Dump --nologo -v quiet >"$log" 2>&1 && grep -q 'BouncyCastle\.Cryptography' "$log"; then
		say "The package registry does not have BouncyCastle.Cryptography: building with Portable.BouncyCastle instead."
		export DiskMirrorBouncyCastle=portable
	fi
	rm -f "$log"
}

# compile COMMAND ARGUMENTS: dotnet with one compiler for all projects of this run, which halves the time: under a name of its own, and it ends with the command.
compile() {
	local name=diskmirror-$$ code=0
	trap "end_compiler $name" EXIT
	dotnet "$1" --nologo -v quiet -p:UseSharedCompilation=true -p:SharedCompilationId="$name" "${@:2}" || code=$?
	trap - EXIT
	end_compiler "$name"
	return $code
}

end_compiler() {
	local pid
	# [-]: not this grep itself.
	while IFS=/ read -r _ _ pid _; do kill "$pid" 2>/dev/null || true; done < <(grep -slzx -- "[-]pipename:$1" /proc/[0-9]*/cmdline)
}

build() {
	need_build
	choose_bouncycastle
	local log; log=$(mktemp)
	say "Building ($CONFIGURATION) ..."
	compile build "$SOLUTION" -c "$CONFIGURATION" "-clp:ErrorsOnly;NoSummary" || die "the build failed."
	rm -rf out/bin
	dotnet publish src/Mirror.Cli -c "$CONFIGURATION" --no-build --nologo -v quiet -o out/bin >"$log" 2>&1 || { cat "$log" >&2; die "the program could not be put into out/bin."; }
	module || { cat "$log" >&2; die "the module could not be put into out/module."; }
	rm -f "$log"
	say "Built ./out/bin/diskmirror and ./out/module/DiskMirror"
}

# The PowerShell module: the cmdlets and their loader in its root, everything else, also the program that services run, in dependencies/.
module() {
	local to=out/module/DiskMirror stage=out/module/stage version file
	rm -rf out/module; mkdir -p "$to/dependencies"
	dotnet publish src/Mirror.PowerShell -c "$CONFIGURATION" --no-build --nologo -v quiet -o "$stage" >"$log" 2>&1 || return
	cp -r out/bin/. "$to/dependencies/"
	for file in "$stage"/*.dll; do
		case ${file##*/} in
			Mirror.PowerShell.dll | Mirror.PowerShell.Loader.dll) cp "$file" "$to/" ;;
			System.Management.Automation.dll) ;;
			*) [[ -e $to/dependencies/${file##*/} ]] || cp "$file" "$to/dependencies/" ;;
		esac
	done
	rm -rf "$stage" "$to"/dependencies/*.pdb "$to"/dependencies/*.xml
	cp -r module/DiskMirror/*.ps1xml module/DiskMirror/en-US "$to/"
	version=$(sed -n 's:.*<VersionPrefix>\(.*\)</VersionPrefix>.*:\1:p' Directory.Build.props)
	sed "s/'0\.0\.0'/'$version'/" module/DiskMirror/DiskMirror.psd1 >"$to/DiskMirror.psd1"
	module_help
}

# The help that Get-Help shows, from docs/cmdlets, by Microsoft.PowerShell.PlatyPS where it is at hand.
module_help() {
	if ! command -v pwsh >/dev/null; then say "Help of the cmdlets was not made: PowerShell (pwsh) is not on this machine."; return 0; fi
	pwsh -NoProfile -NonInteractive -File ./build.ps1 -Task Help
}

# A zip of the module, and a nupkg that Install-PSResource and Install-Module take from a local folder.
package() {
	command -v python3 >/dev/null || need python3:python3 || exit 1
	python3 package/module.py out/module/DiskMirror out/package
}

# The program, the tap and .NET in one file. What is in it is unpacked under $HOME/.net (or DOTNET_BUNDLE_EXTRACT_BASE_DIR) at its first start, for its user only.
# Compiled in a place of its own: what is compiled for .NET inside does not run with .NET outside. .NET's own assemblies come compiled, and are left as they are.
singlefile() {
	local stage=out/singlefile.build
	need_build
	choose_bouncycastle
	say "Building one file; .NET itself comes from the package registry ..."
	rm -rf out/singlefile "$stage"
	compile publish src/Mirror.Cli -c "$CONFIGURATION" --self-contained --artifacts-path "$stage" -p:PublishReadyToRunComposite=false -p:PublishSingleFile=true -p:IncludeAllContentForSelfExtract=true -p:EnableCompressionInSingleFile=true \
		-p:DebugType=none -o out/singlefile || die "the one file could not be made: see above. The registry must have Microsoft.NETCore.App.Runtime.linux-x64 of the SDK's version."
	rm -rf "$stage"
	local files=(out/singlefile/*)
	[[ ${files[*]} == out/singlefile/diskmirror ]] || die "more than one file was made: ${files[*]}"
	say "Built ./out/singlefile/diskmirror, $(./out/singlefile/diskmirror --version)"
}

# What the tests use of the system. What cannot be had makes tests skip, with the reason.
need_tests() {
	# The stock kernel is fetched by a test, from the package lists.
	if ((EUID == 0)) && command -v apt-cache >/dev/null && ! apt-cache show linux-image-amd64 >/dev/null 2>&1; then apt-get update >/dev/null 2>&1 </dev/null || true; fi
	need fio:fio mkfs.xfs:xfsprogs mkfs.btrfs:btrfs-progs mkfs.ext4:e2fsprogs rsync:rsync sqlite3:sqlite3 losetup:util-linux ip:iproute2 iptables:iptables \
		qemu-system-x86_64:qemu-system-x86 /bin/busybox:busybox-static cpio:cpio nbdkit:nbdkit nbdcopy:libnbd-bin dmsetup:dmsetup mdadm:mdadm dump:dump age:age script:bsdutils makefs:makefs debugfs:e2fsprogs sfdisk:fdisk bpftool:bpftool || true
}

# Reads the result file of one test project: prints "passed failed skipped", and the skips with their reasons to fd 3.
read_results() {
	awk '
		function attribute(text, name,   value) {
			if (!match(text, " " name "=\"[^\"]*\"")) return ""
			value = substr(text, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
			return plain(value)
		}
		function plain(text) {
			gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;|&#39;/, "\x27", text); gsub(/&#xD;|&#xA;/, " ", text); gsub(/&amp;/, "\\&", text)
			return text
		}
		BEGIN { RS = "<" }
		/^UnitTestResult / {
			name = attribute($0, "testName"); outcome = attribute($0, "outcome"); reason = ""
			if (outcome == "Passed") passed++; else if (outcome == "NotExecuted") skipped++; else failed++
			open = outcome == "NotExecuted"
			if (open && $0 ~ /\/>[ \t\r\n]*$/) { print "  skipped: " name > "/dev/fd/3"; open = 0 }
		}
		open && /^(Message|StdOut)>/ && reason == "" { reason = plain(substr($0, index($0, ">") + 1)); gsub(/[ \t\r\n]+/, " ", reason) }
		open && /^\/UnitTestResult>/ { print "  skipped: " name (reason == "" ? "" : ": " reason) > "/dev/fd/3"; open = 0 }
		END { print passed + 0, failed + 0, skipped + 0 }
	' "$1"
}

run_project() {
	dotnet test "$1" -c "$CONFIGURATION" --no-build --nologo --results-directory "$results" --logger "trx;LogFileName=${1##*/}.trx" \
		--logger "console;verbosity=minimal" --blame-hang-timeout 12m --blame-hang-dump-type none </dev/null
}

run_tests() {
	local projects=() name project results=out/tests passed=0 failed=0 skipped=0 p f s code
	if (($#)); then for name in "$@"; do [[ $name == Pester ]] || projects+=("tests/Mirror.$name.Tests"); done; else projects=(tests/*.Tests); fi
	rm -rf "$results"; mkdir -p "$results"
	# As in the services' units; without it each process that a test kills leaves a socket and two pipes in /tmp.
	export DOTNET_EnableDiagnostics=0
	exec 3>"$results/skips"
	for project in "${projects[@]}"; do
		name=${project##*/}
		say "== $name"
		code=0
		run_project "$project" || code=$?
		if ((code == 0)) && [[ ! -s $results/$name.trx ]]; then
			# Seen once on an overloaded machine: success, and nothing had been run.
			say "$name: no test ran; trying once more."
			run_project "$project" || code=$?
		fi
		p=0 f=0 s=0
		if [[ -s $results/$name.trx ]]; then read -r p f s < <(read_results "$results/$name.trx"); fi
		# Neither a project that did not run, nor one whose process died after its last result, has passed.
		if ((code != 0 && f == 0)); then say "$name: did not run to its end (exit code $code)."; f=1
		elif ((p + f + s == 0)); then say "$name: no test ran."; f=1; fi
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	done
	exec 3>&-
	if ((!$#)) || [[ " $* " == *" Pester "* ]]; then
		if ! command -v pwsh >/dev/null; then say "Pester tests (tests/Pester) did not run: PowerShell (pwsh) is not on this machine."
		elif ! pwsh -NoProfile -NonInteractive -Command 'exit [int](-not (Get-Module -ListAvailable Pester | Where-Object Version -GE 5.0.0))'; then
			say "Pester tests (tests/Pester) did not run: the module Pester 5 is not on this machine."
		else
			say "== Pester"
			p=0 f=0 s=0
			timeout -k 10 12m pwsh -NoProfile -NonInteractive -File tests/Pester/Run.ps1 -Counts "$results/pester" -Skips "$results/skips" </dev/null || true
			if [[ -s $results/pester ]]; then read -r p f s <"$results/pester"; else say "Pester: did not run to its end."; f=1; fi
			if ((p + f + s == 0)); then say "Pester: no test ran."; f=1; fi
			passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
		fi
	fi
	if [[ -s $results/skips ]]; then say "Skipped, and why:"; cat "$results/skips"; fi
	say "$passed passed, $failed failed, $skipped skipped"
	((failed == 0))
}

chaos() {
	local minutes=0 wipes=0 seed=$((RANDOM * 32768 + RANDOM)) log
	while (($#)); do
		case $1 in
			--minutes) minutes=${2:?}; shift 2 ;;
			--wipes) wipes=${2:?}; shift 2 ;;
			--seed) seed=${2:?}; shift 2 ;;
			*) die "chaos takes --minutes N, --wipes N and --seed S." ;;
		esac
	done
	[[ $minutes != 0 || $wipes != 0 ]] || die "chaos needs --minutes N or --wipes N."
	((EUID == 0)) || die "chaos needs root."
	build; need_tests
	log=out/chaos.log; mkdir -p out; : >"$log"
	say "Seed $seed; every finished run is a line in $log."
	tail -f -n +1 "$log" &
	# Its number goes into the trap now: the trap runs when this function's variables are gone.
	trap "kill $! 2>/dev/null || true" EXIT
	DOTNET_EnableDiagnostics=0 DISKMIRROR_CHAOS_MINUTES=$minutes DISKMIRROR_CHAOS_WIPES=$wipes DISKMIRROR_CHAOS_SEED=$seed DISKMIRROR_CHAOS_LOG=$PWD/$log \
		dotnet test tests/Mirror.EndToEnd.Tests -c "$CONFIGURATION" --no-build --nologo --logger "console;verbosity=normal" \
		--filter 'FullyQualifiedName~ChaosTests.Long|FullyQualifiedName~ChaosTests.Wiped_at_many_moments' </dev/null
}

task=${1:-build}
shift || true
case $task in
	build) build ;;
	help-files) [[ -d out/module/DiskMirror ]] || die "build first: there is no out/module/DiskMirror."; module_help ;;
	package) build; package ;;
	singlefile) singlefile ;;
	test) build; need_tests; run_tests "$@" ;;
	chaos) chaos "$@" ;;
	demo)
		build
		need mkfs.ext4:e2fsprogs e2fsck:e2fsprogs losetup:util-linux mount:mount || exit 1
		need sqlite3:sqlite3 || true
		exec ./out/bin/diskmirror demo "$@" ;;
	bench)
		[[ -x bench/run.sh ]] || die "there are no benchmarks in this checkout (bench/run.sh)."
		build
		need fio:fio rsync:rsync nbdkit:nbdkit nbdcopy:libnbd-bin certtool:gnutls-bin || true
		exec bench/run.sh "$@" ;;
	format)
		need_build
		# Style and analyzers need no second look: what they find fails the build.
		if [[ ${1:-} == check ]]; then dotnet format whitespace "$SOLUTION" --verify-no-changes && dotnet format style "$SOLUTION" --no-restore --verify-no-changes --diagnostics IMPORTS
		else dotnet format "$SOLUTION" --severity warn; fi ;;
	clean)
		rm -rf out
		find src tests bench -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} + ;;
	help | -h | --help) sed -n '2,/^set -e/{/^set -e/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" ;;
	*) die "there is no task '$task'. './build.sh help' lists them." ;;
esac
