/* Scenarios of the kind "elephants" (simnet/ctlchan/elephant_pair.h):
 *
 *      {
 *        "kind": "elephants", "name": "two-elephants", "seed": 1,
 *        "link":    {"rate_bps": 1e7, "queue_bytes": 32000},
 *        "traffic": {"flow_bps": 8e6},
 *        "sflow":   {"one_in": 20},
 *        "measure": {"duration_s": 20, "bin_s": 0.25}
 *      }
 *
 * "one_in" 0 means no sFlow. */
#ifndef TAMBO_EXPERIMENTS_ELEPHANT_SCENARIO_H
#define TAMBO_EXPERIMENTS_ELEPHANT_SCENARIO_H

#include <jansson.h>

#include "controller/config/json_check.h"
#include "experiments/trial.h"
#include "simnet/ctlchan/elephant_pair.h"

/* Reads the sections from 'root', without "kind", "name" and "seed"; the rest stays as it is. */
void elephant_scenario_read(struct conf_node *root, struct elephant_pair_params *p);

/* Adds the sections, every default written out, to 'out'. */
void elephant_scenario_write(const struct elephant_pair_params *p, json_t *out);

/* As trial_run(), to the end. */
bool elephant_scenario_run(const struct elephant_pair_params *p, uint64_t seed,
                           struct trial_result *result, char *why, size_t size);

#endif
