/* OpenFlow messages as the core knows them: host byte order, one struct per type, no version in any
 * field's meaning. Bytes stay behind of_codec.h.
 *
 * Pointers inside a message point into the arena of the decoder or into memory of whoever built it;
 * a message is borrowed by every function it is given to. */
#ifndef TAMBO_OPENFLOW_OF_MSG_H
#define TAMBO_OPENFLOW_OF_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/openflow/of_action.h"
#include "controller/openflow/of_err.h"
#include "controller/openflow/of_match.h"
#include "controller/openflow/of_types.h"

enum of_type {
    OF_HELLO,
    OF_ERROR,
    OF_ECHO_REQUEST,
    OF_ECHO_REPLY,
    OF_EXPERIMENTER,
    OF_FEATURES_REQUEST,
    OF_FEATURES_REPLY,
    OF_GET_CONFIG_REQUEST,
    OF_GET_CONFIG_REPLY,
    OF_SET_CONFIG,
    OF_PACKET_IN,
    OF_FLOW_REMOVED,
    OF_PORT_STATUS,
    OF_PACKET_OUT,
    OF_FLOW_MOD,
    OF_TABLE_MOD,
    OF_MULTIPART_REQUEST, /* Statistics request in 1.0. */
    OF_MULTIPART_REPLY,
    OF_BARRIER_REQUEST,
    OF_BARRIER_REPLY,
    OF_ROLE_REQUEST,
    OF_ROLE_REPLY,
    OF_PORT_MOD,
    OF_GROUP_MOD,
    OF_METER_MOD,
    OF_QUEUE_GET_CONFIG_REQUEST,
    OF_QUEUE_GET_CONFIG_REPLY,
    OF_GET_ASYNC_REQUEST,
    OF_GET_ASYNC_REPLY,
    OF_SET_ASYNC,
    OF_ROLE_STATUS, /* Since 1.4, as the next four. */
    OF_TABLE_STATUS,
    OF_REQUESTFORWARD,
    OF_BUNDLE_CONTROL,
    OF_BUNDLE_ADD_MESSAGE,
    OF_CONTROLLER_STATUS, /* Since 1.5. */
    OF_N_TYPES
};

/* "packet_in". */
const char *of_type_name(enum of_type type);

struct of_bytes {
    const uint8_t *data;
    size_t len;
};

struct of_hello {
    uint32_t versions; /* Bit 1 << version for each version of the bitmap element; 0: no element,
                        * then the version in the header is the highest supported (§7.5.1). */
};

struct of_error {
    uint16_t type, code;   /* As on the wire. */
    enum of_err err;       /* What they mean in the message's version; OF_N_ERRS when unknown. */
    uint32_t experimenter; /* When type is 0xffff: 'code' is the experimenter's exp_type. */
    struct of_bytes data;  /* At least the first 64 bytes of the failed request, or a text. */
};

struct of_experimenter {
    uint32_t experimenter;
    uint32_t exp_type; /* 1.0: the first word of the body, or 0. */
    struct of_bytes data;
};

enum of_capabilities {
    OF_C_FLOW_STATS = 1 << 0,
    OF_C_TABLE_STATS = 1 << 1,
    OF_C_PORT_STATS = 1 << 2,
    OF_C_GROUP_STATS = 1 << 3,
    OF_C_IP_REASM = 1 << 5,
    OF_C_QUEUE_STATS = 1 << 6,
    OF_C_PORT_BLOCKED = 1 << 8,
    OF_C_STP = 1 << 16,          /* Only 1.0. */
    OF_C_ARP_MATCH_IP = 1 << 17, /* Only 1.0. */
};

#define OF_PORT_NAME_LEN 16

/* Optical ports (1.4 §7.2.1.3): frequencies in MHz or wavelengths in nm*100, powers in dBm*10. */
struct of_port_optical {
    uint32_t supported;
    uint32_t tx_min_freq, tx_max_freq, tx_grid_freq;
    uint32_t rx_min_freq, rx_max_freq, rx_grid_freq;
    uint16_t tx_pwr_min, tx_pwr_max;
};

struct of_port_optical_stats {
    uint32_t flags;
    uint32_t tx_freq, tx_offset, tx_grid_span;
    uint32_t rx_freq, rx_offset, rx_grid_span;
    uint16_t tx_pwr, rx_pwr, bias_current, temperature;
};

struct of_port {
    port_no_t port_no;
    struct eth_addr hw_addr;
    char name[OF_PORT_NAME_LEN + 1];
    uint32_t config;                            /* enum of_port_config. */
    uint32_t state;                             /* enum of_port_state. */
    uint32_t curr, advertised, supported, peer; /* enum of_port_features. */
    uint32_t curr_speed_kbps, max_speed_kbps;   /* 1.0: derived from the features. */
    const struct of_port_optical *optical; /* Since 1.4; NULL: none. Unknown properties of a port
                                                 * are dropped. */
};

struct of_features {
    dpid_t dpid;
    uint32_t n_buffers;
    uint8_t n_tables;
    uint8_t auxiliary_id;        /* 0 in 1.0. */
    uint32_t capabilities;       /* enum of_capabilities. */
    uint32_t actions;            /* 1.0 only: bitmap of OFPAT_*; else 0. */
    const struct of_port *ports; /* 1.0 only; 1.3 has OF_MP_PORT_DESC. */
    size_t n_ports;
};

struct of_config {
    uint16_t flags; /* Fragment handling (§7.3.2). */
    uint16_t miss_send_len;
};

struct of_packet_in {
    uint32_t buffer_id;
    uint16_t total_len; /* Length of the frame, of which 'data' may be a part. */
    enum of_packet_in_reason reason;
    uint8_t table_id;      /* 0 in 1.0. */
    uint64_t cookie;       /* UINT64_MAX in 1.0. */
    port_no_t in_port;     /* Also in 'match' for 1.3. */
    struct of_match match; /* Pipeline fields; in 1.0 only in_port. */
    struct of_bytes data;
};

struct of_packet_out {
    uint32_t buffer_id;
    port_no_t in_port;
    struct of_match match; /* 1.5: further pipeline fields than in_port, which is never in here. */
    struct of_actions actions;
    struct of_bytes data;
};

struct of_flow_mod {
    uint64_t cookie, cookie_mask; /* 1.0 has no mask: 0. */
    uint8_t table_id;             /* 0 in 1.0. */
    enum of_flow_mod_command command;
    uint16_t idle_timeout_s, hard_timeout_s; /* 0: never. */
    uint16_t priority;
    uint32_t buffer_id;
    port_no_t out_port;
    uint32_t out_group;  /* OF_GROUP_ANY in 1.0. */
    uint16_t flags;      /* enum of_flow_flags. */
    uint16_t importance; /* Since 1.4: what is evicted last; before, it is not sent. */
    struct of_match match;
    struct of_instructions ins;
};

struct of_flow_removed {
    uint64_t cookie;
    uint16_t priority;
    enum of_flow_removed_reason reason;
    uint8_t table_id;
    uint32_t duration_s, duration_ns;
    uint16_t idle_timeout_s, hard_timeout_s; /* 1.0 has no hard_timeout: 0. */
    uint64_t n_packets, n_bytes;             /* 1.5: UINT64_MAX when the switch does not say. */
    struct of_match match;
};

struct of_port_status {
    enum of_port_reason reason;
    struct of_port port;
};

/* A table's configuration (1.4 §7.3.3, §7.3.5.6); before 1.4 only the first two. */
struct of_table_mod {
    uint8_t table_id;
    uint32_t config; /* enum of_table_config; 1.3 deprecates all bits; carried. */
    bool has_eviction, has_vacancy;
    uint32_t eviction;                                /* enum of_eviction_flags. */
    uint8_t vacancy_down_percent, vacancy_up_percent; /* Thresholds of the free space. */
    uint8_t vacancy_percent;                          /* What is free now; not in a table-mod. */
};

/* Since 1.4. */
struct of_table_status {
    enum of_table_reason reason;
    struct of_table_mod table;
};

struct of_role_msg {
    enum of_role role;
    uint64_t generation_id;
    uint16_t short_id; /* 1.5; 0: undefined. */
};

/* Since 1.4: the role of this controller was changed without its asking. */
struct of_role_status {
    enum of_role role;
    enum of_role_reason reason;
    uint64_t generation_id;
};

struct of_port_mod_optical {
    uint32_t configure, freq;
    int32_t offset;
    uint32_t grid_span, tx_pwr;
};

struct of_port_mod {
    port_no_t port_no;
    struct eth_addr hw_addr; /* The port's own, lest a number that was given anew be changed. */
    uint32_t config, mask;   /* enum of_port_config: new values, and which bits are to change. */
    uint32_t advertise;      /* enum of_port_features; 0: as it is. */
    const struct of_port_mod_optical *optical; /* Since 1.4; NULL: none. */
};

/* --- Groups (§7.3.4.2) ------------------------------------------------------------------------ */

struct of_bucket {
    uint16_t weight;      /* Only of OF_GT_SELECT, else 0. */
    port_no_t watch_port; /* Whose liveness is the bucket's; OF_PORT_ANY: none. */
    uint32_t watch_group; /* OF_GROUP_ANY: none. */
    struct of_actions actions;
    uint32_t
        bucket_id; /* 1.5; before, 0. When all of a group's are 0, 1.5 numbers them by position. */
};

/* There is no port 0 (§7.2.1): of who left both at zero, neither is meant. */
static inline bool of_bucket_watches(const struct of_bucket *b)
{
    return (b->watch_port || b->watch_group) &&
           (b->watch_port != OF_PORT_ANY || b->watch_group != OF_GROUP_ANY);
}

struct of_group_mod {
    enum of_group_command command;
    enum of_group_type type;
    uint32_t group_id; /* OF_GROUP_ALL only to delete. */
    const struct of_bucket *buckets;
    size_t n_buckets;
    uint32_t command_bucket_id; /* 1.5: where to insert or what to remove, OF_BUCKET_*. */
};

/* --- Meters (§7.3.4.4) ------------------------------------------------------------------------ */

struct of_meter_band {
    enum of_meter_band_type type;
    uint32_t rate, burst;  /* Units as in enum of_meter_flags; burst only with OF_MF_BURST. */
    uint8_t prec_level;    /* DSCP_REMARK: by how much the drop precedence grows. */
    uint32_t experimenter; /* EXPERIMENTER, with what follows it. */
    struct of_bytes data;
};

/* Also a meter's configuration (§7.3.5.13). */
struct of_meter {
    uint32_t meter_id; /* OF_METER_ALL only to delete. */
    uint16_t flags;    /* enum of_meter_flags. */
    const struct of_meter_band *bands;
    size_t n_bands;
};

struct of_meter_mod {
    enum of_meter_command command;
    struct of_meter meter;
};

/* --- Queues (§7.2.2, §7.3.6) ------------------------------------------------------------------ */

struct of_queue_prop {
    enum of_queue_prop_type type;
    uint16_t rate_permille; /* MIN_RATE, MAX_RATE: of the port's; above 1000: disabled. */
    uint32_t experimenter;  /* EXPERIMENTER, with what follows it. */
    struct of_bytes data;
};

struct of_queue {
    uint32_t queue_id;
    port_no_t port_no;
    const struct of_queue_prop *props; /* Unknown ones are dropped. */
    size_t n_props;
};

struct of_queue_config {
    port_no_t port_no; /* As in the request; OF_PORT_ANY: all (not in 1.0). */
    const struct of_queue *queues;
    size_t n_queues;
};

/* --- Asynchronous messages (§7.3.10) ---------------------------------------------------------- */

/* Which reasons are reported, as bits 1 << reason: [0] to a controller that is master or equal, [1]
 * to a slave. */
struct of_async {
    uint32_t packet_in[2];         /* enum of_packet_in_reason. */
    uint32_t port_status[2];       /* enum of_port_reason. */
    uint32_t flow_removed[2];      /* enum of_flow_removed_reason. */
    uint32_t role_status[2];       /* enum of_role_reason; since 1.4, as the next two. */
    uint32_t table_status[2];      /* enum of_table_reason. */
    uint32_t requestforward[2];    /* Bit 0: group-mods, bit 1: meter-mods. */
    uint32_t flow_stats[2];        /* enum of_flow_stats_reason; since 1.5, as the next. */
    uint32_t controller_status[2]; /* enum of_controller_reason. */
    uint32_t said[2]; /* Since 1.4: bit i for the i-th pair above when the message has it; what a
                       * message does not say stays as it is. Before 1.4: the first three. */
};

/* --- Bundles (1.4 §7.3.9) --------------------------------------------------------------------- */

struct of_time {
    uint64_t s;
    uint32_t ns;
};

struct of_bundle_control {
    uint32_t bundle_id;
    enum of_bundle_type type;
    uint16_t flags;    /* enum of_bundle_flags. */
    struct of_time at; /* With OF_BF_TIME. */
};

struct of_bundle_add {
    uint32_t bundle_id;
    uint16_t flags;
    const struct of_msg *message; /* Its xid is that of the outer message. A message that does not
                                   * decode makes the whole one fail with its error. */
};

/* Since 1.4: another controller's group-mod or meter-mod. */
struct of_requestforward {
    const struct of_msg *request;
};

/* 1.5: one controller as the switch sees it; also an element of OF_MP_CONTROLLER_STATUS. */
struct of_controller_status {
    uint16_t short_id;
    enum of_role role;
    enum of_controller_reason reason;
    bool channel_is_up;
    struct of_bytes uri; /* Of the connection; empty when not told. */
};

/* --- Multiparts (§7.3.5) ---------------------------------------------------------------------- */

enum of_mp_type {
    OF_MP_DESC,
    OF_MP_FLOW,
    OF_MP_AGGREGATE,
    OF_MP_TABLE,
    OF_MP_PORT_STATS,
    OF_MP_TABLE_FEATURES,
    OF_MP_PORT_DESC,
    OF_MP_EXPERIMENTER,
    OF_MP_QUEUE_STATS,
    OF_MP_GROUP_STATS,
    OF_MP_GROUP_DESC,
    OF_MP_GROUP_FEATURES,
    OF_MP_METER_STATS,
    OF_MP_METER_CONFIG,
    OF_MP_METER_FEATURES,
    OF_MP_TABLE_DESC, /* Since 1.4, as the next two. */
    OF_MP_QUEUE_DESC, /* Before 1.4: OF_QUEUE_GET_CONFIG_*. */
    OF_MP_FLOW_MONITOR,
    OF_MP_FLOW_STATS, /* Since 1.5, as the next two: OF_MP_FLOW is the description there, with the
                           * statistics beside it. */
    OF_MP_CONTROLLER_STATUS,
    OF_MP_BUNDLE_FEATURES,
    OF_N_MP_TYPES
};

const char *of_mp_type_name(enum of_mp_type type);

#define OF_DESC_STR_LEN 256
#define OF_SERIAL_NUM_LEN 32

struct of_desc {
    char mfr_desc[OF_DESC_STR_LEN + 1];
    char hw_desc[OF_DESC_STR_LEN + 1];
    char sw_desc[OF_DESC_STR_LEN + 1];
    char serial_num[OF_SERIAL_NUM_LEN + 1];
    char dp_desc[OF_DESC_STR_LEN + 1];
};

/* Request of OF_MP_FLOW and OF_MP_AGGREGATE. */
struct of_flow_filter {
    uint8_t table_id; /* OF_TABLE_ALL: every table. */
    port_no_t out_port;
    uint32_t out_group;
    uint64_t cookie, cookie_mask;
    struct of_match match;
};

struct of_flow_stats {
    uint8_t table_id;
    uint32_t duration_s, duration_ns;
    uint16_t priority;
    uint16_t idle_timeout_s, hard_timeout_s;
    uint16_t flags;
    uint16_t importance;              /* Since 1.4. */
    enum of_flow_stats_reason reason; /* Only of OF_MP_FLOW_STATS. */
    uint64_t cookie;
    uint64_t n_packets, n_bytes; /* 1.5: UINT64_MAX when the switch does not say. */
    struct of_match match;
    struct of_instructions ins;
};

/* Since 1.4 (§7.3.5.17). */
struct of_flow_monitor {
    uint32_t monitor_id;
    enum of_monitor_command command;
    uint16_t flags; /* enum of_monitor_flags. */
    uint8_t table_id;
    port_no_t out_port;
    uint32_t out_group;
    struct of_match match;
};

struct of_flow_update {
    enum of_monitor_event event;
    uint32_t xid; /* ABBREV: of the flow-mod; everything below is of INITIAL to MODIFIED. */
    uint8_t table_id;
    enum of_flow_removed_reason reason; /* REMOVED. */
    uint16_t idle_timeout_s, hard_timeout_s, priority;
    uint64_t cookie;
    struct of_match match;
    struct of_instructions ins;
};

/* Since 1.5. */
struct of_bundle_features {
    uint16_t capabilities; /* enum of_bundle_flags, shifted as there. */
    bool has_time;
    struct of_time accuracy, max_future, max_past, timestamp;
};

struct of_aggregate_stats {
    uint64_t n_packets, n_bytes; /* 1.5: UINT64_MAX when the switch does not say. */
    uint32_t n_flows;            /* 1.5: UINT32_MAX when the switch does not say. */
};

struct of_table_stats {
    uint8_t table_id;
    uint32_t n_active;
    uint64_t n_lookup, n_matched;
    char name[32 + 1];    /* 1.0 only. */
    uint32_t wildcards;   /* 1.0 only: OFPFW_* as on the wire. */
    uint32_t max_entries; /* 1.0 only; 1.3 has it in the table features. */
};

struct of_port_stats {
    port_no_t port_no;
    uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_dropped, tx_dropped;
    uint64_t rx_errors, tx_errors, rx_frame_err, rx_over_err, rx_crc_err, collisions;
    uint32_t duration_s, duration_ns;            /* UINT32_MAX in 1.0. */
    const struct of_port_optical_stats *optical; /* Since 1.4; NULL: none. */
};

struct of_queue_stats {
    port_no_t port_no;
    uint32_t queue_id;
    uint64_t tx_bytes, tx_packets, tx_errors;
    uint32_t duration_s, duration_ns; /* UINT32_MAX in 1.0. */
};

struct of_counter {
    uint64_t n_packets, n_bytes;
};

struct of_group_stats {
    uint32_t group_id;
    uint32_t n_refs; /* Flow entries and groups that lead here. */
    uint64_t n_packets, n_bytes;
    uint32_t duration_s, duration_ns;
    const struct of_counter *buckets;
    size_t n_buckets;
};

struct of_group_desc {
    enum of_group_type type;
    uint32_t group_id;
    const struct of_bucket *buckets;
    size_t n_buckets;
};

/* Indexed by enum of_group_type where there is one of each. */
struct of_group_features {
    uint32_t types;        /* Bitmap 1 << enum of_group_type. */
    uint32_t capabilities; /* enum of_group_capabilities. */
    uint32_t max_groups[OF_N_GROUP_TYPES];
    uint32_t actions[OF_N_GROUP_TYPES]; /* Bitmaps 1 << enum of_action_type. */
};

struct of_meter_stats {
    uint32_t meter_id;
    uint32_t n_flows;
    uint64_t n_packets, n_bytes;
    uint32_t duration_s, duration_ns;
    const struct of_counter *bands; /* What each band applied to. */
    size_t n_bands;
};

struct of_meter_features {
    uint32_t max_meters;
    uint32_t band_types;   /* Bitmap 1 << enum of_meter_band_type. */
    uint32_t capabilities; /* enum of_meter_flags. */
    uint8_t max_bands, max_color;
    uint32_t features; /* 1.5. */
};

/* One property of a table (§7.3.5.5.2). Which list is used follows from the type. */
enum of_table_prop_type {
    OF_TFP_INSTRUCTIONS = 0,
    OF_TFP_INSTRUCTIONS_MISS = 1,
    OF_TFP_NEXT_TABLES = 2,
    OF_TFP_NEXT_TABLES_MISS = 3,
    OF_TFP_WRITE_ACTIONS = 4,
    OF_TFP_WRITE_ACTIONS_MISS = 5,
    OF_TFP_APPLY_ACTIONS = 6,
    OF_TFP_APPLY_ACTIONS_MISS = 7,
    OF_TFP_MATCH = 8,
    OF_TFP_WILDCARDS = 10,
    OF_TFP_WRITE_SETFIELD = 12,
    OF_TFP_WRITE_SETFIELD_MISS = 13,
    OF_TFP_APPLY_SETFIELD = 14,
    OF_TFP_APPLY_SETFIELD_MISS = 15,
    OF_TFP_TABLE_SYNC_FROM = 16, /* Since 1.4; 'next_tables' has the tables. */
    OF_TFP_WRITE_COPYFIELD = 18, /* Since 1.5, as the next four. */
    OF_TFP_WRITE_COPYFIELD_MISS = 19,
    OF_TFP_APPLY_COPYFIELD = 20,
    OF_TFP_APPLY_COPYFIELD_MISS = 21,
    OF_TFP_PACKET_TYPES = 22, /* 'packet_types'. */
    OF_TFP_EXPERIMENTER = 0xfffe,
    OF_TFP_EXPERIMENTER_MISS = 0xffff,
};

struct of_table_prop {
    enum of_table_prop_type type;
    uint32_t instructions; /* Bitmap 1 << OFPIT_* number (1..6); experimenter ones dropped. */
    const uint8_t *next_tables;
    size_t n_next_tables;
    uint32_t actions;             /* Bitmap 1 << enum of_action_type. */
    uint64_t fields;              /* Bitmap 1 << enum of_field; unknown OXMs are dropped. */
    uint64_t fields_masked;       /* Fields of OF_TFP_MATCH whose OXM header has the mask bit. */
    const uint32_t *packet_types; /* Namespace and type, as in the field packet_type. */
    size_t n_packet_types;
    struct of_bytes experimenter; /* Everything after the property header. */
};

struct of_table_features {
    uint8_t table_id;
    char name[32 + 1];
    uint64_t metadata_match, metadata_write;
    uint32_t config; /* Since 1.4 the capabilities, enum of_table_config. */
    uint32_t max_entries;
    enum of_table_features_command command; /* 1.5. */
    uint32_t features; /* 1.5: bit 0: ingress, bit 1: egress, bit 4: first egress table. */
    const struct of_table_prop *props;
    size_t n_props;
};

struct of_multipart_request {
    enum of_mp_type type;
    bool more; /* OFPMPF_REQ_MORE. */
    union {
        struct of_flow_filter flow; /* FLOW and AGGREGATE. */
        port_no_t port_no;          /* PORT_STATS, in 1.5 PORT_DESC; OF_PORT_ANY: all. */
        uint32_t group_id;          /* GROUP_STATS, in 1.5 GROUP_DESC; OF_GROUP_ALL: all. */
        uint32_t meter_id;          /* METER_STATS, METER_CONFIG; OF_METER_ALL: all. */
        struct {
            port_no_t port_no; /* OF_PORT_ANY: all. */
            uint32_t queue_id; /* OF_QUEUE_ALL: all. */
        } queue;               /* QUEUE_STATS, QUEUE_DESC. */
        struct {
            const struct of_table_features *list; /* TABLE_FEATURES; n = 0: only ask. */
            size_t n;
        } table_features;
        struct of_flow_monitor monitor;
        struct {
            uint32_t flags; /* Bit 0: the present time, bit 1: what can be scheduled. */
            struct of_time max_future, max_past, timestamp;
        } bundle_features;
        struct of_experimenter experimenter;
    };
};

struct of_multipart_reply {
    enum of_mp_type type;
    bool more; /* OFPMPF_REPLY_MORE: another message with the same xid follows. */
    union {
        const struct of_desc *desc;
        struct of_aggregate_stats aggregate;
        struct of_group_features group_features;
        struct of_meter_features meter_features;
        struct of_bundle_features bundle_features;
        struct of_experimenter experimenter;
        struct {
            union {
                const struct of_flow_stats *flows;
                const struct of_table_stats *tables;
                const struct of_port_stats *port_stats;
                const struct of_table_features *table_features;
                const struct of_port *ports;
                const struct of_queue_stats *queue_stats;
                const struct of_group_stats *group_stats;
                const struct of_group_desc *group_descs;
                const struct of_meter_stats *meter_stats;
                const struct of_meter *meters; /* METER_CONFIG. */
                const struct of_table_mod *table_descs;
                const struct of_queue *queues; /* QUEUE_DESC. */
                const struct of_flow_update *updates;
                const struct of_controller_status *controllers;
            };
            size_t n;
        };
    };
};

struct of_msg {
    uint8_t
        version; /* enum of_version as in the header: 0x01, 0x04 to 0x06, or what a hello says. */
    enum of_type type;
    uint32_t xid;
    union {
        struct of_hello hello;
        struct of_error error;
        struct of_bytes echo; /* Request and reply. */
        struct of_experimenter experimenter;
        struct of_features features;
        struct of_config config; /* GET_CONFIG_REPLY, SET_CONFIG. */
        struct of_packet_in packet_in;
        struct of_packet_out packet_out;
        struct of_flow_mod flow_mod;
        struct of_flow_removed flow_removed;
        struct of_port_status port_status;
        struct of_table_mod table_mod;
        struct of_multipart_request mp_request;
        struct of_multipart_reply mp_reply;
        struct of_role_msg role; /* Request and reply. */
        struct of_port_mod port_mod;
        struct of_group_mod group_mod;
        struct of_meter_mod meter_mod;
        port_no_t queue_port; /* QUEUE_GET_CONFIG_REQUEST; OF_PORT_ANY: all (not in 1.0). */
        struct of_queue_config queue_config;
        struct of_async async; /* GET_ASYNC_REPLY, SET_ASYNC. */
        struct of_role_status role_status;
        struct of_table_status table_status;
        struct of_requestforward requestforward;
        struct of_bundle_control bundle_control;
        struct of_bundle_add bundle_add;
        struct of_controller_status controller_status;
    };
};

#endif
