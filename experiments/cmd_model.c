/* tambo model: one analytic model at a time. */
#include "experiments/commands.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/args.h"
#include "experiments/json_out.h"
#include "experiments/model_commands.h"
#include "models/holding.h"
#include "models/holding_whole.h"
#include "models/queue.h"
#include "models/table.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* --- chain -------------------------------------------------------------------------------------- */

static int print_chain(const struct holding_chain *chain, bool whole_seconds, bool json)
{
    struct holding_state s;
    enum model_status status =
        whole_seconds ? model_holding_whole(chain, &s) : model_holding_exact(chain, &s);
    json_t *o, *on;

    if (status != MODEL_OK) {
        return model_no_result("tambo model chain", status);
    }
    if (!json) {
        printf("P(off)          %.9g\nP(hold)         %.9g\nP(on)           %.9g\n"
               "occupancy       %.9g\narrivals        %.9g /s\n",
               s.p_off_frac, s.p_hold_frac, s.p_on_frac, s.occupancy_frac, s.arrivals_per_s);
        return EXIT_DONE;
    }
    o = json_object();
    on = json_array();
    for (uint32_t k = 1; k <= chain->n_sources; k++) {
        json_array_append_new(on, json_number(model_holding_p_on(chain, k).value));
    }
    json_put(o, "p_off_frac", json_number(s.p_off_frac));
    json_put(o, "p_hold_frac", json_number(s.p_hold_frac));
    json_put(o, "p_on_frac", on);
    json_put(o, "occupancy_frac", json_number(s.occupancy_frac));
    json_put(o, "arrivals_per_s", json_number(s.arrivals_per_s));
    json_print(o);
    return EXIT_DONE;
}

static int model_chain(int argc, char *const argv[])
{
    struct holding_chain chain = {.lambda_per_s = 1.4e-5, .mu_per_s = 0.2, .hold_s = 180};
    uint64_t ports = 48;
    int law = HOLD_EXPONENTIAL;
    bool whole_seconds = false, json = false;
    const struct opt opts[] = {
        {"ports", OPT_COUNT, &ports, 1, 1e6, .value = "S", .help = "hosts of the switch"},
        {"lambda-per-s", OPT_REAL, &chain.lambda_per_s, 0, 1e12, .value = "L",
         .help = "rate at which a host opens a session to the destination"},
        {"mu-per-s", OPT_REAL, &chain.mu_per_s, 1e-300, 1e12, .value = "M",
         .help = "rate at which a session ends"},
        {"hold-s", OPT_REAL, &chain.hold_s, 0, INFINITY, .value = "H", .help = "mean holding time"},
        {"hold-law", OPT_CHOICE, &law, .choices = model_hold_laws, .value = "LAW",
         .help = "law of the holding time"},
        {"whole-seconds", OPT_FLAG, &whole_seconds,
         .help = "round holding times to seconds, at least 1, as switches do"},
        {"json", OPT_FLAG, &json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model chain",
        .synopsis = "",
        .summary =
            "The holding chain of one entry of one access switch: how often it is there, and "
            "how\nmany packet-ins it costs.",
        .opts = opts,
        .n_opts = COUNT(opts),
    };
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, NULL, &n_args);

    if (parsed != ARGS_OK) {
        return model_exit_of(parsed);
    }
    chain.n_sources = (uint32_t)ports;
    chain.law = (enum hold_law)law;
    return print_chain(&chain, whole_seconds, json);
}

/* --- queue -------------------------------------------------------------------------------------- */

enum queue_kind { QUEUE_MM1M, QUEUE_MD1M, QUEUE_MG1 };
static const char *const queue_kinds[] = {"mm1m", "md1m", "mg1", NULL};

/* The largest load of M/M/1/m; of no meaning for the others. */
struct queue_limit {
    double rho, lambda_per_s;
};

static int print_queue(const struct queue_state *q, const struct queue_limit *limit, bool json)
{
    json_t *o;

    if (!json) {
        if (limit) {
            printf("largest load    %.9g   %.9g /s\n", limit->rho, limit->lambda_per_s);
        }
        printf("load            %.9g\nP(loss)         %.9g\nmean number     %.9g\n"
               "mean wait       %.9g s\nmean sojourn    %.9g s\nthroughput      %.9g /s\n",
               q->rho, q->p_block_frac, q->mean_number, q->mean_wait_s, q->mean_sojourn_s,
               q->throughput_per_s);
        return EXIT_DONE;
    }
    o = json_object();
    json_put(o, "rho", json_number(q->rho));
    json_put(o, "p_block_frac", json_number(q->p_block_frac));
    json_put(o, "mean_number", json_number(q->mean_number));
    json_put(o, "wait_s", json_number(q->mean_wait_s));
    json_put(o, "sojourn_s", json_number(q->mean_sojourn_s));
    json_put(o, "throughput_per_s", json_number(q->throughput_per_s));
    if (limit) {
        json_put(o, "max_rho", json_number(limit->rho));
        json_put(o, "max_lambda_per_s", json_number(limit->lambda_per_s));
    }
    json_print(o);
    return EXIT_DONE;
}

struct queue_question {
    double lambda_per_s, mu_per_s, scv, p_block_frac;
};

static enum model_status solve_queue(enum queue_kind kind, const struct queue_question *ask,
                                     uint32_t capacity, struct queue_state *q)
{
    switch (kind) {
    case QUEUE_MM1M:
        return model_mm1m(ask->lambda_per_s, ask->mu_per_s, capacity, q);
    case QUEUE_MD1M:
        return model_md1m(ask->lambda_per_s, ask->mu_per_s, capacity, q);
    case QUEUE_MG1:
        return model_mg1(ask->lambda_per_s, ask->mu_per_s, ask->scv, q);
    }
    return MODEL_DOMAIN;
}

static int model_queue(int argc, char *const argv[])
{
    int kind = QUEUE_MM1M;
    struct queue_question ask = {.lambda_per_s = 40783.7, .mu_per_s = 51880, .scv = 1, .p_block_frac = 1e-6};
    uint64_t capacity = 51;
    bool json = false;
    const struct opt opts[] = {
        {"kind", OPT_CHOICE, &kind, .choices = queue_kinds, .value = "KIND",
         .help = "service and room"},
        {"lambda-per-s", OPT_REAL, &ask.lambda_per_s, 0, 1e15, .value = "L",
         .help = "arrival rate"},
        {"mu-per-s", OPT_REAL, &ask.mu_per_s, 1e-300, 1e15, .value = "M", .help = "service rate"},
        {"capacity", OPT_COUNT, &capacity, 1, 1e9, .value = "M",
         .help = "places, the one in service included; not for mg1"},
        {"scv", OPT_REAL, &ask.scv, 0, 1e6, .value = "C",
         .help = "squared coefficient of variation of the service time; mg1 only"},
        {"p-block", OPT_REAL, &ask.p_block_frac, 1e-300, 0.999, .value = "P",
         .help = "accepted probability of loss, for the largest load; mm1m only"},
        {"json", OPT_FLAG, &json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model queue",
        .synopsis = "",
        .summary = "The controller as a queue with Poisson arrivals.",
        .opts = opts,
        .n_opts = COUNT(opts),
    };
    size_t n_args;
    struct queue_state q;
    struct queue_limit limit;
    enum model_status status;
    enum args_status parsed = args_parse(&command, argc, argv, NULL, &n_args);

    if (parsed != ARGS_OK) {
        return model_exit_of(parsed);
    }
    status = solve_queue((enum queue_kind)kind, &ask, (uint32_t)capacity, &q);
    if (status != MODEL_OK) {
        return model_no_result("tambo model queue", status);
    }
    limit.rho = model_mm1m_rho_max((uint32_t)capacity, ask.p_block_frac).value;
    limit.lambda_per_s = limit.rho * ask.mu_per_s;
    return print_queue(&q, kind == QUEUE_MM1M ? &limit : NULL, json);
}

/* --- table -------------------------------------------------------------------------------------- */

struct table_answer {
    double mean_entries, variance, bound, gaussian, exact, max_mean, q_inv;
};

static enum model_status solve_table(double p, size_t n, double room, double epsilon,
                                     struct table_answer *a)
{
    struct model_result r[4];

    a->mean_entries = p * (double)n;
    a->variance = a->mean_entries * (1 - p);
    r[0] = model_table_overflow_bound(a->mean_entries, room);
    r[1] = model_table_overflow_gaussian(a->mean_entries, a->variance, room);
    r[2] = model_table_overflow_alike(n, p, (size_t)room);
    r[3] = model_table_max_mean(room, epsilon);
    for (int i = 0; i < 4; i++) {
        if (r[i].status != MODEL_OK) {
            return r[i].status;
        }
    }
    a->bound = r[0].value;
    a->gaussian = r[1].value;
    a->exact = r[2].value;
    a->max_mean = r[3].value;
    a->q_inv = model_gaussian_q_inv(epsilon).value;
    return MODEL_OK;
}

static int print_table(const struct table_answer *a, bool json)
{
    json_t *o;

    if (!json) {
        printf("mean entries            %.9g\nvariance                %.9g\n"
               "P(overflow), bound      %.6g   Gaussian with variance = mean\n"
               "P(overflow), Gaussian   %.6g   exact variance\n"
               "P(overflow), exact      %.6g\n"
               "largest safe mean       %.9g   Q⁻¹ = %.9g\n",
               a->mean_entries, a->variance, a->bound, a->gaussian, a->exact, a->max_mean,
               a->q_inv);
        return EXIT_DONE;
    }
    o = json_object();
    json_put(o, "mean_entries", json_number(a->mean_entries));
    json_put(o, "variance_entries2", json_number(a->variance));
    json_put(o, "p_overflow_bound_frac", json_number(a->bound));
    json_put(o, "p_overflow_gaussian_frac", json_number(a->gaussian));
    json_put(o, "p_overflow_exact_frac", json_number(a->exact));
    json_put(o, "max_mean_entries", json_number(a->max_mean));
    json_put(o, "q_inv", json_number(a->q_inv));
    json_print(o);
    return EXIT_DONE;
}

static int model_table(int argc, char *const argv[])
{
    double p = 0.13, epsilon = 1e-6, room = 8192;
    uint64_t n = 60000;
    bool json = false;
    const struct opt opts[] = {
        {"hosts", OPT_COUNT, &n, 1, 1e9, .value = "N", .help = "destinations"},
        {"occupancy", OPT_REAL, &p, 0, 1, .value = "P",
         .help = "probability that a destination has an entry"},
        {"tcam", OPT_REAL, &room, 0, 1e12, .value = "K", .help = "entries that the table holds"},
        {"p-overflow", OPT_REAL, &epsilon, 1e-300, 0.999999, .value = "P",
         .help = "accepted probability of overflow"},
        {"json", OPT_FLAG, &json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model table",
        .synopsis = "",
        .summary = "How likely a switch wants more entries than its table holds, when each of N "
                   "destinations\nhas an entry with probability P.",
        .opts = opts,
        .n_opts = COUNT(opts),
    };
    size_t n_args;
    struct table_answer a;
    enum model_status status;
    enum args_status parsed = args_parse(&command, argc, argv, NULL, &n_args);

    if (parsed != ARGS_OK) {
        return model_exit_of(parsed);
    }
    status = solve_table(p, (size_t)n, room, epsilon, &a);
    return status == MODEL_OK ? print_table(&a, json)
                              : model_no_result("tambo model table", status);
}

int cmd_model(int argc, char *const argv[])
{
    static const struct {
        const char *name;
        int (*run)(int argc, char *const argv[]);
        const char *help;
    } models[] = {
        {"chain", model_chain, "the holding chain of one entry"},
        {"queue", model_queue, "the controller as a queue"},
        {"table", model_table, "overflow of a switch's table"},
        {"tail", model_cmd_tail, "the same far out in the tail, for a campus"},
        {"popularity", model_cmd_popularity, "how many sessions destinations have"},
        {"cache", model_cmd_cache, "a table that evicts entries to make room"},
        {"transient", model_cmd_transient, "a campus before its steady state"},
        {"renewal", model_cmd_renewal, "one entry, times between sessions of any law"},
        {"service", model_cmd_service, "the controller with measured service times"},
        {"delay", model_cmd_delay, "percentiles of the controller's response time"},
        {"feedback", model_cmd_feedback, "a switch and its controller, with feedback"},
        {"burst", model_cmd_burst, "many packet-ins at once"},
        {"fit", model_cmd_fit, "a law fitted to measured values"},
    };
    bool help = argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    FILE *out = help ? stdout : stderr;

    for (size_t i = 0; argc >= 2 && i < COUNT(models); i++) {
        if (strcmp(argv[1], models[i].name) == 0) {
            return models[i].run(argc - 1, argv + 1);
        }
    }
    if (argc >= 2 && !help) {
        fprintf(stderr, "tambo model: unknown model \"%s\"\n", argv[1]);
    }
    fputs("usage: tambo model MODEL [options]\n\nmodels:\n", out);
    for (size_t i = 0; i < COUNT(models); i++) {
        fprintf(out, "  %-11s %s\n", models[i].name, models[i].help);
    }
    return help ? EXIT_DONE : EXIT_BAD_INPUT;
}
