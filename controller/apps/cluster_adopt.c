/* Entries of an earlier controller: what they say is taken over, and they are asked for again.
 *
 * A reverse entry tells where a host lives, an own entry the label of its switch, an ingress entry
 * that its switch sends to the switch with the label, a transit entry that somebody does. What
 * contradicts what is known already is removed; what cannot be understood is left to the core,
 * which deletes what nobody asks for. */
#include "controller/apps/cluster.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"

enum adoption {
    ADOPT_KEEP,
    ADOPT_REMOVE,
    ADOPT_UNKNOWN, /* The label belongs to a switch that has not been seen yet. */
};

/* --- Users of a label ------------------------------------------------------------------------- */

/* A label leaves a switch on links only. */
static void expect_link(struct clustering *c, dpid_t dpid, const struct flow_spec *spec)
{
    struct datapath *dp = datapath_find(c->ctl, dpid);
    enum cluster_kind kind = cluster_cookie_kind(spec->cookie);

    if (dp && (kind == CLUSTER_TRANSIT ||
               (kind == CLUSTER_INGRESS && cluster_cookie_label(spec->cookie) != LABEL_NONE))) {
        datapath_expect_link(dp, cluster_spec_way(spec).port);
        datapath_expect_link(dp, cluster_spec_way(spec).alt);
    }
}

/* What the label entry at 'dpid' with 'cookie' says about the tree towards 'to'. */
static void note_user(struct clustering *c, dpid_t dpid, uint64_t cookie, dpid_t to)
{
    if (cluster_cookie_kind(cookie) == CLUSTER_TRANSIT) {
        cluster_tree_adopt_hop(c, dpid, to);
    } else if (cluster_cookie_kind(cookie) == CLUSTER_INGRESS && dpid != to) {
        cluster_tree_adopt_source(c, dpid, to);
    }
}

struct search {
    struct clustering *c;
    dpid_t to;
    uint16_t label;
};

static void note_if_user(void *aux, const struct flow_entry *flow)
{
    const struct search *search = aux;
    uint64_t cookie = flow_entry_cookie(flow);

    if (cluster_cookie_label(cookie) == search->label) {
        note_user(search->c, flow_entry_dpid(flow), cookie, search->to);
    }
}

/* 'dpid' is seen to have 'label'. When that is news, entries that were adopted before and use the
 * label can be understood now. False when the label cannot be its. */
static bool adopt_label(struct clustering *c, dpid_t dpid, uint16_t label)
{
    struct search search = {.c = c, .to = dpid, .label = label};
    bool is_news = labels_find(&c->labels, dpid) == LABEL_NONE;
    size_t n;
    struct datapath *const *dps = datapath_all(c->ctl, &n);
    enum err stored;

    if (!labels_adopt(&c->labels, dpid, label, &stored)) {
        return false;
    }
    cluster_label_stored(c, dpid, label, stored);
    for (size_t i = 0; is_news && i < n; i++) {
        flowdb_each(c->ctl, datapath_id(dps[i]), c->id, note_if_user, &search);
    }
    return true;
}

/* --- One entry -------------------------------------------------------------------------------- */

static enum adoption adopt_reverse(struct clustering *c, dpid_t dpid, uint16_t label,
                                   const struct flow_spec *spec)
{
    struct eth_addr mac = spec->match.v.eth_dst;
    port_no_t port = cluster_spec_way(spec).port;
    const struct host *host;

    if (!adopt_label(c, dpid, label)) {
        return ADOPT_REMOVE;
    }
    hosts_restore(c->ctl, mac, dpid, port);
    host = hosts_find(c->ctl, mac);
    if (host && host_dpid(host) == dpid) {
        return host_port(host) == port ? ADOPT_KEEP : ADOPT_UNKNOWN;
    }
    cluster_host_refresh(c, mac); /* It has moved meanwhile. */
    return ADOPT_REMOVE;
}

static enum adoption adopt_label_user(struct clustering *c, dpid_t dpid, uint64_t cookie)
{
    dpid_t to;

    if (!labels_owner(&c->labels, cluster_cookie_label(cookie), &to)) {
        return ADOPT_UNKNOWN;
    }
    note_user(c, dpid, cookie, to);
    return ADOPT_KEEP;
}

static enum adoption adopt_entry(struct clustering *c, dpid_t dpid, const struct flow_spec *spec)
{
    uint16_t label = cluster_cookie_label(spec->cookie);

    switch (cluster_cookie_kind(spec->cookie)) {
    case CLUSTER_REVERSE:
        return adopt_reverse(c, dpid, label, spec);
    case CLUSTER_OWN:
        return adopt_label(c, dpid, label) ? ADOPT_KEEP : ADOPT_REMOVE;
    case CLUSTER_TRANSIT:
        return adopt_label_user(c, dpid, spec->cookie);
    case CLUSTER_INGRESS:
        holding_found(c->holding, dpid, spec->match.v.eth_dst);
        return label == LABEL_NONE ? ADOPT_KEEP : adopt_label_user(c, dpid, spec->cookie);
    case CLUSTER_GUARD:
        return c->settings.carrier == CLUSTER_VLAN_AD ? ADOPT_KEEP : ADOPT_REMOVE;
    case CLUSTER_PAIR:
        return ADOPT_REMOVE; /* Who may talk to whom is asked anew. */
    }
    return ADOPT_UNKNOWN; /* Of a version of this program that knows more kinds. */
}

/* An ingress entry that was kept may be for a host that has moved meanwhile. */
static void check_ingress(struct clustering *c, dpid_t dpid, const struct flow_spec *spec)
{
    struct eth_addr host = spec->match.v.eth_dst;

    if (cluster_cookie_kind(spec->cookie) == CLUSTER_INGRESS && hosts_find(c->ctl, host)) {
        cluster_miss_refresh(c, dpid, host);
    }
}

void cluster_adopt(struct clustering *c, dpid_t dpid, const struct flow_entry *flow)
{
    struct flow_spec spec;
    struct txn *txn = txn_begin(c->ctl);

    timer_set(ctl_timers(c->ctl), &c->clean, mono_add(ctl_now(c->ctl), c->settings.adopt_hold_ns));
    flow_entry_spec(flow, &spec);
    expect_link(c, dpid, &spec);
    switch (adopt_entry(c, dpid, &spec)) {
    case ADOPT_KEEP:
        c->n.adopted++;
        failover_add(c->failover, txn, 0, dpid, cluster_spec_way(&spec));
        txn_add(txn, 0, dpid, &spec);
        break;
    case ADOPT_REMOVE:
        txn_remove(txn, 0, dpid, spec.table_id, spec.priority, &spec.match);
        break;
    case ADOPT_UNKNOWN:
        break;
    }
    txn_commit(txn, NULL, NULL);
    check_ingress(c, dpid, &spec);
}

/* --- Local entries ---------------------------------------------------------------------------- */

/* Hosts of one switch to which it sends without a label and has no reverse entry. */
struct local_search {
    const struct clustering *c;
    dpid_t dpid;
    uint16_t label;
    struct eth_addr *hosts;
    size_t n, cap;
};

static bool has_reverse(const struct local_search *search, struct eth_addr host)
{
    struct cluster_spec spec;

    cluster_spec_reverse(search->c, search->label, host, OF_PORT_ANY, &spec);
    return flowdb_find(search->c->ctl, search->dpid, spec.flow.table_id, spec.flow.priority,
                       &spec.flow.match) != NULL;
}

static void find_local(void *aux, const struct flow_entry *flow)
{
    struct local_search *search = aux;
    uint64_t cookie = flow_entry_cookie(flow);
    struct flow_spec spec;

    if (cluster_cookie_kind(cookie) != CLUSTER_INGRESS ||
        cluster_cookie_label(cookie) != LABEL_NONE) {
        return;
    }
    flow_entry_spec(flow, &spec);
    if (has_reverse(search, spec.match.v.eth_dst)) {
        return;
    }
    if (search->n == search->cap) {
        search->cap = search->cap ? 2 * search->cap : 8;
        search->hosts = xreallocarray(search->hosts, search->cap, sizeof(*search->hosts));
    }
    search->hosts[search->n++] = spec.match.v.eth_dst;
}

void cluster_adopt_check(struct clustering *c, dpid_t dpid)
{
    struct local_search search = {.c = c, .dpid = dpid, .label = labels_find(&c->labels, dpid)};
    struct cluster_spec spec;
    struct txn *txn;

    if (!cluster_is_adopting(c)) {
        return;
    }
    flowdb_each(c->ctl, dpid, c->id, find_local, &search);
    txn = txn_begin(c->ctl);
    for (size_t i = 0; i < search.n; i++) {
        cluster_spec_any_ingress(c, search.hosts[i], &spec);
        cluster_remove(c, txn, 0, dpid, &spec);
    }
    txn_commit(txn, NULL, NULL);
    free(search.hosts);
}

/* --- The time in which nothing is taken away -------------------------------------------------- */

bool cluster_is_adopting(const struct clustering *c)
{
    return timer_is_set(&c->clean);
}

static void hold_over(void *aux, struct timer *timer)
{
    (void)timer;
    cluster_trees_clean(aux);
}

void cluster_adopt_init(struct clustering *c)
{
    timer_init(&c->clean, hold_over, c);
}

void cluster_adopt_fini(struct clustering *c)
{
    timer_cancel(ctl_timers(c->ctl), &c->clean);
}
