/* The kinds of entries of clustering, and their cookies. */
#include <string.h>

#include "controller/apps/cluster.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/table_pressure.h"

/* The value in the cookie: kind and label, enough to know an entry without looking at its match. */
static uint64_t cookie(const struct clustering *c, enum cluster_kind kind, uint16_t label)
{
    return flow_cookie(c->id, (uint64_t)kind << 32 | label);
}

enum cluster_kind cluster_cookie_kind(uint64_t value)
{
    return (enum cluster_kind)(flow_cookie_value(value) >> 32);
}

uint16_t cluster_cookie_label(uint64_t value)
{
    return (uint16_t)flow_cookie_value(value);
}

static struct failover_way way_of(const struct of_actions *apply)
{
    return apply->n > 0 ? failover_way_of(&apply->list[apply->n - 1]) : failover_plain(OF_PORT_ANY);
}

struct failover_way cluster_spec_way(const struct flow_spec *spec)
{
    return way_of(&spec->ins.apply);
}

struct failover_way cluster_entry_way(const struct flow_entry *entry)
{
    return way_of(&flow_entry_instructions(entry)->apply);
}

static void begin(const struct clustering *c, enum cluster_kind kind, uint16_t label,
                  uint16_t priority, enum flow_importance importance, struct cluster_spec *out)
{
    out->flow.table_id = 0;
    out->flow.priority = priority;
    out->flow.cookie = cookie(c, kind, label);
    out->flow.idle_timeout_s = out->flow.hard_timeout_s = 0;
    out->flow.importance = (uint16_t)importance;
    of_match_clear(&out->flow.match);
}

static void match_label(struct cluster_spec *out, uint16_t label)
{
    OF_MATCH_SET(&out->flow.match, VLAN_VID, vlan_vid, (uint16_t)(label | OF_VID_PRESENT));
}

void cluster_spec_reverse(const struct clustering *c, uint16_t label, struct eth_addr host,
                          port_no_t port, struct cluster_spec *out)
{
    begin(c, CLUSTER_REVERSE, label, CLUSTERING_PRIORITY_REVERSE, FLOW_IMPORTANCE_PLACE, out);
    match_label(out, label);
    OF_MATCH_SET(&out->flow.match, ETH_DST, eth_dst, host);
    out->actions[0] = of_pop_vlan();
    out->actions[1] = of_output(port);
    out->flow.ins = of_apply(out->actions, 2);
}

void cluster_spec_own(const struct clustering *c, uint16_t label, struct cluster_spec *out)
{
    begin(c, CLUSTER_OWN, label, CLUSTERING_PRIORITY_LABEL, FLOW_IMPORTANCE_SWITCH, out);
    match_label(out, label);
    out->actions[0] = of_output(OF_PORT_CONTROLLER);
    out->flow.ins = of_apply(out->actions, 1);
}

void cluster_spec_transit(const struct clustering *c, uint16_t label, struct failover_way way,
                          struct cluster_spec *out)
{
    begin(c, CLUSTER_TRANSIT, label, CLUSTERING_PRIORITY_LABEL, FLOW_IMPORTANCE_SWITCH, out);
    match_label(out, label);
    out->actions[0] = failover_output(c->id, way);
    out->flow.ins = of_apply(out->actions, 1);
}

static size_t push_label(const struct clustering *c, uint16_t label,
                         struct of_action out[CLUSTER_MAX_ACTIONS])
{
    if (label == LABEL_NONE) {
        return 0;
    }
    out[0] = of_push_vlan(c->settings.carrier == CLUSTER_VLAN_AD ? PKT_TYPE_SVLAN : PKT_TYPE_VLAN);
    out[1] = of_set_vlan(label);
    return 2;
}

size_t cluster_lead_actions(const struct clustering *c, struct cluster_lead lead,
                            struct of_action out[CLUSTER_MAX_ACTIONS])
{
    size_t n = push_label(c, lead.label, out);

    out[n++] = of_output(lead.way.port);
    return n;
}

static void match_ingress(struct of_match *match, struct eth_addr host)
{
    of_match_clear(match);
    OF_MATCH_SET(match, VLAN_VID, vlan_vid, OF_VID_NONE);
    OF_MATCH_SET(match, ETH_DST, eth_dst, host);
}

void cluster_spec_ingress(const struct clustering *c, struct cluster_lead lead,
                          struct eth_addr host, struct cluster_spec *out)
{
    size_t n = push_label(c, lead.label, out->actions);

    out->actions[n++] = failover_output(c->id, lead.way);
    begin(c, CLUSTER_INGRESS, lead.label, CLUSTERING_PRIORITY_INGRESS, FLOW_IMPORTANCE_HOST, out);
    out->flow.idle_timeout_s = c->settings.hold_s;
    match_ingress(&out->flow.match, host);
    out->flow.ins = of_apply(out->actions, n);
}

void cluster_spec_any_ingress(const struct clustering *c, struct eth_addr host,
                              struct cluster_spec *out)
{
    cluster_spec_ingress(c, (struct cluster_lead){LABEL_NONE, failover_plain(OF_PORT_ANY)}, host,
                         out);
}

void cluster_spec_pair(const struct clustering *c, struct cluster_lead lead,
                       const struct cluster_sender *sender, struct eth_addr host,
                       struct cluster_spec *out)
{
    cluster_spec_ingress(c, lead, host, out);
    out->flow.cookie = cookie(c, CLUSTER_PAIR, lead.label);
    if (sender->vlan_vid != OF_VID_NONE) {
        out->flow.priority = CLUSTERING_PRIORITY_TAGGED;
    }
    OF_MATCH_SET(&out->flow.match, IN_PORT, in_port, sender->in_port);
    OF_MATCH_SET(&out->flow.match, VLAN_VID, vlan_vid, sender->vlan_vid);
    OF_MATCH_SET(&out->flow.match, ETH_SRC, eth_src, sender->src);
}

void cluster_spec_guard(const struct clustering *c, port_no_t in_port, struct cluster_spec *out)
{
    begin(c, CLUSTER_GUARD, LABEL_NONE, CLUSTERING_PRIORITY_GUARD, FLOW_IMPORTANCE_PLACE, out);
    OF_MATCH_SET(&out->flow.match, IN_PORT, in_port, in_port);
    OF_MATCH_SET(&out->flow.match, VLAN_VID, vlan_vid, OF_VID_PRESENT);
    out->flow.match.m.vlan_vid = OF_VID_PRESENT;
    out->flow.match.masked |= OF_BIT(VLAN_VID);
    out->actions[0] = of_output(OF_PORT_CONTROLLER);
    out->flow.ins = of_apply(out->actions, 1);
}

void cluster_fit_actions(const struct clustering *c, dpid_t dpid, struct of_action *actions,
                         size_t n)
{
    const struct datapath *dp;

    if (c->settings.carrier == CLUSTER_VLAN) {
        return;
    }
    dp = datapath_find(c->ctl, dpid);
    if (!dp || datapath_version(dp) != OF_VERSION_1_0) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (actions[i].type == OF_ACT_PUSH_VLAN) {
            actions[i] = of_push_vlan(PKT_TYPE_VLAN);
        }
    }
}

static bool is_ingress(const struct cluster_spec *spec)
{
    return cluster_cookie_kind(spec->flow.cookie) == CLUSTER_INGRESS;
}

/* The actions that 'dpid' can do, in 'room' when they are others. */
static struct of_actions fitting(const struct clustering *c, dpid_t dpid,
                                 const struct of_actions *apply, struct of_action *room)
{
    if (c->settings.carrier == CLUSTER_VLAN || apply->n == 0 || apply->n > CLUSTER_MAX_ACTIONS) {
        return *apply;
    }
    memcpy(room, apply->list, apply->n * sizeof *room);
    cluster_fit_actions(c, dpid, room, apply->n);
    return (struct of_actions){.list = room, .n = apply->n};
}

void cluster_add(const struct clustering *c, struct txn *txn, unsigned stage, dpid_t dpid,
                 struct cluster_spec *spec)
{
    const struct datapath *dp = datapath_find(c->ctl, dpid);
    struct flow_spec *flow = &spec->flow;
    struct of_actions said = flow->ins.apply;
    uint16_t idle_timeout_s = flow->idle_timeout_s;
    struct of_action room[CLUSTER_MAX_ACTIONS];

    flow->ins.apply = fitting(c, dpid, &said, room);
    if (is_ingress(spec)) {
        flow->idle_timeout_s =
            holding_s(c->holding, dpid, flow->match.v.eth_dst, c->settings.hold_s);
    }
    if (dp) {
        flow->idle_timeout_s = datapath_holding_s(dp, flow->table_id, flow->idle_timeout_s);
    }
    txn_add(txn, stage, dpid, flow);
    flow->ins.apply = said;
    flow->idle_timeout_s = idle_timeout_s;
}

void cluster_deed_look(const struct clustering *c, const struct ctl_look *look)
{
    struct cluster_lead lead = {LABEL_NONE, failover_plain(host_port(look->host))};
    dpid_t to = host_dpid(look->host);

    if (to == look->dpid || cluster_tree_lead(c, look->dpid, to, &lead)) {
        flowdb_look_deed(c->ctl, cookie(c, CLUSTER_INGRESS, lead.label),
                         lead.way.alt == OF_PORT_ANY ? lead.way.port : 0, look->step > 3);
    }
}

void cluster_entry_look(const struct datapath *dp, struct eth_addr host)
{
    struct of_match match;

    match_ingress(&match, host);
    flowdb_look_place(dp, 0, CLUSTERING_PRIORITY_INGRESS, &match);
}

void cluster_remove(const struct clustering *c, struct txn *txn, unsigned stage, dpid_t dpid,
                    const struct cluster_spec *spec)
{
    if (is_ingress(spec)) {
        holding_left(c->holding, dpid, spec->flow.match.v.eth_dst, false);
    }
    txn_remove(txn, stage, dpid, spec->flow.table_id, spec->flow.priority, &spec->flow.match);
}

const struct flow_entry *cluster_find_ingress(const struct clustering *c, dpid_t dpid,
                                              struct eth_addr host)
{
    struct cluster_spec spec;

    cluster_spec_any_ingress(c, host, &spec);
    return flowdb_find(c->ctl, dpid, spec.flow.table_id, spec.flow.priority, &spec.flow.match);
}

const struct flow_entry *cluster_find_transit(const struct clustering *c, dpid_t dpid,
                                              uint16_t label)
{
    struct cluster_spec spec;

    cluster_spec_transit(c, label, failover_plain(OF_PORT_ANY), &spec);
    return flowdb_find(c->ctl, dpid, spec.flow.table_id, spec.flow.priority, &spec.flow.match);
}
