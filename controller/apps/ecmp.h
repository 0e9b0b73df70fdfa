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

/* The whole path for 'key', as paths_find(). */
bool ecmp_find(struct ctl *ctl, dpid_t from, dpid_t to, uint64_t key, struct path *out);

#endif
