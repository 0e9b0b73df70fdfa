/* Hosts that move between switches, beside the model of models/mobility.h; at session level and at packet
 * level; and with a controller that takes its time to believe it. */
#include "simnet/ctlchan/campus.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { N_REPLICATIONS = 8 };
#define T_7 5.408 /* The 99.9 % interval of t with 7 degrees of freedom. */

static struct campus_params moving_campus(void)
{
    struct campus_params p = campus_params_default();

    p.n_access = 4;
    p.n_core = 2;
    p.hosts_per_access = 10;
    p.announce_per_s = 500;
    p.clustering.hold_s = 5;
    p.mean_sessions = 2.385;
    p.session_s = 12;
    p.moves_per_s = 0.03;
    p.warmup_s = 60;
    p.duration_s = 400;
    /* A controller that believes at once. */
    p.core.host_hold_ns = 2 * NS_PER_MS;
    p.retry_ns = 5 * NS_PER_MS;
    return p;
}

static struct campus_metrics run(const struct campus_params *params)
{
    struct campus_metrics m;
    char why[256] = "";

    if (campus_run(params, &m, why, sizeof why) != ERR_OK) {
        fail_msg("campus_run: %s", why);
    }
    return m;
}

static struct campus_expected expect(const struct campus_params *p)
{
    struct campus_expected e;
    char why[256] = "";
    struct campus *c = campus_new(p, why, sizeof why);

    assert_non_null(c);
    assert_true(campus_expect(c, &e));
    campus_free(c);
    return e;
}

static void compare(const char *what, const struct probe_sample *s, double model, double slack)
{
    double half = T_7 * probe_sample_std_error(s);

    print_message("%s: %.4f ± %.4f (model %.4f)\n", what, s->mean, half, model);
    assert_true(fabs(s->mean - model) <= half + slack * model);
}

/* The model leaves out terms of order 1/N, N = 40. */
static void beside_the_model(struct campus_params p)
{
    struct probe_sample moves = {0}, of_moves = {0}, misses = {0}, entries = {0};
    struct campus_expected e = expect(&p);

    for (p.seed = 1; p.seed <= N_REPLICATIONS; p.seed++) {
        struct campus_metrics m = run(&p);

        probe_sample_add(&moves, (double)m.n_moves / m.measured_s);
        probe_sample_add(&of_moves, m.move_misses_per_s);
        probe_sample_add(&misses, m.misses_per_s);
        probe_sample_add(&entries, m.occupancy_entries);
        assert_true(m.n_moves_heard + 4 >= m.n_moves);
    }
    compare("moves/s", &moves, 40 * p.moves_per_s, 0);
    compare("packet-ins/s of moves", &of_moves, e.move_misses_per_s, 0.025);
    compare("packet-ins/s", &misses, e.misses_per_s, 0.025);
    compare("entries", &entries, e.occupancy_entries, 0.005);
}

static void test_fixed_holding_times(void **state)
{
    (void)state;
    beside_the_model(moving_campus());
}

static void test_exponential_holding_times(void **state)
{
    struct campus_params p = moving_campus();

    (void)state;
    p.hold_law = HOLD_EXPONENTIAL;
    beside_the_model(p);
}

/* With frames the same sessions at the same switches; a destination's frames may be under way while it
 * moves. */
static void test_packet_level(void **state)
{
    struct campus_params p = moving_campus();
    struct campus_metrics sessions, frames;

    (void)state;
    p.seed = 2385;
    sessions = run(&p);
    p.frame_gap_ns = 700 * NS_PER_MS;
    frames = run(&p);
    print_message("sessions/frames: %.4f/%.4f entries, %.4f/%.4f packet-ins/s of moves, "
                  "%.3g of %.3g frames lost\n",
                  sessions.occupancy_entries, frames.occupancy_entries, sessions.move_misses_per_s,
                  frames.move_misses_per_s, (double)(frames.n_frames - frames.n_frames_delivered),
                  (double)frames.n_frames);
    assert_int_equal(frames.n_moves, sessions.n_moves);
    assert_true(fabs(frames.occupancy_entries / sessions.occupancy_entries - 1) <= 0.02);
    assert_true(fabs(frames.move_misses_per_s / sessions.move_misses_per_s - 1) <= 0.05);
    /* What is lost are the first frames of those who are not believed yet, and little else. */
    assert_true((double)(frames.n_frames - frames.n_frames_delivered) <=
                1.2 * frames.move_misses_per_s * frames.measured_s);
}

/* The old place is asked twice in a second, and meanwhile nothing goes to the new one. */
static void test_time_to_believe(void **state)
{
    struct campus_params p = moving_campus();
    struct campus_metrics m;

    (void)state;
    p.core.host_hold_ns = NS_PER_S;
    p.retry_ns = 1000 * NS_PER_MS;
    p.frame_gap_ns = 300 * NS_PER_MS;
    m = run(&p);
    print_message("heard after %.4f s, at most %.4f s; %.4f of frames lost\n", m.move_s,
                  m.move_max_s,
                  (double)(m.n_frames - m.n_frames_delivered) / (double)m.n_frames);
    /* One that moves on before it is believed was asked for before. */
    assert_true(m.move_s > 0.95 && m.move_s < 1.1 && m.move_max_s >= 1);
    assert_true(m.n_frames - m.n_frames_delivered > m.n_moves);
    /* Frames to a host go astray while it is not believed, m T of them, and so do those from it that have no
     * entry. */
    assert_true((double)(m.n_frames - m.n_frames_delivered) < 2 * 0.03 * (double)m.n_frames);
}

static void test_same_again(void **state)
{
    struct campus_params p = moving_campus();

    (void)state;
    p.duration_s = 60;
    assert_true(run(&p).trace_hash == run(&p).trace_hash);
}

static void refused(const struct campus_params *p, const char *word)
{
    char why[256] = "";

    assert_null(campus_new(p, why, sizeof why));
    assert_non_null(strstr(why, word));
}

static void test_refused(void **state)
{
    struct campus_params p = moving_campus();

    (void)state;
    p.steady = true;
    refused(&p, "traffic.mobility must be left out");
    p = moving_campus();
    p.model = CAMPUS_ONOFF;
    refused(&p, "model pairs");
    p = moving_campus();
    p.n_access = 1;
    refused(&p, "two access switches");
    p = moving_campus();
    p.mean_sessions = 0;
    refused(&p, "traffic of the model pairs");
    p = moving_campus();
    p.moves_per_s = -1;
    refused(&p, "hosts move 0 to");
    p.moves_per_s = NAN;
    refused(&p, "hosts move 0 to");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_holding_times), cmocka_unit_test(test_exponential_holding_times),
        cmocka_unit_test(test_packet_level),        cmocka_unit_test(test_time_to_believe),
        cmocka_unit_test(test_same_again),          cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
