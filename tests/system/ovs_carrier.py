#!/usr/bin/env python3
"""Labels as 802.1ad S-tags with Open vSwitch: frames of hosts that tag with the id of a label arrive as
they are, where they should; and so do frames without a tag, with every version of OpenFlow."""

import struct

from ovs_entries import ALL_TO_CONTROLLER
from ovs_lib import (OpenVSwitch, Sandbox, Tambod, check, check_equal, mac_text, main, udp,
                     wait_equal, wait_until)
from ovs_row import LABELS, PLACES, SETTINGS, SWITCHES, Row


def tagged(frame, vid):
    data = bytes.fromhex(frame) if isinstance(frame, str) else frame
    data = data[:12] + struct.pack("!HH", 0x8100, vid) + data[12:]
    return data.hex() if isinstance(frame, str) else data


def check_guards(row):
    """One for each edge port; OpenFlow 1.0 has none."""
    for switch in SWITCHES:
        ports = sorted(port for place, port in PLACES.values() if place == switch)
        expected = [] if row.version == "OpenFlow10" else [
            f"priority=410,in_port={port},vlan_tci=0x1000/0x1000 actions={ALL_TO_CONTROLLER}"
            for port in ports]
        guards = sorted(line.replace('"', "") for line in row.flows(switch) if "priority=410," in line)
        check_equal(len(guards), len(expected), f"guards of {switch}: {guards}")


def wait_ready(row):
    """Guards come as soon as ports have turned out to be edges."""
    for switch in SWITCHES:
        wait_equal(f"entries of {switch}",
                   lambda switch=switch: [line for line in row.flows(switch)
                                          if "priority=410," not in line],
                   row.infrastructure())


def send_tagged(row, src, dst, vid, payload):
    frame = tagged(udp(src, dst, payload), vid)
    row.ovs.receive(f"h{src}", frame)
    wait_until(f"{payload} with tag {vid} at host {dst}", lambda: frame in row.ovs.sent(f"h{dst}"))
    check_equal(row.ovs.sent(f"h{dst}").count(frame), 1, f"copies of {payload}")
    for other in PLACES:
        if other not in (src, dst):
            check(frame not in row.ovs.sent(f"h{other}"), f"{payload} at host {other}")


def exercise(program, version):
    settings = dict(SETTINGS, apps={"clustering": {"carrier": "vlan_ad"}})
    with Sandbox() as sandbox:
        ovs = OpenVSwitch(sandbox)
        tambod = Tambod(sandbox, program, settings)
        row = Row(ovs, version, tambod.port)
        wait_ready(row)
        row.announce(1, 2, 3)
        for n in range(3):
            row.send(1, 3, f"there {n}".encode())
            row.send(3, 1, f"back {n}".encode())
        if version != "OpenFlow10":
            push = [line for line in row.flows("s1") if "priority=200," in line and
                    mac_text(3) in line]
            check(len(push) == 1 and "push_vlan:0x88a8" in push[0], f"no S-tag: {push}")
            for vid in (*LABELS.values(), 2385):
                for n in range(3):
                    send_tagged(row, 1, 3, vid, f"tagged {vid} {n}".encode())
                    send_tagged(row, 3, 2, vid, f"to another {vid} {n}".encode())
                    send_tagged(row, 2, 1, vid, f"at home {vid} {n}".encode())
            entries = [line for line in row.flows("s1") if "priority=420," in line]
            check_equal(len(entries), 6, f"entries of two pairs, with three ids: {entries}")
        check_guards(row)
        tambod.stop()
        check(" error " not in tambod.log(), f"errors in the log:\n{tambod.log()}")
        print(f"{version}: S-tags carry frames with and without tags of hosts")


def test(program):
    for version in ("OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"):
        exercise(program, version)


main(test)
