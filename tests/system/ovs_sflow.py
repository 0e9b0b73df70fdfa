#!/usr/bin/env python3
"""Open vSwitch's own sFlow agent: two flows of UDP that share a link are found and are apart, and a
host that begins too many flows is held for a while.

Two access switches with two hosts each, two core switches between them. The switches are Open vSwitch
on its userspace datapath and send sFlow to tambod; each host is a network namespace. Links are taken
for 40 Mbit/s ones. Everything happens in namespaces that end with the test. It needs root."""

import json
import os
import re
import sys
import time

from ovs_lib import OpenVSwitch, Process, Sandbox, Tambod, check, main, need, run, wait_until

SWITCHES = {"a1": 0xa1, "a2": 0xa2, "c1": 0xc1, "c2": 0xc2}
HOSTS = {"h1": ("a1", 1), "h2": ("a1", 2), "h3": ("a2", 1), "h4": ("a2", 2)}
LINKS = (("a1", 11, "c1", 1), ("a1", 12, "c2", 1), ("a2", 11, "c1", 2), ("a2", 12, "c2", 2))
INSIDE = "TAMBO_INSIDE_NAMESPACE"
MBPS = 16
PERIOD_S = 2

# A sender that keeps its rate whatever the machine does, and says how many it has sent.
SENDER = """import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5000))
s.connect((sys.argv[1], 6000))
pause = 1400 * 8 / (float(sys.argv[2]) * 1e6)
begun, n = time.monotonic(), 0
while True:
    s.send(n.to_bytes(8, "big") + bytes(1350))
    n += 1
    time.sleep(max(0, begun + n * pause - time.monotonic()))"""

# A receiver that writes the number of datagrams that were missing among those that came.
RECEIVER = """import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
s.bind(("", 6000))
got = 0
while True:
    n = int.from_bytes(s.recv(2048)[:8], "big")
    got += 1
    if got % 500 == 0:
        print(got, n + 1 - got, flush=True)"""


# A thousand datagrams a second, each to another port.
FLOODER = """import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
begun, n = time.monotonic(), 0
while True:
    s.sendto(b"flood", (sys.argv[1], 1024 + n % 60000))
    n += 1
    time.sleep(max(0, begun + n / 1000 - time.monotonic()))"""


def enter_namespaces():
    """Starts this program again in namespaces of its own."""
    need("unshare", "ip", "mount", "ping")
    check(os.geteuid() == 0, "this test makes network namespaces and needs root")
    check(os.path.exists("/dev/net/tun"), "this test needs /dev/net/tun, which is not there")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                          "--mount-proc", sys.executable, *sys.argv])


def host_ip(host):
    return f"10.0.0.{host[1:]}"


class Network:
    def __init__(self, sandbox, tambod):
        self.ovs = OpenVSwitch(sandbox, dummy=False)
        for name, dpid in SWITCHES.items():
            self.ovs.add_bridge(name, dpid, "OpenFlow13")
        for a, a_port, b, b_port in LINKS:
            self.add_veth(f"{a}-{b}", f"{b}-{a}")
            self.add_port(a, f"{a}-{b}", a_port)
            self.add_port(b, f"{b}-{a}", b_port)
        for host in HOSTS:
            self.add_host(host)
        for name in SWITCHES:
            self.ovs.set_controller(name, tambod.port)

    def add_veth(self, a, b):
        run("ip", "link", "add", a, "mtu", "1600", "type", "veth", "peer", "name", b, "mtu", "1600")

    def add_port(self, switch, name, port):
        run("ip", "link", "set", name, "up")
        self.ovs.vsctl("add-port", switch, name, "--", "set", "interface", name,
                       f"ofport_request={port}")
        self.ovs.wait_port(name, port)

    def add_host(self, host):
        switch, port = HOSTS[host]
        run("ip", "netns", "add", host)
        self.add_veth(host, "eth0")
        run("ip", "link", "set", "eth0", "netns", host, "address", f"02:00:00:00:01:0{host[1:]}",
            "mtu", "1500")
        for command in (("address", "add", f"{host_ip(host)}/24", "dev", "eth0"),
                        ("link", "set", "eth0", "up")):
            run("ip", "netns", "exec", host, "ip", *command)
        self.add_port(switch, host, port)

    def sample(self, port):
        """Every bridge sends sFlow to 'port': one frame of 50, counters every second."""
        args = ["--", "--id=@s", "create", "sflow", "agent=lo", f'target="127.0.0.1:{port}"',
                "header=128", "sampling=50", "polling=1"]
        for switch in SWITCHES:
            args += ["--", "set", "bridge", switch, "sflow=@s"]
        self.ovs.vsctl(*args)

    def ping(self, src, dst):
        out = run("ip", "netns", "exec", src, "ping", "-n", "-c", "1", "-W", "2", host_ip(dst),
                  may_fail=True)
        return "1 received" in out

    def elephants(self):
        """Entries of moved flows, by switch."""
        return {s: [f for f in self.ovs.flows(s) if "priority=1000," in f] for s in SWITCHES}


def python_in(sandbox, host, name, program, *args):
    return Process(["ip", "netns", "exec", host, sys.executable, "-c", program, *args],
                   sandbox.path(name))


def mbps(links, seconds):
    """What has left by each of the links meanwhile, in Mbit/s."""
    def read():
        with open("/proc/net/dev", encoding="ascii") as table:
            text = table.read()
        return [int(re.search(rf"^ *{link}:(.*)$", text, re.M).group(1).split()[8])
                for link in links]
    before, begun = read(), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - begun
    return [(b - a) * 8 / took / 1e6 for a, b in zip(before, read())]


def share(rates):
    """The rates by c1 and c2, if both flows take one of the ways."""
    return rates if max(rates) > 1.5 * MBPS and min(rates) < 1 else None


def apart(rates):
    """The rates by c1 and c2, if each of the flows takes one of the ways."""
    return rates if all(0.8 * MBPS < rate < 1.25 * MBPS for rate in rates) else None


def hold_flooder(sandbox, tambod, network):
    """Frames of h2 are dropped where it is, and those of h1 beside it are not; then it is let go."""
    def held():
        return {s: [f for f in network.ovs.flows(s) if "priority=64000," in f] for s in SWITCHES}
    flooder = python_in(sandbox, "h2", "flood", FLOODER, host_ip("h4"))
    tambod.wait_log(r"host 02:00:00:00:01:02 at 0*a1:2 begins \d+ flows a second and is dropped", 20)
    wait_until("an entry at a1", lambda: [len(e) for e in held().values()] == [1, 0, 0, 0])
    check("dl_src=02:00:00:00:01:02 actions=drop" in held()["a1"][0], held()["a1"][0])
    check(network.ping("h1", "h3"), "h1 cannot reach h3 while h2 is held")
    check(not network.ping("h2", "h4"), "h2 reaches h4 while it is held")
    flooder.stop()
    wait_until("h2 is let go", lambda: not any(held().values()), 20)
    wait_until("h2 reaches h4 again", lambda: network.ping("h2", "h4"), 10)
    print("h2 was held while it began a thousand flows a second, and let go")


def missing(sandbox, name):
    """Datagrams that were missing when the receiver spoke last."""
    with open(sandbox.path(name), encoding="ascii") as out:
        lines = out.read().split("\n")
    return int(lines[-2].split()[1]) if len(lines) > 1 else 0


def replay(tambo, capture):
    """What was recorded, samples included, makes the same controller do the same."""
    out = run(tambo, "replay", capture, "--json", may_fail=True)
    result = json.loads(out)
    check(result["same"], f"the replay differs: {result['difference']}")
    print(f"replayed: {result['messages_in']} messages in, {result['messages_out']} out, "
          f"{result['sflow_datagrams']} datagrams: the same")


def scenario(program, tambo):
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    for name in ("all", "default"):
        run("sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
    with Sandbox() as sandbox:
        tambod = Tambod(sandbox, program, {
            "core": {"edge_settle_s": 0.2},
            "tap": {"file": sandbox.path("tap.pcap")},
            "sflow": {"listen": "127.0.0.1:0"},
            "apps": {"clustering": {"ecmp": False},  # Both flows begin by c1.
                     "link_costs": {"period_s": PERIOD_S, "limit_mbps": 40, "port_stats": False},
                     "elephants": {"flow_stats": False, "idle_s": 5},
                     "dos_guard": {"from_per_s": 300, "hold_s": 6}}})
        collector = int(tambod.wait_log(r"taking sFlow datagrams on 127\.0\.0\.1:(\d+)").group(1))
        network = Network(sandbox, tambod)
        wait_until("8 links", lambda: len(re.findall(r"link .* is up", tambod.log())) >= 8)
        network.sample(collector)
        for src, dst in (("h1", "h3"), ("h3", "h1"), ("h2", "h4"), ("h4", "h2")):
            wait_until(f"{src} reaches {dst}", lambda s=src, d=dst: network.ping(s, d), 30)
        for host in ("h3", "h4"):
            python_in(sandbox, host, f"received-{host}", RECEIVER)
        time.sleep(0.5)
        senders = [python_in(sandbox, src, f"sent-{src}", SENDER, host_ip(dst), str(MBPS))
                   for src, dst in (("h1", "h3"), ("h2", "h4"))]
        begun = time.monotonic()
        before = wait_until("both flows share a link",
                            lambda: share(mbps(("a1-c1", "a1-c2"), 0.5)), 30)
        print(f"at first: {before[0]:.1f} Mbit/s by c1, {before[1]:.1f} by c2")
        tambod.wait_log(r"flow \d+ of .* is moved", 30)
        print(f"a flow was moved {time.monotonic() - begun:.1f} s after both had begun")
        lost = [missing(sandbox, f"received-{host}") for host in ("h3", "h4")]
        old, new = ("c1", "c2") if before[0] > before[1] else ("c2", "c1")
        by_other = [1, 1, int(new == "c1"), int(new == "c2")]
        wait_until(f"entries along the way by {new}", lambda: [
            len(entries) for entries in network.elephants().values()] == by_other)
        after = wait_until("each flow has a way of its own",
                           lambda: apart(mbps(("a1-c1", "a1-c2"), 1)), 30)
        print(f"then: {after[0]:.1f} Mbit/s by c1, {after[1]:.1f} by c2")
        entry = network.elephants()[new][0]
        for part in ("udp", "tp_src=5000", "tp_dst=6000", "vlan_tci=0x0000"):
            check(part in entry, f"{part} is not in {entry}")
        run("ip", "link", "set", f"a2-{new}", "down")
        wait_until(f"the flow is back on {old}", lambda: not network.elephants()[new], 5)
        after = wait_until("both flows share a link again",
                           lambda: share(mbps(("a1-c1", "a1-c2"), 0.5)), 30)
        print(f"link a2-{new} cut: {after[0]:.1f} Mbit/s by c1, {after[1]:.1f} by c2")
        for sender in senders:
            sender.stop()
        wait_until("no entry is left", lambda: not any(network.elephants().values()), 40)
        lost = [missing(sandbox, f"received-{h}") - n for h, n in zip(("h3", "h4"), lost)]
        print(f"{sum(lost)} datagrams were missing after the move, the failed link included")
        hold_flooder(sandbox, tambod, network)
        tambod.stop()
        replay(tambo, sandbox.path("tap.pcap"))


def test(program, tambo):
    if INSIDE not in os.environ:
        enter_namespaces()
    scenario(program, tambo)


main(test, "TAMBO")
