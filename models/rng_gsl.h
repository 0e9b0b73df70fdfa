/* The project's own generator (controller/base/rng.h) for the functions of GSL: whoever draws from GSL's laws has
 * the same generator as the simulator, with any seed of 64 bits and 2^256 − 1 states. */
#ifndef TAMBO_MODELS_RNG_GSL_H
#define TAMBO_MODELS_RNG_GSL_H

#include <gsl/gsl_rng.h>

/* xoshiro256++: 'gsl_rng_alloc(model_rng_xoshiro)', then gsl_rng_set(), which is rng_seed(). Integers have the bits of
 * an unsigned long; gsl_rng_uniform() never gives 0. */
extern const gsl_rng_type *const model_rng_xoshiro;

#endif
