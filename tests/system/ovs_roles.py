#!/usr/bin/env python3
"""Roles on Open vSwitch: a slave writes nothing, a second master overthrows the first, which is passive
from then on, and Open vSwitch takes the masks of asynchronous messages."""

from ovs_lib import OpenVSwitch, Sandbox, Tambod, check, check_equal, main, wait_equal
import ovs_entries


def settings(role, generation):
    return {"core": {"role": role, "generation_id": generation, "edge_settle_s": 0.1}}


def exercise(program, version):
    with Sandbox() as sandbox:
        ovs = OpenVSwitch(sandbox)
        slave = Tambod(sandbox, program, settings("slave", 1), "slave")
        ovs.add_bridge("s1", 0xa1, version)
        ovs.set_controller("s1", slave.port)
        slave.wait_log("our role is slave")
        slave.wait_log("is up")
        check_equal(ovs.flows("s1", version), [], "entries that a slave has written")
        first = Tambod(sandbox, program, settings("master", 5), "first")
        ovs.set_controller("s1", first.port)
        wait_equal("entries of the master", lambda: ovs.flows("s1", version),
                   ovs_entries.infrastructure(), 15.0)
        first.wait_log("our role is master")
        second = Tambod(sandbox, program, settings("master", 3), "second")
        ovs.vsctl("set-controller", "s1", f"tcp:127.0.0.1:{first.port}",
                  f"tcp:127.0.0.1:{second.port}")
        second.wait_log("our role is master")  # 3 is stale: 6 is asked for.
        first.wait_log("our role is slave")  # A role status says so, in 1.3 as an extension.
        check_equal(ovs.flows("s1", version), sorted(ovs_entries.infrastructure()), "entries")
        for tambod in (slave, first, second):
            tambod.stop()
            check("BAD_" not in tambod.log(), f"errors in the log:\n{tambod.log()}")
        print(f"{version}: one master at a time, and slaves that write nothing")


def test(program):
    for version in ("OpenFlow13", "OpenFlow14", "OpenFlow15"):
        exercise(program, version)


main(test)
