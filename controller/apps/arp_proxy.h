/* ARP proxy: no ARP frame crosses a link between two switches.
 *
 * On every switch one permanent entry sends all ARP to the controller. A request for an address
 * that the host table knows is answered at once, at the port that asked; a circuit root is told the
 * alias of the host's switch (circuit_tree.h). A request for an unknown
 * one is remembered with its asker, and one copy is emitted at every edge port; the reply answers
 * everybody who asked. Unicast replies that nobody waits for go to their destination, at a limited
 * rate: the port of a host may turn out to be a link that is not found yet, and such a reply comes
 * back by the next switch. Gratuitous ARP (RFC 5227 §3) teaches the host table and goes no further.
 * Hosts speak for themselves: what names another sender than the frame does is dropped.
 *
 * The proxy handles untagged ARP for IPv4. What it emits is untagged. */
#ifndef TAMBO_APPS_ARP_PROXY_H
#define TAMBO_APPS_ARP_PROXY_H

#include <stdint.h>

#include "controller/apps/priorities.h"
#include "controller/core/module.h"

#define ARP_PROXY_PRIORITY PRIORITY_ADDRESSES

struct arp_proxy_settings {
    /* Life of an unanswered request since it was last heard; default 800 ms, less than the second
     * after which hosts ask again, so that a lost copy is repeated. */
    int64_t pending_ns;

    uint32_t max_targets;      /* Addresses asked for at a time; default 4 096. */
    uint32_t max_askers;       /* Askers remembered for one address; default 64. */
    uint32_t max_askers_total; /* Default 16 384. */

    /* Copies to the whole network, all switches together (0: no limit); default 1 000 and 1 000. */
    uint32_t flood_per_s, flood_burst;

    /* The same for requests that came in at one switch, and for the replies there that nobody waits
     * for; default 100 and 200. */
    uint32_t dp_flood_per_s, dp_flood_burst;
};

struct arp_proxy_settings arp_proxy_settings_default(void);

#define ARP_PROXY_COUNTERS(X)                                                                      \
    X(requests)                                                                                    \
    X(requests_known)    /* Answered from the host table. */                                       \
    X(requests_flooded)  /* A copy was emitted everywhere. */                                      \
    X(requests_joined)   /* Somebody else asks already. */                                         \
    X(requests_repeated) /* The same host asks again. */                                           \
    X(requests_limited)  /* Dropped by the rate limit or a full cache. */                          \
    X(replies)                                                                                     \
    X(replies_forwarded)                                                                           \
    X(replies_dropped) /* Cut, for an unknown host, or too many. */                                \
    X(gratuitous)                                                                                  \
    X(answers)    /* Replies that we built. */                                                     \
    X(spoofed)    /* From another MAC address than it says: dropped. */                            \
    X(malformed)  /* ARP that is not for IPv4 over Ethernet, or cut. */                            \
    X(from_links) /* ARP that came in at a link between switches: dropped. */                      \
    X(expired)    /* Addresses that nobody answered for. */

struct arp_proxy_counters {
#define X(name) uint64_t name;
    ARP_PROXY_COUNTERS(X)
#undef X
};

/* Counters of the module state 'state' (ctl_module_state(ctl, "arp_proxy")). */
struct arp_proxy_counters arp_proxy_counters(const void *state);

extern const struct ctl_module arp_proxy_module;

#endif
