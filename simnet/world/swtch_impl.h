/* What the files of the switch share: swtch.c (life), swtch_conn.c (controllers), swtch_port.c (ports), swtch_path.c and what
 * swtch_pass.h names (frames), swtch_agent.c (messages), swtch_check.c (what a controller may ask),
 * swtch_stats.c and swtch_stats_group.c (multiparts). Nobody else includes this. */
#ifndef TAMBO_WORLD_SWTCH_IMPL_H
#define TAMBO_WORLD_SWTCH_IMPL_H

#include "controller/base/alloc.h"
#include "controller/base/arena.h"
#include "controller/packet/pkt.h"
#include "simnet/world/egress.h"
#include "simnet/world/group.h"
#include "simnet/world/meter.h"
#include "simnet/world/reassembly.h"
#include "simnet/world/swtch.h"

/* How fragments are handled (§7.3.2). */
enum { FRAG_NORMAL = 0, FRAG_DROP = 1, FRAG_REASM = 2 };

/* What a port needs seldom. */
struct port_rest {
    struct eth_addr hw_addr;
    uint64_t rx_dropped, tx_dropped;
    mono_t added_at;
};

/* One line of the cache. */
struct port {
    struct wire *wire;
    struct egress *egress; /* NULL: it has no queues. */
    struct port_rest *rest;
    unsigned side;
    uint32_t config; /* enum of_port_config. */
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

/* A frame that comes back after a copy of it has been changed. */
struct saved_frame {
    struct pkt p;
    struct buf bytes;
};

/* A connection to a controller. What each message needs comes first. */
struct swtch_conn {
    struct swtch *sw;
    struct swtch_conn *next; /* Of the same switch. */
    swtch_send_fn *send;     /* NULL: nobody is there. */
    void *aux;
    struct flow_monitor *monitors; /* Of 1.4. */
    bool connected;
    uint8_t version; /* OF_VERSION_NONE: not yet agreed. */
    uint16_t miss_send_len;
    enum of_role role;
    struct of_async async;
    uint32_t n_connects;    /* So far. */
    uint16_t short_id;      /* Of 1.5, that it has asked for; 0: none. */
    struct bundle *bundles; /* Of 1.4: what is to be done together (swtch_bundle.c). */
    unsigned n_bundles;
    unsigned n_questions; /* Multipart requests that wait for the processor. */
    int64_t sched_future_ns, sched_past_ns; /* Of 1.5: how far from now a commit may be. */
    struct buf parts;                       /* Of a request for table features that goes on. */
    uint32_t parts_xid;
    bool has_abbreviated; /* The flow-mod at work has been told to it. */
    bool is_answering;    /* A message that has waited for the processor is at work. */
};

/* What a controller wants of a table, and what that tells about its free space (1.4 §7.3.4.1). */
struct vacancy {
    uint32_t config; /* enum of_table_config. */
    uint8_t down_percent, up_percent;
    bool waits_for_room; /* It has told that it is nearly full. */
    bool removed;        /* The table is not there. */
};

/* What a controller has made of a table (swtch_features.c). */
struct table_shape {
    char name[32 + 1];
    uint32_t most_entries; /* That it can take. */
};

/* What each frame needs is in the last line of the cache, with the first of the tables. */
struct swtch {
    char *name;
    struct swtch_params params;  /* 'name' is not used. */
    struct queue_params *queues; /* Those of the parameters; NULL: none. */
    struct queue_class *classes; /* The same. */
    bool has_generation;
    uint64_t generation_id;
    struct groups groups;
    struct meters meters;
    struct buf scratch;          /* The frame of a packet-out. */
    struct packet_slot *buffers; /* A ring, once it is used. */
    uint32_t next_buffer;
    struct reassembly *reassembly; /* NULL: it cannot do that. */
    struct bridge_table *bridge;   /* What OFPP_NORMAL has learned; NULL: nothing yet. */
    struct saved_frame *saved;     /* As many as copies were ever nested. */
    uint32_t n_saved;
    struct arena arena; /* Of the reply that is being made. */
    struct buf request; /* An offending request, encoded again for the error's data. */

    /* Of messages and changes of tables. */
    _Alignas(CACHE_LINE) const struct of_msg *at_work; /* What is being done; NULL: nothing. */
    struct swtch_conn *cur;     /* Whose message is at work; else the first. */
    struct vacancy *vacancies;  /* Of each table. */
    struct table_shape *shapes; /* The same. */
    table_watch_fn *watch;
    void *watch_aux;
    struct table *emergency;    /* Of 1.0; NULL in other fail modes. */
    struct held_messages *held; /* NULL: messages are sent at once. */

    struct swtch_stats stats;

    _Alignas(CACHE_LINE) struct sim *sim;
    struct port *ports;        /* Port n at n − 1. */
    struct swtch_conn *conns;  /* At least one. */
    struct swtch_cpu *cpu;     /* NULL: nothing takes time. */
    struct swtch_sflow *sflow; /* NULL: it does not sample. */
    uint32_t n_ports;
    uint32_t id;
    uint16_t frag_flags; /* OFPC_FRAG_*. */
    uint8_t
        first_egress; /* Frames that leave go through the tables from this on; 0: there are none. */
    bool alone;       /* No controller is connected. */
    bool quiet;       /* Entries that go now go without a word. */
    bool is_of_10;    /* Its controllers speak 1.0, or those that it had last did. */
    struct table *tables[];
};

/* The port called 'port_no', or NULL. */
struct port *swtch_port(const struct swtch *sw, port_no_t port_no);

/* --- swtch_stats.c: long answers -------------------------------------------------------------- */

/* A multipart answer of several messages: 'msg' has the type and the list, whose first 'n' are sent. */
struct answer {
    struct swtch *sw;
    struct of_msg msg;
};

/* True when there is such a table: a controller may remove some. */
static inline bool swtch_table_in_use(const struct swtch *sw, uint8_t table_id)
{
    return table_id < sw->params.n_tables && !sw->vacancies[table_id].removed;
}

/* True when the table is for frames that leave (1.5 §5.1). */
static inline bool swtch_table_is_egress(const struct swtch *sw, uint8_t table_id)
{
    return sw->first_egress && table_id >= sw->first_egress;
}

void swtch_stats_part(struct answer *a, size_t n, bool more);

/* Describes an entry as the current controller's version does. */
void swtch_stats_fill_flow(const struct swtch *sw, uint8_t t, uint32_t i,
                           struct of_flow_stats *out);

/* An upper bound of what actions take on the wire. */
size_t swtch_stats_actions_size(const struct of_actions *actions);

/* The same of an entry in an answer. */
size_t swtch_stats_flow_size(const struct table *table, uint32_t i);

enum { STATS_BODY_BYTES = 60000 }; /* Of a long answer in one message. */

/* False when the only element of the answer's list, of 'size' bytes at most, cannot be told: the controller's version has
 * no words for it, or it is too long for any message. It is left out then. */
bool swtch_stats_can_tell(struct answer *a, size_t size);

/* --- swtch_conn.c ---------------------------------------------------------------------------- */

static inline bool swtch_conn_is_ready(const struct swtch_conn *conn)
{
    return conn->connected && conn->version != OF_VERSION_NONE;
}

/* True when the connection is ready and asks for messages of this reason; 'masks' is of conn->async. */
static inline bool swtch_conn_wants(const struct swtch_conn *conn, const uint32_t masks[2],
                                    unsigned reason)
{
    return swtch_conn_is_ready(conn) && (masks[conn->role == OF_ROLE_SLAVE] >> reason & 1);
}

/* Sends 'msg' with the agreed version, when there is a controller; swtch_send() to the one whose message is
 * at work. */
void swtch_send_to(struct swtch_conn *conn, struct of_msg *msg);
void swtch_send(struct swtch *sw, struct of_msg *msg);

void swtch_refuse(struct swtch *sw, const struct of_msg *request, enum of_err err);
void swtch_free_conns(struct swtch *sw);
/* Does what a message says, without waiting for the processor. */
void swtch_conn_do(struct swtch_conn *conn, const struct of_msg *msg);

enum of_err swtch_role(struct swtch *sw, const struct of_msg *msg);

/* The request of the current controller has been done; others may want to know (1.4 §7.4.6). */
void swtch_forward_request(struct swtch *sw, const struct of_msg *request);
void swtch_set_async(struct swtch *sw, const struct of_async *async);
void swtch_reply_async(struct swtch *sw, uint32_t xid);

/* --- swtch_agent.c --------------------------------------------------------------------------- */

/* Does what 'msg' of the current connection says. */
enum of_err swtch_dispatch(struct swtch *sw, const struct of_msg *msg);

/* What a flow-mod of the current controller means: 'fm', or for 1.0 '*own'. There an add forgets the counters of what
 * it replaces, and an entry without wildcards has the highest priority, whatever is said (OF 1.0 §3.4). */
const struct of_flow_mod *swtch_as_meant(const struct swtch *sw, const struct of_flow_mod *fm,
                                         struct of_flow_mod *own);

/* What is wrong with a packet-out, its buffer excepted. */
enum of_err swtch_check_packet_out(const struct swtch *sw, const struct of_packet_out *out);

/* --- swtch_cpu.c ----------------------------------------------------------------------------- */

void swtch_cpu_start(struct swtch *sw);
void swtch_cpu_free(struct swtch *sw);

/* Drops all that waits. */
void swtch_cpu_clear(struct swtch *sw);

/* True when the message (of the current connection) has been taken, to be done later. */
bool swtch_cpu_message(struct swtch_conn *conn, const struct of_msg *msg);

/* A packet-in leaves when the processor has got to it; there must be room. */
bool swtch_cpu_has_room_for_packet_in(const struct swtch *sw);
void swtch_cpu_packet_in(struct swtch_conn *conn, struct of_msg *msg);

/* An entry has been used, and may move up. */
void swtch_cpu_used(struct swtch *sw, uint8_t table_id, uint32_t entry);

/* --- swtch_port.c ---------------------------------------------------------------------------- */

/* Fills the description of port 'port_no'. */
void swtch_describe_port(const struct swtch *sw, port_no_t port_no, struct of_port *out);

enum of_err swtch_port_mod(struct swtch *sw, const struct of_port_mod *pm);

/* --- swtch_path.c ---------------------------------------------------------------------------- */

/* Runs the actions of a packet-out on the frame in 'frame'. */
enum of_err swtch_path_packet_out(struct swtch *sw, const struct of_packet_out *out,
                                  struct buf *frame);

/* Sends a frame that was buffered through the tables. */
void swtch_path_buffered(struct swtch *sw, port_no_t in_port, struct buf *frame);

/* A frame that waits for the processor, between two tables. */
struct suspended_pass {
    port_no_t in_port;
    uint8_t table_id;
    uint64_t metadata, tunnel_id;
    struct of_action *set; /* The action set so far, of 'n_set'; owned by who keeps this. */
    unsigned n_set;
    uint32_t queue_id;
};

/* It goes on, in software. */
void swtch_path_resume(struct swtch *sw, const struct suspended_pass *at, struct buf *frame);

/* --- swtch_buffer.c -------------------------------------------------------------------------- */

/* Keeps a copy of the frame; OF_NO_BUFFER when there is no room. */
uint32_t swtch_buffer_put(struct swtch *sw, port_no_t in_port, const struct buf *frame);

/* Takes the frame out into 'frame'; when that is NULL it only looks whether it is there.
 *   BUFFER_UNKNOWN, BUFFER_EMPTY  it never was or has expired, or has been taken */
enum of_err swtch_buffer_take(const struct swtch *sw, uint32_t id, struct buf *frame,
                              port_no_t *in_port);
void swtch_buffers_free(struct swtch *sw);

/* --- swtch_normal.c -------------------------------------------------------------------------- */

void swtch_normal_free(struct swtch *sw);

/* --- swtch_group.c --------------------------------------------------------------------------- */

enum of_err swtch_group_mod(struct swtch *sw, const struct of_group_mod *gm);
group_port_live_fn swtch_group_port_live;

/* --- swtch_meter.c --------------------------------------------------------------------------- */

enum of_err swtch_meter_mod(struct swtch *sw, const struct of_meter_mod *mm);

/* True when the frame is beyond what the meter of the controllers lets through. */
bool swtch_meter_drops_packet_in(struct swtch *sw, const struct buf *frame);

/* Statistics or configurations, as the type of the answer says. */
enum of_err swtch_stats_meters(struct answer *a, uint32_t meter_id);
void swtch_stats_meter_features(struct answer *a);

/* --- swtch_sflow.c --------------------------------------------------------------------------- */

/* A frame has come in, of which perhaps a sample is taken. */
void swtch_sflow_frame(struct swtch_sflow *s, port_no_t port_no, const struct buf *frame);
void swtch_sflow_free(struct swtch_sflow *s);

/* --- swtch.c --------------------------------------------------------------------------------- */

/* The last controller has gone, or the first has come. */
void swtch_set_alone(struct swtch *sw, bool alone);

#define SWTCH_EMERGENCY_TABLE 0xfe /* Its number in statistics (OF 1.0 §5.3.5). */

/* --- swtch_backup.c -------------------------------------------------------------------------- */

struct swtch_backup;

/* All that a controller can change: tables, groups, meters, the configuration of ports. Either of the
 * last two functions ends the backup. */
struct swtch_backup *swtch_save(struct swtch *sw);
void swtch_restore(struct swtch *sw, struct swtch_backup *backup);
void swtch_backup_free(struct swtch *sw, struct swtch_backup *backup);

/* --- swtch_bundle.c -------------------------------------------------------------------------- */

enum of_err swtch_bundle_control(struct swtch *sw, const struct of_msg *msg);
enum of_err swtch_bundle_add(struct swtch *sw, const struct of_bundle_add *add);
/* What a commit takes: 'ns' of each flow-mod in it, the tables being as they are. 0 for all else. */
int64_t swtch_bundle_ns(const struct swtch *sw, const struct of_msg *msg,
                        int64_t ns(const struct swtch *, const struct of_flow_mod *));
void swtch_bundles_discard(struct swtch_conn *conn);

/* Answers, and takes the bounds for what is scheduled, when the request has them: a year at most. */
enum of_err swtch_bundle_features(struct answer *a, const struct of_multipart_request *q);

/* A message that is not to be sent before it is known whether a bundle succeeds. */
void swtch_hold(struct held_messages *held, struct swtch_conn *conn, const struct of_msg *msg);

/* --- swtch_queue.c --------------------------------------------------------------------------- */

bool swtch_has_queues(const struct swtch *sw);

/* Whether frames can be put into a queue of that port, or (OF_PORT_ANY) of some port. Where there are no
 * queues at all any is as good. */
/* The queue of the frame's class; OF_QUEUE_ALL: it has none. */
uint32_t swtch_queue_of_class(const struct swtch *sw, const struct buf *frame);
bool swtch_queue_is_known(const struct swtch *sw, port_no_t port, uint32_t queue_id);

enum of_err swtch_queue_config(struct swtch *sw, const struct of_msg *msg);
enum of_err swtch_stats_queues(struct answer *a, port_no_t port, uint32_t queue_id);

/* --- swtch_status.c -------------------------------------------------------------------------- */

void swtch_stats_controllers(struct answer *a);

/* Something has happened to a controller; the others of 1.5 are told. */
void swtch_tell_controllers(const struct swtch_conn *about, enum of_controller_reason reason);

/* A packet of so many bytes has just been counted by an entry with a stat-trigger. */
void swtch_trigger(struct swtch *sw, uint8_t table_id, uint32_t entry, uint32_t n_bytes);

/* --- swtch_table.c --------------------------------------------------------------------------- */

enum of_err swtch_table_mod(struct swtch *sw, const struct of_table_mod *tm);

/* An entry has come or gone. */
void swtch_table_changed(struct swtch *sw, uint8_t table_id);
void swtch_stats_table_descs(struct answer *a);

/* --- swtch_monitor.c ------------------------------------------------------------------------- */

enum of_err swtch_flow_monitor(struct answer *a, const struct of_flow_monitor *wish);

/* An entry has changed, or leaves for 'reason'. */
void swtch_monitors_tell(struct swtch *sw, uint8_t table_id, const struct table *table,
                         uint32_t entry, enum table_change change,
                         enum of_flow_removed_reason reason);
void swtch_monitors_free(struct swtch_conn *conn);

/* --- swtch_features.c ------------------------------------------------------------------------ */

/* Does what a request for table features asks, and answers. */
enum of_err swtch_table_features(struct answer *a, const struct of_msg *request);

/* --- swtch_check.c --------------------------------------------------------------------------- */

enum of_err swtch_check_actions(const struct swtch *sw, const struct of_actions *actions);

/* The same for a bucket, which may lead to groups that are not there (group.h knows) but, as an entry,
 * not back to the tables. */
enum of_err swtch_check_bucket(const struct swtch *sw, const struct of_actions *actions);
enum of_err swtch_check_flow_mod(const struct swtch *sw, const struct of_flow_mod *fm);

/* Bitmaps of what the tables can do, as far as a version knows: 1 << enum of_action_type, and 1 << enum
 * of_field. */
uint32_t swtch_check_known_actions(uint8_t version);
uint64_t swtch_check_known_fields(uint8_t version);
uint64_t swtch_check_settable_fields(uint8_t version);

/* --- swtch_stats.c --------------------------------------------------------------------------- */

/* Answers a multipart request; an error means that nothing was sent. */
enum of_err swtch_stats_reply(struct swtch *sw, const struct of_msg *request);

/* --- swtch_stats_group.c --------------------------------------------------------------------- */

enum of_err swtch_stats_groups(struct answer *a, uint32_t group_id);
void swtch_stats_group_descs(struct answer *a, uint32_t group_id);
void swtch_stats_group_features(struct answer *a);

#endif
