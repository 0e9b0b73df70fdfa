/* Scenarios of the kind "command": a command of tambo, so that whatever a model, a net or another simulation
 * answers can be varied, replicated, drawn and compared like a simulated campus.
 *
 *      {
 *        "kind": "command", "name": "plan", "run": "plan",
 *        "options": {"traffic": "pareto", "hold-s": 340},
 *        "take": {"n_max": "n_max"}, "scale": {"n_max": 1}, "seeded": false
 *      }
 *
 * Each of "options" becomes "--key value" (true: "--key", false: nothing); "seeded" adds the trial's seed as
 * "--seed". "take" names the metrics by their path in the JSON that the command prints (derived.h); without it all
 * numbers at its top are taken, but for those that tell how long it took. "scale" multiplies metrics. */
#ifndef TAMBO_EXPERIMENTS_COMMAND_SCENARIO_H
#define TAMBO_EXPERIMENTS_COMMAND_SCENARIO_H

#include <jansson.h>

#include "controller/config/json_check.h"

struct trial_result;

struct command_scenario {
    char run[256];
    bool seeded;
    json_t *options, *take, *scale; /* Owned objects, or NULL. */
};

/* Reads the keys from 'root', without "kind", "name" and "seed". */
void command_scenario_read(struct conf_node *root, struct command_scenario *c);
void command_scenario_fini(struct command_scenario *c);

/* Adds the keys to 'out'. */
void command_scenario_write(const struct command_scenario *c, json_t *out);

/* As trial_run(), to the end. */
bool command_scenario_run(const struct command_scenario *c, uint64_t seed,
                          struct trial_result *result, char *why, size_t size);

#endif
