#include "tests/system/objects_wishes.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

enum { PRIORITY = 2385, CHAIN = 5, BAD = 85 };

static const struct of_action out[] = {
    {0},
    {.type = OF_ACT_OUTPUT, .output = {1, OF_CML_NO_BUFFER}},
    {.type = OF_ACT_OUTPUT, .output = {2, OF_CML_NO_BUFFER}},
    {.type = OF_ACT_OUTPUT, .output = {3, OF_CML_NO_BUFFER}},
};

#define BUCKET(weight_, watch, port)                                                               \
    {                                                                                              \
        .weight = weight_, .watch_port = watch, .watch_group = OF_GROUP_ANY, .actions = {          \
            &out[port],                                                                            \
            1                                                                                      \
        }                                                                                          \
    }
#define TO(port) BUCKET(0, OF_PORT_ANY, port)
#define SHARE(weight, port) BUCKET(weight, OF_PORT_ANY, port)
#define WATCHED(port) BUCKET(0, port, port)

/* --- Groups ----------------------------------------------------------------------------------- */

/* Buckets as first wanted, and changed. */
static const struct group_wish {
    uint32_t value;
    enum of_group_type type;
    struct of_bucket buckets[2][3];
    size_t n[2];
} groups[] = {
    {1, OF_GT_ALL, {{TO(1), TO(2)}, {TO(1), TO(2), TO(3)}}, {2, 3}},
    {2, OF_GT_SELECT, {{SHARE(2, 1), SHARE(1, 2)}, {SHARE(3, 2), SHARE(5, 3)}}, {2, 2}},
    {3, OF_GT_INDIRECT, {{TO(2)}, {TO(1)}}, {1, 1}},
    {4, OF_GT_FF, {{WATCHED(1), WATCHED(2)}, {WATCHED(2), WATCHED(1)}}, {2, 2}},
};

static void want_groups(struct txn *txn, dpid_t dpid, uint8_t module_id, bool changed)
{
    struct of_action to_third = {.type = OF_ACT_GROUP, .group_id = object_id(module_id, 3)};
    struct of_bucket chain[] = {TO(1), TO(2)};
    struct of_group_desc leading = {OF_GT_ALL, object_id(module_id, CHAIN), chain, 2};

    for (size_t i = 0; i < LENGTH(groups); i++) {
        const struct group_wish *g = &groups[i];
        struct of_group_desc desc = {g->type, object_id(module_id, g->value), g->buckets[changed],
                                     g->n[changed]};

        txn_group(txn, 0, dpid, &desc);
    }
    chain[1].actions = (struct of_actions){&to_third, 1};
    txn_group(txn, 1, dpid, &leading);
}

/* --- Meters ----------------------------------------------------------------------------------- */

static void want_meters(struct txn *txn, dpid_t dpid, uint8_t module_id, bool changed)
{
    struct of_meter_band kbps = {.type = OF_MB_DROP, .rate = changed ? 23850 : 2385, .burst = 850};
    struct of_meter_band packets = {.type = OF_MB_DROP, .rate = changed ? 7 : 3};

    txn_meter(txn, 0, dpid,
              &(struct of_meter){object_id(module_id, 1), OF_MF_KBPS | OF_MF_BURST, &kbps, 1});
    txn_meter(txn, 0, dpid, &(struct of_meter){object_id(module_id, 2), OF_MF_PKTPS, &packets, 1});
}

void wishes_want_bad(struct txn *txn, dpid_t dpid, uint8_t module_id)
{
    struct of_meter_band remark = {.type = OF_MB_DSCP_REMARK, .rate = 2385, .prec_level = 1};

    txn_meter(txn, 0, dpid, &(struct of_meter){object_id(module_id, BAD), OF_MF_KBPS, &remark, 1});
}

/* --- Entries ---------------------------------------------------------------------------------- */

/* UDP to 'port' goes through 'meter' (0: none) to 'group' (0: to port 2). */
static const struct entry_wish {
    uint16_t port;
    uint32_t group, meter;
    uint16_t hard_timeout_s;
} entries[] = {
    {1, 1, 0, 0}, {2, 2, 0, 0}, {3, 3, 0, 0}, {4, 4, 0, 0},
    {5, 5, 0, 0}, {6, 0, 2, 0}, {7, 1, 1, 0}, {8, 1, 0, 2385},
};

static void match_udp_to(struct of_match *match, uint16_t port)
{
    of_match_clear(match);
    OF_MATCH_SET(match, ETH_TYPE, eth_type, 0x0800);
    OF_MATCH_SET(match, IP_PROTO, ip_proto, 17);
    OF_MATCH_SET(match, UDP_DST, udp_dst, port);
}

static void want_entry(struct txn *txn, dpid_t dpid, uint8_t module_id, const struct entry_wish *e)
{
    struct of_action to = {.type = OF_ACT_GROUP, .group_id = object_id(module_id, e->group)};
    struct flow_spec spec = {.priority = PRIORITY,
                             .cookie = flow_cookie(module_id, e->port),
                             .hard_timeout_s = e->hard_timeout_s,
                             .importance = FLOW_IMPORTANCE_SERVICE};

    match_udp_to(&spec.match, e->port);
    spec.ins = of_apply(e->group ? &to : &out[2], 1);
    spec.ins.has_meter = e->meter != 0;
    spec.ins.meter_id = e->meter ? object_id(module_id, e->meter) : 0;
    txn_add(txn, e->group == CHAIN ? 1 : 0, dpid, &spec);
}

/* --- Everything ------------------------------------------------------------------------------- */

void wishes_want(struct txn *txn, dpid_t dpid, uint8_t module_id, bool changed)
{
    want_groups(txn, dpid, module_id, changed);
    want_meters(txn, dpid, module_id, changed);
    for (size_t i = 0; i < LENGTH(entries); i++) {
        want_entry(txn, dpid, module_id, &entries[i]);
    }
}

void wishes_remove(struct txn *txn, dpid_t dpid, uint8_t module_id)
{
    for (size_t i = 0; i < LENGTH(entries); i++) {
        struct of_match match;

        match_udp_to(&match, entries[i].port);
        txn_remove(txn, 0, dpid, 0, PRIORITY, &match);
    }
    txn_group_remove(txn, 0, dpid, object_id(module_id, CHAIN));
    for (size_t i = 0; i < LENGTH(groups); i++) {
        txn_group_remove(txn, 1, dpid, object_id(module_id, groups[i].value));
    }
    for (uint32_t meter = 1; meter <= 2; meter++) {
        txn_meter_remove(txn, 1, dpid, object_id(module_id, meter));
    }
}
