/* Ports of 1.3: descriptions (§7.2.1), counters (§7.3.5.6) and port-mod (§7.3.4.3). */
#include "controller/openflow/of_wire.h"

#define PORT_STATS_LEN 112

/* Bits that 1.3 does not know are dropped, in both directions: they inform, nothing depends on
 * them. Only in a port-mod they are refused. */
#define CONFIG_BITS OF13_PORT_CONFIG_BITS
#define STATE_BITS OF13_PORT_STATE_BITS
#define FEATURE_BITS OF13_PORT_FEATURE_BITS

void of13_get_port(struct rd *r, struct of_port *port)
{
    *port = (struct of_port){.port_no = rd_u32(r)};
    rd_skip(r, 4);
    port->hw_addr = rd_eth(r);
    rd_skip(r, 2);
    of_get_text(r, port->name, OF_PORT_NAME_LEN);
    port->config = rd_u32(r) & CONFIG_BITS;
    port->state = rd_u32(r) & STATE_BITS;
    port->curr = rd_u32(r) & FEATURE_BITS;
    port->advertised = rd_u32(r) & FEATURE_BITS;
    port->supported = rd_u32(r) & FEATURE_BITS;
    port->peer = rd_u32(r) & FEATURE_BITS;
    port->curr_speed_kbps = rd_u32(r);
    port->max_speed_kbps = rd_u32(r);
}

void of13_put_port(struct buf *b, const struct of_port *port)
{
    buf_put_u32(b, port->port_no);
    buf_put_zeros(b, 4);
    buf_put_eth(b, port->hw_addr);
    buf_put_zeros(b, 2);
    buf_put_text(b, port->name, OF_PORT_NAME_LEN);
    buf_put_u32(b, port->config & CONFIG_BITS);
    buf_put_u32(b, port->state & STATE_BITS);
    buf_put_u32(b, port->curr & FEATURE_BITS);
    buf_put_u32(b, port->advertised & FEATURE_BITS);
    buf_put_u32(b, port->supported & FEATURE_BITS);
    buf_put_u32(b, port->peer & FEATURE_BITS);
    buf_put_u32(b, port->curr_speed_kbps);
    buf_put_u32(b, port->max_speed_kbps);
}

enum of_err of13_get_port_desc(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_port *ports;

    q->n = r->left / OF13_PORT_LEN;
    q->ports = ports = arena_calloc(arena, q->n, sizeof *ports);
    for (size_t i = 0; i < q->n; i++) {
        of13_get_port(r, &ports[i]);
    }
    return OF_OK;
}

enum err of13_put_port_desc(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        of13_put_port(b, &msg->mp_reply.ports[i]);
    }
    return ERR_OK;
}

enum of_err of13_get_port_stats_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_request *q = &msg->mp_request;

    (void)arena;
    q->port_no = rd_u32(r);
    rd_skip(r, 4);
    return of_port_is_ordinary(q->port_no) || q->port_no == OF_PORT_LOCAL ||
                   q->port_no == OF_PORT_ANY
               ? OF_OK
               : OF_ERR_REQ_BAD_PORT;
}

enum err of13_put_port_stats_request(struct buf *b, const struct of_msg *msg)
{
    buf_put_u32(b, msg->mp_request.port_no);
    buf_put_zeros(b, 4);
    return ERR_OK;
}

enum of_err of13_get_port_stats(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_port_stats *list;

    q->n = r->left / PORT_STATS_LEN;
    q->port_stats = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n; i++) {
        list[i].port_no = rd_u32(r);
        rd_skip(r, 4);
        of_get_port_counters(r, &list[i]);
        list[i].duration_s = rd_u32(r);
        list[i].duration_ns = rd_u32(r);
    }
    return OF_OK;
}

enum err of13_put_port_stats(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        const struct of_port_stats *s = &msg->mp_reply.port_stats[i];

        buf_put_u32(b, s->port_no);
        buf_put_zeros(b, 4);
        of_put_port_counters(b, s);
        buf_put_u32(b, s->duration_s);
        buf_put_u32(b, s->duration_ns);
    }
    return ERR_OK;
}

/* --- Port-mod (§7.3.4.3) ---------------------------------------------------------------------- */

enum of_err of13_check_port_mod(const struct of_port_mod *p)
{
    if (!of_port_is_ordinary(p->port_no) && p->port_no != OF_PORT_LOCAL) {
        return OF_ERR_PORT_BAD_PORT;
    }
    if (p->mask & ~CONFIG_BITS) {
        return OF_ERR_PORT_BAD_CONFIG;
    }
    return p->advertise & ~FEATURE_BITS ? OF_ERR_PORT_BAD_ADVERTISE : OF_OK;
}

enum of_err of13_get_port_mod(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_port_mod *p = &msg->port_mod;

    (void)arena;
    *p = (struct of_port_mod){.port_no = rd_u32(r)};
    rd_skip(r, 4);
    p->hw_addr = rd_eth(r);
    rd_skip(r, 2);
    p->config = rd_u32(r) & CONFIG_BITS;
    p->mask = rd_u32(r);
    p->advertise = rd_u32(r);
    rd_skip(r, 4);
    return of13_check_port_mod(p);
}

enum err of13_put_port_mod(struct buf *b, const struct of_msg *msg)
{
    const struct of_port_mod *p = &msg->port_mod;
    enum of_err err = of13_check_port_mod(p);

    if (err || p->optical) {
        return err == OF_ERR_PORT_BAD_PORT ? ERR_RANGE : ERR_UNSUPPORTED;
    }
    buf_put_u32(b, p->port_no);
    buf_put_zeros(b, 4);
    buf_put_eth(b, p->hw_addr);
    buf_put_zeros(b, 2);
    buf_put_u32(b, p->config & CONFIG_BITS);
    buf_put_u32(b, p->mask);
    buf_put_u32(b, p->advertise);
    buf_put_zeros(b, 4);
    return ERR_OK;
}
