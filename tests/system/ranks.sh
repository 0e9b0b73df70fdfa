#!/usr/bin/env bash
# Processes share the trials of an experiment by MPI: the same records and the same summary as one process
# makes, whatever the number of ranks; and a run whose ranks die continues.
# Usage: ranks.sh TAMBO
set -euo pipefail
tambo=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

fail() { echo "FAILED: $*" >&2; exit 1; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# Open MPI leaves memory behind in plug-ins that it has closed, which no suppression can name: under mpirun
# a sanitizer looks for everything but leaks.
mpi() { ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" timeout 120 mpirun --oversubscribe --mca btl self,vader,tcp --mca btl_tcp_if_include lo "$@"; }

cat > e.json <<'END'
{"experiment": "tiny", "replications": 4, "seed": 5, "tolerance_frac": 0.1,
 "precision": {"frac": 0.04, "at_most": 24},
 "base": {"topology": {"access": 3, "core": 1, "hosts": 6}, "measure": {"warmup_s": 30, "duration_s": 400, "histogram": 32}},
 "points": [{"controller.hold_s": [5, 11], "traffic.popularity": ["uniform", "pareto"]}]}
END
dump="select * from (select experiment, point, scenario_hash, seed, build_id, trace_hash, params, metrics from trials) order by 2, 4"
same() {
    cmp <(sqlite3 alone/records.sqlite "$dump") <(sqlite3 "$1/records.sqlite" "$dump") || fail "$1: other records"
    for f in summary.json compare.csv report.html experiment.json; do cmp "alone/$f" "$1/$f" || fail "$1/$f differs"; done
}

"$tambo" exp e.json --out alone > /dev/null
for n in 2 3; do
    mpi -n $n "$tambo" exp e.json --out ranks$n > out 2> err || { cat err; fail "$n ranks"; }
    grep -q "tiny: .* trials" out || fail "no line of results"
    [ "$(grep -c trials out)" = 1 ] || fail "every rank tells its results"
    same ranks$n
done

# Ranks with threads, too.
mpi -n 2 "$tambo" exp e.json --threads 2 --out threads > out 2> err || fail "ranks with threads"
same threads

# A rank that dies ends all, with a message; what was recorded is not run again.
mpi -n 3 "$tambo" exp e.json --replications 4000 --out killed > out 2> err & run=$!
for i in $(seq 100); do
    [ "$(sqlite3 killed/records.sqlite 'select count(*) from trials' 2> /dev/null || echo 0)" -gt 4 ] && break
    sleep 0.1
done
# Of the ranks of this run the one that mpirun calls 2.
for pid in $(ps -eo pid=,args= | awk -v dir="$PWD" '$0 ~ /exp e.json --replications 4000/ { print $1 }'); do
    [ "$(readlink /proc/$pid/cwd 2> /dev/null)" = "$PWD" ] || continue
    tr '\0' '\n' < /proc/$pid/environ | grep -qx "OMPI_COMM_WORLD_RANK=2" && kill -9 "$pid" && killed=1
done
[ "${killed:-}" = 1 ] || fail "rank 2 was not found"
got=0; wait $run || got=$?
[ $got -ne 0 ] || fail "a killed run ends well"
grep -q "exited on signal 9" err || { cat err; fail "nothing is said of the dead rank"; }
sqlite3 killed/records.sqlite "update trials set wall_s = 77"
kept=$(sqlite3 killed/records.sqlite "select count(*) from trials")
[ "$kept" -gt 4 ] || fail "nothing was recorded"
mpi -n 2 "$tambo" exp e.json --out killed > out 2> err || { cat err; fail "a killed run does not continue"; }
[ "$(sqlite3 killed/records.sqlite 'select count(*) from trials where wall_s = 77')" = "$kept" ] || fail "finished trials were run again"
for f in summary.json compare.csv; do cmp "alone/$f" "killed/$f" || fail "killed/$f differs"; done

# A mistake is told once, by rank 0, and all end.
if mpi -n 3 "$tambo" exp none.json > out 2> err; then fail "no such experiment"; fi
[ "$(grep -c '^none.json: ' err)" = 1 ] || { cat err; fail "a mistake is told by every rank"; }
sed 's/"points": \[{/"points": [{"traffic.mean_sessions": 400, /' e.json > dense.json
if mpi -n 3 "$tambo" exp dense.json --out dense > out 2> err; then fail "a trial that fails"; fi
grep -q 'mean_sessions is too high' err || { cat err; fail "what failed is not told"; }
echo "ranks: all the same"
