#include "controller/openflow/of_types.h"

#include "controller/openflow/of_msg.h"

const char *of_version_name(uint8_t version)
{
    static const char *const names[] = {[OF_VERSION_1_0] = "1.0",
                                        [OF_VERSION_1_3] = "1.3",
                                        [OF_VERSION_1_4] = "1.4",
                                        [OF_VERSION_1_5] = "1.5"};

    return version < sizeof names / sizeof *names && names[version] ? names[version] : "?";
}

const char *of_type_name(enum of_type type)
{
    static const char *const names[OF_N_TYPES] = {
        [OF_HELLO] = "hello",
        [OF_ERROR] = "error",
        [OF_ECHO_REQUEST] = "echo_request",
        [OF_ECHO_REPLY] = "echo_reply",
        [OF_EXPERIMENTER] = "experimenter",
        [OF_FEATURES_REQUEST] = "features_request",
        [OF_FEATURES_REPLY] = "features_reply",
        [OF_GET_CONFIG_REQUEST] = "get_config_request",
        [OF_GET_CONFIG_REPLY] = "get_config_reply",
        [OF_SET_CONFIG] = "set_config",
        [OF_PACKET_IN] = "packet_in",
        [OF_FLOW_REMOVED] = "flow_removed",
        [OF_PORT_STATUS] = "port_status",
        [OF_PACKET_OUT] = "packet_out",
        [OF_FLOW_MOD] = "flow_mod",
        [OF_TABLE_MOD] = "table_mod",
        [OF_MULTIPART_REQUEST] = "multipart_request",
        [OF_MULTIPART_REPLY] = "multipart_reply",
        [OF_BARRIER_REQUEST] = "barrier_request",
        [OF_BARRIER_REPLY] = "barrier_reply",
        [OF_ROLE_REQUEST] = "role_request",
        [OF_ROLE_REPLY] = "role_reply",
        [OF_PORT_MOD] = "port_mod",
        [OF_GROUP_MOD] = "group_mod",
        [OF_METER_MOD] = "meter_mod",
        [OF_QUEUE_GET_CONFIG_REQUEST] = "queue_get_config_request",
        [OF_QUEUE_GET_CONFIG_REPLY] = "queue_get_config_reply",
        [OF_GET_ASYNC_REQUEST] = "get_async_request",
        [OF_GET_ASYNC_REPLY] = "get_async_reply",
        [OF_SET_ASYNC] = "set_async",
        [OF_ROLE_STATUS] = "role_status",
        [OF_TABLE_STATUS] = "table_status",
        [OF_REQUESTFORWARD] = "requestforward",
        [OF_BUNDLE_CONTROL] = "bundle_control",
        [OF_BUNDLE_ADD_MESSAGE] = "bundle_add_message",
        [OF_CONTROLLER_STATUS] = "controller_status",
    };

    return type < OF_N_TYPES ? names[type] : "?";
}

const char *of_mp_type_name(enum of_mp_type type)
{
    static const char *const names[OF_N_MP_TYPES] = {
        [OF_MP_DESC] = "desc",
        [OF_MP_FLOW] = "flow",
        [OF_MP_AGGREGATE] = "aggregate",
        [OF_MP_TABLE] = "table",
        [OF_MP_PORT_STATS] = "port_stats",
        [OF_MP_TABLE_FEATURES] = "table_features",
        [OF_MP_PORT_DESC] = "port_desc",
        [OF_MP_EXPERIMENTER] = "experimenter",
        [OF_MP_QUEUE_STATS] = "queue_stats",
        [OF_MP_GROUP_STATS] = "group_stats",
        [OF_MP_GROUP_DESC] = "group_desc",
        [OF_MP_GROUP_FEATURES] = "group_features",
        [OF_MP_METER_STATS] = "meter_stats",
        [OF_MP_METER_CONFIG] = "meter_config",
        [OF_MP_METER_FEATURES] = "meter_features",
        [OF_MP_TABLE_DESC] = "table_desc",
        [OF_MP_QUEUE_DESC] = "queue_desc",
        [OF_MP_FLOW_MONITOR] = "flow_monitor",
        [OF_MP_FLOW_STATS] = "flow_stats",
        [OF_MP_CONTROLLER_STATUS] = "controller_status",
        [OF_MP_BUNDLE_FEATURES] = "bundle_features",
    };

    return type < OF_N_MP_TYPES ? names[type] : "?";
}

uint32_t of_port_speed_kbps(uint32_t features)
{
    static const struct {
        uint32_t bits;
        uint32_t kbps;
    } speeds[] = {
        {OF_PF_1TB_FD, 1000000000},
        {OF_PF_100GB_FD, 100000000},
        {OF_PF_40GB_FD, 40000000},
        {OF_PF_10GB_FD, 10000000},
        {OF_PF_1GB_HD | OF_PF_1GB_FD, 1000000},
        {OF_PF_100MB_HD | OF_PF_100MB_FD, 100000},
        {OF_PF_10MB_HD | OF_PF_10MB_FD, 10000},
    };

    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (features & speeds[i].bits) {
            return speeds[i].kbps;
        }
    }
    return 0;
}
