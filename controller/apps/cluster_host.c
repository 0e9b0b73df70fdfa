/* Hosts of clustering: reverse entries, labels, moves, and frames that come back. */
#include "controller/apps/cluster.h"

#include "controller/apps/emit.h"
#include "controller/apps/logical_networks.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/packet/pkt_edit.h"

LOG_MODULE(clustering);

void cluster_label_stored(struct clustering *c, dpid_t dpid, uint16_t label, enum err err)
{
    if (err) {
        LOG_LIMITED(ctl_log(c->ctl), &c->limit, LOG_ERROR,
                    "label %u of switch " DPID_FMT " is not stored: %s", label, DPID_ARGS(dpid),
                    err_text(err));
    }
}

uint16_t cluster_label(struct clustering *c, dpid_t dpid)
{
    uint16_t label;
    enum err err = labels_get(&c->labels, dpid, &label);

    if (err == ERR_FULL && cluster_forget_oldest(c)) {
        err = labels_get(&c->labels, dpid, &label);
    }
    if (err == ERR_FULL) {
        c->n.labels_exhausted++;
        LOG_LIMITED(ctl_log(c->ctl), &c->limit, LOG_ERROR,
                    "no label left for switch " DPID_FMT ": it is served flow by flow",
                    DPID_ARGS(dpid));
    } else {
        cluster_label_stored(c, dpid, label, err);
    }
    return label;
}

bool cluster_host_add(struct clustering *c, struct txn *txn, unsigned stage,
                      const struct host *host)
{
    uint16_t label = cluster_label(c, host_dpid(host));
    struct cluster_spec spec;

    if (label == LABEL_NONE) {
        return false;
    }
    cluster_spec_reverse(c, label, host_mac(host), host_port(host), &spec);
    cluster_add(c, txn, stage, host_dpid(host), &spec);
    cluster_spec_own(c, label, &spec);
    cluster_add(c, txn, stage, host_dpid(host), &spec);
    return true;
}

void cluster_host_want(struct clustering *c, const struct host *host)
{
    struct txn *txn = txn_begin(c->ctl);

    if (cluster_host_add(c, txn, 0, host)) {
        txn_commit(txn, NULL, NULL);
    } else {
        txn_abort(txn);
    }
}

static void remove_reverse(struct clustering *c, struct eth_addr host, dpid_t dpid)
{
    uint16_t label = labels_find(&c->labels, dpid);
    struct cluster_spec spec;
    struct txn *txn;

    if (label == LABEL_NONE) {
        return;
    }
    cluster_spec_reverse(c, label, host, OF_PORT_ANY, &spec);
    txn = txn_begin(c->ctl);
    cluster_remove(c, txn, 0, dpid, &spec);
    txn_commit(txn, NULL, NULL);
}

void cluster_host_refresh(struct clustering *c, struct eth_addr host)
{
    size_t n;
    struct datapath *const *dps = datapath_all(c->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        if (cluster_find_ingress(c, datapath_id(dps[i]), host)) {
            cluster_miss_refresh(c, datapath_id(dps[i]), host);
        }
    }
    cluster_pairs_forget(c, host);
}

void cluster_host_moved(struct clustering *c, const struct host *host, dpid_t old_dpid)
{
    cluster_host_want(c, host);
    if (old_dpid != host_dpid(host)) {
        remove_reverse(c, host_mac(host), old_dpid);
    }
    cluster_host_refresh(c, host_mac(host));
}

void cluster_host_gone(struct clustering *c, const struct host *host)
{
    struct cluster_spec spec;
    struct txn *txn = txn_begin(c->ctl);
    size_t n;
    struct datapath *const *dps = datapath_all(c->ctl, &n);

    remove_reverse(c, host_mac(host), host_dpid(host));
    cluster_spec_any_ingress(c, host_mac(host), &spec);
    for (size_t i = 0; i < n; i++) {
        cluster_remove(c, txn, 0, datapath_id(dps[i]), &spec);
    }
    txn_commit(txn, NULL, NULL);
    cluster_pairs_forget(c, host_mac(host));
}

/* --- Frames that come back -------------------------------------------------------------------- */

/* Emits 'packet' without its tag at the port of 'host'. */
static enum err deliver_untagged(struct clustering *c, const struct ctl_packet *packet,
                                 const struct host *host)
{
    struct buf copy = BUF_INIT;
    struct pkt_frame frame;
    enum err err;

    if (packet->len < packet->total_len) {
        return ERR_STATE;
    }
    buf_put(&copy, packet->frame, packet->len);
    err = pkt_frame_init(&frame, &copy);
    if (!err) {
        err = pkt_pop_vlan(&frame);
    }
    if (!err) {
        err = emit(c->ctl, host_dpid(host), host_port(host), copy.data, copy.len);
    }
    buf_fini(&copy);
    return err;
}

/* A label that is not the one of the host's switch comes from an entry that should not be. */
static bool label_is_right(const struct clustering *c, const struct ctl_packet *packet,
                           const struct host *host)
{
    return host && packet->pkt->vlan[0].vid == labels_find(&c->labels, host_dpid(host));
}

void cluster_labelled(struct clustering *c, const struct ctl_packet *packet)
{
    const struct host *host = hosts_find(c->ctl, packet->pkt->eth_dst);

    c->n.labelled++;
    if (!host || !networks_hosts_may_talk(c->networks, packet->pkt->eth_src, host_mac(host)) ||
        deliver_untagged(c, packet, host) != ERR_OK) {
        c->n.labelled_dropped++;
    }
    if (!label_is_right(c, packet, host) && bucket_take(&c->refreshes, ctl_now(c->ctl))) {
        cluster_host_refresh(c, packet->pkt->eth_dst);
    }
}
