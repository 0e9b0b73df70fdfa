#include "simnet/des/event_set.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"

#define ARITY ((size_t)4)

void event_set_init(struct event_set *set)
{
    *set = (struct event_set){0};
}

void event_set_fini(struct event_set *set)
{
    free(set->slots);
    event_set_init(set);
}

static inline bool before(const struct event_slot *a, const struct event_slot *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

static inline void place(struct event_set *set, struct event_slot slot, size_t i)
{
    set->slots[i] = slot;
    slot.ev->index = i + 1;
}

static void sift_up(struct event_set *set, struct event_slot slot, size_t i)
{
    while (i) {
        size_t parent = (i - 1) / ARITY;

        if (!before(&slot, &set->slots[parent])) {
            break;
        }
        place(set, set->slots[parent], i);
        i = parent;
    }
    place(set, slot, i);
}

static inline size_t earlier(const struct event_set *set, size_t a, size_t b)
{
    return before(&set->slots[b], &set->slots[a]) ? b : a;
}

/* The earliest of the slots from 'first' on, four or as many as there are; at least one exists. */
static inline size_t least(const struct event_set *set, size_t first)
{
    size_t best = first;

    if (first + ARITY <= set->n) {
        return earlier(set, earlier(set, first, first + 1), earlier(set, first + 2, first + 3));
    }
    for (size_t i = first + 1; i < set->n; i++) {
        best = earlier(set, best, i);
    }
    return best;
}

static void sift_down(struct event_set *set, struct event_slot slot, size_t i)
{
    for (size_t first; (first = ARITY * i + 1) < set->n;) {
        size_t child = least(set, first);

        if (!before(&set->slots[child], &slot)) {
            break;
        }
        place(set, set->slots[child], i);
        i = child;
    }
    place(set, slot, i);
}

/* Puts 'slot' where it belongs, given that position 'i' is free. */
static void settle(struct event_set *set, struct event_slot slot, size_t i)
{
    if (i && before(&slot, &set->slots[(i - 1) / ARITY])) {
        sift_up(set, slot, i);
    } else {
        sift_down(set, slot, i);
    }
}

static void append(struct event_set *set, struct event_slot slot)
{
    if (set->n == set->cap) {
        set->cap = set->cap ? set->cap * 2 : 64;
        set->slots = xreallocarray(set->slots, set->cap, sizeof *set->slots);
    }
    sift_up(set, slot, set->n++);
}

void event_set_put(struct event_set *set, struct sim_event *ev)
{
    struct event_slot slot = {ev->time_ns, ev->order, ev};

    if (ev->index) {
        settle(set, slot, ev->index - 1);
    } else if (set->hole) {
        set->hole = false;
        sift_down(set, slot, 0);
    } else {
        append(set, slot);
    }
}

void event_set_remove(struct event_set *set, struct sim_event *ev)
{
    size_t i = ev->index - 1;

    assert(i < set->n && set->slots[i].ev == ev && "event_set_remove: not in this set");
    ev->index = 0;
    set->n--;
    if (i != set->n) {
        settle(set, set->slots[set->n], i);
    }
}

struct sim_event *event_set_min(const struct event_set *set)
{
    if (!set->hole) {
        return set->n ? set->slots[0].ev : NULL;
    }
    return set->n > 1 ? set->slots[least(set, 1)].ev : NULL;
}

static void close_hole(struct event_set *set)
{
    set->hole = false;
    set->n--;
    if (set->n) {
        sift_down(set, set->slots[set->n], 0);
    }
}

struct sim_event *event_set_take(struct event_set *set, int64_t end_ns)
{
    struct sim_event *ev;

    if (set->hole) {
        close_hole(set);
    }
    if (!set->n || set->slots[0].time_ns > end_ns) {
        return NULL;
    }
    ev = set->slots[0].ev;
    ev->index = 0;
    /* Below every event, so that nothing rises above the hole. */
    set->slots[0] = (struct event_slot){.time_ns = INT64_MIN};
    set->hole = true;
    return ev;
}
