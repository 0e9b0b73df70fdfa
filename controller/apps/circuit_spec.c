/* The five kinds of entries of circuit trees, and their cookies. */
#include "controller/apps/circuit.h"

#include "controller/core/datapath.h"
#include "controller/packet/pkt.h"

#define ALIAS_MASK UINT64_C(0xffffffff0000)

struct eth_addr circuit_alias(const struct circuit *c, uint16_t id)
{
    return eth_addr_from_u64((uint64_t)c->settings.alias_prefix << 32 | (uint64_t)id << 16);
}

static void begin(const struct circuit *c, enum circuit_kind kind, uint16_t id, uint16_t priority,
                  enum flow_importance importance, struct circuit_spec *out)
{
    out->flow = (struct flow_spec){
        .priority = priority,
        .cookie = flow_cookie(c->id, (uint64_t)kind << 32 | id),
        .importance = (uint16_t)importance,
    };
    OF_MATCH_SET(&out->flow.match, VLAN_VID, vlan_vid, OF_VID_NONE);
}

/* OpenFlow 1.0 cannot match a part of an address (1.0 §5.2.3). */
static void match_alias(const struct circuit *c, dpid_t dpid, uint16_t id, struct of_match *match)
{
    const struct datapath *dp = datapath_find(c->ctl, dpid);

    OF_MATCH_SET(match, ETH_DST, eth_dst, circuit_alias(c, id));
    if (!dp || datapath_version(dp) != OF_VERSION_1_0) {
        match->m.eth_dst = eth_addr_from_u64(ALIAS_MASK);
        match->masked |= OF_BIT(ETH_DST);
    }
}

void circuit_spec_hop(const struct circuit_branch *b, dpid_t dpid, struct failover_way way,
                      struct circuit_spec *out)
{
    bool is_last = dpid == b->dest;
    enum circuit_kind kind = b->is_up ? (is_last ? CIRCUIT_ROOT : CIRCUIT_UP)
                                      : (is_last ? CIRCUIT_OWN : CIRCUIT_DOWN);

    begin(b->c, kind, b->id, PRIORITY_CIRCUIT_TREE, FLOW_IMPORTANCE_SWITCH, out);
    if (b->is_up) {
        OF_MATCH_SET(&out->flow.match, ETH_DST, eth_dst, b->mac);
    } else {
        match_alias(b->c, dpid, b->id, &out->flow.match);
    }
    out->actions[0] = failover_output(b->c->id, way);
    out->flow.ins = of_apply(out->actions, 1);
}

void circuit_spec_reverse(const struct circuit *c, dpid_t dpid, uint16_t id, uint32_t ip,
                          struct eth_addr mac, port_no_t port, struct circuit_spec *out)
{
    begin(c, CIRCUIT_REVERSE, id, PRIORITY_CIRCUIT_REVERSE, FLOW_IMPORTANCE_PLACE, out);
    match_alias(c, dpid, id, &out->flow.match);
    OF_MATCH_SET(&out->flow.match, ETH_TYPE, eth_type, PKT_TYPE_IPV4);
    OF_MATCH_SET(&out->flow.match, IPV4_DST, ipv4_dst, ip);
    out->actions[0] = (struct of_action){.type = OF_ACT_SET_FIELD};
    out->actions[0].set_field.field = OF_FIELD_ETH_DST;
    out->actions[0].set_field.value.eth = mac;
    out->actions[1] = of_output(port);
    out->flow.ins = of_apply(out->actions, 2);
}

void circuit_remove(struct txn *txn, unsigned stage, dpid_t dpid, const struct circuit_spec *spec)
{
    txn_remove(txn, stage, dpid, spec->flow.table_id, spec->flow.priority, &spec->flow.match);
}

const struct flow_entry *circuit_find(const struct circuit *c, dpid_t dpid,
                                      const struct circuit_spec *spec)
{
    return flowdb_find(c->ctl, dpid, spec->flow.table_id, spec->flow.priority, &spec->flow.match);
}

bool circuit_is_confirmed(const struct circuit *c, dpid_t dpid, const struct circuit_spec *spec)
{
    const struct flow_entry *entry = circuit_find(c, dpid, spec);

    return entry && flow_entry_state(entry) == FLOW_CONFIRMED;
}

enum circuit_kind circuit_cookie_kind(uint64_t cookie)
{
    return (enum circuit_kind)(flow_cookie_value(cookie) >> 32);
}

uint16_t circuit_cookie_id(uint64_t cookie)
{
    return (uint16_t)flow_cookie_value(cookie);
}

struct failover_way circuit_spec_way(const struct flow_spec *spec)
{
    const struct of_actions *apply = &spec->ins.apply;

    return apply->n > 0 ? failover_way_of(&apply->list[apply->n - 1]) : failover_plain(OF_PORT_ANY);
}

port_no_t circuit_spec_port(const struct flow_spec *spec)
{
    return circuit_spec_way(spec).port;
}

struct eth_addr circuit_spec_mac(const struct flow_spec *spec)
{
    for (size_t i = 0; i < spec->ins.apply.n; i++) {
        const struct of_action *a = &spec->ins.apply.list[i];

        if (a->type == OF_ACT_SET_FIELD && a->set_field.field == OF_FIELD_ETH_DST) {
            return a->set_field.value.eth;
        }
    }
    return (struct eth_addr){{0}};
}
