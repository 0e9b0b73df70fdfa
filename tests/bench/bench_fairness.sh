#!/usr/bin/env bash
# What one switch that floods at full speed does to 15 others: the delay of their packet-ins and of
# their echoes, beside the delay without it. The controller is pinned to the first processor, the load
# to the second. Fails when the 99th percentile grows more than five times or an echo times out.
# Usage: tests/bench/bench_fairness.sh [BUILD [RATE]]
#   BUILD: release build, default build/; RATE: packet-ins a second of the 15 together, default 3000
# Takes about a minute. Run it by hand on an idle machine; tests/live/test_attacks.c shows the same in
# messages instead of microseconds.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build}
rate=${2:-3000}
port=16701
work=$(mktemp -d)
pid=
stop() { [ -z "$pid" ] || { kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; pid=; }; }
trap 'stop; rm -rf "$work"' EXIT

cmake --build "$build" --target tambo tambod >/dev/null
echo '{"listen": ["127.0.0.1:'$port'"], "log": {"level": "error"}}' > "$work/tambod.json"

measure() { # NAME VERSION OPTIONS...: writes $work/NAME.json
    local name=$1 version=$2
    shift 2
    taskset -c 0 "$build/tambod" --config "$work/tambod.json" &
    pid=$!
    for _ in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
        sleep 0.05
    done
    taskset -c 1 "$build/tambo" bench --controller tcp:127.0.0.1:$port --version "$version" \
        --mode latency --rate-per-s "$rate" --hosts-per-switch 1000 --seconds 6 --warmup-s 2 \
        --json "$@" > "$work/$name.json"
    stop
}

failed=0
for version in 1.0 1.3; do
    measure alone $version --switches 15
    measure flood $version --switches 16 --flood 1
    python3 - "$work" $version <<'PYTHON' || failed=1
import json, sys
work, version = sys.argv[1:]
alone, flood = (json.load(open(f"{work}/{name}.json")) for name in ("alone", "flood"))
for name, r in (("alone", alone), ("beside a flood", flood)):
    l, e = r["latency_us"], r["echo"]
    print(f"OpenFlow {version} {name:15} {r['responses_per_s']:7.0f} /s  p50 {l['p50']:8.1f} µs  "
          f"p99 {l['p99']:8.1f}  p99.9 {l['p999']:8.1f}  lost {r['lost']}  flood {r['flooded'] / 6:9.0f} /s  "
          f"echoes {e['sent']}, timed out {e['timeouts']}, longest {e['max_us']:.0f} µs")
ratio = flood["latency_us"]["p99"] / alone["latency_us"]["p99"]
late = alone["echo"]["timeouts"] + flood["echo"]["timeouts"]
ok = ratio <= 5 and late == 0 and flood["lost"] == 0
print(f"OpenFlow {version} p99 {ratio:.2f} times: {'good' if ok else 'NOT GOOD'}")
sys.exit(not ok)
PYTHON
done
exit $failed
