/* Shortest paths: one breadth-first search from each destination that is asked for.
 *
 * Only two-way links count, so the search may follow them backwards. */
#include "controller/core/paths.h"

#include <stdint.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"

struct path_edge {
    size_t to; /* Node. */
    port_no_t out_port, in_port;
};

/* What a node does to reach the destination of a tree. */
struct path_step {
    int32_t distance; /* Hops; -1: no way. */
    uint32_t edge;    /* The edge to take, when distance > 0. */
};

#define NO_NODE SIZE_MAX

/* --- The graph -------------------------------------------------------------------------------- */

static void forget(struct path_cache *c)
{
    for (size_t i = 0; i < c->n_nodes; i++) {
        free(c->trees[i]);
    }
    free(c->trees);
    free(c->edges);
    free(c->first_edge);
    free(c->queue);
    *c = (struct path_cache){0};
}

void paths_fini(struct ctl *ctl)
{
    forget(&ctl->paths);
}

/* The node of 'dpid', or NO_NODE when it is not known or not ready. */
static size_t node_of(const struct ctl *ctl, dpid_t dpid)
{
    const struct datapath_table *t = &ctl->datapaths;
    size_t i = datapaths_lower_bound(t, dpid);

    return i < t->n && t->ids[i] == dpid && t->list[i]->ready ? i : NO_NODE;
}

static bool is_usable(const struct ctl *ctl, const struct link *link)
{
    return topology_is_two_way(ctl, link) && node_of(ctl, link->src_dpid) != NO_NODE &&
           node_of(ctl, link->dst_dpid) != NO_NODE;
}

/* Links are sorted by their source, so the edges of a node come out next to each other. */
static void build_graph(struct ctl *ctl)
{
    struct path_cache *c = &ctl->paths;
    const struct topology *t = &ctl->topology;
    size_t n_edges = 0, node = 0;

    c->n_nodes = ctl->datapaths.n;
    c->trees = xcalloc(c->n_nodes, sizeof *c->trees);
    c->edges = xcalloc(t->n, sizeof *c->edges);
    c->first_edge = xcalloc(c->n_nodes + 1, sizeof *c->first_edge);
    c->queue = xcalloc(c->n_nodes, sizeof *c->queue);
    for (size_t i = 0; i < t->n; i++) {
        const struct link *link = t->links[i];

        if (!is_usable(ctl, link)) {
            continue;
        }
        while (node < node_of(ctl, link->src_dpid)) {
            c->first_edge[++node] = n_edges;
        }
        c->edges[n_edges++] = (struct path_edge){.to = node_of(ctl, link->dst_dpid),
                                                 .out_port = link->src_port,
                                                 .in_port = link->dst_port};
    }
    while (node < c->n_nodes) {
        c->first_edge[++node] = n_edges;
    }
    c->generation = t->generation;
    c->valid = true;
}

/* --- Trees ------------------------------------------------------------------------------------ */

static void measure(const struct path_cache *c, size_t root, struct path_step *steps)
{
    size_t head = 0, tail = 0;

    for (size_t i = 0; i < c->n_nodes; i++) {
        steps[i].distance = -1;
    }
    steps[root].distance = 0;
    c->queue[tail++] = root;
    while (head < tail) {
        size_t node = c->queue[head++];

        for (size_t e = c->first_edge[node]; e < c->first_edge[node + 1]; e++) {
            size_t next = c->edges[e].to;

            if (steps[next].distance < 0) {
                steps[next].distance = steps[node].distance + 1;
                c->queue[tail++] = next;
            }
        }
    }
}

/* The edge of 'node' that is one hop nearer, by the lowest (next node, port). Node numbers ascend
 * with datapath ids and the edges of a node with its ports. */
static uint32_t best_edge(const struct path_cache *c, const struct path_step *steps, size_t node)
{
    size_t best = SIZE_MAX;

    for (size_t e = c->first_edge[node]; e < c->first_edge[node + 1]; e++) {
        size_t next = c->edges[e].to;

        if (steps[next].distance == steps[node].distance - 1 &&
            (best == SIZE_MAX || next < c->edges[best].to)) {
            best = e;
        }
    }
    return (uint32_t)best;
}

static struct path_step *make_tree(const struct path_cache *c, size_t root)
{
    struct path_step *steps = xcalloc(c->n_nodes, sizeof *steps);

    measure(c, root, steps);
    for (size_t i = 0; i < c->n_nodes; i++) {
        if (steps[i].distance > 0) {
            steps[i].edge = best_edge(c, steps, i);
        }
    }
    return steps;
}

/* The steps towards 'to', and the node of 'from' in '*node'; NULL when either is out of reach. */
static const struct path_step *steps_to(struct ctl *ctl, dpid_t from, dpid_t to, size_t *node)
{
    struct path_cache *c = &ctl->paths;
    size_t root = node_of(ctl, to);

    *node = node_of(ctl, from);
    if (root == NO_NODE || *node == NO_NODE) {
        return NULL;
    }
    if (!c->valid || c->generation != ctl->topology.generation) {
        forget(c);
        build_graph(ctl);
    }
    if (!c->trees[root]) {
        c->trees[root] = make_tree(c, root);
    }
    return c->trees[root][*node].distance < 0 ? NULL : c->trees[root];
}

/* --- Questions -------------------------------------------------------------------------------- */

int paths_distance(struct ctl *ctl, dpid_t from, dpid_t to)
{
    size_t node;
    const struct path_step *steps = steps_to(ctl, from, to, &node);

    return steps ? steps[node].distance : -1;
}

port_no_t paths_next_port(struct ctl *ctl, dpid_t from, dpid_t to)
{
    size_t node;
    const struct path_step *steps = steps_to(ctl, from, to, &node);

    if (!steps || steps[node].distance == 0) {
        return OF_PORT_ANY;
    }
    return ctl->paths.edges[steps[node].edge].out_port;
}

bool paths_next(struct ctl *ctl, dpid_t from, dpid_t to, int distance, size_t *cursor,
                struct path_next *out)
{
    size_t node;
    const struct path_step *steps = steps_to(ctl, from, to, &node);
    const struct path_cache *c = &ctl->paths;

    for (size_t e = steps ? c->first_edge[node] + *cursor : 0; steps && e < c->first_edge[node + 1];
         e++) {
        const struct path_edge *edge = &c->edges[e];

        if (steps[edge->to].distance == distance) {
            *cursor = e + 1 - c->first_edge[node];
            *out = (struct path_next){ctl->datapaths.ids[edge->to], edge->out_port,
                                      edge->in_port};
            return true;
        }
    }
    return false;
}

bool paths_find(struct ctl *ctl, dpid_t from, dpid_t to, struct path *out)
{
    size_t node;
    const struct path_step *steps = steps_to(ctl, from, to, &node);
    port_no_t in_port = OF_PORT_ANY;

    if (!steps || steps[node].distance >= PATH_MAX_HOPS) {
        return false;
    }
    out->n = 0;
    while (steps[node].distance > 0) {
        const struct path_edge *edge = &ctl->paths.edges[steps[node].edge];

        out->hops[out->n++] = (struct path_hop){.dpid = ctl->datapaths.list[node]->dpid,
                                                .in_port = in_port,
                                                .out_port = edge->out_port};
        in_port = edge->in_port;
        node = edge->to;
    }
    out->hops[out->n++] = (struct path_hop){to, in_port, OF_PORT_ANY};
    return true;
}
