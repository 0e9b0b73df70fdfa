"""Frames of any shape from the values of their fields, for the tester of switches.

A shape names what a frame carries, outermost first, for example "pbb/vlan/ipv4/tcp". The fields have the names of
OpenFlow's match fields in lower case; what is not said has the value of BASE."""

import ipaddress
import struct

BASE = {
    "eth_dst": 0x222222222222, "eth_src": 0x121111111111,
    "vlan_pcp": 3, "vlan_vid": 238, "vlan_dei": 0,
    "mpls_label": 0x2385, "mpls_tc": 3, "mpls_bos": 1, "mpls_ttl": 64,
    "pbb_isid": 0x23850a, "pbb_pcp": 0, "pbb_uca": 0,
    "ip_dscp": 11, "ip_ecn": 2, "ip_ttl": 32,
    "ipv4_src": 0xc0a80a0a, "ipv4_dst": 0xc0a81414,
    "ipv6_src": 0x20010db8000000000000000000002385, "ipv6_dst": 0x20010db8000000000000000000000515,
    "ipv6_flabel": 0x5a5a3,
    "l4_src": 11111, "l4_dst": 2222,
    "icmpv4_type": 8, "icmpv4_code": 0,
    "icmpv6_type": 128, "icmpv6_code": 0,
    "ipv6_nd_target": 0x20010db8000000000000000000000020,
    "ipv6_nd_sll": 0x020000002385, "ipv6_nd_tll": 0x020000000515,
    "arp_op": 1, "arp_spa": 0xc0a80a0a, "arp_tpa": 0xc0a81414,
    "arp_sha": 0x121111111111, "arp_tha": 0x222222222222,
}
PAYLOAD = bytes(range(1, 32))

ETH_TYPE = {"ipv4": 0x0800, "ipv6": 0x86dd, "arp": 0x0806, "vlan": 0x8100, "svlan": 0x88a8, "mpls": 0x8847,
            "pbb": 0x88e7}
IP_PROTO = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "icmp6": 58, "ns": 58, "na": 58}
EXTENSION = {"hop": 0, "route": 43, "frag": 44, "auth": 51, "dest": 60}
NO_NEXT_HEADER = 59


def mac(value):
    return value.to_bytes(6, "big")


def ipv6(text):
    return int(ipaddress.IPv6Address(text))


def internet_sum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def crc32c(data):
    """The checksum of SCTP (RFC 9260, appendix A)."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return struct.pack("<I", crc ^ 0xffffffff)


def tcp(v, pseudo, payload):
    head = struct.pack("!HHIIBBHHH", v["l4_src"], v["l4_dst"], 0x2385, 0, 5 << 4, 0x10, 0x515, 0, 0)
    total = internet_sum(pseudo(len(head) + len(payload)) + head + payload)
    return head[:16] + struct.pack("!H", total) + head[18:] + payload


def udp(v, pseudo, payload):
    head = struct.pack("!HHHH", v["l4_src"], v["l4_dst"], 8 + len(payload), 0)
    total = internet_sum(pseudo(len(head) + len(payload)) + head + payload)
    return head[:6] + struct.pack("!H", total or 0xffff) + payload


def sctp(v, _, payload):
    """One DATA chunk."""
    head = struct.pack("!HHI", v["l4_src"], v["l4_dst"], 0x2385)
    payload = payload[:len(payload) // 4 * 4]
    chunk = struct.pack("!BBHIHHI", 0, 3, 16 + len(payload), 1, 1, 1, 0) + payload
    return head + crc32c(head + bytes(4) + chunk) + chunk


def icmp(v, _, payload):
    body = struct.pack("!HH", 0x2385, 1) + payload
    head = struct.pack("!BB", v["icmpv4_type"], v["icmpv4_code"])
    return head + struct.pack("!H", internet_sum(head + bytes(2) + body)) + body


def icmp6_message(kind, code, body, pseudo):
    head = struct.pack("!BB", kind, code)
    return head + struct.pack("!H", internet_sum(pseudo(4 + len(body)) + head + bytes(2) + body)) + body


def icmp6(v, pseudo, payload):
    return icmp6_message(v["icmpv6_type"], v["icmpv6_code"], struct.pack("!HH", 0x2385, 1) + payload, pseudo)


def neighbour(kind, option, key):
    """RFC 4861 §4.3 and §4.4, with the option of a link-layer address."""
    def build(v, pseudo, _):
        body = bytes(4) + v["ipv6_nd_target"].to_bytes(16, "big") + bytes([option, 1]) + mac(v[key])
        return icmp6_message(v.get("nd_type", kind), v["icmpv6_code"], body, pseudo)
    return build


L4 = {"tcp": tcp, "udp": udp, "sctp": sctp, "icmp": icmp, "icmp6": icmp6,
      "ns": neighbour(135, 1, "ipv6_nd_sll"), "na": neighbour(136, 2, "ipv6_nd_tll")}


def ipv4(v, above, payload):
    kind = above[0]
    src, dst = struct.pack("!I", v["ipv4_src"]), struct.pack("!I", v["ipv4_dst"])
    proto = v.get("ip_proto", IP_PROTO[kind])
    body = L4[kind](v, lambda n: src + dst + struct.pack("!BBH", 0, proto, n), payload)
    head = struct.pack("!BBHHHBBH", 0x45, v["ip_dscp"] << 2 | v["ip_ecn"], 20 + len(body), 0x2385, 0, v["ip_ttl"],
                       proto, 0) + src + dst
    return head[:10] + struct.pack("!H", internet_sum(head)) + head[12:] + body


def extension(kind, following):
    """A header of eight octets, 16 for authentication (RFC 8200 §4, RFC 4302 §2)."""
    if kind == "auth":
        return struct.pack("!BBHIII", following, 2, 0, 0x2385, 1, 0)
    if kind == "frag":
        return struct.pack("!BBHI", following, 0, 0, 0x2385)
    if kind == "route":
        return struct.pack("!BBBBI", following, 0, 0, 0, 0)
    return struct.pack("!BBBB4x", following, 0, 1, 4)  # PadN.


def ipv6_header(v, above, payload):
    src, dst = v["ipv6_src"].to_bytes(16, "big"), v["ipv6_dst"].to_bytes(16, "big")
    headers, rest = [h for h in above if h in EXTENSION], [h for h in above if h not in EXTENSION]
    proto = v.get("ip_proto", IP_PROTO[rest[0]] if rest else NO_NEXT_HEADER)
    numbers = [EXTENSION[h] for h in headers] + [proto]
    body = b"".join(extension(h, numbers[i + 1]) for i, h in enumerate(headers))
    if rest:
        body += L4[rest[0]](v, lambda n: src + dst + struct.pack("!IxxxB", n, proto), payload)
    first = 6 << 28 | (v["ip_dscp"] << 2 | v["ip_ecn"]) << 20 | v["ipv6_flabel"]
    return struct.pack("!IHBB", first, len(body), numbers[0], v["ip_ttl"]) + src + dst + body


def arp(v, _, payload):
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, v["arp_op"]) + mac(v["arp_sha"]) + struct.pack(
        "!I", v["arp_spa"]) + mac(v["arp_tha"]) + struct.pack("!I", v["arp_tpa"]) + payload


L3 = {"ipv4": ipv4, "ipv6": ipv6_header, "arp": arp}


def body_of(v, above, payload):
    """What follows a type: (the type, the bytes)."""
    kind = above[0]
    if kind in L3:
        return v.get("eth_type", ETH_TYPE[kind]), L3[kind](v, above[1:], payload)
    if kind in ("vlan", "svlan"):
        following, body = body_of({**v, **inner(v, "vlan")}, above[1:], payload)
        tag = v["vlan_pcp"] << 13 | v["vlan_dei"] << 12 | v["vlan_vid"]
        return ETH_TYPE[kind], struct.pack("!HH", tag, following) + body
    if kind == "mpls":
        _, body = body_of({**v, **inner(v, "mpls")}, above[1:], payload)
        entry = v["mpls_label"] << 12 | v["mpls_tc"] << 9 | v["mpls_bos"] << 8 | v["mpls_ttl"]
        return v.get("mpls_type", ETH_TYPE["mpls"]), struct.pack("!I", entry) + body
    following, body = body_of({**v, **inner(v, "pbb")}, above[1:], payload)
    tag = v["pbb_pcp"] << 29 | v["pbb_uca"] << 27 | v["pbb_isid"]
    customer = mac(v.get("customer_dst", v["eth_dst"])) + mac(v.get("customer_src", v["eth_src"]))
    return ETH_TYPE["pbb"], struct.pack("!I", tag) + customer + struct.pack("!H", following) + body


def inner(v, kind):
    """The values of the next header of the same kind: "inner" holds them."""
    return v.get("inner", {}).get(kind, {})


def frame(shape, payload=PAYLOAD, **values):
    v = {**BASE, **values}
    kind, body = body_of(v, shape.split("/"), payload)
    return mac(v["eth_dst"]) + mac(v["eth_src"]) + struct.pack("!H", kind) + body
