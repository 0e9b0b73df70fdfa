/* Binomial and Poisson probabilities. Reference values: mpmath, 60 digits, for the double nearest
 * to each p. Also root finding and the names of statuses, which everything rests on. */
#include "tests/models/close.h"

#include "models/binomial.h"
#include "models/root.h"

static void test_pmf_values(void **state)
{
    (void)state;
    assert_result(model_binomial_pmf(1000000, 500123, 0.5, 0.5), 0.000774103593442112766, 1e-13);
    assert_result(model_binomial_pmf(1000000, 3, 2.385e-6, 1 - 2.385e-6), 0.208219850210208706,
                  1e-13);
    assert_result(model_binomial_pmf(1000000, 0, 2.385e-6, 1 - 2.385e-6), 0.0920887176678192475,
                  1e-13);
    assert_result(model_binomial_pmf(48, 48, 0.002385, 1 - 0.002385), 1.31656529276195027e-126,
                  1e-13);
    assert_result(model_binomial_pmf(8192, 8000, 0.97, 1 - 0.97), 0.00004188535965277296, 1e-12);
    assert_result(model_binomial_pmf(37, 11, 0.2385, 1 - 0.2385), 0.101800976751881621, 1e-13);
}

static void test_tail_values(void **state)
{
    (void)state;
    assert_result(model_binomial_tail(100000, 8192, 0.0775, 1 - 0.0775), 1.04891632991436923e-7,
                  1e-11);
    assert_result(model_binomial_tail(1000, 300, 0.2385, 1 - 0.2385), 3.63244412708765089e-6,
                  1e-12);
    assert_result(model_binomial_tail(60, 20, 0.5, 0.5), 0.99325535313440407, 1e-13);
    assert_result(model_binomial_tail(60, 50, 0.02385, 1 - 0.02385), 2.13384446069728635e-73,
                  1e-12);
}

static void test_poisson_values(void **state)
{
    (void)state;
    assert_result(model_poisson_pmf(31, 23.85), 0.026865487304648961, 1e-13);
    assert_result(model_poisson_pmf(1000321, 1e6), 0.000378850322650434162, 1e-12);
    assert_result(model_poisson_pmf(0, 2.385), exp(-2.385), 1e-15);
    assert_result(model_poisson_pmf(0, 0), 1, 0);
    assert_result(model_poisson_pmf(7, 0), 0, 0);
}

static void test_pmf_sums_to_one(void **state)
{
    (void)state;
    double sum = 0;
    for (uint32_t k = 0; k <= 237; k++) {
        sum += model_binomial_pmf(237, k, 0.385, 0.615).value;
    }
    assert_close(sum, 1, 1e-13);
}

static void test_tail_is_the_sum_of_the_pmf(void **state)
{
    (void)state;
    double sum = 0;
    for (uint32_t k = 61; k-- > 0;) {
        assert_result(model_binomial_tail(60, k, 0.385, 0.615), sum, 1e-11);
        sum += model_binomial_pmf(60, k, 0.385, 0.615).value;
    }
}

static void test_certain_outcomes(void **state)
{
    (void)state;
    assert_result(model_binomial_pmf(23, 0, 0, 1), 1, 0);
    assert_result(model_binomial_pmf(23, 5, 0, 1), 0, 0);
    assert_result(model_binomial_pmf(23, 23, 1, 0), 1, 0);
    assert_result(model_binomial_pmf(23, 22, 1, 0), 0, 0);
    assert_result(model_binomial_pmf(23, 24, 0.385, 0.615), 0, 0);
    assert_result(model_binomial_pmf(0, 0, 0.385, 0.615), 1, 0);
    assert_result(model_binomial_tail(23, 22, 1, 0), 1, 0);
    assert_result(model_binomial_tail(23, 23, 1, 0), 0, 0);
    assert_result(model_binomial_tail(23, 0, 0, 1), 0, 0);
}

static void test_bad_probabilities(void **state)
{
    (void)state;
    assert_absent(model_binomial_pmf(23, 5, -0.1, 1.1), MODEL_DOMAIN);
    assert_absent(model_binomial_pmf(23, 5, 0.385, 0.385), MODEL_DOMAIN);
    assert_absent(model_binomial_pmf(23, 5, NAN, 0.5), MODEL_DOMAIN);
    assert_absent(model_binomial_tail(23, 5, 1.385, -0.385), MODEL_DOMAIN);
    assert_absent(model_poisson_pmf(5, -2.385), MODEL_DOMAIN);
    assert_absent(model_poisson_pmf(5, INFINITY), MODEL_DOMAIN);
}

/* x^3 - c */
static double cube_minus(double x, const void *ctx)
{
    return x * x * x - *(const double *)ctx;
}

static double nan_inside(double x, const void *ctx)
{
    (void)ctx;
    return x > 0.2 && x < 0.8 ? NAN : x - 0.5;
}

static void test_root_values(void **state)
{
    (void)state;
    double c = 2.385;
    double cubed = c * c * c;
    double zero = 0;
    assert_result(model_root_find(cube_minus, &c, 0, 2, 0, 1e-15), cbrt(2.385), 1e-15);
    assert_result(model_root_find(cube_minus, &cubed, c, 5, 0, 1e-15), c, 1e-15);
    assert_result(model_root_find(cube_minus, &cubed, -3, c, 0, 1e-15), c, 1e-15);
    struct model_result at_zero = model_root_find(cube_minus, &zero, -1, 2.385, 1e-6, 0);
    assert_int_equal(at_zero.status, MODEL_OK);
    assert_true(fabs(at_zero.value) <= 1e-6);
}

static void test_root_errors(void **state)
{
    (void)state;
    double c = 2.385;
    assert_absent(model_root_find(cube_minus, &c, 2, 3, 0, 1e-15), MODEL_DOMAIN);
    assert_absent(model_root_find(cube_minus, &c, 2, 0, 0, 1e-15), MODEL_DOMAIN);
    assert_absent(model_root_find(cube_minus, &c, 0, INFINITY, 0, 1e-15), MODEL_DOMAIN);
    assert_absent(model_root_find(cube_minus, &c, 0, 2, 0, NAN), MODEL_DOMAIN);
    assert_absent(model_root_find(cube_minus, &c, 0, 2, -1, 0), MODEL_DOMAIN);
    assert_absent(model_root_find(nan_inside, NULL, 0, 1, 0, 1e-9), MODEL_NOCONV);
    assert_absent(model_root_find(nan_inside, NULL, 0.3, 1, 0, 1e-9), MODEL_NOCONV);
    /* No bracket of doubles around cbrt(2.385) is of width 0. */
    assert_absent(model_root_find(cube_minus, &c, 0, 2, 0, 0), MODEL_NOCONV);
}

static void test_status_names(void **state)
{
    (void)state;
    assert_string_equal(model_status_name(MODEL_OK), "ok");
    assert_string_equal(model_status_name(MODEL_UNSTABLE), "unstable");
    assert_string_equal(model_status_name(MODEL_NOCONV), "noconv");
    assert_string_equal(model_status_name(MODEL_DOMAIN), "domain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pmf_values),
        cmocka_unit_test(test_tail_values),
        cmocka_unit_test(test_poisson_values),
        cmocka_unit_test(test_pmf_sums_to_one),
        cmocka_unit_test(test_tail_is_the_sum_of_the_pmf),
        cmocka_unit_test(test_certain_outcomes),
        cmocka_unit_test(test_bad_probabilities),
        cmocka_unit_test(test_root_values),
        cmocka_unit_test(test_root_errors),
        cmocka_unit_test(test_status_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
