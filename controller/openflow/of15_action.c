/* What 1.5 adds to the actions of 1.3: copy-field, set-field with a mask, and a meter in place of the
 * instruction of that name. */
#include "controller/openflow/of_wire.h"

/* --- Copy-field --------------------------------------------------------------------------------- */

/* OF_N_FIELDS when it is not the id of a whole field. */
static enum of_field get_field_id(struct rd *r)
{
    uint16_t class = rd_u16(r);
    uint8_t field_and_mask = rd_u8(r);
    uint8_t len = rd_u8(r);
    unsigned field = of_field_of_oxm(field_and_mask >> 1);

    return class == OF13_OXM_CLASS_BASIC && !(field_and_mask & 1) && field < OF_N_FIELDS &&
                   len == of_field_info((enum of_field)field)->wire_size
               ? (enum of_field)field
               : OF_N_FIELDS;
}

static bool range_ok(enum of_field field, unsigned offset, unsigned n_bits)
{
    return offset + n_bits <= of_field_info(field)->bits;
}

/* Of the bits that are copied there is at least one, and all of them are there. */
static enum of_err check_copy_field(const struct of_action *a)
{
    enum of_field src = a->copy_field.src, dst = a->copy_field.dst;

    if (src >= OF_N_FIELDS || dst >= OF_N_FIELDS || !of13_is_settable(dst)) {
        return OF_ERR_ACT_BAD_SET_TYPE;
    }
    return a->copy_field.n_bits && range_ok(src, a->copy_field.src_offset, a->copy_field.n_bits) &&
                   range_ok(dst, a->copy_field.dst_offset, a->copy_field.n_bits)
               ? OF_OK
               : OF_ERR_ACT_BAD_SET_LEN;
}

enum of_err of15_get_copy_field(struct rd *r, struct of_action *a)
{
    a->copy_field.n_bits = rd_u16(r);
    a->copy_field.src_offset = rd_u16(r);
    a->copy_field.dst_offset = rd_u16(r);
    rd_skip(r, 2);
    a->copy_field.src = get_field_id(r);
    a->copy_field.dst = get_field_id(r);
    return r->failed ? OF_ERR_ACT_BAD_LEN : check_copy_field(a);
}

void of15_put_copy_field(struct buf *b, const struct of_action *a)
{
    if (check_copy_field(a)) {
        b->failed = true;
        return;
    }
    buf_put_u16(b, a->copy_field.n_bits);
    buf_put_u16(b, a->copy_field.src_offset);
    buf_put_u16(b, a->copy_field.dst_offset);
    buf_put_zeros(b, 2);
    of13_put_oxm_header(b, a->copy_field.src, false);
    of13_put_oxm_header(b, a->copy_field.dst, false);
}

/* --- Set-field with a mask (1.5 §7.2.6.7) --------------------------------------------------------- */

/* Any field can be set in part, also one that is only matched as a whole. */
void of15_put_masked_field(struct buf *b, enum of_field field, struct of_num value,
                           struct of_num mask)
{
    const struct of_field_info *info = of_field_info(field);

    b->failed |= !of_num_within(mask, of_num_ones(info->bits)) || !of_num_within(value, mask);
    of13_put_oxm_header(b, field, true);
    of_put_num(b, info->wire_size, value);
    of_put_num(b, info->wire_size, mask);
}

/* --- Meters of flow entries ----------------------------------------------------------------------- */

/* The first action of a list, when it is a meter, is what the instruction was before: it is executed
 * before anything else (§5.9). */
void of15_take_meter(struct of_instructions *ins)
{
    if (ins->has_apply && ins->apply.n && ins->apply.list[0].type == OF_ACT_METER) {
        ins->has_meter = true;
        ins->meter_id = ins->apply.list[0].meter_id;
        ins->apply.list++;
        ins->apply.n--;
        ins->has_apply = ins->apply.n > 0;
    }
}
