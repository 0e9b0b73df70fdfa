/* What holding_time measures: destinations at all switches together, and at each. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/holding.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"

#define LEAST_PRIOR_PER_S 1e-6
#define POOL_WEIGHT 1.0 /* Arrivals that the average destination is worth for a new one. */

static double memory_s(const struct holding_time *h)
{
    return ns_to_s(h->settings.memory_ns);
}

/* --- Switches --------------------------------------------------------------------------------- */

struct holding_switch *holding_switch_find(const struct holding_time *h, dpid_t dpid)
{
    struct hmap_node *it = hmap_first_with(&h->switches, hash_u64(dpid));

    while (it && HMAP_ENTRY(it, struct holding_switch, node)->dpid != dpid) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct holding_switch, node) : NULL;
}

/* There are no more than the core knows switches. */
static struct holding_switch *switch_get(struct holding_time *h, dpid_t dpid)
{
    struct holding_switch *sw = holding_switch_find(h, dpid);

    if (!sw) {
        sw = xcalloc(1, sizeof(*sw));
        sw->dpid = dpid;
        hmap_insert(&h->switches, &sw->node, hash_u64(dpid));
    }
    return sw;
}

static double n_switches(const struct holding_time *h)
{
    return fmax((double)h->switches.n, 1);
}

/* --- Finding and making ------------------------------------------------------------------------- */

uint64_t holding_key(dpid_t dpid, struct eth_addr dst)
{
    return hash_combine(hash_u64(dpid), eth_addr_u64(dst));
}

static struct holding_record *find(const struct hmap *map, dpid_t dpid, struct eth_addr dst)
{
    struct hmap_node *it = hmap_first_with(map, holding_key(dpid, dst));

    for (; it; it = hmap_next_with(it)) {
        struct holding_record *r = HMAP_ENTRY(it, struct holding_record, node);

        if (r->dpid == dpid && eth_addr_eq(r->dst, dst)) {
            return r;
        }
    }
    return NULL;
}

static struct holding_record *get(struct holding_time *h, struct hmap *map, dpid_t dpid,
                                  struct eth_addr dst, double places)
{
    struct holding_record *r = find(map, dpid, dst);
    mono_t now = ctl_now(h->ctl);

    if (r) {
        return r;
    }
    if (map->n >= h->settings.max_pairs) {
        h->n.forgotten++;
        return NULL;
    }
    r = xcalloc(1, sizeof(*r));
    r->dpid = dpid;
    r->dst = dst;
    r->in_since = MONO_NEVER;
    holding_rate_init(&r->rate, now, ns_to_s(mono_diff_ns(now, h->began)), places, memory_s(h));
    hmap_insert(map, &r->node, holding_key(dpid, dst));
    return r;
}

struct holding_record *holding_pair_find(const struct holding_time *h, dpid_t dpid,
                                         struct eth_addr dst)
{
    return find(&h->pairs, dpid, dst);
}

struct holding_record *holding_pair_get(struct holding_time *h, dpid_t dpid, struct eth_addr dst)
{
    return get(h, &h->pairs, dpid, dst, 1);
}

int holding_pair_compare(const void *a, const void *b)
{
    const struct holding_record *x = *(const struct holding_record *const *)a;
    const struct holding_record *y = *(const struct holding_record *const *)b;

    if (x->dpid != y->dpid) {
        return x->dpid < y->dpid ? -1 : 1;
    }
    return memcmp(x->dst.b, y->dst.b, ETH_ADDR_LEN);
}

/* --- Rates ------------------------------------------------------------------------------------ */

static void advance_pair(const struct holding_time *h, struct holding_record *r)
{
    holding_rate_advance(&r->rate, ctl_now(h->ctl), 1, memory_s(h));
}

static void advance_destination(const struct holding_time *h, struct holding_record *r)
{
    holding_rate_advance(&r->rate, ctl_now(h->ctl), n_switches(h), memory_s(h));
}

/* Of an average destination at an average switch. */
static double average_per_s(const struct holding_time *h)
{
    double off_s = h->total.off_s;

    return off_s > 0 ? fmax(h->total.n / off_s, LEAST_PRIOR_PER_S) : LEAST_PRIOR_PER_S;
}

double holding_destination_per_s(const struct holding_time *h, struct holding_record *r)
{
    struct holding_record *all = find(&h->destinations, 0, r->dst);

    if (!all) {
        return average_per_s(h);
    }
    advance_destination(h, all);
    return holding_rate_per_s(&all->rate, average_per_s(h), POOL_WEIGHT);
}

double holding_pair_per_s(const struct holding_time *h, struct holding_record *r)
{
    advance_pair(h, r);
    return holding_rate_per_s(&r->rate, holding_destination_per_s(h, r), h->settings.weight);
}

/* --- Coming and going --------------------------------------------------------------------------- */

void holding_record_enter(struct holding_time *h, struct holding_record *r, bool is_arrival)
{
    struct holding_record *all;

    switch_get(h, r->dpid)->n_in++;
    advance_pair(h, r);
    r->rate.n += is_arrival;
    r->rate.n_in = 1;
    r->in_since = ctl_now(h->ctl);
    all = get(h, &h->destinations, 0, r->dst, n_switches(h));
    if (all) {
        advance_destination(h, all);
        all->rate.n += is_arrival;
        all->rate.n_in++;
    }
}

void holding_record_leave(struct holding_time *h, struct holding_record *r)
{
    struct holding_record *all = find(&h->destinations, 0, r->dst);

    switch_get(h, r->dpid)->n_in--;
    advance_pair(h, r);
    r->rate.n_in = 0;
    r->in_since = MONO_NEVER;
    if (all && all->rate.n_in > 0) {
        advance_destination(h, all);
        all->rate.n_in--;
    }
}

static void forget(struct hmap *map, struct holding_record *r)
{
    hmap_remove(map, &r->node);
    free(r);
}

/* Nobody has an entry, and it was last called for so long ago that it says nothing any more. */
static bool is_stale(const struct holding_record *r)
{
    return r->rate.n_in == 0 && r->rate.n < 0.05;
}

void holding_records_sum_up(struct holding_time *h)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &h->pairs) {
        struct holding_record *r = HMAP_ENTRY(it, struct holding_record, node);

        advance_pair(h, r);
        if (is_stale(r)) {
            forget(&h->pairs, r);
        }
    }
    h->total = (struct holding_rate){.at = ctl_now(h->ctl)};
    HMAP_FOR_EACH (it, tmp, &h->destinations) {
        struct holding_record *r = HMAP_ENTRY(it, struct holding_record, node);

        advance_destination(h, r);
        h->total.n += r->rate.n;
        h->total.off_s += r->rate.off_s;
        if (is_stale(r)) {
            forget(&h->destinations, r);
        }
    }
}

static void free_all(struct hmap *map)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, map) {
        forget(map, HMAP_ENTRY(it, struct holding_record, node));
    }
    hmap_fini(map);
}

void holding_records_free(struct holding_time *h)
{
    struct hmap_node *it, *tmp;

    free_all(&h->pairs);
    free_all(&h->destinations);
    HMAP_FOR_EACH (it, tmp, &h->switches) {
        hmap_remove(&h->switches, it);
        free(HMAP_ENTRY(it, struct holding_switch, node));
    }
    hmap_fini(&h->switches);
}
