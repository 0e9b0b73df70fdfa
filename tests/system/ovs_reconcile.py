#!/usr/bin/env python3
"""Restarts and interference: a switch that has lost its entries gets them back, a controller that
restarts takes over the entries that it finds and flushes nothing, an entry that somebody has taken
away or changed while nobody was looking is put right, and entries of others are left alone."""

from ovs_lib import OpenVSwitch, Sandbox, Tambod, check, check_lists, main
from ovs_row import SETTINGS, SWITCHES, Row


def settle(row):
    """Traffic until every host has its entries; returns the tables."""
    row.wait_ready()
    row.announce(1, 2, 3)
    row.send(1, 3, b"one to three")
    row.send(3, 2, b"three to two")
    row.send(3, 1, b"three to one")
    return {name: row.flows(name) for name in SWITCHES}


def permanent(tables, name):
    return [line for line in tables[name] if "idle_timeout" not in line]


def restart_switches(row, ovs):
    """Open vSwitch comes back with empty tables. What is permanent is written again, entries with a
    time-out count as expired and come back with the traffic."""
    tables = settle(row)
    ovs.restart_vswitchd()
    for name in SWITCHES:
        row.wait_flows(name, permanent(tables, name))
    row.announce(1, 2, 3)
    row.send(1, 3, b"one to three, restarted")
    row.send(3, 2, b"three to two, restarted")
    row.send(3, 1, b"three to one, restarted")
    for name in SWITCHES:
        row.wait_flows(name, tables[name])


def counters(row, name):
    return {line: c["n_packets"] for line, c in row.ovs.flows_and_counters(name, row.version)}


def restart_controller(row, tambod):
    """The entries stay, with their counters, and carry frames all the time."""
    tables = {name: row.flows(name) for name in SWITCHES}
    before = {name: counters(row, name) for name in SWITCHES}
    tambod.stop()
    row.send(1, 3, b"no controller")
    tambod.start()
    for dpid in (0xa1, 0xa2, 0xa3):
        tambod.wait_log(f"switch {dpid:016x} at .* is up")
    row.send(1, 3, b"new controller")
    row.announce(1, 2, 3)
    row.send(2, 3, b"a second sender")
    for name in SWITCHES:
        check_lists(row.flows(name), tables[name], f"entries of {name} after the restart")
        after = counters(row, name)
        for line, n_packets in before[name].items():
            check(after[line] >= n_packets, f"{name}: \"{line}\" has been written anew")


def meddle(row, tambod):
    """While s2 is cut off somebody takes an entry away, bends another one and adds one of his own."""
    stranger = "priority=7,in_port=12,dl_type=0x88b5 actions=drop"
    tables = {name: row.flows(name) for name in SWITCHES}
    # To a port where nobody listens: without any controller Open vSwitch would flush the table.
    row.ovs.set_controller("s2", 1)
    tambod.wait_log("switch 00000000000000a2 at .* is gone")
    row.ovs.ofctl("s2", "del-flows", "priority=300,dl_vlan=2", version=row.version, strict=True)
    row.ovs.ofctl("s2", "mod-flows", "priority=300,dl_vlan=3,actions=drop", version=row.version,
                  strict=True)
    row.ovs.ofctl("s2", "add-flow", "cookie=0x77," + stranger.replace(" actions", ",actions"),
                  version=row.version)
    row.ovs.set_controller("s2", tambod.port)
    row.wait_flows("s2", tables["s2"] + [stranger])
    # Open vSwitch brings its datapath's cache into line with the tables a moment later.
    row.ovs.appctl("revalidator/wait")
    row.send(1, 3, b"put right")


def exercise(program, version):
    with Sandbox() as sandbox:
        ovs = OpenVSwitch(sandbox)
        config = dict(SETTINGS, store={"path": sandbox.path("tambod.sqlite")})
        tambod = Tambod(sandbox, program, config)
        row = Row(ovs, version, tambod.port)
        restart_switches(row, ovs)
        restart_controller(row, tambod)
        meddle(row, tambod)
        tambod.stop()
        print(f"{version}: switches, controller and entries came back as they were")


def test(program):
    for version in ("OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"):
        exercise(program, version)


main(test)
