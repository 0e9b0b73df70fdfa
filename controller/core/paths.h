/* Shortest paths over the topology, by number of hops, over links that work in both directions.
 *
 * Paths are destination-rooted trees, computed on demand and cached until the topology changes.
 * Ties are broken by the lowest (datapath id, port) of the next hop, so that every run and every
 * controller finds the same path. */
#ifndef TAMBO_CORE_PATHS_H
#define TAMBO_CORE_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/base/types.h"

struct ctl;

#define PATH_MAX_HOPS 64

struct path_hop {
    dpid_t dpid;
    port_no_t in_port;  /* OF_PORT_ANY at the first hop. */
    port_no_t out_port; /* OF_PORT_ANY at the last hop. */
};

struct path {
    size_t n;
    struct path_hop hops[PATH_MAX_HOPS];
};

/* Hops from 'from' to 'to' (0 when they are the same); -1 when there is no path. */
int paths_distance(struct ctl *ctl, dpid_t from, dpid_t to);

/* The port of 'from' towards 'to'; OF_PORT_ANY when there is no path or they are the same. */
port_no_t paths_next_port(struct ctl *ctl, dpid_t from, dpid_t to);

/* A switch beside another, by one link. */
struct path_next {
    dpid_t dpid;
    port_no_t out_port; /* Of the switch that was asked about, */
    port_no_t in_port;  /* and of this one. */
};

/* The neighbours of 'from' that are 'distance' hops from 'to', by ascending port of 'from', parallel links
 * each: '*cursor' is 0 before the first call. False when there are no more. Skips the others at the
 * price of a comparison, so that a switch in the middle of two thousand is asked as well. */
bool paths_next(struct ctl *ctl, dpid_t from, dpid_t to, int distance, size_t *cursor,
                struct path_next *out);

/* The whole path, both ends included (n = 1 when they are the same). False when there is none or it
 * is longer than PATH_MAX_HOPS. */
bool paths_find(struct ctl *ctl, dpid_t from, dpid_t to, struct path *out);

#endif
