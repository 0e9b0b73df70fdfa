/* Alias table (Walker 1977; built in linear time as by Vose 1991): draws one of n things with given
 * weights in constant time. */
#ifndef TAMBO_WORLD_TRAFFIC_ALIAS_H
#define TAMBO_WORLD_TRAFFIC_ALIAS_H

#include <stdint.h>

#include "controller/base/rng.h"

/* Column i is chosen with probability 1/n and gives i with probability 'keep_frac', else 'other'. */
struct alias_column {
    double keep_frac;
    uint32_t other;
};

struct alias_table {
    struct alias_column *columns;
    uint32_t n;
};

/* Thing i has the weight 'weights[i]' >= 0, finite; 'n' > 0 and at least one weight is positive. The
 * weights are not kept. */
void alias_init(struct alias_table *table, const double *weights, uint32_t n);
void alias_fini(struct alias_table *table);

/* What column 'i' gives with 'u', uniform in (0, 1). */
static inline uint32_t alias_of(const struct alias_table *table, uint32_t i, double u)
{
    return u < table->columns[i].keep_frac ? i : table->columns[i].other;
}

/* One of 0 .. n−1. */
uint32_t alias_draw(const struct alias_table *table, struct rng *rng);

#endif
