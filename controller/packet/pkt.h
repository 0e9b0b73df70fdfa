/* What is in an Ethernet frame: one flat structure, filled by pkt_parse() without copying and
 * without allocating.
 *
 * 'layers' says which headers were found whole and well formed; a field counts only when its layer is
 * set there (or, for the few optional ones, its bit in 'present'). A frame that is cut, or goes on
 * with something unknown, is no error: the layers below the cut are valid and the rest is not
 * claimed. Offsets count from the start of the frame, so that a switch can rewrite in place.
 * IPv4 addresses are in host order. */
#ifndef TAMBO_PACKET_PKT_H
#define TAMBO_PACKET_PKT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "controller/base/types.h"

/* --- Numbers ---------------------------------------------------------------------------------- */

#define PKT_ETH_HLEN 14
#define PKT_VLAN_HLEN 4
#define PKT_MPLS_HLEN 4
#define PKT_PBB_HLEN 18 /* Backbone addresses, Ethertype and I-TAG (IEEE 802.1Q-2018 §9.7). */
#define PKT_ARP_LEN 28
#define PKT_IPV4_HLEN 20
#define PKT_IPV6_HLEN 40
#define PKT_TCP_HLEN 20
#define PKT_UDP_HLEN 8
#define PKT_SCTP_HLEN 12

/* Longest frame that is looked at; an IPv6 packet without jumbo payload and its tags fit easily. */
#define PKT_MAX_FRAME 0x20000

/* Ethertypes (IEEE). */
#define PKT_TYPE_IPV4 0x0800
#define PKT_TYPE_ARP 0x0806
#define PKT_TYPE_VLAN 0x8100  /* C-tag. */
#define PKT_TYPE_SVLAN 0x88a8 /* S-tag, and the B-tag of PBB. */
#define PKT_TYPE_IPV6 0x86dd
#define PKT_TYPE_MPLS 0x8847
#define PKT_TYPE_MPLS_MC 0x8848
#define PKT_TYPE_PBB 0x88e7
#define PKT_TYPE_LLDP 0x88cc
#define PKT_TYPE_BDDP 0x8942 /* LLDP as broadcast, to look through foreign switches. */
#define PKT_TYPE_MIN 0x0600  /* Smaller values are 802.3 lengths. */
#define PKT_TYPE_NONE 0x05ff /* A frame without Ethertype (OF 1.0 §3.4). */

/* IP protocol numbers (IANA), which are the next header values of IPv6 too. */
#define PKT_PROTO_HOP 0
#define PKT_PROTO_ICMP 1
#define PKT_PROTO_TCP 6
#define PKT_PROTO_UDP 17
#define PKT_PROTO_ROUTING 43
#define PKT_PROTO_FRAGMENT 44
#define PKT_PROTO_ESP 50
#define PKT_PROTO_AH 51
#define PKT_PROTO_ICMP6 58
#define PKT_PROTO_NONEXT 59
#define PKT_PROTO_DEST 60
#define PKT_PROTO_SCTP 132

#define PKT_ARP_REQUEST 1
#define PKT_ARP_REPLY 2

#define PKT_ICMP_ECHO_REPLY 0
#define PKT_ICMP_ECHO_REQUEST 8
#define PKT_ICMP6_ECHO_REQUEST 128
#define PKT_ICMP6_ECHO_REPLY 129
#define PKT_ICMP6_RS 133
#define PKT_ICMP6_RA 134
#define PKT_ICMP6_NS 135
#define PKT_ICMP6_NA 136
#define PKT_ICMP6_REDIRECT 137

/* TCP flags (RFC 9293 §3.1). */
#define PKT_TCP_FIN 0x001
#define PKT_TCP_SYN 0x002
#define PKT_TCP_RST 0x004
#define PKT_TCP_PSH 0x008
#define PKT_TCP_ACK 0x010
#define PKT_TCP_URG 0x020

/* IPv6 extension headers seen: the bits of OXM_OF_IPV6_EXTHDR (OFPIEH, OF 1.3.5 §7.2.3.8). */
#define PKT_IEH_NONEXT 0x001 /* "No next header". */
#define PKT_IEH_ESP 0x002
#define PKT_IEH_AUTH 0x004
#define PKT_IEH_DEST 0x008
#define PKT_IEH_FRAG 0x010
#define PKT_IEH_ROUTER 0x020
#define PKT_IEH_HOP 0x040
#define PKT_IEH_UNREP 0x080 /* A header came again that should not. */
#define PKT_IEH_UNSEQ 0x100 /* Not in the order of RFC 8200 §4.1. */

/* --- Parsed frame ------------------------------------------------------------------------------ */

enum pkt_layer {
    PKT_ETH = 1 << 0,
    PKT_VLAN = 1 << 1, /* At least one tag. */
    PKT_PBB = 1 << 2,  /* Nothing is looked at behind the I-TAG. */
    PKT_MPLS = 1 << 3, /* Nothing is looked at behind the label stack. */
    PKT_ARP = 1 << 4,  /* For IPv4 over Ethernet. */
    PKT_IPV4 = 1 << 5,
    PKT_IPV6 = 1 << 6,
    PKT_TCP = 1 << 7,
    PKT_UDP = 1 << 8,
    PKT_SCTP = 1 << 9,
    PKT_ICMP4 = 1 << 10,
    PKT_ICMP6 = 1 << 11,
};

#define PKT_IP (PKT_IPV4 | PKT_IPV6)
#define PKT_PORTS (PKT_TCP | PKT_UDP | PKT_SCTP)

enum pkt_present {
    PKT_HAS_ND_TARGET = 1 << 0, /* Neighbour solicitation or advertisement. */
    PKT_HAS_ND_SLL = 1 << 1,    /* Source link-layer address option in a solicitation. */
    PKT_HAS_ND_TLL = 1 << 2,    /* Target link-layer address option in an advertisement. */
    PKT_HAS_WHOLE_L4 = 1 << 3,  /* The whole datagram is in the frame: checksums can be verified. */
    PKT_HAS_ROUTE_LEFT = 1 << 4, /* IPv6 routing header with segments left: ipv6.dst is not the
                                  * final destination and so not the one that checksums cover. */
};

struct pkt_vlan {
    uint16_t tpid;
    uint16_t vid;
    uint8_t pcp;
    bool dei;
};

#define PKT_MAX_VLANS 2

struct pkt_pbb {
    uint32_t isid;
    uint8_t pcp;
    bool dei, uca;
};

struct pkt_mpls {
    uint32_t label;
    uint8_t tc;
    bool bos;
    uint8_t ttl;
};

struct pkt_arp {
    uint16_t op;
    struct eth_addr sha;
    uint32_t spa;
    struct eth_addr tha;
    uint32_t tpa;
};

struct pkt_ipv4 {
    uint32_t src, dst;
    uint8_t proto, dscp, ecn, ttl;
    bool df, mf;
    uint16_t frag_off_bytes; /* Not 0: a later fragment, which has no layer above IPv4. */
    uint16_t total_len;
};

struct pkt_ipv6 {
    struct ipv6_addr src, dst;
    uint8_t proto; /* Next header after the extension headers that were understood. */
    uint8_t dscp, ecn, hop_limit;
    uint32_t flabel;
    uint16_t exthdr; /* PKT_IEH_*. */
    bool mf;
    uint16_t frag_off_bytes; /* As in IPv4. */
    uint16_t payload_len;
};

struct pkt_l4 {
    uint16_t src, dst; /* Ports of TCP, UDP, SCTP. */
    uint16_t tcp_flags;
    uint8_t type, code; /* ICMP, ICMPv6. */
};

struct pkt_nd {
    struct ipv6_addr target;
    struct eth_addr sll, tll;
};

/* Offsets in bytes from the start of the frame; meaningful with their layer. */
struct pkt_offsets {
    uint32_t vlan[PKT_MAX_VLANS]; /* Of the tag's TPID. */
    uint32_t payload;             /* Behind the Ethernet header, tags and SNAP header. */
    uint32_t mpls;                /* Of the outermost label. */
    uint32_t mpls_end;            /* Behind the label stack, or behind what there is of it. */
    uint32_t l3;
    uint32_t l3_end; /* Where the IP packet ends by its length field, or the frame if earlier. */
    uint32_t l4;
    uint32_t l4_payload;
    uint32_t nd_sll, nd_tll; /* Of the addresses inside the options. */
};

struct pkt {
    uint32_t layers;  /* enum pkt_layer. */
    uint32_t present; /* enum pkt_present. */
    uint32_t len;     /* Of the frame. */
    struct eth_addr eth_dst, eth_src;
    uint16_t eth_type; /* Behind the tags; PKT_TYPE_NONE for 802.3 without a SNAP Ethertype. */
    uint8_t n_vlans;
    struct pkt_vlan vlan[PKT_MAX_VLANS]; /* Outermost first. */
    struct pkt_pbb pbb;
    struct pkt_mpls mpls; /* Outermost label. */
    struct pkt_arp arp;
    struct pkt_ipv4 ipv4;
    struct pkt_ipv6 ipv6;
    struct pkt_l4 l4;
    struct pkt_nd nd;
    struct pkt_offsets off;
};

/* Fills '*out' (all of it: what is absent is zero) from the 'len' bytes at 'frame', which are not
 * referred to afterwards. ERR_TRUNCATED when there is no whole Ethernet header, ERR_RANGE beyond
 * PKT_MAX_FRAME; '*out' then claims no layer. */
enum err pkt_parse(const uint8_t *frame, size_t len, struct pkt *out);

static inline bool pkt_has(const struct pkt *p, uint32_t any_of)
{
    return (p->layers & any_of) != 0;
}

/* A one-line description ("02:..:01 > ff:..:ff vlan 12 arp who-has 10.0.0.2 tell 10.0.0.1") into
 * 'out' of 'size' bytes, cut to fit and terminated. Returns the length that was written. */
size_t pkt_print(const uint8_t *frame, size_t len, char *out, size_t size);

#endif
