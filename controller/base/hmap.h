/* Intrusive hash map: elements embed a 'struct hmap_node', the caller gives the hash and compares.
 *
 * Open addressing with linear probing in Robin Hood order (Celis 1986): the slots hold the whole
 * hash beside the pointer, so that a look-up reads one or two lines of slots and touches no element
 * but the one it finds. Elements with the same hash hang on one slot. Grown to keep the slots at
 * most two thirds full, never shrunk. Iteration order depends only on hashes and insertion history,
 * so it is the same on every machine; whatever is visible outside should nevertheless be sorted. */
#ifndef TAMBO_BASE_HMAP_H
#define TAMBO_BASE_HMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/list.h"

struct hmap_node {
    struct hmap_node *next; /* With the same hash. */
    uint64_t hash;
};

struct hmap_slot {
    uint64_t hash;
    struct hmap_node *node; /* NULL: empty. */
};

struct hmap {
    struct hmap_slot
        *slots; /* The 2^bits homes and some more, of which the last is always empty. */
    struct hmap_slot one[2]; /* The slots of a map that has never grown. */
    size_t n_used;           /* Slots. */
    size_t n;                /* Elements. */
    unsigned bits;
};

#define HMAP_ENTRY(ptr, type, member) CONTAINER_OF(ptr, type, member)

void hmap_init(struct hmap *m);

/* Frees the slots; the elements belong to the caller. */
void hmap_fini(struct hmap *m);

/* Bytes of the slots that were allocated. */
size_t hmap_slot_bytes(const struct hmap *m);

/* Adds 'node' under 'hash'. Does not look for an equal element. */
void hmap_insert(struct hmap *m, struct hmap_node *node, uint64_t hash);

/* Removes 'node', which must be in the map. */
void hmap_remove(struct hmap *m, struct hmap_node *node);

/* Where the search for 'hash' begins. The multiplication (Knuth 1973, §6.4) forgives hashes that are
 * not well mixed. */
static inline const struct hmap_slot *hmap_home(const struct hmap *m, uint64_t hash)
{
    return &(m->slots ? m->slots
                      : m->one)[(hash * UINT64_C(0x9e3779b97f4a7c15) >> 1) >> (63 - m->bits)];
}

/* First and following elements whose hash is 'hash', or NULL. */
static inline struct hmap_node *hmap_first_with(const struct hmap *m, uint64_t hash)
{
    const struct hmap_slot *slot = hmap_home(m, hash);

    while (slot->node && slot->hash != hash) {
        slot++;
    }
    return slot->node;
}

static inline struct hmap_node *hmap_next_with(const struct hmap_node *node)
{
    return node->next;
}

/* Fetches what a look-up of 'hash' will read into the cache: first the slots; a little later, when these
 * have come, the element there. */
static inline void hmap_prefetch(const struct hmap *m, uint64_t hash)
{
    const struct hmap_slot *slot = hmap_home(m, hash);

    __builtin_prefetch(slot);
    __builtin_prefetch(slot + 3);
}

static inline void hmap_prefetch_node(const struct hmap *m, uint64_t hash)
{
    __builtin_prefetch(hmap_first_with(m, hash));
}

/* First and next element of the whole map, or NULL. */
struct hmap_node *hmap_first(const struct hmap *m);
struct hmap_node *hmap_next(const struct hmap *m, const struct hmap_node *node);

/* Visits every element; the visited one may be removed and freed. */
#define HMAP_FOR_EACH(it, tmp, m)                                                                  \
    for ((it) = hmap_first(m); (it) && ((tmp) = hmap_next((m), (it)), true); (it) = (tmp))

#endif
