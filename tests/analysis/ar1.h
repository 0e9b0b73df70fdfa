/* The series of known mean and correlation on which intervals are tried: the first-order
 * autoregression x_i = mean + φ (x_{i−1} − mean) + e_i with standard normal e_i (Law, Kelton 2000,
 * §9.5), begun in its steady state. */
#ifndef TAMBO_TESTS_AR1_H
#define TAMBO_TESTS_AR1_H

#include <math.h>
#include <stddef.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

static inline void ar1_fill(gsl_rng *rng, double phi, double mean, double x[], size_t n)
{
    double d = gsl_ran_gaussian_ziggurat(rng, 1 / sqrt(1 - phi * phi));

    for (size_t i = 0; i < n; i++) {
        x[i] = mean + d;
        d = phi * d + gsl_ran_gaussian_ziggurat(rng, 1);
    }
}

#endif
