#!/bin/bash
# distcheck.sh ARCHIVE: builds and tests what is in the archive, installs it under a folder and
# uninstalls it again; nothing but the configuration may be left.
set -eu
archive=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
tar xf "$archive"
cd ./*/
make -j2 all
make check
destination=$folder/installed
make install DESTDIR="$destination" prefix=/usr >/dev/null
for program in sbin/warungd bin/warungctl bin/warung-smsc; do
    "$destination/usr/$program" --version
done
"$destination/usr/sbin/warungd" -n -c "$destination/etc/warung/warung.cfg"
make uninstall DESTDIR="$destination" prefix=/usr >/dev/null
left=$(find "$destination" -type f -not -path '*/etc/warung/*')
if [ -n "$left" ]; then
    echo "left after make uninstall: $left" >&2
    exit 1
fi
echo "$(basename "$archive") builds, passes, installs and uninstalls"
