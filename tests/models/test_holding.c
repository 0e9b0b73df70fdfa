/* The holding chain's closed form: reference values (mpmath, 60 digits), limits, orderings,
 * extremes and errors. test_holding_twin.c compares it with solvers and simulation. */
#include "tests/models/close.h"

#include "models/holding.h"

static const enum hold_law LAWS[] = {HOLD_EXPONENTIAL, HOLD_FIXED, HOLD_PER_ENTRY};
enum { N_LAWS = sizeof LAWS / sizeof LAWS[0] };

static struct holding_state solve(struct holding_chain chain)
{
    struct holding_state state;
    assert_int_equal(model_holding_exact(&chain, &state), MODEL_OK);
    return state;
}

/* mu = 0.2385/s; off, hold, on, occupancy, arrivals. */
static const struct {
    struct holding_chain chain;
    double want[5];
} VALUES[] = {
    {{48, 1e-13, 0.2385, 7.3, HOLD_EXPONENTIAL},
     {0.99999999994483421, 3.5039999998066991e-11, 2.0125786163315271e-11, 5.5165786161382262e-11,
      4.7999999997352044e-12}},
    {{48, 1e-13, 0.2385, 7.3, HOLD_FIXED},
     {0.99999999994483421, 3.5039999998680892e-11, 2.0125786163315271e-11, 5.5165786161996163e-11,
      4.7999999997352044e-12}},
    {{48, 1e-13, 0.2385, 7.3, HOLD_PER_ENTRY},
     {0.99999999994483421, 3.5039999999294793e-11, 2.0125786163315271e-11, 5.5165786162610064e-11,
      4.7999999997352044e-12}},
    {{1000000, 2.385e-9, 0.2385, 61.7, HOLD_EXPONENTIAL},
     {0.86304838084030577, 0.12700145295836478, 0.0099501662013294552, 0.13695161915969423,
      0.0020583703883041292}},
    {{1000000, 2.385e-9, 0.2385, 61.7, HOLD_FIXED},
     {0.8545720172838008, 0.13547781651486975, 0.0099501662013294552, 0.1454279827161992,
      0.0020381542612218648}},
    {{1000000, 2.385e-9, 0.2385, 61.7, HOLD_PER_ENTRY},
     {0.84435954553094408, 0.14569028826772647, 0.0099501662013294552, 0.15564045446905592,
      0.0020137975160913016}},
    {{1, 2.385e-12, 0.2385, 0, HOLD_FIXED},
     {0.99999999999, 0, 9.9999999999000006e-12, 9.9999999999000006e-12, 2.38499999997615e-12}},
    {{1000000, 1e-12, 0.2385, 10000, HOLD_EXPONENTIAL},
     {0.99009485855116107, 0.0099009485855116105, 4.1928633273156181e-6, 0.0099051414488389262,
      9.9009485855116105e-7}},
    {{1000000, 1e-12, 0.2385, 10000, HOLD_PER_ENTRY},
     {0.98999584906530596, 0.0099999580713667266, 4.1928633273156181e-6, 0.010004150934694042,
      9.8999584906530594e-7}},
    {{47, 0.002385, 0.2385, 5.3, HOLD_EXPONENTIAL},
     {0.39298766304436916, 0.23347534607148036, 0.37353699088415048, 0.60701233695563084,
      0.04405195208895856}},
    {{47, 0.002385, 0.2385, 5.3, HOLD_FIXED},
     {0.34584345444834442, 0.2806195546675051, 0.37353699088415048, 0.65415654555165558,
      0.038767322026387167}},
    {{47, 0.002385, 0.2385, 5.3, HOLD_PER_ENTRY},
     {0.25427914277959143, 0.37218386633625809, 0.37353699088415048, 0.74572085722040857,
      0.028503420509878301}},
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        struct holding_state got = solve(VALUES[i].chain);
        assert_close(got.p_off_frac, VALUES[i].want[0], 1e-13);
        assert_close(got.p_hold_frac, VALUES[i].want[1], 1e-13);
        assert_close(got.p_on_frac, VALUES[i].want[2], 1e-13);
        assert_close(got.occupancy_frac, VALUES[i].want[3], 1e-13);
        assert_close(got.arrivals_per_s, VALUES[i].want[4], 1e-13);
    }
}

/* Rates, sources and times over the whole range that a plan can meet. */
static const double LAMBDAS[] = {0, 1e-12, 2.385e-7, 0.0137, 0.2385, 2385.0};
static const double HOLDS[] = {0, 2.385e-9, 7.3, 340, 1e12, INFINITY};
static const uint32_t SOURCES[] = {0, 1, 2, 48, 1000000};

static void check_state(const struct holding_chain *chain, const struct holding_state *s)
{
    double a = chain->n_sources * chain->lambda_per_s;

    assert_close(s->p_off_frac + s->p_hold_frac + s->p_on_frac, 1, 1e-14);
    assert_close(s->p_hold_frac + s->p_on_frac, s->occupancy_frac, 1e-13);
    assert_true(s->p_off_frac >= 0 && s->p_hold_frac >= 0 && s->p_on_frac >= 0);
    assert_close(s->arrivals_per_s, a * s->p_off_frac, 1e-14);
    if (chain->hold_s == 0) {
        assert_true(s->p_hold_frac == 0);
    }
    if (a == 0) {
        assert_true(s->p_off_frac == 1 && s->arrivals_per_s == 0);
    } else if (isinf(chain->hold_s)) {
        assert_true(s->p_off_frac == 0 && s->occupancy_frac == 1);
    }
}

static void for_each_chain(enum model_status solver(const struct holding_chain *,
                                                    struct holding_state *))
{
    for (size_t l = 0; l < N_LAWS; l++) {
        for (size_t i = 0; i < sizeof LAMBDAS / sizeof LAMBDAS[0]; i++) {
            for (size_t j = 0; j < sizeof HOLDS / sizeof HOLDS[0]; j++) {
                for (size_t k = 0; k < sizeof SOURCES / sizeof SOURCES[0]; k++) {
                    struct holding_chain chain = {SOURCES[k], LAMBDAS[i], 0.2385, HOLDS[j],
                                                  LAWS[l]};
                    struct holding_state got;
                    assert_int_equal(solver(&chain, &got), MODEL_OK);
                    check_state(&chain, &got);
                }
            }
        }
    }
}

static void test_everything_sums_to_one(void **state)
{
    (void)state;
    for_each_chain(model_holding_exact);
    for_each_chain(model_holding_limit);
}

static void test_longer_holding_keeps_more_and_asks_less(void **state)
{
    (void)state;
    for (size_t l = 0; l < N_LAWS; l++) {
        struct holding_chain chain = {48, 0.00385, 0.2385, 0, LAWS[l]};
        struct holding_state last = solve(chain);
        for (chain.hold_s = 0.0385; chain.hold_s < 5; chain.hold_s *= 1.385) {
            struct holding_state next = solve(chain);
            assert_true(next.occupancy_frac > last.occupancy_frac);
            assert_true(next.arrivals_per_s < last.arrivals_per_s);
            last = next;
        }
    }
}

/* 1/(1 + y) > exp(-y) > 1 - y for y = aT > 0. */
static void test_order_of_the_laws(void **state)
{
    (void)state;
    struct holding_chain chain = {48, 0.00385, 0.2385, 2.385, HOLD_EXPONENTIAL};
    double exponential = solve(chain).p_off_frac;
    chain.law = HOLD_FIXED;
    double fixed = solve(chain).p_off_frac;
    chain.law = HOLD_PER_ENTRY;
    double per_entry = solve(chain).p_off_frac;
    assert_true(exponential > fixed && fixed > per_entry && per_entry > 0);
    chain.hold_s = 1 / (48 * 0.00385) * (1 + 1e-12);
    assert_true(solve(chain).p_off_frac == 0);
}

/* With S lambda kept, the exact chain tends to the limit form as 1/S. */
static void test_limit_form(void **state)
{
    (void)state;
    for (size_t l = 0; l < N_LAWS; l++) {
        struct holding_state exact, limit;
        struct holding_chain chain = {1000000, 0.385e-6, 0.2385, 1.385, LAWS[l]};
        assert_int_equal(model_holding_exact(&chain, &exact), MODEL_OK);
        assert_int_equal(model_holding_limit(&chain, &limit), MODEL_OK);
        assert_close(exact.p_off_frac, limit.p_off_frac, 2e-6);
        assert_close(exact.arrivals_per_s, limit.arrivals_per_s, 2e-6);
        assert_close(model_holding_p_on(&chain, 2).value, model_holding_p_on_limit(&chain, 2).value,
                     1e-5);
    }
}

/* The thesis's own large-S expressions for ARR and OCC (Cuba and Becerra 2015, section 5.2). */
static void test_thesis_limit_expressions(void **state)
{
    (void)state;
    struct holding_chain chain = {48, 0.0037, 0.2385, 23.85, HOLD_EXPONENTIAL};
    struct holding_state got;
    double mu = chain.mu_per_s;
    double rho_lambda = 48 * chain.lambda_per_s / mu;
    double rho_omega = 1 / chain.hold_s / mu;
    double ratio = 1 + rho_omega / rho_lambda;

    assert_int_equal(model_holding_limit(&chain, &got), MODEL_OK);
    assert_close(got.arrivals_per_s, mu * rho_lambda * exp(-rho_lambda) * (1 - 1 / ratio), 1e-13);
    assert_close(got.occupancy_frac, -expm1(-rho_lambda) * (1 + 1 / (ratio * expm1(rho_lambda))),
                 1e-13);
}

static void test_on_states_sum_up(void **state)
{
    (void)state;
    struct holding_chain chain = {237, 0.0137, 0.2385, 7.3, HOLD_FIXED};
    struct holding_state whole = solve(chain);
    double on = 0;
    for (uint32_t k = 1; k <= chain.n_sources; k++) {
        on += model_holding_p_on(&chain, k).value;
    }
    assert_close(on, whole.p_on_frac, 1e-13);
    assert_result(model_holding_p_on(&chain, 0), whole.p_off_frac + whole.p_hold_frac, 1e-13);
}

/* A million sources and a rate that overflows the odds: no NaN, the certain answer. */
static void test_extremes(void **state)
{
    (void)state;
    struct holding_chain chain = {1000000, 1e300, 1e-300, 7.3, HOLD_EXPONENTIAL};
    struct holding_state got = solve(chain);
    assert_true(got.p_off_frac == 0 && got.occupancy_frac == 1 && got.arrivals_per_s == 0);
    assert_result(model_holding_p_on(&chain, 1000000), 1, 0);
    assert_absent(model_holding_p_on_limit(&chain, 3), MODEL_DOMAIN);
    chain = (struct holding_chain){48, 1e306, 1e308, 0, HOLD_FIXED};
    assert_close(solve(chain).arrivals_per_s, 48e306 * pow(1.01, -48), 1e-12);
}

static void expect_domain(struct holding_chain chain)
{
    struct holding_state got = {1, 1, 1, 1, 1};
    assert_int_equal(model_holding_exact(&chain, &got), MODEL_DOMAIN);
    assert_true(got.p_off_frac == 0 && got.occupancy_frac == 0 && got.arrivals_per_s == 0);
    assert_int_equal(model_holding_limit(&chain, &got), MODEL_DOMAIN);
    assert_absent(model_holding_p_on(&chain, 1), MODEL_DOMAIN);
    assert_absent(model_holding_p_on_limit(&chain, 1), MODEL_DOMAIN);
}

static void test_bad_parameters(void **state)
{
    (void)state;
    expect_domain((struct holding_chain){48, -1e-9, 0.2, 7.3, HOLD_FIXED});
    expect_domain((struct holding_chain){48, NAN, 0.2, 7.3, HOLD_FIXED});
    expect_domain((struct holding_chain){48, INFINITY, 0.2, 7.3, HOLD_FIXED});
    expect_domain((struct holding_chain){48, 0.01, 0, 7.3, HOLD_FIXED});
    expect_domain((struct holding_chain){48, 0.01, INFINITY, 7.3, HOLD_FIXED});
    expect_domain((struct holding_chain){48, 0.01, 0.2, -7.3, HOLD_FIXED});
    expect_domain((struct holding_chain){48, 0.01, 0.2, NAN, HOLD_FIXED});
    expect_domain((struct holding_chain){48, 0.01, 0.2, 7.3, HOLD_THRESHOLD});
    struct holding_chain good = {48, 0.01, 0.2, 7.3, HOLD_FIXED};
    assert_absent(model_holding_p_on(&good, 49), MODEL_DOMAIN);
}

static void test_law_names(void **state)
{
    (void)state;
    for (int i = HOLD_EXPONENTIAL; i <= HOLD_THRESHOLD; i++) {
        enum hold_law law = HOLD_FIXED;
        assert_true(hold_law_parse(hold_law_name((enum hold_law)i), &law));
        assert_int_equal(law, i);
    }
    enum hold_law law = HOLD_FIXED;
    assert_false(hold_law_parse("Exponential", &law));
    assert_false(hold_law_parse("", &law));
    assert_int_equal(law, HOLD_FIXED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_everything_sums_to_one),
        cmocka_unit_test(test_longer_holding_keeps_more_and_asks_less),
        cmocka_unit_test(test_order_of_the_laws),
        cmocka_unit_test(test_limit_form),
        cmocka_unit_test(test_thesis_limit_expressions),
        cmocka_unit_test(test_on_states_sum_up),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_bad_parameters),
        cmocka_unit_test(test_law_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
