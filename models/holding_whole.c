/* Holding times in whole seconds.
 *
 * For t exponential with mean T and k = max(1, round(t)): P(k = 1) = 1 - w with w = e^(-1.5/T), and
 * given k >= 2, k - 1 is geometric with q = e^(-1/T). So
 *
 *     1 - E[e^(-ak)] = (1 - e^(-a)) (1 - w + w (1 + e^(-a) (1 - q))/(1 - q e^(-a)))
 *
 * whose terms are all positive; E[e^(ak)] - 1 is the same with -a for a, while q e^a < 1. */
#include "models/holding_whole.h"

#include <math.h>

/* (1 - e^(-b))'s companion in the formula above, for b = a or b = -a. */
static double companion(double b, double hold_s)
{
    double w = exp(-1.5 / hold_s);
    double not_w = -expm1(-1.5 / hold_s);
    double not_q = -expm1(-1 / hold_s);

    return not_w + w * (1 + exp(-b) * not_q) / -expm1(-b - 1 / hold_s);
}

static double whole(double hold_s)
{
    return fmax(1, rint(hold_s));
}

/* ln(P_OFF/A), a > 0. */
static double log_off_share(enum hold_law law, double a, double hold_s)
{
    if (law == HOLD_FIXED || hold_s == 0) {
        return -a * whole(hold_s);
    }
    if (isinf(hold_s) || (law == HOLD_PER_ENTRY && a >= 1 / hold_s)) {
        return -INFINITY;
    }
    if (law == HOLD_EXPONENTIAL) {
        return log1p(-fmin(-expm1(-a) * companion(a, hold_s), 1));
    }
    return -log1p(expm1(a) * companion(-a, hold_s));
}

enum model_status model_holding_whole(const struct holding_chain *chain,
                                      struct holding_state *state)
{
    struct holding_chain none = *chain;
    enum model_status status = model_holding_exact(chain, state);
    double a = chain->n_sources * chain->lambda_per_s;

    if (status != MODEL_OK || a == 0) {
        return status;
    }
    none.hold_s = 0;
    model_holding_exact(&none, state);
    double share = log_off_share(chain->law, a, chain->hold_s);
    double log_off = chain->n_sources * -log1p(chain->lambda_per_s / chain->mu_per_s) + share;
    double idle = state->p_off_frac;

    state->p_off_frac = exp(log_off);
    state->p_hold_frac = idle * -expm1(share);
    state->occupancy_frac = -expm1(log_off);
    state->arrivals_per_s = chain->lambda_per_s * (chain->n_sources * state->p_off_frac);
    return MODEL_OK;
}

/* 1 + w/(1 - q). */
struct model_result model_holding_whole_mean(enum hold_law law, double hold_s)
{
    if (!(hold_s >= 0) || isinf(hold_s) || law > HOLD_PER_ENTRY) {
        return model_none(MODEL_DOMAIN);
    }
    if (law == HOLD_FIXED || hold_s == 0) {
        return model_value(whole(hold_s), 0);
    }
    double mean = 1 + exp(-1.5 / hold_s) / -expm1(-1 / hold_s);
    return model_value(mean, 1e-15 * mean);
}
