/* Ingress entries for one sender, towards hosts that not everybody may talk to (logical_networks.h).
 *
 * They do what an ingress entry does, for frames of one source address from one port. They are not
 * turned to new ways but taken away: the next frame comes to the controller, which carries it and sets
 * up the entry anew. */

#include "controller/apps/cluster.h"
#include "controller/core/datapath.h"

struct pairs {
    const struct clustering *c;
    struct txn *txn;
    unsigned stage;
    bool by_label;
    uint16_t label;
    struct eth_addr host;
};

static void remove_if_it(void *aux, const struct flow_entry *entry)
{
    const struct pairs *pairs = aux;
    uint64_t cookie = flow_entry_cookie(entry);
    struct flow_spec spec;

    if (cluster_cookie_kind(cookie) != CLUSTER_PAIR || flow_entry_state(entry) == FLOW_DELETING) {
        return;
    }
    flow_entry_spec(entry, &spec);
    if (pairs->by_label ? cluster_cookie_label(cookie) == pairs->label
                        : eth_addr_eq(spec.match.v.eth_dst, pairs->host)) {
        txn_remove(pairs->txn, pairs->stage, flow_entry_dpid(entry), spec.table_id, spec.priority,
                   &spec.match);
    }
}

void cluster_pairs_remove_label(const struct clustering *c, struct txn *txn, unsigned stage,
                                dpid_t dpid, uint16_t label)
{
    struct pairs pairs = {.c = c, .txn = txn, .stage = stage, .by_label = true, .label = label};

    if (c->has_pairs) {
        flowdb_each(c->ctl, dpid, c->id, remove_if_it, &pairs);
    }
}

void cluster_pairs_forget(const struct clustering *c, struct eth_addr host)
{
    struct pairs pairs = {.c = c, .host = host};
    size_t n;
    struct datapath *const *dps = datapath_all(c->ctl, &n);

    if (!c->has_pairs) {
        return;
    }
    pairs.txn = txn_begin(c->ctl);
    for (size_t i = 0; i < n; i++) {
        flowdb_each(c->ctl, datapath_id(dps[i]), c->id, remove_if_it, &pairs);
    }
    txn_commit(pairs.txn, NULL, NULL);
}
