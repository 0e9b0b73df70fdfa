#include "analysis/stats.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "controller/base/alloc.h"

struct ana_summary ana_summarize(const double x[], size_t n, double level)
{
    struct ana_summary s = {.n = n};
    double m2 = 0;

    for (size_t i = 0; i < n; i++) {
        double delta = x[i] - s.mean;

        s.mean += delta / (double)(i + 1);
        m2 += delta * (x[i] - s.mean);
        s.min = i && s.min < x[i] ? s.min : x[i];
        s.max = i && s.max > x[i] ? s.max : x[i];
    }
    if (n == 1) {
        s.sd = s.half_width = INFINITY;
    } else if (n > 1) {
        s.sd = sqrt(m2 / (double)(n - 1));
        s.half_width =
            gsl_cdf_tdist_Pinv(0.5 + level / 2, (double)(n - 1)) * s.sd / sqrt((double)n);
    }
    return s;
}

double ana_quantile_sorted(const double x[], size_t n, double q)
{
    double h = q * (double)(n - 1);
    size_t i = (size_t)h;

    return i + 1 < n ? x[i] + (h - (double)i) * (x[i + 1] - x[i]) : x[n - 1];
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void ana_sort(double x[], size_t n)
{
    qsort(x, n, sizeof *x, by_value);
}

/* The smallest k with P(B ≤ k) ≥ p; B is binomial of n and q, and p < 1. */
static size_t binomial_quantile(double p, double q, size_t n)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (gsl_cdf_binomial_P((unsigned)mid, q, (unsigned)n) >= p) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

struct ana_quantile_interval ana_quantile_interval_sorted(const double x[], size_t n, double q,
                                                          double level)
{
    double tail = (1 - level) / 2;
    struct ana_quantile_interval v = {-INFINITY, INFINITY, 1};
    /* The largest l with P(B ≤ l − 1) ≤ tail is the smallest with P(B ≤ l) > tail. */
    size_t l = binomial_quantile(nextafter(tail, 1), q, n);
    size_t u = binomial_quantile(1 - tail, q, n) + 1;

    if (l > 0) {
        v.low = x[l - 1];
        v.level -= gsl_cdf_binomial_P((unsigned)(l - 1), q, (unsigned)n);
    }
    if (u <= n) {
        v.high = x[u - 1];
        v.level -= gsl_cdf_binomial_Q((unsigned)(u - 1), q, (unsigned)n);
    }
    return v;
}

struct ana_comparison ana_compare(const struct ana_summary *simulated, double model,
                                  double tolerance)
{
    double difference = simulated->mean - model;
    struct ana_comparison c = {0};

    c.relative_error = difference == 0 ? 0 : difference / fabs(model);
    c.inside = simulated->n > 1 && fabs(difference) <= simulated->half_width;
    c.holds = c.inside || fabs(c.relative_error) <= tolerance;
    return c;
}
