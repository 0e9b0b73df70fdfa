/* The message table of OpenFlow 1.4, and the messages that have no file of their own. */
#include "controller/openflow/of_wire.h"

/* --- Roles (1.4 §7.4.4) ----------------------------------------------------------------------------- */

enum of_err of14_get_role_status(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    uint32_t role = rd_u32(r);

    (void)arena;
    msg->role_status.role = (enum of_role)role;
    msg->role_status.reason = (enum of_role_reason)rd_u8(r);
    rd_skip(r, 3);
    msg->role_status.generation_id = rd_u64(r);
    return role > OF_ROLE_SLAVE ? OF_ERR_ROLE_BAD_ROLE : of_get_no_props(r, OF_FROM_SWITCH);
}

enum err of14_put_role_status(struct buf *b, const struct of_msg *msg)
{
    buf_put_u32(b, msg->role_status.role);
    buf_put_u8(b, msg->role_status.reason);
    buf_put_zeros(b, 3);
    buf_put_u64(b, msg->role_status.generation_id);
    return ERR_OK;
}

/* --- Multiparts --------------------------------------------------------------------------------- */

static enum of_err get_mp_request(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    return of_mp_get_request(&of14_multiparts, r, arena, &msg->mp_request);
}

static enum err put_mp_request(struct buf *b, const struct of_msg *msg)
{
    return of_mp_put_request(&of14_multiparts, b, &msg->mp_request);
}

static enum of_err get_mp_reply(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    return of_mp_get_reply(&of14_multiparts, r, arena, &msg->mp_reply);
}

static enum err put_mp_reply(struct buf *b, const struct of_msg *msg)
{
    return of_mp_put_reply(&of14_multiparts, b, &msg->mp_reply);
}

/* --- The table ---------------------------------------------------------------------------------- */

#define ROW(number, kind, len, get, put)                                                           \
    {                                                                                              \
        number, true, kind, len, get, put                                                          \
    }
#define FIXED true
#define VARIABLE false

const struct of_row of14_rows[OF_N_TYPES] = {
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
    [OF_FLOW_REMOVED] = ROW(11, VARIABLE, 56, of13_get_flow_removed, of13_put_flow_removed),
    [OF_PORT_STATUS] = ROW(12, VARIABLE, 56, of14_get_port_status, of14_put_port_status),
    [OF_PACKET_OUT] = ROW(13, VARIABLE, 24, of13_get_packet_out, of13_put_packet_out),
    [OF_FLOW_MOD] = ROW(14, VARIABLE, 56, of13_get_flow_mod, of13_put_flow_mod),
    [OF_GROUP_MOD] = ROW(15, VARIABLE, 16, of13_get_group_mod, of13_put_group_mod),
    [OF_PORT_MOD] = ROW(16, VARIABLE, 32, of14_get_port_mod, of14_put_port_mod),
    [OF_TABLE_MOD] = ROW(17, VARIABLE, 16, of14_get_table_mod, of14_put_table_mod),
    [OF_MULTIPART_REQUEST] = ROW(18, VARIABLE, 16, get_mp_request, put_mp_request),
    [OF_MULTIPART_REPLY] = ROW(19, VARIABLE, 16, get_mp_reply, put_mp_reply),
    [OF_BARRIER_REQUEST] = ROW(20, FIXED, 8, NULL, NULL),
    [OF_BARRIER_REPLY] = ROW(21, FIXED, 8, NULL, NULL),
    [OF_ROLE_REQUEST] = ROW(24, FIXED, 24, of13_get_role, of13_put_role),
    [OF_ROLE_REPLY] = ROW(25, FIXED, 24, of13_get_role, of13_put_role),
    [OF_GET_ASYNC_REQUEST] = ROW(26, FIXED, 8, NULL, NULL),
    [OF_GET_ASYNC_REPLY] = ROW(27, VARIABLE, 8, of14_get_async, of14_put_async),
    [OF_SET_ASYNC] = ROW(28, VARIABLE, 8, of14_get_async, of14_put_async),
    [OF_METER_MOD] = ROW(29, VARIABLE, 16, of13_get_meter_mod, of13_put_meter_mod),
    [OF_ROLE_STATUS] = ROW(30, VARIABLE, 24, of14_get_role_status, of14_put_role_status),
    [OF_TABLE_STATUS] = ROW(31, VARIABLE, 24, of14_get_table_status, of14_put_table_status),
    [OF_REQUESTFORWARD] = ROW(32, VARIABLE, 16, of14_get_requestforward, of14_put_requestforward),
    [OF_BUNDLE_CONTROL] = ROW(33, VARIABLE, 16, of14_get_bundle_control, of14_put_bundle_control),
    [OF_BUNDLE_ADD_MESSAGE] = ROW(34, VARIABLE, 24, of14_get_bundle_add, of14_put_bundle_add),
};
