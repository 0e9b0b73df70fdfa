#include "simnet/ctlchan/inband.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "simnet/ctlchan/inband_impl.h"

enum { RTO_KIND = 0x1b0, REROUTE_KIND = 0x1b1, DEAD_KIND = 0x1b2 };

struct inband_params inband_params_default(void)
{
    return (struct inband_params){.link = {.rate_bps = 94400000, .delay_ns = 5000},
                                  .segment_bytes = 1448,
                                  .header_bytes = 66,
                                  .acks = true,
                                  .window_bytes = 65536,
                                  .rto_ns = 200 * NS_PER_MS,
                                  .max_rto_ns = 60 * NS_PER_S,
                                  .reroutes = true,
                                  .reroute_ns = 50 * NS_PER_MS,
                                  .dead_ns = 3 * NS_PER_S,
                                  .budget_frac = 0.1};
}

/* --- Ways -------------------------------------------------------------------------------------- */

/* Whoever has lost its way, or has one again. */
static void check_ways(struct inband *ib)
{
    for (uint32_t i = 0; i < ib->n; i++) {
        struct branch *b = &ib->branches[i];
        bool is_cut = !inband_has_way(ib, i);

        if (is_cut && !b->is_cut) {
            sim_at(ib->sim, &b->dead, mono_add(sim_now(ib->sim), ib->params.dead_ns));
        } else if (!is_cut) {
            sim_cancel(ib->sim, &b->dead);
        }
        b->is_cut = is_cut;
    }
}

static void on_dead(void *aux, struct sim_event *event)
{
    struct branch *b = aux;

    (void)event;
    b->ib->dead(b->ib->aux, (uint32_t)(b - b->ib->branches));
}

static void on_reroute(void *aux, struct sim_event *event)
{
    struct inband *ib = aux;

    (void)event;
    ib->n_reroutes++;
    inband_find_tree(ib);
    check_ways(ib);
}

static void on_wire(void *aux, struct wire *wire, bool up)
{
    struct inband *ib = aux;

    (void)wire;
    (void)up;
    check_ways(ib);
    if (ib->params.reroutes) {
        sim_at(ib->sim, &ib->reroute, mono_add(sim_now(ib->sim), ib->params.reroute_ns));
    }
}

/* --- Items -------------------------------------------------------------------------------------- */

static struct item *item_get(struct inband *ib)
{
    struct item *item = ib->free;

    if (item) {
        ib->free = item->next;
    } else {
        item = xcalloc(1, sizeof *item);
    }
    *item = (struct item){.ib = ib};
    return item;
}

static void item_put(struct item *item)
{
    item->next = item->ib->free;
    item->ib->free = item;
}

static void on_hop(void *aux, bool arrived);

/* One link further. False when there is none, or no room in front of it. */
static bool hop(struct item *item)
{
    struct inband *ib = item->ib;
    uint32_t next = item->to_switch ? inband_below(ib, item->node, item->target) : item->node;
    const struct branch *b;

    if (next == NOWHERE || ib->branches[next].parent == NOWHERE) {
        return false;
    }
    b = &ib->branches[next];
    item->node = item->to_switch ? next : b->parent;
    return wire_send_cargo(b->up, item->to_switch ? !b->side : b->side, item->len, on_hop, item);
}

/* The item is not on the way any more, and has not arrived. */
static void lose(struct item *item)
{
    struct flow *flow = item->flow;

    item->flying = false;
    if (!flow) {
        item_put(item);
        return;
    }
    item->ib->n_lost++;
    if (!sim_event_is_set(&flow->rto)) {
        sim_at(item->ib->sim, &flow->rto, mono_add(sim_now(item->ib->sim), flow->rto_ns));
    }
}

/* From its beginning. */
static void launch(struct item *item)
{
    item->node = item->to_switch ? item->ib->n : item->target;
    item->flying = true;
    if (!hop(item)) {
        lose(item);
    }
}

/* Lets out what the window has room for; one message always. */
static void open_window(struct flow *flow)
{
    while (flow->unsent && (flow->flying_bytes == 0 || flow->flying_bytes + flow->unsent->len <=
                                                           flow->ib->params.window_bytes)) {
        struct item *item = flow->unsent;

        flow->unsent = item->next;
        flow->flying_bytes += item->len;
        launch(item);
    }
}

static void acknowledge(const struct item *of)
{
    struct item *item = item_get(of->ib);

    item->target = of->target;
    item->to_switch = !of->to_switch;
    item->len = of->ib->params.header_bytes;
    launch(item);
}

/* Gives on what has arrived and waits for nothing before it. */
static void deliver(struct flow *flow)
{
    struct inband *ib = flow->ib;

    while (flow->head && flow->head->arrived) {
        struct item *item = flow->head;
        void *message = item->message;

        flow->head = item->next;
        flow->tail = flow->head ? flow->tail : NULL;
        flow->flying_bytes -= item->len;
        item_put(item);
        ib->arrived(ib->aux, flow->id, message);
    }
    open_window(flow);
}

static void arrive(struct item *item)
{
    struct flow *flow = item->flow;

    if (!flow) {
        item_put(item);
        return;
    }
    item->flying = false;
    item->arrived = true;
    flow->rto_ns = item->ib->params.rto_ns;
    if (item->ib->params.acks) {
        acknowledge(item);
    }
    deliver(flow);
}

static void on_hop(void *aux, bool arrived)
{
    struct item *item = aux;
    uint32_t end = item->to_switch ? item->target : item->ib->n;

    if (arrived && item->node == end) {
        arrive(item);
    } else if (!arrived || !hop(item)) {
        lose(item);
    }
}

/* What is lost goes out again. */
static void on_rto(void *aux, struct sim_event *event)
{
    struct flow *flow = aux;
    struct inband *ib = flow->ib;

    (void)event;
    flow->rto_ns = flow->rto_ns < ib->params.max_rto_ns / 2 ? 2 * flow->rto_ns : ib->params.max_rto_ns;
    for (struct item *item = flow->head; item != flow->unsent; item = item->next) {
        if (!item->flying && !item->arrived) {
            launch(item);
        }
    }
}

/* --- Flows -------------------------------------------------------------------------------------- */

void inband_send(struct inband *ib, uint32_t flow_id, size_t len, void *message)
{
    struct flow *flow = &ib->flows[flow_id];
    size_t segments = (len + ib->params.segment_bytes - 1) / ib->params.segment_bytes;
    struct item *item = item_get(ib);

    item->flow = flow;
    item->target = flow_id / 2;
    item->to_switch = flow_id & 1;
    item->len = len + (segments ? segments : 1) * ib->params.header_bytes;
    item->message = message;
    if (flow->tail) {
        flow->tail->next = item;
    } else {
        flow->head = item;
    }
    flow->tail = item;
    flow->unsent = flow->unsent ? flow->unsent : item;
    open_window(flow);
}

void inband_flush(struct inband *ib, uint32_t flow_id, inband_drop_fn *drop, void *aux)
{
    struct flow *flow = &ib->flows[flow_id];
    struct item *next;

    for (struct item *item = flow->head; item; item = next) {
        next = item->next;
        drop(aux, item->message);
        item->flow = NULL;
        if (!item->flying) {
            item_put(item);
        }
    }
    flow->head = flow->tail = flow->unsent = NULL;
    flow->flying_bytes = 0;
    flow->rto_ns = ib->params.rto_ns;
    sim_cancel(ib->sim, &flow->rto);
}

bool inband_is_idle(const struct inband *ib, uint32_t flow)
{
    return !ib->flows[flow].head;
}

/* --- Life --------------------------------------------------------------------------------------- */

static void init_flow(struct inband *ib, uint32_t id)
{
    struct flow *flow = &ib->flows[id];

    flow->ib = ib;
    flow->id = id;
    flow->rto_ns = ib->params.rto_ns;
    sim_event_init(&flow->rto, RTO_KIND, SIM_PRIO_NORMAL, on_rto, flow);
}

bool inband_place(struct inband_params *params, const struct world *world, char *why, size_t size)
{
    uint32_t n = world_n_switches(world), core1 = world_find_switch(world, "core1");

    params->at_switch = params->at[0] ? world_find_switch(world, params->at)
                        : core1 < n   ? core1
                                      : 0;
    if (params->at_switch == n) {
        snprintf(why, size, "the controller cannot be at \"%s\": no switch is called so",
                 params->at);
    }
    return params->at_switch < n;
}

struct inband *inband_new(struct world *world, const struct inband_params *params,
                          inband_arrived_fn *arrived, inband_dead_fn *dead, void *aux)
{
    struct inband *ib = xcalloc(1, sizeof *ib);

    assert(params->at_switch < world_n_switches(world) && params->segment_bytes > 0);
    ib->world = world;
    ib->sim = world_sim(world);
    ib->params = *params;
    ib->arrived = arrived;
    ib->dead = dead;
    ib->aux = aux;
    ib->n = world_n_switches(world);
    ib->flows = xcalloc(2 * (size_t)ib->n, sizeof *ib->flows);
    ib->branches = xcalloc(ib->n, sizeof *ib->branches);
    ib->queue = xcalloc(ib->n, sizeof *ib->queue);
    ib->base_bytes = xcalloc(2 * (size_t)world_n_wires(world) + 2, sizeof *ib->base_bytes);
    ib->own = wire_new(ib->sim, &ib->pool, &params->link, world_n_wires(world));
    sim_event_init(&ib->reroute, REROUTE_KIND, SIM_PRIO_NORMAL, on_reroute, ib);
    for (uint32_t i = 0; i < ib->n; i++) {
        init_flow(ib, 2 * i);
        init_flow(ib, 2 * i + 1);
        ib->branches[i].ib = ib;
        sim_event_init(&ib->branches[i].dead, DEAD_KIND, SIM_PRIO_NORMAL, on_dead,
                       &ib->branches[i]);
    }
    for (uint32_t w = 0; w < world_n_wires(world); w++) {
        wire_set_watch(world_wire(world, w), on_wire, ib);
    }
    inband_find_neighbours(ib);
    inband_find_tree(ib);
    check_ways(ib);
    return ib;
}

/* Items on the way are told of as lost when their wires forget frames; then all of them are free. */
void inband_free(struct inband *ib)
{
    struct item *next;

    if (!ib) {
        return;
    }
    for (uint32_t w = 0; w < world_n_wires(ib->world); w++) {
        wire_drop_cargo(world_wire(ib->world, w));
        wire_set_watch(world_wire(ib->world, w), NULL, NULL);
    }
    wire_drop_cargo(ib->own);
    wire_free(ib->own);
    frame_pool_fini(&ib->pool);
    for (uint32_t i = 0; i < ib->n; i++) {
        sim_cancel(ib->sim, &ib->flows[2 * i].rto);
        sim_cancel(ib->sim, &ib->flows[2 * i + 1].rto);
        sim_cancel(ib->sim, &ib->branches[i].dead);
    }
    sim_cancel(ib->sim, &ib->reroute);
    for (struct item *item = ib->free; item; item = next) {
        next = item->next;
        free(item);
    }
    free(ib->flows);
    free(ib->branches);
    free(ib->neighbours);
    free(ib->first);
    free(ib->queue);
    free(ib->base_bytes);
    free(ib);
}
