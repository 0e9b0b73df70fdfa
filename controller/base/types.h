/* Small value types that every room speaks: datapath ids, port numbers, MAC and IPv6 addresses. */
#ifndef TAMBO_BASE_TYPES_H
#define TAMBO_BASE_TYPES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "controller/base/be.h"

typedef uint64_t dpid_t;    /* OpenFlow datapath id. */
typedef uint32_t port_no_t; /* OpenFlow port number in its 32-bit form (OF 1.3.5 §7.2.1). */

#define ETH_ADDR_LEN 6

struct eth_addr {
    uint8_t b[ETH_ADDR_LEN];
};

#define ETH_ADDR_BROADCAST ((struct eth_addr){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}})

/* printf helpers: printf("host " ETH_FMT, ETH_ARGS(mac)). */
#define ETH_FMT "%02x:%02x:%02x:%02x:%02x:%02x"
#define ETH_ARGS(a) (a).b[0], (a).b[1], (a).b[2], (a).b[3], (a).b[4], (a).b[5]
#define DPID_FMT "%016llx"
#define DPID_ARGS(d) ((unsigned long long)(d))
#define IPV4_FMT "%u.%u.%u.%u"
#define IPV4_ARGS(a)                                                                               \
    (unsigned)((a) >> 24 & 0xff), (unsigned)((a) >> 16 & 0xff), (unsigned)((a) >> 8 & 0xff),       \
        (unsigned)((a)&0xff)

static inline bool eth_addr_eq(struct eth_addr a, struct eth_addr b)
{
    return memcmp(a.b, b.b, ETH_ADDR_LEN) == 0;
}

/* The address as a number, most significant byte first; handy as a hash or sort key. */
static inline uint64_t eth_addr_u64(struct eth_addr a)
{
    return (uint64_t)be_get32(a.b) << 16 | be_get16(a.b + 4);
}

static inline struct eth_addr eth_addr_from_u64(uint64_t v)
{
    return (struct eth_addr){{(uint8_t)(v >> 40), (uint8_t)(v >> 32), (uint8_t)(v >> 24),
                              (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v}};
}

static inline bool eth_addr_is_multicast(struct eth_addr a)
{
    return (a.b[0] & 1) != 0;
}

static inline bool eth_addr_is_zero(struct eth_addr a)
{
    return eth_addr_u64(a) == 0;
}

#define IPV6_ADDR_LEN 16

/* An IPv6 address as on the wire. IPv4 addresses are plain uint32_t in host order. */
struct ipv6_addr {
    uint8_t b[IPV6_ADDR_LEN];
};

static inline bool ipv6_addr_eq(const struct ipv6_addr *a, const struct ipv6_addr *b)
{
    return memcmp(a->b, b->b, IPV6_ADDR_LEN) == 0;
}

#endif
