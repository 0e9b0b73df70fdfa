/* Equal ways: of all next hops that are on a shortest path, one by a hash.
 *
 * Who asks with the same key gets the same answer on every machine and after every restart; a link that
 * fails moves only those keys that used it (highest random weight, Thaler and Ravishankar 1998). Parallel
 * links between two switches count as ways of their own. */
#ifndef TAMBO_APPS_ECMP_H
#define TAMBO_APPS_ECMP_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/types.h"
#include "controller/core/paths.h"

struct ctl;

/* The port of 'from' towards 'to' for 'key'; OF_PORT_ANY when there is no path or they are the same. */
port_no_t ecmp_next_port(struct ctl *ctl, dpid_t from, dpid_t to, uint64_t key);

/* Another port of 'from' towards 'to', for when 'port', which is on a shortest path, is down: one from which
 * frames do not come back, a loop-free alternate. By number of hops, a neighbour is one (RFC 5286 §3.1,
 * inequality 1) when it is at most as far from 'to' as 'from' is:
 *
 *      D(neighbour, to) < D(neighbour, from) + D(from, to)
 *
 * First come the other equal ways, one by 'key'; then neighbours as far as 'from' ('*is_level'), of which
 * it is the one with the lowest datapath id, and of parallel links to it the one with the lowest port at
 * the lower of both. OF_PORT_ANY when there is none.
 *
 * When several links fail at once, frames go from alternate to alternate. Equal ways come nearer to 'to' at
 * each step. A circle could only be one of switches that are all equally far, each the lowest neighbour of
 * the one before it; so every other switch of it would be the same one, and it would be a link to and fro.
 * No switch sends a frame back by the port where it came in (OF 1.3.5 §7.2.1), so there is no loop. */
port_no_t ecmp_alternate(struct ctl *ctl, dpid_t from, dpid_t to, port_no_t port, uint64_t key,
                         bool *is_level);

/* The whole path for 'key', as paths_find(). */
bool ecmp_find(struct ctl *ctl, dpid_t from, dpid_t to, uint64_t key, struct path *out);

#endif
