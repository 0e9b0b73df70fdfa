/* Fits: parameters that drew the data come back, right laws are kept and wrong ones found out. */
#include "tests/models/close.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <stdlib.h>

#include "models/fit.h"

enum { N = 2000 };

/* Values of a law whose parameters are known: scale 2.385, shape 1.385, upper 238.5. */
static void draw(enum fit_law law, double *x, gsl_rng *rng)
{
    for (int i = 0; i < N; i++) {
        double u = gsl_rng_uniform_pos(rng);

        switch (law) {
        case FIT_EXPONENTIAL:
            x[i] = gsl_ran_exponential(rng, 2.385);
            break;
        case FIT_LOGNORMAL:
            x[i] = gsl_ran_lognormal(rng, log(2.385), 1.385);
            break;
        case FIT_PARETO:
            x[i] = gsl_ran_pareto(rng, 1.385, 2.385);
            break;
        case FIT_TRUNCATED_PARETO:
            x[i] = 2.385 * pow(1 - u * (1 - pow(0.01, 1.385)), -1 / 1.385);
            break;
        case FIT_ZIPF:
            x[i] = gsl_ran_poisson(rng, 1e5 * pow(i + 1, -1.385));
            break;
        }
    }
    gsl_sort(x, 1, N);
}

static void test_recovers(void **state)
{
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double *x = malloc(N * sizeof *x);

    gsl_rng_set(rng, 20151203);
    for (int law = FIT_EXPONENTIAL; law <= FIT_ZIPF; law++) {
        struct fit f;

        draw((enum fit_law)law, x, rng);
        assert_int_equal(model_fit((enum fit_law)law, x, N, &f), MODEL_OK);
        struct model_result p = model_fit_p((enum fit_law)law, &f, x, N, 100, 2385);
        print_message("  %-17s scale %.4g, shape %.4g, distance %.4f, p %.2f\n",
                      fit_law_name((enum fit_law)law), f.scale, f.shape, f.ks_distance, p.value);
        assert_true(law == FIT_ZIPF || fabs(f.scale / 2.385 - 1) < 4 * 1.385 / sqrt(N));
        assert_true(law == FIT_EXPONENTIAL || fabs(f.shape / 1.385 - 1) < 4 / sqrt(N));
        assert_int_equal(p.status, MODEL_OK);
        assert_true(p.value > 0.02);
    }
    gsl_rng_free(rng);
    free(x);
}

static void test_finds_out(void **state)
{
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double *x = malloc(N * sizeof *x);
    struct fit right, wrong;

    gsl_rng_set(rng, 20151203);
    draw(FIT_PARETO, x, rng);
    assert_int_equal(model_fit(FIT_PARETO, x, N, &right), MODEL_OK);
    for (int law = FIT_EXPONENTIAL; law <= FIT_LOGNORMAL; law++) {
        assert_int_equal(model_fit((enum fit_law)law, x, N, &wrong), MODEL_OK);
        assert_true(wrong.log_likelihood < right.log_likelihood - 100);
        assert_close(model_fit_p((enum fit_law)law, &wrong, x, N, 100, 7).value, 1 / 101.0, 1e-12);
    }
    gsl_rng_free(rng);
    free(x);
}

/* By hand. */
static void test_values(void **state)
{
    (void)state;
    const double x[] = {1, 2, 4, 8}, counts[] = {1, 2, 4};
    struct fit f;

    assert_int_equal(model_fit(FIT_EXPONENTIAL, x, 4, &f), MODEL_OK);
    assert_close(f.scale, 3.75, 1e-15);
    assert_close(f.log_likelihood, -4 * log(3.75) - 4, 1e-14);
    assert_int_equal(model_fit(FIT_LOGNORMAL, x, 4, &f), MODEL_OK);
    assert_close(f.scale, pow(2, 1.5), 1e-14);
    assert_close(f.shape, log(2) * sqrt(1.25), 1e-14);
    assert_int_equal(model_fit(FIT_PARETO, x, 4, &f), MODEL_OK);
    assert_close(f.shape, 4 / (6 * log(2)), 1e-14);
    assert_close(f.ks_distance, 0.25, 1e-14); /* Just above the least value. */
    assert_int_equal(model_fit(FIT_TRUNCATED_PARETO, x, 4, &f), MODEL_DOMAIN); /* Mean in middle. */
    assert_true(f.scale == 0);
    assert_int_equal(model_fit(FIT_ZIPF, counts, 3, &f), MODEL_OK);
    double w2 = pow(2, -f.shape), w3 = pow(3, -f.shape);
    assert_close((w2 * log(2) + w3 * log(3)) / (1 + w2 + w3), (2 * log(2) + log(3)) / 7, 1e-10);
}

static void test_domain(void **state)
{
    (void)state;
    const double falling[] = {2, 1}, zero[] = {0, 1, 1}, alike[] = {2.385, 2.385}, nan[] = {1, NAN},
                 part[] = {1, 2.5}, none[] = {0, 0}, large[] = {1, 5e9};
    struct fit f;

    for (int law = FIT_EXPONENTIAL; law <= FIT_ZIPF; law++) {
        assert_int_equal(model_fit((enum fit_law)law, falling, 2, &f), MODEL_DOMAIN);
        assert_int_equal(model_fit((enum fit_law)law, nan, 2, &f), MODEL_DOMAIN);
        assert_int_equal(model_fit((enum fit_law)law, none, 2, &f), MODEL_DOMAIN);
        assert_int_equal(model_fit((enum fit_law)law, part, 1, &f), MODEL_DOMAIN);
        assert_int_equal(model_fit((enum fit_law)law, alike, 2, &f),
                         law == FIT_EXPONENTIAL ? MODEL_OK : MODEL_DOMAIN);
        assert_int_equal(model_fit((enum fit_law)law, zero, 3, &f),
                         law == FIT_EXPONENTIAL || law == FIT_ZIPF ? MODEL_OK : MODEL_DOMAIN);
        assert_absent(model_fit_p((enum fit_law)law, &f, falling, 2, 10, 1), MODEL_DOMAIN);
    }
    assert_int_equal(model_fit(FIT_ZIPF, part, 2, &f), MODEL_DOMAIN);
    assert_int_equal(model_fit(FIT_ZIPF, large, 2, &f), MODEL_DOMAIN);
    assert_int_equal(model_fit((enum fit_law)9, part, 2, &f), MODEL_DOMAIN);
    assert_absent(model_fit_p(FIT_PARETO, &f, part, 2, 0, 1), MODEL_DOMAIN);
    assert_string_equal(fit_law_name(FIT_TRUNCATED_PARETO), "truncated-pareto");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recovers),
        cmocka_unit_test(test_finds_out),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
