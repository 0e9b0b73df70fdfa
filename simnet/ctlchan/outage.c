#include "simnet/ctlchan/outage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/modules.h"
#include "controller/base/alloc.h"
#include "controller/base/buf.h"
#include "controller/base/rng.h"
#include "controller/core/ctl_api.h"
#include "simnet/ctlchan/mem_store.h"

enum { ANNOUNCE_KIND = 0xfa0, SEND_KIND = 0xfa1, PROBE_KIND = 0xfa2, BIN_KIND = 0xfa3 };

#define ANNOUNCED_NS NS_PER_S       /* After ports have settled: streams begin, */
#define STREAMING_NS (2 * NS_PER_S) /* and so much later measuring, */
#define FAR_STREAMING_NS NS_PER_S   /* or, when the controller is far away, after this */
#define WAYS_TO_PATHS 14            /* and so many ways of a message, when all have their paths. */
#define UDP_PORT 2385

struct stream {
    uint32_t from, to;
    mono_t heard_at;
};

struct bin {
    uint64_t n_sent, n_received, n_probes, n_answered; /* Sums up to its end. */
};

struct outage {
    struct outage_params params;
    struct world *world;
    struct ctlchan *channel;
    struct ctl *ctl;
    struct standby *standby; /* NULL: there is one controller. */
    struct mem_store *store;
    struct faults *faults;
    struct stream *streams;
    struct rng *draws;
    struct sim_event announce, send, probe, bin;
    struct hist rtt_ns;
    struct bin now, *bins; /* Sums since measuring began. */
    size_t n_bins;
    uint64_t flow_mods_before;
    uint32_t entries_before, entries_least;
    uint64_t n_interruptions;
    double interrupted_s, longest_s;
    mono_t begin_at, silent_at, end_at;
};

struct outage_params outage_params_default(void)
{
    struct outage_params p = {.world = world_params_default(),
                              .channel = ctlchan_params_default(),
                              .core = core_settings_default(),
                              .clustering = clustering_settings_default(),
                              .standby = standby_params_default(),
                              .n_streams = 20,
                              .interval_s = 0.01,
                              .probes_per_s = 50,
                              .duration_s = 30,
                              .rest_s = 5,
                              .bin_s = 0.5};

    p.clustering.hold_s = 2;
    return p;
}

static struct sim *sim_of(const struct outage *o)
{
    return world_sim(o->world);
}

static mono_t now_of(const struct outage *o)
{
    return sim_now(sim_of(o));
}

static bool is_measuring(const struct outage *o)
{
    return !mono_before(now_of(o), o->begin_at);
}

/* --- Traffic ---------------------------------------------------------------------------------- */

/* A silence that has lasted since the measuring began at least. */
static double silence_of(const struct outage *o, const struct stream *s)
{
    mono_t since = mono_before(s->heard_at, o->begin_at) ? o->begin_at : s->heard_at;

    return ns_to_s(mono_diff_ns(mono_min(now_of(o), o->silent_at), since));
}

static bool is_interrupted(const struct outage *o, double silence_s)
{
    return silence_s > 3 * o->params.interval_s;
}

static void on_datagram(void *aux, struct endhost *host, const struct pkt *pkt,
                        const uint8_t *payload, size_t n)
{
    struct outage *o = aux;
    struct rd in = rd_init(payload, n);
    uint32_t id = rd_u32(&in);
    mono_t sent_at = {(int64_t)rd_u64(&in)};
    struct stream *s = n >= 12 && id < o->params.n_streams ? &o->streams[id] : NULL;
    double silence_s;

    (void)pkt;
    if (!s || host != world_host(o->world, s->to)) {
        return;
    }
    if (is_measuring(o)) {
        silence_s = silence_of(o, s);
        if (is_interrupted(o, silence_s)) {
            double lasted_s = silence_s - o->params.interval_s;

            o->n_interruptions++;
            o->interrupted_s += lasted_s;
            o->longest_s = fmax(o->longest_s, lasted_s);
        }
        o->now.n_received += !mono_before(sent_at, o->begin_at);
    }
    s->heard_at = now_of(o);
}

static void on_send(void *aux, struct sim_event *event)
{
    struct outage *o = aux;
    mono_t next = mono_add(now_of(o), ns_from_s(o->params.interval_s));

    for (uint32_t i = 0; i < o->params.n_streams; i++) {
        const struct stream *s = &o->streams[i];
        struct buf payload = BUF_INIT;

        buf_put_u32(&payload, i);
        buf_put_u64(&payload, (uint64_t)now_of(o).ns);
        endhost_send_udp(world_host(o->world, s->from), endhost_ip(world_host(o->world, s->to)),
                         UDP_PORT, UDP_PORT, payload.data, payload.len);
        buf_fini(&payload);
    }
    o->now.n_sent += is_measuring(o) ? o->params.n_streams : 0;
    if (mono_before(next, o->silent_at)) {
        sim_at(sim_of(o), event, next);
    }
}

static void on_probe(void *aux, struct sim_event *event)
{
    struct outage *o = aux;
    uint32_t n = world_n_hosts(o->world), from = rng_below(o->draws, n);
    uint32_t to = (from + 1 + rng_below(o->draws, n - 1)) % n;
    mono_t next =
        mono_add(now_of(o), ns_from_s(rng_exponential(o->draws, 1 / o->params.probes_per_s)));

    endhost_ping(world_host(o->world, from), endhost_ip(world_host(o->world, to)));
    o->now.n_probes += is_measuring(o);
    if (mono_before(next, o->silent_at)) {
        sim_at(sim_of(o), event, next);
    }
}

/* Those sent before measuring began do not count. */
static void on_pong(void *aux, mono_t sent_at)
{
    struct outage *o = aux;

    if (!mono_before(sent_at, o->begin_at)) {
        o->now.n_answered++;
        hist_add(&o->rtt_ns, mono_diff_ns(now_of(o), sent_at));
    }
}

static void on_announce(void *aux, struct sim_event *event)
{
    struct outage *o = aux;

    (void)event;
    for (uint32_t i = 0; i < world_n_hosts(o->world); i++) {
        endhost_announce(world_host(o->world, i));
    }
}

/* --- Measuring -------------------------------------------------------------------------------- */

static uint64_t n_flow_mods(const struct outage *o)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < world_n_switches(o->world); i++) {
        n += swtch_get_stats(world_switch(o->world, i))->n_flow_mods;
    }
    return n;
}

static uint32_t n_entries(const struct outage *o)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < world_n_switches(o->world); i++) {
        n += table_size(swtch_table(world_switch(o->world, i), 0));
    }
    return n;
}

/* Measuring begins, or a bin is over. */
static void on_bin(void *aux, struct sim_event *event)
{
    struct outage *o = aux;
    uint32_t entries = n_entries(o);

    if (now_of(o).ns == o->begin_at.ns) {
        o->flow_mods_before = n_flow_mods(o);
        o->entries_before = o->entries_least = entries;
        ctlchan_reset_stats(o->channel);
        station_reset_stats(ctlchan_station(o->channel));
        if (o->standby) {
            ctlchan_reset_stats(standby_channel(o->standby));
            station_reset_stats(ctlchan_station(standby_channel(o->standby)));
            standby_reset(o->standby);
        }
    } else {
        o->entries_least = entries < o->entries_least ? entries : o->entries_least;
        o->bins[o->n_bins++] = o->now;
    }
    if (o->n_bins < OUTAGE_MAX_BINS && mono_before(now_of(o), o->silent_at)) {
        sim_at(sim_of(o), event, mono_add(now_of(o), ns_from_s(o->params.bin_s)));
    }
}

static double frac(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 1;
}

static void measure_bins(const struct outage *o, struct outage_result *out)
{
    struct bin before = {0};

    out->n_bins = o->n_bins;
    for (size_t i = 0; i < o->n_bins; i++) {
        const struct bin *b = &o->bins[i];

        out->time_s[i] = ((double)i + 0.5) * o->params.bin_s;
        out->delivered_frac[i] = frac(b->n_received - before.n_received, b->n_sent - before.n_sent);
        out->answered_frac[i] =
            frac(b->n_answered - before.n_answered, b->n_probes - before.n_probes);
        before = *b;
    }
}

static void measure_streams(const struct outage *o, struct outage_result *out)
{
    double watched_s = ns_to_s(mono_diff_ns(mono_min(now_of(o), o->silent_at), o->begin_at));

    out->n_interruptions = o->n_interruptions;
    out->interrupted_s = o->interrupted_s;
    out->longest_s = o->longest_s;
    for (uint32_t i = 0; i < o->params.n_streams; i++) {
        double silence_s = silence_of(o, &o->streams[i]);

        if (is_interrupted(o, silence_s)) {
            out->n_interruptions++;
            out->n_unrepaired++;
            out->interrupted_s += silence_s;
            out->longest_s = fmax(out->longest_s, silence_s);
        }
    }
    out->availability_frac =
        watched_s > 0 ? 1 - out->interrupted_s / (watched_s * o->params.n_streams) : 1;
}

static void measure_standby(const struct outage *o, struct outage_result *out)
{
    if (o->standby) {
        struct ctlchan *second = standby_channel(o->standby);

        out->n_blocked += station_get_stats(ctlchan_station(second))->n_blocked;
        out->n_connections += ctlchan_get_stats(second)->n_connections;
        out->standby = standby_stats(o->standby);
    }
}

void outage_measure(const struct outage *o, struct outage_result *out)
{
    *out = (struct outage_result){.n_sent = o->now.n_sent,
                                  .n_received = o->now.n_received,
                                  .n_probes = o->now.n_probes,
                                  .n_answered = o->now.n_answered,
                                  .rtt_ns = &o->rtt_ns,
                                  .n_flow_mods = n_flow_mods(o) - o->flow_mods_before,
                                  .n_connections = ctlchan_get_stats(o->channel)->n_connections,
                                  .n_entries_before = o->entries_before,
                                  .n_entries_least = o->entries_least,
                                  .n_entries_after = n_entries(o),
                                  .n_faults = o->params.faults.n,
                                  .n_events = sim_n_events(sim_of(o)),
                                  .trace_hash = sim_trace_hash(sim_of(o))};
    out->n_blocked = station_get_stats(ctlchan_station(o->channel))->n_blocked;
    measure_standby(o, out);
    measure_streams(o, out);
    measure_bins(o, out);
    for (size_t i = 0; i < out->n_faults; i++) {
        out->faults[i] = faults_stats(o->faults, i);
    }
}

/* --- Life ------------------------------------------------------------------------------------- */

static const char *complaint(const struct topo *topo, const struct outage_params *p)
{
    if (topo->n_hosts < 2 || topo->n_switches < 2) {
        return "faults need at least 2 hosts and 2 switches";
    }
    if (p->n_streams == 0 || p->n_streams > OUTAGE_MAX_STREAMS) {
        return "there must be 1 to 1024 streams";
    }
    if (!(p->interval_s >= 1e-6) || !(p->probes_per_s > 0) || !(p->duration_s > 0) ||
        !(p->rest_s >= 0) || !isfinite(p->interval_s + p->duration_s + p->rest_s)) {
        return "times and rates must be positive and finite";
    }
    if (!(p->bin_s > 0) || p->duration_s / p->bin_s > OUTAGE_MAX_BINS) {
        return "there may be at most 2000 bins";
    }
    return standby_error(&p->standby, &p->channel, p->world.versions);
}

static struct ctl *make_core(struct outage *o, const struct southbound *southbound,
                             const char **failed)
{
    struct ctl_module_use uses[APP_N_MODULES];
    struct ctl_params cp = {.settings = o->params.core,
                            .clock = sim_clock(sim_of(o)),
                            .southbound = southbound,
                            .store = mem_store_ops(o->store),
                            .log = o->params.log,
                            .modules = uses,
                            .n_modules = APP_N_MODULES};

    for (size_t i = 0; i < APP_N_MODULES; i++) {
        bool is_clustering = app_modules[i] == &clustering_module;

        uses[i] =
            (struct ctl_module_use){app_modules[i], is_clustering ? &o->params.clustering : NULL};
    }
    return ctl_new(&cp, failed);
}

static struct ctl *make_second(void *aux, const struct southbound *southbound)
{
    const char *failed;

    return make_core(aux, southbound, &failed);
}

static struct ctl *make_first(struct outage *o, const char **failed)
{
    struct ctl *ctl = make_core(o, ctlchan_southbound(o->channel), failed);

    if (ctl && o->params.standby.on) {
        standby_tell_first(o->standby, ctl);
    }
    return ctl;
}

static void on_fault(void *aux, size_t spec, bool begins)
{
    struct outage *o = aux;

    (void)spec;
    (void)begins;
    if (o->standby) {
        standby_told(o->standby);
    }
}

/* The controller dies, or another one is made with what it has stored. */
static void on_restart(void *aux, bool alive)
{
    struct outage *o = aux;
    const char *failed;

    if (!alive) {
        ctl_free(o->ctl);
        o->ctl = NULL;
    } else {
        o->ctl = make_first(o, &failed);
        ctlchan_resume(o->channel, o->ctl);
    }
}

static void draw_streams(struct outage *o)
{
    uint32_t n = world_n_hosts(o->world);

    o->streams = xcalloc(o->params.n_streams, sizeof *o->streams);
    for (uint32_t i = 0; i < o->params.n_streams; i++) {
        struct stream *s = &o->streams[i];
        uint32_t tries = 0;

        do {
            s->from = rng_below(o->draws, n);
            s->to = rng_below(o->draws, n);
        } while (s->from == s->to ||
                 (world_host_switch(o->world, s->from) == world_host_switch(o->world, s->to) &&
                  tries++ < 1000));
    }
    for (uint32_t i = 0; i < n; i++) {
        endhost_set_udp(world_host(o->world, i), on_datagram, o);
        endhost_set_pong(world_host(o->world, i), on_pong, o);
    }
}

static mono_t measure_at(const struct ctlchan_params *channel)
{
    int64_t late_ns = FAR_STREAMING_NS + WAYS_TO_PATHS * channel->delay_ns;
    int64_t streaming_ns = late_ns > STREAMING_NS ? late_ns : STREAMING_NS;

    return (mono_t){ctlchan_settled_ns(channel) + ANNOUNCED_NS + streaming_ns};
}

static void schedule(struct outage *o)
{
    struct sim *sim = sim_of(o);
    mono_t settled_at = {ctlchan_settled_ns(&o->params.channel)};
    mono_t send_at = mono_add(settled_at, ANNOUNCED_NS);

    o->silent_at = mono_add(o->begin_at, ns_from_s(o->params.duration_s));
    o->end_at = mono_add(o->silent_at, ns_from_s(o->params.rest_s));
    o->bins = xcalloc(OUTAGE_MAX_BINS, sizeof *o->bins);
    sim_event_init(&o->announce, ANNOUNCE_KIND, SIM_PRIO_NORMAL, on_announce, o);
    sim_event_init(&o->send, SEND_KIND, SIM_PRIO_NORMAL, on_send, o);
    sim_event_init(&o->probe, PROBE_KIND, SIM_PRIO_NORMAL, on_probe, o);
    sim_event_init(&o->bin, BIN_KIND, SIM_PRIO_FAULT - 1, on_bin, o);
    sim_at(sim, &o->announce, settled_at);
    sim_at(sim, &o->send, send_at);
    sim_at(sim, &o->probe, send_at);
    sim_at(sim, &o->bin, o->begin_at);
    ctlchan_start(o->channel, o->ctl);
}

/* What can fail. */
static bool build(struct outage *o, char *why, size_t size)
{
    struct fault_hooks hooks = {.restart = on_restart, .told = on_fault, .aux = o};
    struct fault_specs specs = o->params.faults;
    const char *failed = NULL;

    if (o->params.channel.is_inband &&
        !inband_place(&o->params.channel.inband, o->world, why, size)) {
        return false;
    }
    o->channel = ctlchan_new(o->world, &o->params.channel);
    o->ctl = make_first(o, &failed);
    if (!o->ctl) {
        snprintf(why, size, "the settings of app %s are out of range", failed);
        return false;
    }
    if (o->params.standby.on) {
        o->standby = standby_new(o->world, o->channel, &o->params.standby, make_second, o);
        hooks.second = standby_channel(o->standby);
    }
    o->begin_at = measure_at(&o->params.channel);
    for (size_t i = 0; i < specs.n; i++) {
        specs.list[i].at_s += outage_begin_s(o);
    }
    o->faults = faults_new(o->world, o->channel, &specs, &hooks, why, size);
    return o->faults != NULL;
}

struct outage *outage_new(const struct topo *topo, const struct outage_params *params, char *why,
                          size_t size)
{
    const char *bad = complaint(topo, params);
    struct outage *o;

    if (bad) {
        snprintf(why, size, "%s", bad);
        return NULL;
    }
    o = xcalloc(1, sizeof *o);
    o->params = *params;
    hist_init(&o->rtt_ns);
    o->store = mem_store_new();
    o->world = world_new(topo, &params->world);
    if (!build(o, why, size)) {
        outage_free(o);
        return NULL;
    }
    o->draws = sim_rng(sim_of(o), "streams");
    draw_streams(o);
    schedule(o);
    return o;
}

void outage_free(struct outage *o)
{
    if (!o) {
        return;
    }
    faults_free(o->faults);
    standby_free(o->standby);
    ctlchan_free(o->channel);
    ctl_free(o->ctl);
    mem_store_free(o->store);
    world_free(o->world);
    free(o->streams);
    free(o->bins);
    free(o);
}

bool outage_step(struct outage *o, double step_s)
{
    mono_t to = mono_min(mono_add(now_of(o), ns_from_s(step_s)), o->end_at);

    sim_run_until(sim_of(o), to);
    return mono_before(to, o->end_at);
}

double outage_now_s(const struct outage *o)
{
    return mono_to_s(now_of(o));
}

double outage_begin_s(const struct outage *o)
{
    return mono_to_s(o->begin_at);
}

double outage_end_s(const struct outage *o)
{
    return mono_to_s(o->end_at);
}

struct world *outage_world(const struct outage *o)
{
    return o->world;
}

struct ctlchan *outage_channel(const struct outage *o)
{
    return o->channel;
}

struct ctl *outage_ctl(const struct outage *o)
{
    return o->ctl;
}

const struct standby *outage_standby(const struct outage *o)
{
    return o->standby;
}
