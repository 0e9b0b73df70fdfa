/* Sensitivities, growth, measured popularity and mixed campuses. */
#include "tests/models/close.h"

#include <stdlib.h>

#include "models/outlook.h"

/* N_max with a lever moved by "factor", or by two ports. */
static double n_max_with(struct plan_params p, enum plan_lever lever, double factor)
{
    struct plan_result r;

    p.tcam_entries *= lever == LEVER_TCAM ? factor : 1;
    p.controller_per_s *= lever == LEVER_CONTROLLER ? factor : 1;
    p.reply_s *= lever == LEVER_REPLY ? factor : 1;
    p.mean_sessions *= lever == LEVER_MEAN_SESSIONS ? factor : 1;
    p.session_s *= lever == LEVER_SESSION ? factor : 1;
    p.ports = lever == LEVER_PORTS ? (uint32_t)lround(p.ports * factor) : p.ports;
    assert_int_equal(model_plan_best(&p, &r), MODEL_OK);
    return (double)r.n_max;
}

/* The same as whole searches on both sides, for every law; the tables and the controller together
 * carry the optimum: with both larger the elasticities of the two add up. */
static void test_elasticities(void **state)
{
    (void)state;
    static const enum hold_law LAWS[] = {HOLD_EXPONENTIAL, HOLD_FIXED, HOLD_THRESHOLD};
    struct plan_params p = model_plan_defaults();
    struct model_result e[N_LEVERS];

    p.ports = 50;
    for (size_t k = 0; k < sizeof LAWS / sizeof LAWS[0]; k++) {
        p.hold_law = LAWS[k];
        assert_int_equal(model_plan_elasticities(&p, e), MODEL_OK);
        for (int i = 0; i < N_LEVERS; i++) {
            enum plan_lever lever = (enum plan_lever)i;
            double less = n_max_with(p, lever, 0.98), more = n_max_with(p, lever, 1.02);

            assert_int_equal(e[i].status, MODEL_OK);
            assert_true(fabs(e[i].value - log(more / less) / log(1.02 / 0.98)) < 3e-3);
        }
        assert_true(e[LEVER_TCAM].value > 0 && e[LEVER_CONTROLLER].value > 0);
        assert_true(e[LEVER_REPLY].value > 0 && e[LEVER_MEAN_SESSIONS].value < 0);
    }
    assert_string_equal(plan_lever_name(LEVER_CONTROLLER), "controller-per-s");
}

/* Nothing to set: a controller that is never busy leaves the table alone to decide. */
static void test_elasticities_without_setting(void **state)
{
    (void)state;
    struct plan_params p = model_plan_defaults();
    struct model_result e[N_LEVERS];

    p.ports = 1000;
    p.tcam_entries = 2385;
    p.controller_per_s = 1e11;
    assert_int_equal(model_plan_elasticities(&p, e), MODEL_OK);
    double less = n_max_with(p, LEVER_TCAM, 0.98), more = n_max_with(p, LEVER_TCAM, 1.02);
    assert_close(e[LEVER_TCAM].value, log(more / less) / log(1.02 / 0.98), 0.01);
    assert_close(e[LEVER_CONTROLLER].value, 0, 1e-9);
    p.ports = 1; /* No limit. */
    assert_int_equal(model_plan_elasticities(&p, e), MODEL_DOMAIN);
    p.controller_per_s = 51880;
    assert_int_equal(model_plan_elasticities(&p, e), MODEL_OK);
    assert_absent(e[LEVER_PORTS], MODEL_DOMAIN);
    p.alpha = 0.5;
    assert_int_equal(model_plan_elasticities(&p, e), MODEL_DOMAIN);
    assert_absent(e[LEVER_TCAM], MODEL_DOMAIN);
}

static void test_growth(void **state)
{
    (void)state;
    assert_result(model_plan_years(20000, 0.07385, 103716), 23.1005851721503, 1e-12);
    assert_result(model_plan_years(2385, 0.1, 2385), 0, 0);
    assert_result(model_plan_years(23850, 0.1, 2385), 0, 0);
    assert_absent(model_plan_years(2385, 0, 1e5), MODEL_DOMAIN);
    assert_absent(model_plan_years(0, 0.1, 1e5), MODEL_DOMAIN);
    assert_absent(model_plan_years(2385, NAN, 1e5), MODEL_DOMAIN);
}

/* ---- Measured popularity. ---- */

/* 10 000 quantiles of the Pareto law give nearly its plan; equal sessions the uniform one. */
static void test_measured_sessions(void **state)
{
    (void)state;
    enum { N = 10000 };
    double *x = malloc(N * sizeof *x);
    struct plan_params p = model_plan_defaults(), measured = p;
    struct plan_result want, got;

    for (int i = 0; i < N; i++) {
        x[i] = 2.0 / 3 * pow((i + 0.5) / N, -1 / 1.2);
    }
    measured.traffic = POPULARITY_SESSIONS;
    measured.sessions = x;
    measured.n_sessions = N;
    assert_int_equal(model_plan_best(&p, &want), MODEL_OK);
    assert_int_equal(model_plan_best(&measured, &got), MODEL_OK);
    assert_close((double)got.n_max, (double)want.n_max, 0.01);
    for (int i = 0; i < N; i++) {
        x[i] = 4;
    }
    p.traffic = POPULARITY_UNIFORM;
    assert_int_equal(model_plan_best(&p, &want), MODEL_OK);
    assert_int_equal(model_plan_best(&measured, &got), MODEL_OK);
    assert_true(llabs(got.n_max - want.n_max) <= 1);
    assert_close(got.at.hold_s, want.at.hold_s, 1e-3);
    struct model_result e[N_LEVERS];
    assert_int_equal(model_plan_elasticities(&measured, e), MODEL_OK);
    assert_absent(e[LEVER_MEAN_SESSIONS], MODEL_DOMAIN);
    x[1] = 5; /* Not falling. */
    assert_int_equal(model_plan_best(&measured, &got), MODEL_DOMAIN);
    x[0] = 0;
    x[1] = 0;
    measured.n_sessions = 2;
    assert_int_equal(model_plan_best(&measured, &got), MODEL_DOMAIN);
    measured.n_sessions = 0;
    assert_int_equal(model_plan_best(&measured, &got), MODEL_DOMAIN);
    free(x);
}

static void test_sessions_popularity(void **state)
{
    (void)state;
    const double x[] = {23.85, 2.385, 0.385, 0};
    struct popularity pop;

    assert_int_equal(model_popularity_sessions(&pop, 1000, x, 4, 0.2), MODEL_OK);
    assert_result(model_popularity_rate_at(&pop, 0.3), 0.2 * 2.385 / (999 - 2.385), 1e-14);
    assert_result(model_popularity_mean_sessions(&pop), (23.85 + 2.385 + 0.385) / 4, 1e-13);
    assert_string_equal(popularity_kind_name(POPULARITY_SESSIONS), "sessions");
    assert_int_equal(model_popularity_sessions(&pop, 24.85, x, 4, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_sessions(&pop, 1000, x, 0, 0.2), MODEL_DOMAIN);
    assert_int_equal(model_popularity_sessions(&pop, 1000, x, 4, 0), MODEL_DOMAIN);
}

/* ---- Several models of switch. ---- */

/* One kind, or two that are the same, is the plain plan; a worse kind makes the campus smaller, the
 * more of it there is. */
static void test_mixed(void **state)
{
    (void)state;
    static const enum hold_law laws[] = {HOLD_EXPONENTIAL, HOLD_FIXED, HOLD_THRESHOLD};
    struct plan_params p = model_plan_defaults();

    for (int i = 0; i < 3; i++) {
        struct switch_kind kinds[] = {{1, 48, 8192}, {0, 24, 2000}};
        struct plan_result best;
        struct plan_mix mix;
        int64_t last;

        p.hold_law = laws[i];
        assert_int_equal(model_plan_best(&p, &best), MODEL_OK);
        assert_int_equal(model_plan_mixed(&p, kinds, 1, &mix), MODEL_OK);
        assert_true(llabs(mix.n_max - best.n_max) <= 1);
        assert_int_equal(model_plan_mixed(&p, kinds, 2, &mix), MODEL_OK);
        assert_true(llabs(mix.n_max - best.n_max) <= 1);
        assert_true(mix.arrivals_per_s <= 40783.7);
        last = mix.n_max;
        for (double share = 0.2385; share <= 1; share += 0.2385) {
            kinds[0].share_frac = 1 - share;
            kinds[1].share_frac = share;
            assert_int_equal(model_plan_mixed(&p, kinds, 2, &mix), MODEL_OK);
            assert_true(mix.n_max < last && mix.n_max > 0);
            if (laws[i] == HOLD_THRESHOLD) {
                assert_true(mix.permanent_frac[0] > mix.permanent_frac[1]);
            } else {
                assert_true(mix.hold_s[0] > mix.hold_s[1]); /* More room, longer times. */
            }
            last = mix.n_max;
        }
    }
}

static void test_mixed_domain(void **state)
{
    (void)state;
    struct plan_params p = model_plan_defaults();
    struct switch_kind kinds[SWITCH_KINDS_MAX + 1] = {{0.5, 48, 8192}, {0.49, 24, 2000}};
    struct plan_mix mix;

    assert_int_equal(model_plan_mixed(&p, kinds, 2, &mix), MODEL_DOMAIN);
    assert_int_equal(model_plan_mixed(&p, kinds, 0, &mix), MODEL_DOMAIN);
    assert_int_equal(model_plan_mixed(&p, kinds, SWITCH_KINDS_MAX + 1, &mix), MODEL_DOMAIN);
    kinds[1] = (struct switch_kind){0.5, 24, 0};
    assert_int_equal(model_plan_mixed(&p, kinds, 2, &mix), MODEL_DOMAIN);
    kinds[0].share_frac = 1.5;
    kinds[1] = (struct switch_kind){-0.5, 24, 2000};
    assert_int_equal(model_plan_mixed(&p, kinds, 2, &mix), MODEL_DOMAIN);
    kinds[0] = (struct switch_kind){1, 48, 2}; /* Not even the smallest network. */
    p.controller_per_s = 1001;
    p.p_block_frac = 1e-300;
    assert_int_equal(model_plan_mixed(&p, kinds, 1, &mix), MODEL_OK);
    assert_true(mix.n_max == 0 && mix.arrivals_per_s == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elasticities),
        cmocka_unit_test(test_elasticities_without_setting),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_measured_sessions),
        cmocka_unit_test(test_sessions_popularity),
        cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_mixed_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
