#include "simnet/world/world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

/* A host, and where it hangs. */
struct attachment {
    struct endhost *host;
    uint32_t swtch;
    port_no_t port;
    uint32_t wire;
    unsigned side; /* Of the host. */
};

struct world {
    struct sim *sim;
    struct programs programs;
    struct frame_pool pool;
    struct swtch **switches;
    struct attachment *hosts;
    struct wire **wires;
    struct topo_edge *edges;
    uint32_t *number; /* Of each node of the topology, among the nodes of its kind. */
    bool *is_host;    /* Each node of the topology. */
    uint32_t n_switches, n_hosts, n_wires;
    mono_t links_from; /* Since then the wires have counted. */
};

struct world_params world_params_default(void)
{
    return (struct world_params){
        .seed = 1,
        .versions = 1U << OF_VERSION_1_0 | 1U << OF_VERSION_1_3,
        .n_tables = 1,
        .max_entries = 8192,
        .hold_law = HOLD_FIXED,
    };
}

static void add_switch(struct world *world, const struct topo_node *node,
                       const struct world_params *params)
{
    struct swtch_params sp = {
        .name = node->name,
        .dpid = node->dpid,
        .versions = params->versions,
        .n_tables = params->n_tables,
        .max_entries = params->max_entries,
        .hold_law = params->hold_law,
        .n_buffers = params->n_buffers,
        .fail_mode = params->fail_mode,
        .hw = params->hw,
        .max_reassemblies = params->max_reassemblies,
        .queues = params->queues,
        .n_queues = params->n_queues,
        .classes = params->classes,
        .n_classes = params->n_classes,
    };
    uint32_t n = world->n_switches++;

    world->switches[n] = swtch_new(world->sim, &world->programs, &sp, n);
}

static void add_host(struct world *world, const struct topo_node *node)
{
    struct endhost_params hp = {.name = node->name, .mac = node->mac, .ip = node->ip};

    world->hosts[world->n_hosts++].host = endhost_new(world->sim, &hp);
}

static void add_nodes(struct world *world, const struct topo *topo,
                      const struct world_params *params)
{
    for (size_t i = 0; i < topo->n_nodes; i++) {
        world->is_host[i] = topo->nodes[i].kind == TOPO_HOST;
        if (world->is_host[i]) {
            world->number[i] = world->n_hosts;
            add_host(world, &topo->nodes[i]);
        } else {
            world->number[i] = world->n_switches;
            add_switch(world, &topo->nodes[i], params);
        }
    }
}

/* A port's address: locally administered, from the switch's and the port's numbers. */
static struct eth_addr port_addr(uint32_t swtch, port_no_t port)
{
    return eth_addr_from_u64(UINT64_C(0x060000000000) | (uint64_t)swtch << 16 | port);
}

/* Joins one end of a wire; 'peer' is the node at the other end. */
static void join(struct world *world, struct wire *wire, unsigned side, uint32_t node,
                 uint32_t peer)
{
    uint32_t n = world->number[node];
    port_no_t port;

    if (world->is_host[node]) {
        endhost_attach(world->hosts[n].host, wire, side);
        return;
    }
    port = swtch_n_ports(world->switches[n]) + 1;
    swtch_add_port(world->switches[n], wire, side, port_addr(n, port));
    if (world->is_host[peer]) {
        struct attachment *at = &world->hosts[world->number[peer]];

        *at = (struct attachment){at->host, n, port, world->n_wires - 1, !side};
    }
}

static void add_wires(struct world *world, const struct topo *topo)
{
    for (size_t i = 0; i < topo->n_edges; i++) {
        const struct topo_edge *e = &topo->edges[i];
        struct wire *wire = wire_new(world->sim, &world->pool, &e->wire, world->n_wires);

        world->edges[world->n_wires] = *e;
        world->wires[world->n_wires++] = wire;
        join(world, wire, 0, e->a, e->b);
        join(world, wire, 1, e->b, e->a);
    }
}

struct world *world_new(const struct topo *topo, const struct world_params *params)
{
    struct world *world = xcalloc(1, sizeof *world);

    world->sim = sim_new(params->seed);
    programs_init(&world->programs);
    world->switches = xcalloc(topo->n_nodes + 1, sizeof(struct swtch *));
    world->hosts = xcalloc_lines(topo->n_nodes + 1, sizeof *world->hosts);
    world->number = xcalloc(topo->n_nodes + 1, sizeof *world->number);
    world->is_host = xcalloc(topo->n_nodes + 1, sizeof *world->is_host);
    world->wires = xcalloc(topo->n_edges + 1, sizeof(struct wire *));
    world->edges = xcalloc(topo->n_edges + 1, sizeof *world->edges);
    add_nodes(world, topo, params);
    add_wires(world, topo);
    return world;
}

void world_free(struct world *world)
{
    if (!world) {
        return;
    }
    for (uint32_t i = 0; i < world->n_wires; i++) {
        wire_free(world->wires[i]);
    }
    for (uint32_t i = 0; i < world->n_switches; i++) {
        swtch_free(world->switches[i]);
    }
    for (uint32_t i = 0; i < world->n_hosts; i++) {
        endhost_free(world->hosts[i].host);
    }
    free(world->switches);
    free(world->hosts);
    free(world->number);
    free(world->is_host);
    free(world->wires);
    free(world->edges);
    frame_pool_fini(&world->pool);
    programs_fini(&world->programs);
    sim_free(world->sim);
    free(world);
}

/* --- Finding --------------------------------------------------------------------------------- */

struct sim *world_sim(struct world *world)
{
    return world->sim;
}

uint32_t world_n_switches(const struct world *world)
{
    return world->n_switches;
}

uint32_t world_n_hosts(const struct world *world)
{
    return world->n_hosts;
}

uint32_t world_n_wires(const struct world *world)
{
    return world->n_wires;
}

struct swtch *world_switch(const struct world *world, uint32_t i)
{
    assert(i < world->n_switches);
    return world->switches[i];
}

struct endhost *world_host(const struct world *world, uint32_t i)
{
    assert(i < world->n_hosts);
    return world->hosts[i].host;
}

struct wire *world_wire(const struct world *world, uint32_t i)
{
    assert(i < world->n_wires);
    return world->wires[i];
}

uint32_t world_host_switch(const struct world *world, uint32_t i)
{
    return world->hosts[i].swtch;
}

void world_prefetch_ends(const struct world *world, uint32_t src, uint32_t dst, unsigned i)
{
    if (i == 4) {
        __builtin_prefetch(&world->hosts[src]);
        __builtin_prefetch(&world->hosts[dst]);
        return;
    }
    if (i == 3) {
        __builtin_prefetch(world->hosts[src].host);
        __builtin_prefetch(world->hosts[dst].host);
    }
    swtch_prefetch(world->switches[world->hosts[src].swtch], i);
}

port_no_t world_host_port(const struct world *world, uint32_t i)
{
    return world->hosts[i].port;
}

static const char *node_name(const struct world *world, uint32_t node)
{
    uint32_t n = world->number[node];

    return world->is_host[node] ? endhost_name(world->hosts[n].host)
                                : swtch_name(world->switches[n]);
}

struct wire *world_find_wire(const struct world *world, const char *a, const char *b)
{
    for (uint32_t i = 0; i < world->n_wires; i++) {
        const char *x = node_name(world, world->edges[i].a);
        const char *y = node_name(world, world->edges[i].b);

        if ((strcmp(x, a) == 0 && strcmp(y, b) == 0) || (strcmp(x, b) == 0 && strcmp(y, a) == 0)) {
            return world->wires[i];
        }
    }
    return NULL;
}

/* --- Moving ---------------------------------------------------------------------------------- */

static uint32_t *end_of(struct world *world, const struct attachment *at)
{
    struct topo_edge *edge = &world->edges[at->wire];

    return at->side ? &edge->b : &edge->a;
}

void world_swap_hosts(struct world *world, uint32_t a, uint32_t b)
{
    struct attachment *x = &world->hosts[a], *y = &world->hosts[b];
    uint32_t *x_end = end_of(world, x), *y_end = end_of(world, y), node = *x_end;
    struct attachment at = *x;

    *x_end = *y_end;
    *y_end = node;
    *x = *y;
    *y = at;
    y->host = x->host;
    x->host = at.host;
    endhost_detach(x->host);
    endhost_detach(y->host);
    endhost_attach(x->host, world->wires[x->wire], x->side);
    endhost_attach(y->host, world->wires[y->wire], y->side);
}

/* --- Hardware -------------------------------------------------------------------------------- */

static void add_tcam(struct tcam_stats *sum, const struct tcam_stats *t)
{
    sum->n_used_slots += t->n_used_slots;
    sum->n_fast += t->n_fast;
    sum->n_software += t->n_software;
    sum->n_fast_hits += t->n_fast_hits;
    sum->n_software_hits += t->n_software_hits;
    sum->n_inserts += t->n_inserts;
    sum->n_moves += t->n_moves;
    sum->n_ups += t->n_ups;
    sum->n_downs += t->n_downs;
    sum->n_evictions += t->n_evictions;
}

struct world_hardware world_hardware(const struct world *world)
{
    struct world_hardware sum = {0};

    for (uint32_t i = 0; i < world->n_switches; i++) {
        const struct swtch *sw = world->switches[i];

        for (uint8_t t = 0; t < swtch_n_tables(sw); t++) {
            add_tcam(&sum.tcam, table_tcam_stats(swtch_table(sw, t)));
        }
        sum.n_packet_in_drops += swtch_get_stats(sw)->n_packet_in_drops;
        sum.n_software_drops += swtch_get_stats(sw)->n_software_drops;
    }
    return sum;
}

/* --- Links ----------------------------------------------------------------------------------- */

struct world_end world_wire_end(const struct world *world, uint32_t i, unsigned side)
{
    uint32_t node = side ? world->edges[i].b : world->edges[i].a;

    return (struct world_end){world->number[node], world->is_host[node]};
}

uint32_t world_find_switch(const struct world *world, const char *name)
{
    uint32_t i = 0;

    while (i < world->n_switches && strcmp(swtch_name(world->switches[i]), name) != 0) {
        i++;
    }
    return i;
}

static void add_wire(struct wire_stats *sum, const struct wire_stats *s)
{
    sum->n_sent += s->n_sent;
    sum->sent_bytes += s->sent_bytes;
    sum->n_delivered += s->n_delivered;
    sum->delivered_bytes += s->delivered_bytes;
    sum->n_overflow += s->n_overflow;
    sum->n_lost += s->n_lost;
    sum->n_cut += s->n_cut;
    sum->n_down += s->n_down;
    sum->n_cargo += s->n_cargo;
    sum->cargo_bytes += s->cargo_bytes;
    sum->wait_ns += s->wait_ns;
    if (s->cargo_peak_bytes > sum->cargo_peak_bytes) {
        sum->cargo_peak_bytes = s->cargo_peak_bytes;
    }
    if (s->max_waiting_bytes > sum->max_waiting_bytes) {
        sum->max_waiting_bytes = s->max_waiting_bytes;
    }
}

static double load_frac(const struct world *world, const struct wire *wire,
                        const struct wire_stats *s)
{
    double counted_s = ns_to_s(mono_diff_ns(sim_now(world->sim), world->links_from));
    double bits = (double)wire_get_params(wire)->rate_bps * counted_s;

    return bits > 0 ? (double)s->sent_bytes * 8 / bits : 0;
}

struct world_links world_links(const struct world *world, bool trunks)
{
    struct world_links out = {0};

    for (uint32_t i = 0; i < world->n_wires; i++) {
        bool is_trunk =
            !world_wire_end(world, i, 0).is_host && !world_wire_end(world, i, 1).is_host;

        out.n += is_trunk == trunks;
        for (unsigned side = 0; side < 2 && is_trunk == trunks; side++) {
            struct wire_stats s = wire_get_stats(world->wires[i], side);
            double load = load_frac(world, world->wires[i], &s);

            add_wire(&out.sum, &s);
            out.max_load_frac = load > out.max_load_frac ? load : out.max_load_frac;
        }
    }
    return out;
}

void world_reset_links(struct world *world)
{
    for (uint32_t i = 0; i < world->n_wires; i++) {
        wire_reset_stats(world->wires[i]);
    }
    world->links_from = sim_now(world->sim);
}
