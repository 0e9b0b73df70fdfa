/* See labels.h. */
#include "controller/apps/labels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

static struct label *find(const struct labels *l, dpid_t dpid)
{
    struct hmap_node *it = hmap_first_with(&l->by_dpid, hash_u64(dpid));

    while (it && HMAP_ENTRY(it, struct label, node)->dpid != dpid) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct label, node) : NULL;
}

static bool is_free(const struct labels *l, uint16_t label)
{
    return label >= l->min && label <= l->max && !l->by_label[label];
}

static void give(struct labels *l, dpid_t dpid, uint16_t label)
{
    struct label *entry = xcalloc(1, sizeof(*entry));

    entry->dpid = dpid;
    entry->label = label;
    l->by_label[label] = entry;
    hmap_insert(&l->by_dpid, &entry->node, hash_u64(dpid));
}

static enum err remember(const struct labels *l, dpid_t dpid, uint16_t label)
{
    char key[17], value[6];

    if (!l->store) {
        return ERR_OK;
    }
    snprintf(key, sizeof(key), "%016" PRIx64, dpid);
    snprintf(value, sizeof(value), "%u", label);
    return l->store->put(l->store->aux, l->table, key, value);
}

/* --- Reading the store ------------------------------------------------------------------------ */

struct loading {
    struct labels *labels;
    unsigned n_ignored;
};

/* A whole unsigned number in 'base'. */
static bool parse_number(const char *text, int base, uint64_t *out)
{
    char *end;

    *out = strtoull(text, &end, base);
    return *text != '\0' && *end == '\0';
}

static void load(void *aux, const char *key, const char *value)
{
    struct loading *loading = aux;
    uint64_t dpid, label;

    if (parse_number(key, 16, &dpid) && parse_number(value, 10, &label) && label <= LABEL_MAX &&
        is_free(loading->labels, (uint16_t)label) && !find(loading->labels, dpid)) {
        give(loading->labels, dpid, (uint16_t)label);
    } else {
        loading->n_ignored++;
    }
}

enum err labels_init(struct labels *l, uint16_t min, uint16_t max, const struct store_ops *store,
                     const char *table, unsigned *n_ignored)
{
    struct loading loading = {.labels = l};
    enum err err = ERR_OK;

    *l = (struct labels){.min = min, .max = max, .next = min, .store = store, .table = table};
    hmap_init(&l->by_dpid);
    if (store) {
        err = store->each(store->aux, table, load, &loading);
    }
    *n_ignored = loading.n_ignored;
    return err;
}

void labels_fini(struct labels *l)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &l->by_dpid) {
        free(HMAP_ENTRY(it, struct label, node));
    }
    hmap_fini(&l->by_dpid);
}

uint16_t labels_find(const struct labels *l, dpid_t dpid)
{
    const struct label *entry = find(l, dpid);

    return entry ? entry->label : LABEL_NONE;
}

bool labels_owner(const struct labels *l, uint16_t label, dpid_t *dpid)
{
    if (label > LABEL_MAX || !l->by_label[label]) {
        return false;
    }
    *dpid = l->by_label[label]->dpid;
    return true;
}

enum err labels_get(struct labels *l, dpid_t dpid, uint16_t *label)
{
    *label = labels_find(l, dpid);
    if (*label != LABEL_NONE) {
        return ERR_OK;
    }
    if (l->by_dpid.n > (size_t)(l->max - l->min)) {
        return ERR_FULL;
    }
    while (l->by_label[l->next]) {
        l->next = l->next == l->max ? l->min : (uint16_t)(l->next + 1);
    }
    *label = l->next;
    give(l, dpid, *label);
    return remember(l, dpid, *label);
}

enum err labels_release(struct labels *l, dpid_t dpid)
{
    struct label *entry = find(l, dpid);
    char key[17];

    l->by_label[entry->label] = NULL;
    hmap_remove(&l->by_dpid, &entry->node);
    free(entry);
    snprintf(key, sizeof(key), "%016" PRIx64, dpid);
    return l->store ? l->store->del(l->store->aux, l->table, key) : ERR_OK;
}

void labels_seen(struct labels *l, dpid_t dpid, mono_t now)
{
    struct label *entry = find(l, dpid);

    if (entry) {
        entry->seen_at = now;
    }
}

void labels_seen_all(struct labels *l, mono_t now)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &l->by_dpid) {
        HMAP_ENTRY(it, struct label, node)->seen_at = now;
    }
}

bool labels_adopt(struct labels *l, dpid_t dpid, uint16_t label, enum err *stored)
{
    uint16_t known = labels_find(l, dpid);

    *stored = ERR_OK;
    if (known != LABEL_NONE || !is_free(l, label)) {
        return known == label && label != LABEL_NONE;
    }
    give(l, dpid, label);
    *stored = remember(l, dpid, label);
    return true;
}
