/* Where the time of a run goes, by stages (world/stage.h): of its beginning, and of the time that is measured.
 * Ticks are of a clock that goes on when the processor works for others; what they share out is the time
 * that the processor has worked for this process. */
#ifndef TAMBO_EXPERIMENTS_PROFILE_H
#define TAMBO_EXPERIMENTS_PROFILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "simnet/des/profile.h"

/* Zero-initialised means not begun. */
struct profile {
    struct sim_profile counts; /* Of the present part... */
    double begun_s;            /* ...which began then, in seconds of the processor. */
    json_t *parts;             /* Owned: those that are over. */
};

/* The first part begins. 'sim' counts into 'profile', which must not move, from now on. */
void profile_begin(struct profile *profile, struct sim *sim);

/* The present part is over: it is called 'name', and had 'n_misses' sessions without an entry (NAN: unknown).
 * Another begins. */
void profile_close(struct profile *profile, const char *name, double n_misses);

/* Shows the table of a part on standard output. */
void profile_print(const json_t *part);

#endif
