#include "simnet/world/traffic_alias.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"

static double sum_of(const double *weights, uint32_t n)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        assert(isfinite(weights[i]) && weights[i] >= 0 && "alias_init: not a weight");
        sum += weights[i];
    }
    return sum;
}

/* Things whose share is below (small) and not below (large) the height 1 of a column: two stacks
 * that grow towards each other in one array. */
struct worklists {
    uint32_t *items;
    uint32_t n_small, first_large, n;
};

static void push(struct worklists *w, uint32_t i, double share)
{
    if (share < 1.0) {
        w->items[w->n_small++] = i;
    } else {
        w->items[--w->first_large] = i;
    }
}

/* Fills the column of a small thing up with a large one, which shrinks by as much. What is left
 * when one list runs dry differs from 1 by rounding alone and keeps its whole column. */
static void pair_up(struct alias_column *columns, struct worklists *w)
{
    while (w->n_small && w->first_large < w->n) {
        uint32_t small = w->items[--w->n_small];
        uint32_t large = w->items[w->first_large++];

        columns[small].other = large;
        columns[large].keep_frac = columns[large].keep_frac + columns[small].keep_frac - 1.0;
        push(w, large, columns[large].keep_frac);
    }
    while (w->n_small) {
        columns[w->items[--w->n_small]].keep_frac = 1.0;
    }
    while (w->first_large < w->n) {
        columns[w->items[w->first_large++]].keep_frac = 1.0;
    }
}

void alias_init(struct alias_table *table, const double *weights, uint32_t n)
{
    struct worklists w = {.items = xcalloc(n, sizeof *w.items), .first_large = n, .n = n};
    double sum = sum_of(weights, n);

    assert(sum > 0 && "alias_init: no weight is positive");
    table->columns = xcalloc(n, sizeof *table->columns);
    table->n = n;
    for (uint32_t i = 0; i < n; i++) {
        double share = weights[i] / sum * n;

        table->columns[i] = (struct alias_column){.keep_frac = share, .other = i};
        push(&w, i, share);
    }
    pair_up(table->columns, &w);
    free(w.items);
}

void alias_fini(struct alias_table *table)
{
    free(table->columns);
    *table = (struct alias_table){0};
}

uint32_t alias_draw(const struct alias_table *table, struct rng *rng)
{
    uint32_t i = rng_below(rng, table->n);

    return alias_of(table, i, rng_uniform(rng));
}
