#!/bin/bash
# mutants.sh [--sim] [NAME...]: plants the faults of mutants.tsv one by one into a copy of the tree and
# wants the tests to turn red. Ends with "N passed, N failed": a mutant that lives is a failure. --sim:
# those that the simulator must find alone, within SIM_SEEDS histories of an hour. Each test is green
# before, so that what turns it red is the fault.
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
names=$*

# The build goes along with its times, so that each mutant compiles one file.
cp -a . "$copy/tree"
cd "$copy/tree" || exit

# Builds and runs one thing that should turn red: true when it does.
is_red() {
    local what=$1 program=() command
    case $what in
    sim)
        program=(build/warung-sim)
        command=(build/warung-sim --first 1 --seeds "$seeds" --hours 1 --quiet)
        ;;
    *.sh) command=(bash "tests/$what") ;;
    *.js)
        program=(all)
        command=(node "tests/$what")
        ;;
    *.yml) command=(promtool test rules "tests/$what") ;;
    *)
        program=("build/tests/$what")
        command=("${program[@]}")
        ;;
    esac
    [ ${#program[@]} -eq 0 ] || make "${program[@]}" >"$copy/build.log" 2>&1 || return 2
    ! timeout 120 "${command[@]}" >"$copy/run.log" 2>&1
}

# The rows that are asked for.
rows() {
    local name file expression what
    while IFS=$'\t' read -r name file expression what; do
        case $name in '#'* | '') continue ;; esac
        [ -z "$names" ] || [[ " $names " == *" $name "* ]] || continue
        if [ "$only" = sim ]; then
            [[ " $what " == *" sim "* ]] || continue
            what=sim
        fi
        printf '%s\t%s\t%s\t%s\n' "$name" "$file" "$expression" "$what"
    done <"$table"
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

for one in $(rows | cut -f 4 | tr ' ' '\n' | sort -u); do
    is_red "$one" </dev/null
    case $? in
    0) echo "$one fails without any fault:" && tail -n 20 "$copy/run.log" && exit 1 ;;
    2) tail -n 20 "$copy/build.log" && exit 1 ;;
    esac
done
while IFS=$'\t' read -r name file expression what; do
    try "$name" "$file" "$expression" "$what"
done < <(rows)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
