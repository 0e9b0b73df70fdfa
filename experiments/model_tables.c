/* tambo model cache, tambo model tail: tables that evict, and tables that overflow rarely. */
#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "experiments/model_commands.h"
#include "models/cache.h"
#include "models/cache_twin.h"
#include "models/table.h"
#include "models/tail.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* --- cache -------------------------------------------------------------------------------------- */

static const char *const evictions[] = {"lru", "random", "fifo", NULL};

struct cache_question {
    struct model_campus campus;
    double tcam, software;
    int eviction;
    uint64_t requests, seed; /* Of the simulated twin; 0: none. */
    bool has_software, json;
};

/* The share of hits of independent sessions that have no length. */
static double simulate_cache(const struct cache_question *q, const struct popularity *popularity)
{
    size_t n = (size_t)q->campus.hosts, room = (size_t)q->tcam;
    double *rates = xcalloc(n, sizeof *rates), hits;

    model_popularity_rates(popularity, n, rates);
    hits = model_cache_simulate(rates, n, room < n ? room : n, (enum eviction)q->eviction,
                                q->requests, q->seed);
    free(rates);
    return hits;
}

static int print_cache(const struct cache_question *q, const struct cache_state *s,
                       const struct popularity *popularity)
{
    const struct model_row rows[] = {
        {"characteristic_s", "characteristic time (s)", s->characteristic_s},
        {"occupancy_entries", "entries", s->occupancy_entries},
        {"hit_frac", "sessions that find an entry", s->hit_frac},
        {"sessions_per_s", "sessions of one switch (/s)", s->sessions_per_s},
        {"arrivals_per_s", "packet-ins of one switch (/s)", s->arrivals_per_s},
        {"campus_arrivals_per_s", "packet-ins of the campus (/s)",
         s->arrivals_per_s * (double)q->campus.hosts / (double)q->campus.ports},
        {"simulated_hit_frac", "... simulated, independent sessions",
         q->requests ? simulate_cache(q, popularity) : NAN},
    };

    return model_print(rows, COUNT(rows) - !q->requests, q->json);
}

static int print_tiers(const struct cache_question *q, const struct cache_tiers *t)
{
    const struct model_row rows[] = {
        {"tcam_frac", "sessions served by the TCAM", t->tcam_frac},
        {"software_frac", "sessions served in software", t->software_frac},
        {"controller_frac", "sessions served by the controller", t->controller_frac},
        {"tcam_characteristic_s", "characteristic time, TCAM (s)", t->tcam_characteristic_s},
        {"software_characteristic_s", "characteristic time, both (s)",
         t->software_characteristic_s},
        {"sessions_per_s", "sessions of one switch (/s)", t->sessions_per_s},
        {"arrivals_per_s", "packet-ins of one switch (/s)", t->arrivals_per_s},
        {"campus_arrivals_per_s", "packet-ins of the campus (/s)",
         t->arrivals_per_s * (double)q->campus.hosts / (double)q->campus.ports},
    };

    return model_print(rows, COUNT(rows), q->json);
}

static int answer_cache(const struct cache_question *q)
{
    struct popularity popularity;
    struct cache_state state;
    struct cache_tiers tiers;
    uint32_t ports = (uint32_t)q->campus.ports;
    enum model_status status = model_campus_popularity(&q->campus, &popularity);

    if (status == MODEL_OK && q->has_software) {
        status = q->eviction == EVICT_LRU
                     ? model_cache_tiers(&popularity, ports, q->tcam, q->software, &tiers)
                     : MODEL_DOMAIN;
    } else if (status == MODEL_OK) {
        status = model_cache(&popularity, ports, q->tcam, (enum eviction)q->eviction, &state);
    }
    if (status != MODEL_OK) {
        return model_no_result("tambo model cache", status);
    }
    return q->has_software ? print_tiers(q, &tiers) : print_cache(q, &state, &popularity);
}

int model_cmd_cache(int argc, char *const argv[])
{
    struct cache_question q = {.campus = model_campus_defaults(), .tcam = 8192};
    const struct opt opts[] = {
        MODEL_CAMPUS_OPTS(&q.campus),
        {"tcam", OPT_REAL, &q.tcam, 1, 1e12, .value = "K", .help = "entries that the table holds"},
        {"software", OPT_REAL, &q.software, 0, 1e12, .value = "K",
         .help = "entries of a second table in software; lru only", .given = &q.has_software},
        {"eviction", OPT_CHOICE, &q.eviction, .choices = evictions, .value = "POLICY",
         .help = "which entry makes room"},
        {"requests", OPT_COUNT, &q.requests, 1, 1e10, .value = "N",
         .help = "simulate so many independent sessions as well; one table"},
        {"seed", OPT_COUNT, &q.seed, 0, 1e15, .value = "N", .help = "of these sessions"},
        {"json", OPT_FLAG, &q.json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model cache",
        .synopsis = "",
        .summary = "A table in which entries never time out and a new one throws an old one out: "
                   "how often\na session finds its entry, and how many packet-ins come. "
                   "Approximation by a\ncharacteristic time (Che, Tung and Wang 2002).",
        .opts = opts,
        .n_opts = COUNT(opts),
    };
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, NULL, &n_args);

    return parsed == ARGS_OK ? answer_cache(&q) : model_exit_of(parsed);
}

/* --- tail --------------------------------------------------------------------------------------- */

struct tail_question {
    struct model_campus campus;
    double tcam;
    uint64_t runs, seed;
    bool json;
};

/* The probabilities of the entries of all destinations; free() them. NULL: "status" says why. */
static double *occupancies(const struct model_campus *campus, enum model_status *status)
{
    struct holding_chain chain = model_campus_chain(campus);
    struct popularity popularity;
    double *p;

    *status = model_campus_popularity(campus, &popularity);
    if (*status != MODEL_OK) {
        return NULL;
    }
    p = xcalloc(campus->hosts, sizeof *p);
    model_popularity_rates(&popularity, campus->hosts, p);
    for (size_t d = 0; d < campus->hosts; d++) {
        struct holding_state state;

        chain.lambda_per_s = p[d];
        model_holding_exact(&chain, &state);
        p[d] = state.occupancy_frac;
    }
    return p;
}

static int answer_tail(const struct tail_question *q)
{
    enum model_status status;
    double *p = occupancies(&q->campus, &status);
    size_t n = q->campus.hosts, room = (size_t)q->tcam;
    struct table_moments moments;

    if (!p) {
        return model_no_result("tambo model tail", status);
    }
    model_table_moments(n, p, &moments);
    struct model_result exact = model_tail_exact(n, p, room);
    struct model_result sampled = model_tail_sampled(n, p, room, (uint32_t)q->runs, q->seed);
    struct model_result expansion = model_tail_bahadur_rao(n, p, room);
    const struct model_row rows[] = {
        {"mean_entries", "mean entries", moments.mean_entries},
        {"variance_entries2", "variance", moments.variance},
        {"p_overflow_bound_frac", "P(overflow), variance = mean",
         model_table_overflow_bound(moments.mean_entries, (double)room).value},
        {"p_overflow_gaussian_frac", "P(overflow), Gaussian",
         model_table_overflow_gaussian(moments.mean_entries, moments.variance, (double)room).value},
        {"p_overflow_chernoff_frac", "P(overflow), Chernoff's bound",
         model_tail_chernoff(n, p, room).value},
        {"p_overflow_bahadur_rao_frac", "P(overflow), Bahadur and Rao",
         expansion.status == MODEL_OK ? expansion.value : NAN},
        {"p_overflow_exact_frac", "P(overflow), exact", exact.value},
        {"p_overflow_sampled_frac", "P(overflow), sampled", sampled.value},
        {"p_overflow_sampled_ci_frac", "  95 %, plus or minus", sampled.abserr},
    };

    free(p);
    return model_print(rows, COUNT(rows), q->json);
}

int model_cmd_tail(int argc, char *const argv[])
{
    struct tail_question q = {.campus = model_campus_defaults(), .tcam = 8192, .runs = 500};

    q.campus.hosts = 109475; /* The largest campus under fixed time-outs. */
    q.campus.hold_s = 361.1;
    const struct opt opts[] = {
        MODEL_CAMPUS_OPTS(&q.campus),
        MODEL_HOLD_OPTS(&q.campus),
        {"tcam", OPT_REAL, &q.tcam, 0, 1e12, .value = "K", .help = "entries that the table holds"},
        {"runs", OPT_COUNT, &q.runs, 2, 1e6, .value = "R",
         .help = "samples of the estimate by importance sampling"},
        {"seed", OPT_COUNT, &q.seed, 0, 1e15, .value = "N", .help = "seed of these samples"},
        {"json", OPT_FLAG, &q.json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model tail",
        .synopsis = "",
        .summary = "How likely a switch of a campus wants more entries than its table holds: the "
                   "Gaussian\nbounds, Chernoff's bound, the expansion of Bahadur and Rao, the "
                   "exact value, and an\nestimate by importance sampling. Good to 1e-300.",
        .opts = opts,
        .n_opts = COUNT(opts),
    };
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, NULL, &n_args);

    return parsed == ARGS_OK ? answer_tail(&q) : model_exit_of(parsed);
}

/* --- popularity --------------------------------------------------------------------------------- */

static double sum_of(const double x[], size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum;
}

static int answer_popularity(const struct model_campus *c, bool json)
{
    struct popularity popularity;
    enum model_status status = model_campus_popularity(c, &popularity);
    double *rates, all;
    size_t fifth = (size_t)c->hosts / 5;

    if (status != MODEL_OK) {
        return model_no_result("tambo model popularity", status);
    }
    rates = xcalloc(c->hosts, sizeof *rates);
    model_popularity_rates(&popularity, c->hosts, rates);
    all = sum_of(rates, c->hosts);
    const struct model_row rows[] = {
        {"mean_sessions", "mean sessions of a destination",
         model_popularity_mean_sessions(&popularity).value},
        {"top_fifth_frac", "share of the most popular fifth", sum_of(rates, fifth) / all},
        {"highest_per_s", "most popular, sessions of a host (/s)", rates[0]},
    };

    free(rates);
    return model_print(rows, COUNT(rows), json);
}

int model_cmd_popularity(int argc, char *const argv[])
{
    struct model_campus campus = model_campus_defaults();
    bool json = false;
    const struct opt opts[] = {
        MODEL_CAMPUS_OPTS(&campus),
        {"json", OPT_FLAG, &json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo model popularity",
        .synopsis = "",
        .summary = "How many simultaneous sessions destinations of a campus have on average, when "
                   "the law is\ncut off at all other hosts, and how unequal they are.",
        .opts = opts,
        .n_opts = COUNT(opts),
    };
    size_t n_args;
    enum args_status parsed = args_parse(&command, argc, argv, NULL, &n_args);

    return parsed == ARGS_OK ? answer_popularity(&campus, json) : model_exit_of(parsed);
}
