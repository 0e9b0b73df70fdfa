#!/usr/bin/env python3
"""A flow table that is full: the switch says so, the controller reports it, the frames arrive all the
same, and entries are used again as soon as there is room."""

import re

from ovs_lib import OpenVSwitch, Sandbox, Tambod, check, check_equal, main
from ovs_row import SETTINGS, Row


def limit_table(ovs, switch, n_entries):
    ovs.vsctl("--", "--id=@t", "create", "Flow_Table", f"flow_limit={n_entries}",
              "overflow_policy=refuse", "--", "set", "bridge", switch, "flow_tables:0=@t")


def exercise(program, version):
    with Sandbox() as sandbox:
        ovs = OpenVSwitch(sandbox)
        tambod = Tambod(sandbox, program, SETTINGS)
        row = Row(ovs, version, tambod.port)
        row.wait_ready()
        row.announce(1, 2, 3)
        row.send(3, 1, b"before the limit")  # Makes the reverse entry of host 1.
        full = row.flows("s1")
        limit_table(ovs, "s1", len(full))

        for number in range(3):
            row.send(1, 3, b"table full %d" % number)
        check_equal(row.flows("s1"), full, "entries of the full switch")
        tambod.wait_log(r"127\.0\.0\.1:\d+: error FLOW_TABLE_FULL")
        check(not re.search(r"datapath: switch 00000000000000a1 .*is gone", tambod.log()),
              "the switch was lost")

        limit_table(ovs, "s1", len(full) + 10)
        row.send(1, 3, b"room again")
        check(row.ingress(3, 11, "s3") in row.flows("s1"), "the entry was not written later")
        tambod.stop()
        print(f"{version}: refused, reported, delivered")


def test(program):
    for version in ("OpenFlow10", "OpenFlow13"):
        exercise(program, version)


main(test)
