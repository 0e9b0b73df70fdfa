/* The host table: learning from packet-ins, look-up by address, ageing and limits. */
#include "controller/core/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_int.h"
#include "controller/core/discovery.h"

LOG_MODULE(hosts);

static void expire(void *aux, struct timer *timer);

/* --- Reading ---------------------------------------------------------------------------------- */

struct eth_addr host_mac(const struct host *host)
{
    return host->mac;
}
dpid_t host_dpid(const struct host *host)
{
    return host->dpid;
}
port_no_t host_port(const struct host *host)
{
    return host->port;
}
mono_t host_seen_at(const struct host *host)
{
    return host->seen_at;
}

uint32_t host_note(const struct host *host)
{
    return host->note;
}
void host_set_note(struct host *host, uint32_t note)
{
    host->note = note;
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
uint64_t hosts_hash(const struct ctl *ctl, struct eth_addr mac)
{
    return hash_keyed_u64(ctl->hash_key, eth_addr_u64(mac));
}

const struct host *hosts_with_hash(const struct ctl *ctl, uint64_t hash)
{
    struct hmap_node *node = hmap_first_with(&ctl->hosts.by_mac, hash);

    return node ? HMAP_ENTRY(node, struct host, by_mac) : NULL;
}

struct host *hosts_find(const struct ctl *ctl, struct eth_addr mac)
{
    struct hmap_node *node = hmap_first_with(&ctl->hosts.by_mac, hosts_hash(ctl, mac));

    for (; node; node = hmap_next_with(node)) {
        struct host *host = HMAP_ENTRY(node, struct host, by_mac);

        if (eth_addr_eq(host->mac, mac)) {
            return host;
        }
    }
    return NULL;
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

struct attachment *attachment_get(struct ctl *ctl, dpid_t dpid, port_no_t port)
{
    struct attachment *at = find_attachment(ctl, dpid, port);

    if (!at) {
        at = xcalloc(1, sizeof *at);
        at->dpid = dpid;
        at->port = port;
        list_init(&at->hosts);
        list_init(&at->claims);
        hmap_insert(&ctl->hosts.by_port, &at->node, hash_port(dpid, port));
    }
    at->n_refs++;
    return at;
}

void attachment_release(struct ctl *ctl, struct attachment *at)
{
    if (--at->n_refs == 0) {
        hmap_remove(&ctl->hosts.by_port, &at->node);
        free(at);
    }
}

static void attach(struct ctl *ctl, struct host *host, dpid_t dpid, port_no_t port)
{
    host->at = attachment_get(ctl, dpid, port);
    host->dpid = dpid;
    host->port = port;
    list_push_back(&host->at->hosts, &host->at_port);
    host->at->n_hosts++;
}

/* The host is not there any more, and still says where it was. */
static void detach(struct host *host)
{
    list_remove(&host->at_port);
    host->at->n_hosts--;
}

bool hosts_heard_since(const struct ctl *ctl, dpid_t dpid, port_no_t port, mono_t since)
{
    struct attachment *at = find_attachment(ctl, dpid, port);
    struct list *it, *next;

    if (!at) {
        return false;
    }
    LIST_FOR_EACH (it, next, &at->hosts) {
        if (!mono_before(LIST_ENTRY(it, struct host, at_port)->seen_at, since)) {
            return true;
        }
    }
    return false;
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
                    "too many hosts, at " DPID_FMT ":%u %u, in all %zu: no more are learnt",
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
    host = pool_take(&ctl->hosts.pool);
    host->mac = mac;
    host->seen_at = ctl->clock->now;
    hmap_insert(&ctl->hosts.by_mac, &host->by_mac, hosts_hash(ctl, mac));
    heap_set(&ctl->hosts.by_age, &host->by_age, host->seen_at.ns);
    attach(ctl, host, dpid, port);
    if (!timer_is_set(&ctl->hosts.expiry)) {
        arm_expiry(ctl);
    }
    post(ctl, CTL_HOST_ADDED, host);
    return host;
}

/* Takes the host out of the table and hands it to its last event. */
static void drop(struct ctl *ctl, struct host *host)
{
    hosts_ips_drop(ctl, host);
    claim_free(claim_find(host, NULL));
    hmap_remove(&ctl->hosts.by_mac, &host->by_mac);
    heap_remove(&ctl->hosts.by_age, &host->by_age);
    detach(host);
    post(ctl, CTL_HOST_GONE, host);
}

void host_free(struct ctl *ctl, struct host *host)
{
    attachment_release(ctl, host->at);
    free(host->ipv6);
    pool_give(&ctl->hosts.pool, host);
}

void hosts_port_down(struct ctl *ctl, dpid_t dpid, port_no_t port)
{
    struct attachment *at = find_attachment(ctl, dpid, port);
    struct list *it, *next;

    if (!at) {
        return;
    }
    at->n_refs++; /* Hosts may leave it. */
    LIST_FOR_EACH (it, next, &at->hosts) {
        claims_unanswered(LIST_ENTRY(it, struct host, at_port));
    }
    attachment_release(ctl, at);
}

void hosts_drop_port(struct ctl *ctl, dpid_t dpid, port_no_t port)
{
    struct attachment *at = find_attachment(ctl, dpid, port);
    struct list *it, *next;

    if (!at) {
        return;
    }
    LIST_FOR_EACH (it, next, &at->hosts) {
        drop(ctl, LIST_ENTRY(it, struct host, at_port));
    }
    claims_drop_at(ctl, at);
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

    return port_no_is_real(port_no) &&
           (!port || (port->kind != PORT_LINK && port->kind != PORT_BACKUP));
}

void hosts_restore(struct ctl *ctl, struct eth_addr mac, dpid_t dpid, port_no_t port)
{
    if (!hosts_find(ctl, mac) && !eth_addr_is_multicast(mac) && !eth_addr_is_zero(mac) &&
        may_live_at(ctl, dpid, port)) {
        add(ctl, mac, dpid, port);
    }
}

/* --- Learning --------------------------------------------------------------------------------- */

bool hosts_move(struct ctl *ctl, struct host *host, dpid_t dpid, port_no_t port)
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
    attachment_release(ctl, old);
    host->seen_at = ctl->clock->now;
    events_post(ctl, &event);
    return true;
}

void hosts_follow(struct ctl *ctl, struct port_at from, struct port_at to)
{
    struct attachment *at = find_attachment(ctl, from.dpid, from.port);
    struct list *it, *next;

    if (!at) {
        return;
    }
    at->n_refs++;
    LIST_FOR_EACH (it, next, &at->hosts) {
        struct host *host = LIST_ENTRY(it, struct host, at_port);

        if (!hosts_move(ctl, host, to.dpid, to.port)) {
            drop(ctl, host);
        }
    }
    claims_drop_at(ctl, at);
    attachment_release(ctl, at);
}

/* The packet goes no further. */
static bool hold(struct ctl *ctl)
{
    ctl->counters.host_frames_held++;
    return false;
}

/* The sender 'host' (NULL: not known) was heard at an edge port that is not its place. As
 * hosts_learn(). */
static bool learn_elsewhere(const struct ctl_packet *packet, struct host *host, struct host **src)
{
    struct ctl *ctl = packet->dp->ctl;
    dpid_t dpid = packet->dp->dpid;
    enum host_place place;

    if (!host) {
        *src = add(ctl, packet->pkt->eth_src, dpid, packet->in_port);
    } else if (domains_is_crossing(ctl, host, dpid, packet->in_port)) {
        *src = host;
        return true;
    } else {
        place = hosts_claim_place(ctl, host, dpid, packet->in_port, packet->pkt);
        *src = place == HOST_PLACE_TAKEN ? host : NULL;
        if (place == HOST_PLACE_HELD) {
            return hold(ctl);
        }
    }
    return !*src || hosts_learn_ips(ctl, *src, packet->pkt) || hold(ctl);
}

/* A copy of our own that has come back is no word of its sender. */
static bool is_echo(const struct ctl_packet *packet)
{
    struct ctl *ctl = packet->dp->ctl;

    if (!echoes_has(ctl, (struct port_at){packet->dp->dpid, packet->in_port}, packet->frame,
                    packet->len)) {
        return false;
    }
    ctl->counters.echoes_dropped++;
    discovery_doubt(packet->dp, packet->in_port);
    return true;
}

static bool learn(const struct ctl_packet *packet, struct host **src)
{
    struct ctl *ctl = packet->dp->ctl;
    struct host *host = hosts_find(ctl, packet->pkt->eth_src);

    *src = host;
    if (packet->port->kind == PORT_LINK) {
        return true;
    }
    if (hosts_ip_is_misused(packet->dp, packet->in_port, packet->pkt)) {
        return hold(ctl);
    }
    if (!host || !domains_is_home(ctl, host, packet->dp->dpid, packet->in_port)) {
        return !is_echo(packet) &&
               (packet->port->kind != PORT_EDGE || learn_elsewhere(packet, host, src));
    }
    if (packet->port->kind == PORT_EDGE) {
        if (host->claims) {
            claim_answered(host, NULL);
        }
        host->seen_at = ctl->clock->now;
        return hosts_learn_ips(ctl, host, packet->pkt) || hold(ctl);
    }
    return true;
}

bool hosts_learn(const struct ctl_packet *packet, struct host **src)
{
    struct eth_addr mac = packet->pkt->eth_src;

    *src = NULL;
    if (eth_addr_is_multicast(mac) || eth_addr_is_zero(mac)) {
        return !is_echo(packet);
    }
    if (!packet->port) {
        *src = hosts_find(packet->dp->ctl, mac);
    } else if (!learn(packet, src)) {
        return false;
    }
    return !eth_addr_eq(packet->pkt->eth_dst, HOSTS_PROBE_MAC);
}

/* --- Beginning and end ------------------------------------------------------------------------ */

void hosts_init(struct ctl *ctl)
{
    pool_init(&ctl->hosts.pool, sizeof(struct host));
    hmap_init(&ctl->hosts.by_mac);
    hmap_init(&ctl->hosts.by_ip);
    hmap_init(&ctl->hosts.by_port);
    heap_init(&ctl->hosts.by_age);
    timer_init(&ctl->hosts.expiry, expire, ctl);
    ctl->hosts.limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
    ctl->hosts.spoof_limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
}

void hosts_fini(struct ctl *ctl)
{
    struct hmap_node *node, *next;

    hosts_ips_fini(ctl);
    HMAP_FOR_EACH (node, next, &ctl->hosts.by_mac) {
        struct host *host = HMAP_ENTRY(node, struct host, by_mac);

        claim_discard(claim_find(host, NULL));
        host_free(ctl, host);
    }
    pool_fini(&ctl->hosts.pool);
    hmap_fini(&ctl->hosts.by_mac);
    hmap_fini(&ctl->hosts.by_ip);
    hmap_fini(&ctl->hosts.by_port);
    heap_fini(&ctl->hosts.by_age);
}
