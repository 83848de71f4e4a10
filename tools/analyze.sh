#!/bin/bash
# analyze.sh [TOOL...]: the static analysers, each under its written set of checks:
#   cppcheck    tools/cppcheck.supp    clang-tidy (with clang's analyzer, which is scan-build's)  .clang-tidy
#   fanalyzer   gcc's, below
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

[ $# -gt 0 ] || set -- cppcheck clang-tidy fanalyzer
failed=()
for tool in "$@"; do
    "run_$tool" || failed+=("$tool")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "analyze: findings of: ${failed[*]}" >&2
    exit 1
fi
echo "analyze: $* clean"
