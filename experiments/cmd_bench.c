/* tambo bench: load an OpenFlow controller and measure its answers. */
#include "experiments/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/base/alloc.h"
#include "controller/openflow/of_types.h"
#include "experiments/address.h"
#include "experiments/args.h"
#include "experiments/json_out.h"
#include "simnet/bridge/bench.h"

static const char *const versions[] = {"1.0", "1.3", "1.4", "1.5", NULL};
static const uint8_t version_of[] = {OF_VERSION_1_0, OF_VERSION_1_3, OF_VERSION_1_4,
                                     OF_VERSION_1_5};
static const char *const modes[] = {"throughput", "latency", NULL};

struct bench_options {
    struct bench_params params;
    const char *controller;
    struct address address;
    int version, mode;
    uint64_t n_switches, hosts, window, n_floods;
    bool json;
};

static enum args_status parse(struct bench_options *o, int argc, char *const argv[])
{
    const struct opt opts[] = {
        {"controller", OPT_TEXT, &o->controller, .value = "tcp:HOST:PORT",
         .help = "the controller's address; tls:HOST:PORT with the next three"},
        {"ca", OPT_TEXT, &o->params.ca, .value = "FILE",
         .help = "TLS: the authority that the controller's certificate comes from"},
        {"certificate", OPT_TEXT, &o->params.certificate, .value = "FILE",
         .help = "TLS: what the switches show"},
        {"key", OPT_TEXT, &o->params.key, .value = "FILE", .help = "TLS: its key"},
        {"version", OPT_CHOICE, &o->version, .choices = versions, .value = "V",
         .help = "OpenFlow version"},
        {"mode", OPT_CHOICE, &o->mode, .choices = modes, .value = "MODE",
         .help = "many packet-ins under way, or one per switch"},
        {"switches", OPT_COUNT, &o->n_switches, 1, 65535, .value = "N", .help = "switches"},
        {"hosts-per-switch", OPT_COUNT, &o->hosts, 2, 65534, .value = "M", .help = "hosts of each"},
        {"window", OPT_COUNT, &o->window, 1, BENCH_MAX_WINDOW, .value = "W",
         .help = "packet-ins under way on each switch, throughput mode"},
        {"flood", OPT_COUNT, &o->n_floods, 0, 65534, .value = "N",
         .help = "of the switches, how many send at full speed and wait for nothing"},
        {"seconds", OPT_REAL, &o->params.seconds, 0.01, BENCH_MAX_SECONDS, .value = "T",
         .help = "length of the measurement"},
        {"warmup-s", OPT_REAL, &o->params.warmup_s, 0, 3600, .value = "W",
         .help = "load before it"},
        {"settle-s", OPT_REAL, &o->params.settle_s, 0, 3600, .value = "S",
         .help = "silence after the handshake"},
        {"rate-per-s", OPT_REAL, &o->params.rate_per_s, 0, 1e9, .value = "R",
         .help = "packet-ins a second over all switches, 0: as fast as answers come"},
        {"sleep", OPT_FLAG, &o->params.sleeps,
         .help = "sleep, do not poll, when nothing has come under load"},
        {"json", OPT_FLAG, &o->json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo bench",
        .synopsis = "",
        .summary = "Connects simulated switches to any OpenFlow controller, sends packet-ins and "
                   "measures how\nmany are answered and how soon.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
    };
    size_t n_args;

    return args_parse(&command, argc, argv, NULL, &n_args);
}

/* Files belong to TLS, and TLS needs all of them. */
static bool files_ok(const struct bench_options *o)
{
    const struct bench_params *p = &o->params;

    if (o->address.tls && (!p->ca || !p->certificate || !p->key)) {
        fprintf(stderr, "tambo bench: --controller \"%s\" needs --ca, --certificate and --key\n",
                o->controller);
        return false;
    }
    if (!o->address.tls && (p->ca || p->certificate || p->key)) {
        fprintf(stderr,
                "tambo bench: --ca, --certificate and --key go with --controller tls:HOST:PORT\n");
        return false;
    }
    return true;
}

/* Somebody has to be measured beside the flood. */
static bool floods_ok(const struct bench_options *o)
{
    if (o->n_floods >= o->n_switches) {
        fprintf(stderr,
                "tambo bench: --flood \"%llu\": expected fewer than the %llu switches (--switches), of "
                "which the others are measured\n",
                (unsigned long long)o->n_floods, (unsigned long long)o->n_switches);
        return false;
    }
    return true;
}

static void show_progress(void *aux, const char *phase, double per_s)
{
    (void)aux;
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    if (per_s > 0) {
        fprintf(stderr, "\r\033[K%s: %.0f answers/s", phase, per_s);
    } else {
        fprintf(stderr, "\r\033[K%s", phase);
    }
}

static double us(const struct hist *h, double q)
{
    return (double)hist_quantile(h, q) / 1e3;
}

static void print_json(const struct bench_result *r)
{
    json_t *o = json_object(), *latency = json_object(), *echo = json_object();

    json_put(latency, "p50", json_number(us(&r->latency_ns, 0.5)));
    json_put(latency, "p90", json_number(us(&r->latency_ns, 0.9)));
    json_put(latency, "p99", json_number(us(&r->latency_ns, 0.99)));
    json_put(latency, "p999", json_number(us(&r->latency_ns, 0.999)));
    json_put(latency, "max", json_number((double)r->latency_ns.max / 1e3));
    json_put(o, "responses_per_s", json_number(r->responses_per_s));
    json_put(o, "min", json_number(r->min));
    json_put(o, "max", json_number(r->max));
    json_put(o, "latency_us", latency);
    json_put(o, "lost", json_integer((json_int_t)r->n_lost));
    json_put(o, "sent", json_integer((json_int_t)r->n_sent));
    json_put(o, "answered", json_integer((json_int_t)r->n_answered));
    json_put(o, "flow_mods", json_integer((json_int_t)r->n_flow_mods));
    json_put(o, "packet_outs", json_integer((json_int_t)r->n_packet_outs));
    json_put(o, "flooded", json_integer((json_int_t)r->n_flooded));
    json_put(echo, "sent", json_integer((json_int_t)r->n_echoes));
    json_put(echo, "timeouts", json_integer((json_int_t)r->n_echo_timeouts));
    json_put(echo, "max_us", json_number((double)r->echo_ns.max / 1e3));
    json_put(o, "echo", echo);
    json_print(o);
}

static void print_text(const struct bench_result *r)
{
    printf("answers        %.0f /s (seconds from %.0f to %.0f)\n"
           "latency        p50 %.1f µs, p90 %.1f µs, p99 %.1f µs, p99.9 %.1f µs, max %.1f µs\n"
           "packet-ins     %llu sent, %llu answered in time, %llu never\n"
           "echoes         %llu asked for, %llu not answered in a second, max %.1f µs\n",
           r->responses_per_s, r->min, r->max, us(&r->latency_ns, 0.5), us(&r->latency_ns, 0.9),
           us(&r->latency_ns, 0.99), us(&r->latency_ns, 0.999), (double)r->latency_ns.max / 1e3,
           (unsigned long long)r->n_sent, (unsigned long long)r->n_answered,
           (unsigned long long)r->n_lost, (unsigned long long)r->n_echoes,
           (unsigned long long)r->n_echo_timeouts, (double)r->echo_ns.max / 1e3);
    if (r->n_flooded) {
        printf("flood          %llu packet-ins beside them\n", (unsigned long long)r->n_flooded);
    }
}

int cmd_bench(int argc, char *const argv[])
{
    struct bench_options o = {.params = bench_defaults(), .controller = "tcp:127.0.0.1:6653"};
    struct bench_result *result;
    enum args_status parsed;
    char error[256];
    enum err err;

    o.version = 1;
    o.n_switches = o.params.n_switches;
    o.hosts = o.params.hosts_per_switch;
    o.window = o.params.window;
    parsed = parse(&o, argc, argv);
    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    if (!address_split(&o.address, o.controller)) {
        fprintf(stderr, "tambo bench: --controller \"%s\": expected %s\n", o.controller,
                address_form);
        return EXIT_BAD_INPUT;
    }
    o.params.host = o.address.host;
    o.params.port = o.address.port;
    if (!files_ok(&o) || !floods_ok(&o)) {
        return EXIT_BAD_INPUT;
    }
    o.params.version = version_of[o.version];
    o.params.mode = o.mode ? BENCH_LATENCY : BENCH_THROUGHPUT;
    o.params.n_switches = (unsigned)o.n_switches;
    o.params.hosts_per_switch = (unsigned)o.hosts;
    o.params.window = (unsigned)o.window;
    o.params.n_floods = (unsigned)o.n_floods;
    o.params.progress = show_progress;

    result = xcalloc(1, sizeof *result);
    err = bench_run(&o.params, result, error, sizeof error);
    if (isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
    }
    if (err == ERR_OK) {
        (o.json ? print_json : print_text)(result);
    } else {
        fprintf(stderr, "tambo bench: %s\n", error);
    }
    free(result);
    return err == ERR_OK ? EXIT_DONE : err == ERR_SYNTAX ? EXIT_BAD_INPUT : EXIT_FAILED;
}
