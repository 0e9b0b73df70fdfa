#!/usr/bin/env python3
"""Real hosts through simulated switches: network namespaces behind TAP interfaces and a veth pair ping each
other and talk TCP under tambod; what a packet socket does to frames (tags taken off, sums left to
hardware) is not seen by a controller. A controller's name may have several addresses, and a port from which
connections begin is left to the controller. In namespaces that end with the test; it needs root."""

import os
import re
import socket
import struct
import sys

from ovs_lib import Process, Sandbox, Tambod, check, check_equal, internet_checksum, mac, run, wait_until
from ovs_netns import INSIDE, enter_namespaces
from switch_lib import Listener, TamboSwitch, main

PORT_STATUS = 12
HOSTS = {"a": 1, "b": 2, "c": 3}
TCP_BYTES = 3_000_000
SERVER = """
import socket
with socket.create_server(("", 2385)) as server:
    connection = server.accept()[0]
    total = 0
    while data := connection.recv(65536):
        total += len(data)
    connection.sendall(b"%d" % total)
"""
CLIENT = f"""
import socket, sys
with socket.create_connection((sys.argv[1], 2385), timeout=20) as connection:
    connection.sendall(bytes({TCP_BYTES}))
    connection.shutdown(socket.SHUT_WR)
    print(connection.recv(100).decode())
"""


def address(host):
    return f"10.0.0.{HOSTS[host]}"


def inside(host, *args, may_fail=False):
    return run("ip", "netns", "exec", host, *args, may_fail=may_fail)


def move(host, interface):
    """The interface becomes the host's only one."""
    run("ip", "netns", "add", host)
    run("ip", "link", "set", interface, "netns", host, "address", f"02:00:00:00:01:{HOSTS[host]:02x}")
    inside(host, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
    inside(host, "ip", "address", "add", f"{address(host)}/24", "dev", interface)
    inside(host, "ip", "link", "set", interface, "up")


def add_pair(ours, theirs):
    run("ip", "link", "add", ours, "type", "veth", "peer", "name", theirs)
    run("ip", "link", "set", ours, "up")


def ping(src, dst):
    """Ten of ten come back, once the first has been answered."""
    wait_until(f"{src} reaches {dst}", lambda: " 0% packet loss" in
               inside(src, "ping", "-c1", "-W1", address(dst), may_fail=True), 30)
    text = inside(src, "ping", "-c10", "-i0.02", "-W5", address(dst))
    check(re.search(r"10 packets transmitted, 10 received", text), text)


def talk(src, dst):
    """TCP, whose sums are left to the hardware that a veth pair has not."""
    server = inside_process(dst, SERVER)
    try:
        wait_until("the server", lambda: ":2385" in inside(dst, "ss", "-ltn"))
        check_equal(int(inside(src, sys.executable, "-c", CLIENT, address(dst))), TCP_BYTES, "bytes by TCP")
    finally:
        server.popen.kill()
        server.popen.wait()


def inside_process(host, program):
    return Process(["ip", "netns", "exec", host, sys.executable, "-c", program], os.devnull)


def check_hosts(tambo, tambod):
    with Sandbox() as sandbox:
        controller = Tambod(sandbox, tambod, {})
        add_pair("c0", "c1")
        switch = TamboSwitch(sandbox, tambo, "--controller", f"tcp:127.0.0.1:{controller.port}", "--count", 3,
                             "--port", "1:2=tap:a0", "--port", "2:3=tap:b0", "--port", "3:2=if:c0",
                             "--versions", "1.0,1.3")
        wait_until("the switches", lambda: "3 of 3 connected" in switch.log() or not switch.process.is_running())
        check(switch.process.is_running(), switch.log())
        move("a", "a0")
        move("b", "b0")
        move("c", "c1")
        inside("c", "ethtool", "-K", "c1", "tso", "off", "gso", "off")
        for src, dst in (("a", "b"), ("b", "c"), ("c", "a")):
            ping(src, dst)
        for src, dst in (("a", "b"), ("c", "b"), ("a", "c")):
            talk(src, dst)
        stats = switch.stop()
        check_equal((stats["ready"], stats["errors"], stats["clock_fell_back"]), (3, 0, 0), f"{stats}")
        check(stats["port_rx_frames"] > 6000 and stats["port_tx_frames"] > 6000, f"{stats}")
        links = inside("a", "ip", "-o", "link")
        check("a0" not in links, f"the TAP interface is left: {links}")
        controller.stop()
    print(f"three namespaces: {stats['port_rx_frames']} frames in, {stats['port_tx_frames']} out")


def tagged(vid, tail):
    return mac(2) + mac(1) + struct.pack("!HHH", 0x8100, 3 << 13 | vid, 0x88b5) + tail


def udp_without_sum():
    """A datagram and where its sum belongs, which holds the pseudo header's only, as Linux leaves it."""
    payload = b"sum of hardware"
    length = 8 + len(payload)
    src, dst = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
    pseudo = src + dst + struct.pack("!BBH", 0, 17, length)
    partial = ~internet_checksum(pseudo) & 0xffff
    datagram = struct.pack("!HHHH", 4711, 9, length, partial) + payload
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1, 0, 64, 17, 0) + src + dst
    header = header[:10] + struct.pack("!H", internet_checksum(header)) + header[12:]
    return mac(2) + mac(1) + b"\x08\x00" + header + datagram, pseudo


def check_packet_socket(tambo):
    """Frames of an interface as they are on the line."""
    with Sandbox() as sandbox:
        listener = Listener(4)
        add_pair("d0", "d1")
        run("ip", "link", "set", "d1", "up")
        switch = TamboSwitch(sandbox, tambo, "--controller", f"tcp:127.0.0.1:{listener.port}", "--port",
                             "1:1=if:d0")
        peer = listener.accept(1)[1]
        peer.add_entry(1, "controller")
        peer.barrier()
        line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
        line.bind(("d1", 0))
        line.settimeout(20)
        frame = tagged(85, b"tagged" * 10)
        line.send(frame)
        check_equal(wait_for(peer, 0x8100), frame, "tagged frame")

        vnet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
        vnet.setsockopt(263, 15, 1)  # SOL_PACKET, PACKET_VNET_HDR.
        vnet.bind(("d1", 0))
        frame, pseudo = udp_without_sum()
        vnet.send(struct.pack("=BBHHHH", 1, 0, 0, 0, 34, 6) + frame)  # NEEDS_CSUM, from 34 on, at 6.
        got = wait_for(peer, 0x0800)
        check_equal(got[:40] + got[42:], frame[:40] + frame[42:], "datagram but for its sum")
        check_equal(internet_checksum(pseudo + got[34:]), 0, "sum of the datagram")

        peer.packet_out(1, tagged(86, b"out" * 20))
        check_equal(wait_line(line, mac(2)), tagged(86, b"out" * 20)[:12] +
                    tagged(86, b"out" * 20)[16:], "frame on the line, whose tag is told apart")
        check_carrier(peer)
        check_equal(switch.stop()["errors"], 0, "errors")
        listener.close()
    print("packet socket")


def check_carrier(peer):
    """The line is cut at its far end, comes back, and is taken away (LINK_DOWN, OF 1.3.5 §7.2.1)."""
    for command, down in (("set d1 down", 1), ("set d1 up", 0), ("del d0", 1)):
        run("ip", "link", *command.split())
        status = peer.wait(PORT_STATUS)
        check_equal((struct.unpack("!I", status[8:12])[0], struct.unpack("!I", status[44:48])[0] & 1), (1, down),
                    f"port and LINK_DOWN after {command}")


def wait_for(peer, ethertype):
    """The next frame of this type; the kernel sends some of its own."""
    while True:
        port, frame = peer.packet_in()
        if struct.unpack("!H", frame[12:14])[0] == ethertype:
            check_equal(port, 1, "port")
            return frame


def wait_line(line, dst):
    while True:
        frame, (_, _, kind, *_) = line.recvfrom(65536)
        if frame[:6] == dst and kind != socket.PACKET_OUTGOING:
            return frame


def check_names(tambo):
    """The controller listens at the second address of its name."""
    with Sandbox() as sandbox:
        hosts = sandbox.path("hosts")
        with open(hosts, "w") as file:
            file.write("127.0.0.1 localhost\n::1 tambo-two\n127.0.0.1 tambo-two\n")
        run("mount", "--bind", hosts, "/etc/hosts")
        listener = Listener(4)
        switch = TamboSwitch(sandbox, tambo, "--controller", f"tcp:tambo-two:{listener.port}", "--count", 2)
        peers = listener.accept(2)
        stats = switch.stop()
        check_equal((len(peers), stats["ready"], stats["attempts_failed"]), (2, 2, 0), f"{stats}")
        listener.close()
        run("umount", "/etc/hosts")
    print("a name with two addresses")


def check_own_port(tambo):
    """Where a connection can begin at the controller's port, TCP would join it to itself."""
    with Sandbox() as sandbox:
        run("sysctl", "-qw", "net.ipv4.ip_local_port_range=2385 2385")
        switch = TamboSwitch(sandbox, tambo, "--controller", "tcp:127.0.0.1:2385", "--backoff-s", 0.05, "--seconds",
                             0.5)
        wait_until("its end", lambda: not switch.process.is_running())
        stats = switch.stop()
        check_equal((stats["connections"], stats["ready"]), (0, 0), f"{stats}")
        check(stats["attempts_failed"] > 1, f"{stats}")
        socket.create_server(("127.0.0.1", 2385), reuse_port=False).close()
        run("sysctl", "-qw", "net.ipv4.ip_local_port_range=32768 60999")
    print("a port of its own")


def test(tambo, tambod):
    if INSIDE not in os.environ:
        enter_namespaces()
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    check_names(tambo)
    check_own_port(tambo)
    check_packet_socket(tambo)
    check_hosts(tambo, tambod)


main(test, "TAMBOD")
