/* A host at packet level: one interface, ARP, ICMP echo, UDP.
 *
 * It resolves addresses by broadcast, asks again three times a second apart, keeps a few datagrams
 * meanwhile, and answers for its own address. It speaks untagged IPv4 only and ignores the rest. */
#ifndef TAMBO_WORLD_ENDHOST_H
#define TAMBO_WORLD_ENDHOST_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/packet/pkt.h"
#include "simnet/des/probe.h"
#include "simnet/des/sim.h"
#include "simnet/world/wire.h"

struct endhost;

struct endhost_params {
    const char *name; /* Copied. */
    struct eth_addr mac;
    uint32_t ip; /* Host byte order. */
};

struct endhost_stats {
    uint64_t n_rx; /* Frames, of which so many are datagrams for it. */
    uint64_t n_udp_rx;
    uint64_t n_tx, n_udp_tx;
    uint64_t n_arp_requests_rx, n_arp_requests_tx, n_arp_replies_rx;
    uint64_t n_arp_failed; /* Addresses that nobody answered for. */
    uint64_t n_echo_requests_rx, n_echo_requests_tx, n_echo_replies_rx;
    uint64_t n_foreign; /* Frames for somebody else's address. */
    uint64_t n_ignored; /* Tagged, cut, or of no use to a host. */
    uint64_t n_unsent;  /* Datagrams lost for want of an address or of a link. */
};

/* A datagram has come; 'payload' is borrowed. */
typedef void endhost_udp_fn(void *aux, struct endhost *host, const struct pkt *pkt,
                            const uint8_t *payload, size_t n);

struct endhost *endhost_new(struct sim *sim, const struct endhost_params *params);
void endhost_free(struct endhost *host);

void endhost_attach(struct endhost *host, struct wire *wire, unsigned side);
void endhost_detach(struct endhost *host); /* It is attached. */
void endhost_set_udp(struct endhost *host, endhost_udp_fn *fn, void *aux);

/* Told of every ARP packet that the host gets. */
typedef void endhost_arp_fn(void *aux, struct endhost *host, const struct pkt_arp *arp);
void endhost_set_arp(struct endhost *host, endhost_arp_fn *fn, void *aux);

/* Another address, or none (0): then it hears every datagram that comes to its Ethernet address. */
void endhost_set_ip(struct endhost *host, uint32_t ip);

/* Sends a whole frame. */
void endhost_send_frame(struct endhost *host, const struct buf *frame);

/* Sends a gratuitous ARP (RFC 5227 §3): "this address is mine". */
void endhost_announce(struct endhost *host);

/* Sends one echo request of 56 bytes to 'dst_ip'. Replies are counted, and their round-trip times
 * sampled. */
void endhost_ping(struct endhost *host, uint32_t dst_ip);

void endhost_send_udp(struct endhost *host, uint32_t dst_ip, uint16_t src_port, uint16_t dst_port,
                      const void *payload, size_t n);

/* From now on an address that was not heard for 'ns' is asked for again (RFC 1122 §2.3.2.1); 0, as at the
 * beginning: never. */
void endhost_set_arp_cache(struct endhost *host, int64_t ns);

size_t endhost_bytes(const struct endhost *host); /* That it holds. */
const char *endhost_name(const struct endhost *host);
struct eth_addr endhost_mac(const struct endhost *host);
uint32_t endhost_ip(const struct endhost *host);
const struct endhost_stats *endhost_get_stats(const struct endhost *host);

/* From now on 'pong' (NULL: nobody) is told of the reply to a ping, which was sent at 'sent_at'. */
typedef void endhost_pong_fn(void *aux, mono_t sent_at);
void endhost_set_pong(struct endhost *host, endhost_pong_fn *pong, void *aux);

/* Round-trip times of pings, in seconds. */
const struct probe_sample *endhost_rtt_s(const struct endhost *host);

#endif
