/* See net.h: following the tables without sending anything. */
#include "tests/apps/net.h"

#include "controller/apps/modules.h"
#include "controller/core/flowdb.h"
#include "controller/packet/pkt.h"

struct net_entry *net_lookup(struct net_switch *sw, const struct of_match *packet)
{
    struct net_entry *best = NULL;

    for (size_t i = 0; i < sw->n_entries; i++) {
        struct net_entry *e = &sw->entries[i];

        if ((!best || e->priority > best->priority) && of_match_packet(&e->match, packet)) {
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
    struct of_match packet;
};

/* Does the actions of 'e': changes the tag, and says where the frame goes out. */
static port_no_t act(struct walker *w, const struct net_entry *e)
{
    port_no_t port = OF_PORT_ANY;

    for (size_t i = 0; i < e->n_actions; i++) {
        const struct of_action *a = &e->actions[i];

        if (a->type == OF_ACT_OUTPUT) {
            port = a->output.port;
        } else if (a->type == OF_ACT_SET_FIELD && a->set_field.field == OF_FIELD_ETH_DST) {
            w->packet.v.eth_dst = a->set_field.value.eth;
        } else if (a->type == OF_ACT_SET_FIELD && a->set_field.field == OF_FIELD_VLAN_VID) {
            w->packet.v.vlan_vid = a->set_field.value.u16;
        } else if (a->type == OF_ACT_SET_VLAN_VID) {
            w->packet.v.vlan_vid = (uint16_t)(a->vlan_vid | OF_VID_PRESENT);
        } else if (a->type == OF_ACT_POP_VLAN) {
            w->packet.v.vlan_vid = OF_VID_NONE;
        }
    }
    return port;
}

static bool is_at_host(const struct walker *w, const struct net_port *p)
{
    return p->host == w->to && w->packet.v.vlan_vid == OF_VID_NONE &&
           eth_addr_eq(w->packet.v.eth_dst, w->net->hosts[w->to].mac);
}

/* One switch further. True when the walk is over, at '*end'. */
static bool step(struct walker *w, enum net_end *end)
{
    struct net_switch *sw = w->net->switches[w->sw];
    const struct net_entry *e;
    const struct net_port *p;
    port_no_t port;

    OF_MATCH_SET(&w->packet, IN_PORT, in_port, w->in_port);
    e = net_lookup(sw, &w->packet);
    port = e ? act(w, e) : OF_PORT_CONTROLLER;
    if (port == OF_PORT_CONTROLLER) {
        *end = NET_AT_CONTROLLER;
        return true;
    }
    p = port <= NET_MAX_PORTS && port != w->in_port ? &sw->ports[port] : NULL;
    if (!p || !p->exists || !p->up || p->mute) {
        *end = NET_LOST;
        return true;
    }
    if (p->peer_switch < 0) {
        *end = p->host < 0 ? NET_LOST : is_at_host(w, p) ? NET_AT_HOST : NET_AT_OTHER;
        return true;
    }
    w->sw = p->peer_switch;
    w->in_port = p->peer_port;
    return false;
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
    enum net_end end = NET_IN_CIRCLES;

    OF_MATCH_SET(&w.packet, ETH_DST, eth_dst, eth_dst);
    OF_MATCH_SET(&w.packet, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    OF_MATCH_SET(&w.packet, IPV4_DST, ipv4_dst, dst->ip);
    OF_MATCH_SET(&w.packet, ETH_SRC, eth_src,
                 from < 0 ? (struct eth_addr){{2}} : net->hosts[from].mac);
    OF_MATCH_SET(&w.packet, IPV4_SRC, ipv4_src, from < 0 ? 0 : net->hosts[from].ip);
    OF_MATCH_SET(&w.packet, VLAN_VID, vlan_vid,
                 label ? (uint16_t)(label | OF_VID_PRESENT) : OF_VID_NONE);
    for (size_t hops = 0; hops <= net->n_switches; hops++) {
        if (step(&w, &end)) {
            return end;
        }
    }
    return NET_IN_CIRCLES;
}
