/* Every number of tests/vectors/analytic.json, to 1e-9 relative (hosts exactly). Its "origin" says
 * where the numbers come from. */
#include "tests/models/close.h"

#include <jansson.h>

#include "models/capacity.h"
#include "models/holding.h"
#include "models/queue.h"
#include "models/table.h"

static const double REL = 1e-9;

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static int load(void **state)
{
    *state = json_load_file(TAMBO_SOURCE_DIR "/tests/vectors/analytic.json", 0, NULL);
    return *state == NULL;
}

static int unload(void **state)
{
    json_decref(*state);
    return 0;
}

static void test_q_inverse(void **state)
{
    assert_result(model_gaussian_q_inv(1e-6), number(*state, "q_inv_1e-6"), REL);
}

static void test_chain(void **state)
{
    const json_t *rows = json_object_get(*state, "chain");
    const json_t *row;
    size_t i;

    assert_int_equal(json_array_size(rows), 80);
    json_array_foreach (rows, i, row) {
        struct holding_chain chain = {
            .n_sources = (uint32_t)number(row, "S"),
            .lambda_per_s = number(row, "lambda_per_s"),
            .mu_per_s = number(row, "mu_per_s"),
            .hold_s = number(row, "hold_s"),
            .law = HOLD_EXPONENTIAL,
        };
        struct holding_state got;
        assert_int_equal(model_holding_exact(&chain, &got), MODEL_OK);
        assert_close(got.p_off_frac, number(row, "p_off"), REL);
        assert_close(got.p_hold_frac, number(row, "p_hold"), REL);
        assert_close(got.occupancy_frac, number(row, "occupancy"), REL);
        assert_close(got.arrivals_per_s, number(row, "arrivals_per_s"), REL);
        assert_result(model_holding_p_on(&chain, 1), number(row, "p_on1"), REL);
    }
}

static void test_blocking(void **state)
{
    const json_t *mm1m = json_object_get(*state, "mm1m");
    const json_t *points = json_object_get(mm1m, "points");
    const json_t *row;
    size_t i;

    assert_int_equal(json_array_size(points), 20);
    json_array_foreach (points, i, row) {
        assert_result(model_mm1m_blocking(number(row, "rho"), (uint32_t)number(row, "m")),
                      number(row, "p_block"), REL);
    }
    assert_result(model_mm1m_rho_max((uint32_t)number(mm1m, "m"), number(mm1m, "pe")),
                  number(mm1m, "rho_max"), REL);
    struct plan_params params = model_plan_defaults();
    struct plan_limits limits;
    assert_int_equal(model_plan_limits(&params, &limits), MODEL_OK);
    assert_int_equal(limits.queue_capacity, number(mm1m, "m"));
    assert_close(limits.max_arrivals_per_s, number(mm1m, "arrival_limit_per_s_at_51880"), REL);
}

/* One published operating point of "traffic"; keys start with its name. */
static void check_thesis_point(const json_t *row, enum popularity_kind traffic)
{
    struct plan_params params = model_plan_defaults();
    struct plan_point point;
    char n[32], hold[32], occ[32], arr[32];
    const char *name = popularity_kind_name(traffic);

    snprintf(n, sizeof n, "%s_N", name);
    snprintf(hold, sizeof hold, "%s_hold_s", name);
    snprintf(occ, sizeof occ, "%s_occ", name);
    snprintf(arr, sizeof arr, "%s_arr", name);
    params.traffic = traffic;
    params.ports = (uint32_t)number(row, "S");
    assert_int_equal(model_plan_point(&params, (int64_t)number(row, n), number(row, hold), &point),
                     MODEL_OK);
    assert_close(point.occupancy_entries, number(row, occ), REL);
    assert_close(point.arrivals_per_s, number(row, arr), REL);
}

static void test_thesis_points(void **state)
{
    const json_t *rows = json_object_get(*state, "thesis_points");
    const json_t *row;
    size_t i;

    assert_int_equal(json_array_size(rows), 3);
    json_array_foreach (rows, i, row) {
        check_thesis_point(row, POPULARITY_UNIFORM);
        check_thesis_point(row, POPULARITY_PARETO);
    }
}

static void check_n_max(const json_t *row, enum hold_law law)
{
    struct plan_params params = model_plan_defaults();
    struct plan_result result;
    const char *traffic = json_string_value(json_object_get(row, "dist"));

    assert_true(popularity_kind_parse(traffic, &params.traffic));
    params.hold_law = law;
    params.ports = (uint32_t)number(row, "S");
    assert_int_equal(model_plan_at_hold(&params, number(row, "hold_s"), &result), MODEL_OK);
    assert_int_equal(result.n_max, (int64_t)number(row, "n_max"));
}

static void test_n_max(void **state)
{
    const json_t *rows = json_object_get(*state, "n_max");
    const json_t *row;
    size_t i;

    assert_int_equal(json_array_size(rows), 19);
    json_array_foreach (rows, i, row) {
        check_n_max(row, HOLD_EXPONENTIAL);
    }
}

static void test_n_max_by_hold_law(void **state)
{
    const json_t *rows = json_object_get(*state, "n_max_by_hold_law");
    const json_t *row;
    size_t i;

    assert_int_equal(json_array_size(rows), 21);
    json_array_foreach (rows, i, row) {
        enum hold_law law;
        assert_true(hold_law_parse(json_string_value(json_object_get(row, "hold_law")), &law));
        check_n_max(row, law);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_q_inverse), cmocka_unit_test(test_chain),
        cmocka_unit_test(test_blocking),  cmocka_unit_test(test_thesis_points),
        cmocka_unit_test(test_n_max),     cmocka_unit_test(test_n_max_by_hold_law),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
