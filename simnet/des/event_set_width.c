#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "simnet/des/event_set_int.h"

enum {
    PER_BUCKET = 4, /* Events that a bucket should have when it is opened. */
    CROWD = 512,    /* Too many. */
    LEAST_BITS = 6,
    MOST_BITS = 22,
    FIRST_SHIFT = 17, /* 131 us, until it is known how fast events fire. */
    MOST_SHIFT = 56,
};

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
            ev->place = (uintptr_t)&set->run[set->run_n++].ev | EVENT_IN_RUN;
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

static void to_anywhere(struct event_set *set, struct sim_event *ev, void *aux)
{
    (void)aux;
    insert(set, ev);
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

/* Once in as many events as there are. */
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

void event_set_tune(struct event_set *set)
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

void event_set_split_crowd(struct event_set *set)
{
    int64_t first_ns = INT64_MAX, last_ns = 0;
    unsigned shift;

    if (set->run_n <= CROWD) {
        return;
    }
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

void event_set_rebuild(struct event_set *set)
{
    rebuild(set, set->shift, set->block_bits);
}

void event_set_first_width(struct event_set *set)
{
    make_buckets(set, FIRST_SHIFT, LEAST_BITS);
    next_tuning(set);
}
