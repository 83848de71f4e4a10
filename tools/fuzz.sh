#!/bin/bash
# fuzz.sh SECONDS PROGRAM...: lets libFuzzer look for inputs that break each target, one after the
# other. What it finds new goes to build-fuzz/corpus; what breaks a target is kept there as crash-*
# and belongs, once understood, into tests/fuzz/corpus/<target>/.
set -eu
cd "$(dirname "$0")/.."
seconds=$1
shift
for program in "$@"; do
    name=$(basename "$program")
    found=build-fuzz/corpus/$name
    mkdir -p "$found"
    echo "== $name, $seconds s"
    "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -verbosity=0 -artifact_prefix="$found/" "$found" "tests/fuzz/corpus/$name"
done
