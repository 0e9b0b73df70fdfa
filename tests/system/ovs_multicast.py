#!/usr/bin/env python3
"""IP multicast on Open vSwitch with real hosts: sockets that join (IGMPv3 of the kernel) get one copy of
every datagram, nobody else gets one, who leaves gets no more, and logical networks hold.

Three switches in a row, h1 and h2 at s1, h3 at s2, h4 and h5 at s3. Everything happens in network, mount and
process namespaces that end with the test. It needs root."""

import http.client
import json
import os
import re
import sys

from ovs_lib import (OpenVSwitch, Process, Sandbox, Tambod, check, check_equal, main, need, run, wait_until)

SWITCHES = {"s1": 0xa1, "s2": 0xa2, "s3": 0xa3}
VERSIONS = {"s1": "OpenFlow13", "s2": "OpenFlow13", "s3": "OpenFlow10"}
HOSTS = {"h1": "s1", "h2": "s1", "h3": "s2", "h4": "s3", "h5": "s3"}
GROUP = "239.2.3.85"
INSIDE = "TAMBO_INSIDE_NAMESPACE"
N_FRAMES = 40

JOIN = """
import socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 4711))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
             socket.inet_aton(sys.argv[1]) + socket.inet_aton(sys.argv[2]))
while True:
    print("socket", struct.unpack("!I", s.recv(99)[:4])[0], flush=True)
"""
# What comes in at the host's line, whether or not a socket wants it.
WATCH = """
import socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(0x0800))
print("watching", flush=True)
while True:
    data, address = s.recvfrom(2048)
    if address[2] != socket.PACKET_OUTGOING and data[23] == 17 and data[36:38] == b"\\x12\\x67":
        print("line", struct.unpack("!I", data[42:46])[0], flush=True)
"""
# Without checksums: the kernel leaves them to a line that has none to compute.
SEND = """
import socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 11, 1) # SO_NO_CHECK
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    s.sendto(struct.pack("!I", number), (sys.argv[1], 4711))
    time.sleep(0.01)
"""


def enter_namespaces():
    """Starts this program again in namespaces of its own."""
    need("unshare", "ip", "mount", "sysctl")
    check(os.geteuid() == 0, "this test makes network namespaces and needs root")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                          "--mount-proc", sys.executable, *sys.argv])


class Row:
    def __init__(self, sandbox, port):
        self.sandbox = sandbox
        self.ovs = OpenVSwitch(sandbox, dummy=False)
        for name, dpid in SWITCHES.items():
            self.ovs.add_bridge(name, dpid, VERSIONS[name])
        for a, b in (("s1", "s2"), ("s2", "s3")):
            self.add_veth(f"{a}-{b}", f"{b}-{a}")
            self.add_port(a, f"{a}-{b}", 11)
            self.add_port(b, f"{b}-{a}", 12)
        for host, switch in HOSTS.items():
            self.add_host(host, switch)
        for name in SWITCHES:
            self.ovs.set_controller(name, port)
        self.joined = {}
        self.next = 1

    def add_veth(self, a, b):
        run("ip", "link", "add", a, "type", "veth", "peer", "name", b)

    def add_port(self, switch, name, port):
        run("ip", "link", "set", name, "up")
        self.ovs.vsctl("add-port", switch, name, "--", "set", "interface", name, f"ofport_request={port}")
        self.ovs.wait_port(name, port)

    def add_host(self, host, switch):
        run("ip", "netns", "add", host)
        self.add_veth(host, "eth0")
        run("ip", "link", "set", "eth0", "netns", host, "address", f"02:00:00:00:01:0{host[1]}")
        self.in_host(host, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        self.in_host(host, "ip", "address", "add", self.ip(host) + "/24", "dev", "eth0")
        self.in_host(host, "ip", "link", "set", "eth0", "up")
        self.in_host(host, "ip", "route", "add", "224.0.0.0/4", "dev", "eth0")
        self.add_port(switch, host, int(host[1]))

    @staticmethod
    def ip(host):
        return f"10.0.0.{host[1]}"

    def in_host(self, host, *args):
        return run("ip", "netns", "exec", host, *args)

    def python(self, host, what, code, *args):
        return Process(["ip", "netns", "exec", host, sys.executable, "-c", code, *args],
                       self.sandbox.path(f"{host}.{what}"))

    def seen(self, host, what):
        """The numbers that a socket got, or that came in at the line."""
        if not os.path.exists(self.sandbox.path(f"{host}.{what}")):
            return []
        with open(self.sandbox.path(f"{host}.{what}"), errors="replace") as file:
            return [int(n) for n in re.findall(r"^(?:socket|line) (\d+)$", file.read(), re.M)]

    def join(self, host):
        self.joined[host] = self.python(host, "socket", JOIN, GROUP, self.ip(host))

    def leave(self, host):
        self.joined.pop(host).stop()  # The kernel tells the network.

    def stream(self, host):
        """Sends some datagrams to the group; the numbers they have."""
        first, self.next = self.next, self.next + N_FRAMES
        self.in_host(host, sys.executable, "-c", SEND, GROUP, str(first), str(self.next))
        return list(range(first, self.next))

    def stream_reaches(self, sender, listeners):
        """True when each listener, and nobody else, got one copy of each datagram."""
        numbers = self.stream(sender)
        wait_until("the last datagram", lambda: all(
            numbers[-1] in self.seen(h, "line") for h in listeners) or None, 3)
        for host in HOSTS:
            got = [n for n in self.seen(host, "line") if n >= numbers[0]]
            if got != (numbers if host in listeners else []):
                print(f"  {host} got {got[:5]}... ({len(got)})")
                return False
        for host in listeners:
            check_equal([n for n in self.seen(host, "socket") if n >= numbers[0]], numbers,
                        f"what the socket of {host} got")
        return True


def ask(port, method, path, body=None):
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    conn.request(method, path, body=None if body is None else json.dumps(body),
                 headers={"Content-Type": "application/json"} if body is not None else {})
    reply = conn.getresponse()
    text = reply.read().decode()
    check(reply.status < 300, f"{method} {path}: {reply.status} {text}")
    return json.loads(text) if text else None


def listeners(port):
    groups = ask(port, "GET", "/v1/multicast-groups")["groups"]
    return sorted(f"{l['dpid'][-2:]}-{l['port']}" for g in groups if g["group"] == GROUP
                  for l in g["listeners"])


def settle(row, what, sender, expected):
    """The first datagrams may go by the controller, or reach nobody: it converges."""
    def probe():
        try:
            return row.stream_reaches(sender, expected)
        except Exception as why:  # Of this stream; the next one is looked at anew.
            print(f"  not yet: {why}")
            return False
    wait_until(what, probe, 20, 0.2)
    check(row.stream_reaches(sender, expected), f"{what}, for the length of a stream")
    print(what)


def scenario(program):
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    with Sandbox() as sandbox:
        tambod = Tambod(sandbox, program, {
            "core": {"edge_settle_s": 0.2}, "rest": {"listen": "127.0.0.1:0"},
            "apps": {"multicast": {"enabled": True, "last_member_s": 1}}})
        port = int(tambod.wait_log(r"REST on http://127\.0\.0\.1:(\d+)").group(1))
        row = Row(sandbox, tambod.port)
        wait_until("four links", lambda: len(ask(port, "GET", "/v1/links")["links"]) == 4)
        watches = [row.python(h, "line", WATCH) for h in HOSTS]
        for host in ("h2", "h3", "h5"):
            row.join(host)
        wait_until("three listeners", lambda: listeners(port) == ["a1-2", "a2-3", "a3-5"])
        settle(row, "h2, h3 and h5 have joined and get one copy of each datagram", "h1",
               ("h2", "h3", "h5"))
        check(any(GROUP in flow for flow in row.ovs.flows("s1", VERSIONS["s1"])), "no entry for the group")
        row.leave("h3")
        wait_until("h3 is no listener", lambda: listeners(port) == ["a1-2", "a3-5"])
        settle(row, "h3 has left and gets nothing", "h1", ("h2", "h5"))
        ask(port, "PUT", "/v1/networks/2", {"name": "senders"})
        ask(port, "PUT", "/v1/networks/3", {"name": "others"})
        ask(port, "POST", "/v1/networks/2/rules", {"rule": "mac 02:00:00:00:01:01"})
        ask(port, "POST", "/v1/networks/3/rules", {"rule": "mac 02:00:00:00:01:05"})
        ask(port, "PUT", "/v1/networks/2/blocked/3")
        settle(row, "h5 may not hear h1 and gets nothing of it", "h1", ("h2",))
        settle(row, "h5 hears h4", "h4", ("h2", "h5"))
        ask(port, "DELETE", "/v1/networks/2/blocked/3")
        settle(row, "h5 hears h1 again", "h1", ("h2", "h5"))
        check(all(w.is_running() for w in watches), "a watch has ended")
        tambod.stop()


def test(program):
    if INSIDE not in os.environ:
        enter_namespaces()
    scenario(program)


if __name__ == "__main__":
    main(test)
