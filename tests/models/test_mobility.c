/* The holding chain with hosts that move: without moves, its balances, and an idle period beside a race that is
 * gone through step by step. */
#include "models/mobility.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct holding_chain chain = {
    .n_sources = 17, .lambda_per_s = 0.002385, .mu_per_s = 0.21, .hold_s = 11.5, .law = HOLD_FIXED};

static void close_to(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-12 * fabs(expected))) {
        fail_msg("%.17g instead of %.17g", value, expected);
    }
}

static void test_without_moves(void **state)
{
    struct holding_chain c = chain;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct holding_state still;
        struct mobility_state s;

        c.law = i ? HOLD_EXPONENTIAL : HOLD_FIXED;
        assert_int_equal(model_holding_exact(&c, &still), MODEL_OK);
        assert_int_equal(model_mobility(&c, 0, &s), MODEL_OK);
        close_to(s.p_off_frac, still.p_off_frac);
        close_to(s.occupancy_frac, still.occupancy_frac);
        close_to(s.arrivals_per_s, still.arrivals_per_s);
        assert_true(s.moves_per_s == 0);
    }
}

/* Packet-ins that are not of moves are the old ones with the new P_OFF. */
static void test_shares(void **state)
{
    struct mobility_state s;

    (void)state;
    assert_int_equal(model_mobility(&chain, 0.0385, &s), MODEL_OK);
    close_to(s.arrivals_per_s - s.moves_per_s,
             chain.n_sources * chain.lambda_per_s * s.p_off_frac);
    close_to(s.p_off_frac + s.occupancy_frac, 1);
}

/* The clock wins a race, or a session, or a move, after which there is another race. */
static void test_idle_period(void **state)
{
    double m = 0.0385, p = 0.002385 / (0.002385 + 0.21), a = 17 * (0.002385 + m * p);
    double wins = exp(-(a + m) * 11.5), again = (1 - wins) * m / (a + m), q = 0, reached = 1;
    struct mobility_state s;

    (void)state;
    for (int i = 0; i < 200; i++) {
        q += reached * wins;
        reached *= again;
    }
    assert_int_equal(model_mobility(&chain, m, &s), MODEL_OK);
    close_to(s.p_off_frac, q * pow(1 + 0.002385 / 0.21, -17));
}

static void test_edges(void **state)
{
    struct holding_chain c = chain;
    struct mobility_state s;

    (void)state;
    c.n_sources = 0;
    assert_int_equal(model_mobility(&c, 2.385, &s), MODEL_OK);
    assert_true(s.p_off_frac == 1 && s.arrivals_per_s == 0 && s.occupancy_frac == 0);
    c = chain;
    c.hold_s = INFINITY;
    assert_int_equal(model_mobility(&c, 2.385, &s), MODEL_OK);
    assert_true(s.p_off_frac == 0 && s.moves_per_s == 0);
    c = chain;
    c.law = HOLD_PER_ENTRY;
    assert_int_equal(model_mobility(&c, 2.385, &s), MODEL_DOMAIN);
    assert_int_equal(model_mobility(&chain, -1, &s), MODEL_DOMAIN);
    assert_int_equal(model_mobility(&chain, INFINITY, &s), MODEL_DOMAIN);
    assert_int_equal(model_mobility(&chain, NAN, &s), MODEL_DOMAIN);
    c = chain;
    c.mu_per_s = 0;
    assert_int_equal(model_mobility(&c, 2.385, &s), MODEL_DOMAIN);
    assert_true(s.p_off_frac == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_moves),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_idle_period),
        cmocka_unit_test(test_edges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
