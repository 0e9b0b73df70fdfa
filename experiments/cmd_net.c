/* tambo net: Petri nets. */
#include "experiments/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/graph.h"
#include "controller/base/alloc.h"
#include "experiments/args.h"
#include "experiments/json_out.h"
#include "experiments/net_file.h"
#include "experiments/net_picture.h"
#include "experiments/net_report.h"
#include "experiments/net_simulate.h"
#include "experiments/nets.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Walks through the graph for fairness: no more steps than this, a matter of some minutes. */
#define MAX_FAIRNESS_STEPS 2e10

#define OPT_CONSTANT(list)                                                                         \
    {                                                                                              \
        "constant", OPT_LIST, (list), .value = "NAME=EXPR", .help = "another value of a constant"  \
    }
#define OPT_INITIAL(list)                                                                          \
    {                                                                                              \
        "initial", OPT_LIST, (list), .value = "PLACE=EXPR",                                        \
                                     .help = "other tokens in the beginning"                       \
    }

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static bool load(struct net_file *f, const char *spec, const struct net_changes *changes)
{
    net_file_read(f, spec, changes);
    if (!net_file_ok(f)) {
        net_file_complaints(f, stderr);
        net_file_fini(f);
        return false;
    }
    return true;
}

/* --- check -------------------------------------------------------------------------------------- */

struct check {
    struct petri_limits limits;
    bool json, no_arcs;
    const char *svg, *space_svg;
};

static bool draw(const struct text *dot, const char *path)
{
    char error[256];
    bool ok = graph_draw(text_str(dot), "dot", "svg", path, error, sizeof error);

    if (!ok) {
        fprintf(stderr, "tambo net check: %s\n", error);
    }
    return ok;
}

static bool draw_net(const struct check *c, const struct net_file *f)
{
    struct text dot = TEXT_INIT;
    bool ok = true;

    if (c->svg) {
        net_picture(f->net, &dot);
        ok = draw(&dot, c->svg);
    }
    text_fini(&dot);
    return ok;
}

static bool draw_space(const struct check *c, const struct net_report *r)
{
    struct text dot = TEXT_INIT;
    bool ok = true;

    if (!c->space_svg) {
        return true;
    }
    if (!r->space->limits.arcs || r->space->n_expanded > NET_PICTURE_MAX_MARKINGS ||
        r->space->n_expanded < r->space->set.n) {
        fprintf(stderr,
                "tambo net check: %s is not drawn: it needs arcs and all of %d markings at most\n",
                c->space_svg, NET_PICTURE_MAX_MARKINGS);
        return false;
    }
    net_space_picture(r->space, r->graph, &dot);
    ok = draw(&dot, c->space_svg);
    text_fini(&dot);
    return ok;
}

static int report(const struct check *c, const struct net_report *r)
{
    if (c->json) {
        json_print(net_report_json(r));
    } else {
        net_report_text(r, stdout);
    }
    if (!draw_space(c, r)) {
        return EXIT_FAILED;
    }
    return net_report_holds(r) ? EXIT_DONE : EXIT_NOT_HELD;
}

static int answer_and_report(const struct check *c, const struct net_file *f,
                             struct petri_space *space, double seconds)
{
    struct petri_graph graph;
    bool whole = space->status == PETRI_FULL && space->limits.arcs;
    double steps = 3.0 * (double)f->net->n_transitions * ((double)space->n_arcs + space->set.n);
    struct net_report r = {
        .file = f, .space = space, .seconds = seconds, .graph = whole ? &graph : NULL};
    int code;

    if (whole) {
        petri_graph_init(&graph, space, steps < MAX_FAIRNESS_STEPS);
    }
    r.answers = xcalloc(f->net->n_queries + 1, sizeof *r.answers);
    for (size_t i = 0; i < f->net->n_queries; i++) {
        petri_query_answer(space, r.graph, i, &r.answers[i]);
    }
    code = report(c, &r);
    for (size_t i = 0; i < f->net->n_queries; i++) {
        petri_answer_fini(&r.answers[i]);
    }
    free(r.answers);
    if (whole) {
        petri_graph_fini(&graph);
    }
    return code;
}

static int check_net(const struct check *c, const struct net_file *f)
{
    struct petri_space space;
    double begin = now_s();
    int code = EXIT_FAILED;

    if (!draw_net(c, f)) {
        return EXIT_FAILED;
    }
    petri_space_explore(&space, f->net, &c->limits);
    if (space.status == PETRI_BROKEN) {
        fprintf(stderr, "tambo net check: %s\n", space.reason);
    } else {
        code = answer_and_report(c, f, &space, now_s() - begin);
    }
    petri_space_fini(&space);
    return code;
}

static int net_check(int argc, char *const argv[])
{
    struct check c = {.limits = PETRI_LIMITS_INIT};
    struct opt_list constants = {.n = 0}, initial = {.n = 0}, queries = {.n = 0};
    const struct opt opts[] = {
        {"query", OPT_LIST, &queries, .value = "QUERY",
         .help = "reach, never, always, home or eventually, and a condition"},
        OPT_CONSTANT(&constants),
        OPT_INITIAL(&initial),
        {"max-markings", OPT_COUNT, &c.limits.max_markings, 1, 4e9, .value = "N",
         .help = "where to stop"},
        {"no-arcs", OPT_FLAG, &c.no_arcs,
         .help = "save memory: no home markings, liveness, fairness"},
        {"svg", OPT_TEXT, &c.svg, .value = "OUT", .help = "draw the net"},
        {"space-svg", OPT_TEXT, &c.space_svg, .value = "OUT",
         .help = "draw the markings, 500 at most"},
        {"json", OPT_FLAG, &c.json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo net check",
        .synopsis = "FILE",
        .summary = "Explores all markings of a Petri net: bounds, home and dead markings, "
                   "liveness, fairness,\n"
                   "queries. FILE is a file or a built-in net. Exit code 3: a query does not hold.",
        .opts = opts,
        .n_opts = COUNT(opts),
        .min_args = 1,
        .max_args = 1,
    };
    struct net_changes changes;
    struct net_file file;
    const char *spec;
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, &spec, &n_args);
    int code;

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    c.limits.arcs = !c.no_arcs;
    changes = (struct net_changes){constants.items, initial.items, queries.items,
                                   constants.n,     initial.n,     queries.n};
    if (!load(&file, spec, &changes)) {
        return EXIT_BAD_INPUT;
    }
    code = check_net(&c, &file);
    net_file_fini(&file);
    return code;
}

/* --- simulate ----------------------------------------------------------------------------------- */

static int print_replications(const struct net_replications *r, bool json)
{
    const char *error = net_replications_error(r);

    if (error) {
        fprintf(stderr, "tambo net simulate: replication %zu: %s\n", r->n, error);
        return EXIT_FAILED;
    }
    if (json) {
        json_print(net_replications_json(r));
    } else {
        net_replications_text(r, stdout);
    }
    return EXIT_DONE;
}

static int net_simulate(int argc, char *const argv[])
{
    struct petri_run_limits limits = {.max_steps = 10000000, .max_time = 1e300};
    struct opt_list constants = {.n = 0}, initial = {.n = 0};
    uint64_t seed = 1, n = 1;
    bool json = false;
    const struct opt opts[] = {
        {"seed", OPT_COUNT, &seed, 0, 9e15, .value = "N", .help = "of the random numbers"},
        {"replications", OPT_COUNT, &n, 1, 1e6, .value = "N", .help = "how many runs"},
        {"until", OPT_REAL, &limits.max_time, 0, 1e300, .value = "T",
         .help = "end each at this time"},
        {"max-steps", OPT_COUNT, &limits.max_steps, 1, 1e15, .value = "N",
         .help = "end each after so many occurrences"},
        OPT_CONSTANT(&constants),
        OPT_INITIAL(&initial),
        {"json", OPT_FLAG, &json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo net simulate",
        .synopsis = "FILE",
        .summary =
            "Simulates a timed Petri net and reports its monitors, with 95 % intervals over the\n"
            "replications. FILE is a file or a built-in net.",
        .opts = opts,
        .n_opts = COUNT(opts),
        .min_args = 1,
        .max_args = 1,
    };
    struct net_replications r;
    struct net_changes changes;
    struct net_file file;
    const char *spec;
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, &spec, &n_args);
    int code;

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    changes = (struct net_changes){.constants = constants.items,
                                   .initial = initial.items,
                                   .n_constants = constants.n,
                                   .n_initial = initial.n};
    if (!load(&file, spec, &changes)) {
        return EXIT_BAD_INPUT;
    }
    net_replicate(&r, &file, seed, n, &limits);
    code = print_replications(&r, json);
    net_replications_fini(&r);
    net_file_fini(&file);
    return code;
}

int cmd_net(int argc, char *const argv[])
{
    bool help = argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    FILE *out = help ? stdout : stderr;

    if (argc >= 2 && strcmp(argv[1], "check") == 0) {
        return net_check(argc - 1, argv + 1);
    }
    if (argc >= 2 && strcmp(argv[1], "simulate") == 0) {
        return net_simulate(argc - 1, argv + 1);
    }
    if (argc >= 2 && !help) {
        fprintf(stderr, "tambo net: unknown command \"%s\"\n", argv[1]);
    }
    fputs("usage: tambo net COMMAND FILE [options]\n\ncommands:\n"
          "  check      explore all markings and report what holds\n"
          "  simulate   let tokens take their time, and measure\n\nbuilt-in nets:\n",
          out);
    for (size_t i = 0; i < n_built_in_nets; i++) {
        fprintf(out, "  %s\n", built_in_nets[i].name);
    }
    return help ? EXIT_DONE : EXIT_BAD_INPUT;
}
