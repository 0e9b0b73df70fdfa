/* What inband.c and inband_tree.c share. Nobody else includes this. */
#ifndef TAMBO_CTLCHAN_INBAND_IMPL_H
#define TAMBO_CTLCHAN_INBAND_IMPL_H

#include "simnet/ctlchan/inband.h"

#define NOWHERE UINT32_MAX

/* A message on its way, or an acknowledgement. */
struct item {
    struct item *next; /* Of its flow, in the order of sending; or of those that are free. */
    struct inband *ib;
    struct flow *flow; /* NULL: nobody waits for it any more. */
    uint32_t target;   /* Switch from or to which it goes. */
    bool to_switch;
    uint32_t node; /* Where it is: a switch, or the controller (n_switches). */
    size_t len;    /* With headers. */
    void *message;
    bool flying, arrived;
};

struct flow {
    struct inband *ib;
    uint32_t id;
    struct item *head, *tail;
    struct item *unsent; /* The first that the window has not let out. */
    size_t flying_bytes; /* Of those let out. */
    int64_t rto_ns;
    struct sim_event rto;
};

/* Of a switch in the tree. */
struct branch {
    uint32_t parent; /* A switch, the controller, or NOWHERE. */
    struct wire *up;
    unsigned side; /* At this switch. */
    bool is_cut;
    struct sim_event dead;
    struct inband *ib;
};

/* A switch one link away, and that link, with the side that is there. */
struct neighbour {
    uint32_t number;
    struct wire *wire;
    unsigned side;
};

struct inband {
    struct world *world;
    struct sim *sim;
    struct inband_params params;
    inband_arrived_fn *arrived;
    inband_dead_fn *dead;
    void *aux;
    uint32_t n;
    struct flow *flows;
    struct branch *branches;
    struct neighbour *neighbours; /* Of switch i from first[i] to first[i + 1]. */
    uint32_t *first;
    uint32_t *queue; /* Room for looking through the tree. */
    struct frame_pool pool;
    struct wire *own; /* Side 0 is the switch's. */
    struct sim_event reroute;
    struct item *free;
    uint64_t *base_bytes; /* Of each direction of the world's wires at the reset, then of its own link. */
    mono_t since;
    uint64_t n_lost, n_reroutes;
};

/* --- inband_tree.c ------------------------------------------------------------------------------ */

/* Once; which switches are one link away from each. */
void inband_find_neighbours(struct inband *ib);

/* The tree over the links that are up. */
void inband_find_tree(struct inband *ib);

/* The switch below 'node' on the way to 'target'; NOWHERE when that is not above it. */
uint32_t inband_below(const struct inband *ib, uint32_t node, uint32_t target);

#endif
