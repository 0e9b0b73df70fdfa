/* The set of markings that were reached, each with its number (from 0, in the order of coming): their bytes
 * in one block, one after the other, where every eighth begins, and a hash table with open addressing of
 * numbers and one byte of each hash. Beside its own bytes a marking costs 1 byte of positions and 5 bytes
 * of a table that is between 3/8 and 3/4 full: 7 to 13. */
#ifndef TAMBO_MODELS_PETRI_MARKSET_H
#define TAMBO_MODELS_PETRI_MARKSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct petri_markset {
    uint8_t *bytes;
    size_t used, cap;
    uint64_t *begins; /* Of markings 0, 8, 16, ... */
    uint32_t *table;
    uint8_t *tags; /* 0: empty. */
    size_t n_table;
    uint32_t n;
};

void petri_markset_init(struct petri_markset *set);
void petri_markset_fini(struct petri_markset *set);

uint64_t petri_packed_hash(const uint8_t *packed, size_t size);

/* Asks the processor for the part of the table where this hash belongs. */
static inline void petri_markset_prefetch(const struct petri_markset *set, uint64_t hash)
{
    __builtin_prefetch(&set->tags[hash & (set->n_table - 1)]);
    __builtin_prefetch(&set->table[hash & (set->n_table - 1)]);
}

/* The number of the marking with these bytes, entered when "*is_new". */
uint32_t petri_markset_add(struct petri_markset *set, const uint8_t *packed, size_t size,
                           uint64_t hash, bool *is_new);

/* The same without entering; UINT32_MAX when it is not there. */
uint32_t petri_markset_find(const struct petri_markset *set, const uint8_t *packed, size_t size,
                            uint64_t hash);

const uint8_t *petri_markset_get(const struct petri_markset *set, uint32_t number);

/* Bytes of memory in use. */
size_t petri_markset_memory(const struct petri_markset *set);

#endif
