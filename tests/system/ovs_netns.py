#!/usr/bin/env python3
"""A campus of real hosts: four access switches with two hosts each, two core switches, every access
switch joined to both and both to each other. The switches are Open vSwitch on its userspace
datapath, each host is a network namespace, links and hosts' lines are veth pairs.

At the end some hosts attack others, and one moves.

Everything happens in network, mount and process namespaces that end with the test, so nothing is
left on the machine. It needs root."""

import os
import re
import socket
import sys
import threading
import time

import ovs_entries
from ovs_lib import (OpenVSwitch, Process, Sandbox, Tambod, check, check_equal, main, need,
                     run, wait_equal, wait_until)

ACCESS = {"a1": 0xa1, "a2": 0xa2, "a3": 0xa3, "a4": 0xa4}
CORE = {"c1": 0xc1, "c2": 0xc2}
VERSIONS = {"a1": "OpenFlow13", "a2": "OpenFlow10", "a3": "OpenFlow13", "a4": "OpenFlow13",
            "c1": "OpenFlow13", "c2": "OpenFlow10"}
HOSTS = {f"h{n}": (f"a{(n + 1) // 2}", 2 - n % 2) for n in range(1, 9)}  # Switch and port.
SUBNET = "10.0.0"
UPLINKS = {"c1": 11, "c2": 12}  # Ports of every access switch.
CORE_PORT = 9                   # Between the two core switches.
INSIDE = "TAMBO_INSIDE_NAMESPACE"
PING_INTERVAL_S = 0.002


def enter_namespaces():
    """Starts this program again in namespaces of its own."""
    need("unshare", "ip", "ping", "mount", "sysctl")
    check(os.geteuid() == 0, "this test makes network namespaces and needs root")
    check(os.path.exists("/dev/net/tun"), "this test needs /dev/net/tun, which is not there")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                          "--mount-proc", sys.executable, *sys.argv])


def host_ip(host):
    return f"{SUBNET}.{host[1:]}"


def host_mac(host):
    return f"02:00:00:00:01:{int(host[1:]):02x}"


def number(switch):
    return int(switch[1:])


class ArpWatch(threading.Thread):
    """Listens on every link between two switches and counts frames and ARP among them."""

    def __init__(self):
        super().__init__(daemon=True)
        self.frames = 0
        self.arps = []
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.start()

    def run(self):
        while True:
            frame, (name, *_) = self.socket.recvfrom(65536)
            if re.fullmatch(r"[ac]\d-c\d", name):  # One end of each link; both see all of it.
                self.frames += 1
                kinds = (frame[12:14], frame[16:18] if frame[12:14] == b"\x81\x00" else b"")
                if b"\x08\x06" in kinds:
                    self.arps.append(f"{name}: {frame.hex()}")


class Campus:
    def __init__(self, sandbox, port):
        self.ovs = OpenVSwitch(sandbox, dummy=False)
        for name, dpid in {**ACCESS, **CORE}.items():
            self.ovs.add_bridge(name, dpid, VERSIONS[name])
        for access in ACCESS:
            for core, uplink in UPLINKS.items():
                self.add_link(access, uplink, core, number(access))
        if len(CORE) > 1:
            self.add_link("c1", CORE_PORT, "c2", CORE_PORT)
        for host in HOSTS:
            self.add_host(host)
        for name in (*ACCESS, *CORE):
            self.ovs.set_controller(name, port)

    # --- Building ---------------------------------------------------------------------------------

    def add_veth(self, a, b):
        run("ip", "link", "add", a, "mtu", "1600", "type", "veth", "peer", "name", b, "mtu", "1600")

    def add_port(self, switch, name, port):
        run("ip", "link", "set", name, "up")
        self.ovs.vsctl("add-port", switch, name, "--", "set", "interface", name,
                       f"ofport_request={port}")
        self.ovs.wait_port(name, port)

    def add_link(self, a, a_port, b, b_port):
        self.add_veth(f"{a}-{b}", f"{b}-{a}")
        self.add_port(a, f"{a}-{b}", a_port)
        self.add_port(b, f"{b}-{a}", b_port)

    def add_host(self, host):
        switch, port = HOSTS[host]
        run("ip", "netns", "add", host)
        self.add_veth(host, "eth0")
        run("ip", "link", "set", "eth0", "netns", host, "address", host_mac(host), "mtu", "1500")
        # Neighbours stay reachable for the length of the test: a host that asks again for an address
        # while no controller is there is another test.
        self.in_host(host, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                     "net.ipv4.neigh.eth0.base_reachable_time_ms=3600000")
        self.in_host(host, "ip", "address", "add", f"{host_ip(host)}/24", "dev", "eth0")
        self.in_host(host, "ip", "link", "set", "eth0", "up")
        self.add_port(switch, host, port)

    # --- Looking ----------------------------------------------------------------------------------

    def flows(self, switch):
        return self.ovs.flows(switch, VERSIONS[switch])

    def labels(self):
        """The label of each access switch, from its own entry; None before it has one."""
        found = {}
        for switch in ACCESS:
            match = re.search(r"priority=300,dl_vlan=(\d+) actions=CONTROLLER",
                              "\n".join(self.flows(switch)))
            found[switch] = int(match.group(1)) if match else None
        return found

    def expected_access(self, switch, labels, uplink_to):
        """The table of an access switch after everybody has talked to everybody; 'uplink_to' says
        by which core switch it reaches another access switch."""
        version = VERSIONS[switch]
        entries = ovs_entries.infrastructure() + [ovs_entries.own(labels[switch])]
        for host, (place, port) in HOSTS.items():
            if place == switch:
                entries.append(ovs_entries.reverse(version, labels[switch], host_mac(host), port))
                entries.append(ovs_entries.ingress(version, host_mac(host), port))
            else:
                uplink = UPLINKS[uplink_to(switch, place)]
                entries.append(ovs_entries.ingress(version, host_mac(host), uplink, labels[place]))
        return entries

    def expected_core(self, switch, labels, served):
        """The table of a core switch that carries what goes to the access switches 'served'."""
        return ovs_entries.infrastructure() + [
            ovs_entries.transit(labels[a], number(a)) for a in served]

    # --- Traffic ----------------------------------------------------------------------------------

    def in_host(self, host, *args, may_fail=False):
        return run("ip", "netns", "exec", host, *args, may_fail=may_fail)

    def ping(self, src, dst, count=1):
        """True when every echo has been answered."""
        out = self.in_host(src, "ping", "-n", "-c", str(count), "-i", "0.05", "-W", "5",
                           host_ip(dst), may_fail=True)
        return f"{count} received" in out

    def ping_all_pairs(self, tries=1):
        """Everybody to everybody; the first packet of each pair must arrive already."""
        for src in HOSTS:
            for dst in HOSTS:
                if src != dst:
                    check(any(self.ping(src, dst) for _ in range(tries)),
                          f"{src} cannot reach {dst}")


class Stream:
    """A ping from 'src' to 'dst' every 2 ms, from before an event until after it."""

    def __init__(self, campus, sandbox, src, dst):
        self.output = sandbox.path(f"ping-{src}-{dst}-{time.monotonic_ns()}")
        self.process = Process(["ip", "netns", "exec", src, "stdbuf", "-oL", "ping", "-n", "-i",
                                str(PING_INTERVAL_S), host_ip(dst)], self.output)
        self.wait_replies(20)

    def replies(self):
        with open(self.output, encoding="ascii") as out:
            return [int(n) for n in re.findall(r"icmp_seq=(\d+) ttl", out.read())]

    def wait_replies(self, n, within_s=30.0):
        """Waits for 'n' more replies."""
        start = len(self.replies())
        wait_until(f"{n} more echo replies", lambda: len(self.replies()) >= start + n, within_s)

    def finish(self):
        """Ends the ping; returns how many of its echoes were lost, in milliseconds of silence."""
        self.wait_replies(50)
        self.process.stop()
        replies = sorted(set(self.replies()))
        return (replies[-1] - replies[0] + 1 - len(replies)) * PING_INTERVAL_S * 1000


# --- The steps of the test ------------------------------------------------------------------------

def by_c1(_src, _dst):
    """Of two equal ways the one by the lower datapath id."""
    return "c1"


def a1_by_c2(src, dst):
    """The same after the link between a1 and c1 was cut."""
    return "c2" if "a1" in (src, dst) else "c1"


def wait_tables(campus, uplink_to, served):
    labels = campus.labels()
    for switch in ACCESS:
        wait_equal(f"entries of {switch}", lambda s=switch: campus.flows(s),
                   campus.expected_access(switch, labels, uplink_to))
    for switch in CORE:
        wait_equal(f"entries of {switch}", lambda s=switch: campus.flows(s),
                   campus.expected_core(switch, labels, served[switch]))


def wait_links(tambod):
    """Each link is found in both directions."""
    n = 2 * (len(ACCESS) * len(CORE) + len(CORE) - 1)
    wait_until(f"{n} links", lambda: len(re.findall(r"link .* is up", tambod.log())) >= n)


def start(campus, tambod):
    for dpid in (*ACCESS.values(), *CORE.values()):
        tambod.wait_log(f"switch {dpid:016x} at .* is up")
    wait_links(tambod)
    for host in HOSTS:  # Until its port has settled a host is not heard.
        other = "h2" if host == "h1" else "h1"
        wait_until(f"{host} reaches {other}", lambda h=host, o=other: campus.ping(h, o), 30)


def cut_link(campus, sandbox):
    stream = Stream(campus, sandbox, "h1", "h3")
    run("ip", "link", "set", "a1-c1", "down")
    lost_ms = stream.finish()
    campus.ping_all_pairs()
    wait_tables(campus, a1_by_c2, {"c1": ("a2", "a3", "a4"), "c2": tuple(ACCESS)})
    print(f"link a1-c1 cut: {lost_ms:.0f} ms lost between h1 and h3")


def mend_link(campus, sandbox):
    stream = Stream(campus, sandbox, "h1", "h3")
    run("ip", "link", "set", "a1-c1", "up")
    wait_tables(campus, by_c1, {"c1": tuple(ACCESS), "c2": ()})
    print(f"link a1-c1 mended: {stream.finish():.0f} ms lost between h1 and h3")


def restart_switches(campus, sandbox):
    stream = Stream(campus, sandbox, "h1", "h7")
    campus.ovs.restart_vswitchd()
    stream.wait_replies(20, within_s=60)
    lost_ms = stream.finish()
    campus.ping_all_pairs(tries=3)
    wait_tables(campus, by_c1, {"c1": tuple(ACCESS), "c2": ()})
    print(f"ovs-vswitchd restarted: {lost_ms:.0f} ms lost between h1 and h7, tables as before")


def restart_controller(campus, sandbox, tambod):
    streams = {pair: Stream(campus, sandbox, *pair) for pair in (("h1", "h8"), ("h4", "h5"))}
    tambod.restart()
    for dpid in (*ACCESS.values(), *CORE.values()):
        tambod.wait_log(f"switch {dpid:016x} at .* is up")
    wait_links(tambod)
    lost_ms = {pair: stream.finish() for pair, stream in streams.items()}
    check_equal(lost_ms, dict.fromkeys(streams, 0), "milliseconds lost while tambod restarted")
    campus.ping_all_pairs()
    wait_tables(campus, by_c1, {"c1": tuple(ACCESS), "c2": ()})
    print("tambod restarted: no frame lost, tables as before")


# --- Hosts that lie, and one that moves -----------------------------------------------------------

SEND = """import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
s.send(bytes.fromhex(sys.argv[1]))"""

HEAR_LLDP = """import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(0x88cc))
s.bind(("eth0", 0x88cc))
print(s.recv(2048).hex())"""


def python_in(campus, host, program, *args):
    return campus.in_host(host, sys.executable, "-c", program, *args)


def announcement(mac, ip):
    """A gratuitous ARP request."""
    sender = bytes.fromhex(mac.replace(":", "")), socket.inet_aton(ip)
    return (b"\xff" * 6 + sender[0] + b"\x08\x06" + bytes.fromhex("0001080006040001") +
            sender[0] + sender[1] + bytes(6) + sender[1] + bytes(18)).hex()


def hijack_host(campus, tambod):
    """h3 says that it has h1's MAC address, then h1's IP address with its own. The kernel of h1
    answers what the controller asks."""
    tables = {switch: sorted(campus.flows(switch)) for switch in ACCESS}
    python_in(campus, "h3", SEND, announcement(host_mac("h1"), host_ip("h1")))
    tambod.wait_log(rf"the MAC address of host {host_mac('h1')} at 0*a1:1 is used at 0*a2:1: refused")
    python_in(campus, "h3", SEND, announcement(host_mac("h3"), host_ip("h1")))
    tambod.wait_log(rf"an IP address of host {host_mac('h1')} at 0*a1:1 is used at 0*a2:1: refused")
    check(campus.ping("h5", "h1"), "h1 cannot be reached after an attack on it")
    check_equal({switch: sorted(campus.flows(switch)) for switch in ACCESS}, tables, "tables")
    print("h3 could take neither h1's MAC address nor its IP address")


def forge_link(campus, tambod):
    """h7 sends a probe that h5 has heard, changed so that it comes from another port."""
    probe = bytearray.fromhex(python_in(campus, "h5", HEAR_LLDP).strip())
    place = probe.index(bytes.fromhex("0026e154")) + 4  # The datapath id is first.
    check_equal(bytes(probe[place:place + 8]), (0xa3).to_bytes(8, "big"), "datapath id of a probe")
    probe[place + 7] = 0xa2
    links = tambod.log().count(" is up")
    python_in(campus, "h7", SEND, probe.hex())
    tambod.wait_log("LLDP frame at 0*a4:1 ignored: .* authenticator is wrong")
    check_equal(tambod.log().count(" is up"), links, "links and switches that have come up")
    print("h7 could not make a link out of a probe that h5 had heard")


def move_host(campus):
    """h4 falls silent with its line up, and is h6's machine from now on."""
    campus.in_host("h4", "ip", "address", "flush", "dev", "eth0")
    campus.in_host("h4", "ip", "link", "set", "eth0", "address", "02:00:00:00:02:04")
    campus.in_host("h6", "ip", "link", "set", "eth0", "address", host_mac("h4"))
    campus.in_host("h6", "ip", "address", "add", f"{host_ip('h4')}/24", "dev", "eth0")
    begun = time.monotonic()
    python_in(campus, "h6", SEND, announcement(host_mac("h4"), host_ip("h4")))
    wait_until("h1 reaches h4 where it is now", lambda: "1 received" in campus.in_host(
        "h1", "ping", "-n", "-c", "1", "-W", "0.1", host_ip("h4"), may_fail=True), 10)
    took_s = time.monotonic() - begun
    check(0.9 < took_s < 3, f"h4 was reached after {took_s:.1f} s, not after about one")
    print(f"h4 has moved to a3 and was reached there after {took_s:.1f} s")


def scenario(program):
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
        "net.ipv6.conf.default.disable_ipv6=1")
    watch = ArpWatch()
    with Sandbox() as sandbox:
        config = {"core": {"edge_settle_s": 0.2}, "store": {"path": sandbox.path("tambod.sqlite")},
                  "apps": {"clustering": {"ecmp": False}}}
        tambod = Tambod(sandbox, program, config)
        campus = Campus(sandbox, tambod.port)
        start(campus, tambod)
        campus.ping_all_pairs()
        print("56 pairs of hosts reach each other with the first packet")
        wait_tables(campus, by_c1, {"c1": tuple(ACCESS), "c2": ()})
        print("the tables hold exactly the predicted entries")
        cut_link(campus, sandbox)
        mend_link(campus, sandbox)
        restart_switches(campus, sandbox)
        restart_controller(campus, sandbox, tambod)
        hijack_host(campus, tambod)
        forge_link(campus, tambod)
        move_host(campus)
        check(watch.frames > 1000, "the links between switches were not watched")
        check(not watch.arps, f"ARP has crossed the core: {watch.arps[:3]}")
        print(f"no ARP among {watch.frames} frames between switches")
        tambod.stop()


def test(program):
    if INSIDE not in os.environ:
        enter_namespaces()
    scenario(program)


if __name__ == "__main__":
    main(test)
