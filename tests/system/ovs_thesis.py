#!/usr/bin/env python3
"""The network of hardware that the thesis tests (§5.1.2), on Open vSwitch: one core switch, three access switches
with a host each, 192.168.5.0/24, control out of band. Everybody reaches everybody; each application has as many
entries as its formula says, and exactly the predicted ones. With S hosts at an access switch, N access switches, D
destinations in use and R circuit roots:

    clustering          access: S + 1 permanent, D that expire; core: N
    circuits            access: S + 1 + R, and N - 1 more where a root is; core: R + N - 1
    logical networks    one for each port of a host

and no ARP crosses the core. The switches of Pica8 are Open vSwitch as well (PicOS). Namespaces as in ovs_netns.py;
needs root."""

import json
import os
import re
import urllib.request

import ovs_entries
import ovs_netns
from ovs_lib import Sandbox, Tambod, check, check_equal, main, run, wait_equal, wait_until

S, N = 1, 3
D = N - 1  # Every host sends to every other, and none of those is at its switch.
ROOT = "h3"
SUBNET = "192.168.5"
TO_CONTROLLER = ovs_entries.ALL_TO_CONTROLLER
SWITCHES = ("a1", "a2", "a3", "c1")


def build():
    """The campus of ovs_netns.py becomes this one."""
    ovs_netns.SUBNET = SUBNET
    ovs_netns.ACCESS = {f"a{n}": 0xa0 + n for n in range(1, N + 1)}
    ovs_netns.CORE = {"c1": 0xc1}
    ovs_netns.VERSIONS = {"a1": "OpenFlow13", "a2": "OpenFlow10", "a3": "OpenFlow14", "c1": "OpenFlow13"}
    ovs_netns.HOSTS = {f"h{n}": (f"a{n}", 1) for n in range(1, N + 1)}
    ovs_netns.UPLINKS = {"c1": 11}


def ask(tambod, method, path, body=None):
    base = tambod.wait_log(r"REST on (http://127\.0\.0\.1:\d+)").group(1)
    request = urllib.request.Request(base + path, method=method)
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def of_priority(campus, switch, *priorities):
    return [line for line in campus.flows(switch)
            if int(re.search(r"priority=(\d+)", line).group(1)) in priorities]


def counts(campus, *priorities):
    return {switch: len(of_priority(campus, switch, *priorities)) for switch in SWITCHES}


def wait_counts(campus, what, expected, *priorities):
    wait_until(f"{what}: {expected}", lambda: counts(campus, *priorities) == expected, 30)
    print(f"{what}: {expected}, as its formula says")


def clustering(campus):
    """Exactly the predicted entries, those that expire and the permanent ones counted apart."""
    campus.ping_all_pairs()
    print(f"{N * (N - 1)} pairs of hosts reach each other with the first packet")
    labels = campus.labels()
    for switch in ovs_netns.ACCESS:
        own = ovs_entries.ingress(ovs_netns.VERSIONS[switch], ovs_netns.host_mac(f"h{switch[1:]}"), 1)
        expected = [e for e in campus.expected_access(switch, labels, ovs_netns.by_c1) if e != own]
        wait_equal(f"entries of {switch}", lambda s=switch: campus.flows(s), expected)
    wait_equal("entries of c1", lambda: campus.flows("c1"), campus.expected_core("c1", labels, ovs_netns.ACCESS))
    wait_counts(campus, "clustering, permanent", {"a1": S + 1, "a2": S + 1, "a3": S + 1, "c1": N}, 400, 300)
    wait_counts(campus, "clustering, for destinations", {"a1": D, "a2": D, "a3": D, "c1": 0}, 200)


def untagged(switch):
    return "vlan_tci=0x0000" if ovs_netns.VERSIONS[switch] == "OpenFlow10" else "vlan_tci=0x0000/0x1fff"


def to_alias(switch, alias):
    """All hosts at the switch of which this is the alias."""
    if ovs_netns.VERSIONS[switch] == "OpenFlow10":
        return f"priority=150,{untagged(switch)},dl_dst={alias}"
    return f"priority=150,{untagged(switch)},dl_dst={alias}/ff:ff:ff:ff:00:00"


def aliases(campus):
    """Of each access switch, from its own entry."""
    found = {}
    for switch in ovs_netns.ACCESS:
        for line in of_priority(campus, switch, 150):
            if line.endswith(f"actions={TO_CONTROLLER}"):
                found[switch] = re.search(r"dl_dst=([0-9a-f:]+)", line).group(1)
    return found


def circuit_entries(switch, alias):
    """What is predicted of circuits."""
    up = f"priority=150,{untagged(switch)},dl_dst={ovs_netns.host_mac(ROOT)} actions=output:"
    others = [a for a in ovs_netns.ACCESS if a != "a3"]
    if switch == "c1":
        return [up + "3"] + [f"{to_alias('c1', alias[a])} actions=output:{ovs_netns.number(a)}" for a in others]
    host = f"h{switch[1:]}"
    old = ovs_netns.VERSIONS[switch] == "OpenFlow10"
    put = f"mod_dl_dst:{ovs_netns.host_mac(host)}" if old else f"set_field:{ovs_netns.host_mac(host)}->eth_dst"
    entries = [f"{to_alias(switch, alias[switch])} actions={TO_CONTROLLER}",
               f"{to_alias(switch, alias[switch])},nw_dst={ovs_netns.host_ip(host)} actions={put},output:1"
               .replace("priority=150,", "priority=151,ip,"),
               up + ("1" if switch == "a3" else "11")]
    if switch == "a3":
        entries += [f"{to_alias('a3', alias[a])} actions=output:11" for a in others]
    return entries


def circuits(campus, tambod):
    """h3 is the gateway; 'alias' is what it is told for the others."""
    ask(tambod, "POST", "/v1/circuit-roots", {"address": ovs_netns.host_ip(ROOT)})
    at = f"/v1/circuit-roots/{ovs_netns.host_ip(ROOT)}"
    wait_until("the root is ready", lambda: ask(tambod, "GET", at)["state"] == "ready", 30)
    wait_until("aliases", lambda: len(aliases(campus)) == N)
    alias = aliases(campus)
    for switch in SWITCHES:
        wait_equal(f"circuits of {switch}", lambda s=switch: of_priority(campus, s, 150, 151),
                   circuit_entries(switch, alias))
    r = 1
    wait_counts(campus, "circuits", {"a1": S + 1 + r, "a2": S + 1 + r, "a3": S + 1 + r + N - 1, "c1": r + N - 1},
                150, 151)
    for host in ("h1", "h2"):
        campus.in_host(ROOT, "ip", "neigh", "flush", "all")
        check(campus.ping(ROOT, host), f"the root cannot reach {host}")
        neighbour = campus.in_host(ROOT, "ip", "neigh", "show", ovs_netns.host_ip(host))
        check(alias[f"a{host[1:]}"][:11] in neighbour, f"the root does not use the alias: {neighbour}")
    print("the root reaches both others by the aliases of their switches")
    ask(tambod, "DELETE", at)
    wait_counts(campus, "no circuits", dict.fromkeys(SWITCHES, 0), 150, 151)


def networks(campus, tambod):
    """h1 and h2 are in a network that may not talk to the one of h3."""
    for number, name, hosts in ((2, "laboratory", ("h1", "h2")), (3, "library", ("h3",))):
        ask(tambod, "PUT", f"/v1/networks/{number}", {"name": name, "isolated": False})
        for host in hosts:
            ask(tambod, "POST", f"/v1/networks/{number}/rules", {"rule": f"mac {ovs_netns.host_mac(host)}"})
    wait_counts(campus, "logical networks", {"a1": S, "a2": S, "a3": S, "c1": 0}, 1)
    for switch in ovs_netns.ACCESS:
        check_equal(of_priority(campus, switch, 1), [f"priority=1,in_port=1 actions={TO_CONTROLLER}"],
                    f"the entry of the port at {switch}")
    campus.ping_all_pairs()
    ask(tambod, "PUT", "/v1/networks/2/blocked/3")
    wait_until("h1 does not reach h3", lambda: not any(
        campus.in_host("h1", "ping", "-n", "-c", "1", "-W", "1", ovs_netns.host_ip("h3"), may_fail=True)
        .count("1 received") for _ in range(2)), 30)
    check(campus.ping("h1", "h2") and campus.ping("h2", "h1"), "hosts of one network do not reach each other")
    ask(tambod, "DELETE", "/v1/networks/2/blocked/3")
    wait_until("h1 reaches h3", lambda: campus.ping("h1", "h3"), 30)
    print("a pair of networks was blocked, and is not any more")


def scenario(program):
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
    build()
    watch = ovs_netns.ArpWatch()
    with Sandbox() as sandbox:
        tambod = Tambod(sandbox, program, {"core": {"edge_settle_s": 0.2}, "rest": {"listen": "127.0.0.1:0"},
                                           "store": {"path": sandbox.path("tambod.sqlite")}})
        campus = ovs_netns.Campus(sandbox, tambod.port)
        ovs_netns.start(campus, tambod)
        clustering(campus)
        circuits(campus, tambod)
        networks(campus, tambod)
        check(watch.frames > 20, "the links between switches were not watched")
        check(not watch.arps, f"ARP has crossed the core: {watch.arps[:3]}")
        print(f"no ARP among {watch.frames} frames between switches")
        tambod.stop()


def test(program):
    if ovs_netns.INSIDE not in os.environ:
        ovs_netns.enter_namespaces()
    scenario(program)


if __name__ == "__main__":
    main(test)
