#include "analysis/ttest.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "analysis/stats.h"
#include "controller/base/alloc.h"

/* The difference 'mean' with the standard error 'se' of 'df' degrees of freedom. */
static struct ana_difference difference_of(double mean, double se, double df, double level)
{
    struct ana_difference d = {.mean = mean, .df = df};

    if (!isfinite(se) || !(df > 0)) {
        d.half_width = INFINITY;
        d.p = 1;
    } else if (se > 0) {
        d.t = mean / se;
        d.half_width = gsl_cdf_tdist_Pinv(0.5 + level / 2, df) * se;
        d.p = 2 * gsl_cdf_tdist_Q(fabs(d.t), df);
    } else {
        d.t = mean == 0 ? 0 : copysign(INFINITY, mean);
        d.p = mean == 0 ? 1 : 0;
    }
    return d;
}

struct ana_difference ana_paired(const double x[], const double y[], size_t n, double level)
{
    double *d = xcalloc(n ? n : 1, sizeof *d);
    struct ana_summary s;

    for (size_t i = 0; i < n; i++) {
        d[i] = x[i] - (y ? y[i] : 0);
    }
    s = ana_summarize(d, n, level);
    free(d);
    return difference_of(s.mean, s.sd / sqrt((double)n), (double)n - 1, level);
}

struct ana_difference ana_welch(const double x[], size_t nx, const double y[], size_t ny,
                                double level)
{
    struct ana_summary sx = ana_summarize(x, nx, level), sy = ana_summarize(y, ny, level);
    double vx = sx.sd * sx.sd / (double)nx, vy = sy.sd * sy.sd / (double)ny;
    double df = (vx + vy) * (vx + vy) / (vx * vx / (double)(nx - 1) + vy * vy / (double)(ny - 1));

    /* Without any spread there is 0 / 0, and it does not matter how many degrees there are. */
    return difference_of(sx.mean - sy.mean, sqrt(vx + vy), vx + vy > 0 ? df : 1, level);
}

static int by_p(const void *a, const void *b)
{
    double x = **(double *const *)a, y = **(double *const *)b;

    return (x > y) - (x < y);
}

/* In ascending order p_(i) becomes max over k ≤ i of (n − k + 1) p_(k), at most 1. */
void ana_holm(double p[], size_t n)
{
    double **order = xcalloc(n ? n : 1, sizeof *order), least = 0;
    size_t n_tests = 0;

    for (size_t i = 0; i < n; i++) {
        if (!isnan(p[i])) {
            order[n_tests++] = &p[i];
        }
    }
    qsort(order, n_tests, sizeof *order, by_p);
    for (size_t i = 0; i < n_tests; i++) {
        least = fmax(least, fmin(1, (double)(n_tests - i) * *order[i]));
        *order[i] = least;
    }
    free(order);
}
