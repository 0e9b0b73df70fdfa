/* Who is waiting for the address of whom: ARP requests and neighbour solicitations that the host table
 * could not answer. The functions whose names end in 6 take IPv6 addresses, the others IPv4 ones in host
 * order; a cache may hold both.
 *
 * A record per target address keeps every asker, so that one copy of the request on the network and
 * one reply serve them all. Records expire; targets, askers of a target and askers in total are
 * bounded, because any host may ask for anything. */
#ifndef TAMBO_APPS_ARP_CACHE_H
#define TAMBO_APPS_ARP_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/hmap.h"
#include "controller/base/mono.h"
#include "controller/base/types.h"
#include "controller/core/timer.h"

struct arp_asker {
    dpid_t dpid; /* Where the request came in: the answer goes there. */
    port_no_t port;
    struct eth_addr mac;
    uint32_t ip;          /* 0 in a probe (RFC 5227 §1.1). */
    struct ipv6_addr ip6; /* :: in duplicate address detection (RFC 4862 §5.4.2). */
};

struct arp_limits {
    uint32_t targets;
    uint32_t askers_per_target;
    uint32_t askers_total;
};

struct arp_cache {
    struct hmap by_target;
    struct timers *timers; /* Borrowed. */
    struct arp_limits limits;
    size_t n_askers;
    uint64_t expired; /* Records that nobody answered. */
};

enum arp_cache_result {
    ARP_CACHE_NEW,    /* The first request for this target: somebody should ask the network. */
    ARP_CACHE_JOINED, /* A new asker for a target that is being asked for. */
    ARP_CACHE_AGAIN,  /* The same request again. */
    ARP_CACHE_FULL,   /* A limit is reached; nothing was kept. */
};

void arp_cache_init(struct arp_cache *cache, struct timers *timers, struct arp_limits limits);
void arp_cache_fini(struct arp_cache *cache);

/* An IPv4 address as an IPv6 one (RFC 4291 §2.5.5.2). */
struct ipv6_addr arp_cache_mapped(uint32_t ip);

/* True when 'target' is being asked for. */
bool arp_cache_has6(const struct arp_cache *cache, const struct ipv6_addr *target);

static inline bool arp_cache_has(const struct arp_cache *cache, uint32_t target)
{
    struct ipv6_addr key = arp_cache_mapped(target);

    return arp_cache_has6(cache, &key);
}

/* Remembers that 'asker' wants 'target'. The record lives until 'deadline'. */
enum arp_cache_result arp_cache_ask6(struct arp_cache *cache, const struct ipv6_addr *target,
                                     const struct arp_asker *asker, mono_t deadline);

static inline enum arp_cache_result arp_cache_ask(struct arp_cache *cache, uint32_t target,
                                                  const struct arp_asker *asker, mono_t deadline)
{
    struct ipv6_addr key = arp_cache_mapped(target);

    return arp_cache_ask6(cache, &key, asker, deadline);
}

/* Takes the record of 'target' out: returns its '*n' askers in the order in which they came, which
 * the caller frees with free(); NULL when nobody asked. */
struct arp_asker *arp_cache_take6(struct arp_cache *cache, const struct ipv6_addr *target,
                                  size_t *n);

static inline struct arp_asker *arp_cache_take(struct arp_cache *cache, uint32_t target, size_t *n)
{
    struct ipv6_addr key = arp_cache_mapped(target);

    return arp_cache_take6(cache, &key, n);
}

#endif
