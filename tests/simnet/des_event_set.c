/* The event set against a list that is searched from end to end: every take must give the same event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "controller/base/alloc.h"
#include "controller/base/mono.h"
#include "controller/base/rng.h"
#include "simnet/des/event_set.h"

struct bed {
    struct event_set set;
    struct sim_event *events;
    uint32_t n_events;
    struct rng rng;
    int64_t now_ns;
    uint64_t next_order;
    uint64_t n_taken;
};

typedef int64_t wait_fn(struct rng *rng);

static void bed_init(struct bed *bed, uint32_t n_events, uint64_t seed)
{
    *bed = (struct bed){.n_events = n_events};
    bed->events = xcalloc(n_events, sizeof *bed->events);
    event_set_init(&bed->set);
    rng_seed(&bed->rng, seed);
}

static void bed_fini(struct bed *bed)
{
    event_set_fini(&bed->set);
    free(bed->events);
}

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

static struct sim_event *earliest(struct bed *bed)
{
    struct sim_event *best = NULL;

    for (uint32_t i = 0; i < bed->n_events; i++) {
        struct sim_event *ev = &bed->events[i];

        if (sim_event_is_set(ev) && (!best || is_before(ev, best))) {
            best = ev;
        }
    }
    return best;
}

static struct sim_event *any(struct bed *bed)
{
    return &bed->events[rng_below(&bed->rng, bed->n_events)];
}

static int64_t after(const struct bed *bed, int64_t wait_ns)
{
    return mono_add((mono_t){bed->now_ns}, wait_ns).ns;
}

static void put(struct bed *bed, struct sim_event *ev, int64_t wait_ns)
{
    /* Priority above sequence, as in sim.c. */
    event_set_put(&bed->set, ev, after(bed, wait_ns),
                  (uint64_t)rng_below(&bed->rng, 3) << 48 | bed->next_order++);
}

/* Takes the earliest up to 'end_ns', which must be the one that the list says. */
static struct sim_event *take(struct bed *bed, int64_t end_ns)
{
    struct sim_event *expected = earliest(bed), *ev;

    if (expected && expected->time_ns > end_ns) {
        expected = NULL;
    }
    ev = event_set_take(&bed->set, end_ns);
    assert_ptr_equal(ev, expected);
    if (ev) {
        assert_false(sim_event_is_set(ev));
        bed->now_ns = ev->time_ns;
        bed->n_taken++;
    }
    return ev;
}

static void step(struct bed *bed, wait_fn *wait)
{
    uint32_t what = rng_below(&bed->rng, 100);
    struct sim_event *ev = any(bed);

    if (what < 40) {
        put(bed, ev, wait(&bed->rng));
    } else if (what < 52) {
        if (sim_event_is_set(ev)) {
            event_set_remove(&bed->set, ev);
        }
    } else if (what < 53) {
        assert_ptr_equal(event_set_min(&bed->set), earliest(bed));
    } else if (what < 56) {
        take(bed, after(bed, wait(&bed->rng) / 1024));
    } else if ((ev = take(bed, INT64_MAX)) && what < 95) {
        put(bed, ev, wait(&bed->rng));
    }
}

static void run(uint32_t n_events, wait_fn *wait, uint64_t seed, int n_steps)
{
    struct bed bed;

    bed_init(&bed, n_events, seed);
    for (int i = 0; i < n_steps; i++) {
        step(&bed, wait);
    }
    while (take(&bed, INT64_MAX)) {
    }
    assert_int_equal(bed.set.n, 0);
    assert_true(bed.n_taken > (uint64_t)n_steps / 4);
    bed_fini(&bed);
}

/* --- Laws of the time until an event ------------------------------------------------------------------ */

static int64_t exponential(struct rng *rng)
{
    return (int64_t)rng_exponential(rng, 2.385e6);
}

/* Many at the same instant, and now. */
static int64_t few_values(struct rng *rng)
{
    return rng_below(rng, 4) * INT64_C(2385);
}

static int64_t always_now(struct rng *rng)
{
    (void)rng;
    return 0;
}

/* Nanoseconds beside centuries. */
static int64_t huge_gaps(struct rng *rng)
{
    return (int64_t)(rng_u64(rng) >> (1 + rng_below(rng, 63)));
}

/* Most are near, some at the end of time. */
static int64_t end_of_time(struct rng *rng)
{
    return rng_below(rng, 10) ? (int64_t)rng_exponential(rng, 50) : INT64_MAX;
}

/* A fixed time-out, which a burst of near ones puts off again and again. */
static int64_t time_outs(struct rng *rng)
{
    return rng_below(rng, 3) ? INT64_C(10000000000) : rng_below(rng, 2000);
}

static void test_every_take_is_that_of_a_list(void **state)
{
    static wait_fn *const laws[] = {exponential, few_values,  always_now,
                                    huge_gaps,   end_of_time, time_outs};
    static const uint32_t sizes[] = {1, 2, 17, 300};

    (void)state;
    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
            run(sizes[k], laws[i], 10 * i + k, 12000);
        }
    }
}

/* The time scale changes by powers of ten, up and down, with crowds that fall into one bucket: the width
 * must follow and nothing may be lost. */
static void test_width_follows_the_events(void **state)
{
    struct bed bed;

    (void)state;
    bed_init(&bed, 1500, 2385);
    for (int phase = 0; phase < 8; phase++) {
        double mean_ns = phase % 2 ? 3e10 : 70.0 * phase + 1;

        for (uint32_t i = 0; i < bed.n_events; i++) {
            put(&bed, &bed.events[i], (int64_t)rng_exponential(&bed.rng, mean_ns));
        }
        for (int i = 0; i < 2500; i++) {
            put(&bed, take(&bed, INT64_MAX), (int64_t)rng_exponential(&bed.rng, mean_ns));
        }
    }
    assert_int_equal(bed.set.n, bed.n_events);
    bed_fini(&bed);
}

/* Crowds far away, each within one bucket of the width that the time until then has asked for. */
static void test_crowds_are_split(void **state)
{
    struct bed bed;

    (void)state;
    bed_init(&bed, 1200, 77);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < bed.n_events; i++) {
            int64_t far_ns = round < 2 ? INT64_C(10000000000) : INT64_C(2385000000);
            uint32_t within_ns = round == 1 ? 2 : 23850;

            put(&bed, &bed.events[i], far_ns + rng_below(&bed.rng, within_ns));
        }
        while (take(&bed, INT64_MAX)) {
        }
    }
    assert_int_equal(bed.n_taken, 3 * bed.n_events);
    bed_fini(&bed);
}

/* Time-outs that are cancelled and set anew a million times leave no heap of empty slots. */
static void test_empty_slots_are_bounded(void **state)
{
    struct bed bed;

    (void)state;
    bed_init(&bed, 20, 7);
    for (int i = 0; i < 1000000; i++) {
        struct sim_event *ev = any(&bed);

        if (sim_event_is_set(ev)) {
            event_set_remove(&bed.set, ev);
        }
        put(&bed, ev, INT64_C(10000000000));
    }
    assert_true(bed.set.n <= 20);
    assert_true(bed.set.chunks.n_slots <= 4 * 20 + 4096 + 1);
    while (take(&bed, INT64_MAX)) {
    }
    bed_fini(&bed);
}

/* What is put in after a look at a far event comes before it. */
static void test_a_look_ahead_changes_nothing(void **state)
{
    struct bed bed;

    (void)state;
    bed_init(&bed, 200, 3);
    put(&bed, &bed.events[0], INT64_C(340000000000));
    assert_ptr_equal(event_set_min(&bed.set), &bed.events[0]);
    for (uint32_t i = 1; i < bed.n_events; i++) {
        put(&bed, &bed.events[i], 2385 * (int64_t)(bed.n_events - i));
    }
    assert_null(event_set_take(&bed.set, 2384));
    for (uint32_t i = 1; i < bed.n_events; i++) {
        assert_ptr_equal(take(&bed, INT64_MAX), &bed.events[bed.n_events - i]);
    }
    assert_ptr_equal(take(&bed, INT64_MAX), &bed.events[0]);
    assert_null(take(&bed, INT64_MAX));
    bed_fini(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_take_is_that_of_a_list),
        cmocka_unit_test(test_width_follows_the_events),
        cmocka_unit_test(test_crowds_are_split),
        cmocka_unit_test(test_empty_slots_are_bounded),
        cmocka_unit_test(test_a_look_ahead_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
