/* The threshold policy on measured rates: its limits, and how it falls off between them. */
#include "tests/models/close.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "models/estimated.h"

static int64_t largest(double window_s, double drift_frac)
{
    struct plan_params p = model_plan_defaults();
    struct estimated_params e = {window_s, drift_frac};
    struct estimated_point point;

    assert_int_equal(model_estimated_best(&p, &e, &point), MODEL_OK);
    print_message("  window %7.4g s, drift %.3g: %lld hosts, count %.4g, permanent %.3g %%\n",
                  window_s, drift_frac, (long long)point.n_hosts, point.count,
                  100 * point.permanent_frac);
    assert_true(point.fits && point.arrivals_per_s <= 40783.7);
    return point.n_hosts;
}

/* An endless window is the policy with known rates: 134 549 hosts. Shorter windows and more drift
 * carry fewer. */
static void test_windows(void **state)
{
    (void)state;
    int64_t last = 0;

    for (double w = 238.5; w < 1e6; w *= 23.85) {
        int64_t n = largest(w, 0);
        assert_true(n > last);
        last = n;
    }
    assert_close((double)largest(1e6, 0), 134549, 0.002);
}

static void test_drift(void **state)
{
    (void)state;
    int64_t last = MODEL_HOSTS_MAX;

    for (double r = 0; r <= 1; r += 0.5) {
        int64_t n = largest(2385, r);
        assert_true(n < last);
        last = n;
    }
    /* All has changed: the counts say nothing, so the window does not matter. */
    assert_close((double)largest(238.5, 1), (double)last, 1e-4);
}

/* Twin: destinations of the network, their counts, and what that leaves. */
static void test_simulated(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct plan_params p = model_plan_defaults();
    struct estimated_params e = {2385, 0.385};
    struct estimated_point point;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    struct popularity pop;
    double entries = 0, entries_var = 0, n_permanent = 0;

    assert_int_equal(model_estimated_point(&p, &e, N, &point), MODEL_OK);
    assert_int_equal(model_popularity_pareto(&pop, N, 4, 1.2, 0.2), MODEL_OK);
    gsl_rng_set(rng, 20151203);
    double c = point.count, up = c - floor(c); /* Whole counts, mixed to the real one. */
    for (int d = 0; d < N; d++) {
        double counted = model_popularity_rate_at(&pop, (d + 0.5) / N).value;
        double used = gsl_rng_uniform(rng) < e.drift_frac
                          ? model_popularity_rate_at(&pop, gsl_rng_uniform_pos(rng)).value
                          : counted;
        double needed = floor(c) + (gsl_rng_uniform(rng) < up);
        bool permanent = gsl_ran_poisson(rng, 48 * counted * e.window_s) >= needed;
        double occupancy = permanent ? 1 : 1 - pow(1 + used / 0.2, -48);

        n_permanent += permanent;
        entries += occupancy;
        entries_var += occupancy * occupancy;
    }
    gsl_rng_free(rng);
    double half = 1.96 * sqrt(entries_var);
    print_message("  entries %.0f +- %.0f (95 %%), model %.0f; permanent %.4f, model %.4f\n",
                  entries, half, point.occupancy_entries, n_permanent / N, point.permanent_frac);
    assert_true(fabs(entries - point.occupancy_entries) <= 2 * half);
    assert_true(fabs(n_permanent - N * point.permanent_frac) <= 4 * sqrt(n_permanent));
}

static void test_edges(void **state)
{
    (void)state;
    struct plan_params p = model_plan_defaults();
    struct estimated_params e = {2385, 0.1};
    struct estimated_point point;

    assert_int_equal(model_estimated_point(&p, &e, 2385, &point), MODEL_OK);
    assert_true(point.count == 0 && point.fits && fabs(point.permanent_frac - 1) < 1e-6);
    assert_true(fabs(point.arrivals_per_s) < 1e-3);
    assert_int_equal(model_estimated_point(&p, &e, 1, &point), MODEL_DOMAIN);
    assert_true(point.n_hosts == 0);
    p.tcam_entries = 1;
    assert_int_equal(model_estimated_point(&p, &e, 100000, &point), MODEL_OK);
    assert_true(isinf(point.count) && !point.fits && point.permanent_frac == 0);
    assert_int_equal(model_estimated_best(&p, &e, &point), MODEL_OK);
    assert_true(point.n_hosts == 0);
    e.window_s = 0;
    assert_int_equal(model_estimated_best(&p, &e, &point), MODEL_DOMAIN);
    e = (struct estimated_params){2385, 1.1};
    assert_int_equal(model_estimated_point(&p, &e, 2385, &point), MODEL_DOMAIN);
    e.drift_frac = 0;
    p.alpha = 1;
    assert_int_equal(model_estimated_best(&p, &e, &point), MODEL_DOMAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_drift),
        cmocka_unit_test(test_simulated),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
