/* The pool of entries and the tuple-space look-up. */
#include "simnet/world/table_impl.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/prefetch.h"

enum { FIRST_BUCKETS = 4, FEW_BUCKETS = 8, MANY_TUPLES = 64 };

_Static_assert(TABLE_MAX_SHAPES < UINT16_MAX, "the number of a shape is in two bytes");

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
    return shape_of(table, e)->key_size > INLINE_KEY;
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
        free(table->shapes[t].shape);
    }
    free(table->entries);
    free(table->tuples);
    free(table->shapes);
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

static inline uint16_t key_size(const struct table *table, const struct tuple *tuple)
{
    return table->shapes[tuple->shape].shape->key_size;
}

/* Packs the values of the tuple's fields in 'from' into 'key', or into 'bytes' of SHAPE_MAX_KEY. */
static inline void pack(const struct table *table, const struct tuple *tuple,
                        const struct of_match *from, struct key *key, uint8_t *bytes)
{
    if (tuple->n_fields) {
        pack_short(tuple, from, key);
    } else {
        shape_pack(table->shapes[tuple->shape].shape, from, bytes);
        key->bytes = bytes;
    }
}

static inline uint64_t key_hash(const struct table *table, const struct tuple *tuple,
                                const struct key *key)
{
    return tuple->n_fields ? hash_short(key->lo, key->hi)
                           : shape_hash(0, key->bytes, key_size(table, tuple));
}

static inline bool key_is_of(const struct table *table, const struct tuple *tuple,
                             const struct key *key, const struct entry *e)
{
    if (!tuple->n_fields) {
        return !memcmp(key_of(tuple, e), key->bytes, key_size(table, tuple));
    }
    return load_le(e->key.bytes) == key->lo && load_le(e->key.bytes + 8) == key->hi;
}

static uint64_t hash_of(const struct table *table, const struct tuple *tuple, uint32_t entry)
{
    const struct entry *e = &table->entries[entry];

    return tuple->n_fields ? hash_short(load_le(e->key.bytes), load_le(e->key.bytes + 8))
                           : shape_hash(0, key_of(tuple, e), key_size(table, tuple));
}

/* Gives a new entry its key. */
static void set_key(const struct table *table, const struct tuple *tuple, const struct key *key,
                    struct entry *e)
{
    uint64_t words[INLINE_KEY / 8] = {htole64(key->lo), htole64(key->hi)};

    if (tuple->n_fields) {
        memcpy(e->key.bytes, words, sizeof words);
    } else if (tuple->is_far) {
        e->key.far = xmemdup(key->bytes, key_size(table, tuple));
    } else {
        memcpy(e->key.bytes, key->bytes, key_size(table, tuple));
    }
}

/* --- Tuples ---------------------------------------------------------------------------------- */

static bool tuple_is_of(const struct table *table, const struct tuple *tuple,
                        const struct of_match *match, const uint8_t *masks)
{
    return tuple->present == match->present && tuple->is_masked == (match->masked != 0) &&
           (!tuple->is_masked || shape_is_of(table->shapes[tuple->shape].shape, match, masks));
}

static struct tuple *tuple_find(const struct table *table, const struct of_match *match)
{
    uint8_t masks[SHAPE_MAX_KEY];

    if (match->masked) {
        shape_masks(match, masks);
    }
    for (uint16_t i = 0; i < table->n_tuples; i++) {
        if (tuple_is_of(table, &table->tuples[i], match, masks)) {
            return &table->tuples[i];
        }
    }
    return NULL;
}

/* Makes the keys of 'tuple' short ones, if its shape has such. */
static void shorten(struct tuple *tuple, const struct shape *shape)
{
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

/* One that no entry is of, when there are so many that it is to be used again; else NULL. */
static struct tuple *tuple_unused(const struct table *table)
{
    for (uint16_t i = 0; table->n_tuples >= MANY_TUPLES && i < table->n_tuples; i++) {
        if (!table->tuples[i].n_entries) {
            return &table->tuples[i];
        }
    }
    return NULL;
}

static struct tuple *tuple_new(struct table *table)
{
    uint16_t i = table->n_tuples++;

    table->tuples = xgrow_lines(table->tuples, i, table->n_tuples, sizeof *table->tuples);
    table->shapes = xreallocarray(table->shapes, table->n_tuples, sizeof *table->shapes);
    table->shapes[i] = (struct shape_slot){xcalloc(1, sizeof(struct shape)), i};
    table->tuples[i] = (struct tuple){.shape = i};
    return &table->tuples[i];
}

static struct tuple *tuple_add(struct table *table, const struct of_match *match)
{
    struct tuple *unused = tuple_unused(table), *tuple = unused ? unused : tuple_new(table);
    struct shape *shape = table->shapes[tuple->shape].shape;

    shape_init(shape, match);
    *tuple = (struct tuple){.present = match->present,
                            .buckets = tuple->buckets,
                            .shape = tuple->shape,
                            .is_masked = match->masked != 0,
                            .is_far = shape->key_size > INLINE_KEY};
    shorten(tuple, shape);
    set_buckets(tuple, FIRST_BUCKETS);
    return tuple;
}

/* True when tuple 'a' is to be searched before tuple 'b'. */
static bool tuple_before(const struct tuple *a, const struct tuple *b)
{
    return a->max_priority != b->max_priority ? a->max_priority > b->max_priority
                                              : a->shape < b->shape;
}

/* Insertion sort: there are few tuples and they are nearly in order. */
static void sort_tuples(struct table *table)
{
    for (uint16_t i = 1; i < table->n_tuples; i++) {
        struct tuple moved = table->tuples[i];
        uint16_t j = i;

        for (; j > 0 && tuple_before(&moved, &table->tuples[j - 1]); j--) {
            table->tuples[j] = table->tuples[j - 1];
        }
        table->tuples[j] = moved;
    }
    for (uint16_t i = 0; i < table->n_tuples; i++) {
        table->shapes[table->tuples[i].shape].tuple = i;
    }
}

/* May move the tuples. */
static void tuple_gain(struct table *table, struct tuple *tuple, uint16_t priority)
{
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
        table->entries =
            xgrow_lines(table->entries, table->n_slots, table->slots_cap, sizeof *table->entries);
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
    tuple->tags |= tag_of(hash);
}

/* The first entry of the chain that may have such a key, or TABLE_NONE. */
static inline uint32_t chain_of(const struct tuple *tuple, uint64_t hash)
{
    const struct bucket *b = &tuple->buckets[hash & tuple->bucket_mask];

    return (tuple->tags & tag_of(hash)) && (b->tags & tag_of(hash)) ? b->head : TABLE_NONE;
}

static void grow(struct table *table, struct tuple *tuple)
{
    set_buckets(tuple, (tuple->bucket_mask + 1) * 2);
    for (uint32_t i = 0; i < table->n_slots; i++) {
        if (table->entries[i].kind && table->entries[i].kind->shape == tuple->shape) {
            chain(table, tuple, i, hash_of(table, tuple, i));
        }
    }
}

/* An entry leaves; of many that stay the tags say little anyway. */
static void tuple_lose(struct tuple *tuple)
{
    if (--tuple->n_entries && tuple->bucket_mask >= FEW_BUCKETS) {
        return;
    }
    tuple->tags = 0;
    for (uint32_t i = 0; tuple->n_entries && i <= tuple->bucket_mask; i++) {
        tuple->tags |= tuple->buckets[i].tags;
    }
}

uint32_t table_index_find(const struct table *table, const struct of_match *match,
                          uint16_t priority)
{
    const struct tuple *tuple = tuple_find(table, match);
    uint8_t bytes[SHAPE_MAX_KEY];
    struct key key = {0};
    uint32_t i;

    if (!tuple) {
        return TABLE_NONE;
    }
    pack(table, tuple, match, &key, bytes);
    i = chain_of(tuple, key_hash(table, tuple, &key));
    for (; i != TABLE_NONE; i = table->entries[i].next) {
        const struct entry *e = &table->entries[i];

        if (key_is_of(table, tuple, &key, e) && e->kind->priority == priority) {
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

bool table_index_has_room(const struct table *table, const struct of_match *match)
{
    return table->n_tuples < TABLE_MAX_SHAPES || tuple_find(table, match) || tuple_unused(table);
}

uint32_t table_index_add(struct table *table, const struct of_flow_mod *fm)
{
    struct tuple *tuple = tuple_find(table, &fm->match);
    uint8_t bytes[SHAPE_MAX_KEY];
    struct key key = {0};
    struct entry *e;
    uint32_t i;

    tuple = tuple ? tuple : tuple_add(table, &fm->match);
    if (tuple->n_entries > tuple->bucket_mask) {
        grow(table, tuple);
    }
    pack(table, tuple, &fm->match, &key, bytes);
    i = slot_take(table);
    e = &table->entries[i];
    *e = (struct entry){.kind = kind_of(table, tuple->shape, fm), .idle_at_ns = INT64_MAX};
    set_key(table, tuple, &key, e);
    chain(table, tuple, i, key_hash(table, tuple, &key));
    table->n_entries++;
    tuple_gain(table, tuple, fm->priority);
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
    struct tuple *tuple = tuple_of(table, e);
    struct bucket *b = &tuple->buckets[hash_of(table, tuple, entry) & tuple->bucket_mask];
    uint32_t *link = &b->head;

    while (*link != entry) {
        link = &table->entries[*link].next;
    }
    *link = e->next;
    b->tags = 0;
    for (uint32_t i = b->head; i != TABLE_NONE; i = table->entries[i].next) {
        b->tags |= tag_of(hash_of(table, tuple, i));
    }
    if (tuple->is_far) {
        free(e->key.far);
    }
    tuple_lose(tuple);
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
    uint32_t best = TABLE_NONE, i = chain_of(tuple, key_hash(table, tuple, key));

    for (; i != TABLE_NONE; i = table->entries[i].next) {
        const struct entry *e = &table->entries[i];

        if (key_is_of(table, tuple, key, e) && e->kind->priority > floor) {
            floor = e->kind->priority;
            best = i;
        }
    }
    return best;
}

uint32_t table_lookup(const struct table *table, const struct of_match *pkt)
{
    uint8_t bytes[SHAPE_MAX_KEY];
    uint32_t best = TABLE_NONE;
    int priority = -1;

    for (uint16_t o = 0; o < table->n_tuples; o++) {
        const struct tuple *tuple = &table->tuples[o];
        struct key key = {0};
        uint32_t found;

        if (tuple->max_priority <= priority) {
            break;
        }
        if (!tuple->tags || (tuple->present & ~pkt->present)) {
            continue;
        }
        pack(table, tuple, pkt, &key, bytes);
        found = best_with(table, tuple, &key, priority);
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

void table_prefetch_dst(const struct table *table, struct eth_addr dst)
{
    struct of_match pkt = {0};

    OF_MATCH_SET(&pkt, ETH_DST, eth_dst, dst);
    OF_MATCH_SET(&pkt, VLAN_VID, vlan_vid, OF_VID_NONE);
    for (uint16_t t = 0; t < table->n_tuples; t++) {
        const struct tuple *tuple = &table->tuples[t];

        if (tuple->n_fields && !(tuple->present & ~pkt.present)) {
            struct key key = {0};

            pack_short(tuple, &pkt, &key);
            __builtin_prefetch(&tuple->buckets[key_hash(table, tuple, &key) & tuple->bucket_mask]);
        }
    }
}
