/* Queues since 1.4: their descriptions, now a multipart (1.4 §7.3.5.10), and counters (§7.3.5.9). */
#include "controller/openflow/of_wire.h"

#define DESC_LEN 16  /* Before the properties. */
#define STATS_LEN 48 /* The same. */

/* A port that can have queues, or all of them. */
static bool port_ok(port_no_t port)
{
    return of_port_is_ordinary(port) || port == OF_PORT_ANY;
}

/* --- Descriptions ------------------------------------------------------------------------------- */

enum of_err of14_get_queue_desc_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_request *q = &msg->mp_request;

    (void)arena;
    q->queue.port_no = rd_u32(r);
    q->queue.queue_id = rd_u32(r);
    return port_ok(q->queue.port_no) ? OF_OK : OF_ERR_QUEUE_BAD_PORT;
}

enum err of14_put_queue_desc_request(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_request *q = &msg->mp_request;

    buf_put_u32(b, q->queue.port_no);
    buf_put_u32(b, q->queue.queue_id);
    return port_ok(q->queue.port_no) ? ERR_OK : ERR_RANGE;
}

struct desc_context {
    struct of_queue_prop *props;
    struct of_queue *queue;
};

/* An experimenter's exp_type is the beginning of its data. */
static enum of_err get_desc_prop(struct of_prop *p, void *aux)
{
    struct desc_context *c = aux;
    struct of_queue_prop *prop = &c->props[c->queue->n_props];

    prop->type = (enum of_queue_prop_type)p->type;
    switch (p->type) {
    case OF_QP_MIN_RATE:
    case OF_QP_MAX_RATE:
        prop->rate_permille = rd_u16(&p->body);
        rd_skip(&p->body, 2);
        break;
    case OF_QP_EXPERIMENTER:
        prop->experimenter = rd_u32(&p->body);
        prop->data = of_get_rest(&p->body);
        if (prop->data.len < 4) {
            return OF_ERR_PROP_BAD_LEN;
        }
        break;
    default:
        return of_unknown_prop(OF_FROM_SWITCH, p);
    }
    c->queue->n_props++;
    return OF_OK;
}

/* 'r' is bounded to one queue. */
static enum of_err get_desc(struct rd *r, struct arena *arena, struct of_queue *queue)
{
    struct desc_context c = {.queue = queue};

    queue->port_no = rd_u32(r);
    queue->queue_id = rd_u32(r);
    rd_skip(r, 8);
    queue->props = c.props = arena_calloc(arena, of_count_props(*r), sizeof *c.props);
    return of_get_props(r, get_desc_prop, &c);
}

enum of_err of14_get_queue_desc(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    enum of_err err = OF_OK;
    struct of_queue *list;

    if (!of_count_elements(*r, 8, DESC_LEN, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->queues = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n && !err; i++) {
        struct rd head = *r;
        struct rd queue;

        rd_skip(&head, 8);
        queue = rd_sub(r, rd_u16(&head));
        err = get_desc(&queue, arena, &list[i]);
    }
    return err;
}

static enum err put_desc_prop(struct buf *b, const struct of_queue_prop *p)
{
    size_t start = of_begin_prop(b, p->type);

    switch (p->type) {
    case OF_QP_MIN_RATE:
    case OF_QP_MAX_RATE:
        buf_put_u16(b, p->rate_permille);
        buf_put_zeros(b, 2);
        break;
    case OF_QP_EXPERIMENTER:
        b->failed |= p->data.len < 4; /* No exp_type. */
        buf_put_u32(b, p->experimenter);
        of_put_bytes(b, p->data);
        break;
    default:
        return ERR_UNSUPPORTED;
    }
    of_end_prop(b, start);
    return ERR_OK;
}

static enum err put_desc(struct buf *b, const struct of_queue *queue)
{
    size_t start = b->len;
    enum err err = ERR_OK;

    buf_put_u32(b, queue->port_no);
    buf_put_u32(b, queue->queue_id);
    buf_put_zeros(b, 8); /* The length, and padding. */
    for (size_t i = 0; i < queue->n_props && !err; i++) {
        err = put_desc_prop(b, &queue->props[i]);
    }
    buf_set_u16(b, start + 8, b->len - start);
    return err;
}

enum err of14_put_queue_desc(struct buf *b, const struct of_msg *msg)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < msg->mp_reply.n && !err; i++) {
        err = put_desc(b, &msg->mp_reply.queues[i]);
    }
    return err;
}

/* --- Counters --------------------------------------------------------------------------------- */

/* 'r' is bounded to one queue. */
static enum of_err get_stats(struct rd *r, struct of_queue_stats *s)
{
    rd_skip(r, 8);
    s->port_no = rd_u32(r);
    s->queue_id = rd_u32(r);
    s->tx_bytes = rd_u64(r);
    s->tx_packets = rd_u64(r);
    s->tx_errors = rd_u64(r);
    s->duration_s = rd_u32(r);
    s->duration_ns = rd_u32(r);
    return of_get_no_props(r, OF_FROM_SWITCH);
}

enum of_err of14_get_queue_stats(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_queue_stats *list;
    enum of_err err = OF_OK;

    if (!of_count_elements(*r, 0, STATS_LEN, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->queue_stats = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n && !err; i++) {
        struct rd head = *r;
        struct rd queue = rd_sub(r, rd_u16(&head));

        err = get_stats(&queue, &list[i]);
    }
    return err;
}

enum err of14_put_queue_stats(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        const struct of_queue_stats *s = &msg->mp_reply.queue_stats[i];

        buf_put_u16(b, STATS_LEN);
        buf_put_zeros(b, 6);
        buf_put_u32(b, s->port_no);
        buf_put_u32(b, s->queue_id);
        buf_put_u64(b, s->tx_bytes);
        buf_put_u64(b, s->tx_packets);
        buf_put_u64(b, s->tx_errors);
        buf_put_u32(b, s->duration_s);
        buf_put_u32(b, s->duration_ns);
    }
    return ERR_OK;
}
