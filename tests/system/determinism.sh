#!/usr/bin/env bash
# The same seed gives the same trace: with one and two threads, in this build and in the release
# build, and whatever the fidelity of the control channel.
# Usage: determinism.sh TAMBO RELEASE_TAMBO
set -euo pipefail
tambo=$1 release=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > e.json <<'EOF'
{"experiment": "determinism", "replications": 2, "seed": 77,
 "base": {"topology": {"access": 4, "core": 2, "hosts": 12},
          "measure": {"warmup_s": 20, "duration_s": 60, "histogram": 48}},
 "points": [
  {"switch.hold_law": ["exponential", "fixed", "per-entry"], "controller.hold_s": 6,
   "traffic.popularity": ["uniform", "pareto"]},
  {"controller.law": "deterministic", "controller.rate_per_s": 2000, "controller.capacity": 3,
   "channel.rate_bps": 94400000},
  {"topology.trunk.loss_frac": [0.02, 0.05]}]}
EOF
traces() { sqlite3 "$1/records.sqlite" "select point, seed, trace_hash, metrics from trials order by point, seed"; }

"$tambo" exp e.json --out one --threads 1 > /dev/null
"$tambo" exp e.json --out two --threads 2 > /dev/null
"$release" exp e.json --out release --threads 2 > /dev/null
traces one > one.txt
[ "$(wc -l < one.txt)" = 18 ] || { echo "not 18 trials:" >&2; cut -c1-120 one.txt >&2; exit 1; }
for other in two release; do
    traces $other > $other.txt
    cmp one.txt $other.txt || { echo "one thread and $other differ" >&2; diff one.txt $other.txt | cut -c1-300 >&2; exit 1; }
done
[ "$(cut -d'|' -f3 one.txt | sort -u | wc -l)" = 18 ] || { echo "different trials share a trace" >&2; exit 1; }
cat > s.json <<'EOF'
{"topology": {"access": 4, "core": 2, "hosts": 12}, "measure": {"warmup_s": 20, "duration_s": 60}}
EOF
for fidelity in wire direct; do
    "$tambo" sim s.json --json --set channel.fidelity=$fidelity |
        python3 -c "import json, sys; print(json.load(sys.stdin)['trace_hash'])" > $fidelity.hash
done
cmp wire.hash direct.hash || { echo "wire and direct differ" >&2; exit 1; }
echo "18 trials: one and two threads, this build and the release build agree; wire and direct agree"
