/* Link costs: how much each port of each switch carries, every few seconds.
 *
 * What is known of a port comes from sFlow counter samples; where they do not come, the switch is asked
 * for its port statistics; and somebody outside may say it. Loads belong to ports, not to links, and
 * so outlive changes of the topology. A load that nobody has renewed for three periods is not known
 * any more and counts as none. */
#ifndef TAMBO_APPS_LINK_COSTS_H
#define TAMBO_APPS_LINK_COSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/mono.h"
#include "controller/core/module.h"

/* Ports that are kept; beyond that none are added. */
#define LINK_COSTS_MAX_PORTS 262144

struct link_costs_settings {
    int64_t period_ns;      /* Default 5 s. */
    uint32_t capacity_mbps; /* Of a port that does not say its speed; default 1000. */
    uint32_t limit_mbps;    /* Of every port, when it is less than that says; default 0: none. */
    bool port_stats;        /* Ask where sFlow is silent; default true. */
};

struct link_costs_settings link_costs_settings_default(void);

enum link_load_source { LINK_LOAD_UNKNOWN, LINK_LOAD_SFLOW, LINK_LOAD_PORT_STATS, LINK_LOAD_TOLD };

struct link_load {
    dpid_t dpid;
    port_no_t port_no;
    enum link_load_source source;
    uint64_t capacity_bps, tx_bps, rx_bps;
    mono_t measured_at; /* Of no meaning when the source is not known. */
};

const char *link_load_source_name(enum link_load_source source);

/* All functions take the module's state, ctl_module_state(ctl, "link_costs"). */

/* The load of a port as it is known now. Its capacity is always filled in. */
struct link_load link_costs_find(const void *state, dpid_t dpid, port_no_t port_no);

/* Calls 'fn' for each known load, ascending by (dpid, port). */
typedef void link_costs_each_fn(void *aux, const struct link_load *load);
void link_costs_each(const void *state, link_costs_each_fn *fn, void *aux);

/* Somebody says what leaves by the port. It holds for three periods or until it is measured or said
 * again. ERR_NOTFOUND without such a port, ERR_FULL. */
enum err link_costs_tell(void *state, dpid_t dpid, port_no_t port_no, uint64_t tx_bps);

/* Calls 'fn' after every period, when what was asked for should have come. For apps, in their
 * start(); at most LINK_COSTS_MAX_LISTENERS. */
#define LINK_COSTS_MAX_LISTENERS 8
typedef void link_costs_fn(void *aux);
void link_costs_listen(void *state, link_costs_fn *fn, void *aux);

int64_t link_costs_period_ns(const void *state);

#define LINK_COSTS_COUNTERS(X)                                                                     \
    X(periods)                                                                                     \
    X(samples)  /* Counter samples of sFlow. */                                                    \
    X(asked)    /* Switches that were asked for port statistics... */                              \
    X(answers)  /* ...and their answers. */                                                        \
    X(told)     /* Loads that were said. */                                                        \
    X(restarts) /* Counters that went backwards. */                                                \
    X(full)     /* Ports that found no room. */

struct link_costs_counters {
#define X(name) uint64_t name;
    LINK_COSTS_COUNTERS(X)
#undef X
};

struct link_costs_counters link_costs_counters(const void *state);

extern const struct ctl_module link_costs_module;

#endif
