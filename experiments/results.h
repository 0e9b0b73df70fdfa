/* The results of an experiment: the finished trials in its folder, by point and replication. */
#ifndef TAMBO_EXPERIMENTS_RESULTS_H
#define TAMBO_EXPERIMENTS_RESULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/compare.h"
#include "analysis/records.h"
#include "experiments/experiment.h"

struct result {
    size_t point; /* Index into experiment.points. */
    uint32_t replication;
    uint64_t seed;
    double wall_s;
    json_t *metrics; /* Owned. */
};

struct results {
    struct result *list;
    size_t n;
    size_t n_wanted; /* Trials that the experiment asks for, as far as these results say. */
};

/* Reads what 'records' holds of 'e': trials of its points with the seeds of its replications, as many of
 * each point as its rule asks for, with what the experiment's own models say of each. False on failure,
 * with the reason in 'error'. */
bool results_load(struct records *records, const struct experiment *e, struct results *results,
                  char *error, size_t size);
void results_fini(struct results *results);

/* The metric 'path' of a point over its trials (element 'k' where it is a list): mean and interval, of a proportion with
 * few events by its counts. False without any. */
bool results_summary(const struct results *results, const struct experiment *e, size_t point,
                     const char *path, size_t k, struct ana_summary *out);

/* Every number among the metrics, and under "model." those of the models: point → metric → {"mean", "half_width" (0 of
 * a single trial, unless it counts), "n"}. The caller frees it. */
json_t *results_measured(const struct results *results, const struct experiment *e);

/* Simulation beside model for the quantities that 'e' compares. */
struct compare results_compare(const struct results *results, const struct experiment *e);

#endif
