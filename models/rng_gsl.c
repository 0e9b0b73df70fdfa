#include "models/rng_gsl.h"

#include <limits.h>

#include "controller/base/rng.h"

static void set(void *state, unsigned long seed)
{
    rng_seed(state, seed);
}

static unsigned long get(void *state)
{
    return (unsigned long)rng_u64(state);
}

static double get_double(void *state)
{
    return rng_uniform(state);
}

static const gsl_rng_type xoshiro = {
    .name = "xoshiro256++",
    .max = ULONG_MAX,
    .min = 0,
    .size = sizeof(struct rng),
    .set = set,
    .get = get,
    .get_double = get_double,
};

const gsl_rng_type *const model_rng_xoshiro = &xoshiro;
