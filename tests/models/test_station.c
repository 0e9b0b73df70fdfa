/* The controller beyond M/M/1/m. Reference values: mpmath; the chain at departures in 200 digits,
 * gamma functions, Talbot's inversion, Erlang's formula for M/D/1. */
#include "tests/models/close.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdlib.h>

#include "models/station.h"

/* ---- M/G/1/m. ---- */

static void check_mg1m(double lambda, const double *s, size_t n, uint32_t m, double p_block,
                       double number, double wait)
{
    struct queue_state q;

    assert_int_equal(model_mg1m(lambda, s, n, m, &q), MODEL_OK);
    assert_close(q.p_block_frac, p_block, 1e-11);
    assert_close(q.mean_number, number, 1e-11);
    assert_close(q.mean_wait_s, wait, 1e-10);
    assert_close(q.throughput_per_s, lambda * (1 - p_block), 1e-11);
}

static void test_measured_service(void **state)
{
    (void)state;
    const double a[] = {2.3, 0.2, 0.5}, b[] = {0, 0.1, 0.1, 3.8};

    check_mg1m(0.7385, a, 3, 30, 1.03567994155841e-5, 2.67720405115663, 2.62522921964678);
    check_mg1m(2.385, a, 3, 10, 0.580780252645142, 9.24890015885961, 8.25038857004917);
    check_mg1m(0.7385, b, 4, 51, 1.27416656311969e-5, 4.50630735974984, 5.10205115550854);
}

/* Constant service is M/D/1/m; many exponential quantiles are nearly M/M/1/m. */
static void test_known_service(void **state)
{
    (void)state;
    enum { N = 20000 };
    const double constant[] = {0.385};
    double *s = malloc(N * sizeof *s);
    static const double loads[] = {1e-12, 0.2385, 0.7385, 1, 2.385, 23.85};

    for (int i = 0; i < N; i++) {
        s[i] = -0.385 * log((i + 0.5) / N);
    }
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct queue_state want, got;

        assert_int_equal(model_md1m(loads[i] / 0.385, 1 / 0.385, 51, &want), MODEL_OK);
        assert_int_equal(model_mg1m(loads[i] / 0.385, constant, 1, 51, &got), MODEL_OK);
        assert_true(fabs(got.p_block_frac - want.p_block_frac) <= 1e-10 * want.p_block_frac);
        assert_close(got.mean_number, want.mean_number, 1e-10);
        assert_int_equal(model_mm1m(loads[i] / 0.385, 1 / 0.385, 51, &want), MODEL_OK);
        assert_int_equal(model_mg1m(loads[i] / 0.385, s, N, 51, &got), MODEL_OK);
        assert_close(got.mean_number, want.mean_number, 2e-3);
    }
    free(s);
}

static void test_mg1m_edges(void **state)
{
    (void)state;
    const double s[] = {0.2385, 0.385}, zero[] = {0}, bad[] = {0.2385, -1}, nan[] = {NAN};
    struct queue_state q;

    assert_int_equal(model_mg1m(0, s, 2, 51, &q), MODEL_OK);
    assert_true(q.p_block_frac == 0 && q.mean_number == 0);
    assert_int_equal(model_mg1m(1, s, 2, 1, &q), MODEL_OK);
    assert_close(q.p_block_frac, 0.31175 / 1.31175, 1e-13); /* Erlang's loss, any service. */
    assert_int_equal(model_mg1m(1, zero, 1, 51, &q), MODEL_DOMAIN);
    assert_int_equal(model_mg1m(1, bad, 2, 51, &q), MODEL_DOMAIN);
    assert_int_equal(model_mg1m(1, nan, 1, 51, &q), MODEL_DOMAIN);
    assert_int_equal(model_mg1m(1, s, 0, 51, &q), MODEL_DOMAIN);
    assert_int_equal(model_mg1m(1, s, 2, 0, &q), MODEL_DOMAIN);
    assert_int_equal(model_mg1m(-1, s, 2, 51, &q), MODEL_DOMAIN);
    assert_int_equal(model_mg1m(1e4, s, 2, 51, &q), MODEL_DOMAIN); /* e^-2385: no empty queue. */
    assert_true(q.rho == 0);
}

/* ---- G/G/1. ---- */

static void test_gg1(void **state)
{
    (void)state;
    struct queue_state q;

    for (double cs = 0; cs < 5; cs += 0.7385) { /* Poisson arrivals: Pollaczek and Khinchine. */
        assert_int_equal(model_mg1(0.7385, 1.385, cs, &q), MODEL_OK);
        assert_result(model_gg1_kingman(0.7385, 1.385, 1, cs), q.mean_wait_s, 1e-13);
        assert_result(model_gg1_klb(0.7385, 1.385, 1, cs), q.mean_wait_s, 1e-13);
    }
    struct model_result k = model_gg1_kingman(0.7385, 1, 2.385, 0.5);
    struct model_result l = model_gg1_klb(0.7385, 1, 2.385, 0.5);
    assert_result(k, 0.7385 / 0.2615 * 2.885 / 2, 1e-14);
    assert_result(l, k.value * exp(-0.2615 * 1.385 / 4.385), 1e-14);
    assert_close(k.abserr, k.value - l.value, 1e-12);
    assert_result(model_gg1_klb(0.7385, 1, 0, 0), 0, 0); /* A conveyor belt: nobody waits. */
    assert_absent(model_gg1_klb(1, 1, 1, 1), MODEL_UNSTABLE);
    assert_absent(model_gg1_kingman(0.5, 1, -1, 1), MODEL_DOMAIN);
    assert_absent(model_gg1_kingman(0.5, 0, 1, 1), MODEL_DOMAIN);
}

/* Twin: Lindley's recursion with gamma arrivals and services. The approximation is good to a few
 * percent where the arrivals are smoother than Poisson; for rougher ones two moments say too
 * little. */
static void test_gg1_simulated(void **state)
{
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    static const double cas[] = {0.25, 0.5, 2.385};

    gsl_rng_set(rng, 20151203);
    for (size_t i = 0; i < 3; i++) {
        enum { BATCHES = 20, N = 50000 };
        double wait = 0, sum = 0, sum_sq = 0;

        for (int b = 0; b < BATCHES; b++) {
            double batch = 0;

            for (int n = 0; n < N; n++) {
                batch += wait;
                wait = fmax(0, wait + gsl_ran_gamma(rng, 2, 0.5) -
                                   gsl_ran_gamma(rng, 1 / cas[i], cas[i] / 0.7385));
            }
            sum += batch / N;
            sum_sq += batch / N * batch / N;
        }
        double mean = sum / BATCHES;
        double half = 2.093 * sqrt((sum_sq / BATCHES - mean * mean) / (BATCHES - 1));
        struct model_result klb = model_gg1_klb(0.7385, 1, cas[i], 0.5);
        print_message("  wait, arrivals with scv %.3f: simulated %.4f +- %.4f (95 %%), Kraemer and "
                      "Langenbach-Belz %.4f, Kingman %.4f\n",
                      cas[i], mean, half, klb.value,
                      model_gg1_kingman(0.7385, 1, cas[i], 0.5).value);
        assert_true(fabs(klb.value - mean) <= half + (cas[i] < 1 ? 0.05 : 0.16) * mean);
    }
    gsl_rng_free(rng);
}

/* ---- Response times. ---- */

static void test_mm1m_delay(void **state)
{
    (void)state;
    static const struct {
        double rho;
        uint32_t m;
        double t, p;
    } want[] = {
        {0.7385, 51, 10, 0.0731676096862327}, {0.7385, 51, 100, 4.59712004773684e-15},
        {1, 20, 5, 0.750000005210891},        {2.385, 51, 60, 0.0927636821421864},
        {0.2385, 1, 2, 0.135335283236613},
    };

    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        double rho = want[i].rho, mu = 2.5;

        assert_result(model_mm1m_slower(rho * mu, mu, want[i].m, want[i].t / mu), want[i].p, 1e-11);
        struct model_result t = model_mm1m_percentile(rho * mu, mu, want[i].m, 1 - want[i].p);
        if (want[i].p > 1e-10) {
            assert_result(t, want[i].t / mu, 1e-9);
        }
    }
    /* A large queue that never fills is M/M/1: -ln(1 - p)/(mu - lambda). */
    assert_result(model_mm1m_percentile(0.7385, 1, 1000000, 0.99), log(100) / 0.2615, 1e-10);
    assert_result(model_mm1m_percentile(0, 1, 51, 0.99), log(100), 1e-9);
    assert_absent(model_mm1m_percentile(0.5, 1, 51, 1), MODEL_DOMAIN);
    assert_absent(model_mm1m_percentile(0.5, 1, 0, 0.5), MODEL_DOMAIN);
    assert_absent(model_mm1m_slower(0.5, 1, 51, -1), MODEL_DOMAIN);
    assert_result(model_mm1m_slower(0.5, 1, 51, 0), 1, 1e-14);
}

static void test_mg1_delay(void **state)
{
    (void)state;
    assert_true(fabs(model_mg1_slower(0.7385, 1, 0.5, 1).value - 0.788443373954519) < 1e-7);
    assert_true(fabs(model_mg1_slower(0.7385, 1, 0.5, 5).value - 0.188219632031831) < 1e-7);
    assert_true(fabs(model_mg1_slower(0.7385, 1, 0.5, 20).value - 0.000842813994794) < 1e-7);
    assert_true(fabs(model_mg1_slower(0.7385, 1, 0, 2.5).value - 0.347985434750482) < 1e-3);
    assert_true(fabs(model_mg1_slower(0.7385, 1, 0, 7.3).value - 0.0215657561479369) < 1e-3);
    assert_result(model_mg1_percentile(0.7385, 1, 1, 0.99), log(100) / 0.2615, 1e-4);
    assert_result(model_mg1_percentile(0.7385, 2.5, 1, 0.9), log(10) / (2.5 - 0.7385), 1e-4);
    assert_absent(model_mg1_percentile(1, 1, 1, 0.99), MODEL_UNSTABLE);
    assert_absent(model_mg1_percentile(0.5, 1, 1, 0.999999), MODEL_DOMAIN);
    assert_absent(model_mg1_slower(0.5, 1, -1, 1), MODEL_DOMAIN);
    assert_result(model_mg1_slower(0.5, 1, 1, 0), 1, 0);
}

/* ---- Feedback, batches, bursts. ---- */

static void test_feedback(void **state)
{
    (void)state;
    struct feedback_params p = {60000, 0.04, 100000, 5188, 1000000};
    struct feedback_state s;

    assert_int_equal(model_feedback(&p, &s), MODEL_OK);
    assert_close(s.switch_rho, 0.624, 1e-12);
    assert_close(s.known_s, 1 / (100000 * 0.376), 1e-12);
    assert_close(s.controller_s, 1.0 / (5188 - 2400), 1e-10);
    assert_close(s.new_s, 2 * s.known_s + s.controller_s, 1e-14);
    assert_close(s.mean_s, 0.96 * s.known_s + 0.04 * s.new_s, 1e-12);
    p.new_frac = 0;
    assert_int_equal(model_feedback(&p, &s), MODEL_OK);
    assert_close(s.mean_s, 1 / (100000 - 60000.0), 1e-12);
    p.new_frac = 1;
    p.capacity = 10;
    assert_int_equal(model_feedback(&p, &s), MODEL_OK); /* The controller loses what it cannot. */
    assert_true(s.p_block_frac > 0.9);
    assert_close(s.switch_rho, (60000 + 5188) / 1e5, 1e-3);
    p.packets_per_s = 99000;
    assert_int_equal(model_feedback(&p, &s), MODEL_UNSTABLE);
    assert_true(s.mean_s == 0);
    p.new_frac = 1.1;
    assert_int_equal(model_feedback(&p, &s), MODEL_DOMAIN);
}

static void test_batches(void **state)
{
    (void)state;
    assert_result(model_batch_response(0.7385, 1, 0, 1), 1 / 0.2615, 1e-13);
    /* Geometric batches: 1/(mu p - lambda), p = 1/mean. */
    assert_result(model_batch_response(0.1, 2.385, 1 - 1 / 2.385, 1), 1 / (1 / 2.385 - 0.1), 1e-12);
    assert_absent(model_batch_response(0.5, 2.385, 0, 1), MODEL_UNSTABLE);
    assert_absent(model_batch_response(0.5, 0.5, 0, 1), MODEL_DOMAIN);
}

/* Twin: one queue that drains, many times. */
static void test_burst(void **state)
{
    (void)state;
    enum { RUNS = 20000 };
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double sum = 0, sum_sq = 0, lost = 0, lost_sq = 0;
    struct burst_state s;

    gsl_rng_set(rng, 20151203);
    for (int i = 0; i < RUNS; i++) {
        double t = 0, l = 0;

        for (int n = 15; n > 0;) {
            t += gsl_ran_exponential(rng, 1 / 1.7385);
            if (gsl_rng_uniform(rng) * 1.7385 < 1) {
                n--;
            } else if (n < 20) {
                n++;
            } else {
                l++;
            }
        }
        sum += t;
        sum_sq += t * t;
        lost += l;
        lost_sq += l * l;
    }
    gsl_rng_free(rng);
    double mean = sum / RUNS, error = sqrt((sum_sq / RUNS - mean * mean) / RUNS);
    double mean_lost = lost / RUNS;
    double lost_error = sqrt((lost_sq / RUNS - mean_lost * mean_lost) / RUNS);
    assert_int_equal(model_burst(0.7385, 1, 20, 15, &s), MODEL_OK);
    print_message("  drain %.3f +- %.3f (95 %%), model %.3f; lost %.4f +- %.4f, model %.4f\n", mean,
                  1.96 * error, s.drain_s, mean_lost, 1.96 * lost_error, s.lost_later);
    assert_true(fabs(mean - s.drain_s) <= 4 * error);
    assert_true(fabs(mean_lost - s.lost_later) <= 4 * lost_error);
    assert_true(s.lost == 0 && s.last_s == 15);
}

static void test_burst_edges(void **state)
{
    (void)state;
    struct burst_state s;

    assert_int_equal(model_burst(0, 51880, 51, 238.5, &s), MODEL_OK);
    assert_true(s.lost == 238 - 51 && s.lost_later == 0);
    assert_close(s.drain_s, 51 / 51880.0, 1e-12);
    assert_int_equal(model_burst(0.7385, 1, 1000000, 1000, &s), MODEL_OK); /* No end in sight. */
    assert_close(s.drain_s, 1000 / 0.2615, 1e-9);
    assert_int_equal(model_burst(2.385, 1, 51, 5, &s), MODEL_OK); /* Overloaded, but it ends. */
    assert_true(s.drain_s > 1e18);
    assert_int_equal(model_burst(2.385, 1, 10000, 5, &s), MODEL_UNSTABLE);
    assert_true(s.drain_s == 0);
    assert_int_equal(model_burst(0.5, 1, 0, 5, &s), MODEL_DOMAIN);
    assert_int_equal(model_burst(0.5, 1, 5, -1, &s), MODEL_DOMAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measured_service), cmocka_unit_test(test_known_service),
        cmocka_unit_test(test_mg1m_edges),       cmocka_unit_test(test_gg1),
        cmocka_unit_test(test_gg1_simulated),    cmocka_unit_test(test_mm1m_delay),
        cmocka_unit_test(test_mg1_delay),        cmocka_unit_test(test_feedback),
        cmocka_unit_test(test_batches),          cmocka_unit_test(test_burst),
        cmocka_unit_test(test_burst_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
