"""Open vSwitch and tambod in a private folder, for the system tests.

A test makes a Sandbox, starts an OpenVSwitch and a Tambod in it and waits for conditions with
wait_until(), never for time. Whatever is started dies with the test, also when the test is killed:
each child asks the kernel for a signal when its parent ends (PR_SET_PDEATHSIG). A thing that is
missing makes the test fail and say so. Python's standard library only.
"""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
PR_SET_PDEATHSIG = 1


class Failure(Exception):
    """The test did not see what it expected."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def check_equal(found, expected, what):
    check(found == expected, f"{what}\n  expected: {expected!r}\n  found:    {found!r}")


def check_lists(found, expected, what):
    """Compares two lists of lines and shows what is missing and what is too much."""
    missing = [line for line in expected if line not in found]
    surplus = [line for line in found if line not in expected]
    text = [what] + ["  missing: " + m for m in missing] + ["  surplus: " + s for s in surplus]
    check(sorted(found) == sorted(expected), "\n".join(text))


def need(*programs):
    for program in programs:
        check(shutil.which(program), f"this test needs {program}, which is not installed")


def wait_until(what, probe, within_s=15.0, every_s=0.02):
    """Calls 'probe' until its value is true and returns it; fails after 'within_s' seconds."""
    end = time.monotonic() + within_s
    while True:
        value = probe()
        if value:
            return value
        check(time.monotonic() < end, f"waited {within_s} s in vain: {what}")
        time.sleep(every_s)


def listens(path):
    """Whether somebody accepts connections at a Unix socket; its file is there a little earlier."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(path) == 0


def wait_equal(what, probe, expected, within_s=15.0):
    """Waits until 'probe' gives 'expected' (a list of lines); shows the difference when it fails."""
    end = time.monotonic() + within_s
    while True:
        found = probe()
        if sorted(found) == sorted(expected):
            return
        if time.monotonic() > end:
            check_lists(found, expected, f"waited {within_s} s in vain: {what}")
        time.sleep(0.05)


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(*args, env=None, may_fail=False, input_text=None):
    """Runs a command to its end and returns what it printed."""
    done = subprocess.run(args, env=env, input=input_text, text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    check(may_fail or done.returncode == 0,
          f"{' '.join(args)}\n  exit {done.returncode}: {done.stdout.strip()}")
    return done.stdout


class Process:
    """A child with its output in a file."""

    def __init__(self, args, output, env=None, stdin=subprocess.DEVNULL):
        self.args = args
        with open(output, "ab") as out:
            self.popen = subprocess.Popen(args, stdin=stdin, stdout=out, stderr=out, env=env,
                                          preexec_fn=die_with_parent)

    def is_running(self):
        return self.popen.poll() is None

    def stop(self, number=signal.SIGTERM, within_s=20):
        """Ends the child and returns its exit code."""
        if self.is_running():
            self.popen.send_signal(number)
        try:
            return self.popen.wait(within_s)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise Failure(f"{self.args[0]} did not end within {within_s} s") from None


class Sandbox:
    """A folder of its own, and everything that was started in it. Use with 'with'."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="tambo-ovs-")
        self.parts = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for part in reversed(self.parts):
            part.abandon()
        if kind is not None:
            self.show_logs()
        shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def show_logs(self):
        for name in ("tambod.log", "ovs-vswitchd.log"):
            if os.path.exists(self.path(name)):
                with open(self.path(name), errors="replace") as log:
                    lines = log.read().splitlines()[-60:]
                print(f"--- last lines of {name}", *lines, sep="\n", file=sys.stderr)


class OpenVSwitch:
    """ovsdb-server and ovs-vswitchd. 'dummy' switches need no privileges and obey time/warp."""

    def __init__(self, sandbox, dummy=True):
        need("ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "ovs-ofctl", "ovs-appctl")
        check(os.path.exists(SCHEMA), f"this test needs {SCHEMA}, which is not there")
        self.sandbox = sandbox
        self.dummy = dummy
        self.env = dict(os.environ, **{name: sandbox.dir for name in
                                       ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")})
        self.db = f"unix:{sandbox.path('db.sock')}"
        self.vswitchd = None
        self.n_starts = 0
        self.bridges = []
        sandbox.parts.append(self)
        run("ovsdb-tool", "create", sandbox.path("conf.db"), SCHEMA, env=self.env)
        self.ovsdb = self.start("ovsdb-server", sandbox.path("conf.db"),
                                f"--remote=punix:{sandbox.path('db.sock')}")
        wait_until("ovsdb-server", lambda: listens(sandbox.path("db.sock")))
        self.vsctl("init")
        self.start_vswitchd()

    def start(self, program, *args):
        return Process([program, *args, "-vconsole:off", f"--log-file={self.sandbox.path(program)}.log"],
                       self.sandbox.path(program + ".out"), env=self.env)

    def start_vswitchd(self):
        options = ["--enable-dummy=override", "--disable-system"] if self.dummy else []
        self.n_starts += 1
        self.ctl = self.sandbox.path(f"vswitchd.{self.n_starts}.ctl")
        self.vswitchd = self.start("ovs-vswitchd", self.db, f"--unixctl={self.ctl}", *options)
        wait_until("ovs-vswitchd", lambda: listens(self.ctl))

    def stop_vswitchd(self):
        """Ends it as 'systemctl stop' does; flows and ports of the datapath go with it."""
        self.appctl("exit")
        self.vswitchd.stop()

    def restart_vswitchd(self):
        self.stop_vswitchd()
        self.start_vswitchd()
        for name in self.bridges:
            self.wait_bridge(name)

    def abandon(self):
        for process in (self.vswitchd, self.ovsdb):
            if process:
                process.stop(signal.SIGKILL)

    def vsctl(self, *args):
        return run("ovs-vsctl", f"--db={self.db}", "--no-wait", "--timeout=20", *args, env=self.env)

    def appctl(self, *args, may_fail=False):
        return run("ovs-appctl", "-t", self.ctl, *args, env=self.env, may_fail=may_fail)

    def ofctl(self, bridge, command, *args, version="OpenFlow10", strict=False):
        target = f"unix:{self.sandbox.path(bridge)}.mgmt"
        options = ["--strict"] if strict else []
        return run("ovs-ofctl", "-O", version, *options, command, target, *args, env=self.env)

    # --- Bridges ----------------------------------------------------------------------------------

    def add_bridge(self, name, dpid, version):
        """A bridge without ports that does nothing on its own."""
        self.vsctl("add-br", name, "--", "set", "bridge", name,
                   f"datapath_type={'dummy' if self.dummy else 'netdev'}", "fail_mode=secure",
                   f"protocols=OpenFlow10,{version}" if version != "OpenFlow10" else
                   f"protocols={version}",
                   f"other-config:datapath-id={dpid:016x}", "other-config:disable-in-band=true",
                   f"other-config:hwaddr=02:00:00:00:00:{dpid & 0xff:02x}")
        self.bridges.append(name)
        self.wait_bridge(name)

    def wait_bridge(self, name):
        wait_until(f"bridge {name}", lambda: listens(self.sandbox.path(f"{name}.mgmt")))

    def set_ssl(self, key, certificate, ca):
        """One identity for all bridges: Open vSwitch has no more."""
        self.vsctl("set-ssl", key, certificate, ca)

    def set_controller(self, bridge, port, protocol="tcp"):
        self.vsctl("set-controller", bridge, f"{protocol}:127.0.0.1:{port}", "--", "set", "controller",
                   bridge, "connection_mode=out-of-band", "inactivity_probe=30000",
                   "max_backoff=1000")

    def add_dummy_port(self, bridge, name, number):
        """An edge port: frames go in with receive() and come out in sent()."""
        self.vsctl("add-port", bridge, name, "--", "set", "interface", name, "type=dummy",
                   f"ofport_request={number}", f"options:tx_pcap={self.sandbox.path(name)}.pcap")
        self.wait_port(name, number)

    def add_patch(self, bridge_a, number_a, bridge_b, number_b):
        """A link; the ports are called by their ends. Returns both names."""
        a, b = f"{bridge_a}-{bridge_b}-{number_a}", f"{bridge_b}-{bridge_a}-{number_b}"
        for bridge, name, peer, number in ((bridge_a, a, b, number_a), (bridge_b, b, a, number_b)):
            self.vsctl("add-port", bridge, name, "--", "set", "interface", name, "type=patch",
                       f"options:peer={peer}", f"ofport_request={number}")
        self.wait_port(a, number_a)
        self.wait_port(b, number_b)
        return a, b

    def wait_port(self, name, number):
        wait_until(f"port {name}", lambda: self.vsctl("get", "interface", name, "ofport").strip()
                   == str(number))

    # --- Frames -----------------------------------------------------------------------------------

    def receive(self, port, frame):
        """'frame' (bytes) arrives at the dummy port."""
        self.appctl("netdev-dummy/receive", port, frame.hex())

    def sent(self, port):
        """All frames that have left the dummy port, LLDP excepted."""
        return [f for f in read_pcap(self.sandbox.path(port) + ".pcap") if f[12:14] != b"\x88\xcc"]

    # --- Tables -----------------------------------------------------------------------------------

    def flows(self, bridge, version="OpenFlow13"):
        """The entries as sorted lines "priority=…,match actions=…", without counters, cookies and
        importance (which is told since 1.4)."""
        return sorted(line for line, _ in self.flows_and_counters(bridge, version))

    def flows_and_counters(self, bridge, version="OpenFlow13"):
        """(line, {counter: number}) of each entry."""
        entries = []
        for text in self.ofctl(bridge, "dump-flows", version=version).splitlines():
            if "actions=" not in text:
                continue
            counters = {key: int(value, 0) for key, value in
                        re.findall(r"\b(cookie|n_packets|n_bytes)=(\w+)", text)}
            line = re.sub(r"\b(cookie|duration|n_packets|n_bytes|idle_age|hard_age|importance)="
                          r"[^,]*, ?", "", text.strip())
            line = re.sub(r"^table=0, ?", "", line)
            line = re.sub(r"\breset_counts ", "", line)
            entries.append((line, counters))
        return entries

    # --- Time (dummy only) ------------------------------------------------------------------------

    def stop_time(self):
        self.appctl("time/stop")

    def warp(self, total_ms, step_ms=100):
        self.appctl("time/warp", str(total_ms), str(step_ms))


class Tambod:
    """The controller, listening on free ports of 127.0.0.1 that it keeps over restarts."""

    def __init__(self, sandbox, program, config=None, name="tambod"):
        self.sandbox = sandbox
        self.program = program
        self.name = name
        self.port = 0
        self.process = None
        # Tests run side by side: none of them takes the ports that others may want, unless it says so.
        self.config = {"rest": {"listen": "off"}, "sflow": {"listen": "off"}, **(config or {})}
        self.log_path = sandbox.path(f"{name}.log")
        self.log_from = 0
        sandbox.parts.append(self)
        self.start()

    def listen(self):
        return [f"127.0.0.1:{self.port}"]

    def start(self):
        path = self.sandbox.path(f"{self.name}.json")
        with open(path, "w") as file:
            json.dump(dict(self.config, listen=self.listen()), file, indent=2)
        self.log_from = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        self.process = Process([self.program, "--config", path], self.log_path)
        self.port = int(self.wait_log(r"listening on 127\.0\.0\.1:(\d+)").group(1))
        # REST keeps its port as well: a new one could be the one of OpenFlow, which is free for a moment.
        rest = re.search(r"REST on https?://(127\.0\.0\.1:\d+)", self.log())
        if rest and str(self.config["rest"].get("listen", "")).endswith(":0"):
            self.config["rest"] = dict(self.config["rest"], listen=rest.group(1))

    def log(self):
        """What has been written since the last start."""
        with open(self.log_path, errors="replace") as file:
            file.seek(self.log_from)
            return file.read()

    def wait_log(self, pattern, within_s=15.0):
        def probe():
            check(self.process.is_running() or re.search(pattern, self.log()),
                  f"tambod has ended:\n{self.log()}")
            return re.search(pattern, self.log())
        return wait_until(f"/{pattern}/ in tambod's log", probe, within_s)

    def stop(self):
        """A clean stop: exit code 0 (a sanitizer that found a leak would spoil it)."""
        check_equal(self.process.stop(), 0, "exit code of tambod\n" + self.log()[-4000:])

    def restart(self):
        self.stop()
        self.start()

    def abandon(self):
        if self.process:
            self.process.stop(signal.SIGKILL)


# --- Frames ---------------------------------------------------------------------------------------

def mac(number):
    """02:00:00:00:xx:xx, out of the way of the bridges' own."""
    return bytes([0x02, 0, 0, 1]) + struct.pack(">H", number)


def ip(number):
    return bytes([10, 0]) + struct.pack(">H", number)


def mac_text(number):
    return mac(number).hex(":")


def arp(operation, sender, target, target_mac=None):
    """ARP between two host numbers: operation 1 asks everybody, 2 answers."""
    asked = operation == 1
    dst = b"\xff" * 6 if asked else (target_mac or mac(target))
    body = struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + mac(sender) + ip(sender)
    body += (bytes(6) if asked else dst) + ip(target)
    return dst + mac(sender) + b"\x08\x06" + body + bytes(18)


def internet_checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp(src, dst, payload=b"tambo", sport=4711, dport=9):
    """A UDP datagram from host number 'src' to 'dst', at least 60 bytes long."""
    datagram = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0) + ip(src) + ip(dst)
    header = header[:10] + struct.pack(">H", internet_checksum(header)) + header[12:]
    frame = mac(dst) + mac(src) + b"\x08\x00" + header + datagram
    return frame + bytes(max(0, 60 - len(frame)))


def read_pcap(path):
    """The frames in a pcap file, complete ones only."""
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        data = file.read()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at, frames = 24, []
    while at + 16 <= len(data):
        size = struct.unpack(order + "IIII", data[at:at + 16])[2]
        if at + 16 + size > len(data):
            break
        frames.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return frames


def main(test, *others):
    """Runs 'test(program, ...)' with the path of tambod, and of the 'others', from the command line."""
    if len(sys.argv) != 2 + len(others):
        sys.exit(" ".join(["usage:", sys.argv[0], "TAMBOD", *others]))
    try:
        test(*(os.path.abspath(path) for path in sys.argv[1:]))
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
    print("ok")
