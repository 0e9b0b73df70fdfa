/* The trials of an experiment: which there are to be, run on threads and by other processes, recorded.
 *
 * How many replications a point has is the experiment's rule (stopping.h). A trial is recorded when it
 * is done, by rank 0 alone, so the records are the same with any number of threads and ranks. */
#ifndef TAMBO_EXPERIMENTS_EXP_TRIALS_H
#define TAMBO_EXPERIMENTS_EXP_TRIALS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/records.h"
#include "experiments/experiment.h"
#include "experiments/ranks.h"

/* Runs the trials that 'records' has not of this build: those of another build may differ, so they are
 * run again and their rows replaced. False with the reason in 'error'; what is recorded stays. */
bool exp_trials_run(const struct experiment *e, struct records *records, unsigned n_threads,
                    struct ranks *ranks, char *error, size_t size);

/* What ranks other than 0 do: trials of any experiment, until rank 0 closes. */
void exp_trials_serve(struct ranks *ranks);

/* From now on the first SIGINT or SIGTERM lets the running trials end and be recorded, and
 * exp_trials_run() fails; the second ends the program. A signal that the shell ignores for us, as for a
 * job in the background, stays ignored. */
void exp_trials_catch_interrupts(void);

#endif
