#!/usr/bin/env python3
"""2 000 switches connect to a tambod that was started with a soft limit of 1 024 open files; one with
a hard limit that is too low says so and serves whom it can."""

import resource
import socket
import struct

from ovs_lib import Sandbox, Tambod, check, main

N_SWITCHES = 2000
SOFT = 1024
OWN_FILES = 100  # Of this program, generously.


def limit_files(soft, hard):
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def receive(switch, n):
    data = b""
    while len(data) < n:
        more = switch.recv(n - len(data))
        check(more, "a connection was closed")
        data += more
    return data


def hear_hello(switch):
    version, kind, length, _ = struct.unpack("!BBHI", receive(switch, 8))
    check(version >= 4 and kind == 0, f"version {version}, type {kind} instead of a hello")
    receive(switch, length - 8)


def connect(port):
    switch = socket.create_connection(("127.0.0.1", port), timeout=30)
    switch.sendall(struct.pack("!BBHI", 4, 0, 8, 1))
    return switch


def check_many(program, hard):
    limit_files(SOFT, hard)
    with Sandbox() as sandbox:
        tambod = Tambod(sandbox, program, {"core": {"hello_timeout_s": 100}})
        limit_files(N_SWITCHES + OWN_FILES, hard)
        switches = [connect(tambod.port) for _ in range(N_SWITCHES)]
        for switch in switches:
            hear_hello(switch)
        check(" warn " not in tambod.log(), f"warnings:\n{tambod.log()[-2000:]}")
        for switch in switches:
            switch.close()
        tambod.stop()
    print(f"{N_SWITCHES} switches with a soft limit of {SOFT}")


def check_too_few(program):
    limit_files(SOFT, SOFT)
    with Sandbox() as sandbox:
        tambod = Tambod(sandbox, program, {})
        tambod.wait_log(rf"warn tambod: {SOFT} files may be open, "
                        r"too few for channel\.max_connections = 4096")
        switch = connect(tambod.port)
        hear_hello(switch)
        switch.close()
        tambod.stop()
    print(f"a hard limit of {SOFT} is complained of")


def test(program):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    check(hard == resource.RLIM_INFINITY or hard > 4096 + OWN_FILES,
          f"this test needs a hard limit of more than 4196 open files, not {hard}")
    check_many(program, hard)
    check_too_few(program)  # The last: a hard limit stays low.


main(test)
