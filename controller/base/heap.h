/* Intrusive binary min-heap with a total order and O(log n) cancel.
 *
 * Elements order by (key, sequence): of equal keys the one inserted first comes first, so two runs
 * fire the same timers in the same order. Every insertion and every move takes a new sequence
 * number. */
#ifndef TAMBO_BASE_HEAP_H
#define TAMBO_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/list.h"

struct heap_node {
    int64_t key;
    uint64_t seq;
    size_t index; /* Position in the array + 1; 0 when not in a heap. */
};

struct heap {
    struct heap_node **nodes;
    size_t n, cap;
    uint64_t next_seq;
};

#define HEAP_ENTRY(ptr, type, member) CONTAINER_OF(ptr, type, member)

void heap_init(struct heap *h);
void heap_fini(struct heap *h);

static inline bool heap_has(const struct heap_node *node)
{
    return node->index != 0;
}

/* Inserts 'node' with 'key', or moves it there when it is already in this heap. */
void heap_set(struct heap *h, struct heap_node *node, int64_t key);

/* Removes 'node'; nothing happens when it is in no heap. */
void heap_remove(struct heap *h, struct heap_node *node);

/* The smallest element, or NULL. */
static inline struct heap_node *heap_min(const struct heap *h)
{
    return h->n ? h->nodes[0] : NULL;
}

#endif
