#!/usr/bin/env python3
"""A tester of switches as it is used with hardware: two switches joined by three links have it as their controller.
It installs entries at the one under test, sends frames out at the other, which come in at port 1 of the first, and
looks at what comes back by ports 2 and 3. Each entry, group and meter is read back, too.

usage: switch_tester.py TAMBO [--class action|set_field|match|group|meter] [--quick] [--meter-seconds T] [-v]"""

import argparse
import itertools
import os
import socket
import struct
import sys
import time

import tester_of13 as of
from ovs_lib import Failure, Sandbox, check, check_equal
from switch_lib import ECHO_REPLY, ECHO_REQUEST, PACKET_IN, PACKET_OUT, Listener, TamboSwitch
from tester_cases import Case, actions, matches, set_fields
from tester_rates import Count, groups, meters

DPID = 2385  # Of the switch under test; the other has the next one.
COOKIE = 0x7e57  # Of entries that count, at the other switch.
CLASSES = {"action": actions, "set_field": set_fields, "match": matches, "group": groups, "meter": meters}
QUICK = {"match": 2, "group": 2, "meter": 24}  # Only every so manieth case.
PATIENCE_S = 3
REASON_ACTION = 1


class Bench:
    """The switch under test and the other."""

    def __init__(self, target, other, meter_seconds):
        self.target, self.other, self.meter_seconds = target, other, meter_seconds
        self.n_settled = 0
        for peer in (target, other):
            peer.socket.settimeout(PATIENCE_S)
            peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        check(set(range(1, 4)) <= set(of.port_stats(self.ask(target, of.MP_PORT, struct.pack("!I4x", of.ANY)))),
              "ports 1, 2 and 3")
        self.clear(other)
        other.send(of.FLOW_MOD, of.flow_mod([("in_port", 2)], [of.apply(of.output(of.CONTROLLER))]))
        other.barrier()

    def ask(self, peer, kind, body=b""):
        """The whole answer to a multipart request."""
        peer.send(of.MULTIPART_REQUEST, struct.pack("!HH4x", kind, 0) + body)
        answer = b""
        while True:
            part = peer.wait(of.MULTIPART_REPLY)
            answer += part[8:]
            if not part[3] & 1:
                return answer

    def clear(self, peer, cookie=0):
        """The entries with the cookie, or all."""
        peer.send(of.FLOW_MOD, of.flow_mod([], [], of.ALL_TABLES, cookie=cookie, command=3,
                                           cookie_mask=0xffffffffffffffff if cookie else 0))

    def begin(self):
        self.target.send(of.METER_MOD, of.meter_mod(2, 0, of.ALL_METERS))
        self.target.send(of.GROUP_MOD, of.group_mod(2, 0, of.ALL_GROUPS))
        self.clear(self.target)
        self.clear(self.other, COOKIE)
        for peer in (self.target, self.other):
            self.settle(peer)

    def settle(self, peer):
        """Forgets all that came before the answer to this echo request, errors too."""
        self.n_settled += 1
        peer.kept.clear()
        mark = struct.pack("!Q", self.n_settled)
        peer.send(ECHO_REQUEST, mark)
        while True:
            try:
                if peer.receive() == (ECHO_REPLY, mark):
                    return
            except Failure as failure:
                check("closed" not in str(failure), str(failure))

    def install(self, mods):
        for kind, body in mods:
            self.target.send(kind, body)
        self.target.barrier()
        for kind, body in mods:
            {of.FLOW_MOD: self.check_flow, of.GROUP_MOD: self.check_group, of.METER_MOD: self.check_meter}[kind](body)

    # --- What was installed is told as it was said ---

    def check_flow(self, body):
        table, priority = body[16], struct.unpack_from("!H", body, 22)[0]
        told = [(f["priority"], f["match"] + f["instructions"])
                for f in of.flow_stats(self.ask(self.target, of.MP_FLOW, of.flow_request(table)))]
        check((priority, body[40:]) in told, f"the entry {body[40:].hex()} is told as {told}")

    def check_group(self, body):
        told = self.ask(self.target, of.MP_GROUP_DESC)
        check_equal(told.hex(), (struct.pack("!HBxI", 8 + len(body[8:]), body[2], 0) + body[8:]).hex(),
                    "description of the group")

    def check_meter(self, body):
        told = self.ask(self.target, of.MP_METER_CONFIG, struct.pack("!I4x", of.ALL_METERS))
        flags, meter_id = struct.unpack_from("!HI", body, 2)
        check_equal(told.hex(), (struct.pack("!HHI", len(body), flags, meter_id) + body[8:]).hex(),
                    "configuration of the meter")

    # --- Single frames ---

    def packet_in_of(self, peer, quiet):
        """The frame of the next packet-in from 'peer'; there must be none from 'quiet'."""
        body = peer.wait(PACKET_IN)
        check_equal(body[6], REASON_ACTION, "reason of the packet-in")
        quiet.barrier()
        check(not any(kind == PACKET_IN for kind, _ in quiet.kept), "a packet-in from the wrong switch")
        return body[16 + (struct.unpack_from("!H", body, 18)[0] + 7) // 8 * 8 + 2:]

    def looked_up(self):
        return of.table_stats(self.ask(self.target, of.MP_TABLE))

    def run_step(self, step):
        before = self.looked_up() if step.kind == "miss" else None
        self.other.packet_out(1, step.ingress)
        if step.kind == "miss":
            return self.expect_miss(step, before)
        peers = (self.other, self.target) if step.kind == "out" else (self.target, self.other)
        got = self.packet_in_of(*peers)
        check(got == step.want, f"sent {step.ingress.hex()}\n  want {step.want.hex()}\n  got  {got.hex()}")

    def expect_miss(self, step, before):
        end = time.monotonic() + PATIENCE_S
        while True:
            now = self.looked_up()
            if all(now[t][0] > before[t][0] for t in step.tables):
                break
            check(time.monotonic() < end, f"tables {step.tables} have looked nothing up")
        for t in step.tables:
            check_equal(now[t][1], before[t][1], f"matched in table {t}")
        for peer in (self.target, self.other):
            peer.barrier()
            check(not any(kind == PACKET_IN for kind, _ in peer.kept), "a packet-in after a miss")

    # --- Many frames ---

    def count_at_other(self, lists):
        """Entries there that count what comes, by lists of fields."""
        for fields in lists:
            self.other.send(of.FLOW_MOD, of.flow_mod(fields, [], priority=0x8001, cookie=COOKIE))
        self.other.barrier()

    def counted(self):
        """{match: (frames, bytes)} at the other switch."""
        return {f["match"]: (f["packets"], f["bytes"])
                for f in of.flow_stats(self.ask(self.other, of.MP_FLOW, of.flow_request())) if f["cookie"] == COOKIE}

    def packet_outs(self, frames):
        action = of.output(1)
        head = struct.pack("!IIH6x", of.NO_BUFFER, of.CONTROLLER, len(action)) + action
        return [struct.pack("!BBHI", 4, PACKET_OUT, 8 + len(head) + len(f), 1) + head + f for f in frames]

    def send_all(self, messages):
        self.other.socket.settimeout(20)
        for i in range(0, len(messages), 100):
            self.other.socket.sendall(b"".join(messages[i:i + 100]))
            self.other.barrier()
        self.other.socket.settimeout(PATIENCE_S)

    def set_port(self, port, down):
        """OFPPC_PORT_DOWN of a port of the switch under test (§7.3.4.3)."""
        for record in struct.iter_unpack("!I4x6s2x16sIIIIIIII", self.ask(self.target, of.MP_PORT_DESC)):
            if record[0] == port:
                self.target.send(of.PORT_MOD, struct.pack("!I4x6s2xIII4x", port, record[1], int(down), 1, 0))
        self.target.barrier()

    def run_count(self, step):
        lists = {port: [("in_port", port)] for port in step.want}
        self.count_at_other(lists.values())
        if step.down:
            self.set_port(step.down, True)
        self.send_all(self.packet_outs(step.frames))
        time.sleep(0.02)
        counts = self.counted()
        if step.down:
            self.set_port(step.down, False)
        for port, (least, most) in step.want.items():
            n = counts[of.match(*lists[port])][0]
            check(least <= n <= most, f"{n} frames by port {port}, want {least} to {most}")

    def stream(self, message, per_s, seconds):
        """Sends at a rate; returns how long it took."""
        start, sent = time.monotonic(), 0
        while (elapsed := time.monotonic() - start) < seconds:
            due = int(per_s * elapsed) - sent
            if due:
                self.other.socket.sendall(message * due)
                sent += due
            time.sleep(0.002)
        self.other.barrier()
        return time.monotonic() - start

    def run_rate(self, step):
        """Empties the token bucket first."""
        self.count_at_other([m[0] for m in step.matches])
        message = self.packet_outs([step.sent])[0]
        self.other.socket.settimeout(20)
        self.stream(message, 4 * step.per_s, 0.8)
        before, start = self.counted(), time.monotonic()
        self.stream(message, step.per_s, self.meter_seconds)
        after, elapsed = self.counted(), time.monotonic() - start
        self.other.socket.settimeout(PATIENCE_S)
        for fields, per_s, is_bits in step.matches:
            key = of.match(*fields)
            n = (after[key][1] - before[key][1]) * 8 if is_bits else after[key][0] - before[key][0]
            check(abs(n / elapsed - per_s) <= 0.1 * per_s, f"{n / elapsed:.0f} a second of {fields}, want {per_s}")

    # --- Cases ---

    def run(self, case):
        """Why it failed, or None."""
        try:
            self.begin()
            self.install(case.mods)
            if isinstance(case, Case):
                for step in case.steps:
                    self.run_step(step)
            elif isinstance(case.step, Count):
                self.run_count(case.step)
            else:
                self.run_rate(case.step)
        except Failure as failure:
            return str(failure)
        except socket.timeout:
            return "nothing comes"
        return None


def run_all(bench, options):
    """{class: [passed, failed]}."""
    results = {}
    for kind in options.kinds or CLASSES:
        passed = failed = 0
        start = time.monotonic()
        every = QUICK.get(kind, 1) if options.quick else 1
        for case in itertools.islice(CLASSES[kind](), 0, None, every):
            why = bench.run(case)
            passed, failed = passed + (why is None), failed + (why is not None)
            if why is not None or options.verbose:
                print(f"{kind}: {case.name}: {'ok' if why is None else 'FAILED: ' + why}", flush=True)
        results[kind] = passed, failed
        print(f"{kind}: {passed} passed, {failed} failed, {time.monotonic() - start:.1f} s", flush=True)
    return results


def main():
    parser = argparse.ArgumentParser(description="A tester of switches, for tambo switch.")
    parser.add_argument("tambo")
    parser.add_argument("--class", dest="kinds", action="append", choices=CLASSES, help="only these; all")
    parser.add_argument("--quick", action="store_true", help="half of the matches and groups, two meters")
    parser.add_argument("--meter-seconds", type=float, default=1.5, help="for which each meter is measured")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for each case")
    options = parser.parse_args()
    with Sandbox() as sandbox:
        listener = Listener(4)
        switch = TamboSwitch(sandbox, os.path.abspath(options.tambo), "--controller",
                             f"tcp:127.0.0.1:{listener.port}", "--count", 2, "--links", 3, "--first-dpid", DPID,
                             "--versions", "1.3")
        peers = listener.accept(2)
        results = run_all(Bench(peers[DPID], peers[DPID + 1], options.meter_seconds), options)
        switch.stop()
        listener.close()
    passed, failed = (sum(r[i] for r in results.values()) for i in (0, 1))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
