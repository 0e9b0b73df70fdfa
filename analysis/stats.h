/* Statistics of simulation output: intervals from replications, batch means, warm-up. */
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

/* Interval for the mean of a correlated series from 'n_batches' batch means (Law, Kelton 2000,
 * §9.5.3); the remainder at the start is left out. n_batches ≥ 2 and n ≥ n_batches. */
struct ana_summary ana_batch_means(const double x[], size_t n, size_t n_batches, double level);

/* MSER-5 (White 1997): how many leading values of the series to delete as warm-up. The series is
 * cut into batches of five; the cut is where the standard error of what remains is least. 'ok' is
 * false when that is in the second half of the series: then the run is too short to tell. */
struct ana_warmup {
    size_t n_delete; /* Values, a multiple of 5. */
    bool ok;
};
struct ana_warmup ana_mser5(const double x[], size_t n);

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
