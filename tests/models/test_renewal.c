/* The holding chain under any law of times, and in whole seconds. Reference values: mpmath,
 * quadrature and sums in 25 digits. */
#include "tests/models/close.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdbool.h>

#include "models/holding_whole.h"
#include "models/renewal.h"

static const struct {
    uint32_t n;
    struct time_law off;
    double on_s, hold_s;
    double fixed_p_off, fixed_arrivals, exp_p_off, exp_arrivals;
} REFERENCE[] = {
    {1,
     {TIME_PARETO, 61.7, 1.385},
     5.3,
     23.85,
     0.585641125482051,
     0.00945374563147126,
     0.662285723050068,
     0.0108431781693078},
    {7,
     {TIME_PARETO, 61.7, 1.385},
     5.3,
     23.85,
     0.0236276737826353,
     0.00266987760353049,
     0.142269731638183,
     0.017584445227549},
    {7,
     {TIME_LOGNORMAL, 61.7, 1.385},
     5.3,
     23.85,
     0.0583981714727854,
     0.00455471244363263,
     0.162660252057846,
     0.0167294967822801},
    {3,
     {TIME_FIXED, 61.7, 0},
     5.3,
     23.85,
     0.180290666155744,
     0.0142898810691475,
     0.325194841741607,
     0.0191098231796598},
    {48,
     {TIME_LOGNORMAL, 6170, 2.385},
     5.3,
     180,
     0.335575641921059,
     0.00163810895128684,
     0.461840133367354,
     0.0027654641669836},
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFERENCE / sizeof REFERENCE[0]; i++) {
        struct holding_state s;

        assert_int_equal(model_renewal(REFERENCE[i].n, &REFERENCE[i].off, REFERENCE[i].on_s,
                                       REFERENCE[i].hold_s, HOLD_FIXED, &s),
                         MODEL_OK);
        assert_close(s.p_off_frac, REFERENCE[i].fixed_p_off, 1e-12);
        assert_close(s.arrivals_per_s, REFERENCE[i].fixed_arrivals, 1e-12);
        assert_int_equal(model_renewal(REFERENCE[i].n, &REFERENCE[i].off, REFERENCE[i].on_s,
                                       REFERENCE[i].hold_s, HOLD_EXPONENTIAL, &s),
                         MODEL_OK);
        assert_close(s.p_off_frac, REFERENCE[i].exp_p_off, 1e-10);
        assert_close(s.arrivals_per_s, REFERENCE[i].exp_arrivals, 1e-10);
        assert_close(s.p_off_frac + s.occupancy_frac, 1, 1e-11);
        /* What enters HOLD -> OFF leaves OFF -> ON. */
        assert_close(s.arrivals_per_s, s.p_hold_frac / REFERENCE[i].hold_s, 1e-9);
    }
}

/* Exponential times off: the holding chain. */
static void test_exponential_is_the_chain(void **state)
{
    (void)state;
    static const double holds[] = {0, 1e-6, 5.3, 238.5, 1e9, INFINITY};
    static const double lambdas[] = {1e-14, 0.000137, 0.385, 1e3};

    for (int law = HOLD_EXPONENTIAL; law <= HOLD_FIXED; law++) {
        for (int i = 0; i < 6 * 4; i++) {
            double lambda = lambdas[i / 6];
            struct holding_chain c = {48, lambda, 0.2385, holds[i % 6], (enum hold_law)law};
            struct time_law off = {TIME_EXPONENTIAL, 1 / lambda, 0};
            struct holding_state want, got;

            model_holding_exact(&c, &want);
            assert_int_equal(model_renewal(48, &off, 1 / 0.2385, holds[i % 6], c.law, &got),
                             MODEL_OK);
            assert_true(fabs(got.p_off_frac - want.p_off_frac) <= 1e-10 * want.p_off_frac + 1e-80);
            assert_close(got.occupancy_frac, want.occupancy_frac, 1e-10);
        }
    }
}

/* ---- Twin: sources with clocks of their own. ---- */

enum { S = 5, BATCHES = 20 };

struct twin {
    struct time_law off, on;
    double hold_s;
    gsl_rng *rng;
    bool is_on[S];
    double changes_s[S];
    double now_s, idle_since_s;
    int n_on;
};

static double draw(const struct time_law *law, gsl_rng *rng)
{
    switch (law->kind) {
    case TIME_EXPONENTIAL:
        return gsl_ran_exponential(rng, law->mean_s);
    case TIME_FIXED:
        return law->mean_s;
    case TIME_PARETO:
        return gsl_ran_pareto(rng, law->shape, law->mean_s * (law->shape - 1) / law->shape);
    case TIME_LOGNORMAL:
        return gsl_ran_lognormal(rng, log(law->mean_s) - law->shape * law->shape / 2, law->shape);
    }
    return 0;
}

/* The next change of a source; adds what it adds to the time without an entry. */
static double step(struct twin *t)
{
    int next = 0;
    double off_s = 0;

    for (int i = 1; i < S; i++) {
        next = t->changes_s[i] < t->changes_s[next] ? i : next;
    }
    t->now_s = t->changes_s[next];
    if (t->is_on[next]) {
        t->idle_since_s = --t->n_on == 0 ? t->now_s : t->idle_since_s;
    } else if (t->n_on++ == 0) {
        off_s = fmax(0, t->now_s - t->idle_since_s - t->hold_s);
    }
    t->is_on[next] = !t->is_on[next];
    t->changes_s[next] = t->now_s + draw(t->is_on[next] ? &t->on : &t->off, t->rng);
    return off_s;
}

static void check_twin(struct time_law off, struct time_law on, double hold_s)
{
    struct twin t = {.off = off, .on = on, .hold_s = hold_s};
    double sum = 0, sum_sq = 0;
    struct holding_state model;

    t.rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(t.rng, 2385);
    for (int i = 0; i < S; i++) {
        t.changes_s[i] = draw(&off, t.rng);
    }
    for (int b = -1; b < BATCHES; b++) { /* The first one is thrown away. */
        double begin_s = t.now_s, off_s = 0;

        while (t.now_s < begin_s + 100000) {
            off_s += step(&t);
        }
        if (b >= 0) {
            double share = off_s / (t.now_s - begin_s);
            sum += share;
            sum_sq += share * share;
        }
    }
    gsl_rng_free(t.rng);
    double mean = sum / BATCHES;
    double error = sqrt((sum_sq / BATCHES - mean * mean) / (BATCHES - 1));
    assert_int_equal(model_renewal(S, &off, on.mean_s, hold_s, HOLD_FIXED, &model), MODEL_OK);
    print_message("  off %s, on %s: P_OFF simulated %.4f +- %.4f (95 %%), model %.4f\n",
                  time_law_name(off.kind), time_law_name(on.kind), mean, 2.093 * error,
                  model.p_off_frac);
    assert_true(fabs(mean - model.p_off_frac) <= 4 * error);
    assert_true(error < 0.05 * mean);
}

/* Durations do not matter while times off are exponential; times off do. */
static void test_simulated(void **state)
{
    (void)state;
    struct time_law exponential = {TIME_EXPONENTIAL, 38.5, 0};

    check_twin(exponential, (struct time_law){TIME_PARETO, 5.3, 2.385}, 5.7);
    check_twin(exponential, (struct time_law){TIME_LOGNORMAL, 5.3, 1.2}, 5.7);
    check_twin(exponential, (struct time_law){TIME_FIXED, 5.3, 0}, 5.7);
    check_twin((struct time_law){TIME_LOGNORMAL, 38.5, 1.2}, exponential, 5.7);
    check_twin((struct time_law){TIME_PARETO, 38.5, 2.385},
               (struct time_law){TIME_PARETO, 5.3, 2.385}, 5.7);
}

/* ---- Laws of times. ---- */

static void test_laws(void **state)
{
    (void)state;
    const struct time_law laws[] = {{TIME_EXPONENTIAL, 23.85, 0},
                                    {TIME_FIXED, 23.85, 0},
                                    {TIME_PARETO, 23.85, 1.2},
                                    {TIME_LOGNORMAL, 23.85, 1.385}};

    for (size_t i = 0; i < 4; i++) {
        double last = 0;

        assert_true(time_law_is_valid(&laws[i]));
        assert_true(time_law_survivor(&laws[i], 0) == 1 && time_law_cumulated(&laws[i], 0) == 0);
        assert_close(time_law_cumulated(&laws[i], INFINITY), 23.85, 1e-15);
        for (double t = 1e-9; t < 1e9; t *= 1.385) {
            double h = t * 1e-6, c = time_law_cumulated(&laws[i], t);
            double slope = (time_law_cumulated(&laws[i], t + h) - c) / h;

            assert_true(c >= last && c <= 23.85 * (1 + 1e-12));
            assert_true(fabs(slope - time_law_survivor(&laws[i], t)) < 2e-5 + 1e-15 * c / h);
            last = c;
        }
    }
    assert_string_equal(time_law_name(TIME_LOGNORMAL), "lognormal");
}

static void test_domain(void **state)
{
    (void)state;
    const struct time_law bad[] = {
        {TIME_PARETO, 23.85, 1},         {TIME_PARETO, 23.85, NAN},
        {TIME_LOGNORMAL, 23.85, 0},      {TIME_FIXED, 0, 0},
        {TIME_EXPONENTIAL, INFINITY, 0}, {(enum time_law_kind)7, 23.85, 2}};
    const struct time_law good = {TIME_PARETO, 23.85, 1.2};
    struct holding_state s;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(model_renewal(48, &bad[i], 5, 5, HOLD_FIXED, &s), MODEL_DOMAIN);
        assert_true(s.p_off_frac == 0);
    }
    assert_int_equal(model_renewal(48, &good, -1, 5, HOLD_FIXED, &s), MODEL_DOMAIN);
    assert_int_equal(model_renewal(48, &good, 5, NAN, HOLD_FIXED, &s), MODEL_DOMAIN);
    assert_int_equal(model_renewal(48, &good, 5, 5, HOLD_PER_ENTRY, &s), MODEL_DOMAIN);
    assert_int_equal(model_renewal(1000000, &good, 5, 5, HOLD_EXPONENTIAL, &s), MODEL_OK);
    assert_true(s.p_off_frac == 0 && s.occupancy_frac > 0.999999);
    assert_int_equal(model_renewal(0, &good, 5, 5, HOLD_EXPONENTIAL, &s), MODEL_OK);
    assert_close(s.p_off_frac, 1, 1e-12);
}

/* ---- Whole seconds. ---- */

static const struct {
    double a, hold_s, fresh, per_entry, fresh_occupancy;
} WHOLE[] = {
    {0.0259, 23.85, 0.6176879473108751, 0.3822013945100294, 0.3823120526891249},
    {0.2385, 2.385, 0.6029002233972611, 0.4216739745391528, 0.3970997766027389},
    {0.2385, 0.4, 0.7836055088563368, 0.7822771080245642, 0.2163944911436632},
    {1e-12, 180, 0.9999999998199975, 0.9999999998199975, 1.800025424096497e-10},
    {3, 1.385, 0.03337304764260651, 0, 0.9666269523573935},
};

/* S = 1 and mu so high that A is 1: P_OFF is the share itself. */
static void test_whole_seconds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof WHOLE / sizeof WHOLE[0]; i++) {
        struct holding_chain c = {1, WHOLE[i].a, 1e30, WHOLE[i].hold_s, HOLD_EXPONENTIAL};
        struct holding_state s;

        assert_int_equal(model_holding_whole(&c, &s), MODEL_OK);
        assert_close(s.p_off_frac, WHOLE[i].fresh, 1e-14);
        assert_close(s.occupancy_frac, WHOLE[i].fresh_occupancy, 1e-13);
        assert_close(s.arrivals_per_s, WHOLE[i].a * WHOLE[i].fresh, 1e-14);
        c.law = HOLD_PER_ENTRY;
        assert_int_equal(model_holding_whole(&c, &s), MODEL_OK);
        assert_close(s.p_off_frac, WHOLE[i].per_entry, 1e-13);
        c.law = HOLD_FIXED;
        assert_int_equal(model_holding_whole(&c, &s), MODEL_OK);
        assert_close(s.p_off_frac, exp(-WHOLE[i].a * fmax(1, rint(WHOLE[i].hold_s))), 1e-14);
    }
}

/* Long times do not feel the rounding; short ones cannot go below a second. */
static void test_whole_limits(void **state)
{
    (void)state;
    for (int law = HOLD_EXPONENTIAL; law <= HOLD_PER_ENTRY; law++) {
        struct holding_chain c = {48, 1e-9, 0.2385, 23850, (enum hold_law)law};
        struct holding_state real, whole;

        model_holding_exact(&c, &real);
        assert_int_equal(model_holding_whole(&c, &whole), MODEL_OK);
        assert_close(whole.occupancy_frac, real.occupancy_frac, 1e-5);
        assert_result(model_holding_whole_mean(c.law, 23850), 23850, 1e-5);
        c.hold_s = 0;
        assert_int_equal(model_holding_whole(&c, &whole), MODEL_OK);
        assert_result(model_holding_whole_mean(c.law, 0), 1, 0);
        c.hold_s = 1;
        c.law = HOLD_FIXED;
        model_holding_exact(&c, &real);
        assert_close(whole.occupancy_frac, real.occupancy_frac, 1e-13);
        c.hold_s = INFINITY;
        c.law = (enum hold_law)law;
        assert_int_equal(model_holding_whole(&c, &whole), MODEL_OK);
        assert_true(whole.p_off_frac == 0 && whole.arrivals_per_s == 0);
        c.lambda_per_s = 0;
        assert_int_equal(model_holding_whole(&c, &whole), MODEL_OK);
        assert_true(whole.p_off_frac == 1);
        c.lambda_per_s = 1e4 * 0.2385;
        c.hold_s = 2.385;
        assert_int_equal(model_holding_whole(&c, &whole), MODEL_OK);
        assert_true(whole.p_off_frac == 0 && whole.occupancy_frac == 1);
        c.hold_s = -1;
        assert_int_equal(model_holding_whole(&c, &whole), MODEL_DOMAIN);
    }
    assert_absent(model_holding_whole_mean(HOLD_THRESHOLD, 5), MODEL_DOMAIN);
    assert_absent(model_holding_whole_mean(HOLD_FIXED, INFINITY), MODEL_DOMAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),       cmocka_unit_test(test_exponential_is_the_chain),
        cmocka_unit_test(test_simulated),    cmocka_unit_test(test_laws),
        cmocka_unit_test(test_domain),       cmocka_unit_test(test_whole_seconds),
        cmocka_unit_test(test_whole_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
