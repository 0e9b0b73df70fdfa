/* Which entries may be: the rule that keeps networks apart (logical_networks.h), kept in three ways.
 *
 *      an entry is asked for       networks_admits() is asked, in every stage of a transaction
 *      blocks or members change    a look at all entries removes what may not be any more
 *      a switch returns            the same, after its entries have been read
 *
 * The look is due in the same entry into the core, before anything else is heard. */
#include <stdlib.h>

#include "controller/apps/networks.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/txn.h"

/* --- Classes ---------------------------------------------------------------------------------- */

static bool classes_share(const struct net_class *a, const struct net_class *b)
{
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (a->ids[i] == b->ids[k]) {
            return true;
        }
        if (a->ids[i] < b->ids[k]) {
            i++;
        } else {
            k++;
        }
    }
    return false;
}

bool classes_may_talk(const struct networks *l, const struct net_class *a,
                      const struct net_class *b)
{
    if (!networks_any_block(l) || classes_share(a, b)) {
        return true;
    }
    for (size_t i = 0; i < a->n; i++) {
        for (size_t k = 0; k < b->n; k++) {
            if (networks_are_blocked(l, a->ids[i], b->ids[k])) {
                return false;
            }
        }
    }
    return true;
}

bool class_is_guarded(const struct networks *l, const struct net_class *c)
{
    if (l->n_isolated > 0) {
        return true;
    }
    for (size_t i = 0; i < c->n; i++) {
        if (l->by_id[c->ids[i]]->n_blocked > 0) {
            return true;
        }
    }
    return false;
}

void networks_watch(struct networks *l)
{
    ctl_watch_packets(l->ctl, l->id, networks_any_block(l) ? UINT32_MAX : 0);
}

bool networks_may_talk(const void *state, dpid_t dpid, port_no_t port, struct eth_addr src,
                       struct eth_addr dst)
{
    const struct networks *l = state;
    struct net_class a, b;

    if (!l || !networks_any_block(l)) {
        return true;
    }
    class_of_sender(l, dpid, port, src, &a);
    class_of_host(l, dst, &b);
    return classes_may_talk(l, &a, &b);
}

bool networks_hosts_may_talk(const void *state, struct eth_addr src, struct eth_addr dst)
{
    const struct networks *l = state;
    struct net_class a, b;

    if (!l || !networks_any_block(l)) {
        return true;
    }
    class_of_host(l, src, &a);
    class_of_host(l, dst, &b);
    return classes_may_talk(l, &a, &b);
}

bool networks_is_guarded(const void *state, struct eth_addr dst)
{
    const struct networks *l = state;
    struct net_class c;

    if (!l || !networks_any_block(l)) {
        return false;
    }
    if (!member_is_known(l, dst) || member_is_half_known(l, dst)) {
        return true; /* Nobody knows yet which networks it is in. */
    }
    class_of_host(l, dst, &c);
    return class_is_guarded(l, &c);
}

/* --- Entries ---------------------------------------------------------------------------------- */

/* The host to which an entry with this match leads; false when it names none. One with a label has
 * got it from an entry that was looked at. */
static bool destination(const struct networks *l, const struct of_match *m, struct eth_addr *out)
{
    const struct host *host;

    if ((m->present & OF_BIT(VLAN_VID)) != 0 && (m->v.vlan_vid & OF_VID_PRESENT)) {
        return false;
    }
    if ((m->present & OF_BIT(IPV4_DST)) != 0 &&
        (host = hosts_find_ipv4(l->ctl, m->v.ipv4_dst)) != NULL) {
        *out = host_mac(host);
        return true;
    }
    *out = m->v.eth_dst;
    return (m->present & OF_BIT(ETH_DST)) != 0 && !eth_addr_is_multicast(m->v.eth_dst);
}

/* True for an entry that only drops, or asks the controller. */
static bool leads_nowhere(const struct flow_spec *spec)
{
    const struct of_actions *apply = &spec->ins.apply;

    for (size_t i = 0; i < apply->n; i++) {
        if (apply->list[i].type == OF_ACT_GROUP ||
            (apply->list[i].type == OF_ACT_OUTPUT &&
             apply->list[i].output.port != OF_PORT_CONTROLLER)) {
            return false;
        }
    }
    return true;
}

/* The entry serves a host of which all is known, at the port where it is; not what came by a link. */
static bool is_from_one_sender(const struct networks *l, dpid_t dpid, const struct of_match *m)
{
    const uint64_t bits = OF_BIT(IN_PORT) | OF_BIT(ETH_SRC);

    return (m->present & bits) == bits && member_is_at(l, m->v.eth_src, dpid, m->v.in_port) &&
           !member_is_half_known(l, m->v.eth_src);
}

static bool may_be(const struct networks *l, dpid_t dpid, const struct flow_spec *spec)
{
    struct eth_addr dst;

    if (spec->priority > PRIORITY_ELEPHANT || leads_nowhere(spec) ||
        !destination(l, &spec->match, &dst) || !networks_is_guarded(l, dst)) {
        return true;
    }
    return !member_is_half_known(l, dst) && is_from_one_sender(l, dpid, &spec->match) &&
           networks_may_talk(l, dpid, spec->match.v.in_port, spec->match.v.eth_src, dst);
}

bool networks_admits(const void *state, const struct flow_entry *entry)
{
    const struct networks *l = state;
    struct flow_spec spec;

    if (!networks_any_block(l)) {
        return true;
    }
    flow_entry_spec(entry, &spec);
    return may_be(l, flow_entry_dpid(entry), &spec);
}

/* --- Entries that drop ------------------------------------------------------------------------ */

static uint64_t hash_drop(dpid_t dpid, port_no_t port, struct eth_addr src, struct eth_addr dst)
{
    uint64_t h = hash_combine(hash_u64(dpid), port);

    return hash_combine(hash_combine(h, eth_addr_u64(src)), eth_addr_u64(dst));
}

static struct drop *drop_find(const struct networks *l, dpid_t dpid, port_no_t port,
                              struct eth_addr src, struct eth_addr dst)
{
    struct hmap_node *node = hmap_first_with(&l->drops, hash_drop(dpid, port, src, dst));

    for (; node; node = hmap_next_with(node)) {
        struct drop *d = HMAP_ENTRY(node, struct drop, node);

        if (d->dpid == dpid && d->port == port && eth_addr_eq(d->src, src) &&
            eth_addr_eq(d->dst, dst)) {
            return d;
        }
    }
    return NULL;
}

static void drop_free(struct networks *l, struct drop *d)
{
    hmap_remove(&l->drops, &d->node);
    free(d);
}

static void drop_match(port_no_t port, struct eth_addr src, struct eth_addr dst,
                       struct of_match *out)
{
    of_match_clear(out);
    OF_MATCH_SET(out, IN_PORT, in_port, port);
    OF_MATCH_SET(out, ETH_SRC, eth_src, src);
    OF_MATCH_SET(out, ETH_DST, eth_dst, dst);
    OF_MATCH_SET(out, VLAN_VID, vlan_vid, OF_VID_NONE); /* The port may turn out to be a link. */
}

static void write_drop(struct networks *l, const struct drop *d)
{
    struct flow_spec spec = {
        .priority = PRIORITY_NETWORK_BLOCK,
        .cookie = flow_cookie(l->id, 0),
        .idle_timeout_s = l->settings.drop_idle_s,
        .importance = FLOW_IMPORTANCE_FLOW,
    };
    struct txn *txn = txn_begin(l->ctl);

    drop_match(d->port, d->src, d->dst, &spec.match);
    txn_add(txn, 0, d->dpid, &spec);
    txn_commit(txn, NULL, NULL);
    l->n.drops++;
}

void networks_drop(struct networks *l, dpid_t dpid, port_no_t port, struct eth_addr src,
                   struct eth_addr dst)
{
    struct drop *d = drop_find(l, dpid, port, src, dst);

    if (d || l->drops.n >= l->settings.max_drops) {
        return; /* On its way; or there are enough, and this one stops at the controller. */
    }
    l->has_drops = true;
    d = xcalloc(1, sizeof *d);
    *d = (struct drop){.dpid = dpid, .port = port, .src = src, .dst = dst};
    hmap_insert(&l->drops, &d->node, hash_drop(dpid, port, src, dst));
    write_drop(l, d);
}

void networks_drop_gone(struct networks *l, dpid_t dpid, const struct flow_spec *spec)
{
    struct drop *d =
        drop_find(l, dpid, spec->match.v.in_port, spec->match.v.eth_src, spec->match.v.eth_dst);

    /* It may have been asked for again meanwhile. */
    if (d && !flowdb_find(l->ctl, dpid, spec->table_id, spec->priority, &spec->match)) {
        drop_free(l, d);
    }
}

/* --- The look at all entries ------------------------------------------------------------------ */

struct look {
    struct networks *l;
    struct txn *txn;
};

/* Entries of our own that drop what may go again need not wait until they expire. */
static bool is_wrong_drop(const struct networks *l, dpid_t dpid, const struct flow_spec *spec)
{
    const struct of_match *m = &spec->match;

    return spec->priority == PRIORITY_NETWORK_BLOCK &&
           networks_may_talk(l, dpid, m->v.in_port, m->v.eth_src, m->v.eth_dst);
}

static void look_at_entry(void *aux, const struct flow_entry *entry)
{
    struct look *look = aux;
    struct networks *l = look->l;
    bool is_own = flow_cookie_module(flow_entry_cookie(entry)) == l->id;
    dpid_t dpid = flow_entry_dpid(entry);
    struct flow_spec spec;

    flow_entry_spec(entry, &spec);
    if (is_own ? is_wrong_drop(l, dpid, &spec) : !may_be(l, dpid, &spec)) {
        /* What is being deleted already is waited for. */
        l->n.removed += !is_own && flow_entry_state(entry) != FLOW_DELETING;
        txn_remove(look->txn, 0, dpid, spec.table_id, spec.priority, &spec.match);
    }
}

static void look_at_entries(struct look *look)
{
    size_t n;
    struct datapath *const *dps = datapath_all(look->l->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        flowdb_each(look->l->ctl, datapath_id(dps[i]), 0, look_at_entry, look);
    }
}

static void look_at_drops(struct networks *l)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &l->drops) {
        struct drop *d = HMAP_ENTRY(it, struct drop, node);

        if (networks_may_talk(l, d->dpid, d->port, d->src, d->dst)) {
            drop_free(l, d);
        }
    }
}

void networks_change_done(void *aux, enum err result)
{
    struct networks *l = aux;

    (void)result; /* A switch without a connection is looked at when it returns. */
    l->n_changing--;
}

static void look(void *aux, struct timer *timer)
{
    struct networks *l = aux;
    struct look look = {l, txn_begin(l->ctl)};

    (void)timer;
    l->dirty = false;
    l->n.passes++;
    if (networks_any_block(l) || l->has_drops) {
        look_at_entries(&look);
        look_at_drops(l);
    }
    l->n_changing++;
    txn_commit(look.txn, networks_change_done, l);
}

void networks_look_soon(struct networks *l)
{
    l->dirty = true;
    timer_set(ctl_timers(l->ctl), &l->pass, ctl_now(l->ctl));
    networks_tell(l);
}

void networks_tell(struct networks *l)
{
    if (l->on_change) {
        l->on_change(l->on_change_aux);
    }
}

void networks_on_change(void *state, networks_change_fn *fn, void *aux)
{
    struct networks *l = state;

    if (l) {
        l->on_change = fn;
        l->on_change_aux = aux;
    }
}

bool networks_is_settled(const void *state)
{
    const struct networks *l = state;

    return !l->dirty && l->n_changing == 0;
}

void networks_guard_init(struct networks *l)
{
    hmap_init(&l->drops);
    timer_init(&l->pass, look, l);
}

void networks_guard_fini(struct networks *l)
{
    struct hmap_node *it, *tmp;

    timer_cancel(ctl_timers(l->ctl), &l->pass); /* A change may just have asked for a look. */
    HMAP_FOR_EACH (it, tmp, &l->drops) {
        drop_free(l, HMAP_ENTRY(it, struct drop, node));
    }
    hmap_fini(&l->drops);
}
