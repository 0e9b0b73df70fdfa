#include "controller/base/rng.h"

#include <assert.h>

#include "controller/base/elementary.h"
#include "controller/base/hash.h"
#include "controller/base/ziggurat.h"

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

static inline uint64_t next(struct rng *rng)
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

uint64_t rng_u64(struct rng *rng)
{
    return next(rng);
}

double rng_uniform(struct rng *rng)
{
    uint64_t u;

    do {
        u = next(rng) >> 11;
    } while (!u);
    return (double)u * 0x1p-53;
}

uint32_t rng_below(struct rng *rng, uint32_t n)
{
    uint64_t product;

    assert(n && "rng_below: nothing is below 0");
    product = (next(rng) >> 32) * n;
    if ((uint32_t)product < n) {
        uint32_t unfair = -n % n; /* 2^32 mod n: so many values would come once too often. */

        while ((uint32_t)product < unfair) {
            product = (next(rng) >> 32) * n;
        }
    }
    return (uint32_t)(product >> 32);
}

/* A number below 2^52, at the middle of its column, so that 0 never comes. */
static inline double middle(uint64_t column, double width)
{
    return ((double)column + 0.5) * width;
}

/* A height within layer 'i', which is not the lowest. */
static double height(const struct ziggurat *z, unsigned i, struct rng *rng)
{
    double low = z->layers[i].f, high = i + 1 < ZIGGURAT_LAYERS ? z->layers[i + 1].f : z->top;

    return low + rng_uniform(rng) * (high - low);
}

/* The low 8 bits choose the layer, the high 52 the column. Beyond the beginning of the tail the law is the same
 * again. */
static double standard_exponential(struct rng *rng)
{
    double beyond = 0;

    for (;;) {
        uint64_t u = next(rng), column = u >> 12;
        unsigned i = u & (ZIGGURAT_LAYERS - 1);
        double x = middle(column, ziggurat_exponential.layers[i].width);

        if (column < ziggurat_exponential.layers[i].inside) {
            return beyond + x;
        }
        if (i == 0) {
            beyond += ziggurat_exponential.r;
        } else if (height(&ziggurat_exponential, i, rng) < exact_exp(-x)) {
            return beyond + x;
        }
    }
}

double rng_exponential(struct rng *rng, double mean)
{
    return standard_exponential(rng) * mean;
}

/* Marsaglia's method for the tail (1964). */
static double normal_tail(struct rng *rng)
{
    double r = ziggurat_normal.r, x, y;

    do {
        x = standard_exponential(rng) / r;
        y = standard_exponential(rng);
    } while (y + y <= x * x);
    return r + x;
}

/* Bit 8 is the sign. */
double rng_normal(struct rng *rng)
{
    for (;;) {
        uint64_t u = next(rng), column = u >> 12;
        unsigned i = u & (ZIGGURAT_LAYERS - 1);
        double sign = u >> 8 & 1 ? -1.0 : 1.0;
        double x = middle(column, ziggurat_normal.layers[i].width);

        if (column < ziggurat_normal.layers[i].inside) {
            return sign * x;
        }
        if (i == 0) {
            return sign * normal_tail(rng);
        }
        if (height(&ziggurat_normal, i, rng) < exact_exp(-0.5 * x * x)) {
            return sign * x;
        }
    }
}

/* x_m u^(−1/alpha), with −ln u exponential. */
double rng_pareto(struct rng *rng, double alpha, double x_m)
{
    return x_m * exact_exp(rng_exponential(rng, 1.0 / alpha));
}
