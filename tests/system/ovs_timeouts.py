#!/usr/bin/env python3
"""Idle time-outs on switches whose clock is ours: an ingress entry lives while it is used, expires
when it has been idle for the holding time, and the next frame brings it back."""

from ovs_lib import OpenVSwitch, Sandbox, Tambod, check, main
from ovs_row import SETTINGS, Row

HOLD_S = 20
CHECK_MS = 1000  # Open vSwitch looks for expired entries once a second.


def exercise(program, version):
    with Sandbox() as sandbox:
        ovs = OpenVSwitch(sandbox)
        tambod = Tambod(sandbox, program, dict(SETTINGS, apps={"clustering": {"hold_s": HOLD_S}}))
        row = Row(ovs, version, tambod.port)
        entry = row.ingress(3, 11, "s3", HOLD_S)
        row.wait_ready()
        row.announce(1, 3)
        row.send(1, 3, b"sets up")
        check(entry in row.flows("s1"), "there is no ingress entry")

        ovs.stop_time()
        for number in range(3):
            row.send(1, 3, b"keeps alive %d" % number)
            ovs.warp(HOLD_S * 1000 - CHECK_MS)
            check(entry in row.flows("s1"), f"expired before {HOLD_S} s of silence ({number})")
        ovs.warp(2 * CHECK_MS)
        check(entry not in row.flows("s1"), f"not expired after {HOLD_S} s of silence")
        check(row.own("s3") in row.flows("s3"), "a permanent entry has expired")

        row.send(1, 3, b"sets up again")
        check(entry in row.flows("s1"), "the entry did not come back")
        ovs.warp(HOLD_S * 1000 + CHECK_MS)
        check(entry not in row.flows("s1"), "the second entry has not expired")
        tambod.stop()
        print(f"{version}: expired at {HOLD_S} s, not before, and came back")


def test(program):
    for version in ("OpenFlow10", "OpenFlow13"):
        exercise(program, version)


main(test)
