/* Fits of popularity (or any positive quantity) to measured values: maximum likelihood, and how
 * well the law fits.
 *
 * Goodness: D = sup |F_n - F|, the Kolmogorov-Smirnov distance to the fitted law, and the
 * probability of a distance at least as large when the law is true and fitted just the same, by
 * parametric bootstrap (A. Clauset, C. R. Shalizi, M. E. J. Newman, SIAM Review 51, 2009, section
 * 4.1). A small p says that the values do not follow the law; a large one does not prove it. */
#ifndef TAMBO_MODELS_FIT_H
#define TAMBO_MODELS_FIT_H

#include <stddef.h>
#include <stdint.h>

#include "models/status.h"

enum fit_law {
    FIT_EXPONENTIAL,      /* scale: the mean. */
    FIT_LOGNORMAL,        /* scale: the median; shape: standard deviation of ln x. */
    FIT_PARETO,           /* scale: x_m, the least value; shape: alpha = n/sum ln(x/x_m). */
    FIT_TRUNCATED_PARETO, /* The same, and upper: the largest value. I. B. Aban, M. M. Meerschaert,
                             A. K. Panorska, J. Amer. Stat. Assoc. 101, 2006, theorem 2. */
    FIT_ZIPF,             /* Values are counts: their r-th largest has a share proportional to
                             r^-shape of their sum. */
};

/* Returns "exponential", "lognormal", "pareto", "truncated-pareto" or "zipf". */
const char *fit_law_name(enum fit_law law);

struct fit {
    double scale, shape, upper; /* 0 where the law has none. */
    double log_likelihood;      /* ln of the density; Zipf: without the multinomial coefficient. */
    double ks_distance;
};

/* Fits "law" to "n" values in rising order.
 * MODEL_DOMAIN ("fit" zeroed): n < 2, values that do not rise, are not finite, or are not positive
 * (0 is allowed for the exponential and for Zipf); all alike where the law has a shape; for the
 * truncated Pareto law a mean of ln(x/x_m) that no positive alpha has; for Zipf counts that are not
 * whole or sum to more than 4e9. */
enum model_status model_fit(enum fit_law law, const double *values, size_t n, struct fit *fit);

/* The p of the header for "n_replicas" >= 1 samples of n values from "fit"; abserr is 1.96 standard
 * errors. The same seed gives the same p. Time O(n_replicas n ln n). */
struct model_result model_fit_p(enum fit_law law, const struct fit *fit, const double *values,
                                size_t n, uint32_t n_replicas, uint64_t seed);

#endif
