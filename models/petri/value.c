#include "models/petri/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

struct petri_blob {
    const void *bytes; /* A text has a NUL behind it. */
    size_t len;
};

const struct petri_type petri_unit = {.name = "UNIT", .kind = PETRI_UNIT};
const struct petri_type petri_bool = {.name = "BOOL", .kind = PETRI_BOOL};
const struct petri_type petri_int = {
    .name = "INT", .kind = PETRI_INT, .lo = INT64_MIN, .hi = INT64_MAX};
const struct petri_type petri_string = {.name = "STRING", .kind = PETRI_STRING};
const struct petri_type petri_real = {.name = "a time", .kind = PETRI_REAL};

/* --- Types -------------------------------------------------------------------------------------- */

bool petri_same_type(const struct petri_type *a, const struct petri_type *b)
{
    if (a == b) {
        return true;
    }
    if (a->kind != b->kind || a->kind == PETRI_ENUM || a->n != b->n) {
        return false;
    }
    for (size_t i = 0; a->kind == PETRI_TUPLE && i < a->n; i++) {
        if (!petri_same_type(a->fields[i], b->fields[i])) {
            return false;
        }
    }
    return true;
}

void petri_type_print(FILE *out, const struct petri_type *type)
{
    if (type->name) {
        fputs(type->name, out);
        return;
    }
    for (size_t i = 0; i < type->n; i++) {
        fputs(i ? ", " : "(", out);
        petri_type_print(out, type->fields[i]);
    }
    fputs(")", out);
}

uint64_t petri_type_size(const struct petri_type *type)
{
    uint64_t range;

    switch (type->kind) {
    case PETRI_UNIT:
        return 1;
    case PETRI_BOOL:
        return 2;
    case PETRI_ENUM:
        return type->n;
    case PETRI_INT:
        range = (uint64_t)type->hi - (uint64_t)type->lo;
        return range < 65536 ? range + 1 : 0;
    case PETRI_STRING:
    case PETRI_TUPLE:
    case PETRI_REAL:
        break;
    }
    return 0;
}

/* --- Store -------------------------------------------------------------------------------------- */

void petri_store_fini(struct petri_store *store)
{
    free(store->blobs);
    free(store->table);
    arena_fini(&store->arena);
    *store = (struct petri_store){0};
}

/* The place in the table of equal bytes, or the empty one where they belong. */
static size_t probe(const struct petri_store *store, const void *bytes, size_t len)
{
    size_t at = (size_t)hash_u64(hash_fnv(HASH_FNV_INIT, bytes, len)) & (store->n_table - 1);

    while (store->table[at]) {
        const struct petri_blob *blob = &store->blobs[store->table[at] - 1];

        if (blob->len == len && memcmp(blob->bytes, bytes, len) == 0) {
            break;
        }
        at = (at + 1) & (store->n_table - 1);
    }
    return at;
}

static void grow_table(struct petri_store *store)
{
    free(store->table);
    store->n_table = store->n_table ? 2 * store->n_table : 64;
    store->table = xcalloc(store->n_table, sizeof *store->table);
    for (size_t i = 0; i < store->n; i++) {
        size_t at = probe(store, store->blobs[i].bytes, store->blobs[i].len);

        store->table[at] = (uint32_t)i + 1;
    }
}

static int64_t intern(struct petri_store *store, const void *bytes, size_t len)
{
    size_t at;
    char *copy;

    if (2 * store->n >= store->n_table) {
        grow_table(store);
    }
    at = probe(store, bytes, len);
    if (store->table[at]) {
        return store->table[at] - 1;
    }
    if (store->n == store->cap) {
        store->cap = store->cap ? 2 * store->cap : 64;
        store->blobs = xreallocarray(store->blobs, store->cap, sizeof *store->blobs);
    }
    copy = arena_alloc(&store->arena, len + 1);
    memcpy(copy, bytes, len);
    store->blobs[store->n] = (struct petri_blob){copy, len};
    store->table[at] = (uint32_t)++store->n;
    return (int64_t)store->n - 1;
}

int64_t petri_text_value(struct petri_store *store, const char *text, size_t len)
{
    return intern(store, text, len);
}

int64_t petri_tuple_value(struct petri_store *store, const int64_t fields[], size_t n)
{
    return intern(store, fields, n * sizeof fields[0]);
}

const char *petri_text(const struct petri_store *store, int64_t value)
{
    return store->blobs[value].bytes;
}

const int64_t *petri_fields(const struct petri_store *store, int64_t value)
{
    return store->blobs[value].bytes;
}

/* --- Values ------------------------------------------------------------------------------------- */

bool petri_value_fits(const struct petri_store *store, const struct petri_type *type, int64_t value)
{
    if (type->kind == PETRI_INT) {
        return value >= type->lo && value <= type->hi;
    }
    for (size_t i = 0; type->kind == PETRI_TUPLE && i < type->n; i++) {
        if (!petri_value_fits(store, type->fields[i], petri_fields(store, value)[i])) {
            return false;
        }
    }
    return true;
}

static void print_tuple(FILE *out, const struct petri_store *store, const struct petri_type *type,
                        const int64_t *fields)
{
    for (size_t i = 0; i < type->n; i++) {
        fputs(i ? ", " : "(", out);
        petri_value_print(out, store, type->fields[i], fields[i]);
    }
    fputs(")", out);
}

void petri_value_print(FILE *out, const struct petri_store *store, const struct petri_type *type,
                       int64_t value)
{
    switch (type->kind) {
    case PETRI_UNIT:
        fputs("()", out);
        break;
    case PETRI_BOOL:
        fputs(value ? "true" : "false", out);
        break;
    case PETRI_INT:
        fprintf(out, "%" PRId64, value);
        break;
    case PETRI_STRING:
        fprintf(out, "'%s'", petri_text(store, value));
        break;
    case PETRI_ENUM:
        fputs(type->names[value], out);
        break;
    case PETRI_TUPLE:
        print_tuple(out, store, type, petri_fields(store, value));
        break;
    case PETRI_REAL:
        break;
    }
}
