#include "experiments/seeds.h"

#include <stdlib.h>

#include "controller/base/alloc.h"

struct seed_of_replication {
    uint64_t seed;
    uint32_t r;
};

static int by_seed(const void *a, const void *b)
{
    uint64_t x = ((const struct seed_of_replication *)a)->seed;
    uint64_t y = ((const struct seed_of_replication *)b)->seed;

    return (x > y) - (x < y);
}

void seeds_init(struct seeds *s, const struct experiment *e, const struct experiment_point *point)
{
    s->n = e->stopping.at_most;
    s->list = xcalloc(s->n, sizeof *s->list);
    for (uint32_t r = 0; r < s->n; r++) {
        s->list[r] = (struct seed_of_replication){experiment_seed(e, point, r), r};
    }
    qsort(s->list, s->n, sizeof *s->list, by_seed);
}

void seeds_fini(struct seeds *s)
{
    free(s->list);
    *s = (struct seeds){0};
}

bool seeds_find(const struct seeds *s, uint64_t seed, uint32_t *replication)
{
    struct seed_of_replication key = {.seed = seed}, *found;

    found = bsearch(&key, s->list, s->n, sizeof *s->list, by_seed);
    if (found) {
        *replication = found->r;
    }
    return found != NULL;
}
