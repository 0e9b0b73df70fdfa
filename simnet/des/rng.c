#include "simnet/des/rng.h"

#include <assert.h>

#include "controller/base/hash.h"
#include "simnet/des/elementary.h"

static inline uint64_t rotl(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

/* SplitMix64 (Steele, Lea, Flood 2014), as the authors of xoshiro recommend for seeding. */
void rng_seed(struct rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        rng->s[i] = hash_u64(seed);
    }
}

uint64_t rng_u64(struct rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotl(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

double rng_uniform(struct rng *rng)
{
    uint64_t u;

    do {
        u = rng_u64(rng) >> 11;
    } while (!u);
    return (double)u * 0x1p-53;
}

uint32_t rng_below(struct rng *rng, uint32_t n)
{
    uint64_t product;

    assert(n && "rng_below: nothing is below 0");
    product = (rng_u64(rng) >> 32) * n;
    if ((uint32_t)product < n) {
        uint32_t unfair = -n % n; /* 2^32 mod n: so many values would come once too often. */

        while ((uint32_t)product < unfair) {
            product = (rng_u64(rng) >> 32) * n;
        }
    }
    return (uint32_t)(product >> 32);
}

double rng_exponential(struct rng *rng, double mean)
{
    return -exact_log(rng_uniform(rng)) * mean;
}

/* x_m u^(−1/alpha), with −ln u exponential. */
double rng_pareto(struct rng *rng, double alpha, double x_m)
{
    return x_m * exact_exp(rng_exponential(rng, 1.0 / alpha));
}
