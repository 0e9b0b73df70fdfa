/* A 4-ary min-heap of events in the order (time, order): the part of the event set that may be put into
 * anywhere. Keys stand in the heap beside the pointers, so that comparing touches no event. */
#ifndef TAMBO_DES_EVENT_HEAP_H
#define TAMBO_DES_EVENT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simnet/des/sim.h"

struct event_slot {
    int64_t time_ns;
    uint64_t order;
    struct sim_event *ev;
};

struct event_heap {
    struct event_slot *slots; /* The first one is the earliest. */
    size_t n, cap;
};

static inline bool event_slot_before(const struct event_slot *a, const struct event_slot *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

/* What 'place' of an event says when it is in a heap: its position, and how to know that. */
enum { EVENT_IN_HEAP = 1, EVENT_PLACE_BITS = 2, EVENT_PLACE_MASK = 3 };

void event_heap_fini(struct event_heap *heap);

/* Puts in an event that is nowhere, by its members 'time_ns' and 'order'. */
void event_heap_put(struct event_heap *heap, struct sim_event *ev);

/* Moves an event of the heap to where its members now say. */
void event_heap_move(struct event_heap *heap, struct sim_event *ev);
void event_heap_remove(struct event_heap *heap, struct sim_event *ev);

#endif
