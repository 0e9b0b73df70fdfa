/* Who listens to which multicast group: IGMP (versions 1 to 3: RFC 1112, 2236, 3376) and MLD (versions
 * 1 and 2: RFC 2710, 3810), which say the same of IPv4 and of IPv6 groups, in one structure.
 *
 * A group is an IPv6 address; that of IPv4 is mapped (::ffff:a.b.c.d, RFC 4291 §2.5.5.2). */
#ifndef TAMBO_PACKET_PKT_IGMP_H
#define TAMBO_PACKET_PKT_IGMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/base/err.h"
#include "controller/packet/pkt.h"

#define PKT_PROTO_IGMP 2

#define PKT_IGMP_MAX_RECORDS 64 /* Those behind are left out, and 'is_cut' is set. */

enum pkt_igmp_kind {
    PKT_IGMP_QUERY,  /* 'group' unspecified: for all groups. */
    PKT_IGMP_REPORT, /* Says 'records'; those of IGMPv1, v2 and MLDv1 have one, of EXCLUDE mode. */
    PKT_IGMP_LEAVE,  /* IGMPv2 leave, MLDv1 done: one record, of CHANGE_TO_INCLUDE. */
};

/* Record types (RFC 3376 §4.2.12, RFC 3810 §5.2.12). */
enum pkt_igmp_record_type {
    PKT_IGMP_IS_INCLUDE = 1,
    PKT_IGMP_IS_EXCLUDE = 2,
    PKT_IGMP_TO_INCLUDE = 3,
    PKT_IGMP_TO_EXCLUDE = 4,
    PKT_IGMP_ALLOW = 5,
    PKT_IGMP_BLOCK = 6,
};

struct pkt_igmp_record {
    enum pkt_igmp_record_type type;
    struct ipv6_addr group;
    uint16_t n_sources;
};

struct pkt_igmp {
    bool is_v6;
    uint8_t version; /* Of IGMP or MLD. */
    enum pkt_igmp_kind kind;
    struct ipv6_addr group, source; /* Of a query; the sender's address, mapped. */
    uint32_t max_resp_ms;           /* Of a query; 0 in IGMPv1. */
    bool is_cut;
    size_t n_records;
    struct pkt_igmp_record records[PKT_IGMP_MAX_RECORDS];
};

/* True for an IGMP packet, or an ICMPv6 one of MLD. */
bool pkt_is_igmp(const struct pkt *p);

/* Parses the 'len' bytes at 'frame', of which pkt_parse() has made 'p'. ERR_NOTFOUND: neither IGMP nor
 * MLD, or a type that is not known; ERR_TRUNCATED; ERR_SYNTAX: wrong checksum, a group that is no
 * multicast address, or an unknown record type. */
enum err pkt_igmp_parse(const uint8_t *frame, size_t len, const struct pkt *p,
                        struct pkt_igmp *out);

/* Appends a query of IGMPv3 from 'src', or of MLDv2 from the link-local address of 'eth_src', to be
 * answered within 'max_resp_ms' (up to 12 700 for IPv4, 32 767 for IPv6), with the interval
 * 'interval_s' (up to 127) of the querier. 'group' unspecified ("::"): general. */
void pkt_build_igmp_query(struct buf *b, struct eth_addr eth_src, uint32_t src,
                          const struct ipv6_addr *group, uint32_t max_resp_ms, uint8_t interval_s);
void pkt_build_mld_query(struct buf *b, struct eth_addr eth_src, const struct ipv6_addr *group,
                         uint32_t max_resp_ms, uint8_t interval_s);

struct ipv6_addr pkt_map_ipv4(uint32_t ip);
bool pkt_is_mapped(const struct ipv6_addr *a);
uint32_t pkt_unmap_ipv4(const struct ipv6_addr *a);

#endif
