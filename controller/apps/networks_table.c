/* Logical networks: numbers, names and blocks, and what is stored.
 *
 * Stored (core/store_ops.h), with numbers of four digits:
 *
 *      table             key                  value
 *      networks          number               name
 *      network_rules     number, blank, rule  (none)
 *      network_blocks    number-number        (none)
 *      network_isolated  number               (none) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/networks.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"

LOG_MODULE(logical_networks);

#define TABLE_NETWORKS "networks"
#define TABLE_RULES "network_rules"
#define TABLE_BLOCKS "network_blocks"
#define TABLE_ISOLATED "network_isolated"
#define NUMBER "%04u"

/* --- Store ------------------------------------------------------------------------------------ */

static enum err put(struct networks *l, const char *table, const char *key, const char *value)
{
    const struct store_ops *store = ctl_store(l->ctl);

    return store ? store->put(store->aux, table, key, value) : ERR_OK;
}

static enum err del(struct networks *l, const char *table, const char *key)
{
    const struct store_ops *store = ctl_store(l->ctl);
    enum err err = store ? store->del(store->aux, table, key) : ERR_OK;

    return err == ERR_NOTFOUND ? ERR_OK : err;
}

enum err networks_stored(struct networks *l, enum err err)
{
    if (!err) {
        return ERR_OK;
    }
    l->n.not_stored++;
    LOG_LIMITED(ctl_log(l->ctl), &l->limit, LOG_ERROR, "a change will not be remembered: %s",
                err_text(err));
    return ERR_IO;
}

static void number_key(uint16_t id, char out[8])
{
    snprintf(out, 8, NUMBER, id);
}

static void rule_key(const struct rule *rule, char out[NETWORK_RULE_TEXT + 8])
{
    char text[NETWORK_RULE_TEXT];

    network_rule_print(&rule->is, text);
    snprintf(out, NETWORK_RULE_TEXT + 8, NUMBER " %s", rule->network, text);
}

static void pair_key(uint16_t a, uint16_t b, char out[16])
{
    snprintf(out, 16, NUMBER "-" NUMBER, a < b ? a : b, a < b ? b : a);
}

enum err networks_put_rule(struct networks *l, const struct rule *rule)
{
    char key[NETWORK_RULE_TEXT + 8];

    rule_key(rule, key);
    return put(l, TABLE_RULES, key, "");
}

enum err networks_del_rule(struct networks *l, const struct rule *rule)
{
    char key[NETWORK_RULE_TEXT + 8];

    rule_key(rule, key);
    return del(l, TABLE_RULES, key);
}

/* --- Networks --------------------------------------------------------------------------------- */

struct network *network_at(const struct networks *l, uint16_t id)
{
    return id <= NETWORK_MAX ? l->by_id[id] : NULL;
}

static uint64_t hash_name(const char *name)
{
    return hash_fnv(HASH_FNV_INIT, name, strlen(name));
}

uint16_t networks_find(const void *state, const char *name)
{
    const struct networks *l = state;
    struct hmap_node *node = hmap_first_with(&l->by_name, hash_name(name));

    for (; node; node = hmap_next_with(node)) {
        const struct network *network = HMAP_ENTRY(node, struct network, by_name);

        if (strcmp(network->name, name) == 0) {
            return network->id;
        }
    }
    return 0;
}

/* A name is printed in logs, paths and pages: no control characters, and no blank at its ends. */
static bool name_ok(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > NETWORK_NAME_LEN || name[0] == ' ' || name[n - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static void set_name(struct networks *l, struct network *network, const char *name)
{
    snprintf(network->name, sizeof network->name, "%s", name);
    hmap_insert(&l->by_name, &network->by_name, hash_name(name));
}

static enum err insert(struct networks *l, uint16_t id, const char *name)
{
    struct network *network;

    if (id == 0 || id > NETWORK_MAX || !name_ok(name)) {
        return ERR_RANGE;
    }
    if (l->by_id[id] || networks_find(l, name)) {
        return ERR_EXISTS;
    }
    network = l->by_id[id] = xcalloc(1, sizeof *network);
    network->id = id;
    list_init(&network->rules);
    list_init(&network->members);
    set_name(l, network, name);
    return ERR_OK;
}

static enum err put_name(struct networks *l, uint16_t id)
{
    char key[8];

    number_key(id, key);
    return put(l, TABLE_NETWORKS, key, l->by_id[id]->name);
}

enum err networks_create(void *state, uint16_t id, const char *name)
{
    struct networks *l = state;
    enum err err = insert(l, id, name);

    return err ? err : networks_stored(l, put_name(l, id));
}

enum err networks_rename(void *state, uint16_t id, const char *name)
{
    struct networks *l = state;
    struct network *network = network_at(l, id);
    uint16_t other = networks_find(l, name);

    if (!network) {
        return ERR_NOTFOUND;
    }
    if (!name_ok(name)) {
        return ERR_RANGE;
    }
    if (other && other != id) {
        return ERR_EXISTS;
    }
    hmap_remove(&l->by_name, &network->by_name);
    set_name(l, network, name);
    return networks_stored(l, put_name(l, id));
}

static void set_blocked(struct networks *l, uint16_t a, uint16_t b, bool blocked)
{
    struct network *pair[] = {l->by_id[a], l->by_id[b]};
    const uint16_t other[] = {b, a};

    for (size_t i = 0; i < 2; i++) {
        uint64_t bit = UINT64_C(1) << (other[i] % 64), *word = &pair[i]->blocked[other[i] / 64];

        if (((*word & bit) != 0) != blocked) {
            *word ^= bit;
            pair[i]->n_blocked += blocked ? 1 : SIZE_MAX;
            l->n_blocks += i ? 0 : blocked ? 1 : SIZE_MAX;
            networks_watch(l);
        }
    }
}

static bool is_pair(const struct network *network, uint16_t other)
{
    return (network->blocked[other / 64] >> (other % 64) & 1) != 0;
}

/* Everything that names the network leaves the tables and the store. */
static enum err forget(struct networks *l, struct network *network)
{
    enum err first = ERR_OK, err;
    struct list *it, *next;
    char key[16];

    LIST_FOR_EACH (it, next, &network->rules) {
        struct rule *rule = LIST_ENTRY(it, struct rule, in_network);

        err = networks_del_rule(l, rule);
        first = first ? first : err;
        rule_drop(l, rule);
    }
    for (uint16_t other = 1; other <= NETWORK_MAX; other++) {
        if (is_pair(network, other)) {
            pair_key(network->id, other, key);
            err = del(l, TABLE_BLOCKS, key);
            first = first ? first : err;
            set_blocked(l, network->id, other, false);
        }
    }
    number_key(network->id, key);
    err = network->isolated ? del(l, TABLE_ISOLATED, key) : ERR_OK;
    first = first ? first : err;
    l->n_isolated -= network->isolated;
    networks_watch(l);
    network->isolated = false;
    err = del(l, TABLE_NETWORKS, key);
    return first ? first : err;
}

enum err networks_delete(void *state, uint16_t id)
{
    struct networks *l = state;
    struct network *network = network_at(l, id);
    enum err err;

    if (!network) {
        return ERR_NOTFOUND;
    }
    if (id == NETWORK_DEFAULT) {
        return ERR_STATE;
    }
    err = forget(l, network);
    members_update_all(l);
    members_default(l, network); /* Who is about to be forgotten anyway. */
    hmap_remove(&l->by_name, &network->by_name);
    l->by_id[id] = NULL;
    free(network);
    networks_look_soon(l);
    return networks_stored(l, err);
}

/* --- Views ------------------------------------------------------------------------------------ */

bool networks_get(const void *state, uint16_t id, struct network_info *out)
{
    const struct networks *l = state;
    const struct network *network = network_at(l, id);
    bool has_all = id == NETWORK_DEFAULT && !networks_have_rules(l);

    if (network) {
        *out =
            (struct network_info){.id = id,
                                  .name = network->name,
                                  .isolated = network->isolated,
                                  .n_rules = network->n_rules,
                                  .n_members = has_all ? hosts_count(l->ctl) : network->n_members,
                                  .n_blocked = network->n_blocked};
    }
    return network != NULL;
}

void networks_each(const void *state, networks_each_fn *fn, void *aux)
{
    struct network_info info;

    for (uint16_t id = 1; id <= NETWORK_MAX; id++) {
        if (networks_get(state, id, &info)) {
            fn(aux, &info);
        }
    }
}

/* --- Blocks ----------------------------------------------------------------------------------- */

static enum err change_pair(struct networks *l, uint16_t a, uint16_t b, bool blocked)
{
    char key[16];

    if (!network_at(l, a) || !network_at(l, b)) {
        return ERR_NOTFOUND;
    }
    if (a == b) {
        return ERR_STATE;
    }
    if (is_pair(l->by_id[a], b) == blocked) {
        return ERR_OK;
    }
    set_blocked(l, a, b, blocked);
    networks_look_soon(l);
    pair_key(a, b, key);
    return networks_stored(l, blocked ? put(l, TABLE_BLOCKS, key, "") : del(l, TABLE_BLOCKS, key));
}

enum err networks_block(void *state, uint16_t a, uint16_t b)
{
    return change_pair(state, a, b, true);
}

enum err networks_unblock(void *state, uint16_t a, uint16_t b)
{
    return change_pair(state, a, b, false);
}

static void set_isolated(struct networks *l, struct network *network, bool isolated)
{
    l->n_isolated += (size_t)isolated - (size_t)network->isolated;
    networks_watch(l);
    network->isolated = isolated;
}

enum err networks_isolate(void *state, uint16_t id, bool isolated)
{
    struct networks *l = state;
    struct network *network = network_at(l, id);
    char key[8];

    if (!network) {
        return ERR_NOTFOUND;
    }
    if (network->isolated == isolated) {
        return ERR_OK;
    }
    set_isolated(l, network, isolated);
    networks_look_soon(l);
    number_key(id, key);
    return networks_stored(l, isolated ? put(l, TABLE_ISOLATED, key, "")
                                       : del(l, TABLE_ISOLATED, key));
}

bool networks_are_blocked(const void *state, uint16_t a, uint16_t b)
{
    const struct network *na = network_at(state, a), *nb = network_at(state, b);

    return na && nb && a != b && (na->isolated || nb->isolated || is_pair(na, b));
}

/* --- Beginning and end ------------------------------------------------------------------------ */

struct loading {
    struct networks *l;
    unsigned n_ignored;
};

/* A number of four digits; 0 for anything else. */
static uint16_t parse_number(const char *text)
{
    return strspn(text, "0123456789") == 4 ? (uint16_t)strtoul(text, NULL, 10) : 0;
}

static void load_network(void *aux, const char *key, const char *value)
{
    struct loading *loading = aux;
    uint16_t id = key[0] && strlen(key) == 4 ? parse_number(key) : 0;

    if (id == NETWORK_DEFAULT) {
        loading->n_ignored += name_ok(value) ? 0 : 1;
        if (name_ok(value) && !networks_find(loading->l, value)) {
            hmap_remove(&loading->l->by_name, &loading->l->by_id[id]->by_name);
            set_name(loading->l, loading->l->by_id[id], value);
        }
        return;
    }
    loading->n_ignored += insert(loading->l, id, value) != ERR_OK;
}

static void load_rule(void *aux, const char *key, const char *value)
{
    struct loading *loading = aux;
    struct network_rule r;
    struct rule *rule;

    (void)value;
    if (strspn(key, "0123456789") != 4 || key[4] != ' ' || network_rule_parse(key + 5, &r) ||
        rule_insert(loading->l, parse_number(key), &r, &rule)) {
        loading->n_ignored++;
    }
}

static void load_block(void *aux, const char *key, const char *value)
{
    struct loading *loading = aux;
    bool ok = strlen(key) == 9 && key[4] == '-';
    uint16_t a = ok ? parse_number(key) : 0, b = ok ? parse_number(key + 5) : 0;

    (void)value;
    if (a == b || !network_at(loading->l, a) || !network_at(loading->l, b)) {
        loading->n_ignored++;
    } else {
        set_blocked(loading->l, a, b, true);
    }
}

static void load_isolated(void *aux, const char *key, const char *value)
{
    struct loading *loading = aux;
    struct network *network = network_at(loading->l, parse_number(key));

    (void)value;
    if (network) {
        set_isolated(loading->l, network, true);
    } else {
        loading->n_ignored++;
    }
}

enum err networks_load(struct networks *l)
{
    static const struct {
        const char *table;
        store_each_fn *fn;
    } tables[] = {{TABLE_NETWORKS, load_network},
                  {TABLE_RULES, load_rule},
                  {TABLE_BLOCKS, load_block},
                  {TABLE_ISOLATED, load_isolated}};
    const struct store_ops *store = ctl_store(l->ctl);
    struct loading loading = {.l = l};
    enum err err = insert(l, NETWORK_DEFAULT, "default");

    for (size_t i = 0; store && !err && i < sizeof tables / sizeof tables[0]; i++) {
        err = store->each(store->aux, tables[i].table, tables[i].fn, &loading);
    }
    if (err) {
        LOG_ERROR(ctl_log(l->ctl), "cannot read the stored networks: %s", err_text(err));
    } else if (loading.n_ignored > 0) {
        LOG_WARN(ctl_log(l->ctl), "%u stored texts about networks mean nothing and were left out",
                 loading.n_ignored);
    }
    return err;
}

void networks_free_all(struct networks *l)
{
    struct list *it, *next;

    for (size_t id = 0; id <= NETWORK_MAX; id++) {
        if (l->by_id[id]) {
            LIST_FOR_EACH (it, next, &l->by_id[id]->rules) {
                rule_drop(l, LIST_ENTRY(it, struct rule, in_network));
            }
        }
    }
    for (size_t id = 0; id <= NETWORK_MAX; id++) {
        free(l->by_id[id]);
    }
    hmap_fini(&l->by_name);
    hmap_fini(&l->rules);
}
