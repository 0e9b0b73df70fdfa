#include "models/varying.h"

#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"

#define FINE 100.0
#define MAX_STEPS 1e8

struct varying {
    struct varying_params p;
    size_t per_bin;         /* Steps of a bin. */
    size_t n;               /* Steps. */
    double h_s;             /* Of a step. */
    double *common, *surge; /* In the middle of each step. */
    double *p_on, *load;    /* At the n + 1 ends of steps: p and ∫ lambda of the present chain. */
};

static double step_wanted_s(const struct varying_params *p)
{
    double grain_s = fmin(rate_shape_grain_s(p->shape), 1 / p->mu_per_s);

    return (p->hold_s > 0 ? fmin(grain_s, p->hold_s) : grain_s) / FINE;
}

static void sample_shape(struct varying *v)
{
    v->common = xcalloc(v->n, sizeof *v->common);
    v->surge = xcalloc(v->n, sizeof *v->surge);
    for (size_t i = 0; i < v->n; i++) {
        double t_s = ((double)i + 0.5) * v->h_s;

        v->common[i] = rate_shape_common(v->p.shape, t_s);
        v->surge[i] = rate_shape_surge(v->p.shape, t_s);
    }
}

struct varying *model_varying_new(const struct varying_params *p)
{
    struct varying *v;
    double per_bin;

    if (rate_shape_error(p->shape) || !(p->mu_per_s > 0) || !isfinite(p->mu_per_s) ||
        !(p->hold_s >= 0) || !isfinite(p->hold_s) || !(p->bin_s > 0) || !p->n_bins) {
        return NULL;
    }
    per_bin = ceil(p->bin_s / step_wanted_s(p));
    if (!(per_bin * (double)p->n_bins <= MAX_STEPS)) {
        return NULL;
    }
    v = xcalloc(1, sizeof *v);
    v->p = *p;
    v->per_bin = (size_t)per_bin;
    v->n = v->per_bin * p->n_bins;
    v->h_s = p->bin_s / per_bin;
    sample_shape(v);
    v->p_on = xcalloc(v->n + 1, sizeof *v->p_on);
    v->load = xcalloc(v->n + 1, sizeof *v->load);
    v->p.shape = NULL;
    return v;
}

void model_varying_free(struct varying *v)
{
    if (v) {
        free(v->common);
        free(v->surge);
        free(v->p_on);
        free(v->load);
        free(v);
    }
}

static double rate_in(const struct varying *v, const struct varying_chain *chain, size_t i)
{
    return chain->lambda_per_s * v->common[i] * (chain->in_surge ? 1 + v->surge[i] : 1);
}

/* Each step is solved exactly for the rate in its middle. */
static void integrate(struct varying *v, const struct varying_chain *chain)
{
    v->p_on[0] = v->load[0] = 0;
    for (size_t i = 0; i < v->n; i++) {
        double lambda = rate_in(v, chain, i), sum = lambda + v->p.mu_per_s;

        v->p_on[i + 1] = lambda / sum + (v->p_on[i] - lambda / sum) * exp(-sum * v->h_s);
        v->load[i + 1] = v->load[i] + lambda * v->h_s;
    }
}

/* Of the values at the ends of steps, at the time of 'at' steps. */
static double between(const double values[], double at)
{
    size_t i = (size_t)at;

    return at <= 0 ? values[0] : values[i] + (at - (double)i) * (values[i + 1] - values[i]);
}

/* ln P_OFF at the time of 'at' steps, which is not the last. */
static double log_p_off(const struct varying *v, double n_sources, double at)
{
    double back = at - v->p.hold_s / v->h_s;

    return n_sources *
           (log1p(-between(v->p_on, back)) - between(v->load, at) + between(v->load, back));
}

void model_varying_add(struct varying *v, const struct varying_chain *chain, double weight,
                       double occupancy[], double arrivals_per_s[])
{
    double n = chain->n_sources;

    integrate(v, chain);
    for (size_t b = 0; b < v->p.n_bins; b++) {
        size_t end = (b + 1) * v->per_bin;
        double arrivals = 0;

        for (size_t i = end - v->per_bin; i < end; i++) {
            arrivals += n * rate_in(v, chain, i) * exp(log_p_off(v, n, (double)i + 0.5));
        }
        /* The end of the last step has nothing behind it to interpolate with. */
        occupancy[b] -= weight * expm1(log_p_off(v, n, (double)end - 1e-9));
        arrivals_per_s[b] += weight * arrivals / (double)v->per_bin;
    }
}
