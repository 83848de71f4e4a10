#!/bin/bash
# A registration in every dialect of smpp-ussd.md 2.4 and in both roles: sixteen centres that the
# gateway binds to, and sixteen partners that bind to it, each with its own dialect. The other side
# writes from the table alone, so that two readings of it must agree.
set -u
build=${BUILD:-build}
dialects=(spec34 tata mica sixdee smppplus datasm digitalpulse fdp smpp4j scripts comviva p2 tlv1501
    bare letters smppsim)
work=$(mktemp -d)
pids=()
number=0

end() {
    kill "${pids[@]}" 2>/dev/null
    wait
    rm -rf "$work"
}
trap end EXIT
trap 'exit 1' INT TERM
wait_for() { # FILE-OR-SOCKET
    for _ in {1..400}; do [ -e "$1" ] && return; sleep 0.02; done
    echo "Bail out! waited in vain for $1"
    exit 1
}
free_port() {
    local port=$((20000 + $$ % 10000))
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    echo "$port"
}
# A few subscribers of its own, some of whom hang up. ROLE DIALECT PLACE OPTIONS...
start_load() {
    local role=$1 dialect=$2 place=$3
    shift 3
    "$build/warung-smsc" load "$@" --dialect "$dialect" --first-phone "62813$((place + 10))000000" \
        --dialogues 4 --count 12 --hang-up 1 --seed "$place" --screen-timeout 5000 --drain 10 \
        >"$work/$role-$dialect.out" 2>&1 &
    pids+=($!)
}
# ROLE DIALECT PID
report() {
    number=$((number + 1))
    if wait "$3" && grep -q ' [1-9][0-9]* dialogues finished' "$work/$1-$2.out"; then
        echo "ok $number - a registration in $2, as $1"
    else
        echo "not ok $number - a registration in $2, as $1"
        sed 's/^/# /' "$work/$1-$2.out"
        tail -n 5 "$work/warungd.log" | sed 's/^/# /'
    fi
}
separator() { [ "$1" = spec34 ] || echo ","; }

redis-server conf/redis.conf --port 0 --unixsocket "$work/redis.sock" --dir "$work" --appendfsync no \
    --logfile "$work/redis.log" &
pids+=($!)
centres=()
for i in "${!dialects[@]}"; do
    start_load centre "${dialects[$i]}" "$i" --listen 127.0.0.1:0 \
        --port-file "$work/${dialects[$i]}.port"
    centres+=($!)
done
partners=127.0.0.1:$(free_port)
codes='codes = [ "*384#", "384", "555" ];'
{
    echo "instance = \"dialects\";"
    echo "dialects_file = \"$PWD/conf/dialects.cfg\";"
    echo "redis = { servers = [ \"unix:$work/redis.sock\" ]; };"
    echo "smsc = ("
    for dialect in "${dialects[@]}"; do
        wait_for "$work/$dialect.port"
        separator "$dialect"
        echo "{ name = \"$dialect\"; host = \"127.0.0.1\"; port = $(<"$work/$dialect.port");"
        echo "  system_id = \"warung\"; password = \"secret\"; dialect = \"$dialect\"; $codes }"
    done
    echo ");"
    echo "partners = { listen = [ \"$partners\" ]; accounts = ("
    for dialect in "${dialects[@]}"; do
        separator "$dialect"
        echo "{ system_id = \"by-$dialect\"; password = \"secret\"; dialect = \"$dialect\"; $codes }"
    done
    echo "); };"
    echo "menus = ( { file = \"$PWD/conf/menus/terususaha.cfg\"; $codes sms = [ \"384\" ]; } );"
    echo "admin = { listen = \"\"; };"
} >"$work/warung.cfg"
wait_for "$work/redis.sock"
if ! "$build/warungd" -n -c "$work/warung.cfg" 2>"$work/warungd.log"; then
    echo "Bail out! $(head -n 1 "$work/warungd.log")"
    exit 1
fi
"$build/warungd" -c "$work/warung.cfg" 2>"$work/warungd.log" &
pids+=($!)

echo "1..$((2 * ${#dialects[@]}))"
for i in "${!dialects[@]}"; do
    report centre "${dialects[$i]}" "${centres[$i]}"
done
connected=()
for i in "${!dialects[@]}"; do
    start_load partner "${dialects[$i]}" $((i + 20)) --connect "$partners" \
        --system-id "by-${dialects[$i]}" --password secret
    connected+=($!)
done
for i in "${!dialects[@]}"; do
    report partner "${dialects[$i]}" "${connected[$i]}"
done
