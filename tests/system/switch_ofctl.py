#!/usr/bin/env python3
"""tambo switch as ovs-ofctl sees it, in OpenFlow 1.3, 1.4 and 1.5: what it adds it finds again, and no message of
either is one that the other does not understand.

ovs-ofctl connects, and so does the switch: a relay joins the two."""

import os
import re
import select
import socket
import subprocess
import threading

from ovs_lib import Failure, Sandbox, check, check_equal, need
from switch_lib import TamboSwitch, main

VERSIONS = {"1.3": "OpenFlow13", "1.4": "OpenFlow14", "1.5": "OpenFlow15"}


class Relay:
    """Joins each connection at a Unix socket with one of the switch, which has two controllers here: ovs-ofctl
    sometimes has two connections at a time."""

    def __init__(self, path):
        self.clients = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.clients.bind(path)
        self.clients.listen()
        self.servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.ports = [s.getsockname()[1] for s in self.servers]
        for server in self.servers:
            threading.Thread(target=self.run, args=(server,), daemon=True).start()

    def run(self, server):
        while True:
            with server.accept()[0] as switch, self.clients.accept()[0] as client:
                self.join(client, switch)

    @staticmethod
    def join(a, b):
        other = {a: b, b: a}
        while True:
            for ready in select.select([a, b], [], [])[0]:
                try:
                    data = ready.recv(65536)
                    other[ready].sendall(data)
                except OSError:
                    return
                if not data:
                    return


class Ofctl:
    def __init__(self, sandbox, tambo, version):
        self.sandbox, self.version = sandbox, version
        self.path = sandbox.path("ofctl.sock")
        relay = Relay(self.path)
        controllers = [o for port in relay.ports for o in ("--controller", f"tcp:127.0.0.1:{port}")]
        self.switch = TamboSwitch(sandbox, tambo, *controllers, "--count", 1, "--hosts", 4, "--versions", version,
                                  "--backoff-s", 0.05, "--echo-s", 600)

    def __call__(self, command, *args):
        done = subprocess.run(["ovs-ofctl", "-O", VERSIONS[self.version], *command.split(), f"unix:{self.path}", *args],
                              capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            raise Failure(f"{self.version}: ovs-ofctl {command} {args}: {done.stderr}")
        return done.stdout

    def refused(self, command, *args):
        """What ovs-ofctl says of an error."""
        try:
            self(command, *args)
        except Failure as failure:
            return str(failure)
        raise Failure(f"{self.version}: {command} {args} is not refused")


def check_flows(ofctl):
    ofctl("add-flow", "table=0,priority=7,cookie=0x2385,idle_timeout=60,tcp,nw_dst=10.0.0.0/8,tp_dst=80,"
          "actions=set_field:10.1.2.3->ip_dst,dec_ttl,output:2")
    ofctl("add-flow", "priority=9,arp,actions=CONTROLLER:128,goto_table:1")
    flows = ofctl("dump-flows")
    check("cookie=0x2385" in flows and "idle_timeout=60" in flows and "nw_dst=10.0.0.0/8" in flows, flows)
    check(re.search(r"actions=set_field:10\.1\.2\.3->ip_dst,dec_ttl,output:2", flows), flows)
    check("flow_count=2" in ofctl("dump-aggregate"), "flow_count")
    ofctl("mod-flows", "tcp,actions=output:3")
    check("actions=output:3" in ofctl("dump-flows", "tcp"), "modified")
    ofctl("del-flows", "arp")
    check("arp" not in ofctl("dump-flows"), "deleted")
    check("OFPBAC_BAD_OUT_PORT" in ofctl.refused("add-flow", "actions=output:99"), "an error")


def check_groups(ofctl):
    ofctl("add-group", "group_id=7,type=select,bucket=bucket_id:1,weight:1,actions=output:1,"
          "bucket=bucket_id:2,weight:3,actions=output:2" if ofctl.version == "1.5" else
          "group_id=7,type=select,bucket=weight:1,actions=output:1,bucket=weight:3,actions=output:2")
    ofctl("add-flow", "priority=5,actions=group:7")
    groups = ofctl("dump-groups")
    check("group_id=7,type=select" in groups and groups.count("bucket=") == 2, groups)
    if ofctl.version == "1.5":
        ofctl("insert-buckets", "group_id=7,command_bucket_id=1,bucket=bucket_id:9,weight:2,actions=output:3")
        check_equal(re.findall(r"bucket_id:(\d+)", ofctl("dump-groups", "7")), ["1", "9", "2"], "buckets")
        ofctl("remove-buckets", "group_id=7,command_bucket_id=1")
        check_equal(re.findall(r"bucket_id:(\d+)", ofctl("dump-groups", "7")), ["9", "2"], "buckets")
    check("ref_count=1" in ofctl("dump-group-stats"), ofctl("dump-group-stats"))
    ofctl("dump-group-features")
    ofctl("del-groups", "group_id=7")
    check("group_id=7" not in ofctl("dump-groups"), "deleted")


def check_meters(ofctl):
    ofctl("add-meter", "meter=3,kbps,burst,stats,band=type=drop,rate=1000,burst_size=100")
    check("meter=3" in ofctl("dump-meters") and "rate=1000" in ofctl("dump-meters"), "meters")
    ofctl("add-flow", "priority=4,ip,actions=meter:3,output:1")
    check("meter:3" in ofctl("dump-flows"), ofctl("dump-flows"))
    ofctl("meter-stats")
    if ofctl.version != "1.5":  # Whose reply has more (1.5 §7.3.5.15), which ovs-ofctl 3.1 does not know.
        ofctl("meter-features")
    ofctl("del-meters")
    check("meter:3" not in ofctl("dump-flows"), "entries go with their meter")


def check_descriptions(ofctl):
    check("n_tables:" in ofctl("show"), "show")
    check("Tambo" in ofctl("dump-desc"), "description")
    check_equal(len(re.findall(r"^ +(?:port +)?\d+\(", ofctl("dump-ports-desc"), re.M)), 4, "ports")
    check(ofctl("dump-ports").count("rx pkts=") == 4, "port statistics")
    check("table 0" in ofctl("dump-tables"), "tables")
    ofctl("dump-table-features")
    ofctl("queue-stats")
    if ofctl.version != "1.3":
        ofctl("mod-table", "0", "evict")
        check("eviction=on" in ofctl("dump-table-desc"), ofctl("dump-table-desc"))
    if ofctl.version == "1.5":
        check_equal(len(re.findall(r"^ +(?:port +)?\d+\(", ofctl("dump-ports-desc", "2"), re.M)), 1, "one port")


def check_bundle(ofctl):
    """All of a file, or nothing of it."""
    path = ofctl.sandbox.path("flows")
    with open(path, "w") as file:
        file.write("priority=21,udp,actions=output:1\npriority=22,sctp,actions=output:2\n")
    ofctl("--bundle add-flows", path)
    check(all(f"priority={p}" in ofctl("dump-flows") for p in (21, 22)), "both are there")
    with open(path, "w") as file:
        file.write("priority=23,udp,actions=output:1\npriority=24,sctp,actions=output:99\n")
    ofctl.refused("--bundle add-flows", path)
    check("priority=23" not in ofctl("dump-flows"), "neither is there")


def check_since_15(ofctl):
    ofctl("add-flow", "priority=31,tcp,tcp_flags=+syn-ack,actions=output:1")
    ofctl("add-flow", "priority=32,ip,actions=set_field:0.0.0.9/0.0.0.255->ip_dst,output:1")
    ofctl("add-flow", "priority=33,udp,actions=move:NXM_OF_UDP_SRC[0..7]->NXM_OF_UDP_DST[8..15],output:1")
    flows = ofctl("dump-flows")
    check("tcp_flags=+syn-ack" in flows and "set_field:0.0.0.9/0.0.0.255->ip_dst" in flows and "move:" in flows, flows)


def test(tambo):
    need("ovs-ofctl")
    for version in VERSIONS:
        with Sandbox() as sandbox:
            ofctl = Ofctl(sandbox, tambo, version)
            check_descriptions(ofctl)
            for part in (check_flows, check_groups, check_meters):
                part(ofctl)
            if version != "1.3":
                check_bundle(ofctl)
            if version == "1.5":
                check_since_15(ofctl)
            stats = ofctl.switch.stop()
            print(f"OpenFlow {version}: {stats['connections']} runs of ovs-ofctl")


if __name__ == "__main__":
    os.environ["LANG"] = "C"
    main(test)
