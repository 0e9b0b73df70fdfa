/* Ways that are known to be ready: a cache in front of misses.
 *
 * A packet-in for a destination whose ingress entry is confirmed needs no transaction, only a
 * packet-out by the way of the entry. That happens whenever frames are under way while the entry is
 * being written. What such a frame needs is kept here by (switch, destination).
 *
 * A way can be at the two places of one set, which share a cache line; the newer is the first, and a
 * third pushes the older out. So nothing is ever searched or cleaned up. Whatever may change a way
 * (links, ports, moves of hosts, refused entries) starts a new epoch, which makes all ways stale at
 * once; the end of one entry empties its place. */
#include "controller/apps/cluster.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

#define MIN_SETS ((size_t)128)
#define MAX_SETS ((size_t)1 << 17)

static struct cluster_way *set_of(const struct cluster_ready *r, dpid_t dpid, struct eth_addr host)
{
    uint64_t hash = hash_u64(dpid * UINT64_C(0x9e3779b97f4a7c15) ^ eth_addr_u64(host));

    return r->sets[hash & (r->n_sets - 1)].ways;
}

static bool is_for(const struct cluster_way *way, dpid_t dpid, struct eth_addr host)
{
    return way->dpid == dpid && eth_addr_eq(way->host, host);
}

const struct cluster_way *cluster_ready_find(const struct cluster_ready *r, dpid_t dpid,
                                             struct eth_addr host)
{
    const struct cluster_way *way;

    if (!r->n_sets) {
        return NULL;
    }
    way = set_of(r, dpid, host);
    if (!is_for(way, dpid, host) && !is_for(++way, dpid, host)) {
        return NULL;
    }
    return way->epoch == r->epoch ? way : NULL;
}

void cluster_ready_prefetch(const struct cluster_ready *r, dpid_t dpid, struct eth_addr host)
{
    if (r->n_sets) {
        __builtin_prefetch(set_of(r, dpid, host));
    }
}

/* Makes 'way' the first of its set. */
static void put(struct cluster_ready *r, const struct cluster_way *way)
{
    struct cluster_way *ways = set_of(r, way->dpid, way->host);

    if (ways[0].epoch == r->epoch && !is_for(&ways[0], way->dpid, way->host)) {
        r->n_clashes += ways[1].epoch == r->epoch && !is_for(&ways[1], way->dpid, way->host);
        ways[1] = ways[0];
    } else if (is_for(&ways[1], way->dpid, way->host)) {
        ways[1].epoch = 0;
    }
    ways[0] = *way;
}

/* Doubles the table; ways of earlier epochs are left behind. */
static void grow(struct cluster_ready *r)
{
    struct cluster_ready bigger = {.epoch = r->epoch,
                                   .n_sets = r->n_sets ? 2 * r->n_sets : MIN_SETS};

    bigger.sets = xcalloc_lines(bigger.n_sets, sizeof *bigger.sets);
    for (size_t i = 0; i < r->n_sets; i++) {
        for (int k = 1; k >= 0; k--) {
            if (r->sets[i].ways[k].epoch == r->epoch) {
                put(&bigger, &r->sets[i].ways[k]);
            }
        }
    }
    free(r->sets);
    bigger.n_clashes = 0;
    *r = bigger;
}

/* Ways that are pushed out mean that the table is getting full. */
void cluster_ready_note(struct cluster_ready *r, dpid_t dpid, struct eth_addr host, uint16_t label,
                        port_no_t port)
{
    if (!r->n_sets || (r->n_clashes > r->n_sets / 32 && r->n_sets < MAX_SETS)) {
        grow(r);
    }
    put(r, &(struct cluster_way){dpid, host, label, port, r->epoch});
}

void cluster_ready_forget(struct cluster_ready *r, dpid_t dpid, struct eth_addr host)
{
    struct cluster_way *ways = r->n_sets ? set_of(r, dpid, host) : NULL;

    for (int k = 0; ways && k < 2; k++) {
        if (is_for(&ways[k], dpid, host)) {
            ways[k].epoch = 0;
        }
    }
}

void cluster_ready_init(struct cluster_ready *r)
{
    *r = (struct cluster_ready){.epoch = 1};
}

void cluster_ready_fini(struct cluster_ready *r)
{
    free(r->sets);
}
