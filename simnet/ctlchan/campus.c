#include "simnet/ctlchan/campus.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/apps/elephants.h"
#include "controller/apps/link_costs.h"
#include "controller/apps/modules.h"
#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "simnet/ctlchan/campus_impl.h"
#include "simnet/world/session_fill.h"
#include "simnet/world/traffic_popularity.h"

enum { ANNOUNCE_KIND = 0xca0, BEGIN_KIND = 0xca1, MEASURE_KIND = 0xca2, FILL_KIND = 0xca3 };

#define YEAR_NS (365 * 86400 * NS_PER_S)

/* Probes go out once, when a port comes up; the loss of a link is told by port status. Periodic
 * probes come in bursts that fill a small station, and their loss would take links down. */
static struct core_settings quiet_core(void)
{
    struct core_settings core = core_settings_default();

    core.lldp_interval_ns = 10 * YEAR_NS;
    core.link_timeout_ns = 20 * YEAR_NS;
    core.echo_interval_ns = 60 * NS_PER_S;
    core.echo_timeout_ns = 180 * NS_PER_S;
    core.host_timeout_ns = 10 * YEAR_NS;
    core.table_evict_idle = false; /* Of a session only the first frame is simulated. */
    return core;
}

struct campus_params campus_params_default(void)
{
    struct campus_params p = {
        .seed = 1,
        .n_access = 20,
        .n_core = 4,
        .hosts_per_access = 48,
        .edge = topo_edge_default(),
        .trunk = topo_trunk_default(),
        .versions = 1U << OF_VERSION_1_0 | 1U << OF_VERSION_1_3,
        .tcam_entries = 8192,
        .hold_law = HOLD_FIXED,
        .channel = ctlchan_params_default(),
        .core = quiet_core(),
        .clustering = clustering_settings_default(),
        .holding = holding_time_settings_default(),
        .popularity = POPULARITY_UNIFORM,
        .mean_sessions = 4,
        .alpha = 1.2,
        .session_s = 5,
        .session_shape = 1.5,
        .shape = rate_shape_flat(),
        .elephant_frac = 0.01,
        .elephant_mean_s = 100,
        .off_s = 10,
        .off_law = DURATION_EXPONENTIAL,
        .off_shape = 1.5,
        .announce_per_s = 1000,
        .standby = standby_params_default(),
        .retry_ns = NS_PER_S,
        .warmup_s = 300,
        .duration_s = 600,
    };

    p.clustering.hold_s = 60;
    p.sflow = (struct sflow_link_params){.poll_ns = NS_PER_S, .delay_ns = 100 * NS_PER_US};
    return p;
}

struct duration_law campus_session_law(const struct campus_params *p)
{
    return (struct duration_law){.kind = p->session_law,
                                 .mean_s = p->session_s,
                                 .shape = p->session_shape,
                                 .samples_s = p->session_samples_s,
                                 .n_samples = p->n_session_samples,
                                 .elephant_frac = p->elephant_frac,
                                 .elephant_mean_s = p->elephant_mean_s};
}

/* --- Checking -------------------------------------------------------------------------------- */

/* What session_fill.h cannot draw, or could not install in its time. */
static const char *steady_complaint(const struct campus_params *p)
{
    if (p->holding.policy != HOLDING_FIXED || p->hold_law == HOLD_PER_ENTRY) {
        return "a steady start is known for the holding policy fixed, with the laws fixed and "
               "exponential";
    }
    if (p->frame_gap_ns) {
        return "a steady start is for session level: frame_gap_ms must be 0";
    }
    if (p->moves_per_s > 0) {
        return "a steady start is known for hosts that stay: traffic.mobility must be left out";
    }
    if (!rate_shape_is_flat(&p->shape)) {
        return "a steady start needs rates that do not change: traffic.rate must be left out";
    }
    if (p->hw.tcam.n_slots || p->hw.cpu.flow_mod_ns || p->hw.cpu.packet_in_ns) {
        return "a steady start needs switches without hardware, which take no time";
    }
    return NULL;
}

static bool has_traffic(const struct campus_params *p)
{
    return p->mean_sessions > 0 || p->rates_per_s;
}

static const char *complaint(const struct campus_params *p)
{
    uint64_t n_hosts = (uint64_t)p->n_access * p->hosts_per_access;
    struct duration_law law = campus_session_law(p);

    if (p->n_access < 1 || p->n_access > 65535 || p->hosts_per_access > 65535 ||
        n_hosts > 16000000 || n_hosts < 2) {
        return "there must be 1 to 65535 access switches and 2 to 16000000 hosts in all";
    }
    if (p->n_core > 4096 || (p->n_core == 0 && p->n_access > 1)) {
        return "several access switches need 1 to 4096 core switches";
    }
    if ((uint64_t)p->n_access * p->n_core > 16000000) {
        return "every access switch is joined to every core switch: at most 16000000 such links";
    }
    if (!(p->announce_per_s > 0) || !(p->session_s > 0) || p->retry_ns <= 0) {
        return "announce_per_s, session_s and retry_ns must be positive";
    }
    if (p->frame_gap_ns < 0 || (p->frame_gap_ns && p->hold_law != HOLD_FIXED)) {
        return "traffic.frame_gap_ms: frames of sessions need a hold_law of \"fixed\"";
    }
    if (duration_law_error(&law)) {
        return duration_law_error(&law);
    }
    if (campus_sources_error(p)) {
        return campus_sources_error(p);
    }
    if (rate_shape_error(&p->shape)) {
        return rate_shape_error(&p->shape);
    }
    if (p->n_in_surge > n_hosts) {
        return "traffic.flash.destinations: more than there are hosts";
    }
    if (!(p->bin_s >= 0) || (p->bin_s > 0 && !((p->warmup_s + p->duration_s) / p->bin_s <= 1e6))) {
        return "measure.bin_s: at most a million bins";
    }
    if (!(p->warmup_s >= 0) || !(p->duration_s >= 0) || !isfinite(p->warmup_s + p->duration_s)) {
        return "warmup_s and duration_s must be finite and not negative";
    }
    if (p->sflow.one_in && (p->sflow.poll_ns <= 0 || p->sflow.delay_ns < 0)) {
        return "poll_ns of sFlow must be positive, and its delay not negative";
    }
    if (p->versions == 0 || p->tcam_entries == 0) {
        return "versions and tcam_entries must not be 0";
    }
    if (!(p->moves_per_s >= 0 && p->moves_per_s <= 1e6)) {
        return "traffic.mobility: hosts move 0 to 1e6 times a second";
    }
    if (p->moves_per_s > 0 && (p->n_access < 2 || p->model != CAMPUS_PAIRS || !has_traffic(p))) {
        return "traffic.mobility needs two access switches and traffic of the model pairs";
    }
    for (size_t i = 0; i < p->faults.n && p->sflow.one_in; i++) {
        if (p->faults.list[i].kind == FAULT_RESTART) {
            return "a controller that gets sFlow cannot be restarted";
        }
    }
    if (p->standby.on && (p->sflow.one_in || p->no_core || p->steady)) {
        return "controller.standby is known without sFlow, with the core, and with an empty start";
    }
    if (standby_error(&p->standby, &p->channel, p->versions)) {
        return standby_error(&p->standby, &p->channel, p->versions);
    }
    if (p->no_core && p->holding.policy != HOLDING_FIXED) {
        return "without the core there is no holding policy but fixed";
    }
    return p->steady ? steady_complaint(p) : NULL;
}

/* --- Traffic --------------------------------------------------------------------------------- */

static enum model_status popularity_of(const struct campus_params *p, double n_hosts,
                                       struct popularity *out)
{
    double mu_per_s = 1 / p->session_s;

    switch (p->popularity) {
    case POPULARITY_PARETO:
        return model_popularity_pareto(out, n_hosts, p->mean_sessions, p->alpha, mu_per_s);
    case POPULARITY_ZIPF:
        return model_popularity_zipf(out, n_hosts, p->mean_sessions, p->alpha, mu_per_s);
    case POPULARITY_UNIFORM:
    case POPULARITY_EMPIRICAL:
    case POPULARITY_SESSIONS:
        break;
    }
    return model_popularity_uniform(out, n_hosts, p->mean_sessions, mu_per_s);
}

/* Popular hosts are not neighbours: ranks are dealt out at random. */
static void shuffle(double *rates, uint32_t n, struct rng *rng)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = rng_below(rng, i);
        double rate = rates[i - 1];

        rates[i - 1] = rates[j];
        rates[j] = rate;
    }
}

/* False when the popularity law has no such parameters. */
static bool make_rates(struct campus *c)
{
    uint32_t n = world_n_hosts(c->world);
    struct popularity popularity;

    c->rates_per_s = xcalloc(n, sizeof *c->rates_per_s);
    if (c->params.rates_per_s) {
        for (uint32_t d = 0; d < n; d++) {
            c->rates_per_s[d] = c->params.rates_per_s[d];
        }
        return true;
    }
    if (popularity_of(&c->params, n, &popularity) != MODEL_OK) {
        return false;
    }
    traffic_rates_by_rank(&popularity, n, c->rates_per_s);
    shuffle(c->rates_per_s, n, sim_rng(world_sim(c->world), "popularity"));
    return true;
}

/* Spread evenly over the campus, whatever their rates. */
static void choose_surge(struct campus *c)
{
    uint32_t n_hosts = world_n_hosts(c->world), n = c->params.n_in_surge;

    c->in_surge = xcalloc(n_hosts, sizeof *c->in_surge);
    for (uint32_t i = 0; i < n; i++) {
        c->in_surge[(uint64_t)i * n_hosts / n] = true;
    }
}

/* NULL, or what is wrong. */
static const char *make_traffic(struct campus *c)
{
    struct session_params sp = {.n_hosts = world_n_hosts(c->world),
                                .duration = campus_session_law(&c->params),
                                .stream = "sessions"};
    struct session_hooks hooks = session_load_hooks(c->load);
    const char *bad;

    if (c->params.model == CAMPUS_TRACE) {
        campus_sources_make(&c->sources, world_sim(c->world), &c->params, NULL, sp.n_hosts, &hooks);
        return NULL;
    }
    if (!has_traffic(&c->params)) {
        return NULL;
    }
    if (!make_rates(c)) {
        return "traffic.mean_sessions is too high: a host has more sessions than there are others";
    }
    bad = campus_sources_weights_error(&c->params, c->rates_per_s, sp.n_hosts);
    if (bad) {
        return bad;
    }
    if (c->params.model != CAMPUS_PAIRS) {
        campus_sources_make(&c->sources, world_sim(c->world), &c->params, c->rates_per_s,
                            sp.n_hosts, &hooks);
        return NULL;
    }
    choose_surge(c);
    campus_mobility_make(c, &hooks);
    sp.lambda_per_s = c->rates_per_s;
    sp.shape = &c->params.shape;
    sp.in_surge = c->in_surge;
    c->traffic = session_traffic_new(world_sim(c->world), &sp, &hooks);
    return NULL;
}

/* --- Phases ---------------------------------------------------------------------------------- */

static int64_t announce_from_ns(const struct campus *c)
{
    return ctlchan_settled_ns(&c->params.channel);
}

static void on_announce(void *aux, struct sim_event *event)
{
    struct campus *c = aux;
    int64_t next_ns;

    endhost_announce(world_host(c->world, c->n_announced++));
    if (c->n_announced < world_n_hosts(c->world)) {
        next_ns = ns_from_s(c->n_announced / c->params.announce_per_s);
        sim_at(world_sim(c->world), event, (mono_t){announce_from_ns(c) + next_ns});
    }
}

static void dismiss_core(struct campus *c)
{
    if (c->params.no_core) {
        ctlchan_set_stand_in(c->channel, c->params.clustering.hold_s,
                             c->params.hosts_per_access + 1);
    }
}

static void on_begin(void *aux, struct sim_event *event)
{
    struct campus *c = aux;

    (void)event;
    dismiss_core(c);
    if (c->fill) {
        session_fill_free(c->fill);
        c->fill = NULL;
        ctlchan_set_filling(c->channel, false);
    }
    if (c->traffic) {
        session_traffic_start(c->traffic);
    }
    campus_sources_start(&c->sources);
    campus_mobility_begin(c);
    campus_series_begin(c);
}

static void on_begin_fill(void *aux, struct sim_event *event)
{
    struct campus *c = aux;
    struct session_fill_params fp = {.traffic = c->traffic,
                                     .lambda_per_s = c->rates_per_s,
                                     .hold_s = c->params.clustering.hold_s,
                                     .law = c->params.hold_law,
                                     .begin_at = c->setup_at,
                                     .stream = "steady start"};

    (void)event;
    dismiss_core(c);
    ctlchan_set_filling(c->channel, true);
    c->fill = session_fill_new(c->load, &fp);
}

static void on_measure(void *aux, struct sim_event *event)
{
    struct campus *c = aux;
    mono_t now = sim_now(world_sim(c->world));

    (void)event;
    campus_series_reset(c);
    /* After a warm-up this is the end of its last instant. */
    session_load_reset(c->load, c->params.warmup_s > 0 ? mono_add(now, 1) : now);
    campus_mobility_reset(c);
    world_reset_links(c->world); /* Before the channels, which may count what the wires have. */
    station_reset_stats(ctlchan_station(c->channel));
    ctlchan_reset_stats(c->channel);
    if (c->standby) {
        station_reset_stats(ctlchan_station(standby_channel(c->standby)));
        ctlchan_reset_stats(standby_channel(c->standby));
        standby_reset(c->standby);
    }
    c->measured_from = now;
}

static void schedule(struct campus *c)
{
    struct sim *sim = world_sim(c->world);
    int64_t announcing_ns = ns_from_s(world_n_hosts(c->world) / c->params.announce_per_s);
    mono_t measure_at;

    c->setup_at = (mono_t){announce_from_ns(c) + announcing_ns + NS_PER_S};
    sim_event_init(&c->begin_fill, FILL_KIND, SIM_PRIO_NORMAL, on_begin_fill, c);
    if (c->params.steady && c->traffic) {
        sim_at(sim, &c->begin_fill, c->setup_at);
        c->setup_at = mono_add(c->setup_at, session_fill_ns(c->world) + NS_PER_S);
    }
    measure_at = mono_add(c->setup_at, ns_from_s(c->params.warmup_s));
    c->end_at = mono_add(measure_at, ns_from_s(c->params.duration_s));
    sim_event_init(&c->announce, ANNOUNCE_KIND, SIM_PRIO_NORMAL, on_announce, c);
    sim_event_init(&c->begin, BEGIN_KIND, SIM_PRIO_NORMAL, on_begin, c);
    /* Without a warm-up what begins with the traffic is measured. */
    sim_event_init(&c->measure, MEASURE_KIND,
                   c->params.warmup_s > 0 ? SIM_PRIO_PROBE : SIM_PRIO_FAULT, on_measure, c);
    sim_at(sim, &c->announce, (mono_t){announce_from_ns(c)});
    sim_at(sim, &c->begin, c->setup_at);
    sim_at(sim, &c->measure, measure_at);
}

/* --- Life ------------------------------------------------------------------------------------ */

/* NULL when there is no such link as a rule is for. */
static struct world *make_world(const struct campus_params *p, char *why, size_t size)
{
    struct topo topo = TOPO_INIT;
    struct topo_campus shape = {.n_access = p->n_access,
                                .n_core = p->n_core,
                                .hosts_per_access = p->hosts_per_access,
                                .edge = p->edge,
                                .trunk = p->trunk};
    struct world_params wp = {.seed = p->seed,
                              .versions = p->versions,
                              .n_tables = 1,
                              .max_entries = p->tcam_entries,
                              .hold_law = p->hold_law,
                              .hw = p->hw};
    struct world *world = NULL;

    topo_make_campus(&topo, &shape);
    if (link_rules_apply(&p->links, &topo, why, size)) {
        world = world_new(&topo, &wp);
    }
    topo_fini(&topo);
    return world;
}

struct ctl *campus_make_core(struct campus *c, const struct southbound *southbound,
                             const char **failed)
{
    /* No switch is asked for counters: of a session only the first frame is simulated. */
    struct link_costs_settings costs = link_costs_settings_default();
    struct elephants_settings elephants = elephants_settings_default();
    struct ctl_module_use uses[APP_N_MODULES];
    struct ctl_params cp = {.settings = c->params.core,
                            .clock = sim_clock(world_sim(c->world)),
                            .southbound = southbound,
                            .store = c->store ? mem_store_ops(c->store) : NULL,
                            .log = c->params.log,
                            .modules = uses,
                            .n_modules = APP_N_MODULES};

    elephants.flow_stats = costs.port_stats = false;
    costs.period_ns = c->params.sflow.one_in ? costs.period_ns : 3600 * NS_PER_S;
    for (size_t i = 0; i < APP_N_MODULES; i++) {
        const struct ctl_module *m = app_modules[i];

        uses[i].module = m;
        uses[i].settings = m == &clustering_module     ? (const void *)&c->params.clustering
                           : m == &holding_time_module ? (const void *)&c->params.holding
                           : m == &link_costs_module   ? (const void *)&costs
                           : m == &elephants_module    ? (const void *)&elephants
                                                       : NULL;
    }
    return ctl_new(&cp, failed);
}

struct campus *campus_new(const struct campus_params *params, char *why, size_t size)
{
    struct session_load_params lp = {.retry_ns = params->retry_ns,
                                     .frame_gap_ns = params->frame_gap_ns,
                                     .hist_size = params->hist_size};
    const char *bad = complaint(params), *failed = NULL;
    struct campus *c;

    if (bad) {
        snprintf(why, size, "%s", bad);
        return NULL;
    }
    c = xcalloc(1, sizeof *c);
    c->params = *params;
    c->world = make_world(params, why, size);
    if (!c->world) {
        free(c);
        return NULL;
    }
    if (params->channel.is_inband &&
        !inband_place(&c->params.channel.inband, c->world, why, size)) {
        world_free(c->world);
        free(c);
        return NULL;
    }
    c->channel = ctlchan_new(c->world, &c->params.channel);
    c->store = params->faults.n || params->standby.on ? mem_store_new() : NULL;
    c->load = session_load_new(c->world, &lp);
    c->ctl = campus_make_first(c, &failed);
    bad = c->ctl ? make_traffic(c) : failed;
    if (bad) {
        snprintf(why, size, c->ctl ? "%s" : "the settings of app %s are out of range", bad);
        campus_free(c);
        return NULL;
    }
    if (params->sflow.one_in) {
        c->sflow = sflow_link_new(c->world, c->ctl, &params->sflow);
    }
    schedule(c);
    campus_make_standby(c);
    if (!campus_make_faults(c, why, size)) {
        campus_free(c);
        return NULL;
    }
    ctlchan_start(c->channel, c->ctl);
    return c;
}

void campus_free(struct campus *c)
{
    if (!c) {
        return;
    }
    session_fill_free(c->fill);
    session_traffic_free(c->traffic);
    campus_mobility_fini(c);
    campus_sources_fini(&c->sources);
    session_load_free(c->load);
    sflow_link_free(c->sflow);
    faults_free(c->faults);
    standby_free(c->standby);
    ctlchan_free(c->channel);
    ctl_free(c->ctl);
    mem_store_free(c->store);
    world_free(c->world);
    free(c->rates_per_s);
    free(c->in_surge);
    campus_series_fini(c);
    free(c);
}

void campus_run_until(struct campus *c, double t_s)
{
    mono_t to = mono_min((mono_t){ns_from_s(t_s)}, c->end_at);

    if (mono_before(sim_now(world_sim(c->world)), to)) {
        sim_run_until(world_sim(c->world), to);
    }
}

double campus_setup_s(const struct campus *c)
{
    return mono_to_s(c->setup_at);
}

double campus_end_s(const struct campus *c)
{
    return mono_to_s(c->end_at);
}

struct world *campus_world(struct campus *c)
{
    return c->world;
}

struct ctl *campus_ctl(struct campus *c)
{
    return c->ctl;
}

const struct sflow_link *campus_sflow(const struct campus *c)
{
    return c->sflow;
}

struct ctlchan *campus_channel(struct campus *c)
{
    return c->channel;
}

const struct faults *campus_faults(const struct campus *c)
{
    return c->faults;
}

const double *campus_rates(const struct campus *c)
{
    return c->rates_per_s;
}
