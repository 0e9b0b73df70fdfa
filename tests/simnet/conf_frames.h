/* Frames with every header that OpenFlow 1.3 can match on, for the conformance tests of the switch. Each is
 * made the same way every time, and its checksums are right. */
#ifndef TAMBO_TESTS_CONF_FRAMES_H
#define TAMBO_TESTS_CONF_FRAMES_H

#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_edit.h"
#include "tests/simnet/switch_bed.h"

enum conf_frame {
    CONF_UDP4,
    CONF_TCP4,
    CONF_SCTP4,
    CONF_ICMP4,
    CONF_ARP,
    CONF_UDP6,
    CONF_TCP6,
    CONF_SCTP6,
    CONF_ICMP6,
    CONF_NS, /* Neighbour solicitation with its source's link-layer address. */
    CONF_NA, /* Neighbour advertisement with its target's. */
    CONF_TAGGED,
    CONF_MPLS,
    CONF_PBB,
    CONF_N_FRAMES
};

#define CONF_DST UINT64_C(0x02238500000b)
#define CONF_SRC UINT64_C(0x02238500000a)

/* To be freed by the caller, or given to receive_frame(). */
struct buf conf_frame(enum conf_frame which);

/* Sets a field to an exact value, of which 'hi' counts for IPv6 addresses only. */
void conf_set(struct of_match *match, enum of_field field, uint64_t hi, uint64_t lo);

/* Sets what the field needs in an entry for frames of that kind (§7.2.3.6). */
void conf_prerequisites(struct of_match *match, enum of_field f, enum conf_frame frame);

#endif
