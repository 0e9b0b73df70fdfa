/* Hosts that tag, beside labels that are S-tags (carrier "vlan_ad").
 *
 * A match sees the id of the outer tag and not its kind (OpenFlow 1.3.5 §7.2.3.7: one field for both), so a
 * host's tag with the id of a label would be taken for one. Two kinds of entries at access switches keep
 * them apart:
 *
 *      kind      match                                        actions                  priority  life
 *      guard     in_port=edge port, any tag                   to the controller             410  permanent
 *      tagged    in_port, vlan, eth_src, eth_dst=host         push, set label, output       420  idle hold_s
 *
 * What a guard has sent is known by its cookie; the frame then waits for an entry like one for a guarded host
 * (cluster_pair.c), and arrives with the host's own tag. */
#include "controller/apps/cluster.h"
#include "controller/core/datapath.h"

static bool has_guards(const struct clustering *c, const struct datapath *dp)
{
    return c->settings.carrier == CLUSTER_VLAN_AD && dp && datapath_version(dp) >= OF_VERSION_1_3;
}

bool cluster_is_tagged(const struct clustering *c, const struct ctl_packet *packet)
{
    uint64_t cookie = packet->cookie;

    return c->settings.carrier == CLUSTER_VLAN_AD && packet->pkt->n_vlans > 0 &&
           flow_cookie_is_ours(cookie) && flow_cookie_module(cookie) == c->id &&
           cluster_cookie_kind(cookie) == CLUSTER_GUARD;
}

void cluster_guard_ports(struct clustering *c, dpid_t dpid)
{
    const struct datapath *dp = datapath_find(c->ctl, dpid);
    const struct dp_port *ports;
    struct cluster_spec spec;
    struct txn *txn;
    size_t n;

    if (!has_guards(c, dp)) {
        return;
    }
    txn = txn_begin(c->ctl);
    ports = datapath_ports(dp, &n);
    for (size_t i = 0; i < n; i++) {
        cluster_spec_guard(c, ports[i].desc.port_no, &spec);
        if (ports[i].kind == PORT_EDGE) {
            cluster_add(c, txn, 0, dpid, &spec);
        } else if (ports[i].kind == PORT_LINK) { /* Of others it is not known yet. */
            cluster_remove(c, txn, 0, dpid, &spec);
        }
    }
    txn_commit(txn, NULL, NULL);
}
