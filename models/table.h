/* Table overflow: how likely a switch wants more entries than its table holds.
 *
 * Each of n destinations has an entry with its own probability p_d, independently, so the number of
 * entries is Poisson-binomial. "Overflow" is P(number > n_entries). */
#ifndef TAMBO_MODELS_TABLE_H
#define TAMBO_MODELS_TABLE_H

#include <stddef.h>

#include "models/status.h"

/* Q(x) = P(Z > x) for a standard Gaussian Z, with relative precision in the tail (1e-12 down to
 * 1e-300). MODEL_DOMAIN: x is a NaN. */
struct model_result model_gaussian_q(double x);

/* The x with Q(x) = "epsilon". MODEL_DOMAIN: epsilon outside (0, 1). */
struct model_result model_gaussian_q_inv(double epsilon);

/* Q((K - X)/sqrt(V)): Gaussian approximation for mean X, variance V and room for K = "n_entries".
 * V = 0 gives 0 or 1. MODEL_DOMAIN: an argument negative or not finite. */
struct model_result model_table_overflow_gaussian(double mean_entries, double variance,
                                                  double n_entries);

/* Q((K - X)/sqrt(X)): the thesis's bound, which takes the variance as its upper bound X. */
struct model_result model_table_overflow_bound(double mean_entries, double n_entries);

/* The largest X with X + Q^-1(epsilon) sqrt(X) <= K, so that the bound is at most "epsilon".
 * MODEL_DOMAIN: epsilon outside (0, 1), or K negative or not finite. */
struct model_result model_table_max_mean(double n_entries, double epsilon);

struct table_moments {
    double mean_entries; /* Sum of p. */
    double variance;     /* Sum of p (1 - p). */
};

/* Mean and exact variance of the number of entries. MODEL_DOMAIN: a p outside [0, 1]. */
enum model_status model_table_moments(size_t n, const double *p_frac, struct table_moments *out);

/* Writes P(exactly k entries), k = 0 .. n, into "pmf" (room for n + 1). Only positive terms are
 * added, so the relative error is below n times 4e-16; besides, up to n times 1e-290 is dropped
 * from each value. Time O(n * width), width at most about 70 standard deviations.
 * MODEL_DOMAIN: a p outside [0, 1] ("pmf" is then useless). */
enum model_status model_table_pmf(size_t n, const double *p_frac, double *pmf);

/* P(more than "n_entries") from a pmf of n + 1 values, smallest terms first. */
double model_table_pmf_tail(size_t n, const double *pmf, size_t n_entries);

/* Exact overflow probability; "work" has room for n + 1 values and holds the pmf afterwards. */
struct model_result model_table_overflow_exact(size_t n, const double *p_frac, size_t n_entries,
                                               double *work);

/* The same when all "n" destinations have probability "p_frac": binomial, in microseconds. */
struct model_result model_table_overflow_alike(size_t n, double p_frac, size_t n_entries);

#endif
