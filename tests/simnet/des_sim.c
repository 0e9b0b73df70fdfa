/* The event engine: total order, cancelling, stopping, two worlds side by side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "simnet/des/profile.h"
#include "simnet/des/sim.h"

/* Records the kinds of the events that fire. */
struct recorder {
    struct sim *sim;
    uint32_t kinds[64];
    size_t n;
};

static void record(void *aux, struct sim_event *ev)
{
    struct recorder *rec = aux;

    rec->kinds[rec->n++] = ev->kind;
}

static mono_t at(int64_t ns)
{
    return (mono_t){ns};
}

static void test_ties_by_priority_then_sequence(void **state)
{
    struct recorder rec = {.sim = sim_new(7)};
    static const int16_t prios[] = {SIM_PRIO_PROBE,  SIM_PRIO_NORMAL, SIM_PRIO_EXPIRY,
                                    SIM_PRIO_NORMAL, SIM_PRIO_FAULT,  SIM_PRIO_CONTROLLER};
    static const uint32_t expected[] = {4, 2, 1, 3, 5, 0};
    struct sim_event ev[6];

    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        sim_event_init(&ev[i], i, prios[i], record, &rec);
        sim_at(rec.sim, &ev[i], at(2385));
    }
    assert_int_equal(sim_run_until(rec.sim, at(2385)), 6);
    assert_memory_equal(rec.kinds, expected, sizeof expected);
    sim_free(rec.sim);
}

static void test_move_takes_a_new_place_among_equals(void **state)
{
    struct recorder rec = {.sim = sim_new(7)};
    static const uint32_t expected[] = {1, 2, 0};
    struct sim_event ev[3];

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        sim_event_init(&ev[i], i, 0, record, &rec);
        sim_at(rec.sim, &ev[i], at(17));
    }
    sim_at(rec.sim, &ev[0], at(17));
    sim_run_until(rec.sim, at(17));
    assert_memory_equal(rec.kinds, expected, sizeof expected);
    sim_free(rec.sim);
}

static void test_time_zero_is_ordinary_and_never_cancels(void **state)
{
    struct recorder rec = {.sim = sim_new(7)};
    struct sim_event a, b;

    (void)state;
    sim_event_init(&a, 1, 0, record, &rec);
    sim_event_init(&b, 2, 0, record, &rec);
    assert_true(mono_is_never(sim_next(rec.sim)));
    sim_at(rec.sim, &a, MONO_ZERO);
    sim_at(rec.sim, &b, MONO_ZERO);
    assert_true(sim_event_is_set(&a));
    assert_int_equal(sim_next(rec.sim).ns, 0);
    sim_at(rec.sim, &a, MONO_NEVER);
    assert_false(sim_event_is_set(&a));
    sim_cancel(rec.sim, &a);
    assert_int_equal(sim_run_until(rec.sim, MONO_ZERO), 1);
    assert_int_equal(rec.kinds[0], 2);
    sim_free(rec.sim);
}

static void test_run_until_moves_the_clock_to_the_end(void **state)
{
    struct recorder rec = {.sim = sim_new(7)};
    struct sim_event a, b;

    (void)state;
    sim_event_init(&a, 1, 0, record, &rec);
    sim_event_init(&b, 2, 0, record, &rec);
    sim_at(rec.sim, &a, at(100));
    sim_at(rec.sim, &b, at(101));
    assert_int_equal(sim_run_until(rec.sim, at(100)), 1);
    assert_int_equal(sim_now(rec.sim).ns, 100);
    assert_int_equal(sim_next(rec.sim).ns, 101);
    assert_int_equal(sim_run_until(rec.sim, at(100)), 0);
    assert_int_equal(sim_run_until(rec.sim, at(5000)), 1);
    assert_int_equal(sim_now(rec.sim).ns, 5000);
    assert_int_equal(sim_n_events(rec.sim), 2);
    /* Without an end the clock stays at the last event. */
    sim_at(rec.sim, &a, at(6001));
    assert_int_equal(sim_run_until(rec.sim, MONO_NEVER), 1);
    assert_int_equal(sim_now(rec.sim).ns, 6001);
    sim_free(rec.sim);
}

static void stop_at_two(void *aux, struct sim_event *ev)
{
    struct recorder *rec = aux;

    record(aux, ev);
    if (ev->kind == 2) {
        sim_stop(rec->sim);
    }
}

static void test_stop_keeps_the_rest(void **state)
{
    struct recorder rec = {.sim = sim_new(7)};
    struct sim_event ev[4];

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        sim_event_init(&ev[i], i, 0, stop_at_two, &rec);
        sim_at(rec.sim, &ev[i], at(10 * i));
    }
    assert_int_equal(sim_run_until(rec.sim, at(1000)), 3);
    assert_int_equal(sim_now(rec.sim).ns, 20);
    assert_true(sim_event_is_set(&ev[3]));
    assert_int_equal(sim_run_until(rec.sim, at(1000)), 1);
    assert_int_equal(sim_now(rec.sim).ns, 1000);
    sim_free(rec.sim);
}

/* What a handler may do to the set while the root is a hole. */
struct juggler {
    struct recorder rec;
    struct sim_event ev[5];
};

static void juggle(void *aux, struct sim_event *ev)
{
    struct juggler *jug = aux;
    struct sim *sim = jug->rec.sim;

    record(&jug->rec, ev);
    assert_false(sim_event_is_set(ev));
    if (ev->kind) {
        return;
    }
    assert_int_equal(sim_next(sim).ns, 20);
    sim_cancel(sim, &jug->ev[2]);
    assert_int_equal(sim_next(sim).ns, 30);
    sim_at(sim, &jug->ev[4], sim_now(sim)); /* From the end to just behind the hole, ... */
    assert_int_equal(sim_next(sim).ns, 10);
    sim_at(sim, &jug->ev[2], at(25)); /* ... into the hole, ... */
    sim_at(sim, &jug->ev[1], at(25)); /* ... and beside it. */
    assert_int_equal(sim_next(sim).ns, 10);
}

static void test_handler_may_change_everything(void **state)
{
    static const uint32_t expected[] = {0, 4, 2, 1, 3};
    struct juggler jug = {.rec.sim = sim_new(3)};

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        sim_event_init(&jug.ev[i], i, 0, juggle, &jug);
    }
    sim_at(jug.rec.sim, &jug.ev[0], at(10));
    sim_at(jug.rec.sim, &jug.ev[2], at(20));
    sim_at(jug.rec.sim, &jug.ev[3], at(30));
    sim_at(jug.rec.sim, &jug.ev[4], at(40));
    assert_int_equal(sim_run_until(jug.rec.sim, at(100)), 5);
    assert_memory_equal(jug.rec.kinds, expected, sizeof expected);
    sim_free(jug.rec.sim);
}

/* --- Property: the order of a random schedule is that of a plain list searched for its minimum -- */

#define N_EVENTS 300

struct entry {
    struct sim_event ev;
    bool set;
    int64_t time_ns;
    uint64_t sequence;
};

struct reference {
    struct sim *sim;
    struct rng *rng;
    struct entry entries[N_EVENTS];
    uint64_t next_sequence;
    uint64_t n_fired;
    int64_t last_ns;
};

static bool entry_before(const struct entry *a, const struct entry *b)
{
    if (a->time_ns != b->time_ns) {
        return a->time_ns < b->time_ns;
    }
    return a->ev.prio != b->ev.prio ? a->ev.prio < b->ev.prio : a->sequence < b->sequence;
}

static struct entry *earliest(struct reference *ref)
{
    struct entry *best = NULL;

    for (size_t i = 0; i < N_EVENTS; i++) {
        struct entry *e = &ref->entries[i];

        if (e->set && (!best || entry_before(e, best))) {
            best = e;
        }
    }
    return best;
}

/* Schedules, moves or cancels a random event. Times are coarse, so that ties are common. */
static void disturb(struct reference *ref)
{
    struct entry *e = &ref->entries[rng_below(ref->rng, N_EVENTS)];

    if (rng_below(ref->rng, 10) < 3) {
        sim_cancel(ref->sim, &e->ev);
        e->set = false;
        return;
    }
    e->time_ns = sim_now(ref->sim).ns + rng_below(ref->rng, 40);
    e->sequence = ref->next_sequence++;
    e->set = true;
    sim_at(ref->sim, &e->ev, at(e->time_ns));
}

static void check_next(const struct reference *ref, const struct entry *expected)
{
    assert_int_equal(sim_next(ref->sim).ns, expected ? expected->time_ns : MONO_NEVER.ns);
}

static void fire_and_disturb(void *aux, struct sim_event *ev)
{
    struct reference *ref = aux;
    struct entry *expected = earliest(ref);

    assert_ptr_equal(ev, &expected->ev);
    assert_int_equal(sim_now(ref->sim).ns, expected->time_ns);
    expected->set = false;
    ref->n_fired++;
    check_next(ref, earliest(ref));
    for (uint32_t i = rng_below(ref->rng, 5); i; i--) {
        disturb(ref);
    }
    check_next(ref, earliest(ref));
}

static void test_random_schedule_fires_in_order(void **state)
{
    struct reference *ref = xcalloc(1, sizeof *ref);

    (void)state;
    ref->sim = sim_new(20151);
    ref->rng = sim_rng(ref->sim, "schedule");
    for (size_t i = 0; i < N_EVENTS; i++) {
        sim_event_init(&ref->entries[i].ev, (uint32_t)i, (int16_t)((int)rng_below(ref->rng, 5) - 2),
                       fire_and_disturb, ref);
    }
    for (int round = 0; round < 40; round++) {
        for (uint32_t i = rng_below(ref->rng, N_EVENTS); i; i--) {
            disturb(ref);
        }
        sim_run_until(ref->sim, mono_add(sim_now(ref->sim), 100));
        for (size_t i = 0; i < N_EVENTS; i++) {
            assert_int_equal(ref->entries[i].set, sim_event_is_set(&ref->entries[i].ev));
        }
    }
    assert_true(ref->n_fired > 10000);
    assert_int_equal(ref->n_fired, sim_n_events(ref->sim));
    sim_free(ref->sim);
    free(ref);
}

/* --- Trace hash and streams -------------------------------------------------------------------- */

static void test_trace_hash_sees_time_kind_and_data(void **state)
{
    static const struct {
        int64_t ns;
        uint32_t kind;
        const char *data;
    } runs[] = {{10, 1, "abc"}, {11, 1, "abc"},      {10, 2, "abc"},
                {10, 1, "abd"}, {10, 1, "abcdefgh"}, {10, 1, "abcdefghi"}};
    uint64_t hashes[6];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct recorder rec = {.sim = sim_new(1)};
        struct sim_event ev;

        sim_event_init(&ev, runs[i].kind, 0, record, &rec);
        sim_at(rec.sim, &ev, at(runs[i].ns));
        sim_run_until(rec.sim, at(20));
        sim_trace(rec.sim, runs[i].data, strlen(runs[i].data));
        hashes[i] = sim_trace_hash(rec.sim);
        for (size_t j = 0; j < i; j++) {
            assert_true(hashes[i] != hashes[j]);
        }
        sim_free(rec.sim);
    }
}

static uint64_t trace_of(const uint8_t *data, size_t len)
{
    struct sim *sim = sim_new(1);
    uint64_t hash;

    sim_trace(sim, data, len);
    hash = sim_trace_hash(sim);
    sim_free(sim);
    return hash;
}

enum { LONGEST = 300, N_TRACED = 2 * (LONGEST + 1) + LONGEST / 16 };

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Each length of zeros, each byte of the longest, and each two neighbouring groups of 16 in the other order. */
static void test_trace_hash_sees_each_byte_and_its_place(void **state)
{
    static uint64_t hashes[N_TRACED];
    uint8_t data[LONGEST] = {0}, other[LONGEST];
    size_t n = 0;

    (void)state;
    for (size_t len = 0; len <= LONGEST; len++) {
        hashes[n++] = trace_of(data, len);
    }
    for (size_t i = 0; i < LONGEST; i++) {
        data[i] = 1;
        hashes[n++] = trace_of(data, LONGEST);
        data[i] = 0;
    }
    for (size_t i = 0; i < LONGEST; i++) {
        data[i] = (uint8_t)(i / 16);
    }
    hashes[n++] = trace_of(data, LONGEST);
    for (size_t i = 0; i + 32 <= LONGEST; i += 16) {
        memcpy(other, data, LONGEST);
        memcpy(other + i, data + i + 16, 16);
        memcpy(other + i + 16, data + i, 16);
        hashes[n++] = trace_of(other, LONGEST);
    }
    qsort(hashes, n, sizeof hashes[0], by_value);
    for (size_t i = 1; i < n; i++) {
        assert_true(hashes[i] != hashes[i - 1]);
    }
}

static void test_streams_do_not_depend_on_order_of_creation(void **state)
{
    struct sim *one = sim_new(42), *two = sim_new(42), *other = sim_new(43);
    struct rng *a1 = sim_rng(one, "arrivals of host 7");
    struct rng *b1 = sim_rng(one, "service");
    struct rng *b2 = sim_rng(two, "service");
    struct rng *a2 = sim_rng(two, "arrivals of host 7");

    (void)state;
    assert_ptr_equal(a1, sim_rng(one, "arrivals of host 7"));
    assert_ptr_not_equal(a1, b1);
    for (int i = 0; i < 100; i++) {
        uint64_t a = rng_u64(a1), b = rng_u64(b1);

        assert_true(a == rng_u64(a2));
        assert_true(b == rng_u64(b2));
        assert_true(a != b);
        assert_true(b != rng_u64(sim_rng(other, "service")));
    }
    assert_int_equal(sim_seed(one), 42);
    sim_free(one);
    sim_free(two);
    sim_free(other);
}

/* --- Two worlds -------------------------------------------------------------------------------- */

/* A hundred clocks that re-arm themselves at random. */
struct world {
    struct sim *sim;
    struct sim_event ev[100];
};

static void tick(void *aux, struct sim_event *ev)
{
    struct world *w = aux;
    struct rng *rng = sim_rng(w->sim, "ticks");

    sim_trace_u64(w->sim, rng_u64(rng));
    sim_at(w->sim, ev, mono_add(sim_now(w->sim), ns_from_s(rng_exponential(rng, 2.385e-6))));
}

static void world_init(struct world *w, uint64_t seed)
{
    w->sim = sim_new(seed);
    for (uint32_t i = 0; i < 100; i++) {
        sim_event_init(&w->ev[i], i, 0, tick, w);
        sim_at(w->sim, &w->ev[i], at(i));
    }
}

static void test_interleaved_worlds_do_not_disturb_each_other(void **state)
{
    struct world alone[2], mixed[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        world_init(&alone[i], 100 + i);
        world_init(&mixed[i], 100 + i);
        sim_run_until(alone[i].sim, at(1000000));
    }
    for (int64_t end_ns = 0; end_ns <= 1000000; end_ns += 777) {
        sim_run_until(mixed[0].sim, at(end_ns));
        sim_run_until(mixed[1].sim, at(1000000 - (1000000 - end_ns) / 2));
    }
    for (size_t i = 0; i < 2; i++) {
        sim_run_until(mixed[i].sim, at(1000000));
        assert_true(sim_n_events(mixed[i].sim) > 30000);
        assert_int_equal(sim_n_events(alone[i].sim), sim_n_events(mixed[i].sim));
        assert_true(sim_trace_hash(alone[i].sim) == sim_trace_hash(mixed[i].sim));
    }
    assert_true(sim_trace_hash(alone[0].sim) != sim_trace_hash(alone[1].sim));
    for (size_t i = 0; i < 2; i++) {
        sim_free(alone[i].sim);
        sim_free(mixed[i].sim);
    }
}

/* --- Profile ----------------------------------------------------------------------------------- */

/* Ticks that are as the test says: the events below let time pass. */
static uint64_t the_ticks;

static uint64_t ticks(void)
{
    return the_ticks;
}

/* Works 23 ticks, enters stage 5 for 85, and that enters stage 2 for 7 before it is left. */
static void work(void *aux, struct sim_event *ev)
{
    struct sim *sim = aux;
    unsigned before, inner;

    (void)ev;
    the_ticks += 20;
    before = sim_enter(sim, 5);
    the_ticks += 80;
    inner = sim_enter(sim, 2);
    the_ticks += 7;
    sim_leave(sim, inner);
    the_ticks += 5;
    sim_leave(sim, before);
    the_ticks += 3;
}

static uint64_t run_work(struct sim *sim, struct sim_profile *profile)
{
    struct sim_event ev[3];
    uint64_t trace;

    sim_set_profile(sim, profile);
    for (uint32_t i = 0; i < 3; i++) {
        sim_event_init(&ev[i], 9, 0, work, sim);
        ev[i].stage = i < 2 ? 2 : 0;
        sim_at(sim, &ev[i], at(2385 + i));
    }
    assert_int_equal(sim_enter(sim, 5), 0); /* Between runs nothing is counted. */
    the_ticks += 1000;
    sim_leave(sim, 0);
    sim_run_until(sim, at(2386));
    the_ticks += 1000;
    sim_run_until(sim, at(9000));
    trace = sim_trace_hash(sim);
    sim_free(sim);
    return trace;
}

static void test_profile_counts_stages_and_changes_nothing(void **state)
{
    struct sim_profile p = {.ticks = ticks};

    (void)state;
    assert_true(run_work(sim_new(7), &p) == run_work(sim_new(7), NULL));
    assert_int_equal(p.stages[2].n_events, 2);
    assert_int_equal(p.stages[2].n_calls, 3);
    assert_int_equal(p.stages[2].ticks, 2 * 23 + 3 * 7);
    assert_int_equal(p.stages[0].n_events, 1);
    assert_int_equal(p.stages[0].ticks, 23);
    assert_int_equal(p.stages[5].n_events, 0);
    assert_int_equal(p.stages[5].n_calls, 3);
    assert_int_equal(p.stages[5].ticks, 3 * 85);
    assert_int_equal(p.set_ticks, 0);
    sim_profile_reset(&p);
    assert_int_equal(p.stages[5].ticks, 0);
    assert_true(p.ticks == ticks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ties_by_priority_then_sequence),
        cmocka_unit_test(test_move_takes_a_new_place_among_equals),
        cmocka_unit_test(test_time_zero_is_ordinary_and_never_cancels),
        cmocka_unit_test(test_run_until_moves_the_clock_to_the_end),
        cmocka_unit_test(test_stop_keeps_the_rest),
        cmocka_unit_test(test_handler_may_change_everything),
        cmocka_unit_test(test_random_schedule_fires_in_order),
        cmocka_unit_test(test_trace_hash_sees_time_kind_and_data),
        cmocka_unit_test(test_trace_hash_sees_each_byte_and_its_place),
        cmocka_unit_test(test_streams_do_not_depend_on_order_of_creation),
        cmocka_unit_test(test_interleaved_worlds_do_not_disturb_each_other),
        cmocka_unit_test(test_profile_counts_stages_and_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
