/* When a point of an experiment has had enough replications.
 *
 *      "precision": {"frac": 0.01, "of": ["occupancy_entries"], "at_most": 200}
 *
 * Replications go on until the half-width of every quantity's interval is at most 'frac' of its mean
 * (Law, Kelton 2000, §9.4.1, the sequential procedure for relative precision), beginning with the
 * experiment's "replications", and ending at 'at_most'.
 *
 * The rule looks at the first n replications only, and the n at which it looks follow from what it
 * saw; so a point stops at the same replication whatever order, threads or machines they were run in,
 * and after any interruption. */
#ifndef TAMBO_EXPERIMENTS_STOPPING_H
#define TAMBO_EXPERIMENTS_STOPPING_H

#include <stddef.h>
#include <stdint.h>

#include "controller/config/json_check.h"

#define STOPPING_MAX_QUANTITIES 16

struct stopping {
    double frac; /* 0: no rule; at_least replications it is. */
    double level_frac;
    uint32_t at_least, at_most;
    char of[STOPPING_MAX_QUANTITIES][64];
    size_t n_of;
};

/* Reads the member "precision" of an experiment. */
void stopping_read(struct conf_node *root, struct stopping *rule);

/* What is known of one point: the values of quantity q in replication r at values[q * at_most + r],
 * NaN where a trial has none; known[r] says which replications there are. */
struct stopping_point {
    double *values;
    bool *known;
    uint32_t n_wanted; /* Replications that the rule asks for so far. */
    bool finished;     /* All that it asks for are known, and it asks for no more. */
};

void stopping_point_init(struct stopping_point *point, const struct stopping *rule);
void stopping_point_fini(struct stopping_point *point);

/* Lets the rule look as far as replications are known. */
void stopping_point_look(struct stopping_point *point, const struct stopping *rule);

/* The number of replications to have next when 'n' gave the 'values' (n for each quantity, rows of
 * 'stride'): 'n' when that is enough; at most twice as many, and not more than the rule allows. */
uint32_t stopping_next(const struct stopping *rule, const double values[], size_t stride,
                       uint32_t n);

#endif
