#!/usr/bin/env python3
"""The firewall on Open vSwitch, every OpenFlow version: two access switches with hosts that talk to each
other. A rule that denies cuts one of these flows at once and no other; what comes meanwhile is counted in the
switch; a rule before it lets one kind of frame through, without the controller from OpenFlow 1.3 on; all is the
same while the controller is away and after it has come back; and over when the rules are gone."""

import json
import re
import time
import urllib.request

from ovs_lib import OpenVSwitch, Sandbox, Tambod, check, check_equal, main, udp, wait_until
from ovs_row import SETTINGS, Row


class Rest:
    def __init__(self, tambod):
        self.base = tambod.wait_log(r"REST on (http://127\.0\.0\.1:\d+)").group(1)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method)
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def wait_settled(self):
        wait_until("the firewall is settled",
                   lambda: self.ask("GET", "/v1/firewall")["settled"])


def priority_of(line):
    found = re.search(r"priority=(\d+)", line)
    return int(found.group(1)) if found else 32768


def entries(row, switch):
    """Of rules, in the first table, without what always passes (59999)."""
    return [line for line in row.flows(switch)
            if 50001 <= priority_of(line) < 59999 and not line.startswith("table=")]


def arrives(row, src, dst, payload, **ports):
    frame = udp(src, dst, payload, **ports)
    row.ovs.receive(f"h{src}", frame)
    wait_until(f"{payload} from {src} at {dst}", lambda: frame in row.ovs.sent(f"h{dst}"))
    check_equal(row.ovs.sent(f"h{dst}").count(frame), 1, f"copies of {payload}")


def stays_away(row, src, dst, payload, **ports):
    frame = udp(src, dst, payload, **ports)
    row.ovs.receive(f"h{src}", frame)
    time.sleep(0.2)
    check(frame not in row.ovs.sent(f"h{dst}"), f"{payload} has come from {src} to {dst}")


def to_host(number, **more):
    return {"eth_type": "0x0800", "ipv4_dst": f"10.0.0.{number}/32", **more}


def add(rest, action, priority, match):
    rule = rest.ask("POST", "/v1/firewall/rules",
                    {"action": action, "priority": priority, "match": match})["id"]
    rest.wait_settled()
    return rule


def deny(row, rest):
    """Host 1 may not send to host 3 any more; the way that it had stays, and is of no use."""
    before = row.flows("s1")
    rule = add(rest, "deny", 100, {**to_host(3), "ipv4_src": "10.0.0.1"})
    stays_away(row, 1, 3, b"denied")
    new = [line for line in row.flows("s1") if line not in before and priority_of(line) != 59999]
    check_equal(new, entries(row, "s1"), "what is new at s1")
    check_equal([line for line in before if line not in row.flows("s1")], [], "what has left s1")
    check_equal(len(entries(row, "s2")), 0, "entries of the switch without hosts")
    arrives(row, 2, 3, b"another sender")
    arrives(row, 1, 2, b"another receiver")
    arrives(row, 3, 1, b"the other way")
    return rule


def count(row, rest, rule):
    for i in range(5):
        row.ovs.receive("h1", udp(1, 3, b"counted %d" % i))
    wait_until("the counter has counted",
               lambda: rest.ask("GET", f"/v1/firewall/rules/{rule}")["packets"] == 6)
    check_equal(rest.ask("GET", f"/v1/firewall/rules/{rule}")["packet_ins"], 0, "packet-ins")


def allow(row, rest, version):
    """Before that, one port of host 3 is open to host 1."""
    rule = add(rest, "allow", 200, to_host(3, ip_proto=17, udp_dst=2385))
    arrives(row, 1, 3, b"allowed", dport=2385)
    stays_away(row, 1, 3, b"another port", dport=2386)
    asked = rest.ask("GET", f"/v1/firewall/rules/{rule}")["packet_ins"]
    for i in range(4):
        arrives(row, 1, 3, b"allowed %d" % i, dport=2385)
    more = rest.ask("GET", f"/v1/firewall/rules/{rule}")["packet_ins"] - asked
    check_equal(more, 4 if version == "OpenFlow10" else 0, "packet-ins of what is allowed")
    return rule


def away(row, tambod):
    """Nothing changes while the controller is away, nor when it is back."""
    before = entries(row, "s1"), entries(row, "s3")
    tambod.stop()
    stays_away(row, 1, 3, b"without a controller")
    tambod.start()
    for dpid in (0xa1, 0xa2, 0xa3):
        tambod.wait_log(f"switch {dpid:016x} at .* is up")
    rest = Rest(tambod)
    wait_until("both rules are in force", lambda: all(
        r["entries"] and r["entries"] == r["confirmed"]
        for r in rest.ask("GET", "/v1/firewall/rules")["rules"]))
    check_equal((entries(row, "s1"), entries(row, "s3")), before, "entries after a restart")
    row.announce(1, 2, 3)
    stays_away(row, 1, 3, b"after a restart")
    arrives(row, 2, 3, b"another sender after a restart")
    arrives(row, 1, 3, b"allowed after a restart", dport=2385)
    return rest


def exercise(program, version):
    with Sandbox() as sandbox:
        settings = dict(SETTINGS, store={"path": sandbox.path("tambod.sqlite")},
                        rest={"listen": "127.0.0.1:0"}, apps={"firewall": {"poll_s": 0.2}})
        tambod = Tambod(sandbox, program, settings)
        row = Row(OpenVSwitch(sandbox), version, tambod.port)
        row.wait_ready()
        row.announce(1, 2, 3)
        for src, dst in ((1, 3), (2, 3), (1, 2), (3, 1)):
            arrives(row, src, dst, b"before")
        rest = Rest(tambod)
        rule = deny(row, rest)
        count(row, rest, rule)
        allow(row, rest, version)
        rest = away(row, tambod)
        rest.ask("DELETE", "/v1/firewall/rules")
        rest.wait_settled()
        wait_until("no entry is left", lambda: not any(
            50001 <= priority_of(line) <= 59999 or line.startswith("table=")
            for switch in ("s1", "s2", "s3") for line in row.flows(switch)))
        arrives(row, 1, 3, b"no rule any more")
        tambod.stop()
    print(f"{version}: denied at once and nothing else, counted, allowed before, over a restart")


def test(program):
    for version in ("OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"):
        exercise(program, version)


main(test)
