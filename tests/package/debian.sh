#!/bin/bash
# debian.sh COMMANDS: inside a fresh Debian (nest.sh -r), with the package in /nest: carries out the
# commands of docs/operations.md, dials, upgrades, restores a backup, removes and purges. TAP.
set -u
# shellcheck source=tests/package/tap.sh
. /nest/tap.sh
cd /nest || exit

# What an operator types into the editor of command 4.
edit() {
    cat >/usr/local/bin/sensible-editor <<'END'
#!/bin/sh
sed -i -e 's|^        password = "secret"; .*|        password_file = "credential:op1";|' "$1"
END
    chmod +x /usr/local/bin/sensible-editor
}
command_n() { # N: the Nth of the ten
    local text
    text=$(sed -n "$1p" /nest/commands)
    echo "$text"
    soon bash -c "$text"
}
phone() {
    printf '%s\n' "$@" | timeout 60 warung-smsc phone --listen 127.0.0.1:2775 --system-id warung \
        --password 'secret12' --phone "$number" --code '*384#' --sms 384
}
registers() {
    number=$1
    phone '*384#' 1 1 1 'RATNA DEWI' "$2" 'WARUNG BU RATNA' 1 2 1 1 1 1 |
        tee /dev/stderr | grep -q 'pendaftaran terkirim'
}
# While a handset is there the bind is up: commands 8 to 10 are for then.
with_phone() {
    sleep 30 | phone '*384#' >/dev/null 2>&1 &
    local phone=$! status
    "$@"
    status=$?
    kill "$phone" 2>/dev/null
    pkill -f 'warung-smsc phone'
    wait "$phone" 2>/dev/null
    return $status
}
list() { warungctl merchants list --json; }
backup() {
    list >/nest/before.json && grep -q 'RATNA DEWI' /nest/before.json &&
        bash -c "$(block 'backup')"
}
loses_all() {
    systemctl stop warungd warungd@gw2 warung-redis && rm -rf /var/lib/warung/redis/* &&
        systemctl start warung-redis warungd && [ "$(list)" = '[]' ]
}
restore() {
    bash -c "$(block 'restore')" && list >/nest/after.json && diff /nest/before.json /nest/after.json &&
        systemctl start warungd@gw2 && soon systemctl is-active warungd@gw2
}
block() { # NAME: the code block of docs/operations.md behind <!-- NAME -->
    awk -v mark="<!-- $1 -->" '$0 == mark { found = 1 } found && /^```/ { if (inside) exit; inside = 1; next }
        inside' /nest/operations.md
}
pid() { systemctl show -P MainPID "$1"; }
second() { # gateway on this machine, as operations.md says
    sed -e 's|^//= instance = "gw1";|instance = "gw2";|; s|port = 2775;|port = 2785;|; s|/warungd.sock|/gw2.sock|' \
        -e 's|//= listen = "127.0.0.1:8080";|listen = "127.0.0.1:8081";|' /etc/warung/warung.cfg >/etc/warung/gw2.cfg
    chgrp warung /etc/warung/gw2.cfg && chmod 640 /etc/warung/gw2.cfg && systemctl enable --now warungd@gw2
}
reinstalls() {
    local redis first second
    redis=$(pid warung-redis) first=$(pid warungd) second=$(pid warungd@gw2)
    apt-get install -y --reinstall /nest/warung_*.deb && systemctl is-active warungd warungd@gw2 &&
        [ "$(pid warung-redis)" = "$redis" ] && [ "$(pid warungd)" != "$first" ] &&
        [ "$(pid warungd@gw2)" != "$second" ] && list | grep -q 'RATNA DEWI'
}
upgrades_instances() { # alone: who has no use for warung.cfg took it away
    local second status
    second=$(pid warungd@gw2)
    systemctl disable --now warungd && mv /etc/warung/warung.cfg /nest/kept.cfg || return
    apt-get install -y --reinstall /nest/warung_*.deb && systemctl is-active warungd@gw2 &&
        [ "$(pid warungd@gw2)" != "$second" ]
    status=$?
    mv /nest/kept.cfg /etc/warung/warung.cfg && systemctl enable --now warungd && return $status
}
removes() {
    apt-get remove -y warung && ! systemctl is-active warungd && ! systemctl is-active warungd@gw2 &&
        [ -e /etc/warung/warung.cfg ] && [ -e /var/lib/warung/redis ]
}
returns() {
    apt-get install -y /nest/warung_*.deb && systemctl is-active warung-redis warungd &&
        systemctl is-active warungd@gw2 && list | grep -q 'RATNA DEWI'
}
purges() {
    apt-get purge -y warung || return
    ! find / -xdev -not -path '/proc/*' -not -path '/nest/*' -not -path '/var/lib/dpkg/*' \
        -not -path '/var/log/*' -not -path '/var/cache/*' -not -path '/root/*' -name '*warung*' | grep .
}

block 'ten commands' >/nest/commands
sed -i "s|the password of the bind|secret12|; s|\./warung_|/nest/warung_|" /nest/commands
ok 'operations.md has ten commands' test "$(wc -l </nest/commands)" = 10
edit
for n in {1..7}; do
    ok "command $n: $(sed -n "${n}p" /nest/commands)" command_n "$n"
done
ok 'a phone registers' registers 6281200000001 1871994101809999
for n in {8..10}; do
    ok "command $n: $(sed -n "${n}p" /nest/commands)" with_phone command_n "$n"
done
ok 'manuals are there' test -e /usr/share/man/man8/warungd.8.gz
ok 'a second gateway' second
ok 'the package is installed again: Redis runs on, both gateways anew, nothing is lost' reinstalls
ok 'backup' backup
ok 'the store is lost' loses_all
ok 'restore: the same merchants' restore
ok 'instances alone, without warung.cfg: the package is installed again' upgrades_instances
ok 'remove keeps configuration and registrations' removes
ok 'installed again all run that are not disabled' returns
ok 'purge leaves nothing' purges
done_testing
