#include "simnet/des/event_heap.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"

#define ARITY ((size_t)4)

void event_heap_fini(struct event_heap *heap)
{
    free(heap->slots);
    *heap = (struct event_heap){0};
}

static inline void place(struct event_heap *heap, struct event_slot slot, size_t i)
{
    heap->slots[i] = slot;
    slot.ev->place = (uintptr_t)i << EVENT_PLACE_BITS | EVENT_IN_HEAP;
}

static inline size_t position(const struct sim_event *ev)
{
    return ev->place >> EVENT_PLACE_BITS;
}

static void sift_up(struct event_heap *heap, struct event_slot slot, size_t i)
{
    while (i) {
        size_t parent = (i - 1) / ARITY;

        if (!event_slot_before(&slot, &heap->slots[parent])) {
            break;
        }
        place(heap, heap->slots[parent], i);
        i = parent;
    }
    place(heap, slot, i);
}

static inline size_t earlier(const struct event_heap *heap, size_t a, size_t b)
{
    return event_slot_before(&heap->slots[b], &heap->slots[a]) ? b : a;
}

/* The earliest of the slots from 'first' on, four or as many as there are; at least one exists. */
static inline size_t least(const struct event_heap *heap, size_t first)
{
    size_t best = first;

    if (first + ARITY <= heap->n) {
        return earlier(heap, earlier(heap, first, first + 1), earlier(heap, first + 2, first + 3));
    }
    for (size_t i = first + 1; i < heap->n; i++) {
        best = earlier(heap, best, i);
    }
    return best;
}

static void sift_down(struct event_heap *heap, struct event_slot slot, size_t i)
{
    for (size_t first; (first = ARITY * i + 1) < heap->n;) {
        size_t child = least(heap, first);

        if (!event_slot_before(&heap->slots[child], &slot)) {
            break;
        }
        place(heap, heap->slots[child], i);
        i = child;
    }
    place(heap, slot, i);
}

/* Puts 'slot' where it belongs, given that position 'i' is free. */
static void settle(struct event_heap *heap, struct event_slot slot, size_t i)
{
    if (i && event_slot_before(&slot, &heap->slots[(i - 1) / ARITY])) {
        sift_up(heap, slot, i);
    } else {
        sift_down(heap, slot, i);
    }
}

void event_heap_put(struct event_heap *heap, struct sim_event *ev)
{
    if (heap->n == heap->cap) {
        heap->cap = heap->cap ? heap->cap * 2 : 64;
        heap->slots = xreallocarray(heap->slots, heap->cap, sizeof *heap->slots);
    }
    sift_up(heap, (struct event_slot){ev->time_ns, ev->order, ev}, heap->n++);
}

void event_heap_move(struct event_heap *heap, struct sim_event *ev)
{
    settle(heap, (struct event_slot){ev->time_ns, ev->order, ev}, position(ev));
}

void event_heap_remove(struct event_heap *heap, struct sim_event *ev)
{
    size_t i = position(ev);

    assert(i < heap->n && heap->slots[i].ev == ev && "event_heap_remove: not in this heap");
    ev->place = 0;
    heap->n--;
    if (i != heap->n) {
        settle(heap, heap->slots[heap->n], i);
    }
}
