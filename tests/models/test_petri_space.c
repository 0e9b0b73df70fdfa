/* State spaces of nets whose sizes and properties are known. */
#include "tests/models/petri_net.h"

#include <stdlib.h>
#include <string.h>

/* Philosophers who eat are never neighbours: the independent sets of a ring, Lucas' numbers. */
static void test_philosophers(void **state)
{
    uint64_t a = 1, b = 3; /* L1, L2 */

    (void)state;
    for (unsigned n = 3; n <= 16; n++) {
        struct petri_net *net = philosophers(n);
        struct petri_space space;
        struct petri_graph graph;
        uint64_t lucas = a + b;

        a = b;
        b = lucas;
        explore(&space, net);
        petri_graph_init(&graph, &space, true);
        assert_int_equal(space.status, PETRI_FULL);
        assert_int_equal(space.set.n, lucas);
        assert_int_equal(space.n_dead, 0);
        assert_int_equal(space.places[2].upper, n / 2);
        assert_int_equal(space.places[2].lower, 0);
        assert_int_equal(space.places[0].lower, n - n / 2);
        assert_int_equal(space.occurs[0], space.occurs[1]);
        assert_int_equal(graph.n_scc, 1);
        assert_int_equal(graph.n_home, lucas);
        assert_int_equal(graph.liveness[0], PETRI_LIVE);
        assert_int_equal(graph.fairness[0], PETRI_IMPARTIAL);
        petri_graph_fini(&graph);
        petri_space_fini(&space);
        petri_net_free(net);
    }
}

/* k tokens on m places: (m + k - 1 over k) markings; each place holds 0 to k. */
static void test_token_ring(void **state)
{
    struct petri_net *net = token_ring(7, "9");
    struct petri_space space;
    struct petri_limits lean = {1000000, 1000, false};

    (void)state;
    petri_space_explore(&space, net, &lean);
    assert_int_equal(space.status, PETRI_FULL);
    assert_int_equal(space.set.n, 5005);
    assert_int_equal(space.n_arcs,
                     7 * 3003); /* Each place has a token in (m + k - 2 over k - 1). */
    assert_null(space.arcs);
    for (uint32_t p = 0; p < 7; p++) {
        assert_int_equal(space.places[p].upper, 9);
        assert_int_equal(space.places[p].lower, 0);
        assert_int_equal(space.slots[p].upper, 9);
    }
    petri_space_fini(&space);
    petri_net_free(net);
}

/* A producer and a consumer with "room" places between them, or without limit. */
static struct petri_net *producer(const char *room)
{
    struct petri_net *net = whole_net();
    uint32_t full = place(net, "full", "UNIT", NULL), space = place(net, "space", "UNIT", room);
    uint32_t t = petri_begin(net, "produce");

    petri_out(net, t, full, "1", NULL);
    if (room) {
        petri_in(net, t, space, false, "1", NULL);
    }
    petri_end(net, t, NULL);
    t = petri_begin(net, "consume");
    petri_in(net, t, full, false, "1", NULL);
    petri_out(net, t, space, room ? "1" : "empty", NULL);
    petri_end(net, t, NULL);
    return net;
}

static void test_producer_and_consumer(void **state)
{
    struct petri_net *net = producer("23");
    struct petri_space space;
    struct petri_graph graph;

    (void)state;
    explore(&space, net);
    petri_graph_init(&graph, &space, true);
    assert_int_equal(space.set.n, 24);
    assert_int_equal(space.n_arcs, 46);
    assert_int_equal(space.places[0].upper, 23);
    assert_int_equal(graph.n_home, 24);
    assert_false(space.unbounded);
    petri_graph_fini(&graph);
    petri_space_fini(&space);
    petri_net_free(net);
}

static void test_an_unbounded_net_is_said_to_be(void **state)
{
    struct petri_net *net = producer(NULL);
    struct petri_space space;
    struct petri_limits limits = {385, 1000, true};

    (void)state;
    petri_space_explore(&space, net, &limits);
    assert_int_equal(space.status, PETRI_PARTIAL);
    assert_string_equal(space.reason, "the limit of 385 markings was reached");
    assert_true(space.set.n >= 385);
    assert_true(space.unbounded);
    petri_space_fini(&space);
    petri_net_free(net);
}

/* Too small a limit makes a bounded net partial, and nothing is said of growth. */
static void test_a_limit_is_no_growth(void **state)
{
    struct petri_net *net = philosophers(12);
    struct petri_space space;

    (void)state;
    petri_space_explore(&space, net, &(struct petri_limits){100, 1000, true});
    assert_int_equal(space.status, PETRI_PARTIAL);
    assert_false(space.unbounded);
    petri_space_fini(&space);
    petri_space_explore(&space, net, &(struct petri_limits){100000, 5, true});
    assert_int_equal(space.status, PETRI_PARTIAL);
    assert_string_equal(space.reason, "the limit of 5 bindings was reached");
    petri_space_fini(&space);
    petri_net_free(net);
}

/* What cannot be evaluated stops the exploration with the binding that asked for it. */
static void test_a_broken_arc_is_named(void **state)
{
    static const struct {
        const char *out, *says;
    } cases[] = {
        {"10 / (x - 3)", "t (x = 3): division by 0"},
        {"x * 4611686018427387904 / 4611686018427387904", "t (x = 2): the number is too large"},
        {"if x < 4 then x + 1 else 1000",
         "t (x = 4): a number is outside the range of its colour set"},
        {"(2 - x)`1", "t (x = 3): a number of tokens below 0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct petri_net *net = whole_net();
        struct petri_space space;

        petri_add_type(
            net, &(struct petri_type){.name = "BYTE", .kind = PETRI_INT, .lo = -255, .hi = 255});
        place(net, "a", "INT", "for i in 1 .. 5 do i");
        place(net, "b", "BYTE", NULL);
        uint32_t t = petri_begin(net, "t");
        petri_in(net, t, 0, false, "x", NULL);
        petri_out(net, t, 1, cases[i].out, NULL);
        petri_end(net, t, NULL);
        explore(&space, net);
        assert_int_equal(space.status, PETRI_BROKEN);
        if (strcmp(space.reason, cases[i].says) != 0) {
            fail_msg("\"%s\", expected \"%s\"", space.reason, cases[i].says);
        }
        petri_space_fini(&space);
        petri_net_free(net);
    }
}

/* Tokens that match by a test, are forbidden by an inhibitor, are chosen freely. */
static void test_tests_inhibitors_and_choices(void **state)
{
    struct petri_net *net = whole_net();
    struct petri_space space;
    uint32_t t;

    (void)state;
    place(net, "job", "INT", "for i in 1 .. 6 do i");
    place(net, "key", "INT", "2 ++ 2 ++ 4 ++ 5");
    place(net, "done", "INT", NULL);
    t = petri_begin(net, "do"); /* Jobs that have a key, one of each parity at a time. */
    petri_in(net, t, 0, false, "j", NULL);
    petri_in(net, t, 1, true, "j", NULL);
    petri_inhibit(net, t, 2, "j mod 2", NULL);
    petri_out(net, t, 2, "j mod 2", NULL);
    petri_end(net, t, NULL);
    t = petri_begin(net, "guess");
    petri_choose(net, t, "b", &petri_bool, NULL);
    petri_in(net, t, 2, false, "x", NULL);
    petri_guard(net, t, "b and x = 1", NULL);
    petri_inhibit(net, t, 0, "2`_", NULL); /* Not while two jobs are left. */
    petri_out(net, t, 2, "if b then 7 else 8", NULL);
    petri_end(net, t, NULL);
    explore(&space, net);
    /* Even: none, 2 or 4 was done. Odd: none or 5. Six jobs less two at most, so no guess. */
    assert_int_equal(space.set.n, 3 * 2);
    assert_int_equal(space.occurs[1], 0);
    assert_int_equal(space.n_dead, 2);
    petri_space_fini(&space);
    petri_net_free(net);
}

/* The same place twice: two tokens are needed, and each pair is one binding. */
static void test_two_arcs_from_one_place(void **state)
{
    struct petri_net *net = whole_net();
    struct petri_space space;
    uint32_t t;

    (void)state;
    place(net, "a", "INT", "for i in 1 .. 4 do i");
    place(net, "b", "INT", NULL);
    t = petri_begin(net, "pair");
    petri_in(net, t, 0, false, "x ++ y", NULL);
    petri_guard(net, t, "x < y and true", NULL);
    petri_out(net, t, 1, "x * 10 + y", NULL);
    petri_end(net, t, NULL);
    explore(&space, net);
    assert_int_equal(space.unfold.n_events, 6);
    assert_int_equal(space.set.n, 1 + 6 + 3); /* None, one or two pairs of four. */
    assert_int_equal(space.n_dead, 3);
    petri_space_fini(&space);
    petri_net_free(net);
}

/* An empty net, and one without tokens, have one marking, which is dead. */
static void test_nothing(void **state)
{
    struct petri_net *net = whole_net();
    struct petri_space space;
    struct petri_graph graph;

    (void)state;
    explore(&space, net);
    petri_graph_init(&graph, &space, true);
    assert_int_equal(space.set.n, 1);
    assert_int_equal(space.n_dead, 1);
    assert_int_equal(graph.n_home, 1);
    assert_false(graph.cyclic);
    petri_graph_fini(&graph);
    petri_space_fini(&space);
    petri_net_free(net);
}

/* A choice for good between two rounds, in one of which "slow" can be put off for ever. */
static struct petri_net *two_rounds(void)
{
    static const char *const arcs[][3] = {
        {"left", "start", "l1"}, {"right", "start", "r1"},   {"spin", "l1", "l1"},
        {"slow", "l1", "l2"},    {"back", "l2", "l1"},       {"go", "r1", "r2"},
        {"come", "r2", "r1"},    {"never", "nowhere", "r1"},
    };
    static const char *const places[] = {"start", "l1", "l2", "r1", "r2", "nowhere"};
    struct petri_net *net = whole_net();

    for (size_t i = 0; i < 6; i++) {
        place(net, places[i], "UNIT", i == 0 ? "1" : NULL);
    }
    for (size_t i = 0; i < 8; i++) {
        uint32_t t = petri_begin(net, arcs[i][0]);

        petri_in(net, t, petri_find_place(net, arcs[i][1]), false, "1", NULL);
        petri_out(net, t, petri_find_place(net, arcs[i][2]), "1", NULL);
        petri_end(net, t, NULL);
    }
    return net;
}

static void test_liveness_and_fairness(void **state)
{
    static const enum petri_fairness fairness[] = {
        PETRI_FAIR,   /* left: enabled once. */
        PETRI_FAIR,   /* right */
        PETRI_JUST,   /* spin: slow and back enable it each time, and between them it is not. */
        PETRI_UNFAIR, /* slow: spin leaves it enabled for ever. */
        PETRI_FAIR,   /* back: nothing else can be done then. */
        PETRI_FAIR,   PETRI_FAIR, PETRI_FAIR, /* never */
    };
    struct petri_net *net = two_rounds();
    struct petri_space space;
    struct petri_graph graph;

    (void)state;
    explore(&space, net);
    petri_graph_init(&graph, &space, true);
    assert_int_equal(space.set.n, 5);
    assert_int_equal(graph.n_scc, 3);
    assert_int_equal(graph.n_terminal, 2);
    assert_int_equal(graph.n_home, 0);
    for (uint32_t t = 0; t < 7; t++) {
        assert_int_equal(graph.liveness[t], PETRI_NOT_LIVE);
    }
    assert_int_equal(graph.liveness[7], PETRI_DEAD_TRANSITION);
    for (uint32_t t = 0; t < 8; t++) {
        assert_int_equal(graph.fairness[t], fairness[t]);
    }
    petri_graph_fini(&graph);
    petri_space_fini(&space);
    petri_net_free(net);
}

/* --- Queries ------------------------------------------------------------------------------------ */

static void test_queries(void **state)
{
    static const struct {
        const char *text;
        enum petri_verdict verdict;
        size_t steps; /* On the way that is shown; 0: none. */
    } cases[] = {
        {"reach count(r2) = 1", PETRI_HOLDS, 2},
        {"reach count(l2) + count(r2) > 1", PETRI_FAILS, 0},
        {"never count(nowhere) > 0", PETRI_HOLDS, 0},
        {"never count(l2) > 0", PETRI_FAILS, 2},
        {"always count(start) = 1", PETRI_FAILS, 1},
        {"always count(start) + count(l1) + count(l2) + count(r1) + count(r2) = 1", PETRI_HOLDS, 0},
        {"home count(l1) = 1", PETRI_FAILS, 1},
        {"home count(l1) = 1 or count(r1) = 1", PETRI_HOLDS, 0},
        {"eventually count(start) = 0", PETRI_HOLDS, 0},
        {"eventually count(l1) = 1", PETRI_FAILS, 1},
        {"eventually count(l2) = 1 or count(r2) = 1", PETRI_FAILS, 1},
        {"eventually count(start) = 1", PETRI_HOLDS, 0},
        {"reach enabled(slow) and not enabled(go)", PETRI_HOLDS, 1},
        {"never dead", PETRI_HOLDS, 0},
    };
    struct petri_net *net = two_rounds();
    struct petri_space space;
    struct petri_graph graph;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(petri_add_query(net, cases[i].text, NULL));
    }
    explore(&space, net);
    petri_graph_init(&graph, &space, true);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct petri_answer a;

        petri_query_answer(&space, &graph, i, &a);
        if (a.verdict != cases[i].verdict || (a.n ? a.n - 1 : 0) != cases[i].steps) {
            fail_msg("%s: verdict %d, %zu markings", cases[i].text, (int)a.verdict, a.n);
        }
        for (size_t k = 0; k + 1 < a.n; k++) {
            assert_non_null(a.events[k]);
        }
        petri_answer_fini(&a);
    }
    petri_graph_fini(&graph);
    petri_space_fini(&space);
    petri_net_free(net);
}

/* Patterns and conditions over tokens; the way shown is the shortest. */
static void test_queries_over_values(void **state)
{
    static const struct {
        const char *text;
        enum petri_verdict verdict;
        size_t markings;
    } cases[] = {
        {"reach count(eat, 3) = 1 and count(eat) = 3", PETRI_HOLDS, 4},
        {"never count(eat, p | p mod 2 = 0) = 3", PETRI_FAILS, 4},
        {"never count(eat, 2) + count(eat, 3) > 1", PETRI_HOLDS, 0},
        {"always count(fork, _) = count(fork)", PETRI_HOLDS, 0},
        {"home count(think) = n", PETRI_HOLDS, 0},
    };
    struct petri_net *net = philosophers(7);
    struct petri_space space;
    struct petri_graph graph;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(petri_add_query(net, cases[i].text, NULL));
    }
    explore(&space, net);
    petri_graph_init(&graph, &space, false);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct petri_answer a;

        petri_query_answer(&space, &graph, i, &a);
        assert_int_equal(a.verdict, cases[i].verdict);
        assert_int_equal(a.n, cases[i].markings);
        petri_answer_fini(&a);
    }
    petri_graph_fini(&graph);
    petri_space_fini(&space);
    petri_net_free(net);
}

/* What a partial space can say and what it cannot. */
static void test_queries_of_a_partial_space(void **state)
{
    static const struct {
        const char *text;
        enum petri_verdict verdict;
    } cases[] = {
        {"reach count(full) = 40", PETRI_HOLDS},   {"never count(full) = 40", PETRI_FAILS},
        {"always count(full) < 40", PETRI_FAILS},  {"reach count(full) = 100000", PETRI_UNKNOWN},
        {"never count(space) > 0", PETRI_UNKNOWN}, {"always count(space) = 0", PETRI_UNKNOWN},
        {"home count(full) = 0", PETRI_UNKNOWN},   {"eventually count(full) > 3", PETRI_UNKNOWN},
    };
    struct petri_net *net = producer(NULL);
    struct petri_space space;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(petri_add_query(net, cases[i].text, NULL));
    }
    petri_space_explore(&space, net, &(struct petri_limits){1000, 1000, true});
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct petri_answer a;

        petri_query_answer(&space, NULL, i, &a);
        assert_int_equal(a.verdict, cases[i].verdict);
        petri_answer_fini(&a);
    }
    petri_space_fini(&space);
    petri_net_free(net);
}

static void test_a_query_that_cannot_be_evaluated(void **state)
{
    struct petri_net *net = producer("5");
    struct petri_space space;

    (void)state;
    petri_add_query(net, "never 10 / (3 - count(full)) = 1", NULL);
    explore(&space, net);
    assert_int_equal(space.status, PETRI_BROKEN);
    assert_non_null(strstr(space.reason, "in marking 4: division by 0"));
    petri_space_fini(&space);
    petri_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philosophers),
        cmocka_unit_test(test_token_ring),
        cmocka_unit_test(test_producer_and_consumer),
        cmocka_unit_test(test_an_unbounded_net_is_said_to_be),
        cmocka_unit_test(test_a_limit_is_no_growth),
        cmocka_unit_test(test_a_broken_arc_is_named),
        cmocka_unit_test(test_tests_inhibitors_and_choices),
        cmocka_unit_test(test_two_arcs_from_one_place),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_liveness_and_fairness),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_queries_over_values),
        cmocka_unit_test(test_queries_of_a_partial_space),
        cmocka_unit_test(test_a_query_that_cannot_be_evaluated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
