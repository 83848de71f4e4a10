#!/bin/bash
# Fault rounds on the real programs (rounds.js says what they are and what sets them). In a network
# namespace of its own where that is allowed: there connections can be cut, and no port is taken.
set -eu
cd "$(dirname "$0")/../.."
for preload in synced dying clock; do # without them nothing dies where it should, and all of it fails
    [ -e "${BUILD:-build}/tests/fault/$preload.so" ] || {
        echo "rounds: there is no ${BUILD:-build}/tests/fault/$preload.so: run this by make check-fault" >&2
        exit 1
    }
done
# In `make check`: a few that need neither the namespace nor groups of servers.
if [ -z "${ROUNDS:-}" ]; then
    export ROUNDS=4 SEED=1 KINDS=kill-gateway,kill-redis,die-after-commit,power-loss SHORT=1
fi
if unshare -rn sh -c 'ip link set lo up && iptables -w -L' >/dev/null 2>&1; then
    export HAS_CUTS=1
    exec unshare -rn sh -c 'ip link set lo up && exec node tests/fault/rounds.js'
fi
exec node tests/fault/rounds.js
