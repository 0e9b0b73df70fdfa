/* Random numbers: xoshiro256++ (Blackman, Vigna 2019) with the laws that the simulator draws from.
 * The same seed gives the same numbers, bit for bit, on every machine and in every build. */
#ifndef TAMBO_BASE_RNG_H
#define TAMBO_BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t s[4];
};

/* Seeds the state through SplitMix64, so that any two seeds give unrelated streams. */
void rng_seed(struct rng *rng, uint64_t seed);

uint64_t rng_u64(struct rng *rng);

/* Uniform in (0, 1): never 0 and never 1. 53 bits. */
double rng_uniform(struct rng *rng);

/* Uniform in 0..n-1 without bias (Lemire 2019). 'n' > 0. */
uint32_t rng_below(struct rng *rng, uint32_t n);

/* Exponential with the given mean (never 0), and normal with mean 0 and variance 1: by the ziggurat method. */
double rng_exponential(struct rng *rng, double mean);
double rng_normal(struct rng *rng);

/* Pareto with shape 'alpha' and scale 'x_m' (mean alpha·x_m/(alpha − 1) for alpha > 1). */
double rng_pareto(struct rng *rng, double alpha, double x_m);

#endif
