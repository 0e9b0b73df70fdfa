/* Alternating renewal sources behind one entry. */
#include "models/renewal.h"

#include <gsl/gsl_integration.h>
#include <math.h>
#include <stddef.h>

static const char *const NAMES[] = {
    [TIME_EXPONENTIAL] = "exponential",
    [TIME_FIXED] = "fixed",
    [TIME_PARETO] = "pareto",
    [TIME_LOGNORMAL] = "lognormal",
};

const char *time_law_name(enum time_law_kind kind)
{
    return (size_t)kind < sizeof NAMES / sizeof NAMES[0] ? NAMES[kind] : "unknown";
}

bool time_law_is_valid(const struct time_law *law)
{
    if (!(law->mean_s > 0) || !isfinite(law->mean_s)) {
        return false;
    }
    switch (law->kind) {
    case TIME_EXPONENTIAL:
    case TIME_FIXED:
        return true;
    case TIME_PARETO:
        return law->shape > 1 && isfinite(law->shape);
    case TIME_LOGNORMAL:
        return law->shape > 0 && law->shape <= 30;
    }
    return false;
}

static double pareto_least(const struct time_law *law)
{
    return law->mean_s * (law->shape - 1) / law->shape;
}

/* (ln t - m)/shape, where the mean is e^(m + shape^2/2). */
static double lognormal_z(const struct time_law *law, double t_s)
{
    return log(t_s / law->mean_s) / law->shape + law->shape / 2;
}

static double gaussian_above(double z)
{
    return erfc(z * M_SQRT1_2) / 2;
}

double time_law_survivor(const struct time_law *law, double t_s)
{
    switch (law->kind) {
    case TIME_EXPONENTIAL:
        return exp(-t_s / law->mean_s);
    case TIME_FIXED:
        return t_s < law->mean_s ? 1 : 0;
    case TIME_PARETO:
        return t_s < pareto_least(law) ? 1 : pow(pareto_least(law) / t_s, law->shape);
    case TIME_LOGNORMAL:
        return t_s > 0 ? gaussian_above(lognormal_z(law, t_s)) : 1;
    }
    return 0;
}

/* Pareto beyond x_m: mean - x_m^shape t^(1-shape)/(shape - 1). Lognormal: int_0^t of the density
 * times s, plus t F(t). */
double time_law_cumulated(const struct time_law *law, double t_s)
{
    double x_m;

    if (t_s == 0 || isinf(t_s)) {
        return t_s == 0 ? 0 : law->mean_s;
    }
    switch (law->kind) {
    case TIME_EXPONENTIAL:
        return law->mean_s * -expm1(-t_s / law->mean_s);
    case TIME_FIXED:
        return fmin(t_s, law->mean_s);
    case TIME_PARETO:
        x_m = pareto_least(law);
        return t_s < x_m ? t_s
                         : x_m - x_m * expm1((1 - law->shape) * log(t_s / x_m)) / (law->shape - 1);
    case TIME_LOGNORMAL:
        return law->mean_s * gaussian_above(law->shape - lognormal_z(law, t_s)) +
               t_s * gaussian_above(lognormal_z(law, t_s));
    }
    return 0;
}

struct sources {
    double n;
    const struct time_law *off;
    double on_mean_s, hold_s;
};

/* ln G(y) from what a source lacks to "off since y or longer". */
static double log_quiet(const struct sources *s, double y)
{
    double cycle = s->off->mean_s + s->on_mean_s;
    double lack = (s->on_mean_s + time_law_cumulated(s->off, y)) / cycle;

    return s->n > 0 ? s->n * log1p(-fmin(lack, 1)) : 0;
}

/* -G'(y) = S F(y)/cycle G^((S-1)/S). */
static double ending(const struct sources *s, double y)
{
    double cycle = s->off->mean_s + s->on_mean_s;
    double others = s->n > 1 ? exp(log_quiet(s, y) * (s->n - 1) / s->n) : 1;

    return s->n * time_law_survivor(s->off, y) / cycle * others;
}

static double quiet_at(double x, void *ctx)
{
    const struct sources *s = ctx;
    return exp(log_quiet(s, x * s->hold_s) - x);
}

static double noisy_at(double x, void *ctx)
{
    const struct sources *s = ctx;
    return exp(-x) * -expm1(log_quiet(s, x * s->hold_s));
}

static double ending_at(double x, void *ctx)
{
    const struct sources *s = ctx;
    return exp(-x) * ending(s, x * s->hold_s);
}

/* int_0^60 fn(x) dx, in pieces that double from far below every scale, split at the law's kink. */
static double integrate(double (*fn)(double, void *), struct sources *s, double *relerr)
{
    gsl_function f = {.function = fn, .params = s};
    double kink_s = s->off->kind == TIME_PARETO ? pareto_least(s->off) : s->off->mean_s;
    double kink = kink_s / s->hold_s;
    double lo = 0, hi = fmin(1, kink / fmax(1, s->n)) / 1024;
    double sum = 0, abserr = 0;

    while (lo < 60) {
        double error, resabs, resasc;

        hi = lo < kink && hi > kink ? kink : fmin(hi, 60);
        double piece;

        gsl_integration_qk61(&f, lo, hi, &piece, &error, &resabs, &resasc);
        sum += piece;
        abserr += error;
        lo = hi;
        hi *= 1.5;
    }
    *relerr = fmax(*relerr, sum > 0 ? abserr / sum : 0);
    return sum;
}

static enum model_status hold_exponential(struct sources *s, struct holding_state *state)
{
    double relerr = 0;

    state->p_off_frac = integrate(quiet_at, s, &relerr);
    state->occupancy_frac = integrate(noisy_at, s, &relerr);
    state->arrivals_per_s = integrate(ending_at, s, &relerr);
    return relerr <= 1e-8 ? MODEL_OK : MODEL_NOCONV;
}

enum model_status model_renewal(uint32_t n_sources, const struct time_law *off, double on_mean_s,
                                double hold_s, enum hold_law law, struct holding_state *state)
{
    struct sources s = {n_sources, off, on_mean_s, hold_s};
    enum model_status status = MODEL_OK;

    *state = (struct holding_state){0};
    if (!time_law_is_valid(off) || !(on_mean_s >= 0) || !isfinite(on_mean_s) || !(hold_s >= 0) ||
        law > HOLD_FIXED) {
        return MODEL_DOMAIN;
    }
    if (law == HOLD_FIXED || hold_s == 0 || isinf(hold_s)) {
        state->p_off_frac = exp(log_quiet(&s, hold_s));
        state->occupancy_frac = -expm1(log_quiet(&s, hold_s));
        state->arrivals_per_s = ending(&s, hold_s);
    } else {
        status = hold_exponential(&s, state);
    }
    state->p_on_frac = -expm1(log_quiet(&s, 0));
    state->p_hold_frac = fmax(0, state->occupancy_frac - state->p_on_frac);
    return status;
}
