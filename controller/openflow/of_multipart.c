/* Multipart (statistics) messages: type, flags, and a body that the version's table knows. Body
 * lengths are checked here, like message lengths in of_codec.c. Bit 0 of the flags says in both
 * directions and all versions that more messages follow; the other bits are reserved, which is an
 * error in a request and ignored in a reply (§7.1.3). */
#include "controller/openflow/of_wire.h"

#define FLAG_MORE 1

static const struct of_mp_row *row_of_number(const struct of_mp_table *t, uint16_t number,
                                             enum of_mp_type *type)
{
    for (unsigned i = 0; i < OF_N_MP_TYPES; i++) {
        if (t->rows[i].number == number && t->rows[i].known) {
            *type = (enum of_mp_type)i;
            return &t->rows[i];
        }
    }
    return NULL;
}

static const struct of_mp_row *get_header(const struct of_mp_table *t, struct rd *r,
                                          enum of_mp_type *type, uint16_t *flags)
{
    const struct of_mp_row *row = row_of_number(t, rd_u16(r), type);

    *flags = rd_u16(r);
    rd_skip(r, t->header_pad);
    return row;
}

static const struct of_mp_row *put_header(const struct of_mp_table *t, struct buf *b,
                                          enum of_mp_type type, bool more)
{
    const struct of_mp_row *row = &t->rows[type];

    buf_put_u16(b, row->number);
    buf_put_u16(b, more ? FLAG_MORE : 0);
    buf_put_zeros(b, t->header_pad);
    return row->known ? row : NULL;
}

static bool length_ok(size_t len, size_t min_len, bool fixed)
{
    return len >= min_len && (!fixed || len == min_len);
}

enum of_err of_mp_get_request(const struct of_mp_table *t, struct rd *r, struct arena *arena,
                              struct of_multipart_request *q)
{
    uint16_t flags;
    const struct of_mp_row *row = get_header(t, r, &q->type, &flags);

    q->more = (flags & FLAG_MORE) != 0;
    if (!row || flags & ~FLAG_MORE) {
        return OF_ERR_BAD_MULTIPART;
    }
    if (!length_ok(r->left, row->request.min_len, row->request.fixed)) {
        return OF_ERR_BAD_LEN;
    }
    return row->request.get ? row->request.get(r, arena, q) : OF_OK;
}

enum of_err of_mp_get_reply(const struct of_mp_table *t, struct rd *r, struct arena *arena,
                            struct of_multipart_reply *q)
{
    uint16_t flags;
    const struct of_mp_row *row = get_header(t, r, &q->type, &flags);

    q->more = (flags & FLAG_MORE) != 0;
    if (!row) {
        return OF_ERR_BAD_MULTIPART;
    }
    if (!length_ok(r->left, row->reply.min_len, row->reply.fixed)) {
        return OF_ERR_BAD_LEN;
    }
    return row->reply.get(r, arena, q);
}

enum err of_mp_put_request(const struct of_mp_table *t, struct buf *b,
                           const struct of_multipart_request *q)
{
    const struct of_mp_row *row = put_header(t, b, q->type, q->more);

    if (!row) {
        return ERR_UNSUPPORTED;
    }
    return row->request.put ? row->request.put(b, q) : ERR_OK;
}

enum err of_mp_put_reply(const struct of_mp_table *t, struct buf *b,
                         const struct of_multipart_reply *q)
{
    const struct of_mp_row *row = put_header(t, b, q->type, q->more);

    return row ? row->reply.put(b, q) : ERR_UNSUPPORTED;
}
