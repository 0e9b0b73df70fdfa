/* See whole.h: what follows from what the operator has entered, worked out anew. */
#include "tests/apps/whole.h"


/* --- Logical networks ------------------------------------------------------------------------- */

static bool fits(const struct whole *run, const struct network_rule *r, int host)
{
    const struct net_host *h = &run->net->hosts[host];

    switch (r->type) {
    case NETWORK_RULE_PORT:
        return r->dpid == run->net->switches[h->sw]->dpid && r->port == h->port;
    case NETWORK_RULE_MAC:
        return eth_addr_eq(r->mac, h->mac);
    case NETWORK_RULE_IP: /* Of single addresses. */
        return r->ip.b[14] == (uint8_t)(h->ip >> 8) && r->ip.b[15] == (uint8_t)h->ip;
    }
    return false;
}

static unsigned networks_bits(const struct whole *run, int host)
{
    unsigned bits = 0;

    for (size_t i = 0; i < run->n_rules; i++) {
        bits |= fits(run, &run->rules[i].r, host) ? 1U << run->rules[i].id : 0;
    }
    return bits ? bits : 1U << NETWORK_DEFAULT;
}

bool whole_share_network(const struct whole *run, int from, int to)
{
    return (networks_bits(run, from) & networks_bits(run, to)) != 0;
}

bool whole_may_talk(const struct whole *run, int from, int to)
{
    unsigned a = networks_bits(run, from), b = networks_bits(run, to);

    for (unsigned i = 1; i <= WHOLE_NETWORKS && !(a & b); i++) {
        for (unsigned k = 1; k <= WHOLE_NETWORKS; k++) {
            if ((a >> i & 1) && (b >> k & 1) &&
                (run->blocked[i][k] || run->isolated[i] || run->isolated[k])) {
                return false;
            }
        }
    }
    return true;
}

/* --- Domains of interest ---------------------------------------------------------------------- */

int whole_domain_of(const struct whole *run, int host)
{
    const struct net_host *h = &run->net->hosts[host];

    for (int d = 0; d < WHOLE_DOMAINS; d++) {
        for (size_t i = 0; run->domains[d].is_there && i < run->domains[d].n_members; i++) {
            const struct domain_member *m = &run->domains[d].members[i];

            if (m->is_host ? eth_addr_eq(m->mac, h->mac)
                           : m->dpid == run->net->switches[h->sw]->dpid && m->port == h->port) {
                return d;
            }
        }
    }
    return -1;
}

/* --- Who is held ------------------------------------------------------------------------------ */

struct held {
    struct eth_addr mac;
    bool is_held;
};

static void note_held(void *aux, const struct dos_guard_info *info)
{
    struct held *held = aux;

    held->is_held = held->is_held || (info->is_held && eth_addr_eq(info->mac, held->mac));
}

static bool is_held(const struct whole *run, int host)
{
    struct held held = {.mac = run->net->hosts[host].mac};

    dos_guard_each(whole_app(run, "dos_guard"), note_held, &held);
    return held.is_held;
}

/* --- Ways ------------------------------------------------------------------------------------- */

static void reach(const struct net *net, int sw, bool *seen)
{
    seen[sw] = true;
    for (unsigned p = 1; p <= NET_MAX_PORTS; p++) {
        const struct net_port *port = &net->switches[sw]->ports[p];

        if (port->exists && port->up && !port->mute && port->peer_switch >= 0 &&
            !seen[port->peer_switch]) {
            reach(net, port->peer_switch, seen);
        }
    }
}

static bool is_plugged(const struct net *net, int host)
{
    const struct net_host *h = &net->hosts[host];

    return !h->away && net->switches[h->sw]->ports[h->port].up;
}

bool whole_is_reachable(const struct net *net, int from, int to)
{
    bool seen[NET_MAX_SWITCHES] = {false};

    if (!is_plugged(net, from) || !is_plugged(net, to)) {
        return false;
    }
    reach(net, net->hosts[from].sw, seen);
    return seen[net->hosts[to].sw];
}

/* --- Copies ----------------------------------------------------------------------------------- */

static void note_installed(void *aux, const struct static_flow_info *info)
{
    *(bool *)aux = info->state == STATIC_FLOW_INSTALLED;
}

/* The operator drops what goes from one host to the other: surely where it enters, perhaps elsewhere. */
static struct whole_copies by_static_flows(const struct whole *run, int from, int to,
                                           struct whole_copies copies)
{
    for (int i = 0; i < WHOLE_STATIC; i++) {
        const struct whole_static *s = &run->statics[i];
        char name[2] = {(char)('a' + i), '\0'};
        bool is_installed = false;

        if (s->is_there && s->from == from && s->to == to) {
            static_flows_find(whole_app(run, "static_flows"), run->net->switches[s->sw]->dpid, name,
                              note_installed, &is_installed);
            copies.least = 0;
            copies.most = s->sw == run->net->hosts[from].sw && is_installed ? 0 : copies.most;
        }
    }
    return copies;
}

/* What the controller carries gets to parts of the network that no link leads to. */
static struct whole_copies by_ways(const struct whole *run, int from, int to, bool is_for_it)
{
    const struct net *net = run->net;

    if (!is_for_it || is_held(run, from) || !is_plugged(net, from) || !is_plugged(net, to)) {
        return (struct whole_copies){0, 0};
    }
    return (struct whole_copies){whole_is_reachable(net, from, to), 1};
}

struct whole_copies whole_expects(const struct whole *run, int from, int to)
{
    return by_static_flows(run, from, to,
                           by_ways(run, from, to, whole_may_talk(run, from, to)));
}

struct whole_copies whole_expects_broadcast(const struct whole *run, int from, int to)
{
    int domain = whole_domain_of(run, from);

    return by_ways(run, from, to,
                   domain >= 0
                       ? domain == whole_domain_of(run, to) && whole_may_talk(run, from, to)
                       : whole_share_network(run, from, to));
}

struct whole_copies whole_expects_group(const struct whole *run, int from, int to, int group)
{
    if (whole_domain_of(run, from) >= 0 || !whole_has(run, WHOLE_MULTICAST)) {
        return whole_expects_broadcast(run, from, to);
    }
    return by_ways(run, from, to,
                   run->listens[group][to] && whole_domain_of(run, to) < 0 &&
                       whole_may_talk(run, from, to));
}
