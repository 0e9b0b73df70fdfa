/* The pool of entries and the tuple-space look-up. */
#include "simnet/world/table_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

enum { FIRST_BUCKETS = 16 };

/* 'n' empty buckets, a power of two, instead of those that there are. */
static void set_buckets(struct table *table, uint32_t n)
{
    table->buckets = xreallocarray(table->buckets, n, sizeof *table->buckets);
    table->bucket_mask = n - 1;
    for (uint32_t i = 0; i < n; i++) {
        table->buckets[i] = (struct bucket){.head = TABLE_NONE};
    }
}

void table_index_init(struct table *table)
{
    table->free_head = TABLE_NONE;
    set_buckets(table, FIRST_BUCKETS);
}

static bool key_is_far(const struct table *table, const struct entry *e)
{
    return table->tuples[e->shape].shape.key_size > INLINE_KEY;
}

void table_index_fini(struct table *table)
{
    for (uint32_t i = 0; i < table->n_slots; i++) {
        struct entry *e = &table->entries[i];

        if (e->shape != FREE_SHAPE) {
            program_release(table->params.programs, e->program);
            if (key_is_far(table, e)) {
                free(e->key.far);
            }
        }
    }
    free(table->entries);
    free(table->buckets);
    free(table->tuples);
    free(table->order);
}

const uint8_t *table_index_key(const struct table *table, uint32_t entry)
{
    const struct entry *e = &table->entries[entry];

    return key_is_far(table, e) ? e->key.far : e->key.bytes;
}

static uint64_t key_hash(const struct tuple *tuple, const uint8_t *key)
{
    return shape_hash(tuple->seed, key, tuple->shape.key_size);
}

/* --- Tuples ---------------------------------------------------------------------------------- */

static uint16_t tuple_find(const struct table *table, const struct of_match *match)
{
    for (uint16_t i = 0; i < table->n_tuples; i++) {
        if (shape_is_of(&table->tuples[i].shape, match)) {
            return i;
        }
    }
    return FREE_SHAPE;
}

static uint16_t tuple_add(struct table *table, const struct of_match *match)
{
    uint16_t i = table->n_tuples++;

    assert(i != FREE_SHAPE && "tuple_add: too many shapes of matches in one table");
    table->tuples = xreallocarray(table->tuples, table->n_tuples, sizeof *table->tuples);
    table->order = xreallocarray(table->order, table->n_tuples, sizeof *table->order);
    table->tuples[i] = (struct tuple){.seed = hash_u64((uint64_t)i + 1)};
    shape_init(&table->tuples[i].shape, match);
    table->order[i] = i;
    return i;
}

/* True when tuple 'a' is to be searched before tuple 'b'. */
static bool tuple_before(const struct table *table, uint16_t a, uint16_t b)
{
    uint16_t pa = table->tuples[a].max_priority, pb = table->tuples[b].max_priority;

    return pa != pb ? pa > pb : a < b;
}

/* Insertion sort: there are few tuples and they are nearly in order. */
static void sort_tuples(struct table *table)
{
    for (uint16_t i = 1; i < table->n_tuples; i++) {
        uint16_t moved = table->order[i], j = i;

        for (; j > 0 && tuple_before(table, moved, table->order[j - 1]); j--) {
            table->order[j] = table->order[j - 1];
        }
        table->order[j] = moved;
    }
}

static void tuple_gain(struct table *table, uint16_t i, uint16_t priority)
{
    struct tuple *tuple = &table->tuples[i];

    if (tuple->n_entries++ == 0 || priority > tuple->max_priority) {
        tuple->max_priority = priority;
        sort_tuples(table);
    }
}

/* --- Entries --------------------------------------------------------------------------------- */

static uint32_t slot_take(struct table *table)
{
    uint32_t i = table->free_head;

    if (i != TABLE_NONE) {
        table->free_head = table->entries[i].next;
        return i;
    }
    if (table->n_slots == table->slots_cap) {
        table->slots_cap = table->slots_cap ? table->slots_cap * 2 : 16;
        table->entries = xreallocarray(table->entries, table->slots_cap, sizeof *table->entries);
    }
    return table->n_slots++;
}

/* By the bits of the hash that do not choose the bucket. */
static uint32_t tag_of(uint64_t hash)
{
    return UINT32_C(1) << (hash >> 59);
}

static uint64_t hash_of(const struct table *table, uint32_t entry)
{
    return key_hash(&table->tuples[table->entries[entry].shape], table_index_key(table, entry));
}

static void chain(struct table *table, uint32_t entry, uint64_t hash)
{
    struct bucket *b = &table->buckets[hash & table->bucket_mask];

    table->entries[entry].next = b->head;
    b->head = entry;
    b->tags |= tag_of(hash);
}

static void grow(struct table *table)
{
    set_buckets(table, (table->bucket_mask + 1) * 2);
    for (uint32_t i = 0; i < table->n_slots; i++) {
        if (table->entries[i].shape != FREE_SHAPE) {
            chain(table, i, hash_of(table, i));
        }
    }
}

uint32_t table_index_find(const struct table *table, const struct of_match *match,
                          uint16_t priority)
{
    uint16_t t = tuple_find(table, match);
    uint8_t key[SHAPE_MAX_KEY];
    uint32_t i;

    if (t == FREE_SHAPE) {
        return TABLE_NONE;
    }
    shape_pack(&table->tuples[t].shape, match, key);
    i = table->buckets[key_hash(&table->tuples[t], key) & table->bucket_mask].head;
    for (; i != TABLE_NONE; i = table->entries[i].next) {
        const struct entry *e = &table->entries[i];

        if (e->shape == t && e->priority == priority &&
            memcmp(table_index_key(table, i), key, table->tuples[t].shape.key_size) == 0) {
            break;
        }
    }
    return i;
}

uint32_t table_index_add(struct table *table, const struct of_match *match, uint16_t priority)
{
    uint16_t t = tuple_find(table, match);
    uint8_t key[SHAPE_MAX_KEY];
    uint32_t i;
    struct entry *e;

    if (t == FREE_SHAPE) {
        t = tuple_add(table, match);
    }
    if (table->n_entries > table->bucket_mask) {
        grow(table);
    }
    shape_pack(&table->tuples[t].shape, match, key);
    i = slot_take(table);
    e = &table->entries[i];
    *e = (struct entry){.shape = t, .priority = priority, .idle_at_ns = INT64_MAX};
    if (key_is_far(table, e)) {
        e->key.far = xmemdup(key, table->tuples[t].shape.key_size);
    } else {
        memcpy(e->key.bytes, key, table->tuples[t].shape.key_size);
    }
    chain(table, i, key_hash(&table->tuples[t], key));
    table->n_entries++;
    tuple_gain(table, t, priority);
    return i;
}

void table_index_remove(struct table *table, uint32_t entry)
{
    struct entry *e = &table->entries[entry];
    struct bucket *b = &table->buckets[hash_of(table, entry) & table->bucket_mask];
    uint32_t *link = &b->head;

    while (*link != entry) {
        link = &table->entries[*link].next;
    }
    *link = e->next;
    b->tags = 0;
    for (uint32_t i = b->head; i != TABLE_NONE; i = table->entries[i].next) {
        b->tags |= tag_of(hash_of(table, i));
    }
    program_release(table->params.programs, e->program);
    if (key_is_far(table, e)) {
        free(e->key.far);
    }
    table->tuples[e->shape].n_entries--;
    e->shape = FREE_SHAPE;
    e->next = table->free_head;
    table->free_head = entry;
}

/* --- Look-up --------------------------------------------------------------------------------- */

/* The best entry of tuple 't' for 'pkt' whose priority is above 'floor' (-1: any). */
static uint32_t tuple_lookup(const struct table *table, uint16_t t, const struct of_match *pkt,
                             int floor)
{
    const struct tuple *tuple = &table->tuples[t];
    uint8_t key[SHAPE_MAX_KEY];
    uint32_t best = TABLE_NONE;
    const struct bucket *b;
    uint64_t hash;

    shape_pack(&tuple->shape, pkt, key);
    hash = key_hash(tuple, key);
    b = &table->buckets[hash & table->bucket_mask];
    if (!(b->tags & tag_of(hash))) {
        return TABLE_NONE;
    }
    for (uint32_t i = b->head; i != TABLE_NONE; i = table->entries[i].next) {
        const struct entry *e = &table->entries[i];

        if (e->shape == t && e->priority > floor &&
            memcmp(table_index_key(table, i), key, tuple->shape.key_size) == 0) {
            floor = e->priority;
            best = i;
        }
    }
    return best;
}

uint32_t table_lookup(const struct table *table, const struct of_match *pkt)
{
    uint32_t best = TABLE_NONE;
    int priority = -1;

    for (uint16_t o = 0; o < table->n_tuples; o++) {
        uint16_t t = table->order[o];
        const struct tuple *tuple = &table->tuples[t];
        uint32_t found;

        if (tuple->max_priority < priority) {
            break;
        }
        if (!tuple->n_entries || !shape_applies(&tuple->shape, pkt)) {
            continue;
        }
        found = tuple_lookup(table, t, pkt, priority);
        if (found != TABLE_NONE) {
            best = found;
            priority = table->entries[found].priority;
        }
    }
    return best;
}
