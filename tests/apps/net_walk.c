/* See net.h: following the tables without sending anything. */
#include "tests/apps/net.h"

#include "controller/apps/modules.h"
#include "controller/core/flowdb.h"
#include "controller/packet/pkt.h"

struct net_entry *net_lookup(struct net_switch *sw, const struct of_match *packet)
{
    struct net_entry *e = net_lookup_in(sw, 0, packet);

    while (e && e->goto_table) {
        e = net_lookup_in(sw, e->goto_table, packet);
    }
    return e;
}

struct net_entry *net_lookup_in(struct net_switch *sw, uint8_t table_id, const struct of_match *packet)
{
    struct net_entry *best = NULL;

    for (size_t i = 0; i < sw->n_entries; i++) {
        struct net_entry *e = &sw->entries[i];

        if (e->table_id == table_id && (!best || e->priority > best->priority) &&
            of_match_packet(&e->match, packet)) {
            best = e;
        }
    }
    return best;
}

size_t net_count_entries(const struct net *net, int sw, uint16_t priority)
{
    const struct net_switch *s = net->switches[sw];
    size_t n = 0;

    for (size_t i = 0; i < s->n_entries; i++) {
        bool of_app = flow_cookie_module(s->entries[i].cookie) <= APP_N_MODULES;

        n += priority ? s->entries[i].priority == priority : of_app;
    }
    return n;
}

/* A packet on its way. */
struct walker {
    const struct net *net;
    int to, sw;
    unsigned in_port;
    size_t hops;
    struct of_match packet;
};

static enum net_end walk(struct walker w);
static enum net_end run(const struct walker *w, const struct of_action *actions, size_t n,
                        unsigned depth);

/* The worst end of all buckets that may take the frame. Without one it is lost. */
static enum net_end through_group(const struct walker *w, uint32_t id, unsigned depth)
{
    struct net_switch *sw = w->net->switches[w->sw];
    const struct net_group *group = net_group(sw, id);
    uint32_t buckets = group && depth > 0 ? net_group_buckets(sw, group) : 0;
    enum net_end worst = NET_AT_HOST;

    for (size_t i = 0; buckets && i < group->n_buckets; i++) {
        if (buckets & UINT32_C(1) << i) {
            enum net_end end =
                run(w, group->buckets[i].actions, group->buckets[i].n_actions, depth - 1);

            worst = end > worst ? end : worst;
        }
    }
    return buckets ? worst : NET_LOST;
}

static bool is_at_host(const struct walker *w, const struct net_port *p)
{
    return p->host == w->to && w->packet.v.vlan_vid == OF_VID_NONE &&
           eth_addr_eq(w->packet.v.eth_dst, w->net->hosts[w->to].mac);
}

static enum net_end through_port(const struct walker *w, port_no_t port)
{
    struct net_switch *sw = w->net->switches[w->sw];
    struct walker next = *w;
    const struct net_port *p;

    if (port == OF_PORT_CONTROLLER) {
        return NET_AT_CONTROLLER;
    }
    p = port <= NET_MAX_PORTS && port != w->in_port ? &sw->ports[port] : NULL;
    if (!p || !p->exists || !p->up || p->mute) {
        return NET_LOST;
    }
    if (p->peer_switch < 0) {
        return p->host < 0 ? NET_LOST : is_at_host(w, p) ? NET_AT_HOST : NET_AT_OTHER;
    }
    next.sw = p->peer_switch;
    next.in_port = p->peer_port;
    next.hops++;
    return walk(next);
}

/* What 'a' changes in the frame, if anything. */
static void edit(struct of_match *packet, const struct of_action *a)
{
    if (a->type == OF_ACT_SET_FIELD && a->set_field.field == OF_FIELD_ETH_DST) {
        packet->v.eth_dst = a->set_field.value.eth;
    } else if (a->type == OF_ACT_SET_FIELD && a->set_field.field == OF_FIELD_VLAN_VID) {
        packet->v.vlan_vid = a->set_field.value.u16;
    } else if (a->type == OF_ACT_SET_VLAN_VID) {
        packet->v.vlan_vid = (uint16_t)(a->vlan_vid | OF_VID_PRESENT);
    } else if (a->type == OF_ACT_POP_VLAN) {
        packet->v.vlan_vid = OF_VID_NONE;
    }
}

/* Where the frame goes at its last output, with what was changed before. */
static enum net_end run(const struct walker *w, const struct of_action *actions, size_t n,
                        unsigned depth)
{
    struct walker now = *w, then = *w;
    const struct of_action *out = NULL;

    for (size_t i = 0; i < n; i++) {
        if (actions[i].type == OF_ACT_OUTPUT || actions[i].type == OF_ACT_GROUP) {
            out = &actions[i];
            then = now;
        } else {
            edit(&now.packet, &actions[i]);
        }
    }
    return !out                         ? NET_LOST
           : out->type == OF_ACT_OUTPUT ? through_port(&then, out->output.port)
                                        : through_group(&then, out->group_id, depth);
}

static enum net_end walk(struct walker w)
{
    const struct net_entry *e;

    if (w.hops > w.net->n_switches) {
        return NET_IN_CIRCLES;
    }
    OF_MATCH_SET(&w.packet, IN_PORT, in_port, w.in_port);
    e = net_lookup(w.net->switches[w.sw], &w.packet);
    return e ? run(&w, e->actions, e->n_actions, NET_MAX_GROUP_DEPTH) : NET_AT_CONTROLLER;
}

enum net_end net_walk(const struct net *net, int from, int to, int sw, unsigned in_port,
                      uint16_t label)
{
    return net_walk_via(net, from, to, net->hosts[to].mac, sw, in_port, label);
}

enum net_end net_walk_via(const struct net *net, int from, int to, struct eth_addr eth_dst, int sw,
                          unsigned in_port, uint16_t label)
{
    struct walker w = {.net = net, .to = to, .sw = sw, .in_port = in_port};
    const struct net_host *dst = &net->hosts[to];

    OF_MATCH_SET(&w.packet, ETH_DST, eth_dst, eth_dst);
    OF_MATCH_SET(&w.packet, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    OF_MATCH_SET(&w.packet, IPV4_DST, ipv4_dst, dst->ip);
    OF_MATCH_SET(&w.packet, IP_PROTO, ip_proto, PKT_PROTO_UDP);
    OF_MATCH_SET(&w.packet, UDP_SRC, udp_src, NET_UDP_SRC);
    OF_MATCH_SET(&w.packet, UDP_DST, udp_dst, NET_UDP_DST);
    OF_MATCH_SET(&w.packet, ETH_SRC, eth_src,
                 from < 0 ? (struct eth_addr){{2}} : net->hosts[from].mac);
    OF_MATCH_SET(&w.packet, IPV4_SRC, ipv4_src, from < 0 ? 0 : net->hosts[from].ip);
    OF_MATCH_SET(&w.packet, VLAN_VID, vlan_vid,
                 label ? (uint16_t)(label | OF_VID_PRESENT) : OF_VID_NONE);
    return walk(w);
}
