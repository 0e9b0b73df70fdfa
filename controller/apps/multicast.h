/* Multicast: frames for an IP group reach those who listen to it.
 *
 * Reports of IGMP (RFC 2236, 3376) and MLD (RFC 2710, 3810) at edge ports tell who listens (snooping
 * as in RFC 4541); each group with listeners gets a tree with a tag of its own, on the trees of
 * interest_domains, which must run and come before. Ports where queries of a multicast router come in
 * get every group and all reports. While there is no router, the controller asks: general queries, switch
 * after switch, evenly over the query interval.
 *
 *      heard                          what follows
 *      report                         the port listens for listen_ns
 *      leave, or "include nobody"     a query for the group goes to the port, which listens for
 *                                     last_member_ns more unless somebody answers
 *      query of a router              the port is a router's for router_ns; frames go to everybody
 *      first frame of a sender        sent to the listeners by packet-out; an input entry follows,
 *                                     which expires when nothing is sent
 *
 * A listener gets what those send who may talk to everybody at its port (logical_networks.h).
 *
 * Groups of link-local scope (224.0.0.0/24, ff02::/16 and below) are never pruned: frames to them go
 * where they went before. So do the frames of ports that belong to a domain of interest. */
#ifndef TAMBO_APPS_MULTICAST_H
#define TAMBO_APPS_MULTICAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/mono.h"
#include "controller/core/module.h"

struct multicast_settings {
    bool enabled;           /* Default: no; frames for groups then go to everybody. */
    uint16_t query_s;       /* Interval of general queries, 1..127; default 125 (RFC 3376 §8.2). */
    int64_t listen_ns;      /* Default 260 s (§8.4). */
    int64_t router_ns;      /* Default 255 s (§8.5). */
    int64_t last_member_ns; /* Default 2 s (§8.8). */
    uint32_t max_groups;    /* Default 512. */
    uint32_t max_per_port;  /* Groups that a port may listen to; default 64. */
    uint32_t max_listeners; /* In all; default 16 384. */

    /* Frames from one switch that are sent by packet-out (0: no limit); 200 and 400. */
    uint32_t dp_frames_per_s, dp_frames_burst;
};

struct multicast_settings multicast_settings_default(void);

#define MULTICAST_COUNTERS(X)                                                                      \
    X(reports)                                                                                     \
    X(leaves)                                                                                      \
    X(bad)     /* Messages that did not parse. */                                                  \
    X(limited) /* Listeners that were not taken: too many. */                                      \
    X(queries_sent)                                                                                \
    X(queries_heard)                                                                               \
    X(expired) /* Listeners that were not heard of any more. */                                    \
    X(frames)  /* Frames sent to listeners by packet-out. */                                       \
    X(frames_limited)                                                                              \
    X(unregistered) /* Frames for a group that nobody listens to: to routers only. */

struct multicast_counters {
#define X(name) uint64_t name;
    MULTICAST_COUNTERS(X)
#undef X
};

/* Views of the module state (ctl_module_state(ctl, "multicast")). */
struct multicast_counters multicast_counters(const void *state);

struct multicast_listener {
    dpid_t dpid;
    port_no_t port;
    mono_t until;
};

/* Calls 'fn' for each group in ascending order, and its listeners likewise; a group of IPv4 is mapped
 * (pkt_igmp.h). Borrowed for the call. */
typedef void multicast_each_fn(void *aux, const struct ipv6_addr *group,
                               const struct multicast_listener *listeners, size_t n);
void multicast_each(const void *state, multicast_each_fn *fn, void *aux);

/* The ports of multicast routers, ascending, '*n' of them; borrowed until the core is entered again. */
const struct multicast_listener *multicast_routers(const void *state, size_t *n);

extern const struct ctl_module multicast_module;

#endif
