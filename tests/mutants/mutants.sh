#!/bin/bash
# mutants.sh [--sim] [NAME...]: plants the faults of mutants.tsv one by one into a copy of the tree and
# wants the tests to turn red. Ends with "N passed, N failed": a mutant that lives is a failure. --sim:
# those that the simulator must find alone, within SIM_SEEDS histories of an hour.
set -u
cd "$(dirname "$0")/../.." || exit
table=$PWD/tests/mutants/mutants.tsv
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
passed=0
failed=0
seeds=${SIM_SEEDS:-300}
only=
[ "${1:-}" = --sim ] && only=sim && shift

# The build goes along with its times, so that each mutant compiles one file.
cp -a . "$copy/tree"
cd "$copy/tree" || exit

# Builds and runs one thing that should turn red: true when it does.
is_red() {
    local what=$1
    if [ "$what" = sim ]; then
        make build/warung-sim >"$copy/build.log" 2>&1 || return 2
        ! timeout 120 build/warung-sim --first 1 --seeds "$seeds" --hours 1 --quiet >"$copy/run.log" 2>&1
    else
        make "build/tests/$what" >"$copy/build.log" 2>&1 || return 2
        ! timeout 120 "build/tests/$what" >"$copy/run.log" 2>&1
    fi
}

try() {
    local name=$1 file=$2 expression=$3 what=$4 verdict=survived by=- one
    cp -p "$file" "$copy/original"
    sed -i "$expression" "$file"
    if cmp -s "$file" "$copy/original"; then
        verdict="does not apply"
    else
        for one in $what; do
            is_red "$one" </dev/null
            case $? in
            0) verdict=killed by=$one && break ;;
            2) verdict="does not build" && break ;;
            esac
        done
    fi
    cp -p "$copy/original" "$file"
    touch "$file"
    if [ "$verdict" = killed ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        [ "$verdict" = "does not build" ] && tail -n 5 "$copy/build.log"
    fi
    [ "$by" = sim ] && by="sim after $(tr '\r' '\n' <"$copy/run.log" | grep -o '^[0-9]* of' | tail -n 1 | cut -d' ' -f1) hours"
    printf '%-28s %s by %s\n' "$name" "$verdict" "$by"
}

while IFS=$'\t' read -r name file expression what; do
    case $name in '#'* | '') continue ;; esac
    [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
    if [ "$only" = sim ]; then
        [[ " $what " == *" sim "* ]] || continue
        what=sim
    fi
    try "$name" "$file" "$expression" "$what"
done <"$table"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
