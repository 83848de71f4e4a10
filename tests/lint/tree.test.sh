#!/bin/bash
# The checks of tools/lint.sh that need no tool of their own, as tests.
checks=(layers addresses config events unfinished mutants)
echo "1..${#checks[@]}"
for n in "${!checks[@]}"; do
    if tools/lint.sh "${checks[n]}"; then
        echo "ok $((n + 1)) - ${checks[n]}"
    else
        echo "not ok $((n + 1)) - ${checks[n]}"
        status=1
    fi
done
exit "${status:-0}"
