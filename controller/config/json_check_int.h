/* What the files of json_check.h share.
 *
 *      json_check.c      documents, and walking through them
 *      json_complain.c   complaints
 *      json_value.c      typed values */
#ifndef TAMBO_CONFIG_JSON_CHECK_INT_H
#define TAMBO_CONFIG_JSON_CHECK_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/base/arena.h"
#include "controller/config/json_check.h"
#include "controller/config/json_index.h"

struct complaint {
    unsigned line, column;
    char *text;
};

struct conf_doc {
    char *name;
    json_t *json;
    struct arena arena; /* The nodes. */
    struct conf_node *root;
    struct complaint *complaints; /* In the order of the text. */
    size_t n_complaints;
};

/* Enters 'text' (taken) at its place; of two at the same position the later one goes behind. */
void conf_add_complaint(struct conf_doc *doc, unsigned line, unsigned column, char *text);

/* 'fmt' printed to fresh memory. */
char *conf_text_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A complaint about the key of 'node' and not about its value. */
void conf_complain_of_key(struct conf_node *node, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "expected X, found Y". Always false, for the getters to return. */
bool conf_expected(struct conf_node *node, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
