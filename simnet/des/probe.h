/* Probes: what a simulated world measures about itself, in constant space and a few instructions.
 *
 *   probe_sample   statistics of numbers that come one by one (waiting times)
 *   probe_level    statistics over time of a value that holds until it changes (queue length)
 *   probe_hist     share of time spent at each small integer (entries in a table)
 *   probe_batch    means of equal batches, for a confidence interval of correlated samples
 *
 * All forget the past when reset, which is how a warm-up is removed. None asks for the time: it is
 * told. A confidence interval is made by the reader from mean and standard error. */
#ifndef TAMBO_DES_PROBE_H
#define TAMBO_DES_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/mono.h"

/* --- Samples ----------------------------------------------------------------------------------- */

/* Zero-initialised means empty. */
struct probe_sample {
    uint64_t n;
    double mean;
    double m2; /* Sum of squared deviations from the mean (Welford 1962). */
    double min, max;
};

void probe_sample_add(struct probe_sample *p, double x);

/* Unbiased; 0 with fewer than two samples. */
double probe_sample_variance(const struct probe_sample *p);

/* Standard error of the mean if the samples are independent; 0 with fewer than two. */
double probe_sample_std_error(const struct probe_sample *p);

/* --- Levels ------------------------------------------------------------------------------------ */

struct probe_level {
    mono_t start, since; /* Of the measurement and of the present value. */
    double value;
    double origin;      /* Values count from here: the value at the start. */
    double area, area2; /* Integrals of (value − origin) and of its square, ns. */
    double min, max;
};

/* Starts to measure a value that is 'value' at 'now'. */
void probe_level_init(struct probe_level *p, mono_t now, double value);

/* The value changes (or stays) at 'now', which is not before the last call. */
void probe_level_set(struct probe_level *p, mono_t now, double value);

/* Forgets everything but the present value. */
void probe_level_reset(struct probe_level *p, mono_t now);

/* Mean and variance over the time from the start to 'now'; at the start itself the present value
 * and 0. */
double probe_level_mean(const struct probe_level *p, mono_t now);
double probe_level_variance(const struct probe_level *p, mono_t now);

/* --- Share of time at each integer ------------------------------------------------------------- */

struct probe_hist {
    int64_t *at_ns; /* Time spent at each value. */
    size_t n;       /* Values 0 .. n − 1; larger ones count as n − 1. */
    size_t value;
    mono_t start, since;
};

/* Starts to measure a value that is 'value' at 'now'. 'n' > 0. */
void probe_hist_init(struct probe_hist *p, size_t n, mono_t now, size_t value);
void probe_hist_fini(struct probe_hist *p);
void probe_hist_set(struct probe_hist *p, mono_t now, size_t value);
void probe_hist_reset(struct probe_hist *p, mono_t now);

/* The share of the time from the start to 'now' at 'value'; 0 at the start itself. */
double probe_hist_frac(const struct probe_hist *p, mono_t now, size_t value);

/* --- Batches ----------------------------------------------------------------------------------- */

#define PROBE_BATCHES 64 /* Even. */

/* Zero-initialised means empty. Batches grow by themselves: when PROBE_BATCHES are full, neighbours
 * are joined and the batch size doubles, so between half and all of them are in use and their means
 * become nearly independent as the run grows. */
struct probe_batch {
    double sums[PROBE_BATCHES]; /* Of full batches. */
    size_t n_batches;           /* Full ones. */
    uint64_t size;              /* Samples in a full batch; 0 before the first sample. */
    uint64_t n_open;            /* Samples in the batch that is being filled, */
    double open;                /* and their sum. */
};

void probe_batch_add(struct probe_batch *p, double x);

/* Mean over the full batches and its standard error (n_batches − 1 degrees of freedom); 0 with
 * fewer than two. */
double probe_batch_mean(const struct probe_batch *p);
double probe_batch_std_error(const struct probe_batch *p);

#endif
