/* Ways that are known to be ready: a cache in front of misses.
 *
 * A packet-in for a destination whose ingress entry is confirmed needs no transaction, only a
 * packet-out by the way of the entry. That happens whenever frames are under way while the entry is
 * being written. What such a frame needs is kept here by (switch, destination).
 *
 * A way can be at the three places of one set, which is a line of the cache; the newest is the first,
 * and a fourth pushes the oldest out. So nothing is ever searched or cleaned up. Whatever may change a
 * way (links, ports, moves of hosts, refused entries) starts a new epoch, which makes all sets stale
 * at once; the end of one entry empties its place. */
#include "controller/apps/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

#define MIN_SETS ((size_t)128)
#define MAX_SETS ((size_t)1 << 17)
#define EMPTY OF_PORT_ANY /* As port. */

static struct cluster_set *set_of(const struct cluster_ready *r, dpid_t dpid, struct eth_addr host)
{
    uint64_t hash = hash_u64(dpid * UINT64_C(0x9e3779b97f4a7c15) ^ eth_addr_u64(host));

    return &r->sets[hash & (r->n_sets - 1)];
}

/* Where in 'set' the way is; CLUSTER_WAYS when it is not. */
static unsigned place_in(const struct cluster_set *set, dpid_t dpid, struct eth_addr host)
{
    unsigned i = 0;

    while (i < CLUSTER_WAYS && (set->dpid[i] != dpid || !eth_addr_eq(set->host[i], host))) {
        i++;
    }
    return i;
}

bool cluster_ready_find(const struct cluster_ready *r, dpid_t dpid, struct eth_addr host,
                        struct cluster_way *out)
{
    const struct cluster_set *set;
    unsigned i;

    if (!r->n_sets) {
        return false;
    }
    set = set_of(r, dpid, host);
    i = place_in(set, dpid, host);
    if (i == CLUSTER_WAYS || set->epoch != r->epoch || set->port[i] == EMPTY) {
        return false;
    }
    *out = (struct cluster_way){set->label[i], set->port[i]};
    return true;
}

void cluster_ready_prefetch(const struct cluster_ready *r, dpid_t dpid, struct eth_addr host)
{
    if (r->n_sets) {
        __builtin_prefetch(set_of(r, dpid, host));
    }
}

static void set_clear(struct cluster_set *set, uint32_t epoch)
{
    memset(set, 0, sizeof *set);
    for (unsigned i = 0; i < CLUSTER_WAYS; i++) {
        set->port[i] = EMPTY;
    }
    set->epoch = epoch;
}

/* Makes the way the first of its set. What is moved back for it ends at its own old place, at an empty
 * one, or falls out behind. */
static void put(struct cluster_ready *r, dpid_t dpid, struct eth_addr host, struct cluster_way way)
{
    struct cluster_set *set = set_of(r, dpid, host);
    unsigned end;

    if (set->epoch != r->epoch) {
        set_clear(set, r->epoch);
    }
    end = place_in(set, dpid, host);
    for (unsigned i = 0; end == CLUSTER_WAYS && i < CLUSTER_WAYS; i++) {
        end = set->port[i] == EMPTY ? i : end;
    }
    if (end == CLUSTER_WAYS) {
        r->n_clashes++;
        end--;
    }
    for (; end > 0; end--) {
        set->dpid[end] = set->dpid[end - 1];
        set->host[end] = set->host[end - 1];
        set->label[end] = set->label[end - 1];
        set->port[end] = set->port[end - 1];
    }
    set->dpid[0] = dpid;
    set->host[0] = host;
    set->label[0] = way.label;
    set->port[0] = way.port;
}

/* Doubles the table; ways of earlier epochs are left behind. */
static void grow(struct cluster_ready *r)
{
    struct cluster_ready bigger = {.epoch = r->epoch,
                                   .n_sets = r->n_sets ? 2 * r->n_sets : MIN_SETS};

    bigger.sets = xcalloc_lines(bigger.n_sets, sizeof *bigger.sets);
    for (size_t i = 0; i < r->n_sets; i++) {
        const struct cluster_set *set = &r->sets[i];

        for (unsigned k = CLUSTER_WAYS; k-- > 0 && set->epoch == r->epoch;) {
            if (set->port[k] != EMPTY) {
                put(&bigger, set->dpid[k], set->host[k],
                    (struct cluster_way){set->label[k], set->port[k]});
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
    put(r, dpid, host, (struct cluster_way){label, port});
}

void cluster_ready_forget(struct cluster_ready *r, dpid_t dpid, struct eth_addr host)
{
    struct cluster_set *set = r->n_sets ? set_of(r, dpid, host) : NULL;
    unsigned i = set ? place_in(set, dpid, host) : CLUSTER_WAYS;

    if (i < CLUSTER_WAYS) {
        set->port[i] = EMPTY;
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
