/* Labels of switches that are gone for good: given back, with all entries that use them. */
#include "controller/apps/cluster.h"

#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"

LOG_MODULE(clustering);

struct cleaning {
    dpid_t dpid; /* Whose entries are looked at. */
    uint16_t label;
    struct txn *txn;
};

/* Every entry that we have at the switch itself, and those for its label elsewhere. Transactions copy
 * what they are given and do nothing before they are committed. */
static void clean_one(void *aux, const struct flow_entry *entry)
{
    const struct cleaning *cl = aux;
    struct flow_spec spec;

    if (cl->label == LABEL_NONE || cluster_cookie_label(flow_entry_cookie(entry)) == cl->label) {
        flow_entry_spec(entry, &spec);
        txn_remove(cl->txn, 0, cl->dpid, spec.table_id, spec.priority, &spec.match);
    }
}

static void clean(struct clustering *c, dpid_t gone, uint16_t label)
{
    size_t n;
    struct datapath *const *dps = datapath_all(c->ctl, &n);
    struct cleaning cl = {.txn = txn_begin(c->ctl)};

    for (size_t i = 0; i < n; i++) {
        cl.dpid = datapath_id(dps[i]);
        cl.label = cl.dpid == gone ? LABEL_NONE : label;
        flowdb_each(c->ctl, cl.dpid, c->id, clean_one, &cl);
    }
    txn_commit(cl.txn, NULL, NULL);
}

static bool is_gone(const struct clustering *c, dpid_t dpid)
{
    const struct datapath *dp = datapath_find(c->ctl, dpid);

    return !dp || !datapath_is_ready(dp);
}

enum err clustering_forget(void *state, dpid_t dpid)
{
    struct clustering *c = state;
    uint16_t label = labels_find(&c->labels, dpid);
    enum err stored;

    if (label == LABEL_NONE) {
        return ERR_NOTFOUND;
    }
    if (!is_gone(c, dpid) || !cluster_tree_drop(c, dpid)) {
        return ERR_STATE;
    }
    cluster_ready_forget_all(&c->ready);
    clean(c, dpid, label);
    stored = labels_release(&c->labels, dpid);
    c->n.labels_released++;
    LOG_INFO(ctl_log(c->ctl), "label %u of switch " DPID_FMT " is free again", label,
             DPID_ARGS(dpid));
    cluster_label_stored(c, dpid, label, stored);
    return ERR_OK;
}

bool cluster_forget_oldest(struct clustering *c)
{
    mono_t now = ctl_now(c->ctl), oldest = now;
    uint16_t found = LABEL_NONE;

    for (uint32_t label = c->labels.min; label <= c->labels.max; label++) {
        const struct label *l = c->labels.by_label[label];

        if (l && mono_before(l->seen_at, oldest) && is_gone(c, l->dpid)) {
            oldest = l->seen_at;
            found = (uint16_t)label;
        }
    }
    return found != LABEL_NONE && mono_diff_ns(now, oldest) >= c->settings.label_hold_ns &&
           clustering_forget(c, c->labels.by_label[found]->dpid) == ERR_OK;
}
