#!/usr/bin/env bash
# Who may include whom: a room includes only rooms on lower floors, and only the libraries that its
# line in rooms.txt names. Floors 0 to 3 know no socket, thread, clock or file descriptor.
# Usage: check_floors.sh [TREE]     Exit 1 with one line for every include that breaks the rule.
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"

find controller simnet models analysis experiments -name '*.[ch]' -print0 | sort -z |
    xargs -0 grep -Hn '^ *# *include' |
    awk -v rooms=tests/floors/rooms.txt '
        function room_of(path,  dir) {
            for (dir = path; dir != ""; ) {
                if (dir in floor) return dir
                if (!sub(/\/[^\/]*$/, "", dir)) dir = ""
            }
            return "?"
        }
        BEGIN {
            while ((getline line < rooms) > 0) {
                if (line ~ /^#/) continue
                n = split(line, f, / +/)
                if (f[1] != "file") floor[f[2]] = f[1]
                for (i = 3; i <= n; i++) may[f[2], f[i]] = 1
            }
            split("sys/socket.h pthread.h time.h sys/time.h unistd.h fcntl.h signal.h poll.h", low, " ")
            for (i in low) forbidden[low[i]] = 1
            split("event2 openssl gsl jansson.h sqlite3.h graphviz pcap.h pcap sodium.h mpi.h", libs, " ")
            for (i in libs) library[libs[i]] = 1
        }
        {
            split($0, part, ":"); file = part[1]; where = part[1] ":" part[2]
            match($0, /[<"][^>"]*[>"]/); target = substr($0, RSTART + 1, RLENGTH - 2)
            here = room_of(file)
            if (here == "?") { print where ": this folder is no room"; bad = 1; next }
            if (substr($0, RSTART, 1) == "\"") {
                there = room_of(target)
                if (there == "?") { print where ": \"" target "\" is in no room; paths begin at the root"; bad = 1 }
                else if (there != here && floor[there] >= floor[here]) {
                    print where ": " here " (floor " floor[here] ") may not include " there " (floor " floor[there] ")"; bad = 1
                }
                next
            }
            top = target; sub(/\/.*/, "", top)
            if (top in library && !((here, top) in may) && !((file, top) in may)) {
                print where ": " here " may not use <" target ">"; bad = 1
            }
            if (target in forbidden && floor[here] <= 3 && !((here, target) in may)) {
                print where ": floors 0 to 3 may not use <" target ">"; bad = 1
            }
        }
        END { exit bad }'
