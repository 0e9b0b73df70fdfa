#!/usr/bin/env python3
"""Fast failover on Open vSwitch: with the controller held, and with none, a link is cut and traffic goes on, of
clustering and of circuits; when the feature is off the groups leave, and traffic goes on, too.

The campus of ovs_netns.py with OpenFlow 1.3. Streams run from h3 to h7, by labels, and from h3 to h6, which is a
circuit root, both over the link between a2 and c1 until it is cut."""

import json
import os
import re
import signal
import urllib.request

import ovs_netns
from ovs_lib import Sandbox, Tambod, check, check_equal, main, run, wait_until

SWITCHES = (*ovs_netns.ACCESS, *ovs_netns.CORE)
PAIRS = (("h3", "h7"), ("h3", "h6"))
ROOT = "h6"
LINK = ("a2-c1", "c1-a2")
N_REPLIES = 100  # That must come after the cut, in either of the streams.


def config(sandbox, failover):
    # What an earlier controller has left may stay for a while; what nobody has asked for then is deleted.
    return {"core": {"edge_settle_s": 0.2, "adopt_grace_s": 12}, "store": {"path": sandbox.path("tambod.sqlite")},
            "rest": {"listen": "127.0.0.1:0"},
            "apps": {"clustering": {"ecmp": False, "fast_failover": failover},
                     "circuit_tree": {"fast_failover": failover}}}


def ask(tambod, method, path, body=None):
    base = tambod.wait_log(r"REST on (http://127\.0\.0\.1:\d+)").group(1)
    request = urllib.request.Request(base + path, method=method)
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def groups(campus, switch):
    """The groups of type fast failover as lists of output ports."""
    text = campus.ovs.ofctl(switch, "dump-groups", version="OpenFlow13")
    return {int(number): [int(p) for p in re.findall(r"output:(\d+)", line)] for number, line in
            re.findall(r"group_id=(\d+),type=ff,(.*)", text)}


def by_groups(campus, switch, kinds):
    """Entries of these priorities, and how many of them lead to a group."""
    lines = [line for line in campus.flows(switch) if re.search(rf"priority=({kinds}),", line)]
    return len(lines), sum("group:" in line for line in lines)


def is_protected(campus):
    """a2 sends by c1 first and by c2 when that is dead, with labels and to the root; c1 has a way round, too."""
    up = [ovs_netns.UPLINKS["c1"], ovs_netns.UPLINKS["c2"]]
    flows = "\n".join(campus.flows("a2"))
    found = {int(n) for n in re.findall(r"push_vlan.*group:(\d+)", flows)}
    to_root = {int(n) for n in re.findall(
        rf"priority=150,.*dl_dst={ovs_netns.host_mac(ROOT)} actions=group:(\d+)", flows)}
    there = groups(campus, "a2")
    return (found and to_root and all(there.get(n) == up for n in found | to_root) and groups(campus, "c1") and
            not re.search(r"push_vlan.*output:", flows))


def has_no_groups(campus):
    return not any(groups(campus, switch) for switch in SWITCHES)


def goes_on(streams, what):
    for stream in streams:
        stream.wait_replies(N_REPLIES, within_s=60)
    print(f"{what}: {N_REPLIES} more echoes in each stream")


def begin(campus, sandbox):
    for pair in PAIRS:  # The first packets have gone by the controller.
        check(campus.ping(*pair), f"{pair[0]} cannot reach {pair[1]}")
    return [ovs_netns.Stream(campus, sandbox, *pair) for pair in PAIRS]


def end(streams):
    for stream in streams:
        stream.finish()


def uses_alias(campus):
    """h6 sends to h3 by the address of a2, and so by circuits."""
    return re.search(r"lladdr 06:54:", campus.in_host(ROOT, "ip", "neigh", "show", ovs_netns.host_ip("h3")))


def cut_while_held(campus, sandbox, tambod):
    """The controller lives, and does nothing."""
    streams = begin(campus, sandbox)
    check(uses_alias(campus), "the root does not use circuits")
    wait_until("protection", lambda: is_protected(campus), 30)
    os.kill(tambod.process.popen.pid, signal.SIGSTOP)
    run("ip", "link", "set", LINK[0], "down")
    goes_on(streams, "link cut at a2, controller held")
    os.kill(tambod.process.popen.pid, signal.SIGCONT)
    wait_until("a2 sends by c2 only", lambda: not is_protected(campus), 30)
    goes_on(streams, "controller goes on")
    run("ip", "link", "set", LINK[0], "up")
    wait_until("protection again", lambda: is_protected(campus), 60)
    goes_on(streams, "link mended")
    end(streams)


def cut_alone(campus, sandbox, tambod):
    """There is no controller; the far end is taken down, so that a2 sees a port without a carrier."""
    streams = begin(campus, sandbox)
    wait_until("protection", lambda: is_protected(campus), 30)
    tambod.stop()
    run("ip", "link", "set", LINK[1], "down")
    goes_on(streams, "link cut at c1, no controller")
    run("ip", "link", "set", LINK[1], "up")
    goes_on(streams, "link mended, no controller")
    tambod.start()
    wait_until("protection by another controller", lambda: is_protected(campus), 60)
    goes_on(streams, "another controller")
    end(streams)


def turn_off(campus, sandbox, tambod):
    """What an earlier controller has left is replaced by plain entries, and its groups leave."""
    streams = begin(campus, sandbox)
    before = {switch: by_groups(campus, switch, "150|200|300")[0] for switch in SWITCHES}
    tambod.stop()
    tambod.config.update(config(sandbox, False))
    tambod.start()
    wait_until("groups have left", lambda: has_no_groups(campus), 60)
    goes_on(streams, "turned off, all groups have left")
    for switch in SWITCHES:
        n, n_by_groups = by_groups(campus, switch, "150|200|300")
        check_equal(n_by_groups, 0, f"entries of {switch} that lead to a group")
        check(n >= before[switch] // 2, f"{switch} has {n} of {before[switch]} entries")
    run("ip", "link", "set", LINK[0], "down")
    goes_on(streams, "link cut without groups, by the controller")
    check(has_no_groups(campus), "groups although the feature is off")
    end(streams)


def scenario(program):
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
    ovs_netns.VERSIONS.update(dict.fromkeys(ovs_netns.VERSIONS, "OpenFlow13"))
    with Sandbox() as sandbox:
        tambod = Tambod(sandbox, program, config(sandbox, True))
        campus = ovs_netns.Campus(sandbox, tambod.port)
        ovs_netns.start(campus, tambod)
        ask(tambod, "POST", "/v1/circuit-roots", {"address": ovs_netns.host_ip(ROOT)})
        wait_until("the root is ready", lambda: ask(
            tambod, "GET", f"/v1/circuit-roots/{ovs_netns.host_ip(ROOT)}")["state"] == "ready", 30)
        cut_while_held(campus, sandbox, tambod)
        cut_alone(campus, sandbox, tambod)
        turn_off(campus, sandbox, tambod)
        tambod.stop()


def test(program):
    if ovs_netns.INSIDE not in os.environ:
        ovs_netns.enter_namespaces()
    scenario(program)


if __name__ == "__main__":
    main(test)
