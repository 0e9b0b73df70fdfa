#include "experiments/calibrate_fit.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "simnet/world/traffic_popularity.h"

#define N_STRATA 100       /* Ranks of a law. */
#define HALF_CHI2 1.920729 /* Half the 0.95 quantile of chi squared with one degree of freedom. */

struct question {
    const struct fit_count *counts;
    size_t n;
    double mu_per_s;
    enum popularity_kind kind;
    double lgamma_sum; /* Of n! */
};

/* False when the law has no such parameters. */
static bool strata_of(const struct question *q, double mean, double alpha, double rates[])
{
    struct popularity p;
    double n = (double)q->n;
    enum model_status status =
        q->kind == POPULARITY_PARETO ? model_popularity_pareto(&p, n, mean, alpha, q->mu_per_s)
        : q->kind == POPULARITY_ZIPF ? model_popularity_zipf(&p, n, mean, alpha, q->mu_per_s)
                                     : model_popularity_uniform(&p, n, mean, q->mu_per_s);

    if (status == MODEL_OK) {
        traffic_rates_by_rank(&p, N_STRATA, rates);
    }
    return status == MODEL_OK;
}

/* ln of the mean over the strata of the probability of the count. */
static double log_probability(const struct fit_count *c, const double rates[])
{
    double terms[N_STRATA], most = -INFINITY, sum = 0;

    for (size_t k = 0; k < N_STRATA; k++) {
        double m = fmax(rates[k], 1e-300) * c->exposure_s;

        terms[k] = c->n * log(m) - m;
        most = fmax(most, terms[k]);
    }
    for (size_t k = 0; k < N_STRATA; k++) {
        sum += exp(terms[k] - most);
    }
    return most + log(sum / N_STRATA);
}

static double log_likelihood(const struct question *q, double mean, double alpha)
{
    double rates[N_STRATA], sum = -q->lgamma_sum;

    if (!strata_of(q, mean, alpha, rates)) {
        return -INFINITY;
    }
    for (size_t i = 0; i < q->n; i++) {
        sum += q->counts[i].exposure_s > 0 ? log_probability(&q->counts[i], rates) : 0;
    }
    return sum;
}

typedef double goal_fn(const struct question *q, double x, double other);

static double goal_mean(const struct question *q, double log_mean, double alpha)
{
    return log_likelihood(q, exp(log_mean), alpha);
}

/* The largest value of 'goal' between 'low' and 'high', where it has one peak (golden section). */
static double climb(goal_fn *goal, const struct question *q, double other, double low, double high,
                    int n_steps, double *best)
{
    const double part = 0.618034;
    double a = high - part * (high - low), b = low + part * (high - low);
    double fa = goal(q, a, other), fb = goal(q, b, other);

    for (int i = 0; i < n_steps; i++) {
        if (fa > fb) {
            high = b;
            b = a;
            fb = fa;
            a = high - part * (high - low);
            fa = goal(q, a, other);
        } else {
            low = a;
            a = b;
            fa = fb;
            b = low + part * (high - low);
            fb = goal(q, b, other);
        }
    }
    *best = (low + high) / 2;
    return fmax(fa, fb);
}

struct profile {
    double low, high; /* Of ln(mean sessions). */
};

static double at_alpha(const struct question *q, const struct profile *p, double alpha,
                       double *log_mean)
{
    return climb(goal_mean, q, alpha, p->low, p->high, 16, log_mean);
}

#define N_ALPHA 48

/* Pareto shapes above 1, Zipf exponents above 0. */
static double alpha_of(enum popularity_kind kind, size_t i)
{
    return kind == POPULARITY_PARETO ? 1.02 + 0.0016 * (double)(i * i) : 0.05 + 0.04 * (double)i;
}

static void fit_alpha(const struct question *q, const struct profile *p, struct popularity_fit *fit)
{
    double values[N_ALPHA], means[N_ALPHA], best = -INFINITY;
    size_t at = 0;

    for (size_t i = 0; i < N_ALPHA; i++) {
        values[i] = at_alpha(q, p, alpha_of(q->kind, i), &means[i]);
        if (values[i] > best) {
            best = values[i];
            at = i;
        }
    }
    fit->alpha =
        (struct estimate){alpha_of(q->kind, at), alpha_of(q->kind, at), alpha_of(q->kind, at)};
    fit->log_likelihood = best;
    fit->mean_sessions.value = exp(means[at]);
    fit->fitted = isfinite(best);
    for (size_t i = 0; i < N_ALPHA; i++) { /* A step of the grid beyond what is as good. */
        if (values[i] > best - HALF_CHI2) {
            fit->alpha.low = fmin(fit->alpha.low, alpha_of(q->kind, i ? i - 1 : 0));
            fit->alpha.high = fmax(fit->alpha.high, alpha_of(q->kind, i + 1));
        }
    }
}

static void fit_mean_interval(const struct question *q, struct popularity_fit *fit)
{
    double least = fit->log_likelihood - HALF_CHI2, step = 0.005;
    double low = fit->mean_sessions.value, high = low;

    for (int i = 0; i < 400 && log_likelihood(q, low, fit->alpha.value) > least; i++) {
        low *= 1 - step;
    }
    for (int i = 0; i < 400 && log_likelihood(q, high, fit->alpha.value) > least; i++) {
        high *= 1 + step;
    }
    fit->mean_sessions.low = low;
    fit->mean_sessions.high = high;
}

/* --- Goodness --------------------------------------------------------------------------------------- */

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* P(D > d) of Kolmogorov, with Stephens' correction for n (1970). */
static double kolmogorov(double d, double n)
{
    double x = d * (sqrt(n) + 0.12 + 0.11 / sqrt(n)), sum = 0;

    if (x < 0.2) {
        return 1;
    }
    for (int k = 1; k < 100; k++) {
        sum += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * x * x);
    }
    return fmin(1, fmax(0, sum));
}

/* Under the law F(n − 1) + V P(n) is uniform, with V uniform. */
static double goodness(const struct question *q, const struct popularity_fit *fit)
{
    double rates[N_STRATA], *u = xcalloc(q->n + 1, sizeof *u), d = 0;
    struct rng rng;

    rng_seed(&rng, 2385);
    strata_of(q, fit->mean_sessions.value, fit->alpha.value, rates);
    for (size_t i = 0; i < q->n; i++) {
        double v = rng_uniform(&rng);

        for (size_t k = 0; k < N_STRATA; k++) {
            double m = rates[k] * q->counts[i].exposure_s, n = q->counts[i].n;
            double up_to = gsl_cdf_poisson_P((unsigned)n, m);
            double below = n > 0 ? gsl_cdf_poisson_P((unsigned)n - 1, m) : 0;

            u[i] += (below + v * (up_to - below)) / N_STRATA;
        }
    }
    qsort(u, q->n, sizeof *u, rising);
    for (size_t i = 0; i < q->n; i++) {
        d = fmax(d, fmax(u[i] - (double)i / (double)q->n, ((double)i + 1) / (double)q->n - u[i]));
    }
    free(u);
    return kolmogorov(d, (double)q->n);
}

static void fit_law(struct question *q, enum popularity_kind kind, double sessions,
                    struct popularity_fit *fit)
{
    struct profile p = {log(sessions / 30), log(fmin(sessions * 30, (double)q->n - 1.001))};
    double log_mean;

    *fit = (struct popularity_fit){.kind = kind};
    q->kind = kind;
    if (kind == POPULARITY_UNIFORM) {
        fit->log_likelihood = climb(goal_mean, q, 0, p.low, p.high, 40, &log_mean);
        fit->mean_sessions.value = exp(log_mean);
        fit->fitted = isfinite(fit->log_likelihood);
    } else {
        fit_alpha(q, &p, fit);
    }
    fit->aic = 2 * (kind == POPULARITY_UNIFORM ? 1 : 2) - 2 * fit->log_likelihood;
    if (fit->fitted) {
        fit_mean_interval(q, fit);
        fit->p_frac = goodness(q, fit);
    }
}

void calibrate_popularity(const struct fit_count counts[], size_t n, struct calibration *out)
{
    static const enum popularity_kind kinds[] = {POPULARITY_UNIFORM, POPULARITY_PARETO,
                                                 POPULARITY_ZIPF};
    struct question q = {.counts = counts, .n = n, .mu_per_s = 1 / out->session_s.value};
    double odds = out->rate_per_s.value * out->session_s.value;

    for (size_t i = 0; i < n; i++) {
        q.lgamma_sum += lgamma(counts[i].n + 1);
    }
    for (size_t k = 0; k < CALIBRATE_LAWS; k++) {
        fit_law(&q, kinds[k], (double)(n - 1) * odds / (1 + odds), &out->fits[k]);
        if (out->fits[k].fitted &&
            (!out->fits[out->best].fitted || out->fits[k].aic < out->fits[out->best].aic)) {
            out->best = k;
        }
    }
}
