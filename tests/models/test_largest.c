/* The search of the largest network. */
#include "tests/models/close.h"

#include <stdbool.h>

#include "models/largest.h"

/* Load (n/limit)^power, or a step there, with a gap below "gap"; counts the calls. */
struct load {
    double limit, power;
    bool step, silent;
    int64_t gap;
    int calls;
};

static double load_of(int64_t n, void *ctx)
{
    struct load *l = ctx;

    l->calls++;
    if (n < l->gap) {
        return INFINITY;
    }
    if (l->silent && (double)n > 3 * l->limit) {
        return NAN;
    }
    if (l->step) {
        return (double)n <= l->limit ? 1e-3 : 1e6;
    }
    return pow((double)n / l->limit, l->power);
}

static void test_powers(void **state)
{
    (void)state;
    static const double LIMITS[] = {2.385, 17, 103716.4, 5304835.0385, 238500000.5};
    static const double POWERS[] = {0.02385, 0.5, 1, 2, 38.5};

    for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++) {
        for (size_t k = 0; k < sizeof POWERS / sizeof POWERS[0]; k++) {
            struct load l = {.limit = LIMITS[i], .power = POWERS[k]};
            assert_int_equal(model_largest(load_of, &l, 2), (int64_t)LIMITS[i]);
            assert_true(l.calls <= 30);
        }
    }
}

/* No line to follow: cuts in the middle, so no more than twice the steps of a bisection. */
static void test_steps_and_gaps(void **state)
{
    (void)state;
    static const double LIMITS[] = {2, 385, 58748.5, 7853001, 999999999};

    for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++) {
        struct load l = {.limit = LIMITS[i], .step = true};
        assert_int_equal(model_largest(load_of, &l, 2), (int64_t)LIMITS[i]);
        assert_true(l.calls <= 16 + 2 * 30);
    }
    struct load gap = {.limit = 58748.5, .power = 1.2, .gap = 3850};
    assert_int_equal(model_largest(load_of, &gap, 2), 58748);
    struct load silent = {.limit = 2385, .power = 0.7, .silent = true};
    assert_int_equal(model_largest(load_of, &silent, 2), 2385);
}

static void test_ends(void **state)
{
    (void)state;
    struct load none = {.limit = 2.385, .power = 1};
    struct load all = {.limit = 2e9, .power = 0.5};
    struct load edge = {.limit = 385, .power = 1};

    assert_int_equal(model_largest(load_of, &none, 7), 0);
    assert_int_equal(model_largest(load_of, &all, 2), MODEL_HOSTS_UNBOUNDED);
    assert_int_equal(model_largest(load_of, &edge, 385), 385);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_powers),
        cmocka_unit_test(test_steps_and_gaps),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
