/* Simulation versus model: for every point of an experiment and every quantity, the mean over its
 * replications with a confidence interval, beside what the model says.
 *
 * Of forty comparisons at 95 % two miss their interval though nothing is wrong. So a row differs only
 * when that is seen with the whole table in mind: by Holm's correction (ttest.h) of all rows' tests,
 * which calls one row or more of a right model different in at most 5 % of all tables.
 *
 * Of a proportion with few events, or none, the spread between replications says too little: there the interval and
 * the test are those of the counts (proportion.h), as long as all replications together have seen less than
 * COMPARE_FEW events. */
#ifndef TAMBO_ANALYSIS_COMPARE_H
#define TAMBO_ANALYSIS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/proportion.h"
#include "analysis/stats.h"
#include "analysis/table.h"

#define COMPARE_NAME_LEN 96
#define COMPARE_FEW 30

struct compare_row {
    char point[COMPARE_NAME_LEN];
    char quantity[COMPARE_NAME_LEN]; /* A key of the metrics, with its unit. */
    struct ana_summary simulated;    /* Its interval is that of the paired differences; of counts the wider side. */
    double low, high;                /* The interval. */
    bool by_counts;
    double model;                 /* Mean over the replications (each may have its own network). */
    struct ana_comparison result; /* It holds within the tolerance or when not 'differs'. */
    double p_holm; /* Of the differences, corrected; NaN with less than two trials. */
    bool differs;  /* p_holm is below 1 − level. */
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
    struct ana_counts counts; /* What the proportion is of; all 0: it is no proportion, or not known of what. */
};

/* Collects samples point by point, then compare_finish() computes the rows. */
struct compare_builder;

/* The interval of a proportion over replications by its counts; false when the spread between replications is to
 * be taken instead. 'mean': of the replications. */
bool compare_counts(const struct ana_counts *counts, double mean, double level_frac,
                    struct ana_summary *summary, struct ana_proportion *interval);
struct compare_builder *compare_begin(double tolerance_frac, double level_frac);

/* Adds one trial of 'point'. Samples of one point may come in any order. */
void compare_add(struct compare_builder *builder, const char *point,
                 const struct compare_sample samples[], size_t n);

/* The rows in the order in which points and quantities were first seen; takes the builder. */
struct compare compare_finish(struct compare_builder *builder);
void compare_fini(struct compare *compare);

/* "inside" (the model lies in the row's own interval), "by chance" (it does not, but among so many
 * rows that must be expected), "close" (it differs, by less than the tolerance) or "DIFFERS". */
const char *compare_verdict(const struct compare_row *row);

/* The table for people: point, quantity, model, simulated ± half-width (or the interval "1e-7 to 4e-6" of counts),
 * difference, corrected p, verdict. */
void compare_table(const struct compare *compare, struct table *table);

#endif
