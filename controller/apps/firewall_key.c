/* Matches and packets of the firewall as numbers to compare.
 *
 *      word 0      in_port (32 bits), eth_type (16), vlan_vid (16)
 *      word 1, 2   eth_src (48), ip_proto (8), whether there is a header of that; eth_dst (48)
 *      word 3, 4   source address, IPv4 in the low 32 bits
 *      word 5, 6   destination address
 *      word 7      source and destination port, or type and code (16 each)
 *      word 8      datapath id
 *
 * A field stands for something else only together with an eth_type or ip_proto that says so, which every
 * match with it has (OpenFlow 1.3.5 §7.2.3.6). */
#include "controller/apps/firewall_int.h"
#include "controller/openflow/of_field.h"

enum { AT_PORT, AT_SRC_MAC, AT_DST_MAC, AT_SRC, AT_DST = AT_SRC + 2, AT_L4 = AT_DST + 2, AT_DPID };

#define HAS_L4 UINT64_C(1) /* In word 1. */

_Static_assert(AT_DPID + 1 == FW_WORDS, "all words have a place");

/* Where the lowest bit of a field is. */
static const struct place {
    enum of_field field;
    uint8_t word, shift; /* Of fields of 128 bits: the word with the low half. */
    bool is_l4;
} places[] = {
    {OF_FIELD_IN_PORT, AT_PORT, 32, false},    {OF_FIELD_ETH_TYPE, AT_PORT, 16, false},
    {OF_FIELD_VLAN_VID, AT_PORT, 0, false},    {OF_FIELD_ETH_SRC, AT_SRC_MAC, 16, false},
    {OF_FIELD_IP_PROTO, AT_SRC_MAC, 8, false}, {OF_FIELD_ETH_DST, AT_DST_MAC, 16, false},
    {OF_FIELD_IPV4_SRC, AT_SRC + 1, 0, false}, {OF_FIELD_IPV4_DST, AT_DST + 1, 0, false},
    {OF_FIELD_IPV6_SRC, AT_SRC + 1, 0, false}, {OF_FIELD_IPV6_DST, AT_DST + 1, 0, false},
    {OF_FIELD_TCP_SRC, AT_L4, 48, true},       {OF_FIELD_TCP_DST, AT_L4, 32, true},
    {OF_FIELD_UDP_SRC, AT_L4, 48, true},       {OF_FIELD_UDP_DST, AT_L4, 32, true},
    {OF_FIELD_SCTP_SRC, AT_L4, 48, true},      {OF_FIELD_SCTP_DST, AT_L4, 32, true},
    {OF_FIELD_ICMPV4_TYPE, AT_L4, 48, true},   {OF_FIELD_ICMPV4_CODE, AT_L4, 32, true},
    {OF_FIELD_ICMPV6_TYPE, AT_L4, 48, true},   {OF_FIELD_ICMPV6_CODE, AT_L4, 32, true},
};

const uint64_t fw_fields = OF_BIT(IN_PORT) | OF_BIT(ETH_TYPE) | OF_BIT(VLAN_VID) | OF_BIT(ETH_SRC) |
                           OF_BIT(ETH_DST) | OF_BIT(IP_PROTO) | OF_BIT(IPV4_SRC) |
                           OF_BIT(IPV4_DST) | OF_BIT(IPV6_SRC) | OF_BIT(IPV6_DST) |
                           OF_BIT(TCP_SRC) | OF_BIT(TCP_DST) | OF_BIT(UDP_SRC) | OF_BIT(UDP_DST) |
                           OF_BIT(SCTP_SRC) | OF_BIT(SCTP_DST) | OF_BIT(ICMPV4_TYPE) |
                           OF_BIT(ICMPV4_CODE) | OF_BIT(ICMPV6_TYPE) | OF_BIT(ICMPV6_CODE);

static void put(struct fw_key *key, const struct place *p, struct of_num v, struct of_num m)
{
    key->v[p->word] |= (v.lo & m.lo) << p->shift;
    key->m[p->word] |= m.lo << p->shift;
    if (of_field_info(p->field)->bits > 64) {
        key->v[p->word - 1] |= v.hi & m.hi;
        key->m[p->word - 1] |= m.hi;
    }
    if (p->is_l4) {
        key->v[AT_SRC_MAC] |= HAS_L4;
        key->m[AT_SRC_MAC] |= HAS_L4;
    }
}

void fw_key_make(const struct firewall_rule *rule, struct fw_key *out)
{
    *out = (struct fw_key){{0}, {0}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (of_match_has(&rule->match, places[i].field)) {
            put(out, &places[i], of_match_value(&rule->match, places[i].field),
                of_match_mask(&rule->match, places[i].field));
        }
    }
    if (rule->has_dpid) {
        out->v[AT_DPID] = rule->dpid;
        out->m[AT_DPID] = UINT64_MAX;
    }
}

static void put_ip(const struct pkt *pkt, struct fw_packet *out)
{
    uint8_t proto = 0;

    if (pkt_has(pkt, PKT_IPV4)) {
        out->v[AT_SRC + 1] = pkt->ipv4.src;
        out->v[AT_DST + 1] = pkt->ipv4.dst;
        proto = pkt->ipv4.proto;
    } else if (pkt_has(pkt, PKT_IPV6)) {
        struct of_num src = of_num_load(&pkt->ipv6.src, sizeof pkt->ipv6.src);
        struct of_num dst = of_num_load(&pkt->ipv6.dst, sizeof pkt->ipv6.dst);

        out->v[AT_SRC] = src.hi;
        out->v[AT_SRC + 1] = src.lo;
        out->v[AT_DST] = dst.hi;
        out->v[AT_DST + 1] = dst.lo;
        proto = pkt->ipv6.proto;
    }
    out->v[AT_SRC_MAC] |= (uint64_t)proto << 8;
}

static void put_l4(const struct pkt *pkt, struct fw_packet *out)
{
    if (pkt_has(pkt, PKT_PORTS)) {
        out->v[AT_L4] = (uint64_t)pkt->l4.src << 48 | (uint64_t)pkt->l4.dst << 32;
    } else if (pkt_has(pkt, PKT_ICMP4 | PKT_ICMP6)) {
        out->v[AT_L4] = (uint64_t)pkt->l4.type << 48 | (uint64_t)pkt->l4.code << 32;
    } else {
        return;
    }
    out->v[AT_SRC_MAC] |= HAS_L4;
}

void fw_packet_make(dpid_t dpid, port_no_t in_port, const struct pkt *pkt, struct fw_packet *out)
{
    uint64_t vid = pkt->n_vlans ? pkt->vlan[0].vid | (uint64_t)OF_VID_PRESENT : OF_VID_NONE;

    *out = (struct fw_packet){{0}};
    out->v[AT_PORT] = (uint64_t)in_port << 32 | (uint64_t)pkt->eth_type << 16 | vid;
    out->v[AT_SRC_MAC] = eth_addr_u64(pkt->eth_src) << 16;
    out->v[AT_DST_MAC] = eth_addr_u64(pkt->eth_dst) << 16;
    out->v[AT_DPID] = dpid;
    put_ip(pkt, out);
    put_l4(pkt, out);
}

bool fw_key_has(const struct fw_key *key, const struct fw_packet *packet)
{
    uint64_t differs = 0;

    for (size_t i = 0; i < FW_WORDS; i++) {
        differs |= (key->v[i] ^ packet->v[i]) & key->m[i];
    }
    return !differs;
}

bool fw_key_covers(const struct fw_key *a, const struct fw_key *b)
{
    uint64_t differs = 0;

    for (size_t i = 0; i < FW_WORDS; i++) {
        differs |= (a->m[i] & ~b->m[i]) | ((a->v[i] ^ b->v[i]) & a->m[i]);
    }
    return !differs;
}

bool fw_key_overlaps(const struct fw_key *a, const struct fw_key *b)
{
    uint64_t differs = 0;

    for (size_t i = 0; i < FW_WORDS; i++) {
        differs |= (a->v[i] ^ b->v[i]) & a->m[i] & b->m[i];
    }
    return !differs;
}
