#include "simnet/world/traffic_popularity.h"

static double rounded(double rate_per_s)
{
    return (double)(float)rate_per_s;
}

void traffic_rates_by_rank(const struct popularity *popularity, size_t n, double *rates_per_s)
{
    model_popularity_rates(popularity, n, rates_per_s);
    for (size_t d = 0; d < n; d++) {
        rates_per_s[d] = rounded(rates_per_s[d]);
    }
}

void traffic_rates_drawn(const struct popularity *popularity, struct rng *rng, size_t n,
                         double *rates_per_s)
{
    for (size_t d = 0; d < n; d++) {
        rates_per_s[d] = rounded(model_popularity_rate_at(popularity, rng_uniform(rng)).value);
    }
}
