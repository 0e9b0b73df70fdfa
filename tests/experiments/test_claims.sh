#!/usr/bin/env bash
# Experiments as data: commands as scenarios, models beside metrics, claims and their verdicts, several experiments in
# one go, and that docs/claims.md is what the data say.
# Usage: test_claims.sh TAMBO SOURCE_DIR
set -euo pipefail
tambo=$1 source=$2
. "$(dirname "$0")/command_lib.sh"
json() { # FILE EXPRESSION over d
    python3 -c "import json,sys; d=json.load(open('$1')); sys.exit(not ($2))" || fail "not, in $1: $2"
    n_checks=$((n_checks + 1))
}

# A command as a scenario: computed once, whatever is asked for, and drawn as lines.
cat > plan.json <<'JSON'
{"experiment": "plan", "title": "Plans", "about": "What the planner says.",
 "base": {"kind": "command", "name": "plan", "run": "plan", "options": {"traffic": "uniform", "hold-s": 238.5},
          "take": {"hosts": "n_max", "kilo": "n_max", "tables": "n_max_tcam"}, "scale": {"kilo": 0.001}},
 "sweep": {"options.hold-s": [0, 100, 180, 300], "options.traffic": ["uniform", "pareto"]},
 "figures": [{"file": "n.svg", "title": "N", "says": "How many hosts.", "x": "options.hold-s", "x_label": "hold (s)",
              "y": ["hosts"], "y_label": "hosts", "series": "options.traffic", "only": {"options.traffic": "uniform"},
              "marks": [{"x": 180, "y": 56420, "title": "published"}]}],
 "claims": [
  {"id": "close", "kind": "claim", "source": "thesis", "says": "how many hosts fit", "unit": "hosts", "printed": 56420,
   "model": {"run": "plan --traffic uniform --hold-s 180", "get": "n_max"},
   "simulated": {"point": "hold-s 180, uniform traffic", "get": "hosts"}, "verdict": "within", "why": "other ports"},
  {"id": "least", "kind": "claim", "source": "thesis", "says": "10 000 hosts fit", "printed": 10000, "relation": "at_least",
   "simulated": {"point": "hold-s 180, pareto traffic", "get": "kilo", "scale": 1000}, "verdict": "reproduced"},
  {"id": "words", "kind": "erratum", "source": "thesis", "says": "a formula", "printed": "S − 3", "model": "S − 2",
   "verdict": "contradicted", "why": "so says the chain"}]}
JSON
run 0 exp plan.json --out plan --replications 7
says "8 trials, 0 comparisons" out; says "3 claims, as they are expected" out
json plan/summary.json "d['measured']['hold-s 180, uniform traffic']['hosts'] == {'mean': 57314, 'half_width': 0, 'n': 1}"
json plan/summary.json "d['measured']['hold-s 180, uniform traffic']['kilo']['mean'] == 57.314"
json plan/summary.json "'tables' not in d['measured']['hold-s 0, uniform traffic'] and [c['verdict'] for c in d['claims']] == ['within', 'reproduced', 'contradicted']"
json plan/summary.json "abs(d['claims'][0]['difference_frac'] - 894 / 56420) < 1e-12"
says "What the planner says." plan/report.html; says "published" plan/n.svg; says "within 1.6 %" plan/report.html

# A seeded command has replications; a model stands beside a metric, with values of the point and of the trial.
cat > net.json <<'JSON'
{"experiment": "net", "replications": 3, "compare": ["mean"], "level_frac": 0.99,
 "base": {"kind": "command", "name": "net", "run": "net simulate openflow-topology --constant packets=3", "seeded": true,
          "take": {"mean": "monitors.system time.mean", "first": "monitors.time of a first packet.mean"}},
 "points": [{"options.replications": [2, 5]}],
 "models": [{"quantity": "mean", "run": "model queue --lambda-per-s 1 --mu-per-s {metrics.mean} --capacity {options.replications}",
             "get": "rho", "scale": 1e6, "when": {"options.replications": 5}}],
 "claims": [{"id": "first", "kind": "claim", "source": "formal thesis", "says": "a first packet", "printed": 2850.1,
             "simulated": {"point": "replications 2", "get": "first"}, "verdict": "within", "why": "without the switch"}]}
JSON
run 0 exp net.json --out net; says "6 trials, 1 comparisons, some do not hold" out
json net/summary.json "abs(d['comparisons'][0]['model'] * d['comparisons'][0]['simulated'] - 1e6) < 1e-3 and d['comparisons'][0]['trials'] == 3"
[ "$(sqlite3 net/records.sqlite 'select count(distinct seed) from trials')" = 6 ] || fail "seeds are shared"

# Several in one go: one that breaks does not stop the others, and the summary tells.
cat > broken.json <<'JSON'
{"experiment": "broken", "base": {"kind": "command", "run": "plan --hosts 1"}, "points": [{"name": "a"}],
 "claims": [{"id": "lost", "kind": "finding", "source": "here", "says": "nothing", "model": 1,
             "simulated": {"point": "a name", "get": "n_max"}, "verdict": "reproduced"}]}
JSON
run 0 exp net.json plan.json --out both --quick
says "4 claims: 2 within 1 reproduced 1 contradicted" out
json both/summary.json "[(x['experiment'], x['exit']) for x in d['experiments']] == [('net.json', 0), ('plan.json', 0)] and d['experiments'][0]['trials'] == 4"
json both/claims.json "d['plan.json']['hold-s 180, uniform traffic'] == {'hosts': {'mean': 57314, 'half_width': 0, 'n': 1}}"
says 'href="plan/report.html"' both/index.html; says "3 of 3 are reproduced" both/index.html
says "## Errata of the sources" both/claims.md
run 1 exp broken.json net.json --out some; says "--hosts" err
json some/summary.json "d['verdicts'] == {'unmeasured': 1, 'within': 1} and d['experiments'][0]['exit'] == 1 and d['experiments'][1]['exit'] == 0"
says "broken.json did not finish" some/index.html
sed -i 's/"printed": 10000/"printed": 1000000/' plan.json
run 3 exp plan.json net.json --out worse; says "contradicted" out; says "EXPECTED: reproduced" worse/claims.md
run 1 exp plan.json net.json --out plan.json/x; says "plan.json/x" err

# What is wrong is told with its place.
wrong() { # SED-PROGRAM WORDS...
    sed "$1" plan.json > bad.json
    shift
    run 2 exp bad.json
    for words in "$@"; do says "$words" err; done
}
wrong 's/"kind": "erratum"/"kind": "error"/' 'bad.json:14:27: claims[2].kind: expected one of "claim", "erratum", "finding"'
wrong 's/"why": "other ports"/"who": "me"/' 'claims[0]: missing key "why"' 'claims[0].who: unknown key'
wrong 's/"model": "S − 2",//' 'expected two of "printed", "model" and "simulated"'
wrong 's/"point": "hold-s 180, pareto traffic"/"point": "hold-s 181"/' 'claim "least": simulated.point: no point is called "hold-s 181"; there are "hold-s 0, uniform traffic"'
wrong 's/"get": "n_max"/"gut": "n_max"/' 'claims[0].model: missing key "get"' 'claims[0].model.gut: unknown key'
wrong 's/"sweep"/"swoop"/' 'swoop: unknown key' 'expected "points" or "sweep" beside "base"'
wrong 's/"sweep"/"quick": {"options.hold-s": 3}, "sweep"/' 'quick.options.hold-s: only keys of "measure" can be quicker'
wrong 's/"base"/"bass"/' 'expected "base", a scenario'
wrong 's/"run": "plan", "options"/"options"/' 'base: missing key "run"'
wrong 's/"kilo": 0.001/"kilo": "milli"/' 'base.scale.kilo'
wrong 's/"uniform", "hold-s": 238.5/"a b"/' 'base.options.traffic: expected a word without spaces'
wrong 's/"marks": \[{"x": 180/"marks": [{"x": "a"/' 'figures[0].marks[0].x'
sed 's/"get": "rho"/"get": "row"/' net.json > bad.json; run 1 exp bad.json --out net; says "there is no number at row" err
sed 's/{metrics.mean}/{metrics.men}/' net.json > bad.json; run 1 exp bad.json --out net; says "there is no value at metrics.men" err
sed 's/"plan", "options"/"plane", "options"/' plan.json > bad.json; run 1 exp bad.json --out bad; says 'unknown command "plane"' err

# The page in the documentation is what the data say, complete: no row is without simulation that asks for one, none is
# unexplained, and every erratum of the sources is there.
run 0 exp claims "$source/docs/claims.json"
cmp out "$source/docs/claims.md" || fail "docs/claims.md is stale: tambo exp claims docs/claims.json > docs/claims.md"
if grep -E 'unmeasured|undecided|EXPECTED' out; then fail "rows without a verdict"; fi
ids=$(cat "$source"/experiments/scenarios/*.json | grep -o '"id": "[^"]*"' | sort)
[ -z "$(uniq -d <<< "$ids")" ] || fail "claims of one name: $(uniq -d <<< "$ids")"
for id in p-off-printed arr-printed balance-vi q-inv-first q-inv-second x-max blocking-formula rho-max rate-max \
    optimum-uniform-hold optimum-uniform-hosts optimum-pareto-hold optimum-pareto-hosts ports-uniform ports-pareto \
    service-rate density-constant mean-truncated lambda-below-mu mechanism-not-model \
    arp-ethertype ipv4-ethertype udp-protocol miss-send-len echo-bandwidth barrier \
    handover-max handover-psas mobility-runs mobility-budget mobility-clocks; do
    grep -q "\"id\": \"$id\"" <<< "$ids" || fail "no row for the erratum $id"
done
run 2 exp claims nothing.json; says "nothing.json" err
echo "$n_checks checks passed"
