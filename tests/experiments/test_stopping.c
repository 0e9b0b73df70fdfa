/* How many replications a point has, and how tasks that follow from one another are run. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/stats.h"
#include "experiments/runner.h"
#include "experiments/stopping.h"
#include "tests/analysis/ar1.h"

static const struct stopping rule = {
    .frac = 0.05, .level_frac = 0.95, .at_least = 4, .at_most = 100, .of = {"x"}, .n_of = 1};

/* Mean 10, standard deviation 1: the half-width of four is 3.1824 / 2 = 1.59, three times what is
 * wanted, so ten times as many would do; but no more than twice as many are taken at once. */
static void the_rule_looks_again_soon(void **state)
{
    static const double wide[] = {9.5, 10.5, 8.881966011250105, 11.118033988749895};
    double narrow[] = {9.95, 10.05, 9.89, 10.11}, close[40];

    (void)state;
    assert_int_equal(stopping_next(&rule, wide, 4, 4), 8);
    assert_int_equal(stopping_next(&rule, narrow, 4, 4), 4);
    /* Ten of each: s² = 40/39 · 1, half-width 2.0227 · 1.0127 / √40 = 0.3239 of 0.2 wanted if that is
     * 2 %: 40 · (0.3239/0.2)² = 104.9 are needed, 80 are taken. */
    for (int i = 0; i < 40; i++) {
        close[i] = i % 2 ? 9 : 11;
    }
    assert_int_equal(
        stopping_next(
            &(struct stopping){
                .frac = 0.02, .level_frac = 0.95, .at_least = 4, .at_most = 100, .n_of = 1},
            close, 40, 40),
        80);
    assert_int_equal(
        stopping_next(
            &(struct stopping){
                .frac = 0.025, .level_frac = 0.95, .at_least = 4, .at_most = 100, .n_of = 1},
            close, 40, 40),
        68); /* 67.1 */
    assert_int_equal(stopping_next(&rule, close, 40, 40), 40);
}

static void the_rule_ends(void **state)
{
    static const double about_0[] = {-1, 1, -2, 2}, none[] = {NAN, NAN, NAN, NAN}, zero[4] = {0};

    (void)state;
    assert_int_equal(stopping_next(&rule, about_0, 4, 4), 8); /* No precision is ever enough. */
    assert_int_equal(stopping_next(&rule, zero, 4, 4), 4);
    assert_int_equal(stopping_next(&rule, none, 4, 4), 4); /* What is not measured has none. */
    assert_int_equal(
        stopping_next(
            &(struct stopping){
                .frac = 0.05, .level_frac = 0.95, .at_least = 4, .at_most = 6, .n_of = 1},
            about_0, 4, 4),
        6);
    assert_int_equal(
        stopping_next(
            &(struct stopping){
                .frac = 0.05, .level_frac = 0.95, .at_least = 4, .at_most = 4, .n_of = 1},
            about_0, 4, 4),
        4);
}

/* Whatever order the replications come in, the point stops where it stops. */
static void the_order_does_not_matter(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    double x[100];
    uint32_t stopped[2] = {0, 0};

    (void)state;
    gsl_rng_set(rng, 9);
    ar1_fill(rng, 0, 5, x, 100);
    for (int turn = 0; turn < 2; turn++) {
        struct stopping_point p;
        uint32_t n = 0;

        stopping_point_init(&p, &rule);
        while (!p.finished) {
            uint32_t r = n;

            /* Of what is wanted the first unknown one, or the last. */
            for (r = turn ? p.n_wanted - 1 : 0; p.known[r]; r = turn ? r - 1 : r + 1) {
            }
            p.known[r] = true;
            p.values[r] = x[r];
            n++;
            stopping_point_look(&p, &rule);
        }
        stopped[turn] = p.n_wanted;
        assert_int_equal(n, p.n_wanted);
        stopping_point_fini(&p);
    }
    assert_int_equal(stopped[0], stopped[1]);
    assert_in_range(stopped[0], 20, 100);
    gsl_rng_free(rng);
}

/* Looking again and again costs a little of the level; how much is bounded here. */
static void intervals_that_were_waited_for_cover(void **state)
{
    enum { TRIALS = 4000 };
    struct stopping from10 = rule;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    unsigned n_held = 0;
    double n_mean = 0, x[1000];

    (void)state;
    from10.at_least = 10;
    from10.at_most = 1000;
    gsl_rng_set(rng, 1979);
    for (int trial = 0; trial < TRIALS; trial++) {
        uint32_t n = from10.at_least, next;
        struct ana_summary s;

        ar1_fill(rng, 0, 4, x, 1000);
        while ((next = stopping_next(&from10, x, 1000, n)) != n) {
            n = next;
        }
        s = ana_summarize(x, n, 0.95);
        assert_true(s.half_width <= 0.05 * fabs(s.mean));
        n_held += fabs(s.mean - 4) <= s.half_width;
        n_mean += (double)n / TRIALS;
    }
    gsl_rng_free(rng);
    print_message("stopped at 5 %%: %.1f %% cover, after %.0f replications\n",
                  100.0 * n_held / TRIALS, n_mean);
    assert_in_range(n_held, 0.93 * TRIALS, 0.97 * TRIALS);
}

/* --- Running ------------------------------------------------------------------------------------ */

/* A tree of tasks: when task i < 100 is done, 2 i + 1 and 2 i + 2 may begin. */
struct tree {
    bool known[203], begun[203], ended[203];
    size_t n_planned, n_done, stop_after;
};

static enum runner_next next_of_tree(void *aux, size_t *i)
{
    struct tree *t = aux;
    bool waits = false;

    for (size_t k = 0; k < 201; k++) {
        if (t->known[k] && !t->begun[k]) {
            t->begun[k] = true;
            *i = k;
            return RUNNER_TASK;
        }
        waits = waits || !t->ended[k];
    }
    return waits ? RUNNER_WAIT : RUNNER_END;
}

static void *task_of_tree(void *aux, size_t i, struct runner_queue *queue)
{
    size_t *result = malloc(sizeof *result);

    (void)aux;
    runner_tell(queue, 0.385);
    runner_tell(queue, -0.385);
    *result = i;
    return result;
}

static bool done_of_tree(void *aux, size_t i, void *result)
{
    struct tree *t = aux;

    assert_int_equal(*(size_t *)result, i);
    free(result);
    t->ended[i] = true;
    if (i < 100) {
        t->known[2 * i + 1] = t->known[2 * i + 2] = true;
        t->n_planned += 2;
    }
    return ++t->n_done != t->stop_after;
}

/* Takes tasks beside the threads, one at a time. */
static void serve_tree(void *aux, struct runner_queue *queue)
{
    enum runner_next next;
    size_t i;

    while ((next = runner_take(queue, &i)) != RUNNER_END) {
        if (next == RUNNER_TASK) {
            runner_give(queue, i, task_of_tree(aux, i, queue));
        }
    }
}

static void tasks_bring_tasks(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 5; threads += 2) {
        for (int serves = 0; serves < 2; serves++) {
            struct tree t = {.known = {true}, .n_planned = 1};

            assert_true(runner_run(&(struct runner){.n_threads = threads,
                                                    .next = next_of_tree,
                                                    .task = task_of_tree,
                                                    .done = done_of_tree,
                                                    .serve = serves ? serve_tree : NULL,
                                                    .aux = &t,
                                                    .n_planned = &t.n_planned}));
            assert_int_equal(t.n_done, 201);
        }
    }
}

static void a_runner_that_is_stopped_takes_no_more(void **state)
{
    struct tree t = {.known = {true}, .n_planned = 1, .stop_after = 20};

    (void)state;
    assert_false(runner_run(&(struct runner){.n_threads = 3,
                                             .next = next_of_tree,
                                             .task = task_of_tree,
                                             .done = done_of_tree,
                                             .aux = &t,
                                             .n_planned = &t.n_planned}));
    assert_in_range(t.n_done, 20, 22);
}

static void progress_is_told_in_fitting_units(void **state)
{
    char text[96];

    (void)state;
    runner_progress(text, sizeof text, 0, 10, 3);
    assert_string_equal(text, "none done yet");
    runner_progress(text, sizeof text, 50, 200, 20);
    assert_string_equal(text, "2.5 /s, 1:00 left");
    runner_progress(text, sizeof text, 3, 20, 60);
    assert_string_equal(text, "3.0 /min, 5:40 left");
    runner_progress(text, sizeof text, 2, 20, 7200);
    assert_string_equal(text, "1.0 /h, 18 h 00 min left");
    runner_progress(text, sizeof text, 1.25, 4, 1000);
    assert_string_equal(text, "4.5 /h, 36:40 left");
    runner_progress(text, sizeof text, 10, 10, 4);
    assert_string_equal(text, "2.5 /s, 0:00 left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule_looks_again_soon),
        cmocka_unit_test(the_rule_ends),
        cmocka_unit_test(the_order_does_not_matter),
        cmocka_unit_test(intervals_that_were_waited_for_cover),
        cmocka_unit_test(tasks_bring_tasks),
        cmocka_unit_test(a_runner_that_is_stopped_takes_no_more),
        cmocka_unit_test(progress_is_told_in_fitting_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
