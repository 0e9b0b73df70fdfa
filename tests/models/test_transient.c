/* The holding chain before its steady state. Reference values: mpmath, matrix exponential of the
 * whole chain of S + 2 states in 25 digits. */
#include "tests/models/close.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdbool.h>

#include "models/transient.h"

static const struct {
    struct holding_chain chain;
    double t_s;
    enum transient_start start;
    double p_off, p_hold, n_arrivals, occupancy;
} REFERENCE[] = {
    {{7, 0.0137, 0.2385, 23.85, HOLD_EXPONENTIAL},
     7.3,
     TRANSIENT_EMPTY,
     0.518734179270218,
     0.202011852430912,
     0.508204247986907,
     0.481265820729782},
    {{7, 0.0137, 0.2385, 23.85, HOLD_EXPONENTIAL},
     7.3,
     TRANSIENT_FLUSHED,
     0.377841244288363,
     0.298557991069432,
     0.675385825321474,
     0.622158755711637},
    {{7, 0.0137, 0.2385, 23.85, HOLD_EXPONENTIAL},
     61.7,
     TRANSIENT_EMPTY,
     0.205948945120616,
     0.470450337725829,
     1.80437409862875,
     0.794051054879384},
    {{20, 0.01385, 0.2385, 5.3, HOLD_EXPONENTIAL},
     2.385,
     TRANSIENT_EMPTY,
     0.528540636660496,
     0.0763901819297488,
     0.485842932995891,
     0.471459363339504},
    {{20, 0.01385, 0.2385, 5.3, HOLD_EXPONENTIAL},
     2.385,
     TRANSIENT_FLUSHED,
     0.194370454291375,
     0.129000855800526,
     0.839920207900245,
     0.805629545708625},
    {{3, 0.385, 0.2385, 61.7, HOLD_EXPONENTIAL},
     30,
     TRANSIENT_EMPTY,
     0.000774527457218945,
     0.0551955351254971,
     1.02680347911516,
     0.999225472542781},
    {{1, 1e-12, 0.2, 180, HOLD_EXPONENTIAL},
     500,
     TRANSIENT_EMPTY,
     0.999999999826512,
     1.68488460669862e-10,
     4.99999999938753e-10,
     1.73488460669837e-10},
    {{1, 1e-12, 0.2, 180, HOLD_EXPONENTIAL},
     500,
     TRANSIENT_FLUSHED,
     0.999999999826192,
     1.68808225650385e-10,
     5.0499999993786e-10,
     1.7380822565036e-10},
};

static void test_matrix_exponential(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFERENCE / sizeof REFERENCE[0]; i++) {
        struct transient_state s;

        assert_int_equal(
            model_transient(&REFERENCE[i].chain, REFERENCE[i].start, REFERENCE[i].t_s, &s),
            MODEL_OK);
        assert_close(s.p_off_frac, REFERENCE[i].p_off, 1e-11);
        assert_close(s.p_hold_frac, REFERENCE[i].p_hold, 1e-11);
        assert_close(s.occupancy_frac, REFERENCE[i].occupancy, 1e-12);
        assert_close(s.n_arrivals, REFERENCE[i].n_arrivals, 1e-12);
        assert_true(s.relerr_frac >= 0 && s.relerr_frac < 1e-9);
    }
}

/* After long it is the steady chain, from any start, and packet-ins grow at the steady rate. */
static void test_steady_state(void **state)
{
    (void)state;
    static const double holds[] = {0, 0.385, 23.85, 738.5};

    for (int law = HOLD_EXPONENTIAL; law <= HOLD_FIXED; law++) {
        for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++) {
            for (int start = TRANSIENT_EMPTY; start <= TRANSIENT_FLUSHED; start++) {
                struct holding_chain c = {48, 0.00137, 0.2385, holds[i], (enum hold_law)law};
                struct holding_state steady;
                struct transient_state a, b;

                model_holding_exact(&c, &steady);
                assert_int_equal(model_transient(&c, (enum transient_start)start, 3e4, &a), 0);
                assert_int_equal(model_transient(&c, (enum transient_start)start, 4e4, &b), 0);
                assert_close(a.p_off_frac, steady.p_off_frac, 1e-10);
                assert_close(a.p_on_frac, steady.p_on_frac, 1e-12);
                assert_true(fabs(b.n_arrivals - a.n_arrivals - 1e4 * steady.arrivals_per_s) <=
                            1e-11 * b.n_arrivals);
            }
        }
    }
}

/* ---- Twin: many switches that wake up, each with its sources. ---- */

enum { N_RUNS = 20000 };

struct run {
    bool installed;
    unsigned n_arrivals;
};

static struct run wake(const struct holding_chain *c, double end_s, gsl_rng *rng)
{
    struct run r = {false, 0};
    double now = 0, expires = INFINITY;
    uint32_t on = 0;

    for (;;) {
        double up = (c->n_sources - on) * c->lambda_per_s;
        double down = on * c->mu_per_s;
        double next = now + gsl_ran_exponential(rng, 1 / (up + down));

        if (on == 0 && expires < fmin(next, end_s)) {
            r.installed = false;
        }
        if (next >= end_s) {
            return r;
        }
        now = next;
        if (gsl_rng_uniform(rng) * (up + down) < up) {
            on++;
            r.n_arrivals += !r.installed;
            r.installed = true;
            expires = INFINITY;
        } else if (--on == 0) {
            expires =
                now + (c->law == HOLD_FIXED ? c->hold_s : gsl_ran_exponential(rng, c->hold_s));
        }
    }
}

static void check_twin(struct holding_chain c, double t_s)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double n_off = 0, n = 0, n_sq = 0;
    struct transient_state s;

    gsl_rng_set(rng, 20151203);
    for (int i = 0; i < N_RUNS; i++) {
        struct run r = wake(&c, t_s, rng);
        n_off += !r.installed;
        n += r.n_arrivals;
        n_sq += (double)r.n_arrivals * r.n_arrivals;
    }
    gsl_rng_free(rng);
    double off = n_off / N_RUNS, mean = n / N_RUNS;
    double off_error = sqrt(off * (1 - off) / N_RUNS);
    double error = sqrt((n_sq / N_RUNS - mean * mean) / N_RUNS);
    assert_int_equal(model_transient(&c, TRANSIENT_EMPTY, t_s, &s), MODEL_OK);
    print_message(
        "  %s, t = %g s: P_OFF %.4f +- %.4f (95 %%), model %.4f; packet-ins %.4f +- %.4f, "
        "model %.4f\n",
        hold_law_name(c.law), t_s, off, 1.96 * off_error, s.p_off_frac, mean, 1.96 * error,
        s.n_arrivals);
    assert_true(fabs(off - s.p_off_frac) <= 4 * off_error);
    assert_true(fabs(mean - s.n_arrivals) <= 4 * error);
}

static void test_simulated(void **state)
{
    (void)state;
    for (int law = HOLD_EXPONENTIAL; law <= HOLD_FIXED; law++) {
        check_twin((struct holding_chain){7, 0.0137, 0.2385, 8.385, (enum hold_law)law}, 5.3);
        check_twin((struct holding_chain){7, 0.0137, 0.2385, 8.385, (enum hold_law)law}, 23.85);
    }
}

/* ---- Properties and edges. ---- */

/* From empty P_OFF only falls, and a flush never has fewer entries than an empty start. */
static void test_monotone(void **state)
{
    (void)state;
    for (int law = HOLD_EXPONENTIAL; law <= HOLD_FIXED; law++) {
        struct holding_chain c = {48, 0.00137, 0.2385, 23.85, (enum hold_law)law};
        double last = 1, last_n = 0;

        for (double t = 1e-9; t < 1e7; t *= 2.385) {
            struct transient_state s, flushed;

            assert_int_equal(model_transient(&c, TRANSIENT_EMPTY, t, &s), MODEL_OK);
            assert_int_equal(model_transient(&c, TRANSIENT_FLUSHED, t, &flushed), MODEL_OK);
            assert_true(s.p_off_frac <= last * (1 + 1e-13) && s.n_arrivals > last_n);
            assert_true(flushed.occupancy_frac >= s.occupancy_frac * (1 - 1e-13));
            assert_close(s.p_off_frac + s.p_hold_frac + s.p_on_frac, 1, 1e-12);
            last = s.p_off_frac;
            last_n = s.n_arrivals;
        }
    }
}

static void check_finite(struct holding_chain c, double t_s)
{
    for (int start = TRANSIENT_EMPTY; start <= TRANSIENT_FLUSHED; start++) {
        struct transient_state s;

        assert_int_equal(model_transient(&c, (enum transient_start)start, t_s, &s), MODEL_OK);
        assert_true(s.p_off_frac >= 0 && s.p_off_frac <= 1 && s.occupancy_frac >= 0);
        assert_true(s.occupancy_frac <= 1 && isfinite(s.n_arrivals) && s.n_arrivals >= 0);
        assert_close(s.p_off_frac + s.occupancy_frac, 1, 1e-9);
    }
}

static void test_edges(void **state)
{
    (void)state;
    static const uint32_t ports[] = {1, 48, 1000000};
    static const double rho[] = {1e-12, 0.2385, 1e4};
    static const double holds[] = {0, 1e-9, 5.3, 1e9, INFINITY};
    static const double times[] = {0, 1e-6, 7.385, 1e8};

    for (int i = 0; i < 3 * 3 * 5 * 4 * 2; i++) {
        uint32_t s = ports[i % 3];
        double lambda = rho[i / 3 % 3] * 0.2 / s;
        check_finite((struct holding_chain){s, lambda, 0.2, holds[i / 9 % 5],
                                            i / 180 ? HOLD_FIXED : HOLD_EXPONENTIAL},
                     times[i / 45 % 4]);
    }
    struct transient_state s;
    struct holding_chain c = {48, 0.00137, 0.2385, 23.85, HOLD_PER_ENTRY};
    assert_int_equal(model_transient(&c, TRANSIENT_EMPTY, 5.3, &s), MODEL_DOMAIN);
    c.law = HOLD_FIXED;
    assert_int_equal(model_transient(&c, TRANSIENT_EMPTY, -1, &s), MODEL_DOMAIN);
    assert_int_equal(model_transient(&c, TRANSIENT_EMPTY, INFINITY, &s), MODEL_DOMAIN);
    c.lambda_per_s = 0;
    assert_int_equal(model_transient(&c, TRANSIENT_EMPTY, 5.3, &s), MODEL_OK);
    assert_true(s.p_off_frac == 1 && s.n_arrivals == 0);
    assert_absent(model_transient_warmup(&c, 0.01), MODEL_DOMAIN);
}

static void test_warmup(void **state)
{
    (void)state;
    static const double holds[] = {0, 23.85, 738.5, INFINITY};

    for (int law = HOLD_EXPONENTIAL; law <= HOLD_FIXED; law++) {
        for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++) {
            struct holding_chain c = {48, 1.37e-5, 0.2385, holds[i], (enum hold_law)law};
            struct holding_state steady;
            struct transient_state s;
            struct model_result t = model_transient_warmup(&c, 0.01385);

            assert_int_equal(t.status, MODEL_OK);
            model_holding_exact(&c, &steady);
            model_transient(&c, TRANSIENT_EMPTY, t.value, &s);
            assert_close(s.occupancy_frac, (1 - 0.01385) * steady.occupancy_frac, 1e-9);
        }
    }
    struct holding_chain c = {48, 1.37e-5, 0.2385, INFINITY, HOLD_FIXED};
    assert_result(model_transient_warmup(&c, 0.01), log(100) / (48 * 1.37e-5), 1e-9);
    assert_absent(model_transient_warmup(&c, 0), MODEL_DOMAIN);
    assert_absent(model_transient_warmup(&c, 1), MODEL_DOMAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix_exponential),
        cmocka_unit_test(test_steady_state),
        cmocka_unit_test(test_simulated),
        cmocka_unit_test(test_monotone),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_warmup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
