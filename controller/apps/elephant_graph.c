/* Trees of least cost towards destinations, and the ways along them.
 *
 * A link costs more the more it carries, in sixteen steps; the steps of all links have a signature,
 * and what was made under one holds whenever the links are at those steps again. */
#include <stdlib.h>

#include "controller/apps/elephant.h"
#include "controller/apps/link_costs.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/datapath.h"
#include "controller/core/topology.h"

#define N_STEPS 16
#define NO_NODE SIZE_MAX
#define NO_EDGE UINT32_MAX
#define FAR UINT32_MAX
#define N_KEPT 1024 /* Ways. */

/* A link that works in both directions; 'back' is the other one. */
struct edge {
    size_t from, to, back;
    port_no_t out_port, in_port;
    double capacity_bps, load_bps;
    unsigned step;
};

struct tree {
    uint64_t signature;
    bool is_made;
    uint32_t *cost; /* By node. */
    uint32_t *edge; /* To take there. */
};

struct kept_way {
    uint64_t signature;
    dpid_t from, to;
    bool is_set;
    struct path way;
};

struct graph {
    uint64_t topology, signature;
    size_t n_nodes, n_edges;
    dpid_t *nodes; /* Ascending. */
    size_t *first; /* Edge of each node, and the end of the last one's. */
    struct edge *edges;
    struct tree *trees;
    struct kept_way *kept;
};

void graph_free(struct graph *g)
{
    for (size_t i = 0; g && i < g->n_nodes; i++) {
        free(g->trees[i].cost);
        free(g->trees[i].edge);
    }
    if (g) {
        free(g->nodes);
        free(g->first);
        free(g->edges);
        free(g->trees);
        free(g->kept);
    }
    free(g);
}

/* --- Nodes and links -------------------------------------------------------------------------- */

static size_t node_of(const struct graph *g, dpid_t dpid)
{
    size_t lo = 0, hi = g->n_nodes;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (g->nodes[mid] < dpid) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < g->n_nodes && g->nodes[lo] == dpid ? lo : NO_NODE;
}

static size_t edge_at(const struct graph *g, size_t node, port_no_t port)
{
    for (size_t e = g->first[node]; e < g->first[node + 1]; e++) {
        if (g->edges[e].out_port == port) {
            return e;
        }
    }
    return NO_EDGE;
}

static bool is_usable(const struct elephants *e, const struct graph *g, const struct link *link)
{
    const struct link *back = topology_link_at(e->ctl, link->dst_dpid, link->dst_port);

    return back && back->dst_dpid == link->src_dpid && back->dst_port == link->src_port &&
           link->src_dpid != link->dst_dpid && node_of(g, link->src_dpid) != NO_NODE &&
           node_of(g, link->dst_dpid) != NO_NODE;
}

static void take_nodes(const struct elephants *e, struct graph *g)
{
    size_t n;
    struct datapath *const *all = datapath_all(e->ctl, &n);

    g->nodes = xcalloc(n + 1, sizeof *g->nodes);
    for (size_t i = 0; i < n; i++) {
        if (datapath_is_ready(all[i])) {
            g->nodes[g->n_nodes++] = datapath_id(all[i]);
        }
    }
}

/* Links come sorted by (datapath, port), and so do edges. */
static void take_edges(const struct elephants *e, struct graph *g)
{
    size_t n, node = 0;
    const struct link *const *links = topology_links(e->ctl, &n);

    g->edges = xcalloc(n + 1, sizeof *g->edges);
    g->first = xcalloc(g->n_nodes + 1, sizeof *g->first);
    for (size_t i = 0; i < n; i++) {
        if (is_usable(e, g, links[i])) {
            size_t from = node_of(g, links[i]->src_dpid);

            while (node < from) {
                g->first[++node] = g->n_edges;
            }
            g->edges[g->n_edges++] = (struct edge){.from = from,
                                                   .to = node_of(g, links[i]->dst_dpid),
                                                   .out_port = links[i]->src_port,
                                                   .in_port = links[i]->dst_port};
        }
    }
    while (node < g->n_nodes) {
        g->first[++node] = g->n_edges;
    }
    for (size_t i = 0; i < g->n_edges; i++) {
        g->edges[i].back = edge_at(g, g->edges[i].to, g->edges[i].in_port);
    }
}

/* --- Loads ------------------------------------------------------------------------------------ */

static uint64_t step_mark(size_t edge, unsigned step)
{
    return hash_combine(edge + 1, step);
}

static void set_load(struct graph *g, size_t i, double bps)
{
    struct edge *edge = &g->edges[i];
    double share;
    unsigned step;

    edge->load_bps = bps > 0 ? bps : 0;
    share = edge->load_bps / edge->capacity_bps;
    step = share >= 1 ? N_STEPS - 1 : (unsigned)(share * N_STEPS);
    if (step != edge->step) {
        g->signature ^= step_mark(i, edge->step) ^ step_mark(i, step);
        edge->step = step;
    }
}

static struct graph *make(const struct elephants *e)
{
    struct graph *g = xcalloc(1, sizeof *g);

    g->topology = topology_generation(e->ctl);
    take_nodes(e, g);
    take_edges(e, g);
    g->trees = xcalloc(g->n_nodes + 1, sizeof *g->trees);
    g->kept = xcalloc(N_KEPT, sizeof *g->kept);
    return g;
}

void graph_update(struct elephants *e)
{
    if (!e->graph || e->graph->topology != topology_generation(e->ctl)) {
        graph_free(e->graph);
        e->graph = make(e);
    }
    for (size_t i = 0; i < e->graph->n_edges; i++) {
        struct edge *edge = &e->graph->edges[i];
        struct link_load load =
            link_costs_find(e->costs, e->graph->nodes[edge->from], edge->out_port);

        edge->capacity_bps = (double)load.capacity_bps;
        set_load(e->graph, i, (double)load.tx_bps);
    }
}

/* The edge of hop 'i' of 'way', or NO_EDGE when it is not there. */
static size_t edge_of_hop(const struct graph *g, const struct path *way, size_t i)
{
    size_t node = node_of(g, way->hops[i].dpid);
    size_t edge = node == NO_NODE ? NO_EDGE : edge_at(g, node, way->hops[i].out_port);

    return edge != NO_EDGE && g->nodes[g->edges[edge].to] == way->hops[i + 1].dpid ? edge : NO_EDGE;
}

void graph_load(struct elephants *e, const struct path *way, double bps)
{
    for (size_t i = 0; i + 1 < way->n; i++) {
        size_t edge = edge_of_hop(e->graph, way, i);

        if (edge != NO_EDGE) {
            set_load(e->graph, edge, e->graph->edges[edge].load_bps + bps);
        }
    }
}

double graph_share(const struct elephants *e, const struct path *way, double bps)
{
    double most = 0;

    for (size_t i = 0; i + 1 < way->n; i++) {
        size_t edge = edge_of_hop(e->graph, way, i);
        double share = edge == NO_EDGE ? 2
                                       : (e->graph->edges[edge].load_bps + bps) /
                                             e->graph->edges[edge].capacity_bps;

        most = share > most ? share : most;
    }
    return most;
}

/* --- Trees (Dijkstra 1959) -------------------------------------------------------------------- */

/* An idle hop costs 16, a full one as much as fifteen idle ones. */
static uint32_t cost_of(const struct edge *edge)
{
    return N_STEPS + edge->step * edge->step;
}

static size_t nearest(const struct tree *tree, const bool *done, size_t n)
{
    size_t best = NO_NODE;

    for (size_t i = 0; i < n; i++) {
        if (!done[i] && tree->cost[i] != FAR &&
            (best == NO_NODE || tree->cost[i] < tree->cost[best])) {
            best = i;
        }
    }
    return best;
}

/* Those before 'node' may reach the root by it. */
static void relax(const struct graph *g, struct tree *tree, size_t node)
{
    for (size_t i = g->first[node]; i < g->first[node + 1]; i++) {
        size_t back = g->edges[i].back;
        const struct edge *edge = &g->edges[back];
        uint32_t cost = tree->cost[node] + cost_of(edge);

        if (cost < tree->cost[edge->from]) {
            tree->cost[edge->from] = cost;
            tree->edge[edge->from] = (uint32_t)back;
        }
    }
}

static void make_tree(struct graph *g, size_t root)
{
    struct tree *tree = &g->trees[root];
    bool *done = xcalloc(g->n_nodes, sizeof *done);
    size_t node = root;

    if (!tree->cost) {
        tree->cost = xcalloc(g->n_nodes, sizeof *tree->cost);
        tree->edge = xcalloc(g->n_nodes, sizeof *tree->edge);
    }
    for (size_t i = 0; i < g->n_nodes; i++) {
        tree->cost[i] = FAR;
        tree->edge[i] = NO_EDGE;
    }
    tree->cost[root] = 0;
    while (node != NO_NODE) {
        done[node] = true;
        relax(g, tree, node);
        node = nearest(tree, done, g->n_nodes);
    }
    tree->signature = g->signature;
    tree->is_made = true;
    free(done);
}

static bool is_fresh(const struct graph *g, size_t root)
{
    return g->trees[root].is_made && g->trees[root].signature == g->signature;
}

void graph_ready(struct elephants *e, dpid_t root)
{
    size_t node = node_of(e->graph, root);

    if (node != NO_NODE && !is_fresh(e->graph, node)) {
        make_tree(e->graph, node);
    }
}

/* --- Ways ------------------------------------------------------------------------------------- */

static bool backtrack(const struct graph *g, size_t from, size_t to, struct path *out)
{
    const struct tree *tree = &g->trees[to];
    port_no_t in_port = OF_PORT_ANY;

    out->n = 0;
    for (size_t node = from; out->n < PATH_MAX_HOPS && tree->cost[node] != FAR;) {
        struct path_hop *hop = &out->hops[out->n++];
        const struct edge *edge = node == to ? NULL : &g->edges[tree->edge[node]];

        *hop = (struct path_hop){g->nodes[node], in_port, edge ? edge->out_port : OF_PORT_ANY};
        if (!edge) {
            return true;
        }
        in_port = edge->in_port;
        node = edge->to;
    }
    return false;
}

static struct kept_way *slot_of(const struct graph *g, dpid_t from, dpid_t to)
{
    return &g->kept[hash_combine(hash_combine(g->signature, from), to) % N_KEPT];
}

bool graph_way(struct elephants *e, dpid_t from, dpid_t to, struct path *out)
{
    struct graph *g = e->graph;
    size_t a = node_of(g, from), b = node_of(g, to);
    struct kept_way *kept = slot_of(g, from, to);

    if (a == NO_NODE || b == NO_NODE) {
        return false;
    }
    if (kept->is_set && kept->signature == g->signature && kept->from == from && kept->to == to) {
        e->n.ways_best++;
        *out = kept->way;
        return true;
    }
    if (is_fresh(g, b)) {
        e->n.ways_second++;
    } else {
        e->n.ways_worst++;
        make_tree(g, b);
    }
    if (!backtrack(g, a, b, out)) {
        return false;
    }
    *kept = (struct kept_way){g->signature, from, to, true, *out};
    return true;
}
