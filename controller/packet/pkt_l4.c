/* TCP, UDP, SCTP, ICMP, ICMPv6 and neighbour discovery for pkt_parse(). */
#include "controller/packet/pkt_parse.h"

#define ND_HLEN 24 /* Type to target (RFC 4861 §4.3). */
#define ND_OPT_SLL 1
#define ND_OPT_TLL 2
#define ND_OPT_LL_LEN 8

/* Claims 'layer', whose payload starts 'hlen' bytes (at most to the end) into 'r'. */
static void claim(const uint8_t *frame, struct rd r, enum pkt_layer layer, size_t hlen,
                  struct pkt *out)
{
    out->layers |= (uint32_t)layer;
    out->off.l4 = pkt_offset(frame, &r);
    out->off.l4_payload = out->off.l4 + (uint32_t)(hlen < r.left ? hlen : r.left);
}

static void read_ports(struct rd *r, struct pkt *out)
{
    out->l4.src = rd_u16(r);
    out->l4.dst = rd_u16(r);
}

/* RFC 9293 §3.1. A data offset that is too small counts as the least one: the ports are there. */
static void parse_tcp(const uint8_t *frame, struct rd r, struct pkt *out)
{
    struct rd head = r;
    size_t hlen;
    uint16_t word;

    if (r.left < PKT_TCP_HLEN) {
        return;
    }
    read_ports(&head, out);
    rd_skip(&head, 8);
    word = rd_u16(&head);
    out->l4.tcp_flags = word & 0x1ff;
    hlen = (size_t)(word >> 12) * 4;
    claim(frame, r, PKT_TCP, hlen < PKT_TCP_HLEN ? PKT_TCP_HLEN : hlen, out);
}

static void parse_udp_or_sctp(const uint8_t *frame, struct rd r, enum pkt_layer layer, size_t hlen,
                              struct pkt *out)
{
    struct rd head = r;

    if (r.left >= hlen) {
        read_ports(&head, out);
        claim(frame, r, layer, hlen, out);
    }
}

static void read_link_layer(const uint8_t *frame, struct rd opt, enum pkt_present bit,
                            struct eth_addr *addr, uint32_t *at, struct pkt *out)
{
    if (!(out->present & (uint32_t)bit)) {
        *at = pkt_offset(frame, &opt);
        *addr = rd_eth(&opt);
        out->present |= (uint32_t)bit;
    }
}

/* The options of RFC 4861 §4.6; the first address of its kind counts. */
static void parse_nd_options(const uint8_t *frame, struct rd r, struct pkt *out)
{
    while (r.left >= ND_OPT_LL_LEN) {
        uint8_t type = rd_u8(&r);
        size_t units = rd_u8(&r);
        struct rd opt = rd_sub(&r, units * 8 - 2);

        if (units == 0 || opt.failed) {
            return;
        }
        if (units == 1 && type == ND_OPT_SLL && out->l4.type == PKT_ICMP6_NS) {
            read_link_layer(frame, opt, PKT_HAS_ND_SLL, &out->nd.sll, &out->off.nd_sll, out);
        } else if (units == 1 && type == ND_OPT_TLL && out->l4.type == PKT_ICMP6_NA) {
            read_link_layer(frame, opt, PKT_HAS_ND_TLL, &out->nd.tll, &out->off.nd_tll, out);
        }
    }
}

static void parse_nd(const uint8_t *frame, struct rd r, struct pkt *out)
{
    if (r.left < ND_HLEN || out->l4.code != 0) {
        return;
    }
    rd_skip(&r, 8);
    rd_copy(&r, out->nd.target.b, IPV6_ADDR_LEN);
    out->present |= PKT_HAS_ND_TARGET;
    parse_nd_options(frame, r, out);
}

/* Type, code and checksum are enough to claim ICMP; the rest depends on the type. */
static void parse_icmp(const uint8_t *frame, struct rd r, enum pkt_layer layer, struct pkt *out)
{
    struct rd head = r;

    if (r.left < 4) {
        return;
    }
    out->l4.type = rd_u8(&head);
    out->l4.code = rd_u8(&head);
    claim(frame, r, layer, 8, out);
    if (layer == PKT_ICMP6 && (out->l4.type == PKT_ICMP6_NS || out->l4.type == PKT_ICMP6_NA)) {
        parse_nd(frame, r, out);
    }
}

void pkt_parse_l4(const uint8_t *frame, struct rd r, uint8_t proto, struct pkt *out)
{
    switch (proto) {
    case PKT_PROTO_TCP:
        parse_tcp(frame, r, out);
        break;
    case PKT_PROTO_UDP:
        parse_udp_or_sctp(frame, r, PKT_UDP, PKT_UDP_HLEN, out);
        break;
    case PKT_PROTO_SCTP:
        parse_udp_or_sctp(frame, r, PKT_SCTP, PKT_SCTP_HLEN, out);
        break;
    case PKT_PROTO_ICMP:
        if (pkt_has(out, PKT_IPV4)) {
            parse_icmp(frame, r, PKT_ICMP4, out);
        }
        break;
    case PKT_PROTO_ICMP6:
        if (pkt_has(out, PKT_IPV6)) {
            parse_icmp(frame, r, PKT_ICMP6, out);
        }
        break;
    default:
        break;
    }
}
