/* Controller queues. Reference values: mpmath; M/M/1/m by summing its distribution, M/D/1/m from
 * the textbook's subtracting recursion in 120 digits (not the one in queue.c). */
#include "tests/models/close.h"

#include "models/queue.h"

struct reference {
    double rho;
    uint32_t m;
    double p_block, mean_number, wait, accepted;
};

/* "wait" in service times is the mean number met by an accepted arrival. */
static const struct reference MM1M[] = {
    {0.999999999, 1000, 0.00099900049950059654, 499.99991650000232, 499.49991666675232,
     0.9990009995004994},
    {1.000000001, 1000, 0.00099900149850162275, 500.00008350000687, 499.50008333325685,
     0.99900099850149838},
    {0.7385, 51, 5.0506495741725591e-8, 2.8240843611837503, 2.8240819279869493,
     0.99999994949350426},
    {1e-12, 3, 9.9999999999899994e-37, 1.000000000001e-12, 1.000000000001e-12, 1},
    {2.385, 51, 0.58071278825995803, 50.27797833935018, 49.27797833935018, 0.41928721174004197},
    {10000, 51, 0.9999, 50.999899989999, 49.999899989999, 0.0001},
    {0.99999, 5000, 0.00019500263169433409, 2479.1590978359098, 2478.6674313496464,
     0.99980499736830567},
    {1, 51, 0.019230769230769231, 25.5, 25, 0.98076923076923077},
    {1.0003, 4000, 0.00042915288223714815, 2390.8526467848599, 2390.1617800728426,
     0.99957084711776285},
    {0.6, 1, 0.375, 0.375, 0, 0.625},
    {0.6, 2, 0.18367346938775509, 0.67346938775510202, 0.375, 0.81632653061224491},
};

static void test_mm1m_values(void **state)
{
    (void)state;
    const double mu = 2.5; /* Not 1, so that a missing unit shows; exact, so that rho is. */
    for (size_t i = 0; i < sizeof MM1M / sizeof MM1M[0]; i++) {
        const struct reference *want = &MM1M[i];
        struct queue_state got;
        assert_int_equal(model_mm1m(want->rho * mu, mu, want->m, &got), MODEL_OK);
        /* rho near 1 is uncertain by its last digit, which the mean number magnifies by m. */
        assert_close(got.p_block_frac, want->p_block, 1e-12);
        assert_close(got.mean_number, want->mean_number, 1e-11);
        assert_close(got.mean_wait_s, want->wait / mu, 1e-11);
        assert_close(got.mean_sojourn_s, (want->wait + 1) / mu, 1e-11);
        assert_close(got.throughput_per_s, want->accepted * want->rho * mu, 1e-11);
        assert_result(model_mm1m_blocking(want->rho, want->m), want->p_block, 1e-12);
    }
}

static const struct reference MD1M[] = {
    {.rho = 0.7385, .m = 51, 5.9267666808743852e-14, .wait = 1.4120458890899347},
    {.rho = 0.5, .m = 10, 4.0571598459559834e-6, .wait = 0.49992456974880804},
    {.rho = 0.2385, .m = 30, 1.7683682432362803e-31, .wait = 0.15659881812212737},
    {.rho = 1, .m = 20, 0.025210084033613445, .wait = 9.3347701149425287},
    {.rho = 1.2385, .m = 51, 0.19257165929553617, .wait = 47.748859174470083},
    {.rho = 23.85, .m = 7, 0.95807127882599581, .wait = 5.9580712788241568},
    {.rho = 0.95, .m = 100, 2.0445989595048242e-6, .wait = 9.4959381714191199},
    {.rho = 0.6, .m = 1, 0.375, .wait = 0},
    {.rho = 0.6, .m = 2, 0.1295352792560387, .wait = 0.24801939349004405},
    {.rho = 49.5, .m = 3, 0.9797979797979798, .wait = 1.9797979797979798},
};

static void test_md1m_values(void **state)
{
    (void)state;
    const double mu = 2.5;
    for (size_t i = 0; i < sizeof MD1M / sizeof MD1M[0]; i++) {
        const struct reference *want = &MD1M[i];
        struct queue_state got;
        assert_int_equal(model_md1m(want->rho * mu, mu, want->m, &got), MODEL_OK);
        assert_close(got.p_block_frac, want->p_block, 1e-11);
        assert_close(got.mean_wait_s, want->wait / mu, 1e-11);
        assert_close(got.throughput_per_s, want->rho * mu * (1 - want->p_block), 1e-11);
    }
}

/* Little's law and flow balance, for any load and capacity, and no NaN. */
static void check_laws(const struct queue_state *q, double lambda, double mu, uint32_t m)
{
    assert_close(q->rho, lambda / mu, 1e-15);
    assert_true(q->p_block_frac >= 0 && q->p_block_frac <= 1);
    assert_true(q->mean_number >= 0 && q->mean_number <= m);
    assert_close(q->throughput_per_s * q->mean_sojourn_s, q->mean_number, 1e-10);
    assert_close(q->mean_sojourn_s, q->mean_wait_s + 1 / mu, 1e-13);
    assert_true(fabs(q->throughput_per_s - lambda * (1 - q->p_block_frac)) <= 1e-12 * lambda);
    assert_true(q->throughput_per_s <= mu * (1 + 1e-15));
}

static const double LOADS[] = {0, 1e-300, 1e-12, 0.02385, 0.2385, 0.999, 0.9999999,
                               1, 1.0001, 1.385, 49.99,   50.01,  1e4,   1e12};
static const uint32_t CAPACITIES[] = {1, 2, 3, 51, 997, 100000};

static void test_laws_hold_everywhere(void **state)
{
    (void)state;
    const double mu = 51880;
    for (size_t i = 0; i < sizeof LOADS / sizeof LOADS[0]; i++) {
        for (size_t j = 0; j < sizeof CAPACITIES / sizeof CAPACITIES[0]; j++) {
            struct queue_state q;
            double lambda = LOADS[i] * mu;
            assert_int_equal(model_mm1m(lambda, mu, CAPACITIES[j], &q), MODEL_OK);
            check_laws(&q, lambda, mu, CAPACITIES[j]);
            assert_int_equal(model_md1m(lambda, mu, CAPACITIES[j], &q), MODEL_OK);
            check_laws(&q, lambda, mu, CAPACITIES[j]);
        }
    }
}

static void test_a_million_places(void **state)
{
    (void)state;
    struct queue_state q;
    assert_result(model_mm1m_blocking(1, 1000000), 1 / 1000001.0, 1e-15);
    assert_result(model_mm1m_blocking(0.5, 1000000), 0, 0);
    assert_result(model_mm1m_blocking(1e4, 1000000), 0.9999, 1e-15);
    assert_int_equal(model_mm1m(51880, 51880, 1000000, &q), MODEL_OK);
    assert_close(q.mean_number, 500000, 1e-15);
    assert_int_equal(model_md1m(0.7385, 1, 1000000, &q), MODEL_OK);
    assert_true(q.p_block_frac == 0);
    assert_close(q.mean_wait_s, 0.7385 / (2 * (1 - 0.7385)), 1e-12);
}

static void test_blocking_grows_with_load_and_falls_with_room(void **state)
{
    (void)state;
    double last = 0;
    for (double rho = 0.1385; rho < 30; rho *= 1.0385) {
        double p = model_mm1m_blocking(rho, 51).value;
        assert_true(p > last);
        assert_true(model_mm1m_blocking(rho, 52).value < p || rho > 2);
        last = p;
    }
}

/* A constant service loses less and waits less than an exponential one. */
static void test_constant_service_is_better(void **state)
{
    (void)state;
    for (double rho = 0.2385; rho < 2; rho += 0.1385) {
        struct queue_state m, d;
        assert_int_equal(model_mm1m(rho, 1, 17, &m), MODEL_OK);
        assert_int_equal(model_md1m(rho, 1, 17, &d), MODEL_OK);
        assert_true(d.p_block_frac < m.p_block_frac);
    }
}

/* With much room both finite queues meet Pollaczek and Khinchine. */
static void test_infinite_queue_is_the_limit(void **state)
{
    (void)state;
    struct queue_state g, q;
    assert_int_equal(model_mg1(1.7385, 2.385, 1, &g), MODEL_OK);
    assert_int_equal(model_mm1m(1.7385, 2.385, 5000, &q), MODEL_OK);
    assert_close(q.mean_wait_s, g.mean_wait_s, 1e-12);
    assert_close(q.mean_number, g.mean_number, 1e-12);
    assert_int_equal(model_mg1(1.7385, 2.385, 0, &g), MODEL_OK);
    assert_int_equal(model_md1m(1.7385, 2.385, 5000, &q), MODEL_OK);
    assert_close(q.mean_wait_s, g.mean_wait_s, 1e-12);
    assert_close(g.mean_sojourn_s, g.mean_wait_s + 1 / 2.385, 1e-15);
    assert_true(g.p_block_frac == 0 && g.throughput_per_s == 1.7385);
}

static void test_rho_max_values(void **state)
{
    (void)state;
    assert_result(model_mm1m_rho_max(51, 1e-6), 0.786116064544399894, 1e-14);
    assert_result(model_mm1m_rho_max(1, 0.2385), 0.313197636244254743, 1e-14);
    assert_result(model_mm1m_rho_max(1000000, 1e-6), 1.000000000002, 1e-14);
    assert_result(model_mm1m_rho_max(51, 1e-300), 1.31113397112888574e-6, 1e-13);
    assert_result(model_mm1m_rho_max(10, 0.9), 9.99999999910000222, 1e-13);
    assert_result(model_mm1m_rho_max(9, 0.1), 1, 1e-14);
    assert_result(model_mm1m_rho_max(1, 1 - 1e-12), (1 - 1e-12) / (1 - (1 - 1e-12)), 1e-13);
}

static void test_rho_max_inverts_blocking(void **state)
{
    (void)state;
    for (uint32_t m = 1; m < 100000; m = m * 3 + 1) {
        for (double p = 0.385; p > 1e-12; p /= 23.85) {
            struct model_result rho = model_mm1m_rho_max(m, p);
            assert_int_equal(rho.status, MODEL_OK);
            assert_result(model_mm1m_blocking(rho.value, m), p, 1e-9);
        }
    }
}

/* The thesis prints the denominator 1 - rho^m; the difference shows only with little room. */
static void test_misprinted_blocking(void **state)
{
    (void)state;
    double rho = 0.786116;
    double printed = (1 - rho) * pow(rho, 51) / (1 - pow(rho, 51));
    assert_close(printed, model_mm1m_blocking(rho, 51).value, 2e-6);
    assert_true(fabs((1 - rho) * rho / (1 - rho) - model_mm1m_blocking(rho, 1).value) > 0.3);
}

static void expect_domain(double lambda, double mu, uint32_t m)
{
    struct queue_state q = {.rho = 1};
    assert_int_equal(model_mm1m(lambda, mu, m, &q), MODEL_DOMAIN);
    assert_int_equal(model_md1m(lambda, mu, m, &q), MODEL_DOMAIN);
    assert_true(q.rho == 0 && q.mean_number == 0);
}

static void test_bad_parameters(void **state)
{
    (void)state;
    struct queue_state q;
    expect_domain(-2.385, 1, 51);
    expect_domain(NAN, 1, 51);
    expect_domain(INFINITY, 1, 51);
    expect_domain(2.385, 0, 51);
    expect_domain(2.385, INFINITY, 51);
    expect_domain(2.385, 1, 0);
    expect_domain(1e300, 1e-300, 51);
    assert_absent(model_mm1m_blocking(-0.385, 51), MODEL_DOMAIN);
    assert_absent(model_mm1m_blocking(INFINITY, 51), MODEL_DOMAIN);
    assert_absent(model_mm1m_blocking(0.385, 0), MODEL_DOMAIN);
    assert_absent(model_mm1m_rho_max(0, 0.01), MODEL_DOMAIN);
    assert_absent(model_mm1m_rho_max(51, 0), MODEL_DOMAIN);
    assert_absent(model_mm1m_rho_max(51, 1), MODEL_DOMAIN);
    assert_absent(model_mm1m_rho_max(51, NAN), MODEL_DOMAIN);
    assert_int_equal(model_mg1(2.385, 2.385, 1, &q), MODEL_UNSTABLE);
    assert_int_equal(model_mg1(23.85, 2.385, 0, &q), MODEL_UNSTABLE);
    assert_int_equal(model_mg1(1, 2.385, -0.1, &q), MODEL_DOMAIN);
    assert_int_equal(model_mg1(-1, 2.385, 1, &q), MODEL_DOMAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mm1m_values),
        cmocka_unit_test(test_md1m_values),
        cmocka_unit_test(test_laws_hold_everywhere),
        cmocka_unit_test(test_a_million_places),
        cmocka_unit_test(test_blocking_grows_with_load_and_falls_with_room),
        cmocka_unit_test(test_constant_service_is_better),
        cmocka_unit_test(test_infinite_queue_is_the_limit),
        cmocka_unit_test(test_rho_max_values),
        cmocka_unit_test(test_rho_max_inverts_blocking),
        cmocka_unit_test(test_misprinted_blocking),
        cmocka_unit_test(test_bad_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
