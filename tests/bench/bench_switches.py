#!/usr/bin/env python3
"""Thousands of simulated switches (tambo switch) at tambod over loopback TCP: when all are ready and all
links known, what either side takes of memory and, afterwards, of a processor. Once as tambod is
configured by default, but for the number of connections, and once with its door wide open
(accept_per_s 0, max_newcomers as many). Run by hand, best alone on the machine:

    bench_switches.py TAMBOD TAMBO [N [SHAPE [SECONDS]]]      by default 5000 tree 20
"""

import json
import os
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

from ovs_lib import Sandbox, Tambod, check_equal
from switch_lib import TamboSwitch

LOOK_S = 0.1


def ask(tambod, path):
    port = tambod.wait_log(r"REST on https?://127\.0\.0\.1:(\d+)").group(1)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/{path}", timeout=60) as reply:
        return json.load(reply)


def cpu_s(process):
    with open(f"/proc/{process.popen.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(process, key):
    with open(f"/proc/{process.popen.pid}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(key))


def wait_for(tambod, key, number, began):
    """Seconds until the status has this number."""
    while ask(tambod, "status")[key] < number:
        time.sleep(LOOK_S)
    return time.monotonic() - began


def run_once(tambod, tambo, n, shape, seconds, channel, rate):
    links = 2 * (n if shape == "ring" else n - 1)  # Both directions.
    with Sandbox() as sandbox:
        controller = Tambod(sandbox, tambod, {"rest": {"listen": "127.0.0.1:0"}, "channel":
                                              {"max_connections": n + 100, **channel}})
        idle_mb = megabytes(controller.process, "VmRSS")
        began = time.monotonic()
        switch = TamboSwitch(sandbox, tambo, "--controller", f"tcp:127.0.0.1:{controller.port}", "--count", n,
                             "--shape", shape, "--connect-per-s", rate)
        ready_s = wait_for(controller, "n_switches_ready", n, began)
        links_s = wait_for(controller, "n_links", links, began)
        sides = {"tambod": controller.process, "tambo switch": switch.process}
        start = {name: cpu_s(p) for name, p in sides.items()}
        print(f"  all ready after {ready_s:.1f} s, all {links} directions of links after {links_s:.1f} s")
        time.sleep(seconds)
        for name, process in sides.items():
            print(f"  {name:12}  {start[name]:.2f} s of a processor until then, "
                  f"{100 * (cpu_s(process) - start[name]) / seconds:.1f} % of one in the next {seconds} s; "
                  f"{megabytes(process, 'VmRSS'):.0f} MB, {megabytes(process, 'VmHWM'):.0f} MB at most")
        print(f"  tambod without switches: {idle_mb:.0f} MB")
        stats = switch.stop()
        check_equal((stats["ready"], stats["errors"]), (n, 0), "ready and errors")
        controller.stop()


def main():
    if not 3 <= len(sys.argv) <= 6:
        sys.exit(__doc__)
    tambod, tambo = map(os.path.abspath, sys.argv[1:3])
    n, shape, seconds = (sys.argv[3:] + ["5000", "tree", "20"][len(sys.argv) - 3:])
    n, seconds = int(n), int(seconds)
    print(f"{n} switches, {shape}, default door (1000 a second)")
    run_once(tambod, tambo, n, shape, seconds, {}, 2000)
    print(f"{n} switches, {shape}, open door")
    run_once(tambod, tambo, n, shape, seconds, {"accept_per_s": 0, "max_newcomers": n}, 10000)


main()
