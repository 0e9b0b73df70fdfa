/* Random numbers: known answers, moments, distance from the law, elementary functions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "controller/base/alloc.h"
#include "controller/base/elementary.h"
#include "controller/base/rng.h"
#include "simnet/des/probe.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof(a)[0])

/* xoshiro256++ from the state {1, 2, 3, 4}: outputs of the authors' C code
 * (prng.di.unimi.it/xoshiro256plusplus.c), also quoted in the tests of Rust's rand_xoshiro. */
static void test_known_answers_xoshiro(void **state)
{
    static const uint64_t expected[] = {
        UINT64_C(41943041),
        UINT64_C(58720359),
        UINT64_C(3588806011781223),
        UINT64_C(3591011842654386),
        UINT64_C(9228616714210784205),
        UINT64_C(9973669472204895162),
        UINT64_C(14011001112246962877),
        UINT64_C(12406186145184390807),
        UINT64_C(15849039046786891736),
        UINT64_C(10450023813501588000),
    };
    struct rng rng = {.s = {1, 2, 3, 4}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_true(rng_u64(&rng) == expected[i]);
    }
}

/* SplitMix64 from the seed 1234567: Rosetta Code, "Pseudo-random numbers/Splitmix64". */
static void test_known_answers_seeding(void **state)
{
    static const uint64_t expected[4] = {
        UINT64_C(6457827717110365317),
        UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431),
    };
    struct rng rng;

    (void)state;
    rng_seed(&rng, 1234567);
    for (size_t i = 0; i < 4; i++) {
        assert_true(rng.s[i] == expected[i]);
    }
}

/* The bits that every machine and every build must reproduce. */
static void test_laws_are_the_same_to_the_bit(void **state)
{
    struct rng rng;
    double sum = 0;

    (void)state;
    rng_seed(&rng, 2015);
    for (int i = 0; i < 1000; i++) {
        sum += rng_exponential(&rng, 2.385) + rng_pareto(&rng, 1.2, 2.0 / 3.0) + rng_normal(&rng);
    }
    print_message("sum of 1000 exponential, Pareto and normal draws each: %a\n", sum);
    assert_true(sum == 0x1.453c2bf14d947p+12);
}

static double spacing(double x)
{
    return nextafter(fabs(x), INFINITY) - fabs(x);
}

/* Against the long double functions, whose 64 bits of mantissa are an ample reference. */
static void test_log_and_exp_are_good_to_the_last_place(void **state)
{
    double worst_log = 0, worst_exp = 0;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 11);
    for (int i = 0; i < 1000000; i++) {
        double u = rng_uniform(&rng);
        double x = i % 2 ? u : ldexp(0.5 + u, (int)rng_below(&rng, 600) - 300);
        double y = (u - 0.5) * (i % 2 ? 1400.0 : 4.0);

        worst_log = fmax(worst_log, (double)fabsl(exact_log(x) - logl(x)) / spacing(log(x)));
        worst_exp = fmax(worst_exp, (double)fabsl(exact_exp(y) - expl(y)) / spacing(exp(y)));
    }
    print_message("worst error in units of the last place: log %.3f, exp %.3f\n", worst_log,
                  worst_exp);
    assert_true(worst_log < 1.0);
    assert_true(worst_exp < 1.0);
    assert_true(exact_log(1.0) == 0.0);
    assert_true(exact_exp(0.0) == 1.0);
    assert_true(exact_exp(-800.0) == 0.0);
    assert_true(isinf(exact_exp(800.0)));
}

static void test_below_is_fair(void **state)
{
    /* 3 · 2^30 makes a biased method give the low values a third more often. */
    static const uint32_t limits[] = {1, 7, 48, UINT32_C(3) << 30};
    const int n = 600000;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 5);
    for (size_t k = 0; k < ARRAY_LEN(limits); k++) {
        uint32_t cells = limits[k] < 6 ? limits[k] : 6;
        double counts[6] = {0};

        for (int i = 0; i < n; i++) {
            uint32_t v = rng_below(&rng, limits[k]);

            assert_true(v < limits[k]);
            counts[(uint64_t)v * cells / limits[k]]++;
        }
        for (uint32_t c = 0; c < cells; c++) {
            /* Exact share of the values that fall into cell c. */
            uint64_t lo = ((uint64_t)c * limits[k] + cells - 1) / cells;
            uint64_t hi = ((uint64_t)(c + 1) * limits[k] + cells - 1) / cells;
            double p = (double)(hi - lo) / limits[k];

            assert_true(fabs(counts[c] - n * p) <= 4.0 * sqrt(n * p * (1 - p)));
        }
    }
}

/* --- Distance from the law --------------------------------------------------------------------- */

typedef double draw_fn(struct rng *rng);
typedef double cdf_fn(double x);

static double draw_uniform(struct rng *rng)
{
    return rng_uniform(rng);
}
static double cdf_uniform(double x)
{
    return x;
}
static double draw_exponential(struct rng *rng)
{
    return rng_exponential(rng, 2.385);
}
static double cdf_exponential(double x)
{
    return -expm1(-x / 2.385);
}
static double draw_pareto(struct rng *rng)
{
    return rng_pareto(rng, 1.2, 0.75);
}
static double cdf_pareto(double x)
{
    return 1.0 - pow(0.75 / x, 1.2);
}

static double draw_normal(struct rng *rng)
{
    return rng_normal(rng);
}
static double cdf_normal(double x)
{
    return 0.5 * erfc(-x * M_SQRT1_2);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Kolmogorov–Smirnov distance times sqrt(n): above 1.95 once in a thousand good samples. */
static double ks_distance(draw_fn *draw, cdf_fn *cdf, uint64_t seed)
{
    const size_t n = 200000;
    double *x = xcalloc(n, sizeof *x);
    double worst = 0;
    struct rng rng;

    rng_seed(&rng, seed);
    for (size_t i = 0; i < n; i++) {
        x[i] = draw(&rng);
    }
    qsort(x, n, sizeof *x, compare);
    for (size_t i = 0; i < n; i++) {
        double f = cdf(x[i]);

        worst = fmax(worst, fmax(f - (double)i / (double)n, (double)(i + 1) / (double)n - f));
    }
    free(x);
    return worst * sqrt((double)n);
}

static void test_laws_by_kolmogorov_smirnov(void **state)
{
    static const struct {
        const char *name;
        draw_fn *draw;
        cdf_fn *cdf;
    } laws[] = {
        {"uniform", draw_uniform, cdf_uniform},
        {"exponential", draw_exponential, cdf_exponential},
        {"pareto", draw_pareto, cdf_pareto},
        {"normal", draw_normal, cdf_normal},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(laws); i++) {
        for (uint64_t seed = 1; seed <= 4; seed++) {
            double d = ks_distance(laws[i].draw, laws[i].cdf, 10 * i + seed);

            print_message("%-12s seed %d: sqrt(n) D = %.3f\n", laws[i].name, (int)seed, d);
            assert_true(d < 1.95);
        }
    }
}

/* How many of 'n' draws exceed what one in 4, 16, 64, ... does: every magnitude of the tail, where a distance
 * between distributions sees nothing. A normal law's other tail is counted as well. */
enum { TAIL_LEVELS = 10 };

static void count_tail(double chance, int counts[TAIL_LEVELS])
{
    for (int k = 0; k < TAIL_LEVELS && chance < ldexp(1, -2 * (k + 1)); k++) {
        counts[k]++;
    }
}

static void check_tail(const char *name, const int counts[TAIL_LEVELS], double n)
{
    for (int k = 0; k < TAIL_LEVELS; k++) {
        double p = ldexp(1, -2 * (k + 1));

        print_message("%s: beyond one in 4^%d: %d, expected %.1f\n", name, k + 1, counts[k], n * p);
        assert_true(fabs(counts[k] - n * p) <= 4.5 * sqrt(n * p * (1 - p)) + 1);
    }
}

static void test_tails_at_every_magnitude(void **state)
{
    const int n = 4000000;
    int exponential[TAIL_LEVELS] = {0}, low[TAIL_LEVELS] = {0}, high[TAIL_LEVELS] = {0};
    struct rng rng;

    (void)state;
    rng_seed(&rng, 512);
    for (int i = 0; i < n; i++) {
        double x = rng_normal(&rng);

        count_tail(exp(-rng_exponential(&rng, 1)), exponential);
        count_tail(cdf_normal(x), low);
        count_tail(cdf_normal(-x), high);
    }
    check_tail("exponential", exponential, n);
    check_tail("normal, low", low, n);
    check_tail("normal, high", high, n);
}

/* A thousand cells of equal chance: a layer of the ziggurat that is too wide, or has a hole, shows in some of them.
 * Chi-square with 999 degrees of freedom has the standard deviation sqrt(2 · 999). */
static void test_layers_by_chi_square(void **state)
{
    enum { CELLS = 1000, PER_CELL = 2000 };
    static int cells[2][CELLS];
    double chi2[2] = {0};
    struct rng rng;

    (void)state;
    rng_seed(&rng, 4);
    for (int i = 0; i < CELLS * PER_CELL; i++) {
        cells[0][(int)(CELLS * -expm1(-rng_exponential(&rng, 1)))]++;
        cells[1][(int)(CELLS * cdf_normal(rng_normal(&rng)))]++;
    }
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < CELLS; i++) {
            chi2[k] += pow(cells[k][i] - PER_CELL, 2) / PER_CELL;
        }
        print_message("chi-square of 1000 cells: %.1f\n", chi2[k]);
        assert_true(fabs(chi2[k] - (CELLS - 1)) < 4 * sqrt(2 * (CELLS - 1)));
    }
}

static void test_moments_of_the_normal_law(void **state)
{
    const int n = 2000000;
    double sums[4] = {0};
    struct rng rng;

    (void)state;
    rng_seed(&rng, 23);
    for (int i = 0; i < n; i++) {
        double x = rng_normal(&rng), power = x;

        for (int k = 0; k < 4; k++, power *= x) {
            sums[k] += power;
        }
    }
    /* Variances of x, x², x³, x⁴: 1, 2, 15, 96. */
    assert_true(fabs(sums[0] / n) < 4 * sqrt(1.0 / n));
    assert_true(fabs(sums[1] / n - 1) < 4 * sqrt(2.0 / n));
    assert_true(fabs(sums[2] / n) < 4 * sqrt(15.0 / n));
    assert_true(fabs(sums[3] / n - 3) < 4 * sqrt(96.0 / n));
}

/* Serial correlation would bias waiting times, which no single-draw test sees. */
static void test_moments_and_serial_correlation(void **state)
{
    const int n = 1000000;
    const double mean = 2.385, variance = mean * mean;
    struct probe_sample draws = {0}, products = {0};
    struct rng rng;
    double last;

    (void)state;
    rng_seed(&rng, 99);
    last = rng_exponential(&rng, mean);
    for (int i = 0; i < n; i++) {
        double x = rng_exponential(&rng, mean);

        probe_sample_add(&draws, x);
        probe_sample_add(&products, (x - mean) * (last - mean));
        last = x;
    }
    assert_true(fabs(draws.mean - mean) < 4 * mean / sqrt(n));
    /* Var(s²) = (mu4 − sigma⁴)/n = 8 sigma⁴/n for an exponential law. */
    assert_true(fabs(probe_sample_variance(&draws) - variance) < 4 * variance * sqrt(8.0 / n));
    assert_true(fabs(products.mean) < 4 * variance / sqrt(n));
    assert_true(draws.min > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers_xoshiro),
        cmocka_unit_test(test_known_answers_seeding),
        cmocka_unit_test(test_laws_are_the_same_to_the_bit),
        cmocka_unit_test(test_log_and_exp_are_good_to_the_last_place),
        cmocka_unit_test(test_below_is_fair),
        cmocka_unit_test(test_laws_by_kolmogorov_smirnov),
        cmocka_unit_test(test_moments_and_serial_correlation),
        cmocka_unit_test(test_tails_at_every_magnitude),
        cmocka_unit_test(test_layers_by_chi_square),
        cmocka_unit_test(test_moments_of_the_normal_law),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
