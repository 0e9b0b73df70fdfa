/* A fake southbound and a tiny fake switch, for tests of the core and its apps.
 *
 * A 'struct fake' is a core with a clock and a southbound that records. Its switches answer what a
 * switch answers: hello, features, port description, description, echo, barrier, flow stats from a
 * flow table of their own. Nothing happens behind the test's back: what the core sends is recorded
 * at once, and handled by the switches only inside fake_settle() and fake_advance(). Every message
 * in either direction goes through the codec. Time moves only in fake_advance().
 *
 *      struct fake *f = fake_new(NULL, modules, n);
 *      struct fake_switch *a = fake_switch_add(f, 0x1, OF_VERSION_1_3, 4);
 *      struct fake_switch *b = fake_switch_add(f, 0x2, OF_VERSION_1_3, 4);
 *      fake_link(a, 1, b, 1);
 *      fake_connect(a), fake_connect(b);
 *      fake_settle(f);                      // handshakes, discovery of the link
 *      fake_advance(f, NS_PER_S);           // ports 2 to 4 become edge ports
 *      fake_packet_in(a, 2, frame, len);
 *      fake_settle(f);
 *      ... fake_switch_flow(a, ...), fake_sent(a, OF_PACKET_OUT, i) ...
 *      fake_free(f); */
#ifndef TAMBO_TESTS_CORE_FAKE_SB_H
#define TAMBO_TESTS_CORE_FAKE_SB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/core/ctl.h"

#define FAKE_MAX_SWITCHES 64
#define FAKE_MAX_PORTS 64
#define FAKE_MAX_OBJECTS 64

struct fake;

/* What a switch does; all false: what a good switch does. */
struct fake_manners {
    bool silent;          /* Answers nothing at all. */
    bool no_hello;        /* Sends no hello. */
    bool no_barrier;      /* Does not answer barriers. */
    bool no_echo;         /* Does not answer echo requests. */
    bool no_desc;         /* Refuses the description request. */
    bool no_flow_stats;   /* Refuses the flow stats request. */
    bool no_table_stats;  /* Refuses requests for table statistics and features... */
    bool mute_tables;     /* ...or does not answer them. */
    bool no_roles;        /* Refuses role requests... */
    bool mute_roles;      /* ...or does not answer them... */
    bool always_stale;    /* ...or says that every generation id is stale. */
    bool no_bundles;      /* Knows no bundle messages... */
    bool mute_bundles;    /* ...or does nothing with them... */
    bool few_bundles;     /* ...or has no room for one. */
    enum of_type outside; /* Refuses messages of this type in bundles; OF_HELLO: none. */
    uint8_t auxiliary_id;
    unsigned flows_per_part; /* Entries in one part of the flow stats; 0: all in one. */
    unsigned ports_per_part; /* The same for the port description. */
};

struct fake_switch {
    struct fake *fake;
    dpid_t dpid;
    uint8_t version;
    struct fake_manners manners;
    struct session *session; /* NULL: not connected. */
    bool closed;             /* The core has closed the connection. */
    struct of_port ports[FAKE_MAX_PORTS];
    size_t n_ports;
    struct {
        struct fake_switch *sw; /* NULL: nothing is plugged in. */
        port_no_t port_no;
    } peers[FAKE_MAX_PORTS]; /* By index in 'ports'. */

    struct of_flow_stats *flows; /* The flow table, in the order of installation. */
    size_t n_flows, cap_flows;
    size_t max_flows; /* More are refused with TABLE_FULL. */

    struct of_group_desc groups[FAKE_MAX_OBJECTS]; /* In the order of installation. */
    struct of_meter meters[FAKE_MAX_OBJECTS];
    size_t n_groups, n_meters;
    size_t max_groups; /* More are refused with OUT_OF_GROUPS. */

    const struct of_msg *bundled[FAKE_MAX_OBJECTS]; /* The open bundle. */
    size_t n_bundled;
    uint32_t bundle_id; /* 0: none is open. */
    size_t n_errors;    /* That it has sent. */

    enum of_role role;
    bool has_generation;
    uint64_t generation_id;
    const char *peer;  /* Address and port of its connections. */
    uint32_t told_max; /* The number it tells instead; 0: 'max_flows', or a million. */

    struct of_msg *sent; /* Everything that the core has sent, decoded; valid until fake_free(). */
    size_t n_sent, cap_sent;
    size_t n_handled;  /* Of those, how many the switch has handled. */
    size_t tx_refused; /* Messages that were refused with ERR_FULL. */
    size_t tx_room;    /* Messages that are still accepted; SIZE_MAX: any number. */
};

struct fake {
    struct clock clock;
    struct southbound southbound;
    struct ctl *ctl;
    struct fake_switch *switches[FAKE_MAX_SWITCHES];
    size_t n_switches;
    struct arena arena; /* Recorded messages and flow tables. */
    struct arena in;    /* One message on its way to the core. */
    struct buf wire;
    struct log log; /* Counts lines and drops them. */
};

/* A core with 'modules' (borrowed for the call). 'settings' may be NULL: the defaults. */
struct fake *fake_new(const struct core_settings *settings, const struct ctl_module_use *modules,
                      size_t n_modules);
void fake_free(struct fake *f);

/* A switch with ports 1..'n_ports', all up, not connected. Freed with the fake. */
struct fake_switch *fake_switch_add(struct fake *f, dpid_t dpid, uint8_t version, size_t n_ports);

/* Joins two ports with a cable. */
void fake_link(struct fake_switch *a, port_no_t a_port, struct fake_switch *b, port_no_t b_port);

/* Pulls the cable of a port; both ports go down, with port status from connected switches. */
void fake_cut(struct fake_switch *sw, port_no_t port_no);

/* Opens and ends the connection. A new connection begins with nothing handled. */
void fake_connect(struct fake_switch *sw);
void fake_disconnect(struct fake_switch *sw);

/* Lets the switches handle what they were sent, and the core what they answer, until all is quiet.
 * Connections that the core has closed are ended. */
void fake_settle(struct fake *f);

/* Moves time on by 'ns', stopping at every deadline of the core, and settles. */
void fake_advance(struct fake *f, int64_t ns);

/* The switch handles message number 'i' of those it was sent, now. */
void fake_handle(struct fake_switch *sw, size_t i);

/* Gives 'msg' to the core as if 'sw' had sent it; version 0 becomes the switch's. */
void fake_input(struct fake_switch *sw, const struct of_msg *msg);

/* A frame without buffer from 'port_no', by table-miss. */
void fake_packet_in(struct fake_switch *sw, port_no_t port_no, const void *frame, size_t len);

/* Changes a port and tells the core when connected. */
void fake_port_set(struct fake_switch *sw, port_no_t port_no, bool up);

/* Takes an entry off the switch as an expiry does, with a flow-removed message. */
void fake_expire(struct fake_switch *sw, size_t index, enum of_flow_removed_reason reason);

/* Takes an entry off the switch without a word. */
void fake_drop_flow(struct fake_switch *sw, size_t index);

/* Adds an entry to the switch without the core knowing. Lists are copied. */
void fake_add_flow(struct fake_switch *sw, const struct of_flow_stats *flow);

/* The entry with this identity, or NULL. */
const struct of_flow_stats *fake_switch_flow(const struct fake_switch *sw, uint8_t table_id,
                                             uint16_t priority, const struct of_match *match);

/* Takes a group off the switch without a word. */
void fake_drop_group(struct fake_switch *sw, uint32_t group_id);

/* The group, or meter, with this id; NULL when there is none. */
const struct of_group_desc *fake_group(const struct fake_switch *sw, uint32_t group_id);
const struct of_meter *fake_meter(const struct fake_switch *sw, uint32_t meter_id);

/* How many messages of 'type' the core has sent since message 'from' (an earlier n_sent), and the
 * i-th of them (NULL: there are fewer). */
size_t fake_count(const struct fake_switch *sw, enum of_type type, size_t from);
const struct of_msg *fake_sent(const struct fake_switch *sw, enum of_type type, size_t from,
                               size_t i);

#endif
