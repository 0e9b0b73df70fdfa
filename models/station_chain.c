/* M/G/1/m with measured service times, by the chain at departures.
 *
 * As for constant service in queue.c: with P(A > j) the probability that one service sees more than
 * j arrivals, levels balance as p_(j+1) P(A = 0) = p_0 P(A > j) + sum_{i=1..j} p_i P(A > j+1-i), all
 * terms positive. The loss is the mean number of arrivals beyond the room left in one service, over
 * the arrivals of a cycle, P(empty) + rho. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "models/station.h"

struct chain {
    size_t m;
    size_t n_above; /* P(A > j) is 0 from here on. */
    double *above;  /* P(A > j). */
    double *excess; /* E[(A - j - 1)^+]: sum of above[i], i > j. */
    double *p;      /* Left behind by a departure, up to a factor. */
    double none;    /* P(A = 0). */
    double sum;
};

/* Mean arrivals of one service, and how many the longest may see. */
static bool survey(double lambda, const double *service_s, size_t n, double *rho, double *most)
{
    double sum = 0, longest = 0;

    for (size_t i = 0; i < n; i++) {
        if (!(service_s[i] >= 0) || !isfinite(service_s[i])) {
            return false;
        }
        sum += service_s[i];
        longest = fmax(longest, service_s[i]);
    }
    *rho = lambda * (sum / (double)n);
    *most = lambda * longest;
    return n > 0 && sum > 0 && isfinite(sum) && isfinite(*most);
}

/* Adds the Poisson probabilities of mean "x", weighted, to pmf[0 .. n-1]. Upwards and downwards
 * from the mode, so that nothing underflows on the way. */
static void add_poisson(double *pmf, size_t n, double x, double weight)
{
    size_t mode = (size_t)x < n ? (size_t)x : n - 1;
    int sign;
    double top =
        weight * exp((double)mode * (x > 0 ? log(x) : 0) - x - lgamma_r((double)mode + 1, &sign));
    double term = top;

    for (size_t k = mode; k < n && term > 0; k++) {
        pmf[k] += term;
        term *= x / (double)(k + 1);
    }
    term = top;
    for (size_t k = mode; k > 0 && term > 0; k--) {
        term *= (double)k / x;
        pmf[k - 1] += term;
    }
}

static void chain_arrivals(struct chain *c, double lambda, const double *service_s, size_t n)
{
    double above = 0, excess = 0;

    for (size_t i = 0; i < n; i++) {
        add_poisson(c->above, c->n_above, lambda * service_s[i], 1 / (double)n);
    }
    c->none = c->above[0];
    for (size_t k = c->n_above; k-- > 0;) {
        double pmf = c->above[k];

        excess += above;
        c->above[k] = above;
        c->excess[k] = excess;
        above += pmf;
    }
}

/* p_0 g(k0) + sum of p_i g(top - i), i = 1 .. last. */
static double convolve(const struct chain *c, const double *g, size_t last, size_t top, size_t k0)
{
    size_t first = top >= c->n_above ? top - c->n_above + 1 : 1;
    double sum = k0 < c->n_above ? c->p[0] * g[k0] : 0;

    for (size_t i = first > 1 ? first : 1; i <= last; i++) {
        sum += c->p[i] * g[top - i];
    }
    return sum;
}

static void chain_solve(struct chain *c)
{
    c->p[0] = 1;
    c->sum = 1;
    for (size_t j = 0; j + 1 < c->m; j++) {
        double p = convolve(c, c->above, j, j + 1, j) / c->none;

        c->p[j + 1] = p;
        c->sum += p;
        if (c->sum > 1e100) { /* Only ratios matter. */
            for (size_t i = 0; i <= j + 1; i++) {
                c->p[i] *= 1e-200;
            }
            c->sum *= 1e-200;
        }
    }
}

static void chain_read(const struct chain *c, double lambda, double rho, struct queue_state *out)
{
    double cycle = c->p[0] / c->sum + rho;
    double lost = convolve(c, c->excess, c->m - 1, c->m, c->m - 1) / c->sum;
    double number = 0;

    for (size_t j = 1; j < c->m; j++) {
        number += (double)j * (c->p[j] / c->sum);
    }
    out->rho = rho;
    out->p_block_frac = lost / cycle;
    out->mean_number = number / cycle + (double)c->m * out->p_block_frac;
    out->throughput_per_s = lambda / cycle;
    if (out->throughput_per_s > 0) {
        out->mean_sojourn_s = out->mean_number / out->throughput_per_s;
        out->mean_wait_s = fmax(0, out->mean_sojourn_s - rho / lambda);
    }
}

enum model_status model_mg1m(double lambda_per_s, const double *service_s, size_t n_samples,
                             uint32_t capacity, struct queue_state *out)
{
    struct chain c = {.m = capacity};
    double rho, most;

    *out = (struct queue_state){0};
    if (!(lambda_per_s >= 0) || !isfinite(lambda_per_s) || capacity == 0 ||
        !survey(lambda_per_s, service_s, n_samples, &rho, &most)) {
        return MODEL_DOMAIN;
    }
    double reach = most + 40 * sqrt(most) + 300;
    if (reach * capacity > 4e9 || reach * (double)n_samples > 4e9) {
        return MODEL_DOMAIN;
    }
    c.n_above = (size_t)reach;
    c.above = xcalloc(c.n_above, sizeof *c.above);
    c.excess = xcalloc(c.n_above, sizeof *c.excess);
    c.p = xcalloc(c.m + 1, sizeof *c.p);
    chain_arrivals(&c, lambda_per_s, service_s, n_samples);
    enum model_status status = c.none > 1e-290 ? MODEL_OK : MODEL_DOMAIN;
    if (status == MODEL_OK) {
        chain_solve(&c);
        chain_read(&c, lambda_per_s, rho, out);
        if (lambda_per_s == 0) { /* Nobody waits, and a response is a service. */
            out->mean_sojourn_s = 0;
        }
    }
    free(c.above);
    free(c.excess);
    free(c.p);
    return status;
}
