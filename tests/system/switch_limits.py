#!/usr/bin/env python3
"""tambo switch with controllers and networks that behave badly: one that does not read, one that answers
nothing, one that sends something else or asks for very much at once, frames that circle; more connections than
the soft limit of open files; and what switches do without a controller."""

import os
import resource
import socket
import struct
import time

from ovs_lib import Sandbox, check, check_equal, udp, wait_until
from switch_lib import BARRIER, FLOW_MOD, HELLO, NO_BUFFER, Listener, Port, TamboSwitch, main

MULTIPART_REQUEST, MULTIPART_REPLY = 18, 19
EVERYTHING = struct.pack("!HH4xB3xII4xQQHHI", 1, 0, 0xff, 0xffffffff, 0xffffffff, 0, 0, 1, 4, 0)  # Of all tables.


def controller(listener):
    return ["--controller", f"tcp:127.0.0.1:{listener.port}"]


def resident_kib(process):
    with open(f"/proc/{process.popen.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def check_deaf(tambo):
    """Packet-ins for a controller that does not read are dropped before they fill the memory, and
    another switch of the same program does not notice."""
    with Sandbox() as sandbox:
        listener, path = Listener(4), sandbox.path("port")
        switch = TamboSwitch(sandbox, tambo, *controller(listener), "--count", 2, "--links", 0, "--buffers", 0,
                             "--port", f"1:1=unix:{path}")
        peers = listener.accept(2)
        peers[1].add_entry(1, "controller")
        peers[1].barrier()
        before, port = resident_kib(switch.process), Port(path)
        for _ in range(40):  # 60 MB.
            port.send(*[udp(1, 2, bytes(1400))] * 1000)
            peers[2].barrier()
        wait_until("all has been taken", lambda: port_is_taken(peers[2], switch))
        grown = resident_kib(switch.process) - before
        check(grown < 20000, f"{grown} KiB more")
        got = peers[1].packet_in()  # What was kept is whole.
        check_equal(got, (1, udp(1, 2, bytes(1400))), "the first packet-in")
        stats = switch.stop()
        check(stats["packet_ins_unsent"] > 1000, f"{stats}")
        listener.close()
    print(f"a deaf controller: {stats['packet_ins_unsent']} packet-ins dropped, {grown} KiB more")


def port_is_taken(peer, switch):
    """The program is idle again: an answer comes at once."""
    began = time.monotonic()
    peer.barrier()
    return time.monotonic() - began < 0.2 and switch.process.is_running()


def check_many_questions(tambo):
    """A controller that asks for all entries two hundred times, and then begins to read, gets all answers; they are
    not all made before the first one is read."""
    n_entries, n_questions = 2000, 200
    with Sandbox() as sandbox:
        listener = Listener(4)
        switch = TamboSwitch(sandbox, tambo, *controller(listener))
        peer = listener.accept(1)[1]
        for port in range(1, n_entries + 1):
            peer.add_entry(port, "controller")
        peer.barrier()
        before = resident_kib(switch.process)
        for _ in range(n_questions):
            peer.send(MULTIPART_REQUEST, EVERYTHING)
        answers, most = 0, 0
        while answers < n_questions:
            _, flags = struct.unpack("!HH", peer.wait(MULTIPART_REPLY)[:4])
            answers += not flags & 1  # The last part.
            most = max(most, resident_kib(switch.process))
        check(most - before < 20000, f"{most - before} KiB more")
        stats = switch.stop()
        check_equal((stats["connections_lost"], stats["errors"]), (0, 0), f"{stats}")
        listener.close()
    print(f"{n_questions} questions at once: {stats['out_bytes'] // 1000} kB of answers, {most - before} KiB more")


def add_large_entry(peer, port):
    """Of 16 KB in an answer."""
    actions = struct.pack("!HHIH6x", 0, 16, 0xfffffffd, 64) * 1000
    peer.send(FLOW_MOD, struct.pack("!QQBBHHHIIIH2x", 0, 0, 0, 0, 0, 0, 1, NO_BUFFER, 0xffffffff, 0xffffffff, 0) +
              struct.pack("!HHIII", 1, 12, 0x80000004, port, 0) +
              struct.pack("!HH4x", 4, 8 + len(actions)) + actions)


def check_large_answer(tambo):
    """What a controller has asked for may be larger than all that may wait for it unasked (64 MB)."""
    n_entries = 5000
    with Sandbox() as sandbox:
        listener = Listener(4)
        switch = TamboSwitch(sandbox, tambo, *controller(listener))
        peer = listener.accept(1)[1]
        for port in range(1, n_entries + 1):
            add_large_entry(peer, port)
        peer.barrier()
        peer.send(MULTIPART_REQUEST, EVERYTHING)
        size, more = 0, 1
        while more:
            part = peer.wait(MULTIPART_REPLY)
            more, size = struct.unpack("!H", part[2:4])[0] & 1, size + len(part)
        check(size > 75000000, f"{size} bytes")
        check_equal(switch.stop()["connections_lost"], 0, "connections lost")
        listener.close()
    print(f"an answer of {size // 1000000} MB")


def check_questions_that_wait(tambo):
    """Neither when they wait behind a flow-mod that takes its time are all answers made before the first one is read,
    and a connection does not end because of what its controller has asked for."""
    n_entries, n_questions = 150, 30
    with Sandbox() as sandbox:
        listener = Listener(4)
        switch = TamboSwitch(sandbox, tambo, *controller(listener), "--preset", "hp-5406zl")
        peer = listener.accept(1)[1]
        for port in range(1, n_entries + 1):
            add_large_entry(peer, port)
        peer.barrier()
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # All before the flow-mod is done.
        before = resident_kib(switch.process)
        add_large_entry(peer, 1)
        for _ in range(n_questions):
            peer.send(MULTIPART_REQUEST, EVERYTHING)
        peer.send(BARRIER[4][0])
        answers, most, size = 0, 0, 0
        while answers < n_questions:
            part = peer.wait(MULTIPART_REPLY)
            answers, size = answers + (not part[3] & 1), size + len(part)
            most = max(most, resident_kib(switch.process))
        peer.wait(BARRIER[4][1])
        check(size > 70000000, f"{size} bytes")
        check(most - before < 20000, f"{most - before} KiB more")
        stats = switch.stop()
        check_equal((stats["connections_lost"], stats["errors"]), (0, 0), f"{stats}")
        listener.close()
    print(f"{n_questions} questions behind a flow-mod: {size // 1000000} MB, {most - before} KiB more")


def check_silent(tambo):
    """A controller that answers no echo is left, and one that sends nonsense; both are tried again."""
    with Sandbox() as sandbox:
        listener = Listener(4)
        switch = TamboSwitch(sandbox, tambo, *controller(listener), "--backoff-s", 0.1, "--echo-s", 0.2)
        silent = listener.accept(1)[1]
        again = listener.accept(1)[1]
        again.socket.sendall(b"\x04\x00\x00\x03\x00\x00\x00\x01")  # A length below 8.
        third = listener.accept(1)[1]
        third.barrier()
        silent.close()
        stats = switch.stop()
        check_equal((stats["connections"], stats["connections_lost"]), (3, 2), f"{stats}")
        listener.close()
    print("silence and nonsense")


def check_no_version(tambo):
    """A hello with which nothing is in common gets an error (OF 1.3.5 §6.3.1), not a version."""
    with Sandbox() as sandbox, socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        switch = TamboSwitch(sandbox, tambo, "--controller", f"tcp:127.0.0.1:{server.getsockname()[1]}",
                             "--versions", "1.3")
        connection = server.accept()[0]
        connection.settimeout(20)
        connection.sendall(struct.pack("!BBHI", 1, HELLO, 8, 1))
        data = b""
        while more := connection.recv(4096):  # Its hello, an error of 1.3, and its end.
            data += more
        check_equal(data[16:].hex()[:4] + data[24:28].hex(), "0401" + "00000000", "HELLO_FAILED, INCOMPATIBLE")
        stats = switch.stop()
        check_equal((stats["ready"], stats["errors"], stats["attempts_failed"]), (0, 1, 1), f"{stats}")
        check(stats["elapsed_s"] < 8, f"not at once: {stats}")
        connection.close()
    print("no version in common")


def flood_all(peer):
    """What comes in leaves everywhere else."""
    action = struct.pack("!HHIH6x", 0, 16, 0xfffffffb, 0)
    apply = struct.pack("!HH4x", 4, 8 + len(action)) + action
    peer.send(FLOW_MOD, struct.pack("!QQBBHHHIIIH2x", 1, 0, 0, 0, 0, 0, 1, NO_BUFFER, 0xffffffff,
                                    0xffffffff, 0) + struct.pack("!HHI", 1, 4, 0) + apply)
    peer.barrier()


def check_storm(tambo):
    """Frames that circle and multiply: the switches still answer, memory has an end, SIGTERM works."""
    with Sandbox() as sandbox:
        listener = Listener(4)
        switch = TamboSwitch(sandbox, tambo, *controller(listener), "--count", 5, "--shape", "ring", "--links", 2)
        peers = listener.accept(5)
        for peer in peers.values():
            flood_all(peer)
        peers[1].packet_out(0xfffffffb, b"\xff" * 6 + udp(1, 2, bytes(1000))[6:])
        for _ in range(5):
            for peer in peers.values():
                peer.barrier()
        size = resident_kib(switch.process)
        check(size < 200000, f"{size} KiB")
        stats = switch.stop()
        check_equal((stats["ready"], stats["connections_lost"]), (5, 0), f"{stats}")
        listener.close()
    print(f"a storm: answers come, {size} KiB, the clock fell back {stats['clock_fell_back']} times")


def check_end_of_storm(tambo):
    """--seconds are those of the machine, also when the virtual clock cannot follow."""
    with Sandbox() as sandbox:
        listener = Listener(4)
        switch = TamboSwitch(sandbox, tambo, *controller(listener), "--count", 5, "--shape", "ring", "--links", 2,
                             "--seconds", 5)
        peers = listener.accept(5)
        for peer in peers.values():
            flood_all(peer)
        peers[1].packet_out(0xfffffffb, b"\xff" * 6 + udp(1, 2, bytes(100))[6:])
        wait_until("its end", lambda: not switch.process.is_running(), 40)
        check(5 <= switch.stop()["elapsed_s"] < 40, "elapsed_s")
        listener.close()
    print("a storm ends in time")


def check_files(tambo):
    """300 connections with a soft limit of 100 open files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Sandbox() as sandbox:
        listener = Listener(1)
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
        switch = TamboSwitch(sandbox, tambo, *controller(listener), "--count", 300, "--versions", "1.0")
        resource.setrlimit(resource.RLIMIT_NOFILE, (1000, hard))
        peers = listener.accept(300)
        check_equal(sorted(peers), list(range(1, 301)), "datapath ids")
        check_equal(switch.stop()["ready"], 300, "ready")
        listener.close()
    print("300 switches with a soft limit of 100 files")


def check_alone(tambo):
    """Without a controller a switch is a bridge or goes on as before (OF 1.3.5 §6.3.2)."""
    with Sandbox() as sandbox:
        paths = [sandbox.path(name) for name in ("a", "b")]
        switch = TamboSwitch(sandbox, tambo, "--controller", "tcp:127.0.0.1:1", "--fail-mode", "standalone",
                             "--port", f"1:1=unix:{paths[0]}", "--port", f"1:2=unix:{paths[1]}")
        left, right = map(Port, paths)
        left.send(udp(1, 2))
        check_equal(right.receive(), udp(1, 2), "frame through a bridge")
        check_equal(switch.stop()["ready"], 0, "ready")

        listener = Listener(4)
        switch = TamboSwitch(sandbox, tambo, *controller(listener), "--port", f"1:1=unix:{paths[0]}", "--port",
                             f"1:2=unix:{paths[1]}", "--backoff-s", 0.1, name="secure")
        peer = listener.accept(1)[1]
        peer.add_entry(1, 2)
        peer.barrier()
        left, right = map(Port, paths)
        listener.close()
        peer.close()
        left.send(udp(1, 2, b"on as before"))
        check_equal(right.receive(), udp(1, 2, b"on as before"), "frame by an entry")
        check_equal(switch.stop()["connections"], 1, "connections")
    print("without a controller")


def check_one_of_two(tambo):
    """A controller that is away is told of once, though all switches have the other."""
    with Sandbox() as sandbox:
        listener, away = Listener(1), Listener(1)
        away.close()
        switch = TamboSwitch(sandbox, tambo, *controller(listener), "--controller", f"tcp:127.0.0.1:{away.port}",
                             "--count", 2, "--links", 0, "--first-dpid", "0xfedcba9876543210", "--connect-per-s", 1000)
        peers = listener.accept(2)
        check_equal(sorted(peers), [0xfedcba9876543210, 0xfedcba9876543211], "datapath ids")
        wait_until("it is told", lambda: f"127.0.0.1:{away.port}: Connection refused" in switch.log())
        check("2 of 2 connected" in switch.log(), switch.log())
        check_equal(switch.stop()["ready"], 2, "switches that are ready")
        check_equal(switch.log().count("refused"), 1, "lines of it")
        listener.close()
    print("one of two controllers")


def test(tambo):
    # Under AddressSanitizer memory that was freed does not count for long.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    check_deaf(tambo)
    check_many_questions(tambo)
    check_large_answer(tambo)
    check_questions_that_wait(tambo)
    check_silent(tambo)
    check_no_version(tambo)
    check_storm(tambo)
    check_end_of_storm(tambo)
    check_alone(tambo)
    check_one_of_two(tambo)
    check_files(tambo)


main(test)
