/* Statistics against values worked out by hand or taken from tables. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/stats.h"

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

static void batch_means_leave_the_remainder_at_the_start(void **state)
{
    static const double x[] = {99, 1, 2, 3, 4, 5, 6};
    struct ana_summary s = ana_batch_means(x, 7, 3, 0.95);

    (void)state;
    assert_int_equal(s.n, 3);
    assert_near(s.mean, 3.5, 1e-12);
    assert_near(s.sd, 2, 1e-12);
}

static void mser_finds_a_transient(void **state)
{
    double x[400];
    struct ana_warmup w;

    (void)state;
    for (int i = 0; i < 400; i++) {
        x[i] = 10 - 9 * exp(-i / 12.0) + 0.2 * sin(i * 1.7);
    }
    w = ana_mser5(x, 400);
    assert_true(w.ok);
    assert_in_range(w.n_delete, 30, 90);
    for (int i = 0; i < 400; i++) {
        x[i] = i; /* Never steady. */
    }
    assert_false(ana_mser5(x, 400).ok);
    assert_false(ana_mser5(x, 20).ok); /* Too short to tell. */
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
        cmocka_unit_test(batch_means_leave_the_remainder_at_the_start),
        cmocka_unit_test(mser_finds_a_transient),
        cmocka_unit_test(a_comparison_holds_by_interval_or_by_tolerance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
