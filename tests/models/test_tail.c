/* Far tails. Reference values: mpmath, convolution in 40 digits. */
#include "tests/models/close.h"

#include <stdlib.h>

#include "models/binomial.h"
#include "models/table.h"
#include "models/tail.h"

enum { N = 120 };

/* Probabilities 0.9 (d+1)^-0.7385; the mean number is 9.1093. */
static void fill(double p[N])
{
    for (int d = 0; d < N; d++) {
        p[d] = 0.9 * pow(d + 1, -0.7385);
    }
}

static const struct {
    size_t room;
    double p;
} REFERENCE[] = {
    {0, 0.9999875000641279},        {5, 0.92078761608614576},       {10, 0.28891991038270454},
    {14, 0.027609795082929774},     {15, 0.012614854048483293},     {20, 8.6677545138410288e-5},
    {30, 4.3986038209514877e-11},   {45, 1.9407670958675152e-24},   {70, 3.2413550843899668e-55},
    {100, 2.8105570726662017e-106}, {118, 1.2021298706125048e-149}, {119, 4.7484052506821811e-153},
};
enum { N_REFERENCE = sizeof REFERENCE / sizeof REFERENCE[0] };

static void test_exact(void **state)
{
    (void)state;
    double p[N];

    fill(p);
    for (size_t i = 0; i < N_REFERENCE; i++) {
        struct model_result r = model_tail_exact(N, p, REFERENCE[i].room);
        assert_result(r, REFERENCE[i].p, 1e-11);
        assert_true(fabs(r.value - REFERENCE[i].p) <= r.abserr + 1e-12 * r.value);
    }
    assert_result(model_tail_exact(N, p, 120), 0, 0);
}

/* Chernoff is a bound, Bahadur and Rao come within their own estimate of the error. */
static void test_bounds(void **state)
{
    (void)state;
    double p[N];

    fill(p);
    for (size_t i = 0; i < N_REFERENCE; i++) {
        struct model_result bound = model_tail_chernoff(N, p, REFERENCE[i].room);
        struct model_result expansion = model_tail_bahadur_rao(N, p, REFERENCE[i].room);

        assert_int_equal(bound.status, MODEL_OK);
        assert_true(bound.value >= REFERENCE[i].p * (1 - 1e-12));
        if (REFERENCE[i].room < 9) {
            assert_absent(expansion, MODEL_DOMAIN);
            assert_true(bound.value == 1);
        } else {
            assert_int_equal(expansion.status, MODEL_OK);
            assert_true(fabs(expansion.value - REFERENCE[i].p) <= expansion.abserr + 1e-160);
        }
    }
}

/* The tilted estimate finds 1e-24 with a few thousand samples; without tilting none would count. */
static void test_sampled(void **state)
{
    (void)state;
    double p[N];

    fill(p);
    for (size_t i = 0; i < N_REFERENCE; i++) {
        struct model_result r = model_tail_sampled(N, p, REFERENCE[i].room, 4000, 20151203);

        assert_int_equal(r.status, MODEL_OK);
        assert_true(fabs(r.value - REFERENCE[i].p) <= 2 * r.abserr + 1e-4 * REFERENCE[i].p);
        assert_true(r.abserr <= 0.15 * REFERENCE[i].p);
    }
    struct model_result a = model_tail_sampled(N, p, 30, 100, 2385);
    struct model_result b = model_tail_sampled(N, p, 30, 100, 2385);
    assert_true(a.value == b.value && a.abserr == b.abserr);
    assert_absent(model_tail_sampled(N, p, 30, 1, 2385), MODEL_DOMAIN);
}

/* From 1e-6 to 1e-12 for the table of 8192 entries, against the binomial series; and a hundred
 * thousand destinations. */
static void test_large(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    double *p = malloc(MANY * sizeof *p);

    for (size_t d = 0; d < MANY; d++) {
        p[d] = 0.13;
    }
    for (size_t room = 8192; room <= 8400; room += 52) {
        double want = model_binomial_tail(60000, (uint32_t)room, 0.13, 0.87).value;
        assert_result(model_tail_exact(60000, p, room), want, 1e-10);
        assert_result(model_tail_bahadur_rao(60000, p, room), want, 0.05);
    }
    double want = model_binomial_tail(MANY, 13520, 0.13, 0.87).value;
    assert_true(want < 1e-5 && want > 1e-8);
    assert_result(model_tail_exact(MANY, p, 13520), want, 2e-9);
    struct model_result sampled = model_tail_sampled(MANY, p, 13520, 5000, 7);
    assert_true(fabs(sampled.value - want) <= 2 * sampled.abserr);
    assert_true(sampled.abserr < 0.12 * want);
    free(p);
}

/* A million destinations, few of them popular: the sample is as near to the exact value as it says, and
 * so is the expansion; a table of the mean of a law without a tail beyond it. */
static void test_million(void **state)
{
    (void)state;
    enum { MANY = 1000000 };
    double *p = malloc(MANY * sizeof *p);
    double mean = 0;

    for (size_t d = 0; d < MANY; d++) {
        p[d] = 1 / (1 + (double)d / 785.3);
        mean += p[d];
    }
    size_t room = (size_t)(mean + 5.2385 * sqrt(mean));
    struct model_result exact = model_tail_exact(MANY, p, room);
    struct model_result sampled = model_tail_sampled(MANY, p, room, 1000, 2385);
    assert_int_equal(exact.status, MODEL_OK);
    assert_true(exact.value > 1e-12 && exact.value < 1e-7);
    assert_true(fabs(sampled.value - exact.value) <= 2 * sampled.abserr);
    assert_true(sampled.abserr < 0.25 * exact.value);
    assert_result(model_tail_bahadur_rao(MANY, p, room), exact.value, 0.05);
    free(p);
}

/* Destinations that are always or never there, tables no destination can fill, no destinations. */
static void test_edges(void **state)
{
    (void)state;
    const double p[] = {1, 0, 0.2385, 1, 0.5, 0};
    const double bad[] = {0.2385, 1.0000001};
    const double tiny[] = {1e-300, 1e-12, 1 - 1e-12};

    assert_result(model_tail_exact(6, p, 0), 1, 0);
    assert_result(model_tail_exact(6, p, 1), 1, 0);
    assert_result(model_tail_exact(6, p, 2), 1 - 0.7615 * 0.5, 1e-11);
    assert_result(model_tail_exact(6, p, 3), 0.2385 * 0.5, 1e-14);
    assert_result(model_tail_exact(6, p, 4), 0, 0);
    assert_result(model_tail_exact(0, p, 0), 0, 0);
    assert_result(model_tail_exact(3, tiny, 1), 1e-12, 1e-10);
    assert_result(model_tail_exact(3, tiny, 2), 1e-312, 1e-2);
    assert_absent(model_tail_exact(2, bad, 0), MODEL_DOMAIN);
    assert_absent(model_tail_chernoff(2, bad, 0), MODEL_DOMAIN);
    assert_absent(model_tail_bahadur_rao(2, bad, 0), MODEL_DOMAIN);
    assert_absent(model_tail_sampled(2, bad, 0, 100, 1), MODEL_DOMAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact), cmocka_unit_test(test_bounds), cmocka_unit_test(test_sampled),
        cmocka_unit_test(test_large), cmocka_unit_test(test_million),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
