/* Simulation: series, tokens with times, and stations beside their closed forms. */
#include "tests/models/petri_net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/rng.h"
#include "models/petri/simulate.h"
#include "models/petri/tokens.h"
#include "models/queue.h"

static double uniform(void *ctx)
{
    return rng_uniform(ctx);
}

static double exponential(void *ctx, double mean)
{
    return rng_exponential(ctx, mean);
}

static void simulate(struct petri_net *net, uint64_t seed, double until, struct petri_run *run)
{
    struct rng rng;
    struct petri_random random = {&rng, uniform, exponential};

    rng_seed(&rng, seed);
    petri_simulate(net, &random, &(struct petri_run_limits){10000000, until}, run);
}

static void test_series(void **state)
{
    static const double x[] = {2.385, -1.5, 7.25, 1e9, 1e9 + 1, 3};
    struct petri_series whole = {0}, a = {0}, b = {0}, none = {0};

    (void)state;
    assert_true(petri_series_variance(&none) == 0);
    for (size_t i = 0; i < 6; i++) {
        petri_series_add(&whole, x[i]);
        petri_series_add(i < 2 ? &a : &b, x[i]);
    }
    petri_series_join(&a, &b);
    petri_series_join(&a, &none);
    assert_int_equal(a.n, 6);
    assert_true(a.min == -1.5 && a.max == 1e9 + 1);
    assert_true(fabs(a.mean - whole.mean) < 1e-6);
    assert_true(fabs(petri_series_variance(&a) / petri_series_variance(&whole) - 1) < 1e-12);
    /* Of 2.385 and -1.5: (3.885)^2 / 2. */
    petri_series_add(&none, x[0]);
    petri_series_add(&none, x[1]);
    assert_true(fabs(petri_series_variance(&none) - 7.5466125) < 1e-12);
}

static void note_place(void *ctx, uint32_t p)
{
    *(uint32_t *)ctx += p + 1;
}

static void test_tokens_wait_for_their_time(void **state)
{
    struct petri_tokens t;
    uint32_t slot, woken = 0;

    (void)state;
    petri_tokens_init(&t, 2);
    assert_true(isinf(petri_tokens_next(&t)));
    for (int i = 20; i > 0; i--) {
        petri_tokens_put(&t, 1, 5, 1, i * 0.5, 0.25);
    }
    petri_tokens_put(&t, 1, 5, 2, 0.25, 0.25);
    slot = petri_slot_find(&t.slots, 1, 5);
    assert_int_equal(t.ready[slot], 2);
    for (int i = 1; i <= 20; i++) {
        assert_true(petri_tokens_next(&t) == i * 0.5);
        petri_tokens_wake(&t, i * 0.5, note_place, &woken);
        assert_int_equal(t.ready[slot], 2 + i);
    }
    assert_int_equal(woken, 40);
    petri_tokens_take(&t, slot, 21);
    petri_tokens_drop_empty(&t, slot);
    assert_int_equal(petri_slot_find(&t.slots, 1, 5), slot);
    petri_tokens_take(&t, slot, 1);
    petri_tokens_drop_empty(&t, slot);
    petri_tokens_drop_empty(&t, slot); /* Once more does nothing. */
    assert_int_equal(petri_slot_find(&t.slots, 1, 5), PETRI_NO_SLOT);
    petri_tokens_fini(&t);
}

/* Customers come, wait and are served one at a time; "service" is the law. */
static struct petri_net *station(const char *service)
{
    struct petri_net *net = whole_net();
    uint32_t source = petri_add_place(net, "source", petri_find_type(net, "INT"), true);
    uint32_t queue = place(net, "queue", "INT", NULL);
    uint32_t server = petri_add_place(net, "server", petri_find_type(net, "UNIT"), true);
    uint32_t done = petri_add_place(net, "done", petri_find_type(net, "INT"), true);
    uint32_t t = petri_begin(net, "arrive");

    petri_set_initial(net, source, "1`1", NULL);
    petri_set_initial(net, server, "1", NULL);
    petri_in(net, t, source, false, "k", NULL);
    petri_out(net, t, source, "k + 1", NULL);
    petri_out_delay(net, t, "exponential(1.25)", NULL);
    petri_out(net, t, queue, "k", NULL);
    petri_end(net, t, NULL);
    t = petri_begin(net, "serve");
    petri_in(net, t, queue, false, "k", NULL);
    petri_in(net, t, server, false, "1", NULL);
    petri_out(net, t, server, "1", NULL);
    petri_out(net, t, done, "k", NULL);
    petri_delay(net, t, service, NULL); /* One draw for both. */
    petri_end(net, t, NULL);
    t = petri_begin(net, "leave");
    petri_in(net, t, done, false, "k", NULL);
    petri_end(net, t, NULL);
    petri_add_between_monitor(net, "sojourn", (struct petri_key){0, "k", NULL},
                              (struct petri_key){2, "k", NULL});
    petri_add_value_monitor(net, "when", 2, "now - time", NULL);
    return net;
}

/* Who waits is taken in random order, which leaves means as they are. */
static void check_station(const char *service, double scv)
{
    enum { RUNS = 12 };
    struct petri_net *net = station(service);
    struct petri_series sojourn = {0}, number = {0};
    struct queue_state twin;
    double half;

    assert_int_equal(model_mg1(0.8, 1, scv, &twin), MODEL_OK);
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct petri_run run;

        simulate(net, 100 + seed, 20000, &run);
        assert_int_equal(run.end, PETRI_END_TIME);
        assert_true(run.time == 20000);
        petri_series_add(&sojourn, run.monitors[0].mean);
        petri_series_add(&number, run.places[1].mean);
        assert_true(run.monitors[1].min >= 0 && run.monitors[1].max < 1);
        petri_run_fini(&run);
    }
    half = 3.5 * sqrt(petri_series_variance(&sojourn) / RUNS);
    printf("M/%s/1: sojourn %g +- %g, model %g; waiting %g, model %g\n", service, sojourn.mean,
           half, twin.mean_sojourn_s, number.mean, 0.8 * twin.mean_wait_s);
    assert_true(fabs(sojourn.mean - twin.mean_sojourn_s) < half);
    half = 3.5 * sqrt(petri_series_variance(&number) / RUNS);
    assert_true(fabs(number.mean - 0.8 * twin.mean_wait_s) < half);
    petri_net_free(net);
}

static void test_a_station_has_its_closed_form(void **state)
{
    (void)state;
    check_station("exponential(1)", 1);
    check_station("1", 0);
    check_station("uniform(0.5, 1.5)", 1.0 / 12);
}

static void test_one_seed_one_run(void **state)
{
    struct petri_net *net = station("exponential(1)");
    struct petri_run a, b, c;

    (void)state;
    simulate(net, 7, 1000, &a);
    simulate(net, 7, 1000, &b);
    simulate(net, 8, 1000, &c);
    assert_true(a.monitors[0].sum == b.monitors[0].sum && a.steps == b.steps);
    assert_true(a.monitors[0].sum != c.monitors[0].sum);
    petri_run_fini(&a);
    petri_run_fini(&b);
    petri_run_fini(&c);
    petri_net_free(net);
}

/* What occurs first, and with which token, is drawn evenly. */
static void test_choices_are_even(void **state)
{
    struct petri_net *net = whole_net();
    uint64_t first[4] = {0};

    (void)state;
    place(net, "a", "INT", "1 ++ 2");
    place(net, "b", "INT", NULL);
    for (int i = 0; i < 2; i++) {
        uint32_t t = petri_begin(net, i ? "t" : "u");

        petri_in(net, t, 0, false, "x ++ y", NULL);
        petri_out(net, t, 1, i ? "x" : "x + 10", NULL);
        petri_end(net, t, NULL);
        petri_add_value_monitor(net, "x", t, "x", NULL);
    }
    for (uint64_t seed = 0; seed < 4000; seed++) {
        struct petri_run run;

        simulate(net, seed, 10, &run);
        assert_int_equal(run.end, PETRI_END_DEAD);
        assert_int_equal(run.steps, 1);
        first[2 * (run.occurs[1] == 1) + (run.monitors[run.occurs[1]].sum == 1)]++;
        petri_run_fini(&run);
    }
    for (int i = 0; i < 4; i++) { /* 1000 each; 5 deviations of a binomial are 137. */
        assert_true(first[i] > 863 && first[i] < 1137);
    }
    petri_net_free(net);
}

static void test_inhibitors_hold_back(void **state)
{
    struct petri_net *net = whole_net();
    struct petri_run run;
    uint32_t t;

    (void)state;
    place(net, "job", "UNIT", "5");
    petri_add_place(net, "busy", petri_find_type(net, "UNIT"), true);
    place(net, "gate", "UNIT", NULL);
    t = petri_begin(net,
                    "begin"); /* One at a time: a token of "gate" is there while one is busy. */
    petri_in(net, t, 0, false, "1", NULL);
    petri_inhibit(net, t, 2, "1", NULL);
    petri_out(net, t, 1, "1", NULL);
    petri_out_delay(net, t, "2.5", NULL);
    petri_out(net, t, 2, "1", NULL);
    petri_end(net, t, NULL);
    t = petri_begin(net, "end");
    petri_in(net, t, 1, false, "1", NULL);
    petri_in(net, t, 2, false, "1", NULL);
    petri_end(net, t, NULL);
    simulate(net, 1, 100, &run);
    assert_int_equal(run.end, PETRI_END_DEAD);
    assert_true(run.time == 12.5);
    assert_int_equal(run.occurs[1], 5);
    assert_int_equal(run.places[1].max, 1);
    assert_true(fabs(run.places[0].mean - 2) < 1e-12); /* 4, 3, 2, 1, 0 for 2.5 each. */
    assert_true(fabs(run.places[0].variance - 2) < 1e-12);
    petri_run_fini(&run);
    petri_net_free(net);
}

static void test_what_breaks_a_run(void **state)
{
    static const struct {
        const char *out, *delay, *says;
    } cases[] = {
        {"if x = 3 then 10 / (3 - x) else x + 1", "1", "t at time 2: division by 0"},
        {"x + 1", "2 - x", "t at time 1: a delay below 0"},
        {"x + 1", "1 / (x - 2)", "t at time 0: a delay below 0"},
        {"x * 3000", "1", "t at time 1: a number is outside the range of its colour set"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct petri_net *net = whole_net();
        const struct petri_type *small = petri_add_type(
            net, &(struct petri_type){.name = "SMALL", .kind = PETRI_INT, .lo = 0, .hi = 5000});
        struct petri_run run;
        uint32_t p = petri_add_place(net, "p", small, true), t;

        petri_set_initial(net, p, "1`1", NULL);
        t = petri_begin(net, "t");
        petri_in(net, t, p, false, "x", NULL);
        petri_out(net, t, p, cases[i].out, NULL);
        petri_out_delay(net, t, cases[i].delay, NULL);
        petri_end(net, t, NULL);
        simulate(net, 1, 100, &run);
        assert_int_equal(run.end, PETRI_END_BROKEN);
        if (strcmp(run.error, cases[i].says) != 0) {
            fail_msg("\"%s\", expected \"%s\"", run.error, cases[i].says);
        }
        petri_run_fini(&run);
        petri_net_free(net);
    }
}

/* A net that never comes to rest ends after so many steps. */
static void test_steps_have_a_limit(void **state)
{
    struct petri_net *net = token_ring(3, "1");
    struct petri_run run;
    struct rng rng;
    struct petri_random random = {&rng, uniform, exponential};

    (void)state;
    rng_seed(&rng, 3);
    petri_simulate(net, &random, &(struct petri_run_limits){2385, 10}, &run);
    assert_int_equal(run.end, PETRI_END_STEPS);
    assert_int_equal(run.steps, 2385);
    assert_true(run.time == 0 && run.places[0].mean == 0);
    petri_run_fini(&run);
    petri_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_tokens_wait_for_their_time),
        cmocka_unit_test(test_a_station_has_its_closed_form),
        cmocka_unit_test(test_one_seed_one_run),
        cmocka_unit_test(test_choices_are_even),
        cmocka_unit_test(test_inhibitors_hold_back),
        cmocka_unit_test(test_what_breaks_a_run),
        cmocka_unit_test(test_steps_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
