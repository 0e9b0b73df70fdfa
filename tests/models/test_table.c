/* Table overflow. Reference values: mpmath, 60 digits; the Poisson-binomial one in exact fractions
 * with p_i = (i + 0.385)/100, i = 0 .. 59. */
#include "tests/models/close.h"

#include <stdlib.h>

#include "models/table.h"

static void test_gaussian_values(void **state)
{
    (void)state;
    assert_result(model_gaussian_q(-1.385), 0.916973766317536739, 1e-15);
    assert_result(model_gaussian_q(0.2385), 0.405746657675844517, 1e-15);
    assert_result(model_gaussian_q(2.385), 0.00853956067668199912, 1e-14);
    assert_result(model_gaussian_q(7.5), 3.19089167291089623e-14, 1e-13);
    assert_result(model_gaussian_q(12.385), 1.57542447357003369e-35, 1e-12);
    assert_result(model_gaussian_q(37.5), 4.60535300958195484e-308, 1e-12);
    assert_result(model_gaussian_q(INFINITY), 0, 0);
    assert_result(model_gaussian_q(-INFINITY), 1, 0);
    assert_absent(model_gaussian_q(NAN), MODEL_DOMAIN);
}

static void test_gaussian_inverse_values(void **state)
{
    (void)state;
    assert_result(model_gaussian_q_inv(0.9), -1.28155156554460047, 1e-14);
    assert_result(model_gaussian_q_inv(0.2385), 0.711135940901377304, 1e-14);
    assert_result(model_gaussian_q_inv(1e-6), 4.75342430882289895, 1e-14);
    assert_result(model_gaussian_q_inv(1e-12), 7.03448382530113193, 1e-14);
    assert_result(model_gaussian_q_inv(1e-100), 21.2734535609653243, 1e-14);
    assert_result(model_gaussian_q_inv(1e-300), 37.0470962993611992, 1e-14);
    assert_absent(model_gaussian_q_inv(0), MODEL_DOMAIN);
    assert_absent(model_gaussian_q_inv(1), MODEL_DOMAIN);
    assert_absent(model_gaussian_q_inv(NAN), MODEL_DOMAIN);
}

/* The largest mean overflows with exactly the asked probability, whatever the sign of Q^-1. */
static void test_max_mean_inverts_the_bound(void **state)
{
    (void)state;
    const double epsilons[] = {1e-12, 1e-6, 0.02385, 0.5, 0.9, 1 - 1e-9};
    for (size_t i = 0; i < sizeof epsilons / sizeof epsilons[0]; i++) {
        for (double room = 2.385; room < 1e9; room *= 13.85) {
            struct model_result mean = model_table_max_mean(room, epsilons[i]);
            assert_int_equal(mean.status, MODEL_OK);
            assert_result(model_table_overflow_bound(mean.value, room), epsilons[i], 1e-7);
        }
    }
    /* Q^-1 = 4.753424 allows 7772.92 entries; the thesis's 4.57535 and 4.7535 do not give 7679. */
    assert_result(model_table_max_mean(8192, 1e-6), 7772.91835889685, 1e-12);
    assert_result(model_table_max_mean(0, 1e-6), 0, 0);
    assert_absent(model_table_max_mean(8192, 0), MODEL_DOMAIN);
    assert_absent(model_table_max_mean(-1, 1e-6), MODEL_DOMAIN);
    assert_absent(model_table_max_mean(INFINITY, 1e-6), MODEL_DOMAIN);
}

static void test_overflow_edges(void **state)
{
    (void)state;
    assert_result(model_table_overflow_bound(0, 8192), 0, 0);
    assert_result(model_table_overflow_gaussian(23.85, 0, 23), 1, 0);
    assert_result(model_table_overflow_gaussian(23.85, 0, 24), 0, 0);
    assert_result(model_table_overflow_bound(8192, 8192), 0.5, 1e-15);
    assert_result(model_table_overflow_gaussian(7000, 6000, 7200), 0.00491, 2e-3);
    assert_absent(model_table_overflow_bound(-1, 8192), MODEL_DOMAIN);
    assert_absent(model_table_overflow_bound(NAN, 8192), MODEL_DOMAIN);
    assert_absent(model_table_overflow_gaussian(7000, -1, 8192), MODEL_DOMAIN);
    assert_absent(model_table_overflow_gaussian(7000, 6000, INFINITY), MODEL_DOMAIN);
}

enum { N_SMALL = 60 };

static void fill_small(double *p)
{
    for (int i = 0; i < N_SMALL; i++) {
        p[i] = (i + 0.385) / 100;
    }
}

static void test_poisson_binomial_values(void **state)
{
    (void)state;
    double p[N_SMALL], pmf[N_SMALL + 1];
    fill_small(p);
    assert_int_equal(model_table_pmf(N_SMALL, p, pmf), MODEL_OK);
    assert_close(pmf[3], 3.84859797783796707e-7, 1e-13);
    assert_close(pmf[18], 0.1208813511945633598739547134296160331, 1e-13);
    assert_close(pmf[40], 0.00000000009298313021948341440176463777850521, 1e-13);
    assert_close(pmf[60], 2.902098229824531894434408664201361425e-40, 1e-13);
    assert_result(model_table_overflow_exact(N_SMALL, p, 30, pmf),
                  0.00009952547100473938570458766750634719769, 1e-13);
    assert_result(model_table_overflow_exact(N_SMALL, p, 50, pmf),
                  8.664640103730739855589841464859760152e-23, 1e-13);
    assert_result(model_table_overflow_exact(N_SMALL, p, 60, pmf), 0, 0);
}

static void test_pmf_has_the_moments(void **state)
{
    (void)state;
    double p[N_SMALL], pmf[N_SMALL + 1];
    struct table_moments want;
    double sum = 0, mean = 0, square = 0;
    fill_small(p);
    assert_int_equal(model_table_moments(N_SMALL, p, &want), MODEL_OK);
    assert_int_equal(model_table_pmf(N_SMALL, p, pmf), MODEL_OK);
    for (int k = 0; k <= N_SMALL; k++) {
        sum += pmf[k];
        mean += k * pmf[k];
        square += (double)k * k * pmf[k];
    }
    assert_close(sum, 1, 1e-14);
    assert_close(mean, want.mean_entries, 1e-13);
    assert_close(square - mean * mean, want.variance, 1e-12);
    assert_true(want.variance < want.mean_entries);
}

/* Probabilities spread over twelve decades, in no order; also certain and impossible entries. */
static void test_order_does_not_matter(void **state)
{
    (void)state;
    enum { N = 300 };
    double p[N], backwards[N], a[N + 1], b[N + 1];
    for (int i = 0; i < N; i++) {
        p[i] = i % 97 == 0 ? i % 2 : pow(10, -(double)(i * 37 % 120) / 10) * 0.385;
        backwards[N - 1 - i] = p[i];
    }
    assert_int_equal(model_table_pmf(N, p, a), MODEL_OK);
    assert_int_equal(model_table_pmf(N, backwards, b), MODEL_OK);
    for (int k = 0; k <= N; k++) {
        assert_true(a[k] < 1e-270 || fabs(a[k] - b[k]) <= 1e-12 * a[k]);
    }
}

/* 10 000 equal entries: the general method and the binomial one agree far into the tail. */
static void test_alike_entries(void **state)
{
    (void)state;
    enum { N = 10000 };
    double *p = malloc(N * sizeof *p);
    double *pmf = malloc((N + 1) * sizeof *pmf);
    assert_non_null(p);
    assert_non_null(pmf);
    for (int i = 0; i < N; i++) {
        p[i] = 0.7385;
    }
    assert_int_equal(model_table_pmf(N, p, pmf), MODEL_OK);
    for (size_t k = 7000; k < 8600; k += 137) {
        assert_result(model_table_overflow_alike(N, 0.7385, k), model_table_pmf_tail(N, pmf, k),
                      1e-10);
    }
    free(pmf);
    free(p);
}

/* The Gaussian with the exact variance is near the exact law, and the bound is above both. */
static void test_the_bound_is_a_bound(void **state)
{
    (void)state;
    double exact = model_table_overflow_alike(10000, 0.7385, 7550).value;
    double gaussian = model_table_overflow_gaussian(7385, 7385 * 0.2615, 7550).value;
    double bound = model_table_overflow_bound(7385, 7550).value;
    assert_close(gaussian, exact, 0.2);
    assert_true(bound > 10 * exact);
}

static void test_tables_without_risk(void **state)
{
    (void)state;
    double p[3] = {1, 0, 1}, pmf[4];
    assert_int_equal(model_table_pmf(3, p, pmf), MODEL_OK);
    assert_true(pmf[0] == 0 && pmf[1] == 0 && pmf[2] == 1 && pmf[3] == 0);
    assert_int_equal(model_table_pmf(0, NULL, pmf), MODEL_OK);
    assert_true(pmf[0] == 1);
    assert_result(model_table_overflow_exact(0, NULL, 0, pmf), 0, 0);
    assert_result(model_table_overflow_alike(0, 0.385, 0), 0, 0);
    assert_result(model_table_overflow_alike(23, 0.385, SIZE_MAX), 0, 0);
}

static void test_bad_probabilities(void **state)
{
    (void)state;
    double p[3] = {0.385, NAN, 0.1}, pmf[4];
    struct table_moments moments;
    assert_int_equal(model_table_pmf(3, p, pmf), MODEL_DOMAIN);
    assert_int_equal(model_table_moments(3, p, &moments), MODEL_DOMAIN);
    assert_true(moments.mean_entries == 0 && moments.variance == 0);
    assert_absent(model_table_overflow_exact(3, p, 1, pmf), MODEL_DOMAIN);
    p[1] = 1.385;
    assert_absent(model_table_overflow_exact(3, p, 1, pmf), MODEL_DOMAIN);
    p[1] = -1e-9;
    assert_absent(model_table_overflow_exact(3, p, 1, pmf), MODEL_DOMAIN);
    assert_absent(model_table_overflow_alike(3, 1.385, 1), MODEL_DOMAIN);
    assert_absent(model_table_overflow_alike((size_t)UINT32_MAX + 1, 0.385, 1), MODEL_DOMAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gaussian_values),
        cmocka_unit_test(test_gaussian_inverse_values),
        cmocka_unit_test(test_max_mean_inverts_the_bound),
        cmocka_unit_test(test_overflow_edges),
        cmocka_unit_test(test_poisson_binomial_values),
        cmocka_unit_test(test_pmf_has_the_moments),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_alike_entries),
        cmocka_unit_test(test_the_bound_is_a_bound),
        cmocka_unit_test(test_tables_without_risk),
        cmocka_unit_test(test_bad_probabilities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
