/* The event set of one world: a 4-ary min-heap of scheduled events in the total order
 * (time, priority, sequence), with O(log n) insert, move and cancel.
 *
 * Keys stand in the heap beside the pointers, so that comparing touches no event. An event that is
 * taken leaves a hole at the root; whatever its handler schedules first drops into the hole and
 * sinks, which turns the usual "take one, schedule one" from two passes over the heap into one. */
#ifndef TAMBO_DES_EVENT_SET_H
#define TAMBO_DES_EVENT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simnet/des/sim.h"

struct event_slot {
    int64_t time_ns;
    uint64_t order;
    struct sim_event *ev;
};

struct event_set {
    struct event_slot *slots;
    size_t n, cap; /* Slots in use, the hole included, and allocated. */
    bool hole;     /* The root is free. */
};

void event_set_init(struct event_set *set);

/* Frees the set's own memory; the events belong to their owners. */
void event_set_fini(struct event_set *set);

/* Inserts 'ev' by its members 'time_ns' and 'order', or moves it there when it is in the set. */
void event_set_put(struct event_set *set, struct sim_event *ev);

/* Removes 'ev', which must be in this set. */
void event_set_remove(struct event_set *set, struct sim_event *ev);

/* The earliest event, or NULL. */
struct sim_event *event_set_min(const struct event_set *set);

/* Removes and returns the earliest event if its time is at most 'end_ns'; else returns NULL. */
struct sim_event *event_set_take(struct event_set *set, int64_t end_ns);

#endif
