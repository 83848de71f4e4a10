#!/bin/bash
# bench.sh [MODE...]: steps per second and latencies of a whole registration, with Redis, warungd and
# the load generator on this machine.
#
# A mode is an appendfsync setting: always (the shipped durability), everysec, no. Each mode is run
# RUNS times from an empty Redis, modes in turn, so that a slow minute of the machine hits all of
# them; the table has the medians. A run whose ledger shows a lost, doubled or wrong step fails the
# bench. "bound" rows are the same commits by a bare client, without SMPP and menus (bound.c).
#
#   RUNS=3  DIALOGUES=2000  SECONDS_=10  BINDS=4  RATE=0 (inputs/s of an open loop; 0 = closed loop)
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
runs=${RUNS:-3}
dialogues=${DIALOGUES:-2000}
seconds=${SECONDS_:-10}
binds=${BINDS:-4}
rate=${RATE:-0}
[ $# -gt 0 ] || set -- always everysec no

folder=$(mktemp -d)
pids=()
end_all() {
    local pid
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${pids[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
    pids=()
}
trap 'end_all; rm -rf "$folder"' EXIT

wait_for() {
    local what=$1
    shift
    for _ in {1..400}; do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    echo "bench: waited in vain for $what" >&2
    tail -n 5 "$folder"/*.log >&2
    exit 1
}

# User and system time of a process, in microseconds.
cpu_us() {
    local stat
    stat=$(<"/proc/$1/stat")
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    echo $(((${12} + ${13}) * 1000000 / $(getconf CLK_TCK)))
}

start_redis() {
    rm -rf "$folder/redis"
    mkdir "$folder/redis"
    redis-server conf/redis.conf --port 0 --unixsocket "$folder/redis.sock" --dir "$folder/redis" \
        --appendfsync "$1" --logfile "$folder/redis.log" &
    redis=$!
    pids+=("$redis")
    wait_for Redis redis-cli -s "$folder/redis.sock" PING
}

# One line into results-MODE: steps/s, p50, p90, p99, p99.9 (ms), gateway and Redis us per step.
run_gateway() {
    local mode=$1 load gateway gateway_us redis_us status=0
    start_redis "$mode"
    rm -f "$folder/port"
    "$build/warung-smsc" load --listen 127.0.0.1:0 --port-file "$folder/port" --system-id warung \
        --password secret --binds "$binds" --sticky --flow tests/smsc/flows/register.flow \
        --dialogues "$dialogues" --seconds "$seconds" --rate "$rate" --json >"$folder/report.json" \
        2>"$folder/load.log" &
    load=$!
    pids+=("$load")
    wait_for "the load generator" test -s "$folder/port"
    cat >"$folder/warung.cfg" <<EOF
instance = "bench";
redis = { servers = [ "unix:$folder/redis.sock" ]; };
smsc = ( { name = "load"; host = "127.0.0.1"; port = $(<"$folder/port"); system_id = "warung";
           password = "secret"; binds = $binds; window = 512; codes = [ "*384#", "384" ]; } );
menus = ( { file = "$PWD/conf/menus/terususaha.cfg"; codes = [ "*384#" ]; sms = [ "384" ]; } );
admin = { listen = ""; };
log = { level = "warning"; };
EOF
    "$build/warungd" -c "$folder/warung.cfg" 2>"$folder/warungd.log" &
    gateway=$!
    pids+=("$gateway")
    # The processor time of the whole run, warm-up and drain included, over all of its steps.
    while kill -0 "$load" 2>/dev/null; do
        gateway_us=$(cpu_us "$gateway")
        redis_us=$(cpu_us "$redis")
        sleep 0.2
    done
    wait "$load" || status=$?
    if [ "$status" -ne 0 ] || [ "$(jq .ledger.clean "$folder/report.json")" != 1 ]; then
        echo "bench: $mode: the ledger is not clean (status $status):" >&2
        cat "$folder/load.log" "$folder/report.json" >&2
        tail -n 20 "$folder/warungd.log" >&2
        exit 1
    fi
    jq -r --argjson g "$gateway_us" --argjson r "$redis_us" '[.steps_per_s,
        .screen_us.p50 / 1000, .screen_us.p90 / 1000, .screen_us.p99 / 1000,
        .screen_us.p99_9 / 1000, $g / .ledger.inputs, $r / .ledger.inputs] | @tsv' \
        "$folder/report.json" >>"$folder/results-$mode"
    end_all
}

# Steps/s, p50, p99, p99.9, on a private Redis of its own.
run_bound() {
    "$build/bench/bound" -f "$1" -d "$dialogues" -t "$seconds" ${RATE:+-r "$RATE"} |
        sed -n 's|.*: \([0-9]*\) steps/s *p50 \([0-9.]*\) ms *p99 \([0-9.]*\) ms *p99.9 \([0-9.]*\) ms.*|\1\t\2\t\3\t\4|p' \
            >>"$folder/results-bound-$1"
}

# The median of each column.
medians() {
    awk '{ for (i = 1; i <= NF; i++) value[i, NR] = $i; columns = NF }
        END {
            for (i = 1; i <= columns; i++) {
                for (j = 1; j <= NR; j++) v[j] = value[i, j] + 0
                for (j = 2; j <= NR; j++)
                    for (k = j; k > 1 && v[k - 1] > v[k]; k--) { t = v[k]; v[k] = v[k - 1]; v[k - 1] = t }
                printf "%s%s", v[int((NR + 1) / 2)], i < columns ? "\t" : "\n"
            }
        }' "$1"
}

mkdir "$folder/sync"
fdatasync=$( (TIMEFORMAT=%R; time dd if=/dev/zero of="$folder/sync/file" bs=4k count=200 oflag=dsync \
    2>/dev/null) 2>&1)
echo "$(nproc) cores, $(redis-server --version | grep -o 'v=[0-9.]*'), load $(cut -d' ' -f1-3 /proc/loadavg)," \
    "a synchronous 4 kB write takes $(awk -v s="$fdatasync" 'BEGIN { printf "%.2f", s * 5 }') ms"
if [ "$rate" -eq 0 ]; then
    echo "closed loop, $dialogues dialogues at once on $binds binds, $seconds s, median of $runs runs"
else
    echo "open loop, $rate inputs/s on $binds binds, $seconds s, median of $runs runs"
fi

for _ in $(seq "$runs"); do
    for mode in "$@"; do
        run_gateway "$mode"
        run_bound "$mode"
    done
done

printf '%-16s %9s %9s %9s %9s %9s %12s %12s\n' appendfsync steps/s 'p50 ms' 'p90 ms' 'p99 ms' \
    'p99.9 ms' 'warungd us' 'Redis us'
for mode in "$@"; do
    medians "$folder/results-$mode" | awk -v mode="$mode" '{
        printf "%-16s %9.0f %9.2f %9.2f %9.2f %9.2f %12.1f %12.1f\n", mode, $1, $2, $3, $4, $5, $6, $7 }'
    medians "$folder/results-bound-$mode" | awk -v mode="bound, $mode" '{
        printf "%-16s %9.0f %9.2f %9s %9.2f %9.2f\n", mode, $1, $2, "", $3, $4 }'
done
echo "us: processor time a step; every ledger was clean: none lost, none doubled, none wrong"
echo "load at the end: $(cut -d' ' -f1-3 /proc/loadavg)"
