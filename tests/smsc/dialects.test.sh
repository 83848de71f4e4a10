#!/bin/bash
# A registration in every dialect of smpp-ussd.md 2.4: sixteen centres, each with its own dialect, on
# one gateway. The centres write from the table alone, so that two readings of it must agree.
set -u
build=${BUILD:-build}
dialects=(spec34 tata mica sixdee smppplus datasm digitalpulse fdp smpp4j scripts comviva p2 tlv1501
    bare letters smppsim)
work=$(mktemp -d)
pids=()

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

redis-server conf/redis.conf --port 0 --unixsocket "$work/redis.sock" --dir "$work" --appendfsync no \
    --logfile "$work/redis.log" &
pids+=($!)

# Each centre with a few subscribers of its own, some of whom hang up.
centre=()
number=0
for dialect in "${dialects[@]}"; do
    number=$((number + 1))
    "$build/warung-smsc" load --listen 127.0.0.1:0 --port-file "$work/$dialect.port" \
        --dialect "$dialect" --first-phone "62813$((number + 10))000000" --dialogues 4 --count 12 \
        --hang-up 1 --seed "$number" --screen-timeout 5000 --drain 10 \
        >"$work/$dialect.out" 2>&1 &
    pids+=($!)
    centre+=($!)
done
{
    echo "instance = \"dialects\";"
    echo "dialects_file = \"$PWD/conf/dialects.cfg\";"
    echo "redis = { servers = [ \"unix:$work/redis.sock\" ]; };"
    echo "smsc = ("
    for dialect in "${dialects[@]}"; do
        wait_for "$work/$dialect.port"
        [ "$dialect" = spec34 ] || echo ","
        echo "{ name = \"$dialect\"; host = \"127.0.0.1\"; port = $(<"$work/$dialect.port");"
        echo "  system_id = \"warung\"; password = \"secret\"; dialect = \"$dialect\";"
        echo "  codes = [ \"*384#\", \"384\", \"555\" ]; }"
    done
    echo ");"
    echo "menus = ( { file = \"$PWD/conf/menus/terususaha.cfg\"; codes = [ \"*384#\", \"384\", \"555\" ];"
    echo "            sms = [ \"384\" ]; } );"
    echo "admin = { listen = \"\"; };"
} >"$work/warung.cfg"
wait_for "$work/redis.sock"
"$build/warungd" -c "$work/warung.cfg" 2>"$work/warungd.log" &
pids+=($!)

echo "1..${#dialects[@]}"
for i in "${!dialects[@]}"; do
    dialect=${dialects[$i]}
    if wait "${centre[$i]}" && grep -q ' [1-9][0-9]* dialogues finished' "$work/$dialect.out"; then
        echo "ok $((i + 1)) - a registration in $dialect"
    else
        echo "not ok $((i + 1)) - a registration in $dialect"
        sed 's/^/# /' "$work/$dialect.out"
        tail -n 5 "$work/warungd.log" | sed 's/^/# /'
    fi
done
