/* Whose IP address is whose: look-up, and learning from what hosts say. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/buf.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_int.h"

/* --- Looking up ------------------------------------------------------------------------------- */

/* Peers choose what is hashed here; they do not know the key. */
static uint64_t hash_ip(const struct ctl *ctl, const struct ipv6_addr *ip)
{
    struct rd r = rd_init(ip->b, sizeof ip->b);
    uint64_t high = hash_keyed_u64(ctl->hash_key, rd_u64(&r));

    return hash_keyed_u64(high, rd_u64(&r));
}

static struct ipv6_addr mapped(uint32_t ip)
{
    return (struct ipv6_addr){{[10] = 0xff,
                               [11] = 0xff,
                               [12] = (uint8_t)(ip >> 24),
                               [13] = (uint8_t)(ip >> 16),
                               [14] = (uint8_t)(ip >> 8),
                               [15] = (uint8_t)ip}};
}

bool hosts_ip_as_v4(const struct ipv6_addr *ip, uint32_t *out)
{
    struct ipv6_addr prefix = mapped(0);
    struct rd r = rd_init(&ip->b[12], 4);

    *out = rd_u32(&r);
    return memcmp(ip->b, prefix.b, 12) == 0;
}

static struct host_ip *find_ip(const struct ctl *ctl, const struct ipv6_addr *ip)
{
    struct hmap_node *node = hmap_first_with(&ctl->hosts.by_ip, hash_ip(ctl, ip));

    for (; node; node = hmap_next_with(node)) {
        struct host_ip *entry = HMAP_ENTRY(node, struct host_ip, node);

        if (ipv6_addr_eq(&entry->ip, ip)) {
            return entry;
        }
    }
    return NULL;
}

struct host *hosts_find_ipv6(const struct ctl *ctl, const struct ipv6_addr *ip)
{
    struct host_ip *entry = find_ip(ctl, ip);

    return entry ? entry->host : NULL;
}

struct host *hosts_find_ipv4(const struct ctl *ctl, uint32_t ip)
{
    struct ipv6_addr key = mapped(ip);

    return hosts_find_ipv6(ctl, &key);
}

/* --- Coming and going ------------------------------------------------------------------------- */

static void drop_ip(struct ctl *ctl, struct host_ip *entry)
{
    claim_free(claim_find(entry->host, entry));
    hmap_remove(&ctl->hosts.by_ip, &entry->node);
    free(entry);
}

void hosts_ips_drop(struct ctl *ctl, struct host *host)
{
    for (size_t i = 0; i < host->n_ipv4; i++) {
        struct ipv6_addr key = mapped(host->ipv4[i]);

        drop_ip(ctl, find_ip(ctl, &key));
    }
    for (size_t i = 0; i < host->n_ipv6; i++) {
        drop_ip(ctl, find_ip(ctl, &host->ipv6[i]));
    }
}

/* What a frame tells about one address of its sender. ARP and neighbour discovery are the owner's
 * word: they push older addresses out and take an address over from another host. The source of an
 * IP packet may be that of somebody behind a router, so it only fills free room. */
enum ip_claim { CLAIM_WEAK, CLAIM_STRONG };

/* Removes element 'i' of an array of '*n' elements of 'size' bytes. */
static void array_remove(void *array, uint8_t *n, size_t size, size_t i)
{
    uint8_t *at = (uint8_t *)array + i * size;

    memmove(at, at + size, (--*n - i) * size);
}

static void array_push_front(void *array, uint8_t *n, size_t size, const void *elem)
{
    memmove((uint8_t *)array + size, array, (*n)++ * size);
    memcpy(array, elem, size);
}

/* Index of 'elem', or '*n'. */
static size_t array_find(const void *array, size_t n, size_t size, const void *elem)
{
    size_t i = 0;

    while (i < n && memcmp((const uint8_t *)array + i * size, elem, size) != 0) {
        i++;
    }
    return i;
}

/* The addresses of one family of a host. */
struct ip_array {
    void *items;
    uint8_t *n;
    size_t size;
};

static struct ip_array array_of(struct host *host, bool v6)
{
    return v6 ? (struct ip_array){host->ipv6, &host->n_ipv6, sizeof host->ipv6[0]}
              : (struct ip_array){host->ipv4, &host->n_ipv4, sizeof host->ipv4[0]};
}

static void forget_item(struct ip_array a, const void *item)
{
    size_t i = array_find(a.items, *a.n, a.size, item);

    if (i < *a.n) {
        array_remove(a.items, a.n, a.size, i);
    }
}

static struct ipv6_addr key_of(const void *item, bool v6)
{
    struct ipv6_addr key;
    uint32_t ip;

    if (v6) {
        memcpy(&key, item, sizeof key);
        return key;
    }
    memcpy(&ip, item, sizeof ip);
    return mapped(ip);
}

/* Makes room in the host's array by dropping the address that was used longest ago. */
static void drop_oldest(struct ctl *ctl, struct ip_array a, bool v6)
{
    struct ipv6_addr key = key_of((const uint8_t *)a.items + (*a.n - 1) * a.size, v6);

    drop_ip(ctl, find_ip(ctl, &key));
    --*a.n;
}

/* The array, with room for one more. */
static struct ip_array array_with_room(struct ctl *ctl, struct host *host, bool v6)
{
    struct ip_array a = array_of(host, v6);

    if (*a.n == HOST_MAX_IPS) {
        drop_oldest(ctl, a, v6);
    }
    if (v6) {
        a.items = host->ipv6 = xreallocarray(host->ipv6, host->n_ipv6 + 1U, sizeof *host->ipv6);
    }
    return a;
}

static void add_ip(struct ctl *ctl, struct host *host, const void *item, bool v6)
{
    struct ip_array a = array_with_room(ctl, host, v6);
    struct host_ip *entry = xcalloc(1, sizeof *entry);

    array_push_front(a.items, a.n, a.size, item);
    entry->host = host;
    entry->ip = key_of(item, v6);
    hmap_insert(&ctl->hosts.by_ip, &entry->node, hash_ip(ctl, &entry->ip));
    events_post(ctl, &(struct ctl_event){.type = CTL_HOST_IP_ADDED, .host = host});
}

/* Another host has the address. A strong claim takes it over, or asks for it. */
static bool take_over(struct ctl *ctl, struct host *host, struct host_ip *entry,
                      enum ip_claim claim)
{
    if (claim == CLAIM_WEAK) {
        return true;
    }
    if (!hosts_claim_ip(ctl, entry, host)) {
        return false;
    }
    hosts_ip_give(ctl, entry, host);
    return true;
}

/* False when the address is another's, who has been asked. */
static bool learn_ip(struct ctl *ctl, struct host *host, const void *item, bool v6,
                     enum ip_claim claim)
{
    struct ip_array a = array_of(host, v6);
    struct ipv6_addr key;
    struct host_ip *entry;

    if (*a.n && memcmp(a.items, item, a.size) == 0 && !claims_have_ip(host)) {
        return true;
    }
    key = key_of(item, v6);
    entry = find_ip(ctl, &key);
    if (entry && entry->host != host) {
        return take_over(ctl, host, entry, claim);
    }
    if (entry) {
        claim_answered(host, entry);
        forget_item(a, item);
        array_push_front(a.items, a.n, a.size, item);
    } else if (claim == CLAIM_STRONG || *a.n < HOST_MAX_IPS) {
        add_ip(ctl, host, item, v6);
    }
    return true;
}

void hosts_ip_give(struct ctl *ctl, struct host_ip *entry, struct host *host)
{
    struct ipv6_addr key = entry->ip;
    uint32_t ipv4;
    bool v6 = !hosts_ip_as_v4(&key, &ipv4);
    const void *item = v6 ? (const void *)&key : &ipv4;

    forget_item(array_of(entry->host, v6), item);
    drop_ip(ctl, entry);
    add_ip(ctl, host, item, v6);
}

/* A unicast address that can belong to a host: not 0/8, 127/8, nor class D and E. */
static bool is_host_ipv4(uint32_t ip)
{
    return ip >> 24 != 0 && ip >> 24 != 127 && ip >> 28 < 0xe;
}

static bool is_host_ipv6(const struct ipv6_addr *ip)
{
    static const struct ipv6_addr unspecified, loopback = {{[15] = 1}};

    return ip->b[0] != 0xff && !ipv6_addr_eq(ip, &unspecified) && !ipv6_addr_eq(ip, &loopback);
}

bool hosts_source_ip(const struct pkt *pkt, struct ipv6_addr *out)
{
    uint32_t ipv4 = pkt_has(pkt, PKT_ARP)    ? pkt->arp.spa
                    : pkt_has(pkt, PKT_IPV4) ? pkt->ipv4.src
                                             : 0;

    if (is_host_ipv4(ipv4)) {
        *out = mapped(ipv4);
        return true;
    }
    if (pkt_has(pkt, PKT_IPV6) && is_host_ipv6(&pkt->ipv6.src)) {
        *out = pkt->ipv6.src;
        return true;
    }
    return false;
}

static bool learn_ipv6(struct ctl *ctl, struct host *host, const struct pkt *pkt)
{
    bool is_nd =
        pkt_has(pkt, PKT_ICMP6) && (pkt->l4.type == PKT_ICMP6_NS || pkt->l4.type == PKT_ICMP6_NA);
    bool ok = true;

    if (is_host_ipv6(&pkt->ipv6.src)) {
        ok = learn_ip(ctl, host, &pkt->ipv6.src, true, is_nd ? CLAIM_STRONG : CLAIM_WEAK);
    }
    if (is_nd && pkt->l4.type == PKT_ICMP6_NA && is_host_ipv6(&pkt->nd.target)) {
        ok = learn_ip(ctl, host, &pkt->nd.target, true, CLAIM_STRONG) && ok;
    }
    return ok;
}

/* Nearly always: the sender has the address that it used last, and nobody else claims it. */
static bool is_nothing_new(const struct host *host, const struct pkt *pkt)
{
    return pkt_has(pkt, PKT_IPV4) && host->n_ipv4 && host->ipv4[0] == pkt->ipv4.src &&
           !claims_have_ip(host);
}

bool hosts_learn_ips(struct ctl *ctl, struct host *host, const struct pkt *pkt)
{
    if (is_nothing_new(host, pkt)) {
        return true;
    }
    if (pkt_has(pkt, PKT_ARP)) {
        return !is_host_ipv4(pkt->arp.spa) || !eth_addr_eq(pkt->arp.sha, host->mac) ||
               learn_ip(ctl, host, &pkt->arp.spa, false, CLAIM_STRONG);
    }
    if (pkt_has(pkt, PKT_IPV4)) {
        return !is_host_ipv4(pkt->ipv4.src) ||
               learn_ip(ctl, host, &pkt->ipv4.src, false, CLAIM_WEAK);
    }
    return !pkt_has(pkt, PKT_IPV6) || learn_ipv6(ctl, host, pkt);
}

bool hosts_ip_is_misused(struct datapath *dp, port_no_t port_no, const struct pkt *pkt)
{
    struct ctl *ctl = dp->ctl;
    const struct host *owner;

    if (!pkt_has(pkt, PKT_ARP) || eth_addr_eq(pkt->arp.sha, pkt->eth_src) ||
        ctl->settings.host_move == HOST_MOVE_ACCEPT) {
        return false;
    }
    owner = is_host_ipv4(pkt->arp.spa) ? hosts_find_ipv4(ctl, pkt->arp.spa) : NULL;
    if (!owner || eth_addr_eq(owner->mac, pkt->arp.sha) || !claims_place_lives(ctl, owner->at)) {
        return false;
    }
    claims_complain(ctl, &ctl->counters.address_spoofs, owner, "an IP address", dp->dpid, port_no);
    return true;
}

void hosts_ips_fini(struct ctl *ctl)
{
    struct hmap_node *node, *next;

    HMAP_FOR_EACH (node, next, &ctl->hosts.by_ip) {
        struct host_ip *entry = HMAP_ENTRY(node, struct host_ip, node);

        claim_discard(claim_find(entry->host, entry));
        free(entry);
    }
}
