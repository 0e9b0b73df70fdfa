/* Nets in files: the thesis's net with its published properties, and every complaint of the format. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/net_file.h"
#include "experiments/net_simulate.h"
#include "models/petri/graph.h"

/* --- The thesis's net --------------------------------------------------------------------------- */

/* Castrillon 2016, table 5; CHANNEL'buffer 1 to 6 are those of the six channels. */
static const struct {
    const char *place;
    uint64_t upper, lower;
} table5[] = {
    {"DUPLEX_CH1.CHANNEL_A.buffer", 1, 0},
    {"DUPLEX_CH2.CHANNEL_A.buffer", 1, 0},
    {"DUPLEX_CH2.CHANNEL_B.buffer", 1, 0},
    {"DUPLEX_CH3.CHANNEL_B.buffer", 1, 0},
    {"DUPLEX_CH1.CHANNEL_B.buffer", 0, 0},
    {"DUPLEX_CH3.CHANNEL_A.buffer", 0, 0},
    {"CTRL.AUX", 1, 0},
    {"CTRL.from_controller", 1, 0},
    {"CTRL.in_controller", 1, 0},
    {"CTRL.intelligence", 0, 0},
    {"CH_IN", 1, 0},
    {"CT_in", 1, 0},
    {"CT_out", 1, 0},
    {"CT_t", 1, 1},
    {"Input_flow", 1, 0},
    {"PC1_buffer_in", 1, 0},
    {"PC1_in", 0, 0},
    {"PC1_out", 1, 0},
    {"PC2_in", 1, 0},
    {"PC2_out", 0, 0},
    {"PC_timer", 1, 1},
    {"Port_PC", 1, 1},
    {"Port_PC2", 1, 1},
    {"Port_SW", 1, 1},
    {"Port_SW1", 1, 1},
    {"SW_in", 1, 0},
    {"SW_out", 1, 0},
    {"SW_t", 1, 0},
    {"port_a", 1, 1},
    {"port_b", 1, 1},
    {"SW.FIFO_ENABLER", 1, 1},
    {"SW.FIFO_IN", 1, 1},
    {"SW.FIFO_OUT", 1, 1},
    {"SW.FIFO_PLACE", 1, 0},
    {"SW.SYS_T", 1, 1},
    {"SW.TIMER", 1, 1},
    {"SW.checker", 1, 0},
    {"SW.pause", 1, 0},
};

static void read_thesis(struct net_file *f, const char *flows, const char *packets)
{
    char a[32], b[32];
    const char *const constants[] = {a, b};
    struct net_changes changes = {.constants = constants, .n_constants = 2};

    snprintf(a, sizeof a, "flows=%s", flows);
    snprintf(b, sizeof b, "packets=%s", packets);
    net_file_read(f, "openflow-topology", &changes);
    net_file_complaints(f, stderr);
    assert_true(net_file_ok(f));
}

static void test_one_packet_gives_the_published_space(void **state)
{
    struct net_file f;
    struct petri_space space;
    struct petri_graph graph;

    (void)state;
    read_thesis(&f, "1", "1");
    petri_space_explore(&space, f.net, &PETRI_LIMITS_INIT);
    petri_graph_init(&graph, &space, true);
    assert_int_equal(space.status, PETRI_FULL);
    assert_int_equal(space.set.n, 20);
    assert_int_equal(space.n_arcs, 19);
    assert_int_equal(graph.n_home, 1);
    assert_int_equal(graph.scc[19], 0); /* Node 20 of the thesis, */
    assert_int_equal(space.n_dead, 1);
    assert_int_equal(space.dead[0], 19); /* home marking and dead. */
    assert_int_equal(f.net->n_places, sizeof table5 / sizeof table5[0]);
    for (size_t i = 0; i < sizeof table5 / sizeof table5[0]; i++) {
        uint32_t p = petri_find_place(f.net, table5[i].place);

        assert_int_not_equal(p, UINT32_MAX);
        assert_int_equal(space.places[p].upper, table5[i].upper);
        assert_int_equal(space.places[p].lower, table5[i].lower);
    }
    petri_graph_fini(&graph);
    petri_space_fini(&space);
    net_file_fini(&f);
}

/* Page 37: n packets of m flows end as n tokens at PC2 and m entries in both tables, in one home marking. */
static void test_more_packets_all_arrive(void **state)
{
    static const struct {
        const char *flows, *packets;
        uint64_t m, n;
    } cases[] = {{"1", "2", 1, 2}, {"2", "1", 2, 2}, {"2", "2", 2, 4}, {"3", "1", 3, 3}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct net_file f;
        struct petri_space space;
        struct petri_graph graph;

        read_thesis(&f, cases[i].flows, cases[i].packets);
        petri_space_explore(&space, f.net, &PETRI_LIMITS_INIT);
        petri_graph_init(&graph, &space, false);
        assert_int_equal(space.status, PETRI_FULL);
        assert_int_equal(space.places[petri_find_place(f.net, "PC2_in")].upper, cases[i].n);
        assert_int_equal(space.places[petri_find_place(f.net, "SW_t")].upper, cases[i].m);
        assert_int_equal(space.places[petri_find_place(f.net, "CT_t")].lower, cases[i].m);
        assert_int_equal(graph.n_home, 1);
        assert_int_equal(space.n_dead, 1);
        assert_false(graph.cyclic);
        for (size_t q = 0; q < f.net->n_queries; q++) {
            struct petri_answer a;

            petri_query_answer(&space, &graph, q, &a);
            assert_int_equal(a.verdict, PETRI_HOLDS);
            petri_answer_fini(&a);
        }
        petri_graph_fini(&graph);
        petri_space_fini(&space);
        net_file_fini(&f);
    }
}

/* --- The test bed ------------------------------------------------------------------------------- */

/* 10 flows of 10 packets (Castrillon 2016, chapter 6): mean and deviation of the system time, the mean of the
 * first packets and the controller's; the means of the annexes, in microseconds. */
#define MEASURED_MEAN 310.51
#define MEASURED_DEVIATION 857.02626
#define MEASURED_FIRST 2850.1
#define MEASURED_CONTROLLER 440.378
#define EXTRA_DELAY 2381.39

static void test_bed(const char *law, size_t n, struct net_file *f, struct net_replications *r)
{
    char constant[32];
    const char *const constants[] = {"flows=10", "packets=10", constant};
    struct net_changes changes = {.constants = constants, .n_constants = 3};

    snprintf(constant, sizeof constant, "law=%s", law);
    net_file_read(f, "openflow-topology", &changes);
    assert_true(net_file_ok(f));
    net_replicate(r, f, 2385, n, &(struct petri_run_limits){1000000, 1e300});
    assert_null(net_replications_error(r));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(r->runs[i].end, PETRI_END_DEAD);
        assert_int_equal(r->runs[i].monitors[0].n, 100);
        assert_int_equal(r->runs[i].monitors[1].n, 10);
        assert_int_equal(r->runs[i].places[petri_find_place(f->net, "PC2_in")].last, 100);
        assert_int_equal(r->runs[i].places[petri_find_place(f->net, "SW_t")].last, 10);
    }
}

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) {
        fail_msg("%g, expected %g +- %g", got, want, tolerance);
    }
}

static void test_fixed_times_give_the_published_means(void **state)
{
    struct net_replications r;
    struct net_file f;
    const struct petri_series *system;

    (void)state;
    test_bed("fixed", 1, &f, &r);
    system = &r.runs[0].monitors[0];
    assert_near(system->mean, MEASURED_MEAN, 0.01);
    assert_near(system->max, MEASURED_FIRST, 0.001);
    assert_near(system->min, 28.33, 0.001);
    assert_near(sqrt(petri_series_variance(system)), MEASURED_DEVIATION, 0.01 * MEASURED_DEVIATION);
    assert_near(r.runs[0].monitors[2].mean, 440.38 + EXTRA_DELAY, 0.001);
    net_replications_fini(&r);
    net_file_fini(&f);
}

/* The same means, within four deviations of what 200 runs of 100 packets leave. */
static void check_law(const char *law, double controller_deviation, double switch_deviation)
{
    enum { RUNS = 200 };
    struct petri_series system = {0}, controller = {0};
    struct net_replications r;
    struct net_file f;

    test_bed(law, RUNS, &f, &r);
    for (size_t i = 0; i < RUNS; i++) {
        petri_series_join(&system, &r.runs[i].monitors[0]);
        petri_series_join(&controller, &r.runs[i].monitors[1]);
    }
    assert_near(controller.mean, MEASURED_CONTROLLER, 4 * controller_deviation / sqrt(10 * RUNS));
    assert_near(system.mean, MEASURED_MEAN,
                4 * hypot(switch_deviation / sqrt(100 * RUNS),
                          0.1 * controller_deviation / sqrt(10 * RUNS)));
    net_replications_fini(&r);
    net_file_fini(&f);
}

static void test_random_and_measured_times_have_these_means(void **state)
{
    (void)state;
    check_law("random", 440.38, 28.33); /* Exponential: the deviation is the mean. */
    check_law("measured", 70, 20);
}

/* --- The format --------------------------------------------------------------------------------- */

/* A net of one page with these members of the document, of the page's places and of its transitions. */
static void parse(struct net_file *f, const char *document, const char *places,
                  const char *transitions)
{
    char text[2048];
    int n = snprintf(text, sizeof text,
                     "{%s\n\"top\": \"main\", \"pages\": {\"main\": {\n\"places\": {%s},\n"
                     "\"transitions\": {%s}}}}",
                     document, places, transitions);

    net_file_parse(f, "net.json", text, (size_t)n, NULL);
}

static char *complaints(const struct net_file *f)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    net_file_complaints(f, out);
    fclose(out);
    return text;
}

static void test_every_complaint_has_its_place(void **state)
{
    static const struct {
        const char *document, *places, *transitions, *says;
    } cases[] = {
        {"\"nmae\": \"x\",", "", "", "net.json:1:2: nmae: unknown key"},
        {"\"colours\": {\"if\": \"INT\"},", "", "", "the name if is no name or is taken"},
        {"\"colours\": {\"INT\": \"INT\"},", "", "", "the name INT is no name or is taken"},
        {"\"colours\": {\"A\": \"B\"},", "", "", "1:19: colours.A: there is no colour set B above"},
        {"\"colours\": {\"A\": {}},", "", "", "expected one of enum, int, product, record"},
        {"\"colours\": {\"A\": {\"enum\": []}},", "", "", "expected one name at least"},
        {"\"colours\": {\"A\": {\"enum\": [\"a b\"]}},", "", "", "\"a b\" cannot be a name"},
        {"\"colours\": {\"A\": {\"int\": [1]}},", "", "", "expected [least, greatest]"},
        {"\"colours\": {\"A\": {\"int\": [3, 2]}},", "", "", "1:31: colours.A.int[1]: expected"},
        {"\"colours\": {\"A\": {\"product\": [\"INT\"]}},", "", "", "expected 2 to 256 fields"},
        {"\"colours\": {\"A\": {\"record\": {\"a\": \"INT\", \"b\": \"C\"}}},", "", "",
         "there is no colour set C above"},
        {"\"constants\": {\"2\": 3},", "", "", "\"2\" cannot be a name"},
        {"\"constants\": {\"n\": \"1 + x\"},", "", "", "1:26: constants.n: unknown name x"},
        {"\"samples\": {\"s\": []},", "", "", "expected a name and an array of times"},
        {"\"samples\": {\"s\": [-1]},", "", "", "samples.s[0]: expected a number"},
        {"", "\"a b\": \"INT\"", "", "3:19: pages.main.places.a b: \"a b\" cannot be a name"},
        {"", "\"a\": \"WHAT\"", "", "there is no colour set WHAT above"},
        {"", "\"a\": {\"colour\": \"INT\", \"initial\": \"1 ++ 'x'\"}", "",
         "3:52: pages.main.places.a.initial: expected INT, found STRING"},
        {"", "\"a\": {\"initial\": -1}", "", "pages.main.places.a.initial: expected"},
        {"", "\"a\": {\"initail\": 1}", "",
         "unknown key; expected one of colour, timed, port, initial"},
        {"", "", "\"t t\": {}", "\"t t\" cannot be a name"},
        {"", "", "\"t\": 3", "expected an object"},
        {"", "", "\"t\": {\"in\": {\"a\": 1}}",
         "4:35: pages.main.transitions.t.in.a: there is no place a"},
        {"", "\"a\": \"INT\"", "\"t\": {\"in\": {\"a\": \"x\"}, \"out\": {\"a\": \"x + yy\"}}",
         "4:59: pages.main.transitions.t.out.a: unknown name yy"},
        {"", "\"a\": \"INT\"", "\"t\": {\"in\": {\"a\": \"x\"}, \"guard\": \"x\"}",
         "expected BOOL, found INT"},
        {"", "\"a\": \"INT\"", "\"t\": {\"in\": {\"a\": \"x\"}, \"out\": {\"a\": {}}}",
         "missing key \"tokens\""},
        {"", "\"a\": \"INT\"", "\"t\": {\"out\": {\"a\": {\"tokens\": 1, \"delay\": 2}}}",
         "place a is not timed"},
        {"", "\"a\": \"INT\"", "\"t\": {\"in\": {\"a\": \"x\"}, \"choose\": {\"y\": \"INT\"}}",
         "INT has too many values to choose from"},
        {"", "", "\"t\": {\"page\": \"other\"}", "there is no page other"},
        {"", "", "\"t\": {\"page\": \"main\"}", "more than 16 pages within each other"},
        {"\"monitors\": {\"m\": {\"value\": 1}},", "", "", "missing key \"at\""},
        {"\"monitors\": {\"m\": {\"at\": \"u\", \"value\": 1}},", "", "",
         "there is no transition u"},
        {"\"monitors\": {\"m\": {\"at\": \"t\", \"value\": \"x\"}},", "", "\"t\": {}",
         "unknown name x"},
        {"\"monitors\": {\"m\": {\"from\": \"t\", \"to\": \"t\", \"from_key\": 1, \"to_key\": "
         "\"'a'\"}},",
         "", "\"t\": {}", "the two keys are of different colour sets"},
        {"\"queries\": [\"perhaps 1 = 1\"],", "", "", "queries[0]: expected reach, never"},
        {"\"queries\": [\"reach count(a) > 0\"],", "", "", "1:21: queries[0]: there is no place a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct net_file f;
        char *said;

        parse(&f, cases[i].document, cases[i].places, cases[i].transitions);
        assert_false(net_file_ok(&f));
        said = complaints(&f);
        if (!strstr(said, cases[i].says)) {
            fail_msg("case %zu: \"%s\", expected \"%s\"", i, said, cases[i].says);
        }
        free(said);
        net_file_fini(&f);
    }
}

/* Documents that are wrong as a whole, and pages with ports. */
static void test_complaints_about_pages(void **state)
{
#define INNER                                                                                      \
    "\"inner\": {\"places\": {\"p\": {\"colour\": \"INT\", \"port\": true}}, \"transitions\": "    \
    "{}}}}"
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "not JSON"},
        {"[]", "expected an object"},
        {"{}", "missing key \"top\""},
        {"{\"top\": \"main\"}", "missing key \"pages\""},
        {"{\"top\": \"main\", \"pages\": {}}", "there is no page main"},
        {"{\"top\": \"a\", \"pages\": {\"a\": {}, \"b\": {}}}", "pages.b: unknown key"},
        {"{\"top\": \"a\", \"pages\": {\"a\": {\"transitions\": {\"t\": {\"page\": "
         "\"inner\"}}}, " INNER,
         "port p is bound to no place"},
        {"{\"top\": \"a\", \"pages\": {\"a\": {\"transitions\": {\"t\": {\"page\": \"inner\", "
         "\"bind\": {\"p\": \"q\"}}}}, " INNER,
         "there is no place q on this page"},
        {"{\"top\": \"a\", \"pages\": {\"a\": {\"places\": {\"q\": \"BOOL\"}, \"transitions\": "
         "{\"t\": "
         "{\"page\": \"inner\", \"bind\": {\"p\": \"q\"}}}}, " INNER,
         "place q has colour set BOOL, the port has INT"},
        {"{\"top\": \"a\", \"pages\": {\"a\": {\"places\": {\"q\": \"INT\"}, \"transitions\": "
         "{\"t\": "
         "{\"page\": \"inner\", \"bind\": {\"p\": \"q\", \"r\": \"q\"}}}}, " INNER,
         "bind.r: unknown key; expected one of p"},
        {"{\"top\": \"a\", \"pages\": {\"a\": {\"places\": {\"q\": \"INT\"}, \"transitions\": "
         "{\"t\": "
         "{\"page\": \"b\", \"bind\": {\"p\": \"q\"}}}}, \"b\": {\"places\": {\"p\": {\"colour\": "
         "\"INT\", "
         "\"port\": true, \"initial\": \"3\"}}}}}",
         "a port has the tokens of the place that it is bound to"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct net_file f;
        char *said;

        net_file_parse(&f, "net.json", cases[i].text, strlen(cases[i].text), NULL);
        assert_false(net_file_ok(&f));
        said = complaints(&f);
        if (!strstr(said, cases[i].says)) {
            fail_msg("case %zu: \"%s\", expected \"%s\"", i, said, cases[i].says);
        }
        free(said);
        net_file_fini(&f);
    }
}

static void test_what_the_command_line_changes(void **state)
{
    static const struct {
        const char *constant, *initial, *query, *says;
    } cases[] = {
        {"flows=2", "SW_t=('p3', 'a', 'b', 'c', 'd')", "reach count(SW_t) = 1", ""},
        {"floes=2", NULL, NULL, "\"floes=2\": expected CONSTANT=EXPR"},
        {"flows", NULL, NULL, "\"flows\": expected CONSTANT=EXPR"},
        {"flows=two", NULL, NULL, "flows: character 1: unknown name two"},
        {NULL, "SW_q=1", NULL, "\"SW_q=1\": expected PLACE=EXPR"},
        {NULL, "SW_t=1", NULL, "SW_t=1: character 1: expected FLOW, found INT"},
        {NULL, NULL, "count(SW_t) = 1", "count(SW_t) = 1: character 1: expected reach"},
        {NULL, NULL, "reach count(SW_q) = 1", "character 7: there is no place SW_q"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct net_changes c = {&cases[i].constant,       &cases[i].initial,
                                &cases[i].query,          cases[i].constant != NULL,
                                cases[i].initial != NULL, cases[i].query != NULL};
        struct net_file f;
        char *said;

        net_file_read(&f, "openflow-topology", &c);
        said = complaints(&f);
        assert_int_equal(net_file_ok(&f), cases[i].says[0] == '\0');
        if (!strstr(said, cases[i].says)) {
            fail_msg("case %zu: \"%s\", expected \"%s\"", i, said, cases[i].says);
        }
        free(said);
        net_file_fini(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_packet_gives_the_published_space),
        cmocka_unit_test(test_more_packets_all_arrive),
        cmocka_unit_test(test_fixed_times_give_the_published_means),
        cmocka_unit_test(test_random_and_measured_times_have_these_means),
        cmocka_unit_test(test_every_complaint_has_its_place),
        cmocka_unit_test(test_complaints_about_pages),
        cmocka_unit_test(test_what_the_command_line_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
