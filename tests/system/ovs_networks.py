#!/usr/bin/env python3
"""Logical networks on Open vSwitch, every OpenFlow version: two access switches, networks by port and by MAC
address made over HTTP. When two are blocked the way of their hosts is gone at once and an entry drops what
they send; others lose no frame. It is the same after a restart, and over when they are unblocked."""

import json
import time
import urllib.request

from ovs_lib import (OpenVSwitch, Sandbox, Tambod, arp, check, main, mac_text, udp, wait_until)
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


def entries(row, switch, priority):
    return [line for line in row.flows(switch) if f"priority={priority}," in line]


def trace(row, host, target):
    """Where the tables of s1 lead a frame, by Open vSwitch's own account."""
    text = row.ovs.appctl("ofproto/trace", "s1", f"in_port={host},udp,dl_src={mac_text(host)},dl_dst="
                          f"{mac_text(target)},nw_src=10.0.0.{host},nw_dst=10.0.0.{target}")
    return text[text.rindex("Datapath actions:"):]


def stays_away(row, src, dst, payload):
    frame = udp(src, dst, payload)
    row.ovs.receive(f"h{src}", frame)
    time.sleep(0.5)
    check(frame not in row.ovs.sent(f"h{dst}"), f"{payload} has come from {src} to {dst}")


def wait_settled(rest):
    wait_until("all is settled",
               lambda: rest.ask("GET", "/v1/networks/2/blocked").get("settled", True))


def make_networks(rest):
    rest.ask("PUT", "/v1/networks/2", {"name": "lab"})
    rest.ask("PUT", "/v1/networks/4", {"name": "staff"})
    rest.ask("POST", "/v1/networks/2/rules", {"rule": "port 00000000000000a1-1"})
    rest.ask("POST", "/v1/networks/4/rules", {"rule": f"mac {mac_text(3)}"})


def exercise(program, version):
    with Sandbox() as sandbox:
        settings = dict(SETTINGS, store={"path": sandbox.path("tambod.sqlite")},
                        rest={"listen": "127.0.0.1:0"})
        tambod = Tambod(sandbox, program, settings)
        row = Row(OpenVSwitch(sandbox), version, tambod.port)
        row.wait_ready()
        make_networks(Rest(tambod))
        row.announce(1, 2, 3)
        row.send(1, 3, b"before")
        row.send(2, 3, b"before, too")
        wait_until("an entry for each port of a network",
                   lambda: len(entries(row, "s1", 1)) == len(entries(row, "s3", 1)) == 1)
        Rest(tambod).ask("PUT", "/v1/networks/2/blocked/4")
        wait_until("the entry for everybody is gone", lambda: not any(
            mac_text(3) in line and mac_text(2) not in line for line in entries(row, "s1", 200)))
        wait_settled(Rest(tambod))
        row.send(2, 3, b"nobody else is lost")
        wait_until("an entry for host 2", lambda: any(
            mac_text(2) in line and mac_text(3) in line for line in entries(row, "s1", 200)))
        stays_away(row, 1, 3, b"blocked")
        stays_away(row, 3, 1, b"blocked back")
        wait_until("an entry that drops", lambda: entries(row, "s1", 40000))
        check("drop" in trace(row, 1, 3), f"traced to {trace(row, 1, 3)}")
        check("drop" not in trace(row, 2, 3), f"traced to {trace(row, 2, 3)}")
        answers = row.ovs.sent("h1").count(arp(2, 3, 1))
        row.ovs.receive("h1", arp(1, 1, 3))
        time.sleep(0.3)
        check(row.ovs.sent("h1").count(arp(2, 3, 1)) == answers, "host 1 is told where host 3 is")
        tambod.restart()
        for dpid in (0xa1, 0xa2, 0xa3):
            tambod.wait_log(f"switch {dpid:016x} at .* is up")
        row.announce(2, 3)
        stays_away(row, 1, 3, b"after a restart")
        row.send(2, 3, b"after a restart, too")
        Rest(tambod).ask("DELETE", "/v1/networks/2/blocked/4")
        wait_until("nothing drops", lambda: not entries(row, "s1", 40000))
        row.send(1, 3, b"unblocked")
        row.send(3, 1, b"unblocked back")
        tambod.stop()
    print(f"{version}: blocked at once, nobody else, over a restart, and unblocked")


def test(program):
    for version in ("OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"):
        exercise(program, version)


main(test)
