#!/usr/bin/env python3
"""tambod with Open vSwitch, every OpenFlow version: discovery finds the links, ARP is answered by
proxy and crosses no link, frames arrive, and the tables hold exactly the entries of clustering."""

from ovs_lib import (OpenVSwitch, Sandbox, Tambod, arp, check, check_equal, mac_text, main, udp,
                     wait_until)
from ovs_row import SETTINGS, Row

LINKS = ((0xa1, 11, 0xa2, 12), (0xa2, 12, 0xa1, 11), (0xa2, 13, 0xa3, 11), (0xa3, 11, 0xa2, 13))


def check_links(tambod):
    for src, src_port, dst, dst_port in LINKS:
        tambod.wait_log(f"link {src:016x}:{src_port} to {dst:016x}:{dst_port} is up")


def check_arp_proxy(row):
    """The answer is the controller's; the host that was asked for hears nothing. A question that
    nobody can answer is heard once at every other edge port."""
    known, question = arp(1, 1, 3), arp(1, 2, 77)
    row.announce(1, 2, 3)
    heard, answered = (row.ovs.sent("h3").count(known), row.ovs.sent("h1").count(arp(2, 3, 1)))
    row.ovs.receive("h1", known)
    # An answer to the announcement may still be on its way.
    wait_until("the answer", lambda: row.ovs.sent("h1").count(arp(2, 3, 1)) > answered)
    check_equal(row.ovs.sent("h3").count(known), heard, "questions that a known host has heard")
    row.ovs.receive("h2", question)
    for name in ("h1", "h3"):
        wait_until(f"the question at {name}", lambda name=name: question in row.ovs.sent(name))
        check_equal(row.ovs.sent(name).count(question), 1, f"copies of the question at {name}")
    check(question not in row.ovs.sent("h2"), "the question came back")


def check_forwarding(row):
    row.send(1, 3, b"over the core")
    row.send(1, 2, b"same switch")
    row.send(3, 1, b"and back")
    row.wait_flows("s1", row.infrastructure() + [
        row.own("s1"), row.reverse(1), row.reverse(2), row.ingress(2, 2), row.ingress(3, 11, "s3")])
    row.wait_flows("s2", row.infrastructure() + [row.transit("s1", 12), row.transit("s3", 13)])
    row.wait_flows("s3", row.infrastructure() + [
        row.own("s3"), row.reverse(3), row.ingress(1, 11, "s1")])


def hits(row, switch, host):
    """Packets that the ingress entry towards 'host' has carried."""
    return sum(counters["n_packets"] for line, counters in
               row.ovs.flows_and_counters(switch, row.version)
               if "priority=200," in line and mac_text(host) in line)


def check_second_sender(row):
    """Entries do not depend on the source: a second sender finds the first one's."""
    before, tables = hits(row, "s1", 3), row.flows("s1")
    row.send(2, 3, b"second sender")
    wait_until("the entry has carried it", lambda: hits(row, "s1", 3) == before + 1)
    check_equal(row.flows("s1"), tables, "entries after the second sender")


def exercise(program, version):
    with Sandbox() as sandbox:
        ovs = OpenVSwitch(sandbox)
        tambod = Tambod(sandbox, program, SETTINGS)
        row = Row(ovs, version, tambod.port)
        row.wait_ready()
        check_links(tambod)
        check_arp_proxy(row)
        check_forwarding(row)
        check_second_sender(row)
        tambod.stop()
        check(" error " not in tambod.log(), f"errors in the log:\n{tambod.log()}")
        print(f"{version}: links, ARP, frames and entries as predicted")


def test(program):
    for version in ("OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"):
        exercise(program, version)


main(test)
