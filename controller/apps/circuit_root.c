/* Roots of circuits: what the operator has named, the hosts behind it, and the access switches. */
#include "controller/apps/circuit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"
#include "controller/core/hosts.h"

LOG_MODULE(circuit_tree);

#define STORE_TABLE "circuit_roots" /* Key: as printed. Value: the last known Ethernet address. */

/* --- Names ------------------------------------------------------------------------------------ */

static bool parse_mac(const char *text, struct eth_addr *out)
{
    unsigned b[6];
    int n = 0;

    if (strlen(text) != 17 || sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3],
                                     &b[4], &b[5], &n) != 6 || n != 17 || strpbrk(text, " +-xX")) {
        return false;
    }
    for (size_t i = 0; i < 6; i++) {
        out->b[i] = (uint8_t)b[i];
    }
    return true;
}

enum err circuit_root_parse(const char *text, struct circuit_root_key *out)
{
    struct in_addr v4;

    memset(out, 0, sizeof(*out));
    if (parse_mac(text, &out->mac)) {
        out->family = CIRCUIT_ROOT_MAC;
        return ERR_OK;
    }
    if (inet_pton(AF_INET, text, &v4) == 1) {
        out->family = CIRCUIT_ROOT_IPV4;
        out->ipv4 = ntohl(v4.s_addr);
        return ERR_OK;
    }
    out->family = CIRCUIT_ROOT_IPV6;
    return inet_pton(AF_INET6, text, out->ipv6.b) == 1 ? ERR_OK : ERR_SYNTAX;
}

void circuit_root_print(const struct circuit_root_key *key, char out[CIRCUIT_ROOT_TEXT])
{
    struct in_addr v4 = {htonl(key->ipv4)};

    switch (key->family) {
    case CIRCUIT_ROOT_MAC:
        snprintf(out, CIRCUIT_ROOT_TEXT, ETH_FMT, ETH_ARGS(key->mac));
        return;
    case CIRCUIT_ROOT_IPV4:
        inet_ntop(AF_INET, &v4, out, CIRCUIT_ROOT_TEXT);
        return;
    case CIRCUIT_ROOT_IPV6:
        inet_ntop(AF_INET6, key->ipv6.b, out, CIRCUIT_ROOT_TEXT);
        return;
    }
}

static int compare(const struct circuit_root_key *a, const struct circuit_root_key *b)
{
    if (a->family != b->family) {
        return a->family < b->family ? -1 : 1;
    }
    switch (a->family) {
    case CIRCUIT_ROOT_MAC:
        return memcmp(&a->mac, &b->mac, sizeof(a->mac));
    case CIRCUIT_ROOT_IPV4:
        return a->ipv4 < b->ipv4 ? -1 : a->ipv4 > b->ipv4;
    case CIRCUIT_ROOT_IPV6:
        return memcmp(a->ipv6.b, b->ipv6.b, IPV6_ADDR_LEN);
    }
    return 0;
}

/* Not unspecified, loopback, multicast or broadcast. An alias is nobody's address. */
static bool can_be_host(const struct circuit *c, const struct circuit_root_key *key)
{
    static const struct ipv6_addr unspecified = {{0}}, loopback = {{[15] = 1}};

    switch (key->family) {
    case CIRCUIT_ROOT_MAC:
        return !eth_addr_is_zero(key->mac) && !eth_addr_is_multicast(key->mac) &&
               eth_addr_u64(key->mac) >> 32 != c->settings.alias_prefix;
    case CIRCUIT_ROOT_IPV4:
        return key->ipv4 >> 24 != 0 && key->ipv4 >> 24 != 127 && key->ipv4 < 0xe0000000;
    case CIRCUIT_ROOT_IPV6:
        return key->ipv6.b[0] != 0xff && !ipv6_addr_eq(&key->ipv6, &unspecified) &&
               !ipv6_addr_eq(&key->ipv6, &loopback);
    }
    return false;
}

/* --- Access switches -------------------------------------------------------------------------- */

struct circuit_access *circuit_access_find(const struct circuit *c, dpid_t dpid)
{
    struct hmap_node *it = hmap_first_with(&c->accesses, hash_u64(dpid));

    while (it && HMAP_ENTRY(it, struct circuit_access, node)->down.dest != dpid) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct circuit_access, node) : NULL;
}

struct circuit_access *circuit_access_get(struct circuit *c, dpid_t dpid)
{
    struct circuit_access *a = circuit_access_find(c, dpid);

    if (!a) {
        a = xcalloc(1, sizeof(*a));
        circuit_branch_init(&a->down, c, false);
        a->down.dest = dpid;
        a->down.id = labels_find(&c->ids, dpid);
        hmap_insert(&c->accesses, &a->node, hash_u64(dpid));
    }
    return a;
}

/* The cluster id that 'a' needs now; LABEL_NONE when all are given. */
static uint16_t need_id(struct circuit *c, struct circuit_access *a)
{
    enum err err;

    if (a->down.id != LABEL_NONE) {
        return a->down.id;
    }
    err = labels_get(&c->ids, a->down.dest, &a->down.id);
    if (err == ERR_FULL) {
        c->n.ids_exhausted++;
    }
    if (err) {
        LOG_LIMITED(ctl_log(c->ctl), &c->limit, LOG_ERROR,
                    "cluster id of switch " DPID_FMT ": %s", DPID_ARGS(a->down.dest),
                    err_text(err));
    }
    return a->down.id;
}

/* Whether there is a tree down to 'a' depends on its hosts and the roots. */
static void settle_access(struct circuit *c, struct circuit_access *a)
{
    bool wanted = c->active && a->n_hosts > 0 && need_id(c, a) != LABEL_NONE;

    if (a->down.wanted != wanted) {
        a->down.wanted = wanted;
        a->down.dirty = true;
    }
}

void circuit_access_count(struct circuit *c, dpid_t dpid, int change)
{
    struct circuit_access *a = circuit_access_get(c, dpid);
    bool had_hosts = a->n_hosts > 0;

    if (change > 0 || had_hosts) {
        a->n_hosts += (size_t)change;
    }
    if (had_hosts != (a->n_hosts > 0)) {
        settle_access(c, a);
        circuit_all_dirty(c);
        circuit_repair_later(c);
    }
}

/* --- Where the roots are ---------------------------------------------------------------------- */

struct circuit_up *circuit_up_find(const struct circuit *c, struct eth_addr mac)
{
    struct hmap_node *it = hmap_first_with(&c->ups, hash_u64(eth_addr_u64(mac)));

    while (it && !eth_addr_eq(HMAP_ENTRY(it, struct circuit_up, node)->branch.mac, mac)) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct circuit_up, node) : NULL;
}

static struct circuit_up *up_get(struct circuit *c, struct eth_addr mac)
{
    struct circuit_up *up = circuit_up_find(c, mac);

    if (!up) {
        up = xcalloc(1, sizeof(*up));
        circuit_branch_init(&up->branch, c, true);
        up->branch.mac = mac;
        hmap_insert(&c->ups, &up->node, hash_u64(eth_addr_u64(mac)));
    }
    return up;
}

/* A host that was restored after a restart has no IP address yet: then the last known Ethernet address
 * tells which it is. */
static const struct host *by_last_mac(const struct circuit *c, const struct circuit_root *root)
{
    const struct host *host =
        eth_addr_is_zero(root->mac) ? NULL : hosts_find(c->ctl, root->mac);
    size_t n4 = 0, n6 = 0;

    if (host) {
        host_ipv4(host, &n4);
        host_ipv6(host, &n6);
    }
    return n4 + n6 == 0 ? host : NULL;
}

static const struct host *root_host(const struct circuit *c, const struct circuit_root *root)
{
    const struct host *host = NULL;

    switch (root->key.family) {
    case CIRCUIT_ROOT_MAC:
        return hosts_find(c->ctl, root->key.mac);
    case CIRCUIT_ROOT_IPV4:
        host = hosts_find_ipv4(c->ctl, root->key.ipv4);
        break;
    case CIRCUIT_ROOT_IPV6:
        host = hosts_find_ipv6(c->ctl, &root->key.ipv6);
        break;
    }
    return host ? host : by_last_mac(c, root);
}

bool circuit_root_has_mac(const struct circuit *c, struct eth_addr mac)
{
    bool found = false;

    for (size_t i = 0; i < c->n_roots; i++) {
        const struct circuit_root *root = &c->roots[i];

        found = found || eth_addr_eq(root->mac, mac) ||
                (root->key.family == CIRCUIT_ROOT_MAC && eth_addr_eq(root->key.mac, mac));
    }
    return found;
}

static enum err remember(const struct circuit *c, const struct circuit_root *root)
{
    const struct store_ops *store = ctl_store(c->ctl);
    char key[CIRCUIT_ROOT_TEXT], value[18];

    if (!store) {
        return ERR_OK;
    }
    circuit_root_print(&root->key, key);
    snprintf(value, sizeof(value), ETH_FMT, ETH_ARGS(root->mac));
    return store->put(store->aux, STORE_TABLE, key, value);
}

static void note_mac(struct circuit *c, struct circuit_root *root, struct eth_addr mac)
{
    enum err err;

    if (eth_addr_eq(root->mac, mac)) {
        return;
    }
    root->mac = mac;
    err = remember(c, root);
    if (err) {
        LOG_LIMITED(ctl_log(c->ctl), &c->limit, LOG_ERROR, "circuit root not stored: %s",
                    err_text(err));
    }
}

/* True when 'host' has become a root, or has moved. */
static bool place(struct circuit *c, const struct host *host)
{
    struct circuit_up *up = up_get(c, host_mac(host));
    struct circuit_branch *b = &up->branch;

    up->used = true;
    if (b->wanted && b->dest == host_dpid(host) && b->port == host_port(host)) {
        return false;
    }
    b->wanted = b->dirty = true;
    b->dest = host_dpid(host);
    b->port = host_port(host);
    return true;
}

/* True when a host that was one is no root any more. */
static bool drop_unused(struct circuit *c)
{
    struct hmap_node *it, *tmp;
    bool changed = false;

    HMAP_FOR_EACH (it, tmp, &c->ups) {
        struct circuit_up *up = HMAP_ENTRY(it, struct circuit_up, node);

        if (!up->used && up->branch.wanted) {
            up->branch.wanted = false;
            changed = true;
        }
        c->active = c->active || up->branch.wanted;
        up->used = false;
    }
    return changed;
}

void circuit_roots_resolve(struct circuit *c)
{
    bool changed = false, was_active = c->active;
    struct hmap_node *it, *tmp;

    for (size_t i = 0; i < c->n_roots; i++) {
        const struct host *host = root_host(c, &c->roots[i]);

        if (host) {
            note_mac(c, &c->roots[i], host_mac(host));
            changed = place(c, host) || changed;
        }
    }
    c->active = false;
    changed = drop_unused(c) || changed;
    if (!changed) {
        return;
    }
    HMAP_FOR_EACH (it, tmp, &c->accesses) {
        settle_access(c, HMAP_ENTRY(it, struct circuit_access, node));
    }
    circuit_all_dirty(c);
    if (was_active != c->active) {
        circuit_reverse_all(c);
    }
    circuit_repair_soon(c);
}

/* --- What the operator says ------------------------------------------------------------------- */

/* Where 'key' is or belongs. */
static size_t root_index(const struct circuit *c, const struct circuit_root_key *key, bool *found)
{
    size_t i = 0;

    while (i < c->n_roots && compare(&c->roots[i].key, key) < 0) {
        i++;
    }
    *found = i < c->n_roots && compare(&c->roots[i].key, key) == 0;
    return i;
}

static void insert(struct circuit *c, size_t i, const struct circuit_root *root)
{
    memmove(&c->roots[i + 1], &c->roots[i], (c->n_roots - i) * sizeof(*root));
    c->roots[i] = *root;
    c->n_roots++;
    circuit_watch(c);
}

enum err circuit_tree_add(void *state, const struct circuit_root_key *key)
{
    struct circuit *c = state;
    struct circuit_root root = {.key = *key};
    bool found;
    size_t i = root_index(c, key, &found);
    enum err err = !can_be_host(c, key)                     ? ERR_RANGE
                   : found                                  ? ERR_EXISTS
                   : c->n_roots >= c->settings.max_roots ? ERR_FULL
                                                            : remember(c, &root);

    if (!err) {
        insert(c, i, &root);
        circuit_roots_resolve(c);
    }
    return err;
}

enum err circuit_tree_remove(void *state, const struct circuit_root_key *key)
{
    struct circuit *c = state;
    const struct store_ops *store = ctl_store(c->ctl);
    char text[CIRCUIT_ROOT_TEXT];
    bool found;
    size_t i = root_index(c, key, &found);
    enum err err = found ? ERR_OK : ERR_NOTFOUND;

    if (found && store) {
        circuit_root_print(key, text);
        err = store->del(store->aux, STORE_TABLE, text);
    }
    if (!err) {
        up_get(c, key->family == CIRCUIT_ROOT_MAC ? key->mac : c->roots[i].mac)->branch.dirty = true;
        c->n_roots--;
        memmove(&c->roots[i], &c->roots[i + 1], (c->n_roots - i) * sizeof(*c->roots));
        circuit_roots_resolve(c);
        circuit_repair_soon(c); /* Of entries that were adopted, too. */
    }
    return err;
}

/* True when every access switch has its way to the root, and the root to it. */
static bool root_is_ready(const struct circuit *c, const struct circuit_branch *up)
{
    struct hmap_node *it, *tmp;
    bool ready = true;

    HMAP_FOR_EACH (it, tmp, &c->accesses) {
        const struct circuit_access *a = HMAP_ENTRY(it, struct circuit_access, node);

        ready = ready && (a->n_hosts == 0 || (circuit_branch_is_ready(up, a->down.dest) &&
                                              circuit_branch_is_ready(&a->down, up->dest)));
    }
    return ready;
}

void circuit_tree_each(const void *state, circuit_tree_each_fn *fn, void *aux)
{
    const struct circuit *c = state;

    for (size_t i = 0; i < c->n_roots; i++) {
        const struct host *host = root_host(c, &c->roots[i]);
        const struct circuit_up *up = host ? circuit_up_find(c, host_mac(host)) : NULL;
        struct circuit_root_view view = {.key = c->roots[i].key};

        if (up && up->branch.wanted) {
            view.state =
                root_is_ready(c, &up->branch) ? CIRCUIT_ROOT_READY : CIRCUIT_ROOT_BUILDING;
            view.mac = up->branch.mac;
            view.dpid = up->branch.dest;
            view.port = up->branch.port;
        }
        fn(aux, &view);
    }
}

/* --- What is remembered ----------------------------------------------------------------------- */

struct loading {
    struct circuit *c;
    unsigned n_ignored;
};

static void load(void *aux, const char *key, const char *value)
{
    struct loading *loading = aux;
    struct circuit *c = loading->c;
    struct circuit_root root;
    bool found = true;
    size_t i = 0;

    if (circuit_root_parse(key, &root.key) == ERR_OK && parse_mac(value, &root.mac) &&
        can_be_host(c, &root.key)) {
        i = root_index(c, &root.key, &found);
    }
    if (!found && c->n_roots < c->settings.max_roots) {
        insert(c, i, &root);
    } else {
        loading->n_ignored++;
    }
}

enum err circuit_roots_load(struct circuit *c)
{
    struct loading loading = {.c = c};
    const struct store_ops *store = ctl_store(c->ctl);
    enum err err = ERR_OK;

    c->roots = xcalloc(c->settings.max_roots, sizeof(*c->roots));
    if (store) {
        err = store->each(store->aux, STORE_TABLE, load, &loading);
    }
    if (err) {
        LOG_ERROR(ctl_log(c->ctl), "cannot read the stored roots: %s", err_text(err));
    } else if (loading.n_ignored > 0) {
        LOG_WARN(ctl_log(c->ctl), "%u stored roots are not usable and were left out",
                 loading.n_ignored);
    }
    return err;
}
