/* Rates that change with time: what every rate of sessions is multiplied by.
 *
 *     common(t)  = table[floor(t / step)] (1 + amplitude sin(2 pi (t - phase)/period))
 *     surge(t)   = (factor - 1) e^(-(t - at)/decay) for t >= at, else 0
 *     the rate towards d is lambda_d common(t), times 1 + surge(t) for the destinations of the surge
 *
 * The table (a factor for each hour of the day, say) starts again when it is over. Both factors are
 * rounded to multiples of 2^-24, so that a last place of libm's does not change a simulation. */
#ifndef TAMBO_MODELS_RATE_SHAPE_H
#define TAMBO_MODELS_RATE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#define RATE_TABLE_MAX 168 /* The hours of a week. */

struct rate_surge {
    double at_s;    /* When a flash crowd comes; at least 0. */
    double factor;  /* At that instant; at least 1; 1: there is none. */
    double decay_s; /* Its excess falls by a factor of e in this time; above 0. */
};

/* All 0 but 'surge.factor' = 1 and 'surge.decay_s' > 0: rates do not change. */
struct rate_shape {
    double table[RATE_TABLE_MAX]; /* Not negative, not all 0. */
    size_t n_table;               /* 0: no table. */
    double step_s;                /* That an element of the table is valid; above 0. */
    double amplitude;             /* 0 to 1. */
    double period_s, phase_s;     /* Of the sine: above 0; when it rises through 0. */
    struct rate_surge surge;
};

/* A shape that changes nothing: steps of an hour, a period of a day, no surge. */
struct rate_shape rate_shape_flat(void);

/* What is wrong with the shape, as a half sentence that begins with the member; NULL: nothing. */
const char *rate_shape_error(const struct rate_shape *shape);

bool rate_shape_is_flat(const struct rate_shape *shape); /* But for the surge. */
bool rate_shape_has_surge(const struct rate_shape *shape);

/* At 't_s' >= 0 seconds after the beginning of the traffic. */
double rate_shape_common(const struct rate_shape *shape, double t_s);
double rate_shape_surge(const struct rate_shape *shape, double t_s);

/* common(t) is nowhere above this. */
double rate_shape_peak(const struct rate_shape *shape);

/* The shortest time in which the factors change much, for whoever integrates; INFINITY: never. */
double rate_shape_grain_s(const struct rate_shape *shape);

#endif
