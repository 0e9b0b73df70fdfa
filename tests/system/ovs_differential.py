"""The simulated switch against Open vSwitch's userspace datapath.

Random tables of entries and groups, and random frames, go to both. The frames that come out must be the
same, byte for byte, and so must the entries that ovs-ofctl reads back and their counters. What is not
compared is what OpenFlow leaves to the switch: which bucket of a select group, and what happens to frames
of entries that overlap at one priority (priorities are unique here). Further differences are those
listed at KNOWN_DIFFERENCES. The seed is printed and can be given: ovs_differential.py SIM_SWITCH SEED
"""

import os
import random
import re
import struct
import subprocess
import sys
import time

import ovs_lib
from tester_frames import crc32c
from ovs_lib import OpenVSwitch, Sandbox, check, run, wait_until

N_PORTS, N_TABLES = 4, 4
N_ROUNDS, N_ENTRIES, N_FRAMES = 5, 40, 120
VERSION = "OpenFlow13"

KNOWN_DIFFERENCES = """
- Open vSwitch cannot match or set what it has no field for in the datapath (PBB, IPv6 extension headers)
  and has no copy-TTL actions: none is used here.
- It keeps no more VLAN tags than vlan-limit, here 2, and no more than 3 labels: frames never get more here.
- A tag that it pushes has the VLAN id and priority 0, and not those of the tag before, as OF 1.3.5 §5.12.1
  says: whatever pushes here sets both.
- It pushes MPLS labels behind VLAN tags, and not before all other tags (§5.12.1): only untagged frames get
  labels.
- A set-field of one part of a label writes the whole label as the first frame of a cached flow had it, so
  the entries that do it match on all of it and all frames have one TTL.
- When a TTL cannot be decremented it stops the list of actions, and then executes the action set of the tables
  before; a frame with an invalid TTL is not to be forwarded at all: applied decrements are in table 0 only.
- Of fragments it pretends that also the first one has no ports (nw_frag in ovs-fields(7)), although they are
  there, and that what is not there is 0, which is a type of ICMP: only later fragments come, and none of ICMP.
- It counts the bytes that a frame had when it came in, also in later tables, where tags may have been pushed
  or popped: bytes are compared in table 0.
"""


# --- Frames ---------------------------------------------------------------------------------------

def eth(dst, src, payload):
    return bytes([2, 0, 0, 0, 0, dst]) + bytes([2, 0, 0, 0, 0, src]) + payload


def checksum(data):
    return struct.pack(">H", ovs_lib.internet_checksum(data))


def transport(rnd, proto, src, dst, number):
    """A header above IP with its checksum (over 'src' + 'dst' as pseudo header), and the frame's number."""
    data = bytes(rnd.randrange(4, 30)) + struct.pack(">I", number)
    ports = struct.pack(">HH", rnd.choice((1, 2, 80)), rnd.choice((1, 2, 80)))
    if proto == 17:
        head = lambda c: ports + struct.pack(">H", 8 + len(data)) + c
    elif proto == 132:
        chunk = struct.pack(">BBHIHHI", 0, 3, 16 + len(data), 1, 1, 1, 0)
        body = ports + struct.pack(">I", 7) + bytes(4) + chunk + data
        return body[:8] + crc32c(body) + body[12:]
    elif proto == 6:
        head = lambda c: ports + struct.pack(">IIBBH", 7, 9, 0x50, 0x10, 512) + c + b"\0\0"
    else:
        kind = bytes([rnd.choice((8, 0) if proto == 1 else (128, 129)), rnd.choice((0, 1))])
        head = lambda c: kind + c + b"\0\1\0\2"
    body = head(b"\0\0") + data
    pseudo = b"" if proto == 1 else src + dst + struct.pack(">HH", proto, len(body))
    return head(checksum(pseudo + body)) + data


def ipv4(rnd, number):
    proto = rnd.choice((1, 6, 17, 132))
    src, dst = (bytes([10, 0, rnd.randrange(2), rnd.randrange(3)]) for _ in range(2))
    body = transport(rnd, proto, src, dst, number)
    fragment = 0x4000  # Do not fragment.
    if proto != 1 and rnd.random() < 0.2:  # A later fragment of a datagram, which has no ports; the last one, or not.
        fragment, body = rnd.choice((0x2003, 0x0017)), body[8:]
    head = struct.pack(">BBHHHBB", 0x45, rnd.choice((0, 40, 184, 1)), 20 + len(body), 1, fragment,
                       rnd.choice((64, 2, 1)), proto)
    return b"\x08\0" + head + checksum(head + b"\0\0" + src + dst) + src + dst + body


def ipv6(rnd, number):
    proto = rnd.choice((58, 6, 17, 132))
    src, dst = (b"\x20\1\x0d\xb8" + bytes(10) + bytes([rnd.randrange(2), rnd.randrange(3)])
                for _ in range(2))
    body = transport(rnd, proto, src, dst, number)
    head = struct.pack(">IHBB", 6 << 28 | rnd.choice((0, 40, 184)) << 20 | rnd.randrange(2),
                       len(body), proto, rnd.choice((64, 2, 1)))
    return b"\x86\xdd" + head + src + dst + body


def arp(rnd, number):
    body = struct.pack(">HHBBH", 1, 0x0800, 6, 4, rnd.choice((1, 2)))
    for _ in range(2):
        body += bytes([2, 0, 0, 0, 0, rnd.randrange(3)]) + bytes([10, 0, 0, rnd.randrange(3)])
    return b"\x08\x06" + body + bytes(14) + struct.pack(">I", number)


def mpls(rnd, number):
    labels = [rnd.randrange(16, 18) << 12 | rnd.choice((0, 5)) << 9 | 64
              for _ in range(rnd.choice((1, 2)))]
    labels[-1] |= 1 << 8
    return b"\x88\x47" + b"".join(struct.pack(">I", l) for l in labels) + ipv4(rnd, number)[2:]


def random_frame(rnd, number, max_tags):
    payload = rnd.choice((ipv4, ipv4, ipv4, ipv6, ipv6, arp, mpls, mpls))(rnd, number)
    for _ in range(min(rnd.choice((0, 0, 0, 1, 1, 2)), max_tags)):
        payload = b"\x81\0" + struct.pack(">H", rnd.choice((0, 0, 3)) << 13 | rnd.randrange(5, 8)) + payload
    frame = eth(rnd.randrange(4), rnd.randrange(4), payload)
    return frame if len(frame) >= 60 else frame[:-4] + bytes(60 - len(frame)) + frame[-4:]


def number_of(frame):
    return struct.unpack(">I", frame[-4:])[0]


# --- Entries --------------------------------------------------------------------------------------

def some(rnd, pairs, chance=0.35):
    return [p for p in pairs if rnd.random() < chance]


def random_match(rnd, table):
    """(kind, fields): what the frames of the entry are known to be."""
    kind = rnd.choice(("any", "any", "ip", "udp", "tcp", "sctp", "icmp", "ipv6", "udp6", "tcp6", "sctp6", "icmp6", "arp",
                       "mpls", "mpls"))
    fields = some(rnd, [f"in_port={rnd.randrange(1, N_PORTS + 1)}",
                        f"dl_dst=02:00:00:00:00:0{rnd.randrange(4)}",
                        f"dl_src=02:00:00:00:00:0{rnd.randrange(4)}/ff:ff:ff:ff:ff:f{rnd.choice('ef')}"],
                  0.2)
    if table:
        fields += some(rnd, [f"metadata={rnd.randrange(4)}/0x3"], 0.4)
    tag = rnd.choice(("", "", "", "vlan_tci=0x0000/0x1fff", f"dl_vlan={rnd.randrange(5, 8)}"))
    tag = tag.replace("vlan_tci=0x0000/0x1fff", "vlan_tci=0x0000")
    fields += [tag] if tag else []
    if kind != "any":
        fields.append(kind)
    if kind in V4:
        fields += some(rnd, [f"ip_ecn={rnd.choice((0, 1))}", f"nw_src=10.0.{rnd.randrange(2)}.0/24", f"nw_dst=10.0.0.{rnd.randrange(3)}",
                             f"ip_dscp={rnd.choice((0, 10, 46))}"])
    if kind in V6:
        fields += some(rnd, [f"ip_dscp={rnd.choice((0, 10, 46))}", f"ipv6_src=2001:db8::{rnd.randrange(2)}00/120",
                             f"ipv6_dst=2001:db8::{rnd.randrange(3)}",
                             f"ipv6_label={rnd.randrange(2)}"])
    if kind.rstrip("6") in PORTED:
        fields += some(rnd, [f"tp_src={rnd.choice((1, 2, 80))}", f"tp_dst={rnd.choice((1, 2, 80))}"])
    if kind == "icmp":
        fields += some(rnd, [f"icmp_type={rnd.choice((0, 8))}", f"icmp_code={rnd.choice((0, 1))}"])
    if kind == "icmp6":
        fields += some(rnd, [f"icmpv6_type={rnd.choice((128, 129))}", f"icmpv6_code={rnd.choice((0, 1))}"])
    if kind == "arp":
        fields += some(rnd, [f"arp_op={rnd.choice((1, 2))}", f"arp_spa=10.0.0.{rnd.randrange(3)}",
                             f"arp_tpa=10.0.0.{rnd.randrange(2)}/255.255.255.254",
                             f"arp_sha=02:00:00:00:00:0{rnd.randrange(2)}/ff:ff:ff:ff:ff:fe",
                             f"arp_tha=02:00:00:00:00:0{rnd.randrange(3)}"])
    if kind == "mpls":
        fields += [f"mpls_label={rnd.randrange(16, 18)}", f"mpls_bos={rnd.randrange(2)}",
                   f"mpls_tc={rnd.choice((0, 5))}"]
        kind = "untagged mpls" if tag.startswith("vlan_tci") else kind
    return kind, "dl_vlan" in tag, fields


V4 = ("ip", "udp", "tcp", "sctp", "icmp")
V6 = ("ipv6", "udp6", "tcp6", "sctp6", "icmp6")
PORTED = ("udp", "tcp", "sctp")


def set_fields(rnd, kind, tagged):
    """What may be set in frames of that kind."""
    host = rnd.randrange(4)
    sets = [f"set_field:02:00:00:00:00:0{host}->eth_dst", f"set_field:02:00:00:00:00:0{host}->eth_src",
            f"set_field:{host}->tunnel_id"]
    if tagged:
        sets += [f"set_field:{rnd.randrange(4101, 4104)}->vlan_vid", f"set_field:{host}->vlan_pcp"]
    if kind in V4:
        sets += [f"set_field:10.0.1.{host}->ip_src", f"set_field:10.0.0.{host}->ip_dst",
                 f"set_field:{rnd.choice((0, 10, 46))}->ip_dscp", "set_field:1->nw_ecn", "dec_ttl",
                 "mod_nw_ttl:9"]
    if kind in V6:
        sets += [f"set_field:2001:db8::{host}->ipv6_src", f"set_field:2001:db8::{host}->ipv6_dst",
                 f"set_field:{host}->ipv6_label", "set_field:10->ip_dscp", "dec_ttl", "mod_nw_ttl:9"]
    for name in PORTED:
        if kind in (name, name + "6"):
            sets += [f"set_field:{host + 1}->{name}_src", f"set_field:80->{name}_dst"]
    if kind == "icmp":
        sets += ["set_field:0->icmp_type", "set_field:1->icmp_code"]
    if kind == "arp":
        sets += ["set_field:2->arp_op", f"set_field:10.0.0.{host}->arp_tpa",
                 f"set_field:02:00:00:00:00:0{host}->arp_sha"]
    if kind.endswith("mpls"):
        sets += [f"set_field:{16 + host}->mpls_label", "set_field:5->mpls_tc", "dec_mpls_ttl",
                 "set_mpls_ttl:9"]
    return sets


def outputs(rnd, groups):
    ports = [f"output:{p}" for p in range(1, N_PORTS + 1)] + ["in_port", "all", "flood"]
    return rnd.choice(ports + [f"group:{g}" for g in groups] * 2)


def push_vlan(rnd):
    return ["push_vlan:0x8100", f"set_field:{rnd.randrange(4101, 4104)}->vlan_vid",
            f"set_field:{rnd.randrange(8)}->vlan_pcp"]


def random_actions(rnd, kind, tagged, groups, pushes, in_first):
    actions = []
    for _ in range(rnd.randrange(4)):
        choice = rnd.random()
        if choice < 0.45:
            actions.append(rnd.choice([s for s in set_fields(rnd, kind, tagged)
                                       if in_first or not s.startswith("dec_")]))
        elif choice < 0.6 and pushes:
            actions += push_vlan(rnd)
            tagged, pushes = True, False
        elif choice < 0.65 and tagged:
            actions.append("pop_vlan")
            tagged = False
        elif choice < 0.72 and kind == "untagged mpls" and in_first and "push_mpls:0x8847" not in actions:
            actions.append("push_mpls:0x8847")
        else:
            actions.append(outputs(rnd, groups))
    return actions, tagged


def random_entry(rnd, table, priority, groups, pushes):
    kind, tagged, fields = random_match(rnd, table)
    actions, tagged = random_actions(rnd, kind, tagged, groups, pushes and table == 0, table == 0)
    if rnd.random() < 0.15:
        actions.append("clear_actions")
    if rnd.random() < 0.3:
        written = some(rnd, set_fields(rnd, kind, tagged), 0.2) + [outputs(rnd, groups)]
        actions.append(f"write_actions({','.join(unique_kinds(written))})")
    if table < N_TABLES - 1 and rnd.random() < 0.6:
        if rnd.random() < 0.5:
            actions.append(f"write_metadata:{rnd.randrange(4)}/0x3")
        actions.append(f"goto_table:{rnd.randrange(table + 1, N_TABLES)}")
    elif rnd.random() < 0.8 and not any(a.startswith(("write", "clear")) for a in actions):
        actions.append(outputs(rnd, groups))
    return ",".join([f"table={table}", f"priority={priority}", *fields,
                     f"actions={','.join(actions) or 'drop'}"])


def unique_kinds(actions):
    """At most one of each kind, as a set has."""
    seen = {}
    for action in actions:
        seen[action.split("->")[-1] if "->" in action else action.split(":")[0]] = action
    return seen.values()


def random_groups(rnd, pushes):
    """Groups 1 to 6; a group leads only to earlier ones."""
    lines = []
    for g in range(1, 7):
        kind = rnd.choice(("all", "all", "indirect", "ff"))
        buckets = []
        for _ in range(1 if kind == "indirect" else rnd.randrange(1, 4)):
            sets = some(rnd, [f"set_field:02:00:00:00:00:0{rnd.randrange(4)}->eth_dst"], 0.3)
            port = rnd.randrange(1, N_PORTS + 1)
            out = f"group:{rnd.randrange(1, g)}" if g > 1 and rnd.random() < 0.25 else f"output:{port}"
            if pushes and out.startswith("output") and rnd.random() < 0.5:
                sets += push_vlan(rnd)
            watch = f"watch_port:{port}," if kind == "ff" else ""
            buckets.append(f"bucket={watch}actions={','.join(sets + [out])}")
        lines.append(f"group_id={g},type={kind},{','.join(buckets)}")
    return lines


# --- The two switches -----------------------------------------------------------------------------

class SimSwitch:
    def __init__(self, sandbox, program):
        self.socket = sandbox.path("sim.sock")
        self.process = subprocess.Popen([program, self.socket, str(N_PORTS), str(N_TABLES)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=ovs_lib.die_with_parent)
        sandbox.parts.append(self)
        wait_until("sim_switch", lambda: os.path.exists(self.socket))

    def abandon(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def command(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.process.stdout.readline().split()
            check(line, "sim_switch has ended")
            if line[0] == "done":
                return lines
            lines.append((int(line[1]), bytes.fromhex(line[2])))

    def receive(self, port, frame):
        return self.command("frame", str(port), frame.hex())

    def stop(self):
        self.process.stdin.close()
        ovs_lib.check_equal(self.process.wait(20), 0, "exit code of sim_switch")


class Pair:
    """Both switches under one set of commands."""

    def __init__(self, sandbox, program):
        self.sandbox = sandbox
        self.sim = SimSwitch(sandbox, program)
        self.ovs = OpenVSwitch(sandbox)
        self.ovs.vsctl("set", "Open_vSwitch", ".", "other_config:vlan-limit=2")
        self.ovs.add_bridge("br-diff", 0x2385, VERSION)
        self.n_seen = {}
        for p in range(1, N_PORTS + 1):
            self.ovs.add_dummy_port("br-diff", f"d{p}", p)
            self.n_seen[p] = 0

    def ofctl(self, command, *args):
        """(what Open vSwitch says, what the simulated switch says)."""
        own = run("ovs-ofctl", "-O", VERSION, command, f"unix:{self.sim.socket}", *args,
                  env=self.ovs.env, may_fail=True)
        return self.ovs.ofctl("br-diff", command, *args, version=VERSION), own

    def load(self, name, command, lines):
        path = self.sandbox.path(name)
        with open(path, "w") as file:
            file.write("\n".join(lines) + "\n")
        theirs, own = self.ofctl(command, path)
        check(not own.strip(), f"{command}: the simulated switch says\n{own}\nof {path}")
        check(not theirs.strip(), f"{command}: Open vSwitch says\n{theirs}")

    def sent_by_ovs(self):
        out = []
        for p in range(1, N_PORTS + 1):
            frames = ovs_lib.read_pcap(self.sandbox.path(f"d{p}.pcap"))
            out += [(p, f) for f in frames[self.n_seen[p]:]]
        return out

    def forget_sent(self):
        for p in range(1, N_PORTS + 1):
            self.n_seen[p] = len(ovs_lib.read_pcap(self.sandbox.path(f"d{p}.pcap")))

    def dump(self):
        """{entry: (packets, bytes in table 0)} of both."""
        self.ovs.appctl("revalidator/purge")
        return [counters_of(text) for text in self.ofctl("dump-flows")]


def counters_of(text):
    entries = {}
    for line in text.splitlines():
        found = re.search(r"n_packets=(\d+), n_bytes=(\d+)", line)
        if found:
            key = re.sub(r"\b(cookie|duration|n_packets|n_bytes|idle_age|hard_age)=[^,]*, ?", "",
                         line.strip())
            later = key.startswith("table=") and not key.startswith("table=0,")
            entries[key.replace("reset_counts ", "")] = (int(found[1]), later or int(found[2]))
    return entries


# --- The test -------------------------------------------------------------------------------------

def compare_frames(number, frame, port, theirs, own, lines):
    show = lambda frames: "".join(f"\n    {p}: {f.hex()}" for p, f in sorted(frames))
    check(sorted(theirs) == sorted(own),
          f"frame {number} at port {port}: {frame.hex()}\n  Open vSwitch:{show(theirs)}\n"
          f"  simulated:{show(own)}\n  " + "\n  ".join(lines))


def one_round(pair, rnd, number):
    """Tags are pushed by entries, by groups, or not at all: then frames come with up to two."""
    pushing = ("no", "entries", "groups")[number % 3]
    groups = random_groups(rnd, pushing == "groups")
    lines = [random_entry(rnd, rnd.choice((0, 0, 1, 2, 3)), 100 + i, range(1, 7),
                          pushing == "entries")
             for i in range(N_ENTRIES)]
    lines += [f"table={t},priority=0,actions={'goto_table:%d' % (t + 1) if t < N_TABLES - 1 else 'drop'}"
              for t in range(N_TABLES)]
    frames = [random_frame(rnd, i, 2 if pushing == "no" else 1) for i in range(N_FRAMES)]
    ports = [rnd.randrange(1, N_PORTS + 1) for _ in frames]
    pair.ofctl("del-flows")
    pair.ofctl("del-groups")
    pair.load("groups.txt", "add-groups", groups)
    pair.load("flows.txt", "add-flows", lines)
    pair.forget_sent()
    own = [pair.sim.receive(p, f) for p, f in zip(ports, frames)]
    for p in range(1, N_PORTS + 1):
        pair.ovs.appctl("netdev-dummy/receive", f"d{p}",
                        *[f.hex() for q, f in zip(ports, frames) if p == q])
    n_own = sum(map(len, own))
    end = time.monotonic() + 60
    while len(pair.sent_by_ovs()) != n_own and time.monotonic() < end:
        time.sleep(0.05)
    theirs = [[] for _ in frames]
    for port, frame in pair.sent_by_ovs():
        theirs[number_of(frame)].append((port, frame))
    for i, frame in enumerate(frames):
        compare_frames(i, frame, ports[i], theirs[i], own[i], groups + lines)
    theirs_dump, own_dump = pair.dump()
    ovs_lib.check_lists([f"{k} {v}" for k, v in own_dump.items()],
                        [f"{k} {v}" for k, v in theirs_dump.items()], "entries and counters")
    return n_own


def test(program, seed):
    rnd = random.Random(seed)
    n_out = 0
    with Sandbox() as sandbox:
        pair = Pair(sandbox, program)
        for number in range(N_ROUNDS):
            try:
                n_out += one_round(pair, rnd, number)
            except ovs_lib.Failure as failure:
                raise ovs_lib.Failure(f"round {number} of seed {seed}: {failure}") from None
        pair.sim.stop()
    check(n_out > N_ROUNDS * N_FRAMES // 4, f"only {n_out} frames came out: the test shows little")
    print(f"seed {seed}: {N_ROUNDS * N_FRAMES} frames in, {n_out} out, all the same")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(f"usage: {sys.argv[0]} SIM_SWITCH [SEED]")
    try:
        test(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 2385)
    except ovs_lib.Failure as failure:
        sys.exit(f"FAILED: {failure}")
