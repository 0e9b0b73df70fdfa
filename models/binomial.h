/* Binomial and Poisson probabilities with full relative precision, also far out in the tails and
 * for a million trials, where logarithms of factorials lose nine digits. */
#ifndef TAMBO_MODELS_BINOMIAL_H
#define TAMBO_MODELS_BINOMIAL_H

#include <stdint.h>

#include "models/status.h"

/* P(X = k) for X ~ Binomial(n, p). "q" is 1 - p and is given separately so that a p close to 1
 * keeps its complement. 0 when k > n.
 * MODEL_DOMAIN: p or q outside [0, 1], or p + q differs from 1 by more than 1e-9. */
struct model_result model_binomial_pmf(uint32_t n, uint32_t k, double p, double q);

/* P(X > k) for X ~ Binomial(n, p), relative precision also when tiny. Same domain. */
struct model_result model_binomial_tail(uint32_t n, uint32_t k, double p, double q);

/* P(X = k) for X ~ Poisson(mean). MODEL_DOMAIN: mean negative or not finite. */
struct model_result model_poisson_pmf(uint32_t k, double mean);

#endif
