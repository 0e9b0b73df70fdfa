/* See ecmp.h. */
#include "controller/apps/ecmp.h"

#include "controller/base/hash.h"
#include "controller/core/paths.h"
#include "controller/core/topology.h"
#include "controller/openflow/of_types.h"

/* The first link that leaves 'dpid' or one after it. */
static size_t first_link(const struct link *const *links, size_t n, dpid_t dpid)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (links[mid]->src_dpid < dpid) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static bool is_two_way(const struct ctl *ctl, const struct link *link)
{
    const struct link *back = topology_link_at(ctl, link->dst_dpid, link->dst_port);

    return back && back->dst_dpid == link->src_dpid && back->dst_port == link->src_port;
}

static uint64_t weight(const struct link *link, uint64_t key)
{
    uint64_t h = hash_combine(hash_u64(key), link->src_dpid);

    return hash_combine(hash_combine(h, link->dst_dpid), link->src_port);
}

/* The port of 'from' but 'except' whose neighbour is on a shortest path, for 'key'. */
static port_no_t equal_port(struct ctl *ctl, dpid_t from, dpid_t to, port_no_t except, uint64_t key)
{
    int dist = paths_distance(ctl, from, to);
    port_no_t best = OF_PORT_ANY;
    uint64_t best_weight = 0;
    size_t n;
    const struct link *const *links = topology_links(ctl, &n);

    for (size_t i = first_link(links, n, from); dist > 0 && i < n && links[i]->src_dpid == from;
         i++) {
        uint64_t w = weight(links[i], key);

        if (links[i]->src_port != except && (best == OF_PORT_ANY || w > best_weight) &&
            is_two_way(ctl, links[i]) &&
            paths_distance(ctl, links[i]->dst_dpid, to) == dist - 1) {
            best = links[i]->src_port;
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
static port_no_t lower_port(const struct link *link)
{
    return link->src_dpid < link->dst_dpid ? link->src_port : link->dst_port;
}

static bool is_lower(const struct link *a, const struct link *b)
{
    return a->dst_dpid != b->dst_dpid ? a->dst_dpid < b->dst_dpid : lower_port(a) < lower_port(b);
}

static port_no_t level_port(struct ctl *ctl, dpid_t from, dpid_t to)
{
    int dist = paths_distance(ctl, from, to);
    const struct link *best = NULL;
    size_t n;
    const struct link *const *links = topology_links(ctl, &n);

    for (size_t i = first_link(links, n, from); dist > 0 && i < n && links[i]->src_dpid == from;
         i++) {
        if (links[i]->dst_dpid != from && (!best || is_lower(links[i], best)) &&
            is_two_way(ctl, links[i]) && paths_distance(ctl, links[i]->dst_dpid, to) == dist) {
            best = links[i];
        }
    }
    return best ? best->src_port : OF_PORT_ANY;
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
