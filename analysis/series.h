/* A correlated series of observations from one run of a simulation: how much of its start to delete,
 * and an interval for its mean. */
#ifndef TAMBO_ANALYSIS_SERIES_H
#define TAMBO_ANALYSIS_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/stats.h"

/* MSER-5 (White 1997; White, Cobb, Spratt 2000): how many leading values of the series to delete as
 * warm-up. The series is cut into batches of five; the cut is where the standard error of what
 * remains is least. 'ok' is false when that is in the second half of the series, or when there are
 * fewer than six batches: then the run is too short to tell, and the cut means nothing. */
struct ana_warmup {
    size_t n_delete; /* Values, a multiple of 5. */
    bool ok;
};
struct ana_warmup ana_mser5(const double x[], size_t n);

/* Whether a transient is left after the first 'n_warm' values. MSER-5 alone finds a cut in every series, and in a
 * steady one whose values depend on each other it lies anywhere. So what the best cut in the first half would delete
 * after 'n_warm' must differ from what follows by more than chance does: 3.5 standard errors, which are those of
 * eight batch means after the cut. True as well when there are too few values (30) to tell. */
bool ana_has_transient(const double x[], size_t n, size_t n_warm);

/* An interval for the mean by batch means (Law, Kelton 2000, §9.5.3), with the check that the method
 * rests on: that the batches do not depend on each other. The check is von Neumann's ratio in
 * Fishman's form (Fishman 1978, "Grouping observations in digital simulation"):
 *
 *      C = 1 − Σ (y_i − y_{i−1})² / 2 Σ (y_i − mean)²,  z = C √((b² − 1) / (b − 2)),
 *
 * of which z is nearly standard normal when b batches are independent. They count as independent when
 * z is below its 95th percentile: it is positive correlation that makes intervals too short. */
struct ana_batches {
    struct ana_summary means; /* n is the number of batches; its half-width is that of the mean. */
    size_t size;              /* Values in a batch. */
    double lag1;              /* Correlation of a batch with the next. */
    double z;
    bool independent;
};

/* With 'n_batches' batches of equal size; the remainder at the start of the series is left out.
 * n_batches ≥ 3 and n ≥ n_batches. */
struct ana_batches ana_batch_means(const double x[], size_t n, size_t n_batches, double level);

/* The same with the largest of 64, 32, 16 and 8 batches that count as independent and have two values
 * at least. When none does, the interval is that of 8 batches, or of as many as there are values, and
 * 'independent' is false: the run is too short. n ≥ 3. */
struct ana_batches ana_batch_means_fit(const double x[], size_t n, double level);

#endif
