#!/bin/bash
# The once-only protocol, every interleaving at small bounds (custody.pml): no violation; and each
# variant that breaks one rule, or drops one assumption, must have a counterexample.
#
#     tests/model/model.test.sh                 as `make check` runs it
#     MODEL=long tests/model/model.test.sh      more faults: minutes and gigabytes
#     tests/model/model.test.sh trace VARIANT [OPTION=N...]    a counterexample, step by step
set -u
cd "$(dirname "$0")" || exit
model=$PWD/custody.pml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
status=0

cd "$work" || exit
if ! { spin -a "$model" && gcc -O1 -w -DSAFETY -DCOLLAPSE -o pan pan.c; } >log 2>&1; then
    echo "not ok 1 - the model is built"
    sed 's/^/# /' log
    echo "1..1"
    exit 1
fi

# The number of a variant's name.
variant() {
    sed -n "s/^#define $1 *\([0-9][0-9]*\).*/\1/p" "$model"
}

search() {
    rm -f -- *.trail
    env "$@" ./pan -m400000 >log 2>&1
}

tell() {
    local verdict=$1 name=$2
    n=$((n + 1))
    echo "$verdict $n - $name ($(grep -o '[0-9.e+]* states, stored' log))"
    [ "$verdict" = ok ] && return
    status=1
    tail -n 20 log | sed 's/^/# /'
}

# A search that ran out of depth is no proof.
holds() {
    search "$@"
    if grep -q 'errors: 0' log && ! grep -q 'too small\|not completed' log; then
        tell ok "holds: $*"
    else
        tell "not ok" "holds: $*"
    fi
}

fails() {
    local name=$1
    shift
    search "VARIANT=$(variant "$name")" "$@"
    if grep -q 'assertion violated' log; then
        tell ok "has a counterexample: $name $*"
    else
        tell "not ok" "has a counterexample: $name $*"
    fi
}

if [ "${1:-}" = trace ]; then
    name=$2
    shift 2
    search "VARIANT=$(variant "$name")" "$@"
    env "VARIANT=$(variant "$name")" "$@" ./pan -r custody.pml.trail
    exit
fi

# Links without step numbers: inputs that are all alike; every other one alike.
holds FAULTS=1
holds FAULTS=2 OTHERS=0
holds FAULTS=1 NIN=3 ALTERNATE=1
# Links whose steps are numbered.
holds FAULTS=2 OTHERS=0 LEDGER=1
holds FAULTS=1 NIN=3 LEDGER=1
if [ "${MODEL:-}" = long ]; then
    holds FAULTS=2
    holds FAULTS=2 NIN=3 TYPED=3 OTHERS=0 ALTERNATE=1
    holds FAULTS=1 NIN=3
    holds FAULTS=2 LEDGER=1
    holds FAULTS=3 OTHERS=0 LEDGER=1
fi

# Good ends are within reach: "no violation" is not for want of runs.
fails REACH
fails REACH LEDGER=1

# What is assumed is needed.
for assumption in RUNS_AHEAD HALF_OPEN OLD_SCREENS; do
    fails $assumption
done

for rule in EARLY NO_VERSION NO_DEDUPE NO_TOMBSTONE CLOSE_AT_ONCE NO_WINDOW WINDOW_FROM_ANSWER LATE_STEP \
    ANY_CONNECTION PROOF_BY_TEXT UNKNOWN_DONE UNKNOWN_AGAIN CONFLICT_DONE; do
    fails $rule
done
for rule in EARLY NO_VERSION NO_DEDUPE NO_TOMBSTONE LEDGER_CLOSES UNKNOWN_DONE UNKNOWN_AGAIN CONFLICT_DONE; do
    fails $rule LEDGER=1
done
echo "1..$n"
exit $status
