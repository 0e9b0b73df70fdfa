/* tambo plan: how large may the network grow, or does this one fit? */
#include "experiments/commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "experiments/args.h"
#include "experiments/json_out.h"
#include "experiments/model_samples.h"
#include "experiments/plan_outlook.h"
#include "models/capacity.h"

struct question {
    struct plan_params params;
    int traffic, hold_law;
    double tcam, reply_ms, hold_s;
    uint64_t ports, hosts;
    bool has_hosts, has_hold, has_growth, has_window, elasticities, json;
    double growth_frac, window_s, drift_frac;
    const char *sessions; /* File of measured sessions, or NULL. */
    struct opt_list mix;
};

static const char *const traffics[] = {"uniform", "pareto", "zipf", NULL};
static const char *const laws[] = {"exponential", "fixed", "per-entry", "threshold", NULL};

static struct question default_question(void)
{
    struct plan_params p = model_plan_defaults();

    return (struct question){.params = p,
                             .traffic = (int)p.traffic,
                             .hold_law = (int)p.hold_law,
                             .tcam = p.tcam_entries,
                             .reply_ms = p.reply_s * 1e3,
                             .ports = p.ports};
}

static enum args_status parse(struct question *q, int argc, char *const argv[])
{
    struct plan_params *p = &q->params;
    const struct opt opts[] = {
        {"traffic", OPT_CHOICE, &q->traffic, .choices = traffics, .value = "LAW",
         .help = "popularity of destinations"},
        {"alpha", OPT_REAL, &p->alpha, 0, 1e6, .value = "A",
         .help = "Pareto shape (above 1) or Zipf exponent"},
        {"mean-sessions", OPT_REAL, &p->mean_sessions, 1e-9, 1e9, .value = "X",
         .help = "mean simultaneous sessions of a destination"},
        {"session-s", OPT_REAL, &p->session_s, 1e-9, 1e9, .value = "S",
         .help = "mean duration of a session"},
        {"ports", OPT_COUNT, &q->ports, 1, 1e6, .value = "S", .help = "hosts of an access switch"},
        {"tcam", OPT_REAL, &q->tcam, 1, 1e12, .value = "K",
         .help = "entries that an access switch holds"},
        {"p-overflow", OPT_REAL, &p->p_overflow_frac, 1e-300, 0.5, .value = "P",
         .help = "accepted probability of a full table"},
        {"controller-per-s", OPT_REAL, &p->controller_per_s, 1e-9, 1e12, .value = "R",
         .help = "packet-ins that the controller serves in a second"},
        {"reply-ms", OPT_REAL, &q->reply_ms, 1e-9, 1e9, .value = "T",
         .help = "longest reply time; sets the controller's queue"},
        {"p-block", OPT_REAL, &p->p_block_frac, 1e-300, 0.999, .value = "P",
         .help = "accepted probability of losing a packet-in"},
        {"hold-law", OPT_CHOICE, &q->hold_law, .choices = laws, .value = "LAW",
         .help = "how long idle entries stay"},
        {"hosts", OPT_COUNT, &q->hosts, 2, 1e9, .value = "N",
         .help = "ask whether N hosts fit, instead of the largest N", .given = &q->has_hosts},
        {"hold-s", OPT_REAL, &q->hold_s, 0, INFINITY, .value = "H",
         .help = "fix the mean holding time, instead of the best one", .given = &q->has_hold},
        {"sessions", OPT_TEXT, &q->sessions, .value = "FILE",
         .help = "measured popularity: mean sessions of a destination, one a line"},
        {"elasticities", OPT_FLAG, &q->elasticities,
         .help = "say instead by how much each parameter changes the largest N"},
        {"growth", OPT_REAL, &q->growth_frac, 1e-9, 100, .value = "G",
         .help = "with --hosts: say how many years they fit, growing by this share a year",
         .given = &q->has_growth},
        {"window-s", OPT_REAL, &q->window_s, 1e-3, 1e9, .value = "W",
         .help = "threshold policy: rates are counted over W seconds, not known",
         .given = &q->has_window},
        {"drift", OPT_REAL, &q->drift_frac, 0, 1, .value = "R",
         .help = "with --window-s: share of the destinations that has changed since"},
        {"mix", OPT_LIST, &q->mix, .value = "S:P:K",
         .help = "a model of switch: share of the hosts, ports, entries; may be repeated"},
        {"json", OPT_FLAG, &q->json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo plan",
        .synopsis = "",
        .summary = "Says how many hosts a campus may have with given switches and a given "
                   "controller,\nand which idle time-out to set; or, with --hosts, whether a "
                   "network fits.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
    };
    size_t n_args;

    return args_parse(&command, argc, argv, NULL, &n_args);
}

static void put_point(json_t *o, const struct plan_params *p, const struct plan_point *at)
{
    json_put(o, "hold_s", json_number(at->hold_s));
    if (p->hold_law == HOLD_THRESHOLD) {
        json_put(o, "permanent_frac", json_number(at->permanent_frac));
        json_put(o, "threshold_per_s", json_number(at->threshold_per_s));
    }
    json_put(o, "occupancy_entries", json_number(at->occupancy_entries));
    json_put(o, "arrivals_per_s", json_number(at->arrivals_per_s));
    json_put(o, "p_overflow_frac", json_number(at->p_overflow_frac));
    json_put(o, "p_block_frac", json_number(at->p_block_frac));
}

/* Hosts as JSON; what has no limit is null. */
static json_t *hosts_number(int64_t n)
{
    return n == MODEL_HOSTS_UNBOUNDED ? json_null() : json_integer(n);
}

static void say_hold(const struct plan_params *p, const struct plan_point *at)
{
    if (p->hold_law == HOLD_THRESHOLD) {
        printf(
            "  holding policy       permanent entries for the %.2f %% most popular destinations\n"
            "                       (more than %.4g sessions/s from one switch), none for the "
            "others\n",
            100 * at->permanent_frac, at->threshold_per_s);
    } else {
        printf("  holding time         %.4g s mean, %s\n", at->hold_s, hold_law_name(p->hold_law));
    }
}

static void say_point(const struct plan_params *p, const struct plan_point *at)
{
    char overflow[32] = "< 1e-300"; /* A bound too small for a double is not zero. */

    if (at->p_overflow_frac > 0) {
        snprintf(overflow, sizeof overflow, "≤ %.3g", at->p_overflow_frac);
    }
    say_hold(p, at);
    printf("  table entries        %.1f of %.0f on average (%.1f %% of what is safe), "
           "P(overflow) %s\n",
           at->occupancy_entries, p->tcam_entries, 100 * at->tcam_load_frac, overflow);
    printf("  packet-ins           %.1f /s of %.0f /s (%.1f %% of what is safe), P(loss) = %.3g\n",
           at->arrivals_per_s, p->controller_per_s, 100 * at->controller_load_frac,
           at->p_block_frac);
}

static void say_hosts(const char *name, int64_t n)
{
    if (n == MODEL_HOSTS_UNBOUNDED) {
        printf("  %-20s no limit below 10⁹ hosts\n", name);
    } else {
        printf("  %-20s %lld hosts\n", name, (long long)n);
    }
}

static void print_largest(const struct question *q, const struct plan_result *r)
{
    if (q->json) {
        json_t *o = json_object();

        json_put(o, "n_max", hosts_number(r->n_max));
        json_put(o, "limited_by", json_string(plan_limit_name(r->limited_by)));
        put_point(o, &q->params, &r->at);
        json_put(o, "n_max_tcam", hosts_number(r->n_max_tcam));
        json_put(o, "n_max_controller", hosts_number(r->n_max_controller));
        json_print(o);
        return;
    }
    printf("The largest network, limited by the %s:\n",
           r->limited_by == PLAN_LIMIT_TCAM ? "switches' tables" : "controller");
    say_hosts("hosts", r->n_max);
    say_point(&q->params, &r->at);
    say_hosts("tables alone", r->n_max_tcam);
    say_hosts("controller alone", r->n_max_controller);
}

static void print_hosts(const struct question *q, const struct plan_hosts *h)
{
    bool threshold = q->params.hold_law == HOLD_THRESHOLD;

    if (q->json) {
        json_t *o = json_object();

        json_put(o, "fits", json_boolean(h->fits));
        json_put(o, "n_hosts", json_integer(h->at.n_hosts));
        json_put(o, "hold_min_s", json_number(h->hold_min_s));
        json_put(o, "hold_max_s", json_number(h->hold_max_s));
        if (threshold) {
            json_put(o, "permanent_min_frac", json_number(h->permanent_min_frac));
            json_put(o, "permanent_max_frac", json_number(h->permanent_max_frac));
        }
        json_put(o, "limited_by", json_string(plan_limit_name(h->limited_by)));
        put_point(o, &q->params, &h->at);
        json_print(o);
        return;
    }
    printf("%lld hosts %s. The %s the tighter limit.\n", (long long)h->at.n_hosts,
           h->fits ? "fit" : "do not fit",
           h->limited_by == PLAN_LIMIT_TCAM ? "switches' tables are" : "controller is");
    if (threshold) {
        printf("  permanent entries    for %.3g %% to %.3g %% of the destinations\n",
               100 * h->permanent_min_frac, 100 * h->permanent_max_frac);
    } else if (h->hold_min_s <= h->hold_max_s) {
        printf("  admissible holding   %.4g s to %.4g s\n", h->hold_min_s, h->hold_max_s);
    } else {
        printf(
            "  admissible holding   none: the controller asks for %.4g s or more, the tables for "
            "%.4g s or less\n",
            h->hold_min_s, h->hold_max_s);
    }
    say_point(&q->params, &h->at);
}

static enum model_status answer(const struct question *q)
{
    enum model_status status;

    if (q->has_hosts) {
        struct plan_hosts h;

        status = q->has_hold
                     ? model_plan_hosts_at_hold(&q->params, (int64_t)q->hosts, q->hold_s, &h)
                     : model_plan_hosts(&q->params, (int64_t)q->hosts, &h);
        if (status == MODEL_OK) {
            print_hosts(q, &h);
        }
    } else {
        struct plan_result r;

        status = q->has_hold ? model_plan_at_hold(&q->params, q->hold_s, &r)
                             : model_plan_best(&q->params, &r);
        if (status == MODEL_OK) {
            print_largest(q, &r);
        }
    }
    return status;
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The popularity that was asked for; false when its file cannot be read. */
static bool read_traffic(struct question *q, struct model_samples *samples)
{
    char error[256];

    q->params.traffic = (enum popularity_kind)q->traffic;
    if (!q->sessions) {
        return true;
    }
    if (!model_samples_read(samples, q->sessions, error, sizeof error)) {
        fprintf(stderr, "tambo plan: %s\n", error);
        return false;
    }
    qsort(samples->values, samples->n, sizeof *samples->values, falling);
    q->params.traffic = POPULARITY_SESSIONS;
    q->params.sessions = samples->values;
    q->params.n_sessions = samples->n;
    return true;
}

/* What cannot be asked together. */
static bool question_is_valid(const struct question *q)
{
    const char *wrong = NULL;

    if (q->params.hold_law == HOLD_THRESHOLD && q->has_hold) {
        wrong = "--hold-s: the threshold policy has no common holding time";
    } else if (q->has_growth && !q->has_hosts) {
        wrong = "--growth: needs --hosts, what there is today";
    } else if (q->mix.n > 0 && (q->has_hosts || q->has_hold || q->elasticities)) {
        wrong = "--mix: goes without --hosts, --hold-s and --elasticities";
    }
    if (!wrong && q->has_window && (q->params.hold_law != HOLD_THRESHOLD || q->has_hosts)) {
        wrong = "--window-s: goes with --hold-law threshold and without --hosts";
    }
    if (!wrong && q->traffic == POPULARITY_PARETO && !(q->params.alpha > 1)) {
        wrong = "--alpha: Pareto's law has a mean only for a shape above 1; Zipf's exponent may be "
                "any, with --traffic zipf";
    }
    if (wrong) {
        fprintf(stderr, "tambo plan: %s\n", wrong);
    }
    return !wrong;
}

static int answer_or_complain(const struct question *q)
{
    enum model_status status;

    if (q->mix.n > 0) {
        return plan_print_mix(&q->params, &q->mix, q->json);
    }
    if (q->elasticities) {
        return plan_print_elasticities(&q->params, q->json);
    }
    if (q->has_window) {
        return plan_print_estimated(&q->params, q->window_s, q->drift_frac, q->json);
    }
    if (q->has_growth) {
        return plan_print_growth(&q->params, (double)q->hosts, q->growth_frac, q->json);
    }
    status = answer(q);
    if (status == MODEL_DOMAIN) {
        fputs("tambo plan: these values do not make a network: every destination must have fewer "
              "sessions than there are other hosts, and the controller must be able to answer one "
              "packet-in within --reply-ms\n",
              stderr);
        return EXIT_BAD_INPUT;
    }
    if (status != MODEL_OK) {
        fprintf(stderr, "tambo plan: no result: %s\n", model_status_name(status));
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

int cmd_plan(int argc, char *const argv[])
{
    struct question q = default_question();
    struct model_samples samples = {0};
    enum args_status parsed = parse(&q, argc, argv);
    int code = EXIT_BAD_INPUT;

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    q.params.hold_law = (enum hold_law)q.hold_law;
    q.params.ports = (uint32_t)q.ports;
    q.params.tcam_entries = q.tcam;
    q.params.reply_s = q.reply_ms * 1e-3;
    if (question_is_valid(&q) && read_traffic(&q, &samples)) {
        code = answer_or_complain(&q);
    }
    model_samples_fini(&samples);
    return code;
}
