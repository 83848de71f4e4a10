#!/bin/bash
# bench.sh [ROW...]: what a registration costs, with Redis, warungd and the load generator on this
# machine, and what is asked of each figure. docs/performance.md says what limits them.
#
# Rows: always, everysec, no: 2,000 dialogues at once with that appendfsync; sentinel: with a master,
# two replicas and three sentinels, each commit on every replica; open: 20,000 inputs/s by the clock;
# one: one subscriber; memory: 100,000 open dialogues, then a restart. Without ROW: all but `no`.
#
# The rows take turns, so that a slow minute of the machine hits all of them; a figure is the median
# of its runs. "bound" is the same commits by a bare client, without SMPP and menus (bound.c), right
# after the row that it is the bound of. A run whose ledger shows a lost, doubled or wrong step fails.
#
#   BENCH=full   five runs of every row, under twelve minutes; else one short run of each
#   RUNS SECONDS_ DIALOGUES=2000 BINDS=2 RATE=20000 OPEN=140000 (subscribers of `memory`)
#   Redis and warungd have the priority that their units give them, if that is permitted (root), and so have the
#   load generator and the bound's client. On two cores one Redis has one core and the rest the other, as
#   operations.md advises; the bound's two processes go where the kernel puts them.
#   Other work on the machine counts in: see docs/performance.md for how to run it with priority. So does what
#   the host of a virtual machine takes away ("steal"): where the last line tells of more than some 2 %, compare
#   nothing by the clock.
#   STEAL_MAX=2  a run (with its bound) in which the host took more percent of the processors' time is set aside,
#                whatever its figures, and made again, up to twenty times; REST=30 seconds before each
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
full=$([ "${BENCH:-}" = full ] && echo 1 || echo 0)
runs=${RUNS:-$((full ? 5 : 1))}
seconds=${SECONDS_:-$((full ? 4 : 2))}
dialogues=${DIALOGUES:-2000}
binds=${BINDS:-2}
rate=${RATE:-20000}
subscribers=${OPEN:-140000}
steal_max=${STEAL_MAX:-100}
set_aside=0
[ $# -gt 0 ] || set -- always everysec open one sentinel memory
[ "$full" = 0 ] || [ $# -ne 6 ] || set -- always everysec no open one sentinel memory

turn=() bound_options=() priority='without the priority of the units'
if chrt --rr 1 true 2>/dev/null; then
    turn=(chrt --reset-on-fork --rr 1) bound_options=(-p) priority='all with the priority of the units'
fi
# What stands before Redis, and before warungd and the load generator; set with the store.
redis_core=() other_core=()

folder=$(mktemp -d)
keys= # for warung.cfg: none, or where they are
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

fail() {
    echo "bench: $1" >&2
    tail -n 5 "$folder"/*.log >&2
    exit 1
}

wait_for() {
    local what=$1
    shift
    for _ in {1..600}; do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    fail "waited in vain for $what"
}

# User and system time of a process, in microseconds; 0 for none.
cpu_us() {
    local stat
    [ -n "$1" ] || { echo 0 && return; }
    stat=$(<"/proc/$1/stat")
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    echo $(((${12} + ${13}) * 1000000 / $(getconf CLK_TCK)))
}

# Processor time of the whole machine since it started, and how much of it the host gave to others.
machine_ticks() {
    awk '/^cpu / { for (i = 2; i <= 9; i++) all += $i; print all, $9 }' /proc/stat
}

resident_kib() {
    awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

# Sets redis (the pid, "" with sentinels) and store (for warung.cfg).
start_redis() {
    rm -rf "$folder/redis"
    mkdir "$folder/redis"
    [ "$(nproc)" != 2 ] || redis_core=(taskset -c 0) other_core=(taskset -c 1)
    "${turn[@]}" "${redis_core[@]}" redis-server conf/redis.conf --port 0 --unixsocket "$folder/redis.sock" --dir "$folder/redis" \
        --appendfsync "$1" --logfile "$folder/redis.log" &
    redis=$!
    pids+=("$redis")
    wait_for Redis redis-cli -s "$folder/redis.sock" PING
    store="servers = [ \"unix:$folder/redis.sock\" ];"
}

start_sentinels() {
    mkfifo "$folder/sentinels-end"
    "$build/bench/sentinels" "$1" <"$folder/sentinels-end" >"$folder/sentinels" 2>"$folder/sentinels.log" &
    sentinels=$!
    exec 9>"$folder/sentinels-end"
    rm "$folder/sentinels-end"
    wait_for sentinels test -s "$folder/sentinels"
    redis="" redis_core=() other_core=() # seven processes: no core to spare
    store="mode = \"sentinel\"; sentinel_name = \"warung\"; servers = [ $(<"$folder/sentinels") ];"
}

# start_centre OPTION...: sets centre and port.
start_centre() {
    rm -f "$folder/port"
    "${turn[@]}" "${other_core[@]}" "$build/warung-smsc" load --listen 127.0.0.1:0 --port-file "$folder/port" --system-id warung \
        --password secret --binds "$binds" --sticky --flow tests/smsc/flows/register.flow --json "$@" \
        >"$folder/report.json" 2>"$folder/load.log" &
    centre=$!
    pids+=("$centre")
    wait_for "the load generator" test -s "$folder/port"
}

start_gateway() {
    cat >"$folder/warung.cfg" <<CFG
instance = "bench";
redis = { $store };
smsc = ( { name = "load"; host = "127.0.0.1"; port = $(<"$folder/port"); system_id = "warung";
           password = "secret"; binds = $binds; window = 512; codes = [ "*384#", "384" ]; } );
menus = ( { file = "$PWD/conf/menus/terususaha.cfg"; codes = [ "*384#" ]; sms = [ "384" ]; } );
admin = { listen = ""; };
log = { level = "warning"; };
$keys
CFG
    [ -z "$keys" ] || [ -e "$folder/keys" ] ||
        "$build/warungctl" -c "$folder/warung.cfg" keys init >"$folder/keys.log"
    "${turn[@]}" "${other_core[@]}" "$build/warungd" -c "$folder/warung.cfg" 2>"$folder/warungd.log" &
    gateway=$!
    pids+=("$gateway")
}

await_centre() {
    local status=0
    # Nothing runs beside it: each process that is started holds up Redis's core for 50 to 300 us.
    wait "$centre" || status=$?
    # The processor time of the whole run, warm-up and drain included, over all of its steps.
    gateway_us=$(cpu_us "$gateway")
    redis_us=$(cpu_us "$redis")
    if [ "$status" -ne 0 ] || [ "$(jq .ledger.clean "$folder/report.json")" != 1 ]; then
        fail "the ledger is not clean (status $status): $(<"$folder/report.json")"
    fi
}

# run_load ROW OPTION...: steps/s, p50, p90, p99, p99.9 (ms), gateway and Redis us a step.
run_load() {
    local row=$1
    shift
    start_centre "$@" --seconds "$seconds"
    start_gateway
    await_centre
    jq -r --argjson g "$gateway_us" --argjson r "$redis_us" '[.steps_per_s,
        .screen_us.p50 / 1000, .screen_us.p90 / 1000, .screen_us.p99 / 1000,
        .screen_us.p99_9 / 1000, $g / .ledger.inputs, $r / .ledger.inputs] | @tsv' \
        "$folder/report.json" >>"$folder/row-$row"
    end_all
}

# run_bound ROW OPTION...: steps/s, p50, p99, p99.9, on a private Redis of its own.
run_bound() {
    local row=$1 figures
    shift
    "$build/bench/bound" -t "$seconds" "${bound_options[@]}" "$@" >"$folder/bound.log" 2>&1 ||
        fail "$build/bench/bound failed (status $?)"
    figures=$(sed -n 's|.*: \([0-9]*\) steps/s *p50 \([0-9.]*\) ms *p99 \([0-9.]*\) ms *p99.9 \([0-9.]*\) ms.*|\1\t\2\t\3\t\4|p' \
        "$folder/bound.log")
    [ -n "$figures" ] || fail "$build/bench/bound gave no figures"
    echo "$figures" >>"$folder/bound-$row"
}

# bytes_of FILE: what Redis holds for the keys in it, their entries included.
bytes_of() {
    sed 's/^/MEMORY USAGE /; s/$/ SAMPLES 0/' "$1" | redis-cli -s "$folder/redis.sock" |
        awk '{ bytes += $1 } END { printf "%.0f", bytes }'
}

# MiB over idle, bytes a session, seconds from exec to a first registration, dialogues left open.
run_memory() {
    local idle_kib full_kib sessions merchants began restart_s
    start_redis everysec
    start_centre --dialogues "$dialogues" --count "$subscribers" --walk-off 10 --seconds 0
    start_gateway
    sleep 0.5
    idle_kib=$(resident_kib "$gateway")
    await_centre
    sleep 1 # settling
    full_kib=$(resident_kib "$gateway")
    kill -9 "$gateway"
    wait "$gateway" 2>/dev/null || true
    # warungd binds its links 2 s after each other: one is enough for a first step.
    start_centre --binds 1 --dialogues 1 --count 1 --seconds 0 --first-phone 6289900000000
    began=$(date +%s.%N)
    start_gateway
    wait "$centre" || fail "no registration after the restart"
    # All of a registration's steps, so a little more than the first one.
    restart_s=$(echo "$(date +%s.%N) $began" | awk '{ print $1 - $2 }')
    redis-cli -s "$folder/redis.sock" --scan >"$folder/keys-all"
    grep '}s:' "$folder/keys-all" >"$folder/keys-sessions"
    sessions=$(wc -l <"$folder/keys-sessions")
    merchants=$(grep -c '}m:' "$folder/keys-all")
    echo "$idle_kib $full_kib $(bytes_of "$folder/keys-sessions") $sessions $merchants $restart_s" |
        awk '{ print ($2 - $1) / 1024, $3 / $4, $6, $4 - $5 }' OFS='\t' >>"$folder/row-memory"
    end_all
}

# What Redis has allocated, but for connections and the buffer of its file.
allocated() {
    redis-cli -s "$folder/redis.sock" INFO memory | tr -d '\r' | awk -F: '
        /^used_memory:/ { bytes += $2 }
        /^(mem_clients_normal|mem_aof_buffer):/ { bytes -= $2 }
        END { printf "%.0f", bytes }'
}

# Bytes a registered merchant in everything but the session, sealed: of people who have all registered.
# By what MEMORY USAGE says of each key, and by all that Redis has allocated since it was empty: its own
# tables and expiries (and its functions and the menus, which do not grow with the merchants).
run_merchants() {
    local empty merchants usage
    start_redis everysec
    empty=$(allocated)
    keys="keys_file = \"$folder/keys\";"
    start_centre --dialogues "$dialogues" --count "$((subscribers / 4))" --seconds 0
    start_gateway
    await_centre
    sleep 1
    kill -9 "$gateway"
    wait "$gateway" 2>/dev/null || true
    redis-cli -s "$folder/redis.sock" --scan >"$folder/keys-all"
    grep -v '}s:' "$folder/keys-all" >"$folder/keys-rest"
    merchants=$(grep -c '}m:' "$folder/keys-rest")
    usage=$(bytes_of "$folder/keys-rest")
    grep '}s:' "$folder/keys-all" | sed 's/^/DEL /' | redis-cli -s "$folder/redis.sock" >/dev/null
    echo "$usage $(allocated) $empty $merchants" |
        awk '{ print $1 / $4, ($2 - $3) / $4 }' OFS='\t' >>"$folder/row-merchants"
    keys=
    end_all
}

run_row() {
    case $1 in
    always | everysec | no)
        start_redis "$1"
        run_load "$1" --dialogues "$dialogues"
        run_bound "$1" -f "$1" -d "$dialogues"
        ;;
    open)
        start_redis everysec
        run_load open --rate "$rate"
        run_bound open -f everysec -r "$rate"
        ;;
    one)
        start_redis everysec
        run_load one --dialogues 1
        ;;
    sentinel)
        start_sentinels always
        run_load sentinel --dialogues "$dialogues"
        exec 9>&-
        wait "$sentinels" || true
        ;;
    memory)
        run_memory
        run_merchants
        ;;
    *) fail "no such row: $1" ;;
    esac
}

# stolen_since TICKS: percent of the processors' time that the host has taken since machine_ticks said so.
stolen_since() {
    echo "$1 $(machine_ticks)" | awk '{ printf "%.1f", 100 * ($4 - $2) / ($3 - $1) }'
}

run_quiet_row() {
    local began file
    for _ in {1..20}; do
        sleep "${REST:-0}"
        began=$(machine_ticks)
        run_row "$1"
        if awk -v took="$(stolen_since "$began")" -v max="$steal_max" 'BEGIN { exit took > max }'; then
            return
        fi
        set_aside=$((set_aside + 1))
        for file in "row-$1" "bound-$1" "$([ "$1" != memory ] || echo row-merchants)"; do
            [ ! -f "$folder/$file" ] || sed -i '$d' "$folder/$file"
        done
    done
    fail "the host took more than $steal_max % of the processors' time in each of twenty runs of $1"
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

# median FILE COLUMN
median() {
    medians "$folder/$1" | cut -f "$2"
}

# target TEXT FIGURE is|under LIMIT UNIT
target() {
    awk -v text="$1" -v figure="$2" -v what="$3" -v limit="$4" -v unit="$5" 'BEGIN {
        met = what == "least" ? figure >= limit : figure < limit
        printf "%-52s %-6s %8s  %10.*f %-8s %s\n", text, what == "least" ? "least" : "under", limit,
            figure < 100 ? 2 : 0, figure, unit, met ? "met" : "MISSED" }'
}

ratio() {
    awk -v a="$1" -v b="$2" -v scale="$3" 'BEGIN { printf "%.2f", scale * a / b }'
}

print_rows() {
    local row
    printf '%-16s %9s %9s %9s %9s %9s %11s %9s\n' row steps/s 'p50 ms' 'p90 ms' 'p99 ms' 'p99.9 ms' \
        'warungd us' 'Redis us'
    for row in "$@"; do
        [ "$row" != memory ] || continue
        medians "$folder/row-$row" | awk -v row="$row" '{
            printf "%-16s %9.0f %9.2f %9.2f %9.2f %9.2f %11.1f %9.1f\n", row, $1, $2, $3, $4, $5, $6, $7 }'
        [ ! -e "$folder/bound-$row" ] || medians "$folder/bound-$row" | awk -v row="bound, $row" '{
            printf "%-16s %9.0f %9.2f %9s %9.2f %9.2f\n", row, $1, $2, "", $3, $4 }'
    done
    echo "us: processor time a step; every ledger was clean: none lost, none doubled, none wrong"
}

print_targets() {
    local row
    printf '\n%-52s %-15s  %-19s\n' "median of $runs" target figure
    for row in "$@"; do
        case $row in
        always)
            target 'steps, always, of the bound' "$(ratio "$(median row-always 1)" "$(median bound-always 1)" 100)" least 60 %
            target 'warungd CPU a step, always' "$(median row-always 6)" under 8 us
            ;;
        everysec)
            target 'steps, everysec, of the bound' "$(ratio "$(median row-everysec 1)" "$(median bound-everysec 1)" 100)" least 35 %
            target 'warungd CPU a step, everysec' "$(median row-everysec 6)" under 8 us
            ;;
        open)
            target "$rate steps/s by the clock, p50" "$(median row-open 2)" under 1 ms
            target '... p99, of the bound'\''s' "$(ratio "$(median row-open 4)" "$(median bound-open 3)" 1)" under 2 times
            ;;
        one) target 'one subscriber, p50' "$(median row-one 2)" under 0.5 ms ;;
        sentinel) target 'steps, sentinel, always, WAIT' "$(median row-sentinel 1)" least 10000 /s ;;
        memory)
            target "warungd at $(median row-memory 4) open dialogues, over idle" "$(median row-memory 1)" under 64 MiB
            target 'Redis, a session, its key included' "$(median row-memory 2)" under 500 bytes
            target 'Redis, a merchant, all other keys included' "$(median row-merchants 1)" under 700 bytes
            target '... with all that Redis allocates for them' "$(median row-merchants 2)" under 700 bytes
            target 'restart to a first registration' "$(median row-memory 3)" under 1 s
            ;;
        esac
    done
}

mkdir "$folder/sync"
fdatasync=$( (TIMEFORMAT=%R; time dd if=/dev/zero of="$folder/sync/file" bs=4k count=200 oflag=dsync \
    2>/dev/null) 2>&1)
echo "$(nproc) cores, $(redis-server --version | grep -o 'v=[0-9.]*'), load $(cut -d' ' -f1-3 /proc/loadavg)," \
    "a synchronous 4 kB write takes $(awk -v s="$fdatasync" 'BEGIN { printf "%.2f", s * 5 }') ms"
echo "$binds binds, $seconds s a run, median of $runs; $dialogues dialogues at once where not said otherwise; $priority"
ticks=$(machine_ticks)
for _ in $(seq "$runs"); do
    for row in "$@"; do
        run_quiet_row "$row"
    done
done
print_rows "$@"
print_targets "$@"
echo "load at the end: $(cut -d' ' -f1-3 /proc/loadavg); the host took $(stolen_since "$ticks") % of the processors' time"
[ "$set_aside" = 0 ] || echo "set aside: $set_aside runs in which it took more than $steal_max %; all others took less"
