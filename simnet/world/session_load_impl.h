/* What session_load.c, session_flow.c and session_fill.c share. Nobody else includes this. */
#ifndef TAMBO_WORLD_SESSION_LOAD_IMPL_H
#define TAMBO_WORLD_SESSION_LOAD_IMPL_H

#include "controller/base/hmap.h"
#include "controller/base/list.h"
#include "simnet/world/host_index.h"
#include "simnet/world/session_load.h"

/* The sessions of one switch to one destination; exists while there are any. */
struct flow {
    /* What every session needs is a line of the cache. */
    struct hmap_node node;
    struct session_load *load;
    uint32_t sw, dst;
    uint32_t src; /* The host that began the latest session. */
    uint32_t n_on;
    uint32_t entry; /* Held; or TABLE_NONE. */

    struct flow *next_free;
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
    session_added_fn *added; /* NULL: nobody wants to know. */
    void *added_aux;
    struct session_fill *fill; /* NULL: the tables fill by themselves. */
    struct session_load_stats stats;
    mono_t since; /* Of frames sent from then on. */
};

/* What frames of sessions are: to this UDP port (Discard, RFC 863), with so many bytes of payload. */
enum { SESSION_UDP_PORT = 9, SESSION_PAYLOAD = 18 };

/* --- session_flow.c -------------------------------------------------------------------------- */

void session_flows_init(struct session_load *load);
void session_flows_fini(struct session_load *load);

/* NULL: there is none. */
struct flow *session_flow_find(const struct session_load *load, uint32_t sw, uint32_t dst);

/* Fetches what the next session of the flow needs, which comes after 'i' others of any: called with i = 3, 2, 1, 0. */
void session_flow_prefetch(const struct session_load *load, uint32_t sw, uint32_t dst, unsigned i);

/* The same, made when there is none; and freed. */
struct flow *session_flow_get(struct session_load *load, uint32_t sw, uint32_t dst);
void session_flow_put(struct flow *flow);

struct swtch *session_flow_switch(const struct flow *flow);

/* The entry that a frame of the flow would use now. */
uint32_t session_flow_lookup(const struct flow *flow);

/* Lets go of the present entry, unless it is gone already, and holds 'entry' instead. */
void session_flow_hold(struct flow *flow, uint32_t entry);

/* A frame of a session, which knows whether there was no entry for it. */
void session_load_transmit(struct session_load *load, uint32_t src, uint32_t dst,
                           bool without_entry);

/* A first frame from host 'src' to host 'dst' comes in at the switch of 'src'. */
void session_load_send(struct session_load *load, uint32_t src, uint32_t dst);

/* The same for a flow, repeated as long as it has no entry. */
void session_flow_send(struct flow *flow);

/* Only later. */
void session_flow_ask_later(struct flow *flow);

/* --- session_fill.c -------------------------------------------------------------------------- */

/* An entry of table 0 at switch 'sw' towards 'dst' has come that no session uses. */
void session_fill_added(struct session_fill *fill, uint32_t sw, uint32_t dst, uint32_t entry);

#endif
