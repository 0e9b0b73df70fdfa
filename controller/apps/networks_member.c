/* Members of logical networks: every known host, and the networks it is in.
 *
 * A host is looked at again when it appears, moves, or gains an address; so is whoever had that
 * address before. When rules change, everybody is. Without rules everybody is in network 1, and nobody is
 * kept here. */
#include <stdlib.h>
#include <string.h>

#include "controller/apps/networks.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"

/* --- Finding ---------------------------------------------------------------------------------- */

struct member *member_find(const struct networks *l, struct eth_addr mac)
{
    struct hmap_node *node = hmap_first_with(&l->members, hash_u64(eth_addr_u64(mac)));

    for (; node; node = hmap_next_with(node)) {
        if (eth_addr_eq(HMAP_ENTRY(node, struct member, node)->mac, mac)) {
            return HMAP_ENTRY(node, struct member, node);
        }
    }
    return NULL;
}

const uint16_t *networks_of(const void *state, struct eth_addr mac, size_t *n)
{
    static const uint16_t only_default = NETWORK_DEFAULT;
    const struct networks *l = state;
    const struct member *m = member_find(l, mac);

    if (!networks_have_rules(l) && hosts_find(l->ctl, mac)) {
        *n = 1;
        return &only_default;
    }
    *n = m ? m->n : 0;
    return m ? m->ids : NULL;
}

bool member_is_known(const struct networks *l, struct eth_addr mac)
{
    return networks_have_rules(l) ? member_find(l, mac) != NULL : hosts_find(l->ctl, mac) != NULL;
}

bool member_is_at(const struct networks *l, struct eth_addr mac, dpid_t dpid, port_no_t port)
{
    const struct member *m = member_find(l, mac);
    const struct host *host = networks_have_rules(l) ? NULL : hosts_find(l->ctl, mac);

    return m ? m->at->dpid == dpid && m->at->port == port
             : host && host_dpid(host) == dpid && host_port(host) == port;
}

/* --- Classes ---------------------------------------------------------------------------------- */

static void class_of_member(const struct member *m, struct net_class *out)
{
    out->n = m->n;
    memcpy(out->ids, m->ids, m->n * sizeof m->ids[0]);
}

void class_of_sender(const struct networks *l, dpid_t dpid, port_no_t port, struct eth_addr mac,
                     struct net_class *out)
{
    const struct member *m = member_find(l, mac);

    if (m && m->at->dpid == dpid && m->at->port == port) {
        class_of_member(m, out);
        return;
    }
    out->n = 0;
    class_add_port(l, dpid, port, out);
    class_add_mac(l, mac, out);
    class_finish(out);
}

bool networks_has_sender(const void *state, uint16_t id, dpid_t dpid, port_no_t port,
                         struct eth_addr src)
{
    struct net_class c = {.n = 0};

    if (!state) {
        return id == NETWORK_DEFAULT;
    }
    class_of_sender(state, dpid, port, src, &c);
    for (size_t i = 0; i < c.n; i++) {
        if (c.ids[i] == id) {
            return true;
        }
    }
    return false;
}

void class_of_host(const struct networks *l, struct eth_addr mac, struct net_class *out)
{
    const struct member *m = member_find(l, mac);

    if (m) {
        class_of_member(m, out);
        return;
    }
    out->n = 0;
    class_add_mac(l, mac, out);
    class_finish(out);
}

bool member_is_half_known(const struct networks *l, struct eth_addr mac)
{
    const struct host *host;
    size_t n4 = 0, n6 = 0;

    if (l->n_ip_rules == 0) {
        return false;
    }
    host = hosts_find(l->ctl, mac);
    if (host) {
        host_ipv4(host, &n4);
        host_ipv6(host, &n6);
    }
    return n4 + n6 == 0;
}

/* IPv4 addresses of 0 are in no packet of interest: rules that name them do not matter. */
static void add_packet_ip(const struct networks *l, const struct pkt *pkt, bool source,
                          struct net_class *out)
{
    struct ipv6_addr ip;

    if (pkt_has(pkt, PKT_ARP)) {
        ip = ipv4_mapped(source ? pkt->arp.spa : pkt->arp.tpa);
    } else if (pkt_has(pkt, PKT_IPV4)) {
        ip = ipv4_mapped(source ? pkt->ipv4.src : pkt->ipv4.dst);
    } else if (pkt_has(pkt, PKT_IPV6)) {
        ip = source ? pkt->ipv6.src : pkt->ipv6.dst;
    } else {
        return;
    }
    class_add_ip(l, &ip, out);
}

void class_of_source(const struct networks *l, dpid_t dpid, port_no_t port, const struct pkt *pkt,
                     struct net_class *out)
{
    if (!member_is_half_known(l, pkt->eth_src)) {
        class_of_sender(l, dpid, port, pkt->eth_src, out);
        return;
    }
    out->n = 0;
    class_add_port(l, dpid, port, out);
    class_add_mac(l, pkt->eth_src, out);
    add_packet_ip(l, pkt, true, out);
    class_finish(out);
}

void class_of_addressee(const struct networks *l, struct eth_addr to, const struct pkt *pkt,
                        struct net_class *out)
{
    const struct member *m = member_find(l, to);

    if (!member_is_half_known(l, to)) {
        class_of_host(l, to, out);
        return;
    }
    out->n = 0;
    if (m) {
        class_add_port(l, m->at->dpid, m->at->port, out);
    }
    class_add_mac(l, to, out);
    add_packet_ip(l, pkt, false, out);
    class_finish(out);
}

/* --- Addresses -------------------------------------------------------------------------------- */

static uint64_t hash_ip(const struct ipv6_addr *ip)
{
    return hash_fnv(HASH_FNV_INIT, ip->b, sizeof ip->b);
}

static struct member_ip *ip_find(const struct networks *l, const struct ipv6_addr *ip)
{
    struct hmap_node *node = hmap_first_with(&l->ips, hash_ip(ip));

    while (node && !ipv6_addr_eq(&HMAP_ENTRY(node, struct member_ip, node)->ip, ip)) {
        node = hmap_next_with(node);
    }
    return node ? HMAP_ENTRY(node, struct member_ip, node) : NULL;
}

static void ip_drop(struct networks *l, struct member_ip *ip)
{
    hmap_remove(&l->ips, &ip->node);
    list_remove(&ip->of_member);
    free(ip);
}

static void ips_drop(struct networks *l, struct member *m)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &m->ips) {
        ip_drop(l, LIST_ENTRY(it, struct member_ip, of_member));
    }
}

static void ip_note(struct networks *l, struct member *m, const struct ipv6_addr *ip)
{
    struct member_ip *old = ip_find(l, ip), *new;

    if (old) {
        ip_drop(l, old);
    }
    new = xcalloc(1, sizeof *new);
    new->ip = *ip;
    new->member = m;
    hmap_insert(&l->ips, &new->node, hash_ip(ip));
    list_push_back(&m->ips, &new->of_member);
}

static void add_address(struct networks *l, struct member *m, const struct ipv6_addr *ip,
                        struct net_class *c)
{
    if (class_add_ip(l, ip, c)) {
        ip_note(l, m, ip);
    }
}

static void add_addresses(struct networks *l, struct member *m, const struct host *host,
                          struct net_class *c)
{
    size_t n4, n6;
    const uint32_t *v4 = host_ipv4(host, &n4);
    const struct ipv6_addr *v6 = host_ipv6(host, &n6);

    ips_drop(l, m);
    for (size_t i = 0; i < n4; i++) {
        struct ipv6_addr ip = ipv4_mapped(v4[i]);

        add_address(l, m, &ip, c);
    }
    for (size_t i = 0; i < n6; i++) {
        add_address(l, m, &v6[i], c);
    }
}

static void leave_port(struct networks *l, struct member *m)
{
    list_remove(&m->at_port);
    port_leave(l, m->at);
}

/* --- Members ---------------------------------------------------------------------------------- */

static void leave_networks(struct networks *l, struct member *m)
{
    for (size_t i = 0; i < m->n; i++) {
        list_remove(&m->in[i].in_network);
        l->by_id[m->ids[i]]->n_members--;
    }
    free(m->ids);
    free(m->in);
    m->ids = NULL;
    m->in = NULL;
    m->n = 0;
}

static void enter_networks(struct networks *l, struct member *m, const struct net_class *c)
{
    m->n = c->n;
    m->ids = xcalloc(c->n, sizeof *m->ids);
    m->in = xcalloc(c->n, sizeof *m->in);
    memcpy(m->ids, c->ids, c->n * sizeof *m->ids);
    for (size_t i = 0; i < c->n; i++) {
        m->in[i].member = m;
        list_push_back(&l->by_id[c->ids[i]]->members, &m->in[i].in_network);
        l->by_id[c->ids[i]]->n_members++;
    }
}

static struct member *member_new(struct networks *l, const struct host *host)
{
    struct member *m = xcalloc(1, sizeof *m);

    m->mac = host_mac(host);
    list_init(&m->ips);
    m->at = port_get(l, host_dpid(host), host_port(host));
    list_push_back(&m->at->members, &m->at_port);
    hmap_insert(&l->members, &m->node, hash_u64(eth_addr_u64(m->mac)));
    return m;
}

static bool is_at(const struct member *m, const struct host *host)
{
    return m->at->dpid == host_dpid(host) && m->at->port == host_port(host);
}

static bool is_same(const struct member *m, const struct net_class *c)
{
    return m->n == c->n && memcmp(m->ids, c->ids, c->n * sizeof *c->ids) == 0;
}

void member_update(struct networks *l, const struct host *host)
{
    struct member *m = member_find(l, host_mac(host));
    struct net_class c = {.n = 0};
    bool moved;

    if (!m && !networks_have_rules(l)) {
        return;
    }
    m = m ? m : member_new(l, host);
    moved = !is_at(m, host);
    if (moved) {
        leave_port(l, m);
        m->at = port_get(l, host_dpid(host), host_port(host));
        list_push_back(&m->at->members, &m->at_port);
    }
    class_add_port(l, m->at->dpid, m->at->port, &c);
    class_add_mac(l, m->mac, &c);
    add_addresses(l, m, host, &c);
    class_finish(&c);
    if (!is_same(m, &c)) {
        leave_networks(l, m);
        enter_networks(l, m, &c);
        moved = true;
    }
    port_sync(l, m->at);
    if (moved && networks_any_block(l)) {
        networks_look_soon(l);
    }
}

void member_ip_added(struct networks *l, const struct host *host)
{
    size_t n4, n6;
    const uint32_t *v4 = host_ipv4(host, &n4);
    const struct ipv6_addr *v6 = host_ipv6(host, &n6);

    if (!networks_have_rules(l)) {
        return;
    }
    for (size_t i = 0; i < n4 + n6; i++) {
        struct ipv6_addr ip = i < n4 ? ipv4_mapped(v4[i]) : v6[i - n4];
        const struct member_ip *before = ip_find(l, &ip);
        const struct host *other = before && !eth_addr_eq(before->member->mac, host_mac(host))
                                       ? hosts_find(l->ctl, before->member->mac)
                                       : NULL;

        if (other) {
            member_update(l, other);
        }
    }
    member_update(l, host);
}

static void member_free(struct networks *l, struct member *m)
{
    ips_drop(l, m);
    leave_networks(l, m);
    hmap_remove(&l->members, &m->node);
    free(m);
}

void member_gone(struct networks *l, struct eth_addr mac)
{
    struct member *m = member_find(l, mac);

    if (m) {
        leave_port(l, m);
        member_free(l, m);
    }
}

static void update_one(void *aux, const struct host *host)
{
    member_update(aux, host);
}

/* Frees all members; nobody has to be told, but of ports whose last host is about to be forgotten. */
static void drop_all(struct networks *l)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &l->members) {
        struct member *m = HMAP_ENTRY(it, struct member, node);

        leave_port(l, m);
        member_free(l, m);
    }
    hmap_fini(&l->members);
    hmap_fini(&l->ports);
    hmap_fini(&l->ips);
}

void members_update_all(struct networks *l)
{
    hosts_each(l->ctl, update_one, l);
    if (!networks_have_rules(l)) {
        drop_all(l);
    }
}

void members_default(struct networks *l, struct network *network)
{
    static const struct net_class c = {.n = 1, .ids = {NETWORK_DEFAULT}};

    while (!list_is_empty(&network->members)) {
        struct member *m = LIST_ENTRY(network->members.next, struct membership, in_network)->member;

        leave_networks(l, m);
        enter_networks(l, m, &c);
        port_sync(l, m->at);
    }
}

static int compare_mac(const void *a, const void *b)
{
    const struct host *const *x = a, *const *y = b;
    uint64_t mx = eth_addr_u64(host_mac(*x)), my = eth_addr_u64(host_mac(*y));

    return (mx > my) - (mx < my);
}

void networks_members(const void *state, uint16_t id, networks_member_fn *fn, void *aux)
{
    const struct networks *l = state;
    const struct network *network = network_at(l, id);
    const struct host **hosts;
    struct list *it, *next;
    size_t n = 0;

    if (id == NETWORK_DEFAULT && !networks_have_rules(l)) {
        hosts_each(l->ctl, fn, aux);
        return;
    }
    if (!network || network->n_members == 0) {
        return;
    }
    hosts = xcalloc(network->n_members, sizeof(const struct host *));
    LIST_FOR_EACH (it, next, &network->members) {
        const struct member *m = LIST_ENTRY(it, struct membership, in_network)->member;
        const struct host *host = hosts_find(l->ctl, m->mac);

        if (host) {
            hosts[n++] = host;
        }
    }
    qsort(hosts, n, sizeof(const struct host *), compare_mac);
    for (size_t i = 0; i < n; i++) {
        fn(aux, hosts[i]);
    }
    free(hosts);
}

void members_fini(struct networks *l)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &l->members) {
        struct member *m = HMAP_ENTRY(it, struct member, node);

        list_remove(&m->at_port);
        member_free(l, m);
    }
    HMAP_FOR_EACH (it, tmp, &l->ports) {
        hmap_remove(&l->ports, it);
        free(HMAP_ENTRY(it, struct net_port_hosts, node));
    }
    hmap_fini(&l->members);
    hmap_fini(&l->ports);
    hmap_fini(&l->ips);
}

size_t networks_bytes(const struct networks *l)
{
    size_t n = alloc_bytes(sizeof *l) + alloc_bytes(hmap_slot_bytes(&l->members)) +
               alloc_bytes(hmap_slot_bytes(&l->ports)) + alloc_bytes(hmap_slot_bytes(&l->ips)) +
               alloc_bytes(hmap_slot_bytes(&l->rules)) +
               l->members.n * alloc_bytes(sizeof(struct member)) +
               l->ports.n * alloc_bytes(sizeof(struct net_port_hosts)) +
               l->ips.n * alloc_bytes(sizeof(struct member_ip)) +
               l->rules.n * alloc_bytes(sizeof(struct rule));
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &l->members) {
        const struct member *m = HMAP_ENTRY(it, struct member, node);

        n += alloc_bytes(m->n * sizeof *m->ids) + alloc_bytes(m->n * sizeof *m->in);
    }
    return n;
}
