/* Scenarios of the kind "pings": hosts ping each other, frame by frame (simnet/ctlchan/ping_flood.h).
 *
 *      {
 *        "kind": "pings", "name": "campus-500", "seed": 1,
 *        "topology": {"core": 4, "distribution": 5, "access": 5, "hosts": 5, "chained": true},
 *        "switch":   {"tcam_entries": 8192, "versions": ["1.0", "1.3"]},
 *        "apps":     {"arp_proxy": true, "carrier": "vlan", "hold_s": 300, "circuit_roots": 0,
 *                     "port_networks": false,
 *                     "dhcp": {"lease_s": 0, "probe": true, "squatters": 0, "settle_s": 20}},
 *        "traffic":  {"pings": 0, "rounds": 1, "pings_per_s": 5000, "announce_per_s": 1000,
 *                     "arp_cache_s": 0},
 *        "measure":  {"rest_s": 5}
 *      }
 *
 * The topology is topo_make_layered()'s. "arp_proxy" false puts a plain flood in its place
 * (plain_flood.h), "pings" 0 means all pairs, which ping "rounds"
 * times each, "arp_cache_s" 0 that hosts forget no address, "lease_s" 0 that hosts have addresses of their
 * own (struct ping_dhcp). "links" says what links are like (links_scenario.h), "channel" what
 * control channels are (channel_scenario.h). "switch" may name a preset and describe hardware, too (hardware_scenario.h). */
#ifndef TAMBO_EXPERIMENTS_PING_SCENARIO_H
#define TAMBO_EXPERIMENTS_PING_SCENARIO_H

#include <jansson.h>

#include "controller/config/json_check.h"
#include "experiments/trial.h"
#include "simnet/ctlchan/ping_flood.h"

struct ping_scenario ping_scenario_default(void);

/* Reads the sections from 'root', without "kind", "name" and "seed"; the rest stays as it is. */
void ping_scenario_read(struct conf_node *root, struct ping_scenario *p);

/* Adds the sections, every default written out, to 'out'. */
void ping_scenario_write(const struct ping_scenario *p, json_t *out);

/* As trial_run(). */
bool ping_scenario_run(const struct ping_scenario *p, uint64_t seed, double until_s,
                       trial_progress_fn *progress, void *aux, struct trial_result *result,
                       char *why, size_t size);

#endif
