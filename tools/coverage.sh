#!/bin/bash
# coverage.sh: lines and branches that the tests of build-coverage reached, folder by folder; exit status 1
# when a folder that has a bound (90 % of the lines, 80 % of the branches) stays below it.
# Details file by file: build-coverage/index.html and coverage.txt.
set -eu
cd "$(dirname "$0")/.."
bounded='base menus merchants sessions gateway/smpp gateway/turn'
folders="$bounded gateway gateway/link gateway/cdr gateway/admin gateway/ctl"
counts=build-coverage/coverage.json

# A gateway that a test kills while it writes its counts leaves a branch or two that do not add up, even
# below zero: gcovr would give up at the first, this way it tells of them and goes on.
gcovr --root . --object-directory build-coverage --exclude-unreachable-branches \
    --exclude-throw-branches --gcov-ignore-parse-errors --exclude tests/ \
    --json "$counts" --txt build-coverage/coverage.txt \
    --html-details build-coverage/index.html --print-summary

failed=
for folder in $folders; do
    bounds=()
    [[ " $bounded " == *" $folder "* ]] && bounds=(--fail-under-line 90 --fail-under-branch 80)
    status=0
    told=$(gcovr --root . -a "$counts" --filter "$folder/[^/]*$" --txt build-coverage/folder.txt \
        --print-summary "${bounds[@]}" 2>&1) || status=$?
    printf '%-14s %s\n' "$folder" "$(grep -E '^(lines|branches)' <<<"$told" | paste -sd' ')"
    [ "$status" -eq 0 ] || failed+=" $folder"
done
rm -f build-coverage/folder.txt
[ -z "$failed" ] || { echo "below 90 % of the lines or 80 % of the branches:$failed" >&2; exit 1; }
