/* The message table of OpenFlow 1.0 and the messages that are not statistics. Clauses are those of
 * the OpenFlow Switch Specification 1.0.0. */
#include "controller/openflow/of_wire.h"

/* --- Error, vendor (§5.4.4, §5.5.4) ------------------------------------------------------------------ */

static enum of_err get_error(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_error *e = &msg->error;

    (void)arena;
    e->type = rd_u16(r);
    e->code = rd_u16(r);
    e->experimenter = 0;
    e->err = of_err_from_wire(OF_VERSION_1_0, e->type, e->code);
    e->data = of_get_rest(r);
    return OF_OK;
}

static enum err put_error(struct buf *b, const struct of_msg *msg)
{
    buf_put_u16(b, msg->error.type);
    buf_put_u16(b, msg->error.code);
    of_put_bytes(b, msg->error.data);
    return ERR_OK;
}

void of10_get_vendor(struct rd *r, struct of_experimenter *e)
{
    e->experimenter = rd_u32(r);
    e->exp_type = r->left >= 4 ? rd_u32(r) : 0;
    e->data = of_get_rest(r);
}

void of10_put_vendor(struct buf *b, const struct of_experimenter *e)
{
    buf_put_u32(b, e->experimenter);
    buf_put_u32(b, e->exp_type);
    of_put_bytes(b, e->data);
}

static enum of_err get_vendor(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    of10_get_vendor(r, &msg->experimenter);
    return OF_OK;
}

static enum err put_vendor(struct buf *b, const struct of_msg *msg)
{
    of10_put_vendor(b, &msg->experimenter);
    return ERR_OK;
}

/* --- Features (§5.3.1) -------------------------------------------------------------------------- */

/* Bits that mean the same in 1.3, and the two that have bits of their own in our form. */
#define COMMON_CAPABILITIES                                                                        \
    (OF_C_FLOW_STATS | OF_C_TABLE_STATS | OF_C_PORT_STATS | OF_C_IP_REASM | OF_C_QUEUE_STATS)
#define C10_STP (1u << 3)
#define C10_ARP_MATCH_IP (1u << 7)

static uint32_t capabilities_from_10(uint32_t c)
{
    return (c & COMMON_CAPABILITIES) | (c & C10_STP ? OF_C_STP : 0u) |
           (c & C10_ARP_MATCH_IP ? OF_C_ARP_MATCH_IP : 0u);
}

static uint32_t capabilities_to_10(uint32_t c)
{
    return (c & COMMON_CAPABILITIES) | (c & OF_C_STP ? C10_STP : 0u) |
           (c & OF_C_ARP_MATCH_IP ? C10_ARP_MATCH_IP : 0u);
}

static enum of_err get_features(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_features *f = &msg->features;
    struct of_port *ports;

    *f = (struct of_features){.dpid = rd_u64(r)};
    f->n_buffers = rd_u32(r);
    f->n_tables = rd_u8(r);
    rd_skip(r, 3);
    f->capabilities = capabilities_from_10(rd_u32(r));
    f->actions = rd_u32(r);
    f->n_ports = r->left / OF10_PORT_LEN;
    f->ports = ports = arena_calloc(arena, f->n_ports, sizeof *ports);
    for (size_t i = 0; i < f->n_ports; i++) {
        of10_get_port(r, &ports[i]);
    }
    return OF_OK;
}

static enum err put_features(struct buf *b, const struct of_msg *msg)
{
    const struct of_features *f = &msg->features;

    buf_put_u64(b, f->dpid);
    buf_put_u32(b, f->n_buffers);
    buf_put_u8(b, f->n_tables);
    buf_put_zeros(b, 3);
    buf_put_u32(b, capabilities_to_10(f->capabilities));
    buf_put_u32(b, f->actions);
    for (size_t i = 0; i < f->n_ports; i++) {
        of10_put_port(b, &f->ports[i]);
    }
    return ERR_OK;
}

/* --- Packets (§5.4.1, §5.3.6) ---------------------------------------------------------------------- */

static enum of_err get_packet_in(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_packet_in *p = &msg->packet_in;
    const uint8_t *head = rd_bytes(r, 10); /* There by the row's least length. */

    (void)arena;
    if (!head) {
        return OF_ERR_BAD_LEN;
    }
    p->buffer_id = be_get32(head);
    p->total_len = be_get16(head + 4);
    p->in_port = of10_port_no(be_get16(head + 6));
    p->reason = (enum of_packet_in_reason)head[8];
    p->table_id = 0;
    p->cookie = UINT64_MAX;
    of_match_clear(&p->match);
    OF_MATCH_SET(&p->match, IN_PORT, in_port, p->in_port);
    p->data = of_get_rest(r);
    return OF_OK;
}

static enum err put_packet_in(struct buf *b, const struct of_msg *msg)
{
    const struct of_packet_in *p = &msg->packet_in;

    if (p->reason == OF_REASON_INVALID_TTL) {
        return ERR_UNSUPPORTED;
    }
    buf_put_u32(b, p->buffer_id);
    buf_put_u16(b, p->total_len);
    of10_put_port_no(b, p->in_port);
    buf_put_u8(b, p->reason);
    buf_put_zeros(b, 1);
    of_put_bytes(b, p->data);
    return ERR_OK;
}

/* Also none, which is ANY in our form (§5.3.6). */
static bool in_port_ok(port_no_t port)
{
    return of10_port_is_ordinary(port) || port == OF_PORT_LOCAL || port == OF_PORT_CONTROLLER ||
           port == OF_PORT_ANY;
}

static enum of_err get_packet_out(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_packet_out *p = &msg->packet_out;
    struct rd actions;
    enum of_err err;

    p->buffer_id = rd_u32(r);
    p->in_port = of10_get_port_no(r);
    of_match_clear(&p->match);
    actions = rd_sub(r, rd_u16(r));
    p->data = of_get_rest(r);
    if (r->failed) {
        return OF_ERR_BAD_LEN;
    }
    if (!in_port_ok(p->in_port)) {
        return OF_ERR_REQ_BAD_PORT;
    }
    err = of10_get_actions(&actions, OF_FROM_CONTROLLER, arena, NULL, &p->actions);
    return !err && p->buffer_id == OF_NO_BUFFER && p->data.len == 0 ? OF_ERR_BAD_PACKET : err;
}

static enum err put_packet_out(struct buf *b, const struct of_msg *msg)
{
    const struct of_packet_out *p = &msg->packet_out;
    uint8_t *head = buf_put_uninit(b, 8);
    size_t start = b->len;
    enum err err;

    be_put32(head, p->buffer_id);
    be_put16(head + 4, of10_wire_port(b, p->in_port));
    err = of10_put_actions(b, &p->actions);
    buf_set_u16(b, start - 2, b->len - start);
    of_put_bytes(b, p->data);
    return err;
}

/* --- Flow entries (§5.3.3, §5.4.2) ------------------------------------------------------------------- */

#define COMMON_FLAGS (OF_FF_SEND_FLOW_REM | OF_FF_CHECK_OVERLAP)
#define F10_EMERG (1u << 2)

static enum of_err get_flags(struct rd *r, uint16_t *flags)
{
    uint16_t f = rd_u16(r);

    *flags = (uint16_t)((f & COMMON_FLAGS) | (f & F10_EMERG ? OF_FF_EMERG : 0));
    return f & ~(COMMON_FLAGS | F10_EMERG) ? OF_ERR_FLOW_BAD_FLAGS : OF_OK;
}

/* Emergency entries are there for as long as the connection is lost (§4.6). */
static enum of_err check_flow_mod(const struct of_flow_mod *f)
{
    if (of_flow_mod_deletes(f->command)) {
        return of10_check_filter(f->out_port);
    }
    if (f->flags & OF_FF_EMERG && (f->idle_timeout_s || f->hard_timeout_s)) {
        return OF_ERR_FLOW_BAD_TIMEOUT;
    }
    return of_check_lasting(&f->ins.apply);
}

static enum of_err get_flow_mod(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_flow_mod *f = &msg->flow_mod;
    enum of_err err = of10_get_match(r, OF_FROM_CONTROLLER, &f->match);
    uint16_t command;

    f->cookie = rd_u64(r);
    f->cookie_mask = 0;
    f->table_id = 0;
    command = rd_u16(r);
    f->command = (enum of_flow_mod_command)command;
    f->idle_timeout_s = rd_u16(r);
    f->hard_timeout_s = rd_u16(r);
    f->priority = rd_u16(r);
    f->buffer_id = rd_u32(r);
    f->out_port = of10_get_port_no(r);
    f->out_group = OF_GROUP_ANY;
    f->importance = 0;
    if (command > OF_FLOW_DELETE_STRICT) {
        return OF_ERR_FLOW_BAD_COMMAND;
    }
    if (!of_flow_mod_deletes(f->command)) {
        f->out_port = OF_PORT_ANY;
    }
    if (!err) {
        err = get_flags(r, &f->flags);
    }
    if (!err) {
        err = of10_get_instructions(r, OF_FROM_CONTROLLER, arena, &f->match, &f->ins);
    }
    return err ? err : check_flow_mod(f);
}

/* 1.0 selects entries neither by cookie nor by group nor by table. */
static bool flow_mod_is_sayable(const struct of_flow_mod *f)
{
    bool selects = f->command != OF_FLOW_ADD;
    bool deletes = of_flow_mod_deletes(f->command);

    return !(f->flags & ~(COMMON_FLAGS | OF_FF_EMERG)) && !(selects && f->cookie_mask) &&
           !(deletes && f->out_group && f->out_group != OF_GROUP_ANY) &&
           (f->table_id == 0 || (deletes && f->table_id == OF_TABLE_ALL));
}

/* Ports count from 1, so a caller that left 0 there restricts nothing. */
static port_no_t out_port(const struct of_flow_mod *f)
{
    return of_flow_mod_deletes(f->command) && f->out_port ? f->out_port : OF_PORT_ANY;
}

static enum err put_flow_mod(struct buf *b, const struct of_msg *msg)
{
    const struct of_flow_mod *f = &msg->flow_mod;
    enum err err;

    if (!flow_mod_is_sayable(f)) {
        return ERR_UNSUPPORTED;
    }
    err = of10_put_match(b, &f->match);
    buf_put_u64(b, f->cookie);
    buf_put_u16(b, f->command);
    buf_put_u16(b, f->idle_timeout_s);
    buf_put_u16(b, f->hard_timeout_s);
    buf_put_u16(b, f->priority);
    buf_put_u32(b, f->buffer_id);
    of10_put_port_no(b, out_port(f));
    buf_put_u16(b, (f->flags & COMMON_FLAGS) | (f->flags & OF_FF_EMERG ? F10_EMERG : 0u));
    return err ? err : of10_put_instructions(b, &f->ins);
}

static enum of_err get_flow_removed(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_flow_removed *f = &msg->flow_removed;
    enum of_err err = of10_get_match(r, OF_FROM_SWITCH, &f->match);

    (void)arena;
    f->cookie = rd_u64(r);
    f->priority = rd_u16(r);
    f->reason = (enum of_flow_removed_reason)rd_u8(r);
    rd_skip(r, 1);
    f->table_id = 0;
    f->duration_s = rd_u32(r);
    f->duration_ns = rd_u32(r);
    f->idle_timeout_s = rd_u16(r);
    f->hard_timeout_s = 0;
    rd_skip(r, 2);
    f->n_packets = rd_u64(r);
    f->n_bytes = rd_u64(r);
    return err;
}

static enum err put_flow_removed(struct buf *b, const struct of_msg *msg)
{
    const struct of_flow_removed *f = &msg->flow_removed;
    enum err err = of10_put_match(b, &f->match);

    if (f->reason == OF_REMOVED_GROUP_DELETE) {
        return ERR_UNSUPPORTED;
    }
    buf_put_u64(b, f->cookie);
    buf_put_u16(b, f->priority);
    buf_put_u8(b, f->reason);
    buf_put_zeros(b, 1);
    buf_put_u32(b, f->duration_s);
    buf_put_u32(b, f->duration_ns);
    buf_put_u16(b, f->idle_timeout_s);
    buf_put_zeros(b, 2);
    buf_put_u64(b, f->n_packets);
    buf_put_u64(b, f->n_bytes);
    return err;
}

/* --- Port status (§5.4.3) ----------------------------------------------------------------------- */

static enum of_err get_port_status(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    (void)arena;
    msg->port_status.reason = (enum of_port_reason)rd_u8(r);
    rd_skip(r, 7);
    of10_get_port(r, &msg->port_status.port);
    return OF_OK;
}

static enum err put_port_status(struct buf *b, const struct of_msg *msg)
{
    buf_put_u8(b, msg->port_status.reason);
    buf_put_zeros(b, 7);
    of10_put_port(b, &msg->port_status.port);
    return ERR_OK;
}

/* --- The table ---------------------------------------------------------------------------------- */

const struct of_row of10_rows[OF_N_TYPES] = {
    [OF_HELLO] = OF_ROW(0, VARIABLE, 8, of_get_hello, of_put_hello),
    [OF_ERROR] = OF_ROW(1, VARIABLE, 12, get_error, put_error),
    [OF_ECHO_REQUEST] = OF_ROW(2, VARIABLE, 8, of_get_echo, of_put_echo),
    [OF_ECHO_REPLY] = OF_ROW(3, VARIABLE, 8, of_get_echo, of_put_echo),
    [OF_EXPERIMENTER] = OF_ROW(4, VARIABLE, 12, get_vendor, put_vendor),
    [OF_FEATURES_REQUEST] = OF_ROW(5, FIXED, 8, NULL, NULL),
    [OF_FEATURES_REPLY] = OF_ROW(6, VARIABLE, 32, get_features, put_features),
    [OF_GET_CONFIG_REQUEST] = OF_ROW(7, FIXED, 8, NULL, NULL),
    [OF_GET_CONFIG_REPLY] = OF_ROW(8, FIXED, 12, of_get_config, of_put_config),
    [OF_SET_CONFIG] = OF_ROW(9, FIXED, 12, of_get_config, of_put_config),
    [OF_PACKET_IN] = OF_ROW(10, VARIABLE, 18, get_packet_in, put_packet_in),
    [OF_FLOW_REMOVED] = OF_ROW(11, FIXED, 88, get_flow_removed, put_flow_removed),
    [OF_PORT_STATUS] = OF_ROW(12, FIXED, 64, get_port_status, put_port_status),
    [OF_PACKET_OUT] = OF_ROW(13, VARIABLE, 16, get_packet_out, put_packet_out),
    [OF_FLOW_MOD] = OF_ROW(14, VARIABLE, 72, get_flow_mod, put_flow_mod),
    [OF_MULTIPART_REQUEST] = OF_ROW(16, VARIABLE, 12, of_get_mp_request, of_put_mp_request),
    [OF_MULTIPART_REPLY] = OF_ROW(17, VARIABLE, 12, of_get_mp_reply, of_put_mp_reply),
    [OF_BARRIER_REQUEST] = OF_ROW(18, FIXED, 8, NULL, NULL),
    [OF_BARRIER_REPLY] = OF_ROW(19, FIXED, 8, NULL, NULL),
    [OF_PORT_MOD] = OF_ROW(15, FIXED, 32, of10_get_port_mod, of10_put_port_mod),
    [OF_QUEUE_GET_CONFIG_REQUEST] =
        OF_ROW(20, FIXED, 12, of10_get_queue_config_request, of10_put_queue_config_request),
    [OF_QUEUE_GET_CONFIG_REPLY] =
        OF_ROW(21, VARIABLE, 16, of10_get_queue_config, of10_put_queue_config),
};
