#!/bin/bash
# check-package.sh: the packages of build/deb in a fresh Debian of their own, by the commands of
# docs/operations.md (tests/package/debian.sh). The bare system is kept in build/ for the next time.
set -eu
cd "$(dirname "$0")/.."
system=build/debian
debs=(build/deb/warung_*.deb)
wanted=$(dpkg-deb -f "${debs[0]}" Depends | tr ',' '\n' | sed 's/^ *//; s/[ |].*//' | sort -u | tr '\n' ',')
if [ ! -e "$system/packages" ] || [ "$(cat "$system/packages")" != "$wanted" ]; then
    rm -rf "$system"
    mkdir -p "$system"
    mmdebstrap --variant=minbase --quiet \
        --include="systemd,systemd-sysv,iproute2,procps,redis-server,curl,$wanted" bookworm "$system/root"
    echo "$wanted" >"$system/packages"
fi
NEST=$(mktemp -d)
export NEST
trap 'rm -rf "$NEST"' EXIT
cp "${debs[@]}" docs/operations.md tests/package/tap.sh "$NEST"
tests/package/nest.sh -r "$PWD/$system/root" tests/package/debian.sh
