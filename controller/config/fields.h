/* Settings as tables: one row per key says what it is called, what it may be and where it lives in
 * its struct. Reading, comparing and printing all follow the table, so that a key cannot be read and
 * forgotten in the comparison, and the printed defaults are the ones in force. */
#ifndef TAMBO_CONFIG_FIELDS_H
#define TAMBO_CONFIG_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "controller/config/json_check.h"

enum conf_type {
    CONF_BOOL,
    CONF_U16,     /* uint16_t */
    CONF_U32,     /* uint32_t (and unsigned) */
    CONF_SIZE,    /* size_t */
    CONF_SECONDS, /* int64_t nanoseconds; seconds in the file */
    CONF_CHOICE,  /* uint32_t: which of the names of 'choices', up to the first NULL */
};

struct conf_field {
    const char *key;
    enum conf_type type;
    size_t offset;   /* In the struct. */
    double min, max; /* Allowed values, in the file's unit; ignored for CONF_BOOL and CONF_CHOICE. */
    const char *const *choices;
};

/* The row of a member of 'struct owner' whose values are not names. */
#define CONF_ROW(owner, key, type, member, min, max)                                               \
    {                                                                                              \
        key, type, offsetof(struct owner, member), min, max, NULL                                  \
    }

/* Reads each field that is present in 'object' into the struct at 'base'. Complains of what is wrong
 * and, at the end, of keys that are in no row and were not asked for before. */
void conf_fields_read(struct conf_node *object, const struct conf_field *fields, size_t n,
                      void *base);

/* The fields of the struct at 'base' as JSON, into 'object'. */
void conf_fields_write(json_t *object, const struct conf_field *fields, size_t n, const void *base);

/* Calls 'fn' with the key of each field that differs between 'a' and 'b'. */
typedef void conf_changed_fn(void *aux, const char *key);
void conf_fields_compare(const struct conf_field *fields, size_t n, const void *a, const void *b,
                         conf_changed_fn *fn, void *aux);

#endif
