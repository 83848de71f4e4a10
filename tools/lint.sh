#!/bin/bash
# lint.sh [CHECK...]: what can be said about the tree without running it; all checks by default.
# Prints each fault as file:line: text; exit status 1 when there is one.
set -u
cd "$(dirname "$0")/.." || exit
shopt -s nullglob

# All files of the project: what git knows, or in a released archive what is there; so, too, where git
# does not tell (a checkout of another user's, no git).
files() {
    if [ -e .git ] && git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard -- "$@"
    else
        find . -type f -not -path './.git/*' -not -path './build*' -not -path '*/node_modules/*' -not -path './run/*' |
            sed 's|^\./||' | while read -r file; do
                for pattern in "$@"; do
                    # shellcheck disable=SC2053
                    [[ $file == $pattern ]] && echo "$file"
                done
            done
    fi | sort -u
}

# A check whose tool is missing has looked at nothing.
needs() {
    command -v "$1" >/dev/null || { echo "tools/lint.sh:1: there is no $1 here; \`make lint\` installs it" && false; }
}

check_layers() { tools/lint-layers.sh; }

# No address of a package registry stands anywhere: packages are asked for by name.
check_addresses() {
    ! files '*' | grep -v '^LICENSE$' | xargs -d '\n' grep -nIE \
        'https?://([a-z0-9-]+\.)*(registry|deb|pypi|crates|proxy|repo1?|rubygems|packagist|snapshot)\.[a-z0-9.-]+' \
        --
}

check_format() {
    files '*.c' '*.h' | xargs -d '\n' clang-format --dry-run -Werror
}

# Functions are at most about 60 lines, files about 600 (CONTRIBUTING.md): a tenth more is a fault.
check_length() {
    local faults=0 file lines
    needs ctags || return
    while read -r file; do
        lines=$(wc -l <"$file")
        if [ "$lines" -gt 660 ]; then
            echo "$file:660: the file has $lines lines; split it"
            faults=1
        fi
    done < <(files '*.c' '*.h')
    files '*.c' '*.h' | ctags -L - --languages=C --c-kinds=f --fields=+ne -f - 2>/dev/null | awk -F '\t' '
        {
            first = last = 0
            for (i = 4; i <= NF; i++) {
                if ($i ~ /^line:/) first = substr($i, 6)
                if ($i ~ /^end:/) last = substr($i, 5)
            }
            if (last - first + 1 > 66) {
                printf "%s:%d: %s() has %d lines; it does more than one thing\n", $2, first, $1, last - first + 1
                faults++
            }
        }
        END { exit faults > 0 }' || faults=1
    return $faults
}

# Each key of the configuration table stands in the shipped file and in the manual.
check_config() {
    local faults=0 key path where
    while read -r path; do
        key=${path##*.}
        for where in conf/warung.cfg docs/man/warung.cfg.5; do
            grep -qw -- "${key%\[\]}" "$where" 2>/dev/null || {
                echo "gateway/config_table.c:1: key $path is not in $where"
                faults=1
            }
        done
    done < <(sed -n 's/^    [A-Z_]*("\([a-z_.0-9]*\(\[\][a-z_.]*\)*\)".*/\1/p' gateway/config_table.c)
    return $faults
}

# mandoc knows only installed manuals: ours refer to each other before they are.
check_manuals() {
    local pages=(docs/man/*.[158]) ours
    needs mandoc || return
    ours=$(printf '%s\n' "${pages[@]##*/}" | sed 's/\.\([158]\)$/ \1/' | paste -sd '|')
    ! mandoc -Tlint "${pages[@]}" | grep -vE "referenced manual not found: Xr ($ours)|outdated mandoc.db"
}

check_scripts() {
    { files '*.sh'; echo .ci/run; } | xargs -d '\n' shellcheck -S warning
}

# Each event that is logged has a sample line in docs/log-events.md, with its level and keys, and no
# other has.
check_events() {
    ! diff <(find base menus merchants sessions gateway -name '*.c' -print0 |
        LC_ALL=C sort -z | xargs -0 perl tools/log-events.pl) \
        <(perl tools/log-events.pl --document docs/log-events.md) |
        sed -n 's|^<|docs/log-events.md:1: no sample of|p; s|^>|docs/log-events.md:1: nothing logs|p' |
        grep .
}

# Words by which code admits that it is unfinished.
check_unfinished() {
    ! files '*.c' '*.h' '*.sh' '*.js' '*.lua' Makefile | grep -vx tools/lint.sh |
        xargs -d '\n' grep -nE '\b(TODO|FIXME|XXX|HACK)\b|not implemented|for now\b' --
}

# Each planted fault still finds the line that it changes, and there are the tests that are to see it:
# check-mutants itself takes minutes.
check_mutants() {
    local name file expression what test faults=0
    while IFS=$'\t' read -r name file expression what; do
        case $name in '#'* | '') continue ;; esac
        for test in $what; do
            [ "$test" = sim ] || [ -e "tests/$test" ] || [ -e "tests/$test.c" ] && continue
            echo "tests/mutants/mutants.tsv:1: $name: there is no tests/$test"
            faults=1
        done
        sed "$expression" "$file" | cmp -s - "$file"
        [ $? -eq 1 ] && continue # 2: there is no such file
        echo "tests/mutants/mutants.tsv:1: $name changes nothing in $file"
        faults=1
    done <tests/mutants/mutants.tsv
    return $faults
}

[ $# -gt 0 ] || set -- layers addresses format length config events manuals scripts unfinished mutants
failed=()
for check in "$@"; do
    "check_$check" || failed+=("$check")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "lint: faults in: ${failed[*]}" >&2
    exit 1
fi
echo "lint: $* clean"
