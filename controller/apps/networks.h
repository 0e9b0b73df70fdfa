/* What the files of logical_networks share. Private to this room.
 *
 *      logical_networks.c   module: settings, events, packet-ins
 *      networks_table.c     networks, blocks, and what is stored of them
 *      networks_rule.c      rules: text, look-up
 *      networks_member.c    hosts and their networks
 *      networks_port.c      their ports, and the entries of these
 *      networks_guard.c     which entries may be
 *      networks_flood.c     frames for many */
#ifndef TAMBO_APPS_NETWORKS_H
#define TAMBO_APPS_NETWORKS_H

#include "controller/apps/logical_networks.h"
#include "controller/base/hmap.h"
#include "controller/base/list.h"
#include "controller/base/log.h"
#include "controller/core/flowdb.h"
#include "controller/core/hosts.h"
#include "controller/core/timer.h"

/* A port, a MAC address and eight IP addresses. */
#define CLASS_MAX (10 * NETWORK_MAX_PER_MATCH)

/* Networks of a host, ascending, at least one. */
struct net_class {
    size_t n;
    uint16_t ids[CLASS_MAX];
};

struct network {
    uint16_t id;
    bool isolated;
    char name[NETWORK_NAME_LEN + 1];
    struct hmap_node by_name;
    struct list rules;   /* struct rule. */
    struct list members; /* struct membership. */
    size_t n_rules, n_members, n_blocked;
    uint64_t blocked[(NETWORK_MAX + 64) / 64];
};

struct rule {
    struct hmap_node node; /* By what it matches. */
    struct list in_network;
    uint16_t network;
    struct network_rule is;
};

struct membership {
    struct list in_network;
    struct member *member;
};

struct member {
    struct hmap_node node; /* By 'mac'. */
    struct eth_addr mac;
    struct net_port_hosts *at;
    struct list at_port;
    uint16_t *ids; /* 'n', ascending. */
    struct membership *in;
    size_t n;
    struct list ips; /* struct member_ip. */
};

/* An address by which a member has got into a network. */
struct member_ip {
    struct hmap_node node;
    struct list of_member;
    struct ipv6_addr ip;
    struct member *member;
};

/* A port with hosts, and its entry. */
struct net_port_hosts {
    struct hmap_node node;
    dpid_t dpid;
    port_no_t port;
    struct list members;
    bool has_entry;
    uint16_t cookie; /* Of the entry: a network, or 0. */
};

/* An entry that drops. */
struct drop {
    struct hmap_node node;
    dpid_t dpid;
    port_no_t port;
    struct eth_addr src, dst;
};

struct networks {
    struct ctl *ctl;
    uint8_t id;
    struct networks_settings settings;
    struct networks_counters n;
    struct network *by_id[NETWORK_MAX + 1];
    struct hmap by_name;
    struct hmap rules;
    size_t n_len[129]; /* IP rules by the length of their prefix... */
    size_t n_ip_rules; /* ...and all of them. */
    struct hmap members, ports, ips; /* Empty while there are no rules. */
    struct hmap drops;
    size_t n_blocks, n_isolated;
    bool has_drops;    /* Some entry that drops has been asked for. */
    bool dirty;        /* A look at all entries is due... */
    size_t n_changing; /* ...and so many changes are not confirmed. */
    struct timer pass;
    networks_change_fn *on_change; /* NULL: nobody wants to know. */
    void *on_change_aux;
    struct log_limit limit;
};

/* --- Networks (networks_table.c) -------------------------------------------------------------- */

enum err networks_load(struct networks *l);
void networks_free_all(struct networks *l);
struct network *network_at(const struct networks *l, uint16_t id); /* NULL: none. */
enum err networks_stored(struct networks *l, enum err err);
enum err networks_put_rule(struct networks *l, const struct rule *rule);
enum err networks_del_rule(struct networks *l, const struct rule *rule);

/* --- Rules (networks_rule.c) ------------------------------------------------------------------ */

enum err rule_insert(struct networks *l, uint16_t id, const struct network_rule *r,
                     struct rule **out);
void rule_drop(struct networks *l, struct rule *rule);

/* Adds the networks that a rule for the place, the address or the longest prefix gives. The last says
 * whether there is one. */
void class_add_port(const struct networks *l, dpid_t dpid, port_no_t port, struct net_class *c);
void class_add_mac(const struct networks *l, struct eth_addr mac, struct net_class *c);
bool class_add_ip(const struct networks *l, const struct ipv6_addr *ip, struct net_class *c);
void class_finish(struct net_class *c); /* Nobody is in no network. */

static inline struct ipv6_addr ipv4_mapped(uint32_t ip)
{
    return (struct ipv6_addr){{[10] = 0xff,
                               0xff,
                               (uint8_t)(ip >> 24),
                               (uint8_t)(ip >> 16),
                               (uint8_t)(ip >> 8),
                               (uint8_t)ip}};
}

/* --- Members (networks_member.c) -------------------------------------------------------------- */

/* Without rules everybody is in network 1, and there are no members to be found. */
static inline bool networks_have_rules(const struct networks *l)
{
    return l->rules.n > 0;
}

struct member *member_find(const struct networks *l, struct eth_addr mac);

/* The same for hosts that are known, with rules or without. */
bool member_is_known(const struct networks *l, struct eth_addr mac);
bool member_is_at(const struct networks *l, struct eth_addr mac, dpid_t dpid, port_no_t port);

/* Brings the networks of 'host' up to date. */
void member_update(struct networks *l, const struct host *host);
void member_gone(struct networks *l, struct eth_addr mac);
void member_ip_added(struct networks *l, const struct host *host);

/* Rules have changed, or the first has come, or the last has gone. */
void members_update_all(struct networks *l);

/* Whoever is still a member of 'network' is in network 1 instead. */
void members_default(struct networks *l, struct network *network);
void members_fini(struct networks *l);

/* Bytes of the module, with what the allocator adds; not of drops, which are bounded. */
size_t networks_bytes(const struct networks *l);

/* The networks of whoever is, or sends as 'mac', at the place. */
void class_of_sender(const struct networks *l, dpid_t dpid, port_no_t port, struct eth_addr mac,
                     struct net_class *out);
void class_of_host(const struct networks *l, struct eth_addr mac, struct net_class *out);

/* The same of the host that has sent 'pkt', or to which it goes: where the host was not heard with an
 * IP address, and rules name some, that of the packet counts. */
void class_of_source(const struct networks *l, dpid_t dpid, port_no_t port, const struct pkt *pkt,
                     struct net_class *out);
void class_of_addressee(const struct networks *l, struct eth_addr to, const struct pkt *pkt,
                        struct net_class *out);

/* Not heard with an IP address, where rules name some: its networks may be others. */
bool member_is_half_known(const struct networks *l, struct eth_addr mac);

/* --- Ports (networks_port.c) ------------------------------------------------------------------ */

struct net_port_hosts *port_hosts_find(const struct networks *l, dpid_t dpid, port_no_t port);
struct net_port_hosts *port_get(struct networks *l, dpid_t dpid, port_no_t port);

/* Writes the entry that the port should have, now that its members have changed. */
void port_sync(struct networks *l, struct net_port_hosts *p);

/* The same when a member has left its list; frees the port when that was the last. */
void port_leave(struct networks *l, struct net_port_hosts *p);

/* The entry of a port is gone, though nobody here wanted that. */
void port_entry_lost(struct networks *l, dpid_t dpid, port_no_t port);

/* --- Entries (networks_guard.c) --------------------------------------------------------------- */

bool classes_may_talk(const struct networks *l, const struct net_class *a,
                      const struct net_class *b);
bool class_is_guarded(const struct networks *l, const struct net_class *c);
static inline bool networks_any_block(const struct networks *l)
{
    return l->n_blocks > 0 || l->n_isolated > 0;
}

/* Packets are of interest while anything is blocked. */
void networks_watch(struct networks *l);

bool networks_admits(const void *state, const struct flow_entry *entry);

/* Looks at all entries once this entry into the core is over. */
void networks_look_soon(struct networks *l);

/* Tells whoever wants to know (networks_on_change()); looking soon does that, too. */
void networks_tell(struct networks *l);

/* Writes an entry that drops what 'src' at ('dpid', 'port') sends to 'dst'. */
void networks_drop(struct networks *l, dpid_t dpid, port_no_t port, struct eth_addr src,
                   struct eth_addr dst);
void networks_drop_gone(struct networks *l, dpid_t dpid, const struct flow_spec *spec);
void networks_guard_init(struct networks *l);
void networks_guard_fini(struct networks *l);
void networks_change_done(void *aux, enum err result);

#endif
