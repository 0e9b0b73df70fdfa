# What the tests of the tambo command share: source it with "tambo" set. Goes to an empty folder of its own, which
# it removes at the end, and counts checks.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
n_checks=0

fail() { echo "FAILED: $*" >&2; echo "--- out"; cat out; echo "--- err"; cat err; exit 1; }
run() { # CODE ARGUMENTS...: runs tambo and expects that exit code
    local want=$1 got=0
    shift
    "$tambo" "$@" > out 2> err || got=$?
    [ "$got" = "$want" ] || fail "tambo $*: exit $got, expected $want"
    n_checks=$((n_checks + 1))
}
says() { grep -qF -- "$1" "$2" || fail "no \"$1\" in $2"; n_checks=$((n_checks + 1)); }
