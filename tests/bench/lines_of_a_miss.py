#!/usr/bin/env python3
"""Counts what one miss of a campus costs: instructions, and lines of memory that are in no near cache.

    lines_of_a_miss.py BUILD/tambo

Two runs of the same campus from its steady state, of 2 and of 6 seconds, under callgrind with a last level of 256 KiB:
their difference, divided by the misses of the 4 seconds. 84 switches are few, but more than such a cache holds, so
that what is counted here is what comes from memory in the largest campus. Takes about two minutes. A release build
without link-time optimisation will do; Debian's valgrind is needed.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

SCENARIO = {
    "topology": {"access": 84, "core": 4, "hosts": 48},
    "channel": {"fidelity": "wire", "delay_us": 50},
    "traffic": {"mean_sessions": 4, "popularity": "pareto", "announce_per_s": 5000},
    "controller": {"hold_s": 14},
    "switch": {"tcam_entries": 10000},
    "measure": {"start": "steady", "warmup_s": 0},
}
CACHE = ["--cache-sim=yes", "--LL=262144,16,64"]
# The program would start itself over for huge pages, which valgrind does not need.
ENVIRONMENT = dict(os.environ, GLIBC_TUNABLES="")


def start(tambo, directory, seconds):
    """A run, and where it leaves what."""
    path = os.path.join(directory, f"{seconds}.json")
    out = os.path.join(directory, f"{seconds}.callgrind")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(dict(SCENARIO, measure=dict(SCENARIO["measure"], duration_s=seconds)), f)
    return out, subprocess.Popen(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *CACHE, tambo, "sim", path, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRONMENT)


def counts(run):
    """Events by name, and misses, of a run that is over."""
    out, process = run
    answer = process.communicate()[0]
    if process.returncode:
        sys.exit(f"lines_of_a_miss.py: tambo or valgrind failed ({process.returncode})")
    with open(out, encoding="utf-8") as f:
        text = f.read()
    names = re.search(r"^events: (.*)$", text, re.M).group(1).split()
    numbers = re.search(r"^(?:totals|summary): (.*)$", text, re.M).group(1).split()
    n = dict(zip(names, map(int, numbers)))
    n["misses"] = json.loads(answer)["metrics"]["first_frames"]
    return n


def main():
    if len(sys.argv) != 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit("usage: lines_of_a_miss.py BUILD/tambo")
    with tempfile.TemporaryDirectory() as directory:
        runs = [start(os.path.abspath(sys.argv[1]), directory, s) for s in (2, 6)]
        short, long = [counts(run) for run in runs]
    per_miss = {k: (long[k] - short[k]) / (long["misses"] - short["misses"]) for k in long}
    lines = per_miss["DLmr"] + per_miss["DLmw"]
    print(f"{long['misses'] - short['misses']} misses of {SCENARIO['topology']['access']} switches; each:")
    print(f"  instructions               {per_miss['Ir']:8.0f}")
    print(f"  lines of data from memory  {lines:8.1f}")
    print(f"  lines of code from memory  {per_miss['ILmr']:8.1f}")


main()
