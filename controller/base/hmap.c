#include "controller/base/hmap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

#define FIRST_BITS 3

/* Behind the last home. At two thirds full not one table in a hundred thousand needs as many (the tail of a
 * queue with that load); it grows before its time then. */
#define MAX_SPILL ((size_t)16)

void hmap_init(struct hmap *m)
{
    *m = (struct hmap){0};
}

void hmap_fini(struct hmap *m)
{
    free(m->slots);
    hmap_init(m);
}

static struct hmap_slot *slots_of(struct hmap *m)
{
    return m->slots ? m->slots : m->one;
}

static size_t home(const struct hmap *m, uint64_t hash)
{
    return (size_t)(hmap_home(m, hash) - (m->slots ? m->slots : m->one));
}

/* All slots, the empty one at the end included. What spills over the last home goes behind it, so that
 * nothing ever wraps around: clusters stay in the order of their homes, and an element that is removed
 * during a walk pulls nothing past the place that the walk has reached. */
static size_t n_slots(unsigned bits)
{
    size_t homes = (size_t)1 << bits;

    return homes + (homes < MAX_SPILL ? homes : MAX_SPILL);
}

size_t hmap_slot_bytes(const struct hmap *m)
{
    return m->slots ? n_slots(m->bits) * sizeof *m->slots : 0;
}

/* The slot with 'hash', or the empty one where the search ended. */
static struct hmap_slot *find(struct hmap *m, uint64_t hash)
{
    struct hmap_slot *slot = slots_of(m) + home(m, hash);

    while (slot->node && slot->hash != hash) {
        slot++;
    }
    return slot;
}

/* Puts a slot of a hash that is not in the map at its place. False when there is none left before the
 * empty slot at the end. */
static bool place(struct hmap *m, struct hmap_slot new)
{
    struct hmap_slot *slots = slots_of(m);
    size_t at = home(m, new.hash), own = at, end;

    while (slots[at].node && home(m, slots[at].hash) <= own) {
        at++;
    }
    for (end = at; slots[end].node; end++) {
    }
    if (end + 1 == n_slots(m->bits)) {
        return false;
    }
    memmove(&slots[at + 1], &slots[at], (end - at) * sizeof *slots);
    slots[at] = new;
    m->n_used++;
    return true;
}

/* Fills 'to', which is empty, with the slots of 'from'. */
static bool refill(struct hmap *to, struct hmap *from)
{
    const struct hmap_slot *slots = slots_of(from);

    for (size_t i = 0; i < n_slots(from->bits); i++) {
        if (slots[i].node && !place(to, slots[i])) {
            return false;
        }
    }
    return true;
}

static void grow(struct hmap *m)
{
    struct hmap bigger = {.n = m->n, .bits = m->bits ? m->bits : FIRST_BITS - 1};

    do {
        free(bigger.slots);
        bigger.n_used = 0;
        bigger.bits++;
        bigger.slots = xcalloc_lines(n_slots(bigger.bits), sizeof *bigger.slots);
    } while (!refill(&bigger, m));
    free(m->slots);
    *m = bigger;
}

static bool is_full(const struct hmap *m)
{
    return m->slots ? (m->n_used + 1) * 3 > (size_t)2 << m->bits : m->n_used == 1;
}

void hmap_insert(struct hmap *m, struct hmap_node *node, uint64_t hash)
{
    struct hmap_slot *slot = find(m, hash);

    node->hash = hash;
    node->next = slot->node;
    m->n++;
    if (slot->node) {
        slot->node = node;
        return;
    }
    if (is_full(m)) {
        grow(m);
    }
    while (!place(m, (struct hmap_slot){hash, node})) {
        grow(m);
    }
}

/* Empties a slot: what follows in its cluster and is not at home moves one place forward. */
static void vacate(struct hmap *m, struct hmap_slot *slot)
{
    const struct hmap_slot *slots = slots_of(m);

    for (; slot[1].node && home(m, slot[1].hash) < (size_t)(slot + 1 - slots); slot++) {
        slot[0] = slot[1];
    }
    slot->node = NULL;
    m->n_used--;
}

void hmap_remove(struct hmap *m, struct hmap_node *node)
{
    struct hmap_slot *slot = find(m, node->hash);
    struct hmap_node **link = &slot->node;

    while (*link != node) {
        assert(*link && "hmap_remove: the element is not in the map");
        link = &(*link)->next;
    }
    *link = node->next;
    m->n--;
    if (!slot->node) {
        vacate(m, slot);
    }
}

static struct hmap_node *first_from(const struct hmap *m, size_t i)
{
    const struct hmap_slot *slots = m->slots ? m->slots : m->one;

    for (; i < n_slots(m->bits); i++) {
        if (slots[i].node) {
            return slots[i].node;
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
    const struct hmap_slot *slot = hmap_home(m, node->hash);

    if (node->next) {
        return node->next;
    }
    while (slot->hash != node->hash) {
        slot++;
    }
    return first_from(m, (size_t)(slot - (m->slots ? m->slots : m->one)) + 1);
}
