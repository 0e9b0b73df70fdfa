/* Where the sessions of a campus come from: keys of a scenario's traffic.
 *
 *        "model": "pairs"|"on-off"|"trace",
 *        "elephant_frac": 0.01, "elephant_mean_s": 100,                    (session_law "mixture")
 *        "off_s": 10, "off_law": "exponential", "off_shape": 1.5, "volume_bin_s": 0,         (on-off)
 *        "trace": {"file": "flows.csv", "mapping": "spread"|"hash", "gap_s": 10, "speed": 1}   (trace)
 */
#ifndef TAMBO_EXPERIMENTS_SOURCE_SCENARIO_H
#define TAMBO_EXPERIMENTS_SOURCE_SCENARIO_H

#include <jansson.h>

#include "experiments/traffic_scenario.h"

void source_scenario_read(struct conf_node *traffic, struct campus_params *p,
                          struct traffic_lists *lists);
void source_scenario_write(const struct campus_params *p, const struct traffic_lists *lists,
                           json_t *traffic);

/* What came of it: of mixtures, ON/OFF sources and traces, with what the model says in 'model'. */
void source_metrics_put(struct campus *campus, const struct campus_params *p,
                        const struct traffic_lists *lists, json_t *metrics, json_t *model);

#endif
