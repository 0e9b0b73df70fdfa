/* See arp_cache.h. */
#include "controller/apps/arp_cache.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/buf.h"
#include "controller/base/hash.h"

struct record {
    struct hmap_node node;
    struct arp_cache *cache;
    struct timer timer;
    struct ipv6_addr target;
    struct arp_asker *askers;
    size_t n, cap;
};

struct ipv6_addr arp_cache_mapped(uint32_t ip)
{
    return (struct ipv6_addr){{[10] = 0xff,
                               [11] = 0xff,
                               [12] = (uint8_t)(ip >> 24),
                               [13] = (uint8_t)(ip >> 16),
                               [14] = (uint8_t)(ip >> 8),
                               [15] = (uint8_t)ip}};
}

static uint64_t hash_ip(const struct ipv6_addr *ip)
{
    struct rd r = rd_init(ip->b, sizeof ip->b);
    uint64_t high = rd_u64(&r);

    return hash_combine(hash_u64(high), rd_u64(&r));
}

static struct record *find(const struct arp_cache *cache, const struct ipv6_addr *target)
{
    struct hmap_node *it = hmap_first_with(&cache->by_target, hash_ip(target));

    while (it && !ipv6_addr_eq(&HMAP_ENTRY(it, struct record, node)->target, target)) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct record, node) : NULL;
}

/* Takes 'r' out of the cache and frees it, but for its askers. */
static void forget(struct record *r)
{
    timer_cancel(r->cache->timers, &r->timer);
    hmap_remove(&r->cache->by_target, &r->node);
    r->cache->n_askers -= r->n;
    free(r);
}

static void expire(void *aux, struct timer *timer)
{
    struct record *r = aux;

    (void)timer;
    r->cache->expired++;
    free(r->askers);
    forget(r);
}

static struct record *add(struct arp_cache *cache, const struct ipv6_addr *target)
{
    struct record *r = xcalloc(1, sizeof(*r));

    r->cache = cache;
    r->target = *target;
    timer_init(&r->timer, expire, r);
    hmap_insert(&cache->by_target, &r->node, hash_ip(target));
    return r;
}

static bool same_asker(const struct arp_asker *a, const struct arp_asker *b)
{
    return a->dpid == b->dpid && a->port == b->port && a->ip == b->ip &&
           ipv6_addr_eq(&a->ip6, &b->ip6) && eth_addr_eq(a->mac, b->mac);
}

static bool has_asker(const struct record *r, const struct arp_asker *asker)
{
    for (size_t i = 0; i < r->n; i++) {
        if (same_asker(&r->askers[i], asker)) {
            return true;
        }
    }
    return false;
}

static void append(struct record *r, const struct arp_asker *asker)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 2;
        r->askers = xreallocarray(r->askers, r->cap, sizeof(*r->askers));
    }
    r->askers[r->n++] = *asker;
    r->cache->n_askers++;
}

void arp_cache_init(struct arp_cache *cache, struct timers *timers, struct arp_limits limits)
{
    *cache = (struct arp_cache){.timers = timers, .limits = limits};
    hmap_init(&cache->by_target);
}

void arp_cache_fini(struct arp_cache *cache)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &cache->by_target) {
        struct record *r = HMAP_ENTRY(it, struct record, node);

        free(r->askers);
        forget(r);
    }
    hmap_fini(&cache->by_target);
}

bool arp_cache_has6(const struct arp_cache *cache, const struct ipv6_addr *target)
{
    return find(cache, target) != NULL;
}

/* Whether a limit forbids one more asker for 'r' (NULL: a new target). */
static bool is_full(const struct arp_cache *cache, const struct record *r)
{
    if (cache->n_askers >= cache->limits.askers_total) {
        return true;
    }
    return r ? r->n >= cache->limits.askers_per_target
             : cache->by_target.n >= cache->limits.targets;
}

enum arp_cache_result arp_cache_ask6(struct arp_cache *cache, const struct ipv6_addr *target,
                                     const struct arp_asker *asker, mono_t deadline)
{
    struct record *r = find(cache, target);
    bool is_new = !r;

    if (r && has_asker(r, asker)) {
        timer_set(cache->timers, &r->timer, deadline);
        return ARP_CACHE_AGAIN;
    }
    if (is_full(cache, r)) {
        return ARP_CACHE_FULL;
    }
    if (is_new) {
        r = add(cache, target);
    }
    append(r, asker);
    timer_set(cache->timers, &r->timer, deadline);
    return is_new ? ARP_CACHE_NEW : ARP_CACHE_JOINED;
}

struct arp_asker *arp_cache_take6(struct arp_cache *cache, const struct ipv6_addr *target,
                                  size_t *n)
{
    struct record *r = find(cache, target);
    struct arp_asker *askers;

    *n = 0;
    if (!r) {
        return NULL;
    }
    askers = r->askers;
    *n = r->n;
    forget(r);
    return askers;
}
