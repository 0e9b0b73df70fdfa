#!/usr/bin/env bash
# Fuzzes each target, one after the other in one process, until it has had so many minutes of processor
# time, and says how many inputs were tried. What is found stays in OUT as NAME-crash-* (or -leak-,
# -timeout-, -oom-), and the exit status is 1. What was learnt stays in OUT/NAME, so that the next run
# goes on from there.
# Usage: tests/fuzz/run.sh [MINUTES [OUT]]        default: 10 minutes, OUT is build-fuzz/found
#        TARGETS="session frames" BUILD=DIR tests/fuzz/run.sh 1
set -euo pipefail
cd "$(dirname "$0")/../.."
goal_s=$((${1:-10} * 60))
build=${BUILD:-build-fuzz}
out=${2:-$build/found}
read -ra targets <<<"${TARGETS:-packet frames of_decode session rest}"

cmake --preset fuzz -B "$build" >/dev/null
cmake --build "$build" --target "${targets[@]/#/fuzz_}" replay_of_decode -- -j"$(nproc)" --quiet

# The decoders' seeds are text and generated messages; the other targets' are files.
seeds() { # NAME
    local folder=$out/$1-seeds
    if [ "$1" = of_decode ]; then
        mkdir -p "$folder"
        "$build/tests/fuzz/replay_of_decode" --write "$folder" tests/vectors tests/fuzz/of_corpus >/dev/null
        "$build/tests/fuzz/replay_of_decode" --generate "$folder"
        echo "$folder"
    else
        echo "tests/fuzz/$1_corpus"
    fi
}

# Runs the fuzzer for SECONDS of the clock; its seconds of processor time are then in $used_s.
fuzz() { # NAME SECONDS LOG
    local status=0
    TIMEFORMAT='%U %S'
    { time "$build/tests/fuzz/fuzz_$1" -max_total_time="$2" -max_len=4096 -rss_limit_mb=2048 \
        -timeout=20 -print_final_stats=1 -artifact_prefix="$out/$1-" "$out/$1" "$(seeds "$1")" \
        >"$3" 2>&1; } 2>"$out/$1.time" || status=1
    used_s=$(awk '{ print int($1 + $2 + 0.5) }' "$out/$1.time")
    return $status
}

sum() { # PATTERN FILE...
    awk -v pattern="$1" '$1 ~ pattern { n += $2 } END { print n + 0 }' "${@:2}"
}

status=0
printf '%-10s %7s %12s %9s  %s\n' target cpu_s inputs coverage result
for name in "${targets[@]}"; do
    mkdir -p "$out/$name"
    rm -f "$out/$name".*.log
    result=clean cpu_s=0 turn=0
    while [ "$result" = clean ] && [ $cpu_s -lt $goal_s ]; do
        turn=$((turn + 1))
        fuzz "$name" $((goal_s - cpu_s)) "$out/$name.$turn.log" || {
            result="FOUND, see $out/$name.$turn.log" status=1
        }
        cpu_s=$((cpu_s + used_s))
    done
    coverage=$(grep -ho 'cov: [0-9]*' "$out/$name.$turn.log" | tail -1) || coverage="?"
    printf '%-10s %7d %12d %9s  %s\n' "$name" $cpu_s \
        "$(sum '^stat::number_of_executed_units' "$out/$name".*.log)" "${coverage#cov: }" "$result"
done
exit $status
