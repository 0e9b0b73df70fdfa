/* OpenFlow errors: a decode error is already the reply.
 *
 * Each value maps to an (OFPET_*, code) pair in each version (§7.4.4 and OF 1.0 §5.4.4). Numbers
 * differ between versions: "all tables full" of 1.0 is flow-mod-failed code 0, TABLE_FULL of 1.3 is
 * code 1. Later versions add numbers and keep those of 1.3, except that 1.4 calls bad properties of
 * table features what they are everywhere else. of_err_to_wire() and of_err_from_wire() know. */
#ifndef TAMBO_OPENFLOW_OF_ERR_H
#define TAMBO_OPENFLOW_OF_ERR_H

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, type, code, since, 1.0 type, 1.0 code): the numbers of 1.3 and later, the first of these versions
 * that has them, and those of 1.0; -1: there is no such error. Where a version has none, the nearest
 * one is used (see of_err.c). */
#define OF_ERRORS(X)                                                                               \
    X(HELLO_INCOMPATIBLE, 0, 0, 13, 0, 0)                                                          \
    X(HELLO_EPERM, 0, 1, 13, 0, 1)                                                                 \
    X(BAD_VERSION, 1, 0, 13, 1, 0)                                                                 \
    X(BAD_TYPE, 1, 1, 13, 1, 1)                                                                    \
    X(BAD_MULTIPART, 1, 2, 13, 1, 2)                                                               \
    X(BAD_EXPERIMENTER, 1, 3, 13, 1, 3)                                                            \
    X(BAD_EXP_TYPE, 1, 4, 13, 1, 4)                                                                \
    X(REQ_EPERM, 1, 5, 13, 1, 5)                                                                   \
    X(BAD_LEN, 1, 6, 13, 1, 6)                                                                     \
    X(BUFFER_EMPTY, 1, 7, 13, 1, 7)                                                                \
    X(BUFFER_UNKNOWN, 1, 8, 13, 1, 8)                                                              \
    X(REQ_BAD_TABLE_ID, 1, 9, 13, -1, -1)                                                          \
    X(IS_SLAVE, 1, 10, 13, -1, -1)                                                                 \
    X(REQ_BAD_PORT, 1, 11, 13, -1, -1)                                                             \
    X(BAD_PACKET, 1, 12, 13, -1, -1)                                                               \
    X(MULTIPART_OVERFLOW, 1, 13, 13, -1, -1)                                                       \
    X(MULTIPART_REQUEST_TIMEOUT, 1, 14, 14, -1, -1)                                                \
    X(MULTIPART_REPLY_TIMEOUT, 1, 15, 14, -1, -1)                                                  \
    X(MULTIPART_BAD_SCHED, 1, 16, 15, -1, -1)                                                      \
    X(PIPELINE_FIELDS_ONLY, 1, 17, 15, -1, -1)                                                     \
    X(REQ_UNKNOWN, 1, 18, 15, -1, -1)                                                              \
    X(ACT_BAD_TYPE, 2, 0, 13, 2, 0)                                                                \
    X(ACT_BAD_LEN, 2, 1, 13, 2, 1)                                                                 \
    X(ACT_BAD_EXPERIMENTER, 2, 2, 13, 2, 2)                                                        \
    X(ACT_BAD_EXP_TYPE, 2, 3, 13, 2, 3)                                                            \
    X(ACT_BAD_OUT_PORT, 2, 4, 13, 2, 4)                                                            \
    X(ACT_BAD_ARGUMENT, 2, 5, 13, 2, 5)                                                            \
    X(ACT_EPERM, 2, 6, 13, 2, 6)                                                                   \
    X(ACT_TOO_MANY, 2, 7, 13, 2, 7)                                                                \
    X(ACT_BAD_QUEUE, 2, 8, 13, 2, 8)                                                               \
    X(ACT_BAD_OUT_GROUP, 2, 9, 13, -1, -1)                                                         \
    X(ACT_MATCH_INCONSISTENT, 2, 10, 13, -1, -1)                                                   \
    X(ACT_UNSUPPORTED_ORDER, 2, 11, 13, -1, -1)                                                    \
    X(ACT_BAD_TAG, 2, 12, 13, -1, -1)                                                              \
    X(ACT_BAD_SET_TYPE, 2, 13, 13, -1, -1)                                                         \
    X(ACT_BAD_SET_LEN, 2, 14, 13, -1, -1)                                                          \
    X(ACT_BAD_SET_ARGUMENT, 2, 15, 13, -1, -1)                                                     \
    X(ACT_BAD_SET_MASK, 2, 16, 15, -1, -1)                                                         \
    X(ACT_BAD_METER, 2, 17, 15, -1, -1)                                                            \
    X(INST_UNKNOWN, 3, 0, 13, -1, -1)                                                              \
    X(INST_UNSUPPORTED, 3, 1, 13, -1, -1)                                                          \
    X(INST_BAD_TABLE_ID, 3, 2, 13, -1, -1)                                                         \
    X(INST_UNSUP_METADATA, 3, 3, 13, -1, -1)                                                       \
    X(INST_UNSUP_METADATA_MASK, 3, 4, 13, -1, -1)                                                  \
    X(INST_BAD_EXPERIMENTER, 3, 5, 13, -1, -1)                                                     \
    X(INST_BAD_EXP_TYPE, 3, 6, 13, -1, -1)                                                         \
    X(INST_BAD_LEN, 3, 7, 13, -1, -1)                                                              \
    X(INST_EPERM, 3, 8, 13, -1, -1)                                                                \
    X(INST_DUP, 3, 9, 14, -1, -1)                                                                  \
    X(MATCH_BAD_TYPE, 4, 0, 13, -1, -1)                                                            \
    X(MATCH_BAD_LEN, 4, 1, 13, -1, -1)                                                             \
    X(MATCH_BAD_TAG, 4, 2, 13, -1, -1)                                                             \
    X(MATCH_BAD_DL_ADDR_MASK, 4, 3, 13, -1, -1)                                                    \
    X(MATCH_BAD_NW_ADDR_MASK, 4, 4, 13, -1, -1)                                                    \
    X(MATCH_BAD_WILDCARDS, 4, 5, 13, -1, -1)                                                       \
    X(MATCH_BAD_FIELD, 4, 6, 13, -1, -1)                                                           \
    X(MATCH_BAD_VALUE, 4, 7, 13, -1, -1)                                                           \
    X(MATCH_BAD_MASK, 4, 8, 13, -1, -1)                                                            \
    X(MATCH_BAD_PREREQ, 4, 9, 13, -1, -1)                                                          \
    X(MATCH_DUP_FIELD, 4, 10, 13, -1, -1)                                                          \
    X(MATCH_EPERM, 4, 11, 13, -1, -1)                                                              \
    X(FLOW_UNKNOWN, 5, 0, 13, -1, -1)                                                              \
    X(FLOW_TABLE_FULL, 5, 1, 13, 3, 0)                                                             \
    X(FLOW_BAD_TABLE_ID, 5, 2, 13, -1, -1)                                                         \
    X(FLOW_OVERLAP, 5, 3, 13, 3, 1)                                                                \
    X(FLOW_EPERM, 5, 4, 13, 3, 2)                                                                  \
    X(FLOW_BAD_TIMEOUT, 5, 5, 13, 3, 3)                                                            \
    X(FLOW_BAD_COMMAND, 5, 6, 13, 3, 4)                                                            \
    X(FLOW_BAD_FLAGS, 5, 7, 13, -1, -1)                                                            \
    X(FLOW_CANT_SYNC, 5, 8, 14, -1, -1)                                                            \
    X(FLOW_BAD_PRIORITY, 5, 9, 14, -1, -1)                                                         \
    X(FLOW_IS_SYNC, 5, 10, 15, -1, -1)                                                             \
    X(FLOW_UNSUPPORTED, -1, -1, 13, 3, 5)                                                          \
    X(GROUP_EXISTS, 6, 0, 13, -1, -1)                                                              \
    X(GROUP_INVALID, 6, 1, 13, -1, -1)                                                             \
    X(GROUP_WEIGHT_UNSUPPORTED, 6, 2, 13, -1, -1)                                                  \
    X(GROUP_OUT_OF_GROUPS, 6, 3, 13, -1, -1)                                                       \
    X(GROUP_OUT_OF_BUCKETS, 6, 4, 13, -1, -1)                                                      \
    X(GROUP_CHAINING_UNSUPPORTED, 6, 5, 13, -1, -1)                                                \
    X(GROUP_WATCH_UNSUPPORTED, 6, 6, 13, -1, -1)                                                   \
    X(GROUP_LOOP, 6, 7, 13, -1, -1)                                                                \
    X(GROUP_UNKNOWN_GROUP, 6, 8, 13, -1, -1)                                                       \
    X(GROUP_CHAINED, 6, 9, 13, -1, -1)                                                             \
    X(GROUP_BAD_TYPE, 6, 10, 13, -1, -1)                                                           \
    X(GROUP_BAD_COMMAND, 6, 11, 13, -1, -1)                                                        \
    X(GROUP_BAD_BUCKET, 6, 12, 13, -1, -1)                                                         \
    X(GROUP_BAD_WATCH, 6, 13, 13, -1, -1)                                                          \
    X(GROUP_EPERM, 6, 14, 13, -1, -1)                                                              \
    X(GROUP_UNKNOWN_BUCKET, 6, 15, 15, -1, -1)                                                     \
    X(GROUP_BUCKET_EXISTS, 6, 16, 15, -1, -1)                                                      \
    X(PORT_BAD_PORT, 7, 0, 13, 4, 0)                                                               \
    X(PORT_BAD_HW_ADDR, 7, 1, 13, 4, 1)                                                            \
    X(PORT_BAD_CONFIG, 7, 2, 13, -1, -1)                                                           \
    X(PORT_BAD_ADVERTISE, 7, 3, 13, -1, -1)                                                        \
    X(PORT_EPERM, 7, 4, 13, -1, -1)                                                                \
    X(TABLE_BAD_TABLE, 8, 0, 13, -1, -1)                                                           \
    X(TABLE_BAD_CONFIG, 8, 1, 13, -1, -1)                                                          \
    X(TABLE_EPERM, 8, 2, 13, -1, -1)                                                               \
    X(QUEUE_BAD_PORT, 9, 0, 13, 5, 0)                                                              \
    X(QUEUE_BAD_QUEUE, 9, 1, 13, 5, 1)                                                             \
    X(QUEUE_EPERM, 9, 2, 13, 5, 2)                                                                 \
    X(CONFIG_BAD_FLAGS, 10, 0, 13, -1, -1)                                                         \
    X(CONFIG_BAD_LEN, 10, 1, 13, -1, -1)                                                           \
    X(CONFIG_EPERM, 10, 2, 13, -1, -1)                                                             \
    X(ROLE_STALE, 11, 0, 13, -1, -1)                                                               \
    X(ROLE_UNSUP, 11, 1, 13, -1, -1)                                                               \
    X(ROLE_BAD_ROLE, 11, 2, 13, -1, -1)                                                            \
    X(ROLE_ID_UNSUP, 11, 3, 15, -1, -1)                                                            \
    X(ROLE_ID_IN_USE, 11, 4, 15, -1, -1)                                                           \
    X(METER_UNKNOWN, 12, 0, 13, -1, -1)                                                            \
    X(METER_EXISTS, 12, 1, 13, -1, -1)                                                             \
    X(METER_INVALID, 12, 2, 13, -1, -1)                                                            \
    X(METER_UNKNOWN_METER, 12, 3, 13, -1, -1)                                                      \
    X(METER_BAD_COMMAND, 12, 4, 13, -1, -1)                                                        \
    X(METER_BAD_FLAGS, 12, 5, 13, -1, -1)                                                          \
    X(METER_BAD_RATE, 12, 6, 13, -1, -1)                                                           \
    X(METER_BAD_BURST, 12, 7, 13, -1, -1)                                                          \
    X(METER_BAD_BAND, 12, 8, 13, -1, -1)                                                           \
    X(METER_BAD_BAND_VALUE, 12, 9, 13, -1, -1)                                                     \
    X(METER_OUT_OF_METERS, 12, 10, 13, -1, -1)                                                     \
    X(METER_OUT_OF_BANDS, 12, 11, 13, -1, -1)                                                      \
    X(TFF_BAD_TABLE, 13, 0, 13, -1, -1)                                                            \
    X(TFF_BAD_METADATA, 13, 1, 13, -1, -1)                                                         \
    X(TFF_BAD_TYPE, 13, 2, 13, -1, -1)                                                             \
    X(TFF_BAD_LEN, 13, 3, 13, -1, -1)                                                              \
    X(TFF_BAD_ARGUMENT, 13, 4, 13, -1, -1)                                                         \
    X(TFF_EPERM, 13, 5, 13, -1, -1)                                                                \
    X(TFF_BAD_CAPA, 13, 6, 15, -1, -1)                                                             \
    X(TFF_BAD_MAX_ENT, 13, 7, 15, -1, -1)                                                          \
    X(TFF_BAD_FEATURES, 13, 8, 15, -1, -1)                                                         \
    X(TFF_BAD_COMMAND, 13, 9, 15, -1, -1)                                                          \
    X(TFF_TOO_MANY, 13, 10, 15, -1, -1)                                                            \
    X(PROP_BAD_TYPE, 14, 0, 14, -1, -1)                                                            \
    X(PROP_BAD_LEN, 14, 1, 14, -1, -1)                                                             \
    X(PROP_BAD_VALUE, 14, 2, 14, -1, -1)                                                           \
    X(PROP_TOO_MANY, 14, 3, 14, -1, -1)                                                            \
    X(PROP_DUP_TYPE, 14, 4, 14, -1, -1)                                                            \
    X(PROP_BAD_EXPERIMENTER, 14, 5, 14, -1, -1)                                                    \
    X(PROP_BAD_EXP_TYPE, 14, 6, 14, -1, -1)                                                        \
    X(PROP_BAD_EXP_VALUE, 14, 7, 14, -1, -1)                                                       \
    X(PROP_EPERM, 14, 8, 14, -1, -1)                                                               \
    X(ASYNC_INVALID, 15, 0, 14, -1, -1)                                                            \
    X(ASYNC_UNSUPPORTED, 15, 1, 14, -1, -1)                                                        \
    X(ASYNC_EPERM, 15, 2, 14, -1, -1)                                                              \
    X(MONITOR_UNKNOWN, 16, 0, 14, -1, -1)                                                          \
    X(MONITOR_EXISTS, 16, 1, 14, -1, -1)                                                           \
    X(MONITOR_INVALID, 16, 2, 14, -1, -1)                                                          \
    X(MONITOR_UNKNOWN_MONITOR, 16, 3, 14, -1, -1)                                                  \
    X(MONITOR_BAD_COMMAND, 16, 4, 14, -1, -1)                                                      \
    X(MONITOR_BAD_FLAGS, 16, 5, 14, -1, -1)                                                        \
    X(MONITOR_BAD_TABLE_ID, 16, 6, 14, -1, -1)                                                     \
    X(MONITOR_BAD_OUT, 16, 7, 14, -1, -1)                                                          \
    X(BUNDLE_UNKNOWN, 17, 0, 14, -1, -1)                                                           \
    X(BUNDLE_EPERM, 17, 1, 14, -1, -1)                                                             \
    X(BUNDLE_BAD_ID, 17, 2, 14, -1, -1)                                                            \
    X(BUNDLE_EXISTS, 17, 3, 14, -1, -1)                                                            \
    X(BUNDLE_CLOSED, 17, 4, 14, -1, -1)                                                            \
    X(BUNDLE_OUT_OF_BUNDLES, 17, 5, 14, -1, -1)                                                    \
    X(BUNDLE_BAD_TYPE, 17, 6, 14, -1, -1)                                                          \
    X(BUNDLE_BAD_FLAGS, 17, 7, 14, -1, -1)                                                         \
    X(BUNDLE_MSG_BAD_LEN, 17, 8, 14, -1, -1)                                                       \
    X(BUNDLE_MSG_BAD_XID, 17, 9, 14, -1, -1)                                                       \
    X(BUNDLE_MSG_UNSUP, 17, 10, 14, -1, -1)                                                        \
    X(BUNDLE_MSG_CONFLICT, 17, 11, 14, -1, -1)                                                     \
    X(BUNDLE_MSG_TOO_MANY, 17, 12, 14, -1, -1)                                                     \
    X(BUNDLE_MSG_FAILED, 17, 13, 14, -1, -1)                                                       \
    X(BUNDLE_TIMEOUT, 17, 14, 14, -1, -1)                                                          \
    X(BUNDLE_IN_PROGRESS, 17, 15, 14, -1, -1)                                                      \
    X(BUNDLE_SCHED_NOT_SUPPORTED, 17, 16, 15, -1, -1)                                              \
    X(BUNDLE_SCHED_FUTURE, 17, 17, 15, -1, -1)                                                     \
    X(BUNDLE_SCHED_PAST, 17, 18, 15, -1, -1)

enum of_err {
    OF_OK = 0,
#define X(NAME, type, code, since, t10, c10) OF_ERR_##NAME,
    OF_ERRORS(X)
#undef X
        OF_N_ERRS
};

/* The numbers that report 'err' in 'version'. */
void of_err_to_wire(enum of_err err, uint8_t version, uint16_t *type, uint16_t *code);

/* The error that (type, code) means in 'version'; OF_N_ERRS when it is not one of ours (other
 * groups, experimenters). */
enum of_err of_err_from_wire(uint8_t version, uint16_t type, uint16_t code);

/* Since 1.4 properties of all messages have errors of their own (1.4 §7.5.4), and table features no
 * longer have: 'err' as 'version' calls it. */
enum of_err of_err_modern(enum of_err err, uint8_t version);

/* "FLOW_TABLE_FULL". */
const char *of_err_name(enum of_err err);

#endif
