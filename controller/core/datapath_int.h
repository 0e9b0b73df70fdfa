/* The inside of a datapath. Private to this room. */
#ifndef TAMBO_CORE_DATAPATH_INT_H
#define TAMBO_CORE_DATAPATH_INT_H

#include "controller/core/ask_int.h"
#include "controller/core/bundle_int.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb_int.h"
#include "controller/core/object_int.h"
#include "controller/core/timer.h"

struct session;

#define PEER_TEXT_SIZE 64

/* Ports of a switch beyond this number are ignored. */
#define DATAPATH_MAX_PORTS 8192

/* Begins at a line of the cache, and what messages of a working switch read and write comes first: with
 * thousands of switches no datapath is in the cache when it is needed, and its first lines are fetched together. */
struct datapath {
    struct ctl *ctl;
    dpid_t dpid;
    struct session *session;  /* NULL while not connected. */
    struct session *reply_to; /* Where the packet-in came from that is being handled; or NULL. */
    struct dp_port *ports;    /* Ascending. */
    size_t n_ports, cap_ports;
    enum of_role role;        /* Ours, as far as we know. */
    uint8_t version;
    bool ready;
    struct flow_table flows;
    struct bundles bundles;
    struct dp_admission admission;
    struct object_table objects;
    mono_t ready_at; /* When it was last made so. */
    char peer[PEER_TEXT_SIZE];
    struct of_features features;
    struct of_desc *desc;
    struct timer probe_timer;  /* Next step of the round of LLDP probes... */
    port_no_t probed_to;       /* ...which has come to this port; 0: it begins. */
    uint32_t island;           /* Switches joined by links have the same (domains.h). */
    struct timer settle_timer; /* The next unsettled port becomes an edge port. */
    struct list aux_sessions;  /* Its auxiliary connections. */
    enum of_role asked_role;   /* The one that we want... */
    uint64_t asked_generation; /* ...with this generation id... */
    bool may_outbid;           /* ...or a newer one. */
    struct ask_list asks;      /* Questions that are out. */
};

/* What a packet-in, and all that comes of it, reads and writes: up to the shares. */
#define DATAPATH_HOT_BYTES (offsetof(struct datapath, admission) + offsetof(struct dp_admission, limit))

struct datapath_table {
    struct datapath **list; /* Ascending ids. */
    dpid_t *ids;            /* Theirs, beside each other: a search touches no datapath. */
    size_t n, cap;
};

/* The index of 'dpid', or where it would be. */
static inline size_t datapaths_lower_bound(const struct datapath_table *t, dpid_t dpid)
{
    size_t base = 0, guess = t->n ? (size_t)(dpid - t->ids[0]) : 0;

    if (guess < t->n && t->ids[guess] == dpid) { /* They are numbered one after the other. */
        return guess;
    }
    for (size_t n = t->n; n > 0;) {
        size_t half = n / 2;
        bool above = t->ids[base + half] < dpid;

        base = above ? base + half + 1 : base;
        n = above ? n - half - 1 : half;
    }
    return base;
}

/* Fetches what finding 'dpid' will read into the cache. */
static inline void datapaths_prefetch(const struct datapath_table *t, dpid_t dpid)
{
    size_t guess = t->n ? (size_t)(dpid - t->ids[0]) : 0;

    if (guess < t->n) {
        __builtin_prefetch(&t->ids[guess]);
        __builtin_prefetch(&t->list[guess]);
    }
}

/* Finds the datapath, or makes it. */
struct datapath *datapath_get(struct ctl *ctl, dpid_t dpid);

void datapaths_fini(struct ctl *ctl);

/* 'session' speaks for 'dp' from now on; the handshake goes on. */
void datapath_attach(struct datapath *dp, struct session *session,
                     const struct of_features *features);

/* The handshake is over: the datapath is up. */
void datapath_set_ready(struct datapath *dp);

/* The datapath may be written to again, and has been read. */
void datapath_resume(struct datapath *dp);

/* The connection is lost. */
void datapath_detach(struct datapath *dp);

void datapath_set_desc(struct datapath *dp, const struct of_desc *desc);

/* Replaces all ports by the 'n' in 'descs', in ascending order of their numbers. */
void datapath_set_ports(struct datapath *dp, const struct of_port *descs, size_t n);

/* Counts and logs that the port 'port_no' of the switch at 'peer' is one too many. */
void datapath_port_refused(struct ctl *ctl, const char *peer, port_no_t port_no);

/* Takes over one port status. */
void datapath_port_status(struct datapath *dp, const struct of_port_status *status);

/* The port, to be changed; NULL when there is none. */
struct dp_port *datapath_port_get(struct datapath *dp, port_no_t port_no);

/* True for numbers of real ports (not reserved ones, nor 0). */
bool port_no_is_real(port_no_t port_no);

#endif
