#!/usr/bin/env bash
# Puts what ./build.sh made where a service finds it. Changes no configuration that is there, starts and stops nothing.
#
#   package/install.sh              into this system (as root)
#   DESTDIR=DIR package/install.sh  below DIR, for packagers
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
to=${DESTDIR:-}
[[ -x out/bin/diskmirror ]] || { echo "install.sh: there is no out/bin/diskmirror; run ./build.sh first." >&2; exit 1; }

install -d "$to/usr/lib" "$to/usr/bin" "$to/usr/lib/systemd/system" "$to/usr/share/doc/diskmirror"
install -d -m 0700 "$to/etc/diskmirror"
# A running process keeps the files that it has open; the new ones come into their place whole.
rm -rf "$to/usr/lib/diskmirror.new" "$to/usr/lib/diskmirror.old"
cp -r out/bin "$to/usr/lib/diskmirror.new"
[[ ! -d $to/usr/lib/diskmirror ]] || mv "$to/usr/lib/diskmirror" "$to/usr/lib/diskmirror.old"
mv "$to/usr/lib/diskmirror.new" "$to/usr/lib/diskmirror"
rm -rf "$to/usr/lib/diskmirror.old"
# The PowerShell module, where every shell of the host looks for modules.
modules=$to/usr/local/share/powershell/Modules
if [[ -d out/module/DiskMirror ]]; then
	install -d "$modules"
	rm -rf "$modules/DiskMirror.new" "$modules/DiskMirror.old"
	cp -r out/module/DiskMirror "$modules/DiskMirror.new"
	[[ ! -d $modules/DiskMirror ]] || mv "$modules/DiskMirror" "$modules/DiskMirror.old"
	mv "$modules/DiskMirror.new" "$modules/DiskMirror"
	rm -rf "$modules/DiskMirror.old"
fi
ln -sfn ../lib/diskmirror/diskmirror "$to/usr/bin/diskmirror"
install -m 0644 package/systemd/*.service "$to/usr/lib/systemd/system"
install -m 0600 package/etc/*.sample "$to/etc/diskmirror"
install -m 0644 README.md docs/*.md "$to/usr/share/doc/diskmirror"
[[ -n $to ]] || ! command -v systemctl >/dev/null || systemctl daemon-reload || true
echo "Installed. Next: docs/operations.md, 'The first mirror'."
