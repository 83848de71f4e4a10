#!/bin/bash
# nest.sh [-r ROOT] SCRIPT...: runs SCRIPT in a machine of its own, systemd as its first process.
#
# The machine sees ROOT (this machine's files by default) through an overlay: what it writes is gone
# afterwards, all but what it puts into /nest, which is the folder $NEST here. It has namespaces of
# its own for processes, mounts, network (loopback only), host name and control groups. SCRIPT's
# output is ours, and so is its exit status.
set -eu
root=/
[ "${1:-}" != -r ] || {
    root=$2
    shift 2
}
script=$(realpath "$1")
shift
: "${NEST_LIMIT_S:=240}"
nest=${NEST:-$(mktemp -d)}
[ -n "${NEST:-}" ] || trap 'rm -rf "$nest"' EXIT

inside() {
    set -eu
    mkdir -p "$nest/machine"
    mount -t tmpfs none "$nest/machine"
    mkdir "$nest"/machine/{up,work,root}
    mount -t overlay none \
        -o "lowerdir=$root,upperdir=$nest/machine/up,workdir=$nest/machine/work" "$nest/machine/root"
    cd "$nest/machine/root"
    mkdir -p nest proc sys dev run tmp
    mount --bind "$nest" nest
    cp "$script" nest/script
    printf '%q ' exec bash /nest/script "$@" >nest/command
    mount -t proc proc proc
    mount -t sysfs sysfs sys
    mkdir -p sys/fs/cgroup
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount --rbind /dev dev
    mount -t tmpfs none run
    : >etc/machine-id
    ln -sf /dev/null etc/tmpfiles.d/tmp.conf # /tmp is not to be emptied: the project may be there
    ln -sf /dev/null etc/systemd/system/tmp.mount
    # Of this machine's services nothing is wanted: the script starts what it needs.
    for unit in systemd-udevd systemd-udev-trigger systemd-networkd systemd-resolved systemd-timesyncd \
        systemd-logind getty@ console-getty dev-hugepages.mount dev-mqueue.mount systemd-firstboot \
        systemd-modules-load systemd-sysctl systemd-random-seed systemd-update-utmp kmod-static-nodes; do
        case $unit in *.mount) ;; *) unit=$unit.service ;; esac
        ln -sf /dev/null "etc/systemd/system/$unit"
    done
    cat >etc/systemd/system/nest.target <<'END'
[Unit]
Requires=basic.target nest.service
AllowIsolate=yes
END
    cat >etc/systemd/system/nest.service <<'END'
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/bash -c 'bash /nest/command >/nest/output 2>&1 </dev/null; echo $? >/nest/status'
ExecStopPost=/bin/systemctl --force --force poweroff
END
    ip link set lo up
    # Not chroot alone: who is in one gets no user namespace, and PrivateUsers= asks for one.
    mkdir -p mnt
    pivot_root . mnt
    exec env -i container=nest PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 \
        chroot . /bin/sh -c 'umount -l /mnt; mount --make-rshared / # credentials are mounted by a child
            exec /lib/systemd/systemd --unit=nest.target --log-level=err --show-status=no'
}

# What runs inside goes by a file: script(1) may start a shell that hands on no functions (dash).
{
    declare -p nest root script
    declare -f inside
    printf 'inside "$@"\n'
} >"$nest/inside"
timeout -k 5 "$NEST_LIMIT_S" script -qec "unshare --fork --kill-child --pid --mount --net --ipc --uts \
    --cgroup bash $(printf '%q ' "$nest/inside" "$@")" /dev/null >"$nest/console" 2>&1 </dev/null || true
[ ! -e "$nest/output" ] || cat "$nest/output"
[ -e "$nest/status" ] || {
    echo "nest.sh: the machine ended without a result; its console:" >&2
    tail -n 20 "$nest/console" >&2
    exit 125
}
exit "$(cat "$nest/status")"
