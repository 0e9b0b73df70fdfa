/* The project's generator under GSL's interface. */
#include "tests/models/close.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "controller/base/rng.h"
#include "models/rng_gsl.h"

/* SplitMix64 from the seed 1234567 (known answers in the tests of the generator), then xoshiro256++. */
static void test_gives_what_the_generator_gives(void **state)
{
    gsl_rng *gsl = gsl_rng_alloc(model_rng_xoshiro);
    struct rng rng;

    (void)state;
    gsl_rng_set(gsl, 1234567);
    rng_seed(&rng, 1234567);
    for (int i = 0; i < 2385; i++) {
        assert_true(gsl_rng_get(gsl) == rng_u64(&rng));
        assert_true(gsl_rng_uniform(gsl) == rng_uniform(&rng));
    }
    gsl_rng_free(gsl);
}

static void test_is_copied_with_its_state(void **state)
{
    gsl_rng *a = gsl_rng_alloc(model_rng_xoshiro), *b;

    (void)state;
    gsl_rng_set(a, 0); /* No seed is a bad one. */
    assert_true(gsl_rng_get(a) != gsl_rng_get(a));
    b = gsl_rng_clone(a);
    assert_true(gsl_rng_get(a) == gsl_rng_get(b));
    gsl_rng_free(a);
    gsl_rng_free(b);
}

/* GSL divides the whole range of integers by 'n'; and a law that draws many numbers each time. */
static void test_laws_of_gsl(void **state)
{
    enum { N = 100000, SIDES = 7 };
    gsl_rng *rng = gsl_rng_alloc(model_rng_xoshiro);
    double count[SIDES] = {0}, chi_squared = 0, sum = 0;

    (void)state;
    gsl_rng_set(rng, 20151203);
    for (int i = 0; i < N; i++) {
        count[gsl_rng_uniform_int(rng, SIDES)]++;
        sum += gsl_ran_binomial(rng, 0.2385, 120);
    }
    for (int i = 0; i < SIDES; i++) {
        double expected = (double)N / SIDES;

        chi_squared += (count[i] - expected) * (count[i] - expected) / expected;
    }
    assert_true(chi_squared < 22.46); /* 6 degrees of freedom, 0.1 %. */
    assert_close(sum / N, 120 * 0.2385, 4 * sqrt(120 * 0.2385 * 0.7615 / N) / (120 * 0.2385));
    gsl_rng_free(rng);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gives_what_the_generator_gives),
        cmocka_unit_test(test_is_copied_with_its_state),
        cmocka_unit_test(test_laws_of_gsl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
