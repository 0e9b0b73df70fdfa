#include "controller/openflow/of_match.h"

#include "controller/base/be.h"
#include "controller/base/hash.h"
#include "controller/openflow/of_field.h"

const struct of_field_info of_field_infos[OF_N_FIELDS] = {
#define X(NAME, member, type, number, n_bits, can_mask)                                            \
    [OF_FIELD_##NAME] = {.name = #member,                                                          \
                         .offset = offsetof(struct of_fields, member),                             \
                         .size = sizeof(type),                                                     \
                         .wire_size = (n_bits) == 24 ? 3 : sizeof(type),                           \
                         .oxm = (number),                                                          \
                         .bits = (n_bits),                                                         \
                         .maskable = (can_mask)},
    OF_FIELDS(X)
#undef X
};

enum of_field of_field_find(const char *name)
{
    for (unsigned i = 0; i < OF_N_FIELDS; i++) {
        if (strcmp(of_field_infos[i].name, name) == 0) {
            return (enum of_field)i;
        }
    }
    return OF_N_FIELDS;
}

/* --- Numbers ---------------------------------------------------------------------------------- */

struct of_num of_num_load(const void *p, size_t size)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    switch (size) {
    case 1:
        return (struct of_num){0, *(const uint8_t *)p};
    case 2:
        memcpy(&u16, p, sizeof u16);
        return (struct of_num){0, u16};
    case 4:
        memcpy(&u32, p, sizeof u32);
        return (struct of_num){0, u32};
    case 8:
        memcpy(&u64, p, sizeof u64);
        return (struct of_num){0, u64};
    case sizeof(struct eth_addr):
        return (struct of_num){0, eth_addr_u64(*(const struct eth_addr *)p)};
    default:
        return (struct of_num){be_get64(p), be_get64((const uint8_t *)p + 8)};
    }
}

void of_num_store(void *p, size_t size, struct of_num v)
{
    uint16_t u16 = (uint16_t)v.lo;
    uint32_t u32 = (uint32_t)v.lo;

    switch (size) {
    case 1:
        *(uint8_t *)p = (uint8_t)v.lo;
        break;
    case 2:
        memcpy(p, &u16, sizeof u16);
        break;
    case 4:
        memcpy(p, &u32, sizeof u32);
        break;
    case 8:
        memcpy(p, &v.lo, sizeof v.lo);
        break;
    case sizeof(struct eth_addr):
        be_put16(p, (uint16_t)(v.lo >> 32));
        be_put32((uint8_t *)p + 2, u32);
        break;
    default:
        be_put64(p, v.hi);
        be_put64((uint8_t *)p + 8, v.lo);
    }
}

static struct of_num load_field(const struct of_fields *f, enum of_field field)
{
    return of_num_load((const uint8_t *)f + of_field_infos[field].offset,
                       of_field_infos[field].size);
}

struct of_num of_match_value(const struct of_match *match, enum of_field field)
{
    return load_field(&match->v, field);
}

struct of_num of_match_mask(const struct of_match *match, enum of_field field)
{
    return match->masked >> field & 1 ? load_field(&match->m, field)
                                      : of_num_ones(of_field_infos[field].bits);
}

/* --- Matches ---------------------------------------------------------------------------------- */

static void normalize_field(struct of_match *match, enum of_field field)
{
    const struct of_field_info *info = of_field_info(field);
    struct of_num ones = of_num_ones(info->bits);
    struct of_num mask = of_num_and(load_field(&match->m, field), ones);
    struct of_num value = of_num_and(load_field(&match->v, field), mask);

    if (of_num_is_zero(mask)) {
        match->present &= ~(UINT64_C(1) << field);
    }
    if (of_num_is_zero(mask) || of_num_eq(mask, ones)) {
        match->masked &= ~(UINT64_C(1) << field);
    }
    of_num_store((uint8_t *)&match->m + info->offset, info->size, mask);
    of_num_store((uint8_t *)&match->v + info->offset, info->size, value);
}

void of_match_normalize(struct of_match *match)
{
    enum of_field field;
    uint64_t left;

    match->masked &= match->present;
    OF_FOR_EACH_FIELD(field, left, match->masked)
    {
        normalize_field(match, field);
    }
}

bool of_match_eq(const struct of_match *a, const struct of_match *b)
{
    enum of_field field;
    uint64_t left;

    if (a->present != b->present || a->masked != b->masked) {
        return false;
    }
    OF_FOR_EACH_FIELD(field, left, a->present)
    {
        if (!of_num_eq(load_field(&a->v, field), load_field(&b->v, field)) ||
            !of_num_eq(of_match_mask(a, field), of_match_mask(b, field))) {
            return false;
        }
    }
    return true;
}

static uint64_t hash_num(uint64_t h, struct of_num v)
{
    return hash_combine(v.hi ? hash_combine(h, v.hi) : h, v.lo);
}

uint64_t of_match_hash(const struct of_match *match)
{
    uint64_t h = hash_combine(hash_u64(match->present), match->masked);
    enum of_field field;
    uint64_t left;

    OF_FOR_EACH_FIELD(field, left, match->present)
    {
        h = hash_num(h, load_field(&match->v, field));
    }
    OF_FOR_EACH_FIELD(field, left, match->masked)
    {
        h = hash_num(h, load_field(&match->m, field));
    }
    return h;
}

bool of_match_covers(const struct of_match *a, const struct of_match *b)
{
    enum of_field field;
    uint64_t left;

    if (a->present & ~b->present) {
        return false;
    }
    OF_FOR_EACH_FIELD(field, left, a->present)
    {
        struct of_num mask = of_match_mask(a, field);

        if (!of_num_within(mask, of_match_mask(b, field)) ||
            !of_num_eq(of_num_and(load_field(&b->v, field), mask), load_field(&a->v, field))) {
            return false;
        }
    }
    return true;
}

bool of_match_packet(const struct of_match *match, const struct of_match *pkt)
{
    enum of_field field;
    uint64_t left;

    if (match->present & ~pkt->present) {
        return false;
    }
    OF_FOR_EACH_FIELD(field, left, match->present)
    {
        struct of_num value = load_field(&pkt->v, field);

        if (match->masked >> field & 1) {
            value = of_num_and(value, load_field(&match->m, field));
        }
        if (!of_num_eq(value, load_field(&match->v, field))) {
            return false;
        }
    }
    return true;
}

/* --- Prerequisites (§7.2.3.6, table 12) --------------------------------------------------------- */

static bool eth_type_is(const struct of_match *m, uint16_t a, uint16_t b)
{
    return of_match_has(m, OF_FIELD_ETH_TYPE) && (m->v.eth_type == a || m->v.eth_type == b);
}

static bool ip_proto_is(const struct of_match *m, uint8_t proto)
{
    return of_match_has(m, OF_FIELD_IP_PROTO) && m->v.ip_proto == proto;
}

static bool icmpv6_type_is(const struct of_match *m, uint8_t a, uint8_t b)
{
    return of_match_has(m, OF_FIELD_ICMPV6_TYPE) &&
           (m->v.icmpv6_type == a || m->v.icmpv6_type == b);
}

/* What nothing is said of is a frame (1.5 §7.2.3.11). */
static bool is_ethernet(const struct of_match *m)
{
    return !of_match_has(m, OF_FIELD_PACKET_TYPE) || m->v.packet_type == 0;
}

bool of_match_prereq_ok(const struct of_match *m, enum of_field field)
{
    switch (field) {
    case OF_FIELD_IN_PORT:
    case OF_FIELD_METADATA:
    case OF_FIELD_TUNNEL_ID:
    case OF_FIELD_ACTSET_OUTPUT:
    case OF_FIELD_PACKET_TYPE:
    case OF_N_FIELDS:
        return true;
    case OF_FIELD_ETH_DST:
    case OF_FIELD_ETH_SRC:
    case OF_FIELD_ETH_TYPE:
    case OF_FIELD_VLAN_VID:
        return is_ethernet(m);
    case OF_FIELD_IN_PHY_PORT:
        return of_match_has(m, OF_FIELD_IN_PORT);
    case OF_FIELD_VLAN_PCP:
        return of_match_has(m, OF_FIELD_VLAN_VID) && m->v.vlan_vid != OF_VID_NONE;
    case OF_FIELD_IP_DSCP:
    case OF_FIELD_IP_ECN:
    case OF_FIELD_IP_PROTO:
        return eth_type_is(m, 0x0800, 0x86dd);
    case OF_FIELD_IPV4_SRC:
    case OF_FIELD_IPV4_DST:
        return eth_type_is(m, 0x0800, 0x0800);
    case OF_FIELD_TCP_SRC:
    case OF_FIELD_TCP_DST:
    case OF_FIELD_TCP_FLAGS:
        return ip_proto_is(m, 6);
    case OF_FIELD_UDP_SRC:
    case OF_FIELD_UDP_DST:
        return ip_proto_is(m, 17);
    case OF_FIELD_SCTP_SRC:
    case OF_FIELD_SCTP_DST:
        return ip_proto_is(m, 132);
    case OF_FIELD_ICMPV4_TYPE:
    case OF_FIELD_ICMPV4_CODE:
        return ip_proto_is(m, 1);
    case OF_FIELD_ARP_OP:
    case OF_FIELD_ARP_SPA:
    case OF_FIELD_ARP_TPA:
    case OF_FIELD_ARP_SHA:
    case OF_FIELD_ARP_THA:
        return eth_type_is(m, 0x0806, 0x0806);
    case OF_FIELD_IPV6_SRC:
    case OF_FIELD_IPV6_DST:
    case OF_FIELD_IPV6_FLABEL:
    case OF_FIELD_IPV6_EXTHDR:
        return eth_type_is(m, 0x86dd, 0x86dd);
    case OF_FIELD_ICMPV6_TYPE:
    case OF_FIELD_ICMPV6_CODE:
        return ip_proto_is(m, 58);
    case OF_FIELD_IPV6_ND_TARGET:
        return icmpv6_type_is(m, 135, 136);
    case OF_FIELD_IPV6_ND_SLL:
        return icmpv6_type_is(m, 135, 135);
    case OF_FIELD_IPV6_ND_TLL:
        return icmpv6_type_is(m, 136, 136);
    case OF_FIELD_MPLS_LABEL:
    case OF_FIELD_MPLS_TC:
    case OF_FIELD_MPLS_BOS:
        return eth_type_is(m, 0x8847, 0x8848);
    case OF_FIELD_PBB_ISID:
    case OF_FIELD_PBB_UCA:
        return eth_type_is(m, 0x88e7, 0x88e7);
    }
    return true;
}

/* Fields that only want a frame, which is what comes unless another type of packet is said. */
#define WANT_A_FRAME                                                                               \
    (OF_BIT(IN_PORT) | OF_BIT(METADATA) | OF_BIT(TUNNEL_ID) | OF_BIT(ETH_DST) | OF_BIT(ETH_SRC) |  \
     OF_BIT(ETH_TYPE) | OF_BIT(VLAN_VID))

bool of_match_prereqs_ok(const struct of_match *match, enum of_field *bad)
{
    enum of_field field;
    uint64_t left;

    if (!(match->present & ~WANT_A_FRAME)) {
        return true;
    }
    OF_FOR_EACH_FIELD(field, left, match->present)
    {
        if (!of_match_prereq_ok(match, field)) {
            *bad = field;
            return false;
        }
    }
    return true;
}
