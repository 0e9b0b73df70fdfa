/* The session rates lambda_d of a simulated network, taken from a popularity law.
 *
 * Rates are rounded to 24 significant bits: the laws use libm, whose last place differs between
 * machines, and a rate that differs in its last place would change the trace. The rounding (6e-8) is
 * far below what a simulation resolves; a comparison with a model uses the same rounded rates. */
#ifndef TAMBO_WORLD_TRAFFIC_POPULARITY_H
#define TAMBO_WORLD_TRAFFIC_POPULARITY_H

#include <stddef.h>

#include "controller/base/rng.h"
#include "models/popularity.h"

/* Fills 'rates_per_s' with the middles of 'n' equal strata of rank, the most popular destination
 * first: always the same network. */
void traffic_rates_by_rank(const struct popularity *popularity, size_t n, double *rates_per_s);

/* Fills 'rates_per_s' with 'n' independent draws: destinations in no order, a new network for every
 * stream. */
void traffic_rates_drawn(const struct popularity *popularity, struct rng *rng, size_t n,
                         double *rates_per_s);

#endif
