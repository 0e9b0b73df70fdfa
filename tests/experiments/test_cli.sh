#!/usr/bin/env bash
# The tambo command as a user meets it: answers, JSON keys, complaints, exit codes.
# Usage: test_cli.sh TAMBO
set -euo pipefail
tambo=$1
. "$(dirname "$0")/command_lib.sh"
json() { # EXPRESSION over d, after an optional STATEMENT: holds for the JSON in out
    python3 -c "import json,sys; d=json.load(open('out')); ${2:-pass}; sys.exit(not ($1))" || fail "not: $1"
    n_checks=$((n_checks + 1))
}

# Help, and what is wrong with the command line.
run 0 --help; says "usage: tambo COMMAND" out
run 0 --version; says "tambo " out
run 2; says "usage:" err
run 2 fly; says 'unknown command "fly"' err
for c in plan "model chain" "model queue" "model table" sim exp compare topo "net check" "net simulate" bench replay check trace calibrate; do
    run 0 $c --help; says "usage: tambo $c" out; says "--help" out
done
run 2 plan --ports 4.5; says '--ports "4.5": expected a whole number' err
run 2 plan --ports; says "a value is missing" err
run 2 plan --json=1; says "takes no value" err
run 2 plan --traffic zigzag; says "expected one of uniform, pareto" err
run 2 plan 7; says "unexpected argument 7" err
run 2 plan --fast; says "unknown option --fast" err
run 2 plan --p-overflow 2; says "expected a number" err
run 2 plan --hold-law threshold --hold-s 5; says "no common holding time" err
run 2 plan --hosts 3 --traffic uniform --mean-sessions 4; says "fewer sessions" err
run 2 model weather; says 'unknown model "weather"' err

# Plans: reference values of the thesis's parameters (30-digit arithmetic).
run 0 plan --traffic uniform --hold-s 180 --json; json "d['n_max'] == 57314 and d['hold_s'] == 180"
run 0 plan --traffic pareto --hold-s 340 --json; json "d['n_max'] == 100993"
run 0 plan --hold-law fixed --hold-s 225 --json; json "d['n_max'] == 101144"
run 0 plan --json
json "set(d) == {'n_max','hold_s','limited_by','occupancy_entries','arrivals_per_s','p_overflow_frac','p_block_frac','n_max_tcam','n_max_controller'}"
json "103000 < d['n_max'] < 104500 and 390 < d['hold_s'] < 415 and d['limited_by'] in ('tcam', 'controller')"
run 0 plan --hold-law threshold --json; json "abs(d['n_max'] - 134548) <= 2 and 0 < d['permanent_frac'] < 1"
run 0 plan --hosts 90000 --json; json "d['fits'] and 0 < d['hold_min_s'] < d['hold_s'] < d['hold_max_s']"
run 0 plan --hosts 200000 --json; json "not d['fits'] and d['hold_min_s'] > d['hold_max_s']"
run 0 plan --hosts 90000 --hold-s 10 --json; json "not d['fits']"
run 0 plan --hold-s 0 --json; json "d['n_max_tcam'] is None"
run 0 plan; says "hosts" out; says "holding time" out

# Models.
run 0 model chain --ports 5 --lambda-per-s 1.4e-5 --mu-per-s 0.2 --hold-s 180 --json
json "abs(d['p_off_frac'] / 0.987211212214099 - 1) < 1e-9 and len(d['p_on_frac']) == 5"
json "abs(d['p_off_frac'] + d['p_hold_frac'] + sum(d['p_on_frac']) - 1) < 1e-12"
run 0 model chain --hold-law fixed; says "occupancy" out
run 0 model queue --kind mm1m --lambda-per-s 40829.56 --mu-per-s 51880 --capacity 51 --json
json "abs(d['p_block_frac'] / 1.0546118478498158e-06 - 1) < 1e-3"
run 0 model queue --kind md1m --json; json "d['p_block_frac'] < 1e-9"
run 2 model queue --kind mg1 --lambda-per-s 2 --mu-per-s 1; says "the load is 1 or more" err
run 0 model queue --kind mg1 --scv 0 --json; json "d['p_block_frac'] == 0"
run 0 model table --json; json "d['p_overflow_gaussian_frac'] < d['p_overflow_bound_frac']"
run 0 model table; says "largest safe mean" out
awk 'BEGIN { for (i = 1; i <= 500; i++) print 2 / 3 * ((i - 0.5) / 500) ^ (-1 / 1.2) }' > sessions.txt
run 0 plan --sessions sessions.txt --json; json "abs(d['n_max'] / 103716 - 1) < 0.05"
run 2 plan --sessions nothing.txt; says "nothing.txt: " err
run 0 plan --elasticities --json
json "0.9 < d['elasticities']['controller-per-s'] < 1.1 and 0.1 < d['elasticities']['tcam'] < 0.3"
run 0 plan --elasticities; says "1 % more --tcam" out
run 0 plan --hosts 20000 --growth 0.1 --json; json "17 < d['fits_years'] < 17.5 and d['n_max'] == 103716"
run 0 plan --hosts 20000 --growth 0.1; says "17.3 years" out
run 2 plan --growth 0.1; says "needs --hosts" err
run 0 plan --mix 0.5:48:8192 --mix 0.5:24:2000 --json
json "20000 < d['n_max'] < 103716 and d['hold_s'][0] > d['hold_s'][1] > 0"
run 0 plan --mix 1:48:8192 --hold-law threshold; says "134549 hosts" out
run 0 plan --hold-law threshold --window-s 5688 --drift 0.1 --json
json "103716 < d['n_max'] < 134549 and 0 < d['permanent_frac'] < 0.1 and d['arrivals_per_s'] < 40784"
run 0 plan --hold-law threshold --window-s 60; says "sessions or more in 60 s" out
run 2 plan --window-s 60; says "goes with --hold-law threshold" err
run 2 plan --mix 0.5:48:8192; says "shares must sum to 1" err
run 2 plan --mix 1:48; says "expected SHARE:PORTS:ENTRIES" err
run 2 plan --mix 1:48:8192 --hosts 5; says "goes without" err
for c in tail cache transient renewal service delay feedback burst fit; do
    run 0 model $c --help; says "usage: tambo model $c" out
done
run 0 model tail --hosts 2000 --tcam 1790 --json
json "d['mean_entries'] < 1790 and d['p_overflow_exact_frac'] < d['p_overflow_chernoff_frac'] < 1"
json "abs(d['p_overflow_sampled_frac'] - d['p_overflow_exact_frac']) < 3 * d['p_overflow_sampled_ci_frac']"
run 0 model tail --hosts 2000 --tcam 5; says "P(overflow), exact" out
run 2 model tail --alpha 0.5; says "outside the model's domain" err
run 0 model cache --hosts 2000 --tcam 500 --json
json "abs(d['occupancy_entries'] - 500) < 1e-6 and 0 < d['hit_frac'] < 1"
run 0 model cache --hosts 2000 --tcam 200 --software 300 --traffic zipf --alpha 0.8 --json
json "abs(d['tcam_frac'] + d['software_frac'] + d['controller_frac'] - 1) < 1e-12"
run 0 model chain --hold-s 0.2 --whole-seconds --json; cp out whole.json
run 0 model chain --hold-s 0.2 --json; json "d['occupancy_frac'] < json.load(open('whole.json'))['occupancy_frac']"
run 0 model transient --hosts 960 --t-s 1e6 --json
json "abs(d['occupancy_entries'] / d['steady_occupancy_entries'] - 1) < 1e-6 and d['warmup_s'] > 170"
run 0 model transient --hosts 960 --start flushed --hold-law exponential; says "warm-up (s)" out
run 2 model transient --hold-law per-entry; says "outside the model's domain" err
run 0 model renewal --off-law exponential --off-s 100000 --json
json "abs(d['p_off_frac'] + d['occupancy_frac'] - 1) < 1e-12"
run 2 model renewal --off-shape 1; says "outside the model's domain" err
printf '# seconds\n0.00001\n\n0.00003\n' > service.txt
run 0 model service service.txt --lambda-per-s 30000 --json
json "d['samples'] == 2 and abs(d['rho'] - 0.6) < 1e-12 and abs(d['service_scv'] - 0.25) < 1e-12"
printf '0.00001\nfast\n' > service.txt
run 2 model service service.txt; says "service.txt:2: expected one number a line" err
run 2 model service nothing.txt; says "nothing.txt: " err
run 0 model delay --json; json "0 < d['p50_s'] < d['p99_s'] < d['p999_s'] < 1e-3"
run 0 model delay --kind mg1 --scv 0; says "99 % within" out
run 0 model feedback --json; json "d['known_s'] < d['mean_s'] < d['new_s']"
run 2 model feedback --packets-per-s 2e5; says "the load is 1 or more" err
run 0 model fit sessions.txt --json
json "abs(d['shape'] - 1.2) < 0.1 and d['p_frac'] > 0.05 and d['samples'] == 500"
run 0 model fit sessions.txt --law exponential --replicas 50 --json; json "d['p_frac'] < 0.02"
run 2 model fit service.txt; says "service.txt:2: " err
run 0 model burst --size 238 --json; json "d['lost'] == 187 and 'batch_response_s' not in d"
run 2 model cache --hosts 2000 --tcam 2; says "more is asked for than there is room" err

# Topologies.
run 0 topo --help; says "ring:switches=N,hosts=H" out
run 0 topo campus:access=3,core=2,hosts=4; says "5 switches, 12 hosts" out
run 0 topo tree:depth=3 --dot t.dot --svg t.svg --png t.png
says "</svg>" t.svg
[ "$(head -c 4 t.png | tail -c 3)" = PNG ] || fail "no PNG"
run 0 topo t.dot --dot u.dot
cmp t.dot u.dot || fail "a DOT file changes when it is read and written"
run 2 topo campus:acess=3; says 'topology campus: "acess=3": expected access=1..' err
run 2 topo campus:access=0; says 'expected access=1..' err
run 0 net --help; says "openflow-topology" out
run 2 net; says "usage: tambo net" err
run 2 net fly; says 'unknown command "fly"' err
run 2 net check missing.json; says "missing.json: cannot be read" err
run 0 net check openflow-topology; says "holds    home" out; says "home markings     1: 20" out
run 0 net check openflow-topology --json --svg n.svg --space-svg s.svg
[ "$(grep -c 'class="node"' n.svg)" = 63 ] && [ "$(grep -c 'class="node"' s.svg)" = 20 ] || fail "picture of the net"
run 1 net check openflow-topology --no-arcs --space-svg s.svg; says "s.svg is not drawn: it needs arcs" err
run 1 net check openflow-topology --svg no/such/n.svg; says "no/such/n.svg is not drawn" err
run 0 net check openflow-topology --json
json "d['markings'] == 20 and d['arcs'] == 19 and d['full'] and d['home_markings'] == [20] and d['dead_markings'] == [20]"
json "d['places']['PC2_in'] == {'upper': 1, 'lower': 0, 'upper_multiset': \"1\`(flowt, '', 1, 'p3', 'p0', 'mac_pc1', 'mac_pc2', 'ip_pc1', 'ip_pc2', 100)\", 'lower_multiset': 'empty'}"
run 3 net check openflow-topology --query 'never count(SW.pause) > 0'; says "FAILS    never" out; says "SW.out_controller (" out
run 3 net check openflow-topology --max-markings 5 --json; json "not d['full'] and d['reason'] and d['queries'][2]['verdict'] == 'unknown'"
run 0 net check openflow-topology --constant packets=2 --json; json "d['places']['PC2_in']['upper'] == 2 and d['n_home_markings'] == 1"
run 2 net check openflow-topology --constant packets=two; says "packets: character 1: unknown name two" err
run 0 net simulate openflow-topology --constant flows=10 --constant packets=10 --replications 3 --json
json "d['replications'] == 3 and d['ended_with'] == 'dead' and d['monitors']['system time']['count'] == 300"
json "abs(d['monitors']['system time']['mean'] - 310.51) < 0.01 and d['places']['PC2_in']['max'] == 100"
run 0 net simulate openflow-topology --until 30000 --constant packets=9; says "the first ended with time" out
run 1 net simulate openflow-topology --constant 'gap=0 - 5000000'; says "a delay below 0" err
run 2 topo missing.dot; says "missing.dot: No such file" err
printf 'graph g {\n  s1 -- h1;\n  s1 -- h2 [rate_bps="fast"];\n}\n' > bad.dot
run 2 topo bad.dot; says "bad.dot:3:" err; says "rate_bps" err
run 1 topo campus --svg none/t.svg; says "none/t.svg" err

run 2 topo tree:depth=8,fanout=64; says "more than 1000000 switches and hosts" err
printf 'graph g { "s \\"1\\"" -- "s<2>\\n"; "s \\"1\\"" -- h1; }' > quoted.dot
run 0 topo quoted.dot --svg t.svg --dot t.dot; run 0 topo t.dot --dot u.dot
cmp t.dot u.dot || fail "quotes in names are lost"
# What cannot be printed is a failure.
got=0; "$tambo" plan --json > /dev/full 2> err || got=$?
[ $got = 1 ] || fail "a full device: exit $got"
says "standard output: No space left" err
ln -s /dev/stdout here; run 0 topo campus --dot here; says "graph topology" out; [ -L here ] || fail "a link is replaced"

# Simulations.
cat > s.json <<'EOF'
{"name": "small", "topology": {"access": 3, "core": 2, "hosts": 6},
 "switch": {"hold_law": "exponential"}, "controller": {"hold_s": 7},
 "traffic": {"popularity": "uniform"}, "measure": {"warmup_s": 40, "duration_s": 200}}
EOF
run 0 sim s.json --json; cp out a.json
json "set(d) == {'scenario','scenario_hash','seed','trace_hash','sim_s','wall_s','events','events_per_s','peak_rss_bytes','memory','metrics'}"
# 32 KB are there whatever the number of flows.
json "d['memory']['hosts'] == 18 and d['memory']['flows'] > 40 and d['memory']['controller_flows_bytes'] - 33000 < 400 * d['memory']['flows']"
json "d['scenario'] == 'small' and d['seed'] == 1 and d['events'] > 1000 and d['peak_rss_bytes'] > 1e6"
json "abs(d['metrics']['occupancy_entries'] / d['metrics']['model']['occupancy_entries'] - 1) < 0.1"
json "d['metrics']['first_frames'] == d['metrics']['first_frames_delivered']"
same="d['trace_hash'] == json.load(open('a.json'))['trace_hash'] and d['metrics'] == json.load(open('a.json'))['metrics']"
run 0 sim s.json --json; json "$same"
run 0 sim s.json --json --set channel.fidelity=direct; json "$same"
run 0 sim s.json --json --set seed=1 --seed 1; json "$same"
run 0 sim s.json --json --seed 2; json "not ($same)"
run 0 sim s.json --json --profile; json "$same"
json "all(abs(sum(s['share_frac'] for s in p['stages'].values()) - 1) < 1e-9 for p in d['profile'].values())"
json "sum(p['events'] for p in d['profile'].values()) == d['events'] and set(d['profile']) == {'before', 'measured'}"
json "d['profile']['measured']['misses'] == d['metrics']['first_frames'] and d['profile']['measured']['cpu_s'] > 0"
json "d['profile']['measured']['stages']['core']['calls'] > 0 and d['profile']['measured']['stages']['timeouts']['events'] > 0"
json "abs(d['profile']['measured']['ns_each'] * d['profile']['measured']['events'] / 1e9 - d['profile']['measured']['cpu_s']) < 1e-9"
run 0 sim s.json --profile; says "after the warm-up" out; says "to_controller " out; says "ns a miss" out
run 0 sim s.json --profile --until-s 20; says "up to the end" out
cat > wide.json <<'END'
{"topology": {"access": 100, "core": 1, "hosts": 100}, "traffic": {"announce_per_s": 20000}, "measure": {"warmup_s": 0, "duration_s": 1.385}}
END
run 0 sim wide.json --json; cp out a.json
GLIBC_TUNABLES= run 0 sim wide.json --json; json "$same"
cat wide.json | run 0 sim /dev/stdin --json; json "$same"
run 0 sim s.json --json; cp out a.json
run 2 sim s.json --profile --checkpoint c.tambo; says "a run with --profile cannot be saved" err
printf '{"kind": "elephants"}' > kind.json; run 2 sim kind.json --profile; says "--profile is of campuses only" err
run 2 sim kind.json --capture x.pcap; says "--capture is of campuses only" err
run 2 sim kind.json --until-s 5; says "--until-s is of campuses, pings and faults only" err
run 0 sim s.json --json --set controller.hold_s=8; json "not ($same) and d['scenario_hash'] != json.load(open('a.json'))['scenario_hash']"
run 0 sim s.json --json --until-s 20; json "d['sim_s'] == 20"
run 0 sim s.json --record rec; says "model" out
[ "$(sqlite3 rec/records.sqlite 'select count(*) from trials')" = 1 ] || fail "not one record"
run 0 sim s.json --record deep/er/rec; [ -s deep/er/rec/records.sqlite ] || fail "no folder for the record"
run 0 sim s.json --until-s 20; says "before the warm-up ended" err
run 2 sim missing.json; says "missing.json: " err
run 2 sim s.json --set traffic.popularity=even; says 'traffic.popularity: expected one of "uniform", "pareto", "zipf"' err
run 2 sim s.json --set traffic.popularity=empirical; says 'a number for each of the 18 hosts; there are 0' err
run 0 sim s.json --set traffic.popularity=zipf --set traffic.alpha=0.5 --json
json "abs(d['metrics']['occupancy_entries'] / d['metrics']['model']['occupancy_entries'] - 1) < 0.15"
run 0 sim s.json --set traffic.popularity=empirical --set "traffic.rates_per_s=[$(seq -s, -f 0.%02g 1 18)]" --json
json "abs(d['metrics']['occupancy_entries'] / d['metrics']['model']['occupancy_entries'] - 1) < 0.15"
# A run that ends while tables fill has too short a warm-up; one that is long enough has not.
run 0 sim s.json --json --set controller.hold_s=5 --set measure.warmup_s=200 --set measure.duration_s=400
json "d['metrics']['warmup_short'] == 0 and d['metrics']['warmup_mser_s'] <= 200"
run 0 sim s.json --json --set controller.hold_s=3000 --set measure.warmup_s=1 --set measure.duration_s=20
json "d['metrics']['warmup_short'] == 1"
run 2 sim s.json --set nonsense; says "expected path.to.key=value" err
run 2 sim s.json --set name.x=1; says '"name" is no object' err
printf '{"topology": {"acces": 4,\n  "core": -1}, "name": 3}\n' > bad.json
run 2 sim bad.json
says 'bad.json:1:15: topology.acces: unknown key' err; says 'bad.json:2:11: topology.core' err
says 'bad.json:2:24: name' err
printf '{"name": "x"\n' > bad.json; run 2 sim bad.json; says "bad.json:2:1: not JSON" err
run 2 sim s.json --set traffic.mean_sessions=400; says "than there are others" err
run 2 sim s.json --set controller.law=empirical; says 'needs "samples_s"' err
run 2 sim s.json --set traffic.session_law=empirical; says 'needs "session_samples_s"' err
run 2 sim s.json --set traffic.session_law=pareto --set traffic.session_shape=1; says 'traffic.session_shape: expected a number from 1.000001' err
run 2 sim s.json --set traffic.session_law=weibull; says 'traffic.session_law: expected' err
run 2 sim s.json --set traffic.session_law=empirical --set 'traffic.session_samples_s=[2.385,0]'; says 'session_samples_s' err
run 0 sim s.json --set traffic.session_law=empirical --set 'traffic.session_samples_s=[2.385,7.1]' --json
json "abs(d['metrics']['occupancy_entries'] / d['metrics']['model']['occupancy_entries'] - 1) < 0.15"
# What links carry counts while all else does: after the warm-up.
measured() # warm-up, time that is measured: frames that hosts' links carry
{
    run 0 sim s.json --json --set links.edge.delay_us=2 --set measure.warmup_s=$1 --set measure.duration_s=$2
    python3 -c 'import json; print(int(json.load(open("out"))["metrics"]["edge_frames"]))'
}
((all = $(measured 0 60), first = $(measured 0 20), rest = $(measured 20 40), all == first + rest && first > 0)) ||
    fail "hosts' links carry $all frames, $first in the warm-up, $rest after it"
run 0 sim s.json --set controller.law=empirical --set 'controller.samples_s=[0.00002,0.00003]' --json
json "2e-5 <= d['metrics']['sojourn_s'] < 4e-5"

# What would be passed over in silence is refused, or said.
run 2 sim s.json --set traffic.flash='{"at_s": 9, "factor": 5}'; says 'traffic.flash: missing key "destinations"' err
run 2 sim s.json --set traffic.rate='{"step_s": 9}'; says '"rate" needs "factors", a list, or "amplitude"' err
run 2 sim s.json --set traffic.rate.factors='[0, 0]'; says 'traffic.rate: factors: one at least must be above 0' err
run 2 sim s.json --set traffic.model=on-off --set traffic.rate.factors='[1, 2]'; says 'in the traffic model pairs only' err
run 2 sim s.json --set traffic.model=on-off --set traffic.popularity=zipf --set traffic.alpha=30 --set traffic.mean_sessions=0.1; says "nobody to call" err
run 2 sim s.json --set links.trunk.rate_bps=0.5; says "links.trunk.rate_bps: expected 0, infinitely fast, or 1 and more" err
run 2 sim s.json --set channel.shared_bps=0.1; says "channel.shared_bps: expected 0" err
run 2 sim s.json --set links.trunk.burst.leave_frac=0.2; says 'missing key "enter_frac"' err
run 2 sim s.json --set name=$(printf '%064d' 7 | tr 0-9 x); says "name: at most 63 bytes" err
run 0 sim s.json --until-s 20 --set traffic.rates_per_s='[1]' --set traffic.trace.file=none --set controller.samples_s='[1]' --set traffic.volume_bin_s=1 \
    --set traffic.session_samples_s='[1]' --set traffic.elephant_frac=0.2
for key in 'rates_per_s has no effect without traffic.popularity "empirical"' 'traffic.trace has' 'controller.samples_s has' volume_bin_s session_samples_s elephant_frac; do says "$key" err; done
run 0 sim s.json --until-s 20 --set switch.hardware='{"full": "importance", "wide_slots": 4, "packet_in_queue": 5}'
for key in '"importance" has no effect without switch.versions "1.4" or "1.5"' 'wide_slots has' 'packet_in_queue has'; do says "$key" err; done
run 0 sim s.json --until-s 20 --set switch.versions='["1.4"]' --set switch.hardware='{"full": "importance"}'
! grep -q importance err || fail "a note of importance, where there is some"
run 2 sim s.json --set switch.hardware.flow_mods_per_s=1e-20; says '"flow_mods_per_s": expected 0, none, or 1e-06 and more, found 1e-20' err
# What a new core learns from switches of 1.0 is in the words of 1.0, however messages travel.
cat > old.json << 'EOF'
{"seed": 231, "switch": {"tcam_entries": 3, "versions": ["1.0"], "hardware": {"full": "lru", "moves": "entries", "move_us": 5000}},
 "topology": {"access": 3, "core": 1, "hosts": 6}, "controller": {"hold_s": 2, "rate_per_s": 5000, "capacity": 3},
 "traffic": {"mean_sessions": 1.5, "session_s": 2}, "measure": {"warmup_s": 2, "duration_s": 15},
 "faults": [{"kind": "channel", "of": "all", "mtbf_s": 5, "mttr_s": 1}, {"kind": "controller-restart", "at_s": 4, "for_s": 1}]}
EOF
run 0 sim old.json --json; grep trace_hash out > wire_hash
run 0 sim old.json --set channel.fidelity=direct --json; says "$(cat wire_hash)" out
# A table says what the scenario asks for, too.
run 0 sim s.json --set traffic.mobility.residence_s=50 --set links.trunk.loss_frac=0.1 --set switch.preset=hp-5406zl --set switch.tcam_entries=17
for key in "sessions (/s)" "entries refused, table full" "hosts that moved (/s)" move_s trunk_dropped_loss tcam_slots_used; do says "$key" out; done
! grep -qE "move_s|table full|trunk" <("$tambo" sim s.json) || fail "a plain campus tells of what it has not"
run 0 sim s.json --set controller.law=empirical --set 'controller.samples_s=[0.005,0.015]' --set controller.capacity=0 --json
json "abs(d['metrics']['model']['wait_s'] / (l * 6.25e-5 / (1 - l * 0.01)) - 1) < 1e-9" "l = d['metrics']['model']['arrivals_per_s']"

# Recorded traffic: what is in it, under a key, and played.
printf 'start,src,dst,duration\n1,10.0.0.1,10.0.0.2,4\n2,10.0.0.2,10.0.0.1,1\n3,10.0.0.9,10.0.0.9,1\n' > flows.csv
run 0 trace flows.csv --json
json "d['records'] == 3 and d['addresses'] == 3 and d['span_s'] == 2"
printf '%064d\n' 7 > key.txt
run 0 trace flows.csv --out hidden.csv --key key.txt
run 0 trace hidden.csv --json; json "d['records'] == 3 and d['addresses'] == 3"
grep -q 10.0.0.1 hidden.csv && { echo "an address is not under the key"; exit 1; }
printf '12\n' > bad.key
run 1 trace flows.csv --out hidden.csv --key bad.key; says "64 hexadecimal" err
run 2 trace flows.csv --key key.txt; says "needs --out" err
printf '1,a,b\nx,a,b\n' > bad.csv
run 2 trace bad.csv; says "bad.csv:2: start" err
printf '\357\273\277start,src,dst\n1,a,b\n' > mark.csv; run 0 trace mark.csv --json; json "d['records'] == 1"
printf '\324\303\262\241' > short.pcap; run 2 trace short.pcap; says "short.pcap: " err
cat > trace.json <<'END'
{"topology": {"access": 2, "core": 1, "hosts": 2}, "traffic": {"model": "trace", "trace": {"file": "flows.csv"}},
 "measure": {"warmup_s": 0, "duration_s": 20}}
END
run 0 sim trace.json --json
json "d['metrics']['trace_used'] == 2 and d['metrics']['trace_skipped_same_host'] == 1 and d['metrics']['trace_records'] == 3"
sed 's/flows.csv/none.csv/; s/"core": 1/"core": -1/' trace.json > mend.json
run 2 sim mend.json; says "none.csv" err; says "topology.core" err
run 0 sim mend.json --set traffic.trace.file=flows.csv --set topology.core=1 --json; json "d['metrics']['trace_used'] == 2"
run 0 sim trace.json --set measure.warmup_s=9; says "before measure.warmup_s, 9 s, is over" err
run 2 sim trace.json --set traffic.trace.file=bad.csv; says "bad.csv:2" err

# Experiments: run, continue, compare.
run 0 exp largest-campus-small --out lcs --replications 2; [ -s lcs/records.sqlite ] || fail "no records of the small twin"
run 0 sim s.json --set measure.start=steady --set measure.warmup_s=0 --json
json "abs(d['metrics']['difference_frac']['occupancy_entries']) < 0.1 and 1.9e-5 < d['metrics']['model']['sojourn_s'] < 2e-5"
run 0 sim s.json --set controller.core=false --json; json "abs(d['metrics']['difference_frac']['occupancy_entries']) < 0.1"
run 0 sim s.json; says "difference" out
run 2 sim s.json --set measure.start=full; says 'measure.start: expected one of "empty", "steady"' err
run 2 sim s.json --set measure.start=steady --set switch.hold_law=per-entry; says "a steady start is known for" err
run 0 exp list; says "campus-capacity" out; says "not in all" out; for e in arp-share dhcp-hosts elephants entries-per-application; do says $e out; done
cat > e.json <<'EOF'
{"experiment": "tiny", "replications": 4, "seed": 5, "tolerance_frac": 0.1,
 "compare": ["occupancy_entries", "arrivals_per_s"],
 "base": {"topology": {"access": 3, "core": 1, "hosts": 6}, "measure": {"warmup_s": 30, "duration_s": 400, "histogram": 32}},
 "points": [{"controller.hold_s": [5, 11], "traffic.popularity": ["uniform", "pareto"]}]}
EOF
run 0 exp e.json --out r1 --threads 1; says "16 trials, 8 comparisons" out
run 0 exp e.json --out deep/r2 --threads 2
dump="select point, seed, trace_hash, metrics from trials order by point, seed"
cmp <(sqlite3 r1/records.sqlite "$dump") <(sqlite3 deep/r2/records.sqlite "$dump") || fail "threads change results"
[ "$(sqlite3 r1/records.sqlite 'select count(distinct seed) from trials')" = 16 ] || fail "seeds are shared"
run 0 compare r1; says "inside" out; says "hold 11 s, pareto popularity" out
cp out compared
for f in summary.json report.html compare.csv topology.svg occupancy_entries.svg experiment.json; do
    [ -s r1/$f ] || fail "r1/$f is missing"
done
says "</svg>" r1/report.html
if grep -Eq '(src|href)="(http|//|/)' r1/report.html; then fail "the report loads something"; fi
cp r1/summary.json out; json "d['experiment'] == 'tiny' and d['trials'] == 16 and len(d['comparisons']) == 8"
says "p (Holm)" compared; says "everything holds" compared
run 0 compare r1 --against "hold 5 s, uniform popularity"; says "independent samples" out; says "p corrected for 6 rows" out
says "higher" out; [ $(wc -l < out) = 8 ] || fail "rows"
run 2 compare r1 --against "hold 6 s"; says 'no point is called "hold 6 s"' err; says "  hold 11 s, uniform popularity" err
run 2 compare r1 --against "hold 5 s, uniform popularity" --quantity none; says "no other point has none" err
# Common random numbers: a seed for each replication, and pairs.
sed 's/"seed": 5/"seed": 5, "seeds": "common"/' e.json > common.json
run 0 exp common.json --out common
[ "$(sqlite3 common/records.sqlite 'select count(*), count(distinct seed) from trials')" = "16|4" ] || fail "seeds are not common"
run 0 compare common --against "hold 5 s, uniform popularity" --quantity sessions_per_s
says "pairs of replications" out; says "gain by pairs" out
sed 's/"common"/"shared"/' common.json > bad.json; run 2 exp bad.json; says 'seeds: expected one of "own", "common"' err
# As many trials as a precision takes: the same ones with any number of threads, and after a loss.
run 0 exp e.json --out precise --threads 1 --precision 0.04 --at-most 20; says "all hold" out
[ "$(sqlite3 precise/records.sqlite 'select min(n) = 4 and max(n) between 8 and 20 from (select count(*) as n from trials group by point)')" = 1 ] || fail "replications"
run 0 exp e.json --out precise2 --threads 2 --precision 0.04 --at-most 20
cmp <(sqlite3 precise/records.sqlite "$dump") <(sqlite3 precise2/records.sqlite "$dump") || fail "threads change where it stops"
cmp precise/summary.json precise2/summary.json || fail "threads change the summary"
sqlite3 precise2/records.sqlite "delete from trials where seed % 3 = 0; update trials set wall_s = 77"
kept=$(sqlite3 precise2/records.sqlite "select count(*) from trials")
run 0 compare precise2; says "trials are recorded; run the experiment again" out
run 0 exp e.json --out precise2 --precision 0.04 --at-most 20
[ "$(sqlite3 precise2/records.sqlite 'select count(*) from trials where wall_s = 77')" = "$kept" ] || fail "precise: finished trials were run again"
cmp precise/summary.json precise2/summary.json || fail "a continued precise experiment differs"
# Less precise in the same folder: what is more than asked for is left out.
run 0 exp e.json --out precise2; cmp r1/summary.json precise2/summary.json || fail "more replications than asked for are counted"
run 2 exp e.json --at-most 7 --out none; says "give --precision" err
sed 's/"compare": \[.*\]/"compare": []/' e.json > bad.json
run 2 exp bad.json --precision 0.04 --out none; says "name quantities" err
sed 's/"compare": \[.*\]/"compare": [], "precision": {"frac": 0.04}/' e.json > bad.json
run 2 exp bad.json --out none; says "precision.of: nothing is compared" err
# Half of the trials are lost: only those run again.
sqlite3 r1/records.sqlite "delete from trials where point like '%hold 5 s%'; update trials set wall_s = 77"
run 0 exp e.json --out r1
[ "$(sqlite3 r1/records.sqlite 'select count(*) from trials where wall_s = 77')" = 8 ] || fail "finished trials were run again"
cmp <(sqlite3 r1/records.sqlite "$dump") <(sqlite3 deep/r2/records.sqlite "$dump") || fail "a continued experiment differs"
# What another build recorded is not mixed in: it is run again.
sqlite3 r1/records.sqlite "update trials set build_id = 'other', metrics = '{}' where point like '%hold 5 s%'"
run 0 exp e.json --out r1
[ "$(sqlite3 r1/records.sqlite 'select count(distinct build_id) from trials')" = 1 ] || fail "builds are mixed"
cmp <(sqlite3 r1/records.sqlite "$dump") <(sqlite3 deep/r2/records.sqlite "$dump") || fail "results of another build stay"
# Killed in the middle, whatever it was doing, it continues to the same end.
"$tambo" exp e.json --out killed --threads 2 > /dev/null 2>&1 & victim=$!
sleep 0.2; kill -9 $victim 2> /dev/null || true; wait $victim 2> /dev/null || true
run 0 exp e.json --out killed
cmp <(sqlite3 killed/records.sqlite "$dump") <(sqlite3 deep/r2/records.sqlite "$dump") || fail "a killed experiment differs"
# Told to stop, it records what runs and says how to go on.
"$tambo" exp e.json --out stopped --replications 20000 --threads 2 > out 2> err & victim=$!
sleep 1; kill -TERM $victim; got=0; wait $victim || got=$?
[ $got = 1 ] || fail "a stopped experiment: exit $got"
says "interrupted; run again with the same --out" err
[ "$(sqlite3 stopped/records.sqlite 'select count(*) > 0 from trials')" = 1 ] || fail "nothing is recorded"
# A model that does not hold is told: the tolerance is missed and exit 3.
sqlite3 r1/records.sqlite "update trials set metrics = json_set(metrics, '\$.occupancy_entries', 1.0)"
run 3 compare r1; says "DIFFERS" out; says "NOT everything holds" out
rm r1/records.sqlite; run 2 compare r1; says "r1/records.sqlite: No such file" err
[ ! -e r1/records.sqlite ] || fail "compare made records"
sed 's/"arrivals_per_s"\]/"arivals_per_s"]/' e.json > bad.json
run 2 exp bad.json; says 'arivals_per_s' err; says '"occupancy_var_entries2"' err
sed 's/"compare": \[.*\]/"compare": ["arrivals_per_s"]/' e.json > only.json
run 0 exp only.json --out only; says "16 trials, 4 comparisons" out; [ ! -e only/occupancy_entries.svg ] || fail "drawn in vain"
sed 's/"base": {/"base": {"traffic": {"mean_sessions": 0}, /' e.json > silent.json
run 0 exp silent.json --out silent; says "nothing has a model" out
run 0 compare silent; says "compares nothing" out
sqlite3 silent/records.sqlite "delete from trials"; run 1 compare silent; says "no finished trial" err
sed 's/\[5, 11\]/[5, 5]/' e.json > twice.json
run 2 exp twice.json; says 'point "hold 5 s, uniform popularity": two points have this name' err
sed 's/\[5, 11\]/5/; s/, "pareto"//' e.json > single.json
run 0 exp single.json --out single; [ ! -s err ] || fail "a single point makes a warning"
# On paper, too; where nothing prints PDF the page is there all the same.
run 0 exp single.json --out single --pdf; says "report: single/report.pdf" out
[ "$(head -c 5 single/report.pdf)" = "%PDF-" ] || fail "no PDF"
[ "$(head -1 single/measured.csv)" = $'point,quantity,mean,half_width,trials\r' ] || fail "measured.csv"
if grep -q currentColor single/report.html; then fail "a mark has no colour"; fi
mkdir -p few_tools; for tool in gnuplot dot; do ln -sf "$(command -v $tool)" few_tools/; done
rm single/report.pdf; PATH=few_tools run 1 exp single.json --out single --pdf; says "the package weasyprint makes it" err
[ -s single/report.html ] || fail "no page without PDF"
sed 's/"points": \[{/"points": [{"traffic.mean_sessions": 400, /' e.json > dense.json
run 1 exp dense.json --out dense; says 'mean sessions 400' err; says 'mean_sessions is too high' err
run 2 exp none-such; says "none-such: " err
run 2 compare none-such; says "none-such/experiment.json" err
sed 's/"hold_s"/"hold_z"/; s/"access"/"accss"/' e.json > bad.json
run 2 exp bad.json; says "base.topology.accss: unknown key" err
sed 's/controller.hold_s/controller.hold_z/' e.json > bad.json
run 2 exp bad.json; says 'controller.hold_z: unknown key' err
printf '{"experiment": "x", "base": {}, "points": []}' > bad.json
run 2 exp bad.json; says "points: expected at least one object" err
run 1 exp e.json --out s.json/x; says "s.json/x" err

# Frame by frame: kinds of scenarios, figures, reports.
cat > p.json <<'EOF'
{"kind": "pings", "name": "few", "topology": {"core": 2, "distribution": 1, "access": 2, "hosts": 3, "chained": false},
 "traffic": {"pings": 38, "rounds": 3, "pings_per_s": 100, "arp_cache_s": 0.2}}
EOF
run 0 sim p.json --json; cp out a.json
json "d['metrics']['answered_frac'] == 1 and d['metrics']['core_arp_frac'] == 0 and d['metrics']['access_arp_frac'] > 0"
run 0 sim p.json --json; json "$same"
run 0 sim p.json --json --seed 2; json "not ($same)"
run 0 sim p.json; says "core_arp_frac" out
# Messages as bytes or as structs, those in bundles included: the same trace.
run 0 sim p.json --json --set apps.carrier=vlan_ad --set 'switch.versions=["1.5"]'; cp out wire.json
run 0 sim p.json --json --set apps.carrier=vlan_ad --set 'switch.versions=["1.5"]' --set channel.fidelity=direct
json "d['trace_hash'] == json.load(open('wire.json'))['trace_hash']"
run 0 sim p.json --json --set apps.arp_proxy=false
json "d['metrics']['core_arp_frac'] > 0.3 and d['metrics']['core_broadcast_frames'] == d['metrics']['model']['core_broadcast_frames'] > 0"
run 2 sim p.json --set controller.hold_s=3; says "controller: unknown key" err
run 2 sim p.json --set traffic.rounds=0; says "traffic.rounds" err
run 2 sim p.json --set topology.core=64 --set topology.distribution=64 --set topology.access=64 --set topology.hosts=9; says "more than 1000000" err
run 0 sim p.json --json --set links.trunk='{"loss_frac": 0.3, "queue_packets": 9}' --set links.only='[{"between": ["acc1", "h1"], "burst": {"enter_frac": 0.1, "leave_frac": 0.5}}]'
json "d['metrics']['answered_frac'] < 1 and d['metrics']['trunk_dropped_loss'] > 0 and d['metrics']['edge_dropped_loss'] > 0 and d['metrics']['trunk_wait_mean_s'] >= 0"
json "'trunk_frames' not in json.load(open('a.json'))['metrics']"
run 2 sim p.json --set links.trunk.burst='{"enter_frac": 0.1, "leave_frac": 0}'; says 'links.trunk.burst: "leave_frac" must be above 0' err
run 2 sim p.json --set links.only='[{"between": ["acc1", "h8"]}]'; says 'there is no link between "acc1" and "h8"' err
run 2 sim p.json --set links.only='[{"between": ["acc1"]}]'; says "expected the names of two nodes" err
echo '{"edge": {"rate_bps": 1e6}, "trunk": {"loss_frac": 0.02}}' > links.json
run 0 ping linear:switches=2,hosts=2 --links links.json --json; json "d['edge_wait_mean_s'] > 0 and d['trunk_dropped_loss'] >= 0"
run 0 ping linear:switches=2,hosts=2 --links links.json; says "links between switches:" out
run 0 reroute ring:switches=3 --failures 1 --links links.json --json; json "d['trunk_dropped_loss'] > 0"
run 0 reroute linear:switches=3 --failures 2 --streams 2 --json; json "d['cut_off'] == d['hit'] > 0 and d['unbroken'] == 0"
run 2 bench --switches 4 --flood 4; says '--flood "4": expected fewer than the 4 switches' err
run 2 reroute linear --links no.json; says "no.json" err
cat > c.json <<'EOF'
{"name": "in the band", "topology": {"access": 3, "core": 2, "hosts": 6, "trunk": {"rate_bps": 1e6}}, "controller": {"hold_s": 5},
 "channel": {"in_band": {}}, "measure": {"warmup_s": 10, "duration_s": 60}}
EOF
run 0 sim c.json --json; json "0 < d['metrics']['control_worst_frac'] < 0.1 and d['metrics']['control_within_budget'] == 1"
json "abs(d['metrics']['control_links_bps'] / d['metrics']['model']['control_links_bps'] - 1) < 0.3"
run 0 sim c.json; says "share of the link with most" out
run 3 sim c.json --json --set channel.in_band.budget_frac=0.0001; says "more than the budget" err
json "d['metrics']['control_within_budget'] == 0"
run 3 sim p.json --set channel.in_band.budget_frac=0; says "more than the budget of 0" err; says "control_links_bps" out
run 2 sim p.json --set channel.in_band.at=acc9; says "no switch is called so" err
run 0 sim c.json --json --set fault='{"kind": "controller-restart", "at_s": 20, "for_s": 5}' --set channel='{"delay_us": 50}'
json "d['metrics']['fault0_down_s'] == 5 and d['metrics']['retries_per_s'] > 0"
run 0 sim c.json --json --set fault='{"kind": "controller-restart", "at_s": 20, "for_s": 5}' --set channel='{"delay_us": 50}' --set controller.standby='{}'
json "d['metrics']['takeovers'] == 1 and 0.2 < d['metrics']['without_master_mean_s'] < 0.5 and d['metrics']['first_frames_lost'] >= 0"
run 2 sim c.json --set fault='{"kind": "switch", "switch": "acc9"}'; says 'no switch is called "acc9"' err
run 2 sim c.json --set channel.in_band.at=acc7; says 'no switch is called so' err
run 2 sim c.json --set channel.in_band.rto_ms=0; says '"rto_ms" must be above 0' err
run 0 sim c.json --json --set channel='{"shared_bps": 94.4e6}'; json "d['metrics']['control_wait_s'] >= 0 and 'control_links_bps' not in d['metrics']"
cat > faults.json <<'EOF'
{"kind": "faults", "topology": "ring:switches=4,hosts=2", "apps": {"hold_s": 1}, "switch": {"versions": ["1.3"]},
 "faults": [{"kind": "switch", "switch": "s2", "at_s": 2, "for_s": 1.5}, {"kind": "link", "of": "edge", "mtbf_s": 20, "mttr_s": 0.5}],
 "traffic": {"streams": 8, "interval_ms": 20, "probes_per_s": 10}, "measure": {"duration_s": 10}}
EOF
run 0 sim faults.json --json; cp out a.json
json "d['metrics']['fault0_begun'] == 1 and d['metrics']['fault0_down_s'] == 1.5 and d['metrics']['connections'] == 1"
json "d['metrics']['datagrams_lost'] > 0 and 1 < d['metrics']['repair_max_s'] < 4 and abs(d['metrics']['model']['fault1_up_frac'] - 20 / 20.5) < 1e-9"
json "len(d['metrics']['time_s']) == len(d['metrics']['answered_series_frac']) == 20"
run 0 sim faults.json --json; json "$same"
run 0 sim faults.json --json --set faults='[]' --set fault='{"kind": "controller-restart", "at_s": 1, "for_s": 1}'
json "d['metrics']['datagrams_lost'] == d['metrics']['model']['datagrams_lost'] == 0 and d['metrics']['connections'] == 4"
run 0 sim faults.json --set channel.in_band.at=s3; says "control_worst_frac" out
run 0 sim faults.json --json --set faults='[]' --set fault='{"kind": "controller-cut", "at_s": 1, "for_s": 3}' --set controller.standby.dead_ms=700
json "d['metrics']['takeovers'] == 1 and 0.6 < d['metrics']['without_master_s'] < 0.9 and d['metrics']['datagrams_lost'] == 0"
run 2 sim faults.json --set controller.standby.dead_ms=50; says "dead_ms above that" err
run 2 sim faults.json --set controller.standby='{}' --set switch.versions='["1.0"]'; says "switch.versions from 1.3 on" err
run 0 sim faults.json --json --set links.all='{"rate_bps": 1e5, "queue_bytes": 1000}' --set traffic.streams=1 --set traffic.interval_ms=5 --set switch.queues='[{"max_frac": 0.3, "udp_port": 2385}]'
json "d['metrics']['queue1_dropped'] > 0 and d['metrics']['queue1_bytes'] > 0"
run 2 sim faults.json --set switch.queues='[{"id": 3}, {"id": 3}]'; says "two queues have the id 3" err
run 2 sim p.json --set switch.queues='[{"max_frac": 2}]'; says "switch.queues[0].max_frac: expected a number from 0.001 to 1" err
run 2 sim faults.json --set fault='{"kind": "fire"}'; says 'fault.kind: expected one of "link", "fibre"' err
run 2 sim faults.json --set fault='{"kind": "cpu", "of": "trunk"}'; says "are classes of links" err
run 2 sim faults.json --set fault='{"kind": "link"}'; says "between" err
run 2 sim faults.json --set fault='{"kind": "switch", "of": "all", "mtbf_s": 3}'; says "mttr_s" err
run 2 sim faults.json --set fault='{"kind": "line-card", "switch": "s1"}'; says 'a line card needs "ports"' err
run 2 sim faults.json --set fault='{"kind": "line-card", "switch": "s1", "ports": [9]}'; says 'switch "s1" has no port 9' err
run 2 sim faults.json --set topology=ring:switches=0; says "switches=1..5000, hosts=0..5000" err
run 2 sim faults.json --set topology=layered:chained=2; says "chained=0..1" err
run 2 sim p.json --set kind=plan; says 'kind: expected one of "campus", "pings"' err
cat > f.json <<'EOF'
{"experiment": "few", "replications": 2, "compare": ["core_arp_frac", "core_broadcast_frames"],
 "base": BASE, "points": [{"apps.arp_proxy": [true, false], "traffic.arp_cache_s": [0.3, 2]}],
 "figures": [{"file": "arp.svg", "title": "ARP", "x": "traffic.arp_cache_s", "x_label": "s", "y": ["core_arp_frac"],
              "y_label": "share", "series": "apps.arp_proxy", "says": "What is ARP."}]}
EOF
sed -i "s/BASE/$(tr -d '\n' < p.json)/" f.json
run 0 exp f.json --out few; says "8 trials, 6 comparisons, all hold" out
for f in summary.json report.html compare.csv arp.svg; do [ -s few/$f ] || fail "few/$f is missing"; done
says "What is ARP." few/report.html; says "arp proxy true, arp cache 2 s" few/report.html
cp few/summary.json out; json "d['measured']['arp proxy true, arp cache 2 s']['core_arp_frac'] == {'mean': 0, 'half_width': 0, 'n': 2}"
sed 's/"arp.svg"/"..\/arp.svg"/' f.json > bad.json; run 2 exp bad.json; says "without a folder" err
sed 's/"y": \["core_arp_frac"\],//' f.json > bad.json; run 2 exp bad.json; says "a list of metrics" err

# Entries per application, where every pair has talked: as the formulas say, with the model beside.
same_as_model="all(d['metrics'][k] == v for k, v in d['metrics']['model'].items())"
base='{"kind": "pings", "topology": {"core": 1, "distribution": 2, "access": 2, "hosts": 5, "chained": false}, "switch": {"versions": ["1.3"]}}'
echo "$base" > a.json
run 0 sim a.json --json; json "$same_as_model and d['metrics']['access_entries_clustering'] == 6"
json "d['metrics']['access_timed_clustering'] == 20 and d['metrics']['core_entries_clustering'] == 4"
run 0 sim a.json --json --set apps.carrier=vlan_ad; json "$same_as_model and d['metrics']['access_entries_clustering'] == 11"
run 0 sim a.json --json --set apps.circuit_roots=2
json "$same_as_model and d['metrics']['access_entries_circuit_tree'] == 5 + 1 + 2 + 2 * 3 / 4"
run 0 sim a.json --json --set apps.port_networks=true; json "$same_as_model and d['metrics']['access_entries_logical_networks'] == 5"
run 0 sim a.json --json --set apps.hold_s=1 --set traffic.pings_per_s=50; json "'access_timed_clustering' not in d['metrics']['model']"
run 2 sim a.json --set apps.carrier=mpls; says 'apps.carrier: expected one of "vlan", "vlan_ad"' err
run 2 sim a.json --set 'switch.versions=["1.1"]'; says "switch.versions[0]" err

# Switches with hardware.
hw='d["metrics"]'
run 0 sim a.json --json; json "'tcam_hits' not in $hw"
run 0 sim a.json --json --set switch.preset=pica8-p3297
json "$hw['answered_frac'] == 1 and $hw['entries_moved_up'] == $hw['tcam_entries'] > 0 and $hw['tcam_moves'] == 0"
run 0 sim a.json --json --set switch.preset=pica8-p3297 --set switch.tcam_entries=3 --set switch.hardware.software_us=2385
json "$hw['answered_frac'] == 1 and $hw['tcam_slots_used'] == 3 * 7 and $hw['software_hits'] > $hw['tcam_hits']"
run 0 sim a.json --json --set switch.hardware.flow_mods_per_s=100 --set switch.hardware.packet_ins_per_s=1000
json "$hw['answered_frac'] == 1 and $hw['rtt_p99_s'] > 0.01"
run 0 sim a.json --json --set switch.hardware.packet_ins_per_s=20 --set switch.hardware.packet_in_queue=2; json "$hw['packet_in_drops'] > 0"
run 0 sim a.json --json --set switch.hardware.full=lru --set switch.tcam_entries=8; json "$hw['entries_evicted'] > 0"
run 2 sim a.json --set switch.preset=pica8; says 'switch.preset: expected one of "pica8-p3297", "pica8-p3922", "hp-5406zl", "bofuss"' err
run 2 sim a.json --set switch.hardware.full=all; says 'switch.hardware.full: expected one of "refuse", "lru"' err
run 2 sim a.json --set switch.hardware.swap=lru; says '"swap" and "software_us" need "software_entries"' err
run 2 sim a.json --set switch.hardware.move_us=2.385; says '"move_us" needs "moves": "levels" or "entries"' err
run 2 sim a.json --set 'switch.hardware.wide=["ipv6"]'; says 'wide entries need "wide_slots", from 2 to 8' err
run 2 sim a.json --set switch.hardware.wide_slots=9; says "switch.hardware.wide_slots" err
run 2 sim a.json --set switch.hardware.speed=1; says "switch.hardware.speed: unknown key" err
run 0 ping tree:depth=1,fanout=2,hosts=2 --preset pica8-p3297 --tcam 2 --json; json "d['tcam_slots_used'] <= 6 and d['answered'] == d['pings']"
run 2 ping tree:depth=1,fanout=2,hosts=2 --preset pica8; says "there are pica8-p3297, pica8-p3922, hp-5406zl, bofuss" err

run 2 switch --controller tcp:127.0.0.1:1 --preset pica8; says "tambo switch: no preset is called" err
for q in 1 1:2 1:1001:0 1:0:2385 1:0:0:0 x:1:1; do run 2 switch --controller tcp:127.0.0.1:1 --queue $q; says "expected ID:MIN:MAX" err; done
run 2 switch --controller tcp:127.0.0.1:1 --queue 1:0:0 --queue 1:238:0; says "another id for each" err

for d in x 0x 0x1g -1 18446744073709551616 0xffffffffffffffff; do
    run 2 switch --controller tcp:127.0.0.1:1 --first-dpid $d; says "expected a datapath id" err
done
# Each controller that fails is told of.
run 0 switch --controller tcp:127.0.0.1:1 --controller tcp:127.0.0.1:2 --count 2 --connect-per-s 1000 --seconds 1.3
for port in 1 2; do says "0 of 2 connected; 127.0.0.1:$port: Connection refused" err; done
[ $(grep -c refused err) = 2 ] || fail "refusals are told again"

# Hosts that get their addresses by DHCP.
run 0 sim a.json --json --set apps.dhcp.lease_s=30 --set apps.dhcp.squatters=2 --set traffic.pings_per_s=50
json "$same_as_model and d['metrics']['conflicts'] == 2 and d['metrics']['declines'] == 0 and d['metrics']['addresses'] == 20"
run 0 sim a.json --json --set apps.dhcp.lease_s=30 --set apps.dhcp.squatters=2 --set apps.dhcp.probe=false
json "d['metrics']['declines'] == 2 and d['metrics']['leased_frac'] == 1"
run 2 sim a.json --set apps.dhcp.lease=3; says "apps.dhcp.lease: unknown key" err

# Two elephants on one link.
echo '{"kind": "elephants", "name": "pair"}' > el.json
run 0 sim el.json --json; json "$same_as_model or d['metrics']['before_bps'] < 1e7"
json "d['metrics']['apart_in_two_periods'] == 1 and d['metrics']['moves'] == 1 and d['metrics']['after_bps'] > 15.8e6"
json "len(d['metrics']['time_s']) == len(d['metrics']['first_mbps']) == 80"
run 0 sim el.json --json --set sflow.one_in=0; json "d['metrics']['apart_in_two_periods'] == 0 and d['metrics']['after_bps'] < 1.01e7"
run 1 exp elephants --out s.json/x
run 2 sim el.json --set measure.bin_s=0.001; says "1 to 1000 bins" err
run 2 sim el.json --set link.rate_bps=0; says "link.rate_bps" err
run 0 exp elephants --replications 2 --out el; says "4 trials, 8 comparisons, all hold" out
[ -s el/elephants.svg ] || fail "no picture of the elephants"

# All orders of events.
run 0 check linear:switches=2 --quiet-hosts 0 --json
json "d['complete'] and d['states'] > 50 and d['quiet_states'] >= 4 and d['scenario']['topology'] == 'linear:switches=2'"
run 0 check ring:switches=3 --depth 3; says "complete for runs of up to 3 acts" out
echo '{"kind": "check", "topology": "linear:switches=2", "quiet_hosts": 0, "max_entries": 4}' > check.json
run 3 check check.json --trace found.json; says "table-bound" out
run 3 check --replay found.json; says "host 1 sends its frame 1, to host 2" out; says "table-bound" out
sed -i 's/"say", *$/"time",/; s/"say"/"time"/' found.json
run 1 check --replay found.json; says "cannot be done" err
run 2 check linear:switches=2 --events fire; says "link-failure, host-move, channel-loss and expiry" err
run 2 check linear:switches=2 --replay found.json; says "unexpected argument linear:switches=2" err
run 2 check linear:switches=2 --block-in-run; says "needs --networks" err
run 2 check linear:switches=17; says "1 to 16 switches" err
echo '{"kind": "check", "topology": "linear", "acts": [["say", 0]], "fault": 3}' > check.json
run 2 check check.json; says "an act is" err; says "fault" err

# Bench without a controller.
run 2 bench --controller tcp:127.0.0.1:99999; says "the port from 1 to 65535" err
run 2 bench --controller udp:1.2.3.4:5; says "expected tcp:HOST:PORT" err
run 1 bench --controller tcp:127.0.0.1:1 --seconds 1; says "connect: Connection refused" err

echo "$n_checks checks passed"
