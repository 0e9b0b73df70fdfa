/* Simulation beside model: what a row's verdict is, alone and in a long table. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "analysis/compare.h"

/* Four trials whose differences from the model have mean 'mean' and standard deviation 1. */
static void add_row(struct compare_builder *b, const char *point, double model, double mean)
{
    static const double shape[] = {-0.5, 0.5, -1.118033988749895, 1.118033988749895};

    for (int i = 0; i < 4; i++) {
        compare_add(b, point, &(struct compare_sample){"x", model + mean + shape[i], model}, 1);
    }
}

/* t of three degrees of freedom: 3.1824 at 95 %. A mean of 1.7 with an error of 0.5 is t = 3.4, which
 * has p = 0.0424 (tables of Student's t: 0.05 at 3.182, 0.02 at 4.541). */
static void a_miss_alone_differs(void **state)
{
    struct compare_builder *b = compare_begin(0.01, 0.95);
    struct compare c;

    (void)state;
    add_row(b, "a", 100, 1.7);
    c = compare_finish(b);
    assert_false(c.rows[0].result.inside);
    assert_true(c.rows[0].differs);
    assert_true(c.rows[0].p_holm > 0.04 && c.rows[0].p_holm < 0.045);
    assert_string_equal(compare_verdict(&c.rows[0]), "DIFFERS");
    assert_false(c.holds);
    compare_fini(&c);
}

static void a_miss_among_many_is_chance(void **state)
{
    struct compare_builder *b = compare_begin(0.01, 0.95);
    struct compare c;

    (void)state;
    add_row(b, "a", 100, 1.7);
    for (int i = 0; i < 19; i++) {
        char point[16];

        snprintf(point, sizeof point, "b%d", i);
        add_row(b, point, 100, 0.2385);
    }
    c = compare_finish(b);
    assert_int_equal(c.n, 20);
    assert_string_equal(compare_verdict(&c.rows[0]), "by chance");
    assert_string_equal(compare_verdict(&c.rows[1]), "inside");
    assert_true(c.holds);
    compare_fini(&c);
}

/* A mean of 12 is t = 24, p = 0.00016: no chance even among twenty. Within the tolerance it holds. */
static void a_difference_stays_one_in_a_long_table(void **state)
{
    struct compare_builder *b = compare_begin(0.01, 0.95);
    struct compare c;

    (void)state;
    add_row(b, "far", 100, 12);
    add_row(b, "close", 10000, 12);
    for (int i = 0; i < 18; i++) {
        char point[16];

        snprintf(point, sizeof point, "b%d", i);
        add_row(b, point, 100, -0.2385);
    }
    c = compare_finish(b);
    assert_string_equal(compare_verdict(&c.rows[0]), "DIFFERS");
    assert_string_equal(compare_verdict(&c.rows[1]), "close");
    assert_true(c.rows[1].differs && c.rows[1].result.holds);
    assert_false(c.holds);
    compare_fini(&c);
}

/* One trial says nothing of its spread: only the tolerance counts. */
static void a_single_trial_has_no_test(void **state)
{
    struct compare_builder *b = compare_begin(0.01, 0.95);
    struct compare c;

    (void)state;
    compare_add(b, "a", &(struct compare_sample){"x", 2.385, 2.39}, 1);
    compare_add(b, "b", &(struct compare_sample){"x", 2.385, 2.5}, 1);
    c = compare_finish(b);
    assert_true(isnan(c.rows[0].p_holm));
    assert_string_equal(compare_verdict(&c.rows[0]), "close");
    assert_string_equal(compare_verdict(&c.rows[1]), "DIFFERS");
    compare_fini(&c);
    c = compare_finish(compare_begin(0.01, 0.95));
    assert_false(c.holds);
    compare_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_miss_alone_differs),
        cmocka_unit_test(a_miss_among_many_is_chance),
        cmocka_unit_test(a_difference_stays_one_in_a_long_table),
        cmocka_unit_test(a_single_trial_has_no_test),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
