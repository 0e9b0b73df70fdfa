#include "simnet/ctlchan/mem_store.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

struct pair {
    char *table, *key, *value;
};

struct mem_store {
    struct store_ops ops;
    struct pair *pairs; /* By table and key, ascending. */
    size_t n;
};

static int order(const struct pair *p, const char *table, const char *key)
{
    int by_table = strcmp(p->table, table);

    return by_table ? by_table : strcmp(p->key, key);
}

/* The first pair that is not before (table, key). */
static size_t find(const struct mem_store *s, const char *table, const char *key)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (order(&s->pairs[middle], table, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void free_pair(struct pair *p)
{
    free(p->table);
    free(p->key);
    free(p->value);
}

static enum err put(void *aux, const char *table, const char *key, const char *value)
{
    struct mem_store *s = aux;
    size_t i = find(s, table, key);

    if (i < s->n && order(&s->pairs[i], table, key) == 0) {
        free(s->pairs[i].value);
    } else {
        s->pairs = xreallocarray(s->pairs, s->n + 1, sizeof *s->pairs);
        memmove(&s->pairs[i + 1], &s->pairs[i], (s->n++ - i) * sizeof *s->pairs);
        s->pairs[i] = (struct pair){xstrdup(table), xstrdup(key), NULL};
    }
    s->pairs[i].value = xstrdup(value);
    return ERR_OK;
}

static enum err del(void *aux, const char *table, const char *key)
{
    struct mem_store *s = aux;
    size_t i = find(s, table, key);

    if (i == s->n || order(&s->pairs[i], table, key) != 0) {
        return ERR_NOTFOUND;
    }
    free_pair(&s->pairs[i]);
    s->n--;
    memmove(&s->pairs[i], &s->pairs[i + 1], (s->n - i) * sizeof *s->pairs);
    return ERR_OK;
}

static enum err each(void *aux, const char *table, store_each_fn *fn, void *fn_aux)
{
    const struct mem_store *s = aux;

    for (size_t i = find(s, table, ""); i < s->n && strcmp(s->pairs[i].table, table) == 0; i++) {
        fn(fn_aux, s->pairs[i].key, s->pairs[i].value);
    }
    return ERR_OK;
}

static enum err tables(void *aux, store_table_fn *fn, void *fn_aux)
{
    const struct mem_store *s = aux;

    for (size_t i = 0; i < s->n; i++) {
        if (i == 0 || strcmp(s->pairs[i].table, s->pairs[i - 1].table) != 0) {
            fn(fn_aux, s->pairs[i].table);
        }
    }
    return ERR_OK;
}

struct mem_store *mem_store_new(void)
{
    struct mem_store *s = xcalloc(1, sizeof *s);

    s->ops = (struct store_ops){.aux = s, .put = put, .del = del, .each = each, .tables = tables};
    return s;
}

void mem_store_free(struct mem_store *s)
{
    if (s) {
        for (size_t i = 0; i < s->n; i++) {
            free_pair(&s->pairs[i]);
        }
        free(s->pairs);
        free(s);
    }
}

const struct store_ops *mem_store_ops(const struct mem_store *s)
{
    return &s->ops;
}

size_t mem_store_size(const struct mem_store *s)
{
    return s->n;
}
