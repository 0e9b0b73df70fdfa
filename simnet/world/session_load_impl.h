/* What session_load.c and session_fill.c share. Nobody else includes this. */
#ifndef TAMBO_WORLD_SESSION_LOAD_IMPL_H
#define TAMBO_WORLD_SESSION_LOAD_IMPL_H

#include "controller/base/hmap.h"
#include "controller/base/list.h"
#include "simnet/world/host_index.h"
#include "simnet/world/session_load.h"

/* The sessions of one switch to one destination; exists while there are any. */
struct flow {
    struct hmap_node node;
    struct session_load *load;
    struct flow *next_free;
    uint32_t sw, dst;
    uint32_t src; /* The host that began the latest session. */
    uint32_t n_on;
    uint32_t entry;    /* Held; or TABLE_NONE. */
    struct list retry; /* Among those without an entry, by the time of the next frame... */
    int64_t retry_ns;  /* ...which is this. */
};

struct site {
    struct session_load *load;
    uint32_t sw;
    struct session_load_switch m;
};

struct session_load {
    struct world *world;
    struct sim *sim;
    struct session_load_params params;
    struct session_frames *frames; /* NULL: session level. */
    struct hmap flows;
    struct flow *free;
    struct list retries;
    struct sim_event retry; /* At the first of these, or earlier. */
    struct site *sites;     /* One per switch. */
    struct host_index hosts;
    struct buf frame;
    struct session_fill *fill; /* NULL: the tables fill by themselves. */
    struct session_load_stats stats;
};

/* NULL: there is none. */
struct flow *session_flow_find(const struct session_load *load, uint32_t sw, uint32_t dst);

/* A first frame from host 'src' to host 'dst' comes in at the switch of 'src'. */
void session_load_send(struct session_load *load, uint32_t src, uint32_t dst);

/* The same for a flow, repeated as long as it has no entry. */
void session_flow_send(struct flow *flow);

/* --- session_fill.c -------------------------------------------------------------------------- */

/* An entry of table 0 at switch 'sw' towards 'dst' has come that no session uses. */
void session_fill_added(struct session_fill *fill, uint32_t sw, uint32_t dst, uint32_t entry);

#endif
