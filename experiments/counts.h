/* Counts behind proportions, among the metrics of a trial:
 *
 *      "counts": {"p_block_frac": {"trials": 170322, "groups": 61204, "events": 3, "events2": 5}}
 *
 * with the members of struct ana_counts. */
#ifndef TAMBO_EXPERIMENTS_COUNTS_H
#define TAMBO_EXPERIMENTS_COUNTS_H

#include <jansson.h>
#include <stdbool.h>

#include "analysis/proportion.h"

/* Says what the proportion 'key' of 'metrics' is of. */
void counts_put(json_t *metrics, const char *key, const struct ana_counts *counts);

/* What the proportion 'key' is of. False, and all 0, when the metrics do not say. */
bool counts_of(const json_t *metrics, const char *key, struct ana_counts *out);

#endif
