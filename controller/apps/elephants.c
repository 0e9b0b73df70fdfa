/* See elephants.h; what is where: elephant.h. */
#include "controller/apps/elephants.h"

#include <stdlib.h>

#include "controller/apps/elephant.h"
#include "controller/apps/link_costs.h"
#include "controller/base/alloc.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/topology.h"

struct elephants_settings elephants_settings_default(void)
{
    return (struct elephants_settings){.threshold_percent = 10,
                                       .busy_percent = 30,
                                       .gain_percent = 10,
                                       .min_samples = 4,
                                       .idle_s = 15,
                                       .max_flows = 16384,
                                       .max_elephants = 512,
                                       .flow_stats = true};
}

struct elephants_counters elephants_counters(const void *state)
{
    return ((const struct elephants *)state)->n;
}

/* --- Views ------------------------------------------------------------------------------------ */

static int by_id(const void *a, const void *b)
{
    const struct flow *x = *(struct flow *const *)a, *y = *(struct flow *const *)b;

    return x->elephant->id < y->elephant->id ? -1 : x->elephant->id > y->elephant->id;
}

void elephants_each(const void *state, elephants_each_fn *fn, void *aux)
{
    size_t n;
    struct flow **list = flows_elephants(state, &n);

    qsort(list, n, sizeof *list, by_id);
    for (size_t i = 0; i < n; i++) {
        const struct elephant *elephant = list[i]->elephant;
        struct elephant_info info = {.id = elephant->id,
                                     .flow = list[i]->key,
                                     .rate_bps = (uint64_t)list[i]->rate_bps,
                                     .is_told = elephant->is_told,
                                     .is_moved = elephant->has_way && !elephant->is_leaving,
                                     .n_moves = elephant->n_moves,
                                     .way = elephant->has_way ? &elephant->way : NULL};

        fn(aux, &info);
    }
    free(list);
}

enum err elephants_forget(void *state, uint32_t id)
{
    struct elephants *e = state;
    size_t n;
    struct flow **list = flows_elephants(e, &n);
    enum err err = ERR_NOTFOUND;

    for (size_t i = 0; i < n; i++) {
        if (list[i]->elephant->id == id && !list[i]->elephant->is_leaving) {
            way_release(list[i], &e->n.released_other);
            err = ERR_OK;
            break;
        }
    }
    free(list);
    return err;
}

/* --- All of them ------------------------------------------------------------------------------ */

typedef void each_fn(struct flow *flow, const struct ctl_event *event);

static void each_elephant(struct elephants *e, each_fn *fn, const struct ctl_event *event)
{
    size_t n;
    struct flow **list = flows_elephants(e, &n);

    for (size_t i = 0; i < n; i++) {
        fn(list[i], event);
    }
    free(list);
}

static void resume(struct flow *flow, const struct ctl_event *event)
{
    (void)event;
    way_resume(flow);
}

/* --- Periods ---------------------------------------------------------------------------------- */

/* Takes from the links what the elephants put there; each is added again where it is placed. */
static void place_all(struct elephants *e)
{
    size_t n;
    struct flow **list = flows_elephants(e, &n);
    struct path now;

    graph_update(e);
    for (size_t i = 0; i < e->n_roots; i++) {
        graph_ready(e, e->roots[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (way_now(list[i], &now)) {
            graph_load(e, &now, -list[i]->rate_bps);
        }
    }
    for (size_t i = 0; i < n; i++) {
        way_consider(list[i]);
    }
    free(list);
}

static void on_period(void *aux)
{
    struct elephants *e = aux;

    each_elephant(e, resume, NULL);
    found_look(e);
    flows_count(e);
    told_resolve(e);
    place_all(e);
    flows_ask(e);
}

static void on_sample(void *state, const struct ctl_sample *sample)
{
    if (sample->kind == PKT_SFLOW_FLOW) {
        flows_sample(state, sample);
    }
}

/* --- Events ----------------------------------------------------------------------------------- */

static void check_way(struct flow *flow, const struct ctl_event *event)
{
    (void)event;
    way_check(flow);
}

static void check_host(struct flow *flow, const struct ctl_event *event)
{
    struct eth_addr mac = host_mac(event->host);

    if (eth_addr_eq(flow->key.eth_src, mac) || eth_addr_eq(flow->key.eth_dst, mac)) {
        way_release(flow, &flow->e->n.released_other);
    }
}

/* The entry of one switch is gone: with it the others have been idle, or somebody wants it so. */
static void on_removed(void *state, const struct ctl_event *event)
{
    struct elephants *e = state;
    struct flow_spec spec;
    struct flow *flow;

    flow_entry_spec(event->flow, &spec);
    found_gone(e, datapath_id(event->dp), &spec.match);
    flow = way_flow_of(e, &spec.match);
    if (flow) {
        way_release(flow, event->reason == OF_REMOVED_IDLE_TIMEOUT ? &e->n.released_ended
                                                                   : &e->n.released_other);
    }
}

static void on_adopted(void *state, const struct ctl_event *event)
{
    struct flow_spec spec;

    flow_entry_spec(event->flow, &spec);
    found_add(state, datapath_id(event->dp), &spec);
}

static void on_up(void *state, const struct ctl_event *event)
{
    each_elephant(state, resume, event);
}

static void on_link(void *state, const struct ctl_event *event)
{
    found_lost(state, event->link->src_dpid, event->link->src_port);
    each_elephant(state, check_way, event);
}

static void on_port(void *state, const struct ctl_event *event)
{
    found_lost(state, datapath_id(event->dp), event->port_no);
    each_elephant(state, check_way, event);
}

static void on_host(void *state, const struct ctl_event *event)
{
    each_elephant(state, check_host, event);
}

/* --- Module ----------------------------------------------------------------------------------- */

static bool settings_ok(const struct elephants_settings *s)
{
    return s->threshold_percent >= 1 && s->threshold_percent <= 100 && s->min_samples >= 1 &&
           s->idle_s >= 1 && s->max_flows >= 1 && s->max_elephants <= s->max_flows;
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct elephants *e = xcalloc(1, sizeof *e);

    e->ctl = ctl;
    e->id = id;
    e->settings =
        settings ? *(const struct elephants_settings *)settings : elephants_settings_default();
    e->costs = ctl_module_state(ctl, "link_costs");
    if (!settings_ok(&e->settings) || !e->costs) {
        free(e);
        return ERR_RANGE; /* Or link_costs does not run before. */
    }
    e->limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    flows_init(e);
    told_init(e);
    link_costs_listen(e->costs, on_period, e);
    *state = e;
    return ERR_OK;
}

static void stop(void *state)
{
    struct elephants *e = state;

    told_fini(e);
    found_fini(e);
    flows_fini(e);
    graph_free(e->graph);
    free(e);
}

const struct ctl_module elephants_module = {
    .name = "elephants",
    .start = start,
    .stop = stop,
    .on = {[CTL_DATAPATH_UP] = on_up,
           [CTL_LINK_DOWN] = on_link,
           [CTL_PORT_DOWN] = on_port,
           [CTL_HOST_MOVED] = on_host,
           [CTL_HOST_GONE] = on_host,
           [CTL_FLOW_REMOVED] = on_removed,
           [CTL_FLOW_ADOPTED] = on_adopted},
    .sample = on_sample,
};
