#!/bin/bash
# Simulated hours of trouble with the real code, in seconds: a fixed set of seeds, both kinds of link
# (steps numbered or not, by the seed), one and three gateways; and the same seed gives the same
# history. More: make sim SEEDS=n HOURS=h.
set -u
cd "$(dirname "$0")/../.." || exit
sim=${BUILD:-build}/warung-sim
status=0
n=0

run() {
    local name=$1 log
    shift
    n=$((n + 1))
    if log=$("$@" 2>&1); then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        tail -n 3 <<<"$log" | tr '\r' '\n' | tail -n 5
        status=1
    fi
}

same_history() {
    local first second
    first=$("$sim" --first 7 --seeds 2 --hours 1 2>/dev/null | grep -o 'trace .*')
    second=$("$sim" --first 7 --seeds 2 --hours 1 2>/dev/null | grep -o 'trace .*')
    [ -n "$first" ] && [ "$first" = "$second" ]
}

run "one gateway, 20 seeds of an hour" "$sim" --first 1000 --seeds 20 --hours 1 --gateways 1 --quiet
run "three gateways, 20 seeds of an hour" "$sim" --first 2000 --seeds 20 --hours 1 --quiet
run "few subscribers, ten hours" "$sim" --first 3000 --seeds 2 --hours 10 --subscribers 8 --quiet
run "what takes days" "$sim" --first 9201 --seeds 2 --hours 600 --subscribers 200 --gateways 1 --slow --quiet
run "a seed is a history" same_history
echo "1..$n"
exit $status
