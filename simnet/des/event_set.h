/* The event set of one world: scheduled events in the total order (time, priority, sequence).
 *
 * Most events lie in buckets of time, in no order and touched by nobody, until the bucket that is next is
 * opened: its events are then sorted and become the front. What is scheduled for a time that has been opened
 * goes into a small heap beside it, and the earlier of the two comes first. The buckets of one block, a power
 * of two of them, lie in an array; what is beyond the block is kept by the highest bit in which its bucket's
 * number differs from the present one's, and comes down when the time gets there (the bins of a radix heap:
 * Ahuja, Mehlhorn, Orlin, Tarjan 1990). The width of a bucket follows the rate at which events fire.
 *
 * Putting, cancelling and moving take constant time, and nothing is allocated once the set has had its
 * largest size: a cancelled event leaves an empty slot behind, and one that is moved to a later time stays where it is
 * until its old time has come. */
#ifndef TAMBO_DES_EVENT_SET_H
#define TAMBO_DES_EVENT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simnet/des/event_chunk.h"
#include "simnet/des/event_heap.h"
#include "simnet/des/sim.h"

enum { EVENT_SET_BINS = 64 };

struct event_set {
    /* The front: what has been opened. */
    struct event_slot
        *run; /* Sorted, from 'run_at' to 'run_n', then an end mark; ev NULL: cancelled. */
    size_t run_at, run_n, run_cap;
    struct event_slot *spare; /* Room to sort in. */
    struct event_heap heap;

    /* The rest. Bucket p holds the times p << shift and on; those up to 'opened' are in front. */
    uint64_t opened;
    unsigned shift, block_bits;
    event_tail *buckets; /* Those of the block that 'opened' is in. */
    uint64_t *used;      /* A bit for each of them. */
    event_tail bins[EVENT_SET_BINS];
    uint64_t used_bins;

    struct event_chunks chunks; /* Of buckets and bins. */
    size_t n;                   /* Events. */

    /* Measuring, for the width. */
    uint64_t n_taken, tune_at;
    uint64_t tuned_taken; /* When the width was looked at last: how many had been taken, */
    int64_t tuned_ns;     /* and the time of the last of them. */
    int64_t now_ns;
};

void event_set_init(struct event_set *set);

/* Frees the set's own memory; the events belong to their owners. */
void event_set_fini(struct event_set *set);

/* Inserts 'ev' at 'time_ns' (not negative, not before what was taken last) with 'order', or moves it there
 * when it is in the set. */
void event_set_put(struct event_set *set, struct sim_event *ev, int64_t time_ns, uint64_t order);

/* Removes 'ev', which must be in this set. */
void event_set_remove(struct event_set *set, struct sim_event *ev);

/* The earliest event, or NULL. */
struct sim_event *event_set_min(struct event_set *set);

/* Removes and returns the earliest event if its time is at most 'end_ns'; else returns NULL. */
struct sim_event *event_set_take(struct event_set *set, int64_t end_ns);

/* An event that will probably be the one after 'i' others, or NULL: to have memory fetched that it is going to need. */
static inline const struct sim_event *event_set_peek(const struct event_set *set, size_t i)
{
    return set->run_at + i < set->run_n ? set->run[set->run_at + i].ev : NULL;
}

#endif
