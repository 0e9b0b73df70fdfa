#include "models/mobility.h"

#include <math.h>

/* ln q, the probability that an idle period ends by the clock, when sessions come at rate a and moves at m. */
static double log_ends(const struct holding_chain *c, double a, double m)
{
    if (!(a > 0) || !(c->hold_s > 0)) {
        return 0;
    }
    if (c->law == HOLD_EXPONENTIAL) {
        return -log1p(a * c->hold_s);
    }
    /* (a + m)/(a + m E) = 1/(1 - (1 - E) m/(a + m)) */
    return -(a + m) * c->hold_s - log1p(expm1(-(a + m) * c->hold_s) * (m / (a + m)));
}

enum model_status model_mobility(const struct holding_chain *chain, double moves_per_s,
                                 struct mobility_state *state)
{
    struct holding_state still;
    double lambda = chain->lambda_per_s, mu = chain->mu_per_s, p, log_idle, log_off, faster;

    *state = (struct mobility_state){0};
    if (!(moves_per_s >= 0) || !isfinite(moves_per_s) || chain->law == HOLD_PER_ENTRY ||
        model_holding_exact(chain, &still) != MODEL_OK) {
        return MODEL_DOMAIN;
    }
    p = lambda / (lambda + mu);
    faster = 1 + moves_per_s / (lambda + mu);
    log_idle = chain->n_sources ? -(double)chain->n_sources * log1p(lambda / mu) : 0;
    log_off = log_idle + log_ends(chain, chain->n_sources * lambda * faster, moves_per_s);
    state->p_off_frac = exp(log_off);
    state->occupancy_frac = -expm1(log_off);
    state->arrivals_per_s = chain->n_sources * lambda * faster * state->p_off_frac;
    state->moves_per_s = chain->n_sources * moves_per_s * p * state->p_off_frac;
    return MODEL_OK;
}
