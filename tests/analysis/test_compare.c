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
        compare_add(b, point, &(struct compare_sample){"x", model + mean + shape[i], model, {.trials = 0}}, 1);
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
    compare_add(b, "a", &(struct compare_sample){"x", 2.385, 2.39, {.trials = 0}}, 1);
    compare_add(b, "b", &(struct compare_sample){"x", 2.385, 2.5, {.trials = 0}}, 1);
    c = compare_finish(b);
    assert_true(isnan(c.rows[0].p_holm));
    assert_string_equal(compare_verdict(&c.rows[0]), "close");
    assert_string_equal(compare_verdict(&c.rows[1]), "DIFFERS");
    compare_fini(&c);
    c = compare_finish(compare_begin(0.01, 0.95));
    assert_false(c.holds);
    compare_fini(&c);
}

/* Six trials of 170 000 packet-ins in 60 000 busy periods, none lost, beside 2.4e-7: that is what a model which is
 * right shows most of the time, though no two trials differ. */
static void nothing_lost_is_not_a_difference(void **state)
{
    struct compare_builder *b = compare_begin(0.05, 0.95);
    struct ana_counts none = {170000, 60000, 0, 0}, one = {170000, 60000, 1, 1};
    struct compare c;

    (void)state;
    for (int i = 0; i < 6; i++) {
        compare_add(b, "likely", &(struct compare_sample){"p_frac", 0, 2.4e-7 + 1e-9 * i, none}, 1);
        compare_add(b, "unlikely", &(struct compare_sample){"p_frac", 0, 2.4e-5, none}, 1);
        compare_add(b, "spread", &(struct compare_sample){"p_frac", 0, 2.4e-7 + 1e-9 * i, {.trials = 0}}, 1);
    }
    compare_add(b, "alone", &(struct compare_sample){"p_frac", 1 / 170e3, 2.4e-5, one}, 1);
    c = compare_finish(b);
    assert_string_equal(compare_verdict(&c.rows[0]), "inside");
    assert_true(c.rows[0].by_counts && c.rows[0].low == 0);
    assert_true(fabs(c.rows[0].high / (3.6889 / 360e3) - 1) < 1e-4); /* −ln 0.025 of 360 000. */
    assert_true(c.rows[0].simulated.half_width == c.rows[0].high);
    assert_string_equal(compare_verdict(&c.rows[1]), "DIFFERS");
    assert_true(c.rows[1].p_holm < 0.002); /* 4 × 2 × e^−8.64 */
    assert_string_equal(compare_verdict(&c.rows[2]), "DIFFERS");
    assert_false(c.rows[2].by_counts);
    assert_string_equal(compare_verdict(&c.rows[3]), "inside"); /* A single trial has a test as well. */
    compare_fini(&c);
}

/* With thirty events and more the spread between trials is the better judge. */
static void many_events_are_judged_by_their_spread(void **state)
{
    struct compare_builder *b = compare_begin(0.01, 0.95);
    struct compare c;

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct ana_counts counts = {1000, 1000, 7.4 + i % 2, 7.4 + i % 2};

        compare_add(b, "a", &(struct compare_sample){"p_frac", counts.events / 1000, 0.008, counts},
                    1);
    }
    c = compare_finish(b);
    assert_false(c.rows[0].by_counts);
    assert_true(c.rows[0].high - c.rows[0].low < 0.002);
    compare_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_miss_alone_differs),
        cmocka_unit_test(a_miss_among_many_is_chance),
        cmocka_unit_test(a_difference_stays_one_in_a_long_table),
        cmocka_unit_test(a_single_trial_has_no_test),
        cmocka_unit_test(nothing_lost_is_not_a_difference),
        cmocka_unit_test(many_events_are_judged_by_their_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
