/* The holding chain with rates that change with time: days and nights, flash crowds.
 *
 * A pair is ON at time t with probability p(t), p' = lambda(t) (1 - p) - mu p, and pairs do not
 * depend on each other whatever lambda(t) is. With fixed holding times T there is no entry at t
 * when no session was ON during (t - T, t]: all S pairs are OFF at t - T and none begins since,
 *
 *     P_OFF(t) = (1 - p(t - T))^S exp(-S ∫_{t-T}^{t} lambda(u) du),   packet-ins: S lambda(t) P_OFF(t)
 *
 * (transient.h with lambda constant; derived here, exact). Traffic begins at t = 0 with no session
 * and no entry. Integrals are sums over steps a hundredth of the shortest time that matters, with the
 * factor in the middle of each; the error is of second order, some 1e-5. */
#ifndef TAMBO_MODELS_VARYING_H
#define TAMBO_MODELS_VARYING_H

#include <stddef.h>
#include <stdint.h>

#include "models/rate_shape.h"
#include "models/status.h"

struct varying_params {
    const struct rate_shape *shape; /* Borrowed by model_varying_new(). */
    double mu_per_s, hold_s;        /* Above 0; hold_s at least 0. */
    double bin_s;                   /* Above 0. */
    size_t n_bins;
};

struct varying;

/* NULL for parameters out of their range, or so many steps that they would not fit (1e8). */
struct varying *model_varying_new(const struct varying_params *params);
void model_varying_free(struct varying *v); /* NULL is fine. */

struct varying_chain {
    uint32_t n_sources;  /* S. */
    double lambda_per_s; /* Without the factors; at least 0. */
    bool in_surge;
};

/* Adds 'weight' times what one chain does: its occupancy at the end of each bin to 'occupancy', and
 * its packet-ins a second, mean over each bin, to 'arrivals_per_s'; n_bins values each. */
void model_varying_add(struct varying *v, const struct varying_chain *chain, double weight,
                       double occupancy[], double arrivals_per_s[]);

#endif
