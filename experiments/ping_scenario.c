#include "experiments/ping_scenario.h"

#include <math.h>
#include <stdio.h>

#include "experiments/channel_scenario.h"
#include "experiments/hardware_scenario.h"
#include "experiments/json_out.h"
#include "experiments/links_scenario.h"

#define N_STEPS 200 /* Pieces of a run, between which progress is told. */
#define MAX_NODES 1000000

static const char *const carriers[] = {"vlan", "vlan_ad"};

struct ping_scenario ping_scenario_default(void)
{
    return (struct ping_scenario){.topology = {4, 5, 5, 5, true}, .params = ping_params_default()};
}

/* --- Reading and writing ------------------------------------------------------------------------ */

static void read_topology(struct conf_node *root, struct topo_layered *t)
{
    struct conf_node *o = conf_object(root, "topology");
    double below_core;

    conf_u32(o, "core", 1, 64, &t->n_core);
    conf_u32(o, "distribution", 1, 64, &t->n_distribution);
    conf_u32(o, "access", 1, 64, &t->n_access);
    conf_u32(o, "hosts", 1, 5000, &t->hosts_per_access);
    conf_bool(o, "chained", &t->chained);
    below_core = (double)t->n_distribution * (1 + t->n_access * (1.0 + t->hosts_per_access));
    if (o && t->n_core * (1 + below_core) > MAX_NODES) {
        conf_complain(o, "more than %d switches and hosts", MAX_NODES);
    }
    conf_done(o);
}

static void read_dhcp(struct conf_node *apps, struct ping_dhcp *d)
{
    struct conf_node *o = conf_object(apps, "dhcp");

    conf_u32(o, "lease_s", 0, 1000000000, &d->lease_s);
    conf_bool(o, "probe", &d->probe);
    conf_u32(o, "squatters", 0, 1000, &d->n_squatters);
    conf_real(o, "settle_s", 0, 1e6, &d->settle_s);
    conf_done(o);
}

static void read_apps(struct conf_node *root, struct ping_params *p)
{
    struct conf_node *o = conf_object(root, "apps");
    bool arp_proxy = !p->plain_flood;
    unsigned carrier = p->clustering.carrier;
    uint32_t hold_s = p->clustering.hold_s;

    conf_bool(o, "arp_proxy", &arp_proxy);
    conf_choice(o, "carrier", carriers, 2, &carrier);
    p->clustering.carrier = (enum cluster_carrier)carrier;
    conf_u32(o, "hold_s", 1, 65535, &hold_s);
    p->clustering.hold_s = (uint16_t)hold_s;
    conf_u32(o, "circuit_roots", 0, 64, &p->n_circuit_roots);
    conf_bool(o, "port_networks", &p->port_networks);
    read_dhcp(o, &p->dhcp);
    p->plain_flood = !arp_proxy;
    conf_done(o);
}

static void read_traffic(struct conf_node *root, struct ping_params *p)
{
    struct conf_node *o = conf_object(root, "traffic");
    int64_t pings;

    if (conf_int(o, "pings", 0, INT64_C(1000000000000), &pings)) {
        p->max_pings = (uint64_t)pings;
    }
    conf_u32(o, "rounds", 1, 1000000, &p->rounds);
    conf_real(o, "pings_per_s", 1e-3, 1e9, &p->pings_per_s);
    conf_real(o, "announce_per_s", 1e-3, 1e9, &p->announce_per_s);
    conf_seconds(o, "arp_cache_s", 0, 1e6, &p->arp_cache_ns);
    conf_done(o);
}

void ping_scenario_read(struct conf_node *root, struct ping_scenario *p)
{
    struct conf_node *sw = conf_object(root, "switch"), *measure;

    read_topology(root, &p->topology);
    links_read(root, &p->links);
    channel_read(root, &p->params.channel);
    hardware_read(sw, &p->params.world.hw, &p->params.world.max_entries);
    scenario_read_versions(sw, &p->params.world.versions);
    queues_read(sw, &p->queues);
    conf_done(sw);
    read_apps(root, &p->params);
    read_traffic(root, &p->params);
    measure = conf_object(root, "measure");
    conf_real(measure, "rest_s", 0, 1e6, &p->params.rest_s);
    conf_done(measure);
}

void ping_scenario_write(const struct ping_scenario *p, json_t *out)
{
    const struct topo_layered *t = &p->topology;
    const struct ping_params *q = &p->params;
    json_t *sw;

    json_put(out, "topology",
             json_pack("{s:I, s:I, s:I, s:I, s:b}", "core", (json_int_t)t->n_core, "distribution",
                       (json_int_t)t->n_distribution, "access", (json_int_t)t->n_access, "hosts",
                       (json_int_t)t->hosts_per_access, "chained", t->chained));
    links_write(&p->links, out);
    json_put(out, "channel", channel_to_json(&p->params.channel));
    sw = json_pack("{s:I, s:o}", "tcam_entries", (json_int_t)q->world.max_entries, "versions",
                   scenario_versions_to_json(q->world.versions));
    hardware_write(&q->world.hw, sw);
    queues_write(&p->queues, sw);
    json_put(out, "switch", sw);
    json_put(out, "apps",
             json_pack("{s:b, s:s, s:i, s:I, s:b, s:{s:I, s:b, s:I, s:f}}", "arp_proxy",
                       !q->plain_flood, "carrier", carriers[q->clustering.carrier], "hold_s",
                       (int)q->clustering.hold_s, "circuit_roots", (json_int_t)q->n_circuit_roots,
                       "port_networks", q->port_networks, "dhcp", "lease_s",
                       (json_int_t)q->dhcp.lease_s, "probe", q->dhcp.probe, "squatters",
                       (json_int_t)q->dhcp.n_squatters, "settle_s", q->dhcp.settle_s));
    json_put(out, "traffic",
             json_pack("{s:I, s:I, s:f, s:f, s:f}", "pings", (json_int_t)q->max_pings, "rounds",
                       (json_int_t)q->rounds, "pings_per_s", q->pings_per_s, "announce_per_s",
                       q->announce_per_s, "arp_cache_s", ns_to_s(q->arp_cache_ns)));
    json_put(out, "measure", json_pack("{s:f}", "rest_s", q->rest_s));
}

/* --- Metrics ------------------------------------------------------------------------------------ */

static double frac(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void put(json_t *o, const char *layer, const char *quantity, double value)
{
    char key[96];

    snprintf(key, sizeof key, "%s_%s", layer, quantity);
    json_put(o, key, json_number(value));
}

/* LLDP is the controller's own and left out of the shares. */
static void put_layer(json_t *o, const char *name, const struct ping_layer *l)
{
    uint64_t frames = l->n_rx - l->n_rx_lldp;
    char key[64];

    put(o, name, "frames", (double)frames);
    put(o, name, "arp_frac", frac(l->n_rx_arp, frames));
    put(o, name, "broadcast_frac", frac(l->n_rx_broadcast, frames));
    put(o, name, "broadcast_frames", (double)l->n_rx_broadcast);
    put(o, name, "entries_max", l->max_entries);
    for (size_t m = 0; m < APP_N_MODULES; m++) {
        if (l->mean_entries[m] > 0) {
            snprintf(key, sizeof key, "entries_%s", app_modules[m]->name);
            put(o, name, key, l->mean_entries[m] - l->mean_timed[m]);
            snprintf(key, sizeof key, "timed_%s", app_modules[m]->name);
        }
        if (l->mean_timed[m] > 0) {
            put(o, name, key, l->mean_timed[m]);
        }
    }
}

static void put_dhcp(json_t *o, const struct ping_result *r)
{
    json_put(o, "leased_frac", json_number(frac(r->n_leased, r->n_clients)));
    json_put(o, "addresses", json_number(r->n_distinct));
    json_put(o, "renewals", json_number((double)r->n_renewals));
    json_put(o, "declines", json_number((double)r->n_declines));
    json_put(o, "leases_lost", json_number((double)r->n_lost));
    json_put(o, "conflicts", json_number((double)r->n_conflicts));
}

static json_t *metrics_of(const struct ping_result *r)
{
    json_t *o = json_object();

    json_put(o, "answered_frac", json_number(frac(r->n_answered, r->n_pings)));
    json_put(o, "rtt_mean_s", json_number(hist_mean(r->rtt_ns) / 1e9));
    json_put(o, "rtt_p99_s", json_number((double)hist_quantile(r->rtt_ns, 0.99) / 1e9));
    json_put(o, "questions", json_number((double)r->n_arp_questions));
    json_put(o, "packet_ins", json_number((double)r->n_packet_ins));
    if (r->n_clients) {
        put_dhcp(o, r);
    }
    put_layer(o, "core", &r->layers[0]);
    put_layer(o, "access", &r->layers[2]);
    return o;
}

static bool is_complete(const struct ping_scenario *p, const struct ping_result *r)
{
    return !p->topology.chained && p->params.max_pings == 0 &&
           (double)r->n_pings / p->params.pings_per_s < p->params.clustering.hold_s;
}

/* Entries of the apps, where every pair has talked and ways do not lead through neighbours (thesis §3.5.3.1
 * and §4.4.3): at an access switch one for each of its S hosts and one for its label, one for each destination
 * in use; in the core one for each access switch. Circuits with R roots: S, one, and R, at the R switches of
 * roots the ways down to the others; frames for roots need no entry of clustering. Networks: one for each port. S-tags: one for each port. */
static void expect_entries(const struct ping_scenario *p, const struct ping_result *r, json_t *o)
{
    double hosts = p->topology.hosts_per_access, n_access = r->layers[2].n_switches;
    double roots = p->params.n_circuit_roots;
    bool guards = p->params.clustering.carrier == CLUSTER_VLAN_AD;

    if (!is_complete(p, r)) {
        return;
    }
    json_put(o, "access_entries_clustering", json_number(hosts + 1 + (guards ? hosts : 0)));
    json_put(o, "access_entries_arp_proxy", json_number(1));
    json_put(o, "core_entries_arp_proxy", json_number(1));
    json_put(o, "access_timed_clustering", json_number(hosts * n_access - roots));
    if (!p->params.n_circuit_roots) {
        json_put(o, "core_entries_clustering", json_number(n_access));
    } else {
        json_put(o, "access_entries_circuit_tree",
                 json_number(hosts + 1 + roots + roots * (n_access - 1) / n_access));
    }
    if (p->params.port_networks) {
        json_put(o, "access_entries_logical_networks", json_number(hosts));
    }
}

/* What the design says: the proxy lets no question through, a flood leads each of them once through
 * every switch. */
static json_t *expected_of(const struct ping_scenario *p, const struct ping_result *r)
{
    json_t *o = json_object();
    double questions = p->params.plain_flood ? (double)r->n_arp_questions : 0;

    json_put(o, "answered_frac", json_number(1));
    if (r->n_clients) {
        json_put(o, "leased_frac", json_number(1));
        json_put(o, "leases_lost", json_number(0));
        json_put(o, "addresses",
                 json_number(p->topology.n_core * p->topology.n_distribution *
                             p->topology.n_access * p->topology.hosts_per_access));
    }
    json_put(o, "core_broadcast_frames", json_number(questions * r->layers[0].n_switches));
    if (!p->params.plain_flood) {
        json_put(o, "core_arp_frac", json_number(0));
        expect_entries(p, r, o);
    }
    return o;
}

/* --- Running ------------------------------------------------------------------------------------ */

bool ping_scenario_run(const struct ping_scenario *p, uint64_t seed, double until_s,
                       trial_progress_fn *progress, void *aux, struct trial_result *result,
                       char *why, size_t size)
{
    struct ping_params params = p->params;
    double started_s = trial_wall_s(), end_s;
    struct topo topo = TOPO_INIT;
    struct ping_result r;
    struct campus_control control;
    struct ping_flood *f = NULL;

    topo_make_layered(&topo, &p->topology);
    params.world.seed = seed;
    queues_use(&p->queues, &params.world);
    if (link_rules_apply(&p->links, &topo, why, size)) {
        f = ping_flood_new(&topo, &params, why, size);
    }
    topo_fini(&topo);
    if (!f) {
        return false;
    }
    end_s = fmin(ping_flood_end_s(f), until_s);
    while (ping_flood_now_s(f) < end_s && ping_flood_step(f, end_s / N_STEPS)) {
        if (progress) {
            progress(aux, ping_flood_now_s(f), end_s, trial_wall_s() - started_s);
        }
    }
    ping_flood_measure(f, &r);
    *result = (struct trial_result){.metrics = metrics_of(&r),
                                    .trace_hash = r.trace_hash,
                                    .n_events = r.n_events,
                                    .sim_s = ping_flood_now_s(f),
                                    .wall_s = trial_wall_s() - started_s};
    links_totals_put(result->metrics, &p->links, ping_flood_world(f));
    queues_totals_put(result->metrics, &p->queues, ping_flood_world(f));
    if (control_measure(ping_flood_channel(f), ping_flood_now_s(f), &control)) {
        channel_totals_put(result->metrics, &control);
        result->is_over_budget = !control.is_within_budget;
    }
    hardware_totals_put(result->metrics, &p->params.world.hw, &r.hardware);
    if (end_s >= ping_flood_end_s(f)) {
        json_put(result->metrics, "model", expected_of(p, &r));
    }
    ping_flood_free(f);
    return true;
}
