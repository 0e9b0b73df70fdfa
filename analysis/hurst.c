#include "analysis/hurst.h"

#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

#define MAX_SCALES 64
#define FEWEST_SCALES 3

/* Points of a straight line, with weights. */
struct points {
    size_t n;
    double x[MAX_SCALES], y[MAX_SCALES], weight[MAX_SCALES];
};

static void add_point(struct points *p, double x, double y, double weight)
{
    if (p->n < MAX_SCALES && isfinite(y)) {
        p->x[p->n] = x;
        p->y[p->n] = y;
        p->weight[p->n++] = weight;
    }
}

struct line {
    double slope, intercept, sxx;
};

static struct line fit_line(const struct points *p)
{
    double sw = 0, sx = 0, sy = 0, sxy = 0;
    struct line line = {0};

    for (size_t i = 0; i < p->n; i++) {
        sw += p->weight[i];
        sx += p->weight[i] * p->x[i];
        sy += p->weight[i] * p->y[i];
    }
    for (size_t i = 0; i < p->n; i++) {
        double dx = p->x[i] - sx / sw;

        line.sxx += p->weight[i] * dx * dx;
        sxy += p->weight[i] * dx * (p->y[i] - sy / sw);
    }
    line.slope = sxy / line.sxx;
    line.intercept = (sy - line.slope * sx) / sw;
    return line;
}

/* Of the slope, from what the points are off the line; all weights are 1. */
static double slope_error(const struct points *p, const struct line *line)
{
    double rest = 0;

    for (size_t i = 0; i < p->n; i++) {
        double off = p->y[i] - line->intercept - line->slope * p->x[i];

        rest += off * off;
    }
    return sqrt(rest / (double)(p->n - 2) / line->sxx);
}

static bool finish(const struct points *p, double factor, double offset, bool weighted,
                   struct hurst *out)
{
    struct line line;

    *out = (struct hurst){0};
    if (p->n < FEWEST_SCALES) {
        return false;
    }
    line = fit_line(p);
    *out = (struct hurst){.h = factor * line.slope + offset,
                          .std_error =
                              factor * (weighted ? sqrt(1 / line.sxx) : slope_error(p, &line)),
                          .n_scales = p->n};
    return true;
}

static double mean_of(const double x[], size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

/* Sizes of blocks go up by the square root of 2, as far as ten blocks fit. */
static size_t next_size(size_t m)
{
    size_t next = (size_t)lround((double)m * M_SQRT2);

    return next > m ? next : m + 1;
}

/* --- Variance-time ------------------------------------------------------------------------------ */

static double variance_of_means(const double x[], size_t n, size_t m)
{
    size_t n_blocks = n / m;
    double mean = mean_of(x, n_blocks * m), sum = 0;

    for (size_t b = 0; b < n_blocks; b++) {
        double off = mean_of(x + b * m, m) - mean;

        sum += off * off;
    }
    return sum / (double)(n_blocks - 1);
}

bool hurst_variance_time(const double x[], size_t n, size_t least, struct hurst *out)
{
    struct points p = {0};

    for (size_t m = least; m <= n / 10; m = next_size(m)) {
        add_point(&p, log((double)m), log(variance_of_means(x, n, m)), 1);
    }
    return finish(&p, 0.5, 1, false, out);
}

/* --- R/S ----------------------------------------------------------------------------------------- */

/* Of one block; 0 when it is constant. */
static double rescaled_range(const double x[], size_t m)
{
    double mean = mean_of(x, m), sum = 0, squares = 0, most = 0, least = 0;

    for (size_t i = 0; i < m; i++) {
        sum += x[i] - mean;
        squares += (x[i] - mean) * (x[i] - mean);
        most = fmax(most, sum);
        least = fmin(least, sum);
    }
    return squares > 0 ? (most - least) / sqrt(squares / (double)m) : 0;
}

bool hurst_rs(const double x[], size_t n, size_t least, struct hurst *out)
{
    struct points p = {0};

    for (size_t m = least < 8 ? 8 : least; m <= n / 10; m = next_size(m)) {
        double sum = 0;

        for (size_t b = 0; b < n / m; b++) {
            sum += rescaled_range(x + b * m, m);
        }
        add_point(&p, log((double)m), log(sum / (double)(n / m)), 1);
    }
    return finish(&p, 1, 0, false, out);
}

/* --- Wavelet ------------------------------------------------------------------------------------- */

/* One octave: halves 'x' of 'n' in place; the mean square of the details. */
static double halve(double x[], size_t n)
{
    double squares = 0;

    for (size_t i = 0; i < n / 2; i++) {
        double a = x[2 * i], b = x[2 * i + 1];

        squares += (a - b) * (a - b) / 2;
        x[i] = (a + b) * M_SQRT1_2;
    }
    return squares / (double)(n / 2);
}

/* E log2 of a mean of k squares is lower than the log2 of its expectation by this much. */
static double log_bias(double k)
{
    return gsl_sf_psi(k / 2) / M_LN2 - log2(k / 2);
}

bool hurst_wavelet(const double x[], size_t n, size_t least, struct hurst *out)
{
    double *work = xcalloc(n + 1, sizeof *work);
    struct points p = {0};
    int octave = 0;

    memcpy(work, x, n * sizeof *work);
    for (size_t left = n; left / 2 >= 4; left /= 2) {
        double k = (double)(left / 2), square = halve(work, left);

        octave++;
        if ((size_t)1 << octave >= least) {
            /* The variance of the log2 is 2/(k ln² 2). */
            add_point(&p, octave, log2(square) - log_bias(k), k * M_LN2 * M_LN2 / 2);
        }
    }
    free(work);
    return finish(&p, 0.5, 0.5, true, out);
}
