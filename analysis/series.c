#include "analysis/series.h"

#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"

#define MSER_BATCH 5
#define MOST_BATCHES 64
#define LEAST_BATCHES 8
#define Z_95 1.6448536269514722 /* 95th percentile of the standard normal distribution. */

static double mean_of(const double x[], size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

/* The statistic that MSER minimises over the cut 'd': Σ_{i≥d} (y_i − mean)² / (k − d)². It goes from
 * the end of the series with a running mean and sum of squares (Welford 1962), so the whole search is
 * linear, and a large mean costs no digits. */
struct ana_warmup ana_mser5(const double x[], size_t n)
{
    size_t k = n / MSER_BATCH;
    struct ana_warmup w = {0};
    double best = INFINITY, mean = 0, m2 = 0;

    for (size_t d = k; d-- > 0;) {
        double left = (double)(k - d);
        double delta = mean_of(x + d * MSER_BATCH, MSER_BATCH) - mean, statistic;

        mean += delta / left;
        m2 += delta * delta * (left - 1) / left;
        statistic = m2 / (left * left);
        /* The last five batches alone always look steady: they are no evidence. */
        if (k - d > 5 && statistic <= best) {
            best = statistic;
            w.n_delete = d * MSER_BATCH;
        }
    }
    w.ok = k > 5 && w.n_delete <= n / 2;
    return w;
}

/* Sums over neighbours: of their products about the mean, and of their squared differences. */
static void check_independence(const double y[], size_t n, struct ana_batches *b)
{
    double products = 0, differences = 0, squares = 0, nd = (double)n;

    for (size_t i = 0; i < n; i++) {
        double here = y[i] - b->means.mean, before = i ? y[i - 1] - b->means.mean : 0;

        squares += here * here;
        products += here * before;
        differences += i ? (here - before) * (here - before) : 0;
    }
    if (squares > 0) {
        b->lag1 = products / squares;
        b->z = (1 - differences / (2 * squares)) * sqrt((nd * nd - 1) / (nd - 2));
    }
    b->independent = b->z < Z_95;
}

struct ana_batches ana_batch_means(const double x[], size_t n, size_t n_batches, double level)
{
    struct ana_batches b = {.size = n / n_batches};
    size_t first = n - b.size * n_batches;
    double *means = xcalloc(n_batches, sizeof *means);

    for (size_t i = 0; i < n_batches; i++) {
        means[i] = mean_of(x + first + i * b.size, b.size);
    }
    b.means = ana_summarize(means, n_batches, level);
    check_independence(means, n_batches, &b);
    free(means);
    return b;
}

struct ana_batches ana_batch_means_fit(const double x[], size_t n, double level)
{
    struct ana_batches b;

    for (size_t batches = MOST_BATCHES; batches >= LEAST_BATCHES; batches /= 2) {
        if (n / batches < 2) {
            continue;
        }
        b = ana_batch_means(x, n, batches, level);
        if (b.independent || batches == LEAST_BATCHES) {
            return b;
        }
    }
    b = ana_batch_means(x, n, n < LEAST_BATCHES ? n : LEAST_BATCHES, level);
    b.independent = false;
    return b;
}
