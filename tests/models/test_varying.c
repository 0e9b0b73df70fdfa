/* Rates that change with time: the factors, and the chain against its known limits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/transient.h"
#include "models/varying.h"

enum { N_BINS = 40 };

static void close_to(double value, double expected, double rel)
{
    if (!(fabs(value - expected) <= rel * fabs(expected))) {
        fail_msg("%.12g is not %.12g within %g", value, expected, rel);
    }
}

static void test_factors(void **state)
{
    struct rate_shape s = rate_shape_flat();

    (void)state;
    assert_true(rate_shape_is_flat(&s) && !rate_shape_has_surge(&s));
    assert_true(rate_shape_common(&s, 2385) == 1 && rate_shape_surge(&s, 2385) == 0);
    s.table[0] = 0.25, s.table[1] = 2, s.table[2] = 0, s.n_table = 3, s.step_s = 10;
    assert_true(rate_shape_common(&s, 9.99) == 0.25 && rate_shape_common(&s, 10) == 2);
    assert_true(rate_shape_common(&s, 29) == 0 && rate_shape_common(&s, 41.5) == 2);
    s.amplitude = 0.5, s.period_s = 40, s.phase_s = 0;
    close_to(rate_shape_common(&s, 10), 3, 1e-7);
    close_to(rate_shape_peak(&s), 3, 1e-6);
    s.surge = (struct rate_surge){.at_s = 5, .factor = 21, .decay_s = 8};
    assert_true(rate_shape_surge(&s, 4.999) == 0 && rate_shape_surge(&s, 5) == 20);
    close_to(rate_shape_surge(&s, 13), 20 / M_E, 1e-7);
    close_to(rate_shape_grain_s(&s), 5, 1e-9);
    assert_null(rate_shape_error(&s));
}

static void test_bad_shapes(void **state)
{
    struct rate_shape s = rate_shape_flat();

    (void)state;
    s.n_table = 2;
    assert_non_null(rate_shape_error(&s));
    s.table[1] = -1;
    assert_non_null(rate_shape_error(&s));
    s.n_table = RATE_TABLE_MAX + 1;
    assert_non_null(rate_shape_error(&s));
    s = rate_shape_flat();
    s.amplitude = 1.01;
    assert_non_null(rate_shape_error(&s));
    s = rate_shape_flat();
    s.surge.factor = 0.5;
    assert_non_null(rate_shape_error(&s));
    s = rate_shape_flat();
    s.step_s = 0;
    assert_non_null(rate_shape_error(&s));
    assert_null(model_varying_new(&(struct varying_params){
        .shape = &s, .mu_per_s = 1, .hold_s = 1, .bin_s = 1, .n_bins = 1}));
}

static void run(const struct rate_shape *shape, const struct varying_chain *chain, double hold_s,
                double bin_s, double occupancy[], double arrivals[])
{
    struct varying_params p = {
        .shape = shape, .mu_per_s = 0.2, .hold_s = hold_s, .bin_s = bin_s, .n_bins = N_BINS};
    struct varying *v = model_varying_new(&p);

    assert_non_null(v);
    for (size_t b = 0; b < N_BINS; b++) {
        occupancy[b] = arrivals[b] = 0;
    }
    model_varying_add(v, chain, 2, occupancy, arrivals);
    model_varying_free(v);
}

/* With constant rates it is the network that wakes up, which ends in the steady chain. */
static void test_constant_rates(void **state)
{
    static const double holds_s[] = {3, 23.85};
    struct rate_shape flat = rate_shape_flat();
    struct varying_chain chain = {48, 0.0009, true};
    double occupancy[N_BINS], arrivals[N_BINS];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct holding_chain steady = {.n_sources = 48,
                                       .lambda_per_s = 0.0009,
                                       .mu_per_s = 0.2,
                                       .hold_s = holds_s[i],
                                       .law = HOLD_FIXED};
        struct transient_state t;

        run(&flat, &chain, holds_s[i], 2.5, occupancy, arrivals);
        for (size_t b = 0; b < N_BINS; b++) {
            assert_int_equal(model_transient(&steady, TRANSIENT_EMPTY, 2.5 * (double)(b + 1), &t),
                             MODEL_OK);
            close_to(occupancy[b], 2 * t.occupancy_frac, 2e-4);
        }
        close_to(arrivals[N_BINS - 1], 2 * t.arrivals_per_s, 2e-4);
    }
}

/* Factors that change slowly, beside the steady chain of each instant; a factor of 2 is a rate of 2. */
static void test_slow_change(void **state)
{
    struct rate_shape day = rate_shape_flat(), flat = day;
    struct varying_chain chain = {24, 0.001, false}, twice = {24, 0.002, false};
    double occupancy[N_BINS], arrivals[N_BINS], occupancy2[N_BINS], arrivals2[N_BINS];

    (void)state;
    day.table[0] = 1, day.table[1] = 2, day.n_table = 2, day.step_s = 500;
    run(&day, &chain, 10, 25, occupancy, arrivals);
    run(&flat, &twice, 10, 25, occupancy2, arrivals2);
    close_to(occupancy[39], occupancy2[39], 1e-6);
    close_to(arrivals[39], arrivals2[39], 1e-6);
    assert_true(occupancy[19] < 0.6 * occupancy[39]);
}

/* Entries without a holding time: as many as destinations with a session ON, whose number follows
 * one linear equation; a surge is seen in it, and not by those who are not in it. */
static void test_surge_without_holding(void **state)
{
    struct rate_shape s = rate_shape_flat();
    struct varying_chain in = {1, 0.001, true}, out = {1, 0.001, false};
    double with[N_BINS], without[N_BINS], arrivals[N_BINS];

    (void)state;
    s.surge = (struct rate_surge){.at_s = 50, .factor = 31, .decay_s = 10};
    run(&s, &in, 0, 2.5, with, arrivals);
    run(&s, &out, 0, 2.5, without, arrivals);
    for (size_t b = 0; b < N_BINS; b++) {
        double t_s = 2.5 * (double)(b + 1), u_s = fmax(0, t_s - 50);
        /* lambda so small beside mu that those that are OFF are all: a convolution by hand. */
        double steady = 0.001 / 0.201 * -expm1(-0.201 * t_s);
        double extra = 0.03 * (exp(-u_s / 10) - exp(-0.2 * u_s)) / (0.2 - 0.1);

        close_to(without[b], 2 * steady, 1e-4);
        close_to(with[b], 2 * (steady + extra), 0.1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_factors),
        cmocka_unit_test(test_bad_shapes),
        cmocka_unit_test(test_constant_rates),
        cmocka_unit_test(test_slow_change),
        cmocka_unit_test(test_surge_without_holding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
