/* One trial: a scenario simulated once, with what was measured and what the model says. */
#ifndef TAMBO_EXPERIMENTS_TRIAL_H
#define TAMBO_EXPERIMENTS_TRIAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "experiments/scenario.h"

struct trial_result {
    json_t *metrics; /* Owned; the model's values are in its object "model". */
    json_t *memory;  /* Owned: bytes by part; NULL: not counted. */
    json_t *profile; /* Owned: parts of the run, "before" the end of the warm-up and "measured", if it came
                        to that, as profile.h has them; NULL: nobody asked. */
    uint64_t trace_hash, n_events;
    double sim_s, warm_s; /* Virtual time: the end of the run, and of the warm-up. */
    double wall_s;
    bool is_over_budget; /* Control traffic takes more of a link than it may. */
};

/* Told how far the simulation is: virtual seconds of how many, and wall seconds since the start. */
typedef void trial_progress_fn(void *aux, double sim_s, double end_s, double wall_s);

/* Runs 'scenario' to its end, or to 'until_s' if that is earlier. 'progress' may be NULL. False when
 * the scenario cannot be built, with the reason in 'why'. */
bool trial_run(const struct scenario *scenario, double until_s, trial_progress_fn *progress,
               void *aux, struct trial_result *result, char *why, size_t size);

void trial_result_fini(struct trial_result *result);

/* Seconds of a clock that only goes forward, less those between a checkpoint and going on from it. */
double trial_wall_s(void);

#endif
