/* Building whole frames, with lengths and checksums filled in.
 *
 * Every builder appends one frame (without frame check sequence and without padding to 60 bytes) to a
 * buffer; several frames may follow each other there. A value that does not fit its field, or a
 * payload that does not fit a packet, sets 'failed' of the buffer. Tags are pushed afterwards with
 * pkt_edit.h. */
#ifndef TAMBO_PACKET_PKT_BUILD_H
#define TAMBO_PACKET_PKT_BUILD_H

#include "controller/base/buf.h"
#include "controller/packet/pkt.h"

/* --- Ethernet and ARP -------------------------------------------------------------------------- */

void pkt_build_eth(struct buf *b, struct eth_addr dst, struct eth_addr src, uint16_t type);

/* An ARP packet (RFC 826) from 'src' to 'dst'. */
void pkt_build_arp(struct buf *b, struct eth_addr dst, struct eth_addr src,
                   const struct pkt_arp *arp);

/* "Who has 'tpa'? Tell 'spa' at 'sha'", as broadcast. */
void pkt_build_arp_request(struct buf *b, struct eth_addr sha, uint32_t spa, uint32_t tpa);

/* "'spa' is at 'sha'", sent to 'tha'. */
void pkt_build_arp_reply(struct buf *b, struct eth_addr sha, uint32_t spa, struct eth_addr tha,
                         uint32_t tpa);

/* --- IP ---------------------------------------------------------------------------------------- */

#define PKT_DEFAULT_TTL 64

/* What is common to all packets of a builder: both lower headers. */
struct pkt_ends4 {
    struct eth_addr eth_dst, eth_src;
    uint32_t src, dst;
    uint8_t dscp, ecn;
    uint8_t ttl; /* 0: PKT_DEFAULT_TTL. */
    bool df;
    uint16_t id;
};

struct pkt_ends6 {
    struct eth_addr eth_dst, eth_src;
    struct ipv6_addr src, dst;
    uint8_t dscp, ecn;
    uint8_t hop_limit; /* 0: PKT_DEFAULT_TTL. */
    uint32_t flabel;
};

/* IPv4 with 'n' bytes of protocol 'proto' as they are. */
void pkt_build_ipv4(struct buf *b, const struct pkt_ends4 *ends, uint8_t proto, const void *payload,
                    size_t n);

/* IPv6 with 'n' bytes of next header 'proto' as they are. */
void pkt_build_ipv6(struct buf *b, const struct pkt_ends6 *ends, uint8_t proto, const void *payload,
                    size_t n);

/* --- Transport --------------------------------------------------------------------------------- */

struct pkt_tcp_head {
    uint16_t src, dst;
    uint32_t seq, ack;
    uint16_t flags; /* PKT_TCP_*. */
    uint16_t window;
};

void pkt_build_udp4(struct buf *b, const struct pkt_ends4 *ends, uint16_t src, uint16_t dst,
                    const void *payload, size_t n);
void pkt_build_udp6(struct buf *b, const struct pkt_ends6 *ends, uint16_t src, uint16_t dst,
                    const void *payload, size_t n);
void pkt_build_tcp4(struct buf *b, const struct pkt_ends4 *ends, const struct pkt_tcp_head *tcp,
                    const void *payload, size_t n);
void pkt_build_tcp6(struct buf *b, const struct pkt_ends6 *ends, const struct pkt_tcp_head *tcp,
                    const void *payload, size_t n);

/* An SCTP packet whose chunks are the 'n' bytes at 'chunks' (RFC 9260 §3). */
void pkt_build_sctp4(struct buf *b, const struct pkt_ends4 *ends, uint16_t src, uint16_t dst,
                     uint32_t tag, const void *chunks, size_t n);

/* --- ICMP -------------------------------------------------------------------------------------- */

struct pkt_echo {
    bool reply;
    uint16_t id, seq;
};

/* RFC 792 and RFC 4443 §4.1. */
void pkt_build_icmp4_echo(struct buf *b, const struct pkt_ends4 *ends, const struct pkt_echo *echo,
                          const void *payload, size_t n);
void pkt_build_icmp6_echo(struct buf *b, const struct pkt_ends6 *ends, const struct pkt_echo *echo,
                          const void *payload, size_t n);

/* Neighbour solicitation (RFC 4861 §4.3) for 'target' from 'src' at 'eth_src', to the solicited-node
 * multicast address and its Ethernet address. An unspecified 'src' (duplicate address detection)
 * carries no source link-layer option. */
void pkt_build_nd_ns(struct buf *b, struct eth_addr eth_src, const struct ipv6_addr *src,
                     const struct ipv6_addr *target);

/* Flags of a neighbour advertisement (RFC 4861 §4.4). */
#define PKT_NA_ROUTER 0x80
#define PKT_NA_SOLICITED 0x40
#define PKT_NA_OVERRIDE 0x20

/* Neighbour advertisement: 'target' is at 'tll'. The hop limit of 'ends' is not used: it is 255. */
void pkt_build_nd_na(struct buf *b, const struct pkt_ends6 *ends, const struct ipv6_addr *target,
                     struct eth_addr tll, uint8_t flags);

/* ff02::1:ffXX:XXXX (RFC 4291 §2.7.1), and the Ethernet address of a multicast address (RFC 2464
 * §7). */
struct ipv6_addr pkt_solicited_node(const struct ipv6_addr *target);
struct eth_addr pkt_ipv6_multicast_eth(const struct ipv6_addr *group);

#endif
