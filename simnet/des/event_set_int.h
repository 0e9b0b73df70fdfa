/* The event set's own: what its parts share. Where an event belongs, how buckets are emptied, and the width of the
 * buckets (event_set_width.c). All of it is on the path of each event, so most is inline. */
#ifndef TAMBO_DES_EVENT_SET_INT_H
#define TAMBO_DES_EVENT_SET_INT_H

#include "simnet/des/event_set.h"

/* What 'place' of an event says besides EVENT_IN_HEAP: the address of its slot, in the run or (0) in a
 * bucket or bin. */
enum { EVENT_IN_RUN = 2 };

static inline uint64_t bucket_of(const struct event_set *set, const struct sim_event *ev)
{
    return (uint64_t)ev->time_ns >> set->shift;
}

static inline size_t block_mask(const struct event_set *set)
{
    return ((size_t)1 << set->block_bits) - 1;
}

/* The bin of bucket 'p', which is beyond the block. */
static inline unsigned bin_of(const struct event_set *set, uint64_t p)
{
    return 63 - (unsigned)__builtin_clzll((p ^ set->opened) >> set->block_bits);
}

/* Puts in an event that is nowhere. */
static inline void insert(struct event_set *set, struct sim_event *ev)
{
    uint64_t p = bucket_of(set, ev);

    if (p <= set->opened) {
        event_heap_put(&set->heap, ev);
    } else if (!((p ^ set->opened) >> set->block_bits)) {
        size_t i = p & block_mask(set);

        set->used[i / 64] |= UINT64_C(1) << i % 64;
        event_chunks_append(&set->chunks, &set->buckets[i], ev);
    } else {
        unsigned bin = bin_of(set, p);

        set->used_bins |= UINT64_C(1) << bin;
        event_chunks_append(&set->chunks, &set->bins[bin], ev);
    }
}

static inline void mark_end(struct event_set *set)
{
    set->run[set->run_n] = (struct event_slot){.time_ns = INT64_MAX, .order = UINT64_MAX};
}

typedef void visit_fn(struct event_set *set, struct sim_event *ev, void *aux);

/* Shows the events of a bucket, which then are nowhere, and frees its chunks, unless they are only to be
 * looked at. */
static inline void each_event(struct event_set *set, event_tail tail, bool keep, visit_fn *visit,
                              void *aux)
{
    struct event_chunk *chunk = tail ? event_chunk_of(tail) : NULL, *next;

    for (; chunk; chunk = next) {
        size_t n = (size_t)(tail - chunk->slots);

        next = chunk->next;
        if (next) {
            __builtin_prefetch(next);
        }
        for (size_t i = 0; i < n; i++) {
            if (chunk->slots[i]) {
                visit(set, chunk->slots[i], aux);
            }
        }
        tail = next ? next->slots + EVENT_CHUNK_SLOTS : NULL;
        if (!keep) {
            set->chunks.n_slots -= n;
            event_chunks_give(&set->chunks, chunk);
        }
    }
}

/* Makes an empty set's buckets, of a width that is right for nothing yet. */
void event_set_first_width(struct event_set *set);

/* Puts what is in the set into new buckets, of the same width, without the slots of cancelled events. */
void event_set_rebuild(struct event_set *set);

/* Looks whether the buckets suit the events: to be called when 'n_taken' reaches 'tune_at'. */
void event_set_tune(struct event_set *set);

/* The run, which is not sorted yet, came from one bucket: when that was too wide, its width is guessed anew. */
void event_set_split_crowd(struct event_set *set);

#endif
