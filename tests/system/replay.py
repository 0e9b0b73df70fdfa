#!/usr/bin/env python3
"""The message tap and tambo replay with Open vSwitch, 1.0, 1.3 and TLS: tshark dissects what was
captured, a replay sends the same, a changed capture does not, and what cannot be replayed is refused
with the reason. The tap is switched on and off by a reload and can be had for one switch only."""

import itertools
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys

from ovs_lib import (Failure, OpenVSwitch, Sandbox, Tambod, check, check_equal, need, run,
                     wait_until)
from ovs_row import SETTINGS, Row
from rest import ask, rest_port, with_rest

PKI = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "pki")

# What tshark 4.0 itself gets wrong (tests/openflow/tshark_check.sh): 1.0 flow-mods without an action,
# and 1.0 packet-outs with any number of actions but one.
DISSECTOR_FAULTS = "openflow_1_0.type==14 or openflow_1_0.type==13"


class Pcap:
    """A classic pcap file with nanoseconds, in memory."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        check_equal(data[:4], b"\x4d\x3c\xb2\xa1", "magic of " + path)
        self.head, at, self.packets = data[:24], 24, []
        while at < len(data):
            size = struct.unpack("<IIII", data[at:at + 16])[2]
            self.packets.append((data[at:at + 16], bytearray(data[at + 16:at + 16 + size])))
            at += 16 + size

    def payload(self, number):
        """Where the OpenFlow begins in a packet (IPv4, TCP)."""
        frame = self.packets[number][1]
        return 34 + (frame[46] >> 4) * 4

    def find(self, of_type):
        """The first packet that begins with a message of this type."""
        for number, (_, frame) in enumerate(self.packets):
            at = self.payload(number)
            if len(frame) >= at + 8 and frame[at + 1] == of_type:
                return number
        raise Failure(f"no message of type {of_type} was captured")

    def write(self, path, head=None):
        with open(path, "wb") as file:
            file.write(head or self.head)
            for record, frame in self.packets:
                file.write(record + frame)


class Replay:
    """One run of tambo replay."""

    def __init__(self, tambo, *args):
        done = subprocess.run([tambo, "replay", *args], text=True, timeout=120, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def expect(self, code):
        check_equal(self.code, code, f"exit code of the replay:\n{self.out}{self.err}")
        return self

    def expect_complaint(self, pattern):
        self.expect(2)
        check(re.search(pattern, self.err), f"expected /{pattern}/, found: {self.err}")
        check_equal(self.err.count("\n"), 1, "lines of the complaint")
        check_equal(self.out, "", "standard output")


def replay_same(tambo, capture):
    result = json.loads(Replay(tambo, capture, "--json").expect(0).out)
    check_equal((result["same"], result["difference"]), (True, None), capture)
    return result


def tshark(capture, expression, *fields):
    words = [word for field in fields for word in ("-e", field)]
    printed = run("tshark", "-r", capture, "-o", "tcp.check_checksum:TRUE", "-o",
                  "ip.check_checksum:TRUE", "-Y", expression, "-T", "fields", *words)
    return [line for line in printed.splitlines() if not line.startswith("Running as")]


def check_dissection(capture, result):
    """As many messages as the core saw, no segment wrong, nothing malformed."""
    dissectors = ("openflow_v1", "openflow_v4", "openflow_v5", "openflow_v6")
    types = [number for line in tshark(capture, " || ".join(dissectors), "openflow_1_0.type",
                                       *(name + ".type" for name in dissectors[1:]))
             for number in re.findall(r"\d+", line)]
    check_equal(len(types), result["messages_in"] + result["messages_out"],
                "messages that tshark sees in " + capture)
    for what, expression in (
            ("malformed", f"_ws.malformed && !({DISSECTOR_FAULTS})"),
            ("a warning", f"_ws.expert.severity >= 0x600000 && !({DISSECTOR_FAULTS})"
             " && !(_ws.expert.group == \"Undecoded\")"),
            ("a wrong checksum", "tcp.checksum.status == 0 || ip.checksum.status == 0"),
            ("TCP analysis", "tcp.analysis.flags")):
        check_equal(tshark(capture, expression, "frame.number", "_ws.col.Info",
                           "_ws.expert.message")[:5], [], f"packets with {what}")
    check_equal(len(set(tshark(capture, "tcp", "tcp.stream"))), result["connections"],
                "TCP connections")


def reload(tambod, **changes):
    """Takes over a changed configuration."""
    path = tambod.sandbox.path("tambod.json")
    tambod.config.update(changes)
    with open(path, "w") as file:
        json.dump(dict(tambod.config, listen=["127.0.0.1:0"]), file)
    n = tambod.log().count("was read again")
    tambod.process.popen.send_signal(signal.SIGHUP)
    wait_until("the reload", lambda: tambod.log().count("was read again") == n + 1)


def wait_ups(tambod, n):
    """Switches have come up 'n' times since tambod was started, and links are known."""
    wait_until(f"{n} times up", lambda: len(re.findall("is up: OpenFlow", tambod.log())) == n)
    wait_until("links", lambda: len(re.findall("link .* is up", tambod.log())) >= 4)


PAYLOADS = (b"tambo %d" % n for n in itertools.count())


def use(row):
    row.announce(1, 2, 3)
    row.send(1, 3, next(PAYLOADS))
    row.send(3, 1, next(PAYLOADS))


# --- Changed and broken captures ------------------------------------------------------------------

def copy(sandbox, capture, name):
    path = sandbox.path(name)
    shutil.copy(capture, path)
    shutil.copy(capture + ".replay", path + ".replay")
    return path


def check_changed(tambo, sandbox, capture):
    """One bit of a switch's datapath id: what the controller sends is about another switch."""
    changed = copy(sandbox, capture, "changed.pcap")
    pcap = Pcap(capture)
    number = pcap.find(6)
    pcap.packets[number][1][pcap.payload(number) + 15] ^= 0x10
    pcap.write(changed)
    done = Replay(tambo, changed).expect(3)
    check(re.search(r"southbound  differs after \d+ messages at \d+\.\d{9} s, switch [0-9a-f]{16} at "
                    r"127\.0\.0\.1:\d+\n  recorded  \S.*\n  replayed  \S.*\n", done.out), done.out)
    shown = json.loads(Replay(tambo, changed, "--json").expect(3).out)
    check(not shown["same"] and shown["difference"]["recorded"] != "nothing", str(shown))
    # Up to there it is the same, also when it is written again.
    short = sandbox.path("short.pcap")
    Replay(tambo, changed, "--until-s", f"{shown['difference']['at_s'] - 1e-6:.9f}", "--out",
           short).expect(0)
    check(len(Pcap(short).packets) > 5, "the replay was written")
    Replay(tambo, changed, "--out", short).expect(1)  # It is there already.


def check_other_xid(tambo, sandbox, capture):
    """One bit of a message of the controller."""
    changed = copy(sandbox, capture, "xid.pcap")
    pcap = Pcap(capture)
    number = pcap.find(20)  # Barrier request in 1.3.
    frame = pcap.packets[number][1]
    frame[pcap.payload(number) + 7] ^= 1  # Its xid.
    pcap.write(changed)
    done = Replay(tambo, changed).expect(3)
    check(re.search(r"recorded  barrier_request.*\n  replayed  barrier_request.*\n"
                    r"  the messages differ from byte 7 on", done.out), done.out)


def check_bad_input(tambo, sandbox, capture):
    with open(capture, "rb") as file:
        data = file.read()

    def broken(content, journal=True):
        path = copy(sandbox, capture, "broken.pcap")
        with open(path, "wb") as file:
            file.write(content)
        if not journal:
            os.remove(path + ".replay")
        return Replay(tambo, path)

    Replay(tambo, "/nowhere").expect_complaint(r"/nowhere: No such file")
    Replay(tambo).expect(2)
    Replay(tambo, capture, "--until-s", "-1").expect(2)
    broken(b"").expect_complaint("no capture: it is empty")
    broken(b"nonsense" * 9).expect_complaint("no capture of tambod's message tap")
    broken(b"\xd4\xc3\xb2\xa1" + data[4:]).expect_complaint(r"a pcap file with nanoseconds")
    broken(data[:20] + b"\x65\0\0\0" + data[24:]).expect_complaint("link type is RAW; .*Ethernet")
    broken(data[:-7]).expect_complaint(r"packet \d+: truncated dump file")
    broken(data, journal=False).expect_complaint(
        r"broken.pcap.replay: No such file or directory: the journal")
    cut = Pcap(capture)
    record, frame = cut.packets[3]
    cut.packets[3] = (record[:12] + struct.pack("<I", len(frame) + 1), frame)
    cut.write(sandbox.path("broken.pcap"))
    shutil.copy(capture + ".replay", sandbox.path("broken.pcap.replay"))
    Replay(tambo, sandbox.path("broken.pcap")).expect_complaint("packet 4: it was cut short")
    del cut.packets[:3]  # The handshake.
    cut.write(sandbox.path("broken.pcap"))
    Replay(tambo, sandbox.path("broken.pcap")).expect_complaint("packet 1: ")
    for old, new, complaint in (("tambo-replay 1", "tambo-replay 9", r":1: expected"),
                                ("hash-key", "hashkey", r":\d+: expected how the core was made"),
                                (" run\n", " jump\n", r":\d+: expected an event"),
                                (" open 127", " open %4", r":\d+: expected an event"),
                                ('"core"', '"cor"', "recorded configuration:\\d+:\\d+: cor")):
        with open(capture + ".replay") as file:
            text = file.read()
        check(old in text, f"{old!r} is in the journal")
        path = copy(sandbox, capture, "broken.pcap")
        with open(path + ".replay", "w") as file:
            text = text.replace(old, new, 1)
            if new == '"cor"':  # Its length, too.
                text = re.sub(r"config (\d+)", lambda m: f"config {int(m.group(1)) - 1}", text, 1)
            file.write(text)
        Replay(tambo, path).expect_complaint(complaint)


# --- Runs -----------------------------------------------------------------------------------------

def exercise(tambod_program, tambo, version):
    """The second run begins with what the first has stored; its capture moves the first one's."""
    with Sandbox() as sandbox:
        capture = sandbox.path("tap.pcap")
        ovs = OpenVSwitch(sandbox)
        tambod = Tambod(sandbox, tambod_program, dict(
            SETTINGS, tap={"file": capture}, store={"path": sandbox.path("store.db")}))
        row = Row(ovs, version, tambod.port)
        use(row)
        ovs.restart_vswitchd()
        wait_ups(tambod, 6)
        use(row)
        check_equal(os.stat(capture).st_mode & 0o777, 0o600, "mode of the capture")
        check_equal(os.stat(capture + ".replay").st_mode & 0o777, 0o600, "mode of the journal")
        tambod.restart()
        wait_ups(tambod, 3)
        use(row)
        tambod.stop()
        with open(capture + ".replay") as file:
            check(re.search(r"\n0 \d+ pair labels 00000000000000a1 2\n", file.read()),
                  "what was stored is in the second journal")
        counts = []
        for path in (capture + ".1", capture):
            result = replay_same(tambo, path)
            check_dissection(path, result)
            check(result["messages_in"] > 20 and result["messages_out"] > 20, str(result))
            counts.append(result["messages_in"] + result["messages_out"])
        if version == "OpenFlow13":
            for check_broken in (check_changed, check_other_xid, check_bad_input):
                check_broken(tambo, sandbox, capture + ".1")
        print(f"{version}: {counts[0]} and {counts[1]} messages dissected, replayed, the same")


class TlsTambod(Tambod):
    def __init__(self, sandbox, program, tls, tap):
        super().__init__(sandbox, program, dict(SETTINGS, tls=tls, tap=tap))

    def listen(self):
        return [{"address": super().listen()[0], "tls": True}]


def encrypted(tambod_program, tambo):
    """Messages are captured in clear, and who a certificate says there is is played, too."""
    with Sandbox() as sandbox:
        pki, capture = sandbox.path("pki"), sandbox.path("tap.pcap")
        run(PKI, "init", pki)
        run(PKI, "controller", pki, "127.0.0.1")
        run(PKI, "switch", pki, "a1")
        tls = {"certificate": f"{pki}/controller-127.0.0.1.pem",
               "key": f"{pki}/controller-127.0.0.1.key", "ca": f"{pki}/ca.pem", "bind_dpid": True}
        tambod = TlsTambod(sandbox, tambod_program, tls, {"file": capture})
        ovs = OpenVSwitch(sandbox)
        switch = f"{pki}/switch-00000000000000a1"
        ovs.set_ssl(switch + ".key", switch + ".pem", pki + "/ca.pem")
        for n in (1, 2):  # The second is an impostor.
            ovs.add_bridge(f"s{n}", 0xa0 + n, "OpenFlow13")
            ovs.set_controller(f"s{n}", tambod.port, "ssl")
        tambod.wait_log("switch 00000000000000a1 at .* is up")
        tambod.wait_log("it says it is datapath 00000000000000a2, its certificate")
        tambod.stop()
        result = replay_same(tambo, capture)
        check_dissection(capture, result)
        with open(capture + ".replay") as file:
            check(re.search(r" expect 0 00000000000000a1\n", file.read()), "expected datapath ids")
        print(f"TLS: {result['messages_in'] + result['messages_out']} messages in clear, the same")


def ask_all(port):
    """Requests that change what the controller sends, look at switches, and fail."""
    entry = {"priority": 20000, "match": {"eth_type": 2048, "ipv4_dst": "10.3.0.0/16"},
             "actions": [{"output": 11}]}
    flow = {"src_ip": "10.0.0.1", "dst_ip": "10.0.0.3", "proto": 17, "sport": 2385, "dport": 80}
    for method, path, body, status in (
            ("PUT", "/v1/static-flows/a1/web", entry, 201),
            ("GET", "/v1/switches/a1/installed-flows", None, 200),
            ("GET", "/v1/hosts", None, 200),  # Says nothing to anybody.
            ("GET", "/wm/core/switch/all/port/json", None, 200),
            ("POST", "/v1/elephants", flow, 201),
            ("PUT", "/v1/networks/2", {"name": "a lab"}, 201),
            ("PUT", "/v1/networks/2/blocked/1", None, 204),
            ("POST", "/v1/networks/2/rules", {"rule": "ip 10.0.0.99"}, 201),
            ("POST", "/v1/networks/2/rules", {"rule": "ip 10.0.0.99"}, 409),
            ("DELETE", "/v1/static-flows/a1/web", None, 204),
            ("PUT", "/v1/static-flows/a1/web", entry, 201),
            ("GET", "/wm/staticflowpusher/clear/all/json", None, 200)):
        found, _, answer = ask(port, path, method, body)
        check_equal(found, status, f"{method} {path}: {answer}")


def send_sflow(port):
    """One of version 5 without samples, and one that is none. ovs_sflow.py replays what samples cause."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for data in (struct.pack(">IIIIIII", 5, 1, 0x7f000001, 0, 1, 2385, 0), b"2.385"):
            sock.sendto(data, ("127.0.0.1", port))


def check_without(tambo, sandbox, capture, event):
    """A journal without one event of a kind is another run."""
    path = copy(sandbox, capture, "without.pcap")
    with open(capture + ".replay") as file:
        text = file.read()
    changed, n = re.subn(rf"\n\d+ \d+ {event}.*", "", text, 1)
    check_equal(n, 1, f"an event {event!r} in the journal")
    with open(path + ".replay", "w") as file:
        file.write(changed)
    return Replay(tambo, path)


def north(tambod_program, tambo):
    """What comes by REST and by sFlow is in the recording, too."""
    with Sandbox() as sandbox:
        capture = sandbox.path("tap.pcap")
        tambod = Tambod(sandbox, tambod_program, with_rest(
            dict(SETTINGS, tap={"file": capture}, sflow={"listen": "127.0.0.1:0"},
                 apps={"link_costs": {"period_s": 1}})))
        collector = int(tambod.wait_log(r"taking sFlow datagrams on 127\.0\.0\.1:(\d+)").group(1))
        ovs = OpenVSwitch(sandbox)
        row = Row(ovs, "OpenFlow13", tambod.port)
        row.wait_ready()
        use(row)
        port = rest_port(tambod)
        ask_all(port)
        send_sflow(collector)
        use(row)
        wait_until("sFlow", lambda: ask(port, "/v1/status")[2]["counters"]["core"]["sflow_datagrams"] == 2)
        tambod.stop()
        result = replay_same(tambo, capture)
        check_equal(result["requests"], 11, "requests")
        check_equal(result["sflow_datagrams"], 2, "datagrams")
        check_without(tambo, sandbox, capture, "rest 3 PUT /v1/static-flows").expect(3)
        check_without(tambo, sandbox, capture, "rest 3 GET").expect(3)
        for old, new in ((" sflow ", " sflow x"), (" rest 3 PUT ", " rest x PUT ")):
            path = copy(sandbox, capture, "broken.pcap")
            with open(path + ".replay") as file:
                text = file.read()
            with open(path + ".replay", "w") as file:
                file.write(text.replace(old, new, 1))
            Replay(tambo, path).expect_complaint(r":\d+: expected an event")
        print(f"REST and sFlow: {result['requests']} requests, {result['sflow_datagrams']} datagrams, "
              "the same")


def switched(tambod_program, tambo):
    """Off, on for one switch while it is connected, for one that comes, and where nothing can be
    written."""
    with Sandbox() as sandbox:
        capture = sandbox.path("tap.pcap")
        ovs = OpenVSwitch(sandbox)
        tambod = Tambod(sandbox, tambod_program, SETTINGS)
        row = Row(ovs, "OpenFlow13", tambod.port)
        row.wait_ready()
        check(not os.path.exists(capture), "no tap, no file")
        reload(tambod, tap={"file": capture, "switches": ["a2"]})
        use(row)
        wait_until("messages", lambda: os.path.getsize(capture) > 2000)
        Replay(tambo, capture).expect_complaint("cannot be replayed: it has chosen switches only")
        ovs.restart_vswitchd()
        wait_ups(tambod, 6)
        use(row)
        reload(tambod, tap={"file": capture})
        use(row)
        wait_until("messages", lambda: os.path.getsize(capture) > 2000)
        Replay(tambo, capture).expect_complaint("cannot be replayed: the tap was switched on later")
        check_equal(tshark(capture + ".1", "openflow_v4.type == 6",
                           "openflow_v4.switch_features.datapath_id"), ["0x00000000000000a2"],
                    "features of switches in the first file")
        check_equal(len(set(tshark(capture + ".1", "tcp", "tcp.stream"))), 2,
                    "connections in the first file, before and after the restart")
        wait_until("messages of all three",
                   lambda: len(set(tshark(capture, "tcp", "tcp.stream"))) == 3, every_s=0.5)
        reload(tambod, tap={"file": "/dev/null"})
        tambod.wait_log("the message tap is off: /dev/null: it is no regular file")
        reload(tambod, tap={"file": sandbox.path("no/folder.pcap")})
        tambod.wait_log("the message tap is off: .*/no/folder.pcap: No such file")
        reload(tambod, tap={})
        use(row)
        tambod.stop()
        print("switched on and off; one switch only; no file: said so, and went on")


def test(tambod_program, tambo):
    need("tshark", "openssl")
    for version in ("OpenFlow10", "OpenFlow13"):
        exercise(tambod_program, tambo, version)
    encrypted(tambod_program, tambo)
    north(tambod_program, tambo)
    switched(tambod_program, tambo)


if len(sys.argv) != 3:
    sys.exit(f"usage: {sys.argv[0]} TAMBOD TAMBO")
try:
    test(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
except Failure as failure:
    sys.exit(f"FAILED: {failure}")
print("ok")
