/* Properties of queues, laid out alike in both versions (§7.2.2, OF 1.0 §5.2.2). */
#include "controller/openflow/of_wire.h"

#define HEADER_LEN 8
#define RATE_LEN 16
#define EXPERIMENTER_LEN 16 /* Before the data. */

/* 1.0 knows the least rate only. */
static bool known(uint8_t version, unsigned type)
{
    return type == OF_QP_MIN_RATE ||
           (version != OF_VERSION_1_0 && (type == OF_QP_MAX_RATE || type == OF_QP_EXPERIMENTER));
}

/* 'r' is bounded to one property, of a known type. */
static enum of_err get_prop(struct rd *r, struct of_queue_prop *p)
{
    p->type = (enum of_queue_prop_type)rd_u16(r);
    rd_skip(r, HEADER_LEN - 2);
    switch (p->type) {
    case OF_QP_MIN_RATE:
    case OF_QP_MAX_RATE:
        p->rate_permille = rd_u16(r);
        rd_skip(r, 6);
        break;
    case OF_QP_EXPERIMENTER:
        p->experimenter = rd_u32(r);
        rd_skip(r, 4);
        p->data = of_get_rest(r);
        break;
    }
    return r->failed || r->left ? OF_ERR_BAD_LEN : OF_OK;
}

enum of_err of_get_queue_props(struct rd *r, uint8_t version, struct arena *arena,
                               struct of_queue *queue)
{
    struct of_queue_prop *list;
    enum of_err err = OF_OK;
    size_t n;

    if (!of_count_elements(*r, 2, HEADER_LEN, 8, &n)) {
        return OF_ERR_BAD_LEN;
    }
    queue->props = list = arena_calloc(arena, n, sizeof *list);
    queue->n_props = 0;
    for (size_t i = 0; i < n && !err; i++) {
        struct rd head = *r;
        uint16_t type = rd_u16(&head);
        struct rd prop = rd_sub(r, rd_u16(&head));

        if (known(version, type)) {
            err = get_prop(&prop, &list[queue->n_props++]);
        }
    }
    return err;
}

static void put_rate(struct buf *b, const struct of_queue_prop *p)
{
    buf_put_u16(b, RATE_LEN);
    buf_put_zeros(b, 4);
    buf_put_u16(b, p->rate_permille);
    buf_put_zeros(b, 6);
}

static void put_experimenter(struct buf *b, const struct of_queue_prop *p)
{
    b->failed |= p->data.len % 8 != 0; /* Padding would come back as data. */
    buf_put_u16(b, EXPERIMENTER_LEN + p->data.len);
    buf_put_zeros(b, 4);
    buf_put_u32(b, p->experimenter);
    buf_put_zeros(b, 4);
    of_put_bytes(b, p->data);
}

enum err of_put_queue_props(struct buf *b, uint8_t version, const struct of_queue *queue)
{
    for (size_t i = 0; i < queue->n_props; i++) {
        const struct of_queue_prop *p = &queue->props[i];

        if (!known(version, p->type)) {
            return ERR_UNSUPPORTED;
        }
        buf_put_u16(b, p->type);
        if (p->type == OF_QP_EXPERIMENTER) {
            put_experimenter(b, p);
        } else {
            put_rate(b, p);
        }
    }
    return ERR_OK;
}
