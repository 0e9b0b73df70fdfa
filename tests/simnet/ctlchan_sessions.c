/* The main claim, small: session-level traffic through the real core against the exact holding
 * chain, for each holding law; what a small table and a slow controller do. */
#include "simnet/ctlchan/campus.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "controller/core/table_pressure.h"

enum { N_REPLICATIONS = 12 };

static struct campus_params small_campus(void)
{
    struct campus_params p = campus_params_default();

    p.n_access = 4;
    p.n_core = 2;
    p.hosts_per_access = 12;
    p.announce_per_s = 500;
    p.channel.fidelity = CHAN_DIRECT;
    p.warmup_s = 150;
    p.duration_s = 600;
    p.hist_size = 64;
    return p;
}

static struct campus *open_campus(const struct campus_params *params)
{
    char why[128] = "";
    struct campus *c = campus_new(params, why, sizeof why);

    if (!c) {
        fail_msg("campus_new: %s", why);
    }
    return c;
}

/* Inside the 99.9 % interval of t with 11 degrees of freedom (4.437), or within half a percent. */
static void check(const char *what, const struct probe_sample *p, double expected)
{
    double err = probe_sample_std_error(p);

    print_message("  %-10s measured %.5g ± %.2g (95 %%), model %.5g, difference %+.3f %%\n", what,
                  p->mean, 2.201 * err, expected, 100 * (p->mean / expected - 1));
    assert_true(fabs(p->mean - expected) <= fmax(4.437 * err, 0.005 * expected));
}

static void compare(struct campus_params p)
{
    struct probe_sample occupancy = {0}, misses = {0};
    struct campus_expected expected = {0};

    for (uint64_t seed = 1; seed <= N_REPLICATIONS; seed++) {
        struct campus *c;
        struct campus_metrics m;

        p.seed = 2385 * seed;
        c = open_campus(&p);
        campus_run_until(c, campus_end_s(c));
        campus_measure(c, &m);
        assert_true(campus_expect(c, &expected));
        probe_sample_add(&occupancy, m.occupancy_entries);
        probe_sample_add(&misses, m.misses_per_s);
        assert_true(m.n_first_frames - m.n_first_delivered <= 2);
        assert_int_equal(m.retries_per_s, 0);
        campus_metrics_fini(&m);
        campus_free(c);
    }
    print_message("%s, hold %u s, %s\n", hold_law_name(p.hold_law), p.clustering.hold_s,
                  popularity_kind_name(p.popularity));
    check("occupancy", &occupancy, expected.occupancy_entries);
    check("misses", &misses, expected.misses_per_s);
}

/* The first second of a campus that begins as it would be after a long time, in small tables of many
 * seeds: what is drawn is what the chain says, and so is what a campus with empty tables comes to. */
static void compare_starts(enum hold_law law, enum duration_kind session_law)
{
    enum { N_SEEDS = 40, N_LONG = 4 };
    struct campus_params p = small_campus();
    struct probe_sample at_once = {0}, later = {0}, misses = {0};
    struct campus_expected expected = {0};

    p.hold_law = law;
    p.session_law = session_law;
    p.popularity = POPULARITY_PARETO;
    p.clustering.hold_s = 24;
    for (uint64_t seed = 1; seed <= N_SEEDS + N_LONG; seed++) {
        struct campus_metrics m;
        struct campus *c;

        p.seed = 7193 * seed;
        p.steady = seed <= N_SEEDS;
        p.warmup_s = p.steady ? 0 : 150;
        p.duration_s = p.steady ? 2.385 : 300;
        c = open_campus(&p);
        campus_run_until(c, campus_end_s(c));
        campus_measure(c, &m);
        assert_true(campus_expect(c, &expected));
        probe_sample_add(p.steady ? &at_once : &later, m.occupancy_entries);
        if (p.steady) {
            probe_sample_add(&misses, m.misses_per_s);
            assert_int_equal(m.retries_per_s, 0);
        }
        campus_metrics_fini(&m);
        campus_free(c);
    }
    print_message("%s, steady and after 150 s\n", hold_law_name(law));
    check("at once", &at_once, expected.occupancy_entries);
    check("later", &later, at_once.mean);
    check("misses", &misses, expected.misses_per_s);
}

static void test_steady_start_fixed(void **state)
{
    (void)state;
    compare_starts(HOLD_FIXED, DURATION_EXPONENTIAL);
}

static void test_steady_start_exponential(void **state)
{
    (void)state;
    compare_starts(HOLD_EXPONENTIAL, DURATION_LOGNORMAL);
}

/* What is not known is refused, with the reason. */
static void test_steady_start_refused(void **state)
{
    struct campus_params p = small_campus();
    char why[128] = "";

    (void)state;
    p.steady = true;
    p.hold_law = HOLD_PER_ENTRY;
    assert_null(campus_new(&p, why, sizeof why));
    assert_non_null(strstr(why, "fixed and exponential"));
    p.hold_law = HOLD_FIXED;
    p.hw.cpu.flow_mod_ns = NS_PER_MS;
    assert_null(campus_new(&p, why, sizeof why));
    assert_non_null(strstr(why, "hardware"));
}

/* Without the core the station alone answers, and the same entries come. */
static void test_without_core(void **state)
{
    struct campus_params p = small_campus();
    struct probe_sample occupancy = {0}, misses = {0};
    struct campus_expected expected = {0};

    (void)state;
    p.no_core = true;
    p.steady = true;
    p.channel.fidelity = CHAN_WIRE;
    p.clustering.hold_s = 8;
    p.warmup_s = 0;
    p.duration_s = 100;
    for (uint64_t seed = 1; seed <= N_REPLICATIONS; seed++) {
        struct campus_metrics m;
        struct campus *c;

        p.seed = 411 * seed;
        c = open_campus(&p);
        campus_run_until(c, campus_end_s(c));
        campus_measure(c, &m);
        assert_true(campus_expect(c, &expected));
        probe_sample_add(&occupancy, m.occupancy_entries);
        probe_sample_add(&misses, m.misses_per_s);
        assert_int_equal(m.retries_per_s, 0);
        assert_true(m.sojourn_s > 1e-5 && m.n_first_frames > 100);
        campus_metrics_fini(&m);
        campus_free(c);
    }
    print_message("without the core\n");
    check("occupancy", &occupancy, expected.occupancy_entries);
    check("misses", &misses, expected.misses_per_s);
}

static void test_chain_fixed(void **state)
{
    struct campus_params p = small_campus();

    (void)state;
    p.clustering.hold_s = 3;
    compare(p);
    p.popularity = POPULARITY_PARETO;
    p.clustering.hold_s = 8;
    compare(p);
}

static void test_chain_exponential(void **state)
{
    struct campus_params p = small_campus();

    (void)state;
    p.hold_law = HOLD_EXPONENTIAL;
    p.clustering.hold_s = 3;
    compare(p);
    p.popularity = POPULARITY_PARETO;
    p.clustering.hold_s = 8;
    compare(p);
}

/* a·T = 0.33: far from 1, where one entry's mean life becomes infinite. */
static void test_chain_per_entry(void **state)
{
    struct campus_params p = small_campus();

    (void)state;
    p.hold_law = HOLD_PER_ENTRY;
    p.mean_sessions = 0.8;
    p.clustering.hold_s = 8;
    compare(p);
}

static void test_histogram_is_a_law(void **state)
{
    struct campus_params p = small_campus();
    struct campus_metrics m;
    char why[128];
    double sum = 0, mean = 0;

    (void)state;
    p.clustering.hold_s = 3;
    assert_int_equal(campus_run(&p, &m, why, sizeof why), ERR_OK);
    for (size_t v = 0; v < m.n_occupancy; v++) {
        sum += m.occupancy_frac[v];
        mean += m.occupancy_frac[v] * (double)v;
    }
    assert_true(fabs(sum - 1) < 1e-9);
    assert_true(fabs(mean - m.occupancy_entries) < 1e-6);
    campus_metrics_fini(&m);
}

/* A table of 'entries': no first frame is lost, and the switches are not asked for what they refuse
 * more often than once in a period, which grows to 30 s. */
static void full_table(uint32_t entries, uint32_t versions)
{
    struct campus_params p = small_campus();
    struct campus_metrics m;
    char why[128];
    double n_periods = 6 + (p.warmup_s + p.duration_s) / 30;

    p.tcam_entries = entries;
    p.versions = versions;
    assert_int_equal(campus_run(&p, &m, why, sizeof why), ERR_OK);
    print_message(
        "%u entries: %.3g in use, %llu refusals, %.3g retries/s, %llu of %llu delivered\n", entries,
        m.occupancy_entries, (unsigned long long)m.n_table_full, m.retries_per_s,
        (unsigned long long)m.n_first_delivered, (unsigned long long)m.n_first_frames);
    assert_true(m.table_entries_max <= entries);
    assert_true(m.n_table_full > 0);
    assert_true((double)m.n_table_full <=
                (p.n_access + p.n_core) * (TABLE_PRESSURE_MAX_REFUSED + n_periods));
    assert_true(m.retries_per_s > 0);
    assert_true(m.n_first_frames > 1000);
    assert_true(m.n_first_delivered + 10 >= m.n_first_frames); /* Some are on their way. */
    campus_metrics_fini(&m);
}

/* Ten entries beyond the permanent ones, eight, and fewer than these. */
static void test_full_table(void **state)
{
    static const uint32_t entries[] = {25, 23, 9};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        full_table(entries[i], 1U << OF_VERSION_1_0);
        full_table(entries[i], 1U << OF_VERSION_1_3);
    }
}

/* A controller near saturation: the buffer overflows, retries repair what was lost. */
static void test_slow_controller(void **state)
{
    struct campus_params p = small_campus();
    struct campus_metrics m;
    char why[128];

    (void)state;
    p.clustering.hold_s = 1;
    p.announce_per_s = 5;
    p.core.lldp_interval_ns = 5 * NS_PER_S;
    p.channel.station.rate_per_s = 30;
    p.channel.station.capacity = 3;
    assert_int_equal(campus_run(&p, &m, why, sizeof why), ERR_OK);
    print_message("30/s, m = 3: %.3g packet-ins/s, %.3g blocked, sojourn %.3g s\n",
                  m.packet_ins_per_s, m.blocked_frac, m.sojourn_s);
    assert_true(m.blocked_frac > 0.05);
    assert_true(m.retries_per_s > 0);
    assert_true(m.sojourn_s > 1 / 30.0 && m.sojourn_s < 3 / 30.0);
    campus_metrics_fini(&m);
}

/* Sessions that begin with the measuring count, first frames that were under way before do not. */
static void test_measuring_begins_with_its_first_frame(void **state)
{
    const struct session_record records[] = {
        {.begin_ns = 0, .end_ns = NS_PER_S, .src = 1, .dst = 30},
        {.begin_ns = 3980 * NS_PER_MS, .end_ns = 9 * NS_PER_S, .src = 30, .dst = 2},
        {.begin_ns = 4 * NS_PER_S, .end_ns = 9 * NS_PER_S, .src = 31, .dst = 3}};
    struct campus_params p = small_campus();
    struct campus_metrics m;
    char why[128];

    (void)state;
    p.model = CAMPUS_TRACE;
    p.records = records;
    p.n_records = 3;
    p.hist_size = 0;
    p.channel.delay_ns = 10 * NS_PER_MS;
    p.duration_s = 10;
    for (unsigned i = 0; i < 2; i++) {
        p.warmup_s = i ? 4 : 0;
        assert_int_equal(campus_run(&p, &m, why, sizeof why), ERR_OK);
        assert_int_equal(m.n_first_frames, i ? 0 : 3);
        assert_int_equal(m.n_first_delivered, m.n_first_frames);
        assert_int_equal(m.n_frames_delivered, m.n_frames);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_fixed),
        cmocka_unit_test(test_steady_start_fixed),
        cmocka_unit_test(test_steady_start_exponential),
        cmocka_unit_test(test_steady_start_refused),
        cmocka_unit_test(test_without_core),
        cmocka_unit_test(test_chain_exponential),
        cmocka_unit_test(test_chain_per_entry),
        cmocka_unit_test(test_histogram_is_a_law),
        cmocka_unit_test(test_full_table),
        cmocka_unit_test(test_slow_controller),
        cmocka_unit_test(test_measuring_begins_with_its_first_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
