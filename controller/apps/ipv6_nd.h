/* Neighbour discovery proxy and router advertisement guard for IPv6 (RFC 4861, RFC 6105).
 *
 * On every switch from OpenFlow 1.3 on five permanent entries send ICMPv6 of the types 133 to 137 to the
 * controller; 1.0 cannot match them, and what no entry takes comes here anyway. Nothing of it crosses a
 * link between switches:
 *
 *      solicitation      answered from the host table; for an unknown target one copy goes to every edge
 *                        port, and the advertisement answers everybody who asked. A unicast one, which
 *                        asks whether a neighbour is still there, goes to that neighbour.
 *      of a tentative    (duplicate address detection, from ::) never answered by us: it goes to the host
 *      address           that has the address, or to all edge ports, and only an advertisement that comes
 *                        back is passed on. So a host that has left does not keep its address.
 *      advertisement     to those who wait for it, or to the host it is addressed to
 *      router            solicitation: to routers' ports only. Advertisement and redirect: only from
 *                        trusted ports, or, when none is named, from the first router that was heard, as
 *                        long as its lifetime lasts; anything else is dropped and reported.
 *
 * The app is off unless it is asked for: neighbour discovery is then forwarded as any multicast. */
#ifndef TAMBO_APPS_IPV6_ND_H
#define TAMBO_APPS_IPV6_ND_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/apps/place.h"
#include "controller/apps/priorities.h"
#include "controller/base/mono.h"
#include "controller/core/module.h"

#define IPV6_ND_PRIORITY PRIORITY_ADDRESSES
#define IPV6_ND_MAX_TRUSTED 64
#define IPV6_ND_MAX_ROUTERS 16

struct ipv6_nd_settings {
    bool enabled;       /* Default false. */
    int64_t pending_ns; /* Life of an unanswered question; default 800 ms, as in the ARP proxy. */
    uint32_t max_targets, max_askers, max_askers_total; /* Default 4 096, 64 and 16 384. */

    /* Copies to all edge ports: all switches together, default 1 000 and 1 000; and of one switch,
     * default 100 and 200 (0: any number). */
    uint32_t flood_per_s, flood_burst;
    uint32_t dp_flood_per_s, dp_flood_burst;

    struct place trusted[IPV6_ND_MAX_TRUSTED]; /* Where routers may be; none: see above. */
    uint32_t n_trusted;
};

struct ipv6_nd_settings ipv6_nd_settings_default(void);

#define IPV6_ND_COUNTERS(X)                                                                        \
    X(solicits)                                                                                    \
    X(solicits_known)     /* Answered from the host table. */                                      \
    X(solicits_flooded)   /* A copy went to every edge port. */                                    \
    X(solicits_joined)    /* Somebody asks already. */                                             \
    X(solicits_forwarded) /* Unicast: to the neighbour itself. */                                  \
    X(tentative)          /* Duplicate address detection. */                                       \
    X(answers)            /* Advertisements that we built. */                                      \
    X(adverts)                                                                                     \
    X(adverts_forwarded)                                                                           \
    X(router_solicits)                                                                             \
    X(router_adverts) /* Passed on. */                                                             \
    X(redirects)      /* Passed on. */                                                             \
    X(rogue_routers)  /* Router advertisements and redirects that were dropped. */                 \
    X(limited)        /* Dropped by a rate limit or a full table. */                               \
    X(spoofed)        /* A link-layer address option that is not the sender's: dropped. */         \
    X(malformed)      /* Against RFC 4861 §6.1, §7.1 or §8.1. */                                \
    X(from_links)                                                                                  \
    X(expired) /* Targets that nobody answered for. */

struct ipv6_nd_counters {
#define X(name) uint64_t name;
    IPV6_ND_COUNTERS(X)
#undef X
};

/* Of the module state 'state' (ctl_module_state(ctl, "ipv6_nd")), as below. */
struct ipv6_nd_counters ipv6_nd_counters(const void *state);

struct ipv6_nd_router {
    struct ipv6_addr ip;
    struct eth_addr mac;
    dpid_t dpid;
    port_no_t port;
    mono_t until; /* When the lifetime that it has told ends. */
};

size_t ipv6_nd_n_routers(const void *state);
struct ipv6_nd_router ipv6_nd_router(const void *state, size_t i);

/* Routers that were heard where none may be: the latest first. */
#define IPV6_ND_MAX_ROGUES 64

struct ipv6_nd_rogue {
    struct ipv6_addr ip;
    struct eth_addr mac;
    dpid_t dpid;
    port_no_t port;
    uint64_t n; /* Advertisements and redirects. */
    mono_t seen_at;
};

size_t ipv6_nd_n_rogues(const void *state);
struct ipv6_nd_rogue ipv6_nd_rogue(const void *state, size_t i);

extern const struct ctl_module ipv6_nd_module;

#endif
