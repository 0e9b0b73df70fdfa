/* Slots: each value that has been at a place has a number, so that a marking is how many tokens are in
 * each slot. For a place without colours that is the classical place of a Petri net. */
#ifndef TAMBO_MODELS_PETRI_SLOTS_H
#define TAMBO_MODELS_PETRI_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct petri_slot {
    int64_t value;
    uint32_t place;
    uint32_t at; /* In the place's list. */
};

struct petri_place_slots {
    uint32_t *slots;
    size_t n;
};

struct petri_slots {
    struct petri_slot *slot;
    size_t n, cap;   /* Numbers that were given out so far. */
    uint32_t *table; /* Open addressing: number + 1, 0 when empty. */
    size_t n_table, n_used;
    struct petri_place_slots *places;
    size_t n_places;
    uint32_t *unused; /* Numbers that were dropped. */
    size_t n_unused;
};

#define PETRI_NO_SLOT UINT32_MAX

void petri_slots_init(struct petri_slots *slots, size_t n_places);
void petri_slots_fini(struct petri_slots *slots);

uint32_t petri_slot_find(const struct petri_slots *slots, uint32_t place, int64_t value);

/* Makes it when it is not there. */
uint32_t petri_slot_get(struct petri_slots *slots, uint32_t place, int64_t value);

/* Forgets a slot; its number will be given out again. */
void petri_slot_drop(struct petri_slots *slots, uint32_t slot);

#endif
