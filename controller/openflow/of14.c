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

/* --- The table ---------------------------------------------------------------------------------- */

const struct of_row of14_rows[OF_N_TYPES] = {
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
    [OF_PORT_STATUS] = OF_ROW(12, VARIABLE, 56, of14_get_port_status, of14_put_port_status),
    [OF_PACKET_OUT] = OF_ROW(13, VARIABLE, 24, of13_get_packet_out, of13_put_packet_out),
    [OF_FLOW_MOD] = OF_ROW(14, VARIABLE, 56, of13_get_flow_mod, of13_put_flow_mod),
    [OF_GROUP_MOD] = OF_ROW(15, VARIABLE, 16, of13_get_group_mod, of13_put_group_mod),
    [OF_PORT_MOD] = OF_ROW(16, VARIABLE, 32, of14_get_port_mod, of14_put_port_mod),
    [OF_TABLE_MOD] = OF_ROW(17, VARIABLE, 16, of14_get_table_mod, of14_put_table_mod),
    [OF_MULTIPART_REQUEST] = OF_ROW(18, VARIABLE, 16, of_get_mp_request, of_put_mp_request),
    [OF_MULTIPART_REPLY] = OF_ROW(19, VARIABLE, 16, of_get_mp_reply, of_put_mp_reply),
    [OF_BARRIER_REQUEST] = OF_ROW(20, FIXED, 8, NULL, NULL),
    [OF_BARRIER_REPLY] = OF_ROW(21, FIXED, 8, NULL, NULL),
    [OF_ROLE_REQUEST] = OF_ROW(24, FIXED, 24, of13_get_role, of13_put_role),
    [OF_ROLE_REPLY] = OF_ROW(25, FIXED, 24, of13_get_role, of13_put_role),
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
};

/* What differs from 1.3 or is new (1.4 §7.3.5). */
const struct of_mp_row of14_multiparts[OF_N_MP_TYPES] = {
    [OF_MP_PORT_STATS] = {4,
                          {FIXED, 8, of13_get_port_stats_request, of13_put_port_stats_request},
                          {VARIABLE, 0, of14_get_port_stats, of14_put_port_stats}},
    [OF_MP_QUEUE_STATS] = {5,
                           {FIXED, 8, of13_get_queue_stats_request, of13_put_queue_stats_request},
                           {VARIABLE, 0, of14_get_queue_stats, of14_put_queue_stats}},
    [OF_MP_PORT_DESC] = {13, EMPTY, {VARIABLE, 0, of14_get_port_desc, of14_put_port_desc}},
    [OF_MP_TABLE_DESC] = {14, EMPTY, {VARIABLE, 0, of14_get_table_desc, of14_put_table_desc}},
    [OF_MP_QUEUE_DESC] = {15,
                          {FIXED, 8, of14_get_queue_desc_request, of14_put_queue_desc_request},
                          {VARIABLE, 0, of14_get_queue_desc, of14_put_queue_desc}},
    [OF_MP_FLOW_MONITOR] = {16,
                            {VARIABLE, 24, of14_get_monitor, of14_put_monitor},
                            {VARIABLE, 0, of14_get_updates, of14_put_updates}},
};
