/* Which address a client is offered, and whether somebody else has it. */
#include "controller/apps/dhcp_int.h"
#include "controller/apps/flood.h"
#include "controller/core/ctl_api.h"
#include "controller/core/hosts.h"
#include "controller/packet/pkt_build.h"

LOG_MODULE(dhcp);

#define MAX_TRIES 4 /* Addresses found in use before the client has to ask again. */
#define FRAME_MIN_LEN 60

/* --- Choosing --------------------------------------------------------------------------------- */

static bool is_usable(const struct dhcp *d, const struct dhcp_pool *pool, uint32_t ip)
{
    return dhcp_pool_has(pool, ip) && ip != pool->s.server && !dhcp_reserved_ip(d, ip);
}

/* An address of the range that was never given, or 0. */
static uint32_t unused(struct dhcp *d, struct dhcp_pool *pool)
{
    uint32_t size = pool->s.last - pool->s.first + 1;

    if (pool->n_in_range >= size) {
        return 0;
    }
    for (uint32_t i = 0; i < size; i++) {
        uint32_t ip = pool->next;

        pool->next = ip == pool->s.last ? pool->s.first : ip + 1;
        if (is_usable(d, pool, ip) && !dhcp_lease_at(d, ip)) {
            return ip;
        }
    }
    return 0;
}

/* The address that was freed longest ago, which is forgotten for that; or 0. */
static uint32_t oldest_free(struct dhcp *d, struct dhcp_pool *pool)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &pool->free) {
        struct dhcp_lease *lease = LIST_ENTRY(it, struct dhcp_lease, in_list);
        uint32_t ip = lease->ip;

        if (is_usable(d, pool, ip)) {
            dhcp_lease_drop(lease);
            return ip;
        }
    }
    return 0;
}

/* The address that the client wishes, when it may have it; or 0. */
static uint32_t wished(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q)
{
    struct dhcp_lease *lease;

    if (!(q->msg->present & PKT_DHCP_HAS_REQUESTED_IP) ||
        !is_usable(d, pool, q->msg->requested_ip)) {
        return 0;
    }
    lease = dhcp_lease_at(d, q->msg->requested_ip);
    if (lease && lease->state != DHCP_FREE) {
        return 0;
    }
    if (lease) {
        dhcp_lease_drop(lease);
    }
    return q->msg->requested_ip;
}

/* The address that is reserved for the client, taken back from whoever has it under another client
 * identifier; or 0. */
static uint32_t reserved(struct dhcp *d, const struct dhcp_reserved *r)
{
    struct dhcp_lease *other = dhcp_lease_at(d, r->r.ip);

    if (other && other->state == DHCP_QUARANTINED) {
        return 0;
    }
    if (other) {
        dhcp_lease_drop(other);
    }
    return r->r.ip;
}

/* A new lease for the client, or NULL. */
static struct dhcp_lease *choose(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q)
{
    const struct dhcp_reserved *r = dhcp_reserved_for(d, pool, q->msg->chaddr);
    uint32_t ip;

    if (!dhcp_port_has_room(d, q->dpid, q->port)) {
        d->n.limited++;
        return NULL;
    }
    ip = r ? reserved(d, r) : wished(d, pool, q);
    if (!ip && !r) {
        ip = unused(d, pool);
        ip = ip ? ip : oldest_free(d, pool);
    }
    if (!ip) {
        d->n.exhausted++;
        LOG_LIMITED(ctl_log(d->ctl), &d->full_limit, LOG_WARN,
                    "pool %s has no address for " ETH_FMT, pool->s.name, ETH_ARGS(q->msg->chaddr));
        return NULL;
    }
    return dhcp_lease_new(d, pool, ip, q->id, q->id_len, q->msg->chaddr);
}

/* --- Is it in use? ---------------------------------------------------------------------------- */

void dhcp_quarantine(struct dhcp *d, struct dhcp_pool *pool, uint32_t ip)
{
    struct dhcp_lease *lease = dhcp_lease_at(d, ip);

    if (lease) {
        dhcp_lease_drop(lease);
    }
    lease = dhcp_lease_new(d, pool, ip, (const uint8_t *)"", 0, (struct eth_addr){{0}});
    dhcp_lease_set(lease, DHCP_QUARANTINED, mono_add(ctl_now(d->ctl), d->settings.decline_ns));
    dhcp_store_lease(lease);
    LOG_LIMITED(ctl_log(d->ctl), &d->conflict_limit, LOG_WARN,
                "address " IPV4_FMT " of pool %s is used without a lease", IPV4_ARGS(ip),
                pool->s.name);
}

static bool is_anothers(const struct dhcp *d, const struct dhcp_lease *lease)
{
    const struct host *host = hosts_find_ipv4(d->ctl, lease->ip);

    return host && !eth_addr_eq(host_mac(host), lease->mac);
}

/* Asks everybody but the client: an ARP probe (RFC 5227 §2.1.1), which names no asker. */
static void ask_network(struct dhcp *d, const struct dhcp_lease *lease, const struct dhcp_query *q)
{
    struct buf frame = BUF_INIT;

    pkt_build_arp_request(&frame, d->settings.mac, 0, lease->ip);
    buf_put_zeros(&frame, FRAME_MIN_LEN - frame.len);
    flood_edges(d->ctl, q->dpid, q->port, frame.data, frame.len);
    d->n.probes++;
    buf_fini(&frame);
}

/* --- Offering --------------------------------------------------------------------------------- */

static void offer(struct dhcp *d, struct dhcp_lease *lease, const struct dhcp_query *q)
{
    if (!dhcp_lease_place(lease, q->dpid, q->port)) {
        d->n.limited++;
        return;
    }
    if (lease->state != DHCP_BOUND) {
        dhcp_lease_set(lease, DHCP_OFFERED, mono_add(ctl_now(d->ctl), d->settings.offer_ns));
    }
    dhcp_reply(d, lease->pool, q, PKT_DHCP_OFFER, lease);
    d->n.offers++;
}

/* The client's message is kept as bytes until the answer is known. */
static void begin_probe(struct dhcp *d, struct dhcp_lease *lease, const struct dhcp_query *q)
{
    dhcp_lease_set(lease, DHCP_PROBED, mono_add(ctl_now(d->ctl), d->settings.probe_ns));
    buf_put(&lease->asked, q->bytes, q->n_bytes);
    lease->asked_from = q->from;
    ask_network(d, lease, q);
}

/* Offers the client an address that nobody was seen to have. */
static void offer_new(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q)
{
    for (int tries = 0; tries < MAX_TRIES; tries++) {
        struct dhcp_lease *lease = choose(d, pool, q);

        if (!lease || !dhcp_lease_place(lease, q->dpid, q->port)) {
            return;
        }
        if (is_anothers(d, lease)) {
            d->n.conflicts++;
            dhcp_quarantine(d, pool, lease->ip);
        } else if (d->settings.probe_ns > 0 && bucket_take(&d->probes, ctl_now(d->ctl))) {
            begin_probe(d, lease, q);
            return;
        } else {
            offer(d, lease, q);
            return;
        }
    }
}

void dhcp_probe_over(struct dhcp_lease *lease)
{
    struct dhcp *d = lease->dhcp;
    struct dhcp_pool *pool = lease->pool;
    struct buf asked = lease->asked;
    struct pkt_dhcp msg;
    struct dhcp_query q;

    lease->asked = BUF_INIT;
    if (pkt_parse_dhcp(asked.data, asked.len, &msg) == ERR_OK) {
        dhcp_query_init(&q, &msg, asked.data, asked.len);
        q.dpid = lease->dpid;
        q.port = lease->port;
        q.from = lease->asked_from;
        if (is_anothers(d, lease)) {
            d->n.conflicts++;
            dhcp_quarantine(d, pool, lease->ip);
            offer_new(d, pool, &q);
        } else {
            offer(d, lease, &q);
        }
    }
    buf_fini(&asked);
}

void dhcp_discover(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q)
{
    struct dhcp_lease *lease = dhcp_lease_of(d, pool, q->id, q->id_len);
    const struct dhcp_reserved *r = dhcp_reserved_for(d, pool, q->msg->chaddr);

    if (lease && lease->state == DHCP_PROBED) {
        return; /* The offer is on its way. */
    }
    /* What another has a right to now, or what is not where this client should be. */
    if (lease && (r ? r->r.ip != lease->ip
                    : dhcp_reserved_ip(d, lease->ip) || !dhcp_pool_has(pool, lease->ip))) {
        dhcp_lease_drop(lease);
        lease = NULL;
    }
    if (lease) {
        offer(d, lease, q);
    } else {
        offer_new(d, pool, q);
    }
}
