#!/usr/bin/env python3
"""Islands of Open vSwitch around a network without OpenFlow: everybody reaches everybody, nothing circles.

       h1           h2                     h3
       │            │                      │
      a1 ────────── a2      two islands    b1
       │            │                      │
       └─────── Linux bridge ──────────────┘
                 │      │
                h4      h5

The island of a1 and a2 has two ways into the bridge, so broadcasts would circle; the one at a2 is kept back. When
the one in use fails, the other takes over. Everything happens in namespaces that end with the test. It needs root."""

import os
import re

import ovs_netns
from ovs_lib import OpenVSwitch, Sandbox, Tambod, check, main, run, wait_until

SWITCHES = {"a1": 0xa1, "a2": 0xa2, "b1": 0xb1}
LEGACY_PORT, LINK_PORT, HOST_PORT = 9, 2, 1
HOSTS = {"h1": "a1", "h2": "a2", "h3": "b1", "h4": None, "h5": None}  # None: at the Linux bridge.
STORM_FRAMES = 200  # More in a second and a half than probes and what we ask for ever are.


class Network(ovs_netns.Campus):
    def __init__(self, sandbox, port):
        self.sandbox = sandbox
        self.ovs = OpenVSwitch(sandbox, dummy=False)
        run("ip", "link", "add", "legacy", "type", "bridge")
        run("ip", "link", "set", "legacy", "up")
        for name, dpid in SWITCHES.items():
            self.ovs.add_bridge(name, dpid, "OpenFlow13")
            self.add_legacy(f"{name}-legacy", f"legacy-{name}")
            self.add_port(name, f"{name}-legacy", LEGACY_PORT)
        self.add_veth("a1-a2", "a2-a1")
        self.add_port("a1", "a1-a2", LINK_PORT)
        self.add_port("a2", "a2-a1", LINK_PORT)
        for host, switch in HOSTS.items():
            self.place(host, switch)
        for name in SWITCHES:
            self.ovs.set_controller(name, port)

    def add_legacy(self, ours, theirs):
        self.add_veth(ours, theirs)
        run("ip", "link", "set", theirs, "master", "legacy", "up")

    def place(self, host, switch):
        run("ip", "netns", "add", host)
        if switch:
            self.add_veth(host, "eth0")
            self.add_port(switch, host, HOST_PORT)
        else:
            self.add_legacy("eth0", f"legacy-{host}")
        run("ip", "link", "set", "eth0", "netns", host, "address", f"02:00:00:00:01:0{host[1:]}")
        for command in (("address", "add", f"{address(host)}/24", "dev", "eth0"),
                        ("link", "set", "eth0", "up")):
            run("ip", "netns", "exec", host, "ip", *command)

    def ping(self, src, dst):
        out = run("ip", "netns", "exec", src, "ping", "-n", "-c", "1", "-W", "2", address(dst), may_fail=True)
        return "1 received" in out

    def kept_back(self):
        """The switches of which the port into the bridge lets nothing in."""
        drop = rf"priority=\d+,in_port=\"?{{}}-legacy\"? actions=drop|priority=\d+,in_port={LEGACY_PORT} actions=drop"
        return [s for s in SWITCHES if any(re.search(drop.format(s), f) for f in self.ovs.flows(s))]


def address(host):
    return f"10.0.0.{host[1:]}"


def frames_at(link):
    """How many have left by it so far."""
    with open("/proc/net/dev", encoding="ascii") as table:
        return int(re.search(rf"^ *{link}:(.*)$", table.read(), re.M).group(1).split()[9])


def check_reach(network, what):
    for src in HOSTS:
        for dst in HOSTS:
            if src != dst:
                wait_until(f"{what}: {src} reaches {dst}", lambda s=src, d=dst: network.ping(s, d), 30)


def check_no_storm(network):
    """What a host at the Linux bridge hears while somebody asks for an address that nobody has."""
    before = frames_at("legacy-h5")
    run("ip", "netns", "exec", "h4", "ping", "-n", "-c", "1", "-W", "1", "10.0.0.99", may_fail=True)
    run("ip", "netns", "exec", "h1", "ping", "-n", "-c", "1", "-W", "1", "10.0.0.98", may_fail=True)
    heard = frames_at("legacy-h5") - before
    print(f"h5 heard {heard} frames meanwhile")
    check(heard < STORM_FRAMES, "frames circle")


def scenario(program):
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
    with Sandbox() as sandbox:
        tambod = Tambod(sandbox, program, {"core": {"edge_settle_s": 0.2, "bddp_interval_s": 0.5}})
        network = Network(sandbox, tambod.port)
        wait_until("the link between a1 and a2", lambda: len(re.findall(r"link .* is up", tambod.log())) >= 2)
        kept = wait_until("a port is kept back", network.kept_back, 30)
        print(f"kept back: the port of {', '.join(kept)}")
        check(kept == ["a2"], "the lowest port of an island is the one in use")
        check_reach(network, "both ways are there")
        check_no_storm(network)
        run("ip", "link", "set", "a1-legacy", "down")
        wait_until("the other port takes over", lambda: not network.kept_back(), 30)
        check_reach(network, "by a2")
        check_no_storm(network)
        run("ip", "link", "set", "a1-legacy", "up")
        wait_until("the lowest port is in use again", lambda: network.kept_back() == ["a2"], 30)
        check_reach(network, "by a1 again")
        check_no_storm(network)
        tambod.stop()


def test(program):
    if ovs_netns.INSIDE not in os.environ:
        ovs_netns.enter_namespaces()
    scenario(program)


if __name__ == "__main__":
    main(test)
