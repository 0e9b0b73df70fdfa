#!/usr/bin/env bash
# The batch file for Slurm without Slurm: its syntax, what it says without arguments, and that the ranks are started by
# srun where that has PMIx and else by mpirun, with all that tambo exp is given.
# Usage: test_slurm.sh SOURCE_DIR
set -euo pipefail
batch=$1/scripts/slurm/tambo-exp
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "FAILED: $1"; exit 1; }

bash -n "$batch" || fail "syntax"
# sbatch reads its options before the first command only.
[ "$(grep -c '^#SBATCH --' "$batch")" -ge 6 ] || fail "options of sbatch"
sed '/^set -/,$d' "$batch" | grep -vE '^(#|$)' && fail "a command before the options"
sed '1,/^set -/d' "$batch" | grep '^#SBATCH' && fail "an option behind a command"

mkdir bin
cat > bin/srun <<'END'
#!/bin/bash
if [ "$1" = --mpi=list ]; then echo "MPI plugin types are... $PLUGINS" >&2; exit 0; fi
echo srun "$@"
END
cat > bin/mpirun <<'END'
#!/bin/bash
echo mpirun "$@"
END
chmod +x bin/srun bin/mpirun
export PATH=$work/bin:$PATH
got=0
"$batch" > out 2>&1 || got=$?
[ "$got" -ne 0 ] && grep -q "usage: sbatch" out || fail "without arguments: $(cat out)"
[ "$(PLUGINS="none pmix pmix_v4" "$batch" day out/day --replications 7)" = \
    "srun --mpi=pmix tambo exp day --out out/day --replications 7" ] || fail "srun"
[ "$(PLUGINS="none cray" TAMBO=/opt/tambo "$batch" "my file.json" out)" = "mpirun /opt/tambo exp my file.json --out out" ] ||
    fail "mpirun"
echo "ok"
