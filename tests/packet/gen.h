/* Random frames for the packet tests, and an independent check of their checksums. */
#ifndef TAMBO_TESTS_PACKET_GEN_H
#define TAMBO_TESTS_PACKET_GEN_H

#include "controller/base/buf.h"
#include "controller/packet/pkt_build.h"

/* SplitMix64: the same numbers on every machine. */
struct gen {
    uint64_t state;
};

uint64_t gen_u64(struct gen *g);
/* 0 .. n − 1. */
uint32_t gen_below(struct gen *g, uint32_t n);
struct eth_addr gen_eth(struct gen *g);
struct ipv6_addr gen_ipv6(struct gen *g);
void gen_bytes(struct gen *g, uint8_t *out, size_t n);

struct pkt_ends4 gen_ends4(struct gen *g);
struct pkt_ends6 gen_ends6(struct gen *g);

/* The kinds of frame that gen_frame() builds. */
enum gen_kind {
    GEN_ARP,
    GEN_UDP4,
    GEN_TCP4,
    GEN_SCTP4,
    GEN_ICMP4,
    GEN_UDP6,
    GEN_TCP6,
    GEN_ICMP6,
    GEN_NS,
    GEN_NA,
    GEN_IPV4_OTHER,
    GEN_N_KINDS
};

/* Appends one valid frame with random addresses, ports and payload (0 to 99 bytes). */
void gen_frame(struct gen *g, enum gen_kind kind, struct buf *b);

/* True when every checksum of the frame whose headers '*p' describes is right, recomputed whole: the
 * header checksum of IPv4, and TCP, UDP, SCTP, ICMP, ICMPv6. A UDP checksum of 0 passes. */
bool gen_sums_ok(const uint8_t *frame, const struct pkt *p);

/* Bytes from hexadecimal text; everything that is no digit is skipped, and so is what follows '#'
 * to the end of the line. */
void gen_hex(struct buf *b, const char *text);

#endif
