/* Tests of means against published values, and how often they are right. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/ttest.h"
#include "tests/analysis/ar1.h"

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) {
        fail_msg("got %.12g, want %.12g within %g", got, want, tolerance);
    }
}

/* Additional hours of sleep by two soporific drugs on ten patients: the data of Student's paper (1908),
 * with the values that it has in R's documentation of t.test. */
static const double drug1[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
static const double drug2[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

static void student_s_patients_are_pairs(void **state)
{
    struct ana_difference d = ana_paired(drug1, drug2, 10, 0.95);

    (void)state;
    assert_near(d.mean, -1.58, 1e-12);
    assert_near(d.t, -4.0621, 5e-5);
    assert_near(d.df, 9, 0);
    assert_near(d.p, 0.002833, 5e-7);
    assert_near(d.mean - d.half_width, -2.4598858, 5e-8);
    assert_near(d.mean + d.half_width, -0.7001142, 5e-8);
}

static void student_s_patients_by_welch(void **state)
{
    struct ana_difference d = ana_welch(drug1, 10, drug2, 10, 0.95);

    (void)state;
    assert_near(d.mean, -1.58, 1e-12);
    assert_near(d.t, -1.8608, 5e-5);
    assert_near(d.df, 17.776, 5e-4);
    assert_near(d.p, 0.07939, 5e-6);
    assert_near(d.mean - d.half_width, -3.3654832, 5e-8);
    assert_near(d.mean + d.half_width, 0.2054832, 5e-8);
}

static void samples_that_say_nothing_are_no_difference(void **state)
{
    static const double one[] = {2.385}, same[] = {2.385, 2.385, 2.385}, other[] = {7, 7};
    struct ana_difference d = ana_paired(one, NULL, 1, 0.95);

    (void)state;
    assert_near(d.mean, 2.385, 0);
    assert_true(isinf(d.half_width));
    assert_near(d.p, 1, 0);
    assert_near(ana_paired(NULL, NULL, 0, 0.95).p, 1, 0);
    assert_near(ana_welch(one, 1, same, 3, 0.95).p, 1, 0);
    assert_true(isinf(ana_welch(same, 3, one, 1, 0.95).half_width));
    assert_near(ana_welch(same, 3, same, 3, 0.95).p, 1, 0);
    d = ana_welch(same, 3, other, 2, 0.95);
    assert_near(d.p, 0, 0);
    assert_near(d.half_width, 0, 0);
    assert_near(ana_paired(same, same, 3, 0.95).p, 1, 0);
    assert_near(ana_paired(same, NULL, 3, 0.95).p, 0, 0);
}

/* The example that R's documentation of p.adjust is mostly shown with, and ties, and one that is no
 * test. */
static void holm_raises_what_is_asked_often(void **state)
{
    double p[] = {0.01, 0.04, 0.03, 0.005}, mixed[] = {0.02, NAN, 0.02, 0.9, 0};

    (void)state;
    ana_holm(p, 4);
    assert_near(p[0], 0.03, 1e-15);
    assert_near(p[1], 0.06, 1e-15);
    assert_near(p[2], 0.06, 1e-15);
    assert_near(p[3], 0.02, 1e-15);
    ana_holm(mixed, 5);
    assert_near(mixed[0], 0.06, 1e-15);
    assert_true(isnan(mixed[1]));
    assert_near(mixed[2], 0.06, 1e-15);
    assert_near(mixed[3], 0.9, 1e-15);
    assert_near(mixed[4], 0, 0);
    ana_holm(NULL, 0);
}

/* Samples of 5 and 15 whose deviations are 3 and 1: where the test for equal variances would be
 * wrong. */
static void welch_covers_as_often_as_it_says(void **state)
{
    enum { TRIALS = 20000 };
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    unsigned n_held = 0;

    (void)state;
    gsl_rng_set(rng, 1947);
    for (int i = 0; i < TRIALS; i++) {
        double x[5], y[15];

        for (int k = 0; k < 5; k++) {
            x[k] = 2.385 + gsl_ran_gaussian_ziggurat(rng, 3);
        }
        for (int k = 0; k < 15; k++) {
            y[k] = 1.5 + gsl_ran_gaussian_ziggurat(rng, 1);
        }
        struct ana_difference d = ana_welch(x, 5, y, 15, 0.95);

        n_held += fabs(d.mean - 0.885) <= d.half_width;
    }
    gsl_rng_free(rng);
    print_message("Welch: %.1f %% cover\n", 100.0 * n_held / TRIALS);
    assert_in_range(n_held, 0.93 * TRIALS, 0.97 * TRIALS);
}

/* Of 20 questions that have no difference, some would be called one in 64 % of all tables. */
static void holm_keeps_the_table_honest(void **state)
{
    enum { TRIALS = 4000, QUESTIONS = 20, N = 6 };
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    unsigned n_raw = 0, n_holm = 0;

    (void)state;
    gsl_rng_set(rng, 1979);
    for (int trial = 0; trial < TRIALS; trial++) {
        double p[QUESTIONS], least = 1;

        for (int q = 0; q < QUESTIONS; q++) {
            double x[N];

            for (int k = 0; k < N; k++) {
                x[k] = gsl_ran_gaussian_ziggurat(rng, 2.385);
            }
            p[q] = ana_paired(x, NULL, N, 0.95).p;
            least = fmin(least, p[q]);
        }
        n_raw += least < 0.05;
        ana_holm(p, QUESTIONS);
        for (int q = 0; q < QUESTIONS; q++) {
            if (p[q] < 0.05) {
                n_holm++;
                break;
            }
        }
    }
    gsl_rng_free(rng);
    print_message("false differences in a table of 20: %.1f %% plain, %.1f %% by Holm\n",
                  100.0 * n_raw / TRIALS, 100.0 * n_holm / TRIALS);
    assert_in_range(n_raw, 0.61 * TRIALS, 0.67 * TRIALS);
    assert_in_range(n_holm, 0.03 * TRIALS, 0.06 * TRIALS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(student_s_patients_are_pairs),
        cmocka_unit_test(student_s_patients_by_welch),
        cmocka_unit_test(samples_that_say_nothing_are_no_difference),
        cmocka_unit_test(holm_raises_what_is_asked_often),
        cmocka_unit_test(welch_covers_as_often_as_it_says),
        cmocka_unit_test(holm_keeps_the_table_honest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
