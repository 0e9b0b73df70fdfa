#include "simnet/world/topo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/hmap.h"

enum { LAYER_CORE = 0, LAYER_DISTRIBUTION = 1, LAYER_ACCESS = 2, LAYER_HOST = 3 };

void topo_fini(struct topo *topo)
{
    free(topo->nodes);
    free(topo->edges);
    *topo = TOPO_INIT;
}

static struct topo_node *add_node(struct topo *topo, const char *name)
{
    struct topo_node *node;

    topo->nodes = xreallocarray(topo->nodes, topo->n_nodes + 1, sizeof *topo->nodes);
    node = &topo->nodes[topo->n_nodes++];
    *node = (struct topo_node){0};
    snprintf(node->name, sizeof node->name, "%s", name);
    return node;
}

uint32_t topo_add_switch(struct topo *topo, const char *name, unsigned layer)
{
    struct topo_node *node = add_node(topo, name);

    node->kind = TOPO_SWITCH;
    node->layer = layer;
    node->dpid = ++topo->n_switches;
    return (uint32_t)topo->n_nodes - 1;
}

uint32_t topo_add_host(struct topo *topo, const char *name)
{
    struct topo_node *node = add_node(topo, name);
    uint32_t n = ++topo->n_hosts;

    node->kind = TOPO_HOST;
    node->layer = LAYER_HOST;
    node->mac = eth_addr_from_u64(UINT64_C(0x020000000000) + n);
    node->ip = (UINT32_C(10) << 24) + n;
    return (uint32_t)topo->n_nodes - 1;
}

void topo_add_edge(struct topo *topo, uint32_t a, uint32_t b, const struct wire_params *wire)
{
    topo->edges = xreallocarray(topo->edges, topo->n_edges + 1, sizeof *topo->edges);
    topo->edges[topo->n_edges++] = (struct topo_edge){a, b, *wire};
}

size_t topo_find(const struct topo *topo, const char *name)
{
    size_t i = 0;

    while (i < topo->n_nodes && strcmp(topo->nodes[i].name, name) != 0) {
        i++;
    }
    return i;
}

/* --- Checking -------------------------------------------------------------------------------- */

/* A set of 64-bit keys, for finding doubles. */
struct seen {
    struct hmap map;
    struct hmap_node *nodes;
    size_t n;
};

/* True when 'key' is new. Keys are hashed by a bijection, so equal hashes are equal keys. */
static bool seen_add(struct seen *seen, uint64_t key)
{
    uint64_t hash = hash_u64(key);

    if (hmap_first_with(&seen->map, hash)) {
        return false;
    }
    hmap_insert(&seen->map, &seen->nodes[seen->n++], hash);
    return true;
}

static uint64_t name_key(const struct topo_node *n)
{
    return hash_fnv(HASH_FNV_INIT, n->name, strlen(n->name));
}

static uint64_t dpid_key(const struct topo_node *n)
{
    return n->dpid;
}

static uint64_t mac_key(const struct topo_node *n)
{
    return eth_addr_u64(n->mac);
}

static uint64_t ip_key(const struct topo_node *n)
{
    return n->ip;
}

typedef uint64_t key_fn(const struct topo_node *node);

/* The first node among those of 'kinds' (bits) whose key was there before; NULL when none. */
static const struct topo_node *find_double(const struct topo *topo, unsigned kinds, key_fn *key)
{
    struct seen seen = {.nodes = xcalloc(topo->n_nodes + 1, sizeof *seen.nodes)};
    const struct topo_node *found = NULL;

    hmap_init(&seen.map);
    for (size_t i = 0; i < topo->n_nodes && !found; i++) {
        const struct topo_node *node = &topo->nodes[i];

        if ((kinds >> node->kind & 1) && !seen_add(&seen, key(node))) {
            found = node;
        }
    }
    hmap_fini(&seen.map);
    free(seen.nodes);
    return found;
}

static enum err check_unique(const struct topo *topo, char *why, size_t size)
{
    static const struct {
        unsigned kinds;
        key_fn *key;
        const char *what;
    } rules[] = {
        {1 << TOPO_SWITCH | 1 << TOPO_HOST, name_key, "the name"},
        {1 << TOPO_SWITCH, dpid_key, "the datapath id"},
        {1 << TOPO_HOST, mac_key, "the MAC address"},
        {1 << TOPO_HOST, ip_key, "the IP address"},
    };

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct topo_node *node = find_double(topo, rules[i].kinds, rules[i].key);

        if (node) {
            snprintf(why, size, "%s of node \"%s\" is taken by another node", rules[i].what,
                     node->name);
            return ERR_EXISTS;
        }
    }
    return ERR_OK;
}

static enum err check_edges(const struct topo *topo, uint32_t *n_at, char *why, size_t size)
{
    for (size_t i = 0; i < topo->n_edges; i++) {
        const struct topo_edge *e = &topo->edges[i];
        const struct topo_node *a = &topo->nodes[e->a], *b = &topo->nodes[e->b];

        if (e->a == e->b) {
            snprintf(why, size, "\"%s\" is joined to itself", a->name);
            return ERR_STATE;
        }
        if (a->kind == TOPO_HOST && b->kind == TOPO_HOST) {
            snprintf(why, size, "the hosts \"%s\" and \"%s\" are joined without a switch", a->name,
                     b->name);
            return ERR_STATE;
        }
        n_at[e->a]++;
        n_at[e->b]++;
    }
    return ERR_OK;
}

static enum err check_hosts(const struct topo *topo, const uint32_t *n_at, char *why, size_t size)
{
    for (size_t i = 0; i < topo->n_nodes; i++) {
        if (topo->nodes[i].kind == TOPO_HOST && n_at[i] != 1) {
            snprintf(why, size, "host \"%s\" has %u links; it needs one", topo->nodes[i].name,
                     n_at[i]);
            return ERR_STATE;
        }
    }
    return ERR_OK;
}

enum err topo_check(const struct topo *topo, char *why, size_t size)
{
    uint32_t *n_at = xcalloc(topo->n_nodes + 1, sizeof *n_at);
    enum err err = check_unique(topo, why, size);

    if (err == ERR_OK) {
        err = check_edges(topo, n_at, why, size);
    }
    if (err == ERR_OK) {
        err = check_hosts(topo, n_at, why, size);
    }
    free(n_at);
    return err;
}

/* --- Generators ------------------------------------------------------------------------------ */

struct wire_params topo_edge_default(void)
{
    return (struct wire_params){.rate_bps = 1000000000, .delay_ns = 1000};
}

struct wire_params topo_trunk_default(void)
{
    return (struct wire_params){.rate_bps = 10000000000, .delay_ns = 5000};
}

static uint32_t add_numbered_switch(struct topo *topo, const char *prefix, uint32_t n,
                                    unsigned layer)
{
    char name[TOPO_NAME_LEN + 1];

    snprintf(name, sizeof name, "%s%u", prefix, n);
    return topo_add_switch(topo, name, layer);
}

static void add_hosts(struct topo *topo, uint32_t at, uint32_t n, const struct wire_params *wire)
{
    char name[TOPO_NAME_LEN + 1];

    for (uint32_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "h%u", topo->n_hosts + 1);
        topo_add_edge(topo, topo_add_host(topo, name), at, wire);
    }
}

/* Nodes: access switches first, then the core, so that switch a of the world is access switch a and
 * its hosts are a·S .. a·S + S − 1. */
void topo_make_campus(struct topo *topo, const struct topo_campus *c)
{
    uint32_t first = (uint32_t)topo->n_nodes;
    uint32_t core = first + c->n_access;

    for (uint32_t a = 0; a < c->n_access; a++) {
        add_numbered_switch(topo, "acc", a + 1, LAYER_ACCESS);
    }
    for (uint32_t k = 0; k < c->n_core; k++) {
        add_numbered_switch(topo, "core", k + 1, LAYER_CORE);
    }
    for (uint32_t a = 0; a < c->n_access; a++) {
        add_hosts(topo, first + a, c->hosts_per_access, &c->edge);
    }
    for (uint32_t a = 0; a < c->n_access && c->n_core; a++) {
        topo_add_edge(topo, first + a, core + a % c->n_core, &c->trunk);
        if (c->n_core > 1) {
            topo_add_edge(topo, first + a, core + (a + 1) % c->n_core, &c->trunk);
        }
    }
    for (uint32_t i = 0; i < c->n_core; i++) {
        for (uint32_t j = i + 1; j < c->n_core; j++) {
            topo_add_edge(topo, core + i, core + j, &c->trunk);
        }
    }
}

/* Joins the 'n' nodes from 'first' on to 'parent', and each to the next. */
static void add_group(struct topo *topo, uint32_t parent, uint32_t first, uint32_t n, bool chained)
{
    struct wire_params trunk = topo_trunk_default();

    for (uint32_t i = 0; i < n; i++) {
        topo_add_edge(topo, first + i, parent, &trunk);
    }
    for (uint32_t i = 1; i < n && chained; i++) {
        topo_add_edge(topo, first + i - 1, first + i, &trunk);
    }
}

/* Nodes: access, distribution, core, then hosts, as in a campus. */
void topo_make_layered(struct topo *topo, const struct topo_layered *l)
{
    struct wire_params edge = topo_edge_default(), trunk = topo_trunk_default();
    uint32_t n_distribution = l->n_core * l->n_distribution;
    uint32_t n_access = n_distribution * l->n_access;
    uint32_t access = (uint32_t)topo->n_nodes;
    uint32_t distribution = access + n_access, core = distribution + n_distribution;

    for (uint32_t i = 0; i < n_access; i++) {
        add_numbered_switch(topo, "acc", i + 1, LAYER_ACCESS);
    }
    for (uint32_t i = 0; i < n_distribution; i++) {
        add_numbered_switch(topo, "dist", i + 1, LAYER_DISTRIBUTION);
    }
    for (uint32_t i = 0; i < l->n_core; i++) {
        add_numbered_switch(topo, "core", i + 1, LAYER_CORE);
    }
    for (uint32_t i = 0; i < n_access; i++) {
        add_hosts(topo, access + i, l->hosts_per_access, &edge);
    }
    for (uint32_t i = 0; i < n_distribution; i++) {
        add_group(topo, distribution + i, access + i * l->n_access, l->n_access, l->chained);
    }
    for (uint32_t i = 0; i < l->n_core; i++) {
        add_group(topo, core + i, distribution + i * l->n_distribution, l->n_distribution,
                  l->chained);
        for (uint32_t j = i + 1; j < l->n_core; j++) {
            topo_add_edge(topo, core + i, core + j, &trunk);
        }
    }
}

void topo_make_tree(struct topo *topo, unsigned depth, unsigned fanout, unsigned hosts)
{
    struct wire_params edge = topo_edge_default(), trunk = topo_trunk_default();
    uint32_t level = add_numbered_switch(topo, "s", topo->n_switches + 1, LAYER_CORE);
    uint32_t n_level = 1;

    for (unsigned d = 1; d < depth; d++) {
        uint32_t first = (uint32_t)topo->n_nodes;
        unsigned layer = d + 1 < depth ? LAYER_DISTRIBUTION : LAYER_ACCESS;

        for (uint32_t i = 0; i < n_level * fanout; i++) {
            uint32_t child = add_numbered_switch(topo, "s", topo->n_switches + 1, layer);

            topo_add_edge(topo, level + i / fanout, child, &trunk);
        }
        level = first;
        n_level *= fanout;
    }
    for (uint32_t i = 0; i < n_level; i++) {
        add_hosts(topo, level + i, hosts, &edge);
    }
}

void topo_make_linear(struct topo *topo, unsigned n, unsigned hosts)
{
    struct wire_params edge = topo_edge_default(), trunk = topo_trunk_default();
    uint32_t first = (uint32_t)topo->n_nodes;

    for (uint32_t i = 0; i < n; i++) {
        add_numbered_switch(topo, "s", i + 1, LAYER_ACCESS);
    }
    for (uint32_t i = 0; i < n; i++) {
        add_hosts(topo, first + i, hosts, &edge);
        if (i + 1 < n) {
            topo_add_edge(topo, first + i, first + i + 1, &trunk);
        }
    }
}

void topo_make_ring(struct topo *topo, unsigned n, unsigned hosts)
{
    struct wire_params trunk = topo_trunk_default();
    uint32_t first = (uint32_t)topo->n_nodes;

    topo_make_linear(topo, n, hosts);
    if (n >= 3) {
        topo_add_edge(topo, first + n - 1, first, &trunk);
    }
}
