/* What a server does with the messages of its clients (RFC 2131 §4.3). */
#include <string.h>

#include "controller/apps/dhcp_int.h"
#include "controller/base/sha256.h"
#include "controller/core/ctl_api.h"

/* Lease times that are asked for are granted between this and the pool's. */
#define MIN_LEASE_S 60

/* --- Clients ---------------------------------------------------------------------------------- */

/* By its identifier, or by its hardware address (§4.2). One too long to keep counts by its hash. */
void dhcp_query_init(struct dhcp_query *q, const struct pkt_dhcp *msg, const uint8_t *bytes,
                     size_t n)
{
    const struct pkt_dhcp_opt *id = pkt_dhcp_find(msg, PKT_DHCP_OPT_CLIENT_ID);
    struct sha256 hash;

    *q = (struct dhcp_query){.msg = msg, .bytes = bytes, .n_bytes = n};
    if (id && id->len >= 2 && id->len <= DHCP_ID_LEN) {
        memcpy(q->id, id->data, id->len);
        q->id_len = id->len;
    } else if (id && id->len >= 2) {
        q->id[0] = 0xff;
        sha256_init(&hash);
        sha256_add(&hash, id->data, id->len);
        sha256_end(&hash, &q->id[1]);
        q->id_len = 1 + SHA256_LEN;
    } else {
        q->id[0] = msg->htype;
        memcpy(&q->id[1], msg->chaddr.b, ETH_ADDR_LEN);
        q->id_len = 1 + ETH_ADDR_LEN;
    }
}

uint32_t dhcp_lease_s(const struct dhcp_pool *pool, const struct dhcp_query *q)
{
    uint32_t wish = q->msg->lease_s;

    if (!(q->msg->present & PKT_DHCP_HAS_LEASE) || wish >= pool->s.lease_s) {
        return pool->s.lease_s;
    }
    return wish > MIN_LEASE_S || pool->s.lease_s < MIN_LEASE_S ? wish : MIN_LEASE_S;
}

/* --- DHCPREQUEST ------------------------------------------------------------------------------ */

static void nak(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q)
{
    d->n.naks++;
    dhcp_reply(d, pool, q, PKT_DHCP_NAK, NULL);
}

/* The client has the address from now on. */
static void bind(struct dhcp *d, struct dhcp_lease *lease, const struct dhcp_query *q)
{
    uint32_t s = dhcp_lease_s(lease->pool, q);

    if (!dhcp_lease_place(lease, q->dpid, q->port)) {
        d->n.limited++;
        return;
    }
    lease->mac = q->msg->chaddr;
    dhcp_lease_set(lease, DHCP_BOUND,
                   s == UINT32_MAX ? MONO_NEVER : mono_add(ctl_now(d->ctl), s * NS_PER_S));
    dhcp_store_lease(lease);
    d->n.acks++;
    dhcp_reply(d, lease->pool, q, PKT_DHCP_ACK, lease);
}

/* Whether 'lease' (may be NULL) is of 'ip' and the client may have that. */
static bool may_have(const struct dhcp *d, const struct dhcp_lease *lease, uint32_t ip)
{
    const struct dhcp_reserved *r = dhcp_reserved_ip(d, ip);

    return lease && lease->ip == ip && lease->state != DHCP_PROBED &&
           (!r || eth_addr_eq(r->r.mac, lease->mac));
}

/* SELECTING: the client says whose offer it takes. */
static void selecting(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q,
                      struct dhcp_lease *lease)
{
    if (q->msg->server_id != pool->s.server) {
        if (lease && lease->state == DHCP_OFFERED) {
            dhcp_lease_set(lease, DHCP_FREE, MONO_NEVER);
        }
        return;
    }
    if (may_have(d, lease, q->msg->requested_ip)) {
        bind(d, lease, q);
    } else {
        nak(d, pool, q);
    }
}

/* INIT-REBOOT: is the address of last time still right? Of whom nothing is known, nothing is said,
 * unless the address cannot be right here. */
static void rebooting(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q,
                      struct dhcp_lease *lease)
{
    uint32_t ip = q->msg->requested_ip;

    if (may_have(d, lease, ip)) {
        bind(d, lease, q);
    } else if (lease || (ip & pool->s.mask) != pool->s.subnet) {
        nak(d, pool, q);
    }
}

/* RENEWING or REBINDING. An address that we know nothing of, as after the loss of our memory, is the
 * client's as long as it could have got it here. */
static void renewing(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q,
                     struct dhcp_lease *lease)
{
    uint32_t ip = q->msg->ciaddr;
    const struct dhcp_reserved *r = dhcp_reserved_ip(d, ip);

    if (may_have(d, lease, ip)) {
        bind(d, lease, q);
    } else if (!lease && !dhcp_lease_at(d, ip) && dhcp_pool_has(pool, ip) && ip != pool->s.server &&
               (!r || eth_addr_eq(r->r.mac, q->msg->chaddr)) &&
               dhcp_port_has_room(d, q->dpid, q->port)) {
        bind(d, dhcp_lease_new(d, pool, ip, q->id, q->id_len, q->msg->chaddr), q);
    } else {
        nak(d, pool, q);
    }
}

static void request(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q)
{
    struct dhcp_lease *lease = dhcp_lease_of(d, pool, q->id, q->id_len);

    if (q->msg->present & PKT_DHCP_HAS_SERVER_ID) {
        selecting(d, pool, q, lease);
    } else if (q->msg->ciaddr != 0) {
        renewing(d, pool, q, lease);
    } else if (q->msg->present & PKT_DHCP_HAS_REQUESTED_IP) {
        rebooting(d, pool, q, lease);
    } else {
        d->n.malformed++;
    }
}

/* --- The others ------------------------------------------------------------------------------- */

/* Somebody has the address already, the client says; it must have been offered to this client. */
static void decline(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q)
{
    struct dhcp_lease *lease = dhcp_lease_of(d, pool, q->id, q->id_len);

    if (lease && q->msg->server_id == pool->s.server && lease->ip == q->msg->requested_ip &&
        (lease->state == DHCP_OFFERED || lease->state == DHCP_BOUND)) {
        dhcp_quarantine(d, pool, lease->ip);
    }
}

static void release(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q)
{
    struct dhcp_lease *lease = dhcp_lease_of(d, pool, q->id, q->id_len);

    if (lease && lease->state == DHCP_BOUND && lease->ip == q->msg->ciaddr &&
        q->msg->server_id == pool->s.server) {
        dhcp_lease_set(lease, DHCP_FREE, MONO_NEVER);
    }
}

void dhcp_serve(struct dhcp *d, struct dhcp_pool *pool, const struct dhcp_query *q)
{
    switch ((enum pkt_dhcp_type)q->msg->type) {
    case PKT_DHCP_DISCOVER:
        d->n.discovers++;
        dhcp_discover(d, pool, q);
        return;
    case PKT_DHCP_REQUEST:
        d->n.requests++;
        request(d, pool, q);
        return;
    case PKT_DHCP_DECLINE:
        d->n.declines++;
        decline(d, pool, q);
        return;
    case PKT_DHCP_RELEASE:
        d->n.releases++;
        release(d, pool, q);
        return;
    case PKT_DHCP_INFORM:
        d->n.informs++;
        dhcp_reply(d, pool, q, PKT_DHCP_ACK, NULL);
        return;
    case PKT_DHCP_OFFER:
    case PKT_DHCP_ACK:
    case PKT_DHCP_NAK:
        break;
    }
    d->n.malformed++; /* BOOTP without a type, too. */
}
