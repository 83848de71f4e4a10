#!/bin/bash
# run.sh: a whole Warung on this machine with a phone in your hands (`make run`).
#
# Starts a private Redis, warungd and the simulated centre with its handset; standard input goes to
# the handset. Ends all three when the handset ends, with its exit status. Everything lives in run/, or
# the folder that RUN names; registrations stay there for the next time. PHONE is the handset's number.
set -u
cd "$(dirname "$0")/.." || exit
build=${BUILD:-build}
run=$(mkdir -p "${RUN:-run}/redis" && cd "${RUN:-run}" && pwd) || exit

number=${PHONE:-6281200000001}
if [[ ! $number =~ ^[0-9]{3,20}$ ]]; then
    echo "PHONE is a number with its country code, digits alone, such as 6281200000001" >&2
    exit 1
fi

exec 9>"$run/lock"
if ! flock -n 9; then
    echo "make run is running here already ($run); leave its phone first" >&2
    exit 1
fi

# Pid files tell a later run what a killed one left behind; its pids may be others' by now, so that
# the command line counts, too. (Of our own it does not: before its exec a child still has ours.)
# `run_it NAME COMMAND...` starts a process that does not hold our lock.
declare -A ours
pid_of() { cat "$run/$1.pid" 2>/dev/null; }
run_it() {
    local name=$1
    shift
    "$@" <&0 9>&- & # without "<&0" a background process reads /dev/null
    ours[$name]=$!
    echo $! >"$run/$name.pid"
}
is_running() {
    local pid
    pid=$(pid_of "$1") && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
    [ "${ours[$1]:-}" = "$pid" ] || tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q "$2"
}
end() {
    local pid
    if is_running "$1" "$2"; then
        pid=$(pid_of "$1")
        kill "$pid" 2>/dev/null
        for _ in {1..150}; do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -9 "$pid" 2>/dev/null && echo "$1 did not end in 15 s and was killed" >&2
    fi
    rm -f "$run/$1.pid"
}
end_all() {
    trap '' INT TERM HUP
    end phone warung-smsc
    end warungd warungd
    end redis redis-server
    rm -f "$run/smsc.port"
    [ "${sockets:-$run}" = "$run" ] || rm -rf "$sockets"
}
fail() {
    echo "$1; see $2:" >&2
    tail -n 5 "$2" >&2
    exit 1
}
# Waits for a condition (a command), at most 20 s, as long as the named process lives.
wait_for() {
    local name=$1 pattern=$2
    shift 2
    for _ in {1..400}; do
        "$@" 2>/dev/null >&2 && return 0
        is_running "$name" "$pattern" || return 1
        sleep 0.05
    done
    return 1
}
free_port() {
    local port=$1
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}

end_all # of an earlier run that was killed
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A socket's path has at most 107 octets: where this folder's is longer, the sockets lie elsewhere.
sockets=$run
[ ${#run} -lt 90 ] || sockets=$(mktemp -d)
socket=$sockets/redis.sock
rm -f "$socket"
run_it redis redis-server conf/redis.conf --port 0 --unixsocket "$socket" --unixsocketperm 700 \
    --dir "$run/redis" --logfile "" </dev/null >"$run/redis.log" 2>&1
wait_for redis redis-server eval "redis-cli -s '$socket' PING | grep -q PONG" ||
    fail "Redis did not start" "$run/redis.log"

if [ -t 0 ]; then
    echo "As an admin, in another terminal: $build/warungctl -c $run/warung.cfg merchants list" >&2
fi
rm -f "$run/smsc.port"
run_it phone "$build/warung-smsc" phone --listen 127.0.0.1:0 --port-file "$run/smsc.port" \
    --system-id warung --password secret --phone "$number" --code "*384#" --sms 384
phone=$!
wait_for phone warung-smsc test -s "$run/smsc.port" || {
    echo "the phone did not start" >&2
    exit 1
}

cat >"$run/warung.cfg" <<EOF
// Written by make run; the next one writes it again.
instance = "run";
redis = { servers = [ "unix:$socket" ]; };
smsc = ( { name = "phone"; host = "127.0.0.1"; port = $(cat "$run/smsc.port");
           system_id = "warung"; password = "secret";
           codes = [ "*384#", "384" ]; } );
menus = ( { file = "$PWD/conf/menus/terususaha.cfg"; codes = [ "*384#" ]; sms = [ "384" ]; } );
admin = { listen = "127.0.0.1:$(free_port 8080)"; };
control = "$sockets/warungd.sock";
EOF
run_it warungd "$build/warungd" -c "$run/warung.cfg" </dev/null >"$run/warungd.log" 2>&1
wait_for warungd warungd grep -q 'event=gateway\.ready' "$run/warungd.log" ||
    fail "warungd did not start" "$run/warungd.log"

wait "$phone"
status=$?
if ! is_running warungd warungd; then
    fail "warungd ended early" "$run/warungd.log"
fi
[ $status -eq 0 ] || echo "the log of warungd is $run/warungd.log" >&2
exit $status
