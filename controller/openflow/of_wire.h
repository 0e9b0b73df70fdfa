/* What the files of the codec share: the shape of a version's tables and the pieces of messages that
 * appear in more than one message. Private to this room.
 *
 * Decoders ("get") read from a cursor that is bounded to the part in question and consume all of it;
 * what they leave over, or read beyond, becomes OF_ERR_BAD_LEN centrally. Encoders ("put") append to
 * a buffer and back-patch lengths; values that do not fit mark the buffer as failed, which becomes
 * ERR_RANGE centrally. Errors that are returned are those that only this piece can know. */
#ifndef TAMBO_OPENFLOW_OF_WIRE_H
#define TAMBO_OPENFLOW_OF_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/base/err.h"
#include "controller/openflow/of_field.h"
#include "controller/openflow/of_msg.h"

/* --- Tables of a version ------------------------------------------------------------------------ */

typedef enum of_err of_get_fn(struct rd *r, struct arena *arena, struct of_msg *msg);
typedef enum err of_put_fn(struct buf *b, const struct of_msg *msg);

/* One message type; 'get' and 'put' are NULL when there is nothing behind the header. */
struct of_row {
    uint8_t number;   /* OFPT_*. */
    bool known;       /* The version has this type. */
    bool fixed;       /* No longer than 'min_len'. */
    uint16_t min_len; /* With the header. */
    of_get_fn *get;
    of_put_fn *put;
};

/* Rows are indexed by enum of_type. */
extern const struct of_row of10_rows[OF_N_TYPES];
extern const struct of_row of13_rows[OF_N_TYPES];
extern const struct of_row of14_rows[OF_N_TYPES];
extern const struct of_row of15_rows[OF_N_TYPES];

/* A body of a multipart (statistics) message; NULL twice when it is empty. */
struct of_mp_body {
    bool fixed; /* No longer than 'min_len'. */
    uint16_t min_len;
    of_get_fn *get;
    of_put_fn *put;
};

/* One multipart type; without reply.get the version has none of it that differs from the version
 * before. */
struct of_mp_row {
    uint16_t number; /* OFPMP_*, OFPST_*. */
    struct of_mp_body request, reply;
};

/* What the rows of both tables say. */
#define OF_ROW(number, kind, len, get, put)                                                        \
    {                                                                                              \
        number, true, kind, len, get, put                                                          \
    }
#define FIXED true
#define VARIABLE false
#define EMPTY                                                                                      \
    {                                                                                              \
        FIXED, 0, NULL, NULL                                                                       \
    }

/* Rows are indexed by enum of_mp_type. */
extern const struct of_mp_row of10_multiparts[OF_N_MP_TYPES];
extern const struct of_mp_row of13_multiparts[OF_N_MP_TYPES];
extern const struct of_mp_row of14_multiparts[OF_N_MP_TYPES];
extern const struct of_mp_row of15_multiparts[OF_N_MP_TYPES];

/* of_multipart.c */
of_get_fn of_get_mp_request, of_get_mp_reply;
of_put_fn of_put_mp_request, of_put_mp_reply;

/* Who wrote a match or a list of actions or instructions. What a controller asks for is refused when we do not
 * understand all of it; of what a switch tells, the parts that we do not know are skipped. */
enum of_origin { OF_FROM_CONTROLLER, OF_FROM_SWITCH };

/* --- The same in all versions (of_common.c) ------------------------------------------------------ */

of_get_fn of_get_hello, of_get_echo, of_get_config;
of_put_fn of_put_hello, of_put_echo, of_put_config;
of_get_fn of_get_desc, of_get_aggregate;
of_put_fn of_put_desc, of_put_aggregate;

/* All that is left. */
static inline struct of_bytes of_get_rest(struct rd *r)
{
    size_t n = r->left;

    return (struct of_bytes){.data = rd_bytes(r, n), .len = r->failed ? 0 : n};
}

static inline void of_put_bytes(struct buf *b, struct of_bytes bytes)
{
    if (bytes.len) {
        buf_put(b, bytes.data, bytes.len);
    }
}

/* How many bytes of padding follow 'len' bytes that fill multiples of 8. */
static inline size_t of_padding(size_t len)
{
    return (8 - len % 8) % 8;
}

/* A number of 'size' bytes on the wire, 1 to 16. */
struct of_num of_get_num(struct rd *r, size_t size);
void of_put_num(struct buf *b, size_t size, struct of_num v);

/* A text field of 'width' bytes into 'out' of 'width' + 1. Texts are terminated on the wire (§7.2.1,
 * §7.3.5.1), so the last byte is not part of one. */
void of_get_text(struct rd *r, char *out, size_t width);

/* The twelve counters from rx_packets to collisions. */
void of_get_port_counters(struct rd *r, struct of_port_stats *s);
void of_put_port_counters(struct buf *b, const struct of_port_stats *s);

/* Counts the elements behind 'r', each of which has its length, a multiple of 'align' and at least
 * 'min', as a 16-bit number at 'offset' of its start. False when the elements do not fill the space
 * exactly. */
bool of_count_elements(struct rd r, size_t offset, size_t min, size_t align, size_t *n);

/* An ordinary port: what a port-mod or a queue can be about (§7.2.1). */
static inline bool of_port_is_ordinary(port_no_t port)
{
    return port >= 1 && port <= OF_PORT_MAX;
}

/* A port that a packet can be sent to (§7.2.1). */
static inline bool of_port_is_output(port_no_t port)
{
    return of_port_is_ordinary(port) || (port >= OF_PORT_IN_PORT && port <= OF_PORT_LOCAL);
}

/* A port that a packet can have come from: a switch's own, or the controller (§7.3.7). */
static inline bool of_port_is_input(port_no_t port)
{
    return of_port_is_ordinary(port) || port == OF_PORT_LOCAL || port == OF_PORT_CONTROLLER;
}

/* A meter that a flow entry can name (§7.3.4.4); the virtual ones are not of that kind. */
static inline bool of_meter_is_ordinary(uint32_t id)
{
    return id >= 1 && id <= OF_METER_MAX;
}

/* of_check.c: what ties the parts of a controller's request together; each part was found good. */
enum of_err of_check_flow_mod(const struct of_flow_mod *f);          /* Not for 1.0. */
enum of_err of_check_filter(port_no_t out_port, uint32_t out_group); /* Deletions, statistics. */
enum of_err of_check_lasting(const struct of_actions *actions);      /* Flow entries, groups. */

/* of_queue.c: the properties of a queue, all of 'r'; those that 'version' does not have are left
 * out when reading, and refused when writing. */
enum of_err of_get_queue_props(struct rd *r, uint8_t version, struct arena *arena,
                               struct of_queue *queue);
enum err of_put_queue_props(struct buf *b, uint8_t version, const struct of_queue *queue);

/* True for commands that select existing entries by out_port, out_group and cookie (§6.4). */
static inline bool of_flow_mod_deletes(enum of_flow_mod_command command)
{
    return command == OF_FLOW_DELETE || command == OF_FLOW_DELETE_STRICT;
}

/* --- 1.3, and with the version as a parameter 1.4 and 1.5 ------------------------------------------- */

/* of13.c: what is laid out alike since 1.3; the version is that of the message. */
of_get_fn of13_get_error, of13_get_experimenter, of13_get_features, of13_get_packet_in;
of_put_fn of13_put_error, of13_put_experimenter, of13_put_features, of13_put_packet_in;
of_get_fn of13_get_packet_out, of13_get_flow_mod, of13_get_flow_removed, of13_get_role;
of_put_fn of13_put_packet_out, of13_put_flow_mod, of13_put_flow_removed, of13_put_role;

/* of13_match.c: struct ofp_match with its padding; consumes only that. */
enum of_err of13_get_match(struct rd *r, uint8_t version, enum of_origin origin,
                           struct of_match *match);
enum err of13_put_match(struct buf *b, uint8_t version, const struct of_match *match);

/* Class, number and length of an exact field, for those of which the number is that of enum of_field. */
#define OF13_EXACT(NAME, len)                                                                      \
    ((uint32_t)OF13_OXM_CLASS_BASIC << 16 | (uint32_t)OF_FIELD_##NAME << 9 | (uint32_t)(len))

#define OF13_MAX_VLAN_VID (OF_VID_PRESENT | 0xfff) /* All of its 13 bits. */

/* A set-field's OXM TLV, and the header of one: class, field, mask bit, length. */
enum of_err of13_get_set_field(struct rd *r, uint8_t version, struct of_action *a);
void of13_put_oxm(struct buf *b, enum of_field field, struct of_num value);
void of13_put_oxm_header(struct buf *b, enum of_field field, bool masked);
bool of13_is_settable(enum of_field field);
#define OF13_OXM_CLASS_BASIC 0x8000
#define OF13_OXM_CLASS_EXPERIMENTER 0xffff

/* of13_action.c: all of 'r'. */
enum of_err of13_get_actions(struct rd *r, uint8_t version, enum of_origin origin,
                             struct arena *arena, struct of_actions *out);
enum err of13_put_actions(struct buf *b, uint8_t version, const struct of_actions *actions);

/* OFPAT_* of a type, -1 when the version has none, and back: OF_N_ACTIONS when it is none of ours. */
int of13_action_number(uint8_t version, enum of_action_type type);
enum of_action_type of13_action_type(uint8_t version, uint16_t number);

/* of13_instruction.c: all of 'r'. */
enum of_err of13_get_instructions(struct rd *r, uint8_t version, enum of_origin origin,
                                  struct arena *arena, struct of_instructions *out);
enum err of13_put_instructions(struct buf *b, uint8_t version, const struct of_instructions *ins);

/* of13_port.c */
#define OF13_PORT_LEN 64
void of13_get_port(struct rd *r, struct of_port *port);
void of13_put_port(struct buf *b, const struct of_port *port);
of_get_fn of13_get_port_stats_request;
of_put_fn of13_put_port_stats_request;
of_get_fn of13_get_port_stats, of13_get_port_desc;
of_put_fn of13_put_port_stats, of13_put_port_desc;

of_get_fn of13_get_port_mod;
of_put_fn of13_put_port_mod;
enum of_err of13_check_port_mod(const struct of_port_mod *p);

/* What of these bits 1.3 and later versions have. */
#define OF13_PORT_CONFIG_BITS                                                                      \
    ((uint32_t)(OF_PC_PORT_DOWN | OF_PC_NO_RECV | OF_PC_NO_FWD | OF_PC_NO_PACKET_IN))
#define OF13_PORT_STATE_BITS (OF_PS_LINK_DOWN | OF_PS_BLOCKED | OF_PS_LIVE)
#define OF13_PORT_FEATURE_BITS 0xffffu

/* of13_group.c */
enum of_err of13_check_group_mod(const struct of_group_mod *g);
of_get_fn of13_get_group_mod;
of_put_fn of13_put_group_mod;
of_get_fn of13_get_group_request;
of_put_fn of13_put_group_request;
of_get_fn of13_get_group_stats;
of_put_fn of13_put_group_stats;
of_get_fn of13_get_group_desc, of13_get_group_features;
of_put_fn of13_put_group_desc, of13_put_group_features;

/* of13_meter.c; the counters are those of groups' buckets, too. */
const struct of_counter *of13_get_counters(struct rd *r, size_t n, struct arena *arena);
void of13_put_counters(struct buf *b, const struct of_counter *list, size_t n);
of_get_fn of13_get_meter_mod;
of_put_fn of13_put_meter_mod;
of_get_fn of13_get_meter_request;
of_put_fn of13_put_meter_request;
of_get_fn of13_get_meter_stats, of13_get_meter_config, of13_get_meter_features;
of_put_fn of13_put_meter_stats, of13_put_meter_config, of13_put_meter_features;

/* of13_queue.c */
of_get_fn of13_get_queue_config_request, of13_get_queue_config;
of_put_fn of13_put_queue_config_request, of13_put_queue_config;
of_get_fn of13_get_queue_stats_request;
of_put_fn of13_put_queue_stats_request;
of_get_fn of13_get_queue_stats;
of_put_fn of13_put_queue_stats;

/* of13_async.c */
of_get_fn of13_get_async;
of_put_fn of13_put_async;

/* of13_multipart.c */
of_get_fn of13_get_filter, of13_get_flows, of13_get_tables;
of_put_fn of13_put_filter, of13_put_flows, of13_put_tables;

/* of13_table_features.c */
of_get_fn of13_get_table_features_request, of13_get_table_features;
of_put_fn of13_put_table_features_request, of13_put_table_features;

/* --- Since 1.4 -------------------------------------------------------------------------------------- */

/* of_prop.c: properties are type, length and body; the padding to 8 bytes that follows is not part of
 * the length (1.4 §7.2). */
struct of_prop {
    uint16_t type;
    struct rd body;
};

#define OF_PROP_EXPERIMENTER 0xffff

/* Reads one property, all of its body. */
typedef enum of_err of_get_prop_fn(struct of_prop *p, void *aux);

/* All of 'r': calls 'get' for each property. A type below 32 comes at most once. */
enum of_err of_get_props(struct rd *r, of_get_prop_fn *get, void *aux);

/* How many there are, at least one for what is cut off. */
size_t of_count_props(struct rd r);

/* For a property of a type that is none of the message's: what a switch adds is skipped, what a
 * controller asks for is refused. */
enum of_err of_unknown_prop(enum of_origin origin, struct of_prop *p);

/* All of 'r' when only experimenters define properties there. */
enum of_err of_get_no_props(struct rd *r, enum of_origin origin);

/* Puts the header and says where it is; then comes the body; then length and padding are put. */
size_t of_begin_prop(struct buf *b, unsigned type);
void of_end_prop(struct buf *b, size_t start);

/* of14_port.c: ports, port-mods and statistics with their properties. */
of_get_fn of14_get_port_status, of14_get_port_mod;
of_put_fn of14_put_port_status, of14_put_port_mod;
of_get_fn of14_get_port_stats, of14_get_port_desc;
of_put_fn of14_put_port_stats, of14_put_port_desc;

/* of14_queue.c */
of_get_fn of14_get_queue_desc_request;
of_put_fn of14_put_queue_desc_request;
of_get_fn of14_get_queue_stats, of14_get_queue_desc;
of_put_fn of14_put_queue_stats, of14_put_queue_desc;

/* of14_table.c */
of_get_fn of14_get_table_mod, of14_get_table_status;
of_put_fn of14_put_table_mod, of14_put_table_status;
of_get_fn of14_get_table_desc;
of_put_fn of14_put_table_desc;

/* of14_async.c: 1.5 has two pairs more. */
of_get_fn of14_get_async;
of_put_fn of14_put_async;

/* of14_monitor.c */
of_get_fn of14_get_monitor, of14_get_updates;
of_put_fn of14_put_monitor, of14_put_updates;

/* of14_bundle.c: the same in 1.5, which has a time besides. */
of_get_fn of14_get_bundle_control, of14_get_bundle_add, of14_get_requestforward;
of_put_fn of14_put_bundle_control, of14_put_bundle_add, of14_put_requestforward;

/* of14.c */
of_get_fn of14_get_role_status;
of_put_fn of14_put_role_status;

/* --- Since 1.5 -------------------------------------------------------------------------------------- */

/* of15_oxs.c: the statistics of one or more flow entries; what is all ones or not there was not said. */
struct of15_oxs {
    bool has_duration, has_idle;
    uint32_t duration_s, duration_ns;
    uint32_t idle_s, idle_ns;
    uint32_t n_flows;
    uint64_t n_packets, n_bytes;
};

enum of15_oxs_result {
    OF15_OXS_OK,
    OF15_OXS_UNKNOWN, /* Something was skipped. */
    OF15_OXS_DUP,
    OF15_OXS_BAD_LEN,
};

extern const struct of15_oxs of15_oxs_none;

/* With the padding behind; the worst of what was found. */
enum of15_oxs_result of15_get_oxs(struct rd *r, struct of15_oxs *s);
void of15_put_oxs(struct buf *b, const struct of15_oxs *s);

/* What follows type and length of the instruction. */
enum of_err of15_get_trigger(struct rd *r, enum of_origin origin, struct of_stat_trigger *t);
void of15_put_trigger(struct buf *b, const struct of_stat_trigger *t);

/* of15_action.c: what follows type and length of the actions. */
enum of_err of15_get_copy_field(struct rd *r, struct of_action *a);
void of15_put_copy_field(struct buf *b, const struct of_action *a);
void of15_put_masked_field(struct buf *b, enum of_field field, struct of_num value,
                           struct of_num mask);
void of15_take_meter(struct of_instructions *ins);

/* of15_flow.c */
of_get_fn of15_get_flow_removed;
of_put_fn of15_put_flow_removed;
of_get_fn of15_get_flow_descs, of15_get_flow_stats, of15_get_aggregate;
of_put_fn of15_put_flow_descs, of15_put_flow_stats, of15_put_aggregate;

/* of15_group.c */
of_get_fn of15_get_group_mod;
of_put_fn of15_put_group_mod;
of_get_fn of15_get_group_desc;
of_put_fn of15_put_group_desc;

/* of15_controller.c */
of_get_fn of15_get_role, of15_get_controller_status;
of_put_fn of15_put_role, of15_put_controller_status;
of_get_fn of15_get_controllers;
of_put_fn of15_put_controllers;

/* of15_bundle.c */
of_get_fn of15_get_bundle_features_request;
of_put_fn of15_put_bundle_features_request;
of_get_fn of15_get_bundle_features;
of_put_fn of15_put_bundle_features;

/* of15_table.c */
enum of_err of15_get_packet_types(struct rd *r, enum of_origin origin, struct arena *arena,
                                  struct of_table_prop *p);
void of15_put_packet_types(struct buf *b, const struct of_table_prop *p);

/* --- 1.0 -------------------------------------------------------------------------------------------- */

/* of10_port.c: port numbers, 16 bits on the wire. */
#define OF10_PORT_LEN 48
#define OF10_MAX_PORT 0xff00

/* Numbers behind the last port are reserved in both forms, whether or not they mean something. */
static inline port_no_t of10_port_no(uint16_t n)
{
    return n > OF10_MAX_PORT ? UINT32_C(0xffff0000) | n : n;
}

/* The other way; a port that 1.0 cannot name fails the buffer. */
static inline uint16_t of10_wire_port(struct buf *b, port_no_t port)
{
    b->failed |= port > OF10_MAX_PORT && port <= OF_PORT_MAX;
    return (uint16_t)port;
}

bool of10_port_is_ordinary(port_no_t port);
enum of_err of10_check_filter(port_no_t out_port); /* Of deletions and statistics; also none. */
port_no_t of10_get_port_no(struct rd *r);
void of10_put_port_no(struct buf *b, port_no_t port);
void of10_get_port(struct rd *r, struct of_port *port);
void of10_put_port(struct buf *b, const struct of_port *port);

of_get_fn of10_get_port_mod;
of_put_fn of10_put_port_mod;

/* of10_queue.c */
of_get_fn of10_get_queue_config_request, of10_get_queue_config;
of_put_fn of10_put_queue_config_request, of10_put_queue_config;
of_get_fn of10_get_queue_stats_request;
of_put_fn of10_put_queue_stats_request;
of_get_fn of10_get_queue_stats;
of_put_fn of10_put_queue_stats;

/* of10_match.c: struct ofp_match, 40 bytes. */
#define OF10_MATCH_LEN 40
enum of_err of10_get_match(struct rd *r, enum of_origin origin, struct of_match *match);
enum err of10_put_match(struct buf *b, const struct of_match *match);

/* of10_action.c: all of 'r'. 'match' tells whether transport ports are UDP's; NULL: TCP's. */
enum of_err of10_get_actions(struct rd *r, enum of_origin origin, struct arena *arena,
                             const struct of_match *match, struct of_actions *out);
enum err of10_put_actions(struct buf *b, const struct of_actions *actions);
enum of_err of10_get_instructions(struct rd *r, enum of_origin origin, struct arena *arena,
                                  const struct of_match *match, struct of_instructions *out);
enum err of10_put_instructions(struct buf *b, const struct of_instructions *ins);

/* of10_stats.c */

/* of10.c: vendor messages and vendor statistics. The body has no type of its own there; its first
 * word is taken as one, and an empty body gets one of 0. */
void of10_get_vendor(struct rd *r, struct of_experimenter *e);
void of10_put_vendor(struct buf *b, const struct of_experimenter *e);

#endif
