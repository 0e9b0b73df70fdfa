/* A flash crowd: births towards some destinations beside those that there are always, at a rate that
 * jumps and then decays exponentially. Part of session.c.
 *
 * Births of the excess rate R(t) = r e^(-(t - at)/decay) are a Poisson process beside the other one,
 * exactly (superposition), and the next one is found by inversion: what is still to come from t on is
 * R(t) decay, a unit exponential draw E beyond that means never, else the wait is
 * -decay ln(1 - E/(R(t) decay)). */
#ifndef TAMBO_WORLD_SESSION_SURGE_H
#define TAMBO_WORLD_SESSION_SURGE_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/rng.h"
#include "models/rate_shape.h"
#include "simnet/world/traffic_alias.h"

struct session_surge {
    struct rate_surge law;
    struct alias_table destinations;
    double births_per_s; /* Excess at the first instant; 0: there is no surge. */
    bool begun;
};

/* 'in_surge' says which of the 'n' destinations it is about; 'common' multiplies all rates. */
void session_surge_init(struct session_surge *surge, const struct rate_surge *law,
                        const double lambda_per_s[], const bool in_surge[], uint32_t n,
                        double common);
void session_surge_fini(struct session_surge *surge);

/* Seconds from 't_s' to the next instant at which there is something to do; INFINITY: never. */
double session_surge_wait_s(const struct session_surge *surge, double t_s, struct rng *rng);

/* That instant: true when a birth is due, towards '*dst'. The first is only the beginning. */
bool session_surge_fire(struct session_surge *surge, struct rng *rng, uint32_t *dst);

#endif
