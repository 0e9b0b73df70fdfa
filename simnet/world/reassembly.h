/* Fragments of IPv4 and IPv6 put together, as OFPC_FRAG_REASM asks for (OF 1.3.5 §7.3.2; RFC 791 §3.2,
 * RFC 8200 §4.5).
 *
 * A datagram whose fragments overlap is dropped (RFC 5722), an exact repetition is ignored. Fragments belong
 * together only when they came in at the same port with the same VLAN id. A datagram that is not whole 60 s
 * after its first fragment is forgotten when the next fragment of any comes, and the oldest is when there
 * are too many. */
#ifndef TAMBO_WORLD_REASSEMBLY_H
#define TAMBO_WORLD_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/base/mono.h"
#include "controller/packet/pkt.h"

#define REASSEMBLY_LIFE_NS (60 * NS_PER_S)

struct reassembly;

struct reassembly_stats {
    uint64_t n_whole;     /* Datagrams put together, */
    uint64_t n_expired;   /* forgotten because they were too old, */
    uint64_t n_displaced; /* or for another, */
    uint64_t n_bad;       /* and fragments that do not fit: overlaps, lengths, too long a whole. */
};

struct reassembly *reassembly_new(uint32_t max_datagrams); /* At least 1. */
void reassembly_free(struct reassembly *r);                /* NULL is fine. */

bool reassembly_is_fragment(const struct pkt *pkt);

/* Takes a fragment, which is what 'pkt' says of 'frame'. True when the datagram is whole: it is in 'frame', behind
 * the Ethernet header and tags of its first part. */
bool reassembly_put(struct reassembly *r, mono_t now, port_no_t in_port, const struct pkt *pkt,
                    struct buf *frame);

const struct reassembly_stats *reassembly_get_stats(const struct reassembly *r);

#endif
