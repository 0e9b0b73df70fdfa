/* The transient holding chain, by quadrature of the one linear equation in the header.
 *
 * Occupancy o = 1 - P_OFF obeys o' = a + omega (1 - A) - kappa o, kappa = a + omega, whose solution
 * has positive terms only:
 *
 *     o(t) = a (1 - e^(-kappa t))/kappa + omega int_0^t e^(-kappa (t-s)) (1 - A(s)) ds
 *
 * and integrating P_OFF' gives the packet-ins a int P_OFF = a (o(t) + omega int_0^t A)/kappa. */
#include "models/transient.h"

#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdbool.h>

#include "models/root.h"

struct motion {
    const struct holding_chain *chain;
    double a;     /* S lambda. */
    double relax; /* lambda + mu. */
    double kappa; /* a + omega; 0 unless the law is exponential. */
    double t_s;
    bool idle; /* Whether the convolution is with A or with 1 - A. */
};

/* ln A(s) from empty; INFINITY gives the steady state. */
static double log_idle(const struct motion *m, double s)
{
    double p = m->chain->lambda_per_s / m->relax * -expm1(-m->relax * s);
    return m->chain->n_sources * log1p(-p);
}

static double idle(double s, void *ctx)
{
    return exp(log_idle(ctx, s));
}

/* e^(-kappa (t-s)) times A(s) or 1 - A(s). */
static double kernel(double s, void *ctx)
{
    const struct motion *m = ctx;
    double a = log_idle(m, s);
    return exp(-m->kappa * (m->t_s - s)) * (m->idle ? exp(a) : -expm1(a));
}

/* The same by the distance from the end. */
static double kernel_back(double y, void *ctx)
{
    const struct motion *m = ctx;
    double a = log_idle(m, m->t_s - y);
    return exp(-m->kappa * y) * (m->idle ? exp(a) : -expm1(a));
}

/* Integral over [0, end] of what changes on the scale "scale_s" near 0 and then ever more slowly:
 * pieces that double, 31 points each. Adds the estimate of the error to "abserr". */
static double integrate(double (*fn)(double, void *), struct motion *m, double scale_s, double end,
                        double *abserr)
{
    gsl_function f = {.function = fn, .params = m};
    double lo = 0, hi = fmin(end, scale_s), sum = 0;

    while (lo < end) {
        double error, resabs, resasc;
        double piece = 0;

        gsl_integration_qk31(&f, lo, hi, &piece, &error, &resabs, &resasc);
        sum += piece;
        *abserr += error;
        lo = hi;
        hi = fmin(end, 2 * hi);
    }
    return sum;
}

/* Below this time A has not moved yet. */
static double first_scale(const struct motion *m)
{
    return 0.5 / (m->relax + m->a);
}

/* Where e^(-x) has no weight left. */
static const double SPENT = 700;

/* int e^(-kappa (t-s)) (1 - A(s)) ds, or with A(s), from both ends to the middle. */
static double convolved(struct motion *m, double *abserr)
{
    double half = m->t_s / 2;
    double end = fmin(half, SPENT / m->kappa);
    double late = integrate(kernel_back, m, 0.5 / m->kappa, end, abserr);

    return end < half ? late : late + integrate(kernel, m, first_scale(m), half, abserr);
}

/* ---- The two laws from empty. ---- */

/* Occupancy from 1 - A or, when it is large, P_OFF from A: whichever is the smaller. */
static void move_occupancy(struct motion *m, double omega, struct transient_state *out)
{
    double abserr = 0;
    double grown = -expm1(-m->kappa * m->t_s);

    m->idle = false;
    out->occupancy_frac = m->a * grown / m->kappa + omega * convolved(m, &abserr);
    out->relerr_frac = out->occupancy_frac > 0 ? omega * abserr / out->occupancy_frac : 0;
    out->p_off_frac = 1 - out->occupancy_frac;
    if (out->p_off_frac < 0.5) {
        m->idle = true;
        out->p_off_frac = exp(-m->kappa * m->t_s) + omega * convolved(m, &abserr);
        out->occupancy_frac = 1 - out->p_off_frac;
    }
}

static void move_exponential(struct motion *m, double omega, struct transient_state *out)
{
    double abserr = 0;
    double seen = 0;

    move_occupancy(m, omega, out);
    if (omega > 0) {
        seen = omega * integrate(idle, m, first_scale(m), m->t_s, &abserr);
    }
    out->n_arrivals = m->a * (out->occupancy_frac + seen) / m->kappa;
    out->relerr_frac = fmax(out->relerr_frac, abserr > 0 ? omega * abserr / seen : 0);
}

static void move_fixed(struct motion *m, double hold_s, struct transient_state *out)
{
    double before = fmin(m->t_s, hold_s);
    double after = m->t_s - before;
    double abserr = 0;
    double log_off = -m->a * before + (after > 0 ? log_idle(m, after) : 0);

    out->p_off_frac = exp(log_off);
    out->occupancy_frac = -expm1(log_off);
    out->n_arrivals = -expm1(-m->a * before);
    if (after > 0) {
        out->n_arrivals +=
            m->a * exp(-m->a * before) * integrate(idle, m, first_scale(m), after, &abserr);
    }
    out->relerr_frac = abserr > 0 ? abserr / out->n_arrivals * m->a : 0;
}

/* No holding: A(t) itself. */
static void move_unheld(struct motion *m, struct transient_state *out)
{
    struct motion none = *m;
    move_fixed(&none, 0, out);
}

static void move(struct motion *m, struct transient_state *out)
{
    const struct holding_chain *c = m->chain;

    if (c->hold_s == 0) {
        move_unheld(m, out);
    } else if (c->law == HOLD_FIXED) {
        move_fixed(m, c->hold_s, out);
    } else {
        m->kappa = m->a + 1 / c->hold_s;
        move_exponential(m, 1 / c->hold_s, out);
    }
}

/* ---- After a flush: A does not move, so everything is closed. ---- */

static void flush(const struct motion *m, struct transient_state *out)
{
    const struct holding_chain *c = m->chain;
    double log_a = log_idle(m, INFINITY);
    double steady = exp(log_a);

    if (c->law == HOLD_FIXED || c->hold_s == 0) {
        double before = fmin(m->t_s, c->hold_s);

        out->p_off_frac = exp(log_a - m->a * before);
        out->occupancy_frac = -expm1(log_a - m->a * before);
        out->n_arrivals = -expm1(log_a) + steady * (-expm1(-m->a * before) +
                                                    m->a * exp(-m->a * before) * (m->t_s - before));
        return;
    }
    double omega = 1 / c->hold_s;
    double kappa = m->a + omega;
    double grown = m->a / kappa * -expm1(-kappa * m->t_s);
    out->p_off_frac = steady * (omega + m->a * exp(-kappa * m->t_s)) / kappa;
    out->occupancy_frac = -expm1(log_a) + steady * grown;
    out->n_arrivals = -expm1(log_a) + steady * m->a * (grown + omega * m->t_s) / kappa;
}

/* ---- The functions of the header. ---- */

static bool is_valid(const struct holding_chain *c)
{
    struct holding_state state;
    return model_holding_exact(c, &state) == MODEL_OK && c->law <= HOLD_FIXED;
}

enum model_status model_transient(const struct holding_chain *chain, enum transient_start start,
                                  double t_s, struct transient_state *out)
{
    struct motion m = {.chain = chain, .t_s = t_s};

    *out = (struct transient_state){0};
    if (!is_valid(chain) || !(t_s >= 0) || !isfinite(t_s)) {
        return MODEL_DOMAIN;
    }
    m.a = chain->n_sources * chain->lambda_per_s;
    m.relax = chain->lambda_per_s + chain->mu_per_s;
    if (m.a == 0) {
        out->p_off_frac = 1;
        return MODEL_OK;
    }
    if (start == TRANSIENT_FLUSHED) {
        flush(&m, out);
    } else {
        move(&m, out);
    }
    out->p_on_frac = -expm1(log_idle(&m, start == TRANSIENT_FLUSHED ? INFINITY : t_s));
    out->p_hold_frac = fmax(0, out->occupancy_frac - out->p_on_frac);
    out->arrivals_per_s = m.a * out->p_off_frac;
    return MODEL_OK;
}

struct warmup {
    const struct holding_chain *chain;
    double goal_frac;
};

static double occupancy_excess(double log_t, const void *ctx)
{
    const struct warmup *w = ctx;
    struct transient_state s;

    model_transient(w->chain, TRANSIENT_EMPTY, exp(log_t), &s);
    return s.occupancy_frac - w->goal_frac;
}

struct model_result model_transient_warmup(const struct holding_chain *chain, double rest_frac)
{
    struct holding_state steady;

    if (!is_valid(chain) || !(rest_frac > 0 && rest_frac < 1) ||
        chain->n_sources * chain->lambda_per_s == 0) {
        return model_none(MODEL_DOMAIN);
    }
    model_holding_exact(chain, &steady);
    struct warmup w = {chain, (1 - rest_frac) * steady.occupancy_frac};
    double hi = 0;
    while (occupancy_excess(hi, &w) < 0 && hi < SPENT) {
        hi += M_LN10;
    }
    double lo = hi - M_LN10;
    while (occupancy_excess(lo, &w) > 0 && lo > -SPENT) {
        lo -= M_LN10;
    }
    struct model_result r = model_root_find(occupancy_excess, &w, lo, hi, 1e-12, 0);
    if (r.status != MODEL_OK) {
        return model_none(MODEL_NOCONV);
    }
    return model_value(exp(r.value), 1e-11 * exp(r.value));
}
