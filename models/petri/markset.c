#include "models/petri/markset.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "models/petri/marking.h"
#include "models/petri/net_int.h"

void petri_markset_init(struct petri_markset *set)
{
    *set = (struct petri_markset){.n_table = 1024, .cap = 4096};
    set->table = xcalloc(set->n_table, sizeof *set->table);
    set->tags = xcalloc(set->n_table, 1);
    set->bytes = xcalloc(set->cap, 1);
}

void petri_markset_fini(struct petri_markset *set)
{
    free(set->bytes);
    free(set->begins);
    free(set->table);
    free(set->tags);
}

uint64_t petri_packed_hash(const uint8_t *packed, size_t size)
{
    uint64_t h = size, word;
    size_t i = 0;

    for (; i + 8 <= size; i += 8) {
        memcpy(&word, packed + i, 8);
        h = hash_keyed_u64(h, word);
    }
    word = 0;
    memcpy(&word, packed + i, size - i);
    return hash_u64(hash_keyed_u64(h, word));
}

static uint8_t tag_of(uint64_t hash)
{
    return (uint8_t)(hash >> 56 | 1); /* The low bits are where it is. */
}

const uint8_t *petri_markset_get(const struct petri_markset *set, uint32_t number)
{
    const uint8_t *at = set->bytes + set->begins[number / 8];

    for (uint32_t i = number % 8; i > 0; i--) {
        at += petri_packed_size(at);
    }
    return at;
}

static bool same(const struct petri_markset *set, uint32_t number, const uint8_t *packed,
                 size_t size)
{
    const uint8_t *other = petri_markset_get(set, number);

    return petri_packed_size(other) == size && memcmp(other, packed, size) == 0;
}

/* Where the marking is in the table, or the empty entry where it belongs. */
static size_t probe(const struct petri_markset *set, const uint8_t *packed, size_t size,
                    uint64_t hash)
{
    size_t at = hash & (set->n_table - 1);
    uint8_t tag = tag_of(hash);

    while (set->tags[at] && (set->tags[at] != tag || !same(set, set->table[at], packed, size))) {
        at = (at + 1) & (set->n_table - 1);
    }
    return at;
}

static void enter(struct petri_markset *set, size_t at, uint64_t hash, uint32_t number)
{
    set->tags[at] = tag_of(hash);
    set->table[at] = number;
}

static void grow_table(struct petri_markset *set)
{
    const uint8_t *packed = set->bytes;

    free(set->table);
    free(set->tags);
    set->n_table *= 2;
    set->table = xcalloc(set->n_table, sizeof *set->table);
    set->tags = xcalloc(set->n_table, 1);
    for (uint32_t i = 0; i < set->n; i++) {
        size_t size = petri_packed_size(packed);
        uint64_t hash = petri_packed_hash(packed, size);
        size_t at = hash & (set->n_table - 1);

        while (set->tags[at]) {
            at = (at + 1) & (set->n_table - 1);
        }
        enter(set, at, hash, i);
        packed += size;
    }
}

static void append(struct petri_markset *set, const uint8_t *packed, size_t size)
{
    if (set->used + size > set->cap) {
        set->cap += set->cap / 2 + size;
        set->bytes = xreallocarray(set->bytes, set->cap, 1);
    }
    if (set->n % 8 == 0) {
        set->begins = petri_grow(set->begins, set->n / 8, sizeof *set->begins);
        set->begins[set->n / 8] = set->used;
    }
    memcpy(set->bytes + set->used, packed, size);
    set->used += size;
    set->n++;
}

uint32_t petri_markset_add(struct petri_markset *set, const uint8_t *packed, size_t size,
                           uint64_t hash, bool *is_new)
{
    size_t at = probe(set, packed, size, hash);

    *is_new = !set->tags[at];
    if (!*is_new) {
        return set->table[at];
    }
    enter(set, at, hash, set->n);
    append(set, packed, size);
    if (4 * (size_t)set->n > 3 * set->n_table) {
        grow_table(set);
    }
    return set->n - 1;
}

uint32_t petri_markset_find(const struct petri_markset *set, const uint8_t *packed, size_t size,
                            uint64_t hash)
{
    size_t at = probe(set, packed, size, hash);

    return set->tags[at] ? set->table[at] : UINT32_MAX;
}

size_t petri_markset_memory(const struct petri_markset *set)
{
    return set->used + set->n + set->n_table * 5;
}
