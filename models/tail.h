/* Far tails of a table's occupancy: P(number of entries > K) down to 1e-300, for destinations that
 * each have an entry with their own probability p_d, independently (Poisson-binomial).
 *
 * With K(t) = sum ln(1 + p_d (e^t - 1)), the cumulant function, and k = n_entries + 1, exponential
 * tilting by t makes p_d e^t/(1 + p_d (e^t - 1)) of p_d; the saddle point is the t at which the
 * tilted mean is k.
 *
 * All functions: "n" probabilities; MODEL_DOMAIN when one lies outside [0, 1]. Time O(n) times a
 * number of steps that does not grow with n, so a million destinations take a second. */
#ifndef TAMBO_MODELS_TAIL_H
#define TAMBO_MODELS_TAIL_H

#include <stddef.h>
#include <stdint.h>

#include "models/status.h"

/* exp(K(t) - t k) at the saddle point, an upper bound; 1 when k is not above the mean.
 * H. Chernoff, Ann. Math. Stat. 23, 1952, theorem 1. */
struct model_result model_tail_chernoff(size_t n, const double *p_frac, size_t n_entries);

/* Chernoff's bound over (1 - e^-t) sqrt(2 pi K''(t)): R. R. Bahadur, R. Ranga Rao, Ann. Math. Stat.
 * 31, 1960, lattice case. Relative error O(1/variance); "abserr" is an estimate of it. At most 1.
 * MODEL_DOMAIN also when k is not above the mean, where there is no such expansion. */
struct model_result model_tail_bahadur_rao(size_t n, const double *p_frac, size_t n_entries);

/* The exact value: the characteristic function inverted along the circle of radius e^t through the
 * saddle point, where the trapezoidal rule converges geometrically (a discrete Fourier transform of
 * the tilted law, of which only the points near 0 count; Y. Hong, Comput. Stat. Data Anal. 59,
 * 2013, eq. 8, without tilting). Relative precision 1e-12 + n 1e-15 in the upper tail. */
struct model_result model_tail_exact(size_t n, const double *p_frac, size_t n_entries);

/* An estimate from "n_runs" samples of the tilted law, each weighted by exp(K(t) - t number): D.
 * Siegmund, Ann. Stat. 4, 1976. "abserr" is 1.96 standard errors. The same seed gives the same
 * value. Runs of equal probabilities are drawn together. MODEL_DOMAIN also when n_runs < 2. */
struct model_result model_tail_sampled(size_t n, const double *p_frac, size_t n_entries,
                                       uint32_t n_runs, uint64_t seed);

#endif
