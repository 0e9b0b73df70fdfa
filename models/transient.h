/* The holding chain before its steady state: warm-up from an empty network, and what a flush of all
 * entries costs (a switch that restarts, a fail-over, the first minute of a flash crowd).
 *
 * With g = lambda + mu, no session is ON at time t with probability A(t) = (1 - p(t))^S, where
 * p(t) = lambda/g (1 - e^(-gt)) from empty and lambda/g in the steady state. Derived here:
 *
 *     exponential holding, a = S lambda, omega = 1/T:  P_OFF' = omega A(t) - (a + omega) P_OFF
 *     fixed holding:  P_OFF(t) = P(no session during the last T) = A(t - T) e^(-aT), t >= T
 *
 * because P_HOLD = A - P_OFF, so that one linear equation replaces the S + 2 of the chain. The
 * law that draws once per entry has no such form (MODEL_DOMAIN). */
#ifndef TAMBO_MODELS_TRANSIENT_H
#define TAMBO_MODELS_TRANSIENT_H

#include "models/holding.h"
#include "models/status.h"

enum transient_start {
    TRANSIENT_EMPTY,   /* No session and no entry: a network that wakes up. */
    TRANSIENT_FLUSHED, /* Sessions as in the steady state; all entries are lost at 0, and those in
                          use come back at once, with one packet-in each. */
};

struct transient_state {
    double p_off_frac, p_hold_frac, p_on_frac;
    double occupancy_frac; /* 1 - P_OFF, with relative precision when it is tiny. */
    double arrivals_per_s; /* Packet-ins at time t: S lambda P_OFF(t). */
    double n_arrivals;     /* Packet-ins in (0, t], and those at 0 after a flush. */
    double relerr_frac;    /* Estimate of the relative error of occupancy and n_arrivals. */
};

/* The chain at "t_s" >= 0. MODEL_DOMAIN ("out" zeroed): as for model_holding_exact, the law is
 * neither exponential nor fixed, or t_s is negative or not finite. */
enum model_status model_transient(const struct holding_chain *chain, enum transient_start start,
                                  double t_s, struct transient_state *out);

/* Seconds from empty until the occupancy, which only grows, is within "rest_frac" (0 to 1) of its
 * steady value. MODEL_DOMAIN as above, or nobody calls (there is nothing to wait for). */
struct model_result model_transient_warmup(const struct holding_chain *chain, double rest_frac);

#endif
