/* A simulated OpenFlow switch: data path and agent, for 1.0, 1.3, 1.4 and most of 1.5.
 *
 * Frames come in from wires, go through the flow tables and leave on wires, and what messages ask for
 * is done, all at once: only with hardware (struct swtch_hardware) does a switch take virtual time.
 * Messages come in with swtch_input() and leave through the function that swtch_set_controller()
 * names; whoever drives it decides what a control channel is.
 *
 * What it knows: all required messages, several tables with goto, apply, write, clear and metadata,
 * all rewriting actions that controller/packet can do, groups of all types with liveness, meters,
 * queues of ports (egress.h), port configuration, several controllers with roles and asynchronous
 * configuration, changes of table features, fragments (reassembly.h), what 1.4 adds to tables
 * (importance, eviction, vacancy events), bundles and flow monitors, all multiparts of of_msg.h that
 * belong to these. What it does not have, as experimenters, it refuses with the error of the
 * specification. Outputs to LOCAL go nowhere.
 *
 * The agent asserts nothing about what the controller sends. */
#ifndef TAMBO_WORLD_SWTCH_H
#define TAMBO_WORLD_SWTCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/openflow/of_msg.h"
#include "controller/packet/pkt.h"
#include "simnet/des/sim.h"
#include "simnet/world/egress.h"
#include "simnet/world/program.h"
#include "simnet/world/table.h"
#include "simnet/world/wire.h"

struct swtch;

/* What a switch does without controllers (OF 1.3.5 §6.3.2; OF 1.0 §4.3 for the last). */
enum swtch_fail_mode {
    SWTCH_FAIL_SECURE,     /* It goes on as before; what is for a controller is dropped. */
    SWTCH_FAIL_STANDALONE, /* It is a learning bridge. */
    SWTCH_FAIL_EMERGENCY,  /* It forgets its entries and uses those marked OFPFF_EMERG. */
};

/* What the processor of a switch takes. With a time of 0 it takes none, and has room. */
struct swtch_cpu_params {
    int64_t flow_mod_ns;  /* Of a flow-mod, besides what the hardware takes: 1/rate. */
    int64_t packet_in_ns; /* Of a packet-in: 1/rate. */
    uint32_t
        packet_in_queue;     /* Packet-ins at a time, the one at work included; more are dropped. */
    int64_t software_ns;     /* Of a frame whose entry is not in the TCAM, */
    uint32_t software_queue; /* and so many of these at a time. */
};

/* What takes room and time in a switch; all 0: nothing does. */
struct swtch_hardware {
    struct tcam_params tcam; /* Of each table. */
    struct swtch_cpu_params cpu;
};

struct swtch_params {
    const char *name; /* Copied. */
    dpid_t dpid;
    uint32_t versions;                /* Bit 1 << version for each that the agent speaks. */
    uint8_t n_tables;                 /* 1..254. */
    uint32_t max_entries;             /* Of each table without hardware. */
    uint32_t max_groups, max_buckets; /* Buckets of all groups together; 0: 4 096 and 65 536. */
    uint32_t max_meters;              /* 0: 4 096. */
    uint32_t n_buffers;               /* Packets that can be buffered, below 65 536; 0: none. */
    uint32_t max_reassemblies;        /* Datagrams put together at a time; 0: it cannot do that. */
    enum swtch_fail_mode fail_mode;
    enum hold_law hold_law;
    struct swtch_hardware hw;
    const struct queue_params *queues; /* Of every port (egress.h); copied. */
    size_t n_queues;
    const struct queue_class
        *classes; /* The same, of what no action has put into a queue; copied. */
    size_t n_classes;
};

/* Sends 'msg' to the controller; borrowed. It must not call back into the switch. */
typedef void swtch_send_fn(void *aux, struct swtch *sw, const struct of_msg *msg);

struct swtch_stats {
    uint64_t n_rx, n_rx_broadcast, n_rx_arp,
        n_rx_lldp; /* Frames that came in by wires: all, and which. */
    uint64_t n_packet_ins;
    uint64_t n_packet_outs;
    uint64_t n_flow_mods;
    uint64_t n_flow_removed;
    uint64_t n_group_mods;
    uint64_t n_meter_drops;
    uint64_t n_frag_drops;  /* Fragments that the configuration refuses. */
    uint64_t n_errors;      /* Error messages sent. */
    uint64_t n_miss_drops;  /* Frames that matched nothing and went nowhere. */
    uint64_t n_group_stops; /* Times that groups in groups were too many for one frame. */
    uint64_t n_malformed;   /* Frames without an Ethernet header. */
    uint64_t n_table_full;  /* Adds refused for lack of room. */
    uint64_t n_packet_in_drops, n_software_drops; /* Too many for the processor. */
};

/* 'id' names the switch in the trace. 'programs' is shared by the world's switches. */
struct swtch *swtch_new(struct sim *sim, struct programs *programs,
                        const struct swtch_params *params, uint32_t id);
void swtch_free(struct swtch *sw);

/* Joins 'side' of 'wire' to a new port, whose number is returned: 1, 2, 3, ... */
port_no_t swtch_add_port(struct swtch *sw, struct wire *wire, unsigned side,
                         struct eth_addr hw_addr);

/* Gives a port queues (§7.2.2), which OpenFlow does not configure; ids differ. Once for each port. */
void swtch_set_queues(struct swtch *sw, port_no_t port, const struct queue_params *queues,
                      size_t n_queues);

/* What its ports have sent from that queue, and dropped, all together. */
struct queue_counts swtch_queue_counts(const struct swtch *sw, uint32_t queue_id);

const char *swtch_name(const struct swtch *sw);
dpid_t swtch_dpid(const struct swtch *sw);
uint32_t swtch_id(const struct swtch *sw);
uint32_t swtch_n_ports(const struct swtch *sw);
uint8_t swtch_n_tables(const struct swtch *sw);
const struct table *swtch_table(const struct swtch *sw, uint8_t table_id);
const struct swtch_stats *swtch_get_stats(const struct swtch *sw);

/* --- Control channel ------------------------------------------------------------------------- */

void swtch_set_controller(struct swtch *sw, swtch_send_fn *send, void *aux);

/* A connection to the controller stands: the agent says hello. */
void swtch_connected(struct swtch *sw);
void swtch_disconnected(struct swtch *sw);

/* One message from the controller, borrowed. */
void swtch_input(struct swtch *sw, const struct of_msg *msg);

/* A frame of 'len' bytes that did not decode, for the reason 'err'; 'head' as of_decode() left it. */
void swtch_input_bad(struct swtch *sw, const struct of_msg *head, enum of_err err,
                     const uint8_t *frame, size_t len);

/* Of the first connection. OF_VERSION_NONE: no controller, or not yet agreed. */
uint8_t swtch_version(const struct swtch *sw);

/* More controllers than that one (§6.3.4): each has a connection of its own, a version, a role, and its
 * choice of what it is told. The four functions above are about the first connection. */
struct swtch_conn;
struct swtch_conn *swtch_add_controller(struct swtch *sw, swtch_send_fn *send, void *aux);
struct swtch_conn *swtch_first_controller(struct swtch *sw);                  /* That one. */
void swtch_conn_set(struct swtch_conn *conn, swtch_send_fn *send, void *aux); /* NULL: nobody. */
void swtch_conn_connected(struct swtch_conn *conn);
void swtch_conn_disconnected(struct swtch_conn *conn);
void swtch_conn_input(struct swtch_conn *conn, const struct of_msg *msg);
void swtch_conn_input_bad(struct swtch_conn *conn, const struct of_msg *head, enum of_err err,
                          const uint8_t *frame, size_t len);

/* Where the processor takes time messages wait for it. Whether one of them asks for what may be large: who gives no
 * more messages then has one answer of any size at a time. And whether what is being sent answers one. */
bool swtch_conn_has_question(const struct swtch_conn *conn);
bool swtch_conn_is_answering(const struct swtch_conn *conn);

/* OF_VERSION_NONE: not connected, or not yet agreed. */
uint8_t swtch_conn_version(const struct swtch_conn *conn);

/* That the controller has at the switch; EQUAL while it is not connected. */
enum of_role swtch_conn_role(const struct swtch_conn *conn);

/* The switch has lost its power and is back: no entries, groups, meters, buffers or learned addresses, ports as they
 * come, nobody connected. Wires are the caller's affair. */
void swtch_reset(struct swtch *sw);

/* --- Data path ------------------------------------------------------------------------------- */

/* 'frame' comes in at 'port'; borrowed, and it may be rewritten. Wires call this by themselves. */
void swtch_receive(struct swtch *sw, port_no_t port, struct buf *frame);

/* The same when it is known what the parser says of the frame (NULL: it is not). */
void swtch_receive_parsed(struct swtch *sw, port_no_t port, struct buf *frame,
                          const struct pkt *parsed);

/* --- sFlow ------------------------------------------------------------------------------------ */

/* Takes a datagram of the agent; borrowed. It must not call back into the switch. */
typedef void swtch_datagram_fn(void *aux, struct swtch *sw, const uint8_t *datagram, size_t len);

struct swtch_sflow_params {
    uint32_t one_in; /* Of so many frames that come in one is sampled, at random. */
    int64_t poll_ns; /* Between the counters of its ports. */
    uint32_t agent;  /* IPv4 address; the sub-agent is the switch's id, an ifIndex a port number. */
    swtch_datagram_fn *send;
    void *aux;
};

/* The switch samples from now on; once at most. */
void swtch_set_sflow(struct swtch *sw, const struct swtch_sflow_params *params);

/* --- Sessions -------------------------------------------------------------------------------- */

/* The entry of table 0 that a frame of a session would use if it came in at 'port' now, or
 * TABLE_NONE when the controller would be asked (no entry, or an entry whose action is the
 * controller). Counts nothing. */
uint32_t swtch_session_entry(const struct swtch *sw, port_no_t port, const struct pkt *pkt);

/* Fetches what frames and sessions need of the switch, by stages: called with i = 3, 2, 1, with some time between; and
 * then what a session needs of table 0, which holds 'entry', or looks for one towards 'dst' when that is TABLE_NONE. */
void swtch_prefetch(const struct swtch *sw, unsigned i);
void swtch_prefetch_session(const struct swtch *sw, uint32_t entry, struct eth_addr dst);

/* Sessions of an entry of table 0 begin and end (table_session_begin(), table_session_end()). */
void swtch_session_begin(struct swtch *sw, uint32_t entry, uint32_t n);
void swtch_session_end(struct swtch *sw, uint32_t entry, uint32_t n);

/* Of an entry of table 0 (table_set_idle_end()). */
void swtch_set_idle_end(struct swtch *sw, uint32_t entry, mono_t at);

/* Tells 'watch' of every change in the tables, after the switch itself has seen to it. */
void swtch_set_watch(struct swtch *sw, table_watch_fn *watch, void *aux);

#endif
