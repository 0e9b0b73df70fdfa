/* tambo model service, delay, feedback and burst: the controller as a station. */
#include <math.h>
#include <stdio.h>

#include "experiments/model_commands.h"
#include "experiments/model_samples.h"
#include "models/station.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* --- service ------------------------------------------------------------------------------------ */

struct service_question {
    double lambda_per_s, arrival_scv;
    uint64_t capacity;
    bool json;
};

static int print_service(const struct service_question *q, const struct model_samples *s,
                         const struct queue_state *exact)
{
    struct sample_moments m = model_samples_moments(s);
    double mu = 1 / m.mean;
    struct model_result kingman = model_gg1_kingman(q->lambda_per_s, mu, q->arrival_scv, m.scv);
    struct model_result klb = model_gg1_klb(q->lambda_per_s, mu, q->arrival_scv, m.scv);
    const struct model_row rows[] = {
        {"samples", "samples", (double)s->n},
        {"service_s", "mean service (s)", m.mean},
        {"service_scv", "its squared variation", m.scv},
        {"rho", "load", exact->rho},
        {"p_block_frac", "P(loss), M/G/1/m", exact->p_block_frac},
        {"wait_s", "mean wait, M/G/1/m (s)", exact->mean_wait_s},
        {"sojourn_s", "mean sojourn, M/G/1/m (s)", exact->mean_sojourn_s},
        {"kingman_wait_s", "mean wait, Kingman (s)",
         kingman.status == MODEL_OK ? kingman.value : INFINITY},
        {"klb_wait_s", "mean wait, Kraemer Langenbach-Belz (s)",
         klb.status == MODEL_OK ? klb.value : INFINITY},
    };

    return model_print(rows, COUNT(rows), q->json);
}

static int answer_service(const struct service_question *q, const char *path)
{
    struct model_samples s;
    struct queue_state exact;
    enum model_status status;
    char error[256];
    int code;

    if (!model_samples_read(&s, path, error, sizeof error)) {
        fprintf(stderr, "tambo model service: %s\n", error);
        return EXIT_BAD_INPUT;
    }
    status = model_mg1m(q->lambda_per_s, s.values, s.n, (uint32_t)q->capacity, &exact);
    code = status == MODEL_OK ? print_service(q, &s, &exact)
                              : model_no_result("tambo model service", status);
    model_samples_fini(&s);
    return code;
}

int model_cmd_service(int argc, char *const argv[])
{
    struct service_question q = {.lambda_per_s = 40783.7, .arrival_scv = 1, .capacity = 51};
    const struct opt opts[] = {
        {"lambda-per-s", OPT_REAL, &q.lambda_per_s, 0, 1e15, .value = "L", .help = "arrival rate"},
        {"capacity", OPT_COUNT, &q.capacity, 1, 1e7, .value = "M",
         .help = "places, the one in service included"},
        {"arrival-scv", OPT_REAL, &q.arrival_scv, 0, 1e6, .value = "C",
         .help = "squared coefficient of variation between arrivals, for the two G/G/1 waits"},
        {"json", OPT_FLAG, &q.json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model service",
        .synopsis = "FILE",
        .summary = "The controller with service times that were measured: FILE has one a line, in "
                   "seconds.\nLoss and waiting of M/G/1/m, exact, and the waits of two "
                   "approximations of G/G/1.",
        .opts = opts,
        .n_opts = COUNT(opts),
        .min_args = 1,
        .max_args = 1,
    };
    const char *path;
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, &path, &n_args);

    return parsed == ARGS_OK ? answer_service(&q, path) : model_exit_of(parsed);
}

/* --- delay -------------------------------------------------------------------------------------- */

enum delay_kind { DELAY_MM1M, DELAY_MG1 };
static const char *const delay_kinds[] = {"mm1m", "mg1", NULL};

struct delay_question {
    int kind;
    double lambda_per_s, mu_per_s, scv, t_ms;
    uint64_t capacity;
    bool json;
};

static struct model_result percentile(const struct delay_question *q, double p)
{
    return q->kind == DELAY_MM1M
               ? model_mm1m_percentile(q->lambda_per_s, q->mu_per_s, (uint32_t)q->capacity, p)
               : model_mg1_percentile(q->lambda_per_s, q->mu_per_s, q->scv, p);
}

static int answer_delay(const struct delay_question *q)
{
    struct model_result slower =
        q->kind == DELAY_MM1M
            ? model_mm1m_slower(q->lambda_per_s, q->mu_per_s, (uint32_t)q->capacity, q->t_ms / 1e3)
            : model_mg1_slower(q->lambda_per_s, q->mu_per_s, q->scv, q->t_ms / 1e3);

    if (slower.status != MODEL_OK) {
        return model_no_result("tambo model delay", slower.status);
    }
    const struct model_row rows[] = {
        {"p50_s", "half are answered within (s)", percentile(q, 0.5).value},
        {"p90_s", "90 % within (s)", percentile(q, 0.9).value},
        {"p99_s", "99 % within (s)", percentile(q, 0.99).value},
        {"p999_s", "99.9 % within (s)", percentile(q, 0.999).value},
        {"slower_frac", "slower than --t-ms", slower.value},
    };

    return model_print(rows, COUNT(rows), q->json);
}

int model_cmd_delay(int argc, char *const argv[])
{
    struct delay_question q = {
        .lambda_per_s = 40783.7, .mu_per_s = 51880, .scv = 1, .t_ms = 1, .capacity = 51};
    const struct opt opts[] = {
        {"kind", OPT_CHOICE, &q.kind, .choices = delay_kinds, .value = "KIND",
         .help = "service and room"},
        {"lambda-per-s", OPT_REAL, &q.lambda_per_s, 0, 1e15, .value = "L", .help = "arrival rate"},
        {"mu-per-s", OPT_REAL, &q.mu_per_s, 1e-300, 1e15, .value = "M", .help = "service rate"},
        {"capacity", OPT_COUNT, &q.capacity, 1, 1e7, .value = "M",
         .help = "places, the one in service included; mm1m only"},
        {"scv", OPT_REAL, &q.scv, 0, 1e4, .value = "C",
         .help = "squared coefficient of variation of the service time; mg1 only"},
        {"t-ms", OPT_REAL, &q.t_ms, 0, 1e12, .value = "T", .help = "a response time to judge"},
        {"json", OPT_FLAG, &q.json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model delay",
        .synopsis = "",
        .summary = "How long the controller takes to answer: percentiles, of the packet-ins that "
                   "are not lost.",
        .opts = opts,
        .n_opts = COUNT(opts),
    };
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, NULL, &n_args);

    return parsed == ARGS_OK ? answer_delay(&q) : model_exit_of(parsed);
}

/* --- feedback ----------------------------------------------------------------------------------- */

static int answer_feedback(const struct feedback_params *p, bool json)
{
    struct feedback_state s;
    enum model_status status = model_feedback(p, &s);

    if (status != MODEL_OK) {
        return model_no_result("tambo model feedback", status);
    }
    const struct model_row rows[] = {
        {"switch_rho", "load of the switch", s.switch_rho},
        {"controller_rho", "load of the controller", s.controller_rho},
        {"p_block_frac", "P(packet-in is lost)", s.p_block_frac},
        {"switch_s", "one passage of the switch (s)", s.switch_s},
        {"controller_s", "one passage of the controller (s)", s.controller_s},
        {"known_s", "packets with an entry (s)", s.known_s},
        {"new_s", "first packets (s)", s.new_s},
        {"mean_s", "all packets (s)", s.mean_s},
    };

    return model_print(rows, COUNT(rows), json);
}

int model_cmd_feedback(int argc, char *const argv[])
{
    struct feedback_params p = {60000, 0.04, 100000, 51880, 51};
    uint64_t capacity = p.capacity;
    bool json = false;
    const struct opt opts[] = {
        {"packets-per-s", OPT_REAL, &p.packets_per_s, 0, 1e15, .value = "L",
         .help = "packets that enter the switch"},
        {"new", OPT_REAL, &p.new_frac, 0, 1, .value = "F",
         .help = "share of them that has no entry"},
        {"switch-per-s", OPT_REAL, &p.switch_per_s, 1e-9, 1e15, .value = "R",
         .help = "packets that the switch forwards"},
        {"controller-per-s", OPT_REAL, &p.controller_per_s, 1e-9, 1e15, .value = "R",
         .help = "packet-ins that the controller serves"},
        {"capacity", OPT_COUNT, &capacity, 1, 1e9, .value = "M",
         .help = "places of the controller"},
        {"json", OPT_FLAG, &json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model feedback",
        .synopsis = "",
        .summary = "A switch and its controller as two queues with feedback (Jarschel and others "
                   "2011): how\nlong known and first packets take.",
        .opts = opts,
        .n_opts = COUNT(opts),
    };
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, NULL, &n_args);

    if (parsed != ARGS_OK) {
        return model_exit_of(parsed);
    }
    p.capacity = (uint32_t)capacity;
    return answer_feedback(&p, json);
}

/* --- burst -------------------------------------------------------------------------------------- */

struct burst_question {
    double lambda_per_s, mu_per_s, every_s;
    uint64_t size, capacity;
    bool has_every, json;
};

static int answer_burst(const struct burst_question *q)
{
    struct burst_state s;
    struct model_result often = {0};
    enum model_status status =
        model_burst(q->lambda_per_s, q->mu_per_s, (uint32_t)q->capacity, (double)q->size, &s);

    if (status == MODEL_OK && q->has_every) {
        often = model_batch_response(1 / q->every_s, (double)q->size, 0, q->mu_per_s);
        status = often.status;
    }
    if (status != MODEL_OK) {
        return model_no_result("tambo model burst", status);
    }
    const struct model_row rows[] = {
        {"lost", "of the burst lost", s.lost},
        {"lost_later", "others lost until all is done", s.lost_later},
        {"last_s", "response of the last one (s)", s.last_s},
        {"drain_s", "until the queue is empty (s)", s.drain_s},
        {"batch_response_s", "mean response, repeated, no limit (s)", often.value},
    };

    return model_print(rows, COUNT(rows) - !q->has_every, q->json);
}

int model_cmd_burst(int argc, char *const argv[])
{
    struct burst_question q = {
        .lambda_per_s = 10000, .mu_per_s = 51880, .every_s = 1, .size = 1000, .capacity = 51};
    const struct opt opts[] = {
        {"size", OPT_COUNT, &q.size, 1, 1e9, .value = "N", .help = "packet-ins at one instant"},
        {"lambda-per-s", OPT_REAL, &q.lambda_per_s, 0, 1e15, .value = "L",
         .help = "rate of the others"},
        {"mu-per-s", OPT_REAL, &q.mu_per_s, 1e-9, 1e15, .value = "M", .help = "service rate"},
        {"capacity", OPT_COUNT, &q.capacity, 1, 1e7, .value = "M",
         .help = "places, the one in service included"},
        {"every-s", OPT_REAL, &q.every_s, 1e-9, 1e9, .value = "T",
         .help = "mean time between such bursts: adds their mean response in a queue without limit",
         .given = &q.has_every},
        {"json", OPT_FLAG, &q.json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model burst",
        .synopsis = "",
        .summary = "Many packet-ins at once, as after a fail-over or when switches reconnect: what "
                   "is lost,\nand when the controller has caught up.",
        .opts = opts,
        .n_opts = COUNT(opts),
    };
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, NULL, &n_args);

    return parsed == ARGS_OK ? answer_burst(&q) : model_exit_of(parsed);
}
