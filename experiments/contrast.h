/* Points of an experiment beside one of them: which differ, and by how much.
 *
 * When all points have common random numbers ("seeds": "common" in the experiment) replication r of one
 * point is paired with replication r of the other, because both saw the same traffic; otherwise the
 * points are independent samples (Welch). The p values are corrected by Holm's method for all rows. */
#ifndef TAMBO_EXPERIMENTS_CONTRAST_H
#define TAMBO_EXPERIMENTS_CONTRAST_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/table.h"
#include "analysis/ttest.h"
#include "experiments/results.h"

struct contrast_row {
    size_t point;         /* Index into experiment.points. */
    const char *quantity; /* Borrowed from the experiment. */
    double mean, reference;
    struct ana_difference difference; /* Point less reference. */
    double p_holm;
    /* Squared half-width of independent samples over that of pairs: as many times more replications
     * with seeds of their own would be needed. NaN when not paired. */
    double gain;
};

struct contrast {
    struct contrast_row *rows;
    size_t n;
    bool paired;
    double level_frac;
};

/* All other points beside point 'reference', for the quantities 'keys' of the metrics (borrowed);
 * those that a point has not are left out. */
struct contrast contrast_make(const struct results *results, const struct experiment *e,
                              size_t reference, const char *const keys[], size_t n_keys);
void contrast_fini(struct contrast *contrast);

void contrast_table(const struct contrast *contrast, const struct experiment *e,
                    struct table *table);

#endif
