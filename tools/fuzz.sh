#!/bin/bash
# fuzz.sh SECONDS|keep PROGRAM...: lets libFuzzer look for inputs that break each target, one after
# the other. What it finds new goes to build-fuzz/corpus; an input that breaks a target is kept there
# as crash-* and belongs, once understood, into tests/fuzz/corpus/<target>/. With "keep" nothing is
# searched: the found inputs that reach code which the kept ones do not are added to them.
set -eu
cd "$(dirname "$0")/.."
seconds=$1
shift
for program in "$@"; do
    name=$(basename "$program")
    found=build-fuzz/corpus/$name
    kept=tests/fuzz/corpus/$name
    mkdir -p "$found" "$kept"
    if [ "$seconds" = keep ]; then
        "$program" -merge=1 -max_len=4096 "$kept" "$found" 2>&1 | tail -n 1
        continue
    fi
    echo "== $name, $seconds s"
    "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -verbosity=0 -artifact_prefix="$found/" "$found" "$kept"
done
