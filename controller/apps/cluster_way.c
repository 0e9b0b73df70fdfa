/* What ingress entries do: do the entries behind them lead to their destination, and how all with one
 * label are turned to another port or taken away. */
#include <stdlib.h>

#include "controller/apps/cluster.h"
#include "controller/base/alloc.h"
#include "controller/core/datapath.h"
#include "controller/core/topology.h"

/* --- Does a way stand? ------------------------------------------------------------------------ */

/* Where the transit entry of 'dpid' sends frames with 'label'; OF_PORT_ANY when the switch has none. One
 * without a connection has what it had. */
static port_no_t transit_port(const struct clustering *c, dpid_t dpid, uint16_t label)
{
    const struct datapath *dp = datapath_find(c->ctl, dpid);
    const struct flow_entry *entry = cluster_find_transit(c, dpid, label);

    if (!dp || !entry || flow_entry_state(entry) == FLOW_DELETING ||
        flow_entry_is_deferred(entry) ||
        (flow_entry_state(entry) != FLOW_CONFIRMED && datapath_is_ready(dp))) {
        return OF_PORT_ANY;
    }
    return cluster_entry_way(entry).port;
}

bool cluster_way_stands(const struct clustering *c, dpid_t from, port_no_t port, dpid_t to,
                        uint16_t label)
{
    dpid_t at = from;

    for (unsigned hops = 0; hops < CLUSTER_MAX_HOPS && port != OF_PORT_ANY; hops++) {
        const struct link *link = topology_link_at(c->ctl, at, port);

        if (!link) {
            return false;
        }
        at = link->dst_dpid;
        if (at == to) {
            return true;
        }
        port = transit_port(c, at, label);
    }
    return false;
}

/* --- Ingress entries with one label ----------------------------------------------------------- */

/* Destinations of those of a switch. */
struct ingress_list {
    uint16_t label;
    port_no_t but; /* Without those that output here. */
    struct eth_addr *hosts;
    size_t n, cap;
};

static void collect(void *aux, const struct flow_entry *entry)
{
    struct ingress_list *list = aux;
    uint64_t cookie = flow_entry_cookie(entry);
    struct flow_spec spec;

    if (cluster_cookie_kind(cookie) != CLUSTER_INGRESS ||
        cluster_cookie_label(cookie) != list->label || flow_entry_state(entry) == FLOW_DELETING) {
        return;
    }
    if (list->but != OF_PORT_ANY && cluster_entry_way(entry).port == list->but) {
        return;
    }
    if (list->n == list->cap) {
        list->cap = list->cap ? 2 * list->cap : 64;
        list->hosts = xreallocarray(list->hosts, list->cap, sizeof(*list->hosts));
    }
    flow_entry_spec(entry, &spec);
    list->hosts[list->n++] = spec.match.v.eth_dst;
}

void cluster_ingress_turn(const struct clustering *c, struct txn *txn, unsigned stage, dpid_t dpid,
                          uint16_t label, struct failover_way way)
{
    struct ingress_list list = {.label = label, .but = OF_PORT_ANY};
    struct cluster_spec spec;

    flowdb_each(c->ctl, dpid, c->id, collect, &list);
    for (size_t i = 0; i < list.n; i++) {
        cluster_spec_ingress(c, (struct cluster_lead){label, way}, list.hosts[i], &spec);
        cluster_add(c, txn, stage, dpid, &spec);
    }
    free(list.hosts);
}

struct ingress_check {
    uint16_t label;
    struct failover_way way;
    bool is;
};

static void check_one(void *aux, const struct flow_entry *entry)
{
    struct ingress_check *check = aux;
    uint64_t cookie = flow_entry_cookie(entry);

    if (cluster_cookie_kind(cookie) == CLUSTER_INGRESS &&
        cluster_cookie_label(cookie) == check->label && flow_entry_state(entry) != FLOW_DELETING &&
        !failover_eq(cluster_entry_way(entry), check->way)) {
        check->is = false;
    }
}

bool cluster_ingress_is(const struct clustering *c, dpid_t dpid, uint16_t label,
                        struct failover_way way)
{
    struct ingress_check check = {label, way, true};

    flowdb_each(c->ctl, dpid, c->id, check_one, &check);
    return check.is;
}

void cluster_ingress_withdraw(const struct clustering *c, dpid_t dpid, uint16_t label,
                              port_no_t but)
{
    struct ingress_list list = {.label = label, .but = but};
    struct txn *txn = txn_begin(c->ctl);
    struct cluster_spec spec;

    flowdb_each(c->ctl, dpid, c->id, collect, &list);
    for (size_t i = 0; i < list.n; i++) {
        cluster_spec_any_ingress(c, list.hosts[i], &spec);
        cluster_remove(c, txn, 0, dpid, &spec);
    }
    free(list.hosts);
    if (but == OF_PORT_ANY) {
        cluster_pairs_remove_label(c, txn, 0, dpid, label);
    }
    txn_commit(txn, NULL, NULL);
}
