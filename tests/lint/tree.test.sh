#!/bin/bash
# The checks of tools/lint.sh that need no tool of their own, as tests.
checks=(layers addresses config events unfinished mutants)
echo "1..$((${#checks[@]} + 1))"
for n in "${!checks[@]}"; do
    if tools/lint.sh "${checks[n]}"; then
        echo "ok $((n + 1)) - ${checks[n]}"
    else
        echo "not ok $((n + 1)) - ${checks[n]}"
        status=1
    fi
done

# A checkout of which git says nothing, such as another user's: no file looked at is no check.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r tools "$folder"
echo 'gitdir: nowhere' >"$folder/.git"
echo '/* TO''DO */' >"$folder/left.c"
if "$folder/tools/lint.sh" unfinished 2>/dev/null; then
    echo "not ok $((n + 2)) - faults are found where git does not tell the files"
    status=1
else
    echo "ok $((n + 2)) - faults are found where git does not tell the files"
fi
exit "${status:-0}"
