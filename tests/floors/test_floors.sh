#!/usr/bin/env bash
# The floors hold, and the check can fail: each seeded offence must be reported.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

"$here/check_floors.sh" "$here/../.."

mkdir -p "$tree"/{controller/{base,core,live},simnet/world,models,analysis,experiments,tests/floors}
cp "$here/rooms.txt" "$tree/tests/floors/"
expect() { # FILE LINE: a file with that include must be refused
    printf '%s\n' "$2" > "$tree/$1"
    if "$here/check_floors.sh" "$tree" > "$tree/out"; then
        echo "not refused: $2 in $1" >&2
        exit 1
    fi
    grep -q "^$1:1: " "$tree/out" || { echo "no position in:" >&2; cat "$tree/out" >&2; exit 1; }
    rm "$tree/$1"
}
expect controller/core/x.c '#include "controller/live/live.h"'
expect controller/core/x.c '#include <event2/event.h>'
expect controller/core/x.c '#include <time.h>'
expect models/x.c '#include "simnet/world/world.h"'
expect controller/live/x.c '#include "simnet/ctlchan/ctlchan.h"'
expect simnet/world/x.c '#include <graphviz/cgraph.h>'
expect controller/base/x.h '#include "buf.h"'
printf '#include <graphviz/cgraph.h>\n' > "$tree/simnet/world/topology_dot.c"
"$here/check_floors.sh" "$tree"
echo "floors hold"
