/* The host table: learning from packet-ins, look-up by address, ageing and limits. */
#include "controller/core/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/buf.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_int.h"

LOG_MODULE(hosts);

/* The hosts at one port. It lives as long as a host refers to it, be it one that has left the table
 * and waits for its last event. */
struct attachment {
    struct hmap_node node;
    struct hmap *map; /* Where it is kept. */
    size_t n_refs;
    dpid_t dpid;
    port_no_t port;
    struct list hosts;
    size_t n_hosts;
};

struct host {
    struct hmap_node by_mac;
    struct eth_addr mac;
    mono_t seen_at;
    struct attachment *at;
    struct heap_node by_age;
    struct list at_port;
    size_t n_ipv4, n_ipv6;
    uint32_t ipv4[HOST_MAX_IPS];
    struct ipv6_addr ipv6[HOST_MAX_IPS];
};

/* An address in the index. IPv4 addresses are kept in the IPv4-mapped form of RFC 4291 §2.5.5.2. */
struct host_ip {
    struct hmap_node node;
    struct host *host;
    struct ipv6_addr ip;
};

static void expire(void *aux, struct timer *timer);

/* --- Reading ---------------------------------------------------------------------------------- */

struct eth_addr host_mac(const struct host *host)
{
    return host->mac;
}
dpid_t host_dpid(const struct host *host)
{
    return host->at->dpid;
}
port_no_t host_port(const struct host *host)
{
    return host->at->port;
}
mono_t host_seen_at(const struct host *host)
{
    return host->seen_at;
}

const uint32_t *host_ipv4(const struct host *host, size_t *n)
{
    *n = host->n_ipv4;
    return host->ipv4;
}

const struct ipv6_addr *host_ipv6(const struct host *host, size_t *n)
{
    *n = host->n_ipv6;
    return host->ipv6;
}

size_t hosts_count(const struct ctl *ctl)
{
    return ctl->hosts.by_mac.n;
}

/* Peers choose what is hashed here; they do not know the key. */
static uint64_t hash_mac(const struct ctl *ctl, struct eth_addr mac)
{
    return hash_keyed_u64(ctl->hash_key, eth_addr_u64(mac));
}

static uint64_t hash_ip(const struct ctl *ctl, const struct ipv6_addr *ip)
{
    struct rd r = rd_init(ip->b, sizeof ip->b);
    uint64_t high = hash_keyed_u64(ctl->hash_key, rd_u64(&r));

    return hash_keyed_u64(high, rd_u64(&r));
}

struct host *hosts_find(const struct ctl *ctl, struct eth_addr mac)
{
    struct hmap_node *node = hmap_first_with(&ctl->hosts.by_mac, hash_mac(ctl, mac));

    for (; node; node = hmap_next_with(node)) {
        struct host *host = HMAP_ENTRY(node, struct host, by_mac);

        if (eth_addr_eq(host->mac, mac)) {
            return host;
        }
    }
    return NULL;
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

static int compare_mac(const void *a, const void *b)
{
    const struct host *const *x = a, *const *y = b;

    return memcmp((*x)->mac.b, (*y)->mac.b, ETH_ADDR_LEN);
}

void hosts_each(const struct ctl *ctl, hosts_each_fn *fn, void *aux)
{
    const struct hmap *map = &ctl->hosts.by_mac;
    struct host **sorted = xcalloc(map->n, sizeof(struct host *));
    struct hmap_node *node, *next;
    size_t n = 0;

    HMAP_FOR_EACH (node, next, map) {
        sorted[n++] = HMAP_ENTRY(node, struct host, by_mac);
    }
    qsort(sorted, n, sizeof(struct host *), compare_mac);
    for (size_t i = 0; i < n; i++) {
        fn(aux, sorted[i]);
    }
    free(sorted);
}

/* --- Attachment points ------------------------------------------------------------------------ */

static uint64_t hash_port(dpid_t dpid, port_no_t port)
{
    return hash_combine(hash_u64(dpid), port);
}

static struct attachment *find_attachment(const struct ctl *ctl, dpid_t dpid, port_no_t port)
{
    struct hmap_node *node = hmap_first_with(&ctl->hosts.by_port, hash_port(dpid, port));

    for (; node; node = hmap_next_with(node)) {
        struct attachment *at = HMAP_ENTRY(node, struct attachment, node);

        if (at->dpid == dpid && at->port == port) {
            return at;
        }
    }
    return NULL;
}

static void attach(struct ctl *ctl, struct host *host, dpid_t dpid, port_no_t port)
{
    struct attachment *at = find_attachment(ctl, dpid, port);

    if (!at) {
        at = xcalloc(1, sizeof *at);
        at->dpid = dpid;
        at->port = port;
        at->map = &ctl->hosts.by_port;
        list_init(&at->hosts);
        hmap_insert(&ctl->hosts.by_port, &at->node, hash_port(dpid, port));
    }
    list_push_back(&at->hosts, &host->at_port);
    at->n_hosts++;
    at->n_refs++;
    host->at = at;
}

/* The host is not there any more, and still says where it was. */
static void detach(struct host *host)
{
    list_remove(&host->at_port);
    host->at->n_hosts--;
}

/* Gives up a reference. */
static void release(struct attachment *at)
{
    if (--at->n_refs == 0) {
        hmap_remove(at->map, &at->node);
        free(at);
    }
}

/* --- Coming and going ------------------------------------------------------------------------- */

static void post(struct ctl *ctl, enum ctl_event_type type, struct host *host)
{
    events_post(ctl, &(struct ctl_event){.type = type, .host = host});
}

/* Whether one more host may be at the port, 'n_new' (0 or 1) of them new to the table. */
static bool has_room(struct ctl *ctl, dpid_t dpid, port_no_t port, size_t n_new)
{
    const struct attachment *at = find_attachment(ctl, dpid, port);
    bool ok = ctl->hosts.by_mac.n + n_new <= ctl->settings.max_hosts &&
              (!at || at->n_hosts < ctl->settings.max_hosts_per_port);

    if (!ok) {
        ctl->counters.host_limit_hits++;
        LOG_LIMITED(ctl->log, &ctl->hosts.limit, LOG_WARN,
                    "too many hosts, at " DPID_FMT ":%u %zu, in all %zu: no more are learnt",
                    DPID_ARGS(dpid), port, at ? at->n_hosts : 0, ctl->hosts.by_mac.n);
    }
    return ok;
}

static void arm_expiry(struct ctl *ctl)
{
    const struct heap_node *oldest = heap_min(&ctl->hosts.by_age);

    if (oldest) {
        timer_set(&ctl->timers, &ctl->hosts.expiry,
                  mono_add((mono_t){oldest->key}, ctl->settings.host_timeout_ns));
    }
}

static struct host *add(struct ctl *ctl, struct eth_addr mac, dpid_t dpid, port_no_t port)
{
    struct host *host;

    if (!has_room(ctl, dpid, port, 1)) {
        return NULL;
    }
    host = xcalloc(1, sizeof *host);
    host->mac = mac;
    host->seen_at = ctl->clock->now;
    hmap_insert(&ctl->hosts.by_mac, &host->by_mac, hash_mac(ctl, mac));
    heap_set(&ctl->hosts.by_age, &host->by_age, host->seen_at.ns);
    attach(ctl, host, dpid, port);
    if (!timer_is_set(&ctl->hosts.expiry)) {
        arm_expiry(ctl);
    }
    post(ctl, CTL_HOST_ADDED, host);
    return host;
}

static void drop_ip(struct ctl *ctl, struct host_ip *entry)
{
    hmap_remove(&ctl->hosts.by_ip, &entry->node);
    free(entry);
}

static void drop_ips(struct ctl *ctl, struct host *host)
{
    for (size_t i = 0; i < host->n_ipv4; i++) {
        struct ipv6_addr key = mapped(host->ipv4[i]);

        drop_ip(ctl, find_ip(ctl, &key));
    }
    for (size_t i = 0; i < host->n_ipv6; i++) {
        drop_ip(ctl, find_ip(ctl, &host->ipv6[i]));
    }
}

/* Takes the host out of the table and hands it to its last event. */
static void drop(struct ctl *ctl, struct host *host)
{
    drop_ips(ctl, host);
    hmap_remove(&ctl->hosts.by_mac, &host->by_mac);
    heap_remove(&ctl->hosts.by_age, &host->by_age);
    detach(host);
    post(ctl, CTL_HOST_GONE, host);
}

void host_free(struct host *host)
{
    release(host->at);
    free(host);
}

void hosts_drop_port(struct ctl *ctl, dpid_t dpid, port_no_t port)
{
    const struct attachment *at = find_attachment(ctl, dpid, port);
    struct list *it, *next;

    if (!at) {
        return;
    }
    LIST_FOR_EACH (it, next, &at->hosts) {
        drop(ctl, LIST_ENTRY(it, struct host, at_port));
    }
}

/* A host has the place in the heap that it had when it was last put there: hearing it costs nothing,
 * and it moves on when its time seems to be over. */
static void expire(void *aux, struct timer *timer)
{
    struct ctl *ctl = aux;
    int64_t timeout_ns = ctl->settings.host_timeout_ns;
    struct heap_node *node;

    (void)timer;
    while ((node = heap_min(&ctl->hosts.by_age)) &&
           mono_due(mono_add((mono_t){node->key}, timeout_ns), ctl->clock->now)) {
        struct host *host = HEAP_ENTRY(node, struct host, by_age);

        if (mono_due(mono_add(host->seen_at, timeout_ns), ctl->clock->now)) {
            drop(ctl, host);
        } else {
            heap_set(&ctl->hosts.by_age, node, host->seen_at.ns);
        }
    }
    arm_expiry(ctl);
}

/* False for a port at which no host can be: a reserved one, or one with a switch behind it. */
static bool may_live_at(const struct ctl *ctl, dpid_t dpid, port_no_t port_no)
{
    const struct datapath *dp = datapath_find(ctl, dpid);
    const struct dp_port *port = dp ? datapath_port(dp, port_no) : NULL;

    return port_no_is_real(port_no) && (!port || port->kind != PORT_LINK);
}

void hosts_restore(struct ctl *ctl, struct eth_addr mac, dpid_t dpid, port_no_t port)
{
    if (!hosts_find(ctl, mac) && !eth_addr_is_multicast(mac) && !eth_addr_is_zero(mac) &&
        may_live_at(ctl, dpid, port)) {
        add(ctl, mac, dpid, port);
    }
}

/* --- Addresses -------------------------------------------------------------------------------- */

/* What a frame tells about one address of its sender. ARP and neighbour discovery are the owner's
 * word: they push older addresses out and take an address over from another host. The source of an
 * IP packet may be that of somebody behind a router, so it only fills free room. */
enum ip_claim { CLAIM_WEAK, CLAIM_STRONG };

/* Removes element 'i' of an array of '*n' elements of 'size' bytes. */
static void array_remove(void *array, size_t *n, size_t size, size_t i)
{
    uint8_t *at = (uint8_t *)array + i * size;

    memmove(at, at + size, (--*n - i) * size);
}

static void array_push_front(void *array, size_t *n, size_t size, const void *elem)
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
    size_t *n;
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

static void add_ip(struct ctl *ctl, struct host *host, const void *item, bool v6)
{
    struct ip_array a = array_of(host, v6);
    struct host_ip *entry = xcalloc(1, sizeof *entry);

    if (*a.n == HOST_MAX_IPS) {
        drop_oldest(ctl, a, v6);
    }
    array_push_front(a.items, a.n, a.size, item);
    entry->host = host;
    entry->ip = key_of(item, v6);
    hmap_insert(&ctl->hosts.by_ip, &entry->node, hash_ip(ctl, &entry->ip));
    post(ctl, CTL_HOST_IP_ADDED, host);
}

static void learn_ip(struct ctl *ctl, struct host *host, const void *item, bool v6,
                     enum ip_claim claim)
{
    struct ip_array a = array_of(host, v6);
    struct ipv6_addr key;
    struct host_ip *entry;

    if (*a.n && memcmp(a.items, item, a.size) == 0) {
        return;
    }
    key = key_of(item, v6);
    entry = find_ip(ctl, &key);
    if (entry && entry->host == host) {
        forget_item(a, item);
        array_push_front(a.items, a.n, a.size, item);
        return;
    }
    if (claim == CLAIM_WEAK && (entry || *a.n == HOST_MAX_IPS)) {
        return;
    }
    if (entry) {
        forget_item(array_of(entry->host, v6), item);
        drop_ip(ctl, entry);
    }
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

static void learn_ipv6(struct ctl *ctl, struct host *host, const struct pkt *pkt)
{
    bool is_nd =
        pkt_has(pkt, PKT_ICMP6) && (pkt->l4.type == PKT_ICMP6_NS || pkt->l4.type == PKT_ICMP6_NA);

    if (is_host_ipv6(&pkt->ipv6.src)) {
        learn_ip(ctl, host, &pkt->ipv6.src, true, is_nd ? CLAIM_STRONG : CLAIM_WEAK);
    }
    if (is_nd && pkt->l4.type == PKT_ICMP6_NA && is_host_ipv6(&pkt->nd.target)) {
        learn_ip(ctl, host, &pkt->nd.target, true, CLAIM_STRONG);
    }
}

static void learn_ips(struct ctl *ctl, struct host *host, const struct pkt *pkt)
{
    if (pkt_has(pkt, PKT_ARP)) {
        if (is_host_ipv4(pkt->arp.spa) && eth_addr_eq(pkt->arp.sha, host->mac)) {
            learn_ip(ctl, host, &pkt->arp.spa, false, CLAIM_STRONG);
        }
    } else if (pkt_has(pkt, PKT_IPV4)) {
        if (is_host_ipv4(pkt->ipv4.src)) {
            learn_ip(ctl, host, &pkt->ipv4.src, false, CLAIM_WEAK);
        }
    } else if (pkt_has(pkt, PKT_IPV6)) {
        learn_ipv6(ctl, host, pkt);
    }
}

/* --- Learning --------------------------------------------------------------------------------- */

static bool move(struct ctl *ctl, struct host *host, dpid_t dpid, port_no_t port)
{
    struct attachment *old = host->at;
    struct ctl_event event = {.type = CTL_HOST_MOVED,
                              .host = host,
                              .old_dpid = host->at->dpid,
                              .old_port = host->at->port};

    if (!has_room(ctl, dpid, port, 0)) {
        return false;
    }
    LOG_LIMITED(ctl->log, &ctl->hosts.limit, LOG_INFO,
                "host " ETH_FMT " has moved from " DPID_FMT ":%u to " DPID_FMT ":%u",
                ETH_ARGS(host->mac), DPID_ARGS(host->at->dpid), host->at->port, DPID_ARGS(dpid),
                port);
    detach(host);
    attach(ctl, host, dpid, port);
    release(old);
    events_post(ctl, &event);
    return true;
}

struct host *hosts_learn(struct datapath *dp, port_no_t port_no, const struct pkt *pkt)
{
    struct ctl *ctl = dp->ctl;
    struct host *host;

    if (eth_addr_is_multicast(pkt->eth_src) || eth_addr_is_zero(pkt->eth_src)) {
        return NULL;
    }
    host = hosts_find(ctl, pkt->eth_src);
    if (!datapath_is_edge(dp, port_no)) {
        return host;
    }
    if (!host) {
        host = add(ctl, pkt->eth_src, dp->dpid, port_no);
    } else if ((host->at->dpid != dp->dpid || host->at->port != port_no) &&
               !move(ctl, host, dp->dpid, port_no)) {
        return NULL;
    }
    if (host) {
        host->seen_at = ctl->clock->now;
        learn_ips(ctl, host, pkt);
    }
    return host;
}

/* --- Beginning and end ------------------------------------------------------------------------ */

void hosts_init(struct ctl *ctl)
{
    hmap_init(&ctl->hosts.by_mac);
    hmap_init(&ctl->hosts.by_ip);
    hmap_init(&ctl->hosts.by_port);
    heap_init(&ctl->hosts.by_age);
    timer_init(&ctl->hosts.expiry, expire, ctl);
    ctl->hosts.limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
}

void hosts_fini(struct ctl *ctl)
{
    struct hmap_node *node, *next;

    HMAP_FOR_EACH (node, next, &ctl->hosts.by_mac) {
        host_free(HMAP_ENTRY(node, struct host, by_mac));
    }
    HMAP_FOR_EACH (node, next, &ctl->hosts.by_ip) {
        free(HMAP_ENTRY(node, struct host_ip, node));
    }
    hmap_fini(&ctl->hosts.by_mac);
    hmap_fini(&ctl->hosts.by_ip);
    hmap_fini(&ctl->hosts.by_port);
    heap_fini(&ctl->hosts.by_age);
}
