#!/usr/bin/env python3
"""How long traffic is interrupted when a link fails, and whether other traffic notices.

The campus of tests/system/ovs_netns.py with OpenFlow 1.3 on Open vSwitch's userspace datapath. Streams of
numbered UDP datagrams run from h1 to h3 and from h4 to h2, over the link between a1 and c1 in either
direction, and from h5 to h7, which does not use it. The link fails and comes back as often as asked, in
three ways:

    down      the end at a1 is taken down (ip link set a1-c1 down): both ends see it
    carrier   the end at c1 is: a1 sees a port that is up and has lost its carrier
    mod-port  the port is taken down by OpenFlow (ovs-ofctl mod-port a1 a1-c1 down)

Each without fast failover (off) and with it (on). The first way also with a controller that is far away, 10 ms
each way (far-off, far-on), and with fast failover but the controller stopped (alone), which is what the
switches do by themselves. An interruption is the longest gap between two arrivals from the
failure until the link is back. What the controller has seen and sent is read from its message tap: when the
first port status came in, when the last barrier was answered. The controller and the streams run with real-time
priority and the switches with the highest other one, so other work on the machine matters less. Run by hand, as root, best alone on it:

    bench_reroute.py TAMBOD [FAILURES [off|on|far-off|far-on|alone ...]]
"""

import fcntl
import math
import os
import re
import socket
import statistics
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

import ovs_netns
from ovs_lib import Process, Sandbox, Tambod, check, run, wait_until

INTERVAL_S = 0.001
RECORD = struct.Struct("<Id")
LINK = ("a1-c1", "c1-a1")
PRIMARY, ALTERNATE = ovs_netns.UPLINKS["c1"], ovs_netns.UPLINKS["c2"]  # Of a1 and a2.
OUTAGE_S = 0.25
MODES = ["off", "on", "far-off", "far-on", "alone"]
FAR_S = 0.01
PORT_STATUS, BARRIER_REPLY = 12, 21  # Of OpenFlow 1.3.

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


# Passes on what it gets from either side, so many seconds later.
PASS_ON = """import asyncio, sys
own, port, wait_s = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
async def pump(reader, writer):
    while data := await reader.read(65536):
        asyncio.get_running_loop().call_later(wait_s, writer.write, data)
    asyncio.get_running_loop().call_later(wait_s, writer.close)
async def join(reader, writer):
    far_reader, far_writer = await asyncio.open_connection('127.0.0.1', port)
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
async def main():
    server = await asyncio.start_server(join, '127.0.0.1', own)
    await server.serve_forever()
asyncio.run(main())"""


class Stream:
    def __init__(self, sandbox, src, dst):
        self.path = sandbox.path(f"udp-{src}-{dst}")
        self.receiver = self.start(sandbox, dst, RECEIVE, self.path)
        wait_until("receiver", lambda: os.path.exists(self.path))
        time.sleep(0.2)
        self.sender = self.start(sandbox, src, SEND, ovs_netns.host_ip(dst), str(INTERVAL_S))
        favour(self.receiver)
        favour(self.sender)

    def start(self, sandbox, host, program, *args):
        return Process(["ip", "netns", "exec", host, sys.executable, "-c", program, *args],
                       sandbox.path("streams.out"))

    def arrivals(self, since=0.0):
        with open(self.path, "rb") as file:
            data = file.read()
        whole = len(data) // RECORD.size * RECORD.size
        return [(n, t) for n, t in RECORD.iter_unpack(data[:whole]) if t >= since]

    def recent(self, since):
        """The same, of the last few seconds only."""
        size = os.path.getsize(self.path) // RECORD.size * RECORD.size
        with open(self.path, "rb") as file:
            file.seek(max(0, size - RECORD.size * int(8 / INTERVAL_S)))
            data = file.read()
        whole = len(data) // RECORD.size * RECORD.size
        return [(n, t) for n, t in RECORD.iter_unpack(data[:whole]) if t >= since]

    def gap_ms(self, since, until):
        """The longest silence between 'since' and 'until'."""
        times = [t for _, t in self.recent(since - 0.05) if t <= until]
        return 1000 * max((b - a for a, b in zip(times, times[1:])), default=1e9)

    def lost(self, since, until):
        """How many numbers are missing between the first and the last that came in that time."""
        numbers = {n for n, t in self.recent(since - 0.05) if t <= until}
        return max(numbers) - min(numbers) + 1 - len(numbers) if numbers else 0

    def n_lost(self):
        numbers = {n for n, _ in self.arrivals()}
        return max(numbers) - min(numbers) + 1 - len(numbers)

    def stop(self):
        self.sender.stop()
        time.sleep(0.5)
        self.receiver.stop()


def set_link(name, up):
    """Takes an interface up or down without starting a program, so the moment is known."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sH14x", name.encode(), 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(s, 0x8913, request))[1]  # SIOCGIFFLAGS
        flags = flags | 1 if up else flags & ~1                               # IFF_UP
        fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", name.encode(), flags))  # SIOCSIFFLAGS


def favour(process, real_time=True):
    """Priority for all threads of 'process', and those to come. What uses a processor as a whole must not have
    it in real time: Linux takes that away for 50 ms of every second."""
    pid = process.popen.pid
    for task in os.listdir(f"/proc/{pid}/task"):
        if real_time:
            os.sched_setscheduler(int(task), os.SCHED_RR, os.sched_param(5))
        else:
            os.setpriority(os.PRIO_PROCESS, int(task), -20)


class Tap:
    """Messages that the controller has seen and sent, as they come into its capture."""

    def __init__(self, path):
        self.path = path
        self.at = 24

    def messages(self):
        """(seconds since 1970, type) of those since the last call."""
        with open(self.path, "rb") as file:
            file.seek(self.at)
            data = file.read()
        at, found = 0, []
        while at + 16 <= len(data):
            second, nano, size = struct.unpack("<III", data[at:at + 12])
            if at + 16 + size > len(data):
                break
            payload = self.payload(data[at + 16:at + 16 + size])
            if len(payload) >= 8:
                found.append((second + nano / 1e9, payload[1]))
            at += 16 + size
        self.at += at
        return found

    def payload(self, frame):
        """What TCP carries, with or without an Ethernet header."""
        ip = frame if frame[0] >> 4 == 4 and frame[12:14] != b"\x08\x00" else frame[14:]
        header = (ip[0] & 15) * 4
        total = struct.unpack(">H", ip[2:4])[0]
        return ip[header + (ip[header + 12] >> 4) * 4:total]


def quantile(values, q):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]


class Kind:
    """One way for the link to fail, and what was measured of it."""

    def __init__(self, name, fail, mend):
        self.name, self.fail, self.mend = name, fail, mend
        self.gaps, self.lost, self.back = [], [], []
        self.heard, self.written = [], []


def ports_of(flows):
    """By which ports entries push labels: those of the way, of groups the first one."""
    return ({int(p) for p in re.findall(r"push_vlan.*output:(\d+)", flows)} |
            {int(g) >> 12 & 0xfff for g in re.findall(r"push_vlan.*group:(\d+)", flows)})


def is_whole(campus, failover):
    """The link is in use again, and with fast failover what used it is protected again."""
    flows = ["\n".join(campus.flows(name)) for name in ("a1", "a2", "c1")]
    if ports_of(flows[0]) != {PRIMARY} or ports_of(flows[1]) != {PRIMARY}:
        return False
    return not failover or all(re.search(r"group:", f) for f in flows) and not any(
        re.search(r"push_vlan.*output:", f) for f in flows)


def fail_once(campus, kind, streams, tap, mode):
    tap.messages()
    cut = time.monotonic()
    since_1970 = time.time() - time.monotonic()
    kind.fail()
    time.sleep(OUTAGE_S)
    mend = time.monotonic()
    messages = [(at - since_1970 - cut, what) for at, what in tap.messages()]
    kind.mend()
    if mode != "alone":
        wait_until("a1 uses c1 again", lambda: is_whole(campus, not mode.endswith("off")), 60, 0.2)
    time.sleep(0.25)
    now = time.monotonic()
    for s in streams:
        kind.gaps.append(s.gap_ms(cut, mend))
        kind.lost.append(s.lost(cut, mend))
        kind.back.append(s.gap_ms(mend, now))
    statuses = [at for at, what in messages if what == PORT_STATUS]
    barriers = [at for at, what in messages if what == BARRIER_REPLY]
    if statuses:
        kind.heard.append(1000 * min(statuses))
        kind.written.append(1000 * (max(barriers, default=min(statuses)) - min(statuses)))


def report(what, values, unit="ms"):
    if values:
        print(f"  {what}: n {len(values)}, p50 {statistics.median(values):.1f} {unit}, "
              f"p99 {quantile(values, 0.99):.1f} {unit}, max {max(values):.1f} {unit}")


def report_kind(kind):
    print(f" {kind.name}")
    report("interruption", kind.gaps)
    report("datagrams lost", kind.lost, "")
    report("gap when the link is back", kind.back)
    report("failure to port status at the controller", kind.heard)
    report("from there to the last barrier", kind.written)


def kinds_of(campus, mode):
    def mod_port(what):
        campus.ovs.ofctl("a1", "mod-port", LINK[0], what, version="OpenFlow13")

    kinds = [Kind("down", lambda: set_link(LINK[0], False), lambda: set_link(LINK[0], True)),
             Kind("carrier", lambda: set_link(LINK[1], False), lambda: set_link(LINK[1], True)),
             Kind("mod-port", lambda: mod_port("down"), lambda: mod_port("up"))]
    return kinds if mode in ("off", "on") else kinds[:1]


def go_far(sandbox, port):
    """A port that leads to 'port', FAR_S away."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        own = s.getsockname()[1]
    favour(Process([sys.executable, "-c", PASS_ON, str(own), str(port), str(FAR_S)],
                   sandbox.path("far.out")))
    return own


def bench(program, n_failures, mode):
    failover = not mode.endswith("off")
    with Sandbox() as sandbox:
        tambod = Tambod(sandbox, program,
                        {"core": {"edge_settle_s": 0.2},
                         "tap": {"file": sandbox.path("tap.pcap")},
                         "apps": {"clustering": {"ecmp": False, "fast_failover": failover}}})
        far = mode.startswith("far")
        campus = ovs_netns.Campus(sandbox, go_far(sandbox, tambod.port) if far else tambod.port)
        ovs_netns.start(campus, tambod)
        campus.ping_all_pairs()
        favour(campus.ovs.vswitchd, real_time=False)
        favour(tambod.process)
        streams = [Stream(sandbox, *ends) for ends in (("h1", "h3"), ("h4", "h2"))]
        other = Stream(sandbox, "h5", "h7")
        time.sleep(2)
        wait_until("protection", lambda: is_whole(campus, failover), 20)
        tap = Tap(sandbox.path("tap.pcap"))
        if mode == "alone":
            tambod.stop()
        kinds = kinds_of(campus, mode)
        for kind in kinds:
            for _ in range(n_failures):
                fail_once(campus, kind, streams, tap, mode)
        for stream in (*streams, other):
            stream.stop()
        print(f"fast failover {mode}, load {os.getloadavg()[0]:.1f}")
        for kind in kinds:
            report_kind(kind)
        calm = [t for _, t in other.arrivals()]
        lost = other.n_lost()
        print(f" unaffected stream: {len(calm)} datagrams, {lost} lost")
        report("silences", [1000 * (b - a) for a, b in zip(calm, calm[1:])])
        check(lost == 0, "an unaffected stream has lost datagrams")
        if mode != "alone":
            tambod.stop()


def main():
    if len(sys.argv) < 2 or not set(sys.argv[3:]) <= set(MODES):
        sys.exit(__doc__)
    n_failures = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    modes = sys.argv[3:] or MODES
    if ovs_netns.INSIDE not in os.environ and len(modes) > 1:
        for mode in modes:  # Each in namespaces of its own.
            subprocess.run([sys.executable, sys.argv[0], sys.argv[1], str(n_failures), mode],
                           check=True)
        return
    if ovs_netns.INSIDE not in os.environ:
        ovs_netns.enter_namespaces()
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
        "net.ipv6.conf.default.disable_ipv6=1")
    ovs_netns.VERSIONS.update(dict.fromkeys(ovs_netns.VERSIONS, "OpenFlow13"))
    bench(os.path.abspath(sys.argv[1]), n_failures, modes[0])


main()
