/* Session level beside packet level: the same sessions through the same campus, once with first
 * frames only and once with all frames; and messages as bytes beside messages as structs. */
#include "simnet/ctlchan/campus.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { N_REPLICATIONS = 8 };

static struct campus_params small_campus(void)
{
    struct campus_params p = campus_params_default();

    p.n_access = 3;
    p.n_core = 2;
    p.hosts_per_access = 8;
    p.announce_per_s = 500;
    p.clustering.hold_s = 3;
    p.mean_sessions = 2.385;
    p.warmup_s = 20;
    p.duration_s = 150;
    return p;
}

static struct campus_metrics run(const struct campus_params *params)
{
    struct campus_metrics m;
    char why[128] = "";

    if (campus_run(params, &m, why, sizeof why) != ERR_OK) {
        fail_msg("campus_run: %s", why);
    }
    return m;
}

/* A session's last frame leaves at its end, so that an entry's idle time begins at the same instant
 * at both levels: where no time-out falls between a frame and its arrival, tables agree exactly. */
static void test_entries_are_the_same(void **state)
{
    struct probe_sample occupancy = {0}, arrivals = {0};
    struct campus_expected expected;
    struct campus_params p = small_campus();
    struct campus *c;
    char why[128];

    (void)state;
    for (p.seed = 1; p.seed <= N_REPLICATIONS; p.seed++) {
        struct campus_metrics sessions, frames;

        p.frame_gap_ns = 0;
        sessions = run(&p);
        p.frame_gap_ns = 700 * NS_PER_MS;
        frames = run(&p);
        assert_true(frames.occupancy_entries == sessions.occupancy_entries);
        assert_true(frames.misses_per_s == sessions.misses_per_s);
        assert_true(frames.sojourn_s == sessions.sojourn_s);
        assert_int_equal(frames.n_first_delivered, sessions.n_first_delivered);
        assert_int_equal(frames.retries_per_s, 0);
        assert_true(frames.n_frames > 8 * sessions.n_frames);
        assert_true(frames.n_frames_delivered + 2 >= frames.n_frames);
        probe_sample_add(&occupancy, frames.occupancy_entries);
        probe_sample_add(&arrivals, frames.misses_per_s);
    }
    c = campus_new(&p, why, sizeof why);
    assert_non_null(c);
    assert_true(campus_expect(c, &expected));
    campus_free(c);
    print_message("both levels: %.4f entries (model %.4f), %.4f packet-ins/s (model %.4f)\n",
                  occupancy.mean, expected.occupancy_entries, arrivals.mean, expected.misses_per_s);
    /* The 99.9 % interval of t with 7 degrees of freedom. */
    assert_true(fabs(occupancy.mean - expected.occupancy_entries) <=
                5.408 * probe_sample_std_error(&occupancy));
    assert_true(fabs(arrivals.mean - expected.misses_per_s) <=
                5.408 * probe_sample_std_error(&arrivals));
}

/* A controller that loses packet-ins, and tables without room: a session's next frame is the retry,
 * so that the two levels differ by the interval between tries, and no further. */
static void test_trouble_is_much_the_same(void **state)
{
    struct probe_sample occupancy = {0}, arrivals = {0}, retries = {0};
    struct campus_params p = small_campus();

    (void)state;
    p.channel.station.rate_per_s = 20;
    p.channel.station.capacity = 2;
    p.announce_per_s = 2.385;
    p.retry_ns = 700 * NS_PER_MS;
    for (p.seed = 1; p.seed <= N_REPLICATIONS; p.seed++) {
        struct campus_metrics sessions, frames;

        p.frame_gap_ns = 0;
        sessions = run(&p);
        p.frame_gap_ns = 700 * NS_PER_MS;
        frames = run(&p);
        probe_sample_add(&retries, frames.retries_per_s);
        probe_sample_add(&occupancy, frames.occupancy_entries - sessions.occupancy_entries);
        probe_sample_add(&arrivals, frames.misses_per_s - sessions.misses_per_s);
        if (p.seed == 1) {
            print_message("%.3g of packet-ins lost, %.3g entries, %.3g packet-ins/s\n",
                          sessions.blocked_frac, sessions.occupancy_entries, sessions.misses_per_s);
        }
    }
    print_message("packet less session level: %+.4f ± %.4f entries, %+.4f ± %.4f packet-ins/s\n",
                  occupancy.mean, 2.365 * probe_sample_std_error(&occupancy), arrivals.mean,
                  2.365 * probe_sample_std_error(&arrivals));
    assert_true(retries.mean > 0.03);
    assert_true(fabs(occupancy.mean) <= 0.3 && fabs(arrivals.mean) <= 0.1);
}

static uint64_t hash_of(struct campus_params p, enum chan_fidelity fidelity)
{
    struct campus_metrics m;

    p.channel.fidelity = fidelity;
    m = run(&p);
    return m.trace_hash;
}

static void test_wire_and_direct_at_packet_level(void **state)
{
    struct campus_params p = small_campus();

    (void)state;
    p.duration_s = 60;
    p.frame_gap_ns = 700 * NS_PER_MS;
    p.trunk.loss_frac = 0.01;
    assert_true(hash_of(p, CHAN_WIRE) == hash_of(p, CHAN_DIRECT));
}

static void test_drawn_idle_times_are_refused(void **state)
{
    struct campus_params p = small_campus();
    struct campus_metrics m;
    char why[128] = "";

    (void)state;
    p.frame_gap_ns = NS_PER_MS;
    p.hold_law = HOLD_EXPONENTIAL;
    assert_int_equal(campus_run(&p, &m, why, sizeof why), ERR_RANGE);
    assert_non_null(strstr(why, "frame_gap_ms"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_are_the_same),
        cmocka_unit_test(test_trouble_is_much_the_same),
        cmocka_unit_test(test_wire_and_direct_at_packet_level),
        cmocka_unit_test(test_drawn_idle_times_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
