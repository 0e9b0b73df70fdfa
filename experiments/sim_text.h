/* The results of a scenario as a table. */
#ifndef TAMBO_EXPERIMENTS_SIM_TEXT_H
#define TAMBO_EXPERIMENTS_SIM_TEXT_H

#include "experiments/scenario.h"
#include "experiments/trial.h"

/* Prints to standard output. Of a campus what every one has comes first, with the model beside it, then what is
 * there because of what the scenario asked for, by its key. */
void sim_text_print(const struct scenario *scenario, const struct trial_result *result);

#endif
