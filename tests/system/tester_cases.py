"""What a tester of switches asks of the switch under test, made from tables: each match field, each field that can be
set and each other action, on frames of several protocols that come plain, tagged or inside something else.

A case installs entries at the switch under test, sends frames into its port 1 and tells what comes of them."""

from dataclasses import dataclass, field as member

import tester_of13 as of
from tester_frames import BASE, ETH_TYPE, IP_PROTO, frame

OUT = 2  # The port by which frames leave.


@dataclass
class Step:
    """A frame and what comes of it: "out" by port OUT or to the "controller" as 'want', or a "miss" in 'tables'."""
    ingress: bytes
    kind: str
    want: bytes = b""
    tables: tuple = (0,)


@dataclass
class Case:
    kind: str
    name: str
    mods: list
    steps: list = member(default_factory=list)


# --- Ways in ---

@dataclass
class Way:
    """How a frame of a shape comes in: inside 'around', of which the switch takes off what 'pop' says in table 0."""
    around: str
    pop: str = ""

    def coming(self, shape):
        return f"{self.around}/{shape}" if self.around else shape

    def inside(self, shape):
        """What there is when table 'table' looks at it."""
        return shape if self.pop else self.coming(shape)

    @property
    def table(self):
        return 1 if self.pop else 0

    def mods(self, shape):
        if not self.pop:
            return []
        outer = ETH_TYPE[self.around.split("/")[0]]
        pops = {"mpls": of.pop_mpls(ETH_TYPE[shape.split("/")[0]]), "pbb": of.POP_PBB}
        return [flow([("eth_type", outer)], of.apply(pops[self.pop]), of.goto(1))]

    def __str__(self):
        return self.around + "-popped" if self.pop else self.around or "plain"


PLAIN, TAGGED = Way(""), Way("vlan")
IN_MPLS, IN_PBB = Way("mpls", "mpls"), Way("pbb", "pbb")
UPPER_WAYS = (PLAIN, TAGGED, IN_MPLS, IN_PBB)


def flow(fields, *instructions, table=0):
    return of.FLOW_MOD, of.flow_mod(fields, instructions, table)


# --- Fields ---

@dataclass
class Field:
    """A match field, the shapes that have it, another value than that of BASE, and a mask."""
    name: str
    shapes: tuple
    other: int
    mask: int = None
    key: str = None  # In BASE, when the name is another.
    ways: tuple = UPPER_WAYS
    new: dict = member(default_factory=dict)  # What 'other' changes in a frame besides.
    can_set: bool = True

    def value(self):
        return BASE[self.key or self.name]

    def with_other(self, other=None):
        return {self.key or self.name: self.other if other is None else other, **self.new}


THREE = ("ipv4/tcp", "ipv6/tcp", "arp")
OVER = {"tcp": ("ipv4/tcp", "ipv6/tcp"), "udp": ("ipv4/udp", "ipv6/udp"), "sctp": ("ipv4/sctp", "ipv6/sctp")}
BOTH_IP = ("ipv4/tcp", "ipv6/tcp")
WAYS_OF_ETHERNET = (PLAIN, TAGGED, Way("mpls"), Way("pbb"))
MAC_MASK, V6_MASK = 0xfffff0ff00ff, 0xffffffffffffffff00000000ffff0000

FIELDS = [
    Field("eth_dst", THREE, 0x020000000917, MAC_MASK, ways=WAYS_OF_ETHERNET),
    Field("eth_src", THREE, 0x020000000919, MAC_MASK, ways=WAYS_OF_ETHERNET),
    Field("vlan_vid", THREE, 917, 0x0ff, ways=(Way("vlan"), Way("svlan/vlan"), Way("vlan/mpls"))),
    Field("vlan_pcp", THREE, 5, ways=(Way("vlan"), Way("svlan/vlan"), Way("vlan/mpls"))),
    Field("mpls_label", THREE, 0x9b5a1, ways=(Way("mpls"), Way("vlan/mpls"))),
    Field("mpls_tc", THREE, 6, ways=(Way("mpls"), Way("vlan/mpls"))),
    Field("mpls_bos", THREE, 0, ways=(Way("mpls"), Way("vlan/mpls"))),
    Field("pbb_isid", THREE, 0x917abc, 0xffff00, ways=(Way("pbb"), Way("pbb/vlan"))),
    Field("ip_dscp", BOTH_IP, 46),
    Field("ip_ecn", BOTH_IP, 1),
    Field("ipv4_src", ("ipv4/tcp",), 0x0a0a0a0a, 0xffff00ff),
    Field("ipv4_dst", ("ipv4/tcp",), 0x0a0a1414, 0xfffff000),
    Field("ipv6_src", ("ipv6/tcp",), 0xfd000000000000000000000000000917, V6_MASK),
    Field("ipv6_dst", ("ipv6/tcp",), 0xfd000000000000000000000000000919, V6_MASK),
    Field("ipv6_flabel", ("ipv6/tcp",), 0x91700, 0xff00f),
    Field("tcp_src", OVER["tcp"], 12345, key="l4_src"),
    Field("tcp_dst", OVER["tcp"], 6789, key="l4_dst"),
    Field("udp_src", OVER["udp"], 12345, key="l4_src"),
    Field("udp_dst", OVER["udp"], 6789, key="l4_dst"),
    Field("sctp_src", OVER["sctp"], 12345, key="l4_src"),
    Field("sctp_dst", OVER["sctp"], 6789, key="l4_dst"),
    Field("icmpv4_type", ("ipv4/icmp",), 13),
    Field("icmpv4_code", ("ipv4/icmp",), 3),
    Field("icmpv6_type", ("ipv6/icmp6",), 129),
    Field("icmpv6_code", ("ipv6/icmp6",), 3),
    Field("ipv6_nd_target", ("ipv6/ns", "ipv6/na"), 0xfd000000000000000000000000000921),
    Field("ipv6_nd_sll", ("ipv6/ns",), 0x020000000923),
    Field("ipv6_nd_tll", ("ipv6/na",), 0x020000000925),
    Field("arp_op", ("arp",), 2),
    Field("arp_spa", ("arp",), 0x0a0a0a0a, 0xffff00ff),
    Field("arp_tpa", ("arp",), 0x0a0a1414, 0xfffff000),
    Field("arp_sha", ("arp",), 0x020000000927, MAC_MASK),
    Field("arp_tha", ("arp",), 0x020000000929, MAC_MASK),
]


def eth_type_of(shape):
    """Of a frame of the shape, as a match sees it: behind the tags."""
    first = next(part for part in shape.split("/") if part not in ("vlan", "svlan"))
    return ETH_TYPE[first]


def prerequisites(name, shape):
    """What an entry on the field needs besides (§7.2.3.6)."""
    upper, needs = shape.split("/")[-1], [("eth_type", eth_type_of(shape))]
    if name in ("eth_dst", "eth_src", "vlan_vid", "in_port", "metadata", "tunnel_id"):
        return []
    if name == "vlan_pcp":
        return [("vlan_vid", of.VID_PRESENT | BASE["vlan_vid"])]
    if name.startswith(("tcp", "udp", "sctp", "icmp", "ipv6_nd")):
        needs.append(("ip_proto", IP_PROTO[upper]))
    if name.startswith("ipv6_nd"):
        needs.append(("icmpv6_type", {"ns": 135, "na": 136}[upper]))
    return needs


def on_wire(name, value):
    """As a match says it."""
    return value | of.VID_PRESENT if name == "vlan_vid" else value


# --- Matches ---

def match_steps(way, shape, hit, miss):
    """To a neighbour, to the controller and nowhere."""
    inside = {}
    for what, values in (("hit", hit), ("miss", miss)):
        inside[what] = frame(way.coming(shape), **values)
    left = frame(way.inside(shape), **hit)
    return (Step(inside["hit"], "out", left), Step(inside["hit"], "controller", left),
            Step(inside["miss"], "miss", tables=(way.table,)))


def match_cases(name, way, shape, fields, steps):
    for step in steps:
        out = of.output(of.CONTROLLER if step.kind == "controller" else OUT)
        yield Case("match", f"{name}, {shape} {way}, {step.kind}",
                   way.mods(shape) + [flow(fields, of.apply(out), table=way.table)], [step])


def cases_of_field(f, way, shape):
    needs, said = prerequisites(f.name, way.inside(shape)), on_wire(f.name, f.value())
    yield from match_cases(f.name, way, shape, needs + [(f.name, said)],
                           match_steps(way, shape, {}, f.with_other()))
    if f.mask is None:
        return
    mask = on_wire(f.name, f.mask)
    outside = f.value() ^ (~f.mask & (1 << of.OXM[f.name][1]) - 1)
    if f.name == "vlan_vid":
        outside &= 0xfff
    within = f.value() ^ (f.mask & -f.mask)  # Its lowest bit.
    yield from match_cases(f"{f.name}/{mask:#x}", way, shape, needs + [(f.name, said & mask, mask)],
                           match_steps(way, shape, f.with_other(outside), f.with_other(within)))


def kinds_of_type():
    """Ethernet types and protocols, where a wrong value is another kind of frame."""
    others = {"ipv4/tcp": "ipv6/tcp", "ipv6/tcp": "arp", "arp": "ipv4/tcp", "ipv4/udp": "ipv4/tcp",
              "ipv6/udp": "ipv6/tcp", "ipv4/sctp": "ipv4/icmp", "ipv6/sctp": "ipv6/icmp6",
              "ipv4/icmp": "ipv4/udp", "ipv6/icmp6": "ipv6/udp"}
    for shape in THREE:
        for way in (PLAIN, TAGGED, IN_PBB):
            yield "eth_type", [], way, shape, others[shape], ETH_TYPE[shape.split("/")[0]]
    for shape in ("ipv4/tcp", "ipv6/tcp", "ipv4/udp", "ipv6/udp", "ipv4/sctp", "ipv6/sctp", "ipv4/icmp", "ipv6/icmp6"):
        other = others[shape] if shape[-3:] != "tcp" else shape[:4] + "/udp"
        for way in UPPER_WAYS:
            needs = [("eth_type", ETH_TYPE[shape[:4]])]
            yield "ip_proto", needs, way, shape, other, IP_PROTO[shape.split("/")[1]]


def type_cases():
    for name, needs, way, shape, other, value in kinds_of_type():
        hit, left = frame(way.coming(shape)), frame(way.inside(shape))
        steps = (Step(hit, "out", left), Step(hit, "controller", left),
                 Step(frame(way.coming(other)), "miss", tables=(way.table,)))
        yield from match_cases(name, way, shape, needs + [(name, value)], steps)
    for tagged in ("mpls", "pbb"):
        for shape in THREE:
            way, hit = Way(tagged), frame(f"{tagged}/{shape}")
            steps = Step(hit, "out", hit), Step(hit, "controller", hit), Step(frame(shape), "miss")
            yield from match_cases("eth_type", way, shape, [("eth_type", ETH_TYPE[tagged])], steps)


def port_cases():
    for shape in THREE:
        sent = frame(shape)
        for name, needs in (("in_port", []), ("in_phy_port", [("in_port", 1)])):
            for kind in ("out", "controller"):
                yield from match_cases(name, PLAIN, shape, needs + [(name, 1)], [Step(sent, kind, sent)])
        yield from match_cases("in_port", PLAIN, shape, [("in_port", 3)], [Step(sent, "miss")])


VID_PRESENCE = [  # Table 13 of §7.2.3.7: what is said of the VLAN id, and how tagged frames do.
    ("no tag", ("vlan_vid", 0), False),
    ("any tag", ("vlan_vid", of.VID_PRESENT, of.VID_PRESENT), True),
]


def vid_cases():
    for name, said, tagged in VID_PRESENCE:
        for shape in THREE:
            hit, miss = (frame(f"vlan/{shape}"), frame(shape))[::1 if tagged else -1]
            steps = Step(hit, "out", hit), Step(hit, "controller", hit), Step(miss, "miss")
            yield from match_cases(f"vlan_vid {name}", PLAIN, shape, [said], steps)


REGISTERS = {  # What carries a value from table 0 to table 1, and how it is written.
    "metadata": lambda value: [of.write_metadata(value, 0xffffffffffffffff), of.goto(1)],
    "tunnel_id": lambda value: [of.apply(of.set_field("tunnel_id", value)), of.goto(1)],
}


def register_cases():
    value, mask = 0x2385000000000515, 0xffff00000000ff00
    for name, put in REGISTERS.items():
        for shape in THREE:
            sent = frame(shape)
            for said, near, far in (((name, value), value, value ^ 1 << 63),
                                    ((name, value & mask, mask), value ^ 0xff, value ^ 1 << 8)):
                for kind, written in (("out", near), ("controller", near), ("miss", far)):
                    out = of.output(of.CONTROLLER if kind == "controller" else OUT)
                    mods = [flow([("in_port", 1)], *put(written)),
                            flow([said], of.apply(out), table=1)]
                    yield Case("match", f"{name}{'/mask' if len(said) > 2 else ''}, {shape}, {kind}", mods,
                               [Step(sent, kind, sent, tables=(1,))])


EXTENSIONS = {  # Headers in their order, and the flags of OFPXMT_OFB_IPV6_EXTHDR (§7.2.3.8).
    "hop": 0x40, "auth": 0x04, "dest": 0x08, "frag": 0x10, "route": 0x20, "hop/auth": 0x44, "route/frag": 0x30,
    "hop/dest/route/frag/auth": 0x7c,
}


def extension_cases():
    for headers, flags in EXTENSIONS.items():
        shape = f"ipv6/{headers}/tcp"
        plain = "ipv6/tcp"
        for way in UPPER_WAYS:
            hit, left = frame(way.coming(shape)), frame(way.inside(shape))
            steps = (Step(hit, "out", left), Step(hit, "controller", left),
                     Step(frame(way.coming(plain)), "miss", tables=(way.table,)))
            needs = [("eth_type", ETH_TYPE["ipv6"])]
            yield from match_cases("ipv6_exthdr", way, shape, needs + [("ipv6_exthdr", flags)], steps)
            bit = flags & -flags
            yield from match_cases("ipv6_exthdr/mask", way, shape, needs + [("ipv6_exthdr", bit, bit | 0x180)],
                                   steps)
    none = frame("ipv6")
    yield from match_cases("ipv6_exthdr", PLAIN, "ipv6 without more",
                           [("eth_type", ETH_TYPE["ipv6"]), ("ipv6_exthdr", 1)], [Step(none, "out", none)])


def matches():
    for f in FIELDS:
        for way in f.ways:
            for shape in f.shapes:
                yield from cases_of_field(f, way, shape)
    for make in (type_cases, port_cases, vid_cases, register_cases, extension_cases):
        yield from make()


# --- Fields that are set ---

def changed_by(f, way):
    """What setting the field changes in a frame: outermost headers only."""
    changed, tags = f.with_other(), way.around.split("/")
    if f.name in ("vlan_vid", "vlan_pcp") and len(tags) > 1 and tags[1] == "vlan":
        changed["inner"] = {"vlan": {f.name: f.value()}}
    if f.name in ("eth_dst", "eth_src") and "pbb" in tags:
        changed["customer" + f.name[3:]] = f.value()
    return changed


def set_case(name, way, shape, value, changed, written):
    needs = prerequisites(name, way.inside(shape)) or [("eth_type", eth_type_of(way.inside(shape)))]
    actions = of.set_field(name, on_wire(name, value)), of.output(OUT)
    does = of.write(*actions) if written else of.apply(*actions)
    return Case("set_field", f"{name}, {shape} {way}, {'written' if written else 'applied'}",
                way.mods(shape) + [flow(needs, does, table=way.table)],
                [Step(frame(way.coming(shape)), "out", frame(way.inside(shape), **changed))])


def set_fields():
    for written in (False, True):
        for f in FIELDS:
            for way in f.ways:
                for shape in f.shapes:
                    yield set_case(f.name, way, shape, f.other, changed_by(f, way), written)
        for way in UPPER_WAYS:
            for shape in BOTH_IP:
                yield set_case("ip_proto", way, shape, 17, {"ip_proto": 17}, written)
        for way in (PLAIN, TAGGED, IN_PBB):
            for shape in THREE:
                yield set_case("eth_type", way, shape, 0x88b5, {"eth_type": 0x88b5}, written)
        for shape in THREE:
            yield set_case("eth_type", Way("mpls"), shape, 0x8848, {"mpls_type": 0x8848}, written)
    yield from (c for c in register_cases() if c.name.startswith("tunnel_id, "))


# --- Other actions (§5.12) ---

def popped(shape):
    return of.pop_mpls(eth_type_of(shape))


# Name, shape and values that come in, actions, shape and values that leave.
ACTIONS = [("output", shape, {}, [], shape, {}) for shape in THREE]
ACTIONS += [
    ("copy_ttl_out", f"mpls/{ip}/tcp", {}, [of.COPY_TTL_OUT], f"mpls/{ip}/tcp", {"mpls_ttl": 32})
    for ip in ("ipv4", "ipv6")]
ACTIONS += [
    ("copy_ttl_in", f"mpls/{ip}/tcp", {}, [of.COPY_TTL_IN], f"mpls/{ip}/tcp", {"ip_ttl": 64})
    for ip in ("ipv4", "ipv6")]
ACTIONS += [
    ("copy_ttl_out", "mpls/mpls/ipv4/tcp", {"mpls_bos": 0, "inner": {"mpls": {"mpls_bos": 1, "mpls_ttl": 23}}},
     [of.COPY_TTL_OUT], "mpls/mpls/ipv4/tcp",
     {"mpls_bos": 0, "mpls_ttl": 23, "inner": {"mpls": {"mpls_bos": 1, "mpls_ttl": 23}}}),
    ("copy_ttl_in", "mpls/mpls/ipv4/tcp", {"mpls_bos": 0, "inner": {"mpls": {"mpls_bos": 1, "mpls_ttl": 23}}},
     [of.COPY_TTL_IN], "mpls/mpls/ipv4/tcp",
     {"mpls_bos": 0, "inner": {"mpls": {"mpls_bos": 1, "mpls_ttl": 64}}}),
]
for _shape in THREE:
    _ttl = 0 if _shape == "arp" else BASE["ip_ttl"]
    _entry = {"mpls_label": 0, "mpls_tc": 0, "mpls_ttl": _ttl}
    ACTIONS += [
        ("set_mpls_ttl", f"mpls/{_shape}", {}, [of.set_mpls_ttl(23)], f"mpls/{_shape}", {"mpls_ttl": 23}),
        ("dec_mpls_ttl", f"mpls/{_shape}", {}, [of.DEC_MPLS_TTL], f"mpls/{_shape}", {"mpls_ttl": 63}),
        ("push_vlan", _shape, {}, [of.push_vlan()], f"vlan/{_shape}", {"vlan_vid": 0, "vlan_pcp": 0}),
        ("push_vlan, service tag", _shape, {}, [of.push_vlan(0x88a8)], f"svlan/{_shape}",
         {"vlan_vid": 0, "vlan_pcp": 0}),
        ("push_vlan twice", _shape, {}, [of.push_vlan(), of.push_vlan(0x88a8)], f"svlan/vlan/{_shape}",
         {"vlan_vid": 0, "vlan_pcp": 0}),
        ("push_vlan on a tag", f"vlan/{_shape}", {}, [of.push_vlan(0x88a8)], f"svlan/vlan/{_shape}", {}),
        ("pop_vlan", f"vlan/{_shape}", {}, [of.POP_VLAN], _shape, {}),
        ("pop_vlan of two", f"svlan/vlan/{_shape}", {"inner": {"vlan": {"vlan_vid": 917}}}, [of.POP_VLAN],
         f"vlan/{_shape}", {"vlan_vid": 917}),
        ("push_mpls", _shape, {}, [of.push_mpls()], f"mpls/{_shape}", _entry),
        ("push_mpls twice", _shape, {}, [of.push_mpls(), of.push_mpls()], f"mpls/mpls/{_shape}",
         {**_entry, "mpls_bos": 0, "inner": {"mpls": {"mpls_bos": 1}}}),
        ("push_mpls on a label", f"mpls/{_shape}", {}, [of.push_mpls()], f"mpls/mpls/{_shape}",
         {"mpls_bos": 0, "inner": {"mpls": {"mpls_bos": 1}}}),
        ("push_mpls before a tag", f"vlan/{_shape}", {}, [of.push_mpls()], f"mpls/vlan/{_shape}", _entry),
        ("pop_mpls", f"mpls/{_shape}", {}, [popped(_shape)], _shape, {}),
        ("pop_mpls under a tag", f"vlan/mpls/{_shape}", {}, [popped(_shape)], f"vlan/{_shape}", {}),
        ("push_pbb", _shape, {}, [of.push_pbb()], f"pbb/{_shape}", {"pbb_isid": 0}),
        ("push_pbb twice", _shape, {}, [of.push_pbb(), of.push_pbb()], f"pbb/pbb/{_shape}", {"pbb_isid": 0}),
        ("push_pbb before a tag", f"vlan/{_shape}", {}, [of.push_pbb()], f"pbb/vlan/{_shape}",
         {"pbb_isid": 0, "pbb_pcp": BASE["vlan_pcp"]}),
        ("pop_pbb", f"pbb/{_shape}", {}, [of.POP_PBB], _shape, {}),
        ("pop_pbb before tags", f"pbb/svlan/vlan/{_shape}", {}, [of.POP_PBB], f"svlan/vlan/{_shape}", {}),
    ]
for _shape in BOTH_IP:
    for _around in ("", "vlan/"):
        ACTIONS += [
            ("set_nw_ttl", _around + _shape, {}, [of.set_nw_ttl(23)], _around + _shape, {"ip_ttl": 23}),
            ("dec_nw_ttl", _around + _shape, {}, [of.DEC_NW_TTL], _around + _shape, {"ip_ttl": 31}),
        ]


def actions():
    for name, comes, values, does, leaves, changed in ACTIONS:
        for written in (False, True):
            if written and name.endswith("twice"):
                continue  # A set holds one action of each type (§5.10).
            put = of.write if written else of.apply
            mods = [flow([("eth_type", eth_type_of(comes))], put(*does, of.output(OUT)))]
            if comes.startswith(("vlan", "svlan")):
                mods = [flow([("eth_type", eth_type_of(comes)),
                              ("vlan_vid", of.VID_PRESENT, of.VID_PRESENT)], put(*does, of.output(OUT)))]
            yield Case("action", f"{name}, {comes}, {'written' if written else 'applied'}", mods,
                       [Step(frame(comes, **values), "out", frame(leaves, **changed))])
    for shape in THREE:
        sent = frame(shape)
        yield Case("action", f"output to the controller, {shape}",
                   [flow([("in_port", 1)], of.apply(of.output(of.CONTROLLER)))], [Step(sent, "controller", sent)])
