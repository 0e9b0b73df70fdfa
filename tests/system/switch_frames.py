#!/usr/bin/env python3
"""tambo switch as the thing that a tester of switches tests: two switches joined by three links connect to
a controller of hand-written messages, in OpenFlow 1.0 and 1.3. What is sent out at one comes in at the
other, and ports on Unix sockets let frames in and out."""

import os
import struct

from ovs_lib import Sandbox, check, check_equal, mac_text, udp, wait_until
from switch_lib import Listener, Port, TamboSwitch, main

N_LINKS = 3
VERSIONS = {1: "1.0", 4: "1.3"}


def check_links(a, b):
    """Each link carries what is sent out at one end to the other."""
    for port in range(1, N_LINKS + 1):
        b.add_entry(port, "controller")
    b.barrier()
    for port in range(1, N_LINKS + 1):
        frame = udp(1, 2, f"link {port}".encode() * 100)
        a.packet_out(port, frame)
        a.barrier()
        check_equal(b.packet_in(), (port, frame), f"packet-in of link {port}")


def check_through(a, b, left, right):
    """From port 4 of one over the second link to port 6 of the other, and back; many at once."""
    for peer, edge in ((a, 4), (b, 6)):
        peer.add_entry(edge, 2)
        peer.add_entry(2, edge)
        peer.barrier()
    there = [udp(1, 2, bytes([i]) * (i + 1)) for i in range(200)]
    back = [udp(2, 1, bytes([i]) * (1400 - i)) for i in range(200)]
    left.send(*there)
    right.send(*back)
    check_equal([right.receive() for _ in there], there, "frames to the right")
    check_equal([left.receive() for _ in back], back, "frames to the left")


def check_pieces(left, right):
    """A frame that comes in pieces; one that is too short for Ethernet is dropped."""
    frame = udp(1, 2, b"in pieces")
    data = struct.pack("!H", 5) + b"short" + struct.pack("!H", len(frame)) + frame
    for i in range(0, len(data), 7):
        left.socket.sendall(data[i:i + 7])
    check_equal(right.receive(), frame, "frame that came in pieces")


def check_version(tambo, version):
    with Sandbox() as sandbox:
        listener = Listener(version)
        left, right = sandbox.path("left"), sandbox.path("right")
        switch = TamboSwitch(sandbox, tambo, "--controller", f"tcp:127.0.0.1:{listener.port}", "--count", 2,
                             "--links", N_LINKS, "--first-dpid", 2385, "--versions", VERSIONS[version],
                             "--port", f"2385:4=unix:{left}", "--port", f"0x952:6=unix:{right}")
        peers = listener.accept(2)
        check_equal(sorted(peers), [2385, 2386], "datapath ids")
        a, b = peers[2385], peers[2386]
        check_links(a, b)
        ports = Port(left), Port(right)
        check_through(a, b, *ports)
        check_pieces(*ports)
        ports[1].close()
        again = Port(right)  # Only when the switch has seen that the first has gone.
        wait_until("the second peer is heard", lambda: answers(again, ports[0]))
        stats = switch.stop()
        check(not os.path.exists(left) and not os.path.exists(right), "sockets are left")
        check_equal((stats["ready"], stats["errors"], stats["packet_ins"]), (2, 0, N_LINKS),
                    "ready, errors, packet-ins")
        check(stats["port_drops"] >= 1, f"drops: {stats}")
        listener.close()
    print(f"OpenFlow {VERSIONS[version]}: {N_LINKS} links, two ports on sockets")


def answers(port, other):
    """True when a frame comes through; the peer may have been sent away."""
    try:
        port.send(udp(2, 1, b"again"))
        other.socket.settimeout(0.3)
        return other.receive() == udp(2, 1, b"again")
    except OSError:
        return False


def test(tambo):
    check_equal(mac_text(1), "02:00:00:01:00:01", "addresses of the tests")
    for version in VERSIONS:
        check_version(tambo, version)


main(test)
