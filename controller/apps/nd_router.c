/* Router solicitations, advertisements and redirects: only those of routers that may be there. */
#include <string.h>

#include "controller/apps/ipv6_nd_int.h"
#include "controller/base/buf.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"

LOG_MODULE(ipv6_nd);

#define LIFETIME_AT 6 /* In a router advertisement (RFC 4861 §4.2). */
#define RA_LEN 16

/* --- Who is a router -------------------------------------------------------------------------- */

static void forget_old(struct ipv6_nd *d)
{
    mono_t now = ctl_now(d->ctl);

    for (size_t i = d->n_routers; i-- > 0;) {
        if (mono_due(d->routers[i].until, now)) {
            d->routers[i] = d->routers[--d->n_routers];
        }
    }
}

static struct ipv6_nd_router *find(struct ipv6_nd *d, struct eth_addr mac)
{
    for (size_t i = 0; i < d->n_routers; i++) {
        if (eth_addr_eq(d->routers[i].mac, mac)) {
            return &d->routers[i];
        }
    }
    return NULL;
}

bool nd_is_router(const struct ipv6_nd *d, struct eth_addr mac)
{
    for (size_t i = 0; i < d->n_routers; i++) {
        if (eth_addr_eq(d->routers[i].mac, mac)) {
            return true;
        }
    }
    return false;
}

/* At a trusted port; or the router that was heard first, at the port where it was. */
static bool may_route(struct ipv6_nd *d, const struct ctl_packet *packet, bool is_advert)
{
    dpid_t dpid = datapath_id(packet->dp);
    const struct ipv6_nd_router *r;

    if (places_have(d->settings.trusted, d->settings.n_trusted, dpid, packet->in_port)) {
        return true;
    }
    if (d->settings.n_trusted > 0) {
        return false;
    }
    forget_old(d);
    r = find(d, packet->pkt->eth_src);
    return r ? r->dpid == dpid && r->port == packet->in_port : is_advert && d->n_routers == 0;
}

static void learn(struct ipv6_nd *d, const struct ctl_packet *packet, uint16_t lifetime_s)
{
    struct ipv6_nd_router *r = find(d, packet->pkt->eth_src);

    if (!r && (lifetime_s == 0 || d->n_routers == IPV6_ND_MAX_ROUTERS)) {
        return;
    }
    if (!r) {
        r = &d->routers[d->n_routers++];
    }
    *r = (struct ipv6_nd_router){.ip = packet->pkt->ipv6.src,
                                 .mac = packet->pkt->eth_src,
                                 .dpid = datapath_id(packet->dp),
                                 .port = packet->in_port,
                                 .until = mono_add(ctl_now(d->ctl), lifetime_s * NS_PER_S)};
    if (lifetime_s == 0) {
        *r = d->routers[--d->n_routers];
    }
}

static bool same_rogue(const struct ipv6_nd_rogue *a, const struct ipv6_nd_rogue *b)
{
    return eth_addr_eq(a->mac, b->mac) && ipv6_addr_eq(&a->ip, &b->ip) && a->dpid == b->dpid &&
           a->port == b->port;
}

/* One that is heard again moves to the front. */
static void remember(struct ipv6_nd *d, const struct ctl_packet *packet)
{
    struct ipv6_nd_rogue r = {.ip = packet->pkt->ipv6.src,
                              .mac = packet->pkt->eth_src,
                              .dpid = datapath_id(packet->dp),
                              .port = packet->in_port,
                              .n = 1,
                              .seen_at = ctl_now(d->ctl)};
    size_t i = 0;

    while (i < d->n_rogues && !same_rogue(&d->rogues[i], &r)) {
        i++;
    }
    if (i < d->n_rogues) {
        r.n += d->rogues[i].n;
    } else if (d->n_rogues < IPV6_ND_MAX_ROGUES) {
        d->n_rogues++;
    } else {
        i--;
    }
    memmove(&d->rogues[1], &d->rogues[0], i * sizeof d->rogues[0]);
    d->rogues[0] = r;
}

static void report(struct ipv6_nd *d, const struct ctl_packet *packet, const char *what)
{
    remember(d, packet);
    d->n.rogue_routers++;
    LOG_LIMITED(ctl_log(d->ctl), &d->rogue_limit, LOG_WARN,
                "host " ETH_FMT " at " DPID_FMT ":%u sends a %s where no router may be",
                ETH_ARGS(packet->pkt->eth_src), DPID_ARGS(datapath_id(packet->dp)), packet->in_port,
                what);
}

/* --- What hosts ask --------------------------------------------------------------------------- */

struct solicit {
    const struct ipv6_nd *d;
    const struct ctl_packet *packet;
};

static void solicit_at(void *aux, dpid_t dpid, port_no_t port)
{
    const struct solicit *s = aux;
    const struct ctl_packet *packet = s->packet;

    if (dpid != datapath_id(packet->dp) || port != packet->in_port) {
        emit(s->d->ctl, dpid, port, packet->frame, packet->len);
    }
}

void nd_router_solicit(struct ipv6_nd *d, const struct ctl_packet *packet)
{
    struct solicit s = {d, packet};

    d->n.router_solicits++;
    if (!bucket_map_take(&d->dp_floods, datapath_id(packet->dp), ctl_now(d->ctl))) {
        d->n.limited++;
        return;
    }
    forget_old(d);
    for (size_t i = 0; i < d->n_routers; i++) {
        emit(d->ctl, d->routers[i].dpid, d->routers[i].port, packet->frame, packet->len);
    }
    if (d->n_routers == 0 && d->settings.n_trusted == 0) {
        nd_flood(d, packet); /* The first router has yet to be found. */
    } else if (d->n_routers == 0) {
        places_each_port(d->ctl, d->settings.trusted, d->settings.n_trusted, solicit_at, &s);
    }
}

/* --- What routers say ------------------------------------------------------------------------- */

static void deliver(struct ipv6_nd *d, const struct ctl_packet *packet)
{
    const struct host *to;

    if (eth_addr_is_multicast(packet->pkt->eth_dst)) {
        nd_flood(d, packet);
        return;
    }
    to = hosts_find(d->ctl, packet->pkt->eth_dst);
    if (to) {
        emit(d->ctl, host_dpid(to), host_port(to), packet->frame, packet->len);
    }
}

void nd_router_advert(struct ipv6_nd *d, const struct ctl_packet *packet)
{
    const struct pkt *pkt = packet->pkt;
    struct rd r = rd_init(packet->frame + pkt->off.l4, pkt->off.l3_end - pkt->off.l4);
    uint16_t lifetime_s;

    if (r.left < RA_LEN || pkt->ipv6.src.b[0] != 0xfe || (pkt->ipv6.src.b[1] & 0xc0) != 0x80) {
        d->n.malformed++; /* Routers speak from link-local addresses (§6.1.2). */
    } else if (!may_route(d, packet, true)) {
        report(d, packet, "router advertisement");
    } else {
        rd_skip(&r, LIFETIME_AT);
        lifetime_s = rd_u16(&r);
        learn(d, packet, lifetime_s);
        d->n.router_adverts++;
        deliver(d, packet);
    }
}

void nd_redirect(struct ipv6_nd *d, const struct ctl_packet *packet)
{
    if (!may_route(d, packet, false) || eth_addr_is_multicast(packet->pkt->eth_dst)) {
        report(d, packet, "redirect");
        return;
    }
    d->n.redirects++;
    deliver(d, packet);
}
