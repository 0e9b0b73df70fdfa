/* See logical_networks.h; what is where: networks.h. */
#include "controller/apps/logical_networks.h"

#include <stdlib.h>

#include "controller/apps/networks.h"
#include "controller/base/alloc.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/txn.h"

LOG_MODULE(logical_networks);

struct networks_settings networks_settings_default(void)
{
    return (struct networks_settings){.drop_idle_s = 30, .max_drops = 4096, .max_rules = 1u << 20};
}

struct networks_counters networks_counters(const void *state)
{
    const struct networks *l = state;

    return l->n;
}

/* --- Packet-ins ------------------------------------------------------------------------------- */

/* The networks of the sender. The cookie of the port's entry tells them while nothing changes. */
static void source_class(struct networks *l, const struct ctl_packet *packet, struct net_class *out)
{
    uint64_t id = flow_cookie_value(packet->cookie);

    if (flow_cookie_is_ours(packet->cookie) && flow_cookie_module(packet->cookie) == l->id &&
        id > 0 && network_at(l, (uint16_t)id) && l->n_changing == 0 && packet->src &&
        !member_is_half_known(l, packet->pkt->eth_src)) {
        l->n.by_cookie++;
        *out = (struct net_class){.n = 1, .ids = {(uint16_t)id}};
        return;
    }
    l->n.by_lookup++;
    class_of_source(l, datapath_id(packet->dp), packet->in_port, packet->pkt, out);
}

/* The host that 'packet' is for, or asks for; false when it is for many. */
static bool addressee(const struct networks *l, const struct ctl_packet *packet,
                      struct eth_addr *out)
{
    const struct pkt *pkt = packet->pkt;
    const struct host *host = NULL;

    if (pkt_has(pkt, PKT_ARP) && pkt->arp.op == PKT_ARP_REQUEST) {
        host = hosts_find_ipv4(l->ctl, pkt->arp.tpa);
    } else if (pkt_has(pkt, PKT_ICMP6) && pkt->l4.type == PKT_ICMP6_NS &&
               (pkt->present & PKT_HAS_ND_TARGET)) {
        host = hosts_find_ipv6(l->ctl, &pkt->nd.target);
    } else if (!eth_addr_is_multicast(pkt->eth_dst)) {
        *out = pkt->eth_dst;
        return true;
    }
    *out = host ? host_mac(host) : (struct eth_addr){{0}};
    return host != NULL;
}

static bool is_from_link(const struct ctl_packet *packet)
{
    return packet->port && packet->port->kind == PORT_LINK;
}

static enum ctl_verdict packet_in(void *state, const struct ctl_packet *packet)
{
    struct networks *l = state;
    struct net_class src, dst;
    struct eth_addr to;

    if (is_from_link(packet) || !addressee(l, packet, &to)) {
        return CTL_CONTINUE;
    }
    class_of_addressee(l, to, packet->pkt, &dst);
    if (!class_is_guarded(l, &dst)) {
        return CTL_CONTINUE;
    }
    source_class(l, packet, &src);
    if (classes_may_talk(l, &src, &dst)) {
        return CTL_CONTINUE;
    }
    l->n.blocked++;
    if (eth_addr_eq(to, packet->pkt->eth_dst) && packet->pkt->eth_type != PKT_TYPE_ARP) {
        networks_drop(l, datapath_id(packet->dp), packet->in_port, packet->pkt->eth_src, to);
    }
    return CTL_STOP;
}

/* --- Events ----------------------------------------------------------------------------------- */

static bool admits(const void *state, const struct flow_entry *entry)
{
    return networks_admits(state, entry);
}

/* One of our entries has left its switch. */
static void on_gone(struct networks *l, const struct flow_entry *flow, bool write_again)
{
    struct flow_spec spec;

    flow_entry_spec(flow, &spec);
    if (spec.priority == PRIORITY_NETWORK_BLOCK) {
        networks_drop_gone(l, flow_entry_dpid(flow), &spec);
    } else if (write_again) {
        port_entry_lost(l, flow_entry_dpid(flow), spec.match.v.in_port);
    }
}

/* What an earlier controller knew may not be true any more: its entries go, and those that are right
 * are written again. */
static void on_adopted(void *state, const struct ctl_event *event)
{
    struct networks *l = state;
    dpid_t dpid = datapath_id(event->dp);
    struct flow_spec spec;
    struct txn *txn = txn_begin(l->ctl);

    flow_entry_spec(event->flow, &spec);
    txn_remove(txn, 0, dpid, spec.table_id, spec.priority, &spec.match);
    l->n_changing++; /* Until then no cookie is believed. */
    txn_commit(txn, networks_change_done, l);
    if (spec.priority == PRIORITY_NETWORK_MISS) {
        port_entry_lost(l, dpid, spec.match.v.in_port);
    }
}

static void on_failed(void *state, const struct ctl_event *event)
{
    struct networks *l = state;

    on_gone(l, event->flow, false);
    LOG_LIMITED(ctl_log(l->ctl), &l->limit, LOG_WARN, "switch " DPID_FMT " refuses an entry: %s",
                DPID_ARGS(datapath_id(event->dp)), of_err_name(event->error));
}

static void on_removed(void *state, const struct ctl_event *event)
{
    on_gone(state, event->flow, true);
}

static void on_host(void *state, const struct ctl_event *event)
{
    member_update(state, event->host);
}

static void on_host_ip_added(void *state, const struct ctl_event *event)
{
    struct networks *l = state;

    member_ip_added(l, event->host);
    if (l->n_ip_rules > 0 && networks_any_block(l)) {
        networks_tell(l); /* Now its networks are known, be they the same. */
    }
}

static void on_host_gone(void *state, const struct ctl_event *event)
{
    member_gone(state, host_mac(event->host));
}

static void on_up(void *state, const struct ctl_event *event)
{
    (void)event;
    networks_look_soon(state);
}

static size_t memory(const void *state)
{
    return networks_bytes(state);
}

/* --- Module ----------------------------------------------------------------------------------- */

static void stop(void *state)
{
    struct networks *l = state;

    members_fini(l);
    networks_guard_fini(l);
    networks_free_all(l);
    free(l);
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct networks *l = xcalloc(1, sizeof *l);
    enum err err;

    l->ctl = ctl;
    l->id = id;
    l->settings =
        settings ? *(const struct networks_settings *)settings : networks_settings_default();
    l->limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
    hmap_init(&l->by_name);
    hmap_init(&l->rules);
    hmap_init(&l->members);
    hmap_init(&l->ports);
    hmap_init(&l->ips);
    networks_guard_init(l);
    networks_watch(l);
    err = l->settings.drop_idle_s > 0 ? networks_load(l) : ERR_RANGE;
    if (err) {
        stop(l);
        return err;
    }
    *state = l;
    return ERR_OK;
}

const struct ctl_module logical_networks_module = {
    .name = "logical_networks",
    .start = start,
    .stop = stop,
    .packet_in = packet_in,
    .admits = admits,
    .memory = memory,
    .on = {[CTL_HOST_ADDED] = on_host,
           [CTL_HOST_MOVED] = on_host,
           [CTL_HOST_IP_ADDED] = on_host_ip_added,
           [CTL_HOST_GONE] = on_host_gone,
           [CTL_DATAPATH_UP] = on_up,
           [CTL_LINK_UP] = on_up, /* An entry for one sender at a port that was an edge. */
           [CTL_FLOW_REMOVED] = on_removed,
           [CTL_FLOW_ADOPTED] = on_adopted,
           [CTL_FLOW_FAILED] = on_failed},
};
