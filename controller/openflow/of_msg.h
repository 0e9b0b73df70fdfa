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
    uint16_t type, code;  /* As on the wire. */
    enum of_err err;      /* What they mean in the message's version; OF_N_ERRS when unknown. */
    uint32_t experimenter; /* When type is 0xffff: 'code' is the experimenter's exp_type. */
    struct of_bytes data; /* At least the first 64 bytes of the failed request, or a text. */
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

struct of_port {
    port_no_t port_no;
    struct eth_addr hw_addr;
    char name[OF_PORT_NAME_LEN + 1];
    uint32_t config; /* enum of_port_config. */
    uint32_t state;  /* enum of_port_state. */
    uint32_t curr, advertised, supported, peer; /* enum of_port_features. */
    uint32_t curr_speed_kbps, max_speed_kbps;   /* 1.0: derived from the features. */
};

struct of_features {
    dpid_t dpid;
    uint32_t n_buffers;
    uint8_t n_tables;
    uint8_t auxiliary_id;  /* 0 in 1.0. */
    uint32_t capabilities; /* enum of_capabilities. */
    uint32_t actions;      /* 1.0 only: bitmap of OFPAT_*; else 0. */
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
    uint32_t out_group; /* OF_GROUP_ANY in 1.0. */
    uint16_t flags;     /* enum of_flow_flags. */
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
    uint64_t n_packets, n_bytes;
    struct of_match match;
};

struct of_port_status {
    enum of_port_reason reason;
    struct of_port port;
};

struct of_table_mod {
    uint8_t table_id;
    uint32_t config; /* 1.3 deprecates all bits; carried. */
};

struct of_role_msg {
    enum of_role role;
    uint64_t generation_id;
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
    uint64_t cookie;
    uint64_t n_packets, n_bytes;
    struct of_match match;
    struct of_instructions ins;
};

struct of_aggregate_stats {
    uint64_t n_packets, n_bytes;
    uint32_t n_flows;
};

struct of_table_stats {
    uint8_t table_id;
    uint32_t n_active;
    uint64_t n_lookup, n_matched;
    char name[32 + 1];     /* 1.0 only. */
    uint32_t wildcards;    /* 1.0 only: OFPFW_* as on the wire. */
    uint32_t max_entries;  /* 1.0 only; 1.3 has it in the table features. */
};

struct of_port_stats {
    port_no_t port_no;
    uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_dropped, tx_dropped;
    uint64_t rx_errors, tx_errors, rx_frame_err, rx_over_err, rx_crc_err, collisions;
    uint32_t duration_s, duration_ns; /* UINT32_MAX in 1.0. */
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
    OF_TFP_EXPERIMENTER = 0xfffe,
    OF_TFP_EXPERIMENTER_MISS = 0xffff,
};

struct of_table_prop {
    enum of_table_prop_type type;
    uint32_t instructions;       /* Bitmap 1 << OFPIT_* number (1..6); experimenter ones dropped. */
    const uint8_t *next_tables;
    size_t n_next_tables;
    uint32_t actions;            /* Bitmap 1 << enum of_action_type. */
    uint64_t fields;             /* Bitmap 1 << enum of_field; unknown OXMs are dropped. */
    uint64_t fields_masked;      /* Fields of OF_TFP_MATCH whose OXM header has the mask bit. */
    struct of_bytes experimenter; /* Everything after the property header. */
};

struct of_table_features {
    uint8_t table_id;
    char name[32 + 1];
    uint64_t metadata_match, metadata_write;
    uint32_t config;
    uint32_t max_entries;
    const struct of_table_prop *props;
    size_t n_props;
};

struct of_multipart_request {
    enum of_mp_type type;
    bool more; /* OFPMPF_REQ_MORE. */
    union {
        struct of_flow_filter flow; /* FLOW and AGGREGATE. */
        port_no_t port_no;          /* PORT_STATS; OF_PORT_ANY: all. */
        struct {
            const struct of_table_features *list; /* TABLE_FEATURES; n = 0: only ask. */
            size_t n;
        } table_features;
        struct of_experimenter experimenter;
    };
};

struct of_multipart_reply {
    enum of_mp_type type;
    bool more; /* OFPMPF_REPLY_MORE: another message with the same xid follows. */
    union {
        const struct of_desc *desc;
        struct of_aggregate_stats aggregate;
        struct of_experimenter experimenter;
        struct {
            union {
                const struct of_flow_stats *flows;
                const struct of_table_stats *tables;
                const struct of_port_stats *port_stats;
                const struct of_table_features *table_features;
                const struct of_port *ports;
            };
            size_t n;
        };
    };
};

struct of_msg {
    uint8_t version; /* enum of_version as in the header: 0x01, 0x04, or what a hello says. */
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
    };
};

#endif
