/* Scenarios of the kind "faults": streams and probes in a network in which something fails
 * (simnet/ctlchan/outage.h), and the section "faults" itself.
 *
 *      {
 *        "kind": "faults", "name": "a-link", "seed": 1,
 *        "topology":   "layered:core=2,dist=2,access=2,hosts=2,chained=1",
 *        "links":      { links_scenario.h },
 *        "channel":    { channel_scenario.h },
 *        "switch":     {"tcam_entries": 8192, "versions": ["1.3"], "fail_mode": "secure", "queues": [...]},
 *        "controller": {"law": "exponential", "rate_per_s": 51880, "capacity": 51,
 *                       "standby": {"beat_ms": 100, "dead_ms": 350}},
 *        "apps":       {"hold_s": 2, "fast_failover": false, "link_timeout_s": 35},
 *        "faults":     [{"kind": "link", "between": ["dist1", "core1"], "at_s": 5, "for_s": 10},
 *                       {"kind": "fibre", "between": ["acc1", "dist1"], "at_s": 5, "for_s": 10},
 *                       {"kind": "line-card", "switch": "core1", "ports": [1, 2], "at_s": 5},
 *                       {"kind": "switch", "switch": "acc1", "at_s": 5, "for_s": 3},
 *                       {"kind": "delay", "of": "all", "delay_ms": 20, "at_s": 5, "for_s": 3},
 *                       {"kind": "controller-restart", "at_s": 5, "for_s": 3},
 *                       {"kind": "link", "of": "trunk", "mtbf_s": 600, "mttr_s": 10, "down_law": "lognormal",
 *                        "down_shape": 1}],
 *        "traffic":    {"streams": 20, "interval_ms": 10, "probes_per_s": 50},
 *        "measure":    {"duration_s": 30, "rest_s": 5, "bin_s": 0.5}
 *      }
 *
 * "fault" is one more of these, before the list, for experiments that vary its keys. The topology is as for tambo
 * topo. A fault of a link or fibre is "between" two nodes (a fibre leads from the first to
 * the second) or "of" a class, "all", "trunk" or "edge"; one of a switch, its "cpu", "channel", "delay" or line card is of
 * a "switch", or "of": "all". With "mtbf_s" and "mttr_s" it happens at random, else once at "at_s", for good
 * without "for_s". */
#ifndef TAMBO_EXPERIMENTS_FAULT_SCENARIO_H
#define TAMBO_EXPERIMENTS_FAULT_SCENARIO_H

#include <jansson.h>

#include "controller/config/json_check.h"
#include "experiments/scenario.h"
#include "experiments/trial.h"

/* Reads the members "fault" and "faults" of 'root'. */
void faults_read(struct conf_node *root, struct fault_specs *faults);
json_t *faults_to_json(const struct fault_specs *faults);

/* Adds how often each fault has begun, how long it lasted in all, and, at random, how long its targets were up, beside
 * what is expected. */
void faults_totals_put(json_t *metrics, json_t *model, const struct fault_stats stats[], size_t n);

struct fault_scenario fault_scenario_default(void);

/* Reads the sections from 'root', without "kind", "name" and "seed"; the rest stays as it is. */
void fault_scenario_read(struct conf_node *root, struct fault_scenario *f);

/* Adds the sections, every default written out, to 'out'. */
void fault_scenario_write(const struct fault_scenario *f, json_t *out);

/* As trial_run(). */
bool fault_scenario_run(const struct fault_scenario *f, uint64_t seed, double until_s,
                        trial_progress_fn *progress, void *aux, struct trial_result *result,
                        char *why, size_t size);

#endif
