#include "simnet/world/session_fill.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/elementary.h"
#include "controller/base/rng.h"
#include "simnet/world/session_load_impl.h"
#include "simnet/world/stage.h"

/* A switch is filled in pieces, so that what is on the way at a time stays in the cache. */
enum { FILL_KIND = 0xf111, N_PIECES = 10 };
#define STEP_NS (100 * NS_PER_US)

/* One switch and where its hosts begin. */
struct session_fill {
    struct session_load *load;
    struct session_fill_params params;
    struct rng *rng;
    struct sim_event step;
    uint32_t next;       /* Piece: of which switch, and which. */
    double *idle_frac;   /* By destination: entries among switches without a session... */
    uint32_t n_expected; /* ...of so many hosts. */
    struct flow **flows; /* With sessions, by switch and destination. */
    size_t n_flows, next_flow;
    uint32_t *hosts; /* By switch... */
    uint32_t *first; /* ...whose first is here; one more than there are switches. */
    uint64_t n_entries;
};

int64_t session_fill_ns(const struct world *world)
{
    return (int64_t)world_n_switches(world) * N_PIECES * STEP_NS;
}

/* --- Who has an entry ------------------------------------------------------------------------- */

static double idle_frac(const struct session_fill *fill, uint32_t n_sources, double lambda_per_s)
{
    double at = n_sources * lambda_per_s * fill->params.hold_s;

    return fill->params.law == HOLD_EXPONENTIAL ? at / (1 + at) : 1 - exact_exp(-at);
}

/* What is left of the idle time of an entry that is there, at the beginning of the traffic. */
static double rest_s(struct session_fill *fill, uint32_t n_sources, double lambda_per_s)
{
    double a_per_s = n_sources * lambda_per_s, hold_s = fill->params.hold_s, present;

    if (fill->params.law == HOLD_EXPONENTIAL) {
        return rng_exponential(fill->rng, hold_s);
    }
    present = 1 - exact_exp(-a_per_s * hold_s);
    return hold_s + exact_log(1 - rng_uniform(fill->rng) * present) / a_per_s;
}

static uint32_t n_at(const struct session_fill *fill, uint32_t sw)
{
    return fill->first[sw + 1] - fill->first[sw];
}

/* Hosts of the switch that may call 'dst'. */
static uint32_t n_sources(const struct session_fill *fill, uint32_t sw, uint32_t dst)
{
    return n_at(fill, sw) - (world_host_switch(fill->load->world, dst) == sw);
}

static uint32_t draw_source(struct session_fill *fill, uint32_t sw, uint32_t dst)
{
    const uint32_t *hosts = &fill->hosts[fill->first[sw]];
    uint32_t src = hosts[rng_below(fill->rng, n_sources(fill, sw, dst))];

    /* The last one, which was left out, stands for the destination itself. */
    return src == dst ? hosts[n_at(fill, sw) - 1] : src;
}

/* --- Filling ---------------------------------------------------------------------------------- */

static void send_flows(struct session_fill *fill, uint32_t sw)
{
    while (fill->next_flow < fill->n_flows && fill->flows[fill->next_flow]->sw == sw) {
        session_flow_send(fill->flows[fill->next_flow++]);
        fill->n_entries++;
    }
}

/* Destinations from 'from' to before 'to'. */
static void send_idle(struct session_fill *fill, uint32_t sw, uint32_t from, uint32_t to)
{
    struct session_load *load = fill->load;
    uint32_t n = n_at(fill, sw);

    for (uint32_t dst = from; dst < to; dst++) {
        double u = rng_uniform(fill->rng);
        uint32_t sources;

        /* Where the destination sits there is one source less. */
        if (u >= fill->idle_frac[dst] || session_flow_find(load, sw, dst)) {
            continue;
        }
        sources = n_sources(fill, sw, dst);
        if (sources == n || u < idle_frac(fill, sources, fill->params.lambda_per_s[dst])) {
            session_load_send(load, draw_source(fill, sw, dst), dst);
            fill->n_entries++;
        }
    }
}

static void expect_sources(struct session_fill *fill, uint32_t n)
{
    if (fill->n_expected != n) {
        fill->n_expected = n;
        for (uint32_t dst = 0; dst < world_n_hosts(fill->load->world); dst++) {
            fill->idle_frac[dst] = idle_frac(fill, n, fill->params.lambda_per_s[dst]);
        }
    }
}

static void on_step(void *aux, struct sim_event *event)
{
    struct session_fill *fill = aux;
    struct sim *sim = fill->load->sim;
    uint32_t sw = fill->next / N_PIECES, piece = fill->next % N_PIECES;
    uint64_t n_hosts = world_n_hosts(fill->load->world);

    fill->next++;
    if (n_at(fill, sw)) {
        expect_sources(fill, n_at(fill, sw));
        send_flows(fill, sw);
        send_idle(fill, sw, (uint32_t)(n_hosts * piece / N_PIECES),
                  (uint32_t)(n_hosts * (piece + 1) / N_PIECES));
    }
    if (fill->next < world_n_switches(fill->load->world) * N_PIECES) {
        sim_at(sim, event, mono_add(sim_now(sim), STEP_NS));
    }
}

void session_fill_added(struct session_fill *fill, uint32_t sw, uint32_t dst, uint32_t entry)
{
    double s = rest_s(fill, n_sources(fill, sw, dst), fill->params.lambda_per_s[dst]);

    swtch_set_idle_end(world_switch(fill->load->world, sw), entry,
                       mono_add(fill->params.begin_at, ns_from_s(s)));
}

/* --- Life ------------------------------------------------------------------------------------- */

static int by_switch(const void *a, const void *b)
{
    const struct flow *x = *(struct flow *const *)a, *y = *(struct flow *const *)b;

    return x->sw != y->sw ? (x->sw > y->sw) - (x->sw < y->sw)
                          : (x->dst > y->dst) - (x->dst < y->dst);
}

static void list_flows(struct session_fill *fill)
{
    struct hmap_node *node, *next;

    fill->flows = xcalloc(fill->load->flows.n + 1, sizeof(struct flow *));
    HMAP_FOR_EACH (node, next, &fill->load->flows) {
        fill->flows[fill->n_flows++] = HMAP_ENTRY(node, struct flow, node);
    }
    qsort(fill->flows, fill->n_flows, sizeof(struct flow *), by_switch);
}

static void list_hosts(struct session_fill *fill)
{
    const struct world *world = fill->load->world;
    uint32_t n_switches = world_n_switches(world), n_hosts = world_n_hosts(world);
    uint32_t *at;

    fill->hosts = xcalloc(n_hosts + 1, sizeof *fill->hosts);
    fill->first = xcalloc(n_switches + 1, sizeof *fill->first);
    for (uint32_t h = 0; h < n_hosts; h++) {
        fill->first[world_host_switch(world, h) + 1]++;
    }
    for (uint32_t sw = 0; sw < n_switches; sw++) {
        fill->first[sw + 1] += fill->first[sw];
    }
    at = xmemdup(fill->first, (n_switches + 1) * sizeof *at);
    for (uint32_t h = 0; h < n_hosts; h++) {
        fill->hosts[at[world_host_switch(world, h)]++] = h;
    }
    free(at);
}

struct session_fill *session_fill_new(struct session_load *load,
                                      const struct session_fill_params *params)
{
    struct session_fill *fill = xcalloc(1, sizeof *fill);

    fill->load = load;
    fill->params = *params;
    fill->rng = sim_rng(load->sim, params->stream);
    fill->idle_frac = xcalloc(world_n_hosts(load->world) + 1, sizeof *fill->idle_frac);
    load->fill = fill;
    list_hosts(fill);
    session_traffic_populate(params->traffic);
    list_flows(fill);
    sim_event_init(&fill->step, FILL_KIND, SIM_PRIO_NORMAL, on_step, fill);
    fill->step.stage = STAGE_SESSIONS;
    sim_at(load->sim, &fill->step, sim_now(load->sim));
    return fill;
}

void session_fill_free(struct session_fill *fill)
{
    if (fill) {
        sim_cancel(fill->load->sim, &fill->step);
        fill->load->fill = NULL;
        free(fill->idle_frac);
        free(fill->flows);
        free(fill->hosts);
        free(fill->first);
        free(fill);
    }
}

uint64_t session_fill_n_entries(const struct session_fill *fill)
{
    return fill->n_entries;
}
