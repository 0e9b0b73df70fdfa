/* Logical networks: who belongs together, and who may not talk to whom.
 *
 * A network has a number (1..4095) and a unique name. Network 1 is always there: hosts that no rule
 * names are in it. A rule puts everybody at a port, a MAC address or all IP addresses of a prefix
 * into a network; it may name what was never seen. A host is in every network that a rule of its
 * port, of its MAC address, or the longest prefix for one of its addresses gives it.
 *
 * Networks may talk to each other unless the operator blocks a pair, or isolates one from all
 * others. Two hosts may talk when they share a network; else when no network of the one is blocked
 * for a network of the other.
 *
 * How it is enforced. A host with a network that is blocked for any other is guarded. No entry leads
 * to a guarded host but from one sender at one port (match: in_port, eth_src, eth_dst) that may talk
 * to it: whatever app asks for another one is refused by the core ('admits' in module.h), and those
 * that were there when the host became guarded are removed. So whoever has never been heard, or has
 * been moved, meets no entry, and the controller decides; nothing has to be written to keep anybody
 * out. A refused sender gets an entry that drops (priority PRIORITY_NETWORK_BLOCK, idle time-out).
 * Traffic of others to a host that becomes guarded does not stop: its next frame is carried by the
 * controller and sets up its own entry.
 *
 * Where rules name prefixes, a host that was not heard with an IP address yet is guarded, too, and
 * has no entries at all: frames to it and from it to guarded hosts are carried one by one, each by the
 * addresses that it has.
 *
 * Cost. A guarded destination takes an entry for each sender at an access switch instead of one for
 * all; the core has labels as ever. Isolating a network guards everybody. A port with a member of
 * another network than 1 has one permanent entry (match in_port, to the controller, priority
 * PRIORITY_NETWORK_MISS), on top of the 49 of clustering at a switch with 48 hosts: 97 at most. Its
 * cookie is the number of the network, so that the source of a packet-in is known without looking;
 * 0 where hosts of several networks share a port. OpenFlow 1.0 tells no cookie: there the sender is
 * looked up.
 *
 * What static flows, the firewall and other entries above PRIORITY_ELEPHANT say is the operator's
 * word, and not looked at. Nor are frames that a host itself tags with a label of clustering. */
#ifndef TAMBO_APPS_LOGICAL_NETWORKS_H
#define TAMBO_APPS_LOGICAL_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/priorities.h"
#include "controller/core/module.h"

#define NETWORK_DEFAULT 1
#define NETWORK_MAX 4095
#define NETWORK_NAME_LEN 63     /* Bytes of a name, at most. */
#define NETWORK_MAX_PER_MATCH 8 /* Networks with a rule for the same port, address or prefix. */

struct networks_settings {
    uint16_t drop_idle_s; /* Idle time-out of entries that drop, at least 1; default 30. */
    uint32_t max_drops;   /* Such entries in all; default 4 096. */
    uint32_t max_rules;   /* Default 1 048 576. */
};

struct networks_settings networks_settings_default(void);

#define NETWORKS_COUNTERS(X)                                                                       \
    X(by_cookie) /* Packet-ins whose source network the cookie told... */                          \
    X(by_lookup) /* ...or a look-up. */                                                            \
    X(blocked)   /* Packet-ins that went no further. */                                            \
    X(drops)     /* Entries written that drop. */                                                  \
    X(refused)   /* Entries of other apps that were not admitted. */                               \
    X(removed)   /* Entries of other apps that were taken away. */                                 \
    X(passes)    /* Looks at all entries. */                                                       \
    X(not_stored)

struct networks_counters {
#define X(name) uint64_t name;
    NETWORKS_COUNTERS(X)
#undef X
};

struct networks_counters networks_counters(const void *state);

/* --- Networks --------------------------------------------------------------------------------- */

/* 'state' is ctl_module_state(ctl, "logical_networks"). Changes are stored before they return.
 *   ERR_RANGE     a number, name, prefix or address that cannot be
 *   ERR_EXISTS    the number or name is taken; the rule is there
 *   ERR_NOTFOUND  no such network or rule
 *   ERR_STATE     not with this network: deleting 1, blocking a network for itself
 *   ERR_FULL      too many rules
 *   ERR_IO        what is asked for is done but will not be remembered */
enum err networks_create(void *state, uint16_t id, const char *name);
enum err networks_rename(void *state, uint16_t id, const char *name); /* Rules and members stay. */
enum err networks_delete(void *state, uint16_t id); /* With its rules and blocks. */

struct network_info {
    uint16_t id;
    const char *name; /* Borrowed until the network changes. */
    bool isolated;
    size_t n_rules, n_members, n_blocked; /* Blocked by pairs. */
};

bool networks_get(const void *state, uint16_t id, struct network_info *out);
uint16_t networks_find(const void *state, const char *name); /* 0: none. */

/* Calls 'fn' for every network, in the order of their numbers. */
typedef void networks_each_fn(void *aux, const struct network_info *info);
void networks_each(const void *state, networks_each_fn *fn, void *aux);

/* --- Rules and members ------------------------------------------------------------------------ */

enum network_rule_type { NETWORK_RULE_PORT = 1, NETWORK_RULE_MAC = 2, NETWORK_RULE_IP = 3 };

struct network_rule {
    enum network_rule_type type;
    dpid_t dpid; /* NETWORK_RULE_PORT */
    port_no_t port;
    struct eth_addr mac; /* NETWORK_RULE_MAC */
    struct ipv6_addr ip; /* NETWORK_RULE_IP; IPv4 as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2)... */
    uint8_t prefix_len;  /* ...with 96 more bits. Bits behind the prefix must be 0. */
};

/* "port <16 hex digits>-<port>", "mac <address>", "ip <address>[/<length>]". */
#define NETWORK_RULE_TEXT 64
enum err network_rule_parse(const char *text, struct network_rule *out);
void network_rule_print(const struct network_rule *rule, char out[NETWORK_RULE_TEXT]);

enum err networks_rule_add(void *state, uint16_t id, const struct network_rule *rule);
enum err networks_rule_remove(void *state, uint16_t id, const struct network_rule *rule);

/* In the order in which they were added. */
typedef void networks_rule_fn(void *aux, const struct network_rule *rule);
void networks_rules(const void *state, uint16_t id, networks_rule_fn *fn, void *aux);

/* Calls 'fn' for every known host of a network, in the order of MAC addresses. */
typedef void networks_member_fn(void *aux, const struct host *host);
void networks_members(const void *state, uint16_t id, networks_member_fn *fn, void *aux);

/* The networks of a known host, ascending: '*n' of them, borrowed. */
const uint16_t *networks_of(const void *state, struct eth_addr mac, size_t *n);

/* --- Who may talk to whom --------------------------------------------------------------------- */

/* Doing again what is done is no error. The order of 'a' and 'b' does not matter. */
enum err networks_block(void *state, uint16_t a, uint16_t b);
enum err networks_unblock(void *state, uint16_t a, uint16_t b);
enum err networks_isolate(void *state, uint16_t id, bool isolated);

/* By a pair or because one is isolated. */
bool networks_are_blocked(const void *state, uint16_t a, uint16_t b);

/* True when every switch that is connected has confirmed all that the latest changes ask for. */
bool networks_is_settled(const void *state);

/* --- For other apps ('state' may be NULL: no networks run) -------------------------------------- */

/* Is the sender at ('dpid', 'port') in the network? It need not be known. */
bool networks_has_sender(const void *state, uint16_t id, dpid_t dpid, port_no_t port,
                         struct eth_addr src);

/* May the sender at ('dpid', 'port') talk to 'dst'? The sender need not be known. */
bool networks_may_talk(const void *state, dpid_t dpid, port_no_t port, struct eth_addr src,
                       struct eth_addr dst);

/* The same from wherever 'src' is known to be. */
bool networks_hosts_may_talk(const void *state, struct eth_addr src, struct eth_addr dst);

/* No entry may lead to 'dst' but from one sender at one port. */
bool networks_is_guarded(const void *state, struct eth_addr dst);

/* Emits the frame of 'packet' at the edge ports that its sender may reach: with 'members_only' those
 * where a member of one of its networks is, or may be; else those with anybody whom it may talk to.
 * Returns the number of ports. */
size_t networks_flood(struct ctl *ctl, const struct ctl_packet *packet, bool members_only);

/* May a frame for many, 'packet', leave at the port? Only when its sender may talk to all hosts there. */
bool networks_may_reach(const void *state, const struct ctl_packet *packet, dpid_t dpid,
                        port_no_t port);

/* May everybody at these ports hear everybody, so that entries can carry what one sends to the others?
 * False, too, while a host's networks are not known yet, and when there are too many to look at. */
struct networks_port {
    dpid_t dpid;
    port_no_t port;
};
bool networks_may_mix(const void *state, const struct networks_port *ports, size_t n);

/* Calls 'fn' when the answer may have become another one because of what the operator or a host did. It
 * must not enter the core. One only; NULL: nobody. */
typedef void networks_change_fn(void *aux);
void networks_on_change(void *state, networks_change_fn *fn, void *aux);

extern const struct ctl_module logical_networks_module;

#endif
