#!/bin/bash
# install-packages.sh GROUP...: installs what is missing of these groups of conf/packages.debian.
#
# Quick and silent when nothing is missing. Needs root or sudo only when something is. With
# INSTALL_PACKAGES=no it changes nothing and leaves it to the compiler to complain: for package
# builds, whose build dependencies are somebody else's business.
set -eu
cd "$(dirname "$0")/.."
list=conf/packages.debian
[ "${INSTALL_PACKAGES:-yes}" = yes ] || exit 0

# "package command" of the wanted groups; the command is "-" where none is named.
wanted() {
    awk -v groups=" $* " '
        { sub(/#.*/, "") }
        /^\[/ { gsub(/[][]/, "", $1); on = index(groups, " " $1 " "); next }
        on && NF { gsub(/[][]/, "", $2); print $1, ($2 == "" ? "-" : $2) }' "$list"
}

is_installed() {
    [ "$2" != - ] && command -v "$2" >/dev/null && return 0
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
while read -r package command; do
    is_installed "$package" "$command" || missing+=("$package")
done < <(wanted "$@")
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "not a Debian system; please install what corresponds to: ${missing[*]}" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null; then
        exec sudo "$0" "$@"
    fi
    echo "not root and no sudo; please run: apt-get install ${missing[*]}" >&2
    exit 1
fi

echo "installing ${missing[*]}" >&2
# Daemons (redis-server, prometheus) are wanted as programs: none is started as a service.
policy=/usr/sbin/policy-rc.d
log=$(mktemp)
if [ -e "$policy" ]; then
    trap 'rm -f "$log"' EXIT
else
    trap 'rm -f "$log" "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt() {
    apt-get -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}
apt update || true # a broken list of another repository need not matter; the next line tells
if ! apt install -y --no-install-recommends "${missing[@]}"; then
    tail -n 40 "$log" >&2
    echo "apt-get could not install: ${missing[*]}" >&2
    exit 1
fi
