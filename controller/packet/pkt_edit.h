/* Rewriting a frame as a switch does: header fields, tags, TTLs.
 *
 * A frame under edit is the whole content of a buffer plus what the parser says about it; every edit
 * brings both up to date, so the next edit or the next table sees the frame as it now is. Checksums
 * are adjusted incrementally (RFC 1624): a frame whose checksums were right keeps them right, and a
 * frame that came in broken is not repaired. An edit that returns an error has changed nothing.
 *
 * Errors common to all: ERR_STATE when the frame has no such header, ERR_RANGE when the value does
 * not fit the field. Actions are those of OF 1.3.5 §5.12. */
#ifndef TAMBO_PACKET_PKT_EDIT_H
#define TAMBO_PACKET_PKT_EDIT_H

#include "controller/base/buf.h"
#include "controller/packet/pkt.h"

struct pkt_frame {
    struct buf *buf; /* Borrowed; holds exactly one frame. */
    struct pkt p;
};

/* Begins editing what is in 'buf'. Errors as pkt_parse(). */
enum err pkt_frame_init(struct pkt_frame *f, struct buf *buf);

/* --- Ethernet and ARP -------------------------------------------------------------------------- */

enum err pkt_set_eth_dst(struct pkt_frame *f, struct eth_addr addr);
enum err pkt_set_eth_src(struct pkt_frame *f, struct eth_addr addr);
enum err pkt_set_arp_op(struct pkt_frame *f, uint16_t op);
enum err pkt_set_arp_sha(struct pkt_frame *f, struct eth_addr addr);
enum err pkt_set_arp_spa(struct pkt_frame *f, uint32_t addr);
enum err pkt_set_arp_tha(struct pkt_frame *f, struct eth_addr addr);
enum err pkt_set_arp_tpa(struct pkt_frame *f, uint32_t addr);

/* --- IP, both versions where it says nw -------------------------------------------------------- */

enum err pkt_set_ipv4_src(struct pkt_frame *f, uint32_t addr);
enum err pkt_set_ipv4_dst(struct pkt_frame *f, uint32_t addr);
enum err pkt_set_ipv6_src(struct pkt_frame *f, const struct ipv6_addr *addr);
enum err pkt_set_ipv6_dst(struct pkt_frame *f, const struct ipv6_addr *addr);
enum err pkt_set_ipv6_flabel(struct pkt_frame *f, uint32_t flabel);
enum err pkt_set_nw_dscp(struct pkt_frame *f, uint8_t dscp);
enum err pkt_set_nw_ecn(struct pkt_frame *f, uint8_t ecn);
enum err pkt_set_nw_ttl(struct pkt_frame *f, uint8_t ttl);

/* One less; ERR_RANGE when the result would not be at least 1, so the packet is not to be
 * forwarded. */
enum err pkt_dec_nw_ttl(struct pkt_frame *f);

/* --- What follows (pkt_edit_type.c) ------------------------------------------------------------- */

/* The Ethertype behind all tags, and the protocol of IPv4 or of IPv6 without extension headers
 * (ERR_UNSUPPORTED with some). The frame is then read as what it says. A checksum above IP that covers
 * the protocol, in a pseudo header, follows it and stays where it was. */
enum err pkt_set_eth_type(struct pkt_frame *f, uint16_t type);
enum err pkt_set_ip_proto(struct pkt_frame *f, uint8_t proto);

/* --- Transport --------------------------------------------------------------------------------- */

/* Ports of TCP, UDP or SCTP. The checksum of SCTP covers every byte, so an SCTP packet that is a
 * fragment or cut is ERR_UNSUPPORTED. */
enum err pkt_set_l4_src(struct pkt_frame *f, uint16_t port);
enum err pkt_set_l4_dst(struct pkt_frame *f, uint16_t port);

/* Type and code of ICMP or ICMPv6, whichever the frame has. */
enum err pkt_set_icmp_type(struct pkt_frame *f, uint8_t type);
enum err pkt_set_icmp_code(struct pkt_frame *f, uint8_t code);

enum err pkt_set_nd_target(struct pkt_frame *f, const struct ipv6_addr *target);
enum err pkt_set_nd_sll(struct pkt_frame *f, struct eth_addr addr);
enum err pkt_set_nd_tll(struct pkt_frame *f, struct eth_addr addr);

/* --- Tags (pkt_edit_tag.c) --------------------------------------------------------------------- */

/* A new outermost tag with the identifier and priority of the one that was outermost, or zeros.
 * 'tpid' is PKT_TYPE_VLAN or PKT_TYPE_SVLAN. ERR_FULL beyond PKT_MAX_FRAME (all pushes). */
enum err pkt_push_vlan(struct pkt_frame *f, uint16_t tpid);
enum err pkt_pop_vlan(struct pkt_frame *f);
enum err pkt_set_vlan_vid(struct pkt_frame *f, uint16_t vid);
enum err pkt_set_vlan_pcp(struct pkt_frame *f, uint8_t pcp);

/* A new outermost label, directly behind the Ethernet header and before any VLAN tag; label, traffic
 * class and TTL of the old outermost one, else 0, 0 and the TTL of the IP header (0 without one).
 * 'type' is PKT_TYPE_MPLS or PKT_TYPE_MPLS_MC. A frame with an 802.3 length has no Ethertype to
 * replace: ERR_UNSUPPORTED. */
enum err pkt_push_mpls(struct pkt_frame *f, uint16_t type);

/* Removes the outermost label; what follows is of Ethertype 'type'. */
enum err pkt_pop_mpls(struct pkt_frame *f, uint16_t type);
enum err pkt_set_mpls_label(struct pkt_frame *f, uint32_t label);
enum err pkt_set_mpls_tc(struct pkt_frame *f, uint8_t tc);
enum err pkt_set_mpls_bos(struct pkt_frame *f, uint8_t bos);
enum err pkt_set_mpls_ttl(struct pkt_frame *f, uint8_t ttl);
enum err pkt_dec_mpls_ttl(struct pkt_frame *f); /* ERR_RANGE as pkt_dec_nw_ttl(). */

/* Backbone addresses (copies of the old ones) and an I-TAG in front of the frame, with the service
 * of the old outermost I-TAG and the priority of the outermost VLAN tag, or zeros. Pop takes off an
 * I-TAG that has no VLAN tag before it; ERR_TRUNCATED when no Ethernet header would remain. */
enum err pkt_push_pbb(struct pkt_frame *f);
enum err pkt_pop_pbb(struct pkt_frame *f);
enum err pkt_set_pbb_isid(struct pkt_frame *f, uint32_t isid);
enum err pkt_set_pbb_uca(struct pkt_frame *f, uint8_t uca); /* "Use customer address" (802.1Q §9.7). */

/* Copies the TTL from the next-to-outermost header to the outermost label, and back. The next header
 * is a label, or below the bottom of the stack an IP header, known by its first four bits. */
enum err pkt_copy_ttl_out(struct pkt_frame *f);
enum err pkt_copy_ttl_in(struct pkt_frame *f);

#endif
