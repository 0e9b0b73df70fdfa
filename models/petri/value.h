/* Colour sets and the values of their tokens.
 *
 * A value is one number whose meaning is in its colour set: the integer, the index in an enumeration,
 * 0 or 1, or, for texts and tuples, the name under which the net's store keeps the bytes. Equal values
 * of one colour set are equal numbers, so tokens are compared and hashed as such. */
#ifndef TAMBO_MODELS_PETRI_VALUE_H
#define TAMBO_MODELS_PETRI_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "controller/base/arena.h"

enum petri_kind {
    PETRI_UNIT,   /* One value, (): tokens without colour. */
    PETRI_BOOL,   /* false, true. */
    PETRI_INT,    /* Whole numbers from lo to hi. */
    PETRI_STRING, /* Texts. */
    PETRI_ENUM,   /* One of n names. */
    PETRI_TUPLE,  /* Products, and records: products whose fields have names. */
    PETRI_REAL,   /* Times; no token has it. */
};

struct petri_type {
    const char *name; /* Of the colour set; NULL for a tuple that an expression makes. */
    enum petri_kind kind;
    int64_t lo, hi;                         /* Of an INT. */
    size_t n;                               /* Names of an ENUM, fields of a TUPLE. */
    const char *const *names;               /* Of an ENUM or a record; NULL for a product. */
    const struct petri_type *const *fields; /* Of a TUPLE. */
};

extern const struct petri_type petri_unit, petri_bool, petri_int, petri_string, petri_real;

/* Values of one may stand where the other is expected: enumerations are the same, tuples have the same
 * fields; ranges are not compared. */
bool petri_same_type(const struct petri_type *a, const struct petri_type *b);

/* Writes the type as a reader knows it: its name, or "(INT, STRING)". */
void petri_type_print(FILE *out, const struct petri_type *type);

/* How many values a type has, when "choose" may go through them; 0 when there are too many
 * (more than 65 536) or they cannot be counted. */
uint64_t petri_type_size(const struct petri_type *type);

/* The store of texts and tuples. */
struct petri_store {
    struct petri_blob *blobs;
    size_t n, cap;
    uint32_t *table; /* Open addressing: index + 1, 0 when empty. */
    size_t n_table;  /* A power of two, or 0. */
    struct arena arena;
};

void petri_store_fini(struct petri_store *store);

int64_t petri_text_value(struct petri_store *store, const char *text, size_t len);
int64_t petri_tuple_value(struct petri_store *store, const int64_t fields[], size_t n);

/* Borrowed as long as the store lives. */
const char *petri_text(const struct petri_store *store, int64_t value);
const int64_t *petri_fields(const struct petri_store *store, int64_t value);

/* Whether the integers in "value" are in their ranges. */
bool petri_value_fits(const struct petri_store *store, const struct petri_type *type,
                      int64_t value);

/* Writes the value as an expression. */
void petri_value_print(FILE *out, const struct petri_store *store, const struct petri_type *type,
                       int64_t value);

#endif
