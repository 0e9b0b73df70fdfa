/* What packets a table of 1.5 takes: a list of values of the field packet_type (1.5 §7.3.5.18.2). */
#include "controller/openflow/of_wire.h"

#define VALUE_LEN 8 /* Header and value. */

/* Values of other fields have no meaning here. */
static bool get_packet_type(struct rd *r, uint32_t *value)
{
    uint16_t class = rd_u16(r);
    uint8_t field_and_mask = rd_u8(r);
    struct rd payload;

    payload = rd_sub(r, rd_u8(r));
    *value = rd_u32(&payload);
    return class == OF13_OXM_CLASS_BASIC && !(field_and_mask & 1) &&
           of_field_of_oxm(field_and_mask >> 1) == OF_FIELD_PACKET_TYPE && !payload.failed &&
           !payload.left;
}

enum of_err of15_get_packet_types(struct rd *r, enum of_origin origin, struct arena *arena,
                                  struct of_table_prop *p)
{
    uint32_t *list = arena_calloc(arena, r->left / VALUE_LEN + 1, sizeof *list);

    p->packet_types = list;
    p->n_packet_types = 0;
    while (r->left) {
        uint32_t value;
        bool is_one = get_packet_type(r, &value);

        if (r->failed) {
            return OF_ERR_TFF_BAD_LEN;
        }
        if (is_one) {
            list[p->n_packet_types++] = value;
        } else if (origin == OF_FROM_CONTROLLER) {
            return OF_ERR_TFF_BAD_ARGUMENT;
        }
    }
    return OF_OK;
}

void of15_put_packet_types(struct buf *b, const struct of_table_prop *p)
{
    for (size_t i = 0; i < p->n_packet_types; i++) {
        of13_put_oxm(b, OF_FIELD_PACKET_TYPE, (struct of_num){0, p->packet_types[i]});
    }
}
