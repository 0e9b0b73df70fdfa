/* Entries and groups of domains: see interest_domains.h. */
#include <stdlib.h>

#include "controller/apps/domain.h"
#include "controller/core/datapath.h"
#include "controller/packet/pkt_igmp.h"

#define PRIORITY_TRAP (PRIORITY_MULTICAST + 50)
#define PRIORITY_RESERVED (PRIORITY_TRAP - 1) /* Below LLDP, which has such an address. */

/* The stages of a change. What is sent to is ready before it is sent to; inputs come last, and what
 * is not used any more goes then. Inputs of ports that have left go first. */
#define PRIORITY_GROUP (PRIORITY_MULTICAST + 10)

enum { STAGE_ACCEPT, STAGE_SEND, STAGE_INPUT, STAGE_REMOVE };

enum domain_kind domain_cookie_kind(uint64_t cookie)
{
    return (enum domain_kind)(flow_cookie_value(cookie) >> 32);
}

uint16_t domain_cookie_tag(uint64_t cookie)
{
    return (uint16_t)flow_cookie_value(cookie);
}

static uint64_t cookie(const struct domains *d, enum domain_kind kind, uint16_t tag)
{
    return flow_cookie(d->id, (uint64_t)kind << 32 | tag);
}

bool domain_has_groups(const struct domains *d, dpid_t dpid)
{
    const struct datapath *dp = datapath_find(d->ctl, dpid);

    return dp && datapath_version(dp) >= OF_VERSION_1_3;
}

/* --- Matches ---------------------------------------------------------------------------------- */

/* Addresses of groups; with OpenFlow 1.0, which has no masks here, broadcast only. */
static void match_group_address(struct of_match *m, bool masks)
{
    OF_MATCH_SET(m, VLAN_VID, vlan_vid, OF_VID_NONE);
    if (masks) {
        OF_MATCH_SET(m, ETH_DST, eth_dst, ((struct eth_addr){{1}}));
        m->m.eth_dst = (struct eth_addr){{1}};
        m->masked |= OF_BIT(ETH_DST);
    } else {
        OF_MATCH_SET(m, ETH_DST, eth_dst,
                     ((struct eth_addr){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}));
    }
}

static struct of_match match_input(const struct plan *p, port_no_t port, bool masks)
{
    struct of_match m;

    of_match_clear(&m);
    OF_MATCH_SET(&m, IN_PORT, in_port, port);
    if (!p->is_group) {
        match_group_address(&m, masks);
        return m;
    }
    OF_MATCH_SET(&m, VLAN_VID, vlan_vid, OF_VID_NONE);
    if (pkt_is_mapped(&p->group)) {
        OF_MATCH_SET(&m, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
        OF_MATCH_SET(&m, IPV4_DST, ipv4_dst, pkt_unmap_ipv4(&p->group));
    } else {
        OF_MATCH_SET(&m, ETH_TYPE, eth_type, PKT_TYPE_IPV6);
        OF_MATCH_SET(&m, IPV6_DST, ipv6_dst, p->group);
    }
    return m;
}

static uint16_t input_priority(const struct plan *p)
{
    return p->is_group ? PRIORITY_GROUP : PRIORITY_MULTICAST;
}

/* OpenFlow 1.0 does not look into IPv6: such frames go by the controller there. */
static bool has_inputs(const struct plan *p, bool groups)
{
    return groups || !p->is_group || pkt_is_mapped(&p->group);
}

static struct of_match match_tree(port_no_t port, uint16_t tag)
{
    struct of_match m;

    of_match_clear(&m);
    OF_MATCH_SET(&m, IN_PORT, in_port, port);
    OF_MATCH_SET(&m, VLAN_VID, vlan_vid, (uint16_t)(tag | OF_VID_PRESENT));
    return m;
}

/* --- Actions ---------------------------------------------------------------------------------- */

/* Outputs to the places of 'kind' but 'except', from 'n' on. */
static size_t put_outputs(const struct place *places, size_t n_places, enum place_kind kind,
                          port_no_t except, struct of_action *out, size_t n)
{
    for (size_t i = 0; i < n_places; i++) {
        if (places[i].kind == kind && places[i].port != except) {
            out[n++] = of_output(places[i].port);
        }
    }
    return n;
}

static size_t push(uint16_t tag, struct of_action *out, size_t n)
{
    out[n++] = of_push_vlan(PKT_TYPE_VLAN);
    out[n++] = of_set_vlan(tag);
    return n;
}

/* Without groups: a frame with the tag for the tree, one without for the members. */
static size_t list_tree(const struct place *places, size_t n_places, port_no_t in_port,
                        struct of_action *out)
{
    size_t n = put_outputs(places, n_places, PLACE_TREE, in_port, out, 0);

    out[n++] = of_pop_vlan();
    return put_outputs(places, n_places, PLACE_MEMBER, in_port, out, n);
}

static size_t list_input(const struct place *places, size_t n_places, port_no_t in_port,
                         uint16_t tag, struct of_action *out)
{
    size_t n = put_outputs(places, n_places, PLACE_MEMBER, in_port, out, 0);
    bool leaves = put_outputs(places, n_places, PLACE_TREE, in_port, out, n) > n;

    return leaves ? put_outputs(places, n_places, PLACE_TREE, in_port, out, push(tag, out, n)) : n;
}

/* --- Adding ----------------------------------------------------------------------------------- */

static void add_entry(struct txn *txn, unsigned stage, dpid_t dpid, uint16_t priority,
                      uint16_t idle_s, uint64_t mark, const struct of_match *match,
                      const struct of_action *actions, size_t n)
{
    struct flow_spec spec = {
        .priority = priority,
        .idle_timeout_s = idle_s,
        .match = *match,
        .cookie = mark,
        .importance = FLOW_IMPORTANCE_SERVICE,
        .ins = of_apply(actions, n),
    };

    txn_add(txn, stage, dpid, &spec);
}

static void add_group(const struct domains *d, struct txn *txn, unsigned stage, uint16_t tag,
                      const struct place *places, size_t n)
{
    struct of_action *actions = xcalloc(2 * n, sizeof(*actions));
    struct of_bucket *buckets = xcalloc(n, sizeof(*buckets));
    struct of_group_desc group = {OF_GT_ALL, object_id(d->id, tag), buckets, 0};

    for (size_t i = 0; i < n; i++) {
        struct of_action *a = &actions[2 * i];
        size_t n_actions = 0;

        if (places[i].kind == PLACE_SENDER) {
            continue;
        }
        if (places[i].kind == PLACE_MEMBER) {
            a[n_actions++] = of_pop_vlan();
        }
        a[n_actions++] = of_output(places[i].port);
        buckets[group.n_buckets++] = (struct of_bucket){
            .watch_port = OF_PORT_ANY, .watch_group = OF_GROUP_ANY, .actions = {a, n_actions}};
    }
    txn_group(txn, stage, places[0].dpid, &group);
    free(buckets);
    free(actions);
}

static struct of_action to_group(const struct domains *d, uint16_t tag)
{
    return (struct of_action){.type = OF_ACT_GROUP, .group_id = object_id(d->id, tag)};
}

static void add_place(const struct domains *d, struct txn *txn, const struct plan *p,
                      const struct place *at, const struct place *places, size_t n_places,
                      bool is_there)
{
    bool groups = domain_has_groups(d, at->dpid), is_tree = at->kind == PLACE_TREE;
    struct of_action *actions = xcalloc(2 * n_places + 4, sizeof(*actions));
    struct of_match match =
        is_tree ? match_tree(at->port, p->tag) : match_input(p, at->port, groups);
    unsigned stage = !is_tree ? STAGE_INPUT : is_there ? STAGE_SEND : STAGE_ACCEPT;
    uint16_t idle_s = at->kind == PLACE_SENDER ? d->settings.sender_idle_s : 0;
    size_t n = 0;

    if (groups) {
        n = is_tree ? 0 : push(p->tag, actions, 0);
        actions[n++] = to_group(d, p->tag);
    } else if (is_tree) {
        n = list_tree(places, n_places, at->port, actions);
    } else {
        n = list_input(places, n_places, at->port, p->tag, actions);
    }
    if (is_tree || has_inputs(p, groups)) {
        add_entry(txn, stage, at->dpid, is_tree ? PRIORITY_MULTICAST : input_priority(p), idle_s,
                  cookie(d, is_tree ? DOMAIN_TREE : DOMAIN_INPUT, p->tag), &match, actions, n);
    }
    free(actions);
}

/* --- Traps ------------------------------------------------------------------------------------ */

/* What has a group address and is not for the members: questions that apps answer, and addresses
 * that bridges keep to themselves (IEEE 802.1Q §8.6.3). */
static const struct trap {
    uint16_t eth_type;
    uint8_t ip_proto;
    uint16_t number; /* UDP port or ICMPv6 type; 0: all. */
    bool only_1_3;
} traps[] = {
    {PKT_TYPE_LLDP, 0, 0, true},
    {PKT_TYPE_BDDP, 0, 0, false},
    {PKT_TYPE_ARP, 0, 0, false},
    {PKT_TYPE_IPV4, PKT_PROTO_UDP, 67, false},
    {PKT_TYPE_IPV4, PKT_PROTO_UDP, 68, false},
    {PKT_TYPE_IPV4, PKT_PROTO_IGMP, 0, false},
    {PKT_TYPE_IPV6, PKT_PROTO_UDP, 547, true},
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, 130, true}, /* MLD: query, report, done... */
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, 131, true},
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, 132, true},
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, 143, true}, /* ...and report of version 2. */
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, PKT_ICMP6_RS, true},
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, PKT_ICMP6_RA, true},
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, PKT_ICMP6_NS, true},
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, PKT_ICMP6_NA, true},
};

#define N_TRAPS (sizeof(traps) / sizeof(traps)[0])

static struct of_match match_trap(const struct trap *t, bool masks)
{
    struct of_match m;

    of_match_clear(&m);
    if (masks || t->ip_proto != PKT_PROTO_IGMP) { /* IGMP is never broadcast. */
        match_group_address(&m, masks);
    }
    OF_MATCH_SET(&m, ETH_TYPE, eth_type, t->eth_type);
    if (t->ip_proto) {
        OF_MATCH_SET(&m, IP_PROTO, ip_proto, t->ip_proto);
    }
    if (t->number && t->ip_proto == PKT_PROTO_UDP) {
        OF_MATCH_SET(&m, UDP_DST, udp_dst, t->number);
    } else if (t->number) {
        OF_MATCH_SET(&m, ICMPV6_TYPE, icmpv6_type, (uint8_t)t->number);
    }
    return m;
}

static struct of_match match_reserved(void)
{
    struct of_match m;

    of_match_clear(&m);
    OF_MATCH_SET(&m, VLAN_VID, vlan_vid, OF_VID_NONE);
    OF_MATCH_SET(&m, ETH_DST, eth_dst, ((struct eth_addr){{0x01, 0x80, 0xc2}}));
    m.m.eth_dst = (struct eth_addr){{0xff, 0xff, 0xff, 0xff, 0xff, 0xf0}};
    m.masked |= OF_BIT(ETH_DST);
    return m;
}

static void add_traps(const struct domains *d, struct txn *txn, dpid_t dpid)
{
    bool masks = domain_has_groups(d, dpid);
    struct of_action up = of_output(OF_PORT_CONTROLLER);
    uint64_t mark = cookie(d, DOMAIN_TRAP, 0);

    for (size_t i = 0; i < N_TRAPS; i++) {
        struct of_match match = match_trap(&traps[i], masks);

        if (masks || !traps[i].only_1_3) {
            add_entry(txn, STAGE_ACCEPT, dpid, PRIORITY_TRAP, 0, mark, &match, &up, 1);
        }
    }
    if (masks) {
        struct of_match match = match_reserved();

        add_entry(txn, STAGE_ACCEPT, dpid, PRIORITY_RESERVED, 0, mark, &match, NULL, 0);
    }
}

static void remove_traps(const struct domains *d, struct txn *txn, dpid_t dpid)
{
    bool masks = domain_has_groups(d, dpid);

    for (size_t i = 0; i < N_TRAPS; i++) {
        struct of_match match = match_trap(&traps[i], masks);

        txn_remove(txn, STAGE_REMOVE, dpid, 0, PRIORITY_TRAP, &match);
    }
    if (masks) {
        struct of_match match = match_reserved();

        txn_remove(txn, STAGE_REMOVE, dpid, 0, PRIORITY_RESERVED, &match);
    }
}

/* --- A switch --------------------------------------------------------------------------------- */

void domain_add_switch(const struct domains *d, struct txn *txn, const struct plan *p, size_t begin,
                       size_t end, const struct plan *before)
{
    const struct place *places = &p->places[begin];
    dpid_t dpid = places->dpid;
    bool same = before->tag == p->tag, is_there = same && plan_has_switch(before, dpid);

    if (domain_has_groups(d, dpid)) {
        add_group(d, txn, is_there ? STAGE_SEND : STAGE_ACCEPT, p->tag, places, end - begin);
    }
    for (size_t i = begin; i < end; i++) {
        add_place(d, txn, p, &p->places[i], places, end - begin,
                  same && plan_has(before, &p->places[i]));
    }
    if (p->places[end - 1].kind != PLACE_TREE) {
        add_traps(d, txn, dpid);
    }
}

/* --- Removing --------------------------------------------------------------------------------- */

/* The input of 'place' unless it has been given to another domain. */
static void remove_input(const struct domains *d, struct txn *txn, const struct place *place,
                         const struct plan *old)
{
    struct of_match match = match_input(old, place->port, domain_has_groups(d, place->dpid));
    const struct flow_entry *entry =
        flowdb_find(d->ctl, place->dpid, 0, input_priority(old), &match);

    if (entry && domain_cookie_tag(flow_entry_cookie(entry)) == old->tag) {
        txn_remove(txn, STAGE_ACCEPT, place->dpid, 0, input_priority(old), &match);
    }
}

static bool has_members(const struct domains *d, dpid_t dpid)
{
    struct list *it, *tmp;

    for (size_t i = 0; i < d->n_claims; i++) {
        if (d->claims[i].dpid == dpid) {
            return true;
        }
    }
    LIST_FOR_EACH (it, tmp, &d->groups) {
        const struct domain *group = LIST_ENTRY(it, struct domain, list);

        for (size_t i = 0; i < group->n_own; i++) {
            if (group->own[i].dpid == dpid) {
                return true;
            }
        }
    }
    return false;
}

/* A port that goes on sending keeps its input. */
static bool has_input(const struct plan *p, const struct place *place)
{
    struct place member = {place->dpid, PLACE_MEMBER, place->port};
    struct place sender = {place->dpid, PLACE_SENDER, place->port};

    return plan_has(p, &member) || plan_has(p, &sender);
}

static void remove_place(const struct domains *d, struct txn *txn, const struct place *place,
                         const struct plan *old, const struct plan *now)
{
    uint16_t tag = old->tag;
    struct of_match match;

    if (place->kind != PLACE_TREE) {
        if (!has_input(now, place)) {
            remove_input(d, txn, place, old);
        }
    } else if (tag != now->tag || !plan_has(now, place)) {
        match = match_tree(place->port, tag);
        txn_remove(txn, STAGE_REMOVE, place->dpid, 0, PRIORITY_MULTICAST, &match);
    }
}

void domain_remove_rest(const struct domains *d, struct txn *txn, const struct plan *old,
                        const struct plan *now)
{
    for (size_t begin = 0, end; begin < old->n_places; begin = end) {
        dpid_t dpid = old->places[begin].dpid;

        end = plan_switch_end(old, begin);
        for (size_t i = begin; i < end; i++) {
            remove_place(d, txn, &old->places[i], old, now);
        }
        if (domain_has_groups(d, dpid) && (old->tag != now->tag || !plan_has_switch(now, dpid))) {
            txn_group_remove(txn, STAGE_REMOVE, dpid, object_id(d->id, old->tag));
        }
        if (!has_members(d, dpid)) {
            remove_traps(d, txn, dpid);
        }
    }
}

/* --- Traps that nobody needs any more --------------------------------------------------------- */

static bool is_busy(const struct list *list)
{
    struct list *it, *tmp;

    LIST_FOR_EACH (it, tmp, list) {
        if (LIST_ENTRY(it, struct domain, list)->busy) {
            return true;
        }
    }
    return false;
}

static bool has_traps(const struct domains *d, dpid_t dpid)
{
    struct of_match match = match_trap(&traps[1], domain_has_groups(d, dpid));
    const struct flow_entry *entry = flowdb_find(d->ctl, dpid, 0, PRIORITY_TRAP, &match);

    return entry && flow_entry_state(entry) != FLOW_DELETING && !flow_entry_is_adopted(entry);
}

/* A plan that changes takes them away with the last member of a switch. A member that is nowhere when its
 * plan changes, and is no member any more afterwards, changes no plan. */
void domain_sweep_traps(const struct domains *d)
{
    size_t n;
    struct datapath *const *dps = datapath_all(d->ctl, &n);
    struct txn *txn;

    if (is_busy(&d->list) || is_busy(&d->groups)) {
        return;
    }
    txn = txn_begin(d->ctl);
    for (size_t i = 0; i < n; i++) {
        dpid_t dpid = datapath_id(dps[i]);

        if (has_traps(d, dpid) && !has_members(d, dpid)) {
            remove_traps(d, txn, dpid);
        }
    }
    txn_commit(txn, NULL, NULL);
}
