/* The table of leases: by address, by client, and how many there are at each port. */
#include <stdlib.h>
#include <string.h>

#include "controller/apps/dhcp_int.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"

/* How many leases clients of a port hold. */
struct port_count {
    struct hmap_node node;
    dpid_t dpid;
    port_no_t port;
    uint32_t n;
};

const char *dhcp_lease_state_name(enum dhcp_lease_state state)
{
    static const char *const names[] = {
        [DHCP_PROBED] = "probed", [DHCP_OFFERED] = "offered",         [DHCP_BOUND] = "bound",
        [DHCP_FREE] = "free",     [DHCP_QUARANTINED] = "quarantined",
    };

    return names[state];
}

/* --- Looking up ------------------------------------------------------------------------------- */

struct dhcp_lease *dhcp_lease_at(const struct dhcp *d, uint32_t ip)
{
    struct hmap_node *it = hmap_first_with(&d->by_ip, hash_u64(ip));

    while (it && HMAP_ENTRY(it, struct dhcp_lease, by_ip)->ip != ip) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct dhcp_lease, by_ip) : NULL;
}

/* Clients choose what is hashed here, and the table is bounded by the pools. */
static uint64_t hash_id(const uint8_t *id, size_t len)
{
    return hash_fnv(HASH_FNV_INIT, id, len);
}

struct dhcp_lease *dhcp_lease_of(const struct dhcp *d, const struct dhcp_pool *pool,
                                 const uint8_t *id, size_t id_len)
{
    struct hmap_node *it = hmap_first_with(&d->by_id, hash_id(id, id_len));

    for (; it; it = hmap_next_with(it)) {
        struct dhcp_lease *lease = HMAP_ENTRY(it, struct dhcp_lease, by_id);

        if (lease->pool == pool && lease->id_len == id_len && memcmp(lease->id, id, id_len) == 0) {
            return lease;
        }
    }
    return NULL;
}

/* --- Places ----------------------------------------------------------------------------------- */

static struct port_count *find_port(const struct dhcp *d, dpid_t dpid, port_no_t port)
{
    struct hmap_node *it = hmap_first_with(&d->by_port, hash_combine(hash_u64(dpid), port));

    for (; it; it = hmap_next_with(it)) {
        struct port_count *c = HMAP_ENTRY(it, struct port_count, node);

        if (c->dpid == dpid && c->port == port) {
            return c;
        }
    }
    return NULL;
}

bool dhcp_port_has_room(const struct dhcp *d, dpid_t dpid, port_no_t port)
{
    const struct port_count *c = find_port(d, dpid, port);

    return !c || c->n < d->settings.max_per_port;
}

static void leave(struct dhcp_lease *lease)
{
    struct port_count *c = lease->at ? HMAP_ENTRY(lease->at, struct port_count, node) : NULL;

    lease->at = NULL;
    if (c && --c->n == 0) {
        hmap_remove(&lease->dhcp->by_port, &c->node);
        free(c);
    }
}

bool dhcp_lease_place(struct dhcp_lease *lease, dpid_t dpid, port_no_t port)
{
    struct dhcp *d = lease->dhcp;
    struct port_count *c;

    if (lease->at && lease->dpid == dpid && lease->port == port) {
        return true;
    }
    if (!dhcp_port_has_room(d, dpid, port)) {
        return false;
    }
    leave(lease);
    c = find_port(d, dpid, port);
    if (!c) {
        c = xcalloc(1, sizeof *c);
        c->dpid = dpid;
        c->port = port;
        hmap_insert(&d->by_port, &c->node, hash_combine(hash_u64(dpid), port));
    }
    c->n++;
    lease->at = &c->node;
    lease->dpid = dpid;
    lease->port = port;
    return true;
}

/* --- Life ------------------------------------------------------------------------------------- */

/* The time of a lease in its state is over. */
static void over(void *aux, struct timer *timer)
{
    struct dhcp_lease *lease = aux;

    (void)timer;
    switch (lease->state) {
    case DHCP_PROBED:
        dhcp_probe_over(lease);
        return;
    case DHCP_BOUND:
        lease->dhcp->n.expired++;
        dhcp_lease_set(lease, DHCP_FREE, MONO_NEVER);
        return;
    case DHCP_OFFERED:
        dhcp_lease_set(lease, DHCP_FREE, MONO_NEVER);
        return;
    case DHCP_QUARANTINED:
        dhcp_lease_drop(lease);
        return;
    case DHCP_FREE:
        return;
    }
}

static bool counts_in_range(const struct dhcp *d, const struct dhcp_pool *pool, uint32_t ip)
{
    return dhcp_pool_has(pool, ip) && !dhcp_reserved_ip(d, ip);
}

struct dhcp_lease *dhcp_lease_new(struct dhcp *d, struct dhcp_pool *pool, uint32_t ip,
                                  const uint8_t *id, size_t id_len, struct eth_addr mac)
{
    struct dhcp_lease *lease = xcalloc(1, sizeof *lease);

    lease->dhcp = d;
    lease->pool = pool;
    lease->ip = ip;
    lease->mac = mac;
    memcpy(lease->id, id, id_len);
    lease->id_len = (uint8_t)id_len;
    lease->state = DHCP_FREE;
    lease->until = MONO_NEVER;
    timer_init(&lease->timer, over, lease);
    hmap_insert(&d->by_ip, &lease->by_ip, hash_u64(ip));
    if (id_len > 0) {
        hmap_insert(&d->by_id, &lease->by_id, hash_id(id, id_len));
    }
    list_push_back(&pool->free, &lease->in_list);
    pool->n_states[DHCP_FREE]++;
    pool->n_in_range += counts_in_range(d, pool, ip);
    return lease;
}

void dhcp_lease_set(struct dhcp_lease *lease, enum dhcp_lease_state state, mono_t until)
{
    if (lease->state == DHCP_FREE) {
        list_remove(&lease->in_list);
    }
    lease->pool->n_states[lease->state]--;
    lease->pool->n_states[state]++;
    lease->state = state;
    lease->until = until;
    buf_fini(&lease->asked);
    lease->asked = BUF_INIT;
    timer_set(ctl_timers(lease->dhcp->ctl), &lease->timer, until);
    if (state == DHCP_FREE) {
        list_push_back(&lease->pool->free, &lease->in_list);
        leave(lease);
        dhcp_unstore_lease(lease);
    }
}

void dhcp_lease_drop(struct dhcp_lease *lease)
{
    struct dhcp *d = lease->dhcp;

    dhcp_lease_set(lease, DHCP_FREE, MONO_NEVER);
    list_remove(&lease->in_list);
    lease->pool->n_states[DHCP_FREE]--;
    lease->pool->n_in_range -= counts_in_range(d, lease->pool, lease->ip);
    hmap_remove(&d->by_ip, &lease->by_ip);
    if (lease->id_len > 0) {
        hmap_remove(&d->by_id, &lease->by_id);
    }
    free(lease);
}

enum err dhcp_forget(void *state, uint32_t ip)
{
    struct dhcp_lease *lease = dhcp_lease_at(state, ip);

    if (!lease) {
        return ERR_NOTFOUND;
    }
    dhcp_lease_drop(lease);
    return ERR_OK;
}

/* --- What is told ----------------------------------------------------------------------------- */

static int compare_ip(const void *a, const void *b)
{
    const struct dhcp_lease *const *x = a, *const *y = b;

    return ((*x)->ip > (*y)->ip) - ((*x)->ip < (*y)->ip);
}

static struct dhcp_lease_info describe(const struct dhcp_lease *l)
{
    const struct dhcp_reserved *reserved = dhcp_reserved_ip(l->dhcp, l->ip);
    struct dhcp_lease_info info = {.pool = l->pool->s.name,
                                   .state = l->state,
                                   .ip = l->ip,
                                   .mac = l->mac,
                                   .id_len = l->id_len,
                                   .dpid = l->dpid,
                                   .port = l->port,
                                   .is_reserved = reserved && eth_addr_eq(reserved->r.mac, l->mac),
                                   .until = l->until};

    memcpy(info.id, l->id, l->id_len);
    return info;
}

void dhcp_each_lease(const void *state, dhcp_lease_fn *fn, void *aux)
{
    const struct dhcp *d = state;
    struct dhcp_lease **sorted = xcalloc(d->by_ip.n + 1, sizeof *sorted);
    struct hmap_node *it, *tmp;
    size_t n = 0;

    HMAP_FOR_EACH (it, tmp, &d->by_ip) {
        sorted[n++] = HMAP_ENTRY(it, struct dhcp_lease, by_ip);
    }
    qsort(sorted, n, sizeof *sorted, compare_ip);
    for (size_t i = 0; i < n; i++) {
        struct dhcp_lease_info info = describe(sorted[i]);

        fn(aux, &info);
    }
    free(sorted);
}

/* --- Beginning and end ------------------------------------------------------------------------ */

void dhcp_leases_init(struct dhcp *d)
{
    hmap_init(&d->by_ip);
    hmap_init(&d->by_id);
    hmap_init(&d->by_port);
}

void dhcp_leases_fini(struct dhcp *d)
{
    struct hmap_node *it, *tmp;

    hmap_fini(&d->by_id);
    HMAP_FOR_EACH (it, tmp, &d->by_ip) {
        struct dhcp_lease *lease = HMAP_ENTRY(it, struct dhcp_lease, by_ip);

        timer_cancel(ctl_timers(d->ctl), &lease->timer);
        buf_fini(&lease->asked);
        free(lease);
    }
    hmap_fini(&d->by_ip);
    HMAP_FOR_EACH (it, tmp, &d->by_port) {
        free(HMAP_ENTRY(it, struct port_count, node));
    }
    hmap_fini(&d->by_port);
}
