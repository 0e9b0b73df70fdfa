/* Rules of logical networks: their text, and which of them fit.
 *
 * All rules are in one table by what they match. An address is looked up once for each length of
 * prefix that some rule has, from the longest. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/networks.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"

/* --- Text ------------------------------------------------------------------------------------- */

static bool is_mapped(const struct network_rule *r)
{
    static const uint8_t prefix[12] = {[10] = 0xff, 0xff};

    return r->prefix_len >= 96 && memcmp(r->ip.b, prefix, sizeof prefix) == 0;
}

static struct ipv6_addr masked(const struct ipv6_addr *ip, unsigned len)
{
    struct ipv6_addr out = {{0}};

    memcpy(out.b, ip->b, len / 8);
    if (len % 8) {
        out.b[len / 8] = (uint8_t)(ip->b[len / 8] & (0xff00 >> (len % 8)));
    }
    return out;
}

static bool network_rule_is_valid(const struct network_rule *r)
{
    struct ipv6_addr m;

    switch (r->type) {
    case NETWORK_RULE_PORT:
        return r->port > 0 && r->port <= OF_PORT_MAX;
    case NETWORK_RULE_MAC:
        return !eth_addr_is_multicast(r->mac) && !eth_addr_is_zero(r->mac);
    case NETWORK_RULE_IP:
        if (r->prefix_len > 128) {
            return false;
        }
        m = masked(&r->ip, r->prefix_len);
        return ipv6_addr_eq(&m, &r->ip);
    }
    return false;
}

static enum err parse_port(const char *text, struct network_rule *out)
{
    unsigned long long port;
    char *end;

    if (strspn(text, "0123456789abcdefABCDEF") != 16 || text[16] != '-' || text[17] < '0' ||
        text[17] > '9' || strlen(text + 17) > 10) {
        return ERR_SYNTAX;
    }
    out->dpid = strtoull(text, &end, 16);
    port = strtoull(text + 17, &end, 10);
    if (*end) {
        return ERR_SYNTAX;
    }
    out->port = (port_no_t)port;
    return port > UINT32_MAX ? ERR_RANGE : ERR_OK;
}

static enum err parse_mac(const char *text, struct network_rule *out)
{
    unsigned b[6];
    char rest;

    if (strlen(text) != 17 || strspn(text, "0123456789abcdefABCDEF:") != 17 ||
        sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
               &rest) != 6) {
        return ERR_SYNTAX;
    }
    for (size_t i = 0; i < 6; i++) {
        out->mac.b[i] = (uint8_t)b[i];
    }
    return ERR_OK;
}

static enum err parse_ip(const char *text, struct network_rule *out)
{
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    struct in_addr v4;
    bool is_v4;
    unsigned long len;
    char *end;

    if (n >= sizeof address) {
        return ERR_SYNTAX;
    }
    memcpy(address, text, n);
    address[n] = '\0';
    is_v4 = inet_pton(AF_INET, address, &v4) == 1;
    if (is_v4) {
        out->ip = ipv4_mapped(ntohl(v4.s_addr));
    } else if (inet_pton(AF_INET6, address, out->ip.b) != 1) {
        return ERR_SYNTAX;
    }
    len = is_v4 ? 32 : 128;
    if (slash) {
        if (slash[1] < '0' || slash[1] > '9' || strlen(slash) > 4) {
            return ERR_SYNTAX;
        }
        len = strtoul(slash + 1, &end, 10);
        if (*end) {
            return ERR_SYNTAX;
        }
    }
    if (len > (is_v4 ? 32 : 128)) {
        return ERR_RANGE;
    }
    out->prefix_len = (uint8_t)(len + (is_v4 ? 96 : 0));
    return ERR_OK;
}

enum err network_rule_parse(const char *text, struct network_rule *out)
{
    enum err err = ERR_SYNTAX;

    *out = (struct network_rule){.type = NETWORK_RULE_PORT};
    if (strncmp(text, "port ", 5) == 0) {
        err = parse_port(text + 5, out);
    } else if (strncmp(text, "mac ", 4) == 0) {
        out->type = NETWORK_RULE_MAC;
        err = parse_mac(text + 4, out);
    } else if (strncmp(text, "ip ", 3) == 0) {
        out->type = NETWORK_RULE_IP;
        err = parse_ip(text + 3, out);
    }
    return err ? err : network_rule_is_valid(out) ? ERR_OK : ERR_RANGE;
}

void network_rule_print(const struct network_rule *r, char out[NETWORK_RULE_TEXT])
{
    char address[INET6_ADDRSTRLEN];

    switch (r->type) {
    case NETWORK_RULE_PORT:
        snprintf(out, NETWORK_RULE_TEXT, "port " DPID_FMT "-%" PRIu32, DPID_ARGS(r->dpid), r->port);
        return;
    case NETWORK_RULE_MAC:
        snprintf(out, NETWORK_RULE_TEXT, "mac " ETH_FMT, ETH_ARGS(r->mac));
        return;
    case NETWORK_RULE_IP:
        if (is_mapped(r)) {
            snprintf(out, NETWORK_RULE_TEXT, "ip %u.%u.%u.%u/%u", r->ip.b[12], r->ip.b[13],
                     r->ip.b[14], r->ip.b[15], r->prefix_len - 96U);
        } else {
            inet_ntop(AF_INET6, r->ip.b, address, sizeof address);
            snprintf(out, NETWORK_RULE_TEXT, "ip %s/%u", address, r->prefix_len);
        }
        return;
    }
}

/* --- The table -------------------------------------------------------------------------------- */

static uint64_t hash_rule(const struct network_rule *r)
{
    switch (r->type) {
    case NETWORK_RULE_PORT:
        return hash_combine(hash_u64(r->dpid), r->port);
    case NETWORK_RULE_MAC:
        return hash_u64(eth_addr_u64(r->mac));
    case NETWORK_RULE_IP:
        return hash_fnv(HASH_FNV_INIT ^ r->prefix_len, r->ip.b, sizeof r->ip.b);
    }
    return 0;
}

static bool rule_eq(const struct network_rule *a, const struct network_rule *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case NETWORK_RULE_PORT:
        return a->dpid == b->dpid && a->port == b->port;
    case NETWORK_RULE_MAC:
        return eth_addr_eq(a->mac, b->mac);
    case NETWORK_RULE_IP:
        return a->prefix_len == b->prefix_len && ipv6_addr_eq(&a->ip, &b->ip);
    }
    return false;
}

/* The first rule from 'node' on that matches just that, or NULL. */
static struct rule *next_equal(struct hmap_node *node, const struct network_rule *r)
{
    for (; node; node = hmap_next_with(node)) {
        struct rule *rule = HMAP_ENTRY(node, struct rule, node);

        if (rule_eq(&rule->is, r)) {
            return rule;
        }
    }
    return NULL;
}

static struct rule *first_equal(const struct networks *l, const struct network_rule *r)
{
    return next_equal(hmap_first_with(&l->rules, hash_rule(r)), r);
}

static struct rule *find(const struct networks *l, uint16_t id, const struct network_rule *r)
{
    struct rule *rule = first_equal(l, r);

    while (rule && rule->network != id) {
        rule = next_equal(hmap_next_with(&rule->node), r);
    }
    return rule;
}

static size_t count_equal(const struct networks *l, const struct network_rule *r)
{
    size_t n = 0;

    for (struct rule *rule = first_equal(l, r); rule;
         rule = next_equal(hmap_next_with(&rule->node), r)) {
        n++;
    }
    return n;
}

enum err rule_insert(struct networks *l, uint16_t id, const struct network_rule *r,
                     struct rule **out)
{
    struct network *network = network_at(l, id);
    struct rule *rule;

    if (!network) {
        return ERR_NOTFOUND;
    }
    if (!network_rule_is_valid(r)) {
        return ERR_RANGE;
    }
    if (find(l, id, r)) {
        return ERR_EXISTS;
    }
    if (l->rules.n >= l->settings.max_rules || count_equal(l, r) >= NETWORK_MAX_PER_MATCH) {
        return ERR_FULL;
    }
    rule = xcalloc(1, sizeof *rule);
    rule->network = id;
    rule->is = *r;
    hmap_insert(&l->rules, &rule->node, hash_rule(r));
    list_push_back(&network->rules, &rule->in_network);
    network->n_rules++;
    if (r->type == NETWORK_RULE_IP) {
        l->n_len[r->prefix_len]++;
        l->n_ip_rules++;
    }
    *out = rule;
    return ERR_OK;
}

void rule_drop(struct networks *l, struct rule *rule)
{
    network_at(l, rule->network)->n_rules--;
    if (rule->is.type == NETWORK_RULE_IP) {
        l->n_len[rule->is.prefix_len]--;
        l->n_ip_rules--;
    }
    list_remove(&rule->in_network);
    hmap_remove(&l->rules, &rule->node);
    free(rule);
}

enum err networks_rule_add(void *state, uint16_t id, const struct network_rule *r)
{
    struct networks *l = state;
    struct rule *rule;
    enum err err = rule_insert(l, id, r, &rule);

    if (err) {
        return err;
    }
    members_update_all(l);
    networks_look_soon(l); /* Also who is none yet may be guarded now. */
    return networks_stored(l, networks_put_rule(l, rule));
}

enum err networks_rule_remove(void *state, uint16_t id, const struct network_rule *r)
{
    struct networks *l = state;
    struct rule *rule = network_at(l, id) ? find(l, id, r) : NULL;
    enum err err;

    if (!rule) {
        return ERR_NOTFOUND;
    }
    err = networks_del_rule(l, rule);
    rule_drop(l, rule);
    members_update_all(l);
    networks_look_soon(l); /* Also who is none yet may be guarded now. */
    return networks_stored(l, err);
}

void networks_rules(const void *state, uint16_t id, networks_rule_fn *fn, void *aux)
{
    const struct network *network = network_at(state, id);
    struct list *it, *next;

    if (network) {
        LIST_FOR_EACH (it, next, &network->rules) {
            fn(aux, &LIST_ENTRY(it, struct rule, in_network)->is);
        }
    }
}

/* --- Classes ---------------------------------------------------------------------------------- */

static void class_add(struct net_class *c, uint16_t id)
{
    size_t i = c->n;

    for (size_t k = 0; k < c->n; k++) {
        if (c->ids[k] == id) {
            return;
        }
    }
    for (; i > 0 && c->ids[i - 1] > id; i--) {
        c->ids[i] = c->ids[i - 1];
    }
    c->ids[i] = id;
    c->n++;
}

static bool add_matching(const struct networks *l, const struct network_rule *r,
                         struct net_class *c)
{
    struct rule *rule = first_equal(l, r);
    bool any = rule != NULL;

    for (; rule; rule = next_equal(hmap_next_with(&rule->node), r)) {
        class_add(c, rule->network);
    }
    return any;
}

void class_add_port(const struct networks *l, dpid_t dpid, port_no_t port, struct net_class *c)
{
    add_matching(l, &(struct network_rule){.type = NETWORK_RULE_PORT, .dpid = dpid, .port = port},
                 c);
}

void class_add_mac(const struct networks *l, struct eth_addr mac, struct net_class *c)
{
    add_matching(l, &(struct network_rule){.type = NETWORK_RULE_MAC, .mac = mac}, c);
}

bool class_add_ip(const struct networks *l, const struct ipv6_addr *ip, struct net_class *c)
{
    for (unsigned len = l->n_ip_rules ? 129 : 0; len-- > 0;) {
        struct network_rule r;

        if (l->n_len[len] == 0) {
            continue;
        }
        r = (struct network_rule){
            .type = NETWORK_RULE_IP, .prefix_len = (uint8_t)len, .ip = masked(ip, len)};
        if (add_matching(l, &r, c)) {
            return true;
        }
    }
    return false;
}

void class_finish(struct net_class *c)
{
    if (c->n == 0) {
        class_add(c, NETWORK_DEFAULT);
    }
}
