/* Full tables: which entries make way; and everything at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "controller/core/ctl_int.h"
#include "tests/core/table_scene.h"

/* --- Eviction --------------------------------------------------------------------------------- */

/* An important entry takes the place of the one that is worth least. */
static void least_value_goes(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;
        char line[64];

        scene_begin(&s, scene_versions[v]);
        s.a->max_flows = 6;
        scene_want(&s, 1, 60, FLOW_IMPORTANCE_HOST);
        scene_want(&s, 2, 60, FLOW_IMPORTANCE_FLOW); /* Third: busier than 3. */
        scene_want(&s, 3, 60, FLOW_IMPORTANCE_FLOW); /* Second: few packets for its age. */
        scene_want(&s, 4, 0, 1);                     /* Never: has no time-out. */
        scene_want(&s, 5, 60, 7);                    /* First: of no importance. */
        s.a->flows[scene_index_on_switch(&s, 1)].n_packets = 0;
        s.a->flows[scene_index_on_switch(&s, 2)].n_packets = 900;
        s.a->flows[scene_index_on_switch(&s, 2)].duration_s = 90;
        s.a->flows[scene_index_on_switch(&s, 3)].n_packets = 1900;
        s.a->flows[scene_index_on_switch(&s, 3)].duration_s = 900;
        s.a->flows[scene_index_on_switch(&s, 5)].n_packets = 1000000;

        scene_want(&s, 30, 0, FLOW_IMPORTANCE_PLACE);
        assert_int_equal(s.result, ERR_FULL);
        assert_true(scene_is_confirmed(&s, 30));
        assert_false(scene_on_switch(&s, 5));
        snprintf(line, sizeof line, "flow_removed a 5 %d", OF_REMOVED_EVICTION);
        assert_int_equal(recorder_count(&s.r, line), 1);
        assert_int_equal(scene_counters(&s)->table_full, 1);
        assert_int_equal(scene_counters(&s)->flows_evicted, 1);

        scene_want(&s, 31, 0, FLOW_IMPORTANCE_PLACE);
        assert_false(scene_is_confirmed(&s, 31)); /* One look in a second. */
        fake_advance(s.f, 1100 * NS_PER_MS);
        assert_true(scene_is_confirmed(&s, 31));
        assert_false(scene_on_switch(&s, 3));
        scene_want(&s, 32, 0, FLOW_IMPORTANCE_PLACE);
        scene_want(&s, 33, 0, FLOW_IMPORTANCE_HOST + 1);
        scene_want(&s, 34, 0, FLOW_IMPORTANCE_HOST); /* Not more important than 1. */
        fake_advance(s.f, 3 * NS_PER_S);
        assert_true(scene_is_confirmed(&s, 32) && scene_is_confirmed(&s, 33));
        assert_false(scene_on_switch(&s, 1) || scene_on_switch(&s, 2));
        assert_true(scene_on_switch(&s, 4));
        assert_int_equal(scene_pressure(&s).n_deferred, 1);
        assert_int_equal(scene_pressure(&s).n_evicted, 4);
        scene_end(&s);
    }
}

/* Without flow statistics importance alone decides. */
static void eviction_without_statistics(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    s.a->manners.no_flow_stats = true;
    scene_fill(&s, 3);
    scene_want(&s, 2, 60, 7);
    scene_want(&s, 30, 0, FLOW_IMPORTANCE_PLACE);
    assert_true(scene_is_confirmed(&s, 30));
    assert_false(scene_on_switch(&s, 2));
    assert_true(scene_on_switch(&s, 1) && scene_on_switch(&s, 3));
    scene_end(&s);
}

static void no_eviction_when_not_wanted(void **state)
{
    struct core_settings settings = scene_settings();
    struct scene s;

    (void)state;
    settings.table_evict = false;
    scene_begin_with(&s, OF_VERSION_1_3, &settings);
    scene_fill(&s, 20);
    scene_want(&s, 30, 0, FLOW_IMPORTANCE_PLACE);
    fake_advance(s.f, 100 * NS_PER_S);
    assert_int_equal(scene_counters(&s)->flows_evicted, 0);
    assert_int_equal(s.a->n_flows, 21);
    scene_end(&s);
}

/* Entries that nobody used between two looks go, until a tenth of the table is free. */
static void idle_entries_go(void **state)
{
    (void)state;
    for (unsigned n_busy = 10; n_busy <= 40; n_busy += 15) {
        struct core_settings settings = scene_settings();
        struct scene s;
        unsigned n_left = 0;

        scene_begin_with(&s, OF_VERSION_1_3, &settings);
        scene_fill(&s, 40);
        scene_want(&s, 41, 60, FLOW_IMPORTANCE_HOST);
        assert_int_equal(scene_counters(&s)->flows_evicted, 0); /* One look shows nothing. */
        for (unsigned i = 1; i <= n_busy; i++) {
            s.a->flows[scene_index_on_switch(&s, i)].n_packets += i;
        }
        fake_advance(s.f, 1100 * NS_PER_MS);
        for (unsigned i = 1; i <= n_busy; i++) {
            n_left += scene_on_switch(&s, i);
        }
        assert_int_equal(n_left, n_busy);
        assert_int_equal(scene_counters(&s)->flows_evicted, n_busy == 40 ? 0 : 5);
        if (n_busy < 40) {
            scene_want(&s, 41, 60, FLOW_IMPORTANCE_HOST);
            assert_int_equal(s.result, ERR_OK);
        }
        assert_int_equal(scene_counters(&s)->table_full, 1);
        scene_end(&s);
    }
}

/* Evicted and wanted again at once, before the switch has said a word. */
static void evicted_and_wanted_again(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    scene_fill(&s, 3);
    s.a->manners.no_barrier = true;
    scene_want(&s, 30, 0, FLOW_IMPORTANCE_PLACE);
    assert_int_equal(flow_entry_state(scene_find(&s, 1)), FLOW_DELETING);
    scene_want(&s, 1, 60, FLOW_IMPORTANCE_HOST);
    s.a->manners.no_barrier = false;
    fake_advance(s.f, 10 * NS_PER_S);
    assert_true(scene_is_confirmed(&s, 30));
    assert_int_equal(s.a->n_flows, 4);
    assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_confirmed, 4);
    scene_end(&s);
}

/* --- Everything at once ----------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static void count_deferred(void *aux, const struct flow_entry *e)
{
    *(unsigned *)aux += flow_entry_is_deferred(e);
}

static void check_books(const struct scene *s)
{
    unsigned n_deferred = 0;

    flowdb_each(s->f->ctl, 0xa, 0, count_deferred, &n_deferred);
    assert_int_equal(scene_pressure(s).n_deferred, n_deferred);
}

static void random_step(struct scene *s, uint64_t *x)
{
    unsigned i = 1 + (unsigned)(next_random(x) % 60);

    switch (next_random(x) % 12) {
    case 0:
    case 1:
    case 2:
        scene_want(s, i, 60, FLOW_IMPORTANCE_HOST);
        break;
    case 3:
    case 4:
        scene_want(s, i, 0, (uint16_t)(next_random(x) % 4000));
        break;
    case 5:
        scene_unwant(s, i);
        break;
    case 6:
        if (scene_on_switch(s, i) && s->a->flows[scene_index_on_switch(s, i)].idle_timeout_s) {
            fake_expire(s->a, scene_index_on_switch(s, i), OF_REMOVED_IDLE_TIMEOUT);
        }
        break;
    case 7:
        s->a->max_flows = 5 + next_random(x) % 50;
        break;
    case 8:
        s->a->manners.no_barrier = next_random(x) % 3 == 0;
        break;
    case 9:
        if (next_random(x) % 4) {
            fake_advance(s->f, (int64_t)(next_random(x) % 3) * NS_PER_S);
        } else if (s->a->session) {
            fake_disconnect(s->a);
        } else {
            fake_connect(s->a);
        }
        break;
    case 10:
        s->a->manners.no_table_stats = next_random(x) % 4 == 0;
        s->a->told_max = next_random(x) % 4 == 0 ? 4096 : 0;
        break;
    default:
        fake_settle(s->f);
        break;
    }
    check_books(s);
}

/* Whatever happened: with room enough, every entry is where it should be and the pressure ends. */
static void random_walk(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct core_settings settings = scene_settings();
        uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15);
        struct scene s;

        scene_begin_with(&s, scene_versions[seed % 2], &settings);
        for (unsigned i = 0; i < 300; i++) {
            random_step(&s, &x);
        }
        s.a->manners = (struct fake_manners){0};
        s.a->max_flows = 1000;
        s.a->told_max = 0;
        if (!s.a->session) {
            fake_connect(s.a);
        }
        fake_advance(s.f, 600 * NS_PER_S);
        assert_int_equal(scene_pressure(&s).state, TABLE_OPEN);
        assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_entries, s.a->n_flows);
        assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_confirmed, s.a->n_flows);
        scene_end(&s);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_value_goes),
        cmocka_unit_test(eviction_without_statistics),
        cmocka_unit_test(no_eviction_when_not_wanted),
        cmocka_unit_test(idle_entries_go),
        cmocka_unit_test(evicted_and_wanted_again),
        cmocka_unit_test(random_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
