/* Packed matches and instructions. The layout is in the header; both directions are driven by
 * of_field_info() and visit only the fields that are there. */
#include "controller/openflow/of_pack.h"

#include "controller/openflow/of_field.h"

#define HAS_MASKS (UINT64_C(1) << 47)
#define HAS_MASK 0x80 /* With the type of an action. */

enum packed_part {
    PACKED_METER = 1 << 0,
    PACKED_APPLY = 1 << 1,
    PACKED_CLEAR = 1 << 2,
    PACKED_WRITE = 1 << 3,
    PACKED_METADATA = 1 << 4,
    PACKED_GOTO = 1 << 5,
    PACKED_TRIGGER = 1 << 6,
};

/* --- Numbers ---------------------------------------------------------------------------------- */

static void put_num(struct buf *out, struct of_num v, size_t n)
{
    if (n > 8) {
        buf_put_uint(out, n - 8, v.hi);
        n = 8;
    }
    buf_put_uint(out, n, v.lo);
}

static struct of_num get_num(struct rd *in, size_t n)
{
    struct of_num v = {0};

    if (n > 8) {
        v.hi = rd_uint(in, n - 8);
        n = 8;
    }
    v.lo = rd_uint(in, n);
    return v;
}

/* --- Matches ---------------------------------------------------------------------------------- */

static void pack_field(struct buf *out, const struct of_fields *fields, enum of_field field)
{
    const struct of_field_info *info = of_field_info(field);
    const uint8_t *from = (const uint8_t *)fields + info->offset;
    uint16_t u16;
    uint32_t u32;

    switch (info->wire_size) {
    case 1:
        *buf_put_uninit(out, 1) = *from;
        break;
    case 2:
        memcpy(&u16, from, sizeof u16);
        be_put16(buf_put_uninit(out, 2), u16);
        break;
    case 4:
        memcpy(&u32, from, sizeof u32);
        be_put32(buf_put_uninit(out, 4), u32);
        break;
    case sizeof(struct eth_addr):
        memcpy(buf_put_uninit(out, ETH_ADDR_LEN), from, ETH_ADDR_LEN);
        break;
    default:
        put_num(out, of_num_load(from, info->size), info->wire_size);
    }
}

/* What nearly all entries match, without masks: the lines below say the same as those for any field. */
#define FREQUENT_FIELDS (OF_BIT(IN_PORT) | OF_BIT(ETH_DST) | OF_BIT(ETH_SRC) | OF_BIT(VLAN_VID))
#define FREQUENT_MOST (6 + 4 + 2 * ETH_ADDR_LEN + 2)

static bool is_frequent(uint64_t present, uint64_t masked)
{
    return !(present & ~FREQUENT_FIELDS) && !masked;
}

static void pack_frequent(struct buf *out, const struct of_match *match)
{
    uint8_t *start = buf_put_uninit(out, FREQUENT_MOST), *p = start + 6;

    be_put16(start, 0);
    be_put32(start + 2, (uint32_t)match->present);
    if (match->present & OF_BIT(IN_PORT)) {
        be_put32(p, match->v.in_port);
        p += 4;
    }
    if (match->present & OF_BIT(ETH_DST)) {
        memcpy(p, match->v.eth_dst.b, ETH_ADDR_LEN);
        p += ETH_ADDR_LEN;
    }
    if (match->present & OF_BIT(ETH_SRC)) {
        memcpy(p, match->v.eth_src.b, ETH_ADDR_LEN);
        p += ETH_ADDR_LEN;
    }
    if (match->present & OF_BIT(VLAN_VID)) {
        be_put16(p, match->v.vlan_vid);
        p += 2;
    }
    out->len -= FREQUENT_MOST - (size_t)(p - start);
}

static void pack_normal(struct buf *out, const struct of_match *match)
{
    enum of_field field;
    uint64_t left;

    if (is_frequent(match->present, match->masked)) {
        pack_frequent(out, match);
        return;
    }
    buf_put_uint(out, 6, match->present | (match->masked ? HAS_MASKS : 0));
    if (match->masked) {
        buf_put_uint(out, 6, match->masked);
    }
    OF_FOR_EACH_FIELD(field, left, match->present)
    {
        pack_field(out, &match->v, field);
    }
    OF_FOR_EACH_FIELD(field, left, match->masked)
    {
        pack_field(out, &match->m, field);
    }
}

void of_pack_match(struct buf *out, const struct of_match *match)
{
    struct of_match copy;

    if (!match->masked) {
        pack_normal(out, match);
        return;
    }
    copy = *match;
    of_match_normalize(&copy);
    pack_normal(out, &copy);
}

static void unpack_field(struct rd *in, struct of_fields *fields, enum of_field field)
{
    const struct of_field_info *info = of_field_info(field);
    uint8_t *to = (uint8_t *)fields + info->offset;
    const uint8_t *from;
    uint16_t u16;

    if (info->wire_size == sizeof(struct eth_addr)) {
        from = rd_bytes(in, ETH_ADDR_LEN);
        if (from) {
            memcpy(to, from, ETH_ADDR_LEN);
        }
    } else if (info->wire_size == sizeof u16) {
        u16 = rd_u16(in);
        memcpy(to, &u16, sizeof u16);
    } else {
        of_num_store(to, info->size, get_num(in, info->wire_size));
    }
}

static void get_eth(struct rd *in, struct eth_addr *out)
{
    const uint8_t *from = rd_bytes(in, ETH_ADDR_LEN);

    if (from) {
        memcpy(out->b, from, ETH_ADDR_LEN);
    }
}

static void unpack_frequent(struct rd *in, struct of_match *out)
{
    if (out->present & OF_BIT(IN_PORT)) {
        out->v.in_port = rd_u32(in);
    }
    if (out->present & OF_BIT(ETH_DST)) {
        get_eth(in, &out->v.eth_dst);
    }
    if (out->present & OF_BIT(ETH_SRC)) {
        get_eth(in, &out->v.eth_src);
    }
    if (out->present & OF_BIT(VLAN_VID)) {
        out->v.vlan_vid = rd_u16(in);
    }
}

void of_unpack_match(struct rd *in, struct of_match *out)
{
    uint64_t head = rd_uint(in, 6);
    enum of_field field;
    uint64_t left;

    if (is_frequent(head, 0)) {
        out->present = head;
        out->masked = 0;
        unpack_frequent(in, out);
        return;
    }
    out->present = head & ~HAS_MASKS;
    out->masked = head & HAS_MASKS ? rd_uint(in, 6) : 0;
    OF_FOR_EACH_FIELD(field, left, out->present)
    {
        unpack_field(in, &out->v, field);
    }
    OF_FOR_EACH_FIELD(field, left, out->masked)
    {
        unpack_field(in, &out->m, field);
    }
}

/* --- Actions ---------------------------------------------------------------------------------- */

/* The bits that a set-field sets. */
static struct of_num set_field_mask(const struct of_action *a)
{
    const struct of_field_info *info = of_field_info(a->set_field.field);
    struct of_num ones = of_num_ones(info->bits);

    return a->set_field.has_mask ? of_num_and(of_num_load(&a->set_field.mask, info->size), ones)
                                 : ones;
}

static bool has_mask(const struct of_action *a)
{
    return a->type == OF_ACT_SET_FIELD && a->set_field.has_mask &&
           !of_num_eq(set_field_mask(a), of_num_ones(of_field_info(a->set_field.field)->bits));
}

static void pack_set_field(struct buf *out, const struct of_action *a)
{
    const struct of_field_info *info = of_field_info(a->set_field.field);
    struct of_num value = of_num_load(&a->set_field.value, info->size);

    buf_put_u8(out, a->set_field.field);
    if (has_mask(a)) {
        put_num(out, of_num_and(value, set_field_mask(a)), info->wire_size);
        put_num(out, set_field_mask(a), info->wire_size);
    } else {
        put_num(out, value, info->wire_size);
    }
}

static void pack_action(struct buf *out, const struct of_action *a)
{
    buf_put_u8(out, a->type | (has_mask(a) ? HAS_MASK : 0U));
    switch (a->type) {
    case OF_ACT_OUTPUT:
        buf_put_u32(out, a->output.port);
        if (a->output.port == OF_PORT_CONTROLLER) {
            buf_put_u16(out, a->output.max_len);
        }
        break;
    case OF_ACT_SET_MPLS_TTL:
    case OF_ACT_SET_NW_TTL:
        buf_put_u8(out, a->ttl);
        break;
    case OF_ACT_PUSH_VLAN:
    case OF_ACT_PUSH_MPLS:
    case OF_ACT_POP_MPLS:
    case OF_ACT_PUSH_PBB:
        buf_put_u16(out, a->ethertype);
        break;
    case OF_ACT_SET_QUEUE:
        buf_put_u32(out, a->queue_id);
        break;
    case OF_ACT_GROUP:
        buf_put_u32(out, a->group_id);
        break;
    case OF_ACT_METER:
        buf_put_u32(out, a->meter_id);
        break;
    case OF_ACT_COPY_FIELD:
        buf_put_u8(out, a->copy_field.src);
        buf_put_u8(out, a->copy_field.dst);
        buf_put_u16(out, a->copy_field.n_bits);
        buf_put_u16(out, a->copy_field.src_offset);
        buf_put_u16(out, a->copy_field.dst_offset);
        break;
    case OF_ACT_SET_FIELD:
        pack_set_field(out, a);
        break;
    case OF_ACT_SET_VLAN_VID:
        buf_put_u16(out, a->vlan_vid);
        break;
    case OF_ACT_SET_VLAN_PCP:
        buf_put_u8(out, a->vlan_pcp);
        break;
    case OF_ACT_ENQUEUE:
        buf_put_u32(out, a->enqueue.port);
        buf_put_u32(out, a->enqueue.queue_id);
        break;
    case OF_ACT_EXPERIMENTER:
        buf_put_u32(out, a->experimenter.experimenter);
        buf_put_u16(out, a->experimenter.len);
        buf_put(out, a->experimenter.data, a->experimenter.len);
        break;
    case OF_ACT_COPY_TTL_OUT:
    case OF_ACT_COPY_TTL_IN:
    case OF_ACT_DEC_MPLS_TTL:
    case OF_ACT_POP_VLAN:
    case OF_ACT_DEC_NW_TTL:
    case OF_ACT_POP_PBB:
    case OF_N_ACTIONS:
        break;
    }
}

static void unpack_set_field(struct rd *in, struct of_action *a, bool masked)
{
    const struct of_field_info *info;

    a->set_field.field = (enum of_field)rd_u8(in);
    info = of_field_info(a->set_field.field);
    of_num_store(&a->set_field.value, info->size, get_num(in, info->wire_size));
    a->set_field.has_mask = masked;
    if (masked) {
        of_num_store(&a->set_field.mask, info->size, get_num(in, info->wire_size));
    }
}

static void unpack_action(struct rd *in, struct of_action *a)
{
    uint8_t head = rd_u8(in);

    *a = (struct of_action){.type = (enum of_action_type)(head & ~HAS_MASK)};
    switch (a->type) {
    case OF_ACT_OUTPUT:
        a->output.port = rd_u32(in);
        a->output.max_len = a->output.port == OF_PORT_CONTROLLER ? rd_u16(in) : OF_CML_NO_BUFFER;
        break;
    case OF_ACT_SET_MPLS_TTL:
    case OF_ACT_SET_NW_TTL:
        a->ttl = rd_u8(in);
        break;
    case OF_ACT_PUSH_VLAN:
    case OF_ACT_PUSH_MPLS:
    case OF_ACT_POP_MPLS:
    case OF_ACT_PUSH_PBB:
        a->ethertype = rd_u16(in);
        break;
    case OF_ACT_SET_QUEUE:
        a->queue_id = rd_u32(in);
        break;
    case OF_ACT_GROUP:
        a->group_id = rd_u32(in);
        break;
    case OF_ACT_METER:
        a->meter_id = rd_u32(in);
        break;
    case OF_ACT_COPY_FIELD:
        a->copy_field.src = (enum of_field)rd_u8(in);
        a->copy_field.dst = (enum of_field)rd_u8(in);
        a->copy_field.n_bits = rd_u16(in);
        a->copy_field.src_offset = rd_u16(in);
        a->copy_field.dst_offset = rd_u16(in);
        break;
    case OF_ACT_SET_FIELD:
        unpack_set_field(in, a, head & HAS_MASK);
        break;
    case OF_ACT_SET_VLAN_VID:
        a->vlan_vid = rd_u16(in);
        break;
    case OF_ACT_SET_VLAN_PCP:
        a->vlan_pcp = rd_u8(in);
        break;
    case OF_ACT_ENQUEUE:
        a->enqueue.port = rd_u32(in);
        a->enqueue.queue_id = rd_u32(in);
        break;
    case OF_ACT_EXPERIMENTER:
        a->experimenter.experimenter = rd_u32(in);
        a->experimenter.len = rd_u16(in);
        a->experimenter.data = rd_bytes(in, a->experimenter.len);
        break;
    case OF_ACT_COPY_TTL_OUT:
    case OF_ACT_COPY_TTL_IN:
    case OF_ACT_DEC_MPLS_TTL:
    case OF_ACT_POP_VLAN:
    case OF_ACT_DEC_NW_TTL:
    case OF_ACT_POP_PBB:
    case OF_N_ACTIONS:
        break;
    }
}

static void pack_actions(struct buf *out, const struct of_actions *actions)
{
    buf_put_u16(out, actions->n);
    for (size_t i = 0; i < actions->n; i++) {
        pack_action(out, &actions->list[i]);
    }
}

/* Unpacks one list into '*list' and moves '*list' behind it. */
static struct of_actions unpack_actions(struct rd *in, struct of_action **list)
{
    struct of_actions out = {.list = *list, .n = rd_u16(in)};

    for (size_t i = 0; i < out.n; i++) {
        unpack_action(in, (*list)++);
    }
    return out;
}

/* --- Instructions ----------------------------------------------------------------------------- */

static unsigned parts(const struct of_instructions *ins)
{
    return (ins->has_meter ? PACKED_METER : 0U) |
           (ins->has_apply && ins->apply.n ? PACKED_APPLY : 0U) |
           (ins->has_clear ? PACKED_CLEAR : 0U) |
           (ins->has_write && ins->write.n ? PACKED_WRITE : 0U) |
           (ins->has_metadata ? PACKED_METADATA : 0U) | (ins->has_goto ? PACKED_GOTO : 0U) |
           (ins->stat_trigger ? PACKED_TRIGGER : 0U);
}

static void pack_trigger(struct buf *out, const struct of_stat_trigger *trigger)
{
    buf_put_u32(out, trigger->flags);
    buf_put_u64(out, trigger->duration_ns);
    buf_put_u64(out, trigger->idle_ns);
    buf_put_u64(out, trigger->n_packets);
    buf_put_u64(out, trigger->n_bytes);
}

static void unpack_trigger(struct rd *in, struct of_stat_trigger *trigger)
{
    trigger->flags = rd_u32(in);
    trigger->duration_ns = rd_u64(in);
    trigger->idle_ns = rd_u64(in);
    trigger->n_packets = rd_u64(in);
    trigger->n_bytes = rd_u64(in);
}

void of_pack_instructions(struct buf *out, const struct of_instructions *ins)
{
    unsigned has = parts(ins);

    buf_put_u16(out,
                (has & PACKED_APPLY ? ins->apply.n : 0) + (has & PACKED_WRITE ? ins->write.n : 0));
    buf_put_u8(out, has);
    if (has & PACKED_METER) {
        buf_put_u32(out, ins->meter_id);
    }
    if (has & PACKED_APPLY) {
        pack_actions(out, &ins->apply);
    }
    if (has & PACKED_WRITE) {
        pack_actions(out, &ins->write);
    }
    if (has & PACKED_METADATA) {
        buf_put_u64(out, ins->metadata & ins->metadata_mask);
        buf_put_u64(out, ins->metadata_mask);
    }
    if (has & PACKED_GOTO) {
        buf_put_u8(out, ins->goto_table);
    }
    if (has & PACKED_TRIGGER) {
        pack_trigger(out, ins->stat_trigger);
    }
}

size_t of_packed_n_actions(const struct rd *in)
{
    struct rd peek = *in;

    return rd_u16(&peek);
}

void of_unpack_instructions(struct rd *in, struct of_action *list, struct of_stat_trigger *trigger,
                            struct of_instructions *out)
{
    unsigned has;

    rd_skip(in, 2);
    has = rd_u8(in);
    *out = (struct of_instructions){
        .has_meter = (has & PACKED_METER) != 0,
        .has_apply = (has & PACKED_APPLY) != 0,
        .has_clear = (has & PACKED_CLEAR) != 0,
        .has_write = (has & PACKED_WRITE) != 0,
        .has_metadata = (has & PACKED_METADATA) != 0,
        .has_goto = (has & PACKED_GOTO) != 0,
        .stat_trigger = has & PACKED_TRIGGER ? trigger : NULL,
    };
    if (out->has_meter) {
        out->meter_id = rd_u32(in);
    }
    if (out->has_apply) {
        out->apply = unpack_actions(in, &list);
    }
    if (out->has_write) {
        out->write = unpack_actions(in, &list);
    }
    if (out->has_metadata) {
        out->metadata = rd_u64(in);
        out->metadata_mask = rd_u64(in);
    }
    if (out->has_goto) {
        out->goto_table = rd_u8(in);
    }
    if (out->stat_trigger) {
        unpack_trigger(in, trigger);
    }
}
