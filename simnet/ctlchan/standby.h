/* A second controller that takes over when the first one fails.
 *
 * Each is a whole core with channels and a station of its own; the two share a store, and nothing else. The first is
 * master at every switch with generation id 1, the second its slave (OF 1.3.5 §6.3.4). Every 'beat_ns' each hears of
 * the other, when both answer (ctlchan_answers()). When the one that is not master has heard nothing for 'dead_ns', it
 * asks every switch for mastership with the next generation id; the other one is a slave when it comes back, restarted or
 * not, and may take over in its turn. So the core does what it does for an operator who asks it to be active; who decides
 * is here, because tambod leaves that to whoever watches it.
 *
 * A switch has no master while none of the two that answers is: that time is measured to the millisecond. */
#ifndef TAMBO_CTLCHAN_STANDBY_H
#define TAMBO_CTLCHAN_STANDBY_H

#include <stdbool.h>
#include <stdint.h>

#include "simnet/ctlchan/ctlchan.h"

struct standby_params {
    bool on;
    int64_t beat_ns; /* Above 0. */
    int64_t dead_ns; /* More than that. */
};

/* Off; 100 ms and 350 ms. */
struct standby_params standby_params_default(void);

/* What they cannot be combined with, in English; NULL: nothing. 'versions' as of the switches. */
const char *standby_error(const struct standby_params *params, const struct ctlchan_params *channel,
                          uint32_t versions);

/* A core for 'southbound'. */
typedef struct ctl *standby_make_fn(void *aux, const struct southbound *southbound);

struct standby;

/* The second controller comes STANDBY_AFTER_NS later, when switches have their labels. 'first' is borrowed. */
#define STANDBY_AFTER_NS (1500 * NS_PER_MS)
struct standby *standby_new(struct world *world, struct ctlchan *first,
                            const struct standby_params *params, standby_make_fn *make, void *aux);

/* Before 'first'. NULL is fine. */
void standby_free(struct standby *sb);

/* Tells a first controller that has been made, and is not connected yet, what it is. 'sb' NULL: at the beginning. It does
 * not insist: where a switch knows a newer generation id, it is a slave. */
void standby_tell_first(const struct standby *sb, struct ctl *first);

/* Channels of the second, for faults; and of the one that is to be master. */
struct ctlchan *standby_channel(const struct standby *sb);
struct ctlchan *standby_master(const struct standby *sb);

/* Something has happened to a controller or a channel (fault_hooks.told). */
void standby_told(struct standby *sb);

struct standby_stats {
    uint32_t n_takeovers;
    double without_s;      /* While a switch at least had no master, */
    double without_mean_s; /* and how long a switch had none, on average. */
};

struct standby_stats standby_stats(const struct standby *sb);
void standby_reset(struct standby *sb); /* The past is forgotten. */

#endif
