#!/bin/bash
# The conformance kit against the mirror in both roles, and against one that has a bug; against the
# gateway in tests/e2e/conform.test.js.
set -u
build=${BUILD:-build}
smsc=$build/warung-smsc
flow=tests/smsc/flows/three.flow
work=$(mktemp -d)
pids=()
number=0

end() {
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null
    wait
    rm -rf "$work"
}
trap end EXIT
trap 'exit 1' INT TERM
wait_for() { # FILE
    for _ in {1..400}; do [ -e "$1" ] && return; sleep 0.02; done
    echo "Bail out! waited in vain for $1"
    exit 1
}
# Runs the kit; NAME WANTED-STATUS OPTIONS...
conform() {
    local name=$1 wanted=$2 status
    shift 2
    "$smsc" conform "$@" >"$work/report" 2>&1
    status=$?
    number=$((number + 1))
    if [ $status -eq "$wanted" ]; then
        echo "ok $number - $name: $(tail -n 1 "$work/report" | sed 's/^# //')"
    else
        echo "not ok $number - $name"
        grep -v '^ok' "$work/report" | sed 's/^/# /'
    fi
}
start_mirror() {
    "$smsc" mirror --flow $flow --binds 4 --response-timeout 2000 "$@" &
    pids+=($!)
    mirror=$!
}
stop_mirror() {
    kill "$mirror"
    wait "$mirror"
}

start_mirror --connect "unix:$work/a.sock"
conform "the mirror" 0 --as centre --listen "unix:$work/a.sock" --binds 4 --reply-timeout 2000
stop_mirror
start_mirror --listen "unix:$work/b.sock" --system-id agg1 --password secret
wait_for "$work/b.sock"
conform "the mirror for partners" 0 --as partner --connect "unix:$work/b.sock" --system-id agg1 \
    --password secret --binds 4 --reply-timeout 2000
stop_mirror
start_mirror --connect "unix:$work/c.sock" --bug lose=100
conform "a gateway that forgets inputs" 1 --listen "unix:$work/c.sock" --binds 4 --reply-timeout 100
stop_mirror

echo "1..$number"
