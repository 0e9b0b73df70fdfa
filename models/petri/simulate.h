/* A timed net as a simulation: tokens of timed places may be used from their time on, whatever can occur
 * occurs at once, and the clock goes on to the next token when nothing can. What occurs first of several
 * transitions, and with which binding, is drawn. */
#ifndef TAMBO_MODELS_PETRI_SIMULATE_H
#define TAMBO_MODELS_PETRI_SIMULATE_H

#include "models/petri/net.h"

/* A sample in a few numbers (B. P. Welford, 1962). */
struct petri_series {
    uint64_t n;
    double sum, mean, squares; /* Sum of squared differences from the mean. */
    double min, max;           /* 0 while n is. */
};

void petri_series_add(struct petri_series *s, double x);

/* As if what was added to "from" had been added to "s" (T. Chan, G. Golub, R. LeVeque, 1979). */
void petri_series_join(struct petri_series *s, const struct petri_series *from);

/* Sample variance; 0 for fewer than two. */
double petri_series_variance(const struct petri_series *s);

/* Tokens at a place over time. */
struct petri_load {
    double mean, variance; /* Weighted with time; 0 when no time went by. */
    uint64_t min, max, last;
};

enum petri_end {
    PETRI_END_DEAD,  /* Nothing can occur any more. */
    PETRI_END_TIME,  /* The clock reached its limit. */
    PETRI_END_STEPS, /* So many occurrences. */
    PETRI_END_BROKEN /* An expression could not be evaluated: "error". */
};

struct petri_run {
    enum petri_end end;
    double time; /* On the clock in the end. */
    uint64_t steps;
    char error[512];
    uint64_t *occurs;              /* By transition. */
    struct petri_load *places;     /* By place. */
    struct petri_series *monitors; /* By monitor. */
};

struct petri_run_limits {
    uint64_t max_steps;
    double max_time;
};

void petri_simulate(struct petri_net *net, const struct petri_random *random,
                    const struct petri_run_limits *limits, struct petri_run *run);
void petri_run_fini(struct petri_run *run);

#endif
