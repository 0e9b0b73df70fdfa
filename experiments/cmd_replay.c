/* tambo replay: what tambod did, done again. */
#include "experiments/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "controller/base/alloc.h"
#include "experiments/args.h"
#include "experiments/json_out.h"
#include "experiments/replay.h"

static const char *const levels[] = {
#define X(name, text) [name] = text,
    LOG_LEVELS(X)
#undef X
        NULL};

struct replay_options {
    const char *path, *config, *out;
    double until_s;
    bool until_given, json, log;
    int level;
};

static enum args_status parse(struct replay_options *o, int argc, char *const argv[])
{
    const struct opt opts[] = {
        {"config", OPT_TEXT, &o->config, .value = "FILE",
         .help = "this configuration instead of the recorded one"},
        {"until-s", OPT_REAL, &o->until_s, 0, 1e9, .value = "T", .given = &o->until_given,
         .help = "only so far, in seconds after tambod's start"},
        {"out", OPT_TEXT, &o->out, .value = "PCAP", .help = "write what was replayed as a capture"},
        {"log", OPT_CHOICE, &o->level, .choices = levels, .value = "LEVEL", .given = &o->log,
         .help = "the controller's log goes to standard error"},
        {"json", OPT_FLAG, &o->json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo replay",
        .synopsis = "CAPTURE",
        .summary = "Plays what tambod's message tap has captured again, in virtual time, and "
                   "compares every message\nthat the controller sends. Exit 3: they differ.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .min_args = 1,
        .max_args = 1,
    };
    size_t n_args;

    return args_parse(&command, argc, argv, &o->path, &n_args);
}

/* The recorded configuration or the one that was asked for instead. */
static bool read_config(const struct replay_options *o, const struct capture *capture,
                        struct config *config)
{
    return o->config ? config_read(o->config, NULL, config, stderr)
                     : config_parse("recorded configuration", capture->config, capture->config_len,
                                    config, stderr);
}

static void print_switch(const struct replay_result *r)
{
    if (!r->has_conn) {
        return;
    }
    if (r->dpid) {
        printf(", switch " DPID_FMT " at %s", DPID_ARGS(r->dpid), r->peer);
    } else {
        printf(", %s", r->peer);
    }
}

static void print_text(const struct replay_options *o, const struct capture *c,
                       const struct replay_result *r, double took_s)
{
    printf("capture     %s: tambod %s, %" PRIu32 " connections, %" PRIu64 " packets%s\n", o->path,
           c->version, c->n_conns, c->n_packets,
           c->ended         ? ""
           : o->until_given ? ", not all"
                            : ", without an end");
    printf("replayed    %.6f s: %" PRIu64 " messages in, %" PRIu64 " out, %.0f messages/s\n",
           r->recorded_s, r->n_in, r->n_out,
           took_s > 0 ? (double)(r->n_in + r->n_out) / took_s : 0);
    if (r->n_sflow || r->n_rest) {
        printf("with        %" PRIu64 " sFlow datagrams, %" PRIu64 " requests from the north\n",
               r->n_sflow, r->n_rest);
    }
    if (r->same) {
        puts("southbound  the same");
        return;
    }
    printf("southbound  differs after %" PRIu64 " messages at %.9f s", r->n_in + r->n_out, r->at_s);
    print_switch(r);
    printf("\n  recorded  %s\n  replayed  %s\n", r->recorded, r->replayed);
    if (r->byte != SIZE_MAX) {
        printf("  the messages differ from byte %zu on\n", r->byte);
    }
}

static json_t *difference(const struct replay_result *r)
{
    json_t *o;

    if (r->same) {
        return json_null();
    }
    o = json_object();
    json_put(o, "after", json_integer((json_int_t)(r->n_in + r->n_out)));
    json_put(o, "at_s", json_number(r->at_s));
    if (r->has_conn) {
        char dpid[17];

        snprintf(dpid, sizeof dpid, DPID_FMT, DPID_ARGS(r->dpid));
        json_put(o, "peer", json_string(r->peer));
        json_put(o, "dpid", r->dpid ? json_string(dpid) : json_null());
    }
    json_put(o, "recorded", json_string(r->recorded));
    json_put(o, "replayed", json_string(r->replayed));
    if (r->byte != SIZE_MAX) {
        json_put(o, "byte", json_integer((json_int_t)r->byte));
    }
    return o;
}

static void print_json(const struct capture *c, const struct replay_result *r, double took_s)
{
    json_t *o = json_object();

    json_put(o, "same", json_boolean(r->same));
    json_put(o, "version", json_string(c->version));
    json_put(o, "connections", json_integer((json_int_t)r->n_connections));
    json_put(o, "packets", json_integer((json_int_t)c->n_packets));
    json_put(o, "messages_in", json_integer((json_int_t)r->n_in));
    json_put(o, "messages_out", json_integer((json_int_t)r->n_out));
    json_put(o, "sflow_datagrams", json_integer((json_int_t)r->n_sflow));
    json_put(o, "requests", json_integer((json_int_t)r->n_rest));
    json_put(o, "recorded_s", json_number(r->recorded_s));
    json_put(o, "took_s", json_number(took_s));
    json_put(o, "difference", difference(r));
    json_print(o);
}

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int replay(const struct replay_options *o, const struct capture *capture,
                  const struct config *config)
{
    struct replay_params params = {.capture = capture,
                                   .config = config,
                                   .log = o->log,
                                   .level = (enum log_level)o->level,
                                   .out = o->out};
    struct replay_result result;
    char error[512];
    double start_s = now_s();

    if (!replay_run(&params, &result, error, sizeof error)) {
        fprintf(stderr, "tambo replay: %s\n", error);
        return EXIT_FAILED;
    }
    if (o->json) {
        print_json(capture, &result, now_s() - start_s);
    } else {
        print_text(o, capture, &result, now_s() - start_s);
    }
    return result.same ? EXIT_DONE : EXIT_NOT_HELD;
}

int cmd_replay(int argc, char *const argv[])
{
    struct replay_options o = {.level = LOG_INFO};
    struct config *config;
    struct capture capture;
    enum args_status parsed = parse(&o, argc, argv);
    char error[1024];
    int code = EXIT_BAD_INPUT;

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    config = xcalloc(1, sizeof *config);
    if (!capture_read(&capture, o.path, o.until_given ? ns_from_s(o.until_s) : INT64_MAX, error,
                      sizeof error)) {
        fprintf(stderr, "tambo replay: %s\n", error);
    } else if (read_config(&o, &capture, config)) {
        code = replay(&o, &capture, config);
    }
    capture_fini(&capture);
    free(config);
    return code;
}
