#!/bin/bash
# systemd/redis-tail: wherever a loss of power cuts a transaction, nothing of it is ever done, and what was
# told done afterwards outlives the next restart. (Redis 7.0 by itself fails three of the first seven.)
cd "$(dirname "$0")/../.." || exit
folder=$(mktemp -d)
trap 'stop; rm -rf "$folder"' EXIT
file=$folder/appendonlydir/appendonly.aof.1.incr.aof
tests=0
status=0

redis() {
    redis-cli -s "$folder/socket" "$@"
}
start() {
    redis-server conf/redis.conf --port 0 --unixsocket "$folder/socket" --dir "$folder" \
        --logfile "$folder/log" &
    server=$!
    for _ in {1..200}; do
        [ "$(redis PING 2>/dev/null)" = PONG ] && return
        sleep 0.05
    done
    echo "Bail out! Redis does not start"
    exit 1
}
stop() {
    [ -z "${server:-}" ] || kill -9 "$server" && wait "$server"
    server=
} 2>/dev/null
ok() { # NAME COMMAND...
    local title=$1
    shift
    tests=$((tests + 1))
    if "$@"; then
        echo "ok $tests - $title"
    else
        echo "not ok $tests - $title"
        status=1
    fi
}
# Whether what was written after the cut is there at the second start, and nothing of the transaction.
comes_back() { # SIZE
    cp "$folder/before" "$file"
    truncate -s "$1" "$file"
    for write in 'SET later 1' 'SET last 1'; do
        systemd/redis-tail "$folder" >>"$folder/said" || return
        start
        # shellcheck disable=SC2086
        redis $write >/dev/null
        stop
    done
    systemd/redis-tail "$folder" >>"$folder/said" || return
    start
    [ "$(redis MGET earlier half other later last | tr '\n' ' ')" = '1   1 1 ' ]
    local result=$?
    stop
    return $result
}

start
redis SET earlier 1 >/dev/null
redis EVAL "redis.call('SET', 'half', '1') redis.call('SET', 'other', '1')" 2 half other >/dev/null
stop
cp "$file" "$folder/before"
begin=$(grep -abo MULTI "$file" | head -n 1 | cut -d: -f1)
size=$(stat -c %s "$file")
begin=$((begin - 8)) # *1, $5
for at in $((begin + 5)) $((begin + 15)) $((begin + 20)) $((begin + 45)) $((size - 20)) $((size - 14)) $((size - 3)); do
    ok "a transaction cut $((at - begin)) octets behind its begin is never done" comes_back "$at"
done
ok 'each cut behind its MULTI was told' test "$(grep -c 'unfinished transaction' "$folder/said")" -ge 5
cp "$folder/before" "$file"
systemd/redis-tail "$folder"
ok 'a whole file stays as it is' cmp "$folder/before" "$file"
truncate -s $((begin + 40)) "$file"
head -c 4096 /dev/zero >>"$file"
tail -c +$((begin + 1)) "$folder/before" >>"$file"
cp "$file" "$folder/damaged"
systemd/redis-tail "$folder"
ok 'damage in the middle is left to Redis' cmp "$folder/damaged" "$file"
head -c $((begin + 5)) "$folder/before" >"$file" # not yet a MULTI
head -c 64 /dev/zero >>"$file"
cp "$file" "$folder/damaged"
systemd/redis-tail "$folder"
ok 'and what is no transaction at the end' cmp "$folder/damaged" "$file"
cp "$folder/before" "$file"
second=${file/.1.incr/.2.incr}
head -c $((begin + 40)) "$folder/before" >"$second"
echo "file ${second##*/} seq 2 type i" >>"$folder/appendonlydir/appendonly.aof.manifest"
systemd/redis-tail "$folder" >/dev/null
ok 'of several files the last is cut' cmp <(head -c "$begin" "$folder/before") "$second"
ok 'and no other' cmp "$folder/before" "$file"
rm -rf "$folder/appendonlydir"
ok 'nor is there anything to do at a first start' systemd/redis-tail "$folder"
echo "1..$tests"
exit $status
