/* Warm-up and batch means: values worked out by hand, series whose correlation is known, and how often
 * the intervals hold the mean. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/series.h"
#include "tests/analysis/ar1.h"

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) {
        fail_msg("got %.12g, want %.12g within %g", got, want, tolerance);
    }
}

static void batch_means_leave_the_remainder_at_the_start(void **state)
{
    static const double x[] = {99, 1, 2, 3, 4, 5, 6};
    struct ana_batches b = ana_batch_means(x, 7, 3, 0.95);

    (void)state;
    assert_int_equal(b.means.n, 3);
    assert_int_equal(b.size, 2);
    assert_near(b.means.mean, 3.5, 1e-12);
    assert_near(b.means.sd, 2, 1e-12);
    /* Deviations −2, 0, 2: no product of neighbours; C = 1 − 8/16, z = C √(8/1). */
    assert_near(b.lag1, 0, 1e-12);
    assert_near(b.z, 0.5 * sqrt(8), 1e-12);
    assert_true(b.independent);
}

/* 1, 2, ..., 8: Σ of squares 42, of products 26.25, of squared differences 7. */
static void batches_that_rise_are_no_independent_ones(void **state)
{
    double x[16];
    struct ana_batches b;

    (void)state;
    for (int i = 0; i < 16; i++) {
        x[i] = 1 + i / 2;
    }
    b = ana_batch_means(x, 16, 8, 0.95);
    assert_near(b.lag1, 26.25 / 42, 1e-12);
    assert_near(b.z, (1 - 7.0 / 84) * sqrt(63.0 / 6), 1e-12);
    assert_false(b.independent);
    assert_false(ana_batch_means_fit(x, 16, 0.95).independent);
}

static void a_series_without_spread_has_its_mean(void **state)
{
    static const double x[9] = {2.385, 2.385, 2.385, 2.385, 2.385, 2.385, 2.385, 2.385, 2.385};
    struct ana_batches b = ana_batch_means_fit(x, 9, 0.95);

    (void)state;
    assert_near(b.means.mean, 2.385, 1e-12);
    assert_near(b.means.half_width, 0, 1e-12);
    assert_false(b.independent); /* Nine values are too few for batches of two. */
    assert_int_equal(b.means.n, 8);
    assert_int_equal(ana_batch_means_fit(x, 3, 0.95).means.n, 3);
}

/* The correlation of neighbouring batches of an AR(1) series is φ (1 − φ^m)² / (m (1 − φ²) −
 * 2 φ (1 − φ^m)), from the sums of its autocovariances φ^k: 0.0529 with φ = 0.9 and m = 100. */
static void the_check_sees_the_correlation_that_there_is(void **state)
{
    enum { N = 200000 };
    static double x[N];
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    double phi = 0.9, m = 10, rest = 1 - pow(phi, m);

    (void)state;
    gsl_rng_set(rng, 2015);
    ar1_fill(rng, phi, 2.385, x, N);
    assert_near(ana_batch_means(x, N, N / 10, 0.95).lag1,
                phi * rest * rest / (m * (1 - phi * phi) - 2 * phi * rest), 0.02);
    assert_false(ana_batch_means(x, N, N / 10, 0.95).independent);
    assert_true(ana_batch_means(x, N, 20, 0.95).independent);
    gsl_rng_free(rng);
}

/* In how many of 'n_trials' series does the interval at 95 % hold the mean? */
static double coverage(double phi, size_t n, unsigned n_trials, double *independent)
{
    static double x[8192];
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    unsigned n_held = 0, n_independent = 0;

    gsl_rng_set(rng, 1971);
    for (unsigned i = 0; i < n_trials; i++) {
        struct ana_batches b;

        ar1_fill(rng, phi, 2.385, x, n);
        b = ana_batch_means_fit(x, n, 0.95);
        n_held += fabs(b.means.mean - 2.385) <= b.means.half_width;
        n_independent += b.independent;
    }
    gsl_rng_free(rng);
    *independent = (double)n_independent / n_trials;
    return (double)n_held / n_trials;
}

static void intervals_of_batch_means_cover_as_often_as_they_say(void **state)
{
    static const double phis[] = {0, 0.5, 0.9};
    double independent;

    (void)state;
    for (int i = 0; i < 3; i++) {
        double covered = coverage(phis[i], 6400, 2000, &independent);

        print_message("AR(1), φ %.2g: %.1f %% cover, %.1f %% independent\n", phis[i], 100 * covered,
                      100 * independent);
        assert_true(covered >= 0.93 && covered <= 0.97);
        assert_true(independent >= 0.99);
    }
    /* 64 values of a series that remembers about 100 are too few, and most runs are flagged. */
    coverage(0.99, 64, 2000, &independent);
    print_message("AR(1), φ 0.99, 64 values: %.1f %% independent\n", 100 * independent);
    assert_true(independent <= 0.35);
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

/* Batches of 7, 1, then 0 ± 1 in turn. With the first two cut off, Σ(y − mean)² / k² = 8/8² = 0.125;
 * with one 0.1097 (its mean 1/9: 9 − 1/9 = 80/9, over 81); with none 50.5/100. */
static void mser_is_the_least_of_its_statistic(void **state)
{
    static const double y[10] = {7, 1, 1, -1, 1, -1, 1, -1, 1, -1};
    double x[50];

    (void)state;
    for (int i = 0; i < 50; i++) {
        x[i] = y[i / 5];
    }
    assert_int_equal(ana_mser5(x, 50).n_delete, 5);
    assert_true(ana_mser5(x, 50).ok);
    for (int i = 0; i < 50; i++) {
        x[i] += 1e9; /* A large mean costs no digits. */
    }
    assert_int_equal(ana_mser5(x, 50).n_delete, 5);
}

/* What is left when MSER-5 has cut off a start far from the steady state has the steady mean: the
 * bias of all values is 0.4, of what is left less than 0.02. */
static void mser_takes_the_bias_away(void **state)
{
    enum { N = 2000, TRIALS = 300 };
    static double x[N];
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    double all = 0, left = 0;

    (void)state;
    gsl_rng_set(rng, 7);
    for (int trial = 0; trial < TRIALS; trial++) {
        struct ana_warmup w;

        ar1_fill(rng, 0.5, 2.385, x, N);
        for (int i = 0; i < N; i++) {
            x[i] += 20 * exp(-i / 40.0);
        }
        w = ana_mser5(x, N);
        assert_true(w.ok);
        all += ana_summarize(x, N, 0.95).mean - 2.385;
        left += ana_summarize(x + w.n_delete, N - w.n_delete, 0.95).mean - 2.385;
    }
    gsl_rng_free(rng);
    assert_near(all / TRIALS, 20.0 * 40 / N, 0.02);
    assert_near(left / TRIALS, 0, 0.02);
}

enum { N_SERIES = 200, N_RUNS = 300 };

/* In how many runs of a series that remembers about ten values 'warm' leaves a transient of 'start' behind; and
 * in how many MSER-5 alone says so. */
static unsigned n_transients(double start, size_t warm, unsigned *n_cuts)
{
    double x[N_SERIES];
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    unsigned n = 0;

    gsl_rng_set(rng, 23);
    *n_cuts = 0;
    for (int run = 0; run < N_RUNS; run++) {
        struct ana_warmup w;

        ar1_fill(rng, 0.8, 2.385, x, N_SERIES);
        for (int i = 0; i < N_SERIES; i++) {
            x[i] += start * exp(-i / 10.0);
        }
        w = ana_mser5(x, N_SERIES);
        *n_cuts += !w.ok || w.n_delete > warm;
        n += ana_has_transient(x, N_SERIES, warm);
    }
    gsl_rng_free(rng);
    print_message("a start of %g, %zu values of warm-up: %u transients, %u cuts, of %d\n", start, warm, n,
                  *n_cuts, N_RUNS);
    return n;
}

static void a_steady_series_has_no_transient(void **state)
{
    double x[N_SERIES];
    unsigned n_cuts;

    (void)state;
    assert_true(n_transients(0, 0, &n_cuts) < N_RUNS / 10);
    assert_true(n_cuts > N_RUNS / 3); /* Which is why the cut alone says little. */
    assert_true(n_transients(0, 35, &n_cuts) < N_RUNS / 20);
    assert_true(n_transients(-50, 70, &n_cuts) < N_RUNS / 20);
    assert_true(n_transients(-50, 0, &n_cuts) > N_RUNS * 98 / 100);
    assert_true(n_transients(50, 10, &n_cuts) > N_RUNS * 95 / 100);
    for (int i = 0; i < N_SERIES; i++) {
        x[i] = 2.385; /* Without any noise. */
    }
    assert_false(ana_has_transient(x, N_SERIES, 0));
    x[3] = 0;
    assert_true(ana_has_transient(x, N_SERIES, 0));
    assert_false(ana_has_transient(x, N_SERIES, 5));
    for (int i = 0; i < N_SERIES; i++) {
        x[i] = i; /* Never steady. */
    }
    assert_true(ana_has_transient(x, N_SERIES, 10));
    assert_true(ana_has_transient(x, 29, 0)); /* Too short to tell. */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_means_leave_the_remainder_at_the_start),
        cmocka_unit_test(batches_that_rise_are_no_independent_ones),
        cmocka_unit_test(a_series_without_spread_has_its_mean),
        cmocka_unit_test(the_check_sees_the_correlation_that_there_is),
        cmocka_unit_test(intervals_of_batch_means_cover_as_often_as_they_say),
        cmocka_unit_test(mser_finds_a_transient),
        cmocka_unit_test(mser_is_the_least_of_its_statistic),
        cmocka_unit_test(mser_takes_the_bias_away),
        cmocka_unit_test(a_steady_series_has_no_transient),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
