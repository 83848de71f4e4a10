#!/bin/bash
# warung-smsc as a program: the piped phone, scripts, load, its exit statuses, against its own mirror.
set -u
smsc=$PWD/${BUILD:-build}/warung-smsc
flow=tests/smsc/flows/three.flow
work=$(mktemp -d)
gateway="unix:$work/smsc.sock"
number=0
mirror=

end() { [ -z "$mirror" ] || { kill "$mirror" && wait "$mirror"; } 2>/dev/null; rm -rf "$work"; }
trap end EXIT
trap 'exit 1' INT TERM

start_mirror() {
    "$smsc" mirror --connect "$gateway" --flow $flow "$@" &
    mirror=$!
}
stop_mirror() {
    kill "$mirror"
    wait "$mirror"
    mirror=
}
report() { # CONDITION-STATUS NAME
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then echo "ok $number - $2"; else
        echo "not ok $number - $2"
        sed 's/^/# /' "$work/out" "$work/err"
    fi
}
# Runs warung-smsc with its output in $work/out and $work/err.
run() { "$smsc" "$@" >"$work/out" 2>"$work/err"; }
expect_status() { # WANTED GOT NAME
    [ "$1" -eq "$2" ] || echo "status $2 instead of $1" >>"$work/err"
    [ "$1" -eq "$2" ]
    report $? "$3"
}

start_mirror
printf '*384#\n1\nSITI\n1\n5\n*384#\n\n' | run phone --listen "$gateway"
expect_status 0 $? "a phone reads its keys from a pipe"
diff - "$work/out" >"$work/err" <<'EOF'
> *384#
Menu
1. Satu
2. Dua
--
> 1
Nama Anda1
--
> SITI
Benar1
1. Ya
--
> 1
Terima kasih
No: 1000000
-- end
[SMS from 384]
Sudah terdaftar
--
> 5
(no dialogue is open: dial first)
> *384#
Menu
1. Satu
2. Dua
--
> 
(hung up)
EOF
report $? "and prints each screen as it is"

printf '*384#\n1' >"$work/keys"
run phone --listen "$gateway" <"$work/keys"
expect_status 0 $? "keys may come from a file, the last line without its end"
grep -q '^Nama' "$work/out"
report $? "and that line counts"
run phone --listen "$gateway" </dev/null
expect_status 0 $? "no keys at all are no fault"
run phone --listen '[::1]:0' --wait-bind 1 </dev/null
! grep -q 'not HOST:PORT' "$work/err"
report $? "an IPv6 address stands in brackets"
printf '*123#\n' | run phone --listen "$gateway" --code '*384#'
grep -q 'does not know this code' "$work/out"
report $? "the network routes only the codes it was given"

run run --listen "$gateway" tests/smsc/scripts/three.script
expect_status 0 $? "a script passes"
run run --listen "$gateway" tests/smsc/scripts/three.script tests/smsc/scripts/wrong.script
expect_status 1 $? "a script that is not met fails"
grep -q '^ok 1 - ' "$work/out" && grep -q '^not ok 2 - ' "$work/out" &&
    grep -q 'expected: 1. Tiga' "$work/out" && grep -q 'got: 1. Satu' "$work/out"
report $? "and says what was expected and what came"

run load --listen "$gateway" --flow $flow --dialogues 20 --count 200 --json --ledger-out "$work/ledger"
expect_status 0 $? "a load run is clean"
grep -q '"inputs":800,"accepted":800,"screens":800' "$work/out" && [ "$(grep -c '"finished":1' "$work/ledger")" = 200 ]
report $? "and its ledger has every subscriber"
grep -q '"receipts":200' "$work/out"
report $? "and every message that asked for a receipt had one"
run load --listen "$gateway" --flow $flow --count 5 --ledger-out "$work/nowhere/ledger"
expect_status 3 $? "a ledger that cannot be written is said so"
run load --listen "$gateway" --flow $flow --count 20 --first-phone 6281410000000 --trace "$work/trace" \
    --receipt-ids decimal --receipt-fail 100 --receipt-delay 10
grep -q 'esm_class=0x04.*id:[1-9][0-9]* .*stat:UNDELIV err:011 text:Sudah terdaftar' "$work/trace"
report $? "a receipt says what became of which message"
run load --listen "$gateway" --flow $flow --rate 2000 --think 20 --seconds 1 --warmup 100 \
    --first-phone 6281400000000
expect_status 0 $? "an open loop runs by the clock"
awk '$1 == "steps" { exit !($2 > 1700 && $2 < 2300) }' "$work/out"
report $? "at the rate that was asked for"

"$smsc" phone --listen "$gateway" --control "$work/control" <<<'wait 20000' >"$work/out" 2>"$work/err" &
phone=$!
for _ in {1..100}; do [ -S "$work/control" ] && break; sleep 0.05; done
"$smsc" tell "$work/control" stats | grep -q '"binds"' &&
    ! "$smsc" tell "$work/control" 'fault nix 1' >/dev/null &&
    "$smsc" tell "$work/control" 'fault mute 5' >/dev/null &&
    "$smsc" tell --help | grep -q 'PATH COMMAND' && ! "$smsc" tell "$work/control" 2>/dev/null &&
    "$smsc" tell "$work/control" quit >/dev/null
report $? "the control socket takes commands"
wait $phone
"$smsc" tell "$work/control" stats 2>/dev/null
expect_status 3 $? "and is gone with the program"
stop_mirror

start_mirror --bug double=5
run load --listen "$gateway" --flow $flow --dialogues 20 --count 200 --screen-timeout 1000 --drain 3
expect_status 1 $? "a gateway that steps twice is found"
grep -q ' [1-9][0-9]* double' "$work/out"
report $? "and named"
stop_mirror

start_mirror --bug lose=100
printf '*384#\n' | run phone --listen "$gateway" --reply-timeout 300
expect_status 1 $? "a service that does not answer is a failure"
stop_mirror

# As partner: the mirror listens, we bind to it.
"$smsc" mirror --listen "$gateway" --flow $flow --system-id agg1 --password secret &
mirror=$!
printf '*384#\n1\nSITI\n1\n' | run phone --connect "$gateway" --system-id agg1 --password secret --bind pair
expect_status 0 $? "a partner's phone works over a pair of binds"
grep -q '^No: 1000000' "$work/out" && grep -q '^\[SMS from 384\]' "$work/out"
report $? "and is shown screens and messages"
run load --connect "$gateway" --system-id agg1 --password secret --binds 3 --flow $flow --count 200 \
    --fault repeat=2,drop-after=0.2 --retry 100 --first-phone 6281500000000
expect_status 0 $? "a partner's load is clean, with faults"
run phone --connect "$gateway" --system-id agg1 --password wrong --wait-bind 1 </dev/null
expect_status 1 $? "a partner with a wrong password is not bound"
grep -q ESME_RINVPASWD "$work/err"
report $? "and is told why"
stop_mirror

run phone --listen "$gateway" --wait-bind 1 </dev/null
expect_status 1 $? "so is a gateway that does not bind"
run phone --listen 192.0.2.1:2775 </dev/null
expect_status 3 $? "it says when it cannot listen"
run phone --listen 127.0.0.1:1x </dev/null
expect_status 2 $? "and what is no address"
run phone --nix
expect_status 2 $? "and when it does not know an option"
run load --listen "$gateway" --flow tests/smsc/program.test.sh
expect_status 2 $? "or cannot read a flow"
grep -q 'program.test.sh:3: unknown word' "$work/err"
report $? "with its line"
echo "1..$number"
