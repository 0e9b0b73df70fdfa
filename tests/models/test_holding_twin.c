/* Twins of the holding chain: its balance equations solved as a linear system, and the mechanism
 * itself simulated, one source at a time, under each holding law. */
#include "tests/models/close.h"

#include <gsl/gsl_linalg.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdbool.h>

#include "models/holding.h"

/* ---- Balance equations. ---- */

enum { OFF = 0, HOLD = 1, ON_0 = 1 }; /* State ON_k is row 1 + k. */

static void add_rate(gsl_matrix *q, size_t from, size_t to, double rate)
{
    *gsl_matrix_ptr(q, to, from) += rate;
    *gsl_matrix_ptr(q, from, from) -= rate;
}

/* Columns are states, rows balance equations; the first is replaced by "all sum to one". */
static gsl_matrix *balance_equations(const struct holding_chain *c)
{
    size_t s = c->n_sources;
    gsl_matrix *q = gsl_matrix_calloc(s + 2, s + 2);

    add_rate(q, OFF, ON_0 + 1, (double)s * c->lambda_per_s);
    add_rate(q, HOLD, ON_0 + 1, (double)s * c->lambda_per_s);
    add_rate(q, HOLD, OFF, 1 / c->hold_s);
    add_rate(q, ON_0 + 1, HOLD, c->mu_per_s);
    for (size_t k = 1; k < s; k++) {
        add_rate(q, ON_0 + k, ON_0 + k + 1, (double)(s - k) * c->lambda_per_s);
        add_rate(q, ON_0 + k + 1, ON_0 + k, (double)(k + 1) * c->mu_per_s);
    }
    for (size_t j = 0; j < s + 2; j++) {
        gsl_matrix_set(q, 0, j, 1);
    }
    return q;
}

static gsl_vector *stationary(const struct holding_chain *c)
{
    size_t n = c->n_sources + 2;
    gsl_matrix *q = balance_equations(c);
    gsl_vector *b = gsl_vector_calloc(n);
    gsl_vector *x = gsl_vector_calloc(n);
    gsl_permutation *p = gsl_permutation_alloc(n);
    int sign;

    gsl_vector_set(b, 0, 1);
    gsl_linalg_LU_decomp(q, p, &sign);
    gsl_linalg_LU_solve(q, p, b, x);
    gsl_permutation_free(p);
    gsl_vector_free(b);
    gsl_matrix_free(q);
    return x;
}

static void check_balance(struct holding_chain chain)
{
    struct holding_state got;
    gsl_vector *want = stationary(&chain);

    assert_int_equal(model_holding_exact(&chain, &got), MODEL_OK);
    assert_close(got.p_off_frac, gsl_vector_get(want, OFF), 1e-11);
    assert_close(got.p_hold_frac, gsl_vector_get(want, HOLD), 1e-11);
    for (uint32_t k = 1; k <= chain.n_sources; k++) {
        struct model_result p_on = model_holding_p_on(&chain, k);
        assert_int_equal(p_on.status, MODEL_OK);
        assert_true(fabs(p_on.value - gsl_vector_get(want, ON_0 + k)) < 1e-13);
    }
    gsl_vector_free(want);
}

static void test_balance_equations(void **state)
{
    (void)state;
    check_balance((struct holding_chain){1, 0.0137, 0.2385, 7.3, HOLD_EXPONENTIAL});
    check_balance((struct holding_chain){2, 0.385, 0.2385, 2.385, HOLD_EXPONENTIAL});
    check_balance((struct holding_chain){3, 0.0137, 0.2385, 61.7, HOLD_EXPONENTIAL});
    check_balance((struct holding_chain){7, 0.0037, 0.2385, 23.85, HOLD_EXPONENTIAL});
    check_balance((struct holding_chain){20, 0.01385, 0.2385, 5.3, HOLD_EXPONENTIAL});
}

/* The printed equation (vi) has (S-3) lambda P_ON2 where the chain has (S-2): the exact solution
 * satisfies only the latter. With S = 7: inflow and outflow of ON_2. */
static void test_misprinted_balance_equation(void **state)
{
    (void)state;
    struct holding_chain chain = {7, 0.0137, 0.2385, 7.3, HOLD_EXPONENTIAL};
    double lambda = chain.lambda_per_s;
    double mu = chain.mu_per_s;
    double on1 = model_holding_p_on(&chain, 1).value;
    double on2 = model_holding_p_on(&chain, 2).value;
    double on3 = model_holding_p_on(&chain, 3).value;
    double in = 6 * lambda * on1 + 3 * mu * on3;

    assert_close(in, ((7 - 2) * lambda + 2 * mu) * on2, 1e-13);
    assert_true(fabs(in - ((7 - 3) * lambda + 2 * mu) * on2) > 0.01 * in);
}

/* ---- Simulation. ---- */

/* One entry and its sources, told by the mechanism and not by the chain: sources switch on their
 * own, the entry's clock restarts whenever the last session ends. */
struct entry_sim {
    const struct holding_chain *chain;
    gsl_rng *rng;
    uint32_t n_on;
    bool installed;
    double drawn_s; /* HOLD_PER_ENTRY: this entry's draw. */
    double off_s;   /* Time without the entry so far. */
    uint64_t n_packet_ins;
};

static double holding_time(struct entry_sim *sim)
{
    switch (sim->chain->law) {
    case HOLD_EXPONENTIAL:
        return gsl_ran_exponential(sim->rng, sim->chain->hold_s);
    case HOLD_FIXED:
        return sim->chain->hold_s;
    case HOLD_PER_ENTRY:
        return sim->drawn_s;
    case HOLD_THRESHOLD:
        break;
    }
    return 0;
}

/* Lets "gap_s" pass with no session ON. */
static void pass_idle(struct entry_sim *sim, double gap_s)
{
    double held_s = sim->installed ? holding_time(sim) : 0;

    if (gap_s > held_s) {
        sim->installed = false;
        sim->off_s += gap_s - held_s;
    }
}

static void begin_session(struct entry_sim *sim)
{
    sim->n_on++;
    if (!sim->installed) {
        sim->installed = true;
        sim->n_packet_ins++;
        sim->drawn_s = gsl_ran_exponential(sim->rng, sim->chain->hold_s);
    }
}

/* Runs whole events until at least "until_s" have passed; returns how many seconds did. */
static double run(struct entry_sim *sim, double until_s)
{
    const struct holding_chain *c = sim->chain;
    double now_s = 0;

    while (now_s < until_s) {
        double up = (c->n_sources - sim->n_on) * c->lambda_per_s;
        double down = sim->n_on * c->mu_per_s;
        double gap_s = gsl_ran_exponential(sim->rng, 1 / (up + down));

        now_s += gap_s;
        if (sim->n_on == 0) {
            pass_idle(sim, gap_s);
        }
        if (gsl_rng_uniform(sim->rng) * (up + down) < up) {
            begin_session(sim);
        } else {
            sim->n_on--;
        }
    }
    return now_s;
}

enum { N_BATCHES = 20 };

struct estimate {
    double sum, sum_sq;
};

static void note(struct estimate *e, double x)
{
    e->sum += x;
    e->sum_sq += x * x;
}

/* Prints the twin and fails unless the closed form lies within four standard errors of the batch
 * means (chance of a false alarm with 19 degrees of freedom: 8e-4, and the seed is fixed), and
 * unless these are small enough to mean something. */
static void check_estimate(const char *what, const struct estimate *e, double model)
{
    double mean = e->sum / N_BATCHES;
    double variance = (e->sum_sq - N_BATCHES * mean * mean) / (N_BATCHES - 1);
    double error = sqrt(variance / N_BATCHES);

    print_message("  %-12s simulated %.5f +- %.5f (95 %%), model %.5f\n", what, mean, 2.093 * error,
                  model);
    assert_true(fabs(mean - model) <= 4 * error);
    assert_true(error <= 0.01 * model);
}

static void check_twin(struct holding_chain chain)
{
    struct entry_sim sim = {.chain = &chain, .rng = gsl_rng_alloc(gsl_rng_mt19937)};
    struct estimate off = {0}, arrivals = {0};
    struct holding_state model;

    gsl_rng_set(sim.rng, 20151203);
    run(&sim, 1000);
    for (int b = 0; b < N_BATCHES; b++) {
        sim.off_s = 0;
        sim.n_packet_ins = 0;
        double batch_s = run(&sim, 480000);
        note(&off, sim.off_s / batch_s);
        note(&arrivals, (double)sim.n_packet_ins / batch_s);
    }
    gsl_rng_free(sim.rng);
    assert_int_equal(model_holding_exact(&chain, &model), MODEL_OK);
    print_message("%s, S = %u, a T = %.3g\n", hold_law_name(chain.law), (unsigned)chain.n_sources,
                  chain.n_sources * chain.lambda_per_s * chain.hold_s);
    check_estimate("P_OFF", &off, model.p_off_frac);
    check_estimate("ARR /s", &arrivals, model.arrivals_per_s);
}

static void test_simulated_exponential(void **state)
{
    (void)state;
    check_twin((struct holding_chain){7, 0.0037, 0.2385, 23.85, HOLD_EXPONENTIAL});
    check_twin((struct holding_chain){1, 0.0385, 0.2385, 61.7, HOLD_EXPONENTIAL});
}

static void test_simulated_fixed(void **state)
{
    (void)state;
    check_twin((struct holding_chain){7, 0.0037, 0.2385, 23.85, HOLD_FIXED});
    check_twin((struct holding_chain){1, 0.0385, 0.2385, 61.7, HOLD_FIXED});
}

/* The time an entry lives has a power tail with exponent 1/(aT), so aT stays well below one half
 * here to keep a finite variance. */
static void test_simulated_per_entry(void **state)
{
    (void)state;
    check_twin((struct holding_chain){7, 0.0037, 0.2385, 7.3, HOLD_PER_ENTRY});
    check_twin((struct holding_chain){1, 0.0385, 0.2385, 8.385, HOLD_PER_ENTRY});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_balance_equations),
        cmocka_unit_test(test_misprinted_balance_equation),
        cmocka_unit_test(test_simulated_exponential),
        cmocka_unit_test(test_simulated_fixed),
        cmocka_unit_test(test_simulated_per_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
