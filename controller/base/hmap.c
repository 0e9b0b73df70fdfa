#include "controller/base/hmap.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"

void hmap_init(struct hmap *m)
{
    *m = (struct hmap){0};
}

void hmap_fini(struct hmap *m)
{
    free(m->buckets);
    hmap_init(m);
}

static struct hmap_node **bucket(struct hmap *m, uint64_t hash)
{
    return &(m->buckets ? m->buckets : &m->one)[hash & m->mask];
}

static void grow(struct hmap *m)
{
    struct hmap bigger = {.mask = m->mask * 2 + 1};
    struct hmap_node *node, *next;

    bigger.buckets = xcalloc(bigger.mask + 1, sizeof *bigger.buckets);
    HMAP_FOR_EACH (node, next, m) {
        hmap_insert(&bigger, node, node->hash);
    }
    free(m->buckets);
    *m = bigger;
}

void hmap_insert(struct hmap *m, struct hmap_node *node, uint64_t hash)
{
    struct hmap_node **b;

    if (m->n > m->mask) {
        grow(m);
    }
    b = bucket(m, hash);
    node->hash = hash;
    node->next = *b;
    *b = node;
    m->n++;
}

void hmap_remove(struct hmap *m, struct hmap_node *node)
{
    struct hmap_node **link = bucket(m, node->hash);

    while (*link != node) {
        assert(*link && "hmap_remove: the element is not in the map");
        link = &(*link)->next;
    }
    *link = node->next;
    m->n--;
}

static struct hmap_node *first_from(const struct hmap *m, size_t i)
{
    struct hmap_node *const *buckets = m->buckets ? m->buckets : &m->one;

    for (; i <= m->mask; i++) {
        if (buckets[i]) {
            return buckets[i];
        }
    }
    return NULL;
}

struct hmap_node *hmap_first(const struct hmap *m)
{
    return first_from(m, 0);
}

struct hmap_node *hmap_next(const struct hmap *m, const struct hmap_node *node)
{
    return node->next ? node->next : first_from(m, (node->hash & m->mask) + 1);
}
