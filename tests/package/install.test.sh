#!/bin/bash
# What `make install` leaves: programs that are hard to turn against us, and a configuration that only its owner and
# group read.
cd "$(dirname "$0")/../.." || exit
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tests=0
status=0
ok() { # NAME COMMAND...
    local title=$1
    shift
    tests=$((tests + 1))
    "$@" && echo "ok $tests - $title" && return
    echo "not ok $tests - $title"
    status=1
}

has_mode() { # MODE FILE
    [ "$(stat -c %a "$folder/etc/warung/$2")" = "$1" ]
}
is_for_all() {
    ! find "$folder" -mindepth 1 ! -perm -444 ! -path '*/etc/warung/*' -print | grep . >&2
}
is_hardened() { # PROGRAM
    local headers symbols
    headers=$(readelf --wide --file-header --program-headers --dynamic --notes "$1") || return
    symbols=$(readelf --wide --dyn-syms "$1")
    grep -q 'Type: *DYN' <<<"$headers" && grep -q GNU_RELRO <<<"$headers" && grep -q 'Flags:.* NOW' <<<"$headers" &&
        grep -q 'GNU_STACK.* RW ' <<<"$headers" && ! grep -q 'R[UN]*PATH' <<<"$headers" &&
        grep -q '__stack_chk_fail' <<<"$symbols" && grep -q '__[a-z]*_chk@' <<<"$(grep -v stack_chk <<<"$symbols")"
}

kind=plain
[ "${BUILD:-build}" = build ] || kind=${BUILD#build-}
(umask 077 && make -s install KIND="$kind" INSTALL_PACKAGES=no DESTDIR="$folder" prefix=/usr)
ok 'warung.cfg, which may hold passwords, is not for others' has_mode 640 warung.cfg
ok 'secrets are for their owner' has_mode 700 secrets
ok 'everything else is for all, whatever the umask' is_for_all
if [ "$kind" = plain ]; then
    for program in sbin/warungd bin/warungctl bin/warung-smsc; do
        ok "${program#*/}: PIE, RELRO, bound at the start, stack and buffers guarded" is_hardened "$folder/usr/$program"
    done
fi
if command -v clang >/dev/null; then
    ok 'clang compiles it as well' make -s KIND=plain INSTALL_PACKAGES=no CC=clang B="$folder/clang" \
        "$folder/clang/obj/base/span.o"
fi
refuses_blanks() {
    mkdir -p "$folder/a"
    ! make -s "$1" KIND="$kind" INSTALL_PACKAGES=no DESTDIR="$folder/a b" prefix=/usr 2>/dev/null &&
        [ "$(find "$folder/a")" = "$folder/a" ]
}
ok 'install into a folder with a blank in its name is refused: it would fill others' refuses_blanks install
ok 'so is uninstall, which would empty them' refuses_blanks uninstall
echo "1..$tests"
exit $status
