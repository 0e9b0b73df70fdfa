/* Gaussian and exact (Poisson-binomial) laws of the number of entries in a table. */
#include "models/table.h"

#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "models/binomial.h"

/* Probabilities below this are dropped at the edges of a distribution: far from any use, and still
 * far enough from the denormal numbers that slow arithmetic down. */
static const double NEGLIGIBLE = 1e-290;

/* Q(x) = erfc(x/sqrt 2)/2: M. Abramowitz, I. Stegun, 1964, eq. 7.1.22 and 26.2.3. */
struct model_result model_gaussian_q(double x)
{
    if (isnan(x)) {
        return model_none(MODEL_DOMAIN);
    }
    double q = erfc(x * M_SQRT1_2) / 2;
    return model_value(q, q > 0 ? q * DBL_EPSILON * (4 + x * x) : 0);
}

/* M. J. Wichura, Algorithm AS 241, Applied Statistics 37, 1988, as GSL implements it. */
struct model_result model_gaussian_q_inv(double epsilon)
{
    if (!(epsilon > 0 && epsilon < 1)) {
        return model_none(MODEL_DOMAIN);
    }
    double x = gsl_cdf_ugaussian_Qinv(epsilon);
    return model_value(x, 1e-14 * fmax(1, fabs(x)));
}

static bool is_amount(double x)
{
    return x >= 0 && isfinite(x);
}

/* Cuba and Becerra 2015, section 5.2: Q((OCC_MAX - X)/sigma). */
struct model_result model_table_overflow_gaussian(double mean_entries, double variance,
                                                  double n_entries)
{
    if (!is_amount(mean_entries) || !is_amount(variance) || !is_amount(n_entries)) {
        return model_none(MODEL_DOMAIN);
    }
    if (variance == 0) {
        return model_value(mean_entries > n_entries ? 1 : 0, 0);
    }
    return model_gaussian_q((n_entries - mean_entries) / sqrt(variance));
}

/* Cuba and Becerra 2015, section 5.2: sum p (1 - p) <= sum p = X. */
struct model_result model_table_overflow_bound(double mean_entries, double n_entries)
{
    return model_table_overflow_gaussian(mean_entries, mean_entries, n_entries);
}

/* X + q sqrt(X) = K is a quadratic in sqrt(X); the positive root, without cancellation for either
 * sign of q (derived here from Cuba and Becerra 2015, section 5.2, overflow constraint). */
struct model_result model_table_max_mean(double n_entries, double epsilon)
{
    struct model_result q = model_gaussian_q_inv(epsilon);

    if (q.status != MODEL_OK || !is_amount(n_entries)) {
        return model_none(MODEL_DOMAIN);
    }
    double disc = sqrt(q.value * q.value + 4 * n_entries);
    double root = q.value > 0 ? 2 * n_entries / (q.value + disc) : (disc - q.value) / 2;
    return model_value(root * root, 1e-13 * root * root);
}

enum model_status model_table_moments(size_t n, const double *p_frac, struct table_moments *out)
{
    *out = (struct table_moments){0};
    for (size_t d = 0; d < n; d++) {
        if (!(p_frac[d] >= 0 && p_frac[d] <= 1)) {
            *out = (struct table_moments){0};
            return MODEL_DOMAIN;
        }
        out->mean_entries += p_frac[d];
        out->variance += p_frac[d] * (1 - p_frac[d]);
    }
    return MODEL_OK;
}

/* The part of a pmf that is not negligible: indices lo .. hi. */
struct window {
    size_t lo, hi;
};

/* Adds one destination: P'(k) = (1-p) P(k) + p P(k-1), in place from the top. */
static struct window add_entry(double *pmf, struct window w, double p)
{
    double q = 1 - p;

    pmf[w.hi + 1] = p * pmf[w.hi];
    for (size_t k = w.hi; k > w.lo; k--) {
        pmf[k] = q * pmf[k] + p * pmf[k - 1];
    }
    pmf[w.lo] *= q;
    w.hi++;
    while (w.hi > w.lo && pmf[w.hi] < NEGLIGIBLE) {
        pmf[w.hi--] = 0;
    }
    while (w.lo < w.hi && pmf[w.lo] < NEGLIGIBLE) {
        pmf[w.lo++] = 0;
    }
    return w;
}

/* Direct convolution: R. E. Barlow, K. D. Heidtmann, "Computing k-out-of-n system reliability",
 * IEEE Trans. Reliability 33, 1984; here with a moving window. Unlike the Fourier methods it never
 * subtracts, so a tail of 1e-60 is as precise as the middle. */
enum model_status model_table_pmf(size_t n, const double *p_frac, double *pmf)
{
    struct window w = {0, 0};

    for (size_t k = 0; k <= n; k++) {
        pmf[k] = 0;
    }
    pmf[0] = 1;
    for (size_t d = 0; d < n; d++) {
        if (!(p_frac[d] >= 0 && p_frac[d] <= 1)) {
            return MODEL_DOMAIN;
        }
        w = add_entry(pmf, w, p_frac[d]);
    }
    return MODEL_OK;
}

/* From the top, where the terms are smallest; rounding may carry a whole distribution past 1. */
double model_table_pmf_tail(size_t n, const double *pmf, size_t n_entries)
{
    double sum = 0;

    for (size_t k = n; k > n_entries; k--) {
        sum += pmf[k];
    }
    return fmin(sum, 1);
}

struct model_result model_table_overflow_exact(size_t n, const double *p_frac, size_t n_entries,
                                               double *work)
{
    if (model_table_pmf(n, p_frac, work) != MODEL_OK) {
        return model_none(MODEL_DOMAIN);
    }
    double tail = model_table_pmf_tail(n, work, n_entries);
    return model_value(tail, tail * (double)(n + 1) * 2 * DBL_EPSILON);
}

struct model_result model_table_overflow_alike(size_t n, double p_frac, size_t n_entries)
{
    if (n > UINT32_MAX) {
        return model_none(MODEL_DOMAIN);
    }
    uint32_t k = n_entries > UINT32_MAX ? UINT32_MAX : (uint32_t)n_entries;
    return model_binomial_tail((uint32_t)n, k, p_frac, 1 - p_frac);
}
