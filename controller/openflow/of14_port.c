/* Ports since 1.4: descriptions (1.4 §7.2.1), counters (§7.3.5.7) and port-mod (§7.3.4.4). What belongs to
 * one kind of port is a property. */
#include "controller/openflow/of_wire.h"

#define PORT_LEN 40       /* Before the properties. */
#define PORT_STATS_LEN 80 /* The same. */
#define OPTICAL_BITS 0xfu /* OFPOPF_*. */

enum {
    PROP_ETHERNET = 0,
    PROP_OPTICAL = 1,
};

/* --- Descriptions ------------------------------------------------------------------------------- */

struct port_context {
    struct arena *arena;
    struct of_port *port;
};

static void get_ethernet(struct rd *r, struct of_port *port)
{
    rd_skip(r, 4);
    port->curr = rd_u32(r) & OF13_PORT_FEATURE_BITS;
    port->advertised = rd_u32(r) & OF13_PORT_FEATURE_BITS;
    port->supported = rd_u32(r) & OF13_PORT_FEATURE_BITS;
    port->peer = rd_u32(r) & OF13_PORT_FEATURE_BITS;
    port->curr_speed_kbps = rd_u32(r);
    port->max_speed_kbps = rd_u32(r);
}

static void get_optical(struct rd *r, struct of_port_optical *o)
{
    rd_skip(r, 4);
    o->supported = rd_u32(r);
    o->tx_min_freq = rd_u32(r);
    o->tx_max_freq = rd_u32(r);
    o->tx_grid_freq = rd_u32(r);
    o->rx_min_freq = rd_u32(r);
    o->rx_max_freq = rd_u32(r);
    o->rx_grid_freq = rd_u32(r);
    o->tx_pwr_min = rd_u16(r);
    o->tx_pwr_max = rd_u16(r);
}

static enum of_err get_port_prop(struct of_prop *p, void *aux)
{
    struct port_context *c = aux;
    struct of_port_optical *optical;

    switch (p->type) {
    case PROP_ETHERNET:
        get_ethernet(&p->body, c->port);
        return OF_OK;
    case PROP_OPTICAL:
        optical = arena_alloc(c->arena, sizeof *optical);
        get_optical(&p->body, optical);
        c->port->optical = optical;
        return OF_OK;
    default:
        return of_unknown_prop(OF_FROM_SWITCH, p);
    }
}

static enum of_err get_port(struct rd *r, struct arena *arena, struct of_port *port)
{
    struct port_context c = {arena, port};

    *port = (struct of_port){.port_no = rd_u32(r)};
    rd_skip(r, 4);
    port->hw_addr = rd_eth(r);
    rd_skip(r, 2);
    of_get_text(r, port->name, OF_PORT_NAME_LEN);
    port->config = rd_u32(r) & OF13_PORT_CONFIG_BITS;
    port->state = rd_u32(r) & OF13_PORT_STATE_BITS;
    return r->failed ? OF_ERR_BAD_LEN : of_get_props(r, get_port_prop, &c);
}

static bool has_ethernet(const struct of_port *port)
{
    return !port->optical || port->curr || port->advertised || port->supported || port->peer ||
           port->curr_speed_kbps || port->max_speed_kbps;
}

static void put_ethernet(struct buf *b, const struct of_port *port)
{
    size_t start = of_begin_prop(b, PROP_ETHERNET);

    buf_put_zeros(b, 4);
    buf_put_u32(b, port->curr & OF13_PORT_FEATURE_BITS);
    buf_put_u32(b, port->advertised & OF13_PORT_FEATURE_BITS);
    buf_put_u32(b, port->supported & OF13_PORT_FEATURE_BITS);
    buf_put_u32(b, port->peer & OF13_PORT_FEATURE_BITS);
    buf_put_u32(b, port->curr_speed_kbps);
    buf_put_u32(b, port->max_speed_kbps);
    of_end_prop(b, start);
}

static void put_optical(struct buf *b, const struct of_port_optical *o)
{
    size_t start = of_begin_prop(b, PROP_OPTICAL);

    buf_put_zeros(b, 4);
    buf_put_u32(b, o->supported);
    buf_put_u32(b, o->tx_min_freq);
    buf_put_u32(b, o->tx_max_freq);
    buf_put_u32(b, o->tx_grid_freq);
    buf_put_u32(b, o->rx_min_freq);
    buf_put_u32(b, o->rx_max_freq);
    buf_put_u32(b, o->rx_grid_freq);
    buf_put_u16(b, o->tx_pwr_min);
    buf_put_u16(b, o->tx_pwr_max);
    of_end_prop(b, start);
}

static void put_port(struct buf *b, const struct of_port *port)
{
    size_t start = b->len;

    buf_put_u32(b, port->port_no);
    buf_put_zeros(b, 4); /* The length, and padding. */
    buf_put_eth(b, port->hw_addr);
    buf_put_zeros(b, 2);
    buf_put_text(b, port->name, OF_PORT_NAME_LEN);
    buf_put_u32(b, port->config & OF13_PORT_CONFIG_BITS);
    buf_put_u32(b, port->state & OF13_PORT_STATE_BITS);
    if (has_ethernet(port)) {
        put_ethernet(b, port);
    }
    if (port->optical) {
        put_optical(b, port->optical);
    }
    buf_set_u16(b, start + 4, b->len - start);
}

enum of_err of14_get_port_desc(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    enum of_err err = OF_OK;
    struct of_port *ports;

    if (!of_count_elements(*r, 4, PORT_LEN, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->ports = ports = arena_calloc(arena, q->n, sizeof *ports);
    for (size_t i = 0; i < q->n && !err; i++) {
        struct rd head = *r;
        struct rd port;

        rd_skip(&head, 4);
        port = rd_sub(r, rd_u16(&head));
        err = get_port(&port, arena, &ports[i]);
    }
    return err;
}

enum err of14_put_port_desc(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        put_port(b, &msg->mp_reply.ports[i]);
    }
    return ERR_OK;
}

enum of_err of14_get_port_status(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct rd port;
    size_t n;

    msg->port_status.reason = (enum of_port_reason)rd_u8(r);
    rd_skip(r, 7);
    if (!of_count_elements(*r, 4, PORT_LEN, 8, &n) || n != 1) {
        return OF_ERR_BAD_LEN;
    }
    port = rd_sub(r, r->left);
    return get_port(&port, arena, &msg->port_status.port);
}

enum err of14_put_port_status(struct buf *b, const struct of_msg *msg)
{
    buf_put_u8(b, msg->port_status.reason);
    buf_put_zeros(b, 7);
    put_port(b, &msg->port_status.port);
    return ERR_OK;
}

/* --- Counters --------------------------------------------------------------------------------- */

struct stats_context {
    struct arena *arena;
    struct of_port_stats *stats;
};

static void get_ethernet_stats(struct rd *r, struct of_port_stats *s)
{
    rd_skip(r, 4);
    s->rx_frame_err = rd_u64(r);
    s->rx_over_err = rd_u64(r);
    s->rx_crc_err = rd_u64(r);
    s->collisions = rd_u64(r);
}

static void get_optical_stats(struct rd *r, struct of_port_optical_stats *o)
{
    rd_skip(r, 4);
    o->flags = rd_u32(r);
    o->tx_freq = rd_u32(r);
    o->tx_offset = rd_u32(r);
    o->tx_grid_span = rd_u32(r);
    o->rx_freq = rd_u32(r);
    o->rx_offset = rd_u32(r);
    o->rx_grid_span = rd_u32(r);
    o->tx_pwr = rd_u16(r);
    o->rx_pwr = rd_u16(r);
    o->bias_current = rd_u16(r);
    o->temperature = rd_u16(r);
}

static enum of_err get_stats_prop(struct of_prop *p, void *aux)
{
    struct stats_context *c = aux;
    struct of_port_optical_stats *optical;

    switch (p->type) {
    case PROP_ETHERNET:
        get_ethernet_stats(&p->body, c->stats);
        return OF_OK;
    case PROP_OPTICAL:
        optical = arena_alloc(c->arena, sizeof *optical);
        get_optical_stats(&p->body, optical);
        c->stats->optical = optical;
        return OF_OK;
    default:
        return of_unknown_prop(OF_FROM_SWITCH, p);
    }
}

/* 'r' is bounded to one port. */
static enum of_err get_stats(struct rd *r, struct arena *arena, struct of_port_stats *s)
{
    struct stats_context c = {arena, s};

    rd_skip(r, 4);
    s->port_no = rd_u32(r);
    s->duration_s = rd_u32(r);
    s->duration_ns = rd_u32(r);
    s->rx_packets = rd_u64(r);
    s->tx_packets = rd_u64(r);
    s->rx_bytes = rd_u64(r);
    s->tx_bytes = rd_u64(r);
    s->rx_dropped = rd_u64(r);
    s->tx_dropped = rd_u64(r);
    s->rx_errors = rd_u64(r);
    s->tx_errors = rd_u64(r);
    return of_get_props(r, get_stats_prop, &c);
}

enum of_err of14_get_port_stats(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_port_stats *list;
    enum of_err err = OF_OK;

    if (!of_count_elements(*r, 0, PORT_STATS_LEN, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->port_stats = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n && !err; i++) {
        struct rd head = *r;
        struct rd port = rd_sub(r, rd_u16(&head));

        err = get_stats(&port, arena, &list[i]);
    }
    return err;
}

static bool has_ethernet_stats(const struct of_port_stats *s)
{
    return !s->optical || s->rx_frame_err || s->rx_over_err || s->rx_crc_err || s->collisions;
}

static void put_ethernet_stats(struct buf *b, const struct of_port_stats *s)
{
    size_t start = of_begin_prop(b, PROP_ETHERNET);

    buf_put_zeros(b, 4);
    buf_put_u64(b, s->rx_frame_err);
    buf_put_u64(b, s->rx_over_err);
    buf_put_u64(b, s->rx_crc_err);
    buf_put_u64(b, s->collisions);
    of_end_prop(b, start);
}

static void put_optical_stats(struct buf *b, const struct of_port_optical_stats *o)
{
    size_t start = of_begin_prop(b, PROP_OPTICAL);

    buf_put_zeros(b, 4);
    buf_put_u32(b, o->flags);
    buf_put_u32(b, o->tx_freq);
    buf_put_u32(b, o->tx_offset);
    buf_put_u32(b, o->tx_grid_span);
    buf_put_u32(b, o->rx_freq);
    buf_put_u32(b, o->rx_offset);
    buf_put_u32(b, o->rx_grid_span);
    buf_put_u16(b, o->tx_pwr);
    buf_put_u16(b, o->rx_pwr);
    buf_put_u16(b, o->bias_current);
    buf_put_u16(b, o->temperature);
    of_end_prop(b, start);
}

static void put_stats(struct buf *b, const struct of_port_stats *s)
{
    size_t start = b->len;

    buf_put_zeros(b, 4); /* The length, and padding. */
    buf_put_u32(b, s->port_no);
    buf_put_u32(b, s->duration_s);
    buf_put_u32(b, s->duration_ns);
    buf_put_u64(b, s->rx_packets);
    buf_put_u64(b, s->tx_packets);
    buf_put_u64(b, s->rx_bytes);
    buf_put_u64(b, s->tx_bytes);
    buf_put_u64(b, s->rx_dropped);
    buf_put_u64(b, s->tx_dropped);
    buf_put_u64(b, s->rx_errors);
    buf_put_u64(b, s->tx_errors);
    if (has_ethernet_stats(s)) {
        put_ethernet_stats(b, s);
    }
    if (s->optical) {
        put_optical_stats(b, s->optical);
    }
    buf_set_u16(b, start, b->len - start);
}

enum err of14_put_port_stats(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        put_stats(b, &msg->mp_reply.port_stats[i]);
    }
    return ERR_OK;
}

/* --- Port-mod --------------------------------------------------------------------------------- */

struct mod_context {
    struct arena *arena;
    struct of_port_mod *mod;
};

static enum of_err get_mod_optical(struct rd *r, struct of_port_mod_optical *o)
{
    o->configure = rd_u32(r);
    o->freq = rd_u32(r);
    o->offset = (int32_t)rd_u32(r);
    o->grid_span = rd_u32(r);
    o->tx_pwr = rd_u32(r);
    return o->configure & ~OPTICAL_BITS ? OF_ERR_PROP_BAD_VALUE : OF_OK;
}

static enum of_err get_mod_prop(struct of_prop *p, void *aux)
{
    struct mod_context *c = aux;
    struct of_port_mod_optical *optical;

    switch (p->type) {
    case PROP_ETHERNET:
        c->mod->advertise = rd_u32(&p->body);
        return OF_OK;
    case PROP_OPTICAL:
        c->mod->optical = optical = arena_alloc(c->arena, sizeof *optical);
        return get_mod_optical(&p->body, optical);
    default:
        return of_unknown_prop(OF_FROM_CONTROLLER, p);
    }
}

enum of_err of14_get_port_mod(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_port_mod *p = &msg->port_mod;
    struct mod_context c = {arena, p};
    enum of_err err;

    *p = (struct of_port_mod){.port_no = rd_u32(r)};
    rd_skip(r, 4);
    p->hw_addr = rd_eth(r);
    rd_skip(r, 2);
    p->config = rd_u32(r) & OF13_PORT_CONFIG_BITS;
    p->mask = rd_u32(r);
    err = of_get_props(r, get_mod_prop, &c);
    return err ? err : of13_check_port_mod(p);
}

static void put_mod_optical(struct buf *b, const struct of_port_mod_optical *o)
{
    size_t start = of_begin_prop(b, PROP_OPTICAL);

    b->failed |= (o->configure & ~OPTICAL_BITS) != 0;
    buf_put_u32(b, o->configure);
    buf_put_u32(b, o->freq);
    buf_put_u32(b, (uint32_t)o->offset);
    buf_put_u32(b, o->grid_span);
    buf_put_u32(b, o->tx_pwr);
    of_end_prop(b, start);
}

static void put_mod_ethernet(struct buf *b, const struct of_port_mod *p)
{
    size_t start = of_begin_prop(b, PROP_ETHERNET);

    buf_put_u32(b, p->advertise);
    of_end_prop(b, start);
}

enum err of14_put_port_mod(struct buf *b, const struct of_msg *msg)
{
    const struct of_port_mod *p = &msg->port_mod;
    enum of_err err = of13_check_port_mod(p);

    if (err) {
        return err == OF_ERR_PORT_BAD_PORT ? ERR_RANGE : ERR_UNSUPPORTED;
    }
    buf_put_u32(b, p->port_no);
    buf_put_zeros(b, 4);
    buf_put_eth(b, p->hw_addr);
    buf_put_zeros(b, 2);
    buf_put_u32(b, p->config & OF13_PORT_CONFIG_BITS);
    buf_put_u32(b, p->mask);
    if (p->advertise || !p->optical) {
        put_mod_ethernet(b, p);
    }
    if (p->optical) {
        put_mod_optical(b, p->optical);
    }
    return ERR_OK;
}
