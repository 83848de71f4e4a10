# shellcheck shell=bash
# TAP for the scripts that run in a machine of their own.
tests=0
failed=0
ok() { # NAME COMMAND...: what it said is shown when it failed
    local title=$1
    shift
    tests=$((tests + 1))
    if "$@" >/tmp/said 2>&1; then
        echo "ok $tests - $title"
    else
        echo "not ok $tests - $title"
        sed 's/^/# /' /tmp/said
        failed=1
    fi
}
soon() { # COMMAND...: true within 20 s
    for _ in {1..200}; do
        "$@" && return 0
        sleep 0.1
    done
    return 1
}
done_testing() {
    [ $failed = 0 ] || journalctl --no-pager -o cat -u 'warung*' | tail -n 40 | sed 's/^/# /'
    echo "1..$tests"
    exit $failed
}
