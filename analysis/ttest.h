/* Tests of means: is there a difference, how large is it, and what of it remains when many are asked
 * for at once. */
#ifndef TAMBO_ANALYSIS_TTEST_H
#define TAMBO_ANALYSIS_TTEST_H

#include <stddef.h>

/* A difference with its interval. 'p' is the probability of a difference at least as far from 0 when
 * there is none. When the samples say nothing of the spread (too few values) the half-width is
 * infinite and p is 1; when they have none, the half-width is 0 and p is 0, or 1 for no difference. */
struct ana_difference {
    double mean;
    double half_width; /* Of the two-sided interval at the level asked for. */
    double t, df;
    double p; /* Two-sided. */
};

/* Mean of the differences x[i] − y[i] of 'n' pairs (Student 1908): right when x[i] and y[i] come from
 * the same replication, with common random numbers or not. 'y' NULL: all 0. */
struct ana_difference ana_paired(const double x[], const double y[], size_t n, double level);

/* Mean of 'x' less mean of 'y', independent samples whose variances need not be equal (Welch 1947; the
 * degrees of freedom are Satterthwaite's, 1946). */
struct ana_difference ana_welch(const double x[], size_t nx, const double y[], size_t ny,
                                double level);

/* Holm's correction (Holm 1979) of 'n' p values, in place: each is raised so that, when those below
 * 'alpha' are called differences, the probability of one or more false ones is at most alpha,
 * whatever depends on whatever. NaN stands for no test, and stays. */
void ana_holm(double p[], size_t n);

#endif
