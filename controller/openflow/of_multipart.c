/* Multipart (statistics) messages: type, flags, and a body that the version's table knows. Body
 * lengths are checked here, like message lengths in of_codec.c. Bit 0 of the flags says in both
 * directions and all versions that more messages follow; the other bits are reserved, which is an
 * error in a request and ignored in a reply (§7.1.3). */
#include "controller/openflow/of_wire.h"

#define FLAG_MORE 1
#define PAD_LEN 4 /* Between the flags and the body, since 1.3. */

/* What looks as it did in an earlier version is that version's; between 1.0 and 1.3 nothing does. */
static const struct of_mp_row *row_of_type(uint8_t version, unsigned type)
{
    static const struct of_mp_row *const tables[] = {[OF_VERSION_1_0] = of10_multiparts,
                                                     [OF_VERSION_1_3] = of13_multiparts,
                                                     [OF_VERSION_1_4] = of14_multiparts,
                                                     [OF_VERSION_1_5] = of15_multiparts};
    const struct of_mp_row *row = &tables[version][type];

    while (!row->reply.get && version > OF_VERSION_1_3) {
        row = &tables[--version][type];
    }
    return row->reply.get ? row : NULL;
}

static const struct of_mp_row *row_of_number(uint8_t version, uint16_t number,
                                             enum of_mp_type *type)
{
    for (unsigned i = 0; i < OF_N_MP_TYPES; i++) {
        const struct of_mp_row *row = row_of_type(version, i);

        if (row && row->number == number) {
            *type = (enum of_mp_type)i;
            return row;
        }
    }
    return NULL;
}

static const struct of_mp_row *get_header(struct rd *r, uint8_t version, enum of_mp_type *type,
                                          uint16_t *flags)
{
    const struct of_mp_row *row = row_of_number(version, rd_u16(r), type);

    *flags = rd_u16(r);
    rd_skip(r, version >= OF_VERSION_1_3 ? PAD_LEN : 0);
    return row;
}

static const struct of_mp_row *put_header(struct buf *b, uint8_t version, enum of_mp_type type,
                                          bool more)
{
    const struct of_mp_row *row = row_of_type(version, type);

    buf_put_u16(b, row ? row->number : 0);
    buf_put_u16(b, more ? FLAG_MORE : 0);
    buf_put_zeros(b, version >= OF_VERSION_1_3 ? PAD_LEN : 0);
    return row;
}

static enum of_err get_body(const struct of_mp_body *body, struct rd *r, struct arena *arena,
                            struct of_msg *msg)
{
    if (r->left < body->min_len || (body->fixed && r->left != body->min_len)) {
        return OF_ERR_BAD_LEN;
    }
    return body->get ? body->get(r, arena, msg) : OF_OK;
}

enum of_err of_get_mp_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_request *q = &msg->mp_request;
    uint16_t flags;
    const struct of_mp_row *row = get_header(r, msg->version, &q->type, &flags);

    q->more = (flags & FLAG_MORE) != 0;
    return !row || flags & ~FLAG_MORE ? OF_ERR_BAD_MULTIPART
                                      : get_body(&row->request, r, arena, msg);
}

enum of_err of_get_mp_reply(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    uint16_t flags;
    const struct of_mp_row *row = get_header(r, msg->version, &q->type, &flags);

    q->more = (flags & FLAG_MORE) != 0;
    return row ? get_body(&row->reply, r, arena, msg) : OF_ERR_BAD_MULTIPART;
}

enum err of_put_mp_request(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_request *q = &msg->mp_request;
    const struct of_mp_row *row = put_header(b, msg->version, q->type, q->more);

    if (!row) {
        return ERR_UNSUPPORTED;
    }
    return row->request.put ? row->request.put(b, msg) : ERR_OK;
}

enum err of_put_mp_reply(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_reply *q = &msg->mp_reply;
    const struct of_mp_row *row = put_header(b, msg->version, q->type, q->more);

    return row ? row->reply.put(b, msg) : ERR_UNSUPPORTED;
}
