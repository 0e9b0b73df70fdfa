/* The inside of the topology. Private to this room. */
#ifndef TAMBO_CORE_TOPOLOGY_INT_H
#define TAMBO_CORE_TOPOLOGY_INT_H

#include "controller/core/timer.h"
#include "controller/core/topology.h"

struct topology {
    struct link **links; /* Ascending (src_dpid, src_port). */
    size_t n, cap;
    uint64_t generation;
    struct timer expiry;
};

void topology_init(struct ctl *ctl);
void topology_fini(struct ctl *ctl);

/* Something that paths depend on has changed. */
void topology_changed(struct ctl *ctl);

/* A probe that left at 'src' came in at 'dst': the link is there. */
void topology_seen(struct ctl *ctl, const struct link *seen);

/* Removes the links from and to ('dpid', 'port'). */
void topology_remove_at(struct ctl *ctl, dpid_t dpid, port_no_t port);

/* True when a link ends or begins at ('dpid', 'port'). */
bool topology_touches(const struct ctl *ctl, dpid_t dpid, port_no_t port);

/* 'dpid' is ready: its links have a full time-out to show themselves again. */
void topology_datapath_up(struct ctl *ctl, dpid_t dpid);

/* True when the way back is there as well. */
bool topology_is_two_way(const struct ctl *ctl, const struct link *link);

#endif
