/* What a probe says of itself, so that no host can make one. Private to this room.
 *
 * Probes pass through hosts' hands: every edge port emits them. The value of the probe's
 * organisational TLV (all big endian)
 *
 *      datapath id 8 | port 4 | core 8 | nonce 8 | authenticator 16
 *
 * therefore ends with the first half of an HMAC-SHA-256 over what stands before it, under a key that
 * only controllers have; the core is the one that sent it. The nonce never comes twice from one core: it
 * is the time when it was made, and one of its bits tells the two kinds of probes apart. So a probe says
 * by itself whether it is too old. Those for the neighbour are taken once: none that was sent before the
 * latest that has come in. */
#ifndef TAMBO_CORE_PROBE_H
#define TAMBO_CORE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/base/types.h"
#include "controller/core/datapath.h"
#include "controller/packet/pkt_lldp.h"

#define PROBE_TAG_LEN 44

/* What the TLV of a probe said. */
struct probe {
    dpid_t dpid;
    port_no_t port_no;
    uint64_t core, nonce;
};

enum probe_verdict {
    PROBE_GOOD,
    PROBE_NONE,      /* There is no such TLV: somebody else's LLDP. */
    PROBE_MALFORMED, /* The TLV has another length. */
    PROBE_FORGED,    /* The authenticator is wrong: it was not made under our key. */
};

/* Appends the value of the TLV. */
void probe_put(struct buf *out, const struct probe *probe, const uint8_t key[32]);

/* Reads it from 'lldp'; '*out' is set when the verdict is PROBE_GOOD. */
enum probe_verdict probe_read(const struct pkt_lldp *lldp, const uint8_t key[32],
                              struct probe *out);

/* The TLV around 'value', of PROBE_TAG_LEN bytes. */
struct pkt_lldp_org probe_org(const uint8_t *value);

/* Appends the frame of a new probe of 'port': PKT_TYPE_LLDP for the neighbour, or PKT_TYPE_BDDP for
 * everybody in the broadcast domain. */
void probe_build(const struct datapath *dp, const struct of_port *port, uint16_t type,
                 struct buf *out);

/* True when 'nonce' is of a probe of this type that 'ctl' has sent and that may still be under way
 * (probe_life_ns). */
bool probe_is_fresh(const struct ctl *ctl, uint16_t type, uint64_t nonce);

#endif
