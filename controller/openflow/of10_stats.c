/* Statistics of 1.0 (OF 1.0 §5.3.5). */
#include "controller/openflow/of_wire.h"

#define FLOW_STATS_LEN 88 /* Before the actions. */
#define TABLE_STATS_LEN 64
#define PORT_STATS_LEN 104
#define TABLE_NAME_LEN 32

/* --- Flow entries ------------------------------------------------------------------------------- */

static enum of_err get_filter(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_flow_filter *f = &msg->mp_request.flow;
    enum of_err err = of10_get_match(r, OF_FROM_CONTROLLER, &f->match);

    (void)arena;
    f->table_id = rd_u8(r);
    rd_skip(r, 1);
    f->out_port = of10_get_port_no(r);
    f->out_group = OF_GROUP_ANY;
    f->cookie = f->cookie_mask = 0;
    return err ? err : of10_check_filter(f->out_port);
}

/* Ports count from 1, so a caller that left 0 there restricts nothing; the same for the group. */
static enum err put_filter(struct buf *b, const struct of_msg *msg)
{
    const struct of_flow_filter *f = &msg->mp_request.flow;
    enum err err;

    if (f->cookie_mask || (f->out_group && f->out_group != OF_GROUP_ANY)) {
        return ERR_UNSUPPORTED;
    }
    err = of10_put_match(b, &f->match);
    buf_put_u8(b, f->table_id);
    buf_put_zeros(b, 1);
    of10_put_port_no(b, f->out_port ? f->out_port : OF_PORT_ANY);
    return err;
}

/* 'r' is bounded to one entry. */
static enum of_err get_flow(struct rd *r, struct arena *arena, struct of_flow_stats *s)
{
    enum of_err err;

    rd_skip(r, 2);
    s->table_id = rd_u8(r);
    rd_skip(r, 1);
    err = of10_get_match(r, OF_FROM_SWITCH, &s->match);
    s->duration_s = rd_u32(r);
    s->duration_ns = rd_u32(r);
    s->priority = rd_u16(r);
    s->idle_timeout_s = rd_u16(r);
    s->hard_timeout_s = rd_u16(r);
    rd_skip(r, 6);
    s->cookie = rd_u64(r);
    s->n_packets = rd_u64(r);
    s->n_bytes = rd_u64(r);
    return err ? err : of10_get_instructions(r, OF_FROM_SWITCH, arena, &s->match, &s->ins);
}

static enum of_err get_flows(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    enum of_err err = OF_OK;
    struct of_flow_stats *flows;

    if (!of_count_elements(*r, 0, FLOW_STATS_LEN, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->flows = flows = arena_calloc(arena, q->n, sizeof *flows);
    for (size_t i = 0; i < q->n && !err; i++) {
        struct rd head = *r;
        struct rd entry = rd_sub(r, rd_u16(&head));

        err = get_flow(&entry, arena, &flows[i]);
    }
    return err;
}

static enum err put_flow(struct buf *b, const struct of_flow_stats *s)
{
    size_t start = b->len;
    enum err err;

    buf_put_u16(b, 0);
    buf_put_u8(b, s->table_id);
    buf_put_zeros(b, 1);
    err = of10_put_match(b, &s->match);
    buf_put_u32(b, s->duration_s);
    buf_put_u32(b, s->duration_ns);
    buf_put_u16(b, s->priority);
    buf_put_u16(b, s->idle_timeout_s);
    buf_put_u16(b, s->hard_timeout_s);
    buf_put_zeros(b, 6);
    buf_put_u64(b, s->cookie);
    buf_put_u64(b, s->n_packets);
    buf_put_u64(b, s->n_bytes);
    if (!err) {
        err = of10_put_instructions(b, &s->ins);
    }
    buf_set_u16(b, start, b->len - start);
    return err;
}

static enum err put_flows(struct buf *b, const struct of_msg *msg)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < msg->mp_reply.n && !err; i++) {
        err = put_flow(b, &msg->mp_reply.flows[i]);
    }
    return err;
}

/* --- Tables ----------------------------------------------------------------------------------- */

static enum of_err get_tables(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_table_stats *tables;

    q->n = r->left / TABLE_STATS_LEN;
    q->tables = tables = arena_calloc(arena, q->n, sizeof *tables);
    for (size_t i = 0; i < q->n; i++) {
        tables[i].table_id = rd_u8(r);
        rd_skip(r, 3);
        of_get_text(r, tables[i].name, TABLE_NAME_LEN);
        tables[i].wildcards = rd_u32(r);
        tables[i].max_entries = rd_u32(r);
        tables[i].n_active = rd_u32(r);
        tables[i].n_lookup = rd_u64(r);
        tables[i].n_matched = rd_u64(r);
    }
    return OF_OK;
}

static enum err put_tables(struct buf *b, const struct of_msg *msg)
{
    for (size_t i = 0; i < msg->mp_reply.n; i++) {
        const struct of_table_stats *t = &msg->mp_reply.tables[i];

        buf_put_u8(b, t->table_id);
        buf_put_zeros(b, 3);
        buf_put_text(b, t->name, TABLE_NAME_LEN);
        buf_put_u32(b, t->wildcards);
        buf_put_u32(b, t->max_entries);
        buf_put_u32(b, t->n_active);
        buf_put_u64(b, t->n_lookup);
        buf_put_u64(b, t->n_matched);
    }
    return ERR_OK;
}

/* --- Ports ------------------------------------------------------------------------------------ */

static enum of_err get_port_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_request *q = &msg->mp_request;

    (void)arena;
    q->port_no = of10_get_port_no(r);
    rd_skip(r, 6);
    return of10_port_is_ordinary(q->port_no) || q->port_no == OF_PORT_LOCAL ||
                   q->port_no == OF_PORT_ANY
               ? OF_OK
               : OF_ERR_REQ_BAD_PORT;
}

static enum err put_port_request(struct buf *b, const struct of_msg *msg)
{
    of10_put_port_no(b, msg->mp_request.port_no);
    buf_put_zeros(b, 6);
    return ERR_OK;
}

static enum of_err get_ports(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_port_stats *list;

    q->n = r->left / PORT_STATS_LEN;
    q->port_stats = list = arena_calloc(arena, q->n, sizeof *list);
    for (size_t i = 0; i < q->n; i++) {
        list[i].port_no = of10_get_port_no(r);
        rd_skip(r, 6);
        of_get_port_counters(r, &list[i]);
        list[i].duration_s = list[i].duration_ns = UINT32_MAX;
    }
    return OF_OK;
}

static enum err put_ports(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_reply *q = &msg->mp_reply;

    for (size_t i = 0; i < q->n; i++) {
        of10_put_port_no(b, q->port_stats[i].port_no);
        buf_put_zeros(b, 6);
        of_put_port_counters(b, &q->port_stats[i]);
    }
    return ERR_OK;
}

/* --- Vendors ---------------------------------------------------------------------------------- */

static enum of_err get_vendor_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    of10_get_vendor(r, &msg->mp_request.experimenter);
    return OF_OK;
}

static enum of_err get_vendor_reply(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    of10_get_vendor(r, &msg->mp_reply.experimenter);
    return OF_OK;
}

static enum err put_vendor_request(struct buf *b, const struct of_msg *msg)
{
    of10_put_vendor(b, &msg->mp_request.experimenter);
    return ERR_OK;
}

static enum err put_vendor_reply(struct buf *b, const struct of_msg *msg)
{
    of10_put_vendor(b, &msg->mp_reply.experimenter);
    return ERR_OK;
}

/* --- The table ---------------------------------------------------------------------------------- */

const struct of_mp_row of10_multiparts[OF_N_MP_TYPES] = {
    [OF_MP_DESC] = {0, EMPTY, {FIXED, 1056, of_get_desc, of_put_desc}},
    [OF_MP_FLOW] = {1, {FIXED, 44, get_filter, put_filter}, {VARIABLE, 0, get_flows, put_flows}},
    [OF_MP_AGGREGATE] = {2,
                         {FIXED, 44, get_filter, put_filter},
                         {FIXED, 24, of_get_aggregate, of_put_aggregate}},
    [OF_MP_TABLE] = {3, EMPTY, {VARIABLE, 0, get_tables, put_tables}},
    [OF_MP_PORT_STATS] = {4,
                          {FIXED, 8, get_port_request, put_port_request},
                          {VARIABLE, 0, get_ports, put_ports}},
    [OF_MP_QUEUE_STATS] = {5,
                           {FIXED, 8, of10_get_queue_stats_request, of10_put_queue_stats_request},
                           {VARIABLE, 0, of10_get_queue_stats, of10_put_queue_stats}},
    [OF_MP_EXPERIMENTER] = {0xffff,
                            {VARIABLE, 4, get_vendor_request, put_vendor_request},
                            {VARIABLE, 4, get_vendor_reply, put_vendor_reply}},
};
