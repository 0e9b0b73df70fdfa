/* OpenFlow numbers in their version-neutral form.
 *
 * Where versions number a thing differently the 1.3 value is used here, or that of the version which
 * brought it, and the codec of the version translates. Clauses refer to the OpenFlow Switch
 * Specification 1.3.5 unless said. */
#ifndef TAMBO_OPENFLOW_OF_TYPES_H
#define TAMBO_OPENFLOW_OF_TYPES_H

#include <stdint.h>

#include "controller/base/types.h"

enum of_version {
    OF_VERSION_NONE = 0, /* Not negotiated yet. */
    OF_VERSION_1_0 = 0x01,
    OF_VERSION_1_3 = 0x04,
    OF_VERSION_1_4 = 0x05,
    OF_VERSION_1_5 = 0x06,
};

/* "1.0", "1.3", "1.4", "1.5" or "?". */
const char *of_version_name(uint8_t version);

#define OF_HEADER_LEN 8
#define OF_MAX_LEN 65535
#define OF_ETH_ALEN 6

/* Reserved ports (§7.2.1); 1.0 numbers them 0xfff8..0xffff. */
#define OF_PORT_MAX UINT32_C(0xffffff00)
#define OF_PORT_UNSET UINT32_C(0xfffffff7) /* 1.5: no output in the action set. */
#define OF_PORT_IN_PORT UINT32_C(0xfffffff8)
#define OF_PORT_TABLE UINT32_C(0xfffffff9)
#define OF_PORT_NORMAL UINT32_C(0xfffffffa)
#define OF_PORT_FLOOD UINT32_C(0xfffffffb)
#define OF_PORT_ALL UINT32_C(0xfffffffc)
#define OF_PORT_CONTROLLER UINT32_C(0xfffffffd)
#define OF_PORT_LOCAL UINT32_C(0xfffffffe)
#define OF_PORT_ANY UINT32_C(0xffffffff) /* Also NONE of 1.0. */

#define OF_NO_BUFFER UINT32_C(0xffffffff)
#define OF_CML_MAX 0xffe5       /* Largest max_len of an output to the controller (§7.2.5). */
#define OF_CML_NO_BUFFER 0xffff /* The whole packet, unbuffered. */
#define OF_TABLE_MAX 0xfe
#define OF_TABLE_ALL 0xff
#define OF_GROUP_MAX UINT32_C(0xffffff00) /* Group ids (§7.3.4.2); the largest of a group. */
#define OF_GROUP_ALL UINT32_C(0xfffffffc) /* In deletions and statistics requests. */
#define OF_GROUP_ANY UINT32_C(0xffffffff)
#define OF_METER_MAX UINT32_C(0xffff0000) /* Meter ids (§7.3.4.4): 1 to this, and virtual ones. */
#define OF_METER_SLOWPATH UINT32_C(0xfffffffd)
#define OF_METER_CONTROLLER UINT32_C(0xfffffffe)
#define OF_METER_ALL UINT32_C(0xffffffff) /* In deletions and statistics requests. */
#define OF_QUEUE_ALL UINT32_C(0xffffffff)

enum of_packet_in_reason {
    OF_REASON_NO_MATCH = 0,
    OF_REASON_ACTION = 1,
    OF_REASON_INVALID_TTL = 2,
    OF_REASON_ACTION_SET = 3, /* The last three since 1.4; in 1.3 they are OF_REASON_ACTION. */
    OF_REASON_GROUP = 4,
    OF_REASON_PACKET_OUT = 5,
};

enum of_flow_removed_reason {
    OF_REMOVED_IDLE_TIMEOUT = 0,
    OF_REMOVED_HARD_TIMEOUT = 1,
    OF_REMOVED_DELETE = 2,
    OF_REMOVED_GROUP_DELETE = 3,
    OF_REMOVED_METER_DELETE = 4, /* Since 1.4; before, OF_REMOVED_DELETE. */
    OF_REMOVED_EVICTION = 5,     /* Since 1.4; before, OF_REMOVED_DELETE. */
};

enum of_port_reason {
    OF_PORT_ADD = 0,
    OF_PORT_DELETE = 1,
    OF_PORT_MODIFY = 2,
};

enum of_flow_mod_command {
    OF_FLOW_ADD = 0,
    OF_FLOW_MODIFY = 1,
    OF_FLOW_MODIFY_STRICT = 2,
    OF_FLOW_DELETE = 3,
    OF_FLOW_DELETE_STRICT = 4,
};

/* Flow-mod flags (§7.3.4.1). EMERG exists only in 1.0 and has a bit of its own here. */
enum of_flow_flags {
    OF_FF_SEND_FLOW_REM = 1 << 0,
    OF_FF_CHECK_OVERLAP = 1 << 1,
    OF_FF_RESET_COUNTS = 1 << 2,
    OF_FF_NO_PKT_COUNTS = 1 << 3,
    OF_FF_NO_BYT_COUNTS = 1 << 4,
    OF_FF_EMERG = 1 << 15,
};

enum of_group_command {
    OF_GC_ADD = 0,
    OF_GC_MODIFY = 1,
    OF_GC_DELETE = 2,
    OF_GC_INSERT_BUCKET = 3, /* Since 1.5. */
    OF_GC_REMOVE_BUCKET = 5, /* Since 1.5. */
};

enum of_group_type {
    OF_GT_ALL = 0,      /* Every bucket gets a copy. */
    OF_GT_SELECT = 1,   /* One bucket, chosen by the switch in proportion to the weights. */
    OF_GT_INDIRECT = 2, /* The only bucket. */
    OF_GT_FF = 3,       /* Fast failover: the first live bucket. */
    OF_N_GROUP_TYPES
};

/* Group capabilities (§7.3.5.11). */
enum of_group_capabilities {
    OF_GFC_SELECT_WEIGHT = 1 << 0,
    OF_GFC_SELECT_LIVENESS = 1 << 1,
    OF_GFC_CHAINING = 1 << 2,
    OF_GFC_CHAINING_CHECKS = 1 << 3,
};

enum of_meter_command {
    OF_MC_ADD = 0,
    OF_MC_MODIFY = 1,
    OF_MC_DELETE = 2,
};

/* Meter flags (§7.3.4.4). Rates are in kb/s unless PKTPS is set, bursts in kb or packets. */
enum of_meter_flags {
    OF_MF_KBPS = 1 << 0,
    OF_MF_PKTPS = 1 << 1,
    OF_MF_BURST = 1 << 2,
    OF_MF_STATS = 1 << 3,
};

enum of_meter_band_type {
    OF_MB_DROP = 1,
    OF_MB_DSCP_REMARK = 2,
    OF_MB_EXPERIMENTER = 0xffff,
};

enum of_queue_prop_type {
    OF_QP_MIN_RATE = 1,
    OF_QP_MAX_RATE = 2,          /* Not in 1.0. */
    OF_QP_EXPERIMENTER = 0xffff, /* Not in 1.0. */
};

enum of_role {
    OF_ROLE_NOCHANGE = 0,
    OF_ROLE_EQUAL = 1,
    OF_ROLE_MASTER = 2,
    OF_ROLE_SLAVE = 3,
};

/* Port configuration (§7.2.1). The NO_STP.. bits of 1.0 have bits of their own here. */
enum of_port_config {
    OF_PC_PORT_DOWN = 1 << 0,
    OF_PC_NO_RECV = 1 << 2,
    OF_PC_NO_FWD = 1 << 5,
    OF_PC_NO_PACKET_IN = 1 << 6,
    OF_PC_NO_STP = 1 << 16,
    OF_PC_NO_RECV_STP = 1 << 17,
    OF_PC_NO_FLOOD = 1 << 18,
};

enum of_port_state {
    OF_PS_LINK_DOWN = 1 << 0,
    OF_PS_BLOCKED = 1 << 1,
    OF_PS_LIVE = 1 << 2,
    OF_PS_STP_MASK = 3 << 8, /* Only 1.0: listen, learn, forward, block. */
};

/* Port features (§7.2.1, OFPPF_*). 1.0 has other bits from COPPER on; the codec translates. */
enum of_port_features {
    OF_PF_10MB_HD = 1 << 0,
    OF_PF_10MB_FD = 1 << 1,
    OF_PF_100MB_HD = 1 << 2,
    OF_PF_100MB_FD = 1 << 3,
    OF_PF_1GB_HD = 1 << 4,
    OF_PF_1GB_FD = 1 << 5,
    OF_PF_10GB_FD = 1 << 6,
    OF_PF_40GB_FD = 1 << 7,
    OF_PF_100GB_FD = 1 << 8,
    OF_PF_1TB_FD = 1 << 9,
    OF_PF_OTHER = 1 << 10,
    OF_PF_COPPER = 1 << 11,
    OF_PF_FIBER = 1 << 12,
    OF_PF_AUTONEG = 1 << 13,
    OF_PF_PAUSE = 1 << 14,
    OF_PF_PAUSE_ASYM = 1 << 15,
};

/* --- Since 1.4 -------------------------------------------------------------------------------- */

/* Table configuration (1.4 §7.3.3). */
enum of_table_config {
    OF_TC_EVICTION = 1 << 2,       /* The switch may evict entries to make room. */
    OF_TC_VACANCY_EVENTS = 1 << 3, /* It tells when the table gets full, and when it has room. */
};

/* By what a table evicts (1.4 §7.3.5.6). */
enum of_eviction_flags {
    OF_EV_OTHER = 1 << 0,
    OF_EV_IMPORTANCE = 1 << 1, /* The least importance first. */
    OF_EV_LIFETIME = 1 << 2,   /* The shortest remaining lifetime first. */
};

enum of_table_reason {
    OF_TR_VACANCY_DOWN = 3, /* The vacancy has fallen below the lower threshold. */
    OF_TR_VACANCY_UP = 4,   /* It has risen above the upper one. */
};

enum of_role_reason {
    OF_RR_MASTER_REQUEST = 0, /* Another controller has become master. */
    OF_RR_CONFIG = 1,         /* The switch's configuration has changed. */
    OF_RR_EXPERIMENTER = 2,
};

enum of_bundle_type {
    OF_BCT_OPEN_REQUEST = 0,
    OF_BCT_OPEN_REPLY = 1,
    OF_BCT_CLOSE_REQUEST = 2,
    OF_BCT_CLOSE_REPLY = 3,
    OF_BCT_COMMIT_REQUEST = 4,
    OF_BCT_COMMIT_REPLY = 5,
    OF_BCT_DISCARD_REQUEST = 6,
    OF_BCT_DISCARD_REPLY = 7,
    OF_N_BUNDLE_TYPES
};

enum of_bundle_flags {
    OF_BF_ATOMIC = 1 << 0,
    OF_BF_ORDERED = 1 << 1,
    OF_BF_TIME = 1 << 2, /* Since 1.5. */
};

enum of_monitor_command {
    OF_FMC_ADD = 0,
    OF_FMC_MODIFY = 1,
    OF_FMC_DELETE = 2,
};

/* What a flow monitor reports (1.4 §7.3.5.17). */
enum of_monitor_flags {
    OF_FMF_INITIAL = 1 << 0, /* The entries that are there. */
    OF_FMF_ADD = 1 << 1,
    OF_FMF_REMOVED = 1 << 2,
    OF_FMF_MODIFY = 1 << 3,
    OF_FMF_INSTRUCTIONS = 1 << 4, /* With their instructions. */
    OF_FMF_NO_ABBREV = 1 << 5,    /* The controller's own changes in full, too. */
    OF_FMF_ONLY_OWN = 1 << 6,     /* Only the controller's own changes. */
};

enum of_monitor_event {
    OF_FME_INITIAL = 0,
    OF_FME_ADDED = 1,
    OF_FME_REMOVED = 2,
    OF_FME_MODIFIED = 3,
    OF_FME_ABBREV = 4,
    OF_FME_PAUSED = 5,
    OF_FME_RESUMED = 6,
};

/* --- Since 1.5 -------------------------------------------------------------------------------- */

/* Buckets of groups by their ids (1.5 §7.3.4.3). */
#define OF_BUCKET_MAX UINT32_C(0xffffff00)
#define OF_BUCKET_FIRST UINT32_C(0xfffffffd)
#define OF_BUCKET_LAST UINT32_C(0xfffffffe)
#define OF_BUCKET_ALL UINT32_C(0xffffffff)

enum of_controller_reason {
    OF_CSR_REQUEST = 0,
    OF_CSR_CHANNEL_STATUS = 1,
    OF_CSR_ROLE = 2,
    OF_CSR_CONTROLLER_ADDED = 3,
    OF_CSR_CONTROLLER_REMOVED = 4,
    OF_CSR_SHORT_ID = 5,
    OF_CSR_EXPERIMENTER = 6,
};

/* Why statistics are sent (1.5 §7.3.5.3). */
enum of_flow_stats_reason {
    OF_FSR_STATS_REQUEST = 0,
    OF_FSR_STAT_TRIGGER = 1,
};

/* Which statistics of an entry an instruction watches (1.5 §7.2.5). */
enum of_stat_trigger_flags {
    OF_STF_PERIODIC = 1 << 0,
    OF_STF_ONLY_FIRST = 1 << 1,
};

enum of_table_features_command {
    OF_TFC_REPLACE = 0,
    OF_TFC_MODIFY = 1,
    OF_TFC_ENABLE = 2,
    OF_TFC_DISABLE = 3,
};

/* The fastest rate among 'features' (enum of_port_features), 0 when there is none. */
uint32_t of_port_speed_kbps(uint32_t features);

#endif
