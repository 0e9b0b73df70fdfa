#!/usr/bin/env bash
# Round trip: a campus with known parameters is simulated, its control channels are captured, and the
# parameters that are fitted to the capture have the true ones within their intervals. The intervals are of
# 95 %, and there are six of them: here they are twice as wide, 3.9 standard errors each way.
# Usage: test_calibrate.sh TAMBO
set -euo pipefail
tambo=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > campus.json <<'END'
{"name": "known", "seed": 2385, "topology": {"access": 6, "core": 2, "hosts": 10},
 "controller": {"hold_s": 4, "rate_per_s": 700, "capacity": 0},
 "traffic": {"announce_per_s": 500, "mean_sessions": 1.5, "session_s": 4},
 "measure": {"warmup_s": 0, "duration_s": 400}}
END
check() { # EXPRESSION over d and its law of popularity f
    python3 -c "
import json, sys
d = json.load(open('out'))
f = {x['law']: x for x in d['popularity']}[d['best_law']]
inside = lambda e, x: e['value'] - 2 * (e['value'] - e['low']) <= x <= e['value'] + 2 * (e['high'] - e['value'])
sys.exit(not ($1))" || { echo "not: $1"; cat out; exit 1; }
}

# Uniform popularity: lambda = mu x/(N - 1 - x).
"$tambo" sim campus.json --capture uniform.pcap > sim
"$tambo" calibrate uniform.pcap --json --out fitted.json > out
check "d['hosts'] == 60 and d['edge_switches'] == 6 and d['switches'] == 8 and d['hold_s'] == 4"
check "d['best_law'] == 'uniform' and f['p_frac'] > 0.01 and inside(f['mean_sessions'], 1.5)"
check "inside(d['rate_per_s'], 0.25 * 1.5 / (59 - 1.5)) and inside(d['session_s'], 4)"
check "d['service_law'] == 'exponential' and inside(d['service_per_s'], 700)"

# What was written can be simulated, and gives the same network.
"$tambo" sim fitted.json --set measure.warmup_s=30 --set measure.duration_s=100 --json > again
python3 -c "
import json
a = json.load(open('again'))['metrics']
assert abs(a['occupancy_entries'] / a['model']['occupancy_entries'] - 1) < 0.05, a"

# Pareto popularity, a constant service time, messages as structs.
"$tambo" sim campus.json --set traffic.popularity=pareto --set traffic.alpha=1.5 --set controller.law=deterministic \
    --set channel.fidelity=direct --capture pareto.pcap > sim
"$tambo" calibrate pareto.pcap --json > out
check "d['best_law'] in ('pareto', 'zipf') and f['p_frac'] > 0.01"
check "inside([x for x in d['popularity'] if x['law'] == 'pareto'][0]['alpha'], 1.5)"
check "d['service_law'] == 'deterministic' and abs(d['service_per_s']['value'] / 700 - 1) < 1e-3"
check "inside(d['session_s'], 4)"
"$tambo" calibrate pareto.pcap > out
grep -q "tambo plan --traffic pareto" out

# What cannot be: a file that is no capture, one without OpenFlow, a file that is there already.
refused() { # TEXT ARGUMENTS...
    local text=$1 got=0
    shift
    "$tambo" "$@" > out 2> err || got=$?
    [ "$got" = 2 ] && grep -qF -- "$text" err || { echo "$*: exit $got"; cat err; exit 1; }
}
echo nothing > nothing.pcap
refused "" calibrate nothing.pcap
refused "no OpenFlow message of a controller at port 6654" calibrate pareto.pcap --port 6654
refused "pareto.pcap" sim campus.json --capture pareto.pcap
echo "the round trip holds"
