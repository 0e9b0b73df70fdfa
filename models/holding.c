/* Solution of the holding chain.
 *
 * Balance equations (Cuba and Becerra 2015, section 5.2): OFF -> ON_1 and HOLD -> ON_1 at S lambda,
 * HOLD -> OFF at omega = 1/hold, ON_1 -> HOLD at mu, ON_k -> ON_{k+1} at (S-k) lambda,
 * ON_k -> ON_{k-1} at k mu. With a = S lambda:
 *
 *     P_OFF + P_HOLD = A = (1 + lambda/mu)^-S      P_ONk = C(S,k) (lambda/mu)^k A
 *
 * because the number of ON sessions does not depend on the entry. The law of the holding time only
 * shares A out between OFF and HOLD. Derived here, T = mean holding time:
 *
 *   exponential: HOLD ends by a session at rate a or by the clock at rate 1/T, so the clock wins
 *     with p = 1/(1 + aT). Each cycle of "A" is OFF for the mean 1/a once per win:
 *     P_OFF = p A = A/(1 + aT).
 *   fixed: the clock wins with p = exp(-aT), and a HOLD lasts (1 - p)/a on average; per visit to
 *     OFF (mean 1/a) there are 1/p HOLDs: P_OFF/A = 1/(1 + (1 - p)/p) = exp(-aT).
 *   per entry: given the entry's draw t the HOLDs between two visits to OFF last (exp(at) - 1)/a
 *     together; averaged over t ~ Exp(1/T) that is T/(1 - aT) for aT < 1 and infinite otherwise:
 *     P_OFF/A = max(0, 1 - aT).
 *
 * All of it is kept as logarithms so that 1 - P_OFF comes from expm1. */
#include "models/holding.h"

#include <math.h>
#include <string.h>

#include "models/binomial.h"

static const char *const LAW_NAMES[] = {
    [HOLD_EXPONENTIAL] = "exponential",
    [HOLD_FIXED] = "fixed",
    [HOLD_PER_ENTRY] = "per-entry",
    [HOLD_THRESHOLD] = "threshold",
};
enum { N_LAWS = sizeof LAW_NAMES / sizeof LAW_NAMES[0] };

const char *hold_law_name(enum hold_law law)
{
    return (size_t)law < N_LAWS ? LAW_NAMES[law] : "unknown";
}

bool hold_law_parse(const char *name, enum hold_law *law)
{
    for (size_t i = 0; i < N_LAWS; i++) {
        if (strcmp(name, LAW_NAMES[i]) == 0) {
            *law = (enum hold_law)i;
            return true;
        }
    }
    return false;
}

static bool chain_is_valid(const struct holding_chain *c)
{
    return c->lambda_per_s >= 0 && isfinite(c->lambda_per_s) && c->mu_per_s > 0 &&
           isfinite(c->mu_per_s) && c->hold_s >= 0 && c->law <= HOLD_PER_ENTRY;
}

/* a T: sessions that a holding time sees on average; 0 when nobody calls, whatever T is. */
static double calls_per_hold(double a, double hold_s)
{
    return a > 0 && hold_s > 0 ? a * hold_s : 0;
}

/* ln(P_OFF / A) and P_HOLD / A as functions of aT (see the derivations above). */
static double log_off_share(enum hold_law law, double a_t)
{
    switch (law) {
    case HOLD_EXPONENTIAL:
        return -log1p(a_t);
    case HOLD_FIXED:
        return -a_t;
    case HOLD_PER_ENTRY:
        return a_t < 1 ? log1p(-a_t) : -INFINITY;
    case HOLD_THRESHOLD:
        break;
    }
    return 0;
}

static double hold_share(enum hold_law law, double a_t)
{
    switch (law) {
    case HOLD_EXPONENTIAL:
        return a_t > 0 ? 1 / (1 + 1 / a_t) : 0;
    case HOLD_FIXED:
        return -expm1(-a_t);
    case HOLD_PER_ENTRY:
        return fmin(a_t, 1);
    case HOLD_THRESHOLD:
        break;
    }
    return 0;
}

/* Fills "state" from ln A, the probability that no session is ON. */
static void share_out(const struct holding_chain *c, double log_idle, struct holding_state *state)
{
    double a = c->n_sources * c->lambda_per_s;
    double a_t = calls_per_hold(a, c->hold_s);
    double log_off = log_idle + log_off_share(c->law, a_t);

    state->p_off_frac = exp(log_off);
    state->p_hold_frac = exp(log_idle) * hold_share(c->law, a_t);
    state->p_on_frac = -expm1(log_idle);
    state->occupancy_frac = -expm1(log_off);
    /* In this order nothing overflows that would not overflow in exact arithmetic. */
    state->arrivals_per_s = c->lambda_per_s * (c->n_sources * state->p_off_frac);
}

/* (1 + lambda/mu)^-S: Cuba and Becerra 2015, section 5.2, binomial sum. */
enum model_status model_holding_exact(const struct holding_chain *chain,
                                      struct holding_state *state)
{
    *state = (struct holding_state){0};
    if (!chain_is_valid(chain)) {
        return MODEL_DOMAIN;
    }
    double log_idle = 0;
    if (chain->n_sources > 0) {
        log_idle = -(double)chain->n_sources * log1p(chain->lambda_per_s / chain->mu_per_s);
    }
    share_out(chain, log_idle, state);
    return MODEL_OK;
}

/* exp(-rho_lambda), rho_lambda = S lambda/mu: Cuba and Becerra 2015, section 5.2, large S. */
enum model_status model_holding_limit(const struct holding_chain *chain,
                                      struct holding_state *state)
{
    *state = (struct holding_state){0};
    if (!chain_is_valid(chain)) {
        return MODEL_DOMAIN;
    }
    double log_idle = 0;
    if (chain->n_sources > 0) {
        log_idle = -(double)chain->n_sources * (chain->lambda_per_s / chain->mu_per_s);
    }
    share_out(chain, log_idle, state);
    return MODEL_OK;
}

/* C(S,k) (lambda/mu)^k A is the binomial probability with p = lambda/(lambda + mu). */
struct model_result model_holding_p_on(const struct holding_chain *chain, uint32_t k)
{
    if (!chain_is_valid(chain) || k > chain->n_sources) {
        return model_none(MODEL_DOMAIN);
    }
    double odds = chain->lambda_per_s / chain->mu_per_s;
    double p = isfinite(odds) ? odds / (1 + odds) : 1;
    return model_binomial_pmf(chain->n_sources, k, p, 1 / (1 + odds));
}

/* The binomial law's limit: Poisson with mean rho_lambda. */
struct model_result model_holding_p_on_limit(const struct holding_chain *chain, uint32_t k)
{
    if (!chain_is_valid(chain)) {
        return model_none(MODEL_DOMAIN);
    }
    return model_poisson_pmf(k, chain->n_sources * (chain->lambda_per_s / chain->mu_per_s));
}
