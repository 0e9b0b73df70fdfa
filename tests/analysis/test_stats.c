/* Statistics against values worked out by hand or taken from tables. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/stats.h"
#include "tests/analysis/ar1.h"

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) {
        fail_msg("got %.12g, want %.12g within %g", got, want, tolerance);
    }
}

static void summary_of_a_small_sample(void **state)
{
    /* t_{0.975,4} = 2.776445105 (tables of Student's t). */
    static const double x[] = {2.385, 1.5, 4.25, 3.125, 2.74};
    struct ana_summary s = ana_summarize(x, 5, 0.95);

    (void)state;
    assert_near(s.mean, 2.8, 1e-12);
    assert_near(s.sd, sqrt((0.172225 + 1.69 + 2.1025 + 0.105625 + 0.0036) / 4), 1e-12);
    assert_near(s.half_width, 2.7764451051977987 * s.sd / sqrt(5), 1e-9);
    assert_near(s.min, 1.5, 0);
    assert_near(s.max, 4.25, 0);
}

static void summary_of_one_and_of_none(void **state)
{
    static const double one = 2.385;
    struct ana_summary s = ana_summarize(&one, 1, 0.95);

    (void)state;
    assert_true(isinf(s.sd) && isinf(s.half_width));
    assert_near(s.mean, 2.385, 0);
    s = ana_summarize(NULL, 0, 0.95);
    assert_int_equal(s.n, 0);
    assert_near(s.half_width, 0, 0);
}

static void intervals_cover_as_often_as_they_say(void **state)
{
    unsigned covered = 0;
    uint64_t lcg = 12345;

    (void)state;
    for (int trial = 0; trial < 4000; trial++) {
        double x[8];

        for (int i = 0; i < 8; i++) {
            double sum = 0;

            for (int k = 0; k < 12; k++) { /* Nearly normal, mean 6. */
                lcg = lcg * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                sum += (double)(lcg >> 11) * 0x1p-53;
            }
            x[i] = sum;
        }
        struct ana_summary s = ana_summarize(x, 8, 0.9);

        covered += fabs(s.mean - 6) <= s.half_width;
    }
    assert_in_range(covered, 3500, 3700); /* 3600 ± 5 standard deviations. */
}

static void quantiles_interpolate(void **state)
{
    double x[] = {4.5, 1.25, 3.5, 2.0};

    (void)state;
    ana_sort(x, 4);
    assert_near(x[0], 1.25, 0);
    assert_near(ana_quantile_sorted(x, 4, 0), 1.25, 0);
    assert_near(ana_quantile_sorted(x, 4, 0.5), 2.75, 1e-12);
    assert_near(ana_quantile_sorted(x, 4, 0.9), 3.5 + 0.7 * 1.0, 1e-12);
    assert_near(ana_quantile_sorted(x, 4, 1), 4.5, 0);
}

/* The textbook's intervals for a median (Conover 1999, table A3): of 10 values from the second to the
 * ninth, 97.85 %; of 20 from the sixth to the fifteenth, 95.86 %. */
static void quantiles_have_intervals(void **state)
{
    double x[500];
    struct ana_quantile_interval v;

    (void)state;
    for (int i = 0; i < 500; i++) {
        x[i] = 2.385 * (i + 1);
    }
    v = ana_quantile_interval_sorted(x, 10, 0.5, 0.95);
    assert_near(v.low, 2 * 2.385, 1e-12);
    assert_near(v.high, 9 * 2.385, 1e-12);
    assert_near(v.level, 1 - 22.0 / 1024, 1e-12);
    v = ana_quantile_interval_sorted(x, 20, 0.5, 0.95);
    assert_near(v.low, 6 * 2.385, 1e-12);
    assert_near(v.high, 15 * 2.385, 1e-12);
    assert_near(v.level, 0.9586105, 5e-8);
    /* Ten values cannot tell how large the 99 % quantile may be: 0.99^10 = 0.904 lie all below. */
    v = ana_quantile_interval_sorted(x, 10, 0.99, 0.95);
    assert_near(v.low, 9 * 2.385, 1e-12);
    assert_true(isinf(v.high));
    assert_true(v.level >= 0.95 && v.level < 1);
    /* 500 can, on both sides. */
    v = ana_quantile_interval_sorted(x, 500, 0.99, 0.95);
    assert_true(v.low < 495 * 2.385 && v.high > 495 * 2.385 && isfinite(v.high));
}

/* Exponential values: the interval asks for no law. Its level is what it covers, above 95 %. */
static void intervals_of_quantiles_cover_as_often_as_they_say(void **state)
{
    enum { TRIALS = 5000, N = 200 };
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    unsigned n_held = 0;
    double level = 0;

    (void)state;
    gsl_rng_set(rng, 95);
    for (int trial = 0; trial < TRIALS; trial++) {
        double x[N];

        for (int i = 0; i < N; i++) {
            x[i] = gsl_ran_exponential(rng, 2.385);
        }
        ana_sort(x, N);
        struct ana_quantile_interval v = ana_quantile_interval_sorted(x, N, 0.9, 0.95);

        level = v.level;
        n_held += v.low <= 2.385 * log(10) && 2.385 * log(10) <= v.high;
    }
    gsl_rng_free(rng);
    print_message("90 %% quantile: %.1f %% cover, %.1f %% said\n", 100.0 * n_held / TRIALS,
                  100 * level);
    assert_near((double)n_held / TRIALS, level, 0.01);
    assert_in_range(n_held, 0.93 * TRIALS, 0.97 * TRIALS);
}

static void a_comparison_holds_by_interval_or_by_tolerance(void **state)
{
    struct ana_summary s = {.n = 10, .mean = 102, .half_width = 3};
    struct ana_comparison c = ana_compare(&s, 100, 0.01);

    (void)state;
    assert_near(c.relative_error, 0.02, 1e-12);
    assert_true(c.inside && c.holds);
    s.half_width = 0.5;
    c = ana_compare(&s, 100, 0.01);
    assert_true(!c.inside && !c.holds);
    assert_true(ana_compare(&s, 101.5, 0.01).holds);
    s = (struct ana_summary){.n = 10};
    assert_true(ana_compare(&s, 0, 0.01).holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summary_of_a_small_sample),
        cmocka_unit_test(summary_of_one_and_of_none),
        cmocka_unit_test(intervals_cover_as_often_as_they_say),
        cmocka_unit_test(quantiles_interpolate),
        cmocka_unit_test(quantiles_have_intervals),
        cmocka_unit_test(intervals_of_quantiles_cover_as_often_as_they_say),
        cmocka_unit_test(a_comparison_holds_by_interval_or_by_tolerance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
