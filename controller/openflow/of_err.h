/* OpenFlow errors: a decode error is already the reply.
 *
 * Each value maps to an (OFPET_*, code) pair in each version (§7.4.4 and OF 1.0 §5.4.4). Numbers
 * differ between versions: "all tables full" of 1.0 is flow-mod-failed code 0, TABLE_FULL of 1.3 is
 * code 1. of_err_to_wire() and of_err_from_wire() know. */
#ifndef TAMBO_OPENFLOW_OF_ERR_H
#define TAMBO_OPENFLOW_OF_ERR_H

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, 1.3 type, 1.3 code, 1.0 type, 1.0 code); -1: the version has no such error, and the
 * nearest one of the same type is used (see of_err.c). */
#define OF_ERRORS(X)                                                                               \
    X(HELLO_INCOMPATIBLE, 0, 0, 0, 0)                                                              \
    X(HELLO_EPERM, 0, 1, 0, 1)                                                                     \
    X(BAD_VERSION, 1, 0, 1, 0)                                                                     \
    X(BAD_TYPE, 1, 1, 1, 1)                                                                        \
    X(BAD_MULTIPART, 1, 2, 1, 2)                                                                   \
    X(BAD_EXPERIMENTER, 1, 3, 1, 3)                                                                \
    X(BAD_EXP_TYPE, 1, 4, 1, 4)                                                                    \
    X(REQ_EPERM, 1, 5, 1, 5)                                                                       \
    X(BAD_LEN, 1, 6, 1, 6)                                                                         \
    X(BUFFER_EMPTY, 1, 7, 1, 7)                                                                    \
    X(BUFFER_UNKNOWN, 1, 8, 1, 8)                                                                  \
    X(REQ_BAD_TABLE_ID, 1, 9, -1, -1)                                                              \
    X(IS_SLAVE, 1, 10, -1, -1)                                                                     \
    X(REQ_BAD_PORT, 1, 11, -1, -1)                                                                 \
    X(BAD_PACKET, 1, 12, -1, -1)                                                                   \
    X(MULTIPART_OVERFLOW, 1, 13, -1, -1)                                                           \
    X(ACT_BAD_TYPE, 2, 0, 2, 0)                                                                    \
    X(ACT_BAD_LEN, 2, 1, 2, 1)                                                                     \
    X(ACT_BAD_EXPERIMENTER, 2, 2, 2, 2)                                                            \
    X(ACT_BAD_EXP_TYPE, 2, 3, 2, 3)                                                                \
    X(ACT_BAD_OUT_PORT, 2, 4, 2, 4)                                                                \
    X(ACT_BAD_ARGUMENT, 2, 5, 2, 5)                                                                \
    X(ACT_EPERM, 2, 6, 2, 6)                                                                       \
    X(ACT_TOO_MANY, 2, 7, 2, 7)                                                                    \
    X(ACT_BAD_QUEUE, 2, 8, 2, 8)                                                                   \
    X(ACT_BAD_OUT_GROUP, 2, 9, -1, -1)                                                             \
    X(ACT_MATCH_INCONSISTENT, 2, 10, -1, -1)                                                       \
    X(ACT_UNSUPPORTED_ORDER, 2, 11, -1, -1)                                                        \
    X(ACT_BAD_TAG, 2, 12, -1, -1)                                                                  \
    X(ACT_BAD_SET_TYPE, 2, 13, -1, -1)                                                             \
    X(ACT_BAD_SET_LEN, 2, 14, -1, -1)                                                              \
    X(ACT_BAD_SET_ARGUMENT, 2, 15, -1, -1)                                                         \
    X(INST_UNKNOWN, 3, 0, -1, -1)                                                                  \
    X(INST_UNSUPPORTED, 3, 1, -1, -1)                                                              \
    X(INST_BAD_TABLE_ID, 3, 2, -1, -1)                                                             \
    X(INST_UNSUP_METADATA, 3, 3, -1, -1)                                                           \
    X(INST_UNSUP_METADATA_MASK, 3, 4, -1, -1)                                                      \
    X(INST_BAD_EXPERIMENTER, 3, 5, -1, -1)                                                         \
    X(INST_BAD_EXP_TYPE, 3, 6, -1, -1)                                                             \
    X(INST_BAD_LEN, 3, 7, -1, -1)                                                                  \
    X(INST_EPERM, 3, 8, -1, -1)                                                                    \
    X(MATCH_BAD_TYPE, 4, 0, -1, -1)                                                                \
    X(MATCH_BAD_LEN, 4, 1, -1, -1)                                                                 \
    X(MATCH_BAD_TAG, 4, 2, -1, -1)                                                                 \
    X(MATCH_BAD_DL_ADDR_MASK, 4, 3, -1, -1)                                                        \
    X(MATCH_BAD_NW_ADDR_MASK, 4, 4, -1, -1)                                                        \
    X(MATCH_BAD_WILDCARDS, 4, 5, -1, -1)                                                           \
    X(MATCH_BAD_FIELD, 4, 6, -1, -1)                                                               \
    X(MATCH_BAD_VALUE, 4, 7, -1, -1)                                                               \
    X(MATCH_BAD_MASK, 4, 8, -1, -1)                                                                \
    X(MATCH_BAD_PREREQ, 4, 9, -1, -1)                                                              \
    X(MATCH_DUP_FIELD, 4, 10, -1, -1)                                                              \
    X(MATCH_EPERM, 4, 11, -1, -1)                                                                  \
    X(FLOW_UNKNOWN, 5, 0, -1, -1)                                                                  \
    X(FLOW_TABLE_FULL, 5, 1, 3, 0)                                                                 \
    X(FLOW_BAD_TABLE_ID, 5, 2, -1, -1)                                                             \
    X(FLOW_OVERLAP, 5, 3, 3, 1)                                                                    \
    X(FLOW_EPERM, 5, 4, 3, 2)                                                                      \
    X(FLOW_BAD_TIMEOUT, 5, 5, 3, 3)                                                                \
    X(FLOW_BAD_COMMAND, 5, 6, 3, 4)                                                                \
    X(FLOW_BAD_FLAGS, 5, 7, -1, -1)                                                                \
    X(FLOW_UNSUPPORTED, -1, -1, 3, 5)                                                              \
    X(GROUP_EXISTS, 6, 0, -1, -1)                                                                  \
    X(GROUP_INVALID, 6, 1, -1, -1)                                                                 \
    X(GROUP_WEIGHT_UNSUPPORTED, 6, 2, -1, -1)                                                      \
    X(GROUP_OUT_OF_GROUPS, 6, 3, -1, -1)                                                           \
    X(GROUP_OUT_OF_BUCKETS, 6, 4, -1, -1)                                                          \
    X(GROUP_CHAINING_UNSUPPORTED, 6, 5, -1, -1)                                                    \
    X(GROUP_WATCH_UNSUPPORTED, 6, 6, -1, -1)                                                       \
    X(GROUP_LOOP, 6, 7, -1, -1)                                                                    \
    X(GROUP_UNKNOWN_GROUP, 6, 8, -1, -1)                                                           \
    X(GROUP_CHAINED, 6, 9, -1, -1)                                                                 \
    X(GROUP_BAD_TYPE, 6, 10, -1, -1)                                                               \
    X(GROUP_BAD_COMMAND, 6, 11, -1, -1)                                                            \
    X(GROUP_BAD_BUCKET, 6, 12, -1, -1)                                                             \
    X(GROUP_BAD_WATCH, 6, 13, -1, -1)                                                              \
    X(GROUP_EPERM, 6, 14, -1, -1)                                                                  \
    X(PORT_BAD_PORT, 7, 0, 4, 0)                                                                   \
    X(PORT_BAD_HW_ADDR, 7, 1, 4, 1)                                                                \
    X(PORT_BAD_CONFIG, 7, 2, -1, -1)                                                               \
    X(PORT_BAD_ADVERTISE, 7, 3, -1, -1)                                                            \
    X(PORT_EPERM, 7, 4, -1, -1)                                                                    \
    X(TABLE_BAD_TABLE, 8, 0, -1, -1)                                                               \
    X(TABLE_BAD_CONFIG, 8, 1, -1, -1)                                                              \
    X(TABLE_EPERM, 8, 2, -1, -1)                                                                   \
    X(QUEUE_BAD_PORT, 9, 0, 5, 0)                                                                  \
    X(QUEUE_BAD_QUEUE, 9, 1, 5, 1)                                                                 \
    X(QUEUE_EPERM, 9, 2, 5, 2)                                                                     \
    X(CONFIG_BAD_FLAGS, 10, 0, -1, -1)                                                             \
    X(CONFIG_BAD_LEN, 10, 1, -1, -1)                                                               \
    X(CONFIG_EPERM, 10, 2, -1, -1)                                                                 \
    X(ROLE_STALE, 11, 0, -1, -1)                                                                   \
    X(ROLE_UNSUP, 11, 1, -1, -1)                                                                   \
    X(ROLE_BAD_ROLE, 11, 2, -1, -1)                                                                \
    X(METER_UNKNOWN, 12, 0, -1, -1)                                                                \
    X(METER_EXISTS, 12, 1, -1, -1)                                                                 \
    X(METER_INVALID, 12, 2, -1, -1)                                                                \
    X(METER_UNKNOWN_METER, 12, 3, -1, -1)                                                          \
    X(METER_BAD_COMMAND, 12, 4, -1, -1)                                                            \
    X(METER_BAD_FLAGS, 12, 5, -1, -1)                                                              \
    X(METER_BAD_RATE, 12, 6, -1, -1)                                                               \
    X(METER_BAD_BURST, 12, 7, -1, -1)                                                              \
    X(METER_BAD_BAND, 12, 8, -1, -1)                                                               \
    X(METER_BAD_BAND_VALUE, 12, 9, -1, -1)                                                         \
    X(METER_OUT_OF_METERS, 12, 10, -1, -1)                                                         \
    X(METER_OUT_OF_BANDS, 12, 11, -1, -1)                                                          \
    X(TFF_BAD_TABLE, 13, 0, -1, -1)                                                                \
    X(TFF_BAD_METADATA, 13, 1, -1, -1)                                                             \
    X(TFF_BAD_TYPE, 13, 2, -1, -1)                                                                 \
    X(TFF_BAD_LEN, 13, 3, -1, -1)                                                                  \
    X(TFF_BAD_ARGUMENT, 13, 4, -1, -1)                                                             \
    X(TFF_EPERM, 13, 5, -1, -1)

enum of_err {
    OF_OK = 0,
#define X(NAME, t13, c13, t10, c10) OF_ERR_##NAME,
    OF_ERRORS(X)
#undef X
        OF_N_ERRS
};

/* The numbers that report 'err' in 'version'. */
void of_err_to_wire(enum of_err err, uint8_t version, uint16_t *type, uint16_t *code);

/* The error that (type, code) means in 'version'; OF_N_ERRS when it is not one of ours (other
 * groups, experimenters). */
enum of_err of_err_from_wire(uint8_t version, uint16_t type, uint16_t code);

/* "FLOW_TABLE_FULL". */
const char *of_err_name(enum of_err err);

#endif
