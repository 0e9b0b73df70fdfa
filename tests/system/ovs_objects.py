#!/usr/bin/env python3
"""Groups of all types and meters on Open vSwitch: made, used by frames, changed, found again after the
switch has been restarted, restored after others have deleted them, refused, and removed."""

import os
import re
import subprocess
import sys

from ovs_lib import (Failure, OpenVSwitch, Process, Sandbox, check, check_equal, udp, wait_equal,
                     wait_until)

BRIDGE, DPID, MODULE = "obj1", 0x2385, 1
VERSIONS = ("OpenFlow13", "OpenFlow14", "OpenFlow15")


def own(number):
    """The id of the module's group or meter 'number'."""
    return MODULE << 24 | number


# As objects_wishes.c has them: first and changed.
GROUPS = (
    {1: "type=all,bucket=actions=output:1,bucket=actions=output:2",
     2: "type=select,bucket=weight:2,actions=output:1,bucket=actions=output:2",
     3: "type=indirect,bucket=actions=output:2",
     4: "type=ff,bucket=watch_port:1,actions=output:1,bucket=watch_port:2,actions=output:2",
     5: f"type=all,bucket=actions=output:1,bucket=actions=group:{own(3)}"},
    {1: "type=all,bucket=actions=output:1,bucket=actions=output:2,bucket=actions=output:3",
     2: "type=select,bucket=weight:3,actions=output:2,bucket=weight:5,actions=output:3",
     3: "type=indirect,bucket=actions=output:1",
     4: "type=ff,bucket=watch_port:2,actions=output:2,bucket=watch_port:1,actions=output:1",
     5: f"type=all,bucket=actions=output:1,bucket=actions=group:{own(3)}"},
)
METERS = ({1: "kbps burst bands= type=drop rate=2385 burst_size=850",
           2: "pktps bands= type=drop rate=3"},
          {1: "kbps burst bands= type=drop rate=23850 burst_size=850",
           2: "pktps bands= type=drop rate=7"})
ENTRIES = {1: f"group:{own(1)}", 2: f"group:{own(2)}", 3: f"group:{own(3)}", 4: f"group:{own(4)}",
           5: f"group:{own(5)}", 6: f"meter:{own(2)},output:2",
           7: f"meter:{own(1)},group:{own(1)}", 8: f"group:{own(1)}"}
MISS = "priority=0 actions=CONTROLLER:65535"


def group_lines(changed):
    return [f"group_id={own(n)},{text}" for n, text in GROUPS[changed].items()]


def meter_lines(changed):
    return [f"meter={own(n)} {text}" for n, text in METERS[changed].items()]


def entry_lines():
    return [("hard_timeout=2385, send_flow_rem " if port == 8 else "") +
            f"priority=2385,udp,tp_dst={port} actions={actions}"
            for port, actions in ENTRIES.items()] + [MISS]


class Program:
    """The core that wants them. Commands go in by name, lines come out."""

    def __init__(self, sandbox, path):
        self.log_path = sandbox.path("objects.log")
        self.process = Process([path], self.log_path, stdin=subprocess.PIPE)
        sandbox.parts.append(self)
        self.port = int(self.wait(r"listening on 127\.0\.0\.1:(\d+)").group(1))

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def wait(self, pattern, n=1):
        """Until it has been said 'n' times."""
        def probe():
            found = list(re.finditer(pattern, self.log()))
            check(len(found) >= n or self.process.is_running(), "it has ended:\n" + self.log())
            return found[n - 1] if len(found) >= n else None
        try:
            return wait_until(f"/{pattern}/ in what it says", probe)
        except Failure:
            print(self.log(), file=sys.stderr)
            raise

    def say(self, command, result="ok"):
        before = self.log().count(f"done {command}:")
        self.process.popen.stdin.write(f"{command}\n".encode())
        self.process.popen.stdin.flush()
        line = f"done {command}: (.*)"
        self.wait(line, before + 1)
        check_equal(re.findall(line, self.log())[-1], result, f"result of {command}")

    def stop(self):
        self.process.popen.stdin.close()
        check_equal(self.process.popen.wait(20), 0, "exit code\n" + self.log())

    def abandon(self):
        self.process.stop(9)


class Scene:
    def __init__(self, sandbox, path, version):
        self.version = version
        self.ovs = OpenVSwitch(sandbox)
        self.program = Program(sandbox, path)
        self.ovs.add_bridge(BRIDGE, DPID, version)
        for number in (1, 2, 3):
            self.ovs.add_dummy_port(BRIDGE, f"h{number}", number)
        self.ovs.set_controller(BRIDGE, self.program.port)
        self.program.wait(f"up {DPID:x}")

    def ofctl(self, command, *args):
        return self.ovs.ofctl(BRIDGE, command, *args, version=self.version)

    def groups(self):
        """Without the ids of buckets, which 1.5 has."""
        text = re.sub(r"bucket_id:\d+,", "", self.ofctl("dump-groups"))
        return [line.strip() for line in text.splitlines() if "group_id=" in line]

    def meters(self):
        text = " ".join(self.ofctl("dump-meters").split())
        return [part.strip() for part in re.findall(r"meter=.*?(?= meter=|$)", text)]

    def wait_tables(self, groups, meters, entries):
        wait_equal("groups", self.groups, groups)
        wait_equal("meters", self.meters, meters)
        wait_equal("entries", lambda: self.ovs.flows(BRIDGE, self.version), entries)

    def wait_all(self, changed):
        self.wait_tables(group_lines(changed), meter_lines(changed), entry_lines())

    # --- Frames -------------------------------------------------------------------------------

    def counts(self):
        return {port: len(self.ovs.sent(f"h{port}")) for port in (1, 2, 3)}

    def expect_frames(self, dport, expected, n=1):
        """'n' datagrams to 'dport' from port 3 come out so often at each port of 'expected'."""
        before = self.counts()
        for number in range(n):
            self.ovs.receive("h3", udp(3, 1, b"%d" % number, dport=dport))
        self.ovs.warp(100)
        gained = {port: count - before[port] for port, count in self.counts().items()}
        check_equal({port: gained[port] for port in expected}, expected, f"frames to {dport}")


def check_frames(scene):
    """Each group does what it is for; of 20 datagrams at once the meter lets three pass."""
    scene.ovs.stop_time()
    scene.expect_frames(1, {1: 1, 2: 1})
    before = scene.counts()
    scene.expect_frames(2, {3: 0})
    check_equal(sum(scene.counts().values()) - sum(before.values()), 1, "frames of the select group")
    scene.expect_frames(3, {1: 0, 2: 1})
    scene.expect_frames(4, {1: 1, 2: 0})
    scene.ovs.appctl("netdev-dummy/set-admin-state", "h1", "down")
    scene.ovs.warp(500)
    scene.expect_frames(4, {1: 0, 2: 1})
    scene.ovs.appctl("netdev-dummy/set-admin-state", "h1", "up")
    scene.ovs.warp(500)
    scene.expect_frames(5, {1: 1, 2: 1})
    scene.expect_frames(6, {1: 0, 2: 3}, n=20)
    scene.expect_frames(7, {1: 1, 2: 1})


def check_others(scene):
    """Others delete groups and meters, and with them entries. 1.3 tells nobody of it, but that an entry
    with a time-out has left with its group."""
    scene.ofctl("del-groups", f"group_id={own(1)}")
    scene.wait_all(changed=True)
    if scene.version == "OpenFlow13":
        return
    scene.program.wait(f"group {own(1):x} forwarded: 2, undone")
    for round_ in (1, 2, 3, 4, 5):
        scene.ofctl("mod-group", f"group_id={own(3)},type=indirect,bucket=output:3")
        scene.program.wait(f"group {own(3):x} forwarded: 1, undone", round_)
        scene.wait_all(changed=True)
    scene.ofctl("del-meter", f"meter={own(2)}")
    scene.program.wait(f"meter {own(2):x} forwarded: 2, undone")
    scene.wait_all(changed=True)
    scene.ofctl("del-groups")
    scene.program.wait("group fffffffc forwarded: 2, undone")
    scene.wait_all(changed=True)
    scene.ofctl("add-group", "group_id=85,type=all,bucket=output:1")
    scene.program.wait("group 55 forwarded: 0\n")
    scene.ofctl("del-groups", "group_id=85")


def exercise(path, version):
    with Sandbox() as sandbox:
        scene = Scene(sandbox, path, version)
        scene.program.say("want")
        scene.wait_all(changed=False)
        check_frames(scene)
        scene.program.say("change")
        scene.wait_all(changed=True)
        scene.ovs.restart_vswitchd()
        scene.program.wait(f"up {DPID:x}", 2)
        scene.program.wait("entry removed")  # The one with a time-out, which is not written again.
        scene.program.say("change")
        scene.wait_all(changed=True)
        check_others(scene)
        scene.program.say("bad", "not possible in this state")
        scene.program.wait(f"meter {own(85):x} failed: ")
        scene.program.say("remove")
        scene.wait_tables([], [], [MISS])
        check_equal(re.findall(r"group \w+ failed|entry failed|entry removed", scene.program.log()),
                    ["entry removed"], "what was lost")
        scene.program.stop()
        print(f"{version}: ok")


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} OBJECTS")
    try:
        for version in VERSIONS:
            exercise(os.path.abspath(sys.argv[1]), version)
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")


main()
