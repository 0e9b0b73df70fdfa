#include "simnet/des/event_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "simnet/des/event_sort.h"

enum {
    PER_BUCKET = 4, /* Events that a bucket should have when it is opened. */
    CROWD = 512,    /* Too many. */
    LEAST_BITS = 6,
    MOST_BITS = 22,
    FIRST_SHIFT = 17, /* 131 us, until it is known how fast events fire. */
    MOST_SHIFT = 56,
    FETCH_AHEAD = 4, /* Events. */
};

/* What 'place' of an event says besides EVENT_IN_HEAP: the address of its slot, in the run or (0) in a
 * bucket or bin. */
enum { IN_RUN = 2 };

/* --- Buckets --------------------------------------------------------------------------------------- */

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

/* --- The run --------------------------------------------------------------------------------------- */

static void mark_end(struct event_set *set)
{
    set->run[set->run_n] = (struct event_slot){.time_ns = INT64_MAX, .order = UINT64_MAX};
}

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
        set->run[i].ev->place = (uintptr_t)&set->run[i].ev | IN_RUN;
    }
    set->run_at = 0;
    mark_end(set);
}

/* --- Emptying buckets ------------------------------------------------------------------------------ */

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

static inline void to_front(struct event_set *set, struct sim_event *ev, void *aux)
{
    (void)aux;
    if (bucket_of(set, ev) <= set->opened) {
        add_to_run(set, ev);
    } else { /* It has been moved to a later time. */
        insert(set, ev);
    }
}

static void to_anywhere(struct event_set *set, struct sim_event *ev, void *aux)
{
    (void)aux;
    insert(set, ev);
}

static void find_earliest(struct event_set *set, struct sim_event *ev, void *aux)
{
    uint64_t *least = aux, p = bucket_of(set, ev);

    *least = p < *least ? p : *least;
}

/* --- The width ------------------------------------------------------------------------------------- */

static unsigned log2_floor(uint64_t x)
{
    return x ? 63 - (unsigned)__builtin_clzll(x) : 0;
}

/* The width with which so many events in so long a time make the right bucket. */
static unsigned right_shift(uint64_t n_events, int64_t in_ns)
{
    unsigned shift = log2_floor((uint64_t)in_ns / n_events * PER_BUCKET);

    return shift < MOST_SHIFT ? shift : MOST_SHIFT;
}

/* As many buckets as make what is scheduled fit into a quarter of the block, at the present rate. */
static unsigned right_bits(const struct event_set *set)
{
    unsigned bits = log2_floor(set->n / PER_BUCKET * 4) + 1;

    return bits < LEAST_BITS ? LEAST_BITS : bits > MOST_BITS ? MOST_BITS : bits;
}

static void make_buckets(struct event_set *set, unsigned shift, unsigned bits)
{
    size_t n_bytes = ((size_t)1 << bits) * sizeof *set->buckets;

    set->shift = shift;
    set->block_bits = bits;
    set->buckets = memset(xalloc_lines(n_bytes, 1), 0, n_bytes);
    set->used = xcalloc(((size_t)1 << bits) / 64, sizeof *set->used);
    set->opened = (uint64_t)set->now_ns >> shift;
}

/* Keeps of the run what is in front. */
static void rebuild_run(struct event_set *set)
{
    size_t n = set->run_n;

    set->run_n = 0;
    for (size_t i = set->run_at; i < n; i++) {
        struct sim_event *ev = set->run[i].ev;

        if (ev && bucket_of(set, ev) <= set->opened) {
            set->run[set->run_n] = set->run[i];
            ev->place = (uintptr_t)&set->run[set->run_n++].ev | IN_RUN;
        } else if (ev) {
            insert(set, ev);
        }
    }
    set->run_at = 0;
    mark_end(set);
}

static void rebuild_heap(struct event_set *set)
{
    struct event_heap old = set->heap;

    set->heap = (struct event_heap){0};
    for (size_t i = 0; i < old.n; i++) {
        insert(set, old.slots[i].ev);
    }
    event_heap_fini(&old);
}

static void rebuild(struct event_set *set, unsigned shift, unsigned bits)
{
    event_tail *buckets = set->buckets, bins[EVENT_SET_BINS];
    uint64_t *used = set->used;
    size_t n_buckets = (size_t)1 << set->block_bits;

    memcpy(bins, set->bins, sizeof bins);
    memset(set->bins, 0, sizeof set->bins);
    set->used_bins = 0;
    make_buckets(set, shift, bits);
    rebuild_run(set);
    rebuild_heap(set);
    for (size_t i = 0; i < n_buckets; i++) {
        each_event(set, buckets[i], false, to_anywhere, NULL);
    }
    for (size_t i = 0; i < EVENT_SET_BINS; i++) {
        each_event(set, bins[i], false, to_anywhere, NULL);
    }
    free(buckets);
    free(used);
}

static void next_tuning(struct event_set *set)
{
    set->tuned_taken = set->n_taken;
    set->tuned_ns = set->now_ns;
    set->tune_at = set->n_taken + 1024 + set->n;
}

static bool differs(unsigned a, unsigned b)
{
    return a > b + 1 || b > a + 1;
}

/* Looks whether the buckets suit the events: once in as many as there are. */
static void tune(struct event_set *set)
{
    uint64_t n_fired = set->n_taken - set->tuned_taken;
    int64_t in_ns = set->now_ns - set->tuned_ns;
    unsigned shift = set->shift, bits = right_bits(set);

    next_tuning(set);
    if (n_fired && in_ns > 0) {
        shift = right_shift(n_fired, in_ns);
    }
    if (differs(shift, set->shift) || differs(bits, set->block_bits)) {
        rebuild(set, shift, bits);
    }
}

/* A bucket with a crowd in it: its width is guessed anew from the crowd, before the crowd is sorted. */
static void split_crowd(struct event_set *set)
{
    int64_t first_ns = INT64_MAX, last_ns = 0;
    unsigned shift;

    for (size_t i = 0; i < set->run_n; i++) {
        int64_t time_ns = set->run[i].time_ns;

        first_ns = time_ns < first_ns ? time_ns : first_ns;
        last_ns = time_ns > last_ns ? time_ns : last_ns;
    }
    shift = right_shift(set->run_n, last_ns - first_ns);
    if (shift + 1 < set->shift) {
        set->now_ns = first_ns; /* Nothing is earlier. */
        next_tuning(set);
        rebuild(set, shift, right_bits(set));
    }
}

/* --- Opening ---------------------------------------------------------------------------------------- */

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
    if (set->run_n > CROWD) {
        split_crowd(set);
    }
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
    make_buckets(set, FIRST_SHIFT, LEAST_BITS);
    next_tuning(set);
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
        rebuild(set, set->shift, set->block_bits);
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
        tune(set);
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
