/* What broadcast costs without an ARP proxy: a module in its place that floods.
 *
 * Frames for everybody go out at every edge port and along a spanning tree of the switches (the shortest
 * paths to the lowest datapath id), in the data plane, as they would with bridges and their spanning tree.
 * A switch has one entry for what comes from other switches, and one for each edge port, which shows a
 * copy to the controller too, because that is how it learns hosts. Nobody answers ARP for anybody else.
 *
 * For experiments only: a tree that changes may carry a frame in a circle for a moment. */
#ifndef TAMBO_CTLCHAN_PLAIN_FLOOD_H
#define TAMBO_CTLCHAN_PLAIN_FLOOD_H

#include "controller/core/module.h"

extern const struct ctl_module plain_flood_module; /* It has no settings. */

#endif
