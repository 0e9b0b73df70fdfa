#include "controller/packet/pkt_build.h"

#include "controller/packet/pkt_sum.h"
#include "controller/base/be.h"

#define ND_HOP_LIMIT 255 /* Proof that the packet was not routed (RFC 4861 §7.1). */

void pkt_build_eth(struct buf *b, struct eth_addr dst, struct eth_addr src, uint16_t type)
{
    buf_put_eth(b, dst);
    buf_put_eth(b, src);
    buf_put_u16(b, type);
}

/* --- ARP --------------------------------------------------------------------------------------- */

void pkt_build_arp(struct buf *b, struct eth_addr dst, struct eth_addr src,
                   const struct pkt_arp *arp)
{
    pkt_build_eth(b, dst, src, PKT_TYPE_ARP);
    buf_put_u16(b, 1); /* Ethernet. */
    buf_put_u16(b, PKT_TYPE_IPV4);
    buf_put_u8(b, ETH_ADDR_LEN);
    buf_put_u8(b, 4);
    buf_put_u16(b, arp->op);
    buf_put_eth(b, arp->sha);
    buf_put_u32(b, arp->spa);
    buf_put_eth(b, arp->tha);
    buf_put_u32(b, arp->tpa);
}

void pkt_build_arp_request(struct buf *b, struct eth_addr sha, uint32_t spa, uint32_t tpa)
{
    struct pkt_arp arp = {.op = PKT_ARP_REQUEST, .sha = sha, .spa = spa, .tpa = tpa};

    pkt_build_arp(b, ETH_ADDR_BROADCAST, sha, &arp);
}

void pkt_build_arp_reply(struct buf *b, struct eth_addr sha, uint32_t spa, struct eth_addr tha,
                         uint32_t tpa)
{
    struct pkt_arp arp = {.op = PKT_ARP_REPLY, .sha = sha, .spa = spa, .tha = tha, .tpa = tpa};

    pkt_build_arp(b, tha, sha, &arp);
}

/* --- IP ---------------------------------------------------------------------------------------- */

/* An IP packet that is being written: open, put the payload, close. Only one of 'v4' and 'v6' is
 * set. */
struct ip_scope {
    const struct pkt_ends4 *v4;
    const struct pkt_ends6 *v6;
    uint8_t proto;
    size_t ip;      /* Offset of the IP header. */
    size_t payload; /* Offset behind it. */
};

static struct ip_scope open4(struct buf *b, const struct pkt_ends4 *ends, uint8_t proto)
{
    struct ip_scope s = {.v4 = ends, .proto = proto};

    if (ends->dscp > 63 || ends->ecn > 3) {
        b->failed = true;
    }
    pkt_build_eth(b, ends->eth_dst, ends->eth_src, PKT_TYPE_IPV4);
    s.ip = b->len;
    buf_put_u8(b, 0x45);
    buf_put_u8(b, (uint8_t)(ends->dscp << 2 | (ends->ecn & 3)));
    buf_put_u16(b, 0); /* Total length, see close4(). */
    buf_put_u16(b, ends->id);
    buf_put_u16(b, ends->df ? 0x4000 : 0);
    buf_put_u8(b, ends->ttl ? ends->ttl : PKT_DEFAULT_TTL);
    buf_put_u8(b, proto);
    buf_put_u16(b, 0); /* Checksum, see close4(). */
    buf_put_u32(b, ends->src);
    buf_put_u32(b, ends->dst);
    s.payload = b->len;
    return s;
}

static void close4(struct buf *b, const struct ip_scope *s)
{
    buf_set_u16(b, s->ip + 2, b->len - s->ip);
    buf_set_u16(b, s->ip + 10, pkt_sum_fold(pkt_sum_add(0, b->data + s->ip, PKT_IPV4_HLEN)));
}

static struct ip_scope open6(struct buf *b, const struct pkt_ends6 *ends, uint8_t proto)
{
    struct ip_scope s = {.v6 = ends, .proto = proto};

    if (ends->dscp > 63 || ends->ecn > 3 || ends->flabel > 0xfffff) {
        b->failed = true;
    }
    pkt_build_eth(b, ends->eth_dst, ends->eth_src, PKT_TYPE_IPV6);
    s.ip = b->len;
    buf_put_u32(b, UINT32_C(6) << 28 | (uint32_t)(ends->dscp & 63) << 22 |
                       (uint32_t)(ends->ecn & 3) << 20 | (ends->flabel & 0xfffff));
    buf_put_u16(b, 0); /* Payload length, see close6(). */
    buf_put_u8(b, proto);
    buf_put_u8(b, ends->hop_limit ? ends->hop_limit : PKT_DEFAULT_TTL);
    buf_put(b, ends->src.b, IPV6_ADDR_LEN);
    buf_put(b, ends->dst.b, IPV6_ADDR_LEN);
    s.payload = b->len;
    return s;
}

static void close6(struct buf *b, const struct ip_scope *s)
{
    buf_set_u16(b, s->ip + 4, b->len - s->payload);
}

static void close_ip(struct buf *b, const struct ip_scope *s)
{
    if (s->v4) {
        close4(b, s);
    } else {
        close6(b, s);
    }
}

/* Fills in the checksum at offset 'at' over the pseudo header and the payload, then closes. */
static void close_with_sum(struct buf *b, const struct ip_scope *s, size_t at)
{
    size_t n = b->len - s->payload;
    uint64_t sum = pkt_sum_add(0, b->data + s->payload, n);
    uint16_t check;

    if (s->v4) {
        sum = pkt_sum_pseudo4(sum, s->v4->src, s->v4->dst, s->proto, n);
    } else {
        sum = pkt_sum_pseudo6(sum, &s->v6->src, &s->v6->dst, s->proto, n);
    }
    check = pkt_sum_fold(sum);
    if (s->proto == PKT_PROTO_UDP && check == 0) {
        check = 0xffff; /* 0 would mean "no checksum" (RFC 768). */
    }
    buf_set_u16(b, at, check);
    close_ip(b, s);
}

void pkt_build_ipv4(struct buf *b, const struct pkt_ends4 *ends, uint8_t proto, const void *payload,
                    size_t n)
{
    struct ip_scope s = open4(b, ends, proto);

    buf_put(b, payload, n);
    close4(b, &s);
}

void pkt_build_ipv6(struct buf *b, const struct pkt_ends6 *ends, uint8_t proto, const void *payload,
                    size_t n)
{
    struct ip_scope s = open6(b, ends, proto);

    buf_put(b, payload, n);
    close6(b, &s);
}

/* --- Transport --------------------------------------------------------------------------------- */

static void put_udp(struct buf *b, const struct ip_scope *s, uint16_t src, uint16_t dst,
                    const void *payload, size_t n)
{
    buf_put_u16(b, src);
    buf_put_u16(b, dst);
    buf_put_u16(b, PKT_UDP_HLEN + n);
    buf_put_u16(b, 0);
    buf_put(b, payload, n);
    close_with_sum(b, s, s->payload + 6);
}

void pkt_build_udp4(struct buf *b, const struct pkt_ends4 *ends, uint16_t src, uint16_t dst,
                    const void *payload, size_t n)
{
    struct ip_scope s = open4(b, ends, PKT_PROTO_UDP);

    put_udp(b, &s, src, dst, payload, n);
}

void pkt_build_udp6(struct buf *b, const struct pkt_ends6 *ends, uint16_t src, uint16_t dst,
                    const void *payload, size_t n)
{
    struct ip_scope s = open6(b, ends, PKT_PROTO_UDP);

    put_udp(b, &s, src, dst, payload, n);
}

static void put_tcp(struct buf *b, const struct ip_scope *s, const struct pkt_tcp_head *tcp,
                    const void *payload, size_t n)
{
    if (tcp->flags > 0x1ff) {
        b->failed = true;
    }
    buf_put_u16(b, tcp->src);
    buf_put_u16(b, tcp->dst);
    buf_put_u32(b, tcp->seq);
    buf_put_u32(b, tcp->ack);
    buf_put_u16(b, PKT_TCP_HLEN / 4 << 12 | (tcp->flags & 0x1ff));
    buf_put_u16(b, tcp->window);
    buf_put_u16(b, 0);
    buf_put_u16(b, 0);
    buf_put(b, payload, n);
    close_with_sum(b, s, s->payload + 16);
}

void pkt_build_tcp4(struct buf *b, const struct pkt_ends4 *ends, const struct pkt_tcp_head *tcp,
                    const void *payload, size_t n)
{
    struct ip_scope s = open4(b, ends, PKT_PROTO_TCP);

    put_tcp(b, &s, tcp, payload, n);
}

void pkt_build_tcp6(struct buf *b, const struct pkt_ends6 *ends, const struct pkt_tcp_head *tcp,
                    const void *payload, size_t n)
{
    struct ip_scope s = open6(b, ends, PKT_PROTO_TCP);

    put_tcp(b, &s, tcp, payload, n);
}

void pkt_build_sctp4(struct buf *b, const struct pkt_ends4 *ends, uint16_t src, uint16_t dst,
                     uint32_t tag, const void *chunks, size_t n)
{
    struct ip_scope s = open4(b, ends, PKT_PROTO_SCTP);
    uint8_t *sctp;

    buf_put_u16(b, src);
    buf_put_u16(b, dst);
    buf_put_u32(b, tag);
    buf_put_u32(b, 0);
    buf_put(b, chunks, n);
    sctp = b->data + s.payload;
    pkt_sctp_check_put(sctp, pkt_crc32c_sctp(sctp, PKT_SCTP_HLEN + n));
    close4(b, &s);
}

/* --- ICMP -------------------------------------------------------------------------------------- */

static void put_echo(struct buf *b, uint8_t type, const struct pkt_echo *echo, const void *payload,
                     size_t n)
{
    buf_put_u8(b, type);
    buf_put_u8(b, 0);
    buf_put_u16(b, 0);
    buf_put_u16(b, echo->id);
    buf_put_u16(b, echo->seq);
    buf_put(b, payload, n);
}

void pkt_build_icmp4_echo(struct buf *b, const struct pkt_ends4 *ends, const struct pkt_echo *echo,
                          const void *payload, size_t n)
{
    struct ip_scope s = open4(b, ends, PKT_PROTO_ICMP);
    uint64_t sum;

    put_echo(b, echo->reply ? PKT_ICMP_ECHO_REPLY : PKT_ICMP_ECHO_REQUEST, echo, payload, n);
    sum = pkt_sum_add(0, b->data + s.payload, b->len - s.payload); /* No pseudo header. */
    buf_set_u16(b, s.payload + 2, pkt_sum_fold(sum));
    close4(b, &s);
}

void pkt_build_icmp6_echo(struct buf *b, const struct pkt_ends6 *ends, const struct pkt_echo *echo,
                          const void *payload, size_t n)
{
    struct ip_scope s = open6(b, ends, PKT_PROTO_ICMP6);

    put_echo(b, echo->reply ? PKT_ICMP6_ECHO_REPLY : PKT_ICMP6_ECHO_REQUEST, echo, payload, n);
    close_with_sum(b, &s, s.payload + 2);
}

struct ipv6_addr pkt_solicited_node(const struct ipv6_addr *target)
{
    struct ipv6_addr group = {{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff}};

    memcpy(group.b + 13, target->b + 13, 3);
    return group;
}

struct eth_addr pkt_ipv6_multicast_eth(const struct ipv6_addr *group)
{
    struct eth_addr eth = {{0x33, 0x33}};

    memcpy(eth.b + 2, group->b + 12, 4);
    return eth;
}

/* A neighbour message with one link-layer option, or none when 'opt_type' is 0. */
static void put_nd(struct buf *b, const struct pkt_ends6 *ends, uint8_t type, uint8_t flags,
                   const struct ipv6_addr *target, uint8_t opt_type, struct eth_addr ll)
{
    struct pkt_ends6 local = *ends;
    struct ip_scope s;

    local.hop_limit = ND_HOP_LIMIT;
    s = open6(b, &local, PKT_PROTO_ICMP6);
    buf_put_u8(b, type);
    buf_put_u8(b, 0);
    buf_put_u16(b, 0);
    buf_put_u32(b, (uint32_t)flags << 24);
    buf_put(b, target->b, IPV6_ADDR_LEN);
    if (opt_type) {
        buf_put_u8(b, opt_type);
        buf_put_u8(b, 1); /* In units of 8 bytes. */
        buf_put_eth(b, ll);
    }
    close_with_sum(b, &s, s.payload + 2);
}

void pkt_build_nd_ns(struct buf *b, struct eth_addr eth_src, const struct ipv6_addr *src,
                     const struct ipv6_addr *target)
{
    static const struct ipv6_addr unspecified;
    struct pkt_ends6 ends = {.eth_src = eth_src, .src = *src, .dst = pkt_solicited_node(target)};

    ends.eth_dst = pkt_ipv6_multicast_eth(&ends.dst);
    put_nd(b, &ends, PKT_ICMP6_NS, 0, target, ipv6_addr_eq(src, &unspecified) ? 0 : 1, eth_src);
}

void pkt_build_nd_na(struct buf *b, const struct pkt_ends6 *ends, const struct ipv6_addr *target,
                     struct eth_addr tll, uint8_t flags)
{
    put_nd(b, ends, PKT_ICMP6_NA, flags, target, 2, tll);
}
