/* What is left of the threshold policy (capacity.h, HOLD_THRESHOLD) when rates are measured and the
 * popularity drifts.
 *
 * Every switch counts the sessions to each destination during a window W: a Poisson number of mean
 * a W, a = S lambda. Destinations with a count of c or more get permanent entries. Then, before the
 * entries are used, a share r of the destinations has changed its popularity for that of another
 * one, taken at random. With F_c(m) = P(Poisson(m) >= c),
 *
 *     P(permanent | lambda) = (1 - r) F_c(aW) + r E[F_c(aW)],   P_OFF = A P(not permanent)
 *
 * and c is such that the tables are just full (derived here). Between whole numbers the greater
 * one is asked for with the fraction as probability. W -> infinity with r = 0 is the threshold
 * policy itself, r = 1 a choice at random. */
#ifndef TAMBO_MODELS_ESTIMATED_H
#define TAMBO_MODELS_ESTIMATED_H

#include "models/capacity.h"

struct estimated_params {
    double window_s;   /* W > 0, finite. */
    double drift_frac; /* r, 0 to 1. */
};

struct estimated_point {
    int64_t n_hosts;
    double count;             /* c; 0 when all destinations may be permanent. */
    double permanent_frac;    /* Share of destinations that get permanent entries. */
    double occupancy_entries; /* X. */
    double arrivals_per_s;    /* Packet-ins of the campus. */
    bool fits;
};

/* One network. params->hold_law is not read. MODEL_DOMAIN ("point" zeroed): a bad parameter or
 * n_hosts. MODEL_NOCONV: quadrature. Not fitting because the tables do not even take what is in use
 * is told by count = INFINITY and permanent_frac = 0. */
enum model_status model_estimated_point(const struct plan_params *params,
                                        const struct estimated_params *estimated, int64_t n_hosts,
                                        struct estimated_point *point);

/* The largest network that fits; n_hosts is 0 when none does, MODEL_HOSTS_UNBOUNDED above
 * MODEL_HOSTS_MAX. */
enum model_status model_estimated_best(const struct plan_params *params,
                                       const struct estimated_params *estimated,
                                       struct estimated_point *point);

#endif
