#!/usr/bin/env python3
"""tambo switch with whole controllers: tambod finds every link, also over TLS, after a restart, with two
tambods at once and with 1.0, 1.4 and 1.5; hosts inside ping each other over ovs-testcontroller; and each
mistake on the command line is said in words."""

import fcntl
import json
import os
import pty
import signal
import socket
import struct
import subprocess
import termios
import time
import urllib.request

from ovs_lib import Process, Sandbox, Tambod, check, check_equal, need, run, wait_until
from switch_lib import TamboSwitch, main

PKI = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "pki")
N, LINKS = 20, 2
SETTINGS = {"rest": {"listen": "127.0.0.1:0"}}


def ask(tambod, path):
    port = tambod.wait_log(r"REST on https?://127\.0\.0\.1:(\d+)").group(1)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/{path}", timeout=20) as reply:
        return json.load(reply)


def wait_network(tambod, n_switches, n_links):
    """Every switch is ready, and every link known in both directions."""
    wait_until(f"{n_switches} switches are ready",
               lambda: ask(tambod, "status")["n_switches_ready"] == n_switches, 30)
    wait_until(f"{n_links} links", lambda: len(ask(tambod, "links")["links"]) == 2 * n_links, 30)


def tcp(*controllers):
    return [part for c in controllers for part in ("--controller", f"tcp:127.0.0.1:{c.port}")]


def check_restart(tambo, tambod):
    """All come back, with a back-off; the first attempts of the next run find nobody."""
    with Sandbox() as sandbox:
        controller = Tambod(sandbox, tambod, SETTINGS)
        switch = TamboSwitch(sandbox, tambo, *tcp(controller), "--count", N, "--links", LINKS, "--shape",
                             "ring", "--backoff-s", 0.5)
        wait_network(controller, N, N * LINKS)
        wait_until("the line that tells", lambda: f"{N} of {N} connected after" in switch.log())
        controller.restart()
        wait_network(controller, N, N * LINKS)
        stats = switch.stop(signal.SIGINT)
        check_equal((stats["switches"], stats["ready"], stats["errors"]), (N, N, 0), "statistics")
        check(stats["connections_lost"] == N and stats["connections"] >= 2 * N, f"{stats}")
        wait_until("all are gone", lambda: ask(controller, "status")["n_switches_ready"] == 0)
        controller.process.stop()

        early = TamboSwitch(sandbox, tambo, *tcp(controller), "--topology", "tree:depth=3,fanout=2,hosts=1",
                            "--versions", "1.0", "--backoff-s", 0.2, name="early")
        controller.start()
        wait_network(controller, 7, 6)
        stats = early.stop()
        check_equal((stats["ready"], stats["connections_lost"]), (7, 0), "statistics")
        controller.stop()
    print(f"{N} switches, {N * LINKS} links, and again after a restart")


def check_two(tambo, tambod):
    """Two controllers: each has all switches."""
    with Sandbox() as sandbox:
        both = [Tambod(sandbox, tambod, SETTINGS, name) for name in ("one", "two")]
        switch = TamboSwitch(sandbox, tambo, *tcp(*both), "--count", 3, "--versions", "1.3,1.4")
        for controller in both:
            wait_until("three switches", lambda c=controller: ask(c, "status")["n_switches_ready"] == 3)
        stats = switch.stop()
        check_equal((stats["ready"], stats["connections"]), (3, 6), "statistics")
        for controller in both:
            controller.stop()
    print("two controllers")


def check_15(tambo, tambod):
    """OpenFlow 1.5 between the two: hosts ping each other, and neither says an error."""
    with Sandbox() as sandbox:
        controller = Tambod(sandbox, tambod, SETTINGS)
        switch = TamboSwitch(sandbox, tambo, *tcp(controller), "--count", 5, "--shape", "ring", "--hosts", 2,
                             "--ping-per-s", 50, "--versions", "1.5")
        wait_network(controller, 5, 5)
        for known in ask(controller, "switches")["switches"]:
            check_equal(known["version"], "1.5", "version")
        wait_until("pings", lambda: "pings are answered" in switch.log())
        stats = switch.stop()
        check(stats["flow_mods"] > 10 and not stats["errors"] and stats["pings_answered"] > 10, f"{stats}")
        controller.stop()
    print(f"OpenFlow 1.5: {stats['flow_mods']} entries, {stats['pings_answered']} pings answered")


def check_tls(tambo, tambod):
    class TlsTambod(Tambod):
        def listen(self):
            return [{"address": f"127.0.0.1:{self.port}", "tls": True}]
    with Sandbox() as sandbox:
        pki = sandbox.path("pki")
        run(PKI, "init", pki)
        run(PKI, "controller", pki, "127.0.0.1")
        run(PKI, "switch", pki, "1")
        files = {name: os.path.join(pki, file) for name, file in (
            ("ca", "ca.pem"), ("certificate", "switch-0000000000000001.pem"),
            ("key", "switch-0000000000000001.key"))}
        tls = {"certificate": os.path.join(pki, "controller-127.0.0.1.pem"),
               "key": os.path.join(pki, "controller-127.0.0.1.key"), "ca": files["ca"]}
        controller = TlsTambod(sandbox, tambod, dict(SETTINGS, tls=tls))
        options = [part for name, file in files.items() for part in (f"--{name}", file)]
        switch = TamboSwitch(sandbox, tambo, "--controller", f"tls:127.0.0.1:{controller.port}", *options,
                             "--count", 4, "--shape", "ring")
        wait_network(controller, 4, 4)
        controller.restart()
        wait_network(controller, 4, 4)
        check_equal(switch.stop()["errors"], 0, "errors")
        plain = TamboSwitch(sandbox, tambo, *tcp(controller), "--seconds", 1, "--backoff-s", 0.1, name="plain")
        wait_until("its end", lambda: not plain.process.is_running())
        stats = plain.stop()
        check(stats["ready"] == 0 and stats["attempts_failed"] > 1, f"plain TCP to TLS: {stats}")
        check_wrong_authority(sandbox, tambo, controller, options)
        controller.stop()
        check_tls_waits(sandbox, tambo, options)
    print("TLS")


def check_wrong_authority(sandbox, tambo, controller, options):
    """Why nothing comes of it is said meanwhile and at the end."""
    other = sandbox.path("other-pki")
    run(PKI, "init", other)
    wrong = [os.path.join(other, "ca.pem") if option.endswith("ca.pem") else option for option in options]
    why = f"127.0.0.1:{controller.port}: the controller's certificate is not accepted"
    switch = TamboSwitch(sandbox, tambo, "--controller", f"tls:127.0.0.1:{controller.port}", *wrong, "--backoff-s", 0.1,
                         name="wrong")
    wait_until("the line that tells", lambda: f"0 of 1 connected; {why}" in switch.log())
    stats = switch.stop()
    check(stats["ready"] == 0 and stats["last_error"].startswith(why), f"{stats}")


def check_tls_waits(sandbox, tambo, options):
    """A controller that is slow to begin with TLS is waited for asleep."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        switch = TamboSwitch(sandbox, tambo, "--controller", f"tls:127.0.0.1:{server.getsockname()[1]}", *options,
                             name="slow")
        connection = server.accept()[0]
        connection.settimeout(20)
        check(connection.recv(1) == b"\x16", "a handshake")
        before = cpu_s(switch.process)
        time.sleep(1)
        took = cpu_s(switch.process) - before
        check(took < 0.3, f"{took} s of a processor in one second")
        connection.close()
        switch.stop()


def cpu_s(process):
    with open(f"/proc/{process.popen.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def check_testcontroller(tambo):
    """Open vSwitch's learning switch: hosts inside announce themselves and are heard."""
    need("ovs-testcontroller")
    with Sandbox() as sandbox:
        env = dict(os.environ, OVS_RUNDIR=sandbox.dir)
        path = sandbox.path("testcontroller.log")
        args = ["ovs-testcontroller", "-vconsole:info", f"--unixctl={sandbox.path('ctl')}"]
        for port in range(20000 + os.getpid() % 20000, 60000):
            process = Process([*args, f"ptcp:{port}:127.0.0.1"], path, env=env)
            wait_until("its control socket, or its end", lambda p=process: not p.is_running() or
                       os.path.exists(sandbox.path("ctl")))
            if process.is_running():
                break
        switch = TamboSwitch(sandbox, tambo, "--controller", f"tcp:127.0.0.1:{port}", "--count", 5, "--shape",
                             "tree", "--hosts", 2, "--ping-per-s", 50)
        wait_until("all are connected", lambda: "5 of 5 connected" in switch.log())
        wait_until("pings", lambda: "pings are answered" in switch.log())
        stats = switch.stop()
        process.stop()
        check(stats["flow_mods"] > 10 and stats["packet_outs"] > 10 and not stats["errors"], f"{stats}")
        check(stats["pings_answered"] > 10, f"{stats}")
    print(f"ovs-testcontroller: {stats['flow_mods']} entries, {stats['pings_answered']} pings answered")


MISTAKES = [
    ([], "--controller is missing: expected tcp:HOST:PORT or tls:HOST:PORT"),
    (["--controller", "tcp:127.0.0.1"], '--controller "tcp:127.0.0.1": expected tcp:HOST:PORT'),
    (["--controller", "tcp::6653"], "expected tcp:HOST:PORT"),
    (["--controller", "tcp:127.0.0.1:65536"], "the port from 1 to 65535"),
    (["--controller", "tls:127.0.0.1:1"], "needs --ca, --certificate and --key"),
    (["--controller", "tcp:127.0.0.1:1", "--ca", "x"], "go with --controller tls:HOST:PORT"),
    (["--controller", "tls:127.0.0.1:1", "--ca", "/nowhere/ca", "--certificate", "x", "--key", "x"],
     "--ca /nowhere/ca: No such file"),
    (["--controller", "tcp:nowhere.invalid:1"], "--controller nowhere.invalid: "),
    (["--versions", "1.0,1.2"], '--versions "1.0,1.2": expected some of 1.0,1.3,1.4,1.5'),
    (["--versions", ""], "expected some of 1.0,1.3,1.4,1.5"),
    (["--count", "0"], '--count "0": expected a whole number from 1 to 65535'),
    (["--count", "3", "--topology", "linear"], "--topology and --count: expected one of them"),
    (["--links", "2", "--topology", "ring:switches=3"], "--topology and --links: expected one of them"),
    (["--shape", "tree", "--topology", "ring:switches=3"], "--topology and --shape: expected one of them"),
    (["--hosts", "2", "--topology", "ring:switches=3"], "--topology and --hosts: expected one of them"),
    (["--ping-per-s", "5", "--hosts", "1"], "--ping-per-s: expected two hosts at least"),
    (["--topology", "/nowhere/x.dot"], "/nowhere/x.dot: No such file"),
    (["--shape", "star"], "expected one of row, ring, tree"),
    (["--fail-mode", "open"], "expected one of secure, standalone, emergency"),
    (["--port", "1:1"], "expected DPID:NO=unix:PATH"),
    (["--port", "1:4097=unix:x"], "NO from 1 to 4096"),
    (["--port", "1:2=tcp:x"], "expected DPID:NO=unix:PATH"),
    (["--port", "1:2=unix:"], "expected DPID:NO=unix:PATH"),
    (["--port", "7:2=unix:x"], "--port 7:2: no switch has this datapath id"),
    (["--count", "2", "--port", "1:1=unix:x"], "--port 1:1: the number is taken; the next free one is 2"),
    (["--port", "1:2=unix:x", "--port", "1:2=unix:y"], "--port 1:2: the number is taken"),
    (["--port", "1:2=unix:/nowhere/x"], "--port 1:2 /nowhere/x: No such file or directory"),
    (["--port", "1:2=unix:" + "x" * 108], "a path of at most 107 characters"),
    (["--port", "1:2=if:tambo-nowhere"], "--port 1:2 tambo-nowhere: "),
    (["--port", "1:2=tap:tambo-name-too-long"], "1 to 15 characters"),
]


def check_mistakes(tambo):
    with Sandbox() as sandbox:
        for options, words in MISTAKES:
            args = options if not options or "--controller" in options else \
                ["--controller", "tcp:127.0.0.1:1", *options]
            done = subprocess.run([tambo, "switch", "--seconds", "0.1", *args], text=True, timeout=30, check=False,
                                  cwd=sandbox.dir, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            check_equal(done.returncode, 2, f"exit code of {options}\n{done.stdout}")
            check(words in done.stdout, f"{words!r} is not in: {done.stdout}")
    print(f"{len(MISTAKES)} mistakes")


def check_terminal(tambo):
    """The line of status is written over, so it is no longer than the terminal is wide."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    args = [tambo, "switch", "--controller", "tcp:127.0.0.1:1", "--seconds", "1.5"]
    subprocess.run(args, stdout=its, stderr=its, timeout=30, check=True)
    lines = os.read(ours, 4096).decode().split("\r\033[K")
    check_equal(lines[1], "0 of 1 connected; 127.0.0.1:1: Connection refused"[:39], "line of status")
    check("last failure   127.0.0.1:1: Connection refused" in lines[2], f"{lines}")
    print("a narrow terminal")


def test(tambo, tambod):
    check_mistakes(tambo)
    check_terminal(tambo)
    check_restart(tambo, tambod)
    check_two(tambo, tambod)
    check_15(tambo, tambod)
    check_tls(tambo, tambod)
    check_testcontroller(tambo)


main(test, "TAMBOD")
