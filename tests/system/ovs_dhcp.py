#!/usr/bin/env python3
"""DHCP of real clients (udhcpc) and a real server (dnsmasq) by way of the controller, on Open vSwitch.

      c1 ─1┐                   ┌1─ c2
           a1 ─9─────────9─ a2          a1 speaks OpenFlow 1.3, a2 1.0
   rogue ─2┘                   └2─ srv

First messages are passed on: to the server at the trusted port and to nobody else. Then tambod serves a pool
itself. On the link between the switches no DHCP and no ARP is seen all the time.

Everything happens in network, mount and process namespaces that end with the test. It needs root."""

import os
import re
import socket
import sys
import threading

from ovs_lib import (OpenVSwitch, Process, Sandbox, Tambod, check, check_equal, main, need, run,
                     wait_until)

SWITCHES = {"a1": (0xa1, "OpenFlow13"), "a2": (0xa2, "OpenFlow10")}
HOSTS = {"c1": ("a1", 1), "rogue": ("a1", 2), "c2": ("a2", 1), "srv": ("a2", 2)}
INSIDE = "TAMBO_INSIDE_NAMESPACE"

TELL = """#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
echo "ip=$ip mask=$subnet router=$router dns=$dns domain=$domain lease=$lease serverid=$serverid"
ip address flush dev "$interface"
ip address add "$ip/$mask" dev "$interface"
"""

SEND = """import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
s.send(bytes.fromhex(sys.argv[1]))"""


def enter_namespaces():
    """Starts this program again in namespaces of its own."""
    need("unshare", "ip", "ping", "mount", "sysctl", "udhcpc", "dnsmasq")
    check(os.geteuid() == 0, "this test makes network namespaces and needs root")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                          "--mount-proc", sys.executable, *sys.argv])


def host_mac(host):
    return f"02:00:00:00:23:{list(HOSTS).index(host) + 1:02x}"


class LinkWatch(threading.Thread):
    """Listens on the link between the switches and keeps what is ARP or DHCP."""

    def __init__(self):
        super().__init__(daemon=True)
        self.frames = 0
        self.wrong = []
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.start()

    def run(self):
        while True:
            frame, (name, *_) = self.socket.recvfrom(65536)
            if name != "a1-a2":
                continue
            self.frames += 1
            if frame[12:14] == b"\x81\x00":
                frame = frame[:12] + frame[16:]
            is_udp = frame[12:14] == b"\x08\x00" and frame[23] == 17
            if frame[12:14] == b"\x08\x06" or (
                    is_udp and int.from_bytes(frame[36:38], "big") in (67, 68)):
                self.wrong.append(frame.hex())


class Net:
    def __init__(self, sandbox, port):
        self.sandbox = sandbox
        self.script = sandbox.path("tell")
        with open(self.script, "w", encoding="ascii") as file:
            file.write(TELL)
        os.chmod(self.script, 0o755)
        self.ovs = OpenVSwitch(sandbox, dummy=False)
        for name, (dpid, version) in SWITCHES.items():
            self.ovs.add_bridge(name, dpid, version)
        run("ip", "link", "add", "a1-a2", "type", "veth", "peer", "name", "a2-a1")
        self.add_port("a1", "a1-a2", 9)
        self.add_port("a2", "a2-a1", 9)
        for host in HOSTS:
            self.add_host(host)
        for name in SWITCHES:
            self.ovs.set_controller(name, port)

    def add_port(self, switch, name, port):
        run("ip", "link", "set", name, "up")
        self.ovs.vsctl("add-port", switch, name, "--", "set", "interface", name,
                       f"ofport_request={port}")
        self.ovs.wait_port(name, port)

    def add_host(self, host):
        switch, port = HOSTS[host]
        run("ip", "netns", "add", host)
        run("ip", "link", "add", host, "type", "veth", "peer", "name", "eth0")
        run("ip", "link", "set", "eth0", "netns", host, "address", host_mac(host))
        self.in_host(host, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        self.in_host(host, "ethtool", "-K", "eth0", "tx", "off")  # A relay keeps checksums as they are.
        self.in_host(host, "ip", "link", "set", "eth0", "up")
        self.add_port(switch, host, port)

    def in_host(self, host, *args, may_fail=False):
        return run("ip", "netns", "exec", host, *args, may_fail=may_fail)

    def lease(self, host):
        """What a client of DHCP is told, as a dictionary."""
        out = self.in_host(host, "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", "8", "-T", "1",
                           "-A", "1", "-O", "domain", "-s", self.script, may_fail=True)
        found = re.search(r"^ip=.*$", out, re.M)
        check(found, f"{host} got no address:\n{out}\n" + open(self.sandbox.path("dnsmasq.log")).read())
        return dict(pair.split("=", 1) for pair in re.findall(r"(\w+=\S*)", found.group(0)))

    def serve(self):
        """dnsmasq at 'srv', with a range of three addresses."""
        self.in_host("srv", "ip", "address", "add", "10.23.0.53/24", "dev", "eth0")
        return Process(["ip", "netns", "exec", "srv", "dnsmasq", "--no-daemon", "--port=0",
                        "--conf-file=/dev/null", "--interface=eth0", "--bind-interfaces",
                        "--dhcp-range=10.23.0.70,10.23.0.72,255.255.255.0,600",
                        "--dhcp-authoritative", "--log-dhcp",
                        f"--dhcp-leasefile={self.sandbox.path('leases')}"],
                       self.sandbox.path("dnsmasq.log"))


def forged_offer(server_mac, client_mac):
    """A DHCPOFFER of 10.66.0.66 in a broadcast frame."""
    server, client = (bytes.fromhex(m.replace(":", "")) for m in (server_mac, client_mac))
    dhcp = (bytes([2, 1, 6, 0]) + b"\x23\x85\x23\x85" + bytes(8) + bytes([10, 66, 0, 66]) + bytes(8) +
            client + bytes(10 + 192) + b"\x63\x82\x53\x63" + bytes([53, 1, 2, 54, 4, 10, 66, 0, 1, 255]))
    udp = (67).to_bytes(2, "big") + (68).to_bytes(2, "big") + (8 + len(dhcp)).to_bytes(2, "big") + b"\0\0"
    ip = bytearray(b"\x45\0" + (28 + len(dhcp)).to_bytes(2, "big") + bytes(4) + bytes([64, 17, 0, 0]) +
                   bytes([10, 66, 0, 1]) + b"\xff" * 4)
    total = sum(int.from_bytes(ip[i:i + 2], "big") for i in range(0, 20, 2))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    ip[10:12] = (~total & 0xffff).to_bytes(2, "big")
    return (b"\xff" * 6 + server + b"\x08\x00" + bytes(ip) + udp + dhcp).hex()


# --- The steps of the test ------------------------------------------------------------------------

def start(net, tambod):
    for dpid, _ in SWITCHES.values():
        tambod.wait_log(f"switch {dpid:016x} at .* is up")
    wait_until("2 links", lambda: len(re.findall(r"link .* is up", tambod.log())) >= 2)
    for name, (_, version) in SWITCHES.items():
        wait_until(f"{name} sends DHCP to the controller", lambda n=name, v=version: len(
            [f for f in net.ovs.flows(n, v) if "tp_dst=67" in f or "tp_dst=68" in f]) == 2)


def pass_on(net, tambod):
    server = net.serve()
    told = net.lease("c1")
    check_equal(told["serverid"], "10.23.0.53", "server of c1")
    check(told["ip"] in ("10.23.0.70", "10.23.0.71", "10.23.0.72"), f"address of c1: {told['ip']}")
    other = net.lease("c2")
    check(other["ip"] != told["ip"], f"both clients got {told['ip']}")
    net.in_host("rogue", sys.executable, "-c", SEND,
                forged_offer(host_mac("rogue"), host_mac("c1")))
    tambod.wait_log(rf"host {host_mac('rogue')} at 0*a1:2 answers DHCP as 10\.66\.0\.1 where no server may be")
    server.stop()
    print(f"dnsmasq gave {told['ip']} and {other['ip']} by way of the trusted port; a rogue was reported")


def serve_pool(net, tambod):
    tambod.stop()
    tambod.config["apps"]["dhcp"]["pools"] = [
        {"name": "lab", "subnet": "10.24.0.0/24", "server": "10.24.0.1", "first": "10.24.0.100",
         "last": "10.24.0.109", "routers": ["10.24.0.254"], "dns": ["10.24.0.53"],
         "domain": "campus.example", "lease_s": 2385}]
    tambod.config["apps"]["dhcp"]["reservations"] = [
        {"pool": "lab", "mac": host_mac("c2"), "ip": "10.24.0.7"}]
    tambod.start()
    start(net, tambod)
    told = net.lease("c1")
    check_equal(told, {"ip": "10.24.0.100", "mask": "255.255.255.0", "router": "10.24.0.254",
                       "dns": "10.24.0.53", "domain": "campus.example", "lease": "2385",
                       "serverid": "10.24.0.1"}, "what c1 is told")
    check_equal(net.lease("c2")["ip"], "10.24.0.7", "address of c2")
    wait_until("c1 reaches c2", lambda: "1 received" in net.in_host(
        "c1", "ping", "-n", "-c", "1", "-W", "1", "10.24.0.7", may_fail=True))
    tambod.restart()
    start(net, tambod)
    check_equal(net.lease("c1")["ip"], "10.24.0.100", "address of c1 after a restart")
    print("tambod gave 10.24.0.100 and the reserved 10.24.0.7, and knew them after a restart")


def scenario(program):
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
        "net.ipv6.conf.default.disable_ipv6=1")
    watch = LinkWatch()
    with Sandbox() as sandbox:
        config = {"core": {"edge_settle_s": 0.2}, "store": {"path": sandbox.path("tambod.sqlite")},
                  "apps": {"dhcp": {"enabled": True, "trusted": [{"switch": "a2", "port": 2}]}}}
        tambod = Tambod(sandbox, program, config)
        net = Net(sandbox, tambod.port)
        start(net, tambod)
        pass_on(net, tambod)
        serve_pool(net, tambod)
        check(watch.frames > 0, "the link between the switches was not watched")
        check(not watch.wrong, f"ARP or DHCP between the switches: {watch.wrong[:3]}")
        print(f"no ARP and no DHCP among {watch.frames} frames between the switches")
        tambod.stop()


def test(program):
    if INSIDE not in os.environ:
        enter_namespaces()
    scenario(program)


if __name__ == "__main__":
    main(test)
