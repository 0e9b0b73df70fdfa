#include "simnet/ctlchan/elephant_pair.h"

#include <math.h>
#include <stdio.h>

#include "controller/apps/elephants.h"
#include "controller/apps/link_costs.h"
#include "controller/core/ctl_api.h"
#include "simnet/ctlchan/campus.h"

enum { SEND_KIND = 0xcaa };

#define PAYLOAD_BYTES 1358
#define FRAME_BITS (1400 * 8) /* With its headers. */
#define IS_WHOLE                                                                                   \
    0.97 /* Share of its rate that a flow gets when nothing is lost: bins cut frames. */

struct flow {
    struct campus *campus;
    uint32_t from, to;
    uint16_t port;
    int64_t pause_ns;
    uint64_t n_received;
    struct sim_event send;
};

struct elephant_pair_params elephant_pair_default(void)
{
    return (struct elephant_pair_params){.seed = 1,
                                         .link_bps = 10e6,
                                         .queue_bytes = 32000,
                                         .flow_bps = 8e6,
                                         .sample_one_in = 20,
                                         .duration_s = 20,
                                         .bin_s = 0.25};
}

static const char *complaint(const struct elephant_pair_params *p)
{
    if (!(p->link_bps > 0) || !(p->flow_bps > 0) || !(p->link_bps <= 1e12) ||
        !(p->flow_bps <= 1e12)) {
        return "link_bps and flow_bps must be positive, at most 1e12";
    }
    if (!(p->bin_s > 0) || !(p->duration_s >= p->bin_s) ||
        p->duration_s / p->bin_s > ELEPHANT_MAX_BINS) {
        return "duration_s must have 1 to 1000 bins of bin_s";
    }
    return NULL;
}

/* --- Flows ------------------------------------------------------------------------------------ */

static struct sim *sim_of(const struct flow *f)
{
    return world_sim(campus_world(f->campus));
}

static void on_send(void *aux, struct sim_event *event)
{
    static const uint8_t payload[PAYLOAD_BYTES];
    struct flow *f = aux;
    struct world *w = campus_world(f->campus);

    endhost_send_udp(world_host(w, f->from), endhost_ip(world_host(w, f->to)), f->port, 5001,
                     payload, sizeof payload);
    sim_at(sim_of(f), event, mono_add(sim_now(sim_of(f)), f->pause_ns));
}

static void on_received(void *aux, struct endhost *host, const struct pkt *pkt,
                        const uint8_t *payload, size_t n)
{
    (void)host;
    (void)pkt;
    (void)payload;
    (void)n;
    ++*(uint64_t *)aux;
}

/* The second begins in the middle of a pause of the first. */
static void begin(struct flow flows[2], struct campus *campus, const struct elephant_pair_params *p)
{
    for (uint32_t i = 0; i < 2; i++) {
        struct flow *f = &flows[i];

        *f = (struct flow){.campus = campus, .from = i, .to = 2 + i, .port = (uint16_t)(2385 + i)};
        f->pause_ns = ns_from_s(FRAME_BITS / p->flow_bps);
        endhost_set_udp(world_host(campus_world(campus), f->to), on_received, &f->n_received);
        sim_event_init(&f->send, SEND_KIND, SIM_PRIO_NORMAL, on_send, f);
        sim_at(sim_of(f), &f->send, mono_add(sim_now(sim_of(f)), 1 + i * f->pause_ns / 2));
    }
}

/* --- Measuring -------------------------------------------------------------------------------- */

static void measure_bins(struct flow flows[2], const struct elephant_pair_params *p,
                         struct elephant_pair_result *out)
{
    double begun_s = mono_to_s(sim_now(sim_of(&flows[0])));
    uint64_t before[2] = {0};

    out->n_bins = (size_t)(p->duration_s / p->bin_s + 1e-9);
    for (size_t b = 0; b < out->n_bins; b++) {
        out->time_s[b] = (double)(b + 1) * p->bin_s;
        campus_run_until(flows[0].campus, begun_s + out->time_s[b]);
        for (unsigned i = 0; i < 2; i++) {
            out->flow_bps[i][b] = (double)(flows[i].n_received - before[i]) * FRAME_BITS / p->bin_s;
            before[i] = flows[i].n_received;
        }
    }
}

/* The first bin from which on nothing is lost; bins without a whole second behind them are noise, so a
 * second's mean is looked at. */
static double apart_from(const struct elephant_pair_params *p, const struct elephant_pair_result *r)
{
    size_t in_s = (size_t)fmax(1, ceil(1 / p->bin_s)), from = r->n_bins;

    while (from > 0) {
        size_t last = from - 1 + in_s < r->n_bins ? from - 1 + in_s : r->n_bins;
        double sum[2] = {0};

        for (size_t b = from - 1; b < last; b++) {
            sum[0] += r->flow_bps[0][b];
            sum[1] += r->flow_bps[1][b];
        }
        if (fmin(sum[0], sum[1]) < IS_WHOLE * p->flow_bps * (double)(last - from + 1)) {
            break;
        }
        from--;
    }
    return from == r->n_bins ? INFINITY : (double)from * p->bin_s;
}

static double mean_of(const struct elephant_pair_result *r, double from_s, double to_s)
{
    double sum = 0;
    size_t n = 0;

    for (size_t b = 0; b < r->n_bins; b++) {
        if (r->time_s[b] > from_s && r->time_s[b] <= to_s) {
            sum += r->flow_bps[0][b] + r->flow_bps[1][b];
            n++;
        }
    }
    return n ? sum / (double)n : 0;
}

static void measure(struct flow flows[2], const struct elephant_pair_params *p,
                    struct elephant_pair_result *out)
{
    const void *app = ctl_module_state(campus_ctl(flows[0].campus), "elephants");
    struct elephants_counters n = elephants_counters(app);

    measure_bins(flows, p, out);
    n = elephants_counters(app);
    out->period_s = ns_to_s(link_costs_settings_default().period_ns);
    out->apart_s = apart_from(p, out);
    out->before_bps = mean_of(out, 0, fmin(out->period_s, p->duration_s / 2));
    out->after_bps = mean_of(out, p->duration_s / 2, p->duration_s);
    out->n_found = n.found;
    out->n_moves = n.moves;
    out->n_samples = n.samples;
    out->n_events = sim_n_events(sim_of(&flows[0]));
    out->trace_hash = sim_trace_hash(sim_of(&flows[0]));
    out->sim_s = mono_to_s(sim_now(sim_of(&flows[0])));
}

/* --- The whole -------------------------------------------------------------------------------- */

static struct campus *make_campus(const struct elephant_pair_params *p, char *why, size_t size)
{
    struct campus_params c = campus_params_default();

    c.seed = p->seed;
    c.n_access = c.n_core = c.hosts_per_access = 2;
    c.edge.rate_bps = c.trunk.rate_bps = (int64_t)p->link_bps;
    c.edge.queue_bytes = c.trunk.queue_bytes = p->queue_bytes;
    c.mean_sessions = 0;
    c.warmup_s = 0;
    c.duration_s = 10 + p->duration_s;
    c.sflow.one_in = p->sample_one_in;
    return campus_new(&c, why, size);
}

bool elephant_pair_run(const struct elephant_pair_params *params, struct elephant_pair_result *out,
                       char *why, size_t size)
{
    const char *bad = complaint(params);
    struct campus *campus;
    struct flow flows[2];

    if (bad) {
        snprintf(why, size, "%s", bad);
        return false;
    }
    campus = make_campus(params, why, size);
    if (!campus) {
        return false;
    }
    *out = (struct elephant_pair_result){0};
    campus_run_until(campus, campus_setup_s(campus) + 1);
    begin(flows, campus, params);
    measure(flows, params, out);
    for (unsigned i = 0; i < 2; i++) {
        sim_cancel(sim_of(&flows[i]), &flows[i].send);
    }
    campus_free(campus);
    return true;
}
