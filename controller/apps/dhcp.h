/* DHCP without broadcast between switches: every message comes here and leaves at one port.
 *
 * On every switch two permanent entries send UDP for the ports 67 and 68 to the controller. A client
 * for whose place there is a pool is served from it (RFC 2131). Any other client's message goes by
 * packet-out to the port of the servers that have answered lately, or to all trusted ports while none
 * is known; replies go to the client's port. What pretends to be a server at any other port is dropped
 * and reported. DHCPv6 (dhcp6.h) goes the same ways.
 *
 * Leases, reservations and addresses in quarantine survive a restart in the store's table "dhcp"; time
 * does not, so a lease begins anew then. The app is off unless it is asked for: DHCP is then forwarded
 * as any broadcast. */
#ifndef TAMBO_APPS_DHCP_H
#define TAMBO_APPS_DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/place.h"
#include "controller/apps/priorities.h"
#include "controller/base/mono.h"
#include "controller/core/module.h"

#define DHCP_PRIORITY PRIORITY_ADDRESSES

#define DHCP_MAX_POOLS 32
#define DHCP_MAX_ADDRS 4
#define DHCP_MAX_PLACES 16
#define DHCP_MAX_TRUSTED 64
#define DHCP_MAX_RESERVED 256 /* In the settings. */
#define DHCP_MAX_RANGE 65536  /* Addresses of a pool. */
#define DHCP_NAME_LEN 32
#define DHCP_DOMAIN_LEN 64
#define DHCP_ID_LEN 33 /* Of a client; its type in front. */

/* --- Settings --------------------------------------------------------------------------------- */

/* Addresses are in host order. */
struct dhcp_pool_settings {
    char name[DHCP_NAME_LEN];
    uint32_t subnet, mask;
    uint32_t first, last; /* The addresses that are given, both included. */
    uint32_t server;      /* Our own address there. */
    uint32_t routers[DHCP_MAX_ADDRS], dns[DHCP_MAX_ADDRS], ntp[DHCP_MAX_ADDRS];
    uint32_t n_routers, n_dns, n_ntp;
    char domain[DHCP_DOMAIN_LEN]; /* Empty: none. */
    uint32_t lease_s;
    uint32_t t1_s, t2_s; /* 0: a half and seven eighths of the lease (RFC 2131 §4.4.5). */

    /* Who is served: clients of this logical network (0: of any) at these places (0: at any); of several
     * pools that fit, one for the client's network, then one for its very port, then one for its switch,
     * then the first. Through a relay agent, those whose agent has an address in the subnet. */
    uint16_t network;
    struct place places[DHCP_MAX_PLACES];
    uint32_t n_places;
};

struct dhcp_reservation {
    char pool[DHCP_NAME_LEN];
    struct eth_addr mac;
    uint32_t ip;
    char name[DHCP_NAME_LEN]; /* Told to the client as its host name; empty: none. */
};

struct dhcp_settings {
    bool enabled;    /* Default false. */
    bool relay_info; /* Add and remove option 82 (RFC 3046) on the way to servers; default false. */
    int64_t offer_ns; /* An offered address is held for so long; default 120 s. */
    int64_t
        probe_ns; /* So long an answer of somebody else is waited for before an address is offered
                       * for the first time (RFC 2131 §2.2); 0: nobody is asked; default 300 ms. */
    int64_t decline_ns;    /* An address found in use is left alone for so long; default 1 h. */
    int64_t server_ns;     /* A server that has not answered for so long is not known any more;
                              * default 60 s. */
    uint32_t max_per_port; /* Addresses held for clients of one port; default 256. */
    uint32_t port_per_s, port_burst;     /* Messages from one port; default 20 and 60... */
    uint32_t per_s, burst;               /* ...and from all; default 2 000 and 4 000. 0: any. */
    uint32_t probes_per_s, probes_burst; /* Questions at all edge ports; default 100 and 200. */
    struct eth_addr mac;                 /* Ours; default 02:54:61:6d:62:01. */
    uint32_t server; /* The address of the server that may answer, whose port the host
                                      * table knows; 0 (default): any at a trusted port. */
    struct ipv6_addr server6, relay6;       /* DHCPv6: see dhcp6.h. */
    struct place trusted[DHCP_MAX_TRUSTED]; /* Where servers may be. */
    uint32_t n_trusted;
    struct dhcp_pool_settings pools[DHCP_MAX_POOLS];
    uint32_t n_pools;
    struct dhcp_reservation reserved[DHCP_MAX_RESERVED];
    uint32_t n_reserved;
};

struct dhcp_settings dhcp_settings_default(void);

/* The defaults of a pool, into a zeroed '*pool': the lease time, and from 'subnet' and 'mask' what is
 * still 0 of the range (all host addresses). */
void dhcp_pool_defaults(struct dhcp_pool_settings *pool);

/* What is wrong with a pool or a reservation of it, as a sentence's end ("the range to be inside the
 * subnet"); NULL: nothing. */
const char *dhcp_pool_fault(const struct dhcp_pool_settings *pool);
const char *dhcp_reservation_fault(const struct dhcp_pool_settings *pool,
                                   const struct dhcp_reservation *reservation);

/* --- Counters --------------------------------------------------------------------------------- */

#define DHCP_COUNTERS(X)                                                                           \
    X(discovers)                                                                                   \
    X(offers)                                                                                      \
    X(requests)                                                                                    \
    X(acks)                                                                                        \
    X(naks)                                                                                        \
    X(declines)                                                                                    \
    X(releases)                                                                                    \
    X(informs)                                                                                     \
    X(expired)      /* Leases that ended without a word. */                                        \
    X(exhausted)    /* No address was left for a client. */                                        \
    X(conflicts)    /* Addresses found in use before they were offered. */                         \
    X(probes)       /* Questions for an address at all edge ports. */                              \
    X(to_servers)   /* Messages passed on, once for each port they went to. */                     \
    X(to_clients)   /* Replies passed on. */                                                       \
    X(no_server)    /* Messages for which no server or trusted port is known. */                   \
    X(no_client)    /* Replies for nobody at an edge port. */                                      \
    X(rogues)       /* Replies from a port without trust: dropped. */                              \
    X(limited)      /* Dropped by a rate limit, or for want of a place for one more lease. */      \
    X(spoofed)      /* A client speaks for another hardware address: dropped. */                   \
    X(malformed)    /* Cut, or no DHCP over Ethernet. */                                           \
    X(from_links)   /* From a link between switches: dropped. */                                   \
    X(v6_relayed)   /* DHCPv6 messages of clients passed on... */                                  \
    X(v6_replied)   /* ...and replies to them. */                                                  \
    X(store_errors) /* What could not be remembered. */

struct dhcp_counters {
#define X(name) uint64_t name;
    DHCP_COUNTERS(X)
#undef X
};

/* Of the module state 'state' (ctl_module_state(ctl, "dhcp")), as everywhere below. */
struct dhcp_counters dhcp_counters(const void *state);

/* --- What is known ---------------------------------------------------------------------------- */

enum dhcp_lease_state {
    DHCP_PROBED,      /* Somebody else is asked for it first. */
    DHCP_OFFERED,     /* Held until the client asks for it. */
    DHCP_BOUND,       /* The client has it. */
    DHCP_FREE,        /* The client had it, and gets it again as long as no other needs it. */
    DHCP_QUARANTINED, /* Somebody uses it without a lease. */
};

const char *dhcp_lease_state_name(enum dhcp_lease_state state);

struct dhcp_lease_info {
    const char *pool; /* Borrowed. */
    enum dhcp_lease_state state;
    uint32_t ip;
    struct eth_addr mac;
    uint8_t
        id[DHCP_ID_LEN]; /* The client identifier, or type and hardware address; of a longer one the
                              * SHA-256 behind an 0xff. */
    size_t id_len;
    dpid_t dpid; /* Where the client was heard last; 0: not since the restart. */
    port_no_t port;
    bool is_reserved;
    mono_t until; /* MONO_NEVER: without end. */
};

/* Calls 'fn' for each lease, ascending by address. 'fn' must not change anything here. */
typedef void dhcp_lease_fn(void *aux, const struct dhcp_lease_info *lease);
void dhcp_each_lease(const void *state, dhcp_lease_fn *fn, void *aux);

/* Frees the address, as if it had never been given. ERR_NOTFOUND. */
enum err dhcp_forget(void *state, uint32_t ip);

struct dhcp_pool_info {
    const struct dhcp_pool_settings *settings; /* Borrowed. */
    uint32_t n_size, n_offered, n_bound, n_free, n_quarantined, n_reserved;
};

size_t dhcp_n_pools(const void *state);
struct dhcp_pool_info dhcp_pool(const void *state, size_t i);

/* Reservations, ascending by pool and hardware address. */
typedef void dhcp_reservation_fn(void *aux, const struct dhcp_reservation *reservation);
void dhcp_each_reservation(const void *state, dhcp_reservation_fn *fn, void *aux);

/* Adds or changes what 'reservation->mac' has in its pool, and remembers it. ERR_NOTFOUND without such
 * a pool, ERR_RANGE with an address that cannot be (dhcp_reservation_fault()), ERR_EXISTS when it is
 * reserved or in use for another, ERR_FULL with too many. */
enum err dhcp_reserve(void *state, const struct dhcp_reservation *reservation);

/* ERR_NOTFOUND. One of the settings comes back at the next start. */
enum err dhcp_unreserve(void *state, const char *pool, struct eth_addr mac);

/* Servers that were heard where none may be: the latest first. */
#define DHCP_MAX_ROGUES 64

struct dhcp_rogue {
    struct eth_addr mac;
    uint32_t ip; /* 0: a server of DHCPv6. */
    dpid_t dpid;
    port_no_t port;
    uint64_t n; /* Messages. */
    mono_t seen_at;
};

size_t dhcp_n_rogues(const void *state);
struct dhcp_rogue dhcp_rogue(const void *state, size_t i);

extern const struct ctl_module dhcp_module;

#endif
