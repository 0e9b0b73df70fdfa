/* See pkt_igmp.h. */
#include "controller/packet/pkt_igmp.h"

#include <string.h>

#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_sum.h"

/* Types of IGMP (IANA) and of MLD in ICMPv6. */
#define IGMP_QUERY 0x11
#define IGMP_V1_REPORT 0x12
#define IGMP_V2_REPORT 0x16
#define IGMP_V2_LEAVE 0x17
#define IGMP_V3_REPORT 0x22
#define MLD_QUERY 130
#define MLD_REPORT 131
#define MLD_DONE 132
#define MLD_V2_REPORT 143

#define IGMP_V3_QUERY_MIN 12 /* Bytes; shorter ones are of version 1 or 2 (RFC 3376 §7.1). */
#define MLD_V2_QUERY_MIN 28  /* RFC 3810 §8.1. */

/* --- Mapped addresses ------------------------------------------------------------------------- */

struct ipv6_addr pkt_map_ipv4(uint32_t ip)
{
    return (struct ipv6_addr){{[10] = 0xff, [11] = 0xff, [12] = (uint8_t)(ip >> 24),
                               [13] = (uint8_t)(ip >> 16), [14] = (uint8_t)(ip >> 8),
                               [15] = (uint8_t)ip}};
}

bool pkt_is_mapped(const struct ipv6_addr *a)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return memcmp(a->b, prefix, sizeof(prefix)) == 0;
}

uint32_t pkt_unmap_ipv4(const struct ipv6_addr *a)
{
    return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 | a->b[15];
}

static bool is_group(const struct ipv6_addr *a)
{
    return pkt_is_mapped(a) ? a->b[12] >> 4 == 0xe : a->b[0] == 0xff;
}

static bool is_unspecified(const struct ipv6_addr *a)
{
    static const struct ipv6_addr none;

    return memcmp(a, &none, sizeof(none)) == 0;
}

/* --- Parsing ---------------------------------------------------------------------------------- */

bool pkt_is_igmp(const struct pkt *p)
{
    if (pkt_has(p, PKT_IPV4)) {
        return p->ipv4.proto == PKT_PROTO_IGMP && p->ipv4.frag_off_bytes == 0 && !p->ipv4.mf;
    }
    return pkt_has(p, PKT_ICMP6) && ((p->l4.type >= MLD_QUERY && p->l4.type <= MLD_DONE) ||
                                     p->l4.type == MLD_V2_REPORT);
}

static struct ipv6_addr read_group(struct rd *r, bool is_v6)
{
    struct ipv6_addr a = {{0}};

    if (is_v6) {
        rd_copy(r, &a, sizeof(a));
        return a;
    }
    return pkt_map_ipv4(rd_u32(r));
}

/* The exponential codes of RFC 3376 §4.1.1 and RFC 3810 §5.1.3: 'bits' of mantissa. */
static uint32_t decode_code(uint32_t code, unsigned bits)
{
    uint32_t limit = 1U << (bits + 3), mantissa = code & ((1U << bits) - 1);

    return code < limit ? code : (mantissa | 1U << bits) << ((code >> bits & 7) + 3);
}

static void add_record(struct pkt_igmp *out, enum pkt_igmp_record_type type,
                       const struct ipv6_addr *group, uint16_t n_sources)
{
    if (out->n_records == PKT_IGMP_MAX_RECORDS) {
        out->is_cut = true;
    } else {
        out->records[out->n_records++] = (struct pkt_igmp_record){type, *group, n_sources};
    }
}

/* Behind type and checksum; 'code' is the byte between. */
static enum err read_query(struct rd *r, uint8_t code, size_t len, struct pkt_igmp *out)
{
    uint32_t max_resp = out->is_v6 ? rd_u16(r) : code;

    if (out->is_v6) {
        rd_u16(r); /* Reserved. */
        out->version = len >= MLD_V2_QUERY_MIN ? 2 : 1;
        out->max_resp_ms = out->version == 2 ? decode_code(max_resp, 12) : max_resp;
    } else {
        out->version = len >= IGMP_V3_QUERY_MIN ? 3 : code ? 2 : 1;
        out->max_resp_ms = 100 * (out->version == 3 ? decode_code(max_resp, 4) : max_resp);
    }
    out->kind = PKT_IGMP_QUERY;
    out->group = read_group(r, out->is_v6);
    if (!out->is_v6 && pkt_unmap_ipv4(&out->group) == 0) {
        out->group = (struct ipv6_addr){{0}};
    }
    return is_unspecified(&out->group) || is_group(&out->group) ? ERR_OK : ERR_SYNTAX;
}

static enum err read_one(struct rd *r, uint8_t version, bool leaves, struct pkt_igmp *out)
{
    struct ipv6_addr group;

    if (out->is_v6) {
        rd_u32(r); /* Maximum response delay and reserved. */
    }
    group = read_group(r, out->is_v6);
    out->version = version;
    out->kind = leaves ? PKT_IGMP_LEAVE : PKT_IGMP_REPORT;
    add_record(out, leaves ? PKT_IGMP_TO_INCLUDE : PKT_IGMP_TO_EXCLUDE, &group, 0);
    return is_group(&group) ? ERR_OK : ERR_SYNTAX;
}

static enum err read_records(struct rd *r, struct pkt_igmp *out)
{
    size_t address = out->is_v6 ? IPV6_ADDR_LEN : 4;
    unsigned n;

    rd_u16(r); /* Reserved. */
    n = rd_u16(r);
    out->version = out->is_v6 ? 2 : 3;
    out->kind = PKT_IGMP_REPORT;
    for (unsigned i = 0; i < n; i++) {
        uint8_t type = rd_u8(r), n_aux = rd_u8(r);
        uint16_t n_sources = rd_u16(r);
        struct ipv6_addr group = read_group(r, out->is_v6);

        rd_skip(r, n_sources * address + 4U * n_aux);
        if (r->failed) {
            return ERR_TRUNCATED;
        }
        if (type < PKT_IGMP_IS_INCLUDE || type > PKT_IGMP_BLOCK || !is_group(&group)) {
            return ERR_SYNTAX;
        }
        add_record(out, (enum pkt_igmp_record_type)type, &group, n_sources);
    }
    return ERR_OK;
}

static enum err read_message(struct rd *r, size_t len, struct pkt_igmp *out)
{
    uint8_t type = rd_u8(r), code = rd_u8(r);

    rd_u16(r); /* Checksum. */
    switch (type) {
    case IGMP_QUERY:
    case MLD_QUERY:
        return read_query(r, code, len, out);
    case IGMP_V1_REPORT:
        return read_one(r, 1, false, out);
    case IGMP_V2_REPORT:
        return read_one(r, 2, false, out);
    case IGMP_V2_LEAVE:
        return read_one(r, 2, true, out);
    case MLD_REPORT:
        return read_one(r, 1, false, out);
    case MLD_DONE:
        return read_one(r, 1, true, out);
    case IGMP_V3_REPORT:
    case MLD_V2_REPORT:
        return read_records(r, out);
    default:
        return ERR_NOTFOUND;
    }
}

/* Where the message begins: 'off.l4' is set for ICMPv6 only. */
static size_t begin_of(const uint8_t *frame, const struct pkt *p)
{
    return pkt_has(p, PKT_IPV4) ? p->off.l3 + 4U * (frame[p->off.l3] & 0xf) : p->off.l4;
}

enum err pkt_igmp_parse(const uint8_t *frame, size_t len, const struct pkt *p,
                        struct pkt_igmp *out)
{
    size_t begin, n;
    uint64_t sum;
    struct rd r;
    enum err err;

    *out = (struct pkt_igmp){0};
    if (!pkt_is_igmp(p)) {
        return ERR_NOTFOUND;
    }
    out->is_v6 = pkt_has(p, PKT_IPV6);
    out->source = out->is_v6 ? p->ipv6.src : pkt_map_ipv4(p->ipv4.src);
    begin = begin_of(frame, p);
    if (p->off.l3_end > len || begin + 8 > p->off.l3_end) {
        return ERR_TRUNCATED;
    }
    n = p->off.l3_end - begin;
    sum = out->is_v6 ? pkt_sum_pseudo6(0, &p->ipv6.src, &p->ipv6.dst, PKT_PROTO_ICMP6, n) : 0;
    if (pkt_sum_fold(pkt_sum_add(sum, frame + begin, n)) != 0) {
        return ERR_SYNTAX;
    }
    r = rd_init(frame + begin, n);
    err = read_message(&r, n, out);
    return r.failed && (!err || err == ERR_SYNTAX) ? ERR_TRUNCATED : err;
}

/* --- Building --------------------------------------------------------------------------------- */

static void put_check(uint8_t *at, uint16_t check)
{
    at[0] = (uint8_t)(check >> 8);
    at[1] = (uint8_t)check;
}

/* The Router Alert option (RFC 2113, RFC 2711) is part of every query. */
void pkt_build_igmp_query(struct buf *b, struct eth_addr eth_src, uint32_t src,
                          const struct ipv6_addr *group, uint32_t max_resp_ms, uint8_t interval_s)
{
    bool general = is_unspecified(group);
    uint32_t dst = general ? 0xe0000001 : pkt_unmap_ipv4(group);
    struct eth_addr eth_dst = eth_addr_from_u64(UINT64_C(0x01005e000000) | (dst & 0x7fffff));
    uint8_t ip[24] = {0x46, 0xc0, 0, 36, 0, 0, 0, 0, 1, PKT_PROTO_IGMP, [20] = 0x94, 4, 0, 0};
    uint8_t igmp[IGMP_V3_QUERY_MIN] = {IGMP_QUERY, (uint8_t)(max_resp_ms / 100), [8] = 2,
                                       interval_s};

    for (unsigned i = 0; i < 4; i++) {
        ip[12 + i] = (uint8_t)(src >> (24 - 8 * i));
        ip[16 + i] = (uint8_t)(dst >> (24 - 8 * i));
        igmp[4 + i] = general ? 0 : ip[16 + i];
    }
    put_check(ip + 10, pkt_sum_fold(pkt_sum_add(0, ip, sizeof(ip))));
    put_check(igmp + 2, pkt_sum_fold(pkt_sum_add(0, igmp, sizeof(igmp))));
    if (max_resp_ms > 12700 || interval_s > 127) {
        b->failed = true;
        return;
    }
    pkt_build_eth(b, eth_dst, eth_src, PKT_TYPE_IPV4);
    buf_put(b, ip, sizeof(ip));
    buf_put(b, igmp, sizeof(igmp));
}

/* fe80::/64 with the modified EUI-64 identifier (RFC 4291 appendix A). */
static struct ipv6_addr link_local(struct eth_addr mac)
{
    const uint8_t *m = mac.b;

    return (struct ipv6_addr){{0xfe, 0x80, [8] = m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4],
                               m[5]}};
}

void pkt_build_mld_query(struct buf *b, struct eth_addr eth_src, const struct ipv6_addr *group,
                         uint32_t max_resp_ms, uint8_t interval_s)
{
    struct ipv6_addr all_nodes = {{0xff, 2, [15] = 1}};
    struct ipv6_addr dst = is_unspecified(group) ? all_nodes : *group;
    struct pkt_ends6 ends = {.eth_src = eth_src,
                             .eth_dst = pkt_ipv6_multicast_eth(&dst),
                             .src = link_local(eth_src),
                             .dst = dst,
                             .hop_limit = 1};
    uint8_t payload[8 + MLD_V2_QUERY_MIN] = {PKT_PROTO_ICMP6, 0, 5, 2, 0, 0, 1, 0, MLD_QUERY};
    uint8_t *mld = payload + 8;

    mld[4] = (uint8_t)(max_resp_ms >> 8);
    mld[5] = (uint8_t)max_resp_ms;
    memcpy(mld + 8, group, sizeof(*group));
    mld[24] = 2; /* Robustness. */
    mld[25] = interval_s;
    put_check(mld + 2, pkt_sum_fold(pkt_sum_add(
                           pkt_sum_pseudo6(0, &ends.src, &dst, PKT_PROTO_ICMP6, MLD_V2_QUERY_MIN),
                           mld, MLD_V2_QUERY_MIN)));
    if (max_resp_ms > 32767 || interval_s > 127) {
        b->failed = true;
        return;
    }
    pkt_build_ipv6(b, &ends, PKT_PROTO_HOP, payload, sizeof(payload));
}
