#!/bin/bash
# The conformance kit against the mirror and against warungd, each in both roles.
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
    "$smsc" mirror --flow $flow --binds 4 "$@" &
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

redis-server conf/redis.conf --port 0 --unixsocket "$work/redis.sock" --dir "$work" --appendfsync no \
    --logfile "$work/redis.log" &
pids+=($!)
wait_for "$work/redis.sock"
for dialect in spec34 comviva; do
    rm -f "$work/port"
    # The kit's own process chooses the port; the gateway follows when it is known.
    (
        wait_for "$work/port"
        cat >"$work/warung.cfg" <<EOF
instance = "conform";
redis = { servers = [ "unix:$work/redis.sock" ]; };
smsc = ( { name = "kit"; host = "127.0.0.1"; port = $(<"$work/port"); system_id = "warung";
           password = "secret"; binds = 8; dialect = "$dialect"; response_timeout_s = 3;
           codes = [ "*384#", "384" ]; } );
menus = ( { file = "$PWD/conf/menus/terususaha.cfg"; codes = [ "*384#", "384" ];
            sms = [ "384" ]; } );
admin = { listen = ""; };
EOF
        exec "$build/warungd" -c "$work/warung.cfg" 2>"$work/warungd.log"
    ) &
    gateway=$!
    pids+=("$gateway")
    conform "warungd in $dialect" 0 --as centre --listen 127.0.0.1:0 --port-file "$work/port" \
        --dialect $dialect --binds 8
    kill "$gateway"
    wait "$gateway"
done

port=$((20000 + $$ % 10000))
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
cat >"$work/partners.cfg" <<EOF
instance = "conform";
redis = { servers = [ "unix:$work/redis.sock" ]; };
partners = { listen = [ "127.0.0.1:$port" ];
             accounts = ( { system_id = "agg1"; password = "secret"; max_binds = 4;
                            codes = [ "*384#", "384" ]; } ); };
menus = ( { file = "$PWD/conf/menus/terususaha.cfg"; codes = [ "*384#", "384" ];
            sms = [ "384" ]; } );
admin = { listen = ""; };
EOF
"$build/warungd" -c "$work/partners.cfg" 2>"$work/warungd.log" &
pids+=($!)
conform "warungd as its partner" 0 --as partner --connect "127.0.0.1:$port" --system-id agg1 \
    --password secret --binds 4
echo "1..$number"
