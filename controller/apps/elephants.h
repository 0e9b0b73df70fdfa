/* Elephants: the few flows that carry most bytes, each on a way of its own.
 *
 * A flow is an elephant when it takes more than a tenth of its access link. Flows are measured from
 * sFlow samples taken where they enter the network; where a switch sends no samples, from the counters
 * of entries that match a pair of IP addresses (those of forwarding, and this app's own). Somebody
 * outside may also say that a flow is one.
 *
 * Every period, after the link costs (link_costs.h), the elephants are placed, the greatest first: what
 * the links carry without them is known, and each is given the way of least cost through what is
 * already placed. It is moved only when its way is busy and the new one leaves the busiest link
 * clearly freer, at the earliest at the end of the first whole period in which it was there, and then not
 * again for two periods, so that flows do not swap places for ever.
 *
 * Ways come from trees towards the destination's switch, by link costs, and are kept until a cost
 * changes by a sixteenth of the capacity or the topology changes. Looking a way up is best when the
 * way is kept, second when the tree towards the destination is, worst when the tree has to be made.
 * Trees of roots that the operator names are made in every period.
 *
 * A moved flow has an entry of all its addresses in every switch of its way, at PRIORITY_ELEPHANT:
 *
 *      no vlan, eth_src, eth_dst, eth_type, ip_src, ip_dst, ip_proto, ports      output, idle idle_s
 *
 * written from the destination outwards, each confirmed before the one that sends frames to it, and
 * what is left of the old way is taken away last: no frame finds half a way. When a link of the way
 * fails, the flow gets another way at once, or is given back to the apps below. It is given back,
 * first switch first, when it has been a mouse for three periods (below half of the threshold), when it
 * has ended, and when an end of it moves.
 *
 * A switch that is lost meanwhile holds both up until it is back: what it has may send to the others, or
 * back to them. The first entry is the first one to be idle, by two seconds. Entries that an earlier
 * controller has left go away by whole ways, when switches have had time to come back. */
#ifndef TAMBO_APPS_ELEPHANTS_H
#define TAMBO_APPS_ELEPHANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/priorities.h"
#include "controller/core/module.h"
#include "controller/core/paths.h"

struct elephants_settings {
    uint32_t threshold_percent; /* Of the access link's capacity; default 10. */
    uint32_t busy_percent;      /* A way below this is good enough; default 30. */
    uint32_t gain_percent;      /* How much freer another must be; default 10. */
    uint32_t min_samples;       /* In a period, before sFlow is believed; default 4. */
    uint16_t idle_s;            /* Of the entries; default 15. */
    uint32_t max_flows;         /* That are measured at once; default 16 384. */
    uint32_t max_elephants;     /* At once, told ones included; default 512. */
    bool flow_stats;            /* Ask where sFlow is silent; default true. */
};

struct elephants_settings elephants_settings_default(void);

/* A flow. IPv4 addresses are the last four bytes of otherwise zero ones. Fields that are not used are
 * zero. */
struct elephant_flow {
    struct ipv6_addr ip_src, ip_dst;
    struct eth_addr eth_src, eth_dst;
    uint16_t sport, dport; /* Of TCP, UDP and SCTP. */
    uint8_t is_ipv6;
    uint8_t proto; /* 0: any (measured by pairs of addresses). */
    uint8_t pad[2];
};

struct elephant_info {
    uint32_t id;
    struct elephant_flow flow;
    uint64_t rate_bps;
    bool is_told, is_moved;
    uint32_t n_moves;
    const struct path *way; /* Its own, when it is moved. */
};

/* All functions take the module's state, ctl_module_state(ctl, "elephants"). */

/* Calls 'fn' for each elephant, ascending by id. */
typedef void elephants_each_fn(void *aux, const struct elephant_info *info);
void elephants_each(const void *state, elephants_each_fn *fn, void *aux);

/* Says that 'flow' is an elephant (MAC addresses are looked up, those given are ignored) of about
 * 'rate_bps' (0: as much as makes it one). It is looked at once, remembered over a restart, and
 * forgotten when it ends. ERR_RANGE: no such flow can be; ERR_EXISTS, with its id; ERR_FULL. */
enum err elephants_tell(void *state, const struct elephant_flow *flow, uint64_t rate_bps,
                        uint32_t *id);

/* Gives the flow back to the apps below; a measured one may be found again. ERR_NOTFOUND. */
enum err elephants_forget(void *state, uint32_t id);

/* Calls 'fn' for each flow that was told and has not ended, in the order of their bytes (memcmp), without
 * MAC addresses. 'id' is that of the elephant, 0 as long as its hosts are not known. */
typedef void elephants_told_fn(void *aux, const struct elephant_flow *flow, uint64_t rate_bps,
                               uint32_t id);
void elephants_told_each(const void *state, elephants_told_fn *fn, void *aux);

/* Takes back what was told of 'flow', wherever its hosts are. ERR_NOTFOUND. */
enum err elephants_untell(void *state, const struct elephant_flow *flow);

/* Names a switch whose tree is kept ready, or no longer. ERR_EXISTS, ERR_NOTFOUND, ERR_FULL (64). */
#define ELEPHANTS_MAX_ROOTS 64
enum err elephants_root_add(void *state, dpid_t dpid);
enum err elephants_root_remove(void *state, dpid_t dpid);
const dpid_t *elephants_roots(const void *state, size_t *n); /* Ascending. */

#define ELEPHANTS_COUNTERS(X)                                                                      \
    X(samples)         /* Flow samples taken where flows enter. */                                 \
    X(flows_full)      /* Flows that were not measured for want of room. */                        \
    X(elephants_full)  /* Elephants that were left as they are for want of room. */                \
    X(found)           /* Elephants measured... */                                                 \
    X(told)            /* ...and told. */                                                          \
    X(moves)           /* Ways given because the old one was busy... */                            \
    X(restorations)    /* ...or broken. */                                                         \
    X(refused)         /* Ways that a switch refused. */                                           \
    X(released_mouse)  /* Given back: too small, */                                                \
    X(released_ended)  /* ended, */                                                                \
    X(released_broken) /* without any way, */                                                      \
    X(released_other)  /* moved host, forgotten. */                                                \
    X(ways_best) X(ways_second) X(ways_worst)

struct elephants_counters {
#define X(name) uint64_t name;
    ELEPHANTS_COUNTERS(X)
#undef X
};

struct elephants_counters elephants_counters(const void *state);

extern const struct ctl_module elephants_module;

#endif
