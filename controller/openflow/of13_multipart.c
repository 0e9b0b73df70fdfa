/* The multipart table of 1.3 (§7.3.5) and the multiparts about flow entries and tables. Ports are in
 * of13_port.c, queues in of13_queue.c, groups in of13_group.c, meters in of13_meter.c, table features
 * in of13_table_features.c. */
#include "controller/openflow/of_wire.h"

#define FLOW_STATS_LEN 48 /* Before the match. */
#define TABLE_STATS_LEN 24

/* --- Flow entries ------------------------------------------------------------------------------- */

enum of_err of13_get_filter(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_flow_filter *f = &msg->mp_request.flow;
    enum of_err err;

    (void)arena;
    f->table_id = rd_u8(r);
    rd_skip(r, 3);
    f->out_port = rd_u32(r);
    f->out_group = rd_u32(r);
    rd_skip(r, 4);
    f->cookie = rd_u64(r);
    f->cookie_mask = rd_u64(r);
    err = of13_get_match(r, msg->version, OF_FROM_CONTROLLER, &f->match);
    return err ? err : of_check_filter(f->out_port, f->out_group);
}

/* Port 0 does not exist (§7.2.1), so a caller that left it there restricts nothing. */
enum err of13_put_filter(struct buf *b, const struct of_msg *msg)
{
    const struct of_flow_filter *f = &msg->mp_request.flow;

    buf_put_u8(b, f->table_id);
    buf_put_zeros(b, 3);
    buf_put_u32(b, f->out_port ? f->out_port : OF_PORT_ANY);
    buf_put_u32(b, f->out_group);
    buf_put_zeros(b, 4);
    buf_put_u64(b, f->cookie);
    buf_put_u64(b, f->cookie_mask);
    return of13_put_match(b, msg->version, &f->match);
}

/* 'r' is bounded to one entry. */
static enum of_err get_flow(struct rd *r, uint8_t version, struct arena *arena,
                            struct of_flow_stats *s)
{
    enum of_err err;

    rd_skip(r, 2);
    s->table_id = rd_u8(r);
    rd_skip(r, 1);
    s->duration_s = rd_u32(r);
    s->duration_ns = rd_u32(r);
    s->priority = rd_u16(r);
    s->idle_timeout_s = rd_u16(r);
    s->hard_timeout_s = rd_u16(r);
    s->flags = rd_u16(r);
    s->importance = rd_u16(r); /* 1.3: padding. */
    if (version < OF_VERSION_1_4) {
        s->importance = 0;
    }
    rd_skip(r, 2);
    s->cookie = rd_u64(r);
    s->n_packets = rd_u64(r);
    s->n_bytes = rd_u64(r);
    err = of13_get_match(r, version, OF_FROM_SWITCH, &s->match);
    return err ? err : of13_get_instructions(r, version, OF_FROM_SWITCH, arena, &s->ins);
}

enum of_err of13_get_flows(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    enum of_err err = OF_OK;
    struct of_flow_stats *flows;

    if (!of_count_elements(*r, 0, FLOW_STATS_LEN + 8, 8, &q->n)) {
        return OF_ERR_BAD_LEN;
    }
    q->flows = flows = arena_calloc(arena, q->n, sizeof *flows);
    for (size_t i = 0; i < q->n && !err; i++) {
        struct rd head = *r;
        struct rd entry = rd_sub(r, rd_u16(&head));

        err = get_flow(&entry, msg->version, arena, &flows[i]);
    }
    return err;
}

static enum err put_flow(struct buf *b, uint8_t version, const struct of_flow_stats *s)
{
    size_t start = b->len;
    enum err err;

    buf_put_u16(b, 0);
    buf_put_u8(b, s->table_id);
    buf_put_zeros(b, 1);
    buf_put_u32(b, s->duration_s);
    buf_put_u32(b, s->duration_ns);
    buf_put_u16(b, s->priority);
    buf_put_u16(b, s->idle_timeout_s);
    buf_put_u16(b, s->hard_timeout_s);
    buf_put_u16(b, s->flags);
    buf_put_u16(b, version < OF_VERSION_1_4 ? 0 : s->importance);
    buf_put_zeros(b, 2);
    buf_put_u64(b, s->cookie);
    buf_put_u64(b, s->n_packets);
    buf_put_u64(b, s->n_bytes);
    err = of13_put_match(b, version, &s->match);
    if (!err) {
        err = of13_put_instructions(b, version, &s->ins);
    }
    buf_set_u16(b, start, b->len - start);
    return err;
}

enum err of13_put_flows(struct buf *b, const struct of_msg *msg)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < msg->mp_reply.n && !err; i++) {
        err = put_flow(b, msg->version, &msg->mp_reply.flows[i]);
    }
    return err;
}

/* --- Tables, experimenters ---------------------------------------------------------------------- */

enum of_err of13_get_tables(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_multipart_reply *q = &msg->mp_reply;
    struct of_table_stats *tables;

    q->n = r->left / TABLE_STATS_LEN;
    q->tables = tables = arena_calloc(arena, q->n, sizeof *tables);
    for (size_t i = 0; i < q->n; i++) {
        tables[i].table_id = rd_u8(r);
        rd_skip(r, 3);
        tables[i].n_active = rd_u32(r);
        tables[i].n_lookup = rd_u64(r);
        tables[i].n_matched = rd_u64(r);
    }
    return OF_OK;
}

enum err of13_put_tables(struct buf *b, const struct of_msg *msg)
{
    const struct of_multipart_reply *q = &msg->mp_reply;

    for (size_t i = 0; i < q->n; i++) {
        buf_put_u8(b, q->tables[i].table_id);
        buf_put_zeros(b, 3);
        buf_put_u32(b, q->tables[i].n_active);
        buf_put_u64(b, q->tables[i].n_lookup);
        buf_put_u64(b, q->tables[i].n_matched);
    }
    return ERR_OK;
}

static void get_experimenter(struct rd *r, struct of_experimenter *e)
{
    e->experimenter = rd_u32(r);
    e->exp_type = rd_u32(r);
    e->data = of_get_rest(r);
}

static enum err put_experimenter(struct buf *b, const struct of_experimenter *e)
{
    buf_put_u32(b, e->experimenter);
    buf_put_u32(b, e->exp_type);
    of_put_bytes(b, e->data);
    return ERR_OK;
}

static enum of_err get_exp_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    get_experimenter(r, &msg->mp_request.experimenter);
    return OF_OK;
}

static enum of_err get_exp_reply(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    get_experimenter(r, &msg->mp_reply.experimenter);
    return OF_OK;
}

static enum err put_exp_request(struct buf *b, const struct of_msg *msg)
{
    return put_experimenter(b, &msg->mp_request.experimenter);
}

static enum err put_exp_reply(struct buf *b, const struct of_msg *msg)
{
    return put_experimenter(b, &msg->mp_reply.experimenter);
}

/* --- The table ---------------------------------------------------------------------------------- */

const struct of_mp_row of13_multiparts[OF_N_MP_TYPES] = {
    [OF_MP_DESC] = {0, EMPTY, {FIXED, 1056, of_get_desc, of_put_desc}},
    [OF_MP_FLOW] = {1,
                    {VARIABLE, 40, of13_get_filter, of13_put_filter},
                    {VARIABLE, 0, of13_get_flows, of13_put_flows}},
    [OF_MP_AGGREGATE] = {2,
                         {VARIABLE, 40, of13_get_filter, of13_put_filter},
                         {FIXED, 24, of_get_aggregate, of_put_aggregate}},
    [OF_MP_TABLE] = {3, EMPTY, {VARIABLE, 0, of13_get_tables, of13_put_tables}},
    [OF_MP_PORT_STATS] = {4,
                          {FIXED, 8, of13_get_port_stats_request, of13_put_port_stats_request},
                          {VARIABLE, 0, of13_get_port_stats, of13_put_port_stats}},
    [OF_MP_TABLE_FEATURES] = {12,
                              {VARIABLE, 0, of13_get_table_features_request,
                               of13_put_table_features_request},
                              {VARIABLE, 0, of13_get_table_features, of13_put_table_features}},
    [OF_MP_PORT_DESC] = {13, EMPTY, {VARIABLE, 0, of13_get_port_desc, of13_put_port_desc}},
    [OF_MP_QUEUE_STATS] = {5,
                           {FIXED, 8, of13_get_queue_stats_request, of13_put_queue_stats_request},
                           {VARIABLE, 0, of13_get_queue_stats, of13_put_queue_stats}},
    [OF_MP_GROUP_STATS] = {6,
                           {FIXED, 8, of13_get_group_request, of13_put_group_request},
                           {VARIABLE, 0, of13_get_group_stats, of13_put_group_stats}},
    [OF_MP_GROUP_DESC] = {7, EMPTY, {VARIABLE, 0, of13_get_group_desc, of13_put_group_desc}},
    [OF_MP_GROUP_FEATURES] = {8,
                              EMPTY,
                              {FIXED, 40, of13_get_group_features, of13_put_group_features}},
    [OF_MP_METER_STATS] = {9,
                           {FIXED, 8, of13_get_meter_request, of13_put_meter_request},
                           {VARIABLE, 0, of13_get_meter_stats, of13_put_meter_stats}},
    [OF_MP_METER_CONFIG] = {10,
                            {FIXED, 8, of13_get_meter_request, of13_put_meter_request},
                            {VARIABLE, 0, of13_get_meter_config, of13_put_meter_config}},
    [OF_MP_METER_FEATURES] = {11,
                              EMPTY,
                              {FIXED, 16, of13_get_meter_features, of13_put_meter_features}},
    [OF_MP_EXPERIMENTER] = {0xffff,
                            {VARIABLE, 8, get_exp_request, put_exp_request},
                            {VARIABLE, 8, get_exp_reply, put_exp_reply}},
};
