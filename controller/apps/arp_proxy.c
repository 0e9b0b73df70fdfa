/* See arp_proxy.h. The requests that wait are in arp_cache.h. */
#include "controller/apps/arp_proxy.h"

#include <stdlib.h>

#include "controller/apps/arp_cache.h"
#include "controller/apps/bucket.h"
#include "controller/apps/circuit_tree.h"
#include "controller/apps/emit.h"
#include "controller/apps/logical_networks.h"
#include "controller/apps/trap.h"
#include "controller/base/alloc.h"
#include "controller/base/buf.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/packet/pkt_build.h"

#define FRAME_MIN_LEN 60 /* IEEE 802.3 without frame check sequence. */

struct arp_proxy {
    struct trap trap;
    struct ctl *ctl;
    const void *networks; /* State of logical_networks; NULL: there are none. */
    struct arp_proxy_settings settings;
    struct arp_proxy_counters n;
    struct arp_cache cache;
    struct bucket floods;
    struct bucket_map dp_floods, dp_replies;
};

struct arp_proxy_settings arp_proxy_settings_default(void)
{
    return (struct arp_proxy_settings){
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

struct arp_proxy_counters arp_proxy_counters(const void *state)
{
    const struct arp_proxy *a = state;
    struct arp_proxy_counters n = a->n;

    n.expired = a->cache.expired;
    return n;
}

/* --- The entry that brings ARP here ----------------------------------------------------------- */

static void want_entry(const struct trap *trap, struct txn *txn, const struct datapath *dp)
{
    struct of_match match = {0};

    OF_MATCH_SET(&match, ETH_TYPE, eth_type, PKT_TYPE_ARP);
    trap_add(trap, txn, dp, &match, 0);
}

/* --- Answers ---------------------------------------------------------------------------------- */

/* Tells 'asker' that 'ip' is at 'mac'. */
static void answer(struct arp_proxy *a, const struct arp_asker *asker, uint32_t ip,
                   struct eth_addr mac)
{
    struct buf frame = BUF_INIT;

    pkt_build_arp_reply(&frame, mac, ip, asker->mac, asker->ip);
    buf_put_zeros(&frame, FRAME_MIN_LEN - frame.len);
    emit(a->ctl, asker->dpid, asker->port, frame.data, frame.len);
    buf_fini(&frame);
    a->n.answers++;
}

/* What 'asker' is told of 'target': its own address, or for a circuit root the alias of its switch. */
static struct eth_addr address_for(struct arp_proxy *a, const struct arp_asker *asker,
                                   const struct host *target, uint32_t ip)
{
    struct eth_addr mac = host_mac(target);

    circuit_tree_alias(ctl_module_state(a->ctl, "circuit_tree"), asker->mac, asker->dpid,
                       asker->port, target, ip, &mac);
    return mac;
}

/* Answers everybody who waits for 'ip' (0 is nobody's). True when 'waiting' (may be NULL) was one
 * of them. */
static bool answer_waiting(struct arp_proxy *a, uint32_t ip, struct eth_addr mac,
                           const struct eth_addr *waiting)
{
    size_t n;
    struct arp_asker *askers = ip ? arp_cache_take(&a->cache, ip, &n) : NULL;
    bool found = false;

    for (size_t i = 0; askers && i < n; i++) {
        found = found || (waiting && eth_addr_eq(askers[i].mac, *waiting));
        if (!eth_addr_eq(askers[i].mac, mac) &&
            networks_may_talk(a->networks, askers[i].dpid, askers[i].port, askers[i].mac, mac)) {
            answer(a, &askers[i], ip, mac);
        }
    }
    free(askers);
    return found;
}

/* --- Requests --------------------------------------------------------------------------------- */

/* Nobody knows 'arp->tpa' yet: asks at all edge ports, once for all who want to know. */
static void ask_network(struct arp_proxy *a, const struct ctl_packet *packet,
                        const struct arp_asker *asker)
{
    uint32_t target = packet->pkt->arp.tpa;
    mono_t now = ctl_now(a->ctl);

    if (!arp_cache_has(&a->cache, target) &&
        (!bucket_map_take(&a->dp_floods, asker->dpid, now) || !bucket_take(&a->floods, now))) {
        a->n.requests_limited++;
        return;
    }
    switch (arp_cache_ask(&a->cache, target, asker, mono_add(now, a->settings.pending_ns))) {
    case ARP_CACHE_NEW:
        a->n.requests_flooded++;
        networks_flood(a->ctl, packet, false);
        return;
    case ARP_CACHE_JOINED:
        a->n.requests_joined++;
        return;
    case ARP_CACHE_AGAIN:
        a->n.requests_repeated++;
        return;
    case ARP_CACHE_FULL:
        a->n.requests_limited++;
        return;
    }
}

static void on_request(struct arp_proxy *a, const struct ctl_packet *packet)
{
    const struct pkt_arp *arp = &packet->pkt->arp;
    struct host *target = hosts_find_ipv4(a->ctl, arp->tpa);
    struct arp_asker asker = {
        .dpid = datapath_id(packet->dp),
        .port = packet->in_port,
        .mac = arp->sha,
        .ip = arp->spa,
    };

    answer_waiting(a, arp->spa, arp->sha, NULL); /* Whoever asks tells where he is himself. */
    if (arp->spa == arp->tpa) {
        a->n.gratuitous++;
        return;
    }
    a->n.requests++;
    if (!target) {
        ask_network(a, packet, &asker);
    } else if (!eth_addr_eq(host_mac(target), arp->sha)) {
        a->n.requests_known++;
        answer(a, &asker, arp->tpa, address_for(a, &asker, target, arp->tpa));
    } /* Else a host asks for its own address before it uses it: silence means that it is free. */
}

/* --- Replies ---------------------------------------------------------------------------------- */

static void forward_reply(struct arp_proxy *a, const struct ctl_packet *packet)
{
    struct host *dst = hosts_find(a->ctl, packet->pkt->eth_dst);

    if (!dst || packet->len < packet->total_len ||
        !bucket_map_take(&a->dp_replies, datapath_id(packet->dp), ctl_now(a->ctl))) {
        a->n.replies_dropped++;
        return;
    }
    a->n.replies_forwarded++;
    emit(a->ctl, host_dpid(dst), host_port(dst), packet->frame, packet->len);
}

static void on_reply(struct arp_proxy *a, const struct ctl_packet *packet)
{
    const struct pkt *pkt = packet->pkt;
    bool served = answer_waiting(a, pkt->arp.spa, pkt->arp.sha, &pkt->eth_dst);

    if (pkt->arp.spa == pkt->arp.tpa) {
        a->n.gratuitous++;
        return;
    }
    a->n.replies++;
    if (!served && !eth_addr_is_multicast(pkt->eth_dst)) {
        forward_reply(a, packet);
    }
}

/* --- Module ----------------------------------------------------------------------------------- */

static enum ctl_verdict packet_in(void *state, const struct ctl_packet *packet)
{
    struct arp_proxy *a = state;

    if (packet->pkt->eth_type != PKT_TYPE_ARP || packet->pkt->n_vlans > 0) {
        return CTL_CONTINUE;
    }
    if (packet->port && packet->port->kind == PORT_LINK) {
        a->n.from_links++;
    } else if (!pkt_has(packet->pkt, PKT_ARP)) {
        a->n.malformed++;
    } else if (!eth_addr_eq(packet->pkt->arp.sha, packet->pkt->eth_src)) {
        a->n.spoofed++;
    } else if (packet->pkt->arp.op == PKT_ARP_REQUEST) {
        on_request(a, packet);
    } else if (packet->pkt->arp.op == PKT_ARP_REPLY) {
        on_reply(a, packet);
    } else {
        a->n.malformed++;
    }
    return CTL_STOP;
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct arp_proxy *a = xcalloc(1, sizeof(*a));
    const struct arp_proxy_settings *s = &a->settings;

    a->ctl = ctl;
    a->networks = ctl_module_state(ctl, "logical_networks");
    a->settings =
        settings ? *(const struct arp_proxy_settings *)settings : arp_proxy_settings_default();
    a->trap = (struct trap){.ctl = ctl,
                            .id = id,
                            .priority = ARP_PROXY_PRIORITY,
                            .name = "arp_proxy",
                            .what = "ARP",
                            .want = want_entry,
                            .limit = LOG_LIMIT_INIT(1, 5)};
    arp_cache_init(&a->cache, ctl_timers(ctl),
                   (struct arp_limits){s->max_targets, s->max_askers, s->max_askers_total});
    bucket_init(&a->floods, s->flood_per_s, s->flood_burst);
    bucket_map_init(&a->dp_floods, s->dp_flood_per_s, s->dp_flood_burst);
    bucket_map_init(&a->dp_replies, s->dp_flood_per_s, s->dp_flood_burst);
    *state = a;
    return ERR_OK;
}

static void stop(void *state)
{
    struct arp_proxy *a = state;

    arp_cache_fini(&a->cache);
    bucket_map_fini(&a->dp_floods);
    bucket_map_fini(&a->dp_replies);
    free(a);
}

const struct ctl_module arp_proxy_module = {
    .name = "arp_proxy",
    .start = start,
    .stop = stop,
    .packet_in = packet_in,
    .packets = 1u << PACKET_ADDRESS,
    .on = TRAP_EVENTS,
};
