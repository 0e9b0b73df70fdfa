#!/usr/bin/env bash
# A simulation that is interrupted and goes on in another process gives what it gives uninterrupted; what
# cannot go on is refused. Usage: test_checkpoint.sh TAMBO
set -euo pipefail
tambo=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { echo "FAILED: $*" >&2; cat err >&2; exit 1; }
refused() { # WHAT ARGUMENTS...: exit 2, with that text
    local what=$1 got=0
    shift
    "$tambo" sim "$@" > out 2> err || got=$?
    [ "$got" = 2 ] || fail "tambo sim $*: exit $got"
    grep -qF -- "$what" err || fail "tambo sim $*: no \"$what\""
}
same() { # A B: the same but for what the machine measures
    python3 - "$1" "$2" <<'END' || fail "$1 and $2 differ"
import json, sys
a, b = (json.load(open(f)) for f in sys.argv[1:])
for d in (a, b):
    assert 0 < d.pop("wall_s") < 300 and d.pop("events_per_s") > 0 and d.pop("peak_rss_bytes") > 0
sys.exit(a != b)
END
}

cat > campus.json <<'END'
{"name": "small", "topology": {"access": 3, "core": 2, "hosts": 7}, "controller": {"hold_s": 5},
 "traffic": {"mean_sessions": 2, "session_s": 2.385}, "measure": {"warmup_s": 1, "duration_s": 30}}
END
"$tambo" sim campus.json --json --until-s 20 > whole.json 2> err || fail "uninterrupted"
"$tambo" sim campus.json --json --until-s 20 --checkpoint at --checkpoint-at-s 2.385 > saved.json 2> err ||
    fail "with a checkpoint"
same whole.json saved.json

# Another process, with other surroundings, more than once from the same file.
(cd / && env -i PATH="$PATH" A="$(head -c 3000 /dev/zero | tr '\0' x)" "$tambo" sim --resume "$work/at") \
    > resumed.json 2> err || fail "resumed"
same whole.json resumed.json
grep -q "goes on at 2.4 s" err || fail "where it goes on"
"$tambo" sim --resume at > again.json 2> err || fail "resumed again"
same whole.json again.json

# Written and resumed with random addresses and without, with an environment of other size, from another directory, by
# the program under another name, and as after a restart of the machine: no process of before, other files in /tmp, and a clock
# that has begun anew (where namespaces are allowed).
much=$(head -c 100000 /dev/zero | tr '\0' x)
setarch -R "$tambo" sim campus.json --json --until-s 20 --checkpoint fixed --checkpoint-at-s 7.385 > out 2> err ||
    fail "with addresses that are not random"
same whole.json out
A="$much" B="$much" "$tambo" sim campus.json --json --until-s 20 --checkpoint large --checkpoint-at-s 4.385 > out 2> err ||
    fail "with a large environment"
same whole.json out
mkdir -p moved/away
cp "$tambo" moved/other-name
mv fixed large moved/away
ways=0
go_on() { # WORDS... before "sim --resume"
    for at in at moved/away/fixed moved/away/large; do
        "$@" sim --resume "$work/$at" > out 2> err || fail "$* resumed $at"
        same whole.json out
        ways=$((ways + 1))
    done
}
go_on "$tambo"
go_on setarch -R "$tambo"
go_on env -i A="$much" B="$much" C="$much" "$tambo"
go_on setarch -R env -i "$work/moved/other-name"
go_on sh -c 'cd moved && exec ./other-name "$@"' sh
if unshare -Tpfm --mount-proc --monotonic 86400 --boottime 86400 true 2> /dev/null; then
    mkdir after
    cp at moved/away/* after
    go_on unshare -Tpfm --mount-proc --monotonic 86400 --boottime 86400 "$tambo"
    for at in at fixed large; do
        unshare -Tpfm --mount-proc --monotonic 5 --boottime 5 sh -c \
            'mount -t tmpfs none /mnt && cp "$1/after/$2" "$1/moved/other-name" /mnt && mount -t tmpfs none /tmp &&
             cd /mnt && exec ./other-name sim --resume "$2"' sh "$work" "$at" > out 2> err || fail "after a restart: $at"
        same whole.json out
        ways=$((ways + 1))
    done
fi

# One that is killed goes on from its last tenth, and saves the next ones.
"$tambo" sim campus.json --json --until-s 20 --checkpoint tenth > out 2> err || fail "tenths"
same whole.json out
"$tambo" sim --resume tenth > out 2> err || fail "resumed from the last tenth"
grep -q "goes on at 18 s" err || fail "the last tenth"
same whole.json out

# What cannot go on.
refused "expected a scenario's file, or --resume"
refused "expected a scenario's file, or --resume" campus.json --resume at
refused "expected no others" --resume at --seed 7
refused "without --checkpoint" campus.json --checkpoint-at-s 1
refused "No such file" --resume nowhere
refused "not a checkpoint" --resume campus.json
head -c 200000 at > short
refused "damaged" --resume short
python3 - <<'END'
data = bytearray(open("at", "rb").read())
open("build", "wb").write(data[:24] + b"x" + data[25:])
open("kernel", "wb").write(data[:56] + b"x" + data[57:])
open("processor", "wb").write(data[:192] + bytes([data[192] ^ 1]) + data[193:])
data[len(data) // 2] ^= 1
open("flipped", "wb").write(data)
END
refused "damaged" --resume flipped
refused "another build" --resume build
refused "another kernel" --resume kernel
refused "another kind of processor" --resume processor
(ulimit -Ss 700000; refused "limit of the stack" --resume at)
"$tambo" sim campus.json --json --until-s 20 --checkpoint /nowhere/at > out 2> err || fail "nowhere to save"
grep -q "no checkpoint at 2 s: /nowhere/at: No such file" err || fail "nowhere to save"
same whole.json out
"$tambo" sim campus.json --json --until-s 20 --checkpoint late --checkpoint-at-s 99 > out 2> err || fail "too late"
grep -q "no checkpoint: the run ended at 20 s, before 99 s" err || fail "too late"
same whole.json out
echo "checkpoints: all as expected, $ways more ways to go on, $(du -k at | cut -f1) KiB each"
