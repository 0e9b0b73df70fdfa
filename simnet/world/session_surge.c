#include "simnet/world/session_surge.h"

#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/elementary.h"

void session_surge_init(struct session_surge *surge, const struct rate_surge *law,
                        const double lambda_per_s[], const bool in_surge[], uint32_t n,
                        double common)
{
    double *weights = xcalloc(n, sizeof *weights), sum = 0;

    *surge = (struct session_surge){.law = *law};
    for (uint32_t d = 0; d < n; d++) {
        sum += weights[d] = in_surge[d] ? lambda_per_s[d] : 0;
    }
    surge->births_per_s = (n - 1) * sum * (law->factor - 1) * common;
    if (surge->births_per_s > 0) {
        alias_init(&surge->destinations, weights, n);
    }
    free(weights);
}

void session_surge_fini(struct session_surge *surge)
{
    alias_fini(&surge->destinations);
}

double session_surge_wait_s(const struct session_surge *surge, double t_s, struct rng *rng)
{
    double since_s = t_s - surge->law.at_s, rest, draw;

    if (!(surge->births_per_s > 0)) {
        return INFINITY;
    }
    if (!surge->begun) {
        return fmax(0, -since_s);
    }
    rest = surge->births_per_s * surge->law.decay_s * exact_exp(-since_s / surge->law.decay_s);
    draw = rng_exponential(rng, 1);
    return draw < rest ? -surge->law.decay_s * exact_log(fmax(1 - draw / rest, 0x1p-60)) : INFINITY;
}

bool session_surge_fire(struct session_surge *surge, struct rng *rng, uint32_t *dst)
{
    if (!surge->begun) {
        surge->begun = true;
        return false;
    }
    *dst = alias_draw(&surge->destinations, rng);
    return true;
}
