#!/usr/bin/env bash
# Packet-ins per second of a controller under tambo bench, as a ratio to the minimal loop measured in
# the same run. The controller is pinned to the first processor, the load to the second.
# Usage: tests/bench/bench_live.sh [BUILD]     BUILD: release build, default build/
# Takes about two minutes. Run it by hand on an idle machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build}
port=16700
work=$(mktemp -d)
pid=
stop() { [ -z "$pid" ] || { kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; pid=; }; }
trap 'stop; rm -rf "$work"' EXIT

cmake --build "$build" --target minimal_loop tambo tambod >/dev/null
echo '{"listen": ["127.0.0.1:'$port'"], "log": {"level": "warn"}}' > "$work/tambod.json"

start() { # NAME: starts that controller on $port
    case $1 in
    minimal) taskset -c 0 "$build/tests/bench/minimal_loop" $port & ;;
    tambod) taskset -c 0 "$build/tambod" --config "$work/tambod.json" & ;;
    ovs) OVS_RUNDIR=$work taskset -c 0 ovs-testcontroller ptcp:$port:127.0.0.1 2>"$work/ovs.log" & ;;
    esac
    pid=$!
    for _ in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
        sleep 0.05
    done
    echo "$1 does not listen" >&2
    exit 1
}

measure() { # CONTROLLER VERSION MODE SWITCHES: prints one line
    start "$1"
    taskset -c 1 "$build/tambo" bench --controller tcp:127.0.0.1:$port --version "$2" --mode "$3" \
        --switches "$4" --hosts-per-switch 1000 --seconds 3 --warmup-s 1 --json > "$work/out.json"
    stop
    python3 - "$work" "$@" <<'EOF'
import json, os, sys
work, who, version, mode, switches = sys.argv[1:]
r = json.load(open(work + "/out.json"))
key = work + "/ref-" + "-".join((version, mode, switches))
if who == "minimal":
    open(key, "w").write(str(r["responses_per_s"]))
ratio = r["responses_per_s"] / float(open(key).read())
l = r["latency_us"]
print(f"{who:8} OpenFlow {version} {mode:10} {switches:>3} switches  {r['responses_per_s']:12.0f} /s"
      f"  ratio {ratio:6.3f}  p50 {l['p50']:8.1f} µs  p99 {l['p99']:8.1f}  p99.9 {l['p999']:8.1f}  lost {r['lost']}")
EOF
}

for mode in throughput latency; do
    for version in 1.0 1.3; do
        for switches in 1 16 64; do
            measure minimal "$version" "$mode" "$switches"
            measure tambod "$version" "$mode" "$switches"
        done
    done
done
for mode in throughput latency; do
    measure ovs 1.0 $mode 16
done
