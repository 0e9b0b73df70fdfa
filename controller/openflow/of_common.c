/* Messages and pieces that are the same in 1.0 and 1.3. */
#include "controller/openflow/of_wire.h"

/* --- Pieces ----------------------------------------------------------------------------------- */

struct of_num of_get_num(struct rd *r, size_t size)
{
    struct of_num v = {0, 0};

    if (size > 8) {
        v.hi = rd_u64(r);
        size -= 8;
    }
    v.lo = rd_uint(r, size);
    return v;
}

void of_put_num(struct buf *b, size_t size, struct of_num v)
{
    if (size > 8) {
        buf_put_uint(b, size - 8, v.hi);
        size = 8;
    }
    buf_put_uint(b, size, v.lo);
}

void of_get_text(struct rd *r, char *out, size_t width)
{
    rd_text(r, out, width);
    out[width - 1] = '\0';
}

void of_get_port_counters(struct rd *r, struct of_port_stats *s)
{
    s->rx_packets = rd_u64(r);
    s->tx_packets = rd_u64(r);
    s->rx_bytes = rd_u64(r);
    s->tx_bytes = rd_u64(r);
    s->rx_dropped = rd_u64(r);
    s->tx_dropped = rd_u64(r);
    s->rx_errors = rd_u64(r);
    s->tx_errors = rd_u64(r);
    s->rx_frame_err = rd_u64(r);
    s->rx_over_err = rd_u64(r);
    s->rx_crc_err = rd_u64(r);
    s->collisions = rd_u64(r);
}

void of_put_port_counters(struct buf *b, const struct of_port_stats *s)
{
    buf_put_u64(b, s->rx_packets);
    buf_put_u64(b, s->tx_packets);
    buf_put_u64(b, s->rx_bytes);
    buf_put_u64(b, s->tx_bytes);
    buf_put_u64(b, s->rx_dropped);
    buf_put_u64(b, s->tx_dropped);
    buf_put_u64(b, s->rx_errors);
    buf_put_u64(b, s->tx_errors);
    buf_put_u64(b, s->rx_frame_err);
    buf_put_u64(b, s->rx_over_err);
    buf_put_u64(b, s->rx_crc_err);
    buf_put_u64(b, s->collisions);
}

bool of_count_elements(struct rd r, size_t offset, size_t min, size_t align, size_t *n)
{
    for (*n = 0; r.left; ++*n) {
        struct rd head = r;
        size_t len;

        rd_skip(&head, offset);
        len = rd_u16(&head);
        if (head.failed || len < min || len % align) {
            return false;
        }
        rd_skip(&r, len);
        if (r.failed) {
            return false;
        }
    }
    return true;
}

/* --- Hello (§7.5.1) ----------------------------------------------------------------------------- */

#define HELLO_ELEM_VERSIONBITMAP 1

/* The first word of the bitmap speaks of versions 0 to 31; more there are not. */
static bool get_hello_element(struct rd *r, struct of_hello *hello)
{
    uint16_t type = rd_u16(r);
    uint16_t len = rd_u16(r);
    struct rd body;

    if (len < 4) {
        return false;
    }
    body = rd_sub(r, len - 4u);
    if (type == HELLO_ELEM_VERSIONBITMAP) {
        hello->versions = rd_u32(&body);
    }
    rd_skip(r, r->left < of_padding(len) ? r->left : of_padding(len));
    return !body.failed;
}

/* Before 1.3.1 a hello had no body and whatever was there was to be ignored (OF 1.0 §5.5.1). */
enum of_err of_get_hello(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    msg->hello.versions = 0;
    while (r->left) {
        if (!get_hello_element(r, &msg->hello)) {
            msg->hello.versions = 0;
            *r = rd_init(NULL, 0);
            return msg->version < OF_VERSION_1_3 ? OF_OK : OF_ERR_BAD_LEN;
        }
    }
    return OF_OK;
}

enum err of_put_hello(struct buf *b, const struct of_msg *msg)
{
    if (msg->hello.versions) {
        buf_put_u16(b, HELLO_ELEM_VERSIONBITMAP);
        buf_put_u16(b, 8);
        buf_put_u32(b, msg->hello.versions);
    }
    return ERR_OK;
}

/* --- Echo, configuration ------------------------------------------------------------------------ */

enum of_err of_get_echo(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    msg->echo = of_get_rest(r);
    return OF_OK;
}

enum err of_put_echo(struct buf *b, const struct of_msg *msg)
{
    of_put_bytes(b, msg->echo);
    return ERR_OK;
}

#define MAX_CONFIG_FLAGS 2 /* Fragments: normal, drop, reassemble (§7.3.2). */

/* Since 1.2 lengths between the largest and "all of it" are reserved (§7.2.5, OFPCML_*). */
static bool miss_len_ok(uint8_t version, uint16_t len)
{
    return version == OF_VERSION_1_0 || len <= OF_CML_MAX || len == OF_CML_NO_BUFFER;
}

enum of_err of_get_config(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    msg->config.flags = rd_u16(r);
    msg->config.miss_send_len = rd_u16(r);
    if (msg->type != OF_SET_CONFIG) {
        return OF_OK;
    }
    if (msg->config.flags > MAX_CONFIG_FLAGS) {
        return OF_ERR_CONFIG_BAD_FLAGS;
    }
    return miss_len_ok(msg->version, msg->config.miss_send_len) ? OF_OK : OF_ERR_CONFIG_BAD_LEN;
}

enum err of_put_config(struct buf *b, const struct of_msg *msg)
{
    buf_put_u16(b, msg->config.flags);
    buf_put_u16(b, msg->config.miss_send_len);
    return ERR_OK;
}

/* --- Multipart replies -------------------------------------------------------------------------- */

enum of_err of_get_desc(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_desc *d = arena_alloc(arena, sizeof *d);

    of_get_text(r, d->mfr_desc, OF_DESC_STR_LEN);
    of_get_text(r, d->hw_desc, OF_DESC_STR_LEN);
    of_get_text(r, d->sw_desc, OF_DESC_STR_LEN);
    of_get_text(r, d->serial_num, OF_SERIAL_NUM_LEN);
    of_get_text(r, d->dp_desc, OF_DESC_STR_LEN);
    msg->mp_reply.desc = d;
    return OF_OK;
}

enum err of_put_desc(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_reply *q = &msg->mp_reply;

    buf_put_text(b, q->desc->mfr_desc, OF_DESC_STR_LEN);
    buf_put_text(b, q->desc->hw_desc, OF_DESC_STR_LEN);
    buf_put_text(b, q->desc->sw_desc, OF_DESC_STR_LEN);
    buf_put_text(b, q->desc->serial_num, OF_SERIAL_NUM_LEN);
    buf_put_text(b, q->desc->dp_desc, OF_DESC_STR_LEN);
    return ERR_OK;
}

enum of_err of_get_aggregate(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;

    (void)arena;
    q->aggregate.n_packets = rd_u64(r);
    q->aggregate.n_bytes = rd_u64(r);
    q->aggregate.n_flows = rd_u32(r);
    rd_skip(r, 4);
    return OF_OK;
}

enum err of_put_aggregate(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_reply *q = &msg->mp_reply;

    buf_put_u64(b, q->aggregate.n_packets);
    buf_put_u64(b, q->aggregate.n_bytes);
    buf_put_u32(b, q->aggregate.n_flows);
    buf_put_zeros(b, 4);
    return ERR_OK;
}
