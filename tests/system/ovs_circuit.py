#!/usr/bin/env python3
"""Circuit trees on Open vSwitch, every OpenFlow version: a root is registered over HTTP, the tables hold
the predicted entries, first frames go both ways without a packet-in, the root is told aliases, and all is
there after a restart and gone when the root is removed."""

import json
import urllib.request

from ovs_lib import (OpenVSwitch, Sandbox, Tambod, arp, check, check_equal, ip, mac, mac_text, main, udp,
                     wait_equal, wait_until)
from ovs_row import PLACES, SETTINGS, Row

ROOT = 3
TO_CONTROLLER = "CONTROLLER:65535"


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


def untagged(version):
    return "vlan_tci=0x0000" if version == "OpenFlow10" else "vlan_tci=0x0000/0x1fff"


def to_alias(version, alias):
    return alias if version == "OpenFlow10" else f"{alias}/ff:ff:ff:ff:00:00"


def alias(number):
    """The cluster id 'number', with the default prefix."""
    return f"06:54:00:{number:02x}:00:00"


def tree_entries(row, switch, ids):
    """The entries of circuits, as predicted for the row s1 - s2 - s3 with the root at s3."""
    down, own = ((lambda s, port: f"priority=150,{untagged(row.version)},dl_dst="
                  f"{to_alias(row.version, alias(ids[s]))} actions=output:{port}"),
                 (lambda s: f"priority=150,{untagged(row.version)},dl_dst="
                  f"{to_alias(row.version, alias(ids[s]))} actions={TO_CONTROLLER}"))

    def up(port):
        return f"priority=150,{untagged(row.version)},dl_dst={mac_text(ROOT)} actions=output:{port}"

    def reverse(host):
        place, port = PLACES[host]
        put = "mod_dl_dst:" + mac_text(host) if row.version == "OpenFlow10" else \
            f"set_field:{mac_text(host)}->eth_dst"
        return (f"priority=151,ip,{untagged(row.version)},dl_dst="
                f"{to_alias(row.version, alias(ids[place]))},nw_dst={'.'.join(map(str, ip(host)))} "
                f"actions={put},output:{port}")
    return {"s1": [own("s1"), up(11), reverse(1), reverse(2)],
            "s2": [down("s1", 12), up(13)],
            "s3": [own("s3"), up(1), down("s1", 11), reverse(3)]}[switch]


def circuits(row, switch):
    return [line for line in row.flows(switch) if line.startswith(("priority=150,", "priority=151,"))]


def wait_circuits(row, ids):
    for switch in ("s1", "s2", "s3"):
        expected = tree_entries(row, switch, ids) if ids else []
        wait_equal(f"circuits of {switch}", lambda s=switch: circuits(row, s), expected)


def told(row, target):
    """The address that the root is told for 'target'."""
    question = arp(1, ROOT, target)
    before = len(row.ovs.sent(f"h{ROOT}"))
    row.ovs.receive(f"h{ROOT}", question)
    answers = wait_until("an answer", lambda: [
        f for f in row.ovs.sent(f"h{ROOT}")[before:] if f[12:14] == b"\x08\x06" and f[20:22] == b"\0\2"])
    return answers[-1][22:28].hex(":")


def exchange(row, ids, payload):
    """From host 1 to the root and back, by the alias."""
    frame = udp(1, ROOT, payload)
    row.ovs.receive("h1", frame)
    wait_until("a frame at the root", lambda: frame in row.ovs.sent("h3"))
    back, expected = udp(ROOT, 1, payload), udp(ROOT, 1, payload)
    row.ovs.receive("h3", bytes.fromhex(alias(ids["s1"]).replace(":", "")) + back[6:])
    wait_until("a frame of the root", lambda: expected in row.ovs.sent("h1"))


def exercise(program, version):
    with Sandbox() as sandbox:
        settings = dict(SETTINGS, store={"path": sandbox.path("tambod.sqlite")},
                        rest={"listen": "127.0.0.1:0"})
        tambod = Tambod(sandbox, program, settings)
        row = Row(OpenVSwitch(sandbox), version, tambod.port)
        row.wait_ready()
        row.announce(1, 2, 3)
        root = "10.0.0.3"
        Rest(tambod).ask("POST", "/v1/circuit-roots", {"address": root})
        wait_until("the root is ready", lambda: Rest(tambod).ask(
            "GET", f"/v1/circuit-roots/{root}")["state"] == "ready")
        alias_1 = told(row, 1)
        ids = {"s1": int(alias_1.split(":")[3], 16)}
        ids["s3"] = 3 - ids["s1"]
        check_equal(alias_1, alias(ids["s1"]), f"alias of s1 ({mac(1).hex()})")
        wait_circuits(row, ids)
        exchange(row, ids, b"without a packet-in")
        check(not any("priority=200," in line for line in row.flows("s1")), "an ingress entry")
        tambod.restart()
        for dpid in (0xa1, 0xa2, 0xa3):
            tambod.wait_log(f"switch {dpid:016x} at .* is up")
        wait_circuits(row, ids)
        exchange(row, ids, b"after a restart")
        Rest(tambod).ask("DELETE", f"/v1/circuit-roots/{root}")
        wait_circuits(row, None)
        tambod.stop()
    print(f"{version}: circuits as predicted, both ways, over a restart, and gone")


def test(program):
    for version in ("OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"):
        exercise(program, version)


main(test)
