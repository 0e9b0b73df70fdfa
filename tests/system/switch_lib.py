"""tambo switch in a Sandbox, and a controller of hand-written OpenFlow messages to try it with."""

import json
import os
import signal
import socket
import struct
import sys

from ovs_lib import Failure, Process, check, check_equal, wait_until

HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY = 0, 1, 2, 3
FEATURES_REQUEST, FEATURES_REPLY, PACKET_IN = 5, 6, 10
PACKET_OUT, FLOW_MOD = 13, 14
BARRIER = {1: (18, 19), 4: (20, 21)}  # Request and reply of 1.0 and 1.3.
NO_BUFFER = 0xffffffff


class TamboSwitch:
    """tambo switch with --json, which ends by SIGTERM."""

    def __init__(self, sandbox, tambo, *options, name="switch"):
        self.out = sandbox.path(name + ".json")
        self.log_path = sandbox.path(name + ".log")
        self.process = Process(["/bin/sh", "-c", f'exec "$0" "$@" >{self.out} 2>{self.log_path}',
                                tambo, "switch", "--json", *map(str, options)], os.devnull)
        sandbox.parts.append(self)

    def log(self):
        if not os.path.exists(self.log_path):
            return ""
        with open(self.log_path) as file:
            return file.read()

    def stop(self, number=signal.SIGTERM):
        """Its statistics."""
        check_equal(self.process.stop(number), 0, "exit code of tambo switch\n" + self.log())
        with open(self.out) as file:
            return json.load(file)

    def abandon(self):
        self.process.stop(signal.SIGKILL)


class Listener:
    """Where switches connect to; each is a Peer."""

    def __init__(self, version):
        self.version = version
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(20)
        self.port = self.socket.getsockname()[1]

    def accept(self, n):
        """{datapath id: Peer} of the next 'n' switches, after hello and features."""
        peers = [Peer(self.socket.accept()[0], self.version) for _ in range(n)]
        return {peer.dpid: peer for peer in peers}

    def close(self):
        self.socket.close()


class Peer:
    """A switch, seen from the controller."""

    def __init__(self, connection, version):
        self.socket = connection
        self.socket.settimeout(20)
        self.version = version
        self.kept = []
        self.send(HELLO)
        self.wait(HELLO)
        self.send(FEATURES_REQUEST)
        self.features = self.wait(FEATURES_REPLY)
        self.dpid = struct.unpack("!Q", self.features[:8])[0]

    def send(self, kind, body=b"", xid=1):
        self.socket.sendall(struct.pack("!BBHI", self.version, kind, 8 + len(body), xid) + body)

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                raise Failure("the switch has closed the connection")
            data += more
        return data

    def receive(self):
        """(type, body) of the next message."""
        version, kind, length, _ = struct.unpack("!BBHI", self.read(8))
        body = self.read(length - 8)
        check(version == self.version or kind == HELLO, f"a message of version {version}")
        check(kind != ERROR, f"an error: {body.hex()}")
        if kind == ECHO_REQUEST:
            self.send(ECHO_REPLY, body)
        return kind, body

    def wait(self, kind):
        """The body of the next message of this type; others wait for their turn."""
        for i, (had, body) in enumerate(self.kept):
            if had == kind:
                del self.kept[i]
                return body
        while True:
            had, body = self.receive()
            if had == kind:
                return body
            self.kept.append((had, body))

    def barrier(self):
        request, reply = BARRIER[self.version]
        self.send(request)
        self.wait(reply)

    def packet_out(self, port, frame):
        """'frame' leaves by 'port'."""
        if self.version == 1:
            action = struct.pack("!HHHH", 0, 8, port, 0)
            self.send(PACKET_OUT, struct.pack("!IHH", NO_BUFFER, 0xffff, len(action)) + action + frame)
            return
        action = struct.pack("!HHIH6x", 0, 16, port, 0)
        self.send(PACKET_OUT,
                  struct.pack("!IIH6x", NO_BUFFER, 0xfffffffd, len(action)) + action + frame)

    def packet_in(self):
        """(port, frame) of the next packet-in."""
        body = self.wait(PACKET_IN)
        if self.version == 1:
            return struct.unpack("!H", body[6:8])[0], body[10:]
        match_length = struct.unpack("!H", body[18:20])[0]
        port = struct.unpack("!I", body[24:28])[0]  # The only field of the match.
        return port, body[16 + (match_length + 7) // 8 * 8 + 2:]

    def add_entry(self, in_port, out_port):
        """What comes in at 'in_port' leaves by 'out_port'; to the controller: the whole of it."""
        if self.version == 1:
            out_port = 0xfffd if out_port == "controller" else out_port
            match = struct.pack("!IH6x6xHBxHBB2xIIHH", 0x3fffff & ~1, in_port, 0, 0, 0, 0, 0, 0, 0, 0, 0)
            action = struct.pack("!HHHH", 0, 8, out_port, 0xffff)
            self.send(FLOW_MOD, match + struct.pack("!QHHHHIHH", 0x2385, 0, 0, 0, 100, NO_BUFFER, 0xffff,
                                                    0) + action)
            return
        out_port = 0xfffffffd if out_port == "controller" else out_port
        match = struct.pack("!HHIII", 1, 12, 0x80000004, in_port, 0)
        action = struct.pack("!HHIH6x", 0, 16, out_port, 0xffff)
        apply = struct.pack("!HH4x", 4, 8 + len(action)) + action
        self.send(FLOW_MOD, struct.pack("!QQBBHHHIIIH2x", 0x2385, 0, 0, 0, 0, 0, 100, NO_BUFFER, 0xffffffff,
                                        0xffffffff, 0) + match + apply)

    def close(self):
        self.socket.close()


class Port:
    """The far end of a port on a Unix socket."""

    def __init__(self, path):
        wait_until(path, lambda: os.path.exists(path))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect(path)

    def send(self, *frames):
        self.socket.sendall(b"".join(struct.pack("!H", len(f)) + f for f in frames))

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            check(more, "the port was closed")
            data += more
        return data

    def receive(self):
        return self.read(struct.unpack("!H", self.read(2))[0])

    def close(self):
        self.socket.close()


def main(test, *others):
    """Runs 'test(tambo, ...)' with the programs of the command line."""
    if len(sys.argv) != 2 + len(others):
        sys.exit(" ".join(["usage:", sys.argv[0], "TAMBO", *others]))
    try:
        test(*(os.path.abspath(path) for path in sys.argv[1:]))
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
    print("ok")

