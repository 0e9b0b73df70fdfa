/* The threshold policy as formulas, beside the exact models. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controller/apps/holding_plan.h"
#include "models/capacity.h"
#include "models/popularity.h"
#include "models/table.h"

static void near(double value, double expected, double frac)
{
    if (!(fabs(value - expected) <= frac * fabs(expected))) {
        print_error("%.9g is not within %g of %.9g\n", value, frac, expected);
        fail();
    }
}

/* --- Rates ------------------------------------------------------------------------------------ */

static mono_t at_s(double s)
{
    return (mono_t){ns_from_s(s)};
}

static void test_rate_is_arrivals_by_time_without_entry(void **state)
{
    struct holding_rate r;

    (void)state;
    holding_rate_init(&r, at_s(100), 100, 1, 1e9);
    r.n = 5;
    r.n_in = 1;
    holding_rate_advance(&r, at_s(350.5), 1, 1e9); /* An entry is there: nothing can be seen. */
    near(r.off_s, 100, 1e-6);
    r.n_in = 0;
    holding_rate_advance(&r, at_s(450.5), 1, 1e9);
    near(r.off_s, 200, 1e-6);
    near(holding_rate_per_s(&r, 1e-3, 1e-12), 5 / 200.0, 1e-6);
}

static void test_belief_gives_way_to_what_is_seen(void **state)
{
    struct holding_rate r;

    (void)state;
    holding_rate_init(&r, at_s(0), 0, 1, 1e9);
    near(holding_rate_per_s(&r, 2.385e-3, 4), 2.385e-3, 1e-12);
    r.n = 4000;
    r.off_s = 10000;
    near(holding_rate_per_s(&r, 2.385e-3, 4), 0.4, 0.15);
}

static void test_places_count_together(void **state)
{
    struct holding_rate r;

    (void)state;
    holding_rate_init(&r, at_s(0), 0, 20, 1e9);
    r.n_in = 5;
    holding_rate_advance(&r, at_s(7), 20, 1e9);
    near(r.off_s, 15 * 7, 1e-6);
    r.n_in = 20;
    holding_rate_advance(&r, at_s(9), 20, 1e9);
    near(r.off_s, 15 * 7, 1e-6);
    r.n_in = 23; /* More than there are: a switch has gone. */
    holding_rate_advance(&r, at_s(11), 20, 1e9);
    near(r.off_s, 15 * 7, 1e-6);
}

static void test_old_arrivals_are_forgotten_unless_an_entry_hides_new_ones(void **state)
{
    struct holding_rate r;

    (void)state;
    holding_rate_init(&r, at_s(0), 1000, 1, 100);
    r.n = 30;
    r.n_in = 1;
    holding_rate_advance(&r, at_s(5000), 1, 100);
    near(r.n, 30, 1e-12);
    r.n_in = 0;
    holding_rate_advance(&r, at_s(5200), 1, 100);
    near(r.n, 30 * exp(-2), 1e-9);
    near(r.off_s, 100, 1e-3);
}

/* --- Threshold -------------------------------------------------------------------------------- */

static void test_mean_entries_is_the_models(void **state)
{
    static const double places[] = {1, 23.85, 500, 8192, 1e6};

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        near(holding_mean_entries(places[i]), model_table_max_mean(places[i], 1e-6).value, 1e-5);
    }
    assert_true(holding_mean_entries(0) == 0);
    assert_true(holding_mean_entries(-3) == 0);
}

#define N_HOSTS 100000
#define PORTS 48
#define MU_PER_S 0.2

static void fill(struct holding_bins *bins, size_t n)
{
    double *rates = calloc(n, sizeof *rates);
    struct popularity p;

    *bins = (struct holding_bins){{0}, {0}};
    assert_int_equal(model_popularity_pareto(&p, (double)n, 4, 1.2, MU_PER_S), MODEL_OK);
    model_popularity_rates(&p, n, rates);
    for (size_t i = 0; i < n; i++) {
        holding_bins_add(bins, PORTS * rates[i], 1);
    }
    free(rates);
}

/* The thesis's campus: the threshold, the share that is kept and the packet-ins that are left agree
 * with the exact chain, which has no time-out at all for the others. */
static void test_plan_is_the_models_optimum(void **state)
{
    struct plan_params params = model_plan_defaults();
    struct holding_limits limits = {6000, 0, 1 / MU_PER_S};
    struct holding_plan plan;
    struct plan_point point;
    struct holding_bins *bins = malloc(sizeof *bins);

    (void)state;
    fill(bins, N_HOSTS);
    holding_plan_make(bins, &limits, &plan);
    assert_int_equal(
        model_plan_threshold_point(&params, N_HOSTS, plan.n_kept / N_HOSTS, &point), MODEL_OK);
    near(plan.entries, 6000, 1e-9);
    near(plan.entries, point.occupancy_entries, 0.01);
    near(plan.threshold_per_s, point.threshold_per_s, 0.02);
    near(plan.misses_per_s * N_HOSTS / PORTS, point.arrivals_per_s, 0.01);
    free(bins);
}

static void test_plan_with_room_for_all_keeps_all(void **state)
{
    struct holding_bins *bins = malloc(sizeof *bins);
    struct holding_limits limits = {2000, 1, 5};
    struct holding_plan plan;

    (void)state;
    fill(bins, 960);
    holding_plan_make(bins, &limits, &plan);
    assert_true(plan.threshold_per_s == 0);
    near(plan.n_kept, 960, 1e-9);
    near(plan.entries, 960, 1e-9);
    assert_true(plan.misses_per_s < 1e-9);
    free(bins);
}

static void test_plan_without_room_keeps_nothing(void **state)
{
    struct holding_bins *bins = malloc(sizeof *bins);
    struct holding_limits limits = {10, 1, 5};
    struct holding_plan plan;

    (void)state;
    fill(bins, 960);
    holding_plan_make(bins, &limits, &plan);
    assert_true(isinf(plan.threshold_per_s));
    assert_true(plan.n_kept == 0 && plan.entries > 10);
    free(bins);
}

static void test_plan_of_nobody(void **state)
{
    struct holding_bins *bins = calloc(1, sizeof *bins);
    struct holding_limits limits = {0, 1, 5};
    struct holding_plan plan;

    (void)state;
    holding_plan_make(bins, &limits, &plan);
    assert_true(plan.threshold_per_s == 0 && plan.entries == 0 && plan.misses_per_s == 0);
    holding_bins_add(bins, 0, 1);    /* Below the lowest rate, */
    holding_bins_add(bins, 1e9, 1);  /* above the highest one. */
    holding_bins_add(bins, 1e9, -1);
    holding_plan_make(bins, &limits, &plan);
    assert_true(plan.entries < 1e-6);
    free(bins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate_is_arrivals_by_time_without_entry),
        cmocka_unit_test(test_belief_gives_way_to_what_is_seen),
        cmocka_unit_test(test_places_count_together),
        cmocka_unit_test(test_old_arrivals_are_forgotten_unless_an_entry_hides_new_ones),
        cmocka_unit_test(test_mean_entries_is_the_models),
        cmocka_unit_test(test_plan_is_the_models_optimum),
        cmocka_unit_test(test_plan_with_room_for_all_keeps_all),
        cmocka_unit_test(test_plan_without_room_keeps_nothing),
        cmocka_unit_test(test_plan_of_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
