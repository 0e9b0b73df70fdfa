#!/usr/bin/env python3
"""How long traffic is interrupted when a link fails, and whether other traffic notices.

The campus of tests/system/ovs_netns.py with OpenFlow 1.3 on Open vSwitch's userspace datapath. Streams of
numbered UDP datagrams run from h1 to h3 and back, over the link between a1 and c1, and from h5 to h7,
which does not use it. The link goes down and comes back as often as asked; an interruption is the
longest gap between two arrivals from the cut on. Run by hand, as root, alone on the machine:

    bench_reroute.py TAMBOD [FAILURES]
"""

import math
import os
import statistics
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

import ovs_netns
from ovs_lib import Process, Sandbox, Tambod, check, run, wait_until

INTERVAL_S = 0.0005
RECORD = struct.Struct("<Id")

SEND = """import socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 11, 1)  # SO_NO_CHECK: Open vSwitch does not fill checksums in.
number, due, step = 0, time.monotonic(), float(sys.argv[2])
while True:
    s.sendto(struct.pack('<I', number), (sys.argv[1], 2385))
    number, due = number + 1, due + step
    wait = due - time.monotonic()
    if wait > 0:
        time.sleep(wait)"""

RECEIVE = """import socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
s.bind(('', 2385))
out = open(sys.argv[1], 'wb', buffering=0)
while True:
    out.write(struct.pack('<Id', *struct.unpack('<I', s.recv(64)), time.monotonic()))"""


class Stream:
    def __init__(self, sandbox, src, dst):
        self.path = sandbox.path(f"udp-{src}-{dst}")
        self.receiver = self.start(sandbox, dst, RECEIVE, self.path)
        wait_until("receiver", lambda: os.path.exists(self.path))
        time.sleep(0.2)
        self.sender = self.start(sandbox, src, SEND, ovs_netns.host_ip(dst), str(INTERVAL_S))

    def start(self, sandbox, host, program, *args):
        return Process(["ip", "netns", "exec", host, sys.executable, "-c", program, *args],
                       sandbox.path("streams.out"))

    def arrivals(self, since=0.0):
        with open(self.path, "rb") as file:
            data = file.read()
        whole = len(data) // RECORD.size * RECORD.size
        return [(n, t) for n, t in RECORD.iter_unpack(data[:whole]) if t >= since]

    def gap_ms(self, since, until):
        """The longest silence between 'since' and 'until'."""
        times = [t for _, t in self.arrivals(since - 0.05) if t <= until]
        return 1000 * max((b - a for a, b in zip(times, times[1:])), default=1e9)

    def n_lost(self):
        numbers = {n for n, _ in self.arrivals()}
        return max(numbers) - min(numbers) + 1 - len(numbers)

    def stop(self):
        self.sender.stop()
        time.sleep(0.5)
        self.receiver.stop()


def quantile(values, q):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]


def fail_once(campus, streams):
    """Cuts the link, waits, and mends it. The gaps of 'streams' when it fails and when it is back."""
    cut = time.monotonic()
    run("ip", "link", "set", "a1-c1", "down")
    time.sleep(1.0)
    mend = time.monotonic()
    run("ip", "link", "set", "a1-c1", "up")
    flows = lambda: "".join(campus.flows("a1"))
    wait_until("a1 uses c1 again", lambda: f"output:{ovs_netns.UPLINKS['c2']}" not in flows(), 60)
    time.sleep(0.5)
    now = time.monotonic()
    return ([s.gap_ms(cut, mend) for s in streams], [s.gap_ms(mend, now) for s in streams])


def report(what, gaps):
    print(f"{what}: {len(gaps)} samples, median {statistics.median(gaps):.1f} ms, "
          f"p99 {quantile(gaps, 0.99):.1f} ms, longest {max(gaps):.1f} ms")


def bench(program, n_failures):
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
        "net.ipv6.conf.default.disable_ipv6=1")
    ovs_netns.VERSIONS.update(dict.fromkeys(ovs_netns.VERSIONS, "OpenFlow13"))
    with Sandbox() as sandbox:
        tambod = Tambod(sandbox, program, {"core": {"edge_settle_s": 0.2},
                                           "apps": {"clustering": {"ecmp": False}}})
        campus = ovs_netns.Campus(sandbox, tambod.port)
        ovs_netns.start(campus, tambod)
        campus.ping_all_pairs()
        streams = [Stream(sandbox, *ends) for ends in (("h1", "h3"), ("h4", "h2"))]
        other = Stream(sandbox, "h5", "h7")
        time.sleep(2)
        downs, ups = [], []
        for _ in range(n_failures):
            down, up = fail_once(campus, streams)
            downs += down
            ups += up
        for stream in (*streams, other):
            stream.stop()
        report("link fails", downs)
        report("link is back", ups)
        calm = [t for _, t in other.arrivals()]
        report("unaffected stream, silences", [1000 * (b - a) for a, b in zip(calm, calm[1:])])
        lost = other.n_lost()
        print(f"unaffected stream: {len(calm)} datagrams, {lost} lost; "
              f"streams over the link lost {sum(s.n_lost() for s in streams)}")
        check(lost == 0, "an unaffected stream has lost datagrams")
        tambod.stop()


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if ovs_netns.INSIDE not in os.environ:
        ovs_netns.enter_namespaces()
    bench(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 50)


main()
