/* Statistics of independent replications: summaries, quantiles, their intervals. */
#ifndef TAMBO_ANALYSIS_STATS_H
#define TAMBO_ANALYSIS_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* A sample in a few numbers. With n = 0 everything is 0; with n = 1 the deviation and the
 * half-width are infinite, because one value says nothing of its spread. */
struct ana_summary {
    size_t n;
    double mean;
    double sd;         /* Sample standard deviation (n − 1). */
    double half_width; /* Of the two-sided t interval at the level asked for. */
    double min, max;
};

/* Summary of 'x', with the t interval at 'level' (0.95 for 95 %): mean ± t_{n−1}·sd/√n (Student,
 * 1908). Right for independent replications. */
struct ana_summary ana_summarize(const double x[], size_t n, double level);

/* The value below which a fraction 'q' of the sample lies, by linear interpolation between order
 * statistics (Hyndman, Fan 1996, type 7). 'x' must be in ascending order and n > 0. */
double ana_quantile_sorted(const double x[], size_t n, double q);

/* Sorts 'x' in ascending order. */
void ana_sort(double x[], size_t n);

/* Interval for the q-quantile of the distribution from which 'x' is an independent sample, whatever
 * that distribution is: between two order statistics (David, Nagaraja 2003, §7.1). With B binomial of
 * n and q, the quantile lies between the l-th and the u-th smallest value with probability
 * P(l ≤ B < u); l and u leave at most half of 1 − level on each side. */
struct ana_quantile_interval {
    double low, high; /* −∞ or +∞ where the sample is too small for a limit on that side. */
    double level;     /* What the interval covers in truth: at least what was asked for. */
};
struct ana_quantile_interval ana_quantile_interval_sorted(const double x[], size_t n, double q,
                                                          double level);

/* A simulated mean beside what a model says. It holds when the model lies inside the interval, or
 * when the means differ by no more than 'tolerance' (relative to the model). */
struct ana_comparison {
    double relative_error; /* (simulated − model) / model; 0 when both are 0. */
    bool inside;           /* The model lies in the interval. */
    bool holds;
};
struct ana_comparison ana_compare(const struct ana_summary *simulated, double model,
                                  double tolerance);

#endif
