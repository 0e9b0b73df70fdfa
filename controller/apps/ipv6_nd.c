/* See ipv6_nd.h: the entries, and what comes in by them. */
#include "controller/apps/ipv6_nd.h"

#include <stdlib.h>

#include "controller/apps/flood.h"
#include "controller/apps/ipv6_nd_int.h"
#include "controller/base/alloc.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"

#define HOP_LIMIT 255 /* A smaller one has crossed a router: RFC 4861 §3.1. */

struct ipv6_nd_settings ipv6_nd_settings_default(void)
{
    return (struct ipv6_nd_settings){
        .pending_ns = 800 * NS_PER_MS,
        .max_targets = 4096,
        .max_askers = 64,
        .max_askers_total = 16384,
        .flood_per_s = 1000,
        .flood_burst = 1000,
        .dp_flood_per_s = 100,
        .dp_flood_burst = 200,
    };
}

struct ipv6_nd_counters ipv6_nd_counters(const void *state)
{
    const struct ipv6_nd *d = state;
    struct ipv6_nd_counters n = d->n;

    n.expired = d->cache.expired;
    return n;
}

size_t ipv6_nd_n_routers(const void *state)
{
    return ((const struct ipv6_nd *)state)->n_routers;
}

struct ipv6_nd_router ipv6_nd_router(const void *state, size_t i)
{
    return ((const struct ipv6_nd *)state)->routers[i];
}

size_t ipv6_nd_n_rogues(const void *state)
{
    const struct ipv6_nd *d = state;

    return d->n_rogues;
}

struct ipv6_nd_rogue ipv6_nd_rogue(const void *state, size_t i)
{
    const struct ipv6_nd *d = state;

    return d->rogues[i];
}

/* --- Entries ---------------------------------------------------------------------------------- */

/* OpenFlow 1.0 cannot match IPv6. */
static void want_entries(const struct trap *trap, struct txn *txn, const struct datapath *dp)
{
    if (datapath_version(dp) == OF_VERSION_1_0) {
        return;
    }
    for (uint8_t type = PKT_ICMP6_RS; type <= PKT_ICMP6_REDIRECT; type++) {
        struct of_match match = {0};

        OF_MATCH_SET(&match, ETH_TYPE, eth_type, PKT_TYPE_IPV6);
        OF_MATCH_SET(&match, IP_PROTO, ip_proto, PKT_PROTO_ICMP6);
        OF_MATCH_SET(&match, ICMPV6_TYPE, icmpv6_type, type);
        trap_add(trap, txn, dp, &match, type);
    }
}

bool nd_flood(struct ipv6_nd *d, const struct ctl_packet *packet)
{
    mono_t now = ctl_now(d->ctl);
    dpid_t dpid = datapath_id(packet->dp);

    if (!bucket_map_take(&d->dp_floods, dpid, now) || !bucket_take(&d->floods, now)) {
        d->n.limited++;
        return false;
    }
    flood_edges(d->ctl, dpid, packet->in_port, packet->frame, packet->len);
    return true;
}

/* --- Messages --------------------------------------------------------------------------------- */

/* The checks of §6.1, §7.1 and §8.1 that need no options. */
static bool is_valid(const struct ctl_packet *packet)
{
    static const struct ipv6_addr unspecified;
    const struct pkt *pkt = packet->pkt;
    bool is_neighbour = pkt->l4.type == PKT_ICMP6_NS || pkt->l4.type == PKT_ICMP6_NA;

    if (pkt->ipv6.hop_limit != HOP_LIMIT || pkt->l4.code != 0 || packet->len < packet->total_len) {
        return false;
    }
    if (is_neighbour && (!(pkt->present & PKT_HAS_ND_TARGET) || pkt->nd.target.b[0] == 0xff)) {
        return false;
    }
    /* From ::, only to the solicited-node address, and without a link-layer address. */
    return pkt->l4.type != PKT_ICMP6_NS || !ipv6_addr_eq(&pkt->ipv6.src, &unspecified) ||
           (pkt->ipv6.dst.b[0] == 0xff && !(pkt->present & PKT_HAS_ND_SLL));
}

/* Neighbours speak for themselves. */
static bool is_spoofed(const struct pkt *pkt)
{
    return ((pkt->present & PKT_HAS_ND_SLL) && !eth_addr_eq(pkt->nd.sll, pkt->eth_src)) ||
           ((pkt->present & PKT_HAS_ND_TLL) && !eth_addr_eq(pkt->nd.tll, pkt->eth_src));
}

static void dispatch(struct ipv6_nd *d, const struct ctl_packet *packet)
{
    switch (packet->pkt->l4.type) {
    case PKT_ICMP6_RS:
        nd_router_solicit(d, packet);
        return;
    case PKT_ICMP6_RA:
        nd_router_advert(d, packet);
        return;
    case PKT_ICMP6_NS:
        nd_solicit(d, packet);
        return;
    case PKT_ICMP6_NA:
        nd_advert(d, packet);
        return;
    case PKT_ICMP6_REDIRECT:
        nd_redirect(d, packet);
        return;
    }
}

static enum ctl_verdict packet_in(void *state, const struct ctl_packet *packet)
{
    struct ipv6_nd *d = state;
    const struct pkt *pkt = packet->pkt;

    if (!d->settings.enabled || !pkt_has(pkt, PKT_ICMP6) || pkt->n_vlans > 0 ||
        pkt->l4.type < PKT_ICMP6_RS || pkt->l4.type > PKT_ICMP6_REDIRECT) {
        return CTL_CONTINUE;
    }
    if (packet->port && packet->port->kind == PORT_LINK) {
        d->n.from_links++;
    } else if (!is_valid(packet)) {
        d->n.malformed++;
    } else if (is_spoofed(pkt)) {
        d->n.spoofed++;
    } else {
        dispatch(d, packet);
    }
    return CTL_STOP;
}

/* --- Module ----------------------------------------------------------------------------------- */

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct ipv6_nd *d = xcalloc(1, sizeof *d);
    const struct ipv6_nd_settings *s = &d->settings;

    d->ctl = ctl;
    d->settings =
        settings ? *(const struct ipv6_nd_settings *)settings : ipv6_nd_settings_default();
    d->trap = (struct trap){.ctl = ctl,
                            .id = id,
                            .priority = IPV6_ND_PRIORITY,
                            .name = "ipv6_nd",
                            .what = "neighbour discovery",
                            .want = s->enabled ? want_entries : NULL,
                            .limit = LOG_LIMIT_INIT(1, 5)};
    arp_cache_init(&d->cache, ctl_timers(ctl),
                   (struct arp_limits){s->max_targets, s->max_askers, s->max_askers_total});
    bucket_init(&d->floods, s->flood_per_s, s->flood_burst);
    bucket_map_init(&d->dp_floods, s->dp_flood_per_s, s->dp_flood_burst);
    bucket_map_init(&d->dp_adverts, s->dp_flood_per_s, s->dp_flood_burst);
    d->rogue_limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
    *state = d;
    return ERR_OK;
}

static void stop(void *state)
{
    struct ipv6_nd *d = state;

    arp_cache_fini(&d->cache);
    bucket_map_fini(&d->dp_floods);
    bucket_map_fini(&d->dp_adverts);
    free(d);
}

const struct ctl_module ipv6_nd_module = {
    .name = "ipv6_nd",
    .start = start,
    .stop = stop,
    .packet_in = packet_in,
    .packets = 1u << PACKET_ADDRESS,
    .on = TRAP_EVENTS,
};
