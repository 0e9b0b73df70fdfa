/* tambo model transient, tambo model renewal: the holding chain in time, and under other laws. */
#include <math.h>

#include "experiments/model_commands.h"
#include "models/renewal.h"
#include "models/root.h"
#include "models/transient.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* --- transient ---------------------------------------------------------------------------------- */

static const char *const starts[] = {"empty", "flushed", NULL};

struct transient_question {
    struct model_campus campus;
    int start;
    double t_s, rest_frac;
    bool json;
};

/* A campus on its way; the first failure stays in "status". */
struct journey {
    const struct transient_question *ask;
    struct popularity popularity;
    struct holding_chain chain;
    double t_s;
    double goal_entries;
    enum model_status status;
};

static struct transient_state state_of(const struct journey *j, double lambda_per_s)
{
    struct holding_chain chain = j->chain;
    struct transient_state s;

    chain.lambda_per_s = lambda_per_s;
    model_transient(&chain, (enum transient_start)j->ask->start, j->t_s, &s);
    return s;
}

static double occupancy_of(double lambda_per_s, const void *ctx)
{
    return state_of(ctx, lambda_per_s).occupancy_frac;
}

static double arrivals_of(double lambda_per_s, const void *ctx)
{
    return state_of(ctx, lambda_per_s).arrivals_per_s;
}

static double n_arrivals_of(double lambda_per_s, const void *ctx)
{
    return state_of(ctx, lambda_per_s).n_arrivals;
}

static double steady_of(double lambda_per_s, const void *ctx)
{
    const struct journey *j = ctx;
    struct holding_chain chain = j->chain;
    struct holding_state s;

    chain.lambda_per_s = lambda_per_s;
    model_holding_exact(&chain, &s);
    return s.occupancy_frac;
}

/* Over all destinations of one switch. */
static double total(struct journey *j, model_rate_fn *fn)
{
    struct popularity_range range = model_popularity_everyone();
    struct model_result r;

    range.epsrel = 1e-8;
    r = model_popularity_expect(&j->popularity, range, fn, j);
    if (r.status != MODEL_OK && j->status == MODEL_OK) {
        j->status = r.status;
    }
    return j->popularity.n_hosts * r.value;
}

static double entries_missing(double log_t, const void *ctx)
{
    struct journey j = *(const struct journey *)ctx;

    j.t_s = exp(log_t);
    return total(&j, occupancy_of) / j.goal_entries - 1;
}

/* Seconds until the entries are within the asked rest of their steady number; -1 when never. */
static double warmup_s(struct journey *j)
{
    double fastest = log(j->ask->campus.session_s) - 30;

    j->goal_entries = (1 - j->ask->rest_frac) * total(j, steady_of);
    if (j->ask->start == TRANSIENT_FLUSHED && entries_missing(fastest, j) >= 0) {
        return 0;
    }
    struct model_result r = model_root_find(entries_missing, j, fastest, fastest + 100, 1e-4, 0);
    return r.status == MODEL_OK ? exp(r.value) : INFINITY;
}

static int answer_transient(const struct transient_question *q)
{
    struct journey j = {.ask = q, .chain = model_campus_chain(&q->campus), .t_s = q->t_s};
    double switches = (double)q->campus.hosts / (double)q->campus.ports;
    enum model_status status = model_campus_popularity(&q->campus, &j.popularity);

    if (status == MODEL_OK && j.chain.law > HOLD_FIXED) {
        status = MODEL_DOMAIN;
    }
    if (status != MODEL_OK) {
        return model_no_result("tambo model transient", status);
    }
    const struct model_row rows[] = {
        {"t_s", "time (s)", q->t_s},
        {"occupancy_entries", "entries of a switch", total(&j, occupancy_of)},
        {"steady_occupancy_entries", "  in the steady state", total(&j, steady_of)},
        {"arrivals_per_s", "packet-ins of the campus (/s)", switches * total(&j, arrivals_of)},
        {"arrivals", "packet-ins so far", switches * total(&j, n_arrivals_of)},
        {"warmup_s", "warm-up (s)", warmup_s(&j)},
    };

    return j.status == MODEL_OK ? model_print(rows, COUNT(rows), q->json)
                                : model_no_result("tambo model transient", j.status);
}

int model_cmd_transient(int argc, char *const argv[])
{
    struct transient_question q = {.campus = model_campus_defaults(), .t_s = 60, .rest_frac = 0.01};
    const struct opt opts[] = {
        MODEL_CAMPUS_OPTS(&q.campus),
        MODEL_HOLD_OPTS(&q.campus),
        {"t-s", OPT_REAL, &q.t_s, 0, 1e9, .value = "T", .help = "time since the start"},
        {"start", OPT_CHOICE, &q.start, .choices = starts, .value = "FROM",
         .help = "no session and no entry, or all sessions and no entry"},
        {"rest", OPT_REAL, &q.rest_frac, 1e-6, 0.5, .value = "F",
         .help = "the warm-up ends when the entries are this close to steady"},
        {"json", OPT_FLAG, &q.json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model transient",
        .synopsis = "",
        .summary = "A campus before its steady state: entries and packet-ins when the network "
                   "wakes up, or\nafter all entries were lost, and how long the warm-up takes. "
                   "Not for per-entry draws.",
        .opts = opts,
        .n_opts = COUNT(opts),
    };
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, NULL, &n_args);

    return parsed == ARGS_OK ? answer_transient(&q) : model_exit_of(parsed);
}

/* --- renewal ------------------------------------------------------------------------------------ */

static const char *const time_laws[] = {"exponential", "fixed", "pareto", "lognormal", NULL};
static const char *const renewal_holds[] = {"exponential", "fixed", NULL};

struct renewal_question {
    int off_law, hold_law;
    struct time_law off;
    double on_mean_s, hold_s;
    uint64_t ports;
    bool json;
};

static int answer_renewal(struct renewal_question *q)
{
    struct holding_state s;
    enum model_status status;

    q->off.kind = (enum time_law_kind)q->off_law;
    status = model_renewal((uint32_t)q->ports, &q->off, q->on_mean_s, q->hold_s,
                           (enum hold_law)q->hold_law, &s);
    if (status != MODEL_OK) {
        return model_no_result("tambo model renewal", status);
    }
    const struct model_row rows[] = {
        {"p_off_frac", "P(off)", s.p_off_frac},
        {"p_hold_frac", "P(hold)", s.p_hold_frac},
        {"p_on_frac", "P(on)", s.p_on_frac},
        {"occupancy_frac", "occupancy", s.occupancy_frac},
        {"arrivals_per_s", "packet-ins (/s)", s.arrivals_per_s},
    };

    return model_print(rows, COUNT(rows), q->json);
}

int model_cmd_renewal(int argc, char *const argv[])
{
    struct renewal_question q = {.off_law = TIME_PARETO,
                                 .hold_law = HOLD_FIXED,
                                 .off = {TIME_PARETO, 71428, 1.5},
                                 .on_mean_s = 5,
                                 .hold_s = 180,
                                 .ports = 48};
    const struct opt opts[] = {
        {"ports", OPT_COUNT, &q.ports, 1, 1e6, .value = "S", .help = "hosts of the switch"},
        {"off-law", OPT_CHOICE, &q.off_law, .choices = time_laws, .value = "LAW",
         .help = "law of the time between two sessions of a host"},
        {"off-s", OPT_REAL, &q.off.mean_s, 1e-9, 1e15, .value = "T", .help = "its mean"},
        {"off-shape", OPT_REAL, &q.off.shape, 0, 1e6, .value = "A",
         .help = "Pareto: tail index above 1; lognormal: standard deviation of ln t"},
        {"session-s", OPT_REAL, &q.on_mean_s, 0, 1e12, .value = "S",
         .help = "mean duration of a session; its law does not matter"},
        {"hold-s", OPT_REAL, &q.hold_s, 0, INFINITY, .value = "H", .help = "mean holding time"},
        {"hold-law", OPT_CHOICE, &q.hold_law, .choices = renewal_holds, .value = "LAW",
         .help = "law of the holding time"},
        {"json", OPT_FLAG, &q.json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model renewal",
        .synopsis = "",
        .summary = "One entry of one switch when the times between sessions are not exponential.",
        .opts = opts,
        .n_opts = COUNT(opts),
    };
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, NULL, &n_args);

    return parsed == ARGS_OK ? answer_renewal(&q) : model_exit_of(parsed);
}
