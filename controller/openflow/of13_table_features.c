/* Table features of 1.3 to 1.5 (§7.3.5.5): a list of tables, each with a list of properties that say what
 * the table can match and do. Sets of instructions, actions and fields become bitmaps; what has no
 * bit (experimenters' own) is dropped. */
#include "controller/openflow/of_wire.h"

#define TABLE_LEN 64
#define INST_BITS 0x7eu    /* Goto to meter. */
#define INST_BITS_15 0xbeu /* Goto to clear, and the trigger of statistics. */
#define FEATURE_BITS 0x13u
#define TABLE_NAME_LEN 32

/* What a property carries follows from its type. */
enum kind {
    KIND_INSTRUCTIONS,
    KIND_TABLES,
    KIND_ACTIONS,
    KIND_FIELDS,
    KIND_PACKET_TYPES,
    KIND_EXPERIMENTER,
    KIND_BAD
};

static enum kind kind_of(uint8_t version, unsigned type)
{
    switch (type) {
    case OF_TFP_INSTRUCTIONS:
    case OF_TFP_INSTRUCTIONS_MISS:
        return KIND_INSTRUCTIONS;
    case OF_TFP_NEXT_TABLES:
    case OF_TFP_NEXT_TABLES_MISS:
        return KIND_TABLES;
    case OF_TFP_WRITE_ACTIONS:
    case OF_TFP_WRITE_ACTIONS_MISS:
    case OF_TFP_APPLY_ACTIONS:
    case OF_TFP_APPLY_ACTIONS_MISS:
        return KIND_ACTIONS;
    case OF_TFP_MATCH:
    case OF_TFP_WILDCARDS:
    case OF_TFP_WRITE_SETFIELD:
    case OF_TFP_WRITE_SETFIELD_MISS:
    case OF_TFP_APPLY_SETFIELD:
    case OF_TFP_APPLY_SETFIELD_MISS:
        return KIND_FIELDS;
    case OF_TFP_TABLE_SYNC_FROM:
        return version >= OF_VERSION_1_4 ? KIND_TABLES : KIND_BAD;
    case OF_TFP_WRITE_COPYFIELD:
    case OF_TFP_WRITE_COPYFIELD_MISS:
    case OF_TFP_APPLY_COPYFIELD:
    case OF_TFP_APPLY_COPYFIELD_MISS:
        return version >= OF_VERSION_1_5 ? KIND_FIELDS : KIND_BAD;
    case OF_TFP_PACKET_TYPES:
        return version >= OF_VERSION_1_5 ? KIND_PACKET_TYPES : KIND_BAD;
    case OF_TFP_EXPERIMENTER:
    case OF_TFP_EXPERIMENTER_MISS:
        return KIND_EXPERIMENTER;
    default:
        return KIND_BAD;
    }
}

/* --- Decoding --------------------------------------------------------------------------------- */

/* Properties and values that we do not know are refused when a controller asks for them, and dropped
 * when a switch tells of them (§7.1.3). */
static enum of_err unknown(enum of_origin origin)
{
    return origin == OF_FROM_SWITCH ? OF_OK : OF_ERR_TFF_BAD_ARGUMENT;
}

/* Instruction and action ids: a type and the length of the id, at least 4. */
static bool get_id(struct rd *r, uint16_t *type)
{
    size_t len;

    *type = rd_u16(r);
    len = rd_u16(r);
    rd_skip(r, len - 4);
    return !r->failed;
}

static uint32_t instruction_bits(uint8_t version)
{
    return version >= OF_VERSION_1_5 ? INST_BITS_15 : INST_BITS;
}

static enum of_err get_instruction_ids(struct rd *r, uint8_t version, enum of_origin origin,
                                       uint32_t *bits)
{
    enum of_err err = OF_OK;
    uint16_t type;

    while (r->left && !err) {
        if (!get_id(r, &type)) {
            return OF_ERR_TFF_BAD_LEN;
        }
        if (type < 32 && instruction_bits(version) >> type & 1) {
            *bits |= UINT32_C(1) << type;
        } else {
            err = unknown(origin);
        }
    }
    return err;
}

static enum of_err get_action_ids(struct rd *r, uint8_t version, enum of_origin origin,
                                  uint32_t *bits)
{
    enum of_err err = OF_OK;
    uint16_t number;

    while (r->left && !err) {
        enum of_action_type type;

        if (!get_id(r, &number)) {
            return OF_ERR_TFF_BAD_LEN;
        }
        type = of13_action_type(version, number);
        if (type < OF_N_ACTIONS && type != OF_ACT_EXPERIMENTER) {
            *bits |= UINT32_C(1) << type;
        } else {
            err = unknown(origin);
        }
    }
    return err;
}

/* Field ids are OXM headers; the length in them is that of a payload that is not there. */
static enum of_err get_field_id(struct rd *r, uint8_t version, enum of_origin origin,
                                struct of_table_prop *p)
{
    uint16_t class = rd_u16(r);
    uint8_t field_and_mask = rd_u8(r);
    unsigned field = of_field_of_oxm(field_and_mask >> 1);

    rd_skip(r, 1);
    if (class == OF13_OXM_CLASS_EXPERIMENTER) {
        rd_skip(r, 4);
    }
    if (r->failed) {
        return OF_ERR_TFF_BAD_LEN;
    }
    if (class != OF13_OXM_CLASS_BASIC || field >= of_n_fields(version)) {
        return unknown(origin);
    }
    p->fields |= UINT64_C(1) << field;
    p->fields_masked |= field_and_mask & 1 ? UINT64_C(1) << field : 0;
    return OF_OK;
}

static enum of_err get_field_ids(struct rd *r, uint8_t version, enum of_origin origin,
                                 struct of_table_prop *p)
{
    enum of_err err = OF_OK;

    while (r->left && !err) {
        err = get_field_id(r, version, origin, p);
    }
    return err;
}

static enum of_err get_prop_body(struct rd *r, uint8_t version, enum of_origin origin,
                                 enum kind kind, struct arena *arena, struct of_table_prop *p)
{
    struct of_bytes rest;

    switch (kind) {
    case KIND_INSTRUCTIONS:
        return get_instruction_ids(r, version, origin, &p->instructions);
    case KIND_ACTIONS:
        return get_action_ids(r, version, origin, &p->actions);
    case KIND_FIELDS:
        return get_field_ids(r, version, origin, p);
    case KIND_TABLES:
        rest = of_get_rest(r);
        p->next_tables = rest.data;
        p->n_next_tables = rest.len;
        return OF_OK;
    case KIND_PACKET_TYPES:
        return of15_get_packet_types(r, origin, arena, p);
    case KIND_EXPERIMENTER:
        p->experimenter = of_get_rest(r);
        return p->experimenter.len >= 8 ? OF_OK : OF_ERR_TFF_BAD_LEN; /* Id and exp_type. */
    case KIND_BAD:
        break;
    }
    return OF_ERR_TFF_BAD_TYPE;
}

/* The next property of 't', which has room for it. Its length does not include the padding. */
static enum of_err get_prop(struct rd *r, uint8_t version, enum of_origin origin,
                            struct arena *arena, struct of_table_prop *props,
                            struct of_table_features *t)
{
    uint16_t type = rd_u16(r);
    size_t len = rd_u16(r);
    struct rd body = rd_sub(r, len - 4);
    enum kind kind = kind_of(version, type);

    rd_skip(r, of_padding(len));
    if (r->failed) {
        return OF_ERR_TFF_BAD_LEN;
    }
    if (kind == KIND_BAD) {
        return origin == OF_FROM_SWITCH ? OF_OK : OF_ERR_TFF_BAD_TYPE;
    }
    props[t->n_props].type = (enum of_table_prop_type)type;
    return get_prop_body(&body, version, origin, kind, arena, &props[t->n_props++]);
}

static bool count_props(struct rd r, size_t *n)
{
    for (*n = 0; r.left; ++*n) {
        size_t len;

        rd_skip(&r, 2);
        len = rd_u16(&r);
        rd_skip(&r, len - 4);
        rd_skip(&r, of_padding(len));
        if (r.failed) {
            return false;
        }
    }
    return true;
}

/* --- What a controller asks for ----------------------------------------------------------------- */

/* A packet only goes on to later tables (§5.1). */
static bool goes_on(const struct of_table_features *t, const struct of_table_prop *p)
{
    if (p->type == OF_TFP_TABLE_SYNC_FROM) {
        return true; /* Tables that this one is a copy of, anywhere (1.4 §7.3.5.6.2). */
    }
    for (size_t i = 0; i < p->n_next_tables; i++) {
        if (p->next_tables[i] <= t->table_id || p->next_tables[i] > OF_TABLE_MAX) {
            return false;
        }
    }
    return true;
}

/* There is one property of each type, except of experimenters (§7.3.5.5.2). */
static enum of_err check_props(uint8_t version, const struct of_table_features *t)
{
    uint32_t seen = 0;

    for (size_t i = 0; i < t->n_props; i++) {
        enum kind kind = kind_of(version, t->props[i].type);

        if (kind == KIND_EXPERIMENTER) {
            continue;
        }
        if (seen >> t->props[i].type & 1) {
            return version < OF_VERSION_1_4 ? OF_ERR_TFF_BAD_ARGUMENT : OF_ERR_PROP_DUP_TYPE;
        }
        if (!goes_on(t, &t->props[i])) {
            return OF_ERR_TFF_BAD_ARGUMENT;
        }
        seen |= UINT32_C(1) << t->props[i].type;
    }
    return OF_OK;
}

/* Each table is described once (§7.3.5.5.1). */
static enum of_err check_tables(uint8_t version, const struct of_table_features *list, size_t n)
{
    bool seen[UINT8_MAX + 1] = {false};
    enum of_err err = OF_OK;

    for (size_t i = 0; i < n && !err; i++) {
        if (list[i].table_id > OF_TABLE_MAX || seen[list[i].table_id]) {
            return OF_ERR_TFF_BAD_TABLE;
        }
        if (list[i].command > OF_TFC_DISABLE) {
            return OF_ERR_TFF_BAD_COMMAND;
        }
        if (list[i].features & ~FEATURE_BITS) {
            return OF_ERR_TFF_BAD_FEATURES;
        }
        seen[list[i].table_id] = true;
        err = check_props(version, &list[i]);
    }
    return err;
}

/* --- Lists of tables ---------------------------------------------------------------------------- */

/* Before 1.5 there was padding. */
static void get_command(struct rd *r, uint8_t version, struct of_table_features *t)
{
    uint8_t command = rd_u8(r);
    uint32_t features = rd_u32(r);

    if (version >= OF_VERSION_1_5) {
        t->command = (enum of_table_features_command)command;
        t->features = features;
    }
}

/* 'r' is bounded to one table. */
static enum of_err get_table(struct rd *r, uint8_t version, enum of_origin origin,
                             struct arena *arena, struct of_table_features *t)
{
    struct of_table_prop *props;
    enum of_err err = OF_OK;
    size_t n;

    rd_skip(r, 2);
    t->table_id = rd_u8(r);
    get_command(r, version, t);
    of_get_text(r, t->name, TABLE_NAME_LEN);
    t->metadata_match = rd_u64(r);
    t->metadata_write = rd_u64(r);
    t->config = rd_u32(r);
    t->max_entries = rd_u32(r);
    if (!count_props(*r, &n)) {
        return OF_ERR_TFF_BAD_LEN;
    }
    t->props = props = arena_calloc(arena, n, sizeof *props);
    t->n_props = 0;
    while (r->left && !err) {
        err = get_prop(r, version, origin, arena, props, t);
    }
    return err;
}

static enum of_err get_tables(struct rd *r, uint8_t version, enum of_origin origin,
                              struct arena *arena, const struct of_table_features **list, size_t *n)
{
    struct of_table_features *tables;
    enum of_err err = OF_OK;

    if (!of_count_elements(*r, 0, TABLE_LEN, 8, n)) {
        return OF_ERR_BAD_LEN;
    }
    *list = tables = arena_calloc(arena, *n, sizeof *tables);
    for (size_t i = 0; i < *n && !err; i++) {
        struct rd head = *r;
        struct rd table = rd_sub(r, rd_u16(&head));

        err = get_table(&table, version, origin, arena, &tables[i]);
    }
    if (!err && origin == OF_FROM_CONTROLLER) {
        err = check_tables(version, *list, *n);
    }
    return of_err_modern(err, version);
}

/* --- Encoding --------------------------------------------------------------------------------- */

static void put_id(struct buf *b, unsigned type)
{
    buf_put_u16(b, type);
    buf_put_u16(b, 4);
}

static enum err put_instruction_ids(struct buf *b, uint8_t version, uint32_t bits)
{
    for (unsigned i = 0; i < 32; i++) {
        if (bits >> i & 1) {
            put_id(b, i);
        }
    }
    if (bits & ~(INST_BITS | INST_BITS_15)) {
        return ERR_RANGE;
    }
    return bits & ~instruction_bits(version) ? ERR_UNSUPPORTED : ERR_OK;
}

static enum err put_action_ids(struct buf *b, uint8_t version, uint32_t bits)
{
    for (unsigned i = 0; i < OF_N_ACTIONS; i++) {
        int number = of13_action_number(version, (enum of_action_type)i);

        if (!(bits >> i & 1)) {
            continue;
        }
        if (number < 0 || i == OF_ACT_EXPERIMENTER) {
            return ERR_UNSUPPORTED;
        }
        put_id(b, (unsigned)number);
    }
    return bits >> OF_N_ACTIONS ? ERR_RANGE : ERR_OK;
}

static enum err put_field_ids(struct buf *b, uint8_t version, const struct of_table_prop *p)
{
    enum of_field field;
    uint64_t left;

    if (p->fields >> of_n_fields(version)) {
        return p->fields >> OF_N_FIELDS ? ERR_RANGE : ERR_UNSUPPORTED;
    }
    OF_FOR_EACH_FIELD(field, left, p->fields)
    {
        of13_put_oxm_header(b, field, p->fields_masked >> field & 1);
    }
    return ERR_OK;
}

static enum err put_prop_body(struct buf *b, uint8_t version, const struct of_table_prop *p)
{
    switch (kind_of(version, p->type)) {
    case KIND_INSTRUCTIONS:
        return put_instruction_ids(b, version, p->instructions);
    case KIND_ACTIONS:
        return put_action_ids(b, version, p->actions);
    case KIND_FIELDS:
        return put_field_ids(b, version, p);
    case KIND_TABLES:
        buf_put(b, p->next_tables, p->n_next_tables);
        return ERR_OK;
    case KIND_PACKET_TYPES:
        of15_put_packet_types(b, p);
        return ERR_OK;
    case KIND_EXPERIMENTER:
        of_put_bytes(b, p->experimenter);
        return p->experimenter.len >= 8 ? ERR_OK : ERR_RANGE;
    case KIND_BAD:
        break;
    }
    return ERR_UNSUPPORTED;
}

static enum err put_prop(struct buf *b, uint8_t version, const struct of_table_prop *p)
{
    size_t start = b->len;
    enum err err;

    buf_put_u16(b, p->type);
    buf_put_u16(b, 0);
    err = put_prop_body(b, version, p);
    buf_set_u16(b, start + 2, b->len - start);
    buf_pad(b, start, 8);
    return err;
}

static enum err put_table(struct buf *b, uint8_t version, const struct of_table_features *t)
{
    size_t start = b->len;
    enum err err = ERR_OK;

    buf_put_u16(b, 0);
    buf_put_u8(b, t->table_id);
    buf_put_u8(b, version >= OF_VERSION_1_5 ? t->command : 0);
    buf_put_u32(b, version >= OF_VERSION_1_5 ? t->features : 0);
    buf_put_text(b, t->name, TABLE_NAME_LEN);
    buf_put_u64(b, t->metadata_match);
    buf_put_u64(b, t->metadata_write);
    buf_put_u32(b, t->config);
    buf_put_u32(b, t->max_entries);
    for (size_t i = 0; i < t->n_props && !err; i++) {
        err = put_prop(b, version, &t->props[i]);
    }
    buf_set_u16(b, start, b->len - start);
    return err;
}

static enum err put_tables(struct buf *b, uint8_t version, const struct of_table_features *list,
                           size_t n)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < n && !err; i++) {
        err = put_table(b, version, &list[i]);
    }
    return err;
}

enum of_err of13_get_table_features_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_request *q = &msg->mp_request;

    return get_tables(r, msg->version, OF_FROM_CONTROLLER, arena, &q->table_features.list,
                      &q->table_features.n);
}

enum err of13_put_table_features_request(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_request *q = &msg->mp_request;

    return put_tables(b, msg->version, q->table_features.list, q->table_features.n);
}

enum of_err of13_get_table_features(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;

    return get_tables(r, msg->version, OF_FROM_SWITCH, arena, &q->table_features, &q->n);
}

enum err of13_put_table_features(struct buf *b, const struct of_msg *msg)
{
    return put_tables(b, msg->version, msg->mp_reply.table_features, msg->mp_reply.n);
}
