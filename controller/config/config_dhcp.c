#include "controller/config/config_dhcp.h"

#include <stdio.h>
#include <string.h>

#include "controller/apps/dhcp.h"
#include "controller/apps/logical_networks.h"
#include "controller/config/config_place.h"
#include "controller/packet/pkt_addr.h"

/* --- Addresses -------------------------------------------------------------------------------- */

static void read_ipv4(struct conf_node *node, uint32_t *out)
{
    const char *text;

    if (conf_as_text(node, &text) && pkt_ipv4_parse(text, out)) {
        conf_complain(node, "expected an IPv4 address, found \"%s\"", text);
    }
}

static void read_ipv6(struct conf_node *node, struct ipv6_addr *out)
{
    const char *text;

    if (conf_as_text(node, &text) && pkt_ipv6_parse(text, out)) {
        conf_complain(node, "expected an IPv6 address, found \"%s\"", text);
    }
}

static void read_mac(struct conf_node *node, struct eth_addr *out)
{
    const char *text;

    if (conf_as_text(node, &text) &&
        (pkt_eth_parse(text, out) || eth_addr_is_multicast(*out) || eth_addr_is_zero(*out))) {
        conf_complain(node, "expected the hardware address of one host, found \"%s\"", text);
    }
}

static void read_ipv4_list(struct conf_node *list, uint32_t *out, uint32_t *n)
{
    for (struct conf_node *it = conf_first(list); it; it = conf_next(it)) {
        if (*n == DHCP_MAX_ADDRS) {
            conf_complain(it, "expected at most %d addresses", DHCP_MAX_ADDRS);
            return;
        }
        read_ipv4(it, &out[(*n)++]);
    }
}

/* Into 'out' of 'size' bytes: a word, because the store separates them by spaces. */
static void read_word(struct conf_node *node, char *out, size_t size)
{
    const char *text;

    if (!conf_as_text(node, &text)) {
        return;
    }
    if (strlen(text) >= size || text[strcspn(text, " \t\r\n")] != '\0') {
        conf_complain(node, "expected less than %zu characters and no space", size);
    } else {
        strcpy(out, text);
    }
}

/* --- Pools and reservations ------------------------------------------------------------------- */

static void read_subnet(struct conf_node *node, struct dhcp_pool_settings *pool)
{
    const char *text;
    unsigned bits;

    if (!conf_as_text(node, &text)) {
        return;
    }
    if (pkt_ipv4_parse_prefix(text, &pool->subnet, &bits) || bits < 8 || bits > 30) {
        conf_complain(
            node, "expected a subnet such as \"10.0.0.0/24\", of 8 to 30 bits, found \"%s\"", text);
    } else {
        pool->mask = pkt_ipv4_mask(bits);
    }
}

static void read_pool(struct conf_node *node, struct dhcp_pool_settings *pool)
{
    uint32_t network = 0;

    read_word(conf_need(node, "name", "a name"), pool->name, sizeof pool->name);
    read_subnet(conf_need(node, "subnet", "a subnet such as \"10.0.0.0/24\""), pool);
    read_ipv4(conf_need(node, "server", "an address of ours in the subnet"), &pool->server);
    read_ipv4(conf_get(node, "first"), &pool->first);
    read_ipv4(conf_get(node, "last"), &pool->last);
    read_ipv4_list(conf_array(node, "routers"), pool->routers, &pool->n_routers);
    read_ipv4_list(conf_array(node, "dns"), pool->dns, &pool->n_dns);
    read_ipv4_list(conf_array(node, "ntp"), pool->ntp, &pool->n_ntp);
    read_word(conf_get(node, "domain"), pool->domain, sizeof pool->domain);
    conf_u32(node, "lease_s", 60, UINT32_MAX, &pool->lease_s);
    conf_u32(node, "t1_s", 0, UINT32_MAX, &pool->t1_s);
    conf_u32(node, "t2_s", 0, UINT32_MAX, &pool->t2_s);
    conf_u32(node, "network", 0, NETWORK_MAX, &network);
    pool->network = (uint16_t)network;
    config_places_read(conf_array(node, "places"), pool->places, DHCP_MAX_PLACES, &pool->n_places);
    conf_done(node);
    dhcp_pool_defaults(pool);
}

static const struct dhcp_pool_settings *find_pool(const struct dhcp_settings *s, const char *name)
{
    for (uint32_t i = 0; i < s->n_pools; i++) {
        if (strcmp(s->pools[i].name, name) == 0) {
            return &s->pools[i];
        }
    }
    return NULL;
}

/* A pool with a complaint about one of its values gets no second one about all of them: its mask or
 * server is missing then. */
static void add_pool(struct conf_node *node, struct dhcp_settings *s)
{
    struct dhcp_pool_settings pool = {.mask = 0};
    const char *fault;

    if (!conf_as_object(node)) {
        return;
    }
    if (s->n_pools == DHCP_MAX_POOLS) {
        conf_complain(node, "expected at most %d pools", DHCP_MAX_POOLS);
        return;
    }
    read_pool(node, &pool);
    fault = pool.mask && pool.server ? dhcp_pool_fault(&pool) : NULL;
    if (fault) {
        conf_complain(node, "expected %s", fault);
    } else if (find_pool(s, pool.name)) {
        conf_complain(node, "expected pools of different names, found \"%s\" again", pool.name);
    } else {
        s->pools[s->n_pools++] = pool;
    }
}

static void add_reservation(struct conf_node *node, struct dhcp_settings *s)
{
    struct dhcp_reservation r = {.ip = 0};
    const struct dhcp_pool_settings *pool;
    const char *fault;

    if (!conf_as_object(node)) {
        return;
    }
    if (s->n_reserved == DHCP_MAX_RESERVED) {
        conf_complain(node, "expected at most %d reservations", DHCP_MAX_RESERVED);
        return;
    }
    read_word(conf_need(node, "pool", "the name of a pool"), r.pool, sizeof r.pool);
    read_mac(conf_need(node, "mac", "a hardware address"), &r.mac);
    read_ipv4(conf_need(node, "ip", "an IPv4 address"), &r.ip);
    read_word(conf_get(node, "name"), r.name, sizeof r.name);
    conf_done(node);
    pool = find_pool(s, r.pool);
    fault = !pool ? "the name of a pool of the list" : dhcp_reservation_fault(pool, &r);
    if (fault && r.pool[0] && r.ip && !eth_addr_is_zero(r.mac)) {
        conf_complain(node, "expected %s", fault);
    }
    s->reserved[s->n_reserved++] = r;
}

void config_dhcp_read(struct conf_node *section, void *settings)
{
    struct dhcp_settings *s = settings;
    struct conf_node *pools = conf_array(section, "pools");
    struct conf_node *reserved = conf_array(section, "reservations");

    read_mac(conf_get(section, "mac"), &s->mac);
    read_ipv4(conf_get(section, "server"), &s->server);
    read_ipv6(conf_get(section, "server6"), &s->server6);
    read_ipv6(conf_get(section, "relay6"), &s->relay6);
    config_places_read(conf_array(section, "trusted"), s->trusted, DHCP_MAX_TRUSTED, &s->n_trusted);
    for (struct conf_node *it = conf_first(pools); it; it = conf_next(it)) {
        add_pool(it, s);
    }
    for (struct conf_node *it = conf_first(reserved); it; it = conf_next(it)) {
        add_reservation(it, s);
    }
}

/* --- Printing --------------------------------------------------------------------------------- */

static json_t *ipv4_json(uint32_t ip)
{
    char text[PKT_IPV4_TEXT];

    return json_string(pkt_ipv4_format(ip, text));
}

static json_t *mac_json(struct eth_addr mac)
{
    char text[PKT_ETH_TEXT];

    return json_string(pkt_eth_format(mac, text));
}

static json_t *ipv4_list_json(const uint32_t *ips, uint32_t n)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < n; i++) {
        json_array_append_new(list, ipv4_json(ips[i]));
    }
    return list;
}

static json_t *pool_json(const struct dhcp_pool_settings *p)
{
    char subnet[PKT_IPV4_PREFIX_TEXT], ip[PKT_IPV4_TEXT];
    json_t *o = json_object();

    snprintf(subnet, sizeof subnet, "%s/%d", pkt_ipv4_format(p->subnet, ip),
             __builtin_popcount(p->mask));
    json_object_set_new(o, "name", json_string(p->name));
    json_object_set_new(o, "subnet", json_string(subnet));
    json_object_set_new(o, "server", ipv4_json(p->server));
    json_object_set_new(o, "first", ipv4_json(p->first));
    json_object_set_new(o, "last", ipv4_json(p->last));
    json_object_set_new(o, "routers", ipv4_list_json(p->routers, p->n_routers));
    json_object_set_new(o, "dns", ipv4_list_json(p->dns, p->n_dns));
    json_object_set_new(o, "ntp", ipv4_list_json(p->ntp, p->n_ntp));
    if (p->domain[0]) {
        json_object_set_new(o, "domain", json_string(p->domain));
    }
    json_object_set_new(o, "lease_s", json_integer(p->lease_s));
    json_object_set_new(o, "t1_s", json_integer(p->t1_s));
    json_object_set_new(o, "t2_s", json_integer(p->t2_s));
    json_object_set_new(o, "network", json_integer(p->network));
    json_object_set_new(o, "places", config_places_print(p->places, p->n_places));
    return o;
}

static json_t *reservation_json(const struct dhcp_reservation *r)
{
    json_t *o = json_object();

    json_object_set_new(o, "pool", json_string(r->pool));
    json_object_set_new(o, "mac", mac_json(r->mac));
    json_object_set_new(o, "ip", ipv4_json(r->ip));
    if (r->name[0]) {
        json_object_set_new(o, "name", json_string(r->name));
    }
    return o;
}

static void set_ipv6(json_t *section, const char *key, const struct ipv6_addr *ip)
{
    static const struct ipv6_addr none;
    char text[PKT_IPV6_TEXT];

    if (!ipv6_addr_eq(ip, &none)) {
        json_object_set_new(section, key, json_string(pkt_ipv6_format(ip, text)));
    }
}

void config_dhcp_print(json_t *section, const void *settings)
{
    const struct dhcp_settings *s = settings;
    json_t *pools = json_array(), *reserved = json_array();

    for (uint32_t i = 0; i < s->n_pools; i++) {
        json_array_append_new(pools, pool_json(&s->pools[i]));
    }
    for (uint32_t i = 0; i < s->n_reserved; i++) {
        json_array_append_new(reserved, reservation_json(&s->reserved[i]));
    }
    json_object_set_new(section, "mac", mac_json(s->mac));
    if (s->server) {
        json_object_set_new(section, "server", ipv4_json(s->server));
    }
    set_ipv6(section, "server6", &s->server6);
    set_ipv6(section, "relay6", &s->relay6);
    json_object_set_new(section, "trusted", config_places_print(s->trusted, s->n_trusted));
    json_object_set_new(section, "pools", pools);
    json_object_set_new(section, "reservations", reserved);
}
