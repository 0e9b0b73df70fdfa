/* Every edit of pkt_edit.h as one numbered operation with a random argument, for tests and for the
 * fuzz target. */
#ifndef TAMBO_TESTS_PACKET_EDIT_OPS_H
#define TAMBO_TESTS_PACKET_EDIT_OPS_H

#include "controller/packet/pkt_edit.h"

#define EDIT_N_OPS 37

/* The argument of an operation; each takes what it needs. Values may be out of range. */
struct edit_arg {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    struct eth_addr eth;
    struct ipv6_addr ipv6;
};

/* Applies operation 'op' (0 .. EDIT_N_OPS − 1). */
enum err edit_apply(struct pkt_frame *f, unsigned op, const struct edit_arg *arg);

#endif
