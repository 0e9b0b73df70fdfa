"""As much of OpenFlow 1.3.5 as a tester of switches needs: parts of messages written, statistics read."""

import struct

FLOW_MOD, GROUP_MOD, PORT_MOD, METER_MOD = 14, 15, 16, 29
MULTIPART_REQUEST, MULTIPART_REPLY = 18, 19
MP_FLOW, MP_TABLE, MP_PORT, MP_GROUP_DESC, MP_METER_CONFIG, MP_PORT_DESC = 1, 3, 4, 7, 10, 13
CONTROLLER, ANY, NO_BUFFER = 0xfffffffd, 0xffffffff, 0xffffffff
ALL_GROUPS, ALL_METERS, ALL_TABLES = 0xfffffffc, 0xffffffff, 0xff

# Number of the OXM field and bits (§7.2.3.7, Table 12).
OXM = {
    "in_port": (0, 32), "in_phy_port": (1, 32), "metadata": (2, 64), "eth_dst": (3, 48), "eth_src": (4, 48),
    "eth_type": (5, 16), "vlan_vid": (6, 13), "vlan_pcp": (7, 3), "ip_dscp": (8, 6), "ip_ecn": (9, 2),
    "ip_proto": (10, 8), "ipv4_src": (11, 32), "ipv4_dst": (12, 32), "tcp_src": (13, 16), "tcp_dst": (14, 16),
    "udp_src": (15, 16), "udp_dst": (16, 16), "sctp_src": (17, 16), "sctp_dst": (18, 16), "icmpv4_type": (19, 8),
    "icmpv4_code": (20, 8), "arp_op": (21, 16), "arp_spa": (22, 32), "arp_tpa": (23, 32), "arp_sha": (24, 48),
    "arp_tha": (25, 48), "ipv6_src": (26, 128), "ipv6_dst": (27, 128), "ipv6_flabel": (28, 20),
    "icmpv6_type": (29, 8), "icmpv6_code": (30, 8), "ipv6_nd_target": (31, 128), "ipv6_nd_sll": (32, 48),
    "ipv6_nd_tll": (33, 48), "mpls_label": (34, 20), "mpls_tc": (35, 3), "mpls_bos": (36, 1), "pbb_isid": (37, 24),
    "tunnel_id": (38, 64), "ipv6_exthdr": (39, 9),
}
VID_PRESENT = 0x1000


def oxm(field, value, mask=None):
    number, bits = OXM[field]
    size = {20: 4}.get(bits, (bits + 7) // 8)
    data = value.to_bytes(size, "big") + (b"" if mask is None else mask.to_bytes(size, "big"))
    return struct.pack("!HBB", 0x8000, number << 1 | (mask is not None), len(data)) + data


def pad(data, n=8):
    return data + bytes(-len(data) % n)


def match(*fields):
    """'fields' are (name, value) or (name, value, mask)."""
    body = b"".join(oxm(*f) for f in fields)
    return pad(struct.pack("!HH", 1, 4 + len(body)) + body)


# --- Actions and instructions (§7.2.4, §7.2.5) ---

def output(port):
    return struct.pack("!HHIH6x", 0, 16, port, 0xffff if port == CONTROLLER else 0)


def bare(kind):
    return struct.pack("!HH4x", kind, 8)


def ttl(kind, value):
    return struct.pack("!HHB3x", kind, 8, value)


def typed(kind, eth_type):
    return struct.pack("!HHH2x", kind, 8, eth_type)


def group(group_id):
    return struct.pack("!HHI", 22, 8, group_id)


def set_queue(queue_id):
    return struct.pack("!HHI", 21, 8, queue_id)


def set_field(field, value):
    body = oxm(field, value)
    return struct.pack("!HH", 25, len(pad(bytes(4) + body))) + body + bytes(-(4 + len(body)) % 8)


COPY_TTL_OUT, COPY_TTL_IN, DEC_MPLS_TTL, POP_VLAN, DEC_NW_TTL, POP_PBB = map(bare, (11, 12, 16, 18, 24, 27))


def set_mpls_ttl(value):
    return ttl(15, value)


def set_nw_ttl(value):
    return ttl(23, value)


def push_vlan(eth_type=0x8100):
    return typed(17, eth_type)


def push_mpls(eth_type=0x8847):
    return typed(19, eth_type)


def pop_mpls(eth_type):
    return typed(20, eth_type)


def push_pbb():
    return typed(26, 0x88e7)


def actions_of(kind, actions):
    body = b"".join(actions)
    return struct.pack("!HH4x", kind, 8 + len(body)) + body


def apply(*actions):
    return actions_of(4, actions)


def write(*actions):
    return actions_of(3, actions)


def goto(table):
    return struct.pack("!HHB3x", 1, 8, table)


def write_metadata(value, mask):
    return struct.pack("!HH4xQQ", 2, 24, value, mask)


def meter(meter_id):
    return struct.pack("!HHI", 6, 8, meter_id)


# --- Bodies of messages ---

def flow_mod(fields, instructions, table=0, priority=0x8000, cookie=0, command=0, cookie_mask=0):
    return struct.pack("!QQBBHHHIIIH2x", cookie, cookie_mask, table, command, 0, 0, priority, NO_BUFFER, ANY, ANY,
                       0) + match(*fields) + b"".join(instructions)


def bucket(actions, weight=0, watch_port=ANY, watch_group=ANY):
    body = b"".join(actions)
    return struct.pack("!HHII4x", 16 + len(body), weight, watch_port, watch_group) + body


def group_mod(command, kind, group_id, buckets=()):
    return struct.pack("!HBxI", command, kind, group_id) + b"".join(buckets)


def meter_mod(command, flags, meter_id, bands=()):
    return struct.pack("!HHI", command, flags, meter_id) + b"".join(bands)


def band_drop(rate, burst=0):
    return struct.pack("!HHII4x", 1, 16, rate, burst)


def band_remark(rate, burst=0, level=1):
    return struct.pack("!HHIIB3x", 2, 16, rate, burst, level)


def flow_request(table=ALL_TABLES):
    return struct.pack("!B3xII4xQQ", table, ANY, ANY, 0, 0) + match()


# --- Replies ---

def records(body, length_at):
    """Parts of which each tells its length in two octets, 'length_at' behind its start."""
    while body:
        n = struct.unpack_from("!H", body, length_at)[0]
        yield body[:n]
        body = body[n:]


def flow_stats(body):
    """Dictionaries of what a reply to a flow request tells (§7.3.5.2)."""
    for r in records(body, 0):
        _, table, _, _, priority, _, _, _, cookie, packets, n_bytes = struct.unpack_from("!HBxIIHHHH4xQQQ", r)
        end = 48 + (struct.unpack_from("!H", r, 50)[0] + 7) // 8 * 8
        yield {"table": table, "priority": priority, "cookie": cookie, "packets": packets, "bytes": n_bytes,
               "match": r[48:end], "instructions": r[end:]}


def table_stats(body):
    """{table: (looked up, matched)} (§7.3.5.4)."""
    return {t: (looked, matched) for t, _, looked, matched in struct.iter_unpack("!B3xIQQ", body)}


def port_stats(body):
    """{port: (received packets, sent packets)} (§7.3.5.6)."""
    return {p[0]: p[1:] for p in struct.iter_unpack("!I4xQQ88x", body)}
