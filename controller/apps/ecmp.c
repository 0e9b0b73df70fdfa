/* See ecmp.h. */
#include "controller/apps/ecmp.h"

#include "controller/base/hash.h"
#include "controller/core/paths.h"
#include "controller/core/topology.h"
#include "controller/openflow/of_types.h"

static uint64_t weight(dpid_t from, const struct path_next *next, uint64_t key)
{
    uint64_t h = hash_combine(hash_u64(key), from);

    return hash_combine(hash_combine(h, next->dpid), next->out_port);
}

/* The port of 'from' but 'except' whose neighbour is on a shortest path, for 'key'. */
static port_no_t equal_port(struct ctl *ctl, dpid_t from, dpid_t to, port_no_t except, uint64_t key)
{
    int dist = paths_distance(ctl, from, to);
    port_no_t best = OF_PORT_ANY;
    uint64_t best_weight = 0;
    struct path_next next;
    size_t cursor = 0;

    while (dist > 0 && paths_next(ctl, from, to, dist - 1, &cursor, &next)) {
        uint64_t w = weight(from, &next, key);

        if (next.out_port != except && (best == OF_PORT_ANY || w > best_weight)) {
            best = next.out_port;
            best_weight = w;
        }
    }
    return best;
}

port_no_t ecmp_next_port(struct ctl *ctl, dpid_t from, dpid_t to, uint64_t key)
{
    return equal_port(ctl, from, to, OF_PORT_ANY, key);
}

/* The port of the link at the end with the lower datapath id: the same from both ends. */
static port_no_t lower_port(dpid_t from, const struct path_next *next)
{
    return from < next->dpid ? next->out_port : next->in_port;
}

static bool is_lower(dpid_t from, const struct path_next *a, const struct path_next *b)
{
    return a->dpid != b->dpid ? a->dpid < b->dpid : lower_port(from, a) < lower_port(from, b);
}

static port_no_t level_port(struct ctl *ctl, dpid_t from, dpid_t to)
{
    int dist = paths_distance(ctl, from, to);
    struct path_next next, best = {.out_port = OF_PORT_ANY};
    size_t cursor = 0;

    while (dist > 0 && paths_next(ctl, from, to, dist, &cursor, &next)) {
        if (next.dpid != from &&
            (best.out_port == OF_PORT_ANY || is_lower(from, &next, &best))) {
            best = next;
        }
    }
    return best.out_port;
}

port_no_t ecmp_alternate(struct ctl *ctl, dpid_t from, dpid_t to, port_no_t port, uint64_t key,
                         bool *is_level)
{
    port_no_t alt = equal_port(ctl, from, to, port, key);

    *is_level = alt == OF_PORT_ANY;
    return *is_level ? level_port(ctl, from, to) : alt;
}

bool ecmp_find(struct ctl *ctl, dpid_t from, dpid_t to, uint64_t key, struct path *out)
{
    int dist = paths_distance(ctl, from, to);
    port_no_t in_port = OF_PORT_ANY;

    if (dist < 0 || dist >= PATH_MAX_HOPS) {
        return false;
    }
    for (out->n = 0; out->n <= (size_t)dist; out->n++) {
        port_no_t port = ecmp_next_port(ctl, from, to, key);
        const struct link *link = topology_link_at(ctl, from, port);

        out->hops[out->n] = (struct path_hop){from, in_port, port};
        if (!link) {
            return ++out->n == (size_t)dist + 1;
        }
        from = link->dst_dpid;
        in_port = link->dst_port;
    }
    return false;
}
