/* Random matches, actions, instructions and table features. */
#include <string.h>

#include "controller/openflow/of_field.h"
#include "controller/openflow/of_wire.h"
#include "tests/openflow/of_gen_parts.h"

/* --- Matches ---------------------------------------------------------------------------------- */

static uint64_t pick(struct of_gen *g, const uint16_t *values, size_t n, unsigned bits)
{
    uint64_t i = of_gen_below(g, n + 1);

    return i < n ? values[i] : of_gen_bits(g, bits);
}

/* Values that open the way to other fields come often. */
static struct of_num gen_value(struct of_gen *g, enum of_field field)
{
    static const uint16_t eth_types[] = {0x0800, 0x0800, 0x86dd, 0x86dd, 0x0806, 0x8847, 0x88e7};
    static const uint16_t ip_protos[] = {6, 17, 132, 1, 58, 58};
    static const uint16_t icmpv6_types[] = {135, 136};
    unsigned bits = of_field_info(field)->bits;

    if (field == OF_FIELD_IN_PORT || field == OF_FIELD_IN_PHY_PORT) {
        return (struct of_num){0, gen_in_port(g)};
    }
    if (field == OF_FIELD_ETH_TYPE) {
        return (struct of_num){0, pick(g, eth_types, 7, 16)};
    }
    if (field == OF_FIELD_IP_PROTO) {
        return (struct of_num){0, pick(g, ip_protos, 6, 8)};
    }
    if (field == OF_FIELD_ICMPV6_TYPE) {
        return (struct of_num){0, pick(g, icmpv6_types, 2, 8)};
    }
    if (field == OF_FIELD_PACKET_TYPE) {
        return (struct of_num){0, gen_coin(g) ? 0 : of_gen_bits(g, 32)}; /* 0: a frame. */
    }
    if (field == OF_FIELD_VLAN_VID) {
        return (struct of_num){0, gen_coin(g) ? OF_VID_PRESENT | of_gen_bits(g, 12) : OF_VID_NONE};
    }
    return (struct of_num){bits > 64 ? of_gen_bits(g, 64) : 0,
                           of_gen_bits(g, bits > 64 ? 64 : bits)};
}

static void set_field(struct of_gen *g, struct of_match *m, enum of_field field)
{
    const struct of_field_info *info = of_field_info(field);
    struct of_num mask = {of_gen_bits(g, 64), of_gen_bits(g, 64)};

    m->present |= UINT64_C(1) << field;
    of_num_store((uint8_t *)&m->v + info->offset, info->size, gen_value(g, field));
    if (info->maskable && of_gen_below(g, 3) == 0) {
        m->masked |= UINT64_C(1) << field;
        of_num_store((uint8_t *)&m->m + info->offset, info->size, mask);
    }
}

static void drop(struct of_match *m, uint64_t bits)
{
    m->present &= ~bits;
    m->masked &= ~bits;
}

static void drop_without_prereqs(struct of_match *m)
{
    enum of_field bad;

    while (!of_match_prereqs_ok(m, &bad)) {
        drop(m, UINT64_C(1) << bad);
    }
}

/* The fields of a 1.0 match, and those that may be there in part, as prefixes. */
#define V10_ADDRESSES (OF_BIT(IPV4_SRC) | OF_BIT(IPV4_DST) | OF_BIT(ARP_SPA) | OF_BIT(ARP_TPA))
#define V10_FIELDS                                                                                 \
    (OF_BIT(IN_PORT) | OF_BIT(ETH_DST) | OF_BIT(ETH_SRC) | OF_BIT(ETH_TYPE) | OF_BIT(VLAN_VID) |   \
     OF_BIT(VLAN_PCP) | OF_BIT(IP_DSCP) | OF_BIT(IP_PROTO) | V10_ADDRESSES | OF_BIT(TCP_SRC) |     \
     OF_BIT(TCP_DST) | OF_BIT(UDP_SRC) | OF_BIT(UDP_DST) | OF_BIT(ICMPV4_TYPE) |                   \
     OF_BIT(ICMPV4_CODE) | OF_BIT(ARP_OP))

static void make_prefix(struct of_gen *g, struct of_match *m, enum of_field field)
{
    size_t offset = of_field_info(field)->offset;
    uint32_t mask = UINT32_MAX << of_gen_below(g, 32);

    of_num_store((uint8_t *)&m->m + offset, sizeof mask, (struct of_num){0, mask});
}

static void restrict_to_10(struct of_gen *g, struct of_match *m)
{
    enum of_field field;
    uint64_t left;

    m->present &= V10_FIELDS;
    m->masked &= V10_ADDRESSES;
    OF_FOR_EACH_FIELD(field, left, m->masked)
    {
        make_prefix(g, m, field);
    }
    if (of_match_has(m, OF_FIELD_IN_PORT)) {
        m->v.in_port = gen_in_port(g);
    }
    if (of_match_has(m, OF_FIELD_ARP_OP)) {
        m->v.arp_op &= 0xff;
    }
    if (of_match_has(m, OF_FIELD_ETH_TYPE) && m->v.eth_type == 0x86dd) {
        drop(m, OF_BIT(IP_DSCP) | OF_BIT(IP_PROTO));
    }
    if (of_match_has(m, OF_FIELD_VLAN_PCP) && of_match_has(m, OF_FIELD_VLAN_VID) && gen_coin(g)) {
        m->v.vlan_vid = m->m.vlan_vid = OF_VID_PRESENT;
        m->masked |= OF_BIT(VLAN_VID);
    }
}

void of_gen_match(struct of_gen *g, struct of_match *match)
{
    unsigned one_in = 1 + (unsigned)of_gen_below(g, 4);

    memset(match, 0, sizeof *match);
    for (unsigned i = 0; i < of_n_fields(g->version); i++) {
        if (of_gen_below(g, one_in) == 0) {
            set_field(g, match, (enum of_field)i);
        }
    }
    if (g->version == OF_VERSION_1_0) {
        restrict_to_10(g, match);
    }
    of_match_normalize(match);
    drop_without_prereqs(match);
}

/* --- Actions ---------------------------------------------------------------------------------- */

static const enum of_action_type types_10[] = {
    OF_ACT_OUTPUT,    OF_ACT_SET_VLAN_VID, OF_ACT_SET_VLAN_PCP, OF_ACT_POP_VLAN,
    OF_ACT_SET_FIELD, OF_ACT_SET_FIELD,    OF_ACT_ENQUEUE,      OF_ACT_EXPERIMENTER,
};

static enum of_action_type gen_action_type(struct of_gen *g)
{
    enum of_action_type type;

    if (g->version == OF_VERSION_1_0) {
        return types_10[of_gen_below(g, sizeof types_10 / sizeof types_10[0])];
    }
    do {
        type = (enum of_action_type)of_gen_below(g, OF_N_ACTIONS);
    } while (type == OF_ACT_SET_VLAN_VID || type == OF_ACT_SET_VLAN_PCP || type == OF_ACT_ENQUEUE ||
             (g->version < OF_VERSION_1_5 && (type == OF_ACT_COPY_FIELD || type == OF_ACT_METER)));
    return type;
}

static enum of_field gen_settable_field(struct of_gen *g, bool is_udp)
{
    const enum of_field fields_10[] = {
        OF_FIELD_ETH_SRC,
        OF_FIELD_ETH_DST,
        OF_FIELD_IPV4_SRC,
        OF_FIELD_IPV4_DST,
        OF_FIELD_IP_DSCP,
        is_udp ? OF_FIELD_UDP_SRC : OF_FIELD_TCP_SRC,
        is_udp ? OF_FIELD_UDP_DST : OF_FIELD_TCP_DST,
    };
    enum of_field field;

    if (g->version == OF_VERSION_1_0) {
        return fields_10[of_gen_below(g, sizeof fields_10 / sizeof fields_10[0])];
    }
    do {
        field = (enum of_field)of_gen_below(g, of_n_fields(g->version));
    } while (!of13_is_settable(field));
    return field;
}

static void gen_set_field(struct of_gen *g, bool is_udp, struct of_action *a)
{
    enum of_field field = gen_settable_field(g, is_udp);

    a->set_field.field = field;
    of_num_store(&a->set_field.value, of_field_info(field)->size, gen_value(g, field));
    if (field == OF_FIELD_VLAN_VID) {
        a->set_field.value.u16 |= OF_VID_PRESENT;
    }
    if (g->version >= OF_VERSION_1_5 && gen_coin(g)) {
        gen_set_mask(g, a);
    }
}

uint16_t gen_max_len(struct of_gen *g)
{
    return gen_coin(g) ? OF_CML_NO_BUFFER : (uint16_t)of_gen_below(g, OF_CML_MAX + 1);
}

/* Anything but OF_PORT_ANY. */
static port_no_t gen_output_port(struct of_gen *g)
{
    return of_gen_below(g, 3) ? gen_ordinary_port(g)
                              : OF_PORT_IN_PORT + (port_no_t)of_gen_below(g, 7);
}

static void gen_action(struct of_gen *g, bool is_udp, struct of_action *a)
{
    struct of_bytes data;

    a->type = gen_action_type(g);
    switch (a->type) {
    case OF_ACT_OUTPUT:
        a->output.port = gen_output_port(g);
        a->output.max_len = gen_max_len(g);
        break;
    case OF_ACT_SET_MPLS_TTL:
    case OF_ACT_SET_NW_TTL:
        a->ttl = (uint8_t)of_gen_bits(g, 8);
        break;
    case OF_ACT_PUSH_VLAN:
        a->ethertype = gen_coin(g) ? 0x8100 : 0x88a8;
        break;
    case OF_ACT_PUSH_MPLS:
        a->ethertype = gen_coin(g) ? 0x8847 : 0x8848;
        break;
    case OF_ACT_PUSH_PBB:
        a->ethertype = 0x88e7;
        break;
    case OF_ACT_POP_MPLS:
        a->ethertype = (uint16_t)of_gen_bits(g, 16);
        break;
    case OF_ACT_SET_QUEUE:
        a->queue_id = (uint32_t)of_gen_bits(g, 32) % OF_QUEUE_ALL;
        break;
    case OF_ACT_GROUP:
        a->group_id = (uint32_t)of_gen_below(g, OF_GROUP_MAX);
        break;
    case OF_ACT_SET_FIELD:
        gen_set_field(g, is_udp, a);
        break;
    case OF_ACT_SET_VLAN_VID:
        a->vlan_vid = (uint16_t)of_gen_bits(g, 12);
        break;
    case OF_ACT_SET_VLAN_PCP:
        a->vlan_pcp = (uint8_t)of_gen_bits(g, 3);
        break;
    case OF_ACT_ENQUEUE:
        a->enqueue.port = gen_coin(g) ? OF_PORT_IN_PORT : gen_ordinary_port(g);
        a->enqueue.queue_id = (uint32_t)of_gen_bits(g, 32) % OF_QUEUE_ALL;
        break;
    case OF_ACT_EXPERIMENTER:
        data = gen_bytes(g, 24, 8);
        a->experimenter.experimenter = (uint32_t)of_gen_bits(g, 32);
        a->experimenter.data = data.data;
        a->experimenter.len = (uint16_t)data.len;
        break;
    case OF_ACT_COPY_TTL_OUT:
    case OF_ACT_COPY_TTL_IN:
    case OF_ACT_DEC_MPLS_TTL:
    case OF_ACT_POP_VLAN:
    case OF_ACT_DEC_NW_TTL:
    case OF_ACT_POP_PBB:
    case OF_N_ACTIONS:
        break;
    case OF_ACT_COPY_FIELD:
        gen_copy_field(g, (enum of_field)of_gen_below(g, OF_N_FIELDS),
                       gen_settable_field(g, is_udp), a);
        break;
    case OF_ACT_METER:
        a->meter_id = 1 + (uint32_t)of_gen_below(g, OF_METER_MAX);
        break;
    }
}

struct of_actions gen_actions(struct of_gen *g, bool is_udp)
{
    size_t n = of_gen_below(g, 6);
    struct of_action *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        gen_action(g, is_udp, &list[i]);
    }
    return (struct of_actions){list, n};
}

/* In 1.5 a meter that comes first is that of the entry. */
static void name_the_meter(struct of_instructions *ins)
{
    if (ins->has_apply && !ins->has_meter && ins->apply.n &&
        ins->apply.list[0].type == OF_ACT_METER) {
        ins->has_meter = true;
        ins->meter_id = ins->apply.list[0].meter_id;
        ins->apply.list++;
        ins->apply.n--;
    }
}

void gen_instructions(struct of_gen *g, const struct of_match *match, struct of_instructions *ins)
{
    bool is_udp = of_match_has(match, OF_FIELD_IP_PROTO) && match->v.ip_proto == 17;

    *ins = (struct of_instructions){.has_apply = gen_coin(g)};
    ins->apply = gen_actions(g, is_udp);
    if (g->version == OF_VERSION_1_0) {
        return;
    }
    ins->has_meter = gen_coin(g);
    ins->has_clear = gen_coin(g);
    ins->has_write = gen_coin(g);
    ins->has_metadata = gen_coin(g);
    ins->has_goto = gen_coin(g);
    ins->meter_id = 1 + (uint32_t)of_gen_below(g, OF_METER_MAX);
    ins->write = gen_actions(g, is_udp);
    ins->metadata = of_gen_bits(g, 64);
    ins->metadata_mask = of_gen_bits(g, 64);
    ins->goto_table = (uint8_t)of_gen_below(g, OF_TABLE_MAX);
    if (g->version >= OF_VERSION_1_5) {
        name_the_meter(ins);
        ins->stat_trigger = gen_coin(g) ? gen_trigger(g) : NULL;
    }
}

void gen_make_lasting(struct of_actions *actions)
{
    struct of_action *list =
        (struct of_action *)(uintptr_t)actions->list; /* Ours: gen_actions(). */

    for (size_t i = 0; i < actions->n; i++) {
        if (list[i].type == OF_ACT_OUTPUT && list[i].output.port == OF_PORT_TABLE) {
            list[i].output.port = OF_PORT_LOCAL;
        }
    }
}

/* Grows the list action by action, each of which is made to fit what came before it. */
static void make_list_consistent(struct of_flow_mod *f, struct of_actions *actions)
{
    struct of_action *list =
        (struct of_action *)(uintptr_t)actions->list; /* Ours: gen_actions(). */
    size_t n = actions->n;

    for (actions->n = 1; actions->n <= n; actions->n++) {
        if (of_check_flow_mod(f) == OF_ERR_ACT_MATCH_INCONSISTENT) {
            list[actions->n - 1] = of_output(1 + (port_no_t)actions->n);
        }
    }
    actions->n = n;
}

void gen_make_consistent(struct of_gen *g, struct of_flow_mod *f)
{
    bool has_write = f->ins.has_write;

    gen_make_lasting(&f->ins.apply);
    gen_make_lasting(&f->ins.write);
    if (g->version == OF_VERSION_1_0) {
        return;
    }
    f->ins.has_write = false;
    make_list_consistent(f, &f->ins.apply);
    f->ins.has_write = has_write;
    make_list_consistent(f, &f->ins.write);
}

/* --- Table features ----------------------------------------------------------------------------- */

static struct of_bytes gen_later_tables(struct of_gen *g, uint8_t table_id)
{
    size_t len = of_gen_below(g, 22);
    uint8_t *list = arena_alloc(g->arena, len);

    for (size_t i = 0; i < len; i++) {
        list[i] = (uint8_t)(table_id + 1 + of_gen_below(g, OF_TABLE_MAX - table_id));
    }
    return (struct of_bytes){list, len};
}

uint32_t gen_known_actions(const struct of_gen *g)
{
    uint32_t actions = 0;

    for (unsigned i = 0; i < OF_N_ACTIONS; i++) {
        bool known =
            i != OF_ACT_EXPERIMENTER && of13_action_number(g->version, (enum of_action_type)i) >= 0;

        actions |= known ? UINT32_C(1) << i : 0;
    }
    return actions;
}

static void gen_prop(struct of_gen *g, uint8_t table_id, enum of_table_prop_type type,
                     struct of_table_prop *p)
{
    struct of_bytes bytes;

    p->type = type;
    switch (type) {
    case OF_TFP_INSTRUCTIONS:
    case OF_TFP_INSTRUCTIONS_MISS:
        p->instructions =
            (uint32_t)of_gen_bits(g, 8) & (g->version >= OF_VERSION_1_5 ? 0xbe : 0x7e);
        break;
    case OF_TFP_NEXT_TABLES:
    case OF_TFP_NEXT_TABLES_MISS:
        bytes = gen_later_tables(g, table_id);
        p->next_tables = bytes.data;
        p->n_next_tables = bytes.len;
        break;
    case OF_TFP_WRITE_ACTIONS:
    case OF_TFP_WRITE_ACTIONS_MISS:
    case OF_TFP_APPLY_ACTIONS:
    case OF_TFP_APPLY_ACTIONS_MISS:
        p->actions = (uint32_t)of_gen_bits(g, 32) & gen_known_actions(g);
        break;
    case OF_TFP_MATCH:
        p->fields = of_gen_bits(g, of_n_fields(g->version));
        p->fields_masked = of_gen_bits(g, of_n_fields(g->version)) & p->fields;
        break;
    case OF_TFP_WILDCARDS:
    case OF_TFP_WRITE_SETFIELD:
    case OF_TFP_WRITE_SETFIELD_MISS:
    case OF_TFP_APPLY_SETFIELD:
    case OF_TFP_APPLY_SETFIELD_MISS:
    case OF_TFP_WRITE_COPYFIELD:
    case OF_TFP_WRITE_COPYFIELD_MISS:
    case OF_TFP_APPLY_COPYFIELD:
    case OF_TFP_APPLY_COPYFIELD_MISS:
        p->fields = of_gen_bits(g, of_n_fields(g->version));
        break;
    case OF_TFP_TABLE_SYNC_FROM:
        bytes = gen_bytes(g, 21, 1);
        p->next_tables = bytes.data;
        p->n_next_tables = bytes.len;
        break;
    case OF_TFP_PACKET_TYPES:
        gen_packet_types(g, p);
        break;
    case OF_TFP_EXPERIMENTER:
    case OF_TFP_EXPERIMENTER_MISS:
        bytes = gen_bytes(g, 13, 1);
        p->experimenter.data = arena_alloc(g->arena, bytes.len + 8);
        p->experimenter.len = bytes.len + 8;
        break;
    }
}

static void gen_props(struct of_gen *g, struct of_table_features *t)
{
    static const enum of_table_prop_type types[] = {
        OF_TFP_INSTRUCTIONS,    OF_TFP_INSTRUCTIONS_MISS,
        OF_TFP_NEXT_TABLES,     OF_TFP_NEXT_TABLES_MISS,
        OF_TFP_WRITE_ACTIONS,   OF_TFP_WRITE_ACTIONS_MISS,
        OF_TFP_APPLY_ACTIONS,   OF_TFP_APPLY_ACTIONS_MISS,
        OF_TFP_MATCH,           OF_TFP_WILDCARDS,
        OF_TFP_WRITE_SETFIELD,  OF_TFP_WRITE_SETFIELD_MISS,
        OF_TFP_APPLY_SETFIELD,  OF_TFP_APPLY_SETFIELD_MISS,
        OF_TFP_EXPERIMENTER,    OF_TFP_EXPERIMENTER_MISS,
        OF_TFP_TABLE_SYNC_FROM, /* Since 1.4; what follows since 1.5. */
        OF_TFP_WRITE_COPYFIELD, OF_TFP_WRITE_COPYFIELD_MISS,
        OF_TFP_APPLY_COPYFIELD, OF_TFP_APPLY_COPYFIELD_MISS,
        OF_TFP_PACKET_TYPES,
    };
    const size_t n_since_14 = 6, n_since_15 = 5;
    const size_t n_types =
        sizeof types / sizeof types[0] - (g->version < OF_VERSION_1_4   ? n_since_14
                                          : g->version < OF_VERSION_1_5 ? n_since_15
                                                                        : 0);
    struct of_table_prop *props = arena_calloc(g->arena, n_types, sizeof *props);

    for (size_t i = 0; i < n_types; i++) {
        if (gen_coin(g)) {
            gen_prop(g, t->table_id, types[i], &props[t->n_props++]);
        }
    }
    t->props = props;
}

struct of_table_features *gen_table_features(struct of_gen *g, size_t n)
{
    struct of_table_features *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        list[i].table_id = (uint8_t)i;
        memcpy(list[i].name, "table", sizeof "table");
        list[i].metadata_match = of_gen_bits(g, 64);
        list[i].metadata_write = of_gen_bits(g, 64);
        list[i].config = (uint32_t)of_gen_bits(g, g->version < OF_VERSION_1_4 ? 2 : 4);
        list[i].max_entries = (uint32_t)of_gen_bits(g, 32);
        if (g->version >= OF_VERSION_1_5) {
            list[i].command = (enum of_table_features_command)of_gen_below(g, 4);
            list[i].features = (uint32_t)of_gen_bits(g, 5) & 0x13;
        }
        gen_props(g, &list[i]);
    }
    return list;
}
