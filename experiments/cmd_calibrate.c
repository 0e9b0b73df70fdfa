/* tambo calibrate: the parameters of a network from its control channel. */
#include "experiments/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/args.h"
#include "experiments/calibrate.h"
#include "experiments/json_out.h"

struct calibrate_options {
    const char *path, *out;
    uint64_t port;
    bool json, empirical;
};

static enum args_status parse(struct calibrate_options *o, int argc, char *const argv[])
{
    const struct opt opts[] = {
        {"port", OPT_COUNT, &o->port, 1, 65535, .value = "P", .help = "TCP port of the controller"},
        {"out", OPT_TEXT, &o->out, .value = "FILE", .help = "write a scenario for tambo sim there"},
        {"empirical", OPT_FLAG, &o->empirical,
         .help = "in the scenario: the measured rate of each destination instead of a law"},
        {"json", OPT_FLAG, &o->json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo calibrate",
        .synopsis = "CAPTURE",
        .summary = "Fits popularity, sessions and service times to what a control channel has "
                   "carried: a capture of\ntambod's message tap, of tambo sim --capture, or of any "
                   "capture beside a controller.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .min_args = 1,
        .max_args = 1,
    };
    size_t n_args;

    return args_parse(&command, argc, argv, &o->path, &n_args);
}

static const char *const services[] = {"unknown", "exponential", "deterministic", "empirical"};

/* --- Scenario --------------------------------------------------------------------------------------- */

/* At most 500 of them, evenly over their order. */
static json_t *service_samples(const struct calibration *c)
{
    json_t *list = json_array();
    size_t n = c->n_service < 500 ? c->n_service : 500;

    for (size_t i = 0; i < n; i++) {
        double s = c->service_s[(2 * i + 1) * c->n_service / (2 * n)];

        json_array_append_new(list, json_number(s));
    }
    return list;
}

static json_t *controller_of(const struct calibration *c)
{
    json_t *o = json_pack("{s:i}", "hold_s", (int)c->hold_s);

    if (c->service == SERVICE_IS_OTHER) {
        json_put(o, "law", json_string("empirical"));
        json_put(o, "samples_s", service_samples(c));
    } else if (c->service != SERVICE_UNKNOWN) {
        json_put(o, "law", json_string(services[c->service]));
        json_put(o, "rate_per_s", json_number(c->service_per_s.value));
    }
    return o;
}

/* The rates of the hosts of the scenario, of which there may be a few more or fewer than were seen. */
static json_t *measured_rates(const struct calibration *c)
{
    json_t *list = json_array();
    uint32_t n = c->n_edge * c->hosts_per_edge;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = (uint32_t)((uint64_t)i * c->n_hosts / n);

        json_array_append_new(list, json_number(c->rates_per_s[at]));
    }
    return list;
}

static json_t *traffic_of(const struct calibration *c, bool empirical)
{
    const struct popularity_fit *best = &c->fits[c->best];
    json_t *o = json_pack("{s:f}", "session_s", c->session_s.value);

    if (empirical) {
        json_put(o, "popularity", json_string("empirical"));
        json_put(o, "rates_per_s", measured_rates(c));
        return o;
    }
    json_put(o, "popularity", json_string(popularity_kind_name(best->kind)));
    json_put(o, "mean_sessions", json_number(best->mean_sessions.value));
    if (best->kind != POPULARITY_UNIFORM) {
        json_put(o, "alpha", json_number(best->alpha.value));
    }
    return o;
}

static json_t *scenario_of(const struct calibration *c, bool empirical)
{
    uint32_t n_core = c->n_switches > c->n_edge ? c->n_switches - c->n_edge : c->n_edge > 1;

    return json_pack("{s:s, s:{s:I, s:I, s:I}, s:o, s:o, s:{s:f, s:f}}", "name", "calibrated",
                     "topology", "access", (json_int_t)c->n_edge, "core", (json_int_t)n_core,
                     "hosts", (json_int_t)c->hosts_per_edge, "controller", controller_of(c),
                     "traffic", traffic_of(c, empirical), "measure", "warmup_s", 5 * c->hold_s,
                     "duration_s", fmax(600, c->span_s));
}

static bool write_scenario(const struct calibrate_options *o, const struct calibration *c)
{
    json_t *scenario = scenario_of(c, o->empirical);
    bool ok = json_dump_file(scenario, o->out, JSON_INDENT(2)) == 0;

    if (!ok) {
        fprintf(stderr, "tambo calibrate: %s: %s\n", o->out, strerror(errno));
    }
    json_decref(scenario);
    return ok;
}

/* --- Plan --------------------------------------------------------------------------------------------- */

#define MAX_PLAN_ARGS 20

struct plan_question {
    char texts[MAX_PLAN_ARGS][32];
    char *argv[MAX_PLAN_ARGS + 1];
    int argc;
};

static void ask(struct plan_question *q, const char *option, double value)
{
    snprintf(q->texts[q->argc], sizeof q->texts[0], "%s", option);
    q->argv[q->argc] = q->texts[q->argc];
    q->argc++;
    snprintf(q->texts[q->argc], sizeof q->texts[0], "%.6g", value);
    q->argv[q->argc] = q->texts[q->argc];
    q->argc++;
}

/* The plan knows uniform and Pareto popularity; for a Zipf law it is asked with the better of the two. */
static struct plan_question question_of(const struct calibration *c)
{
    const struct popularity_fit *f =
        &c->fits[c->fits[1].fitted && c->fits[1].aic < c->fits[0].aic ? 1 : 0];
    struct plan_question q = {.argc = 1};

    snprintf(q.texts[0], sizeof q.texts[0], "plan");
    snprintf(q.texts[1], sizeof q.texts[1], "--traffic");
    snprintf(q.texts[2], sizeof q.texts[2], "%s", popularity_kind_name(f->kind));
    q.argc = 3;
    ask(&q, "--mean-sessions", f->mean_sessions.value);
    ask(&q, "--session-s", c->session_s.value);
    ask(&q, "--ports", c->hosts_per_edge);
    if (f->kind == POPULARITY_PARETO) {
        ask(&q, "--alpha", f->alpha.value);
    }
    if (c->service != SERVICE_UNKNOWN) {
        ask(&q, "--controller-per-s", c->service_per_s.value);
        ask(&q, "--reply-ms", fmax(1, 10e3 / c->service_per_s.value)); /* Ten services. */
    }
    return q;
}

static void plan(const struct calibration *c)
{
    struct plan_question q = question_of(c);

    for (int i = 0; i < 3; i++) {
        q.argv[i] = q.texts[i];
    }
    printf("\ntambo");
    for (int i = 0; i < q.argc; i++) {
        q.argv[i] = q.texts[i];
        printf(" %s", q.argv[i]);
    }
    printf("\n\n");
    fflush(stdout);
    cmd_plan(q.argc, q.argv);
}

/* --- Printing ----------------------------------------------------------------------------------------- */

static json_t *estimate_to_json(const struct estimate *e)
{
    return json_pack("{s:o, s:o, s:o}", "value", json_number(e->value), "low", json_number(e->low),
                     "high", json_number(e->high));
}

static json_t *fit_to_json(const struct popularity_fit *f)
{
    json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o}", "law", popularity_kind_name(f->kind),
                          "mean_sessions", estimate_to_json(&f->mean_sessions), "log_likelihood",
                          json_number(f->log_likelihood), "aic", json_number(f->aic), "p_frac",
                          json_number(f->p_frac));

    if (f->kind != POPULARITY_UNIFORM) {
        json_put(o, "alpha", estimate_to_json(&f->alpha));
    }
    return o;
}

static void print_json(const struct calibrate_options *o, const struct calibration *c)
{
    json_t *out = json_pack(
        "{s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:f}", "switches", (json_int_t)c->n_switches,
        "edge_switches", (json_int_t)c->n_edge, "hosts", (json_int_t)c->n_hosts, "hosts_per_edge",
        (json_int_t)c->hosts_per_edge, "span_s", c->span_s, "packet_ins",
        (json_int_t)c->n_packet_ins, "misses", (json_int_t)c->n_misses, "lives",
        (json_int_t)c->n_lives, "undecoded", (json_int_t)c->n_undecoded, "hold_s", c->hold_s);
    json_t *fits = json_array();

    json_put(out, "rate_per_s", estimate_to_json(&c->rate_per_s));
    json_put(out, "session_s", estimate_to_json(&c->session_s));
    for (size_t i = 0; i < CALIBRATE_LAWS; i++) {
        if (c->fits[i].fitted) {
            json_array_append_new(fits, fit_to_json(&c->fits[i]));
        }
    }
    json_put(out, "popularity", fits);
    json_put(out, "best_law", json_string(popularity_kind_name(c->fits[c->best].kind)));
    json_put(out, "service_law", json_string(services[c->service]));
    json_put(out, "services", json_integer((json_int_t)c->n_service));
    if (c->service != SERVICE_UNKNOWN) {
        json_put(out, "service_per_s", estimate_to_json(&c->service_per_s));
        json_put(out, "service_exponential_p_frac", json_number(c->service_p_frac));
    }
    json_put(out, "scenario", scenario_of(c, o->empirical));
    json_print(out);
}

static void print_estimate(const char *label, const struct estimate *e)
{
    printf("%-34s %12.6g   %.6g to %.6g\n", label, e->value, e->low, e->high);
}

static void print_text(const struct calibration *c)
{
    printf("%-34s %12" PRIu32 ", %" PRIu32 " with hosts\n%-34s %12" PRIu32 "\n%-34s %12.1f\n"
           "%-34s %12" PRIu64 ", %" PRIu64 " misses\n%-34s %12.0f\n\n%-34s %12s   95 %% interval\n",
           "switches", c->n_switches, c->n_edge, "hosts", c->n_hosts, "measured (s)", c->span_s,
           "packet-ins", c->n_packet_ins, c->n_misses, "idle time-out (s)", c->hold_s, "", "");
    print_estimate("calls of a destination by a host (/s)", &c->rate_per_s);
    print_estimate("mean session (s)", &c->session_s);
    if (c->service == SERVICE_UNKNOWN) {
        printf("%-34s %12s   answers carry the instant of their packet-in, or are too few\n",
               "controller serves", "not known");
    } else {
        print_estimate("controller serves (/s)", &c->service_per_s);
        printf("%-34s %12s   p of an exponential law %.3f\n", "  law of service times",
               services[c->service], c->service_p_frac);
    }
    printf("\n%-12s %14s %22s %10s %18s %10s %8s\n", "popularity", "mean sessions", "", "alpha", "",
           "AIC", "fit p");
    for (size_t i = 0; i < CALIBRATE_LAWS; i++) {
        const struct popularity_fit *f = &c->fits[i];

        if (f->fitted) {
            printf("%-12s %14.5g %10.5g to %8.5g %10.4g %8.4g to %6.4g %10.1f %8.3f%s\n",
                   popularity_kind_name(f->kind), f->mean_sessions.value, f->mean_sessions.low,
                   f->mean_sessions.high, f->alpha.value, f->alpha.low, f->alpha.high, f->aic,
                   f->p_frac, i == c->best ? "  <- least AIC" : "");
        }
    }
}

int cmd_calibrate(int argc, char *const argv[])
{
    struct calibrate_options o = {.port = 6653};
    struct calibration c;
    char error[512];
    enum args_status parsed = parse(&o, argc, argv);
    int code = EXIT_DONE;

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    if (!calibrate(o.path, (uint16_t)o.port, &c, error, sizeof error)) {
        fprintf(stderr, "tambo calibrate: %s\n", error);
        code = EXIT_BAD_INPUT;
    } else if (o.out && !write_scenario(&o, &c)) {
        code = EXIT_FAILED;
    } else if (o.json) {
        print_json(&o, &c);
    } else {
        print_text(&c);
        plan(&c);
    }
    calibration_fini(&c);
    return code;
}
