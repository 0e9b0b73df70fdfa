/* The Poisson tail. Reference values: mpmath, 60 digits; those at 10^12 from eight terms of the
 * series of c_0 to c_3 each, 40 digits. */
#include "tests/models/close.h"

#include "models/binomial.h"
#include "models/poisson.h"

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12)) {
        fail_msg("got %.17g, want %.17g, off by %.3g", got, want, got - want);
    }
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        double count, mean, p;
    } known[] = {
        {1, 2.385, 0.90791102042071881},
        {7, 2.385, 0.0112369496300382808},
        {39, 33.85, 0.208964052666530412},
        {40, 33.85, 0.165077147258375064},
        {41, 52.5, 0.955631523722986011},
        {40, 95.5, 0.99999999995446058},
        {99, 88.25, 0.13821377542063359},
        {99, 123.85, 0.990550480630697262},
        {100, 88.25, 0.116870306341745823},
        {100, 100, 0.513298798279148665},
        {100, 123.85, 0.987800498683481201},
        {100, 60.5, 2.08438950640526222e-6},
        {101, 101.25, 0.523135395961696203},
        {2385, 2385, 0.502722987389671818},
        {2385, 2300.5, 0.040554621263361816},
        {2385, 2471, 0.959685907094869503},
        {10000, 10023.85, 0.595471729846224061},
        {1e6, 998500.25, 0.0667855704467145819},
        {1e6, 1000321, 0.626008086803643446},
        {1e12, 1e12 + 238500, 0.59425346422392494},
        {1e12, 1e12 - 2385000.5, 0.0085395127946929519},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        near(model_poisson_at_least(known[i].count, known[i].mean), known[i].p);
    }
}

/* mpmath, 60 digits. */
static void test_small_probabilities(void **state)
{
    (void)state;
    static const struct {
        double count, mean, p;
    } below[] =
        {
            {1, 23.85, 4.38608058444988151e-11},        {7, 38.5, 1.01478016277336972e-10},
            {39, 95.5, 1.82858507991078602e-11},        {40, 95.5, 4.5539420405652828e-11},
            {99, 238.5, 4.65554066058860576e-25},       {100, 238.5, 1.12946888981669191e-24},
            {101, 190.25, 4.53671221005359791e-13},     {2385, 2800.5, 3.64731250331964043e-16},
            {10000, 10850.25, 6.36250702729147014e-17}, {1e6, 1010000.5, 1.05540984605324672e-23},
        },
      at_least[] = {
          {40, 12.5, 4.92174874223948211e-10},       {7, 0.02385, 8.52955682950792244e-16},
          {99, 30.5, 7.70731875039551225e-23},       {100, 30.5, 2.3407247281085045e-23},
          {101, 38.5, 4.37718411663220668e-17},      {2385, 1900.5, 6.40716464246518875e-27},
          {10000, 9150.25, 1.09047751367079024e-18},
      };

    for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
        assert_close(model_poisson_below(below[i].count, below[i].mean), below[i].p, 1e-8);
    }
    for (size_t i = 0; i < sizeof at_least / sizeof at_least[0]; i++) {
        assert_close(model_poisson_at_least(at_least[i].count, at_least[i].mean), at_least[i].p,
                     1e-8);
    }
}

/* P(>= k) - P(>= k + 1) is the probability of k, also where the exact formula meets the expansion. */
static void test_differences_are_probabilities(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 23, 38, 39, 40, 41, 238, 2385, 23850};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (double s = -7.5; s <= 7.5; s += 0.385) {
            double k = counts[i], mean = k + s * sqrt(k);

            if (mean > 0) {
                double there =
                    model_poisson_at_least(k, mean) - model_poisson_at_least(k + 1, mean);
                near(there, model_poisson_pmf(counts[i], mean).value);
                near(model_poisson_at_least(k, mean) + model_poisson_below(k, mean), 1);
            }
        }
    }
}

static void test_grows_with_the_mean_and_falls_with_the_count(void **state)
{
    (void)state;
    for (double k = 1; k < 1e13; k = ceil(k * 2.385)) {
        double before = 0;

        for (double s = -40; s <= 40; s += 0.238) {
            double p = model_poisson_at_least(k, fmax(0, k + s * sqrt(k)));

            assert_true(p >= 0 && p <= 1);
            assert_true(p >= before - 1e-12);
            assert_true(p >= model_poisson_at_least(k + 1, fmax(0, k + s * sqrt(k))) - 1e-12);
            before = p;
        }
        assert_true(before > 0.999);
    }
}

static void test_limits(void **state)
{
    (void)state;
    assert_true(model_poisson_at_least(0, 2.385) == 1);
    assert_true(model_poisson_at_least(-3, 0) == 1);
    assert_true(model_poisson_at_least(3, 0) == 0);
    assert_true(model_poisson_at_least(3, -2.385) == 0);
    assert_true(model_poisson_at_least(3, 1e300) == 1);
    assert_true(model_poisson_at_least(2385, INFINITY) == 1);
    assert_true(model_poisson_at_least(2385, 1e-300) == 0);
    assert_true(model_poisson_at_least(INFINITY, 2.385) == 0);
    assert_true(model_poisson_at_least(1e300, 2.385) == 0);
    assert_true(model_poisson_below(0, 2.385) == 0);
    assert_true(model_poisson_below(3, 0) == 1);
    assert_true(model_poisson_below(3, 1e300) == 0);
    assert_true(model_poisson_below(2385, INFINITY) == 0);
    assert_true(model_poisson_below(1e300, 2.385) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_small_probabilities),
        cmocka_unit_test(test_differences_are_probabilities),
        cmocka_unit_test(test_grows_with_the_mean_and_falls_with_the_count),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
