/* Probes against sums done by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "controller/base/rng.h"
#include "simnet/des/probe.h"

static mono_t at(int64_t ns)
{
    return (mono_t){ns};
}

static void assert_close(double a, double b)
{
    if (!(fabs(a - b) <= 1e-12 * fmax(1.0, fabs(b)))) {
        fail_msg("%.17g is not %.17g", a, b);
    }
}

static void test_sample(void **state)
{
    /* A large offset: the naive sum of squares would lose every digit of the variance. */
    static const double x[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
    struct probe_sample p = {0};

    (void)state;
    assert_close(probe_sample_variance(&p), 0);
    for (size_t i = 0; i < 4; i++) {
        probe_sample_add(&p, x[i]);
    }
    assert_int_equal(p.n, 4);
    assert_close(p.mean, 1e9 + 10);
    assert_close(probe_sample_variance(&p), 30);
    assert_close(probe_sample_std_error(&p), sqrt(30.0 / 4));
    assert_close(p.min, 1e9 + 4);
    assert_close(p.max, 1e9 + 16);
}

static void test_sample_of_negative_numbers(void **state)
{
    struct probe_sample p = {0};

    (void)state;
    probe_sample_add(&p, -2.385);
    assert_close(p.min, -2.385);
    assert_close(p.max, -2.385);
    assert_close(probe_sample_std_error(&p), 0);
}

static void test_level(void **state)
{
    struct probe_level p;

    (void)state;
    probe_level_init(&p, at(1000), 3);
    assert_close(probe_level_mean(&p, at(1000)), 3);
    assert_close(probe_level_variance(&p, at(1000)), 0);
    probe_level_set(&p, at(1010), 5);  /* 3 for 10 ns, */
    probe_level_set(&p, at(1010), -1); /* 5 for no time at all, */
    probe_level_set(&p, at(1030), 7);  /* −1 for 20 ns, 7 for 10 ns. */
    assert_close(probe_level_mean(&p, at(1040)), 80.0 / 40);
    assert_close(probe_level_variance(&p, at(1040)), 600.0 / 40 - 4);
    assert_close(p.min, -1);
    assert_close(p.max, 7);
    probe_level_reset(&p, at(1040));
    assert_close(p.min, 7);
    probe_level_set(&p, at(1050), 8);
    assert_close(probe_level_mean(&p, at(1060)), 7.5);
    assert_close(probe_level_variance(&p, at(1060)), 0.25);
}

static void test_hist(void **state)
{
    struct probe_hist p;

    (void)state;
    probe_hist_init(&p, 4, at(50), 2);
    assert_close(probe_hist_frac(&p, at(50), 2), 0);
    probe_hist_set(&p, at(60), 0);
    probe_hist_set(&p, at(80), 99); /* Counts as 3. */
    probe_hist_set(&p, at(90), 2);
    assert_close(probe_hist_frac(&p, at(100), 0), 0.4);
    assert_close(probe_hist_frac(&p, at(100), 1), 0);
    assert_close(probe_hist_frac(&p, at(100), 2), 0.4);
    assert_close(probe_hist_frac(&p, at(100), 3), 0.2);
    probe_hist_reset(&p, at(100));
    assert_close(probe_hist_frac(&p, at(107), 2), 1);
    probe_hist_fini(&p);
}

/* Whatever the number of samples, the full batches hold the first ones in order. */
static void test_batches_cover_the_samples(void **state)
{
    struct probe_batch p = {0};

    (void)state;
    assert_close(probe_batch_mean(&p), 0);
    for (uint64_t n = 1; n <= 5000; n++) {
        uint64_t full;

        probe_batch_add(&p, (double)n);
        full = p.n_batches * p.size;
        assert_true(p.n_batches <= PROBE_BATCHES);
        assert_true(n < PROBE_BATCHES || p.n_batches >= PROBE_BATCHES / 2);
        assert_int_equal(full + p.n_open, n);
        assert_close(probe_batch_mean(&p), (double)(full + 1) / 2);
    }
}

/* An AR(1) sequence with correlation 0.9: the naive standard error is 4.4 times too small. */
static void test_batches_see_correlation(void **state)
{
    const double r = 0.9;
    const int n = 1 << 18;
    const double truth = sqrt((1 + r) / (1 - r) / (1 - r * r) / n / 12);
    struct probe_sample naive = {0};
    struct probe_batch p = {0};
    struct rng rng;
    double x = 0;

    (void)state;
    rng_seed(&rng, 8);
    for (int i = 0; i < n; i++) {
        x = r * x + rng_uniform(&rng) - 0.5;
        probe_batch_add(&p, x);
        probe_sample_add(&naive, x);
    }
    print_message("standard error: batches %.5f, theory %.5f, naive %.5f\n",
                  probe_batch_std_error(&p), truth, probe_sample_std_error(&naive));
    assert_true(fabs(probe_batch_std_error(&p) / truth - 1) < 0.35);
    assert_true(probe_sample_std_error(&naive) < truth / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_sample_of_negative_numbers),
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_hist),
        cmocka_unit_test(test_batches_cover_the_samples),
        cmocka_unit_test(test_batches_see_correlation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
