#include "simnet/ctlchan/reroute.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/apps/modules.h"
#include "controller/base/alloc.h"
#include "controller/base/buf.h"
#include "controller/base/rng.h"
#include "controller/core/ctl_api.h"

enum {
    ANNOUNCE_KIND = 0xcb0,
    SEND_KIND = 0xcb1,
    FAIL_KIND = 0xcb2,
    MEND_KIND = 0xcb3,
    REST_KIND = 0xcb4
};

#define ANNOUNCED_NS NS_PER_S      /* After ports have settled: streams begin. */
#define AROUND_NS (20 * NS_PER_MS) /* So long before and after, streams run. */
#define UDP_PORT 2385

struct stream {
    uint32_t from, to;
    uint32_t next;      /* The number of the next datagram. */
    uint32_t n_got;     /* Received. */
    uint32_t last;      /* The highest number that was received, plus one. */
    uint64_t n_lost;    /* Holes below it. */
    mono_t heard_at;    /* When the latest came. */
    int64_t longest_ns; /* Silence since the failure. */
    uint64_t lost_then; /* 'n_lost' at the failure, or when the link was back. */
    bool is_hit;
};

struct reroute {
    struct reroute_params params;
    struct world *world;
    struct ctlchan *channel;
    struct ctl *ctl;
    struct stream *streams;
    struct wire **trunks; /* Between two switches. */
    uint32_t *ends;       /* Their numbers, two for each. */
    uint32_t n_trunks;
    struct wire *down; /* The one that has failed; NULL: none. */
    struct rng *draws;
    struct sim_event announce, send, fail, mend, rest;
    struct hist gap_ns;
    struct reroute_result result;
    mono_t end_at, silent_at; /* Streams stop. */
};

struct reroute_params reroute_params_default(void)
{
    return (struct reroute_params){.world = world_params_default(),
                                   .channel = ctlchan_params_default(),
                                   .core = core_settings_default(),
                                   .clustering = clustering_settings_default(),
                                   .n_streams = 20,
                                   .n_failures = 50,
                                   .interval_s = 1e-4,
                                   .outage_s = 0.05,
                                   .rest_s = 1};
}

static struct sim *sim_of(const struct reroute *r)
{
    return world_sim(r->world);
}

/* --- Streams ---------------------------------------------------------------------------------- */

static void on_datagram(void *aux, struct endhost *host, const struct pkt *pkt,
                        const uint8_t *payload, size_t n)
{
    struct reroute *r = aux;
    struct rd in = rd_init(payload, n);
    uint32_t id = rd_u32(&in), number = rd_u32(&in);
    struct stream *s = n >= 8 && id < r->params.n_streams ? &r->streams[id] : NULL;
    mono_t now = sim_now(sim_of(r));
    int64_t silence_ns;

    (void)pkt;
    if (!s || host != world_host(r->world, s->to)) {
        return;
    }
    silence_ns = s->n_got > 0 ? mono_diff_ns(now, s->heard_at) : 0;
    s->longest_ns = silence_ns > s->longest_ns ? silence_ns : s->longest_ns;
    s->heard_at = now;
    s->n_got++;
    r->result.n_received++;
    if (number >= s->last) {
        s->n_lost += number - s->last;
        s->last = number + 1;
    } else if (s->n_lost > 0) {
        s->n_lost--; /* It was late, not lost. */
    }
}

static void on_send(void *aux, struct sim_event *event)
{
    struct reroute *r = aux;

    for (uint32_t i = 0; i < r->params.n_streams; i++) {
        struct stream *s = &r->streams[i];
        struct buf payload = BUF_INIT;

        buf_put_u32(&payload, i);
        buf_put_u32(&payload, s->next++);
        endhost_send_udp(world_host(r->world, s->from), endhost_ip(world_host(r->world, s->to)),
                         UDP_PORT, UDP_PORT, payload.data, payload.len);
        buf_fini(&payload);
    }
    r->result.n_sent += r->params.n_streams;
    if (mono_before(sim_now(sim_of(r)), r->silent_at)) {
        sim_at(sim_of(r), event, mono_add(sim_now(sim_of(r)), ns_from_s(r->params.interval_s)));
    }
}

/* Lets streams run around the failure at 'fail_at'. */
static void run_streams(struct reroute *r, mono_t fail_at)
{
    r->silent_at = mono_add(fail_at, ns_from_s(r->params.outage_s) + AROUND_NS);
    sim_at(sim_of(r), &r->send, mono_add(fail_at, -AROUND_NS));
}

static void on_announce(void *aux, struct sim_event *event)
{
    struct reroute *r = aux;

    (void)event;
    for (uint32_t i = 0; i < world_n_hosts(r->world); i++) {
        endhost_announce(world_host(r->world, i));
    }
}

/* --- Failures --------------------------------------------------------------------------------- */

static dpid_t dpid_of(const struct reroute *r, uint32_t sw)
{
    return swtch_dpid(world_switch(r->world, sw));
}

/* True when the way of 's', as the controller has it, goes from switch 'a' to 'b' or back. */
static bool uses(const struct reroute *r, const struct stream *s, dpid_t a, dpid_t b)
{
    struct path path;

    if (!clustering_path(ctl_module_state(r->ctl, "clustering"),
                         dpid_of(r, world_host_switch(r->world, s->from)),
                         dpid_of(r, world_host_switch(r->world, s->to)), &path)) {
        return false;
    }
    for (size_t i = 0; i + 1 < path.n; i++) {
        dpid_t x = path.hops[i].dpid, y = path.hops[i + 1].dpid;

        if ((x == a && y == b) || (x == b && y == a)) {
            return true;
        }
    }
    return false;
}

/* Marks who uses the trunk; how many do. */
static uint32_t mark_hit(struct reroute *r, uint32_t trunk)
{
    dpid_t a = dpid_of(r, r->ends[2 * trunk]), b = dpid_of(r, r->ends[2 * trunk + 1]);
    uint32_t n = 0;

    for (uint32_t i = 0; i < r->params.n_streams; i++) {
        r->streams[i].is_hit = uses(r, &r->streams[i], a, b);
        n += r->streams[i].is_hit;
    }
    return n;
}

static void begin_outage(struct reroute *r)
{
    for (uint32_t i = 0; i < r->params.n_streams; i++) {
        struct stream *s = &r->streams[i];

        r->result.n_back_lost += r->result.n_failures > 0 ? s->n_lost - s->lost_then : 0;
        s->longest_ns = 0;
        s->lost_then = s->n_lost;
    }
    r->result.n_failures++;
}

static void on_fail(void *aux, struct sim_event *event)
{
    struct reroute *r = aux;
    uint32_t trunk = rng_below(r->draws, r->n_trunks), tries = 0;

    (void)event;
    while (mark_hit(r, trunk) == 0 && tries++ < r->n_trunks) {
        trunk = (trunk + 1) % r->n_trunks;
    }
    begin_outage(r);
    r->down = r->trunks[trunk];
    wire_set_up(r->down, false);
    sim_at(sim_of(r), &r->mend, mono_add(sim_now(sim_of(r)), ns_from_s(r->params.outage_s)));
}

static void end_outage_of(struct reroute *r, struct stream *s)
{
    struct reroute_result *out = &r->result;
    uint64_t lost = s->n_lost - s->lost_then;
    int64_t silent_ns = mono_diff_ns(sim_now(sim_of(r)), s->heard_at);
    int64_t gap_ns = s->longest_ns - ns_from_s(r->params.interval_s);

    if (!s->is_hit) {
        out->n_spared_lost += lost;
        return;
    }
    out->n_hit++;
    out->n_hit_lost += lost;
    if (silent_ns > ns_from_s(r->params.outage_s) / 2) {
        out->n_cut_off++;
    } else {
        out->n_unbroken += lost == 0;
        hist_add(&r->gap_ns, gap_ns > 0 ? gap_ns : 0);
    }
}

static void on_mend(void *aux, struct sim_event *event)
{
    struct reroute *r = aux;

    (void)event;
    r->silent_at = mono_add(sim_now(sim_of(r)), AROUND_NS);
    for (uint32_t i = 0; i < r->params.n_streams; i++) {
        end_outage_of(r, &r->streams[i]);
        r->streams[i].lost_then = r->streams[i].n_lost;
    }
    wire_set_up(r->down, true);
    r->down = NULL;
    sim_at(sim_of(r), &r->rest, mono_add(sim_now(sim_of(r)), 2 * AROUND_NS));
}

/* The streams have stopped: the next failure. */
static void on_rest(void *aux, struct sim_event *event)
{
    struct reroute *r = aux;
    mono_t fail_at = mono_add(sim_now(sim_of(r)), ns_from_s(r->params.rest_s) - 2 * AROUND_NS);

    (void)event;
    if (r->result.n_failures < r->params.n_failures) {
        sim_at(sim_of(r), &r->fail, fail_at);
        run_streams(r, fail_at);
    }
}

/* --- Life ------------------------------------------------------------------------------------- */

static bool is_trunk(const struct topo *topo, const struct topo_edge *e)
{
    return topo->nodes[e->a].kind == TOPO_SWITCH && topo->nodes[e->b].kind == TOPO_SWITCH;
}

static size_t n_trunks_of(const struct topo *topo)
{
    size_t n = 0;

    for (size_t i = 0; i < topo->n_edges; i++) {
        n += is_trunk(topo, &topo->edges[i]);
    }
    return n;
}

static const char *complaint(const struct topo *topo, const struct reroute_params *p)
{
    bool positive = p->interval_s > 0 && p->outage_s > 0 && p->rest_s > 0;

    if (topo->n_hosts < 2 || n_trunks_of(topo) == 0) {
        return "it needs at least 2 hosts, and two switches that are joined";
    }
    if (p->n_streams == 0 || p->n_streams > REROUTE_MAX_STREAMS || p->n_failures == 0) {
        return "it needs 1 to 1024 streams and at least one failure";
    }
    if (!positive || !isfinite(p->outage_s + p->rest_s) || p->rest_s < 0.1 ||
        p->interval_s > p->outage_s / 4) {
        return "the times must be positive, rest_s at least 0.1 and the interval at most a fourth "
               "of "
               "the outage";
    }
    return NULL;
}

static struct ctl *make_core(struct reroute *r, const char **failed)
{
    struct ctl_module_use uses[APP_N_MODULES];
    struct ctl_params cp = {.settings = r->params.core,
                            .clock = sim_clock(sim_of(r)),
                            .southbound = ctlchan_southbound(r->channel),
                            .log = r->params.log,
                            .modules = uses,
                            .n_modules = APP_N_MODULES};

    for (size_t i = 0; i < APP_N_MODULES; i++) {
        bool is_clustering = app_modules[i] == &clustering_module;

        uses[i] =
            (struct ctl_module_use){app_modules[i], is_clustering ? &r->params.clustering : NULL};
    }
    return ctl_new(&cp, failed);
}

/* Wires are numbered as the topology's edges, switches as its nodes of that kind. */
static void find_trunks(struct reroute *r, const struct topo *topo)
{
    uint32_t *number = xcalloc(topo->n_nodes, sizeof *number), n = 0;

    for (size_t i = 0; i < topo->n_nodes; i++) {
        number[i] = n;
        n += topo->nodes[i].kind == TOPO_SWITCH;
    }
    r->trunks = xcalloc(topo->n_edges, sizeof(struct wire *));
    r->ends = xcalloc(2 * topo->n_edges, sizeof *r->ends);
    for (uint32_t i = 0; i < topo->n_edges; i++) {
        const struct topo_edge *e = &topo->edges[i];

        if (is_trunk(topo, e)) {
            r->ends[2 * r->n_trunks] = number[e->a];
            r->ends[2 * r->n_trunks + 1] = number[e->b];
            r->trunks[r->n_trunks++] = world_wire(r->world, i);
        }
    }
    free(number);
}

static void draw_streams(struct reroute *r)
{
    uint32_t n = world_n_hosts(r->world);

    r->streams = xcalloc(r->params.n_streams, sizeof *r->streams);
    for (uint32_t i = 0; i < r->params.n_streams; i++) {
        struct stream *s = &r->streams[i];
        uint32_t tries = 0;

        do {
            s->from = rng_below(r->draws, n);
            s->to = rng_below(r->draws, n);
        } while (world_host_switch(r->world, s->from) == world_host_switch(r->world, s->to) &&
                 tries++ < 1000);
    }
    for (uint32_t i = 0; i < n; i++) {
        endhost_set_udp(world_host(r->world, i), on_datagram, r);
    }
}

static void schedule(struct reroute *r)
{
    const struct reroute_params *p = &r->params;
    mono_t settled_at = {ctlchan_settled_ns(&p->channel)};
    mono_t send_at = mono_add(settled_at, ANNOUNCED_NS);

    sim_event_init(&r->announce, ANNOUNCE_KIND, SIM_PRIO_NORMAL, on_announce, r);
    sim_event_init(&r->send, SEND_KIND, SIM_PRIO_NORMAL, on_send, r);
    sim_event_init(&r->fail, FAIL_KIND, SIM_PRIO_NORMAL, on_fail, r);
    sim_event_init(&r->mend, MEND_KIND, SIM_PRIO_NORMAL, on_mend, r);
    sim_at(sim_of(r), &r->announce, settled_at);
    sim_event_init(&r->rest, REST_KIND, SIM_PRIO_NORMAL, on_rest, r);
    r->silent_at = mono_add(send_at, AROUND_NS);
    sim_at(sim_of(r), &r->send, send_at);
    sim_at(sim_of(r), &r->rest, mono_add(send_at, 2 * AROUND_NS));
    r->end_at = mono_add(send_at,
                         ns_from_s(p->n_failures * (p->outage_s + p->rest_s) + p->rest_s));
}

struct reroute *reroute_new(const struct topo *topo, const struct reroute_params *params, char *why,
                            size_t size)
{
    const char *bad = complaint(topo, params), *failed = NULL;
    struct reroute *r;

    if (bad) {
        snprintf(why, size, "%s", bad);
        return NULL;
    }
    r = xcalloc(1, sizeof *r);
    r->params = *params;
    hist_init(&r->gap_ns);
    r->world = world_new(topo, &params->world);
    r->draws = sim_rng(sim_of(r), "reroute");
    find_trunks(r, topo);
    draw_streams(r);
    r->channel = ctlchan_new(r->world, &params->channel);
    r->ctl = make_core(r, &failed);
    if (!r->ctl) {
        snprintf(why, size, "the settings of app %s are out of range", failed);
        reroute_free(r);
        return NULL;
    }
    schedule(r);
    ctlchan_start(r->channel, r->ctl);
    return r;
}

void reroute_free(struct reroute *r)
{
    if (!r) {
        return;
    }
    ctlchan_free(r->channel);
    ctl_free(r->ctl);
    world_free(r->world);
    free(r->streams);
    free(r->trunks);
    free(r->ends);
    free(r);
}

bool reroute_step(struct reroute *r, double step_s)
{
    mono_t to = mono_min(mono_add(sim_now(sim_of(r)), ns_from_s(step_s)), r->end_at);

    sim_run_until(sim_of(r), to);
    return mono_before(to, r->end_at);
}

double reroute_now_s(const struct reroute *r)
{
    return mono_to_s(sim_now(sim_of(r)));
}

double reroute_end_s(const struct reroute *r)
{
    return mono_to_s(r->end_at);
}

struct ctl *reroute_ctl(struct reroute *r)
{
    return r->ctl;
}

struct world *reroute_world(const struct reroute *r)
{
    return r->world;
}

void reroute_measure(const struct reroute *r, struct reroute_result *out)
{
    *out = r->result;
    out->gap_ns = &r->gap_ns;
    for (uint32_t i = 0; i < r->params.n_streams && !r->down; i++) {
        out->n_back_lost += r->streams[i].n_lost - r->streams[i].lost_then;
    }
    for (uint32_t i = 0; i < world_n_switches(r->world); i++) {
        const struct swtch_stats *s = swtch_get_stats(world_switch(r->world, i));

        out->n_flow_mods += s->n_flow_mods;
        out->n_group_mods += s->n_group_mods;
    }
    out->n_events = sim_n_events(sim_of(r));
    out->trace_hash = sim_trace_hash(sim_of(r));
}
