/* Ways that are known to be ready: a cache in front of misses.
 *
 * A packet-in for a destination whose ingress entry is confirmed needs no transaction, only a
 * packet-out by the way of the entry. That happens whenever frames are under way while the entry is
 * being written. What such a frame needs is kept here by (switch, destination).
 *
 * Every switch has a table of its own, because packet-ins of one switch come many at a time: its ways are
 * close together in memory then, and soon in the cache. A way can be at the five places of one set, which
 * is a line of the cache; the newest is the first, and a sixth pushes the oldest out. So nothing is ever
 * searched or cleaned up. Whatever may change a way (links, ports, moves of hosts, refused entries)
 * starts a new epoch, which makes all sets stale at once; the end of one entry empties its place. */
#include "controller/apps/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

#define MIN_SETS ((size_t)8)
#define MAX_SETS ((size_t)1 << 18) /* In all. */
#define EMPTY OF_PORT_ANY          /* As port. */

struct set {
    uint32_t epoch;
    port_no_t port[CLUSTER_WAYS];
    struct eth_addr host[CLUSTER_WAYS];
    uint16_t label[CLUSTER_WAYS];
};

_Static_assert(sizeof(struct set) == CACHE_LINE, "a set is a line of the cache");

struct cluster_ready_table {
    struct hmap_node node;
    dpid_t dpid;
    struct set *sets;
    size_t n_sets;    /* A power of two. */
    size_t n_clashes; /* Ways that were pushed out since the table last grew. */
};

/* --- Tables ----------------------------------------------------------------------------------- */

static struct cluster_ready_table *search(const struct cluster_ready *r, dpid_t dpid)
{
    struct hmap_node *node = hmap_first_with(&r->tables, hash_u64(dpid));

    for (; node; node = hmap_next_with(node)) {
        struct cluster_ready_table *t = HMAP_ENTRY(node, struct cluster_ready_table, node);

        if (t->dpid == dpid) {
            return t;
        }
    }
    return NULL;
}

/* The table of 'dpid'; NULL when it has none. */
static struct cluster_ready_table *find_table(struct cluster_ready *r, dpid_t dpid)
{
    if (!r->last || r->last->dpid != dpid) {
        r->last = search(r, dpid);
    }
    return r->last;
}

static struct cluster_ready_table *add_table(struct cluster_ready *r, dpid_t dpid)
{
    struct cluster_ready_table *t = xcalloc(1, sizeof *t);

    t->dpid = dpid;
    t->n_sets = MIN_SETS;
    t->sets = xcalloc_lines(t->n_sets, sizeof *t->sets);
    r->n_sets += t->n_sets;
    hmap_insert(&r->tables, &t->node, hash_u64(dpid));
    r->last = t;
    return t;
}

/* --- Sets ------------------------------------------------------------------------------------- */

static struct set *set_of(const struct cluster_ready_table *t, struct eth_addr host)
{
    return &t->sets[hash_u64(eth_addr_u64(host)) & (t->n_sets - 1)];
}

/* Where in 'set' the way is; CLUSTER_WAYS when it is not. */
static unsigned place_in(const struct set *set, struct eth_addr host)
{
    unsigned i = 0;

    while (i < CLUSTER_WAYS && !eth_addr_eq(set->host[i], host)) {
        i++;
    }
    return i;
}

bool cluster_ready_find(struct cluster_ready *r, dpid_t dpid, struct eth_addr host,
                        struct cluster_way *out)
{
    const struct cluster_ready_table *t = find_table(r, dpid);
    const struct set *set;
    unsigned i;

    if (!t) {
        return false;
    }
    set = set_of(t, host);
    i = place_in(set, host);
    if (i == CLUSTER_WAYS || set->epoch != r->epoch || set->port[i] == EMPTY) {
        return false;
    }
    *out = (struct cluster_way){set->label[i], set->port[i]};
    return true;
}

void cluster_ready_look(const struct cluster_ready *r, const struct ctl_look *look)
{
    const struct cluster_ready_table *t;

    if (look->step == 0) {
        hmap_prefetch(&r->tables, hash_u64(look->dpid));
    } else if (look->step == 1) {
        hmap_prefetch_node(&r->tables, hash_u64(look->dpid));
    } else if (look->step == 2) {
        t = r->last && r->last->dpid == look->dpid ? r->last : search(r, look->dpid);
        if (t) {
            __builtin_prefetch(set_of(t, look->dst));
        }
    }
}

static void set_clear(struct set *set, uint32_t epoch)
{
    memset(set, 0, sizeof *set);
    for (unsigned i = 0; i < CLUSTER_WAYS; i++) {
        set->port[i] = EMPTY;
    }
    set->epoch = epoch;
}

/* Makes the way the first of its set. What is moved back for it ends at its own old place, at an empty
 * one, or falls out behind. */
static void put(struct cluster_ready_table *t, uint32_t epoch, struct eth_addr host,
                struct cluster_way way)
{
    struct set *set = set_of(t, host);
    unsigned end;

    if (set->epoch != epoch) {
        set_clear(set, epoch);
    }
    end = place_in(set, host);
    for (unsigned i = 0; end == CLUSTER_WAYS && i < CLUSTER_WAYS; i++) {
        end = set->port[i] == EMPTY ? i : end;
    }
    if (end == CLUSTER_WAYS) {
        t->n_clashes++;
        end--;
    }
    for (; end > 0; end--) {
        set->host[end] = set->host[end - 1];
        set->label[end] = set->label[end - 1];
        set->port[end] = set->port[end - 1];
    }
    set->host[0] = host;
    set->label[0] = way.label;
    set->port[0] = way.port;
}

/* Doubles the table; ways of earlier epochs are left behind. */
static void grow(struct cluster_ready *r, struct cluster_ready_table *t)
{
    struct set *old = t->sets;
    size_t n_old = t->n_sets;

    r->n_sets += n_old;
    t->n_sets += n_old;
    t->sets = xcalloc_lines(t->n_sets, sizeof *t->sets);
    for (size_t i = 0; i < n_old; i++) {
        for (unsigned k = CLUSTER_WAYS; k-- > 0 && old[i].epoch == r->epoch;) {
            if (old[i].port[k] != EMPTY) {
                put(t, r->epoch, old[i].host[k],
                    (struct cluster_way){old[i].label[k], old[i].port[k]});
            }
        }
    }
    free(old);
    t->n_clashes = 0;
}

/* Ways that are pushed out mean that the table is getting full. */
void cluster_ready_note(struct cluster_ready *r, dpid_t dpid, struct eth_addr host, uint16_t label,
                        port_no_t port)
{
    struct cluster_ready_table *t = find_table(r, dpid);

    if (!t) {
        t = add_table(r, dpid);
    }
    if (t->n_clashes > t->n_sets / 32 && r->n_sets < MAX_SETS) {
        grow(r, t);
    }
    put(t, r->epoch, host, (struct cluster_way){label, port});
}

void cluster_ready_forget(struct cluster_ready *r, dpid_t dpid, struct eth_addr host)
{
    const struct cluster_ready_table *t = find_table(r, dpid);
    struct set *set = t ? set_of(t, host) : NULL;
    unsigned i = set ? place_in(set, host) : CLUSTER_WAYS;

    if (i < CLUSTER_WAYS) {
        set->port[i] = EMPTY;
    }
}

/* --- Beginning and end ------------------------------------------------------------------------ */

void cluster_ready_init(struct cluster_ready *r)
{
    *r = (struct cluster_ready){.epoch = 1};
    hmap_init(&r->tables);
}

size_t cluster_ready_bytes(const struct cluster_ready *r)
{
    return alloc_bytes(hmap_slot_bytes(&r->tables)) +
           r->tables.n * alloc_bytes(sizeof(struct cluster_ready_table)) +
           r->n_sets * sizeof(struct set);
}

void cluster_ready_fini(struct cluster_ready *r)
{
    struct hmap_node *node, *next;

    HMAP_FOR_EACH (node, next, &r->tables) {
        struct cluster_ready_table *t = HMAP_ENTRY(node, struct cluster_ready_table, node);

        free(t->sets);
        free(t);
    }
    hmap_fini(&r->tables);
}
