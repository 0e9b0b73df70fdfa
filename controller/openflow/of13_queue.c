/* Queues of 1.3: their configuration (§7.2.2, §7.3.6) and statistics (§7.3.5.8). */
#include "controller/openflow/of_wire.h"

#define QUEUE_LEN 16 /* Before the properties. */
#define STATS_LEN 40

/* --- Configuration ---------------------------------------------------------------------------- */

/* A port that can have queues, or all of them (§7.3.6). */
static bool port_ok(port_no_t port)
{
    return of_port_is_ordinary(port) || port == OF_PORT_ANY;
}

enum of_err of13_get_queue_config_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    msg->queue_port = rd_u32(r);
    rd_skip(r, 4);
    return port_ok(msg->queue_port) ? OF_OK : OF_ERR_QUEUE_BAD_PORT;
}

enum err of13_put_queue_config_request(struct buf *b, const struct of_msg *msg)
{
    buf_put_u32(b, msg->queue_port);
    buf_put_zeros(b, 4);
    return port_ok(msg->queue_port) ? ERR_OK : ERR_RANGE;
}

/* 'r' is bounded to one queue. */
static enum of_err get_queue(struct rd *r, struct arena *arena, struct of_queue *queue)
{
    queue->queue_id = rd_u32(r);
    queue->port_no = rd_u32(r);
    rd_skip(r, 8);
    return of_get_queue_props(r, OF_VERSION_1_3, arena, queue);
}

enum of_err of13_get_queue_config(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_queue_config *c = &msg->queue_config;
    struct of_queue *list;
    enum of_err err = OF_OK;

    c->port_no = rd_u32(r);
    rd_skip(r, 4);
    if (!of_count_elements(*r, 8, QUEUE_LEN, 8, &c->n_queues)) {
        return OF_ERR_BAD_LEN;
    }
    c->queues = list = arena_calloc(arena, c->n_queues, sizeof *list);
    for (size_t i = 0; i < c->n_queues && !err; i++) {
        struct rd head = *r;
        struct rd queue;

        rd_skip(&head, 8);
        queue = rd_sub(r, rd_u16(&head));
        err = get_queue(&queue, arena, &list[i]);
    }
    return err;
}

static enum err put_queue(struct buf *b, const struct of_queue *queue)
{
    size_t start = b->len;
    enum err err;

    buf_put_u32(b, queue->queue_id);
    buf_put_u32(b, queue->port_no);
    buf_put_zeros(b, 8);
    err = of_put_queue_props(b, OF_VERSION_1_3, queue);
    buf_set_u16(b, start + 8, b->len - start);
    return err;
}

enum err of13_put_queue_config(struct buf *b, const struct of_msg *msg)
{
    const struct of_queue_config *c = &msg->queue_config;
    enum err err = ERR_OK;

    buf_put_u32(b, c->port_no);
    buf_put_zeros(b, 4);
    for (size_t i = 0; i < c->n_queues && !err; i++) {
        err = put_queue(b, &c->queues[i]);
    }
    return err;
}

/* --- Statistics ------------------------------------------------------------------------------- */

enum of_err of13_get_queue_stats_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_request *q = &msg->mp_request;

    (void)arena;
    q->queue.port_no = rd_u32(r);
    q->queue.queue_id = rd_u32(r);
    return port_ok(q->queue.port_no) ? OF_OK : OF_ERR_QUEUE_BAD_PORT;
}

enum err of13_put_queue_stats_request(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_request *q = &msg->mp_request;

    buf_put_u32(b, q->queue.port_no);
    buf_put_u32(b, q->queue.queue_id);
    return port_ok(q->queue.port_no) ? ERR_OK : ERR_RANGE;
}

enum of_err of13_get_queue_stats(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_queue_stats *list;

    q->n = r->left / STATS_LEN;
    q->queue_stats = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n; i++) {
        list[i].port_no = rd_u32(r);
        list[i].queue_id = rd_u32(r);
        list[i].tx_bytes = rd_u64(r);
        list[i].tx_packets = rd_u64(r);
        list[i].tx_errors = rd_u64(r);
        list[i].duration_s = rd_u32(r);
        list[i].duration_ns = rd_u32(r);
    }
    return OF_OK;
}

enum err of13_put_queue_stats(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        const struct of_queue_stats *s = &msg->mp_reply.queue_stats[i];

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
