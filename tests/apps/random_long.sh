#!/bin/sh
# Random runs over all apps: random_long.sh [STEPS [FIRST-SEED]]. Runs seeds one after the other until about so many
# steps (default 100 000) are done, names those that fail and goes on behind them. Needs the build in build-dev.
set -u
cd "$(dirname "$0")/../.." || exit 2

steps=${1:-100000}
seed=${2:-1001}
test=build-dev/tests/apps/test_apps_random
block=50 # Runs of one process; a run has 120 steps.
last=$((seed + (steps + 119) / 120 - 1))
failed=0

[ -x "$test" ] || { echo "$test is not built" >&2; exit 2; }
out=$(mktemp)
trap 'rm -f "$out"' EXIT
while [ "$seed" -le "$last" ]; do
    end=$((seed + block - 1))
    [ "$end" -le "$last" ] || end=$last
    if SEED=$seed LAST=$end "$test" >"$out" 2>&1; then
        grep ' runs, ' "$out"
        seed=$((end + 1))
        continue
    fi
    failed=$((failed + 1))
    at=$(sed -n 's/^ERROR: seed \([0-9]*\),.*/\1/p' "$out" | head -n 1)
    if [ -z "$at" ]; then
        echo "seeds $seed to $end: the test ended without a word" >&2
        tail -n 3 "$out" >&2
        exit 1
    fi
    grep '^ERROR: seed' "$out" >&2
    seed=$((at + 1))
done
echo "$failed seeds failed; SEED=n NET_TRACE=1 $test shows one"
[ "$failed" -eq 0 ]
