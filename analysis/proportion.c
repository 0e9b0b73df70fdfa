#include "analysis/proportion.h"

#include <math.h>

#include <gsl/gsl_cdf.h>

void ana_counts_add(struct ana_counts *sum, const struct ana_counts *more)
{
    sum->trials += more->trials;
    sum->groups += more->groups;
    sum->events += more->events;
    sum->events2 += more->events2;
}

struct ana_odds ana_counts_odds(const struct ana_counts *c)
{
    double effect;

    if (!(c->trials > 0)) {
        return (struct ana_odds){0};
    }
    effect = c->groups > 0 ? c->trials / c->groups : 1;
    if (c->events > 0) {
        effect = fmax(effect, c->events2 / c->events);
    }
    return (struct ana_odds){c->events / effect, c->trials / effect};
}

/* P(X ≥ events) of a binomial X. For a number of events that is not whole this is the beta distribution that goes
 * through all whole ones. */
static double at_least(struct ana_odds seen, double p)
{
    return seen.events > 0 ? gsl_cdf_beta_P(p, seen.events, seen.trials - seen.events + 1) : 1;
}

static double at_most(struct ana_odds seen, double p)
{
    return seen.events < seen.trials ? gsl_cdf_beta_Q(p, seen.events + 1, seen.trials - seen.events)
                                     : 1;
}

/* The p in [low, high] where 'tail', which rises ('rising') or falls with p, is 'want'. A search in the exponent: p may
 * be 1e-12, where the library's own inverse does not converge. */
static double solve(double tail(struct ana_odds, double), struct ana_odds seen, double want,
                    int rising)
{
    double low = -745, high = 0; /* e^−745 is the least double. */

    for (int i = 0; i < 200 && low < high; i++) {
        double mid = low + (high - low) / 2;

        if ((tail(seen, exp(mid)) < want) == (rising != 0)) {
            low = mid;
        } else {
            high = mid;
        }
        if (high - low <= 1e-14) {
            break;
        }
    }
    return exp(low + (high - low) / 2);
}

struct ana_proportion ana_proportion_interval(struct ana_odds seen, double level)
{
    struct ana_proportion v = {0, 1};
    double tail = (1 - level) / 2;

    if (seen.events > 0) {
        v.low = solve(at_least, seen, tail, 1);
    }
    if (seen.trials > 0 && seen.events < seen.trials) {
        v.high = seen.events > 0 ? solve(at_most, seen, tail, 0) : -expm1(log(tail) / seen.trials);
    }
    return v;
}

double ana_proportion_p(struct ana_odds seen, double p)
{
    if (!(seen.trials > 0)) {
        return 1;
    }
    return fmin(1, 2 * fmin(at_least(seen, p), at_most(seen, p)));
}
