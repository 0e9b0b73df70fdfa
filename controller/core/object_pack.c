/* What a group or a meter is made of, as bytes: the same bytes for the same thing, whether an app
 * says it or a switch tells it back.
 *
 *   group   u8 type; u16 number of buckets; each: u16 weight, u32 watched port, u32 watched group,
 *           u16 length, actions (of_pack.h, as apply-actions)
 *   meter   u16 flags; u16 number of bands; each: u16 type, u32 rate, u32 burst, u8 precedence,
 *           u32 experimenter, u16 length, data
 *
 * Left out is what has no meaning: a weight outside a select group, what is watched where the switch
 * does not choose, the burst of a meter without the flag, the ids of buckets, which are their
 * numbers. */
#include "controller/core/object_int.h"
#include "controller/openflow/of_pack.h"

static void pack_bucket(struct buf *out, enum of_group_type type, const struct of_bucket *b)
{
    bool watches = type == OF_GT_FF || type == OF_GT_SELECT;
    struct of_instructions ins = of_apply(b->actions.list, b->actions.n);
    size_t at;

    buf_put_u16(out, type == OF_GT_SELECT ? b->weight : 0);
    buf_put_u32(out, watches ? b->watch_port : OF_PORT_ANY);
    buf_put_u32(out, watches ? b->watch_group : OF_GROUP_ANY);
    at = out->len;
    buf_put_u16(out, 0);
    of_pack_instructions(out, &ins);
    buf_set_u16(out, at, out->len - at - 2);
}

static void pack_band(struct buf *out, uint16_t flags, const struct of_meter_band *b)
{
    buf_put_u16(out, b->type);
    buf_put_u32(out, b->rate);
    buf_put_u32(out, flags & OF_MF_BURST ? b->burst : 0);
    buf_put_u8(out, b->type == OF_MB_DSCP_REMARK ? b->prec_level : 0);
    buf_put_u32(out, b->type == OF_MB_EXPERIMENTER ? b->experimenter : 0);
    buf_put_u16(out, b->data.len);
    if (b->data.len) {
        buf_put(out, b->data.data, b->data.len);
    }
}

void object_pack(struct buf *out, const struct object_spec *spec)
{
    if (spec->kind == OBJECT_GROUP) {
        buf_put_u8(out, spec->group_type);
        buf_put_u16(out, spec->n_buckets);
        for (size_t i = 0; i < spec->n_buckets; i++) {
            pack_bucket(out, spec->group_type, &spec->buckets[i]);
        }
        return;
    }
    buf_put_u16(out, spec->meter.flags);
    buf_put_u16(out, spec->meter.n_bands);
    for (size_t i = 0; i < spec->meter.n_bands; i++) {
        pack_band(out, spec->meter.flags, &spec->meter.bands[i]);
    }
}

/* --- Back ------------------------------------------------------------------------------------- */

static void unpack_bucket(struct rd *in, struct arena *arena, struct of_bucket *b)
{
    struct of_stat_trigger unused;
    struct of_instructions ins;
    struct of_action *list;
    struct rd actions;
    size_t n;

    b->weight = rd_u16(in);
    b->watch_port = rd_u32(in);
    b->watch_group = rd_u32(in);
    actions = rd_sub(in, rd_u16(in));
    n = of_packed_n_actions(&actions);
    list = arena_calloc(arena, n + 1, sizeof *list);
    of_unpack_instructions(&actions, list, &unused, &ins);
    b->actions = ins.apply;
}

static void unpack_group(const struct object *object, struct arena *arena, struct of_group_mod *out)
{
    struct rd in = rd_init(object->packed.data, object->packed.len);
    struct of_bucket *buckets;

    out->type = (enum of_group_type)rd_u8(&in);
    out->n_buckets = rd_u16(&in);
    buckets = arena_calloc(arena, out->n_buckets + 1, sizeof *buckets);
    for (size_t i = 0; i < out->n_buckets; i++) {
        unpack_bucket(&in, arena, &buckets[i]);
        buckets[i].bucket_id = (uint32_t)i;
    }
    out->buckets = buckets;
}

static void unpack_meter(const struct object *object, struct arena *arena, struct of_meter *out)
{
    struct rd in = rd_init(object->packed.data, object->packed.len);
    struct of_meter_band *bands;

    out->flags = rd_u16(&in);
    out->n_bands = rd_u16(&in);
    bands = arena_calloc(arena, out->n_bands + 1, sizeof *bands);
    for (size_t i = 0; i < out->n_bands; i++) {
        bands[i].type = (enum of_meter_band_type)rd_u16(&in);
        bands[i].rate = rd_u32(&in);
        bands[i].burst = rd_u32(&in);
        bands[i].prec_level = rd_u8(&in);
        bands[i].experimenter = rd_u32(&in);
        bands[i].data.len = rd_u16(&in);
        bands[i].data.data = rd_bytes(&in, bands[i].data.len);
    }
    out->bands = bands;
}

static void group_message(const struct object *object, struct arena *arena,
                          struct of_group_mod *out)
{
    *out = (struct of_group_mod){.group_id = object->id, .command_bucket_id = OF_BUCKET_ALL};
    if (object->state == OBJECT_DELETING) {
        out->command = OF_GC_DELETE;
        return;
    }
    out->command = object->maybe_on_switch ? OF_GC_MODIFY : OF_GC_ADD;
    unpack_group(object, arena, out);
}

static void meter_message(const struct object *object, struct arena *arena,
                          struct of_meter_mod *out)
{
    *out = (struct of_meter_mod){.meter.meter_id = object->id};
    if (object->state == OBJECT_DELETING) {
        out->command = OF_MC_DELETE;
        return;
    }
    out->command = object->maybe_on_switch ? OF_MC_MODIFY : OF_MC_ADD;
    unpack_meter(object, arena, &out->meter);
}

void object_message(const struct object *object, struct arena *arena, struct of_msg *out)
{
    out->type = object->kind == OBJECT_GROUP ? OF_GROUP_MOD : OF_METER_MOD;
    if (object->kind == OBJECT_GROUP) {
        group_message(object, arena, &out->group_mod);
    } else {
        meter_message(object, arena, &out->meter_mod);
    }
}
