/* Full tables: the alarm, what is held back, back-off, holding times, and the way out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/ctl_int.h"
#include "tests/core/table_scene.h"

/* --- The alarm -------------------------------------------------------------------------------- */

static void alarm_is_raised_and_eased(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;
        uint64_t n_warnings;

        scene_begin(&s, scene_versions[v]);
        scene_fill(&s, 20);
        assert_int_equal(scene_pressure(&s).state, TABLE_OPEN);
        assert_int_equal(fake_count(s.a, OF_MULTIPART_REQUEST, 0), scene_versions[v] == 1 ? 2 : 3);
        n_warnings = s.f->log.n_lines[LOG_WARN];

        scene_want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
        assert_int_equal(s.result, ERR_FULL);
        assert_int_equal(scene_pressure(&s).state, TABLE_FULL);
        assert_int_equal(scene_pressure(&s).level, 1);
        assert_int_equal(scene_pressure(&s).n_entries, 21);
        assert_int_equal(scene_pressure(&s).capacity, 21);
        assert_true(scene_pressure(&s).capacity_is_told);
        assert_int_equal(recorder_count(&s.r, "table_full a.0 21/21"), 1);
        assert_int_equal(scene_counters(&s)->table_alarms, 1);
        assert_int_equal(s.f->log.n_lines[LOG_WARN], n_warnings + 2); /* And the switch's error. */

        for (unsigned i = 1; i <= 3; i++) { /* 18 of 21 are nine tenths. */
            fake_expire(s.a, scene_index_on_switch(&s, i), OF_REMOVED_IDLE_TIMEOUT);
        }
        fake_advance(s.f, NS_PER_S); /* A period without a refusal is needed. */
        assert_int_equal(scene_pressure(&s).state, TABLE_TIGHT);
        fake_advance(s.f, 2 * NS_PER_S);
        assert_int_equal(scene_pressure(&s).state, TABLE_OPEN);
        assert_int_equal(recorder_count(&s.r, "table_eased a.0 18/21"), 1);
        assert_int_equal(scene_counters(&s)->table_alarms, 1);
        scene_end(&s);
    }
}

/* It says that it has room for many more, and refuses: what it holds is its capacity. */
static void capacity_that_is_not_true(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;

        scene_begin(&s, scene_versions[v]);
        scene_fill(&s, 20);
        s.a->told_max = 4096;
        scene_want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
        assert_int_equal(scene_pressure(&s).capacity, 21);
        assert_false(scene_pressure(&s).capacity_is_told);
        assert_int_equal(recorder_count(&s.r, "table_full a.0 21/21"), 1);
        scene_want(&s, 22, 60, FLOW_IMPORTANCE_HOST);
        assert_int_equal(scene_counters(&s)->table_full, 1);
        fake_advance(s.f, 20 * NS_PER_S); /* What it says then does not change that. */
        assert_int_equal(scene_pressure(&s).state, TABLE_FULL);
        assert_int_equal(scene_pressure(&s).capacity, 21);
        scene_end(&s);
    }
}

/* A switch that tells nothing of its tables, one way or the other. */
static void no_statistics(void **state)
{
    (void)state;
    for (unsigned mute = 0; mute < 2; mute++) {
        struct scene s;

        scene_begin(&s, OF_VERSION_1_3);
        s.a->manners.no_table_stats = !mute;
        s.a->manners.mute_tables = mute;
        scene_fill(&s, 20);
        scene_want(&s, 21, 0, FLOW_IMPORTANCE_PLACE);
        fake_advance(s.f, mute ? NS_PER_S : 0);
        assert_int_equal(recorder_count(&s.r, "table_full a.0 21/0"), 1);
        assert_int_equal(scene_pressure(&s).state, TABLE_FULL);
        assert_int_equal(scene_pressure(&s).capacity, 0);

        s.a->max_flows = 100;
        fake_advance(s.f, 10 * NS_PER_S);
        assert_true(scene_is_confirmed(&s, 21));
        fake_advance(s.f, 60 * NS_PER_S);
        assert_int_equal(scene_pressure(&s).state, TABLE_OPEN);
        assert_int_equal(recorder_count(&s.r, "table_eased"), 1);
        scene_end(&s);
    }
}

/* --- Held back -------------------------------------------------------------------------------- */

static void what_waits_is_not_sent(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;
        size_t sent;

        scene_begin(&s, scene_versions[v]);
        s.f->ctl->settings.table_evict = false;
        scene_fill(&s, 20);
        scene_want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
        sent = scene_flow_mods(&s);
        for (unsigned i = 30; i < 40; i++) {
            scene_want(&s, i, 0, FLOW_IMPORTANCE_PLACE);
            assert_int_equal(s.result, ERR_FULL);
            assert_true(flow_entry_is_deferred(scene_find(&s, i)));
            scene_want(&s, i, 0, FLOW_IMPORTANCE_PLACE); /* Once more. */
            assert_int_equal(s.result, ERR_FULL);
            scene_want(&s, i + 10, 60, FLOW_IMPORTANCE_HOST);
            assert_int_equal(s.result, ERR_FULL);
            assert_null(scene_find(&s, i + 10));
        }
        assert_int_equal(scene_flow_mods(&s), sent);
        assert_int_equal(scene_pressure(&s).n_deferred, 10);
        assert_int_equal(scene_pressure(&s).n_held_back, 10);
        assert_int_equal(scene_counters(&s)->flows_deferred, 10);
        assert_int_equal(scene_counters(&s)->flows_held_back, 10);
        assert_int_equal(recorder_count(&s.r, "flow_deferred"), 10);
        assert_int_equal(recorder_count(&s.r, "flow_failed"), 11);

        scene_unwant(&s, 30); /* Nothing is on the switch, so nothing is said. */
        assert_null(scene_find(&s, 30));
        assert_int_equal(scene_pressure(&s).n_deferred, 9);
        assert_int_equal(scene_flow_mods(&s), sent);
        scene_end(&s);
    }
}

/* A full table takes another entry in the place of one that it has. */
static void replacing_needs_no_room(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    scene_fill(&s, 20);
    scene_want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
    scene_want(&s, 7, 33, FLOW_IMPORTANCE_HOST);
    assert_int_equal(s.result, ERR_OK);
    assert_int_equal(s.a->flows[scene_index_on_switch(&s, 7)].idle_timeout_s, 33);
    assert_int_equal(scene_counters(&s)->table_full, 1);
    scene_end(&s);
}

/* Room for two of five: the most important ones get it, whoever asked first. */
static void room_goes_to_the_important(void **state)
{
    static const uint16_t importance[] = {FLOW_IMPORTANCE_PLACE, FLOW_IMPORTANCE_SWITCH, 7,
                                          FLOW_IMPORTANCE_CORE, FLOW_IMPORTANCE_PLACE};

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;
        uint64_t n_full;

        scene_begin(&s, scene_versions[v]);
        s.f->ctl->settings.table_evict = false;
        scene_fill(&s, 20);
        for (unsigned i = 0; i < 5; i++) {
            scene_want(&s, 30 + i, 0, importance[i]);
        }
        n_full = scene_counters(&s)->table_full;
        fake_expire(s.a, scene_index_on_switch(&s, 3), OF_REMOVED_IDLE_TIMEOUT);
        fake_settle(s.f);
        assert_true(scene_is_confirmed(&s, 33));
        scene_want(&s, 50, 60, FLOW_IMPORTANCE_HOST); /* Does not overtake. */
        assert_int_equal(s.result, ERR_FULL);
        fake_expire(s.a, scene_index_on_switch(&s, 4), OF_REMOVED_IDLE_TIMEOUT);
        fake_settle(s.f);
        assert_true(scene_is_confirmed(&s, 31));
        assert_int_equal(scene_pressure(&s).n_deferred, 3);
        assert_int_equal(scene_counters(&s)->table_full, n_full);

        scene_unwant(&s, 5); /* What we take away ourselves makes room as well. */
        assert_true(scene_is_confirmed(&s, 30));
        scene_unwant(&s, 6);
        scene_unwant(&s, 7);
        assert_true(scene_is_confirmed(&s, 34) && scene_is_confirmed(&s, 32));
        assert_int_equal(scene_pressure(&s).n_deferred, 0);
        scene_unwant(&s, 8);
        scene_want(&s, 50, 60, FLOW_IMPORTANCE_HOST);
        assert_int_equal(s.result, ERR_OK);
        assert_int_equal(scene_counters(&s)->table_full, n_full);
        scene_end(&s);
    }
}

/* The core's own entries come first when a switch returns with a smaller table. */
static void important_first_after_a_reconnection(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    for (unsigned i = 1; i <= 9; i++) {
        scene_want(&s, i, 0, (uint16_t)(1000 * i));
    }
    s.a->max_flows = 4;
    fake_disconnect(s.a);
    while (s.a->n_flows) {
        fake_drop_flow(s.a, 0);
    }
    fake_connect(s.a);
    fake_settle(s.f);
    assert_int_equal(s.a->n_flows, 4);
    assert_true(scene_on_switch(&s, 9) && scene_on_switch(&s, 8) && scene_on_switch(&s, 7));
    assert_int_equal(scene_pressure(&s).n_deferred, 6);

    fake_disconnect(s.a); /* Nothing of it is left... */
    assert_int_equal(scene_pressure(&s).state, TABLE_OPEN);
    s.a->max_flows = 100;
    fake_connect(s.a);
    fake_settle(s.f); /* ...and everything is written. */
    assert_int_equal(s.a->n_flows, 10);
    assert_int_equal(scene_pressure(&s).state, TABLE_OPEN);
    scene_end(&s);
}

/* --- Back-off --------------------------------------------------------------------------------- */

/* Fifty wishes a second for a minute: in each period one is tried, and the periods grow. */
static void refusals_are_bounded(void **state)
{
    (void)state;
    for (unsigned permanent = 0; permanent < 2; permanent++) {
        for (size_t v = 0; v < 2; v++) {
            struct scene s;
            unsigned n_periods = 0;
            mono_t period_end = MONO_ZERO;
            uint64_t n_full = 1;

            scene_begin(&s, scene_versions[v]);
            s.f->ctl->settings.table_evict = false;
            scene_fill(&s, 20);
            scene_want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
            for (unsigned i = 0; i < 60 * 50; i++) {
                scene_want(&s, 100 + i, permanent ? 0 : 60, FLOW_IMPORTANCE_HOST);
                fake_advance(s.f, 20 * NS_PER_MS);
                if (mono_before(period_end, scene_pressure(&s).period_end)) {
                    period_end = scene_pressure(&s).period_end;
                    n_periods++;
                    assert_true(scene_counters(&s)->table_full - n_full <= 1);
                    n_full = scene_counters(&s)->table_full;
                }
            }
            assert_int_equal(n_periods, 6); /* 1, 2, 4, 8, 16, 30 s. */
            assert_true(scene_counters(&s)->table_full <= n_periods);
            assert_int_equal(scene_pressure(&s).backoff_ns, 30 * NS_PER_S);
            assert_int_equal(scene_pressure(&s).level, 6);
            assert_int_equal(scene_counters(&s)->table_alarms, 1);
            scene_end(&s);
        }
    }
}

/* Somebody else takes every place that becomes free: the promises of the flow-removed messages are
 * not believed for ever. */
static void room_that_others_take(void **state)
{
    struct scene s;
    uint64_t n_full;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    scene_fill(&s, 200);
    for (unsigned i = 0; i < 200; i++) {
        scene_want(&s, 1000 + i, 60, FLOW_IMPORTANCE_HOST);
    }
    n_full = scene_counters(&s)->table_full;
    for (unsigned i = 1; i <= 100; i++) {
        s.a->max_flows--;
        fake_expire(s.a, scene_index_on_switch(&s, i), OF_REMOVED_IDLE_TIMEOUT);
        scene_want(&s, 2000 + i, 60, FLOW_IMPORTANCE_HOST);
    }
    assert_true(scene_counters(&s)->table_full > n_full);
    assert_true(scene_counters(&s)->table_full - n_full <= TABLE_PRESSURE_MAX_REFUSED);
    scene_end(&s);
}

/* The operator gives the table more room: found out by the one entry that is tried. */
static void more_room_is_found(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;

        scene_begin(&s, scene_versions[v]);
        s.f->ctl->settings.table_evict = false;
        scene_fill(&s, 20);
        for (unsigned i = 0; i < 40; i++) {
            scene_want(&s, 30 + i, 0, FLOW_IMPORTANCE_PLACE);
        }
        fake_advance(s.f, 5 * NS_PER_S);
        assert_int_equal(scene_pressure(&s).n_deferred, 40);
        s.a->max_flows = 400;
        fake_advance(s.f, 4 * NS_PER_S); /* The period ends at 7 s. */
        assert_int_equal(scene_pressure(&s).n_deferred, 0);
        assert_int_equal(scene_pressure(&s).state, TABLE_TIGHT);
        assert_int_equal(scene_pressure(&s).capacity, 400);
        assert_true(scene_is_confirmed(&s, 69));
        fake_advance(s.f, 60 * NS_PER_S);
        assert_int_equal(scene_pressure(&s).state, TABLE_OPEN);
        assert_int_equal(recorder_count(&s.r, "table_eased a.0 61/400"), 1);
        scene_end(&s);
    }
}

/* --- Holding times ---------------------------------------------------------------------------- */

static void holding_times_shrink_and_recover(void **state)
{
    static const uint16_t expected[] = {150, 75, 37, 18, 9, 4};
    const struct datapath *dp;
    struct scene s;
    mono_t next;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    dp = datapath_find(s.f->ctl, 0xa);
    assert_int_equal(datapath_holding_s(dp, 0, 300), 300);
    scene_fill(&s, 20);
    scene_want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(datapath_holding_s(dp, 0, 300), expected[i]);
        assert_int_equal(datapath_holding_s(dp, 0, 1), 1);
        assert_int_equal(datapath_holding_s(dp, 0, 0), 0);
        assert_int_equal(datapath_holding_s(dp, 1, 300), 300); /* Another table. */
        next = scene_pressure(&s).period_end;
        fake_advance(s.f, mono_diff_ns(next, s.f->clock.now));
    }
    assert_int_equal(scene_pressure(&s).level, 7);
    for (unsigned i = 1; i <= 2; i++) { /* 19 of 21: not full, and not eased. */
        fake_expire(s.a, scene_index_on_switch(&s, i), OF_REMOVED_IDLE_TIMEOUT);
    }
    fake_advance(s.f, 100 * NS_PER_S);
    assert_int_equal(scene_pressure(&s).state, TABLE_TIGHT);
    assert_int_equal(scene_pressure(&s).level, 7);
    fake_expire(s.a, scene_index_on_switch(&s, 3), OF_REMOVED_IDLE_TIMEOUT);
    for (unsigned level = 6; level > 0; level--) {
        next = scene_pressure(&s).period_end;
        fake_advance(s.f, mono_diff_ns(next, s.f->clock.now));
        assert_int_equal(scene_pressure(&s).level, level);
    }
    assert_int_equal(scene_pressure(&s).backoff_ns, NS_PER_S); /* 30 s, halved each time. */
    fake_advance(s.f, NS_PER_S);
    assert_int_equal(scene_pressure(&s).state, TABLE_OPEN);
    assert_int_equal(datapath_holding_s(dp, 0, 300), 300);
    scene_end(&s);
}

/* --- Vacancy events --------------------------------------------------------------------------- */

static void vacancy(struct scene *s, enum of_table_reason reason)
{
    struct of_msg msg = {.type = OF_TABLE_STATUS};

    msg.table_status.reason = reason;
    msg.table_status.table.config = OF_TC_VACANCY_EVENTS;
    fake_input(s->a, &msg);
    fake_settle(s->f);
}

/* OpenFlow 1.4 tells before the table is full, and when there is room again. */
static void vacancy_events(void **state)
{
    struct core_settings settings = scene_settings();
    const struct of_msg *mod;
    struct scene s;

    (void)state;
    settings.versions = 1U << OF_VERSION_1_4;
    settings.vacancy_down_percent = 7;
    settings.vacancy_up_percent = 23;
    settings.table_evict_idle = false;
    scene_begin_with(&s, OF_VERSION_1_4, &settings);
    mod = fake_sent(s.a, OF_TABLE_MOD, 0, 0);
    assert_non_null(mod);
    assert_int_equal(mod->table_mod.config, OF_TC_VACANCY_EVENTS);
    assert_int_equal(mod->table_mod.vacancy_down_percent, 7);
    assert_int_equal(mod->table_mod.vacancy_up_percent, 23);

    s.a->max_flows = 40;
    for (unsigned i = 1; i <= 37; i++) {
        scene_want(&s, i, 60, FLOW_IMPORTANCE_HOST);
    }
    assert_int_equal(fake_sent(s.a, OF_FLOW_MOD, 0, 5)->flow_mod.importance, FLOW_IMPORTANCE_HOST);
    recorder_clear(&s.r);
    vacancy(&s, OF_TR_VACANCY_UP); /* Of a table that nobody worries about. */
    assert_int_equal(scene_pressure(&s).state, TABLE_OPEN);
    vacancy(&s, OF_TR_VACANCY_DOWN);
    vacancy(&s, OF_TR_VACANCY_DOWN);
    assert_int_equal(scene_pressure(&s).state, TABLE_TIGHT);
    assert_int_equal(scene_pressure(&s).level, 1);
    assert_int_equal(recorder_count(&s.r, "table_full a.0 38/40"), 1);
    scene_want(&s, 50, 60, FLOW_IMPORTANCE_HOST);
    scene_want(&s, 51, 60, FLOW_IMPORTANCE_HOST);
    assert_int_equal(s.result, ERR_OK);
    scene_want(&s, 52, 60, FLOW_IMPORTANCE_HOST); /* Known to be one too many. */
    assert_int_equal(s.result, ERR_FULL);
    assert_int_equal(scene_counters(&s)->table_full, 0);

    for (unsigned i = 1; i <= 30; i++) {
        fake_expire(s.a, scene_index_on_switch(&s, i), OF_REMOVED_IDLE_TIMEOUT);
    }
    fake_advance(s.f, 10 * NS_PER_S);
    assert_int_equal(scene_pressure(&s).state, TABLE_TIGHT); /* Until the switch says so. */
    assert_int_equal(scene_pressure(&s).level, 1);
    vacancy(&s, OF_TR_VACANCY_UP);
    assert_int_equal(scene_pressure(&s).state, TABLE_OPEN);
    assert_int_equal(recorder_count(&s.r, "table_eased a.0 10/40"), 1);
    scene_end(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(alarm_is_raised_and_eased),
        cmocka_unit_test(capacity_that_is_not_true),
        cmocka_unit_test(no_statistics),
        cmocka_unit_test(what_waits_is_not_sent),
        cmocka_unit_test(replacing_needs_no_room),
        cmocka_unit_test(room_goes_to_the_important),
        cmocka_unit_test(important_first_after_a_reconnection),
        cmocka_unit_test(refusals_are_bounded),
        cmocka_unit_test(room_that_others_take),
        cmocka_unit_test(more_room_is_found),
        cmocka_unit_test(holding_times_shrink_and_recover),
        cmocka_unit_test(vacancy_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
