/* Hosts that move: the section "mobility" of a scenario's traffic.
 *
 *        "mobility": {"moves_per_s": 0.01}  or  {"residence_s": 100}
 *
 * How often each host goes to another access switch, or how long it stays on average; the time is exponential.
 * Without the section, or with 0 moves a second, hosts stay. */
#ifndef TAMBO_EXPERIMENTS_MOBILITY_SCENARIO_H
#define TAMBO_EXPERIMENTS_MOBILITY_SCENARIO_H

#include <jansson.h>

#include "controller/config/json_check.h"
#include "simnet/ctlchan/campus.h"

void mobility_scenario_read(struct conf_node *traffic, struct campus_params *p);
void mobility_scenario_write(const struct campus_params *p, json_t *traffic);

/* What moves cost, and what the model says of it ('expected' NULL: nothing); nothing where hosts stay. */
void mobility_metrics_put(const struct campus_params *p, const struct campus_metrics *m,
                          const struct campus_expected *expected, json_t *metrics, json_t *model);

#endif
