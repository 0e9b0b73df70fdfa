#include "controller/packet/pkt_edit.h"

#include "controller/packet/pkt_edit_in.h"
#include "controller/packet/pkt_sum.h"
#include "controller/base/be.h"

/* Offsets inside headers. */
enum {
    ARP_OP_AT = 6,
    ARP_SHA_AT = 8,
    ARP_SPA_AT = 14,
    ARP_THA_AT = 18,
    ARP_TPA_AT = 24,
    IPV4_CHECK_AT = 10,
    IPV4_SRC_AT = 12,
    IPV4_DST_AT = 16,
    IPV6_SRC_AT = 8,
    IPV6_DST_AT = 24,
    TCP_CHECK_AT = 16,
    UDP_CHECK_AT = 6,
    ICMP_CHECK_AT = 2,
    ND_TARGET_AT = 8,
};

enum err pkt_frame_init(struct pkt_frame *f, struct buf *buf)
{
    f->buf = buf;
    return pkt_parse(buf->data, buf->len, &f->p);
}

enum err pkt_reparse(struct pkt_frame *f)
{
    return pkt_parse(f->buf->data, f->buf->len, &f->p);
}

/* Overwrites 'n' bytes at offset 'at'. */
static enum err set_bytes(struct pkt_frame *f, size_t at, const void *value, size_t n)
{
    memcpy(pkt_at(f, at), value, n);
    return pkt_reparse(f);
}

/* --- Ethernet and ARP -------------------------------------------------------------------------- */

enum err pkt_set_eth_dst(struct pkt_frame *f, struct eth_addr addr)
{
    memcpy(pkt_at(f, 0), addr.b, ETH_ADDR_LEN);
    f->p.eth_dst = addr;
    return ERR_OK;
}

enum err pkt_set_eth_src(struct pkt_frame *f, struct eth_addr addr)
{
    memcpy(pkt_at(f, ETH_ADDR_LEN), addr.b, ETH_ADDR_LEN);
    f->p.eth_src = addr;
    return ERR_OK;
}

static enum err set_arp(struct pkt_frame *f, size_t at, const void *value, size_t n)
{
    return pkt_has(&f->p, PKT_ARP) ? set_bytes(f, f->p.off.l3 + at, value, n) : ERR_STATE;
}

static enum err set_arp_ip(struct pkt_frame *f, size_t at, uint32_t addr)
{
    uint8_t wire[4];

    be_put32(wire, addr);
    return set_arp(f, at, wire, sizeof wire);
}

enum err pkt_set_arp_op(struct pkt_frame *f, uint16_t op)
{
    uint8_t wire[2];

    be_put16(wire, op);
    return set_arp(f, ARP_OP_AT, wire, sizeof wire);
}

enum err pkt_set_arp_sha(struct pkt_frame *f, struct eth_addr addr)
{
    return set_arp(f, ARP_SHA_AT, addr.b, ETH_ADDR_LEN);
}

enum err pkt_set_arp_spa(struct pkt_frame *f, uint32_t addr)
{
    return set_arp_ip(f, ARP_SPA_AT, addr);
}

enum err pkt_set_arp_tha(struct pkt_frame *f, struct eth_addr addr)
{
    return set_arp(f, ARP_THA_AT, addr.b, ETH_ADDR_LEN);
}

enum err pkt_set_arp_tpa(struct pkt_frame *f, uint32_t addr)
{
    return set_arp_ip(f, ARP_TPA_AT, addr);
}

/* --- Checksums above IP ------------------------------------------------------------------------ */

/* The checksum field of TCP, UDP, ICMP or ICMPv6; NULL when there is none, which for UDP includes a
 * packet that was sent without. SCTP's is of another kind. */
static uint8_t *l4_check(const struct pkt_frame *f)
{
    uint8_t *l4 = pkt_at(f, f->p.off.l4);

    if (pkt_has(&f->p, PKT_TCP)) {
        return l4 + TCP_CHECK_AT;
    }
    if (pkt_has(&f->p, PKT_UDP)) {
        return be_get16(l4 + UDP_CHECK_AT) ? l4 + UDP_CHECK_AT : NULL;
    }
    return pkt_has(&f->p, PKT_ICMP4 | PKT_ICMP6) ? l4 + ICMP_CHECK_AT : NULL;
}

void pkt_adjust_l4(const struct pkt_frame *f, const void *before, const void *after, size_t n)
{
    uint8_t *check = l4_check(f);

    if (check == NULL) {
        return;
    }
    pkt_sum_update(check, before, after, n);
    if (pkt_has(&f->p, PKT_UDP) && be_get16(check) == 0) {
        be_put16(check, 0xffff); /* 0 would mean "no checksum" (RFC 768). */
    }
}

/* Overwrites 'n' bytes of the header above IP at frame offset 'at' and adjusts its checksum. */
static enum err set_l4(struct pkt_frame *f, size_t at, const void *value, size_t n)
{
    pkt_adjust_l4(f, pkt_at(f, at), value, n);
    return set_bytes(f, at, value, n);
}

/* --- IP ---------------------------------------------------------------------------------------- */

/* Overwrites 'n' bytes (even, at an even offset) of the IPv4 header and adjusts its checksum. */
static enum err set_ipv4(struct pkt_frame *f, size_t at, const void *value, size_t n)
{
    uint8_t *ip = pkt_at(f, f->p.off.l3);

    pkt_sum_update(ip + IPV4_CHECK_AT, ip + at, value, n);
    return set_bytes(f, f->p.off.l3 + at, value, n);
}

/* The addresses are in the pseudo header of everything above, but not of ICMP. */
static enum err set_ipv4_addr(struct pkt_frame *f, size_t at, uint32_t addr)
{
    uint8_t wire[4];

    if (!pkt_has(&f->p, PKT_IPV4)) {
        return ERR_STATE;
    }
    be_put32(wire, addr);
    if (pkt_has(&f->p, PKT_TCP | PKT_UDP)) {
        pkt_adjust_l4(f, pkt_at(f, f->p.off.l3 + at), wire, sizeof wire);
    }
    return set_ipv4(f, at, wire, sizeof wire);
}

enum err pkt_set_ipv4_src(struct pkt_frame *f, uint32_t addr)
{
    return set_ipv4_addr(f, IPV4_SRC_AT, addr);
}

enum err pkt_set_ipv4_dst(struct pkt_frame *f, uint32_t addr)
{
    return set_ipv4_addr(f, IPV4_DST_AT, addr);
}

enum err pkt_set_ipv6_src(struct pkt_frame *f, const struct ipv6_addr *addr)
{
    return pkt_has(&f->p, PKT_IPV6) ? set_l4(f, f->p.off.l3 + IPV6_SRC_AT, addr->b, IPV6_ADDR_LEN)
                                    : ERR_STATE;
}

/* With segments left to visit, checksums cover the last segment and not this field (RFC 8200 §8.1). */
enum err pkt_set_ipv6_dst(struct pkt_frame *f, const struct ipv6_addr *addr)
{
    size_t at = f->p.off.l3 + IPV6_DST_AT;

    if (!pkt_has(&f->p, PKT_IPV6)) {
        return ERR_STATE;
    }
    return f->p.present & PKT_HAS_ROUTE_LEFT ? set_bytes(f, at, addr->b, IPV6_ADDR_LEN)
                                             : set_l4(f, at, addr->b, IPV6_ADDR_LEN);
}

/* The first word of the IPv6 header: version, traffic class, flow label. */
static enum err set_ipv6_word(struct pkt_frame *f, uint32_t mask, uint32_t bits)
{
    uint8_t *ip = pkt_at(f, f->p.off.l3);

    be_put32(ip, (be_get32(ip) & ~mask) | bits);
    return pkt_reparse(f);
}

enum err pkt_set_ipv6_flabel(struct pkt_frame *f, uint32_t flabel)
{
    if (!pkt_has(&f->p, PKT_IPV6)) {
        return ERR_STATE;
    }
    return flabel > 0xfffff ? ERR_RANGE : set_ipv6_word(f, 0xfffff, flabel);
}

/* The byte that holds DSCP and ECN: type of service or traffic class. */
static enum err set_nw_tos(struct pkt_frame *f, uint8_t tos)
{
    uint8_t word[2];

    if (pkt_has(&f->p, PKT_IPV6)) {
        return set_ipv6_word(f, UINT32_C(0xff) << 20, (uint32_t)tos << 20);
    }
    word[0] = *pkt_at(f, f->p.off.l3);
    word[1] = tos;
    return set_ipv4(f, 0, word, sizeof word);
}

enum err pkt_set_nw_dscp(struct pkt_frame *f, uint8_t dscp)
{
    uint8_t ecn = pkt_has(&f->p, PKT_IPV6) ? f->p.ipv6.ecn : f->p.ipv4.ecn;

    if (!pkt_has(&f->p, PKT_IP)) {
        return ERR_STATE;
    }
    return dscp > 63 ? ERR_RANGE : set_nw_tos(f, (uint8_t)(dscp << 2 | ecn));
}

enum err pkt_set_nw_ecn(struct pkt_frame *f, uint8_t ecn)
{
    uint8_t dscp = pkt_has(&f->p, PKT_IPV6) ? f->p.ipv6.dscp : f->p.ipv4.dscp;

    if (!pkt_has(&f->p, PKT_IP)) {
        return ERR_STATE;
    }
    return ecn > 3 ? ERR_RANGE : set_nw_tos(f, (uint8_t)(dscp << 2 | ecn));
}

void pkt_put_ipv4_ttl(uint8_t *ip, uint8_t ttl)
{
    uint8_t word[2] = {ttl, ip[PKT_IPV4_TTL_AT + 1]};

    pkt_sum_update(ip + IPV4_CHECK_AT, ip + PKT_IPV4_TTL_AT, word, sizeof word);
    ip[PKT_IPV4_TTL_AT] = ttl;
}

enum err pkt_set_nw_ttl(struct pkt_frame *f, uint8_t ttl)
{
    if (pkt_has(&f->p, PKT_IPV4)) {
        pkt_put_ipv4_ttl(pkt_at(f, f->p.off.l3), ttl);
        return pkt_reparse(f);
    }
    return pkt_has(&f->p, PKT_IPV6) ? set_bytes(f, f->p.off.l3 + PKT_IPV6_HLIM_AT, &ttl, 1)
                                    : ERR_STATE;
}

enum err pkt_dec_nw_ttl(struct pkt_frame *f)
{
    uint8_t ttl = pkt_has(&f->p, PKT_IPV4) ? f->p.ipv4.ttl : f->p.ipv6.hop_limit;

    if (!pkt_has(&f->p, PKT_IP)) {
        return ERR_STATE;
    }
    return ttl <= 1 ? ERR_RANGE : pkt_set_nw_ttl(f, (uint8_t)(ttl - 1));
}

/* --- Transport --------------------------------------------------------------------------------- */

/* The checksum keeps its difference from the right one, so a broken packet stays broken. */
static enum err set_sctp_port(struct pkt_frame *f, size_t at, const uint8_t wire[2])
{
    uint8_t *sctp = pkt_at(f, f->p.off.l4);
    size_t n = f->p.off.l3_end - f->p.off.l4;
    uint32_t error;

    if (!(f->p.present & PKT_HAS_WHOLE_L4)) {
        return ERR_UNSUPPORTED;
    }
    error = pkt_sctp_check_get(sctp) ^ pkt_crc32c_sctp(sctp, n);
    memcpy(sctp + at, wire, 2);
    pkt_sctp_check_put(sctp, pkt_crc32c_sctp(sctp, n) ^ error);
    return pkt_reparse(f);
}

static enum err set_port(struct pkt_frame *f, size_t at, uint16_t port)
{
    uint8_t wire[2];

    be_put16(wire, port);
    if (pkt_has(&f->p, PKT_SCTP)) {
        return set_sctp_port(f, at, wire);
    }
    return pkt_has(&f->p, PKT_TCP | PKT_UDP) ? set_l4(f, f->p.off.l4 + at, wire, sizeof wire)
                                             : ERR_STATE;
}

enum err pkt_set_l4_src(struct pkt_frame *f, uint16_t port)
{
    return set_port(f, 0, port);
}

enum err pkt_set_l4_dst(struct pkt_frame *f, uint16_t port)
{
    return set_port(f, 2, port);
}

/* An echo reply may be all zeros, and then RFC 1624 arrives at checksum 0 where the sum of nothing
 * has 0xffff. No other packet can: they have a pseudo header. */
static void fix_zero_icmp4(const struct pkt_frame *f)
{
    uint8_t *icmp = pkt_at(f, f->p.off.l4);

    if (pkt_has(&f->p, PKT_ICMP4) && pkt_sum_add(0, icmp, f->p.off.l3_end - f->p.off.l4) == 0) {
        be_put16(icmp + ICMP_CHECK_AT, 0xffff);
    }
}

static enum err set_icmp(struct pkt_frame *f, uint8_t type, uint8_t code)
{
    uint8_t word[2] = {type, code};

    if (!pkt_has(&f->p, PKT_ICMP4 | PKT_ICMP6)) {
        return ERR_STATE;
    }
    set_l4(f, f->p.off.l4, word, sizeof word);
    fix_zero_icmp4(f);
    return ERR_OK;
}

enum err pkt_set_icmp_type(struct pkt_frame *f, uint8_t type)
{
    return set_icmp(f, type, f->p.l4.code);
}

enum err pkt_set_icmp_code(struct pkt_frame *f, uint8_t code)
{
    return set_icmp(f, f->p.l4.type, code);
}

enum err pkt_set_nd_target(struct pkt_frame *f, const struct ipv6_addr *target)
{
    return f->p.present & PKT_HAS_ND_TARGET
               ? set_l4(f, f->p.off.l4 + ND_TARGET_AT, target->b, IPV6_ADDR_LEN)
               : ERR_STATE;
}

enum err pkt_set_nd_sll(struct pkt_frame *f, struct eth_addr addr)
{
    return f->p.present & PKT_HAS_ND_SLL ? set_l4(f, f->p.off.nd_sll, addr.b, ETH_ADDR_LEN)
                                         : ERR_STATE;
}

enum err pkt_set_nd_tll(struct pkt_frame *f, struct eth_addr addr)
{
    return f->p.present & PKT_HAS_ND_TLL ? set_l4(f, f->p.off.nd_tll, addr.b, ETH_ADDR_LEN)
                                         : ERR_STATE;
}
