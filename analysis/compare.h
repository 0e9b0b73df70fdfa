/* Simulation versus model: for every point of an experiment and every quantity, the mean over its
 * replications with a confidence interval, beside what the model says. */
#ifndef TAMBO_ANALYSIS_COMPARE_H
#define TAMBO_ANALYSIS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/stats.h"
#include "analysis/table.h"

#define COMPARE_NAME_LEN 96

struct compare_row {
    char point[COMPARE_NAME_LEN];
    char quantity[COMPARE_NAME_LEN]; /* A key of the metrics, with its unit. */
    struct ana_summary simulated;    /* Its interval is that of the paired differences. */
    double model; /* Mean over the replications (each may have its own network). */
    struct ana_comparison result;
};

struct compare {
    struct compare_row *rows;
    size_t n;
    double tolerance_frac, level_frac;
    bool holds; /* Every row holds, and there is at least one. */
};

/* One trial's metrics for compare_add(): values of 'n' quantities, simulated and modelled. */
struct compare_sample {
    const char *quantity;
    double simulated, model;
};

/* Collects samples point by point, then compare_finish() computes the rows. */
struct compare_builder;
struct compare_builder *compare_begin(double tolerance_frac, double level_frac);

/* Adds one trial of 'point'. Samples of one point may come in any order. */
void compare_add(struct compare_builder *builder, const char *point,
                 const struct compare_sample samples[], size_t n);

/* The rows in the order in which points and quantities were first seen; takes the builder. */
struct compare compare_finish(struct compare_builder *builder);
void compare_fini(struct compare *compare);

/* The table for people: point, quantity, model, simulated ± half-width, difference, verdict. */
void compare_table(const struct compare *compare, struct table *table);

#endif
