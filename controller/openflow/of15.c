/* The message table of OpenFlow 1.5 and its packet-out. What looks as it did in an earlier version is
 * that version's. */
#include "controller/openflow/of_wire.h"

/* --- Packet-out (1.5 §7.3.6) ---------------------------------------------------------------------- */

/* What a packet has before its headers are looked at. */
#define PIPELINE_FIELDS                                                                            \
    (OF_BIT(IN_PORT) | OF_BIT(IN_PHY_PORT) | OF_BIT(METADATA) | OF_BIT(TUNNEL_ID) |                \
     OF_BIT(ACTSET_OUTPUT) | OF_BIT(PACKET_TYPE))

/* The port is one of the match's fields on the wire, and in a member of its own here. */
static enum of_err get_pipeline_fields(struct rd *r, struct of_packet_out *p)
{
    enum of_err err = of13_get_match(r, OF_VERSION_1_5, OF_FROM_CONTROLLER, &p->match);

    p->in_port = of_match_has(&p->match, OF_FIELD_IN_PORT) ? p->match.v.in_port : OF_PORT_ANY;
    if (err && err != OF_ERR_MATCH_BAD_VALUE) {
        return err;
    }
    if (!of_port_is_input(p->in_port) && (!err || p->in_port != OF_PORT_ANY)) {
        return OF_ERR_REQ_BAD_PORT;
    }
    if (err) {
        return err;
    }
    p->match.present &= ~OF_BIT(IN_PORT);
    return p->match.present & ~PIPELINE_FIELDS ? OF_ERR_PIPELINE_FIELDS_ONLY : OF_OK;
}

static enum of_err get_packet_out(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_packet_out *p = &msg->packet_out;
    struct rd actions;
    size_t actions_len;
    enum of_err err;

    p->buffer_id = rd_u32(r);
    actions_len = rd_u16(r);
    rd_skip(r, 2);
    err = get_pipeline_fields(r, p);
    if (err) {
        return err;
    }
    actions = rd_sub(r, actions_len);
    p->data = of_get_rest(r);
    if (r->failed) {
        return OF_ERR_BAD_LEN;
    }
    err = of13_get_actions(&actions, OF_VERSION_1_5, OF_FROM_CONTROLLER, arena, &p->actions);
    return !err && p->buffer_id == OF_NO_BUFFER && p->data.len == 0 ? OF_ERR_BAD_PACKET : err;
}

static enum err put_packet_out(struct buf *b, const struct of_msg *msg)
{
    const struct of_packet_out *p = &msg->packet_out;
    struct of_match match = p->match;
    size_t len_at, start;
    enum err err;

    if (match.present & ~PIPELINE_FIELDS) {
        return ERR_RANGE;
    }
    OF_MATCH_SET(&match, IN_PORT, in_port, p->in_port);
    buf_put_u32(b, p->buffer_id);
    len_at = b->len;
    buf_put_zeros(b, 4);
    err = of13_put_match(b, OF_VERSION_1_5, &match);
    if (err) {
        return err;
    }
    start = b->len;
    err = of13_put_actions(b, OF_VERSION_1_5, &p->actions);
    buf_set_u16(b, len_at, b->len - start);
    of_put_bytes(b, p->data);
    return err;
}

/* --- Multiparts --------------------------------------------------------------------------------- */

static enum of_err get_mp_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    return of_mp_get_request(&of15_multiparts, r, arena, &msg->mp_request);
}

static enum err put_mp_request(struct buf *b, const struct of_msg *msg)
{
    return of_mp_put_request(&of15_multiparts, b, &msg->mp_request);
}

static enum of_err get_mp_reply(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    return of_mp_get_reply(&of15_multiparts, r, arena, &msg->mp_reply);
}

static enum err put_mp_reply(struct buf *b, const struct of_msg *msg)
{
    return of_mp_put_reply(&of15_multiparts, b, &msg->mp_reply);
}

/* --- The table ---------------------------------------------------------------------------------- */

#define ROW(number, kind, len, get, put)                                                           \
    {                                                                                              \
        number, true, kind, len, get, put                                                          \
    }
#define FIXED true
#define VARIABLE false

const struct of_row of15_rows[OF_N_TYPES] = {
    [OF_HELLO] = ROW(0, VARIABLE, 8, of_get_hello, of_put_hello),
    [OF_ERROR] = ROW(1, VARIABLE, 12, of13_get_error, of13_put_error),
    [OF_ECHO_REQUEST] = ROW(2, VARIABLE, 8, of_get_echo, of_put_echo),
    [OF_ECHO_REPLY] = ROW(3, VARIABLE, 8, of_get_echo, of_put_echo),
    [OF_EXPERIMENTER] = ROW(4, VARIABLE, 16, of13_get_experimenter, of13_put_experimenter),
    [OF_FEATURES_REQUEST] = ROW(5, FIXED, 8, NULL, NULL),
    [OF_FEATURES_REPLY] = ROW(6, FIXED, 32, of13_get_features, of13_put_features),
    [OF_GET_CONFIG_REQUEST] = ROW(7, FIXED, 8, NULL, NULL),
    [OF_GET_CONFIG_REPLY] = ROW(8, FIXED, 12, of_get_config, of_put_config),
    [OF_SET_CONFIG] = ROW(9, FIXED, 12, of_get_config, of_put_config),
    [OF_PACKET_IN] = ROW(10, VARIABLE, 34, of13_get_packet_in, of13_put_packet_in),
    [OF_FLOW_REMOVED] = ROW(11, VARIABLE, 40, of15_get_flow_removed, of15_put_flow_removed),
    [OF_PORT_STATUS] = ROW(12, VARIABLE, 56, of14_get_port_status, of14_put_port_status),
    [OF_PACKET_OUT] = ROW(13, VARIABLE, 24, get_packet_out, put_packet_out),
    [OF_FLOW_MOD] = ROW(14, VARIABLE, 56, of13_get_flow_mod, of13_put_flow_mod),
    [OF_GROUP_MOD] = ROW(15, VARIABLE, 24, of15_get_group_mod, of15_put_group_mod),
    [OF_PORT_MOD] = ROW(16, VARIABLE, 32, of14_get_port_mod, of14_put_port_mod),
    [OF_TABLE_MOD] = ROW(17, VARIABLE, 16, of14_get_table_mod, of14_put_table_mod),
    [OF_MULTIPART_REQUEST] = ROW(18, VARIABLE, 16, get_mp_request, put_mp_request),
    [OF_MULTIPART_REPLY] = ROW(19, VARIABLE, 16, get_mp_reply, put_mp_reply),
    [OF_BARRIER_REQUEST] = ROW(20, FIXED, 8, NULL, NULL),
    [OF_BARRIER_REPLY] = ROW(21, FIXED, 8, NULL, NULL),
    [OF_ROLE_REQUEST] = ROW(24, FIXED, 24, of15_get_role, of15_put_role),
    [OF_ROLE_REPLY] = ROW(25, FIXED, 24, of15_get_role, of15_put_role),
    [OF_GET_ASYNC_REQUEST] = ROW(26, FIXED, 8, NULL, NULL),
    [OF_GET_ASYNC_REPLY] = ROW(27, VARIABLE, 8, of14_get_async, of14_put_async),
    [OF_SET_ASYNC] = ROW(28, VARIABLE, 8, of14_get_async, of14_put_async),
    [OF_METER_MOD] = ROW(29, VARIABLE, 16, of13_get_meter_mod, of13_put_meter_mod),
    [OF_ROLE_STATUS] = ROW(30, VARIABLE, 24, of14_get_role_status, of14_put_role_status),
    [OF_TABLE_STATUS] = ROW(31, VARIABLE, 24, of14_get_table_status, of14_put_table_status),
    [OF_REQUESTFORWARD] = ROW(32, VARIABLE, 16, of14_get_requestforward, of14_put_requestforward),
    [OF_BUNDLE_CONTROL] = ROW(33, VARIABLE, 16, of14_get_bundle_control, of14_put_bundle_control),
    [OF_BUNDLE_ADD_MESSAGE] = ROW(34, VARIABLE, 24, of14_get_bundle_add, of14_put_bundle_add),
    [OF_CONTROLLER_STATUS] =
        ROW(35, VARIABLE, 24, of15_get_controller_status, of15_put_controller_status),
};
