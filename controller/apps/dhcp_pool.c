/* Pools: whom they serve; and which addresses are reserved for whom. */
#include <stdlib.h>
#include <string.h>

#include "controller/apps/dhcp_int.h"
#include "controller/apps/logical_networks.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"

LOG_MODULE(dhcp);

#define DEFAULT_LEASE_S 9600 /* As in the thesis' controller. */

/* --- Settings --------------------------------------------------------------------------------- */

void dhcp_pool_defaults(struct dhcp_pool_settings *pool)
{
    pool->lease_s = pool->lease_s ? pool->lease_s : DEFAULT_LEASE_S;
    pool->first = pool->first ? pool->first : pool->subnet + 1;
    pool->last = pool->last ? pool->last : (pool->subnet | ~pool->mask) - 1;
}

static bool is_host_of(const struct dhcp_pool_settings *pool, uint32_t ip)
{
    return (ip & pool->mask) == pool->subnet && ip != pool->subnet &&
           ip != (pool->subnet | ~pool->mask);
}

const char *dhcp_pool_fault(const struct dhcp_pool_settings *pool)
{
    if (!pool->name[0]) {
        return "a name";
    }
    if (pool->mask == 0 || (~pool->mask & (~pool->mask + 1)) != 0 || ~pool->mask < 3 ||
        (pool->subnet & ~pool->mask) != 0) {
        return "a subnet of at least four addresses, with no bit behind its prefix";
    }
    if (!is_host_of(pool, pool->first) || !is_host_of(pool, pool->last) ||
        pool->first > pool->last) {
        return "the range to be host addresses of the subnet in ascending order";
    }
    if (pool->last - pool->first >= DHCP_MAX_RANGE) {
        return "a range of at most 65536 addresses";
    }
    if (!is_host_of(pool, pool->server)) {
        return "the server's address to be a host address of the subnet";
    }
    if (pool->lease_s == 0 || (pool->t1_s && pool->t2_s && pool->t1_s >= pool->t2_s) ||
        pool->t1_s >= pool->lease_s || pool->t2_s >= pool->lease_s) {
        return "t1_s below t2_s, and both below lease_s";
    }
    return NULL;
}

const char *dhcp_reservation_fault(const struct dhcp_pool_settings *pool,
                                   const struct dhcp_reservation *r)
{
    if (eth_addr_is_multicast(r->mac) || eth_addr_is_zero(r->mac)) {
        return "the hardware address of one host";
    }
    if (!is_host_of(pool, r->ip) || r->ip == pool->server) {
        return "a host address of the pool's subnet that is not the server's";
    }
    return NULL;
}

/* --- Pools ------------------------------------------------------------------------------------ */

bool dhcp_pool_has(const struct dhcp_pool *pool, uint32_t ip)
{
    return ip >= pool->s.first && ip <= pool->s.last;
}

struct dhcp_pool *dhcp_pool_named(struct dhcp *d, const char *name)
{
    for (size_t i = 0; i < d->n_pools; i++) {
        if (strcmp(d->pools[i].s.name, name) == 0) {
            return &d->pools[i];
        }
    }
    return NULL;
}

/* How well the place fits: 2 the very port, 1 the switch, 0 not at all. */
static int fits(const struct dhcp_pool *pool, dpid_t dpid, port_no_t port)
{
    int best = 0;

    for (uint32_t i = 0; i < pool->s.n_places && best < 2; i++) {
        const struct place *p = &pool->s.places[i];

        if (p->dpid == dpid && p->port == port) {
            best = 2;
        } else if (p->dpid == dpid && p->port == OF_PORT_ANY) {
            best = 1;
        }
    }
    return best;
}

/* −1: the client is not served from the pool; else the more the better. */
static int score(const struct dhcp *d, const struct dhcp_pool *pool, const struct dhcp_query *q)
{
    int fit = fits(pool, q->dpid, q->port);

    if (pool->s.n_places && !fit) {
        return -1;
    }
    if (!pool->s.network) {
        return fit;
    }
    return networks_has_sender(ctl_module_state(d->ctl, "logical_networks"), pool->s.network,
                               q->dpid, q->port, q->from)
               ? fit + 3
               : -1;
}

static struct dhcp_pool *by_client(struct dhcp *d, const struct dhcp_query *q)
{
    struct dhcp_pool *found = NULL;
    int best = -1;

    for (size_t i = 0; i < d->n_pools; i++) {
        int n = score(d, &d->pools[i], q);

        if (n > best) {
            best = n;
            found = &d->pools[i];
        }
    }
    return found;
}

struct dhcp_pool *dhcp_pool_for(struct dhcp *d, const struct dhcp_query *q)
{
    if (q->msg->giaddr == 0) {
        return by_client(d, q);
    }
    for (size_t i = 0; i < d->n_pools; i++) {
        if ((q->msg->giaddr & d->pools[i].s.mask) == d->pools[i].s.subnet) {
            return &d->pools[i];
        }
    }
    return NULL;
}

/* --- Reservations ----------------------------------------------------------------------------- */

struct dhcp_reserved *dhcp_reserved_for(const struct dhcp *d, const struct dhcp_pool *pool,
                                        struct eth_addr mac)
{
    struct hmap_node *it = hmap_first_with(&d->reserved_by_mac, hash_u64(eth_addr_u64(mac)));

    for (; it; it = hmap_next_with(it)) {
        struct dhcp_reserved *r = HMAP_ENTRY(it, struct dhcp_reserved, by_mac);

        if (r->pool == pool && eth_addr_eq(r->r.mac, mac)) {
            return r;
        }
    }
    return NULL;
}

const struct dhcp_reserved *dhcp_reserved_ip(const struct dhcp *d, uint32_t ip)
{
    struct hmap_node *it = hmap_first_with(&d->reserved_by_ip, hash_u64(ip));

    while (it && HMAP_ENTRY(it, struct dhcp_reserved, by_ip)->r.ip != ip) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct dhcp_reserved, by_ip) : NULL;
}

static void remove_reserved(struct dhcp *d, struct dhcp_reserved *r)
{
    hmap_remove(&d->reserved_by_mac, &r->by_mac);
    hmap_remove(&d->reserved_by_ip, &r->by_ip);
    r->pool->n_reserved--;
    if (dhcp_pool_has(r->pool, r->r.ip) && !dhcp_lease_at(d, r->r.ip)) {
        r->pool->n_in_range--;
    }
    free(r);
}

static void add_reserved(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_reservation *in)
{
    struct dhcp_reserved *r = xcalloc(1, sizeof *r);

    r->pool = pool;
    r->r = *in;
    hmap_insert(&d->reserved_by_mac, &r->by_mac, hash_u64(eth_addr_u64(in->mac)));
    hmap_insert(&d->reserved_by_ip, &r->by_ip, hash_u64(in->ip));
    pool->n_reserved++;
    if (dhcp_pool_has(pool, in->ip) && !dhcp_lease_at(d, in->ip)) {
        pool->n_in_range++;
    }
}

/* Whether 'ip' is, or may soon be, somebody else's. What was freed or found in use is nobody's. */
static bool is_taken(const struct dhcp *d, const struct dhcp_reservation *in)
{
    const struct dhcp_reserved *other = dhcp_reserved_ip(d, in->ip);
    const struct dhcp_lease *lease = dhcp_lease_at(d, in->ip);

    return (other && !eth_addr_eq(other->r.mac, in->mac)) ||
           (lease && lease->state <= DHCP_BOUND && !eth_addr_eq(lease->mac, in->mac));
}

enum err dhcp_reserve_unstored(struct dhcp *d, const struct dhcp_reservation *in)
{
    struct dhcp_pool *pool = dhcp_pool_named(d, in->pool);
    struct dhcp_reserved *old;

    if (!pool) {
        return ERR_NOTFOUND;
    }
    if (dhcp_reservation_fault(&pool->s, in)) {
        return ERR_RANGE;
    }
    if (is_taken(d, in)) {
        return ERR_EXISTS;
    }
    old = dhcp_reserved_for(d, pool, in->mac);
    if (!old && d->reserved_by_mac.n >= DHCP_MAX_RESERVED_ALL) {
        return ERR_FULL;
    }
    if (old) {
        remove_reserved(d, old);
    }
    add_reserved(d, pool, in);
    return ERR_OK;
}

enum err dhcp_reserve(void *state, const struct dhcp_reservation *in)
{
    struct dhcp *d = state;
    enum err err = dhcp_reserve_unstored(d, in);

    return err ? err : dhcp_store_reservation(d, in);
}

enum err dhcp_unreserve(void *state, const char *name, struct eth_addr mac)
{
    struct dhcp *d = state;
    struct dhcp_pool *pool = dhcp_pool_named(d, name);
    struct dhcp_reserved *r = pool ? dhcp_reserved_for(d, pool, mac) : NULL;
    struct dhcp_reservation copy;

    if (!r) {
        return ERR_NOTFOUND;
    }
    copy = r->r;
    remove_reserved(d, r);
    return dhcp_unstore_reservation(d, &copy);
}

static int compare_reserved(const void *a, const void *b)
{
    const struct dhcp_reserved *const *x = a, *const *y = b;
    int order = strcmp((*x)->r.pool, (*y)->r.pool);

    return order ? order : memcmp((*x)->r.mac.b, (*y)->r.mac.b, ETH_ADDR_LEN);
}

void dhcp_each_reservation(const void *state, dhcp_reservation_fn *fn, void *aux)
{
    const struct dhcp *d = state;
    struct dhcp_reserved **sorted = xcalloc(d->reserved_by_mac.n + 1, sizeof *sorted);
    struct hmap_node *it, *tmp;
    size_t n = 0;

    HMAP_FOR_EACH (it, tmp, &d->reserved_by_mac) {
        sorted[n++] = HMAP_ENTRY(it, struct dhcp_reserved, by_mac);
    }
    qsort(sorted, n, sizeof *sorted, compare_reserved);
    for (size_t i = 0; i < n; i++) {
        fn(aux, &sorted[i]->r);
    }
    free(sorted);
}

/* --- What is told of pools -------------------------------------------------------------------- */

size_t dhcp_n_pools(const void *state)
{
    return ((const struct dhcp *)state)->n_pools;
}

struct dhcp_pool_info dhcp_pool(const void *state, size_t i)
{
    const struct dhcp_pool *p = &((const struct dhcp *)state)->pools[i];

    return (struct dhcp_pool_info){
        .settings = &p->s,
        .n_size = p->s.last - p->s.first + 1,
        .n_offered = p->n_states[DHCP_PROBED] + p->n_states[DHCP_OFFERED],
        .n_bound = p->n_states[DHCP_BOUND],
        .n_free = p->n_states[DHCP_FREE],
        .n_quarantined = p->n_states[DHCP_QUARANTINED],
        .n_reserved = p->n_reserved,
    };
}

/* --- Beginning and end ------------------------------------------------------------------------ */

void dhcp_pools_init(struct dhcp *d)
{
    hmap_init(&d->reserved_by_mac);
    hmap_init(&d->reserved_by_ip);
    for (uint32_t i = 0; i < d->settings.n_pools; i++) {
        struct dhcp_pool *pool = &d->pools[d->n_pools++];

        pool->s = d->settings.pools[i];
        pool->next = pool->s.first;
        pool->n_in_range = dhcp_pool_has(pool, pool->s.server);
        list_init(&pool->free);
    }
    for (uint32_t i = 0; i < d->settings.n_reserved; i++) {
        enum err err = dhcp_reserve_unstored(d, &d->settings.reserved[i]);

        if (err) {
            LOG_ERROR(ctl_log(d->ctl), "reservation of " IPV4_FMT " in pool %s: %s",
                      IPV4_ARGS(d->settings.reserved[i].ip), d->settings.reserved[i].pool,
                      err_text(err));
        }
    }
}

void dhcp_pools_fini(struct dhcp *d)
{
    struct hmap_node *it, *tmp;

    hmap_fini(&d->reserved_by_ip);
    HMAP_FOR_EACH (it, tmp, &d->reserved_by_mac) {
        free(HMAP_ENTRY(it, struct dhcp_reserved, by_mac));
    }
    hmap_fini(&d->reserved_by_mac);
}
