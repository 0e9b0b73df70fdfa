/* The twelve-tuple of 1.0 (OF 1.0 §5.2.3): a fixed struct whose fields mean different things for
 * different packets, and a word of wildcards. Fields whose prerequisites are missing are ignored on
 * the way in, as OF 1.0.1 §3.4 makes clear, so the matches that come out say only what counts. */
#include "controller/openflow/of_wire.h"

enum {
    FW_IN_PORT = 1 << 0,
    FW_DL_VLAN = 1 << 1,
    FW_DL_SRC = 1 << 2,
    FW_DL_DST = 1 << 3,
    FW_DL_TYPE = 1 << 4,
    FW_NW_PROTO = 1 << 5,
    FW_TP_SRC = 1 << 6,
    FW_TP_DST = 1 << 7,
    FW_NW_SRC_SHIFT = 8, /* Number of wildcarded low bits; 32 and more: all. */
    FW_NW_DST_SHIFT = 14,
    FW_NW_BITS = 0x3f,
    FW_DL_VLAN_PCP = 1 << 20,
    FW_NW_TOS = 1 << 21,
};

#define VLAN_UNTAGGED 0xffff /* dl_vlan of frames without a tag. */
#define ETH_TYPE_IPV4 0x0800
#define ETH_TYPE_ARP 0x0806

/* As on the wire, and with the number of wildcarded bits of both addresses. */
struct tuple {
    uint32_t wildcards;
    port_no_t in_port;
    struct eth_addr dl_src, dl_dst;
    uint16_t dl_vlan, dl_type, tp_src, tp_dst;
    uint8_t dl_vlan_pcp, nw_tos, nw_proto;
    uint32_t nw_src, nw_dst;
};

/* --- Decoding --------------------------------------------------------------------------------- */

static struct tuple get_tuple(struct rd *r)
{
    struct tuple t;

    t.wildcards = rd_u32(r);
    t.in_port = of10_get_port_no(r);
    t.dl_src = rd_eth(r);
    t.dl_dst = rd_eth(r);
    t.dl_vlan = rd_u16(r);
    t.dl_vlan_pcp = rd_u8(r);
    rd_skip(r, 1);
    t.dl_type = rd_u16(r);
    t.nw_tos = rd_u8(r);
    t.nw_proto = rd_u8(r);
    rd_skip(r, 2);
    t.nw_src = rd_u32(r);
    t.nw_dst = rd_u32(r);
    t.tp_src = rd_u16(r);
    t.tp_dst = rd_u16(r);
    return t;
}

static bool has(const struct tuple *t, uint32_t wildcard)
{
    return !(t->wildcards & wildcard);
}

/* A priority without a VLAN id asks for any tagged frame with that priority. */
static enum of_err vlan_from_tuple(const struct tuple *t, struct of_match *m)
{
    if (has(t, FW_DL_VLAN) && t->dl_vlan == VLAN_UNTAGGED) {
        OF_MATCH_SET(m, VLAN_VID, vlan_vid, OF_VID_NONE);
        return OF_OK;
    }
    if (has(t, FW_DL_VLAN)) {
        OF_MATCH_SET(m, VLAN_VID, vlan_vid, (uint16_t)(t->dl_vlan | OF_VID_PRESENT));
    } else if (has(t, FW_DL_VLAN_PCP)) {
        OF_MATCH_SET(m, VLAN_VID, vlan_vid, OF_VID_PRESENT);
        m->m.vlan_vid = OF_VID_PRESENT;
        m->masked |= OF_BIT(VLAN_VID);
    }
    if (has(t, FW_DL_VLAN_PCP)) {
        OF_MATCH_SET(m, VLAN_PCP, vlan_pcp, t->dl_vlan_pcp);
    }
    return (has(t, FW_DL_VLAN) && t->dl_vlan > 0xfff) ||
                   (has(t, FW_DL_VLAN_PCP) && t->dl_vlan_pcp > 7)
               ? OF_ERR_MATCH_BAD_VALUE
               : OF_OK;
}

static void link_from_tuple(const struct tuple *t, struct of_match *m)
{
    if (has(t, FW_IN_PORT)) {
        OF_MATCH_SET(m, IN_PORT, in_port, t->in_port);
    }
    if (has(t, FW_DL_SRC)) {
        OF_MATCH_SET(m, ETH_SRC, eth_src, t->dl_src);
    }
    if (has(t, FW_DL_DST)) {
        OF_MATCH_SET(m, ETH_DST, eth_dst, t->dl_dst);
    }
    if (has(t, FW_DL_TYPE)) {
        OF_MATCH_SET(m, ETH_TYPE, eth_type, t->dl_type);
    }
}

/* Sets one of the four IPv4 addresses with the mask that 'wild_bits' stands for. */
static void set_prefix(struct of_match *m, enum of_field field, uint32_t addr, unsigned wild_bits)
{
    uint32_t mask;
    size_t offset = of_field_info(field)->offset;

    if (wild_bits >= 32) {
        return;
    }
    mask = UINT32_MAX << wild_bits;
    m->present |= UINT64_C(1) << field;
    m->masked |= wild_bits ? UINT64_C(1) << field : 0;
    of_num_store((uint8_t *)&m->v + offset, sizeof addr, (struct of_num){0, addr & mask});
    of_num_store((uint8_t *)&m->m + offset, sizeof mask, (struct of_num){0, mask});
}

static unsigned src_wild_bits(const struct tuple *t)
{
    return t->wildcards >> FW_NW_SRC_SHIFT & FW_NW_BITS;
}

static unsigned dst_wild_bits(const struct tuple *t)
{
    return t->wildcards >> FW_NW_DST_SHIFT & FW_NW_BITS;
}

static void arp_from_tuple(const struct tuple *t, struct of_match *m)
{
    if (has(t, FW_NW_PROTO)) {
        OF_MATCH_SET(m, ARP_OP, arp_op, t->nw_proto);
    }
    set_prefix(m, OF_FIELD_ARP_SPA, t->nw_src, src_wild_bits(t));
    set_prefix(m, OF_FIELD_ARP_TPA, t->nw_dst, dst_wild_bits(t));
}

/* The 1.3 fields that tp_src and tp_dst stand for; false when the protocol has none. */
static bool transport_fields(uint8_t ip_proto, enum of_field *src, enum of_field *dst)
{
    switch (ip_proto) {
    case 1:
        *src = OF_FIELD_ICMPV4_TYPE;
        *dst = OF_FIELD_ICMPV4_CODE;
        return true;
    case 6:
        *src = OF_FIELD_TCP_SRC;
        *dst = OF_FIELD_TCP_DST;
        return true;
    case 17:
        *src = OF_FIELD_UDP_SRC;
        *dst = OF_FIELD_UDP_DST;
        return true;
    default:
        return false;
    }
}

static enum of_err set_transport(struct of_match *m, enum of_field field, uint16_t value)
{
    const struct of_field_info *info = of_field_info(field);

    m->present |= UINT64_C(1) << field;
    of_num_store((uint8_t *)&m->v + info->offset, info->size, (struct of_num){0, value});
    return value >> info->bits ? OF_ERR_MATCH_BAD_VALUE : OF_OK;
}

static enum of_err ip_from_tuple(const struct tuple *t, struct of_match *m)
{
    enum of_field src, dst;
    enum of_err err = OF_OK;

    if (has(t, FW_NW_TOS)) {
        OF_MATCH_SET(m, IP_DSCP, ip_dscp, t->nw_tos >> 2);
    }
    set_prefix(m, OF_FIELD_IPV4_SRC, t->nw_src, src_wild_bits(t));
    set_prefix(m, OF_FIELD_IPV4_DST, t->nw_dst, dst_wild_bits(t));
    if (!has(t, FW_NW_PROTO)) {
        return OF_OK;
    }
    OF_MATCH_SET(m, IP_PROTO, ip_proto, t->nw_proto);
    if (!transport_fields(t->nw_proto, &src, &dst)) {
        return OF_OK;
    }
    if (has(t, FW_TP_SRC)) {
        err = set_transport(m, src, t->tp_src);
    }
    if (has(t, FW_TP_DST) && !err) {
        err = set_transport(m, dst, t->tp_dst);
    }
    return err;
}

/* A port that a packet can have come from (§5.2.1). */
static bool in_port_ok(port_no_t port)
{
    return of10_port_is_ordinary(port) || port == OF_PORT_LOCAL || port == OF_PORT_CONTROLLER;
}

enum of_err of10_get_match(struct rd *r, enum of_origin origin, struct of_match *match)
{
    struct tuple t = get_tuple(r);
    enum of_err err;

    of_match_clear(match);
    link_from_tuple(&t, match);
    err = vlan_from_tuple(&t, match);
    if (!err && origin == OF_FROM_CONTROLLER && has(&t, FW_IN_PORT) && !in_port_ok(t.in_port)) {
        err = OF_ERR_MATCH_BAD_VALUE;
    }
    if (err || !has(&t, FW_DL_TYPE)) {
        return err;
    }
    if (t.dl_type == ETH_TYPE_ARP) {
        arp_from_tuple(&t, match);
    }
    return t.dl_type == ETH_TYPE_IPV4 ? ip_from_tuple(&t, match) : OF_OK;
}

/* --- Encoding --------------------------------------------------------------------------------- */

/* Every bit that has a meaning; addresses are entirely wild with a count of 32. */
#define ALL_WILDCARDS                                                                              \
    (FW_IN_PORT | FW_DL_VLAN | FW_DL_SRC | FW_DL_DST | FW_DL_TYPE | FW_NW_PROTO | FW_TP_SRC |      \
     FW_TP_DST | 32 << FW_NW_SRC_SHIFT | 32 << FW_NW_DST_SHIFT | FW_DL_VLAN_PCP | FW_NW_TOS)

#define SAYABLE_FIELDS                                                                             \
    (OF_BIT(IN_PORT) | OF_BIT(ETH_DST) | OF_BIT(ETH_SRC) | OF_BIT(ETH_TYPE) | OF_BIT(VLAN_VID) |   \
     OF_BIT(VLAN_PCP) | OF_BIT(IP_DSCP) | OF_BIT(IP_PROTO) | OF_BIT(IPV4_SRC) | OF_BIT(IPV4_DST) | \
     OF_BIT(TCP_SRC) | OF_BIT(TCP_DST) | OF_BIT(UDP_SRC) | OF_BIT(UDP_DST) | OF_BIT(ICMPV4_TYPE) | \
     OF_BIT(ICMPV4_CODE) | OF_BIT(ARP_OP) | OF_BIT(ARP_SPA) | OF_BIT(ARP_TPA))

#define SAYABLE_MASKS                                                                              \
    (OF_BIT(VLAN_VID) | OF_BIT(IPV4_SRC) | OF_BIT(IPV4_DST) | OF_BIT(ARP_SPA) | OF_BIT(ARP_TPA))

#define IP_FIELDS (OF_BIT(IP_DSCP) | OF_BIT(IP_PROTO))

/* A field without its prerequisite would be ignored by the switch and more would match than was
 * asked for, so it cannot be said. IPv6 has an ip_proto too, but not in 1.0. */
static bool is_sayable(const struct of_match *m)
{
    enum of_field bad;

    return !(m->present & ~SAYABLE_FIELDS) && !(m->masked & ~SAYABLE_MASKS) &&
           of_match_prereqs_ok(m, &bad) &&
           (!(m->present & IP_FIELDS) || m->v.eth_type == ETH_TYPE_IPV4);
}

static enum err vlan_to_tuple(const struct of_match *m, struct tuple *t)
{
    bool has_pcp = of_match_has(m, OF_FIELD_VLAN_PCP);

    if (has_pcp) {
        t->wildcards &= ~(uint32_t)FW_DL_VLAN_PCP;
        t->dl_vlan_pcp = m->v.vlan_pcp;
    }
    if (!of_match_has(m, OF_FIELD_VLAN_VID)) {
        return ERR_OK;
    }
    if (m->masked & OF_BIT(VLAN_VID)) {
        return has_pcp && m->v.vlan_vid == OF_VID_PRESENT && m->m.vlan_vid == OF_VID_PRESENT
                   ? ERR_OK
                   : ERR_UNSUPPORTED;
    }
    t->wildcards &= ~(uint32_t)FW_DL_VLAN;
    t->dl_vlan = m->v.vlan_vid == OF_VID_NONE ? VLAN_UNTAGGED : m->v.vlan_vid & 0xfff;
    return m->v.vlan_vid && !(m->v.vlan_vid & OF_VID_PRESENT) ? ERR_UNSUPPORTED : ERR_OK;
}

static void link_to_tuple(const struct of_match *m, struct tuple *t)
{
    if (of_match_has(m, OF_FIELD_IN_PORT)) {
        t->wildcards &= ~(uint32_t)FW_IN_PORT;
        t->in_port = m->v.in_port;
    }
    if (of_match_has(m, OF_FIELD_ETH_SRC)) {
        t->wildcards &= ~(uint32_t)FW_DL_SRC;
        t->dl_src = m->v.eth_src;
    }
    if (of_match_has(m, OF_FIELD_ETH_DST)) {
        t->wildcards &= ~(uint32_t)FW_DL_DST;
        t->dl_dst = m->v.eth_dst;
    }
    if (of_match_has(m, OF_FIELD_ETH_TYPE)) {
        t->wildcards &= ~(uint32_t)FW_DL_TYPE;
        t->dl_type = m->v.eth_type;
    }
}

/* Writes address 'field', if there, and the count of its wildcarded bits; masks must be prefixes. */
static enum err prefix_to_tuple(const struct of_match *m, enum of_field field, unsigned shift,
                                struct tuple *t, uint32_t *addr)
{
    uint32_t mask, wild;

    if (!of_match_has(m, field)) {
        return ERR_OK;
    }
    mask = (uint32_t)of_match_mask(m, field).lo;
    wild = ~mask;
    if (!mask || wild & (wild + 1)) {
        return ERR_UNSUPPORTED;
    }
    *addr = (uint32_t)of_match_value(m, field).lo;
    t->wildcards &= ~((uint32_t)FW_NW_BITS << shift);
    t->wildcards |= (wild ? 32u - (unsigned)__builtin_clz(wild) : 0u) << shift;
    return ERR_OK;
}

static enum err addresses_to_tuple(const struct of_match *m, enum of_field src, enum of_field dst,
                                   struct tuple *t)
{
    enum err err = prefix_to_tuple(m, src, FW_NW_SRC_SHIFT, t, &t->nw_src);

    return err ? err : prefix_to_tuple(m, dst, FW_NW_DST_SHIFT, t, &t->nw_dst);
}

static enum err arp_to_tuple(const struct of_match *m, struct tuple *t)
{
    if (of_match_has(m, OF_FIELD_ARP_OP)) {
        if (m->v.arp_op > UINT8_MAX) {
            return ERR_UNSUPPORTED;
        }
        t->wildcards &= ~(uint32_t)FW_NW_PROTO;
        t->nw_proto = (uint8_t)m->v.arp_op;
    }
    return addresses_to_tuple(m, OF_FIELD_ARP_SPA, OF_FIELD_ARP_TPA, t);
}

static enum err ip_to_tuple(const struct of_match *m, struct tuple *t)
{
    enum of_field src, dst;

    if (of_match_has(m, OF_FIELD_IP_DSCP)) {
        t->wildcards &= ~(uint32_t)FW_NW_TOS;
        t->nw_tos = (uint8_t)(m->v.ip_dscp << 2);
    }
    if (of_match_has(m, OF_FIELD_IP_PROTO)) {
        t->wildcards &= ~(uint32_t)FW_NW_PROTO;
        t->nw_proto = m->v.ip_proto;
        if (transport_fields(t->nw_proto, &src, &dst) && of_match_has(m, src)) {
            t->wildcards &= ~(uint32_t)FW_TP_SRC;
            t->tp_src = (uint16_t)of_match_value(m, src).lo;
        }
        if (transport_fields(t->nw_proto, &src, &dst) && of_match_has(m, dst)) {
            t->wildcards &= ~(uint32_t)FW_TP_DST;
            t->tp_dst = (uint16_t)of_match_value(m, dst).lo;
        }
    }
    return addresses_to_tuple(m, OF_FIELD_IPV4_SRC, OF_FIELD_IPV4_DST, t);
}

static enum err to_tuple(const struct of_match *m, struct tuple *t)
{
    enum err err = vlan_to_tuple(m, t);

    link_to_tuple(m, t);
    if (!err && t->dl_type == ETH_TYPE_ARP) {
        err = arp_to_tuple(m, t);
    }
    if (!err && t->dl_type == ETH_TYPE_IPV4) {
        err = ip_to_tuple(m, t);
    }
    return err;
}

static void put_tuple(struct buf *b, const struct tuple *t)
{
    if (t->dl_vlan_pcp > 7) {
        b->failed = true;
    }
    buf_put_u32(b, t->wildcards);
    of10_put_port_no(b, t->in_port);
    buf_put_eth(b, t->dl_src);
    buf_put_eth(b, t->dl_dst);
    buf_put_u16(b, t->dl_vlan);
    buf_put_u8(b, t->dl_vlan_pcp);
    buf_put_zeros(b, 1);
    buf_put_u16(b, t->dl_type);
    buf_put_u8(b, t->nw_tos);
    buf_put_u8(b, t->nw_proto);
    buf_put_zeros(b, 2);
    buf_put_u32(b, t->nw_src);
    buf_put_u32(b, t->nw_dst);
    buf_put_u16(b, t->tp_src);
    buf_put_u16(b, t->tp_dst);
}

enum err of10_put_match(struct buf *b, const struct of_match *match)
{
    struct tuple t = {.wildcards = ALL_WILDCARDS};
    enum err err;

    if (!is_sayable(match)) {
        return ERR_UNSUPPORTED;
    }
    err = to_tuple(match, &t);
    put_tuple(b, &t);
    return err;
}
