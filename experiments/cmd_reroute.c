/* tambo reroute: links fail under traffic, in a simulated network with the real controller core. */
#include "experiments/commands.h"

#include <inttypes.h>
#include <stdio.h>

#include "experiments/args.h"
#include "experiments/json_out.h"
#include "experiments/links_scenario.h"
#include "experiments/topology.h"
#include "simnet/ctlchan/reroute.h"

struct options {
    const char *topology;
    const char *links_file; /* NULL: none. */
    struct link_rules links;
    uint64_t seed, failures, streams;
    double delay_ms, interval_ms;
    bool failover, json;
};

static enum args_status parse(struct options *o, int argc, char *const argv[])
{
    const struct opt opts[] = {
        {"seed", OPT_COUNT, &o->seed, 0, 9e15, .value = "N", .help = "of all that is random"},
        {"failures", OPT_COUNT, &o->failures, 1, 1e6, .value = "N",
         .help = "links that go down, one after another (50)"},
        {"streams", OPT_COUNT, &o->streams, 1, REROUTE_MAX_STREAMS, .value = "N",
         .help = "of datagrams, between hosts (20)"},
        {"interval-ms", OPT_REAL, &o->interval_ms, 1e-3, 10, .value = "T",
         .help = "between two datagrams of a stream (0.1)"},
        {"delay-ms", OPT_REAL, &o->delay_ms, 0, 1000, .value = "T",
         .help = "of the control channel, each way (0.05)"},
        {"fast-failover", OPT_FLAG, &o->failover,
         .help = "protect entries by fast-failover groups"},
        {"links", OPT_TEXT, &o->links_file, .value = "FILE",
         .help = "what links are like, the section \"links\" of a scenario"},
        {"json", OPT_FLAG, &o->json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo reroute",
        .synopsis = "FILE|GENERATOR",
        .summary = "Simulates a network at packet level with the real controller core: streams run\n"
                   "between hosts, links that they use go down and come back. Tells for how long the\n"
                   "streams were interrupted, and what was lost of others. The network is a DOT file or\n"
                   "a generator as in tambo topo.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .min_args = 1,
        .max_args = 1,
    };
    size_t n_args;

    return args_parse(&command, argc, argv, &o->topology, &n_args);
}

static double ms(int64_t ns)
{
    return (double)ns / 1e6;
}

static void print_json(const struct reroute *reroute, const struct options *options,
                       const struct reroute_result *r)
{
    json_t *o = json_object(), *gap = json_object();
    char trace[17];

    snprintf(trace, sizeof trace, "%016" PRIx64, r->trace_hash);
    json_put(o, "failures", json_integer((json_int_t)r->n_failures));
    json_put(o, "hit", json_integer((json_int_t)r->n_hit));
    json_put(o, "unbroken", json_integer((json_int_t)r->n_unbroken));
    json_put(o, "cut_off", json_integer((json_int_t)r->n_cut_off));
    json_put(gap, "p50", json_number(ms(hist_quantile(r->gap_ns, 0.5))));
    json_put(gap, "p99", json_number(ms(hist_quantile(r->gap_ns, 0.99))));
    json_put(gap, "max", json_number(ms(r->gap_ns->max)));
    json_put(o, "interruption_ms", gap);
    json_put(o, "sent", json_integer((json_int_t)r->n_sent));
    json_put(o, "lost_hit", json_integer((json_int_t)r->n_hit_lost));
    json_put(o, "lost_others", json_integer((json_int_t)r->n_spared_lost));
    json_put(o, "lost_back", json_integer((json_int_t)r->n_back_lost));
    json_put(o, "flow_mods", json_integer((json_int_t)r->n_flow_mods));
    json_put(o, "group_mods", json_integer((json_int_t)r->n_group_mods));
    links_totals_put(o, &options->links, reroute_world(reroute));
    json_put(o, "trace_hash", json_string(trace));
    json_print(o);
}

static void print_text(const struct reroute *reroute, const struct options *options,
                       const struct reroute_result *r)
{
    (void)reroute;
    (void)options;
    printf("%" PRIu64 " links failed; streams used them %" PRIu64 " times, of which %" PRIu64
           " lost nothing and %" PRIu64 " had no other way\n"
           "interruption: median %.3f ms, 99 %% %.3f, longest %.3f\n"
           "%" PRIu64 " datagrams; lost: %" PRIu64 " of these streams, %" PRIu64 " of others, %" PRIu64
           " when a link was back\n"
           "%" PRIu64 " flow-mods, %" PRIu64 " group-mods\n",
           r->n_failures, r->n_hit, r->n_unbroken, r->n_cut_off,
           ms(hist_quantile(r->gap_ns, 0.5)), ms(hist_quantile(r->gap_ns, 0.99)),
           ms(r->gap_ns->max), r->n_sent, r->n_hit_lost, r->n_spared_lost, r->n_back_lost,
           r->n_flow_mods, r->n_group_mods);
}

static int run(const struct options *o, const struct topo *topo)
{
    struct reroute_params params = reroute_params_default();
    struct reroute_result result;
    struct reroute *r;
    char why[256];

    params.world.seed = o->seed;
    params.channel.delay_ns = ns_from_s(o->delay_ms / 1e3);
    params.clustering.fast_failover = o->failover;
    params.n_failures = (uint32_t)o->failures;
    params.n_streams = (uint32_t)o->streams;
    params.interval_s = o->interval_ms / 1e3;
    r = reroute_new(topo, &params, why, sizeof why);
    if (!r) {
        fprintf(stderr, "tambo reroute: %s: %s\n", o->topology, why);
        return EXIT_BAD_INPUT;
    }
    while (reroute_step(r, 1)) {
    }
    reroute_measure(r, &result);
    (o->json ? print_json : print_text)(r, o, &result);
    reroute_free(r);
    return EXIT_DONE;
}

int cmd_reroute(int argc, char *const argv[])
{
    struct options o = {
        .seed = 1, .failures = 50, .streams = 20, .delay_ms = 0.05, .interval_ms = 0.1};
    enum args_status parsed = parse(&o, argc, argv);
    struct topo topo = TOPO_INIT;
    char why[256];
    int code;

    if (parsed != ARGS_OK) {
        return parsed == ARGS_HELP ? EXIT_DONE : EXIT_BAD_INPUT;
    }
    if ((o.links_file && !links_load(o.links_file, &o.links, stderr)) ||
        !topology_load(o.topology, &topo, stderr)) {
        return EXIT_BAD_INPUT;
    }
    if (topo_check(&topo, why, sizeof why) != ERR_OK ||
        !link_rules_apply(&o.links, &topo, why, sizeof why)) {
        fprintf(stderr, "tambo reroute: %s: %s\n", o.topology, why);
        code = EXIT_BAD_INPUT;
    } else {
        code = run(&o, &topo);
    }
    topo_fini(&topo);
    return code;
}
