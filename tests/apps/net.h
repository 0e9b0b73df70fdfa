/* A small network around one core: switches with flow tables, links, hosts, and control channels on
 * which every message waits until the test lets it through.
 *
 * Messages cross the channels as bytes, one queue per switch and direction, in order; which
 * queue moves next is drawn from a seed, so a test meets many interleavings and can look at the
 * tables after every single message. Frames cross links at once. Time stands still but in
 * net_advance(). */
#ifndef TAMBO_TESTS_APPS_NET_H
#define TAMBO_TESTS_APPS_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/arp_proxy.h"
#include "controller/apps/circuit_tree.h"
#include "controller/apps/clustering.h"
#include "controller/apps/dos_guard.h"
#include "controller/apps/elephants.h"
#include "controller/apps/dhcp.h"
#include "controller/apps/firewall.h"
#include "controller/apps/forwarding.h"
#include "controller/apps/ipv6_nd.h"
#include "controller/apps/link_costs.h"
#include "controller/apps/interest_domains.h"
#include "controller/apps/logical_networks.h"
#include "controller/apps/multicast.h"
#include "controller/apps/holding_time.h"
#include "controller/apps/static_flows.h"
#include "controller/base/buf.h"
#include "controller/base/list.h"
#include "controller/core/ctl.h"

#define NET_MAX_SWITCHES 40
#define NET_MAX_PORTS 64 /* Numbered from 1. */
#define NET_MAX_HOSTS 128
#define NET_MAX_ENTRIES 512
#define NET_MAX_SEEN 512

struct net;

/* --- Switches --------------------------------------------------------------------------------- */

struct net_entry {
    uint8_t table_id;
    uint16_t priority;
    struct of_match match;
    uint64_t cookie;
    uint16_t idle_s, hard_s, flags;
    mono_t added_at, used_at;
    uint64_t n_packets, n_bytes;
    struct of_action actions[12];
    size_t n_actions;
    uint8_t goto_table; /* 0: none. Then there are no actions. */
};

/* A group of any type, from OpenFlow 1.3 on. A bucket is alive as long as the port and the group that it
 * watches are, or when it watches none; a group is as long as one of its buckets is (§6.5). */
#define NET_MAX_GROUPS 48
#define NET_MAX_BUCKETS 24
#define NET_MAX_GROUP_DEPTH 8

struct net_group {
    uint32_t id;
    enum of_group_type type;
    size_t n_buckets;
    struct {
        uint16_t weight;
        port_no_t watch_port;
        uint32_t watch_group;
        struct of_action actions[3];
        size_t n_actions;
    } buckets[NET_MAX_BUCKETS];
};

struct net_port {
    bool exists, up;
    uint64_t rx_bytes, tx_bytes;
    bool mute;       /* The link carries nothing, and no switch says so. */
    int peer_switch; /* −1: no link. */
    unsigned peer_port;
    int host; /* −1: none. */
    int bridge; /* −1: none. */
    unsigned bridge_port;
};

struct net_switch {
    struct net *net;
    int index;
    dpid_t dpid;
    uint8_t version;
    uint8_t n_tables; /* Default 1. */
    size_t max_entries;
    enum of_err refusal; /* Not OF_OK: what additions of entries are answered with... */
    enum of_field refused_field; /* ...that have this field; 0, the port: all. */
    struct net_entry entries[NET_MAX_ENTRIES];
    size_t n_entries;
    struct net_group groups[NET_MAX_GROUPS];
    size_t n_groups, max_groups;
    bool no_failover; /* It has no groups of type fast failover, which are optional (§5.6.1). */
    struct net_port ports[NET_MAX_PORTS + 1];
    struct session *session; /* NULL: not connected. */
    bool closing;            /* The core has asked for it. */
    struct list to_switch, to_core;
};

/* --- Hosts ------------------------------------------------------------------------------------ */

/* What a host has received: ARP by operation and sender address, other frames by their number. */
struct net_seen {
    bool is_arp;
    uint16_t arp_op;
    uint32_t arp_spa, arp_tpa;
    struct eth_addr src, dst;
    uint32_t number;
    bool tagged;
};

/* For tests of what hosts say to each other: every frame that 'host' gets. */
struct net_host;
typedef void net_heard_fn(void *aux, struct net_host *host, const uint8_t *data, size_t len);

struct net_host {
    struct eth_addr mac;
    uint32_t ip;
    int sw;
    int bridge; /* −1: none; else 'port' is one of its ports, from 0. */
    unsigned port;
    bool away; /* Unplugged: what it sends gets nowhere. */
    bool answers_arp;
    struct net_seen seen[NET_MAX_SEEN]; /* The first ones. */
    size_t n_seen;
    size_t n_queries; /* Of multicast, which are not among those. */
};

/* --- Legacy bridges --------------------------------------------------------------------------- */

#define NET_MAX_BRIDGES 4
#define NET_BRIDGE_PORTS 8
#define NET_BRIDGE_MACS 2048

/* A switch without OpenFlow: it learns and floods. */
struct net_bridge {
    struct {
        int sw, host; /* −1: none. */
        unsigned port;
    } ports[NET_BRIDGE_PORTS];
    unsigned n_ports;
    struct {
        struct eth_addr mac;
        unsigned port;
    } macs[NET_BRIDGE_MACS];
    size_t n_macs;
    uint64_t n_frames; /* That came in, without probes. */
};

/* --- The network ------------------------------------------------------------------------------ */

/* Called after each message that has been delivered, and each change of the data plane. */
typedef void net_check_fn(struct net *net, void *aux);

/* What has been written to a switch, in the order of arrival. */
struct net_written {
    int sw;
    bool is_barrier;
    enum of_flow_mod_command command;
    uint64_t cookie;
    uint16_t priority;
};

#define NET_MAX_WRITTEN 8192
#define NET_MAX_STORED 512

struct net {
    struct clock clock;
    struct log log;
    struct southbound southbound;
    struct store_ops store;
    struct ctl *ctl; /* NULL while the controller is stopped. */
    struct arp_proxy_settings arp;
    struct circuit_tree_settings circuit_tree;
    struct dhcp_settings dhcp;
    struct ipv6_nd_settings ipv6_nd;
    struct clustering_settings clustering;
    struct forwarding_settings forwarding;
    struct dos_guard_settings dos_guard;
    struct link_costs_settings link_costs; /* No switch is asked for statistics... */
    struct elephants_settings elephants;   /* ...unless a test wants it. */
    struct interest_domains_settings interest_domains;
    struct multicast_settings multicast;
    struct networks_settings networks;
    struct holding_time_settings holding;
    struct static_flows_settings static_flows;
    struct firewall_settings firewall;
    struct core_settings core;
    bool trace; /* Every message is printed. */
    bool with_store;
    bool without_clustering;
    bool no_packet_ins; /* What would go to the controller is lost: to look at tables with frames. */
    struct net_switch *switches[NET_MAX_SWITCHES];
    size_t n_switches;
    struct net_host hosts[NET_MAX_HOSTS];
    size_t n_hosts;
    struct net_bridge bridges[NET_MAX_BRIDGES];
    size_t n_bridges;
    uint64_t random;
    net_heard_fn *heard;
    bool heard_probes; /* It is told of LLDP and the like as well. */
    void *heard_aux;
    net_check_fn *check;
    void *check_aux;
    struct net_written written[NET_MAX_WRITTEN];
    size_t n_written;
    struct {
        char table[32], key[96], value[640];
    } stored[NET_MAX_STORED];
    size_t n_stored;
    uint64_t n_arp_on_links, n_untagged_on_links;
    uint64_t weight;    /* Every frame counts as so many in counters; default 1. */
    size_t n_group_mods;
    uint64_t n_loops;   /* Frames that were forwarded too often. */
    size_t n_delivered; /* Messages, since net_new(). */
    uint64_t n_changes; /* Of tables, groups, ports and places of hosts. */
};

/* A network without switches, links and controller; settings are the defaults and may be changed
 * before net_start(). */
struct net *net_new(uint64_t seed);
void net_free(struct net *net);

/* Adds a switch with datapath id index + 1; returns the index. */
int net_add_switch(struct net *net, uint8_t version);
void net_add_link(struct net *net, int a, unsigned port_a, int b, unsigned port_b);

/* Adds a host with address 10.0.0.(index + 1); returns the index. */
int net_add_host(struct net *net, int sw, unsigned port);

/* Adds a legacy bridge; a cable from it to a port of a switch; a host behind it. */
int net_add_bridge(struct net *net);
void net_add_bridge_link(struct net *net, int bridge, int sw, unsigned port);
int net_add_bridge_host(struct net *net, int bridge);

/* Starts the controller and connects every switch; returns when all is quiet and edge ports are
 * known. */
void net_start(struct net *net);

/* Starts the controller without connecting anything; stops it without a word to the switches. */
void net_start_controller(struct net *net);
void net_stop_controller(struct net *net);

void net_connect(struct net *net, int sw);
void net_disconnect(struct net *net, int sw);

/* Delivers one message; false when none waits. */
bool net_step(struct net *net);

/* Delivers messages until none waits. */
void net_settle(struct net *net);

/* Lets time pass: due timers fire and messages are delivered on the way. */
void net_advance(struct net *net, int64_t ns);

/* Both ends of a link, or the port of a host, go down or up; the switches tell. */
void net_port_set(struct net *net, int sw, unsigned port, bool up);

/* The port is taken out of the switch, or put in again with what was plugged into it; the switch tells. */
void net_port_remove(struct net *net, int sw, unsigned port);
void net_port_add(struct net *net, int sw, unsigned port);

/* A link fails or works again without a word of the switches, as one behind a media converter. */
void net_link_mute(struct net *net, int sw, unsigned port, bool mute);

/* The host is plugged into another port. */
void net_host_move(struct net *net, int host, int sw, unsigned port);

/* The host is unplugged; net_host_move() brings it back. */
void net_host_leave(struct net *net, int host);

/* Draws a number below 'n'. */
size_t net_draw(struct net *net, size_t n);

/* --- What many tests use (net_shape.c) -------------------------------------------------------- */

void net_add_switches(struct net *net, int n, uint8_t version);

/* Access switches 0 and 1, each joined by ports 1 and 2 to the core switches 2 and 3, which are joined too
 * (port 3). Hosts two by two at ports 10 and 11 of the switches: 0 and 1 at switch 0, ... */
void net_add_diamond(struct net *net, uint8_t version, int n_hosts);

/* 'n' switches, port 1 of each joined to port 2 of the next, with a host each at port 10. */
void net_add_ring(struct net *net, uint8_t version, int n);

/* Every host says by ARP where it is. */
void net_announce_all(struct net *net);

/* Every host sends a frame to every other, with numbers from 1000 on. */
void net_send_all(struct net *net);

/* A link at one of the first 'n_ports' ports of any switch, if there is one, or the channel of a switch
 * goes down, or comes up again. */
void net_toggle_link(struct net *net, unsigned n_ports);
void net_toggle_channel(struct net *net);

/* For net->check: wherever a frame for a host enters, with any label or none, it never turns in circles. */
void net_no_circles(struct net *net, void *aux);

/* The tables lead frames of every host to every other. */
void net_all_arrive(struct net *net);

/* --- Frames (net_frame.c) --------------------------------------------------------------------- */

/* A frame of IPv4 and UDP from one host to another, with a number by which it is known again. */
#define NET_UDP_SRC 2385
#define NET_UDP_DST 4711
void net_send(struct net *net, int from, int to, uint32_t number);

/* The same to another Ethernet address than that of 'to'. */
void net_send_via(struct net *net, int from, int to, struct eth_addr dst, uint32_t number);
void net_send_ipv6(struct net *net, int from, int to, uint32_t number);

/* Any frame from a host. */
void net_send_frame(struct net *net, int from, const struct buf *frame);

void net_arp_request(struct net *net, int from, uint32_t target);
void net_arp_announce(struct net *net, int from);

/* How often 'host' has received the frame 'number'. */
unsigned net_count(const struct net *net, int host, uint32_t number);

/* A frame enters 'sw' at 'port', or the pipeline of a packet-out begins. */
void net_frame_in(struct net *net, struct net_switch *sw, unsigned port, const uint8_t *data,
                  size_t len);
void net_apply(struct net *net, struct net_switch *sw, unsigned in_port,
               const struct of_action *actions, size_t n, const uint8_t *data, size_t len,
               uint64_t cookie, unsigned ttl);

/* --- Looking at tables (net_walk.c) ----------------------------------------------------------- */

/* Where the tables, as they are, lead a frame. */
enum net_end {
    NET_AT_HOST,       /* At the right host, without a tag. */
    NET_AT_CONTROLLER, /* Some switch sends it to the controller. */
    NET_LOST,          /* Into a dead port, or an entry without output. */
    NET_AT_OTHER,      /* At a host that it is not for, or not as it should be. */
    NET_IN_CIRCLES,
};

/* Follows a frame as net_send() makes it, for 'to', that enters 'sw' as from a host at 'in_port', or with 'label' (not
 * 0) as from a link. 'from' (−1: nobody) gives the source addresses. Where the tables leave more than one
 * way open (a group of type select) or take several (type all), the worst end is told: the last one of
 * enum net_end. */
enum net_end net_walk(const struct net *net, int from, int to, int sw, unsigned in_port,
                      uint16_t label);

/* The same for a frame with the Ethernet destination 'dst', which switches on the way may change. At the
 * right host it must bear that host's address. */
enum net_end net_walk_via(const struct net *net, int from, int to, struct eth_addr dst, int sw,
                          unsigned in_port, uint16_t label);

/* The group with 'id', or NULL. */
struct net_group *net_group(struct net_switch *sw, uint32_t id);

/* The entry of a table that a packet matches, or NULL; and the last one on its way from table 0 on. */
struct net_entry *net_lookup_in(struct net_switch *sw, uint8_t table_id, const struct of_match *packet);
struct net_entry *net_lookup(struct net_switch *sw, const struct of_match *packet);

/* Entries of 'sw' with 'priority' (0: any, without those of the core). */
size_t net_count_entries(const struct net *net, int sw, uint16_t priority);

/* --- The agent in a switch (net_agent.c) ------------------------------------------------------ */

void net_agent_input(struct net_switch *sw, const struct of_msg *msg);
void net_agent_hello(struct net_switch *sw);
void net_agent_packet_in(struct net_switch *sw, unsigned in_port, enum of_packet_in_reason reason,
                         uint64_t cookie, const uint8_t *data, size_t len);
void net_agent_port_status(struct net_switch *sw, unsigned port, enum of_port_reason reason);

/* Groups (net_group.c): a group-mod, and what the switch has, for 'msg'. */
enum of_err net_group_mod(struct net_switch *sw, const struct of_group_mod *mod);
void net_group_say(struct net_switch *sw, struct of_msg *msg);
void net_group_say_features(struct net_switch *sw, struct of_msg *msg);

/* The buckets of 'group' that may take a frame now, as a bitmap: all of type all, the live ones of
 * select, one of them for certain; the only one of indirect; the first live one of fast failover (§5.6.1). */
uint32_t net_group_buckets(struct net_switch *sw, const struct net_group *group);

/* Removes entries whose time is over; returns when the next one's is. */
mono_t net_agent_expire(struct net_switch *sw);

/* Queues 'msg' for the core. */
void net_to_core(struct net_switch *sw, struct of_msg *msg);

#endif
