#include "simnet/des/event_set.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "simnet/des/event_set_int.h"
#include "simnet/des/event_sort.h"

enum { FETCH_AHEAD = 4 /* Events. */ };

/* --- The run --------------------------------------------------------------------------------------- */

static void add_to_run(struct event_set *set, struct sim_event *ev)
{
    if (set->run_n + 1 >= set->run_cap) {
        set->run_cap *= 2;
        set->run = xreallocarray(set->run, set->run_cap, sizeof *set->run);
        set->spare = xreallocarray(set->spare, set->run_cap, sizeof *set->spare);
    }
    set->run[set->run_n++] = (struct event_slot){ev->time_ns, ev->order, ev};
}

static void sort_run(struct event_set *set)
{
    event_sort(&set->run, &set->spare, set->run_n);
    for (size_t i = 0; i < set->run_n; i++) {
        set->run[i].ev->place = (uintptr_t)&set->run[i].ev | EVENT_IN_RUN;
    }
    set->run_at = 0;
    mark_end(set);
}

static inline void to_front(struct event_set *set, struct sim_event *ev, void *aux)
{
    (void)aux;
    if (bucket_of(set, ev) <= set->opened) {
        add_to_run(set, ev);
    } else { /* It has been moved to a later time. */
        insert(set, ev);
    }
}

static void find_earliest(struct event_set *set, struct sim_event *ev, void *aux)
{
    uint64_t *least = aux, p = bucket_of(set, ev);

    *least = p < *least ? p : *least;
}

/* --- Opening ---------------------------------------------------------------------------------------- */

/* The first bucket in use behind position 'i' of the block; SIZE_MAX when there is none. */
static inline size_t next_used(const struct event_set *set, size_t i)
{
    size_t n_words = ((size_t)1 << set->block_bits) / 64, w = ++i / 64;
    uint64_t bits;

    if (w >= n_words) {
        return SIZE_MAX;
    }
    bits = set->used[w] & ~UINT64_C(0) << i % 64;
    while (!bits) {
        if (++w == n_words) {
            return SIZE_MAX;
        }
        bits = set->used[w];
    }
    return w * 64 + (size_t)__builtin_ctzll(bits);
}

/* Fetches the events of the bucket after position 'i', and the chunk of the one after that. */
static inline void fetch_next(const struct event_set *set, size_t i)
{
    const struct event_chunk *chunk;
    size_t n;

    i = next_used(set, i);
    if (i == SIZE_MAX) {
        return;
    }
    chunk = event_chunk_of(set->buckets[i]);
    n = (size_t)(set->buckets[i] - chunk->slots);
    for (size_t k = 0; k < n; k++) {
        __builtin_prefetch(chunk->slots[k]);
    }
    i = next_used(set, i);
    if (i != SIZE_MAX) {
        __builtin_prefetch(event_chunk_of(set->buckets[i]));
    }
}

static void open_bucket(struct event_set *set, size_t i)
{
    event_tail tail = set->buckets[i];

    set->opened = (set->opened & ~(uint64_t)block_mask(set)) | i;
    set->buckets[i] = NULL;
    set->used[i / 64] &= ~(UINT64_C(1) << i % 64);
    each_event(set, tail, false, to_front, NULL);
    fetch_next(set, i);
}

/* The block is done: goes on to the earliest bucket in the lowest bin. */
static void open_bin(struct event_set *set, unsigned bin)
{
    event_tail tail = set->bins[bin];
    uint64_t earliest = UINT64_MAX;

    set->bins[bin] = NULL;
    set->used_bins &= ~(UINT64_C(1) << bin);
    each_event(set, tail, true, find_earliest, &earliest);
    if (earliest != UINT64_MAX && bin_of(set, earliest) == bin) {
        set->opened = earliest;
    } /* Else all have been moved beyond. */
    each_event(set, tail, false, to_front, NULL);
}

/* Opens the next bucket that may hold something at or before 'end_ns'; false when there is none. */
static bool open_one(struct event_set *set, int64_t end_ns)
{
    size_t i = next_used(set, set->opened & block_mask(set));
    uint64_t end = (uint64_t)end_ns >> set->shift;

    if (i != SIZE_MAX) {
        if (((set->opened & ~(uint64_t)block_mask(set)) | i) > end) {
            return false;
        }
        open_bucket(set, i);
    } else if (set->used_bins) {
        unsigned bin = (unsigned)__builtin_ctzll(set->used_bins), bit = set->block_bits + bin;

        if ((set->opened >> bit | 1) << bit > end) {
            return false;
        }
        open_bin(set, bin);
    } else {
        return false;
    }
    return true;
}

/* Makes a new run, the old one being at its end and the heap empty. */
static bool open_next(struct event_set *set, int64_t end_ns)
{
    set->run_at = set->run_n = 0;
    mark_end(set);
    if (end_ns < 0) {
        return false;
    }
    while (!set->run_n) {
        if (!open_one(set, end_ns)) {
            return false;
        }
    }
    event_set_split_crowd(set);
    sort_run(set);
    return true;
}

/* --- The set ----------------------------------------------------------------------------------------- */

void event_set_init(struct event_set *set)
{
    *set = (struct event_set){.run_cap = 64};
    set->run = xcalloc(set->run_cap, sizeof *set->run);
    set->spare = xcalloc(set->run_cap, sizeof *set->spare);
    mark_end(set);
    event_set_first_width(set);
}

void event_set_fini(struct event_set *set)
{
    event_chunks_fini(&set->chunks);
    event_heap_fini(&set->heap);
    free(set->run);
    free(set->spare);
    free(set->buckets);
    free(set->used);
    *set = (struct event_set){0};
}

/* The event leaves the slot or heap where it is. */
static void leave(struct event_set *set, struct sim_event *ev)
{
    struct sim_event **slot = (struct sim_event **)(ev->place & ~(uintptr_t)EVENT_PLACE_MASK);

    if (ev->place & EVENT_IN_HEAP) {
        event_heap_remove(&set->heap, ev);
        return;
    }
    assert(*slot == ev && "event_set: not in this set");
    *slot = NULL;
    ev->place = 0;
}

/* Empty slots are thrown away when they are many more than the full ones. */
static void sweep(struct event_set *set)
{
    if (set->chunks.n_slots > 4 * set->n + 4096) {
        event_set_rebuild(set);
    }
}

static void move(struct event_set *set, struct sim_event *ev, int64_t time_ns, uint64_t order)
{
    bool later = time_ns >= ev->time_ns;

    if (!(ev->place & EVENT_PLACE_MASK) && later) { /* It stays until its old time has come. */
        ev->time_ns = time_ns;
        ev->order = order;
        return;
    }
    leave(set, ev);
    ev->time_ns = time_ns;
    ev->order = order;
    insert(set, ev);
    sweep(set);
}

void event_set_put(struct event_set *set, struct sim_event *ev, int64_t time_ns, uint64_t order)
{
    assert(time_ns >= 0 && "event_set_put: before the beginning");
    if (ev->place) {
        move(set, ev, time_ns, order);
        return;
    }
    ev->time_ns = time_ns;
    ev->order = order;
    set->n++;
    insert(set, ev);
    sweep(set);
}

void event_set_remove(struct event_set *set, struct sim_event *ev)
{
    leave(set, ev);
    set->n--;
}

/* The slot of the earliest event that is in front, or the end mark of the run when nothing is. */
static inline const struct event_slot *first_in_front(struct event_set *set)
{
    const struct event_slot *first;

    while (set->run_at < set->run_n && !set->run[set->run_at].ev) {
        set->run_at++;
    }
    first = &set->run[set->run_at];
    if (set->heap.n && event_slot_before(&set->heap.slots[0], first)) {
        first = &set->heap.slots[0];
    }
    return first;
}

struct sim_event *event_set_min(struct event_set *set)
{
    const struct event_slot *first = first_in_front(set);

    if (!first->ev && open_next(set, INT64_MAX)) {
        first = first_in_front(set);
    }
    return first->ev;
}

/* What the handlers of the next events begin with. */
static inline void fetch_ahead(const struct event_set *set)
{
    const struct sim_event *ev = event_set_peek(set, FETCH_AHEAD);

    if (ev) {
        __builtin_prefetch(ev->aux);
    }
}

struct sim_event *event_set_take(struct event_set *set, int64_t end_ns)
{
    const struct event_slot *first;
    struct sim_event *ev;

    if (set->n_taken >= set->tune_at) {
        event_set_tune(set);
    }
    first = first_in_front(set);
    if (!first->ev) {
        if (!open_next(set, end_ns)) {
            return NULL;
        }
        first = first_in_front(set);
    }
    if (first->time_ns > end_ns) {
        return NULL;
    }
    ev = first->ev;
    set->now_ns = first->time_ns;
    if (first == &set->run[set->run_at]) {
        ev->place = 0;
        set->run_at++;
        fetch_ahead(set);
    } else {
        event_heap_remove(&set->heap, ev);
    }
    set->n--;
    set->n_taken++;
    return ev;
}
