/* The quadrature: closed forms, a corner, a steep end, a pole, and what is not finite. */
#include "tests/models/close.h"

#include "models/quadrature.h"

static double wave(double x, void *params)
{
    (void)params;
    return exp(-x) * sin(2.385 * x);
}

/* A corner at *params. */
static double corner(double x, void *params)
{
    const double *at = params;
    return x < *at ? 1 : exp(-(x - *at));
}

static double steep(double x, void *params)
{
    (void)params;
    return exp(23.85 * x);
}

static double pole(double x, void *params)
{
    (void)params;
    return 1 / x;
}

static double root_pole(double x, void *params)
{
    (void)params;
    return 1 / sqrt(x);
}

static double zero(double x, void *params)
{
    (void)x;
    (void)params;
    return 0;
}

static double not_a_number(double x, void *params)
{
    (void)params;
    return x > 1.385 ? NAN : 1;
}

static void test_closed_forms(void **state)
{
    (void)state;
    double a = 2.385, to = 17.85;
    gsl_function f = {.function = wave};
    double want = (a - exp(-to) * (sin(a * to) + a * cos(a * to))) / (1 + a * a);

    assert_result(model_quadrature(&f, 0, to, 0, 1e-11), want, 1e-11);
    f.function = steep;
    assert_result(model_quadrature(&f, 0, to, 0, 1e-11), expm1(23.85 * to) / 23.85, 1e-11);
    f.function = root_pole;
    assert_result(model_quadrature(&f, 0, to, 0, 1e-7), 2 * sqrt(to), 1e-7);
}

static void test_corner(void **state)
{
    (void)state;
    double at = 3.385;
    gsl_function f = {.function = corner, .params = &at};
    double want = at - expm1(-(11.85 - at));

    assert_result(model_quadrature(&f, 0, 11.85, at, 1e-12), want, 1e-12);
    assert_result(model_quadrature(&f, 0, 11.85, 0, 1e-9), want, 1e-9);     /* Found by halving. */
    assert_result(model_quadrature(&f, 0, 11.85, 23.85, 1e-9), want, 1e-9); /* Outside. */
}

static void test_edges(void **state)
{
    (void)state;
    gsl_function f = {.function = zero};

    assert_result(model_quadrature(&f, 0, 11.85, 0, 1e-12), 0, 0);
    f.function = wave;
    assert_result(model_quadrature(&f, 2.385, 2.385, 0, 1e-12), 0, 0);
    f.function = not_a_number;
    assert_absent(model_quadrature(&f, 0, 2.385, 0, 1e-9), MODEL_NOCONV);
    f.function = pole;
    assert_int_equal(model_quadrature(&f, 0, 2.385, 0, 1e-9).status, MODEL_NOCONV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_forms),
        cmocka_unit_test(test_corner),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
