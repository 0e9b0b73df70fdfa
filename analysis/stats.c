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

static double mean_of(const double x[], size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

struct ana_summary ana_batch_means(const double x[], size_t n, size_t n_batches, double level)
{
    size_t size = n / n_batches;
    size_t first = n - size * n_batches;
    double *means = xcalloc(n_batches, sizeof *means);
    struct ana_summary s;

    for (size_t b = 0; b < n_batches; b++) {
        means[b] = mean_of(x + first + b * size, size);
    }
    s = ana_summarize(means, n_batches, level);
    free(means);
    return s;
}

/* The statistic that MSER minimises over the cut 'd': Σ_{i≥d} (y_i − mean)² / (k − d)². It is
 * evaluated from the end of the series with running sums, so the whole search is linear. */
struct ana_warmup ana_mser5(const double x[], size_t n)
{
    size_t k = n / 5;
    struct ana_warmup w = {0};
    double best = INFINITY, sum = 0, sum2 = 0;

    for (size_t d = k; d-- > 0;) {
        double y = mean_of(x + d * 5, 5);
        double left = (double)(k - d), statistic;

        sum += y;
        sum2 += y * y;
        statistic = (sum2 - sum * sum / left) / (left * left);
        /* The last five batches alone always look steady: they are no evidence. */
        if (k - d > 5 && statistic <= best) {
            best = statistic;
            w.n_delete = d * 5;
        }
    }
    w.ok = k > 5 && w.n_delete <= n / 2;
    return w;
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
