/* Where each value of a JSON text stands: the nodes behind json_check.h. Private to this room. */
#ifndef TAMBO_CONFIG_JSON_INDEX_H
#define TAMBO_CONFIG_JSON_INDEX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "controller/base/arena.h"

struct conf_doc;

/* A key that a getter has asked for. */
struct conf_known {
    const char *key;
    struct conf_known *next;
};

struct conf_node {
    struct conf_doc *doc;
    struct conf_node *parent, *first, *last, *next;
    json_t *value;                 /* Borrowed from the tree. */
    const char *key;               /* In an object; NULL in an array. Borrowed from the tree. */
    size_t index;                  /* In an array. */
    unsigned line, column;         /* Of the value, from 1; columns count characters. */
    unsigned key_line, key_column; /* Of the key's opening quote. */
    bool asked_for;                /* Some getter has looked at it. */
    struct conf_known *known, *last_known; /* Of an object: what has been asked for, in order. */
};

/* The nodes of the tree 'json', which jansson has made of 'text'; the outermost one is returned.
 * They live in 'arena' and borrow from 'json'. */
struct conf_node *json_index(struct conf_doc *doc, json_t *json, const char *text, size_t len,
                             struct arena *arena);

#endif
