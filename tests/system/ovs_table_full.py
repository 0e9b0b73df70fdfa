#!/usr/bin/env python3
"""A flow table that is full: the switch says so, the controller gives notice and asks seldom, the frames
arrive all the same, important entries find room, and what was held back is written when there is room. Since OpenFlow 1.4 the
switch says so before it refuses anything."""

import re
import time

import ovs_entries
from ovs_lib import (OpenVSwitch, Sandbox, Tambod, arp, check, check_equal, mac_text, main, run, udp,
                     wait_until)
from ovs_row import LABELS, SETTINGS, Row


NUMBERS = {"OpenFlow14": "1.4", "OpenFlow15": "1.5"}


def limit_table(ovs, switch, n_entries):
    """Returns when the limit is in force."""
    run("ovs-vsctl", f"--db={ovs.db}", "--timeout=20", "--", "--id=@t", "create",
        "Flow_Table", f"flow_limit={n_entries}", "overflow_policy=refuse",
        "--", "set", "bridge", switch, "flow_tables:0=@t", env=ovs.env)


def refusals(sandbox):
    with open(sandbox.path("ovs-vswitchd.log"), errors="replace") as log:
        return len(re.findall(r"sending OFPFMFC_TABLE_FULL error reply", log.read()))


def starts(row, switch, text):
    """The entries of 'switch' whose line contains 'text'."""
    return [line for line in row.flows(switch) if text in line]


class Scene:
    def __init__(self, sandbox, program, version, **core):
        self.sandbox = sandbox
        self.ovs = OpenVSwitch(sandbox)
        self.ovs.appctl("vlog/disable-rate-limit")
        settings = dict(SETTINGS, core=dict(SETTINGS["core"], **core))
        self.tambod = Tambod(sandbox, program, settings)
        self.row = Row(self.ovs, version, self.tambod.port)
        self.row.wait_ready()

    def end(self):
        check(not re.search(r"switch 00000000000000a1 .*is gone", self.tambod.log()),
              "the switch was lost")
        self.tambod.stop()


def fill_and_recover(sandbox, program, version):
    """Nothing may be evicted: every frame goes by the controller until the limit is raised."""
    scene = Scene(sandbox, program, version, table_evict=False, table_backoff_max_s=2)
    row = scene.row
    row.announce(1, 2, 3)
    row.send(3, 1, b"before the limit")  # Makes the reverse entry of host 1.
    full = row.flows("s1")
    limit_table(scene.ovs, "s1", len(full))

    began = time.monotonic()
    number = 0
    while time.monotonic() < began + 8:
        row.send(1, 3, b"table full %d" % number)
        number += 1
    check_equal(row.flows("s1"), full, "entries of the full switch")
    alarm = scene.tambod.wait_log(
        r"switch 00000000000000a1: table 0 is full: (\d+) entries, capacity (\d+);")
    check_equal((int(alarm.group(1)), int(alarm.group(2))), (len(full), len(full)), "the alarm")
    # Periods of 1, 2, 2, ... s: one entry is tried in each, whatever the frames ask for.
    n_refused = refusals(sandbox)
    check(1 <= n_refused <= 6, f"{n_refused} refused entries for {number} frames in 8 s")

    limit_table(scene.ovs, "s1", len(full) + 10)

    def is_written():
        row.send(1, 3, b"room again %f" % time.monotonic())
        return starts(row, "s1", "priority=200,")[-1:] and len(row.flows("s1")) > len(full)
    wait_until("the entry is written when a period is over", is_written, within_s=40, every_s=0.2)
    held = re.search(r"idle_timeout=(\d+)", [line for line in row.flows("s1") if line not in full][0])
    check(1 <= int(held.group(1)) < 300, f"the entry is held for {held.group(1)} s")
    scene.tambod.wait_log(r"switch 00000000000000a1: table 0 has room again", within_s=60)
    row.send(1, 2, b"held as long as ever")
    check(row.ingress(2, 2) in row.flows("s1"), "the holding time is not what it was")
    scene.end()
    print(f"{version}: {number} frames, {n_refused} refusals, recovered")


def important_entries_find_room(sandbox, program, version):
    """An entry with a time-out makes way for that of a new host, behind the port of host 2."""
    scene = Scene(sandbox, program, version, table_evict_idle=False)
    row = scene.row
    row.announce(1, 2, 3)
    row.send(1, 3, b"makes an entry")
    check_equal(len(starts(row, "s1", "idle_timeout=")), 1, "entries with a time-out")
    limit_table(scene.ovs, "s1", len(row.flows("s1")))
    scene.ovs.receive("h2", arp(1, 4, 4))
    reverse = ovs_entries.reverse(version, LABELS["s1"], mac_text(4), 2)
    wait_until("the reverse entry of host 4", lambda: reverse in row.flows("s1"))
    check_equal(starts(row, "s1", "idle_timeout="), [], "entries with a time-out")
    check_equal(refusals(sandbox), 1, "refused entries")
    row.send(1, 3, b"goes by the controller")
    frame = udp(3, 4, b"finds the new host")
    scene.ovs.receive("h3", frame)
    wait_until("a frame for the new host", lambda: frame in scene.ovs.sent("h2"))
    scene.end()
    print(f"{version}: evicted for a host's own entry")


def idle_entries_make_room(sandbox, program, version):
    """Nobody waits for the time-out of an entry that is not used while another one finds no room."""
    scene = Scene(sandbox, program, version)
    row = scene.row
    row.announce(1, 2, 3)
    row.send(1, 3, b"makes an entry")
    row.send(1, 2, b"makes another")
    limit_table(scene.ovs, "s1", len(row.flows("s1")))

    def is_served():
        row.send(2, 1, b"wants an entry %f" % time.monotonic())
        row.send(1, 2, b"keeps its entry %f" % time.monotonic())
        return [line for line in row.flows("s1")
                if "priority=200" in line and row.reverse(1).split("dl_dst=")[1][:17] in line]
    wait_until("an entry for host 1", is_served, within_s=30, every_s=0.1)
    check(row.ingress(2, 2) in row.flows("s1"), "an entry in use was evicted")
    check(row.ingress(3, 11, "s3") not in row.flows("s1"), "an idle entry was kept")
    check(refusals(sandbox) <= 5, f"{refusals(sandbox)} refused entries")
    scene.end()
    print(f"{version}: an idle entry made room")


def told_in_time(sandbox, program, version):
    """Vacancy events come before anything is refused."""
    scene = Scene(sandbox, program, version, versions=[NUMBERS[version]], vacancy_down_percent=31,
                  vacancy_up_percent=57)
    row = scene.row
    row.announce(1, 2, 3)
    limit_table(scene.ovs, "s1", 10)
    n_entries = len(row.flows("s1"))
    numbers = iter(range(1000))

    def send(src, dst):
        row.send(src, dst, b"datagram %d" % next(numbers))

    send(1, 3)
    send(1, 2)
    send(2, 1)
    check(n_entries < 7 < len(row.flows("s1")) < 10, f"{n_entries} entries became "
          f"{len(row.flows('s1'))}, which does not show a thing")
    scene.tambod.wait_log(r"switch 00000000000000a1: table 0 is nearly full: \d+ entries, "
                          r"capacity 10;")
    limit_table(scene.ovs, "s1", 100)
    scene.ovs.receive("h2", arp(1, 4, 4))  # An entry more: the switch looks at its table.
    scene.tambod.wait_log(r"switch 00000000000000a1: table 0 has room again")
    check_equal(refusals(sandbox), 0, "refused entries")
    scene.end()
    print(f"{version}: told in time")


def run_part(part, program, version):
    with Sandbox() as sandbox:
        part(sandbox, program, version)


def test(program):
    for version in ("OpenFlow10", "OpenFlow13"):
        for part in (fill_and_recover, important_entries_find_room, idle_entries_make_room):
            run_part(part, program, version)
    for version in NUMBERS:
        run_part(told_in_time, program, version)


main(test)
