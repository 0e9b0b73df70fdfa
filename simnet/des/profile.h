/* Where the time of a run goes, by stages that its owners name with small numbers: an event belongs to the
 * stage of its 'stage' member, and a handler may enter another stage for a while, which then is not counted as
 * the first one's. It changes nothing of the run, and without a profile costs a look at a pointer.
 *
 * The engine asks for no time: it is given a function that counts ticks. */
#ifndef TAMBO_DES_PROFILE_H
#define TAMBO_DES_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "simnet/des/sim.h"

enum { SIM_MAX_STAGES = 16 };

struct sim_stage_time {
    uint64_t ticks;
    uint64_t n_events; /* That belong to the stage, */
    uint64_t n_calls;  /* and times that it was entered within an event. */
};

struct sim_profile {
    uint64_t (*ticks)(void);
    struct sim_stage_time stages[SIM_MAX_STAGES];
    uint64_t set_ticks; /* Between events: taking them out of the event set. */

    /* Its own: */
    bool is_running;
    unsigned stage;
    uint64_t since;
};

/* Counts from now on into 'profile', which has 'ticks' and is borrowed; NULL: no longer. Not from a handler. */
void sim_set_profile(struct sim *sim, struct sim_profile *profile);

/* Forgets what was counted; not from a handler. */
void sim_profile_reset(struct sim_profile *profile);

/* What follows belongs to 'stage' < SIM_MAX_STAGES, until sim_leave() with what was returned. */
unsigned sim_enter(struct sim *sim, unsigned stage);
void sim_leave(struct sim *sim, unsigned before);

#endif
