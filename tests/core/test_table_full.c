/* Full tables: the alarm, what is held back, back-off, eviction, and the way out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/ctl_int.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/table_pressure.h"
#include "controller/core/txn.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

/* --- The stage -------------------------------------------------------------------------------- */

struct scene {
    struct fake *f;
    struct fake_switch *a;
    struct recorder r;
    enum err result; /* Of the last transaction. */
};

static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3};

static void done(void *aux, enum err result)
{
    struct scene *s = aux;

    s->result = result;
}

static struct core_settings settings_of_test(void)
{
    struct core_settings settings = core_settings_default();

    settings.discovery = false;
    settings.echo_interval_ns = 3600 * NS_PER_S;
    return settings;
}

static void begin_with(struct scene *s, uint8_t version, const struct core_settings *settings)
{
    struct recorder *use = &s->r;
    struct ctl_module_use module = {&recorder_module, &use};

    memset(s, 0, sizeof *s);
    s->f = fake_new(settings, &module, 1);
    s->a = fake_switch_add(s->f, 0xa, version, 4);
    fake_connect(s->a);
    fake_settle(s->f);
    recorder_clear(&s->r);
}

/* Without the sweep of idle entries, which has tests of its own. */
static void begin(struct scene *s, uint8_t version)
{
    struct core_settings settings = settings_of_test();

    settings.table_evict_idle = false;
    begin_with(s, version, &settings);
}

static void end(struct scene *s)
{
    fake_free(s->f);
}

static struct flow_spec entry(struct of_action *out, unsigned i, uint16_t idle_s,
                              uint16_t importance)
{
    struct flow_spec spec = {.priority = 2385,
                             .cookie = flow_cookie(1, i),
                             .idle_timeout_s = idle_s,
                             .importance = importance};

    *out = of_output(3);
    OF_MATCH_SET(&spec.match, ETH_DST, eth_dst, eth_addr_from_u64(0x020000000000 | i));
    spec.ins = of_apply(out, 1);
    return spec;
}

static void want(struct scene *s, unsigned i, uint16_t idle_s, uint16_t importance)
{
    struct txn *txn = txn_begin(s->f->ctl);
    struct of_action out;
    struct flow_spec spec = entry(&out, i, idle_s, importance);

    s->result = ERR_OK;
    txn_add(txn, 0, 0xa, &spec);
    txn_commit(txn, done, s);
    fake_settle(s->f);
}

static void unwant(struct scene *s, unsigned i)
{
    struct txn *txn = txn_begin(s->f->ctl);
    struct of_action out;
    struct flow_spec spec = entry(&out, i, 0, 0);

    txn_remove(txn, 0, 0xa, 0, spec.priority, &spec.match);
    txn_commit(txn, NULL, NULL);
    fake_settle(s->f);
}

static const struct flow_entry *find(const struct scene *s, unsigned i)
{
    struct of_action out;
    struct flow_spec spec = entry(&out, i, 0, 0);

    return flowdb_find(s->f->ctl, 0xa, 0, spec.priority, &spec.match);
}

static bool is_confirmed(const struct scene *s, unsigned i)
{
    return find(s, i) && flow_entry_state(find(s, i)) == FLOW_CONFIRMED;
}

static size_t index_on_switch(const struct scene *s, unsigned i)
{
    struct of_action out;
    struct flow_spec spec = entry(&out, i, 0, 0);
    const struct of_flow_stats *flow = fake_switch_flow(s->a, 0, spec.priority, &spec.match);

    return flow ? (size_t)(flow - s->a->flows) : SIZE_MAX;
}

static bool on_switch(const struct scene *s, unsigned i)
{
    return index_on_switch(s, i) != SIZE_MAX;
}

static struct table_pressure pressure(const struct scene *s)
{
    return datapath_table_pressure(datapath_find(s->f->ctl, 0xa), 0);
}

static const struct ctl_counters *counters(const struct scene *s)
{
    return ctl_counters(s->f->ctl);
}

static size_t flow_mods(const struct scene *s)
{
    return fake_count(s->a, OF_FLOW_MOD, 0);
}

/* Fills the switch with 'n' entries 1..n with a time-out beside the miss entry, and no room left. */
static void fill(struct scene *s, unsigned n)
{
    s->a->max_flows = n + 1;
    for (unsigned i = 1; i <= n; i++) {
        want(s, i, 60, FLOW_IMPORTANCE_HOST);
    }
    assert_int_equal(s->a->n_flows, n + 1);
    recorder_clear(&s->r);
}

/* --- The alarm -------------------------------------------------------------------------------- */

static void alarm_is_raised_and_eased(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;
        uint64_t n_warnings;

        begin(&s, versions[v]);
        fill(&s, 20);
        assert_int_equal(pressure(&s).state, TABLE_OPEN);
        assert_int_equal(fake_count(s.a, OF_MULTIPART_REQUEST, 0), versions[v] == 1 ? 2 : 3);
        n_warnings = s.f->log.n_lines[LOG_WARN];

        want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
        assert_int_equal(s.result, ERR_FULL);
        assert_int_equal(pressure(&s).state, TABLE_FULL);
        assert_int_equal(pressure(&s).level, 1);
        assert_int_equal(pressure(&s).n_entries, 21);
        assert_int_equal(pressure(&s).capacity, 21);
        assert_true(pressure(&s).capacity_is_told);
        assert_int_equal(recorder_count(&s.r, "table_full a.0 21/21"), 1);
        assert_int_equal(counters(&s)->table_alarms, 1);
        assert_int_equal(s.f->log.n_lines[LOG_WARN], n_warnings + 2); /* And the switch's error. */

        for (unsigned i = 1; i <= 3; i++) { /* 18 of 21 are nine tenths. */
            fake_expire(s.a, index_on_switch(&s, i), OF_REMOVED_IDLE_TIMEOUT);
        }
        fake_advance(s.f, NS_PER_S); /* A period without a refusal is needed. */
        assert_int_equal(pressure(&s).state, TABLE_TIGHT);
        fake_advance(s.f, 2 * NS_PER_S);
        assert_int_equal(pressure(&s).state, TABLE_OPEN);
        assert_int_equal(recorder_count(&s.r, "table_eased a.0 18/21"), 1);
        assert_int_equal(counters(&s)->table_alarms, 1);
        end(&s);
    }
}

/* It says that it has room for many more, and refuses: what it holds is its capacity. */
static void capacity_that_is_not_true(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;

        begin(&s, versions[v]);
        fill(&s, 20);
        s.a->told_max = 4096;
        want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
        assert_int_equal(pressure(&s).capacity, 21);
        assert_false(pressure(&s).capacity_is_told);
        assert_int_equal(recorder_count(&s.r, "table_full a.0 21/21"), 1);
        want(&s, 22, 60, FLOW_IMPORTANCE_HOST);
        assert_int_equal(counters(&s)->table_full, 1);
        fake_advance(s.f, 20 * NS_PER_S); /* What it says then does not change that. */
        assert_int_equal(pressure(&s).state, TABLE_FULL);
        assert_int_equal(pressure(&s).capacity, 21);
        end(&s);
    }
}

/* A switch that tells nothing of its tables, one way or the other. */
static void no_statistics(void **state)
{
    (void)state;
    for (unsigned mute = 0; mute < 2; mute++) {
        struct scene s;

        begin(&s, OF_VERSION_1_3);
        s.a->manners.no_table_stats = !mute;
        s.a->manners.mute_tables = mute;
        fill(&s, 20);
        want(&s, 21, 0, FLOW_IMPORTANCE_PLACE);
        fake_advance(s.f, mute ? NS_PER_S : 0);
        assert_int_equal(recorder_count(&s.r, "table_full a.0 21/0"), 1);
        assert_int_equal(pressure(&s).state, TABLE_FULL);
        assert_int_equal(pressure(&s).capacity, 0);

        s.a->max_flows = 100;
        fake_advance(s.f, 10 * NS_PER_S);
        assert_true(is_confirmed(&s, 21));
        fake_advance(s.f, 60 * NS_PER_S);
        assert_int_equal(pressure(&s).state, TABLE_OPEN);
        assert_int_equal(recorder_count(&s.r, "table_eased"), 1);
        end(&s);
    }
}

/* --- Held back -------------------------------------------------------------------------------- */

static void what_waits_is_not_sent(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;
        size_t sent;

        begin(&s, versions[v]);
        s.f->ctl->settings.table_evict = false;
        fill(&s, 20);
        want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
        sent = flow_mods(&s);
        for (unsigned i = 30; i < 40; i++) {
            want(&s, i, 0, FLOW_IMPORTANCE_PLACE);
            assert_int_equal(s.result, ERR_FULL);
            assert_true(flow_entry_is_deferred(find(&s, i)));
            want(&s, i, 0, FLOW_IMPORTANCE_PLACE); /* Once more. */
            assert_int_equal(s.result, ERR_FULL);
            want(&s, i + 10, 60, FLOW_IMPORTANCE_HOST);
            assert_int_equal(s.result, ERR_FULL);
            assert_null(find(&s, i + 10));
        }
        assert_int_equal(flow_mods(&s), sent);
        assert_int_equal(pressure(&s).n_deferred, 10);
        assert_int_equal(pressure(&s).n_held_back, 10);
        assert_int_equal(counters(&s)->flows_deferred, 10);
        assert_int_equal(counters(&s)->flows_held_back, 10);
        assert_int_equal(recorder_count(&s.r, "flow_deferred"), 10);
        assert_int_equal(recorder_count(&s.r, "flow_failed"), 11);

        unwant(&s, 30); /* Nothing is on the switch, so nothing is said. */
        assert_null(find(&s, 30));
        assert_int_equal(pressure(&s).n_deferred, 9);
        assert_int_equal(flow_mods(&s), sent);
        end(&s);
    }
}

/* A full table takes another entry in the place of one that it has. */
static void replacing_needs_no_room(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    fill(&s, 20);
    want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
    want(&s, 7, 33, FLOW_IMPORTANCE_HOST);
    assert_int_equal(s.result, ERR_OK);
    assert_int_equal(s.a->flows[index_on_switch(&s, 7)].idle_timeout_s, 33);
    assert_int_equal(counters(&s)->table_full, 1);
    end(&s);
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

        begin(&s, versions[v]);
        s.f->ctl->settings.table_evict = false;
        fill(&s, 20);
        for (unsigned i = 0; i < 5; i++) {
            want(&s, 30 + i, 0, importance[i]);
        }
        n_full = counters(&s)->table_full;
        fake_expire(s.a, index_on_switch(&s, 3), OF_REMOVED_IDLE_TIMEOUT);
        fake_settle(s.f);
        assert_true(is_confirmed(&s, 33));
        want(&s, 50, 60, FLOW_IMPORTANCE_HOST); /* Does not overtake. */
        assert_int_equal(s.result, ERR_FULL);
        fake_expire(s.a, index_on_switch(&s, 4), OF_REMOVED_IDLE_TIMEOUT);
        fake_settle(s.f);
        assert_true(is_confirmed(&s, 31));
        assert_int_equal(pressure(&s).n_deferred, 3);
        assert_int_equal(counters(&s)->table_full, n_full);

        unwant(&s, 5); /* What we take away ourselves makes room as well. */
        assert_true(is_confirmed(&s, 30));
        unwant(&s, 6);
        unwant(&s, 7);
        assert_true(is_confirmed(&s, 34) && is_confirmed(&s, 32));
        assert_int_equal(pressure(&s).n_deferred, 0);
        unwant(&s, 8);
        want(&s, 50, 60, FLOW_IMPORTANCE_HOST);
        assert_int_equal(s.result, ERR_OK);
        assert_int_equal(counters(&s)->table_full, n_full);
        end(&s);
    }
}

/* The core's own entries come first when a switch returns with a smaller table. */
static void important_first_after_a_reconnection(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    for (unsigned i = 1; i <= 9; i++) {
        want(&s, i, 0, (uint16_t)(1000 * i));
    }
    s.a->max_flows = 4;
    fake_disconnect(s.a);
    while (s.a->n_flows) {
        fake_drop_flow(s.a, 0);
    }
    fake_connect(s.a);
    fake_settle(s.f);
    assert_int_equal(s.a->n_flows, 4);
    assert_true(on_switch(&s, 9) && on_switch(&s, 8) && on_switch(&s, 7));
    assert_int_equal(pressure(&s).n_deferred, 6);

    fake_disconnect(s.a); /* Nothing of it is left... */
    assert_int_equal(pressure(&s).state, TABLE_OPEN);
    s.a->max_flows = 100;
    fake_connect(s.a);
    fake_settle(s.f); /* ...and everything is written. */
    assert_int_equal(s.a->n_flows, 10);
    assert_int_equal(pressure(&s).state, TABLE_OPEN);
    end(&s);
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

            begin(&s, versions[v]);
            s.f->ctl->settings.table_evict = false;
            fill(&s, 20);
            want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
            for (unsigned i = 0; i < 60 * 50; i++) {
                want(&s, 100 + i, permanent ? 0 : 60, FLOW_IMPORTANCE_HOST);
                fake_advance(s.f, 20 * NS_PER_MS);
                if (mono_before(period_end, pressure(&s).period_end)) {
                    period_end = pressure(&s).period_end;
                    n_periods++;
                    assert_true(counters(&s)->table_full - n_full <= 1);
                    n_full = counters(&s)->table_full;
                }
            }
            assert_int_equal(n_periods, 6); /* 1, 2, 4, 8, 16, 30 s. */
            assert_true(counters(&s)->table_full <= n_periods);
            assert_int_equal(pressure(&s).backoff_ns, 30 * NS_PER_S);
            assert_int_equal(pressure(&s).level, 6);
            assert_int_equal(counters(&s)->table_alarms, 1);
            end(&s);
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
    begin(&s, OF_VERSION_1_3);
    fill(&s, 200);
    for (unsigned i = 0; i < 200; i++) {
        want(&s, 1000 + i, 60, FLOW_IMPORTANCE_HOST);
    }
    n_full = counters(&s)->table_full;
    for (unsigned i = 1; i <= 100; i++) {
        s.a->max_flows--;
        fake_expire(s.a, index_on_switch(&s, i), OF_REMOVED_IDLE_TIMEOUT);
        want(&s, 2000 + i, 60, FLOW_IMPORTANCE_HOST);
    }
    assert_true(counters(&s)->table_full > n_full);
    assert_true(counters(&s)->table_full - n_full <= TABLE_PRESSURE_MAX_REFUSED);
    end(&s);
}

/* The operator gives the table more room: found out by the one entry that is tried. */
static void more_room_is_found(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;

        begin(&s, versions[v]);
        s.f->ctl->settings.table_evict = false;
        fill(&s, 20);
        for (unsigned i = 0; i < 40; i++) {
            want(&s, 30 + i, 0, FLOW_IMPORTANCE_PLACE);
        }
        fake_advance(s.f, 5 * NS_PER_S);
        assert_int_equal(pressure(&s).n_deferred, 40);
        s.a->max_flows = 400;
        fake_advance(s.f, 4 * NS_PER_S); /* The period ends at 7 s. */
        assert_int_equal(pressure(&s).n_deferred, 0);
        assert_int_equal(pressure(&s).state, TABLE_TIGHT);
        assert_int_equal(pressure(&s).capacity, 400);
        assert_true(is_confirmed(&s, 69));
        fake_advance(s.f, 60 * NS_PER_S);
        assert_int_equal(pressure(&s).state, TABLE_OPEN);
        assert_int_equal(recorder_count(&s.r, "table_eased a.0 61/400"), 1);
        end(&s);
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
    begin(&s, OF_VERSION_1_3);
    dp = datapath_find(s.f->ctl, 0xa);
    assert_int_equal(datapath_holding_s(dp, 0, 300), 300);
    fill(&s, 20);
    want(&s, 21, 60, FLOW_IMPORTANCE_HOST);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(datapath_holding_s(dp, 0, 300), expected[i]);
        assert_int_equal(datapath_holding_s(dp, 0, 1), 1);
        assert_int_equal(datapath_holding_s(dp, 0, 0), 0);
        assert_int_equal(datapath_holding_s(dp, 1, 300), 300); /* Another table. */
        next = pressure(&s).period_end;
        fake_advance(s.f, mono_diff_ns(next, s.f->clock.now));
    }
    assert_int_equal(pressure(&s).level, 7);
    for (unsigned i = 1; i <= 2; i++) { /* 19 of 21: not full, and not eased. */
        fake_expire(s.a, index_on_switch(&s, i), OF_REMOVED_IDLE_TIMEOUT);
    }
    fake_advance(s.f, 100 * NS_PER_S);
    assert_int_equal(pressure(&s).state, TABLE_TIGHT);
    assert_int_equal(pressure(&s).level, 7);
    fake_expire(s.a, index_on_switch(&s, 3), OF_REMOVED_IDLE_TIMEOUT);
    for (unsigned level = 6; level > 0; level--) {
        next = pressure(&s).period_end;
        fake_advance(s.f, mono_diff_ns(next, s.f->clock.now));
        assert_int_equal(pressure(&s).level, level);
    }
    assert_int_equal(pressure(&s).backoff_ns, NS_PER_S); /* 30 s, halved each time. */
    fake_advance(s.f, NS_PER_S);
    assert_int_equal(pressure(&s).state, TABLE_OPEN);
    assert_int_equal(datapath_holding_s(dp, 0, 300), 300);
    end(&s);
}

/* --- Eviction --------------------------------------------------------------------------------- */

/* An important entry takes the place of the one that is worth least. */
static void least_value_goes(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;
        char line[64];

        begin(&s, versions[v]);
        s.a->max_flows = 6;
        want(&s, 1, 60, FLOW_IMPORTANCE_HOST);
        want(&s, 2, 60, FLOW_IMPORTANCE_FLOW); /* Third: busier than 3. */
        want(&s, 3, 60, FLOW_IMPORTANCE_FLOW); /* Second: few packets for its age. */
        want(&s, 4, 0, 1);                     /* Never: has no time-out. */
        want(&s, 5, 60, 7);                    /* First: of no importance. */
        s.a->flows[index_on_switch(&s, 1)].n_packets = 0;
        s.a->flows[index_on_switch(&s, 2)].n_packets = 900;
        s.a->flows[index_on_switch(&s, 2)].duration_s = 90;
        s.a->flows[index_on_switch(&s, 3)].n_packets = 1900;
        s.a->flows[index_on_switch(&s, 3)].duration_s = 900;
        s.a->flows[index_on_switch(&s, 5)].n_packets = 1000000;

        want(&s, 30, 0, FLOW_IMPORTANCE_PLACE);
        assert_int_equal(s.result, ERR_FULL);
        assert_true(is_confirmed(&s, 30));
        assert_false(on_switch(&s, 5));
        snprintf(line, sizeof line, "flow_removed a 5 %d", OF_REMOVED_EVICTION);
        assert_int_equal(recorder_count(&s.r, line), 1);
        assert_int_equal(counters(&s)->table_full, 1);
        assert_int_equal(counters(&s)->flows_evicted, 1);

        want(&s, 31, 0, FLOW_IMPORTANCE_PLACE);
        assert_false(is_confirmed(&s, 31)); /* One look in a second. */
        fake_advance(s.f, 1100 * NS_PER_MS);
        assert_true(is_confirmed(&s, 31));
        assert_false(on_switch(&s, 3));
        want(&s, 32, 0, FLOW_IMPORTANCE_PLACE);
        want(&s, 33, 0, FLOW_IMPORTANCE_HOST + 1);
        want(&s, 34, 0, FLOW_IMPORTANCE_HOST); /* Not more important than 1. */
        fake_advance(s.f, 3 * NS_PER_S);
        assert_true(is_confirmed(&s, 32) && is_confirmed(&s, 33));
        assert_false(on_switch(&s, 1) || on_switch(&s, 2));
        assert_true(on_switch(&s, 4));
        assert_int_equal(pressure(&s).n_deferred, 1);
        assert_int_equal(pressure(&s).n_evicted, 4);
        end(&s);
    }
}

/* Without flow statistics importance alone decides. */
static void eviction_without_statistics(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    s.a->manners.no_flow_stats = true;
    fill(&s, 3);
    want(&s, 2, 60, 7);
    want(&s, 30, 0, FLOW_IMPORTANCE_PLACE);
    assert_true(is_confirmed(&s, 30));
    assert_false(on_switch(&s, 2));
    assert_true(on_switch(&s, 1) && on_switch(&s, 3));
    end(&s);
}

static void no_eviction_when_not_wanted(void **state)
{
    struct core_settings settings = settings_of_test();
    struct scene s;

    (void)state;
    settings.table_evict = false;
    begin_with(&s, OF_VERSION_1_3, &settings);
    fill(&s, 20);
    want(&s, 30, 0, FLOW_IMPORTANCE_PLACE);
    fake_advance(s.f, 100 * NS_PER_S);
    assert_int_equal(counters(&s)->flows_evicted, 0);
    assert_int_equal(s.a->n_flows, 21);
    end(&s);
}

/* Entries that nobody used between two looks go, until a tenth of the table is free. */
static void idle_entries_go(void **state)
{
    (void)state;
    for (unsigned n_busy = 10; n_busy <= 40; n_busy += 15) {
        struct core_settings settings = settings_of_test();
        struct scene s;
        unsigned n_left = 0;

        begin_with(&s, OF_VERSION_1_3, &settings);
        fill(&s, 40);
        want(&s, 41, 60, FLOW_IMPORTANCE_HOST);
        assert_int_equal(counters(&s)->flows_evicted, 0); /* One look shows nothing. */
        for (unsigned i = 1; i <= n_busy; i++) {
            s.a->flows[index_on_switch(&s, i)].n_packets += i;
        }
        fake_advance(s.f, 1100 * NS_PER_MS);
        for (unsigned i = 1; i <= n_busy; i++) {
            n_left += on_switch(&s, i);
        }
        assert_int_equal(n_left, n_busy);
        assert_int_equal(counters(&s)->flows_evicted, n_busy == 40 ? 0 : 5);
        if (n_busy < 40) {
            want(&s, 41, 60, FLOW_IMPORTANCE_HOST);
            assert_int_equal(s.result, ERR_OK);
        }
        assert_int_equal(counters(&s)->table_full, 1);
        end(&s);
    }
}

/* Evicted and wanted again at once, before the switch has said a word. */
static void evicted_and_wanted_again(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    fill(&s, 3);
    s.a->manners.no_barrier = true;
    want(&s, 30, 0, FLOW_IMPORTANCE_PLACE);
    assert_int_equal(flow_entry_state(find(&s, 1)), FLOW_DELETING);
    want(&s, 1, 60, FLOW_IMPORTANCE_HOST);
    s.a->manners.no_barrier = false;
    fake_advance(s.f, 10 * NS_PER_S);
    assert_true(is_confirmed(&s, 30));
    assert_int_equal(s.a->n_flows, 4);
    assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_confirmed, 4);
    end(&s);
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
    struct core_settings settings = settings_of_test();
    const struct of_msg *mod;
    struct scene s;

    (void)state;
    settings.versions = 1U << OF_VERSION_1_4;
    settings.vacancy_down_percent = 7;
    settings.vacancy_up_percent = 23;
    settings.table_evict_idle = false;
    begin_with(&s, OF_VERSION_1_4, &settings);
    mod = fake_sent(s.a, OF_TABLE_MOD, 0, 0);
    assert_non_null(mod);
    assert_int_equal(mod->table_mod.config, OF_TC_VACANCY_EVENTS);
    assert_int_equal(mod->table_mod.vacancy_down_percent, 7);
    assert_int_equal(mod->table_mod.vacancy_up_percent, 23);

    s.a->max_flows = 40;
    for (unsigned i = 1; i <= 37; i++) {
        want(&s, i, 60, FLOW_IMPORTANCE_HOST);
    }
    assert_int_equal(fake_sent(s.a, OF_FLOW_MOD, 0, 5)->flow_mod.importance, FLOW_IMPORTANCE_HOST);
    recorder_clear(&s.r);
    vacancy(&s, OF_TR_VACANCY_UP); /* Of a table that nobody worries about. */
    assert_int_equal(pressure(&s).state, TABLE_OPEN);
    vacancy(&s, OF_TR_VACANCY_DOWN);
    vacancy(&s, OF_TR_VACANCY_DOWN);
    assert_int_equal(pressure(&s).state, TABLE_TIGHT);
    assert_int_equal(pressure(&s).level, 1);
    assert_int_equal(recorder_count(&s.r, "table_full a.0 38/40"), 1);
    want(&s, 50, 60, FLOW_IMPORTANCE_HOST);
    want(&s, 51, 60, FLOW_IMPORTANCE_HOST);
    assert_int_equal(s.result, ERR_OK);
    want(&s, 52, 60, FLOW_IMPORTANCE_HOST); /* Known to be one too many. */
    assert_int_equal(s.result, ERR_FULL);
    assert_int_equal(counters(&s)->table_full, 0);

    for (unsigned i = 1; i <= 30; i++) {
        fake_expire(s.a, index_on_switch(&s, i), OF_REMOVED_IDLE_TIMEOUT);
    }
    fake_advance(s.f, 10 * NS_PER_S);
    assert_int_equal(pressure(&s).state, TABLE_TIGHT); /* Until the switch says so. */
    assert_int_equal(pressure(&s).level, 1);
    vacancy(&s, OF_TR_VACANCY_UP);
    assert_int_equal(pressure(&s).state, TABLE_OPEN);
    assert_int_equal(recorder_count(&s.r, "table_eased a.0 10/40"), 1);
    end(&s);
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
    assert_int_equal(pressure(s).n_deferred, n_deferred);
}

static void random_step(struct scene *s, uint64_t *x)
{
    unsigned i = 1 + (unsigned)(next_random(x) % 60);

    switch (next_random(x) % 12) {
    case 0:
    case 1:
    case 2:
        want(s, i, 60, FLOW_IMPORTANCE_HOST);
        break;
    case 3:
    case 4:
        want(s, i, 0, (uint16_t)(next_random(x) % 4000));
        break;
    case 5:
        unwant(s, i);
        break;
    case 6:
        if (on_switch(s, i) && s->a->flows[index_on_switch(s, i)].idle_timeout_s) {
            fake_expire(s->a, index_on_switch(s, i), OF_REMOVED_IDLE_TIMEOUT);
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
        struct core_settings settings = settings_of_test();
        uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15);
        struct scene s;

        begin_with(&s, versions[seed % 2], &settings);
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
        assert_int_equal(pressure(&s).state, TABLE_OPEN);
        assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_entries, s.a->n_flows);
        assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_confirmed, s.a->n_flows);
        end(&s);
    }
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
        cmocka_unit_test(least_value_goes),
        cmocka_unit_test(eviction_without_statistics),
        cmocka_unit_test(no_eviction_when_not_wanted),
        cmocka_unit_test(idle_entries_go),
        cmocka_unit_test(evicted_and_wanted_again),
        cmocka_unit_test(vacancy_events),
        cmocka_unit_test(random_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
