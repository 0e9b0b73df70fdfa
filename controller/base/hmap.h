/* Intrusive hash map: elements embed a 'struct hmap_node', the caller gives the hash and compares.
 *
 * Chained, grown to keep at most one element per bucket on average, never shrunk. Iteration order
 * depends only on hashes and insertion history, so it is the same on every machine; whatever is
 * visible outside should nevertheless be sorted. */
#ifndef TAMBO_BASE_HMAP_H
#define TAMBO_BASE_HMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/list.h"

struct hmap_node {
    struct hmap_node *next;
    uint64_t hash;
};

struct hmap {
    struct hmap_node **buckets;
    struct hmap_node *one; /* The bucket array of a map that has never grown. */
    size_t mask;           /* Number of buckets − 1. */
    size_t n;              /* Elements. */
};

#define HMAP_ENTRY(ptr, type, member) CONTAINER_OF(ptr, type, member)

void hmap_init(struct hmap *m);

/* Frees the bucket array; the elements belong to the caller. */
void hmap_fini(struct hmap *m);

/* Adds 'node' under 'hash'. Does not look for an equal element. */
void hmap_insert(struct hmap *m, struct hmap_node *node, uint64_t hash);

/* Removes 'node', which must be in the map. */
void hmap_remove(struct hmap *m, struct hmap_node *node);

/* First and following elements whose hash is 'hash', or NULL. */
static inline struct hmap_node *hmap_same(struct hmap_node *node, uint64_t hash)
{
    while (node && node->hash != hash) {
        node = node->next;
    }
    return node;
}

static inline struct hmap_node *hmap_first_with(const struct hmap *m, uint64_t hash)
{
    return hmap_same((m->buckets ? m->buckets : &m->one)[hash & m->mask], hash);
}

static inline struct hmap_node *hmap_next_with(const struct hmap_node *node)
{
    return hmap_same(node->next, node->hash);
}

/* First and next element of the whole map, or NULL. */
struct hmap_node *hmap_first(const struct hmap *m);
struct hmap_node *hmap_next(const struct hmap *m, const struct hmap_node *node);

/* Visits every element; the visited one may be removed and freed. */
#define HMAP_FOR_EACH(it, tmp, m)                                                                  \
    for ((it) = hmap_first(m); (it) && ((tmp) = hmap_next((m), (it)), true); (it) = (tmp))

#endif
