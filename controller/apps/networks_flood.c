/* Frames for many: which edge ports a sender may reach. */
#include <string.h>

#include "controller/apps/flood.h"
#include "controller/apps/networks.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"

struct sender {
    const struct networks *l;
    struct net_class class;
    bool members_only;
    struct net_class dst; /* Of a host that is not known, by the rules that name it. */
};

static bool reaches(const struct sender *s, const struct net_class *c)
{
    if (!s->members_only) {
        return classes_may_talk(s->l, &s->class, c);
    }
    for (size_t i = 0; i < s->class.n; i++) {
        for (size_t k = 0; k < c->n; k++) {
            if (s->class.ids[i] == c->ids[k]) {
                return true;
            }
        }
    }
    return false;
}

/* Whoever is at a port that nobody was heard at is in the networks of the port. */
static bool reaches_port(void *aux, dpid_t dpid, port_no_t port)
{
    const struct sender *s = aux;
    const struct net_port_hosts *p = port_hosts_find(s->l, dpid, port);
    struct net_class c = {.n = 0};
    struct list *it, *next;

    if (!p) {
        class_add_port(s->l, dpid, port, &c);
        class_finish(&c);
        return reaches(s, &c);
    }
    LIST_FOR_EACH (it, next, &p->members) {
        class_of_host(s->l, LIST_ENTRY(it, struct member, at_port)->mac, &c);
        if (s->members_only ? reaches(s, &c) : !reaches(s, &c)) {
            return s->members_only;
        }
    }
    return !s->members_only;
}

/* What rules say of the addresses that a frame for one host has. */
static void note_destination(struct sender *s, const struct pkt *pkt)
{
    struct ipv6_addr v4 = ipv4_mapped(pkt_has(pkt, PKT_IPV4) ? pkt->ipv4.dst : 0);

    s->dst.n = 0;
    class_add_mac(s->l, pkt->eth_dst, &s->dst);
    if (pkt_has(pkt, PKT_IPV4)) {
        class_add_ip(s->l, &v4, &s->dst);
    } else if (pkt_has(pkt, PKT_IPV6)) {
        class_add_ip(s->l, &pkt->ipv6.dst, &s->dst);
    }
}

size_t networks_flood(struct ctl *ctl, const struct ctl_packet *packet, bool members_only)
{
    const struct networks *l = ctl_module_state(ctl, "logical_networks");
    dpid_t dpid = datapath_id(packet->dp);
    struct sender s = {.l = l, .members_only = members_only};

    if (!l || (l->rules.n == 0 && !networks_any_block(l))) {
        return flood_edges(ctl, dpid, packet->in_port, packet->frame, packet->len);
    }
    class_of_source(l, dpid, packet->in_port, packet->pkt, &s.class);
    if (!members_only && !eth_addr_is_multicast(packet->pkt->eth_dst)) {
        note_destination(&s, packet->pkt);
        if (s.dst.n > 0 && !classes_may_talk(l, &s.class, &s.dst)) {
            return 0;
        }
    }
    return flood_edges_to(ctl, dpid, packet->in_port, packet->frame, packet->len, reaches_port, &s);
}

bool networks_may_reach(const void *state, const struct ctl_packet *packet, dpid_t dpid,
                        port_no_t port)
{
    struct sender s = {.l = state};

    if (!s.l || !networks_any_block(s.l)) {
        return true;
    }
    class_of_source(s.l, datapath_id(packet->dp), packet->in_port, packet->pkt, &s.class);
    return reaches_port(&s, dpid, port);
}

/* --- Ports that share a tree ------------------------------------------------------------------ */

#define MAX_CLASSES 64

struct mix {
    const struct networks *l;
    struct net_class seen[MAX_CLASSES]; /* Each once; all may talk to each other. */
    size_t n;
};

static bool mix_add(struct mix *mix, const struct net_class *c)
{
    for (size_t i = 0; i < mix->n; i++) {
        const struct net_class *o = &mix->seen[i];

        if (o->n == c->n && memcmp(o->ids, c->ids, c->n * sizeof c->ids[0]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < mix->n; i++) {
        if (!classes_may_talk(mix->l, &mix->seen[i], c)) {
            return false;
        }
    }
    if (mix->n == MAX_CLASSES) {
        return false;
    }
    mix->seen[mix->n++] = *c;
    return true;
}

/* Whoever was not heard counts as his port. */
static bool mix_add_port(struct mix *mix, const struct networks_port *at)
{
    const struct net_port_hosts *p = port_hosts_find(mix->l, at->dpid, at->port);
    struct net_class c = {.n = 0};
    struct list *it, *next;

    if (!p) {
        class_add_port(mix->l, at->dpid, at->port, &c);
        class_finish(&c);
        return mix_add(mix, &c);
    }
    LIST_FOR_EACH (it, next, &p->members) {
        struct eth_addr mac = LIST_ENTRY(it, struct member, at_port)->mac;

        class_of_host(mix->l, mac, &c);
        if (member_is_half_known(mix->l, mac) || !mix_add(mix, &c)) {
            return false;
        }
    }
    return true;
}

bool networks_may_mix(const void *state, const struct networks_port *ports, size_t n)
{
    struct mix mix = {.l = state};

    if (!mix.l || !networks_any_block(mix.l)) {
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        if (!mix_add_port(&mix, &ports[i])) {
            return false;
        }
    }
    return true;
}
