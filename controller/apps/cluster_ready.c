/* Ways that are known to be ready: a cache in front of misses.
 *
 * A packet-in for a destination whose ingress entry is confirmed needs no transaction, only a
 * packet-out by the way of the entry. That happens whenever frames are under way while the entry is
 * being written. What such a frame needs is kept here by (switch, destination).
 *
 * The cache is direct-mapped: a slot holds the last way that fell into it, so nothing is ever searched
 * or cleaned up. Whatever may change a way (links, ports, moves of hosts, refused entries) starts a
 * new epoch, which makes all slots stale at once; the end of one entry empties its slot. */
#include "controller/apps/cluster.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

#define MIN_SLOTS ((size_t)256)
#define MAX_SLOTS ((size_t)1 << 18)

static size_t slot_of(const struct cluster_ready *r, dpid_t dpid, struct eth_addr host)
{
    return hash_u64(dpid * UINT64_C(0x9e3779b97f4a7c15) ^ eth_addr_u64(host)) & (r->n_slots - 1);
}

static bool is_for(const struct cluster_way *way, dpid_t dpid, struct eth_addr host)
{
    return way->dpid == dpid && eth_addr_eq(way->host, host);
}

const struct cluster_way *cluster_ready_find(const struct cluster_ready *r, dpid_t dpid,
                                             struct eth_addr host)
{
    const struct cluster_way *way = r->n_slots ? &r->slots[slot_of(r, dpid, host)] : NULL;

    return way && way->epoch == r->epoch && is_for(way, dpid, host) ? way : NULL;
}

/* Doubles the table; ways of earlier epochs are left behind. */
static void grow(struct cluster_ready *r)
{
    struct cluster_ready bigger = {.epoch = r->epoch,
                                   .n_slots = r->n_slots ? 2 * r->n_slots : MIN_SLOTS};

    bigger.slots = xcalloc(bigger.n_slots, sizeof(*bigger.slots));
    for (size_t i = 0; i < r->n_slots; i++) {
        const struct cluster_way *way = &r->slots[i];

        if (way->epoch == r->epoch) {
            bigger.slots[slot_of(&bigger, way->dpid, way->host)] = *way;
        }
    }
    free(r->slots);
    *r = bigger;
}

void cluster_ready_note(struct cluster_ready *r, dpid_t dpid, struct eth_addr host, uint16_t label,
                        port_no_t port)
{
    struct cluster_way *way;

    /* A slot that is taken by another way of this epoch means that the table is getting full. */
    if (!r->n_slots) {
        grow(r);
    }
    way = &r->slots[slot_of(r, dpid, host)];
    if (way->epoch == r->epoch && !is_for(way, dpid, host) && ++r->n_clashes > r->n_slots / 32 &&
        r->n_slots < MAX_SLOTS) {
        grow(r);
        way = &r->slots[slot_of(r, dpid, host)];
    }
    *way = (struct cluster_way){dpid, host, label, port, r->epoch};
}

void cluster_ready_forget(struct cluster_ready *r, dpid_t dpid, struct eth_addr host)
{
    if (r->n_slots) {
        struct cluster_way *way = &r->slots[slot_of(r, dpid, host)];

        if (is_for(way, dpid, host)) {
            way->epoch = 0;
        }
    }
}

void cluster_ready_init(struct cluster_ready *r)
{
    *r = (struct cluster_ready){.epoch = 1};
}

void cluster_ready_fini(struct cluster_ready *r)
{
    free(r->slots);
}
