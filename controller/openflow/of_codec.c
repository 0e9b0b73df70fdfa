/* The way in and out: header, choice of the version's table and row, and the one place where lengths
 * are checked. */
#include "controller/openflow/of_codec.h"

#include <assert.h>

#include "controller/openflow/of_wire.h"

static const struct of_row *version_rows(uint8_t version)
{
    static const struct of_row *const rows[] = {[OF_VERSION_1_0] = of10_rows,
                                                [OF_VERSION_1_3] = of13_rows,
                                                [OF_VERSION_1_4] = of14_rows,
                                                [OF_VERSION_1_5] = of15_rows};

    return version < sizeof rows / sizeof *rows ? rows[version] : NULL;
}

/* The types that nearly all messages have are tried first. */
static enum of_type type_of_number(const struct of_row *rows, uint8_t number)
{
    static const uint8_t frequent[] = {OF_PACKET_IN,    OF_PACKET_OUT,    OF_FLOW_MOD,
                                       OF_FLOW_REMOVED, OF_BARRIER_REPLY, OF_BARRIER_REQUEST};

    for (unsigned i = 0; i < sizeof frequent; i++) {
        if (rows[frequent[i]].number == number) {
            return (enum of_type)frequent[i];
        }
    }
    for (unsigned i = 0; i < OF_N_TYPES; i++) {
        if (rows[i].number == number && rows[i].known) {
            return (enum of_type)i;
        }
    }
    return OF_N_TYPES;
}

/* A hello is the same in every version, so that any two can find out what they share (§7.5.1). */
static const struct of_row *rows_for(uint8_t version, bool is_hello)
{
    const struct of_row *rows = version_rows(version);

    return !rows && is_hello ? of13_rows : rows;
}

static enum of_err decode_body(const struct of_row *row, struct rd *r, size_t len,
                               struct arena *arena, struct of_msg *out)
{
    enum of_err err = OF_OK;

    if (len < row->min_len || (row->fixed && len != row->min_len)) {
        return OF_ERR_BAD_LEN;
    }
    if (row->get) {
        err = row->get(r, arena, out);
    }
    return !err && (r->failed || r->left) ? OF_ERR_BAD_LEN : err;
}

/* Of a header that is cut there is as much as there is. */
static enum of_err decode_cut(const uint8_t *frame, size_t len, struct of_msg *out)
{
    struct rd r = rd_init(frame, len);

    out->version = rd_u8(&r);
    rd_skip(&r, 3);
    out->xid = rd_u32(&r);
    out->type = OF_N_TYPES;
    return OF_ERR_BAD_LEN;
}

enum of_err of_decode(const uint8_t *frame, size_t len, struct arena *arena, struct of_msg *out)
{
    const struct of_row *rows;
    struct rd r;

    if (len < OF_HEADER_LEN) {
        return decode_cut(frame, len, out);
    }
    r = rd_init(frame + OF_HEADER_LEN, len - OF_HEADER_LEN);
    out->version = frame[0];
    out->xid = be_get32(frame + 4);
    out->type = OF_N_TYPES;
    rows = rows_for(frame[0], frame[1] == of13_rows[OF_HELLO].number);
    if (!rows) {
        return OF_ERR_BAD_VERSION;
    }
    out->type = type_of_number(rows, frame[1]);
    if (out->type == OF_N_TYPES) {
        return OF_ERR_BAD_TYPE;
    }
    return be_get16(frame + 2) != len ? OF_ERR_BAD_LEN
                                      : decode_body(&rows[out->type], &r, len, arena, out);
}

static enum err encode_body(const struct of_row *row, const struct of_msg *msg, struct buf *out,
                            size_t start)
{
    enum err err = row->put ? row->put(out, msg) : ERR_OK;
    size_t len = out->len - start;

    if (err) {
        return err;
    }
    if (out->failed || len > OF_MAX_LEN) {
        return ERR_RANGE;
    }
    assert(len >= row->min_len && (!row->fixed || len == row->min_len) &&
           "of_encode: the encoder and its row disagree");
    buf_set_u16(out, start + 2, len);
    return ERR_OK;
}

enum err of_encode(const struct of_msg *msg, struct buf *out)
{
    const struct of_row *rows = rows_for(msg->version, msg->type == OF_HELLO);
    size_t start = out->len;
    bool failed = out->failed;
    enum err err;

    assert(msg->type < OF_N_TYPES && "of_encode: no such message type");
    if (!rows || !rows[msg->type].known) {
        return ERR_UNSUPPORTED;
    }
    out->failed = false;
    buf_put_u64(out, (uint64_t)msg->version << 56 | (uint64_t)rows[msg->type].number << 48 |
                         msg->xid); /* The length comes later. */
    err = encode_body(&rows[msg->type], msg, out, start);
    if (err) {
        out->len = start;
    }
    out->failed = failed;
    return err;
}
