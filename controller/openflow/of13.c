/* The message table of OpenFlow 1.3 and the messages that are not multiparts. Those with the prefix
 * "of13" look alike in 1.4. */
#include "controller/openflow/of_wire.h"

/* --- Error, experimenter (§7.4.4, §7.5.4) ----------------------------------------------------------- */

#define ERROR_TYPE_EXPERIMENTER 0xffff

enum of_err of13_get_error(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_error *e = &msg->error;

    (void)arena;
    e->type = rd_u16(r);
    e->code = rd_u16(r);
    e->experimenter = e->type == ERROR_TYPE_EXPERIMENTER ? rd_u32(r) : 0;
    e->err = of_err_from_wire(msg->version, e->type, e->code);
    e->data = of_get_rest(r);
    return OF_OK;
}

enum err of13_put_error(struct buf *b, const struct of_msg *msg)
{
    buf_put_u16(b, msg->error.type);
    buf_put_u16(b, msg->error.code);
    if (msg->error.type == ERROR_TYPE_EXPERIMENTER) {
        buf_put_u32(b, msg->error.experimenter);
    }
    of_put_bytes(b, msg->error.data);
    return ERR_OK;
}

enum of_err of13_get_experimenter(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    msg->experimenter.experimenter = rd_u32(r);
    msg->experimenter.exp_type = rd_u32(r);
    msg->experimenter.data = of_get_rest(r);
    return OF_OK;
}

enum err of13_put_experimenter(struct buf *b, const struct of_msg *msg)
{
    buf_put_u32(b, msg->experimenter.experimenter);
    buf_put_u32(b, msg->experimenter.exp_type);
    of_put_bytes(b, msg->experimenter.data);
    return ERR_OK;
}

/* --- Features (§7.3.1) -------------------------------------------------------------------------- */

#define CAPABILITY_BITS                                                                            \
    (OF_C_FLOW_STATS | OF_C_TABLE_STATS | OF_C_PORT_STATS | OF_C_GROUP_STATS | OF_C_IP_REASM |     \
     OF_C_QUEUE_STATS | OF_C_PORT_BLOCKED)

enum of_err of13_get_features(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_features *f = &msg->features;

    (void)arena;
    *f = (struct of_features){.dpid = rd_u64(r)};
    f->n_buffers = rd_u32(r);
    f->n_tables = rd_u8(r);
    f->auxiliary_id = rd_u8(r);
    rd_skip(r, 2);
    f->capabilities = rd_u32(r) & CAPABILITY_BITS;
    rd_skip(r, 4);
    return OF_OK;
}

enum err of13_put_features(struct buf *b, const struct of_msg *msg)
{
    const struct of_features *f = &msg->features;

    buf_put_u64(b, f->dpid);
    buf_put_u32(b, f->n_buffers);
    buf_put_u8(b, f->n_tables);
    buf_put_u8(b, f->auxiliary_id);
    buf_put_zeros(b, 2);
    buf_put_u32(b, f->capabilities & CAPABILITY_BITS);
    buf_put_zeros(b, 4);
    return ERR_OK;
}

/* --- Packets (§7.4.1, §7.3.7) ---------------------------------------------------------------------- */

/* Why a packet is sent that actions send, 1.3 does not say closer. */
static enum of_packet_in_reason packet_in_reason(uint8_t version, unsigned reason)
{
    return version < OF_VERSION_1_4 && reason >= OF_REASON_ACTION_SET &&
                   reason <= OF_REASON_PACKET_OUT
               ? OF_REASON_ACTION
               : (enum of_packet_in_reason)reason;
}

enum of_err of13_get_packet_in(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_packet_in *p = &msg->packet_in;
    const uint8_t *head = rd_bytes(r, 16); /* There by the row's least length. */
    enum of_err err;

    (void)arena;
    if (!head) {
        return OF_ERR_BAD_LEN;
    }
    p->buffer_id = be_get32(head);
    p->total_len = be_get16(head + 4);
    p->reason = packet_in_reason(msg->version, head[6]);
    p->table_id = head[7];
    p->cookie = be_get64(head + 8);
    err = of13_get_match(r, msg->version, OF_FROM_SWITCH, &p->match);
    if (err) {
        return err;
    }
    if (p->match.masked & UINT64_C(1) << OF_FIELD_IN_PORT) { /* It came in at one (§7.4.1). */
        return OF_ERR_MATCH_BAD_MASK;
    }
    rd_skip(r, 2);
    p->in_port = of_match_has(&p->match, OF_FIELD_IN_PORT) ? p->match.v.in_port : OF_PORT_ANY;
    p->data = of_get_rest(r);
    return OF_OK;
}

/* On the wire the port is one of the match's fields. */
static enum err put_pipeline_fields(struct buf *b, uint8_t version, const struct of_packet_in *p)
{
    struct of_match match;

    if (!(p->match.present & ~OF_BIT(IN_PORT)) && !p->match.masked && p->in_port != OF_PORT_ANY) {
        of_match_clear(&match);
    } else {
        match = p->match;
    }
    if (p->in_port != OF_PORT_ANY) {
        OF_MATCH_SET(&match, IN_PORT, in_port, p->in_port);
    }
    return of13_put_match(b, version, &match);
}

enum err of13_put_packet_in(struct buf *b, const struct of_msg *msg)
{
    const struct of_packet_in *p = &msg->packet_in;
    uint8_t *head = buf_put_uninit(b, 16);
    enum err err;

    be_put32(head, p->buffer_id);
    be_put16(head + 4, p->total_len);
    head[6] = (uint8_t)packet_in_reason(msg->version, p->reason);
    head[7] = p->table_id;
    be_put64(head + 8, p->cookie);
    err = put_pipeline_fields(b, msg->version, p);
    buf_put_zeros(b, 2);
    of_put_bytes(b, p->data);
    return err;
}

enum of_err of13_get_packet_out(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_packet_out *p = &msg->packet_out;
    struct rd actions;
    size_t actions_len;
    enum of_err err;

    p->buffer_id = rd_u32(r);
    p->in_port = rd_u32(r);
    of_match_clear(&p->match);
    actions_len = rd_u16(r);
    rd_skip(r, 6);
    actions = rd_sub(r, actions_len);
    p->data = of_get_rest(r);
    if (r->failed) {
        return OF_ERR_BAD_LEN;
    }
    if (!of_port_is_input(p->in_port)) {
        return OF_ERR_REQ_BAD_PORT;
    }
    err = of13_get_actions(&actions, msg->version, OF_FROM_CONTROLLER, arena, &p->actions);
    return !err && p->buffer_id == OF_NO_BUFFER && p->data.len == 0 ? OF_ERR_BAD_PACKET : err;
}

enum err of13_put_packet_out(struct buf *b, const struct of_msg *msg)
{
    const struct of_packet_out *p = &msg->packet_out;
    uint8_t *head;
    size_t start;
    enum err err;

    if (p->match.present) {
        return ERR_UNSUPPORTED;
    }
    head = buf_put_uninit(b, 16);
    be_put32(head, p->buffer_id);
    be_put32(head + 4, p->in_port);
    be_put64(head + 8, 0);
    start = b->len;
    err = of13_put_actions(b, msg->version, &p->actions);
    buf_set_u16(b, start - 8, b->len - start);
    of_put_bytes(b, p->data);
    return err;
}

/* --- Flow entries (§7.3.4.1, §7.4.2) ----------------------------------------------------------------- */

#define FLOW_FLAGS                                                                                 \
    (OF_FF_SEND_FLOW_REM | OF_FF_CHECK_OVERLAP | OF_FF_RESET_COUNTS | OF_FF_NO_PKT_COUNTS |        \
     OF_FF_NO_BYT_COUNTS)

enum of_err of13_get_flow_mod(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_flow_mod *f = &msg->flow_mod;
    const uint8_t *head = rd_bytes(r, 40); /* There by the row's least length. */
    uint8_t command;
    enum of_err err;

    if (!head) {
        return OF_ERR_BAD_LEN;
    }
    f->cookie = be_get64(head);
    f->cookie_mask = be_get64(head + 8);
    f->table_id = head[16];
    command = head[17];
    f->command = (enum of_flow_mod_command)command;
    f->idle_timeout_s = be_get16(head + 18);
    f->hard_timeout_s = be_get16(head + 20);
    f->priority = be_get16(head + 22);
    f->buffer_id = be_get32(head + 24);
    f->out_port = be_get32(head + 28);
    f->out_group = be_get32(head + 32);
    f->flags = be_get16(head + 36);
    f->importance = msg->version < OF_VERSION_1_4 ? 0 : be_get16(head + 38); /* 1.3: padding. */
    if (command > OF_FLOW_DELETE_STRICT) {
        return OF_ERR_FLOW_BAD_COMMAND;
    }
    if (f->flags & ~FLOW_FLAGS) {
        return OF_ERR_FLOW_BAD_FLAGS;
    }
    if (f->table_id > OF_TABLE_MAX && !of_flow_mod_deletes(f->command)) {
        return OF_ERR_FLOW_BAD_TABLE_ID;
    }
    if (!of_flow_mod_deletes(f->command)) {
        f->out_port = OF_PORT_ANY;
        f->out_group = OF_GROUP_ANY;
    }
    err = of13_get_match(r, msg->version, OF_FROM_CONTROLLER, &f->match);
    if (!err) {
        err = of13_get_instructions(r, msg->version, OF_FROM_CONTROLLER, arena, &f->ins);
    }
    return err ? err : of_check_flow_mod(f);
}

/* Only deletions are restricted to entries with an output. Port 0 does not exist (§7.2.1), so a
 * caller that left it there restricts nothing. */
static void put_out_filter(uint8_t *p, bool is_used, port_no_t port, uint32_t group)
{
    be_put32(p, is_used && port ? port : OF_PORT_ANY);
    be_put32(p + 4, is_used ? group : OF_GROUP_ANY);
}

enum err of13_put_flow_mod(struct buf *b, const struct of_msg *msg)
{
    const struct of_flow_mod *f = &msg->flow_mod;
    uint8_t *head;
    enum err err;

    if (f->flags & ~FLOW_FLAGS) {
        return ERR_UNSUPPORTED;
    }
    head = buf_put_uninit(b, 40);
    be_put64(head, f->cookie);
    be_put64(head + 8, f->cookie_mask);
    head[16] = f->table_id;
    head[17] = (uint8_t)f->command;
    be_put16(head + 18, f->idle_timeout_s);
    be_put16(head + 20, f->hard_timeout_s);
    be_put16(head + 22, f->priority);
    be_put32(head + 24, f->buffer_id);
    put_out_filter(head + 28, of_flow_mod_deletes(f->command), f->out_port, f->out_group);
    be_put16(head + 36, f->flags);
    be_put16(head + 38, msg->version < OF_VERSION_1_4 ? 0 : f->importance);
    err = of13_put_match(b, msg->version, &f->match);
    return err ? err : of13_put_instructions(b, msg->version, &f->ins);
}

/* An entry that went with its meter, or was evicted, is a deleted one for 1.3. */
static enum of_flow_removed_reason removed_reason(uint8_t version, unsigned reason)
{
    return version < OF_VERSION_1_4 &&
                   (reason == OF_REMOVED_METER_DELETE || reason == OF_REMOVED_EVICTION)
               ? OF_REMOVED_DELETE
               : (enum of_flow_removed_reason)reason;
}

enum of_err of13_get_flow_removed(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_flow_removed *f = &msg->flow_removed;
    const uint8_t *head = rd_bytes(r, 40); /* There by the row's least length. */

    (void)arena;
    if (!head) {
        return OF_ERR_BAD_LEN;
    }
    f->cookie = be_get64(head);
    f->priority = be_get16(head + 8);
    f->reason = removed_reason(msg->version, head[10]);
    f->table_id = head[11];
    f->duration_s = be_get32(head + 12);
    f->duration_ns = be_get32(head + 16);
    f->idle_timeout_s = be_get16(head + 20);
    f->hard_timeout_s = be_get16(head + 22);
    f->n_packets = be_get64(head + 24);
    f->n_bytes = be_get64(head + 32);
    return of13_get_match(r, msg->version, OF_FROM_SWITCH, &f->match);
}

enum err of13_put_flow_removed(struct buf *b, const struct of_msg *msg)
{
    const struct of_flow_removed *f = &msg->flow_removed;

    uint8_t *head = buf_put_uninit(b, 40);

    be_put64(head, f->cookie);
    be_put16(head + 8, f->priority);
    head[10] = (uint8_t)removed_reason(msg->version, f->reason);
    head[11] = f->table_id;
    be_put32(head + 12, f->duration_s);
    be_put32(head + 16, f->duration_ns);
    be_put16(head + 20, f->idle_timeout_s);
    be_put16(head + 22, f->hard_timeout_s);
    be_put64(head + 24, f->n_packets);
    be_put64(head + 32, f->n_bytes);
    return of13_put_match(b, msg->version, &f->match);
}

/* --- Ports, tables, roles (§7.4.3, §7.3.3, §7.3.9) -------------------------------------------------- */

static enum of_err get_port_status(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    msg->port_status.reason = (enum of_port_reason)rd_u8(r);
    rd_skip(r, 7);
    of13_get_port(r, &msg->port_status.port);
    return OF_OK;
}

static enum err put_port_status(struct buf *b, const struct of_msg *msg)
{
    buf_put_u8(b, msg->port_status.reason);
    buf_put_zeros(b, 7);
    of13_put_port(b, &msg->port_status.port);
    return ERR_OK;
}

#define TABLE_CONFIG_BITS 3u /* OFPTC_DEPRECATED_MASK. */

static enum of_err get_table_mod(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    msg->table_mod = (struct of_table_mod){.table_id = rd_u8(r)};
    rd_skip(r, 3);
    msg->table_mod.config = rd_u32(r);
    return msg->table_mod.config & ~TABLE_CONFIG_BITS ? OF_ERR_TABLE_BAD_CONFIG : OF_OK;
}

static enum err put_table_mod(struct buf *b, const struct of_msg *msg)
{
    if (msg->table_mod.config & ~TABLE_CONFIG_BITS || msg->table_mod.has_eviction ||
        msg->table_mod.has_vacancy) {
        return ERR_UNSUPPORTED;
    }
    buf_put_u8(b, msg->table_mod.table_id);
    buf_put_zeros(b, 3);
    buf_put_u32(b, msg->table_mod.config);
    return ERR_OK;
}

enum of_err of13_get_role(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    uint32_t role = rd_u32(r);

    (void)arena;
    rd_skip(r, 4);
    msg->role.role = (enum of_role)role;
    msg->role.short_id = 0;
    msg->role.generation_id = rd_u64(r);
    return role > OF_ROLE_SLAVE ? OF_ERR_ROLE_BAD_ROLE : OF_OK;
}

enum err of13_put_role(struct buf *b, const struct of_msg *msg)
{
    buf_put_u32(b, msg->role.role);
    buf_put_zeros(b, 4);
    buf_put_u64(b, msg->role.generation_id);
    return ERR_OK;
}

/* --- The table ---------------------------------------------------------------------------------- */

const struct of_row of13_rows[OF_N_TYPES] = {
    [OF_HELLO] = OF_ROW(0, VARIABLE, 8, of_get_hello, of_put_hello),
    [OF_ERROR] = OF_ROW(1, VARIABLE, 12, of13_get_error, of13_put_error),
    [OF_ECHO_REQUEST] = OF_ROW(2, VARIABLE, 8, of_get_echo, of_put_echo),
    [OF_ECHO_REPLY] = OF_ROW(3, VARIABLE, 8, of_get_echo, of_put_echo),
    [OF_EXPERIMENTER] = OF_ROW(4, VARIABLE, 16, of13_get_experimenter, of13_put_experimenter),
    [OF_FEATURES_REQUEST] = OF_ROW(5, FIXED, 8, NULL, NULL),
    [OF_FEATURES_REPLY] = OF_ROW(6, FIXED, 32, of13_get_features, of13_put_features),
    [OF_GET_CONFIG_REQUEST] = OF_ROW(7, FIXED, 8, NULL, NULL),
    [OF_GET_CONFIG_REPLY] = OF_ROW(8, FIXED, 12, of_get_config, of_put_config),
    [OF_SET_CONFIG] = OF_ROW(9, FIXED, 12, of_get_config, of_put_config),
    [OF_PACKET_IN] = OF_ROW(10, VARIABLE, 34, of13_get_packet_in, of13_put_packet_in),
    [OF_FLOW_REMOVED] = OF_ROW(11, VARIABLE, 56, of13_get_flow_removed, of13_put_flow_removed),
    [OF_PORT_STATUS] = OF_ROW(12, FIXED, 80, get_port_status, put_port_status),
    [OF_PACKET_OUT] = OF_ROW(13, VARIABLE, 24, of13_get_packet_out, of13_put_packet_out),
    [OF_FLOW_MOD] = OF_ROW(14, VARIABLE, 56, of13_get_flow_mod, of13_put_flow_mod),
    [OF_TABLE_MOD] = OF_ROW(17, FIXED, 16, get_table_mod, put_table_mod),
    [OF_MULTIPART_REQUEST] = OF_ROW(18, VARIABLE, 16, of_get_mp_request, of_put_mp_request),
    [OF_MULTIPART_REPLY] = OF_ROW(19, VARIABLE, 16, of_get_mp_reply, of_put_mp_reply),
    [OF_BARRIER_REQUEST] = OF_ROW(20, FIXED, 8, NULL, NULL),
    [OF_BARRIER_REPLY] = OF_ROW(21, FIXED, 8, NULL, NULL),
    [OF_ROLE_REQUEST] = OF_ROW(24, FIXED, 24, of13_get_role, of13_put_role),
    [OF_ROLE_REPLY] = OF_ROW(25, FIXED, 24, of13_get_role, of13_put_role),
    [OF_PORT_MOD] = OF_ROW(16, FIXED, 40, of13_get_port_mod, of13_put_port_mod),
    [OF_GROUP_MOD] = OF_ROW(15, VARIABLE, 16, of13_get_group_mod, of13_put_group_mod),
    [OF_METER_MOD] = OF_ROW(29, VARIABLE, 16, of13_get_meter_mod, of13_put_meter_mod),
    [OF_QUEUE_GET_CONFIG_REQUEST] =
        OF_ROW(22, FIXED, 16, of13_get_queue_config_request, of13_put_queue_config_request),
    [OF_QUEUE_GET_CONFIG_REPLY] =
        OF_ROW(23, VARIABLE, 16, of13_get_queue_config, of13_put_queue_config),
    [OF_GET_ASYNC_REQUEST] = OF_ROW(26, FIXED, 8, NULL, NULL),
    [OF_GET_ASYNC_REPLY] = OF_ROW(27, FIXED, 32, of13_get_async, of13_put_async),
    [OF_SET_ASYNC] = OF_ROW(28, FIXED, 32, of13_get_async, of13_put_async),
};
