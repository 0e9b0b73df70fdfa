/* Forwarding: what no other app has taken care of.
 *
 * A frame to a known host gets entries of its own (addresses of Ethernet and IP) along the shortest
 * path, the end at the destination first, each confirmed before the one that sends to it; they
 * expire soon. Frames to unknown hosts, broadcast and multicast are emitted once at every edge
 * port, by packet-out and not more often than the settings allow, so they never circle. Frames to
 * the addresses that bridges keep to themselves (IEEE 802.1Q §8.6.3) go nowhere.
 *
 * A guarded host (logical_networks.h) gets no entries: what clustering cannot serve is carried frame
 * by frame.
 *
 * When a link or port goes down, a flow that used it is removed from every switch; its next frame
 * sets up a new path. */
#ifndef TAMBO_APPS_FORWARDING_H
#define TAMBO_APPS_FORWARDING_H

#include <stdint.h>

#include "controller/apps/priorities.h"
#include "controller/core/module.h"

#define FORWARDING_PRIORITY PRIORITY_FORWARDING

struct forwarding_settings {
    uint16_t idle_s;              /* Idle time-out of the entries, at least 1; default 5. */
    uint32_t max_frames_per_flow; /* Frames that wait for one flow's entries; default 64. */
    uint32_t max_frames;          /* Frames that wait in all; default 4 096. */

    /* Frames from one switch that are emitted at all edge ports (0: no limit); 200 and 400. */
    uint32_t dp_flood_per_s, dp_flood_burst;
};

struct forwarding_settings forwarding_settings_default(void);

#define FORWARDING_COUNTERS(X)                                                                     \
    X(flows)            /* Flows whose set-up began. */                                            \
    X(flow_failures)    /* Of which so many were refused by a switch. */                           \
    X(flows_removed)    /* Taken away because a link, port or host is no longer there. */          \
    X(queued)           /* Packet-ins that joined a set-up. */                                     \
    X(delivered)        /* Frames sent on their way when their entries were there. */              \
    X(delivered_direct) /* Frames sent to the destination's port because they could not be. */     \
    X(dropped)          /* Frames lost: no room to wait, or the switch is gone. */                 \
    X(carried)          /* Frames for guarded hosts (logical_networks.h), sent to their port. */      \
    X(no_path)          /* Frames dropped because there is no path. */                             \
    X(floods)           /* Frames emitted at all edge ports. */                                    \
    X(floods_limited)   /* Dropped by the rate limit. */                                           \
    X(floods_dropped)   /* From a link between switches, or cut. */                                \
    X(tagged_dropped)   /* Tagged frames that got lost on their way. */                            \
    X(reserved_dropped) /* To an address reserved for bridges. */

struct forwarding_counters {
#define X(name) uint64_t name;
    FORWARDING_COUNTERS(X)
#undef X
};

/* Counters of the module state 'state' (ctl_module_state(ctl, "forwarding")). */
struct forwarding_counters forwarding_counters(const void *state);

extern const struct ctl_module forwarding_module;

#endif
