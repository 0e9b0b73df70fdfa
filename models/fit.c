/* Maximum likelihood and Kolmogorov-Smirnov distances. */
#include "models/fit.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "models/rng_gsl.h"
#include "models/root.h"

static const char *const NAMES[] = {
    [FIT_EXPONENTIAL] = "exponential",
    [FIT_LOGNORMAL] = "lognormal",
    [FIT_PARETO] = "pareto",
    [FIT_TRUNCATED_PARETO] = "truncated-pareto",
    [FIT_ZIPF] = "zipf",
};
enum { N_LAWS = sizeof NAMES / sizeof NAMES[0] };

const char *fit_law_name(enum fit_law law)
{
    return (size_t)law < N_LAWS ? NAMES[law] : "unknown";
}

struct data {
    const double *x; /* Rising. */
    size_t n;
    double sum, sum_log; /* sum_log only of positive values. */
};

static bool data_init(struct data *d, enum fit_law law, const double *x, size_t n)
{
    bool zero_allowed = law == FIT_EXPONENTIAL || law == FIT_ZIPF;

    *d = (struct data){.x = x, .n = n};
    if (n < 2 || (size_t)law >= N_LAWS) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!(x[i] >= 0) || !isfinite(x[i]) || (i > 0 && x[i] < x[i - 1]) ||
            (x[i] == 0 && !zero_allowed) || (law == FIT_ZIPF && x[i] != floor(x[i]))) {
            return false;
        }
        d->sum += x[i];
        d->sum_log += x[i] > 0 ? log(x[i]) : 0;
    }
    return d->sum > 0 && isfinite(d->sum) && (law == FIT_EXPONENTIAL || x[0] < x[n - 1]) &&
           (law != FIT_ZIPF || d->sum <= 4e9);
}

/* ---- Estimates. ---- */

static void fit_exponential(const struct data *d, struct fit *fit)
{
    fit->scale = d->sum / (double)d->n;
    fit->log_likelihood = -(double)d->n * (log(fit->scale) + 1);
}

static void fit_lognormal(const struct data *d, struct fit *fit)
{
    double n = (double)d->n, mean = d->sum_log / n, spread = 0;

    for (size_t i = 0; i < d->n; i++) {
        spread += (log(d->x[i]) - mean) * (log(d->x[i]) - mean) / n;
    }
    fit->scale = exp(mean);
    fit->shape = sqrt(spread);
    fit->log_likelihood = -d->sum_log - n / 2 * (log(2 * M_PI * spread) + 1);
}

/* Sum of ln(x/x_m). */
static double sum_log_ratio(const struct data *d)
{
    double sum = 0;

    for (size_t i = 0; i < d->n; i++) {
        sum += log(d->x[i] / d->x[0]);
    }
    return sum;
}

static void fit_pareto(const struct data *d, struct fit *fit)
{
    double n = (double)d->n;

    fit->scale = d->x[0];
    fit->shape = n / sum_log_ratio(d);
    fit->log_likelihood =
        n * log(fit->shape) + n * fit->shape * log(fit->scale) - (fit->shape + 1) * d->sum_log;
}

struct truncation {
    double mean_log; /* Of x/x_m. */
    double log_span; /* ln(upper/x_m). */
};

/* Mean of ln(x/x_m) under alpha, less the measured one: 1/alpha - L/(e^(alpha L) - 1) - mean. */
static double mean_log_excess(double alpha, const void *ctx)
{
    const struct truncation *t = ctx;
    double y = alpha * t->log_span;
    double mean = y < 1e-4 ? 0.5 - y / 12 : 1 / y - 1 / expm1(y);

    return t->log_span * mean - t->mean_log;
}

static enum model_status fit_truncated(const struct data *d, struct fit *fit)
{
    struct truncation t = {sum_log_ratio(d) / (double)d->n, log(d->x[d->n - 1] / d->x[0])};
    struct model_result alpha;
    double n = (double)d->n;

    if (!(t.mean_log > 0) || mean_log_excess(0, &t) <= 0) {
        return MODEL_DOMAIN;
    }
    alpha = model_root_find(mean_log_excess, &t, 0, 2 / t.mean_log, 1e-14, 1e-13);
    if (alpha.status != MODEL_OK) {
        return alpha.status;
    }
    fit->scale = d->x[0];
    fit->upper = d->x[d->n - 1];
    fit->shape = alpha.value;
    fit->log_likelihood = n * log(alpha.value) + n * alpha.value * log(fit->scale) -
                          (alpha.value + 1) * d->sum_log -
                          n * log(-expm1(-alpha.value * t.log_span));
    return MODEL_OK;
}

struct ranks {
    size_t n;
    double mean_log; /* Of the rank, over all that was counted. */
};

static double mean_log_rank_excess(double s, const void *ctx)
{
    const struct ranks *r = ctx;
    double sum = 0, sum_log = 0;

    for (size_t k = r->n; k >= 1; k--) {
        double weight = pow((double)k, -s);
        sum += weight;
        sum_log += weight * log((double)k);
    }
    return sum_log / sum - r->mean_log;
}

static double harmonic(size_t n, double s)
{
    double sum = 0;

    for (size_t k = n; k >= 1; k--) {
        sum += pow((double)k, -s);
    }
    return sum;
}

/* The likelihood's derivative is 0 where the mean of ln(rank) is the measured one. */
static enum model_status fit_zipf(const struct data *d, struct fit *fit)
{
    struct ranks r = {.n = d->n};
    struct model_result s;

    for (size_t k = 1; k <= d->n; k++) {
        r.mean_log += d->x[d->n - k] / d->sum * log((double)k);
    }
    s = model_root_find(mean_log_rank_excess, &r, 0, 50, 1e-12, 1e-12);
    if (s.status != MODEL_OK) {
        return s.status;
    }
    fit->shape = s.value;
    fit->log_likelihood = -d->sum * (s.value * r.mean_log + log(harmonic(d->n, s.value)));
    return MODEL_OK;
}

/* ---- Distance. ---- */

static double cdf(enum fit_law law, const struct fit *f, double x)
{
    switch (law) {
    case FIT_EXPONENTIAL:
        return -expm1(-x / f->scale);
    case FIT_LOGNORMAL:
        return erfc(-log(x / f->scale) / f->shape * M_SQRT1_2) / 2;
    case FIT_PARETO:
        return -expm1(-f->shape * log(x / f->scale));
    case FIT_TRUNCATED_PARETO:
        return expm1(-f->shape * log(x / f->scale)) / expm1(-f->shape * log(f->upper / f->scale));
    case FIT_ZIPF:
        break;
    }
    return 0;
}

static double distance_by_rank(const struct data *d, const struct fit *f)
{
    double total = harmonic(d->n, f->shape);
    double model = 0, measured = 0, most = 0;

    for (size_t k = 1; k <= d->n; k++) {
        model += pow((double)k, -f->shape) / total;
        measured += d->x[d->n - k] / d->sum;
        most = fmax(most, fabs(model - measured));
    }
    return most;
}

static double distance(enum fit_law law, const struct data *d, const struct fit *f)
{
    double n = (double)d->n, most = 0;

    if (law == FIT_ZIPF) {
        return distance_by_rank(d, f);
    }
    for (size_t i = 0; i < d->n; i++) {
        double p = cdf(law, f, d->x[i]);
        most = fmax(most, fmax(p - (double)i / n, ((double)i + 1) / n - p));
    }
    return most;
}

enum model_status model_fit(enum fit_law law, const double *values, size_t n, struct fit *fit)
{
    enum model_status status = MODEL_OK;
    struct data d;

    *fit = (struct fit){0};
    if (!data_init(&d, law, values, n)) {
        return MODEL_DOMAIN;
    }
    switch (law) {
    case FIT_EXPONENTIAL:
        fit_exponential(&d, fit);
        break;
    case FIT_LOGNORMAL:
        fit_lognormal(&d, fit);
        break;
    case FIT_PARETO:
        fit_pareto(&d, fit);
        break;
    case FIT_TRUNCATED_PARETO:
        status = fit_truncated(&d, fit);
        break;
    case FIT_ZIPF:
        status = fit_zipf(&d, fit);
        break;
    }
    if (status == MODEL_OK) {
        fit->ks_distance = distance(law, &d, fit);
    }
    return status;
}

/* ---- Bootstrap. ---- */

static double draw(enum fit_law law, const struct fit *f, const gsl_rng *rng)
{
    double u = gsl_rng_uniform_pos(rng);

    switch (law) {
    case FIT_EXPONENTIAL:
        return -f->scale * log(u);
    case FIT_LOGNORMAL:
        return f->scale * exp(gsl_ran_gaussian(rng, f->shape));
    case FIT_PARETO:
        return f->scale * pow(u, -1 / f->shape);
    case FIT_TRUNCATED_PARETO:
        return f->scale * exp(-log1p(u * expm1(-f->shape * log(f->upper / f->scale))) / f->shape);
    case FIT_ZIPF:
        break;
    }
    return 0;
}

/* As many counts as were measured, spread over the ranks: binomial after binomial. */
static void draw_counts(const struct fit *f, double total, double *out, size_t n,
                        const gsl_rng *rng)
{
    double rest = harmonic(n, f->shape);

    for (size_t k = 1; k <= n; k++) {
        double weight = pow((double)k, -f->shape);
        double p = k < n ? fmin(1, weight / rest) : 1;

        out[k - 1] = gsl_ran_binomial(rng, p, (unsigned)total);
        total -= out[k - 1];
        rest -= weight;
    }
}

static double replica_distance(enum fit_law law, const struct fit *fit, double total, double *work,
                               size_t n, const gsl_rng *rng)
{
    struct fit again;

    if (law == FIT_ZIPF) {
        draw_counts(fit, total, work, n, rng);
    } else {
        for (size_t i = 0; i < n; i++) {
            work[i] = draw(law, fit, rng);
        }
    }
    gsl_sort(work, 1, n);
    return model_fit(law, work, n, &again) == MODEL_OK ? again.ks_distance : 0;
}

struct model_result model_fit_p(enum fit_law law, const struct fit *fit, const double *values,
                                size_t n, uint32_t n_replicas, uint64_t seed)
{
    struct data d;
    uint32_t farther = 0;

    if (n_replicas == 0 || !data_init(&d, law, values, n)) {
        return model_none(MODEL_DOMAIN);
    }
    gsl_rng *rng = gsl_rng_alloc(model_rng_xoshiro);
    double *work = xcalloc(n, sizeof *work);
    gsl_rng_set(rng, (unsigned long)seed);
    for (uint32_t i = 0; i < n_replicas; i++) {
        farther += replica_distance(law, fit, d.sum, work, n, rng) >= fit->ks_distance;
    }
    free(work);
    gsl_rng_free(rng);
    double p = (farther + 1.0) / (n_replicas + 1.0);
    return model_value(p, 1.96 * sqrt(p * (1 - p) / n_replicas));
}
