/* Circuit trees: permanent ways between a circuit root (a host that many others talk to, as a server or
 * a gateway) and every access switch, so that nobody's first packet to or from it waits for the
 * controller.
 *
 * Every access switch has an alias, an Ethernet address prefix: a locally administered prefix, the
 * switch's cluster id, and 16 bits that are 0. A root that asks by ARP for a host is told the alias of
 * the host's switch, so what it sends is led by the alias, and the host's switch puts the host's own
 * address in its place, which it finds by the IP address. All entries are in table 0, permanent, for
 * untagged frames:
 *
 *      kind      match                                    actions                   priority
 *      reverse   eth_dst=own alias, ipv4_dst=host         set eth_dst, output port       151
 *      own       eth_dst=own alias                        to the controller              150
 *      down      eth_dst=alias                            output next port               150
 *      up        eth_dst=root                             output next port               150
 *      root      eth_dst=root, at the root's switch       output root's port             150
 *
 * The alias is matched by its prefix (mask ff:ff:ff:ff:00:00), and as a whole by OpenFlow 1.0, which
 * cannot match a part of an address. Source addresses stay as they are: one entry serves all protocols
 * on the way up, at switches that are access and transit switch at once, too.
 *
 * Entries: an access switch with 48 hosts has 48 reverse entries, 1 own and R up entries for R roots;
 * that of a root N - 1 down entries more for N access switches, so N + R beside the 48, which is N + 1
 * for one root. A switch in between has at most N + R.
 *
 * Order: as in clustering.h, a switch turns to a new way when all of the rest is confirmed, outwards
 * from the destination, and what is no longer used goes last. The alias is told only when the whole way
 * down is confirmed. A frame for an alias that no longer leads to its host (which has moved, or the root
 * is none any more) comes to the controller, which delivers it and tells the sender the right address.
 *
 * A root or a host that not everybody may talk to (logical_networks.h) has no such entries: clustering
 * serves it sender by sender; and there are no trees while network 1 is blocked for any other.
 *
 * With 'fast_failover', up and down entries whose switch has another loop-free way output to a group of type
 * fast failover, as those of clustering.h.
 *
 * Replies of a root by IPv6 go by the host's own address: clustering serves them. */
#ifndef TAMBO_APPS_CIRCUIT_TREE_H
#define TAMBO_APPS_CIRCUIT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/priorities.h"
#include "controller/core/module.h"

struct circuit_tree_settings {
    uint16_t alias_prefix;  /* First two bytes of every alias: locally administered, not multicast;
                             * default 0x0654. */
    uint32_t max_roots;     /* Default 64. */
    uint32_t strays_per_s;  /* Frames for an alias that are delivered for each switch; default 1 000. */
    uint32_t answers_per_s; /* Senders that are told a better address; default 100. */
    bool fast_failover;     /* Entries are protected where that can be (failover.h); default: no. */
    int64_t retry_ns;       /* A tree that a switch refused is tried again after this; default 1 s. */

    /* After entries of an earlier controller were found, no tree is taken away for so long, and new
     * links are used only after the second one; defaults 60 s and 2 s. */
    int64_t adopt_hold_ns, adopt_settle_ns;
};

struct circuit_tree_settings circuit_tree_settings_default(void);

/* True when 'prefix' can begin an alias. */
bool circuit_tree_prefix_ok(uint16_t prefix);

#define CIRCUIT_TREE_COUNTERS(X)                                                                   \
    X(updates)         /* Transactions on one tree. */                                             \
    X(failures)        /* Those that failed. */                                                    \
    X(flows_failed)    /* Entries refused by a switch, or without room there. */                   \
    X(aliases)         /* Questions that were answered with an alias. */                           \
    X(strays)          /* Frames for an alias that came to the controller... */                    \
    X(strays_dropped)  /* ...of which these were not delivered. */                                 \
    X(adopted)         /* Entries of an earlier controller. */                                     \
    X(ids_exhausted)   /* Times a switch got no cluster id. */

struct circuit_tree_counters {
#define X(name) uint64_t name;
    CIRCUIT_TREE_COUNTERS(X)
#undef X
};

/* --- Roots ------------------------------------------------------------------------------------ */

/* How the operator has named a root. */
enum circuit_root_family { CIRCUIT_ROOT_MAC, CIRCUIT_ROOT_IPV4, CIRCUIT_ROOT_IPV6 };

struct circuit_root_key {
    enum circuit_root_family family;
    struct eth_addr mac;
    uint32_t ipv4;
    struct ipv6_addr ipv6;
};

#define CIRCUIT_ROOT_TEXT 48 /* Bytes of a printed key, with the end. */

/* Reads "02:00:00:00:00:17", "10.0.0.23" or "fd00::17" (ERR_SYNTAX), and prints it so. */
enum err circuit_root_parse(const char *text, struct circuit_root_key *out);
void circuit_root_print(const struct circuit_root_key *key, char out[CIRCUIT_ROOT_TEXT]);

enum circuit_root_state {
    CIRCUIT_ROOT_UNKNOWN,  /* No host with that address has been heard. */
    CIRCUIT_ROOT_BUILDING, /* Not every access switch has its way to and from it. */
    CIRCUIT_ROOT_READY,
};

struct circuit_root_view {
    struct circuit_root_key key;
    enum circuit_root_state state;
    struct eth_addr mac; /* And where it is, unless it is unknown. */
    dpid_t dpid;
    port_no_t port;
};

/* 'state' is ctl_module_state(ctl, "circuit_tree") everywhere. */

/* Registers a root, which may be known or not, and remembers it. ERR_EXISTS when it is one already,
 * ERR_RANGE for an address that no host can have, ERR_FULL beyond max_roots, or an error of the store,
 * after which it is not registered. */
enum err circuit_tree_add(void *state, const struct circuit_root_key *key);

/* It is none any more. ERR_NOTFOUND, or an error of the store, after which it still is one. */
enum err circuit_tree_remove(void *state, const struct circuit_root_key *key);

/* Calls 'fn' for every root, in ascending order of family and address. */
typedef void circuit_tree_each_fn(void *aux, const struct circuit_root_view *root);
void circuit_tree_each(const void *state, circuit_tree_each_fn *fn, void *aux);

/* --- For other apps --------------------------------------------------------------------------- */

/* True when 'asker' at 'port' of 'dpid', who asks for the host 'target' by its address 'ip', is to be
 * told '*alias' in place of the host's address. 'state' may be NULL: false. */
bool circuit_tree_alias(void *state, struct eth_addr asker, dpid_t dpid, port_no_t port,
                        const struct host *target, uint32_t ip, struct eth_addr *alias);

struct circuit_tree_counters circuit_tree_counters(const void *state);

/* The alias of 'dpid'; false when it has none. */
bool circuit_tree_alias_of(const void *state, dpid_t dpid, struct eth_addr *alias);

extern const struct ctl_module circuit_tree_module;

#endif
