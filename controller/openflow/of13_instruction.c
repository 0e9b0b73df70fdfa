/* Instructions of 1.3 to 1.5 (§7.2.4). */
#include "controller/openflow/of_wire.h"

enum {
    INST_GOTO_TABLE = 1,
    INST_WRITE_METADATA = 2,
    INST_WRITE_ACTIONS = 3,
    INST_APPLY_ACTIONS = 4,
    INST_CLEAR_ACTIONS = 5,
    INST_METER = 6, /* Before 1.5, which has an action in its place. */
    INST_STAT_TRIGGER = 7,
    INST_EXPERIMENTER = 0xffff,
};

/* --- Decoding --------------------------------------------------------------------------------- */

struct context {
    uint8_t version;
    enum of_origin origin;
    struct arena *arena;
};

/* Marks an instruction as present. There is at most one of each type; 1.3 has no error of its own
 * for a second one. */
static enum of_err take(const struct context *c, bool *has)
{
    if (*has) {
        return c->version >= OF_VERSION_1_4 ? OF_ERR_INST_DUP : OF_ERR_INST_UNSUPPORTED;
    }
    *has = true;
    return OF_OK;
}

static enum of_err get_list(struct rd *r, const struct context *c, bool *has,
                            struct of_actions *list)
{
    enum of_err err = take(c, has);

    if (err) {
        return err;
    }
    rd_skip(r, 4);
    return r->failed ? OF_ERR_INST_BAD_LEN
                     : of13_get_actions(r, c->version, c->origin, c->arena, list);
}

static enum of_err get_goto(struct rd *r, const struct context *c, struct of_instructions *ins)
{
    ins->goto_table = rd_u8(r);
    rd_skip(r, 3);
    return ins->goto_table > OF_TABLE_MAX ? OF_ERR_INST_BAD_TABLE_ID : take(c, &ins->has_goto);
}

static enum of_err get_metadata(struct rd *r, const struct context *c, struct of_instructions *ins)
{
    rd_skip(r, 4);
    ins->metadata = rd_u64(r);
    ins->metadata_mask = rd_u64(r);
    return take(c, &ins->has_metadata);
}

static enum of_err get_clear(struct rd *r, const struct context *c, struct of_instructions *ins)
{
    rd_skip(r, 4);
    return take(c, &ins->has_clear);
}

static enum of_err get_meter(struct rd *r, const struct context *c, struct of_instructions *ins)
{
    ins->meter_id = rd_u32(r);
    return take(c, &ins->has_meter);
}

static enum of_err get_trigger(struct rd *r, const struct context *c, struct of_instructions *ins)
{
    struct of_stat_trigger *trigger = arena_alloc(c->arena, sizeof *trigger);

    if (ins->stat_trigger) {
        return OF_ERR_INST_DUP;
    }
    ins->stat_trigger = trigger;
    return of15_get_trigger(r, c->origin, trigger);
}

/* What we do not know is left out of what a switch tells. An experimenter's begins with its id. */
static enum of_err skip(struct rd *r, const struct context *c, enum of_err err)
{
    (void)of_get_rest(r);
    return c->origin == OF_FROM_SWITCH ? OF_OK : err;
}

static bool known(uint8_t version, uint16_t type)
{
    return version >= OF_VERSION_1_5 ? type != INST_METER : type != INST_STAT_TRIGGER;
}

static enum of_err get_body(uint16_t type, struct rd *r, const struct context *c,
                            struct of_instructions *ins)
{
    if (!known(c->version, type)) {
        return skip(r, c, OF_ERR_INST_UNKNOWN);
    }
    switch (type) {
    case INST_GOTO_TABLE:
        return get_goto(r, c, ins);
    case INST_WRITE_METADATA:
        return get_metadata(r, c, ins);
    case INST_WRITE_ACTIONS:
        return get_list(r, c, &ins->has_write, &ins->write);
    case INST_APPLY_ACTIONS:
        return get_list(r, c, &ins->has_apply, &ins->apply);
    case INST_CLEAR_ACTIONS:
        return get_clear(r, c, ins);
    case INST_METER:
        return get_meter(r, c, ins);
    case INST_STAT_TRIGGER:
        return get_trigger(r, c, ins);
    case INST_EXPERIMENTER:
        rd_u32(r);
        return r->failed ? OF_ERR_INST_BAD_LEN : skip(r, c, OF_ERR_INST_BAD_EXPERIMENTER);
    default:
        return skip(r, c, OF_ERR_INST_UNKNOWN);
    }
}

enum of_err of13_get_instructions(struct rd *r, uint8_t version, enum of_origin origin,
                                  struct arena *arena, struct of_instructions *out)
{
    const struct context c = {version, origin, arena};

    *out = (struct of_instructions){0};
    while (r->left) {
        uint16_t type = rd_u16(r);
        size_t len = rd_u16(r);
        struct rd body = rd_sub(r, len - 4);
        enum of_err err;

        if (body.failed) {
            return OF_ERR_INST_BAD_LEN;
        }
        err = get_body(type, &body, &c, out);
        if (err) {
            return err;
        }
        if (body.failed || body.left) {
            return OF_ERR_INST_BAD_LEN;
        }
    }
    if (version >= OF_VERSION_1_5) {
        of15_take_meter(out);
    }
    return OF_OK;
}

/* --- Encoding --------------------------------------------------------------------------------- */

static void put_header(struct buf *b, unsigned type, unsigned len)
{
    buf_put_u16(b, type);
    buf_put_u16(b, len);
}

/* One list of actions, in two parts. */
static enum err put_list(struct buf *b, uint8_t version, unsigned type,
                         const struct of_actions *head, const struct of_actions *list)
{
    size_t start = b->len;
    enum err err;

    be_put64(buf_put_uninit(b, 8), (uint64_t)type << 48); /* The length comes later. */
    err = head->n ? of13_put_actions(b, version, head) : ERR_OK;
    err = err ? err : of13_put_actions(b, version, list);
    buf_set_u16(b, start + 2, b->len - start);
    return err;
}

/* In 1.5 the meter is an action, the first. */
static enum err put_apply(struct buf *b, uint8_t version, const struct of_instructions *ins)
{
    const struct of_action meter = {.type = OF_ACT_METER, .meter_id = ins->meter_id};
    const struct of_actions head = {&meter, version >= OF_VERSION_1_5 && ins->has_meter};
    const struct of_actions none = {NULL, 0};

    if (!ins->has_apply && !head.n) {
        return ERR_OK;
    }
    return put_list(b, version, INST_APPLY_ACTIONS, &head, ins->has_apply ? &ins->apply : &none);
}

static void put_trigger(struct buf *b, const struct of_stat_trigger *trigger)
{
    size_t start = b->len;

    put_header(b, INST_STAT_TRIGGER, 0);
    of15_put_trigger(b, trigger);
    buf_set_u16(b, start + 2, b->len - start);
}

static void put_metadata(struct buf *b, const struct of_instructions *ins)
{
    put_header(b, INST_WRITE_METADATA, 24);
    buf_put_zeros(b, 4);
    buf_put_u64(b, ins->metadata);
    buf_put_u64(b, ins->metadata_mask);
}

/* As nearly all entries have. */
static bool has_apply_only(const struct of_instructions *ins)
{
    return ins->has_apply && !ins->has_meter && !ins->has_clear && !ins->has_write &&
           !ins->has_metadata && !ins->has_goto && !ins->stat_trigger;
}

enum err of13_put_instructions(struct buf *b, uint8_t version, const struct of_instructions *ins)
{
    const struct of_actions none = {NULL, 0};
    enum err err;

    if (has_apply_only(ins)) {
        return put_list(b, version, INST_APPLY_ACTIONS, &none, &ins->apply);
    }
    if (ins->stat_trigger && version < OF_VERSION_1_5) {
        return ERR_UNSUPPORTED;
    }
    if (ins->stat_trigger) {
        put_trigger(b, ins->stat_trigger);
    }
    if (ins->has_meter && version < OF_VERSION_1_5) {
        put_header(b, INST_METER, 8);
        buf_put_u32(b, ins->meter_id);
    }
    err = put_apply(b, version, ins);
    if (ins->has_clear) {
        put_header(b, INST_CLEAR_ACTIONS, 8);
        buf_put_zeros(b, 4);
    }
    if (ins->has_write && !err) {
        err = put_list(b, version, INST_WRITE_ACTIONS, &none, &ins->write);
    }
    if (ins->has_metadata) {
        put_metadata(b, ins);
    }
    if (ins->has_goto) {
        put_header(b, INST_GOTO_TABLE, 8);
        buf_put_u8(b, ins->goto_table);
        buf_put_zeros(b, 3);
    }
    return err;
}
