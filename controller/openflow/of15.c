/* The message table of OpenFlow 1.5 and its packet-out. What looks as it did in an earlier version is
 * that version's. */
#include "controller/openflow/of_wire.h"

#define METER_FEATURES_13_LEN 16

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

/* --- Multiparts with small changes ------------------------------------------------------------------ */

/* Before 1.5 the request had no port and asked for all; port 0 does not exist (§7.2.1), so a caller
 * that left it there asks for all. */
static enum err put_port_desc_request(struct buf *b, const struct of_msg *msg)
{
    port_no_t port = msg->mp_request.port_no;

    buf_put_u32(b, port ? port : OF_PORT_ANY);
    buf_put_zeros(b, 4);
    return ERR_OK;
}

/* 1.5 says besides where the action of a meter can stand. Open vSwitch leaves that out. */
static enum of_err get_meter_features(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct rd head = rd_sub(r, METER_FEATURES_13_LEN);
    enum of_err err = of13_get_meter_features(&head, arena, msg);

    if (!err && r->left) {
        msg->mp_reply.meter_features.features = rd_u32(r);
        rd_skip(r, 4);
    }
    return err;
}

static enum err put_meter_features(struct buf *b, const struct of_msg *msg)
{
    enum err err = of13_put_meter_features(b, msg);

    buf_put_u32(b, msg->mp_reply.meter_features.features);
    buf_put_zeros(b, 4);
    return err;
}

/* --- The table ---------------------------------------------------------------------------------- */

const struct of_row of15_rows[OF_N_TYPES] = {
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
    [OF_FLOW_REMOVED] = OF_ROW(11, VARIABLE, 40, of15_get_flow_removed, of15_put_flow_removed),
    [OF_PORT_STATUS] = OF_ROW(12, VARIABLE, 56, of14_get_port_status, of14_put_port_status),
    [OF_PACKET_OUT] = OF_ROW(13, VARIABLE, 24, get_packet_out, put_packet_out),
    [OF_FLOW_MOD] = OF_ROW(14, VARIABLE, 56, of13_get_flow_mod, of13_put_flow_mod),
    [OF_GROUP_MOD] = OF_ROW(15, VARIABLE, 24, of15_get_group_mod, of15_put_group_mod),
    [OF_PORT_MOD] = OF_ROW(16, VARIABLE, 32, of14_get_port_mod, of14_put_port_mod),
    [OF_TABLE_MOD] = OF_ROW(17, VARIABLE, 16, of14_get_table_mod, of14_put_table_mod),
    [OF_MULTIPART_REQUEST] = OF_ROW(18, VARIABLE, 16, of_get_mp_request, of_put_mp_request),
    [OF_MULTIPART_REPLY] = OF_ROW(19, VARIABLE, 16, of_get_mp_reply, of_put_mp_reply),
    [OF_BARRIER_REQUEST] = OF_ROW(20, FIXED, 8, NULL, NULL),
    [OF_BARRIER_REPLY] = OF_ROW(21, FIXED, 8, NULL, NULL),
    [OF_ROLE_REQUEST] = OF_ROW(24, FIXED, 24, of15_get_role, of15_put_role),
    [OF_ROLE_REPLY] = OF_ROW(25, FIXED, 24, of15_get_role, of15_put_role),
    [OF_GET_ASYNC_REQUEST] = OF_ROW(26, FIXED, 8, NULL, NULL),
    [OF_GET_ASYNC_REPLY] = OF_ROW(27, VARIABLE, 8, of14_get_async, of14_put_async),
    [OF_SET_ASYNC] = OF_ROW(28, VARIABLE, 8, of14_get_async, of14_put_async),
    [OF_METER_MOD] = OF_ROW(29, VARIABLE, 16, of13_get_meter_mod, of13_put_meter_mod),
    [OF_ROLE_STATUS] = OF_ROW(30, VARIABLE, 24, of14_get_role_status, of14_put_role_status),
    [OF_TABLE_STATUS] = OF_ROW(31, VARIABLE, 24, of14_get_table_status, of14_put_table_status),
    [OF_REQUESTFORWARD] =
        OF_ROW(32, VARIABLE, 16, of14_get_requestforward, of14_put_requestforward),
    [OF_BUNDLE_CONTROL] =
        OF_ROW(33, VARIABLE, 16, of14_get_bundle_control, of14_put_bundle_control),
    [OF_BUNDLE_ADD_MESSAGE] = OF_ROW(34, VARIABLE, 24, of14_get_bundle_add, of14_put_bundle_add),
    [OF_CONTROLLER_STATUS] =
        OF_ROW(35, VARIABLE, 24, of15_get_controller_status, of15_put_controller_status),
};

/* What differs from 1.4 or is new (1.5 §7.3.5). */
const struct of_mp_row of15_multiparts[OF_N_MP_TYPES] = {
    [OF_MP_FLOW] = {1,
                    {VARIABLE, 40, of13_get_filter, of13_put_filter},
                    {VARIABLE, 0, of15_get_flow_descs, of15_put_flow_descs}},
    [OF_MP_AGGREGATE] = {2,
                         {VARIABLE, 40, of13_get_filter, of13_put_filter},
                         {VARIABLE, 8, of15_get_aggregate, of15_put_aggregate}},
    [OF_MP_GROUP_DESC] = {7,
                          {FIXED, 8, of13_get_group_request, of13_put_group_request},
                          {VARIABLE, 0, of15_get_group_desc, of15_put_group_desc}},
    [OF_MP_METER_FEATURES] = {11, EMPTY, {VARIABLE, 16, get_meter_features, put_meter_features}},
    [OF_MP_PORT_DESC] = {13,
                         {FIXED, 8, of13_get_port_stats_request, put_port_desc_request},
                         {VARIABLE, 0, of14_get_port_desc, of14_put_port_desc}},
    [OF_MP_FLOW_STATS] = {17,
                          {VARIABLE, 40, of13_get_filter, of13_put_filter},
                          {VARIABLE, 0, of15_get_flow_stats, of15_put_flow_stats}},
    [OF_MP_CONTROLLER_STATUS] = {18,
                                 EMPTY,
                                 {VARIABLE, 0, of15_get_controllers, of15_put_controllers}},
    [OF_MP_BUNDLE_FEATURES] = {19,
                               {VARIABLE, 8, of15_get_bundle_features_request,
                                of15_put_bundle_features_request},
                               {VARIABLE, 8, of15_get_bundle_features, of15_put_bundle_features}},
};
