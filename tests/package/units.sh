#!/bin/bash
# units.sh FOLDER: inside a machine of its own (nest.sh), installs the built tree in FOLDER and lives
# with the units as an operator would. TAP on standard output.
set -u
cd "$1" || exit
merchant='RATNA DEWI' # in no menu's example
# shellcheck source=tests/package/tap.sh
. tests/package/tap.sh
main_pid() { systemctl show -P MainPID "$1"; }
says() { journalctl -u "$1" -o cat --no-pager | grep -q -- "$2"; }
phone() {
    printf '%s\n' "$@" | timeout 60 warung-smsc phone --listen 127.0.0.1:2775 --system-id warung \
        --password secret --phone 6281200000001 --code '*384#' --sms 384
}

install_all() {
    make -s install prefix=/usr unitdir=/lib/systemd/system INSTALL_PACKAGES=no &&
        systemd-sysusers warung.conf && systemd-tmpfiles --create warung.conf &&
        systemctl daemon-reload
}
start_all() { # keys first: there is no store yet
    warungctl -c /etc/warung/warung.cfg keys init && systemctl start warungd
}
is_confined() {
    local status
    status=/proc/$(main_pid "$1")/status
    grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp|CoreDumping):' "$status"
    [ "$(stat -c %U "/proc/$(main_pid "$1")")" = warung ] &&
        grep -q '^CapEff:.*[[:space:]]0*$' "$status" && grep -q '^NoNewPrivs:.*1' "$status" &&
        grep -q '^Seccomp:.*2' "$status" &&
        grep -q 'Max core file size *0 *0' "/proc/$(main_pid "$1")/limits"
}
is_first_in_turn() { # its main thread; what it starts is not
    chrt --rr 1 true || { echo 'not permitted on this machine' && return; }
    chrt --pid "$(main_pid "$1")" | tee /dev/stderr | grep -q 'SCHED_RR|SCHED_RESET_ON_FORK$'
}
has_time_to_read() { [ "$(systemctl show -P TimeoutStartUSec warung-redis)" = infinity ]; }
registers() {
    phone '*384#' 1 1 1 "$merchant" 1871994101809999 'WARUNG BU SITI' 1 2 1 1 1 1 |
        tee /dev/stderr | grep -q 'pendaftaran terkirim'
}
is_sealed() {
    warungctl -c /etc/warung/warung.cfg merchants list --json | grep -q "$merchant" &&
        says warungd event=gateway.ready && ! says warungd event=vault.plain &&
        ! grep -rqa "$merchant" /var/lib/warung/redis
}
reloads() { systemctl reload warungd && soon says warungd event=gateway.reloaded; }
names_its_fault() { # root reads what the daemon may not: warungctl alone would find nothing wrong
    local said
    chgrp root /etc/warung/warung.cfg
    said=$(warungctl -c /etc/warung/warung.cfg reload 2>&1) && return 1
    chgrp warung /etc/warung/warung.cfg
    echo "$said"
    [[ $said == *config.fault* ]] && says warungd 'event=config.fault .*Permission denied' &&
        systemctl -q is-active warungd && reloads
}
lets_in() { # the file that root makes is read by the daemon, which is not root
    local token
    token=$(warungctl -c /etc/warung/warung.cfg users add siti --role viewer) && systemctl restart warungd &&
        curl -sS --fail-with-body -H "Authorization: Bearer $token" http://127.0.0.1:8080/api/v1/status
}
writes_cdr() {
    sed -i 's|^    //= directory = "";|    directory = "/var/lib/warung/cdr";|' /etc/warung/warung.cfg
    warungctl -c /etc/warung/warung.cfg cdr init && systemctl restart warungd && phone '*384#' 2 &&
        systemctl restart warungd && # which ends the dialogue
        warungctl -c /etc/warung/warung.cfg cdr verify /var/lib/warung/cdr/cdr-gw1-*.jsonl
}
rotates() { # systemd hands the new file over at the start: old records are read, new ones have its key
    local before
    before=$(main_pid warungd)
    warungctl -c /etc/warung/warung.cfg keys rotate && systemctl restart warungd &&
        [ "$(main_pid warungd)" != "$before" ] &&
        phone '*384#' 2 | tee /dev/stderr | grep -q TERKIRIM || return
    warungctl -c /etc/warung/warung.cfg keys status | tee /dev/stderr |
        awk '$1 == 1 { old = $5 } $1 == 2 { session = $(NF - 1) } END { exit !(old == 1 && session >= 1) }'
}
is_put_right() { # however often it could not start, it does when the cause is gone
    local secrets=/etc/warung/secrets
    mv $secrets/keys $secrets/kept || return
    warungctl -c /etc/warung/warung.cfg keys init && return 1 # the store is sealed
    cp -p $secrets/kept $secrets/keys && sed -i '/^hash /s/ 0/ 1/;t;/^hash /s/ ./ 0/' $secrets/keys || return
    for _ in {1..7}; do
        systemctl restart warungd && return 1 # with other keys
    done
    mv $secrets/kept $secrets/keys && soon systemctl -q is-active warungd
}
loads() { # away from the source
    (cd / && timeout 60 warung-smsc load --listen 127.0.0.1:2775 --system-id warung --password secret \
        --dialogues 2 --count 2)
}
names_who_asks() { # the kernel does not, under PrivateUsers=: what an operator says of himself is marked
    useradd -G warung siti && runuser -u siti -- warungctl -c /etc/warung/warung.cfg trace --for 1s &&
        SUDO_USER=sri warungctl -c /etc/warung/warung.cfg trace --for 1s || return
    warungctl -c /etc/warung/warung.cfg journal | tee /dev/stderr |
        awk '$3 == "trace" { who = who " " $2 } END { exit who != " unix:siti? unix:sri" }'
}
is_not_reached() { ! runuser -u nobody -- cat /etc/warung/warung.cfg /etc/warung/secrets/keys; }
watchdog_fires() {
    local pid
    mkdir -p /run/systemd/system/warungd.service.d
    printf '[Service]\nWatchdogSec=2\n' >/run/systemd/system/warungd.service.d/test.conf
    systemctl daemon-reload && systemctl restart warungd || return
    pid=$(main_pid warungd)
    kill -STOP "$pid"
    soon eval "[ \$(main_pid warungd) != $pid ] && [ \$(main_pid warungd) != 0 ] &&
        systemctl -q is-active warungd"
}
second_instance() {
    sed -e 's|^//= instance = "gw1"|instance = "gw2"|' -e 's|^    //= listen = "127.0.0.1:8080"|listen = "127.0.0.1:8081"|' \
        -e 's|/run/warung/warungd.sock|/run/warung/gw2.sock|' \
        /etc/warung/warung.cfg >/etc/warung/gw2.cfg
    chgrp warung /etc/warung/gw2.cfg
    systemctl start warungd@gw2 && is_confined warungd@gw2 && systemctl stop warungd@gw2
}
stops() {
    systemctl stop warungd && [ "$(systemctl show -P ExecMainStatus warungd)" = 0 ] &&
        says warungd event=gateway.stopped
}
keeps() {
    systemctl restart warung-redis && systemctl start warungd &&
        phone '*384#' 2 | tee /dev/stderr | grep -q TERKIRIM
}
is_uninstalled() {
    systemctl stop warungd warung-redis
    make -s uninstall prefix=/usr unitdir=/lib/systemd/system INSTALL_PACKAGES=no &&
        ! ls /usr/sbin/warungd /lib/systemd/system/warung* 2>/dev/null
}

ok 'make install, user, folders' install_all
ok 'keys, redis and daemon start' start_all
ok 'the daemon has no rights, filtered calls, no core' is_confined warungd
ok 'Redis likewise' is_confined warung-redis
ok 'the daemon is first in turn for a core' is_first_in_turn warungd
ok 'Redis likewise' is_first_in_turn warung-redis
ok 'Redis has the time that it takes to read a big file' has_time_to_read
ok 'a phone registers' registers
ok 'the record is read by warungctl and sealed on the disk' is_sealed
ok 'others read neither configuration nor keys' is_not_reached
ok 'reload' reloads
ok 'a fault that only the daemon sees: warungctl says where it is named, and all goes on' names_its_fault
ok 'who asks the gateway is in the journal' names_who_asks
ok 'a user whom root adds is let in by the daemon' lets_in
ok 'CDRs are written, signed with the key that root makes' writes_cdr
ok 'keys rotate, restart: old records are read, new ones have the new key' rotates
ok 'after many starts in vain it starts when the cause is gone' is_put_right
ok 'a stopped loop is killed and started again' watchdog_fires
ok 'an instance of warungd@' second_instance
ok 'the load generator runs where it is installed' loads
ok 'stop drains and ends with 0' stops
ok 'registrations outlive a restart of all' keeps
ok 'make uninstall' is_uninstalled
done_testing
