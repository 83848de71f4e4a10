#!/bin/bash
# check.sh [ITEM...]: runs the test programs, JOBS at a time, and counts what they say.
#
# Without items: all that there are. An item is a cmocka program ($BUILD/tests/unit/test_span), a
# fuzz target's replay program, an end-to-end test (tests/e2e/x.test.js) or a shell test
# (tests/*/x.test.sh). TAP is counted test by test; a program that speaks none counts as one test,
# by its exit status. A program fails, too, when it announced more tests than it reported, runs past
# its time, or leaves a process behind. The log of a failed program stays in $BUILD/test-logs.
# The last line is "N passed, N failed"; exit status 1 when anything failed.
set -u
cd "$(dirname "$0")/.." || exit
export BUILD=${BUILD:-build}
logs=$BUILD/test-logs
jobs=${JOBS:-2}
limit_s=${TEST_LIMIT_S:-300}
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:detect_stack_use_after_return=1}
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$PWD/tests/lsan.supp:print_suppressions=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

name_of() {
    local name=${1#"$BUILD"/}
    name=${name#tests/}
    echo "${name%.test.*}"
}

command_of() {
    case $1 in
    *.test.js) echo "node --test-reporter=tap $1" ;;
    *.test.sh) echo "bash $1" ;;
    */fuzz/*) echo "$1 tests/fuzz/corpus/$(basename "$1")" ;;
    *) echo "$1" ;;
    esac
}

# Pids of the processes of a session.
session_pids() {
    local stat pid rest
    for stat in /proc/[0-9]*/stat; do
        { read -r pid rest <"$stat"; } 2>/dev/null || continue
        rest=${rest##*) } # state ppid pgrp session ...
        # shellcheck disable=SC2086
        set -- $rest
        [ "$1" != Z ] && [ "$4" = "$session" ] && echo "$pid"
    done
}

# Reads a program's output, prints a line for each test and, last, "passed failed skipped".
count_tap() {
    awk -v name="$1" -v status="$2" -v left="$3" -v limit="$limit_s" '
        function say(word, test) { printf "%-4s  %s: %s\n", word, name, test }
        function title(line) { sub(/^(not )?ok [0-9]* *-? */, "", line); return line }
        /^1\.\.[0-9]+/ { planned += substr($1, 4) }
        /^(not )?ok [0-9]+ .*# SKIP/ {
            line = title($0); sub(/# SKIP */, "", line); say("skip", line); skipped++; next
        }
        /^ok [0-9]+/ { say("ok", title($0)); passed++ }
        /^not ok 0/ { next } # a group whose setup failed: its tests are missing below
        /^not ok [0-9]+/ { say("FAIL", title($0)); failed++ }
        END {
            lost = planned - passed - failed - skipped
            if (lost > 0) { say("FAIL", lost " of " planned " tests were not reached"); failed += lost }
            if (left) { say("FAIL", "left " left " process(es) running"); failed++ }
            if (status == 124) { say("FAIL", "not done after " limit " s"); failed++ }
            else if (status != 0 && !failed) { say("FAIL", "exit status " status); failed++ }
            else if (!(passed + failed + skipped)) { say("ok", "ends with status 0"); passed++ }
            print passed + 0, failed + 0, skipped + 0
        }' "$4"
}

run_one() {
    local item=$1 name log status counts left
    name=$(name_of "$item")
    log=$logs/${name//\//-}.log
    # A session of its own: what is left of it afterwards was left running.
    # shellcheck disable=SC2046
    setsid timeout -k 10 "$limit_s" $(command_of "$item") >"$log" 2>&1 </dev/null &
    session=$!
    trap 'kill -TERM -- "-$session" 2>/dev/null; exit 1' INT TERM
    wait "$session"
    status=$?
    trap - INT TERM
    left=$(session_pids)
    if [ -n "$left" ]; then
        for pid in $left; do
            echo "left running: $(tr '\0' ' ' <"/proc/$pid/cmdline") ($pid)" >>"$log"
            kill -KILL "$pid"
        done
    fi
    counts=$(count_tap "$name" "$status" "$(wc -w <<<"$left")" "$log")
    echo "${counts##*$'\n'}" >"$logs/${name//\//-}.count"
    exec 9>"$logs/.lock"
    flock 9
    if [ "$(tail -n 1 <<<"$counts" | cut -d' ' -f2)" -eq 0 ]; then
        rm -f "$log"
        sed '$d' <<<"$counts"
    else
        sed '$d' <<<"$counts"
        # Of node's subtests, what failed may stand far from the end.
        awk '/^ +not ok/ { said = 1 } said { print } /^ +\.\.\.$/ { said = 0 }' "$log" | head -n 100
        echo "----  the end of $log:"
        tail -n 60 "$log"
        echo "----"
    fi
}

if [ "${1:-}" = --one ]; then
    run_one "$2"
    exit 0
fi

if [ $# -eq 0 ]; then
    shopt -s nullglob
    set -- tests/e2e/*.test.js tests/*/*.test.sh
    for program in "$BUILD"/tests/{unit,contract,vectors,scenarios}/test_* "$BUILD"/tests/fuzz/fuzz_*; do
        # Left-overs of sources that are gone, and files that are no programs, are not tests.
        [ -x "$program" ] && [ -e "${program#"$BUILD"/}.c" ] && set -- "$@" "$program"
    done
fi

rm -rf "$logs"
mkdir -p "$logs"
printf '%s\0' "$@" | xargs -0 -r -n 1 -P "$jobs" "$0" --one
missing=$(($# - $(find "$logs" -name '*.count' | wc -l)))
cat "$logs"/*.count 2>/dev/null | awk -v failed="$missing" '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        printf "%d passed, %d failed", passed, failed
        if (skipped) printf ", %d skipped", skipped
        print ""
        exit failed > 0 || passed == 0
    }'
status=$?
rm -f "$logs"/*.count "$logs/.lock"
exit $status
