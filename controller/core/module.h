/* Controller apps: compiled in, listed in one array, in the order in which they see a packet-in.
 *
 * An app is a 'const struct ctl_module' at the bottom of its file. A NULL hook means not
 * interested. Apps see the public headers of the core only; they declare the entries that they want
 * (txn.h, flowdb.h) and the core writes the difference. Hooks never block and are never re-entered:
 * an event caused inside a hook is delivered after the hook has returned. */
#ifndef TAMBO_CORE_MODULE_H
#define TAMBO_CORE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "controller/base/types.h"
#include "controller/core/look.h"
#include "controller/core/object.h"
#include "controller/openflow/of_msg.h"
#include "controller/packet/pkt.h"
#include "controller/packet/pkt_sflow.h"

struct ctl;
struct datapath;
struct dp_port;
struct flow_entry;
struct flow_spec;
struct host;
struct link;

enum ctl_verdict {
    CTL_CONTINUE, /* The next module looks at the packet too. */
    CTL_STOP,     /* The packet has been taken care of. */
};

/* What kind of frame a packet-in carries. */
enum packet_class {
    PACKET_LLDP,      /* Discovery. */
    PACKET_ADDRESS,   /* ARP, DHCP, neighbour discovery. */
    PACKET_UNICAST,   /* To one host. */
    PACKET_MULTICAST, /* Any other broadcast or multicast. */
    PACKET_N_CLASSES,
};

/* A packet-in, parsed once for everybody. Everything is borrowed until the hook returns. */
struct ctl_packet {
    struct datapath *dp;
    port_no_t in_port;
    enum of_packet_in_reason reason;
    enum packet_class class;
    uint64_t cookie;
    uint8_t table_id;
    uint32_t buffer_id; /* OF_NO_BUFFER: 'frame' is the whole frame. */
    const uint8_t *frame;
    size_t len;            /* Bytes at 'frame'. */
    size_t total_len;      /* Bytes of the frame on the wire. */
    const struct pkt *pkt; /* 'frame' parsed. */
    struct host *src;      /* The sender, when it is known at an edge port; else NULL. */
    const struct dp_port *port; /* 'in_port'; NULL when the switch has told of no such port. */
};

/* What a switch has told of its traffic by sFlow, of a datapath and port that the core knows
 * (sflow.h). Everything is borrowed until the hook returns. */
struct ctl_sample {
    enum pkt_sflow_kind kind; /* PKT_SFLOW_FLOW or PKT_SFLOW_COUNTERS. */
    struct datapath *dp;
    port_no_t port_no; /* Where the frame came in, or whose counters these are. */
    const struct dp_port *port;

    /* A frame, which stands for 'scale' of its kind, lost samples included. */
    uint32_t scale, frame_bytes;
    const struct pkt *pkt; /* Its first bytes parsed. */

    const struct pkt_sflow_counters *counters;
};

enum ctl_event_type {
    CTL_DATAPATH_UP,   /* Ready: 'dp'. Its entries have been read and reconciled. */
    CTL_DATAPATH_DOWN, /* 'dp' has lost its connection; it may come back. */
    CTL_PORT_UP,       /* 'dp', 'port_no' can carry frames. */
    CTL_PORT_DOWN,     /* 'dp', 'port_no' was removed or cannot carry frames. */
    CTL_PORT_BACKUP,   /* 'dp', 'port_no' has become a backup port of its legacy network (domains.h):
                        * what has left by it leaves by the gate from now on. */
    CTL_LINK_UP,       /* 'link' (directed). */
    CTL_LINK_DOWN,     /* 'link' (directed), valid during the event only. */
    CTL_HOST_ADDED,    /* 'host'. */
    CTL_HOST_MOVED,    /* 'host'; 'old_dpid' and 'old_port' are where it was. */
    CTL_HOST_SPOOF,    /* Somebody at 'at_dpid', 'at_port' uses the address of 'host' (its MAC or an
                        * IP address), which stays where it is. At most once in host_hold_ns for each
                        * address. */
    CTL_HOST_IP_ADDED, /* 'host' has a new address. */
    CTL_HOST_GONE,     /* 'host', valid during the event only. */
    CTL_FLOW_ADOPTED,  /* 'flow', found on 'dp' with this module's cookie and not in flowdb. */
    CTL_FLOW_REMOVED,  /* 'flow' of this module expired or was deleted on 'dp'; it has left flowdb
                        * and is valid during the event only. 'reason' says why. */
    CTL_FLOW_FAILED,   /* 'dp' refused 'flow' of this module with 'error', or has no room for it and
                        * was not asked; as above. */
    CTL_FLOW_DEFERRED, /* 'dp' has no room for 'flow' of this module, which has no time-out: it is
                        * still wanted and will be written when there is room. */
    CTL_TABLE_FULL,    /* Table 'table_id' of 'dp' is full or nearly so, with 'n_entries' entries
                        * ('capacity' 0: not known): see table_pressure.h. */
    CTL_GROUP_FAILED,  /* 'dp' refused the group 'object_id' of this module with 'error'; it is not
                        * wanted any more. */
    CTL_METER_FAILED,  /* The same of a meter. */
    CTL_OBJECT_FORWARDED, /* Another controller has 'change'd the group or meter ('object_kind')
                           * 'object_id' of 'dp', perhaps OF_GROUP_ALL or OF_METER_ALL; it has that
                           * from its switch (1.4 §7.4.6). 'is_undone': some were ours, which are
                           * being written again. */
    CTL_ROLE,          /* Our role at 'dp' has become 'role', and what that asks for is written; or,
                        * with 'result' not ERR_OK, one that was asked for was refused. */
    CTL_TABLE_EASED,   /* The same has room again. */
    CTL_N_EVENTS,
};

struct ctl_event {
    enum ctl_event_type type;
    struct datapath *dp;
    port_no_t port_no;
    struct link *link;
    struct host *host;
    dpid_t old_dpid;
    port_no_t old_port;
    dpid_t at_dpid;
    port_no_t at_port;
    const struct flow_entry *flow;
    enum of_flow_removed_reason reason;
    uint8_t table_id;
    uint32_t n_entries, capacity;
    enum of_err error;
    uint32_t object_id;
    enum object_kind object_kind;
    enum object_change change;
    bool is_undone;
    enum of_role role;
    enum err result;
};

typedef void ctl_event_fn(void *state, const struct ctl_event *event);

#define CTL_GLANCE 16

struct ctl_module {
    const char *name;

    /* Makes the module's state. 'settings' is what ctl_module_use said (module's own struct, NULL:
     * defaults) and is borrowed for the call; 'id' (1..255) marks the module's flow entries.
     * On error nothing is left behind. */
    enum err (*start)(struct ctl *ctl, uint8_t id, const void *settings, void **state);
    void (*stop)(void *state);

    enum ctl_verdict (*packet_in)(void *state, const struct ctl_packet *packet);

    /* The classes of packets that packet_in() is called for, until ctl_watch_packets() says otherwise: bits
     * 1 << enum packet_class; 0: all. LLDP frames are shown to nobody. */
    uint32_t packets;

    /* One packet of CTL_GLANCE, on the average and at random, before anybody is shown it: for what can be
     * estimated. */
    void (*glance)(void *state, const struct ctl_packet *packet);

    /* A packet-in, or that an entry of this module has left, will come some time later: fetches what will be
     * read then into the cache, a step at a time (look.h). Changes nothing that can be seen. */
    void (*look)(const void *state, const struct ctl_look *look);

    /* A sample came by sFlow. */
    void (*sample)(void *state, const struct ctl_sample *sample);

    /* May this entry, which some module asks for, be written? Asked when its stage begins. False: its
     * owner is told by CTL_FLOW_FAILED with OF_ERR_FLOW_EPERM, and the transaction ends as when a
     * switch refuses. Changes nothing that can be seen. */
    bool (*admits)(const void *state, const struct flow_entry *entry);

    /* Bytes that the module holds, with alloc_bytes() of each piece; NULL: few. */
    size_t (*memory)(const void *state);

    /* What is called when something has happened. CTL_FLOW_*, CTL_GROUP_* and CTL_METER_* events go
     * to the owner only, all others to every module. */
    ctl_event_fn *on[CTL_N_EVENTS];

    ctl_event_fn *on_all; /* For modules that tell of everything: after the one above. */
};

struct ctl_module_use {
    const struct ctl_module *module;
    const void *settings;
};

#endif
