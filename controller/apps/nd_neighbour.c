/* Neighbour solicitations and advertisements (RFC 4861 §7). */
#include <stdlib.h>

#include "controller/apps/ipv6_nd_int.h"
#include "controller/base/buf.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/packet/pkt_build.h"

static const struct ipv6_addr unspecified;
static const struct ipv6_addr all_nodes = {{0xff, 0x02, [15] = 1}};

/* --- Answers ---------------------------------------------------------------------------------- */

/* Tells 'asker' that 'target' is at 'mac'. Who asks from :: is told with everybody at its port, as the
 * owner would (§7.2.4). */
static void answer(struct ipv6_nd *d, const struct arp_asker *asker, const struct ipv6_addr *target,
                   struct eth_addr mac)
{
    bool is_dad = ipv6_addr_eq(&asker->ip6, &unspecified);
    struct pkt_ends6 ends = {.eth_dst = is_dad ? pkt_ipv6_multicast_eth(&all_nodes) : asker->mac,
                             .eth_src = mac,
                             .src = *target,
                             .dst = is_dad ? all_nodes : asker->ip6};
    unsigned flags = PKT_NA_OVERRIDE | (is_dad ? 0 : PKT_NA_SOLICITED) |
                     (nd_is_router(d, mac) ? PKT_NA_ROUTER : 0);
    struct buf frame = BUF_INIT;

    pkt_build_nd_na(&frame, &ends, target, mac, (uint8_t)flags);
    emit(d->ctl, asker->dpid, asker->port, frame.data, frame.len);
    buf_fini(&frame);
    d->n.answers++;
}

/* Answers everybody who waits for 'target'. True when 'waiting' was one of them. */
static bool answer_waiting(struct ipv6_nd *d, const struct ipv6_addr *target, struct eth_addr mac,
                           struct eth_addr waiting)
{
    size_t n;
    struct arp_asker *askers = arp_cache_take6(&d->cache, target, &n);
    bool found = false;

    for (size_t i = 0; askers && i < n; i++) {
        found = found || eth_addr_eq(askers[i].mac, waiting);
        if (!eth_addr_eq(askers[i].mac, mac)) {
            answer(d, &askers[i], target, mac);
        }
    }
    free(askers);
    return found;
}

/* --- Solicitations ---------------------------------------------------------------------------- */

/* Asks 'holder' (NULL: everybody), once for all who want to know. */
static void ask(struct ipv6_nd *d, const struct ctl_packet *packet, const struct arp_asker *asker,
                const struct host *holder)
{
    const struct ipv6_addr *target = &packet->pkt->nd.target;
    mono_t until = mono_add(ctl_now(d->ctl), d->settings.pending_ns);

    switch (arp_cache_ask6(&d->cache, target, asker, until)) {
    case ARP_CACHE_NEW:
        if (holder) {
            emit(d->ctl, host_dpid(holder), host_port(holder), packet->frame, packet->len);
        } else if (nd_flood(d, packet)) {
            d->n.solicits_flooded++;
        }
        return;
    case ARP_CACHE_JOINED:
    case ARP_CACHE_AGAIN:
        d->n.solicits_joined++;
        return;
    case ARP_CACHE_FULL:
        d->n.limited++;
        return;
    }
}

/* "Are you still there?" must be answered by the neighbour itself (§7.3.1). */
static void forward(struct ipv6_nd *d, const struct ctl_packet *packet, uint64_t *counter)
{
    const struct host *to = hosts_find(d->ctl, packet->pkt->eth_dst);

    if (!to || !bucket_map_take(&d->dp_adverts, datapath_id(packet->dp), ctl_now(d->ctl))) {
        d->n.limited++;
        return;
    }
    ++*counter;
    emit(d->ctl, host_dpid(to), host_port(to), packet->frame, packet->len);
}

void nd_solicit(struct ipv6_nd *d, const struct ctl_packet *packet)
{
    const struct pkt *pkt = packet->pkt;
    const struct host *holder = hosts_find_ipv6(d->ctl, &pkt->nd.target);
    bool is_dad = ipv6_addr_eq(&pkt->ipv6.src, &unspecified);
    struct arp_asker asker = {.dpid = datapath_id(packet->dp),
                              .port = packet->in_port,
                              .mac = pkt->eth_src,
                              .ip6 = pkt->ipv6.src};

    d->n.solicits++;
    if (is_dad) {
        d->n.tentative++;
    } else {
        answer_waiting(d, &pkt->ipv6.src, pkt->eth_src, pkt->eth_src);
    }
    if (holder && eth_addr_eq(host_mac(holder), pkt->eth_src)) {
        return; /* It asks for its own address: silence means that it is free. */
    }
    if (!eth_addr_is_multicast(pkt->eth_dst)) {
        forward(d, packet, &d->n.solicits_forwarded);
    } else if (is_dad || !holder) {
        ask(d, packet, &asker, holder);
    } else {
        d->n.solicits_known++;
        answer(d, &asker, &pkt->nd.target, host_mac(holder));
    }
}

/* --- Advertisements --------------------------------------------------------------------------- */

void nd_advert(struct ipv6_nd *d, const struct ctl_packet *packet)
{
    const struct pkt *pkt = packet->pkt;

    d->n.adverts++;
    if (!answer_waiting(d, &pkt->nd.target, pkt->eth_src, pkt->eth_dst) &&
        !eth_addr_is_multicast(pkt->eth_dst)) {
        forward(d, packet, &d->n.adverts_forwarded);
    }
}
