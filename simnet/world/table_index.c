/* The pool of entries and the tuple-space look-up. */
#include "simnet/world/table_impl.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "simnet/world/prefetch.h"

enum { FIRST_BUCKETS = 4 };

/* 'n' empty buckets, a power of two, instead of those that there are. */
static void set_buckets(struct tuple *tuple, uint32_t n)
{
    tuple->buckets = xreallocarray(tuple->buckets, n, sizeof *tuple->buckets);
    tuple->bucket_mask = n - 1;
    for (uint32_t i = 0; i < n; i++) {
        tuple->buckets[i] = (struct bucket){.head = TABLE_NONE};
    }
}

void table_index_init(struct table *table)
{
    table->free_head = TABLE_NONE;
}

static bool key_is_far(const struct table *table, const struct entry *e)
{
    return table->tuples[e->kind->shape].is_far;
}

void table_index_fini(struct table *table)
{
    for (uint32_t i = 0; i < table->n_slots; i++) {
        struct entry *e = &table->entries[i];

        if (e->kind) {
            if (key_is_far(table, e)) {
                free(e->key.far);
            }
            entry_kind_release(table->params.programs, e->kind);
        }
    }
    for (uint16_t t = 0; t < table->n_tuples; t++) {
        free(table->tuples[t].buckets);
        free(table->tuples[t].shape);
    }
    free(table->entries);
    free(table->tuples);
    free(table->order);
}

const uint8_t *table_index_key(const struct table *table, uint32_t entry)
{
    const struct entry *e = &table->entries[entry];

    return key_is_far(table, e) ? e->key.far : e->key.bytes;
}

static const uint8_t *key_of(const struct tuple *tuple, const struct entry *e)
{
    return tuple->is_far ? e->key.far : e->key.bytes;
}

/* --- Keys ------------------------------------------------------------------------------------ */

/* A packed key: as two words when it is short, as the bytes of shape_pack() otherwise. Short or not, an entry
 * has the bytes, with zeros behind them when they are in line. */
struct key {
    uint64_t lo, hi;
    const uint8_t *bytes;
};

static uint64_t load_le(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

/* What shape_pack() writes; no step depends on how long a field is. A field is read with what is behind it,
 * which in a match is always something. */
static inline void pack_short(const struct tuple *tuple, const struct of_match *from,
                              struct key *key)
{
    const uint8_t *fields = (const uint8_t *)from + offsetof(struct of_match, v);
    unsigned __int128 all = 0;
    unsigned at = 0;

    for (unsigned i = 0; i < tuple->n_fields; i++) {
        unsigned rest = 64U - tuple->fields[i].bits;

        all |= (unsigned __int128)(load_le(fields + tuple->fields[i].offset) << rest >> rest) << at;
        at += tuple->fields[i].bits;
    }
    key->lo = (uint64_t)all & tuple->mask[0];
    key->hi = (uint64_t)(all >> 64) & tuple->mask[1];
}

static uint64_t hash_short(uint64_t lo, uint64_t hi)
{
    return hash_keyed_u64(hi, lo);
}

static uint64_t key_hash(const struct tuple *tuple, const struct key *key)
{
    return tuple->n_fields ? hash_short(key->lo, key->hi)
                           : shape_hash(0, key->bytes, tuple->shape->key_size);
}

static bool key_is_of(const struct tuple *tuple, const struct key *key, const struct entry *e)
{
    if (!tuple->n_fields) {
        return !memcmp(key_of(tuple, e), key->bytes, tuple->shape->key_size);
    }
    return load_le(e->key.bytes) == key->lo && load_le(e->key.bytes + 8) == key->hi;
}

static uint64_t hash_of(const struct table *table, uint32_t entry)
{
    const struct entry *e = &table->entries[entry];
    const struct tuple *tuple = &table->tuples[e->kind->shape];

    return tuple->n_fields ? hash_short(load_le(e->key.bytes), load_le(e->key.bytes + 8))
                           : shape_hash(0, key_of(tuple, e), tuple->shape->key_size);
}

/* --- Tuples ---------------------------------------------------------------------------------- */

static uint16_t tuple_find(const struct table *table, const struct of_match *match)
{
    for (uint16_t i = 0; i < table->n_tuples; i++) {
        if (table->tuples[i].present == match->present &&
            shape_is_of(table->tuples[i].shape, match)) {
            return i;
        }
    }
    return NO_SHAPE;
}

/* Makes the keys of 'tuple' short ones, if its shape has such. */
static void shorten(struct tuple *tuple)
{
    const struct shape *shape = tuple->shape;
    uint8_t mask[INLINE_KEY] = {0};

    _Static_assert(sizeof(struct of_fields) <= UINT8_MAX, "offsets of fields are in a byte");
    if (tuple->is_far || shape->n_fields > SHORT_FIELDS) {
        return;
    }
    for (unsigned i = 0; i < shape->n_fields; i++) {
        if (shape->fields[i].size > 8) {
            return;
        }
        tuple->fields[i].offset = (uint8_t)shape->fields[i].offset;
        tuple->fields[i].bits = (uint8_t)(8 * shape->fields[i].size);
    }
    memcpy(mask, shape->mask, shape->key_size);
    tuple->mask[0] = load_le(mask);
    tuple->mask[1] = load_le(mask + 8);
    tuple->n_fields = shape->n_fields;
}

static uint16_t tuple_add(struct table *table, const struct of_match *match)
{
    uint16_t i = table->n_tuples++;

    assert(i != NO_SHAPE && "tuple_add: too many shapes of matches in one table");
    table->tuples = xreallocarray(table->tuples, table->n_tuples, sizeof *table->tuples);
    table->order = xreallocarray(table->order, table->n_tuples, sizeof *table->order);
    table->tuples[i] = (struct tuple){.present = match->present};
    table->tuples[i].shape = xcalloc(1, sizeof(struct shape));
    shape_init(table->tuples[i].shape, match);
    table->tuples[i].is_far = table->tuples[i].shape->key_size > INLINE_KEY;
    shorten(&table->tuples[i]);
    set_buckets(&table->tuples[i], FIRST_BUCKETS);
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
        /* By an eighth when there are many, because it is these that fill the memory. */
        table->slots_cap = table->slots_cap < 1024 ? table->slots_cap * 2 + 16
                                                   : table->slots_cap + table->slots_cap / 8;
        table->entries = xreallocarray(table->entries, table->slots_cap, sizeof *table->entries);
    }
    return table->n_slots++;
}

/* By the bits of the hash that do not choose the bucket. */
static uint32_t tag_of(uint64_t hash)
{
    return UINT32_C(1) << (hash >> 59);
}

static void chain(struct table *table, struct tuple *tuple, uint32_t entry, uint64_t hash)
{
    struct bucket *b = &tuple->buckets[hash & tuple->bucket_mask];

    table->entries[entry].next = b->head;
    b->head = entry;
    b->tags |= tag_of(hash);
}

static void grow(struct table *table, uint16_t t)
{
    struct tuple *tuple = &table->tuples[t];

    set_buckets(tuple, (tuple->bucket_mask + 1) * 2);
    for (uint32_t i = 0; i < table->n_slots; i++) {
        if (table->entries[i].kind && table->entries[i].kind->shape == t) {
            chain(table, tuple, i, hash_of(table, i));
        }
    }
}

uint32_t table_index_find(const struct table *table, const struct of_match *match,
                          uint16_t priority)
{
    uint16_t t = tuple_find(table, match);
    const struct tuple *tuple;
    const struct bucket *b;
    uint8_t bytes[SHAPE_MAX_KEY];
    struct key key = {.bytes = bytes};
    uint64_t hash;
    uint32_t i;

    if (t == NO_SHAPE) {
        return TABLE_NONE;
    }
    tuple = &table->tuples[t];
    if (tuple->n_fields) {
        pack_short(tuple, match, &key);
    } else {
        shape_pack(tuple->shape, match, bytes);
    }
    hash = key_hash(tuple, &key);
    b = &tuple->buckets[hash & tuple->bucket_mask];
    i = b->tags & tag_of(hash) ? b->head : TABLE_NONE;
    for (; i != TABLE_NONE; i = table->entries[i].next) {
        const struct entry *e = &table->entries[i];

        if (key_is_of(tuple, &key, e) && e->kind->priority == priority) {
            break;
        }
    }
    return i;
}

static const struct entry_kind *kind_of(struct table *table, uint16_t shape,
                                        const struct of_flow_mod *fm)
{
    struct entry_kind like = {.cookie = fm->cookie,
                              .shape = shape,
                              .priority = fm->priority,
                              .idle_timeout_s = fm->idle_timeout_s,
                              .hard_timeout_s = fm->hard_timeout_s,
                              .flags = fm->flags,
                              .importance = fm->importance};

    return entry_kind_get(table->params.programs, &like, &fm->ins);
}

uint32_t table_index_add(struct table *table, const struct of_flow_mod *fm)
{
    uint16_t t = tuple_find(table, &fm->match);
    uint8_t key[SHAPE_MAX_KEY] = {0};
    struct tuple *tuple;
    struct entry *e;
    uint32_t i;

    t = t == NO_SHAPE ? tuple_add(table, &fm->match) : t;
    tuple = &table->tuples[t];
    if (tuple->n_entries > tuple->bucket_mask) {
        grow(table, t);
    }
    shape_pack(tuple->shape, &fm->match, key);
    i = slot_take(table);
    e = &table->entries[i];
    *e = (struct entry){.kind = kind_of(table, t, fm), .idle_at_ns = INT64_MAX};
    if (tuple->is_far) {
        e->key.far = xmemdup(key, tuple->shape->key_size);
    } else {
        memcpy(e->key.bytes, key, INLINE_KEY);
    }
    chain(table, tuple, i, hash_of(table, i));
    table->n_entries++;
    tuple_gain(table, t, fm->priority);
    return i;
}

void table_index_set(struct table *table, uint32_t entry, const struct of_flow_mod *fm)
{
    struct entry *e = &table->entries[entry];
    const struct entry_kind *old = e->kind;

    e->kind = kind_of(table, old->shape, fm);
    entry_kind_release(table->params.programs, old);
}

void table_index_remove(struct table *table, uint32_t entry)
{
    struct entry *e = &table->entries[entry];
    struct tuple *tuple = &table->tuples[e->kind->shape];
    struct bucket *b = &tuple->buckets[hash_of(table, entry) & tuple->bucket_mask];
    uint32_t *link = &b->head;

    while (*link != entry) {
        link = &table->entries[*link].next;
    }
    *link = e->next;
    b->tags = 0;
    for (uint32_t i = b->head; i != TABLE_NONE; i = table->entries[i].next) {
        b->tags |= tag_of(hash_of(table, i));
    }
    if (key_is_far(table, e)) {
        free(e->key.far);
    }
    tuple->n_entries--;
    entry_kind_release(table->params.programs, e->kind);
    e->kind = NULL;
    e->next = table->free_head;
    table->free_head = entry;
}

/* --- Look-up --------------------------------------------------------------------------------- */

/* The best entry of 'tuple' with this key whose priority is above 'floor' (-1: any). */
static inline uint32_t best_with(const struct table *table, const struct tuple *tuple,
                                 const struct key *key, int floor)
{
    uint64_t hash = key_hash(tuple, key);
    const struct bucket *b = &tuple->buckets[hash & tuple->bucket_mask];
    uint32_t best = TABLE_NONE;

    if (!(b->tags & tag_of(hash))) {
        return TABLE_NONE;
    }
    for (uint32_t i = b->head; i != TABLE_NONE; i = table->entries[i].next) {
        const struct entry *e = &table->entries[i];

        if (key_is_of(tuple, key, e) && e->kind->priority > floor) {
            floor = e->kind->priority;
            best = i;
        }
    }
    return best;
}

static uint32_t lookup_long(const struct table *table, const struct tuple *tuple,
                            const struct of_match *pkt, int floor)
{
    uint8_t bytes[SHAPE_MAX_KEY];
    struct key key = {.bytes = bytes};

    shape_pack(tuple->shape, pkt, bytes);
    return best_with(table, tuple, &key, floor);
}

static inline uint32_t lookup_short(const struct table *table, const struct tuple *tuple,
                                    const struct of_match *pkt, int floor)
{
    struct key key = {0};

    pack_short(tuple, pkt, &key);
    return best_with(table, tuple, &key, floor);
}

uint32_t table_lookup(const struct table *table, const struct of_match *pkt)
{
    uint32_t best = TABLE_NONE;
    int priority = -1;

    for (uint16_t o = 0; o < table->n_tuples; o++) {
        const struct tuple *tuple = &table->tuples[table->order[o]];
        uint32_t found;

        if (tuple->max_priority < priority) {
            break;
        }
        if (!tuple->n_entries || (tuple->present & ~pkt->present)) {
            continue;
        }
        found = tuple->n_fields ? lookup_short(table, tuple, pkt, priority)
                                : lookup_long(table, tuple, pkt, priority);
        if (found != TABLE_NONE) {
            best = found;
            priority = table->entries[found].kind->priority;
        }
    }
    return best;
}

/* --- Prefetch -------------------------------------------------------------------------------- */

void table_prefetch(const struct table *table)
{
    prefetch_lines(table, sizeof *table);
}

void table_prefetch_entry(const struct table *table, uint32_t entry)
{
    __builtin_prefetch(&table->entries[entry]);
}

static bool is_of_dst(const struct tuple *tuple)
{
    return tuple->n_fields == 1 && tuple->fields[0].offset == offsetof(struct of_fields, eth_dst) &&
           tuple->mask[0] == (UINT64_C(1) << 48) - 1;
}

void table_prefetch_dst(const struct table *table, struct eth_addr dst)
{
    uint8_t bytes[8] = {0};

    memcpy(bytes, dst.b, sizeof dst.b);
    for (uint16_t t = 0; t < table->n_tuples; t++) {
        const struct tuple *tuple = &table->tuples[t];

        if (is_of_dst(tuple)) {
            __builtin_prefetch(&tuple->buckets[hash_short(load_le(bytes), 0) & tuple->bucket_mask]);
        }
    }
}
