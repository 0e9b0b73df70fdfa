/* Rates that change with time: the keys "rate" and "flash" of a scenario's traffic.
 *
 *        "rate":  {"factors": [0.2, 0.1, ...], "step_s": 3600, "amplitude": 0.5, "period_s": 86400,
 *                  "phase_s": 0}
 *        "flash": {"at_s": 600, "factor": 50, "decay_s": 120, "destinations": 4} */
#ifndef TAMBO_EXPERIMENTS_RATE_SCENARIO_H
#define TAMBO_EXPERIMENTS_RATE_SCENARIO_H

#include <jansson.h>

#include "controller/config/json_check.h"
#include "simnet/ctlchan/campus.h"

/* Reads both from the section "traffic". */
void rate_scenario_read(struct conf_node *traffic, struct campus_params *p);

/* Writes what changes anything. */
void rate_scenario_write(const struct campus_params *p, json_t *traffic);

/* The series of 'campus' into 'metrics', with what the model says of it in the object 'model' and, as
 * two numbers, how many packet-ins there were and how full tables were when the model has its peak. */
void rate_series_put(const struct campus *campus, json_t *metrics, json_t *model);

#endif
