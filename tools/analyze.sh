#!/bin/bash
# analyze.sh [TOOL...]: the static analysers, each under its written set of checks:
#   cppcheck    tools/cppcheck.supp
#   clang-tidy  .clang-tidy
#   fanalyzer   gcc's, below
#   scan-build  clang's analyzer on what make compiles, below
# Prints each finding as file:line: text; exit status 1 when there is one.
set -u
cd "$(dirname "$0")/.." || exit
jobs=${JOBS:-2}
flags=(-std=gnu11 -I. -D_GNU_SOURCE)

sources() { find base menus merchants sessions gateway -name '*.c' | sort; }

run_cppcheck() {
    cppcheck -j"$jobs" --enable=warning,performance,portability --std=c11 --quiet --error-exitcode=1 \
        --library=tools/cppcheck.cfg -I. -D_GNU_SOURCE \
        --suppressions-list=tools/cppcheck.supp --inline-suppr \
        --template='{file}:{line}: {id}: {message}' base menus merchants sessions gateway
}

run_clang-tidy() {
    sources | xargs -P"$jobs" -n4 sh -c 'clang-tidy --quiet "$@" -- '"${flags[*]}"' 2>/dev/null' sh
}

# Of gcc 12's analyzer: its checks of memory and file descriptors. Left out: -use-of-uninitialized-value
# and -null-dereference, which do not follow our asserts and callbacks (clang's analyzer has both).
run_fanalyzer() {
    local out
    out=$(sources | xargs -P"$jobs" -I{} gcc "${flags[@]}" -O1 -fanalyzer -Wno-analyzer-use-of-uninitialized-value \
        -Wno-analyzer-null-dereference -fdiagnostics-plain-output -c -o /dev/null {} 2>&1 |
        grep -E 'warning:.*-Wanalyzer')
    [ -z "$out" ] || { echo "$out"; return 1; }
}

# Clang's analyzer as clang-tidy has it, but on what `make` really compiles, warung-smsc too, and with
# the checkers that are off by default: those that know a program's faults, not its style. Left out:
# valist.Uninitialized, false on every va_start() (clang 14).
scan_build=(nullability.NullableDereferenced nullability.NullablePassedToNonnull
    nullability.NullableReturnedFromNonnull optin.portability.UnixAPI security.FloatLoopCounter
    security.insecureAPI.bcmp security.insecureAPI.bcopy security.insecureAPI.bzero
    security.insecureAPI.rand security.insecureAPI.strcpy valist.CopyToSelf valist.Unterminated)
run_scan-build() {
    rm -rf build-analyze
    local checker checkers=() out
    for checker in "${scan_build[@]}"; do
        checkers+=(-enable-checker "$checker")
    done
    out=$(scan-build --status-bugs -o build-analyze/reports "${checkers[@]}" \
        -disable-checker valist.Uninitialized make -s -j"$jobs" KIND=analyze all 2>&1) && return
    grep -vE '^  (CC|AR|LD) ' <<<"$out"
    return 1
}

[ $# -gt 0 ] || set -- cppcheck clang-tidy fanalyzer scan-build
failed=()
for tool in "$@"; do
    "run_$tool" || failed+=("$tool")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "analyze: findings of: ${failed[*]}" >&2
    exit 1
fi
echo "analyze: $* clean"
