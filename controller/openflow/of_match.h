/* The version-neutral flow match: the forty OXM fields of OpenFlow 1.3 (§7.2.3.7) and those that 1.4
 * and 1.5 add, a value and a mask each. The twelve-tuple of 1.0 maps onto the same fields.
 *
 * A value is meaningful only when its bit in 'present' is set; a mask only when its bit in 'masked'
 * is set too. Bytes of absent fields are undefined, so matches are compared with of_match_eq() and
 * hashed with of_match_hash(), never with memcmp(). A value never has bits set that its mask
 * clears, and a mask is never all ones (then it is not 'masked') nor all zeros (then the field is
 * absent): of_match_normalize() makes it so, and the decoders return such matches. */
#ifndef TAMBO_OPENFLOW_OF_MATCH_H
#define TAMBO_OPENFLOW_OF_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/types.h"
#include "controller/openflow/of_types.h"

/* X(NAME, member, type of the member, OXM field number, bits, maskable)
 * in the order of OXM field numbers of class OPENFLOW_BASIC, in which the versions added them (number
 * 40 has never been one); prerequisites live in of_match.c. */
#define OF_FIELDS(X)                                                                               \
    X(IN_PORT, in_port, uint32_t, 0, 32, false)                                                    \
    X(IN_PHY_PORT, in_phy_port, uint32_t, 1, 32, false)                                            \
    X(METADATA, metadata, uint64_t, 2, 64, true)                                                   \
    X(ETH_DST, eth_dst, struct eth_addr, 3, 48, true)                                              \
    X(ETH_SRC, eth_src, struct eth_addr, 4, 48, true)                                              \
    X(ETH_TYPE, eth_type, uint16_t, 5, 16, false)                                                  \
    X(VLAN_VID, vlan_vid, uint16_t, 6, 13, true)                                                   \
    X(VLAN_PCP, vlan_pcp, uint8_t, 7, 3, false)                                                    \
    X(IP_DSCP, ip_dscp, uint8_t, 8, 6, false)                                                      \
    X(IP_ECN, ip_ecn, uint8_t, 9, 2, false)                                                        \
    X(IP_PROTO, ip_proto, uint8_t, 10, 8, false)                                                   \
    X(IPV4_SRC, ipv4_src, uint32_t, 11, 32, true)                                                  \
    X(IPV4_DST, ipv4_dst, uint32_t, 12, 32, true)                                                  \
    X(TCP_SRC, tcp_src, uint16_t, 13, 16, false)                                                   \
    X(TCP_DST, tcp_dst, uint16_t, 14, 16, false)                                                   \
    X(UDP_SRC, udp_src, uint16_t, 15, 16, false)                                                   \
    X(UDP_DST, udp_dst, uint16_t, 16, 16, false)                                                   \
    X(SCTP_SRC, sctp_src, uint16_t, 17, 16, false)                                                 \
    X(SCTP_DST, sctp_dst, uint16_t, 18, 16, false)                                                 \
    X(ICMPV4_TYPE, icmpv4_type, uint8_t, 19, 8, false)                                             \
    X(ICMPV4_CODE, icmpv4_code, uint8_t, 20, 8, false)                                             \
    X(ARP_OP, arp_op, uint16_t, 21, 16, false)                                                     \
    X(ARP_SPA, arp_spa, uint32_t, 22, 32, true)                                                    \
    X(ARP_TPA, arp_tpa, uint32_t, 23, 32, true)                                                    \
    X(ARP_SHA, arp_sha, struct eth_addr, 24, 48, true)                                             \
    X(ARP_THA, arp_tha, struct eth_addr, 25, 48, true)                                             \
    X(IPV6_SRC, ipv6_src, struct ipv6_addr, 26, 128, true)                                         \
    X(IPV6_DST, ipv6_dst, struct ipv6_addr, 27, 128, true)                                         \
    X(IPV6_FLABEL, ipv6_flabel, uint32_t, 28, 20, true)                                            \
    X(ICMPV6_TYPE, icmpv6_type, uint8_t, 29, 8, false)                                             \
    X(ICMPV6_CODE, icmpv6_code, uint8_t, 30, 8, false)                                             \
    X(IPV6_ND_TARGET, ipv6_nd_target, struct ipv6_addr, 31, 128, false)                            \
    X(IPV6_ND_SLL, ipv6_nd_sll, struct eth_addr, 32, 48, false)                                    \
    X(IPV6_ND_TLL, ipv6_nd_tll, struct eth_addr, 33, 48, false)                                    \
    X(MPLS_LABEL, mpls_label, uint32_t, 34, 20, false)                                             \
    X(MPLS_TC, mpls_tc, uint8_t, 35, 3, false)                                                     \
    X(MPLS_BOS, mpls_bos, uint8_t, 36, 1, false)                                                   \
    X(PBB_ISID, pbb_isid, uint32_t, 37, 24, true)                                                  \
    X(TUNNEL_ID, tunnel_id, uint64_t, 38, 64, true)                                                \
    X(IPV6_EXTHDR, ipv6_exthdr, uint16_t, 39, 9, true)                                             \
    X(PBB_UCA, pbb_uca, uint8_t, 41, 1, false)      /* Since 1.4. */                               \
    X(TCP_FLAGS, tcp_flags, uint16_t, 42, 12, true) /* Since 1.5, as the next two. */              \
    X(ACTSET_OUTPUT, actset_output, uint32_t, 43, 32, false)                                       \
    X(PACKET_TYPE, packet_type, uint32_t, 44, 32, false)

enum of_field {
#define X(NAME, member, type, oxm, bits, maskable) OF_FIELD_##NAME,
    OF_FIELDS(X)
#undef X
        OF_N_FIELDS
};

/* The fields of a version are the first of them: as many. */
#define OF_N_FIELDS_1_3 ((unsigned)OF_FIELD_IPV6_EXTHDR + 1)
#define OF_N_FIELDS_1_4 ((unsigned)OF_FIELD_PBB_UCA + 1)

/* Values of all fields in host byte order (addresses as byte arrays). */
struct of_fields {
#define X(NAME, member, type, oxm, bits, maskable) type member;
    OF_FIELDS(X)
#undef X
};

#define OF_VID_PRESENT 0x1000 /* In vlan_vid: the frame has a tag (§7.2.3.7). */
#define OF_VID_NONE 0x0000    /* In vlan_vid: the frame has no tag. */

struct of_match {
    uint64_t present; /* Bit 1 << enum of_field. */
    uint64_t masked;  /* Subset of 'present'. */
    struct of_fields v;
    struct of_fields m;
};

#define OF_BIT(NAME) (UINT64_C(1) << OF_FIELD_##NAME)

/* Begins a match that matches everything. Does not touch the values. */
static inline void of_match_clear(struct of_match *match)
{
    match->present = match->masked = 0;
}

/* Sets one field to an exact value: OF_MATCH_SET(&m, ETH_TYPE, eth_type, 0x0800). */
#define OF_MATCH_SET(match, NAME, member, value)                                                   \
    ((match)->v.member = (value), (match)->present |= OF_BIT(NAME),                                \
     (match)->masked &= ~OF_BIT(NAME))

static inline bool of_match_has(const struct of_match *match, enum of_field field)
{
    return (match->present >> field & 1) != 0;
}

/* What is known of a field without a message at hand. */
struct of_field_info {
    const char *name;  /* "eth_dst". */
    uint16_t offset;   /* In struct of_fields. */
    uint8_t size;      /* Bytes of the member, which are also its bytes on the wire, except that
                        * 20- and 24-bit fields take 4 bytes in memory (ipv6_flabel and mpls_label
                        * 4 on the wire, pbb_isid 3). */
    uint8_t wire_size; /* Bytes in an OXM TLV. */
    uint8_t oxm;       /* Field number in an OXM TLV. */
    uint8_t bits;      /* Significant bits. */
    bool maskable;
};

extern const struct of_field_info of_field_infos[OF_N_FIELDS];

static inline const struct of_field_info *of_field_info(enum of_field field)
{
    return &of_field_infos[field];
}

/* How many fields 'version' has: those below that number. */
static inline unsigned of_n_fields(uint8_t version)
{
    return version < OF_VERSION_1_4   ? OF_N_FIELDS_1_3
           : version < OF_VERSION_1_5 ? OF_N_FIELDS_1_4
                                      : OF_N_FIELDS;
}

/* The field called 'name', or OF_N_FIELDS. */
enum of_field of_field_find(const char *name);

/* Clears value bits outside masks, drops empty masks' fields and full masks. */
void of_match_normalize(struct of_match *match);

bool of_match_eq(const struct of_match *a, const struct of_match *b);
uint64_t of_match_hash(const struct of_match *match);

/* True when every packet that 'b' matches is matched by 'a' as well (the relation used by
 * non-strict modify and delete, §6.4). */
bool of_match_covers(const struct of_match *a, const struct of_match *b);

/* True when a packet with fields 'pkt' (its 'present' says which exist) is matched by 'match'.
 * A packet without a VLAN tag has vlan_vid = OF_VID_NONE present. */
bool of_match_packet(const struct of_match *match, const struct of_match *pkt);

/* True when every field's prerequisites hold (§7.2.3.6) : for example tcp_src needs ip_proto=6. On
 * failure '*bad' is the first field whose prerequisite is missing. */
bool of_match_prereqs_ok(const struct of_match *match, enum of_field *bad);

/* True when the prerequisites of 'field' hold in 'match', whether or not it has the field. */
bool of_match_prereq_ok(const struct of_match *match, enum of_field field);

/* Writes "eth_type=0x0800,ipv4_dst=10.0.0.0/255.0.0.0" ("any" when empty) into 'out' of 'size'
 * bytes, always terminated; returns the length that was needed. */
size_t of_match_print(const struct of_match *match, char *out, size_t size);

#endif
