#include "analysis/series.h"

#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"

#define MSER_BATCH 5
#define MOST_BATCHES 64
#define LEAST_BATCHES 8
#define TRANSIENT_Z 3.5 /* More than chance: the cut was chosen where the difference is large. */
#define Z_95 1.6448536269514722 /* 95th percentile of the standard normal distribution. */

static double mean_of(const double x[], size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

/* The best cut 'd', in batches and at most 'most'. What MSER minimises over it: Σ_{i≥d} (y_i − mean)² /
 * (k − d)². It goes from the end of the series with a running mean and sum of squares (Welford 1962), so
 * the whole search is linear, and a large mean costs no digits. */
static size_t best_cut(const double x[], size_t k, size_t most)
{
    double best = INFINITY, mean = 0, m2 = 0;
    size_t cut = 0;

    for (size_t d = k; d-- > 0;) {
        double left = (double)(k - d);
        double delta = mean_of(x + d * MSER_BATCH, MSER_BATCH) - mean, statistic;

        mean += delta / left;
        m2 += delta * delta * (left - 1) / left;
        statistic = m2 / (left * left);
        /* The last five batches alone always look steady: they are no evidence. */
        if (k - d > 5 && d <= most && statistic <= best) {
            best = statistic;
            cut = d;
        }
    }
    return cut;
}

struct ana_warmup ana_mser5(const double x[], size_t n)
{
    size_t k = n / MSER_BATCH;
    struct ana_warmup w = {.n_delete = best_cut(x, k, k) * MSER_BATCH};

    w.ok = k > 5 && w.n_delete <= n / 2;
    return w;
}

/* The variance of a value that counts for the mean of many: of batch means, by their successive differences,
 * which a drift hardly moves (von Neumann 1941). */
static double long_run_variance(const double x[], size_t n)
{
    size_t size = n / LEAST_BATCHES;
    const double *from = x + n - size * LEAST_BATCHES;
    double sum = 0;

    for (size_t i = 1; i < LEAST_BATCHES; i++) {
        double step = mean_of(from + i * size, size) - mean_of(from + (i - 1) * size, size);

        sum += step * step;
    }
    return sum / (2 * (LEAST_BATCHES - 1)) * (double)size;
}

bool ana_has_transient(const double x[], size_t n, size_t n_warm)
{
    size_t k = n / MSER_BATCH, cut, n_early, n_late;
    double difference, variance;

    if (k <= 5) {
        return true;
    }
    cut = best_cut(x, k, k / 2) * MSER_BATCH;
    if (cut <= n_warm) {
        return false;
    }
    n_early = cut - n_warm;
    n_late = n - cut;
    difference = mean_of(x + n_warm, n_early) - mean_of(x + cut, n_late);
    variance = long_run_variance(x + cut, n_late) * (1 / (double)n_early + 1 / (double)n_late);
    return fabs(difference) > TRANSIENT_Z * sqrt(variance);
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
