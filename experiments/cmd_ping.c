/* tambo ping: every host pings every other, in a simulated network with the real controller core. */
#include "experiments/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "experiments/args.h"
#include "experiments/hardware_scenario.h"
#include "experiments/json_out.h"
#include "experiments/links_scenario.h"
#include "experiments/topology.h"
#include "simnet/ctlchan/ping_flood.h"

struct options {
    const char *topology;
    const char *links_file; /* NULL: none. */
    struct link_rules links;
    uint64_t seed, max_pings, tcam;
    const char *preset; /* NULL: none. */
    bool has_tcam;
    double pings_per_s;
    bool json;
};

static const char *const layer_names[PING_MAX_LAYERS] = {"core", "distribution", "access", "other"};

static enum args_status parse(struct options *o, int argc, char *const argv[])
{
    const struct opt opts[] = {
        {"seed", OPT_COUNT, &o->seed, 0, 9e15, .value = "N", .help = "of all that is random"},
        {"per-s", OPT_REAL, &o->pings_per_s, 1e-3, 1e9, .value = "R",
         .help = "pings a second, all hosts together (5000)"},
        {"most", OPT_COUNT, &o->max_pings, 0, 1e12, .value = "N",
         .help = "only so many pairs (0: all)"},
        {"tcam", OPT_COUNT, &o->tcam, 1, 1e7, .value = "N", .help = "entries of a switch (8192)",
         .given = &o->has_tcam},
        {"preset", OPT_TEXT, &o->preset, .value = "SWITCH",
         .help = "hardware as pica8-p3297, pica8-p3922, hp-5406zl or bofuss"},
        {"links", OPT_TEXT, &o->links_file, .value = "FILE",
         .help = "what links are like, the section \"links\" of a scenario"},
        {"json", OPT_FLAG, &o->json, .help = "print one JSON object"},
    };
    const struct command command = {
        .name = "tambo ping",
        .synopsis = "FILE|GENERATOR",
        .summary =
            "Simulates a network at packet level with the real controller core: hosts announce\n"
            "themselves, then every host pings every other. Tells what arrived, how long it took,\n"
            "which share of the frames was ARP, and what is in the tables. The network is a DOT\n"
            "file or a generator as in tambo topo; layered has 124 switches and 500 hosts.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .min_args = 1,
        .max_args = 1,
    };
    size_t n_args;

    return args_parse(&command, argc, argv, &o->topology, &n_args);
}

static double wall_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static long peak_rss_bytes(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * 1024 : 0;
}

/* The time that the simulation took. */
static double run(struct ping_flood *f)
{
    double began = wall_now(), end_s = ping_flood_end_s(f);
    bool tell = isatty(STDERR_FILENO);

    while (ping_flood_step(f, 0.5)) {
        if (tell) {
            double wall = wall_now() - began, now = ping_flood_now_s(f);

            fprintf(stderr, "\r\033[K%.1f of %.1f simulated seconds, %.0f s left", now, end_s,
                    now > 0 ? wall * (end_s - now) / now : 0);
        }
    }
    fputs(tell ? "\r\033[K" : "", stderr);
    return wall_now() - began;
}

/* --- Output ----------------------------------------------------------------------------------- */

static const char *owner_name(size_t m)
{
    return m < APP_N_MODULES ? app_modules[m]->name : "core";
}

static double frac(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static json_t *layer_to_json(const struct ping_layer *l)
{
    json_t *o = json_object(), *entries = json_object();
    uint64_t frames = l->n_rx - l->n_rx_lldp;

    for (size_t m = 0; m <= APP_N_MODULES; m++) {
        if (l->mean_entries[m] > 0) {
            json_put(entries, owner_name(m), json_number(l->mean_entries[m]));
        }
    }
    json_put(o, "switches", json_integer(l->n_switches));
    json_put(o, "mean_entries", entries);
    json_put(o, "max_entries", json_integer(l->max_entries));
    json_put(o, "frames", json_integer((json_int_t)frames));
    json_put(o, "arp_frac", json_number(frac(l->n_rx_arp, frames)));
    json_put(o, "broadcast_frac", json_number(frac(l->n_rx_broadcast, frames)));
    return o;
}

static void print_json(const struct ping_flood *f, const struct options *options,
                       const struct swtch_hardware *hw, const struct ping_result *r, double wall_s)
{
    json_t *o = json_object(), *rtt = json_object(), *layers = json_object();
    char trace[17];

    snprintf(trace, sizeof trace, "%016" PRIx64, r->trace_hash);
    json_put(o, "pings", json_integer((json_int_t)r->n_pings));
    json_put(o, "answered", json_integer((json_int_t)r->n_answered));
    json_put(rtt, "mean", json_number(hist_mean(r->rtt_ns) / 1e3));
    json_put(rtt, "p50", json_number((double)hist_quantile(r->rtt_ns, 0.5) / 1e3));
    json_put(rtt, "p99", json_number((double)hist_quantile(r->rtt_ns, 0.99) / 1e3));
    json_put(rtt, "max", json_number((double)r->rtt_ns->max / 1e3));
    json_put(o, "rtt_us", rtt);
    json_put(o, "packet_ins", json_integer((json_int_t)r->n_packet_ins));
    json_put(o, "packet_outs", json_integer((json_int_t)r->n_packet_outs));
    json_put(o, "flow_mods", json_integer((json_int_t)r->n_flow_mods));
    for (unsigned l = 0; l < PING_MAX_LAYERS; l++) {
        if (r->layers[l].n_switches) {
            json_put(layers, layer_names[l], layer_to_json(&r->layers[l]));
        }
    }
    json_put(o, "layers", layers);
    links_totals_put(o, &options->links, ping_flood_world(f));
    hardware_totals_put(o, hw, &r->hardware);
    json_put(o, "trace_hash", json_string(trace));
    json_put(o, "sim_s", json_number(ping_flood_now_s(f)));
    json_put(o, "wall_s", json_number(wall_s));
    json_put(o, "events", json_integer((json_int_t)r->n_events));
    json_put(o, "peak_rss_bytes", json_integer(peak_rss_bytes()));
    json_print(o);
}

static void print_layer(const char *name, const struct ping_layer *l)
{
    uint64_t frames = l->n_rx - l->n_rx_lldp;

    printf("\n%s: %u switches, at most %u entries in one\n"
           "  frames %" PRIu64 ", of them ARP %.2f %%, broadcast %.2f %%\n",
           name, l->n_switches, l->max_entries, frames, 100 * frac(l->n_rx_arp, frames),
           100 * frac(l->n_rx_broadcast, frames));
    for (size_t m = 0; m <= APP_N_MODULES; m++) {
        if (l->mean_entries[m] > 0) {
            printf("  %-20s %10.2f entries on average\n", owner_name(m), l->mean_entries[m]);
        }
    }
}

static void print_links(const char *name, const struct world_links *l)
{
    const struct wire_stats *s = &l->sum;

    printf("%s: %" PRIu64 " frames, waited %.2f µs on average; dropped: %" PRIu64
           " found a full queue, %" PRIu64 " lost\n",
           name, s->n_sent, s->n_sent ? (double)s->wait_ns / (double)s->n_sent / 1e3 : 0,
           s->n_overflow, s->n_lost + s->n_cut + s->n_down);
}

static void print_text(const struct ping_flood *f, const struct options *options,
                       const struct swtch_hardware *hw, const struct ping_result *r, double wall_s)
{
    const struct tcam_stats *t = &r->hardware.tcam;
    struct world_links edges = world_links(ping_flood_world(f), false);
    struct world_links trunks = world_links(ping_flood_world(f), true);

    printf("%" PRIu64 " pings, %" PRIu64 " answered, %" PRIu64 " lost\n"
           "round trip: mean %.1f µs, median %.1f, 99 %% %.1f, longest %.1f\n"
           "%" PRIu64 " packet-ins, %" PRIu64 " packet-outs, %" PRIu64 " flow-mods\n"
           "simulated %.1f s in %.2f s: %.1f times real time, %.2f million events a second\n",
           r->n_pings, r->n_answered, r->n_pings - r->n_answered, hist_mean(r->rtt_ns) / 1e3,
           (double)hist_quantile(r->rtt_ns, 0.5) / 1e3,
           (double)hist_quantile(r->rtt_ns, 0.99) / 1e3, (double)r->rtt_ns->max / 1e3,
           r->n_packet_ins, r->n_packet_outs, r->n_flow_mods, ping_flood_now_s(f), wall_s,
           ping_flood_now_s(f) / wall_s, (double)r->n_events / wall_s / 1e6);
    for (unsigned l = 0; l < PING_MAX_LAYERS; l++) {
        if (r->layers[l].n_switches) {
            print_layer(layer_names[l], &r->layers[l]);
        }
    }
    if (options->links.n) {
        printf("\n");
        print_links("links of hosts", &edges);
        print_links("links between switches", &trunks);
    }
    if (hw->tcam.n_slots) {
        printf("\nhardware: %" PRIu32 " entries in TCAMs, %" PRIu32 " in software; %" PRIu64
               " frames found theirs there, %" PRIu64 " in software\n",
               t->n_fast, t->n_software, t->n_fast_hits, t->n_software_hits);
    }
}

/* --- The command ------------------------------------------------------------------------------ */

static int flood(const struct options *o, const struct topo *topo)
{
    struct ping_params params = ping_params_default();
    struct ping_result result;
    struct ping_flood *f;
    double wall_s;
    char why[256];

    params.world.seed = o->seed;
    params.world.max_entries = (uint32_t)o->tcam;
    if (!hardware_take_preset("tambo ping", o->preset, o->has_tcam, &params.world)) {
        return EXIT_BAD_INPUT;
    }
    params.pings_per_s = o->pings_per_s;
    params.max_pings = o->max_pings;
    f = ping_flood_new(topo, &params, why, sizeof why);
    if (!f) {
        fprintf(stderr, "tambo ping: %s: %s\n", o->topology, why);
        return EXIT_BAD_INPUT;
    }
    wall_s = run(f);
    ping_flood_measure(f, &result);
    (o->json ? print_json : print_text)(f, o, &params.world.hw, &result, wall_s);
    ping_flood_free(f);
    return EXIT_DONE;
}

int cmd_ping(int argc, char *const argv[])
{
    struct options o = {.seed = 1, .pings_per_s = 5000, .tcam = 8192};
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
        fprintf(stderr, "tambo ping: %s: %s\n", o.topology, why);
        code = EXIT_BAD_INPUT;
    } else {
        code = flood(&o, &topo);
    }
    topo_fini(&topo);
    return code;
}
