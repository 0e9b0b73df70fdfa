#!/usr/bin/env python3
"""Bundles on Open vSwitch, OpenFlow 1.4 and 1.5, as the message tap sees them: what a stage changes on a
switch goes there as open, adds and commit before one barrier, and the tables hold what they hold
without bundles. When a table has no room for all of it the switch undoes the whole, and gets what fits
on its own."""

import re
import struct

from ovs_lib import OpenVSwitch, Sandbox, Tambod, check, check_equal, main, need, run, wait_until
from ovs_row import SETTINGS, Row

DISSECTORS = {"OpenFlow14": "openflow_v5", "OpenFlow15": "openflow_v6"}
ERROR, FLOW_MOD, BARRIER_REQUEST, BUNDLE_CONTROL, BUNDLE_ADD = 1, 14, 20, 33, 34


def letter(message):
    """o, O: open and its answer; c, C: commit; d, D: discard; A add; F flow-mod; b barrier; E error."""
    if message[1] == BUNDLE_CONTROL:
        return "oOxXcCdD"[struct.unpack("!H", message[12:14])[0]]
    if message[1] == BUNDLE_ADD:
        check_equal(message[17], FLOW_MOD, "type of the message inside")
        check_equal(message[20:24], message[4:8], "xid of the message inside")
    return {BUNDLE_ADD: "A", FLOW_MOD: "F", BARRIER_REQUEST: "b", ERROR: "E"}.get(message[1], "")


def wire(capture):
    """What the capture holds of each direction of each connection: a string of letters."""
    with open(capture, "rb") as file:
        data = file.read()
    streams, at = {}, 24
    while at < len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        frame = data[at + 16:at + 16 + size]
        ends = frame[26:38]
        streams[ends] = streams.get(ends, b"") + frame[34 + (frame[46] >> 4) * 4:]
        at += 16 + size
    letters = []
    for stream in streams.values():
        found, at = "", 0
        while len(stream) >= at + 8:
            size = struct.unpack("!H", stream[at + 2:at + 4])[0]
            found += letter(stream[at:at + size])
            at += size
        letters.append(found)
    return letters


def check_dissection(capture, version):
    """tshark sees bundles and finds nothing malformed; its 1.5 fails at every OXM field."""
    def count(expression):
        return len([line for line in run("tshark", "-r", capture, "-Y", expression).splitlines()
                    if not line.startswith("Running as")])
    check(count(f"{DISSECTORS[version]}.type == {BUNDLE_ADD}") > 0, "tshark sees no bundle")
    if version == "OpenFlow14":
        check_equal(count("_ws.malformed"), 0, "malformed packets")


class Scene:
    def __init__(self, sandbox, program, version, bundles):
        self.ovs = OpenVSwitch(sandbox)
        self.capture = sandbox.path("tap.pcap")
        core = dict(SETTINGS["core"], bundles=bundles)
        self.tambod = Tambod(sandbox, program, dict(SETTINGS, core=core, tap={"file": self.capture}))
        self.row = Row(self.ovs, version, self.tambod.port)
        self.row.wait_ready()

    def converse(self):
        self.row.announce(1, 2, 3)
        self.row.send(1, 3, b"over the core")
        self.row.send(3, 1, b"and back")

    def end(self):
        """What was seen on the wire, by direction."""
        self.tambod.stop()
        return wire(self.capture)


def entries(row):
    own = row.infrastructure
    return {"s1": own() + [row.own("s1"), row.reverse(1), row.reverse(2), row.ingress(3, 11, "s3")],
            "s2": own() + [row.transit("s1", 12), row.transit("s3", 13)],
            "s3": own() + [row.own("s3"), row.reverse(3), row.ingress(1, 11, "s1")]}


def exercise(program, version, bundles):
    with Sandbox() as sandbox:
        scene = Scene(sandbox, program, version, bundles)
        scene.converse()
        for switch, expected in entries(scene.row).items():
            scene.row.wait_flows(switch, expected)
        seen = scene.end()
        check_equal("".join(seen).count("E"), 0, "errors")
        requests = "".join(s for s in seen if "b" in s)
        answers = "".join(s for s in seen if "b" not in s)
        if not bundles:
            check(not re.search("[oAcOC]", requests + answers), f"bundles, though not wanted: {seen}")
            return
        found = re.findall("oA+cb", requests)
        check(len(found) >= 2, f"s1 and s3 have no bundle each: {seen}")
        check_equal(sum(f.count("A") for f in found), requests.count("A"), "adds in whole bundles")
        check_equal(answers, "OC" * len(found), "answers")
        check_dissection(scene.capture, version)
        print(f"{version}: {len(found)} bundles of {requests.count('A')} entries, all confirmed")


def limit_table(ovs, switch, n_entries):
    """Returns when the limit is in force."""
    run("ovs-vsctl", f"--db={ovs.db}", "--timeout=20", "--", "--id=@t", "create",
        "Flow_Table", f"flow_limit={n_entries}", "overflow_policy=refuse",
        "--", "set", "bridge", switch, "flow_tables:0=@t", env=ovs.env)


def exercise_full(program, version):
    """Room for one of the two entries of a stage: the bundle is undone, one of them is written, and the
    other one when there is room."""
    with Sandbox() as sandbox:
        scene = Scene(sandbox, program, version, True)
        row = scene.row
        row.announce(1, 2)
        limit_table(scene.ovs, "s3", len(row.infrastructure()) + 1)
        row.announce(3)
        wait_until("one entry", lambda: len(row.flows("s3")) == len(row.infrastructure()) + 1)
        limit_table(scene.ovs, "s3", 1000)
        row.wait_flows("s3", row.infrastructure() + [row.own("s3"), row.reverse(3)], within_s=40)
        seen = scene.end()
        check(any(re.search("oAAcbFb", s) for s in seen), f"the rest was not sent again: {seen}")
        check(any(re.search("OEE", s) for s in seen), f"no refused bundle: {seen}")
        print(f"{version}: a bundle without room is undone, and done in parts")


def test(program):
    need("tshark")
    for version in DISSECTORS:
        exercise(program, version, True)
        exercise(program, version, False)
        exercise_full(program, version)


main(test)
