/* The holding chain without exponential assumptions: any law of the time between the sessions of a
 * pair of hosts, and any law of their duration.
 *
 * Durations. While the times between sessions are exponential nothing in holding.h depends on the
 * law of the durations, only on their mean: an idle period of the entry is Exp(S lambda) whatever
 * came before, and the share of time without any session, (1 + lambda/mu)^-S, is insensitive (T. O.
 * Engset 1918; B. A. Sevastyanov, Theory Prob. Appl. 2, 1957). Pareto or fixed durations change
 * only how long a measurement takes to settle.
 *
 * Times between sessions. With mean on, mean off and survivor F(t) of the time off, a source is off
 * since y or longer for I(y)/(off + on) of the time, I(y) = int_y^inf F (renewal theory: D. R. Cox,
 * 1962, section 5). The S sources are independent, so the last session of the entry ended at least
 * y ago with probability G(y) = (I(y)/(off + on))^S, and
 *
 *     fixed holding T:        P_OFF = G(T)                        ARR = -G'(T)
 *     exponential holding T:  P_OFF = int e^(-x) G(xT) dx         ARR = int e^(-x) (-G'(xT)) dx
 *
 * (derived here; with exponential times off they are the formulas of holding.h). */
#ifndef TAMBO_MODELS_RENEWAL_H
#define TAMBO_MODELS_RENEWAL_H

#include "models/holding.h"
#include "models/status.h"

enum time_law_kind {
    TIME_EXPONENTIAL,
    TIME_FIXED,
    TIME_PARETO,    /* Survivor (x_m/t)^shape from x_m = mean (shape - 1)/shape on; shape > 1. */
    TIME_LOGNORMAL, /* ln t is Gaussian with standard deviation shape > 0. */
};

struct time_law {
    enum time_law_kind kind;
    double mean_s; /* > 0, finite. */
    double shape;  /* Only of the last two. */
};

/* Returns "exponential", "fixed", "pareto" or "lognormal". */
const char *time_law_name(enum time_law_kind kind);

/* Whether mean and shape are in the ranges above. */
bool time_law_is_valid(const struct time_law *law);

/* F(t) = P(time > t), and int_0^t F, which tends to the mean. t >= 0, may be INFINITY. */
double time_law_survivor(const struct time_law *law, double t_s);
double time_law_cumulated(const struct time_law *law, double t_s);

/* An entry of a switch with "n_sources" hosts that each are off for times of the law "off" and then
 * on for "on_mean_s" on average, held for "hold_s" (may be INFINITY) under HOLD_EXPONENTIAL or
 * HOLD_FIXED. MODEL_DOMAIN ("state" zeroed): a bad law, on_mean_s or hold_s negative, on_mean_s not
 * finite. MODEL_NOCONV: quadrature; "state" is then the best one found. */
enum model_status model_renewal(uint32_t n_sources, const struct time_law *off, double on_mean_s,
                                double hold_s, enum hold_law law, struct holding_state *state);

#endif
