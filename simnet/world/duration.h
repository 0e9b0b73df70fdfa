/* Laws of durations: how long sessions last, drawn with the same bits on every machine.
 *
 * A law is given by its mean and, where it has one, its shape. Of a session that is seen at a random instant,
 * what is left is not as long as a new one unless the law is exponential: the session is found in proportion to
 * its length, and the instant is uniform in it (renewal theory: Cox 1962, section 5.4). */
#ifndef TAMBO_WORLD_DURATION_H
#define TAMBO_WORLD_DURATION_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/base/rng.h"
#include "simnet/world/traffic_alias.h"

enum duration_kind {
    DURATION_EXPONENTIAL,
    DURATION_DETERMINISTIC, /* All the same. */
    DURATION_PARETO,        /* P(X > x) = (x_m/x)^shape, x_m = mean (shape − 1)/shape. */
    DURATION_LOGNORMAL, /* ln X is normal with variance shape², and mean ln(mean) − shape²/2. */
    DURATION_EMPIRICAL, /* One of the samples, each with the same chance. */
    DURATION_MIXTURE,   /* Mice, exponential, and elephants, Pareto with 'shape'. */
};

struct duration_law {
    enum duration_kind kind;
    double mean_s;           /* Above 0; of the samples when it is empirical. */
    double shape;            /* Pareto: above 1. Lognormal: at least 0. */
    const double *samples_s; /* Empirical: positive, finite; borrowed. */
    uint32_t n_samples;
    double elephant_frac;   /* Mixture: share of the durations that are elephants, below 1, */
    double elephant_mean_s; /* and their mean: elephant_frac of it is less than mean_s. */
};

/* Longer ones are cut to this, 31 years. */
#define DURATION_MAX_S 1e9

/* What is wrong with the law, as a half sentence that begins with the parameter; NULL: nothing. */
const char *duration_law_error(const struct duration_law *law);

struct duration {
    struct duration_law law;
    struct alias_table by_length; /* Empirical: a sample in proportion to its length. */
};

/* 'law' has no error. */
void duration_init(struct duration *d, const struct duration_law *law);
void duration_fini(struct duration *d);

/* Seconds of a new session, and seconds that are left of one that is seen at a random instant. */
double duration_draw(const struct duration *d, struct rng *rng);
/* As duration_draw(); '*elephant' is true for one of a mixture. */
double duration_draw_which(const struct duration *d, struct rng *rng, bool *elephant);

/* The share of the time (of the bytes, at equal rates) that elephants have; 0 unless it is a mixture. */
double duration_elephant_share(const struct duration_law *law);

double duration_draw_rest(const struct duration *d, struct rng *rng);

/* Mean of 'n' > 0 samples. */
double duration_mean(const double *samples_s, uint32_t n);

#endif
