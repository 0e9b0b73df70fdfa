/* From the seed of a trial back to the number of its replication. */
#ifndef TAMBO_EXPERIMENTS_SEEDS_H
#define TAMBO_EXPERIMENTS_SEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "experiments/experiment.h"

struct seeds {
    struct seed_of_replication *list; /* In ascending order of the seeds. */
    size_t n;
};

/* All replications that a point may have. */
void seeds_init(struct seeds *seeds, const struct experiment *e,
                const struct experiment_point *point);
void seeds_fini(struct seeds *seeds);

/* False when no replication has this seed. */
bool seeds_find(const struct seeds *seeds, uint64_t seed, uint32_t *replication);

#endif
