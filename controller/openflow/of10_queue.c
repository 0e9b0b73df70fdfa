/* Queues of 1.0: their configuration (OF 1.0 §5.2.2, §5.3.4) and statistics (§5.3.5). */
#include "controller/openflow/of_wire.h"

#define QUEUE_LEN 8 /* Before the properties. */
#define STATS_LEN 32

/* --- Configuration ---------------------------------------------------------------------------- */

enum of_err of10_get_queue_config_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    msg->queue_port = of10_get_port_no(r);
    rd_skip(r, 2);
    return of10_port_is_ordinary(msg->queue_port) ? OF_OK : OF_ERR_QUEUE_BAD_PORT;
}

enum err of10_put_queue_config_request(struct buf *b, const struct of_msg *msg)
{
    of10_put_port_no(b, msg->queue_port);
    buf_put_zeros(b, 2);
    return of10_port_is_ordinary(msg->queue_port) ? ERR_OK : ERR_UNSUPPORTED;
}

/* 'r' is bounded to one queue. */
static enum of_err get_queue(struct rd *r, struct arena *arena, struct of_queue *queue)
{
    queue->queue_id = rd_u32(r);
    rd_skip(r, 4);
    return of_get_queue_props(r, OF_VERSION_1_0, arena, queue);
}

/* The queues are all of the port in front of them. */
enum of_err of10_get_queue_config(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_queue_config *c = &msg->queue_config;
    struct of_queue *list;
    enum of_err err = OF_OK;

    c->port_no = of10_get_port_no(r);
    rd_skip(r, 6);
    if (!of_count_elements(*r, 4, QUEUE_LEN, 8, &c->n_queues)) {
        return OF_ERR_BAD_LEN;
    }
    c->queues = list = arena_calloc(arena, c->n_queues, sizeof *list);
    for (size_t i = 0; i < c->n_queues && !err; i++) {
        struct rd head = *r;
        struct rd queue;

        rd_skip(&head, 4);
        queue = rd_sub(r, rd_u16(&head));
        list[i].port_no = c->port_no;
        err = get_queue(&queue, arena, &list[i]);
    }
    return err;
}

static enum err put_queue(struct buf *b, const struct of_queue *queue)
{
    size_t start = b->len;
    enum err err;

    buf_put_u32(b, queue->queue_id);
    buf_put_zeros(b, 4);
    err = of_put_queue_props(b, OF_VERSION_1_0, queue);
    buf_set_u16(b, start + 4, b->len - start);
    return err;
}

enum err of10_put_queue_config(struct buf *b, const struct of_msg *msg)
{
    const struct of_queue_config *c = &msg->queue_config;
    enum err err = ERR_OK;

    of10_put_port_no(b, c->port_no);
    buf_put_zeros(b, 6);
    for (size_t i = 0; i < c->n_queues && !err; i++) {
        err = c->queues[i].port_no == c->port_no ? put_queue(b, &c->queues[i]) : ERR_UNSUPPORTED;
    }
    return err;
}

/* --- Statistics ------------------------------------------------------------------------------- */

/* Here "all ports" is OFPP_ALL, where 1.3 has ANY (OF 1.0 §5.3.5). */
enum of_err of10_get_queue_stats_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    port_no_t port = of10_get_port_no(r);

    (void)arena;
    msg->mp_request.queue.port_no = port == OF_PORT_ALL ? OF_PORT_ANY : port;
    rd_skip(r, 2);
    msg->mp_request.queue.queue_id = rd_u32(r);
    return of10_port_is_ordinary(port) || port == OF_PORT_ALL ? OF_OK : OF_ERR_QUEUE_BAD_PORT;
}

enum err of10_put_queue_stats_request(struct buf *b, const struct of_msg *msg)
{
    port_no_t port = msg->mp_request.queue.port_no;

    of10_put_port_no(b, port == OF_PORT_ANY ? OF_PORT_ALL : port);
    buf_put_zeros(b, 2);
    buf_put_u32(b, msg->mp_request.queue.queue_id);
    return of10_port_is_ordinary(port) || port == OF_PORT_ANY ? ERR_OK : ERR_RANGE;
}

enum of_err of10_get_queue_stats(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_queue_stats *list;

    q->n = r->left / STATS_LEN;
    q->queue_stats = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n; i++) {
        list[i].port_no = of10_get_port_no(r);
        rd_skip(r, 2);
        list[i].queue_id = rd_u32(r);
        list[i].tx_bytes = rd_u64(r);
        list[i].tx_packets = rd_u64(r);
        list[i].tx_errors = rd_u64(r);
        list[i].duration_s = list[i].duration_ns = UINT32_MAX;
    }
    return OF_OK;
}

enum err of10_put_queue_stats(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        const struct of_queue_stats *s = &msg->mp_reply.queue_stats[i];

        of10_put_port_no(b, s->port_no);
        buf_put_zeros(b, 2);
        buf_put_u32(b, s->queue_id);
        buf_put_u64(b, s->tx_bytes);
        buf_put_u64(b, s->tx_packets);
        buf_put_u64(b, s->tx_errors);
    }
    return ERR_OK;
}
