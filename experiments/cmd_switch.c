/* tambo switch: simulated switches on real connections, for any controller. */
#include "experiments/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "controller/base/alloc.h"
#include "experiments/address.h"
#include "experiments/args.h"
#include "experiments/hardware_scenario.h"
#include "experiments/switch_report.h"
#include "experiments/topology.h"
#include "simnet/bridge/switch_host.h"

static const char *const shapes[] = {"row", "ring", "tree", NULL};
enum shape { ROW, RING, TREE };

static const char *const fail_modes[] = {"secure", "standalone", "emergency", NULL};
static const enum swtch_fail_mode fail_mode_of[] = {SWTCH_FAIL_SECURE, SWTCH_FAIL_STANDALONE,
                                                    SWTCH_FAIL_EMERGENCY};

struct switch_options {
    struct switch_host_params params;
    struct opt_list controllers, ports, queues;
    const char *topology, *versions, *preset; /* The last NULL: none. */
    int shape, fail_mode;
    const char *first_dpid; /* NULL: 1, or as the topology says. */
    uint64_t count, links, hosts, tcam, tables, buffers, reassemblies;
    bool count_given, links_given, shape_given, hosts_given;
    bool tcam_given, quiet, json;
    bool all_told, pings_told;
    char errors_told[SWITCH_MAX_TARGETS][SWITCH_ERROR_LEN];

    struct address addresses[SWITCH_MAX_TARGETS];
    struct switch_target targets[SWITCH_MAX_TARGETS];
    struct queue_params queue_list[OPT_LIST_MAX];
    struct switch_edge edges[OPT_LIST_MAX];
    struct topo topo;
};

static enum args_status parse(struct switch_options *o, int argc, char *const argv[])
{
    const struct opt opts[] = {
        {"controller", OPT_LIST, &o->controllers, .value = "tcp:HOST:PORT",
         .help = "a controller; tls:HOST:PORT with the next three; again for more of them"},
        {"ca", OPT_TEXT, &o->params.ca, .value = "FILE",
         .help = "TLS: the authority that the controllers' certificates come from"},
        {"certificate", OPT_TEXT, &o->params.certificate, .value = "FILE",
         .help = "TLS: what the switches show"},
        {"key", OPT_TEXT, &o->params.key, .value = "FILE", .help = "TLS: its key"},
        {"topology", OPT_TEXT, &o->topology, .value = "FILE|GENERATOR",
         .help = "the network; else --count, --links, --shape and --hosts make one"},
        {"count", OPT_COUNT, &o->count, 1, 65535, .value = "N", .help = "switches (1)",
         .given = &o->count_given},
        {"links", OPT_COUNT, &o->links, 0, 1000, .value = "K",
         .help = "between two neighbours, on the first ports (1)", .given = &o->links_given},
        {"shape", OPT_CHOICE, &o->shape, .choices = shapes, .value = "SHAPE",
         .help = "who are neighbours, without it as in a row; a tree is binary",
         .given = &o->shape_given},
        {"hosts", OPT_COUNT, &o->hosts, 0, 10000, .value = "H",
         .help = "simulated hosts at each switch (0); they answer ARP and ping",
         .given = &o->hosts_given},
        {"ping-per-s", OPT_REAL, &o->params.ping_per_s, 0, 1e6, .value = "R",
         .help = "pings of any simulated host to any other"},
        {"port", OPT_LIST, &o->ports, .value = "DPID:NO=WHERE",
         .help = "a port that leads outside: unix:PATH, tap:NAME or if:NAME"},
        {"versions", OPT_TEXT, &o->versions, .value = "V,...",
         .help = "OpenFlow versions: of 1.0, 1.3, 1.4, 1.5"},
        {"tcam", OPT_COUNT, &o->tcam, 1, 10000000, .value = "N",
         .help = "entries of each table (8192, or the preset's)", .given = &o->tcam_given},
        {"preset", OPT_TEXT, &o->preset, .value = "SWITCH",
         .help = "hardware as pica8-p3297, pica8-p3922, hp-5406zl or bofuss"},
        {"tables", OPT_COUNT, &o->tables, 1, 254, .value = "N", .help = "tables of each switch"},
        {"buffers", OPT_COUNT, &o->buffers, 0, 65535, .value = "N",
         .help = "packets that each switch can keep for the controller"},
        {"queue", OPT_LIST, &o->queues, .value = "ID:MIN:MAX",
         .help = "a queue of every port; rates in thousandths of the link's, 0: none"},
        {"reassemblies", OPT_COUNT, &o->reassemblies, 0, 65535, .value = "N",
         .help = "datagrams that each switch can put together at a time"},
        {"fail-mode", OPT_CHOICE, &o->fail_mode, .choices = fail_modes, .value = "MODE",
         .help = "without a controller"},
        {"first-dpid", OPT_TEXT, &o->first_dpid, .value = "DPID",
         .help = "datapath id of the first switch (1; 0x23 is hexadecimal); the others follow"},
        {"connect-per-s", OPT_REAL, &o->params.connect_per_s, 0.1, 1e6, .value = "R",
         .help = "switches that make their first attempt in a second"},
        {"backoff-s", OPT_REAL, &o->params.backoff_s, 0.01, 3600, .value = "T",
         .help = "the longest between two attempts"},
        {"echo-s", OPT_REAL, &o->params.echo_s, 0.1, 3600, .value = "T",
         .help = "of silence before an echo; twice that ends a connection"},
        {"seconds", OPT_REAL, &o->params.seconds, 0, 1e9, .value = "T",
         .help = "ends after that; 0: by SIGINT or SIGTERM"},
        {"quiet", OPT_FLAG, &o->quiet, .help = "no lines on standard error"},
        {"json", OPT_FLAG, &o->json, .help = "print one JSON object at the end"},
    };
    const struct command command = {
        .name = "tambo switch",
        .synopsis = "",
        .summary = "Runs simulated OpenFlow switches on real connections, in real time, for any "
                   "controller.\nFrames travel between them inside the program, and outside by "
                   "--port.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
    };
    size_t n_args;

    return args_parse(&command, argc, argv, NULL, &n_args);
}

/* --- Checks ----------------------------------------------------------------------------------- */

static bool complain(const char *flag, const char *value, const char *expected)
{
    fprintf(stderr, "tambo switch: --%s \"%s\": expected %s\n", flag, value, expected);
    return false;
}

static bool take_versions(struct switch_options *o)
{
    static const struct {
        const char *name;
        uint8_t version;
    } known[] = {{"1.0", OF_VERSION_1_0},
                 {"1.3", OF_VERSION_1_3},
                 {"1.4", OF_VERSION_1_4},
                 {"1.5", OF_VERSION_1_5}};
    enum { N_KNOWN = sizeof known / sizeof known[0] };
    const char *at = o->versions;

    o->params.world.versions = 0;
    for (size_t len = strcspn(at, ","); *at; at += len + (at[len] == ','), len = strcspn(at, ",")) {
        size_t i = 0;

        while (i < N_KNOWN &&
               (strlen(known[i].name) != len || memcmp(known[i].name, at, len) != 0)) {
            i++;
        }
        if (i == N_KNOWN) {
            return complain("versions", o->versions,
                            "some of 1.0,1.3,1.4,1.5, separated by commas");
        }
        o->params.world.versions |= 1U << known[i].version;
    }
    return o->params.world.versions ||
           complain("versions", o->versions, "some of 1.0,1.3,1.4,1.5, separated by commas");
}

static bool has_queue(const struct switch_options *o, size_t n, uint32_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (o->queue_list[i].id == id) {
            return true;
        }
    }
    return false;
}

static bool take_queues(struct switch_options *o)
{
    for (size_t i = 0; i < o->queues.n; i++) {
        unsigned id, min, max;
        char more;

        if (sscanf(o->queues.items[i], "%9u:%4u:%4u%c", &id, &min, &max, &more) != 3 ||
            id > 999999999 || min > 1000 || max > 1000 || has_queue(o, i, id)) {
            return complain("queue", o->queues.items[i],
                            "ID:MIN:MAX, another id for each, rates from 0 to 1000");
        }
        o->queue_list[i] =
            (struct queue_params){.id = id,
                                  .min_permille = min ? (uint16_t)min : QUEUE_NO_RATE,
                                  .max_permille = max ? (uint16_t)max : QUEUE_NO_RATE};
    }
    o->params.world.queues = o->queue_list;
    o->params.world.n_queues = o->queues.n;
    return true;
}

/* Files belong to TLS, and TLS needs all of them. */
static bool files_ok(const struct switch_options *o, bool tls)
{
    const struct switch_host_params *p = &o->params;

    if (tls && (!p->ca || !p->certificate || !p->key)) {
        fprintf(stderr, "tambo switch: --controller tls:HOST:PORT needs --ca, --certificate and "
                        "--key\n");
        return false;
    }
    if (!tls && (p->ca || p->certificate || p->key)) {
        fprintf(stderr, "tambo switch: --ca, --certificate and --key go with --controller "
                        "tls:HOST:PORT\n");
        return false;
    }
    return true;
}

static bool take_controllers(struct switch_options *o)
{
    bool tls = false;

    if (!o->controllers.n) {
        fprintf(stderr, "tambo switch: --controller is missing: expected %s\n", address_form);
        return false;
    }
    if (o->controllers.n > SWITCH_MAX_TARGETS) {
        fprintf(stderr, "tambo switch: --controller: expected at most %d of them\n",
                SWITCH_MAX_TARGETS);
        return false;
    }
    for (size_t i = 0; i < o->controllers.n; i++) {
        struct address *a = &o->addresses[i];

        if (!address_split(a, o->controllers.items[i])) {
            return complain("controller", o->controllers.items[i], address_form);
        }
        o->targets[i] = (struct switch_target){a->host, a->port, a->tls};
        tls = tls || a->tls;
    }
    o->params.targets = o->targets;
    o->params.n_targets = o->controllers.n;
    return files_ok(o, tls);
}

/* A datapath id, hexadecimal with 0x, that 'after' follows. */
static bool take_dpid(const char *text, char after, dpid_t *dpid, char **end)
{
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

    errno = 0;
    *dpid = strtoull(text, end, is_hex ? 16 : 10);
    return *text >= '0' && *text <= '9' && !errno && **end == after;
}

/* "DPID:NO=unix:PATH" and the like. */
static bool take_port(struct switch_edge *edge, const char *text)
{
    static const struct {
        const char *name;
        enum switch_edge_kind kind;
    } kinds[] = {
        {"unix:", SWITCH_EDGE_UNIX}, {"tap:", SWITCH_EDGE_TAP}, {"if:", SWITCH_EDGE_INTERFACE}};
    char *end, *begin;
    unsigned long number;

    if (!take_dpid(text, ':', &edge->dpid, &end)) {
        return false;
    }
    begin = end + 1;
    number = strtoul(begin, &end, 10);
    if (end == begin || *end != '=' || number < 1 || number > SWITCH_MAX_PORT) {
        return false;
    }
    edge->port_no = (port_no_t)number;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t len = strlen(kinds[i].name);

        if (strncmp(end + 1, kinds[i].name, len) == 0) {
            edge->kind = kinds[i].kind;
            edge->name = end + 1 + len;
            return *edge->name != '\0';
        }
    }
    return false;
}

static bool take_ports(struct switch_options *o)
{
    for (size_t i = 0; i < o->ports.n; i++) {
        if (!take_port(&o->edges[i], o->ports.items[i])) {
            return complain("port", o->ports.items[i],
                            "DPID:NO=unix:PATH, DPID:NO=tap:NAME or DPID:NO=if:NAME, NO from 1 "
                            "to 4096");
        }
    }
    o->params.edges = o->edges;
    o->params.n_edges = o->ports.n;
    return true;
}

/* --- The network ------------------------------------------------------------------------------ */

static void join(struct switch_options *o, uint32_t a, uint32_t b)
{
    struct wire_params trunk = topo_trunk_default();

    for (uint64_t k = 0; k < o->links; k++) {
        topo_add_edge(&o->topo, a, b, &trunk);
    }
}

static void add_hosts(struct switch_options *o, uint32_t n_switches)
{
    struct wire_params edge = topo_edge_default();
    char name[TOPO_NAME_LEN + 1];

    for (uint32_t s = 0; s < n_switches; s++) {
        for (uint64_t h = 0; h < o->hosts; h++) {
            snprintf(name, sizeof name, "h%u", o->topo.n_hosts + 1);
            topo_add_edge(&o->topo, s, topo_add_host(&o->topo, name), &edge);
        }
    }
}

/* Links come first, so that they have the first ports. */
static void make_network(struct switch_options *o)
{
    uint32_t n = (uint32_t)o->count;
    char name[TOPO_NAME_LEN + 1];

    for (uint32_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "s%u", i + 1);
        topo_add_switch(&o->topo, name, 0);
    }
    for (uint32_t i = 1; i < n; i++) {
        join(o, o->shape == TREE ? (i - 1) / 2 : i - 1, i);
    }
    if (o->shape == RING && n > 2) {
        join(o, n - 1, 0);
    }
    add_hosts(o, n);
}

/* Queues that have no limit get one: frames that circle must not fill the memory. */
static void limit_queues(struct topo *topo)
{
    enum { QUEUE_BYTES = 1 << 20 };

    for (size_t i = 0; i < topo->n_edges; i++) {
        struct wire_params *w = &topo->edges[i].wire;

        w->queue_bytes = w->queue_bytes ? w->queue_bytes : QUEUE_BYTES;
        w->rate_bps = w->rate_bps ? w->rate_bps : topo_trunk_default().rate_bps;
    }
}

/* The option that says what a topology says, too; NULL: none. */
static const char *doubled(const struct switch_options *o)
{
    return o->count_given   ? "count"
           : o->links_given ? "links"
           : o->shape_given ? "shape"
           : o->hosts_given ? "hosts"
                            : NULL;
}

/* From --first-dpid on, for all switches. */
static bool number_switches(struct switch_options *o)
{
    dpid_t next = 1;
    char *end;

    if (o->first_dpid && (!take_dpid(o->first_dpid, '\0', &next, &end) ||
                          UINT64_MAX - next < o->topo.n_switches)) {
        return complain("first-dpid", o->first_dpid,
                        "a datapath id of 64 bits, 35 or 0x23, with room for the others behind it");
    }
    for (size_t i = 0; i < o->topo.n_nodes && (o->first_dpid || !o->topology); i++) {
        if (o->topo.nodes[i].kind == TOPO_SWITCH) {
            o->topo.nodes[i].dpid = next++;
        }
    }
    return true;
}

static bool take_network(struct switch_options *o)
{
    char why[200];

    if (!o->topology) {
        make_network(o);
    } else if (doubled(o)) {
        fprintf(stderr, "tambo switch: --topology and --%s: expected one of them\n", doubled(o));
        return false;
    } else if (!topology_load(o->topology, &o->topo, stderr)) {
        return false;
    }
    if (!number_switches(o)) {
        return false;
    }
    if (topo_check(&o->topo, why, sizeof why) != ERR_OK || !o->topo.n_switches) {
        fprintf(stderr, "tambo switch: --topology \"%s\": %s\n", o->topology ? o->topology : "",
                o->topo.n_switches ? why : "expected at least one switch");
        return false;
    }
    if (o->params.ping_per_s > 0 && o->topo.n_hosts < 2) {
        fprintf(stderr, "tambo switch: --ping-per-s: expected two hosts at least (--hosts)\n");
        return false;
    }
    limit_queues(&o->topo);
    o->params.topo = &o->topo;
    return true;
}

/* --- Telling ---------------------------------------------------------------------------------- */

/* Of each controller, what has not been told of it yet. Where there is only one, what happened before all
 * switches were connected is old by then. */
static void tell_errors(struct switch_options *o, const struct switch_host_stats *s, bool bad)
{
    for (size_t t = 0; t < o->params.n_targets; t++) {
        const char *error = s->errors[t];

        if (*error && (bad || o->params.n_targets > 1) && strcmp(error, o->errors_told[t]) != 0) {
            snprintf(o->errors_told[t], sizeof o->errors_told[t], "%s", error);
            fprintf(stderr, "%stambo switch: %u of %u connected; %s\n",
                    isatty(STDERR_FILENO) ? "\r\033[K" : "", s->n_ready, s->n_switches, error);
        }
    }
}

/* A line that is written over must not be longer than the terminal is wide. */
static void show_status(const struct switch_host_stats *s, bool bad)
{
    struct winsize size = {0};
    char line[300];
    int n = snprintf(line, sizeof line, "%u of %u connected", s->n_ready, s->n_switches);

    if (bad) {
        snprintf(line + n, sizeof line - (size_t)n, "; %s", s->last_error);
    } else {
        snprintf(line + n, sizeof line - (size_t)n,
                 ", messages %" PRIu64 " in, %" PRIu64 " out, packet-ins %" PRIu64
                 ", packet-outs %" PRIu64,
                 s->n_in, s->n_out, s->n_packet_ins, s->n_packet_outs);
    }
    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    fprintf(stderr, "\r\033[K%.*s", size.ws_col ? size.ws_col - 1 : 79, line);
}

/* Told once a second: a line that is written over on a terminal; elsewhere only what is new. */
static void show_progress(void *aux, const struct switch_host_stats *s)
{
    struct switch_options *o = aux;
    bool bad = s->n_ready < s->n_switches && *s->last_error;

    if (o->quiet) {
        return;
    }
    if (isatty(STDERR_FILENO)) {
        if (!bad) { /* Else the status says it. */
            tell_errors(o, s, bad);
        }
        show_status(s, bad);
        return;
    }
    if (s->all_ready_s >= 0 && !o->all_told) {
        o->all_told = true;
        fprintf(stderr, "tambo switch: %u of %u connected after %.3f s\n", s->n_ready,
                s->n_switches, s->all_ready_s);
    } else if (s->n_pings_answered && !o->pings_told) {
        o->pings_told = true;
        fprintf(stderr, "tambo switch: pings are answered after %.0f s\n", s->elapsed_s);
    }
    tell_errors(o, s, bad);
}

static void set_defaults(struct switch_options *o)
{
    *o = (struct switch_options){.params = switch_host_defaults(),
                                 .versions = "1.0,1.3",
                                 .count = 1,
                                 .links = 1,
                                 .tcam = 8192,
                                 .tables = 4,
                                 .buffers = 256};
}

static int run(struct switch_options *o)
{
    struct world_params *w = &o->params.world;
    struct switch_host_stats stats;
    char error[400];
    enum err err;

    w->n_tables = (uint8_t)o->tables;
    w->max_entries = (uint32_t)o->tcam;
    if (!hardware_take_preset("tambo switch", o->preset, o->tcam_given, w)) {
        return EXIT_BAD_INPUT;
    }
    w->n_buffers = (uint32_t)o->buffers;
    w->max_reassemblies = (uint32_t)o->reassemblies;
    w->fail_mode = fail_mode_of[o->fail_mode];
    w->seed = (uint64_t)getpid(); /* Two of these programs do not try again together. */
    o->params.progress = show_progress;
    o->params.progress_aux = o;
    err = switch_host_run(&o->params, &stats, error, sizeof error);
    if (isatty(STDERR_FILENO) && !o->quiet) {
        fputs("\r\033[K", stderr);
    }
    if (err == ERR_OK) {
        (o->json ? switch_report_json : switch_report_text)(&stats);
        return EXIT_DONE;
    }
    fprintf(stderr, "tambo switch: %s\n", error);
    return err == ERR_SYNTAX ? EXIT_BAD_INPUT : EXIT_FAILED;
}

int cmd_switch(int argc, char *const argv[])
{
    struct switch_options *o = xcalloc(1, sizeof *o);
    enum args_status parsed;
    int code = EXIT_BAD_INPUT;

    set_defaults(o);
    parsed = parse(o, argc, argv);
    if (parsed == ARGS_HELP) {
        code = EXIT_DONE;
    } else if (parsed == ARGS_OK && take_versions(o) && take_queues(o) && take_controllers(o) &&
               take_ports(o) && take_network(o)) {
        code = run(o);
    }
    topo_fini(&o->topo);
    free(o);
    return code;
}
