/* Reading JSON and walking through it. See json_check.h; json_index.c finds the positions. */
#include "controller/config/json_check.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/config/json_check_int.h"
#include "controller/config/json_index.h"

/* --- Documents -------------------------------------------------------------------------------- */

static struct conf_doc *doc_new(const char *name)
{
    struct conf_doc *doc = xcalloc(1, sizeof *doc);

    doc->name = xstrdup(name);
    return doc;
}

static void parse(struct conf_doc *doc, const char *text, size_t len)
{
    json_error_t error;
    struct conf_node *root;

    doc->json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!doc->json) {
        unsigned line = error.line > 0 ? (unsigned)error.line : 1;
        unsigned column = error.column > 0 ? (unsigned)error.column : 1;

        conf_add_complaint(
            doc, line, column,
            conf_text_of("%s:%u:%u: not JSON: %s", doc->name, line, column, error.text));
        return;
    }
    root = json_index(doc, doc->json, text, len, &doc->arena);
    if (conf_as_object(root)) {
        doc->root = root;
    }
}

struct conf_doc *conf_doc_parse(const char *name, const char *text, size_t len)
{
    struct conf_doc *doc = doc_new(name);

    parse(doc, text, len);
    return doc;
}

/* Everything in 'file'; NULL with errno set when it cannot be read. */
static char *slurp(FILE *file, size_t *len)
{
    char *text = NULL;
    size_t n, cap = 0;

    *len = 0;
    do {
        cap += 65536;
        text = xreallocarray(text, cap, 1);
        n = fread(text + *len, 1, cap - *len, file);
        *len += n;
    } while (n > 0);
    if (ferror(file)) {
        free(text);
        return NULL;
    }
    return text;
}

struct conf_doc *conf_doc_read(const char *path)
{
    struct conf_doc *doc = doc_new(path);
    FILE *file = fopen(path, "r");
    size_t len;
    char *text = file ? slurp(file, &len) : NULL;

    if (text) {
        parse(doc, text, len);
    } else {
        conf_add_complaint(doc, 0, 0,
                           conf_text_of("%s: cannot be read: %s", path, strerror(errno)));
    }
    free(text);
    if (file) {
        fclose(file);
    }
    return doc;
}

void conf_doc_free(struct conf_doc *doc)
{
    if (!doc) {
        return;
    }
    for (size_t i = 0; i < doc->n_complaints; i++) {
        free(doc->complaints[i].text);
    }
    free(doc->complaints);
    arena_fini(&doc->arena);
    json_decref(doc->json);
    free(doc->name);
    free(doc);
}

struct conf_node *conf_doc_root(struct conf_doc *doc)
{
    return doc->root;
}

const json_t *conf_doc_json(const struct conf_doc *doc)
{
    return doc->json;
}

size_t conf_doc_n_complaints(const struct conf_doc *doc)
{
    return doc->n_complaints;
}

const char *conf_doc_complaint(const struct conf_doc *doc, size_t i)
{
    assert(i < doc->n_complaints && "there are not so many complaints");
    return doc->complaints[i].text;
}

void conf_doc_print(const struct conf_doc *doc, FILE *out)
{
    for (size_t i = 0; i < doc->n_complaints; i++) {
        fprintf(out, "%s\n", doc->complaints[i].text);
    }
}

/* --- Walking ---------------------------------------------------------------------------------- */

/* Notes that 'key' has a meaning in 'object', for the list that conf_done() gives. */
static void note_known(struct conf_node *object, const char *key)
{
    struct conf_known *known;

    for (known = object->known; known; known = known->next) {
        if (strcmp(known->key, key) == 0) {
            return;
        }
    }
    known = arena_alloc(&object->doc->arena, sizeof *known);
    known->key = key;
    if (object->last_known) {
        object->last_known->next = known;
    } else {
        object->known = known;
    }
    object->last_known = known;
}

struct conf_node *conf_get(struct conf_node *object, const char *key)
{
    if (!object) {
        return NULL;
    }
    assert(json_is_object(object->value) && "keys belong to objects");
    note_known(object, key);
    for (struct conf_node *n = object->first; n; n = n->next) {
        if (strcmp(n->key, key) == 0) {
            n->asked_for = true;
            return n;
        }
    }
    return NULL;
}

struct conf_node *conf_need(struct conf_node *object, const char *key, const char *what)
{
    struct conf_node *node = conf_get(object, key);

    if (object && !node) {
        conf_complain(object, "missing key \"%s\"; expected %s", key, what);
    }
    return node;
}

struct conf_node *conf_object(struct conf_node *object, const char *key)
{
    struct conf_node *node = conf_get(object, key);

    return conf_as_object(node) ? node : NULL;
}

struct conf_node *conf_array(struct conf_node *object, const char *key)
{
    struct conf_node *node = conf_get(object, key);

    if (!node || json_is_array(node->value)) {
        return node;
    }
    conf_expected(node, "an array");
    return NULL;
}

struct conf_node *conf_first(struct conf_node *parent)
{
    return parent ? parent->first : NULL;
}

struct conf_node *conf_next(struct conf_node *node)
{
    return node->next;
}

size_t conf_size(const struct conf_node *parent)
{
    size_t n = 0;

    for (const struct conf_node *c = parent ? parent->first : NULL; c; c = c->next) {
        n++;
    }
    return n;
}

const char *conf_key(struct conf_node *node)
{
    node->asked_for = true;
    return node->key;
}

/* "a, b, c" of what was asked for. Fresh memory. */
static char *known_list(const struct conf_node *object)
{
    char *list = xstrdup("");

    for (const struct conf_known *k = object->known; k; k = k->next) {
        char *longer = conf_text_of("%s%s%s", list, *list ? ", " : "", k->key);

        free(list);
        list = longer;
    }
    return list;
}

void conf_done(struct conf_node *object)
{
    for (struct conf_node *n = conf_first(object); n; n = n->next) {
        if (!n->asked_for) {
            char *list = known_list(object);

            conf_complain_of_key(n, "unknown key; expected one of %s", list);
            free(list);
        }
    }
}
