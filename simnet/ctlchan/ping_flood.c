#include "simnet/ctlchan/ping_flood.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/apps/arp_proxy.h"
#include "controller/apps/circuit_tree.h"
#include "controller/apps/dhcp.h"
#include "controller/apps/logical_networks.h"
#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "controller/core/ctl_api.h"
#include "controller/core/flowdb.h"
#include "simnet/ctlchan/plain_flood.h"
#include "simnet/world/dhcp_client.h"

enum { ANNOUNCE_KIND = 0xca8, PING_KIND = 0xca9 };

#define PORT_NETWORK 2
#define DHCP_SUBNET 0x0ac80000 /* 10.200.0.0 */
#define DHCP_MASK 0xffff0000
#define DHCP_FIRST 10
#define DHCP_MAX_HOSTS 40000 /* With half as many spare addresses in the pool. */

struct ping_flood {
    struct ping_params params;
    struct world *world;
    struct ctlchan *channel;
    struct ctl *ctl;
    unsigned *layers;             /* Of each switch. */
    struct swtch_stats *at_start; /* Of each switch, when the pings began. */
    uint64_t n_asked_at_start;
    uint64_t n_pairs, n_pings, n_sent;
    uint64_t n_a_round;
    uint64_t step, at, first; /* The walk through the pairs: see next_pair(). */
    uint32_t n_announced;
    struct dhcp_client **clients; /* Of the hosts; NULL of a squatter. NULL: no DHCP. */
    struct dhcp_settings *dhcp;
    struct hist rtt_ns;
    struct sim_event announce, ping;
    mono_t announce_at, begin_at, end_at; /* When hosts begin to announce themselves; pings; the end. */
};

struct ping_params ping_params_default(void)
{
    return (struct ping_params){.world = world_params_default(),
                                .channel = ctlchan_params_default(),
                                .core = core_settings_default(),
                                .clustering = clustering_settings_default(),
                                .announce_per_s = 1000,
                                .pings_per_s = 5000,
                                .rounds = 1,
                                .dhcp = {.probe = true, .settle_s = 20},
                                .rest_s = 5};
}

static struct sim *sim_of(const struct ping_flood *f)
{
    return world_sim(f->world);
}

/* --- Pairs ------------------------------------------------------------------------------------ */

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* A step that has no divisor in common with the number of pairs visits each of them once before it comes
 * back, in an order that looks like none. */
static void begin_walk(struct ping_flood *f)
{
    struct rng *rng = sim_rng(sim_of(f), "pairs");

    f->at = rng_below(rng, (uint32_t)(f->n_pairs < UINT32_MAX ? f->n_pairs : UINT32_MAX));
    f->first = f->at;
    f->step = (uint64_t)((double)f->n_pairs * 0.6180339887) | 1;
    while (gcd(f->step, f->n_pairs) != 1) {
        f->step += 2;
    }
}

static void next_pair(struct ping_flood *f, uint32_t *from, uint32_t *to)
{
    uint64_t others = world_n_hosts(f->world) - 1;

    *from = (uint32_t)(f->at / others);
    *to = (uint32_t)(f->at % others);
    *to += *to >= *from;
    f->at = (f->at + f->step) % f->n_pairs;
}

/* --- Phases ----------------------------------------------------------------------------------- */

static void announce(struct ping_flood *f, uint32_t i)
{
    if (!f->clients) {
        endhost_announce(world_host(f->world, i));
    } else if (f->clients[i]) {
        dhcp_client_start(f->clients[i]);
    }
}

static void on_announce(void *aux, struct sim_event *event)
{
    struct ping_flood *f = aux;
    int64_t next_ns;

    announce(f, f->n_announced++);
    if (f->n_announced < world_n_hosts(f->world)) {
        next_ns = ns_from_s(f->n_announced / f->params.announce_per_s);
        sim_at(sim_of(f), event, mono_add(f->announce_at, next_ns));
    }
}

static uint64_t n_asked(const struct ping_flood *f)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < world_n_hosts(f->world); i++) {
        n += endhost_get_stats(world_host(f->world, i))->n_arp_requests_tx;
    }
    return n;
}

static void note_start(struct ping_flood *f)
{
    f->n_asked_at_start = n_asked(f);
    for (uint32_t i = 0; i < world_n_switches(f->world); i++) {
        f->at_start[i] = *swtch_get_stats(world_switch(f->world, i));
    }
}

static void on_ping(void *aux, struct sim_event *event)
{
    struct ping_flood *f = aux;
    uint32_t from, to;

    if (f->n_sent == 0) {
        note_start(f);
    }
    if (f->n_sent % f->n_a_round == 0) {
        f->at = f->first;
    }
    next_pair(f, &from, &to);
    endhost_ping(world_host(f->world, from), endhost_ip(world_host(f->world, to)));
    if (++f->n_sent < f->n_pings) {
        int64_t next_ns = ns_from_s((double)f->n_sent / f->params.pings_per_s);

        sim_at(sim_of(f), event, mono_add(f->begin_at, next_ns));
    }
}

static void schedule(struct ping_flood *f)
{
    double announcing_s = world_n_hosts(f->world) / f->params.announce_per_s;
    double pinging_s = (double)f->n_pings / f->params.pings_per_s;

    double settle_s = f->clients ? f->params.dhcp.settle_s : 1;

    f->announce_at = (mono_t){ctlchan_settled_ns(&f->params.channel)};
    f->begin_at = mono_add(f->announce_at, ns_from_s(announcing_s + settle_s));
    f->end_at = mono_add(f->begin_at, ns_from_s(pinging_s + f->params.rest_s));
    sim_event_init(&f->announce, ANNOUNCE_KIND, SIM_PRIO_NORMAL, on_announce, f);
    sim_event_init(&f->ping, PING_KIND, SIM_PRIO_NORMAL, on_ping, f);
    sim_at(sim_of(f), &f->announce, f->announce_at);
    sim_at(sim_of(f), &f->ping, f->begin_at);
}

/* --- Life ------------------------------------------------------------------------------------- */

static const char *complaint(const struct topo *topo, const struct ping_params *p)
{
    if (topo->n_hosts < 2) {
        return "a flood of pings needs at least 2 hosts";
    }
    if (p->dhcp.lease_s && (topo->n_hosts > DHCP_MAX_HOSTS || !(p->dhcp.settle_s >= 0) ||
                            !isfinite(p->dhcp.settle_s))) {
        return "with DHCP there may be 40000 hosts, and settle_s must be finite and not negative";
    }
    if (!(p->announce_per_s > 0) || !(p->pings_per_s > 0) || !(p->rest_s >= 0) ||
        !isfinite(p->rest_s) || p->arp_cache_ns < 0 || p->rounds == 0) {
        return "announce_per_s, pings_per_s and rounds must be positive, rest_s and the ARP "
               "cache's time finite and not negative";
    }
    return NULL;
}

/* Room for half as many addresses again as there are hosts. */
static void make_clients(struct ping_flood *f)
{
    uint32_t n = world_n_hosts(f->world);
    struct dhcp_pool_settings *pool;

    f->dhcp = xcalloc(1, sizeof *f->dhcp);
    *f->dhcp = dhcp_settings_default();
    f->dhcp->enabled = true;
    f->dhcp->probe_ns = f->params.dhcp.probe ? f->dhcp->probe_ns : 0;
    f->dhcp->n_pools = 1;
    pool = &f->dhcp->pools[0];
    snprintf(pool->name, sizeof pool->name, "campus");
    pool->subnet = DHCP_SUBNET;
    pool->mask = DHCP_MASK;
    pool->server = DHCP_SUBNET + 1;
    pool->first = DHCP_SUBNET + DHCP_FIRST;
    pool->last = pool->first + n + n / 2;
    pool->lease_s = f->params.dhcp.lease_s;
    dhcp_pool_defaults(pool);
    f->clients = xcalloc(n, sizeof(struct dhcp_client *));
    for (uint32_t i = 0; i < n; i++) {
        if (i < f->params.dhcp.n_squatters) {
            endhost_set_ip(world_host(f->world, i), pool->first + i);
        } else {
            f->clients[i] = dhcp_client_new(sim_of(f), world_host(f->world, i));
        }
    }
}

static struct ctl *make_core(struct ping_flood *f, const char **failed)
{
    struct ctl_module_use uses[APP_N_MODULES];
    struct ctl_params cp = {.settings = f->params.core,
                            .clock = sim_clock(sim_of(f)),
                            .southbound = ctlchan_southbound(f->channel),
                            .log = f->params.log,
                            .modules = uses,
                            .n_modules = APP_N_MODULES};

    for (size_t i = 0; i < APP_N_MODULES; i++) {
        bool replaced = f->params.plain_flood && app_modules[i] == &arp_proxy_module;

        uses[i] = (struct ctl_module_use){replaced ? &plain_flood_module : app_modules[i],
                                          app_modules[i] == &clustering_module
                                              ? (const void *)&f->params.clustering
                                          : app_modules[i] == &dhcp_module ? (const void *)f->dhcp
                                                                           : NULL};
    }
    return ctl_new(&cp, failed);
}

/* Roots are spread over access switches, so that none has two while there are enough. */
static void order_roots(struct ping_flood *f)
{
    uint32_t n_hosts = world_n_hosts(f->world), n_access = 0;

    for (uint32_t h = 0; h < n_hosts && n_access < f->params.n_circuit_roots; h++) {
        struct circuit_root_key key = {.family = CIRCUIT_ROOT_MAC};

        if (h == 0 || world_host_switch(f->world, h) != world_host_switch(f->world, h - 1)) {
            key.mac = endhost_mac(world_host(f->world, h));
            circuit_tree_add(ctl_module_state(f->ctl, "circuit_tree"), &key);
            n_access++;
        }
    }
}

static void order_networks(struct ping_flood *f)
{
    void *networks = ctl_module_state(f->ctl, "logical_networks");

    networks_create(networks, PORT_NETWORK, "ports");
    for (uint32_t h = 0; h < world_n_hosts(f->world); h++) {
        struct swtch *sw = world_switch(f->world, world_host_switch(f->world, h));
        struct network_rule rule = {.type = NETWORK_RULE_PORT,
                                    .dpid = swtch_dpid(sw),
                                    .port = world_host_port(f->world, h)};

        networks_rule_add(networks, PORT_NETWORK, &rule);
    }
}

/* What an operator would ask for, before any switch has connected. */
static void order(struct ping_flood *f)
{
    order_roots(f);
    if (f->params.port_networks) {
        order_networks(f);
    }
}

static void note_layers(struct ping_flood *f, const struct topo *topo)
{
    uint32_t n = 0;

    f->layers = xcalloc(topo->n_switches, sizeof *f->layers);
    for (size_t i = 0; i < topo->n_nodes; i++) {
        if (topo->nodes[i].kind == TOPO_SWITCH) {
            unsigned layer = topo->nodes[i].layer;

            f->layers[n++] = layer < PING_MAX_LAYERS ? layer : PING_MAX_LAYERS - 1;
        }
    }
}

static void on_pong(void *aux, mono_t sent_at)
{
    struct ping_flood *f = aux;

    hist_add(&f->rtt_ns, mono_diff_ns(sim_now(world_sim(f->world)), sent_at));
}

struct ping_flood *ping_flood_new(const struct topo *topo, const struct ping_params *params,
                                  char *why, size_t size)
{
    const char *bad = complaint(topo, params), *failed = NULL;
    struct ping_flood *f;

    if (bad) {
        snprintf(why, size, "%s", bad);
        return NULL;
    }
    f = xcalloc(1, sizeof *f);
    f->params = *params;
    hist_init(&f->rtt_ns);
    note_layers(f, topo);
    f->world = world_new(topo, &params->world);
    if (params->channel.is_inband &&
        !inband_place(&f->params.channel.inband, f->world, why, size)) {
        ping_flood_free(f);
        return NULL;
    }
    f->at_start = xcalloc(topo->n_switches, sizeof *f->at_start);
    f->n_pairs = (uint64_t)topo->n_hosts * (topo->n_hosts - 1);
    f->n_a_round =
        params->max_pings && params->max_pings < f->n_pairs ? params->max_pings : f->n_pairs;
    f->n_pings = params->rounds * f->n_a_round;
    for (uint32_t i = 0; i < topo->n_hosts; i++) {
        endhost_set_pong(world_host(f->world, i), on_pong, f);
        endhost_set_arp_cache(world_host(f->world, i), params->arp_cache_ns);
    }
    if (params->dhcp.lease_s) {
        make_clients(f);
    }
    f->channel = ctlchan_new(f->world, &f->params.channel);
    f->ctl = make_core(f, &failed);
    if (!f->ctl) {
        snprintf(why, size, "the settings of app %s are out of range", failed);
        ping_flood_free(f);
        return NULL;
    }
    order(f);
    begin_walk(f);
    schedule(f);
    ctlchan_start(f->channel, f->ctl);
    return f;
}

void ping_flood_free(struct ping_flood *f)
{
    if (!f) {
        return;
    }
    ctlchan_free(f->channel);
    ctl_free(f->ctl);
    for (uint32_t i = 0; f->clients && i < world_n_hosts(f->world); i++) {
        dhcp_client_free(f->clients[i]);
    }
    free(f->clients);
    free(f->dhcp);
    world_free(f->world);
    free(f->layers);
    free(f->at_start);
    free(f);
}

bool ping_flood_step(struct ping_flood *f, double step_s)
{
    mono_t to = mono_min(mono_add(sim_now(sim_of(f)), ns_from_s(step_s)), f->end_at);

    sim_run_until(sim_of(f), to);
    return mono_before(to, f->end_at);
}

double ping_flood_now_s(const struct ping_flood *f)
{
    return mono_to_s(sim_now(sim_of(f)));
}

double ping_flood_end_s(const struct ping_flood *f)
{
    return mono_to_s(f->end_at);
}

struct world *ping_flood_world(const struct ping_flood *f)
{
    return f->world;
}

struct ctlchan *ping_flood_channel(const struct ping_flood *f)
{
    return f->channel;
}

/* --- Results ---------------------------------------------------------------------------------- */

/* Modules are numbered from 1 in the order of the list; the core's own entries have a number behind. */
static size_t owner_of(uint64_t cookie)
{
    size_t id = flow_cookie_is_ours(cookie) ? flow_cookie_module(cookie) : 0;

    return id >= 1 && id <= APP_N_MODULES ? id - 1 : APP_N_MODULES;
}

static void measure_table(const struct table *table, struct ping_layer *out)
{
    for (uint32_t e = table_first(table); e != TABLE_NONE; e = table_next(table, e)) {
        struct table_entry entry = table_entry(table, e);
        size_t owner = owner_of(entry.cookie);

        out->mean_entries[owner]++;
        out->mean_timed[owner] += entry.idle_timeout_s > 0;
    }
    if (table_size(table) > out->max_entries) {
        out->max_entries = table_size(table);
    }
}

static void measure_switch(const struct ping_flood *f, uint32_t i, struct ping_layer *out)
{
    const struct swtch *sw = world_switch(f->world, i);
    const struct swtch_stats *now = swtch_get_stats(sw), *then = &f->at_start[i];

    out->n_switches++;
    measure_table(swtch_table(sw, 0), out);
    out->n_rx += now->n_rx - then->n_rx;
    out->n_rx_arp += now->n_rx_arp - then->n_rx_arp;
    out->n_rx_broadcast += now->n_rx_broadcast - then->n_rx_broadcast;
    out->n_rx_lldp += now->n_rx_lldp - then->n_rx_lldp;
}

static int by_ip(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* How many of the hosts' addresses, those of squatters included, are different. */
static uint32_t n_distinct(const struct ping_flood *f)
{
    uint32_t n = world_n_hosts(f->world), *ips = xcalloc(n, sizeof *ips), distinct = 0;

    for (uint32_t i = 0; i < n; i++) {
        ips[i] = endhost_ip(world_host(f->world, i));
    }
    qsort(ips, n, sizeof *ips, by_ip);
    for (uint32_t i = 0; i < n; i++) {
        distinct += ips[i] != 0 && (i == 0 || ips[i] != ips[i - 1]);
    }
    free(ips);
    return distinct;
}

static void measure_dhcp(const struct ping_flood *f, struct ping_result *out)
{
    for (uint32_t i = 0; i < world_n_hosts(f->world); i++) {
        const struct dhcp_client_stats *n =
            f->clients[i] ? dhcp_client_get_stats(f->clients[i]) : NULL;

        out->n_clients += n != NULL;
        out->n_leased += n && endhost_ip(world_host(f->world, i)) != 0;
        out->n_renewals += n ? n->n_renewals : 0;
        out->n_declines += n ? n->n_declines : 0;
        out->n_lost += n ? n->n_lost : 0;
    }
    out->n_distinct = n_distinct(f);
    out->n_conflicts = dhcp_counters(ctl_module_state(f->ctl, "dhcp")).conflicts;
}

void ping_flood_measure(const struct ping_flood *f, struct ping_result *out)
{
    const struct ctl_counters *c = ctl_counters(f->ctl);

    *out = (struct ping_result){.n_pings = f->n_sent,
                                .rtt_ns = &f->rtt_ns,
                                .n_arp_questions = n_asked(f) - f->n_asked_at_start,
                                .n_packet_ins = c->packet_ins,
                                .n_flow_mods = c->flow_mods,
                                .n_packet_outs = c->packet_outs,
                                .n_events = sim_n_events(sim_of(f)),
                                .trace_hash = sim_trace_hash(sim_of(f)),
                                .hardware = world_hardware(f->world)};
    if (f->clients) {
        measure_dhcp(f, out);
    }
    for (uint32_t i = 0; i < world_n_hosts(f->world); i++) {
        out->n_answered += endhost_get_stats(world_host(f->world, i))->n_echo_replies_rx;
    }
    for (uint32_t i = 0; i < world_n_switches(f->world); i++) {
        measure_switch(f, i, &out->layers[f->layers[i]]);
    }
    for (unsigned l = 0; l < PING_MAX_LAYERS; l++) {
        for (size_t m = 0; m <= APP_N_MODULES && out->layers[l].n_switches; m++) {
            out->layers[l].mean_entries[m] /= out->layers[l].n_switches;
            out->layers[l].mean_timed[m] /= out->layers[l].n_switches;
        }
    }
}
