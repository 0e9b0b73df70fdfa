/* The distribution of the number of entries of an access switch, from the model alone. */
#ifndef TAMBO_EXPERIMENTS_OCCUPANCY_MODEL_H
#define TAMBO_EXPERIMENTS_OCCUPANCY_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "simnet/ctlchan/campus.h"

/* Fills pmf[k], k = 0 .. n − 1, with the probability that an access switch of the campus has k entries
 * with an idle time-out: destinations are independent, each with the occupancy of its holding chain
 * (S sources, or S − 1 where it sits itself), so the number is Poisson-binomial; averaged over the
 * switches. False when the parameters make no campus. */
bool occupancy_model(const struct campus_params *params, double pmf[], size_t n);

#endif
