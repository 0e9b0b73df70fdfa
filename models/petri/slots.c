#include "models/petri/slots.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "models/petri/net_int.h"

void petri_slots_init(struct petri_slots *slots, size_t n_places)
{
    *slots = (struct petri_slots){.n_places = n_places, .n_table = 64};
    slots->places = xcalloc(n_places + 1, sizeof *slots->places);
    slots->table = xcalloc(slots->n_table, sizeof *slots->table);
}

void petri_slots_fini(struct petri_slots *slots)
{
    for (size_t i = 0; i < slots->n_places; i++) {
        free(slots->places[i].slots);
    }
    free(slots->places);
    free(slots->slot);
    free(slots->table);
    free(slots->unused);
}

static size_t home_of(const struct petri_slots *slots, uint32_t place, int64_t value)
{
    return (size_t)hash_combine(place, (uint64_t)value) & (slots->n_table - 1);
}

/* Where the slot is in the table, or the empty entry where it belongs. */
static size_t probe(const struct petri_slots *slots, uint32_t place, int64_t value)
{
    size_t at = home_of(slots, place, value);

    while (slots->table[at]) {
        const struct petri_slot *s = &slots->slot[slots->table[at] - 1];

        if (s->place == place && s->value == value) {
            break;
        }
        at = (at + 1) & (slots->n_table - 1);
    }
    return at;
}

uint32_t petri_slot_find(const struct petri_slots *slots, uint32_t place, int64_t value)
{
    return slots->table[probe(slots, place, value)] - 1; /* 0 - 1 is PETRI_NO_SLOT. */
}

static void grow_table(struct petri_slots *slots)
{
    uint32_t *old = slots->table;
    size_t n_old = slots->n_table;

    slots->n_table *= 2;
    slots->table = xcalloc(slots->n_table, sizeof *slots->table);
    for (size_t i = 0; i < n_old; i++) {
        if (old[i]) {
            const struct petri_slot *s = &slots->slot[old[i] - 1];

            slots->table[probe(slots, s->place, s->value)] = old[i];
        }
    }
    free(old);
}

static uint32_t fresh(struct petri_slots *slots)
{
    if (slots->n_unused > 0) {
        return slots->unused[--slots->n_unused];
    }
    if (slots->n == slots->cap) {
        slots->cap = slots->cap ? 2 * slots->cap : 64;
        slots->slot = xreallocarray(slots->slot, slots->cap, sizeof *slots->slot);
    }
    return (uint32_t)slots->n++;
}

uint32_t petri_slot_get(struct petri_slots *slots, uint32_t place, int64_t value)
{
    struct petri_place_slots *list = &slots->places[place];
    size_t at = probe(slots, place, value);
    uint32_t s;

    if (slots->table[at]) {
        return slots->table[at] - 1;
    }
    if (2 * slots->n_used >= slots->n_table) {
        grow_table(slots);
        at = probe(slots, place, value);
    }
    s = fresh(slots);
    slots->slot[s] = (struct petri_slot){value, place, (uint32_t)list->n};
    slots->table[at] = s + 1;
    slots->n_used++;
    list->slots = petri_grow(list->slots, list->n, sizeof *list->slots);
    list->slots[list->n++] = s;
    return s;
}

/* Closes the gap at "hole" (Knuth, volume 3, 6.4, algorithm R). */
static void close_gap(struct petri_slots *slots, size_t hole)
{
    size_t mask = slots->n_table - 1;

    for (size_t at = (hole + 1) & mask; slots->table[at]; at = (at + 1) & mask) {
        const struct petri_slot *s = &slots->slot[slots->table[at] - 1];
        size_t home = home_of(slots, s->place, s->value);

        if (((at - home) & mask) >= ((at - hole) & mask)) {
            slots->table[hole] = slots->table[at];
            hole = at;
        }
    }
    slots->table[hole] = 0;
}

void petri_slot_drop(struct petri_slots *slots, uint32_t slot)
{
    struct petri_slot *s = &slots->slot[slot];
    struct petri_place_slots *list = &slots->places[s->place];
    uint32_t last = list->slots[--list->n];

    close_gap(slots, probe(slots, s->place, s->value));
    list->slots[s->at] = last;
    slots->slot[last].at = s->at;
    slots->n_used--;
    slots->unused = petri_grow(slots->unused, slots->n_unused, sizeof *slots->unused);
    slots->unused[slots->n_unused++] = slot;
}
