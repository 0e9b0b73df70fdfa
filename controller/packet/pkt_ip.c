/* IPv4 and IPv6 headers for pkt_parse(). */
#include "controller/packet/pkt_parse.h"
#include "controller/base/be.h"

/* What is left of 'r', cut where the IP packet ends: behind it there may be Ethernet padding. */
static struct rd bound(const uint8_t *frame, struct rd r, size_t len, bool fragment,
                       struct pkt *out)
{
    if (len > r.left) {
        len = r.left;
    } else if (!fragment) {
        out->present |= PKT_HAS_WHOLE_L4;
    }
    r.left = len;
    out->off.l3_end = pkt_offset(frame, &r) + (uint32_t)len;
    return r;
}

/* RFC 791 §3.1. */
void pkt_parse_ipv4(const uint8_t *frame, struct rd r, struct pkt *out)
{
    const uint8_t *p = r.p;
    size_t hlen, total_len;
    uint16_t frag;

    if (r.left < PKT_IPV4_HLEN || p[0] >> 4 != 4) {
        return;
    }
    hlen = (size_t)(p[0] & 0xf) * 4;
    total_len = be_get16(p + 2);
    frag = be_get16(p + 6);
    if (hlen < PKT_IPV4_HLEN || hlen > r.left || total_len < hlen) {
        return;
    }
    out->ipv4 = (struct pkt_ipv4){.src = be_get32(p + 12),
                                  .dst = be_get32(p + 16),
                                  .total_len = (uint16_t)total_len,
                                  .frag_off_bytes = (uint16_t)((frag & 0x1fff) * 8),
                                  .df = (frag & 0x4000) != 0,
                                  .mf = (frag & 0x2000) != 0,
                                  .dscp = p[1] >> 2,
                                  .ecn = p[1] & 3,
                                  .ttl = p[8],
                                  .proto = p[9]};
    out->off.l3 = pkt_offset(frame, &r);
    out->layers |= PKT_IPV4;
    r.p += hlen;
    r.left -= hlen;
    r = bound(frame, r, total_len - hlen, (frag & 0x3fff) != 0, out);
    if (out->ipv4.frag_off_bytes == 0) {
        pkt_parse_l4(frame, r, out->ipv4.proto, out);
    }
}

/* The place of an extension header in the order that RFC 8200 §4.1 recommends, its OFPIEH bit. */
struct ext_kind {
    uint8_t proto;
    uint8_t rank;
    uint16_t bit;
};

enum { RANK_DEST_FIRST = 1, RANK_ROUTING = 2, RANK_DEST_LAST = 6 };

static const struct ext_kind ext_kinds[] = {
    {PKT_PROTO_HOP, 0, PKT_IEH_HOP},
    {PKT_PROTO_DEST, RANK_DEST_FIRST, PKT_IEH_DEST},
    {PKT_PROTO_ROUTING, RANK_ROUTING, PKT_IEH_ROUTER},
    {PKT_PROTO_FRAGMENT, 3, PKT_IEH_FRAG},
    {PKT_PROTO_AH, 4, PKT_IEH_AUTH},
    {PKT_PROTO_ESP, 5, PKT_IEH_ESP},
    {PKT_PROTO_NONEXT, 7, PKT_IEH_NONEXT},
};

static const struct ext_kind *ext_find(uint8_t proto)
{
    for (size_t i = 0; i < sizeof ext_kinds / sizeof ext_kinds[0]; i++) {
        if (ext_kinds[i].proto == proto) {
            return &ext_kinds[i];
        }
    }
    return NULL;
}

/* Progress along the chain of extension headers. */
struct ext_walk {
    uint8_t rank;    /* Of the last header. */
    bool dest_again; /* Destination options were already met twice. */
};

/* Notes that 'kind' was met: its bit, and whether it was expected here. Destination options may come
 * twice, before a routing header and last. */
static void ext_note(struct ext_walk *w, const struct ext_kind *kind, struct pkt_ipv6 *ip)
{
    uint8_t rank = kind->rank;

    if (kind->proto == PKT_PROTO_DEST && w->rank >= RANK_ROUTING) {
        rank = RANK_DEST_LAST;
    }
    if (ip->exthdr & kind->bit) {
        if (rank != RANK_DEST_LAST || w->dest_again) {
            ip->exthdr |= PKT_IEH_UNREP;
        }
        w->dest_again = true;
    }
    if (rank < w->rank) {
        ip->exthdr |= PKT_IEH_UNSEQ;
    }
    ip->exthdr |= kind->bit;
    w->rank = rank;
}

/* Steps over the header 'kind' at 'r'. Returns false, leaving everything as it is, when it cannot be
 * stepped over: it is encrypted, the last one, or cut. */
static bool ext_skip(struct rd *r, const struct ext_kind *kind, struct pkt *out)
{
    struct rd rest = *r;
    struct pkt_ipv6 *ip = &out->ipv6;
    uint8_t next = rd_u8(&rest);
    size_t units = rd_u8(&rest);
    uint16_t word = rd_u16(&rest); /* Fragment: offset and flag. Routing: type, segments left. */
    bool is_frag = kind->proto == PKT_PROTO_FRAGMENT;

    if (kind->proto == PKT_PROTO_ESP || kind->proto == PKT_PROTO_NONEXT) {
        return false;
    }
    if (is_frag) {
        units = 0;
    }
    rd_skip(&rest, kind->proto == PKT_PROTO_AH ? units * 4 + 4 : units * 8 + 4);
    if (rest.failed) {
        return false;
    }
    if (is_frag) {
        ip->mf = (word & 1) != 0;
        ip->frag_off_bytes = word & 0xfff8;
    }
    if (kind->proto == PKT_PROTO_ROUTING && (word & 0xff)) {
        out->present |= PKT_HAS_ROUTE_LEFT;
    }
    ip->proto = next;
    *r = rest;
    return true;
}

/* Follows the extension headers to the first thing that is none. False when nothing readable
 * follows. */
static bool parse_exts(struct rd *r, struct pkt *out)
{
    struct ext_walk walk = {0};
    const struct ext_kind *kind;

    while ((kind = ext_find(out->ipv6.proto)) != NULL) {
        ext_note(&walk, kind, &out->ipv6);
        if (!ext_skip(r, kind, out)) {
            return false;
        }
        if (out->ipv6.frag_off_bytes) {
            return false;
        }
    }
    return true;
}

/* RFC 8200 §3. */
void pkt_parse_ipv6(const uint8_t *frame, struct rd r, struct pkt *out)
{
    struct pkt_ipv6 ip = {0};
    uint32_t at = pkt_offset(frame, &r);
    uint32_t first = rd_u32(&r);

    ip.payload_len = rd_u16(&r);
    ip.proto = rd_u8(&r);
    ip.hop_limit = rd_u8(&r);
    rd_copy(&r, ip.src.b, IPV6_ADDR_LEN);
    rd_copy(&r, ip.dst.b, IPV6_ADDR_LEN);
    if (r.failed || first >> 28 != 6) {
        return;
    }
    ip.dscp = first >> 22 & 0x3f;
    ip.ecn = first >> 20 & 3;
    ip.flabel = first & 0xfffff;
    out->ipv6 = ip;
    out->off.l3 = at;
    out->layers |= PKT_IPV6;
    r = bound(frame, r, ip.payload_len, false, out);
    if (parse_exts(&r, out)) {
        pkt_parse_l4(frame, r, out->ipv6.proto, out);
    }
    if (out->ipv6.mf || out->ipv6.frag_off_bytes) {
        out->present &= ~(uint32_t)PKT_HAS_WHOLE_L4;
    }
}
