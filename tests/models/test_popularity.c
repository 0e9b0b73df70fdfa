/* Popularities. Reference values of Pareto expectations: mpmath, 30 digits, quadrature over x in
 * eighths of decades. */
#include "tests/models/close.h"

#include <stdlib.h>

#include "models/popularity.h"

static struct popularity uniform(double n, double sessions)
{
    struct popularity p;
    assert_int_equal(model_popularity_uniform(&p, n, sessions, 0.2), MODEL_OK);
    return p;
}

static struct popularity pareto(double n, double sessions, double alpha)
{
    struct popularity p;
    assert_int_equal(model_popularity_pareto(&p, n, sessions, alpha, 0.2), MODEL_OK);
    return p;
}

static struct popularity zipf(double n, double sessions, double exponent)
{
    struct popularity p;
    assert_int_equal(model_popularity_zipf(&p, n, sessions, exponent, 0.2), MODEL_OK);
    return p;
}

/* P_OFF of 48 sources and 60 s of exponential holding. */
static double off_exponential(double lambda, const void *ctx)
{
    (void)ctx;
    return exp(-48 * log1p(lambda / 0.2)) / (1 + 48 * lambda * 60);
}

/* Arrivals with 60 s of fixed holding. */
static double arrivals_fixed(double lambda, const void *ctx)
{
    (void)ctx;
    return 48 * lambda * exp(-48 * log1p(lambda / 0.2) - 48 * lambda * 60);
}

static double one(double lambda, const void *ctx)
{
    (void)lambda;
    (void)ctx;
    return 1;
}

static double is_above(double lambda, const void *ctx)
{
    return lambda > *(const double *)ctx ? 1 : 0;
}

static double itself(double lambda, const void *ctx)
{
    (void)ctx;
    return lambda;
}

static double not_finite(double lambda, const void *ctx)
{
    (void)ctx;
    return log(-lambda);
}

static struct model_result everyone(const struct popularity *p, model_rate_fn *fn)
{
    return model_popularity_expect(p, model_popularity_everyone(), fn, NULL);
}

static const struct {
    double n, sessions, alpha, mean, off, arrivals;
} PARETO[] = {
    {100004, 4, 1.2, 3.631161280561135, 0.9838002662136319, 0.0002350590979025824},
    {960, 4, 1.2, 3.066215786020418, 0.4934498502285599, 0.004554049661315885},
    {5000, 2.385, 1.385, 2.308327456181912, 0.8316990699653943, 0.002259436345906311},
    {3, 4, 1.2, 1.077297607637599, 7.135327263167929e-13, 5.08066719766769814e-136},
};

static void test_pareto_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof PARETO / sizeof PARETO[0]; i++) {
        struct popularity p = pareto(PARETO[i].n, PARETO[i].sessions, PARETO[i].alpha);
        assert_result(model_popularity_mean_sessions(&p), PARETO[i].mean, 1e-11);
        assert_result(everyone(&p, off_exponential), PARETO[i].off, 1e-11);
        assert_result(everyone(&p, arrivals_fixed), PARETO[i].arrivals, 1e-11);
    }
}

/* Mean of the truncated law: alpha/(alpha-1) x_m (1 - s^(alpha-1))/(1 - s^alpha), s = x_m/H. */
static void test_pareto_mean_in_closed_form(void **state)
{
    (void)state;
    for (double n = 3; n < 1e15; n *= 13.85) {
        struct popularity p = pareto(n, 4, 1.2);
        double s = 4 * 0.2 / 1.2 / (n - 1);
        double want = 4 * (1 - pow(s, 0.2)) / (1 - pow(s, 1.2));
        assert_result(model_popularity_mean_sessions(&p), want, 1e-9);
    }
}

static void check_whole(const struct popularity *p)
{
    assert_result(everyone(p, one), 1, 1e-11);
    double last = INFINITY;
    for (double v = 1e-9; v < 1; v += 0.01385) {
        struct model_result rate = model_popularity_rate_at(p, v);
        assert_int_equal(rate.status, MODEL_OK);
        assert_true(isfinite(rate.value) && rate.value >= 0 && rate.value <= last);
        last = rate.value;
    }
}

static void test_every_kind_sums_to_one_and_falls(void **state)
{
    (void)state;
    const double rates[] = {2.385, 0.7, 0.7, 0.0385, 0};
    struct popularity p = uniform(960, 4);
    check_whole(&p);
    p = pareto(960, 4, 1.2);
    check_whole(&p);
    p = zipf(960, 4, 0.9);
    check_whole(&p);
    assert_int_equal(model_popularity_empirical(&p, rates, 5, 0.2), MODEL_OK);
    check_whole(&p);
}

/* Ranges add up, and a range's weight is its width. */
static void test_ranges(void **state)
{
    (void)state;
    const double rates[] = {2.385, 0.7, 0.7, 0.0385, 0};
    struct popularity kinds[4] = {uniform(960, 4), pareto(960, 4, 1.2), zipf(960, 4, 0.9)};
    assert_int_equal(model_popularity_empirical(&kinds[3], rates, 5, 0.2), MODEL_OK);
    for (int i = 0; i < 4; i++) {
        struct popularity_range top = {0, 0.2385, 0, 1e-11};
        struct popularity_range rest = {0.2385, 1, 0, 1e-11};
        struct popularity_range nobody = {0.385, 0.385, 0, 1e-11};
        assert_result(model_popularity_expect(&kinds[i], top, one, NULL), 0.2385, 1e-12);
        double sum = model_popularity_expect(&kinds[i], top, off_exponential, NULL).value +
                     model_popularity_expect(&kinds[i], rest, off_exponential, NULL).value;
        assert_close(sum, everyone(&kinds[i], off_exponential).value, 1e-11);
        assert_result(model_popularity_expect(&kinds[i], nobody, one, NULL), 0, 0);
    }
}

/* E[lambda above the rate at rank v] = v; with the kink told, to full precision. */
static void test_quantile_inverts_the_law(void **state)
{
    (void)state;
    const double alphas[] = {1.0385, 1.2, 2.385, 40};
    for (size_t i = 0; i < sizeof alphas / sizeof alphas[0]; i++) {
        struct popularity p = pareto(23850, 4, alphas[i]);
        for (double v = 1e-6; v < 1; v = v * 3.85 + 1e-6) {
            double border = model_popularity_rate_at(&p, v).value;
            struct popularity_range range = model_popularity_everyone();
            range.kink_per_s = border;
            struct model_result got = model_popularity_expect(&p, range, is_above, &border);
            assert_close(got.value, v, 1e-9);
        }
    }
}

/* The list of rates represents the law: its mean approaches the expectation. */
static void test_list_of_rates(void **state)
{
    (void)state;
    enum { N = 9600 };
    static double rates[N];
    struct popularity p = pareto(N, 4, 1.2);
    double sum = 0;
    model_popularity_rates(&p, N, rates);
    for (int d = 0; d < N; d++) {
        assert_true(d == 0 || rates[d] <= rates[d - 1]);
        sum += off_exponential(rates[d], NULL);
    }
    assert_close(sum / N, everyone(&p, off_exponential).value, 1e-6);
    p = uniform(N, 4);
    model_popularity_rates(&p, N, rates);
    assert_close(rates[0], 0.2 * 4 / (N - 1 - 4.0), 1e-15);
    assert_true(rates[0] == rates[N - 1]);
}

static void test_uniform_rate(void **state)
{
    (void)state;
    struct popularity p = uniform(56420, 4);
    assert_result(model_popularity_rate_at(&p, 0.385), 0.8 / (56420 - 5), 1e-15);
    assert_result(model_popularity_mean_sessions(&p), 4, 1e-13);
    assert_result(everyone(&p, off_exponential), off_exponential(p.rate_per_s, NULL), 0);
}

static void test_zipf(void **state)
{
    (void)state;
    struct popularity p = zipf(960, 4, 0.9);
    assert_result(model_popularity_mean_sessions(&p), 4, 1e-12);
    /* Ratio of sessions of ranks 1 and 10, through x = (N-1) lambda/(lambda + mu). */
    double first = model_popularity_rate_at(&p, 0.5 / 960).value;
    double tenth = model_popularity_rate_at(&p, 9.5 / 960).value;
    double ratio = first / (first + 0.2) / (tenth / (tenth + 0.2));
    assert_close(ratio, pow(10, 0.9), 1e-12);
    /* Exponent 0 is uniform. */
    p = zipf(960, 4, 0);
    struct popularity alike = uniform(960, 4);
    assert_close(everyone(&p, off_exponential).value, everyone(&alike, off_exponential).value,
                 1e-12);
}

/* Ranks far from the first are not summed one by one: the same as the exact sums over the same rates,
 * also when a range begins and ends within a rank, and for a function with a kink. */
static void test_zipf_far(void **state)
{
    (void)state;
    enum { N = 60238 };
    static const double ENDS[][2] = {
        {0, 1},
        {0.2385, 0.7853},
        {0.9, 0.9 + 0.3 / N},
        {0.385 / N, 256.385 / N},
        {255.385 / N, 257.7 / N},
        {2.385 / N, 7.853 / N},
    };
    static const double EXPONENTS[] = {0, 0.6, 1, 1.12385};
    double *rates = malloc(N * sizeof *rates);

    for (size_t e = 0; e < sizeof EXPONENTS / sizeof EXPONENTS[0]; e++) {
        struct popularity p = zipf(N, 2.385, EXPONENTS[e]), exact;

        for (size_t i = 0; i < N; i++) {
            double x = p.sessions_first * pow((double)i + 1, -EXPONENTS[e]);
            rates[i] = 0.2 * x / (N - 1 - x);
        }
        assert_int_equal(model_popularity_empirical(&exact, rates, N, 0.2), MODEL_OK);
        for (size_t k = 0; k < sizeof ENDS / sizeof ENDS[0]; k++) {
            struct popularity_range range = model_popularity_everyone();

            range.from_frac = ENDS[k][0];
            range.to_frac = ENDS[k][1];
            struct model_result far = model_popularity_expect(&p, range, off_exponential, NULL);
            struct model_result all = model_popularity_expect(&exact, range, off_exponential, NULL);
            assert_int_equal(far.status, MODEL_OK);
            assert_close(far.value, all.value, 1e-10);
        }
        assert_result(model_popularity_mean_sessions(&p), 2.385, 1e-10);
    }
    free(rates);
    /* A thousand million destinations: the harmonic number by its expansion. */
    double n = 1e9, harmonic = log(n) + 0.57721566490153286 + 1 / (2 * n);
    struct popularity p = zipf(n, 4, 1);
    assert_close(p.sessions_first, 4 * n / harmonic, 1e-12);
}

static void test_empirical(void **state)
{
    (void)state;
    const double rates[] = {2.385, 0.7, 0.7, 0.0385};
    struct popularity p;
    assert_int_equal(model_popularity_empirical(&p, rates, 4, 0.2), MODEL_OK);
    assert_result(everyone(&p, itself), (2.385 + 0.7 + 0.7 + 0.0385) / 4, 1e-15);
    assert_result(model_popularity_rate_at(&p, 0.2499), 2.385, 0);
    assert_result(model_popularity_rate_at(&p, 0.2501), 0.7, 0);
    assert_result(model_popularity_rate_at(&p, 1 - 1e-16), 0.0385, 0);
}

/* H within 1e-12 of x_m: every destination has nearly all the others' sessions. */
static void test_narrow_pareto(void **state)
{
    (void)state;
    double n = 1 + 4 * (1.2 - 1) / 1.2 * (1 + 1e-12);
    struct popularity p = pareto(n, 4, 1.2);
    check_whole(&p);
    assert_result(model_popularity_mean_sessions(&p), n - 1, 1e-11);
    assert_result(everyone(&p, off_exponential), 0, 1e-12);
}

static void test_wide_and_steep_pareto(void **state)
{
    (void)state;
    struct popularity p = pareto(1e15, 4, 1 + 1e-6);
    check_whole(&p);
    p = pareto(1e9, 4, 1000);
    check_whole(&p);
    assert_result(model_popularity_mean_sessions(&p), 4, 1e-11);
    assert_result(model_popularity_rate_at(&p, 1 - 1e-12), 0.2 * 4 * 0.999 / (1e9 - 5), 1e-8);
}

static void test_missed_precision(void **state)
{
    (void)state;
    struct popularity p = pareto(960, 4, 1.2);
    /* E[lambda] is infinite: lambda has a pole at x = N - 1. */
    assert_int_equal(everyone(&p, itself).status, MODEL_NOCONV);
    assert_absent(everyone(&p, not_finite), MODEL_NOCONV);
    struct popularity alike = uniform(960, 4);
    assert_absent(everyone(&alike, not_finite), MODEL_NOCONV);
    struct popularity ranked = zipf(960, 4, 0.9);
    assert_absent(everyone(&ranked, not_finite), MODEL_NOCONV);
}

static void test_bad_parameters(void **state)
{
    (void)state;
    struct popularity p;
    const double rising[] = {0.1, 0.2}, negative[] = {-0.1}, infinite[] = {INFINITY};
    assert_int_equal(model_popularity_uniform(&p, 5, 4, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_uniform(&p, 960, -4, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_uniform(&p, 960, 4, 0), MODEL_DOMAIN);
    assert_int_equal(model_popularity_uniform(&p, NAN, 4, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_uniform(&p, 1e16, 4, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_pareto(&p, 960, 4, 1, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_pareto(&p, 960, 4, 0.385, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_pareto(&p, 960, 4, INFINITY, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_pareto(&p, 960, 0, 1.2, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_pareto(&p, 1.5, 4, 1.2, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_zipf(&p, 960.5, 4, 0.9, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_zipf(&p, 960, 4, -1, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_zipf(&p, 960, 4, 2.385, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_zipf(&p, 1e16, 4, 0.9, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_empirical(&p, rising, 2, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_empirical(&p, negative, 1, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_empirical(&p, infinite, 1, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_empirical(&p, rising, 0, 0.2), MODEL_DOMAIN);
}

static void test_bad_ranges(void **state)
{
    (void)state;
    struct popularity p = pareto(960, 4, 1.2);
    assert_absent(model_popularity_rate_at(&p, 0), MODEL_DOMAIN);
    assert_absent(model_popularity_rate_at(&p, 1), MODEL_DOMAIN);
    assert_absent(model_popularity_rate_at(&p, NAN), MODEL_DOMAIN);
    const struct popularity_range bad[] = {
        {-0.1, 1, 0, 1e-9}, {0.6, 0.4, 0, 1e-9}, {0, 1.1, 0, 1e-9}, {0, NAN, 0, 1e-9}, {0, 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_absent(model_popularity_expect(&p, bad[i], one, NULL), MODEL_DOMAIN);
    }
}

static void test_kind_names(void **state)
{
    (void)state;
    for (int i = POPULARITY_UNIFORM; i <= POPULARITY_EMPIRICAL; i++) {
        enum popularity_kind kind;
        assert_true(popularity_kind_parse(popularity_kind_name((enum popularity_kind)i), &kind));
        assert_int_equal(kind, i);
    }
    enum popularity_kind kind = POPULARITY_ZIPF;
    assert_false(popularity_kind_parse("pareto ", &kind));
    assert_int_equal(kind, POPULARITY_ZIPF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pareto_values),
        cmocka_unit_test(test_pareto_mean_in_closed_form),
        cmocka_unit_test(test_every_kind_sums_to_one_and_falls),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_quantile_inverts_the_law),
        cmocka_unit_test(test_list_of_rates),
        cmocka_unit_test(test_uniform_rate),
        cmocka_unit_test(test_zipf),
        cmocka_unit_test(test_zipf_far),
        cmocka_unit_test(test_empirical),
        cmocka_unit_test(test_narrow_pareto),
        cmocka_unit_test(test_wide_and_steep_pareto),
        cmocka_unit_test(test_missed_precision),
        cmocka_unit_test(test_bad_parameters),
        cmocka_unit_test(test_bad_ranges),
        cmocka_unit_test(test_kind_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
