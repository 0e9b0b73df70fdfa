/* Reading JSON with positions and complaints. See json_check.h; json_index.c finds the positions. */
#include "controller/config/json_check.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/mono.h"
#include "controller/config/json_index.h"

/* The most that is shown of a value that is wrong. */
#define SHOWN_LEN 40

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

/* --- Complaints ------------------------------------------------------------------------------- */

/* Enters 'text' (taken) at its place; of two at the same position the later one goes behind. */
static void add_complaint(struct conf_doc *doc, unsigned line, unsigned column, char *text)
{
    size_t at = doc->n_complaints;

    while (at > 0 &&
           (doc->complaints[at - 1].line > line ||
            (doc->complaints[at - 1].line == line && doc->complaints[at - 1].column > column))) {
        at--;
    }
    doc->complaints =
        xreallocarray(doc->complaints, doc->n_complaints + 1, sizeof *doc->complaints);
    memmove(&doc->complaints[at + 1], &doc->complaints[at],
            (doc->n_complaints - at) * sizeof *doc->complaints);
    doc->complaints[at] = (struct complaint){line, column, text};
    doc->n_complaints++;
}

/* 'fmt' printed to fresh memory. */
static char *vtext(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

static char *vtext(const char *fmt, va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, fmt, args) < 0) {
        abort(); /* Out of memory, as in controller/base/alloc.h. */
    }
    return text;
}

static char *text_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static char *text_of(const char *fmt, ...)
{
    va_list args;
    char *text;

    va_start(args, fmt);
    text = vtext(fmt, args);
    va_end(args);
    return text;
}

/* "apps.clustering.hold_s", "listen[1]"; "the whole document" for the root. Fresh memory. */
static char *path_of(const struct conf_node *node)
{
    char *above, *path;

    if (!node->parent) {
        return xstrdup("the whole document");
    }
    if (!node->parent->parent) {
        assert(node->key && "the root is an object");
        return xstrdup(node->key);
    }
    above = path_of(node->parent);
    path = node->key ? text_of("%s.%s", above, node->key) : text_of("%s[%zu]", above, node->index);
    free(above);
    return path;
}

static void complain_at(struct conf_node *node, unsigned line, unsigned column, const char *fmt,
                        va_list args) __attribute__((format(printf, 4, 0)));

static void complain_at(struct conf_node *node, unsigned line, unsigned column, const char *fmt,
                        va_list args)
{
    char *path = path_of(node);
    char *what = vtext(fmt, args);

    add_complaint(node->doc, line, column,
                  text_of("%s:%u:%u: %s: %s", node->doc->name, line, column, path, what));
    free(path);
    free(what);
}

void conf_complain(struct conf_node *node, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    complain_at(node, node->line, node->column, fmt, args);
    va_end(args);
}

/* A complaint about the key of 'node' and not about its value. */
static void complain_of_key(struct conf_node *node, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void complain_of_key(struct conf_node *node, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    complain_at(node, node->key_line, node->key_column, fmt, args);
    va_end(args);
}

/* What stands there, short enough for one line. Fresh memory. */
static char *shown(const json_t *value)
{
    char *dump, *text;

    if (json_is_object(value)) {
        return xstrdup("an object");
    }
    if (json_is_array(value)) {
        return xstrdup("an array");
    }
    dump = json_dumps(value, JSON_ENCODE_ANY);
    text = text_of("%.*s%s", SHOWN_LEN, dump, strlen(dump) > SHOWN_LEN ? "…" : "");
    free(dump);
    return text;
}

/* "expected X, found Y". Always false, for the getters to return. */
static bool expected(struct conf_node *node, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static bool expected(struct conf_node *node, const char *fmt, ...)
{
    char *what, *found = shown(node->value);
    va_list args;

    va_start(args, fmt);
    what = vtext(fmt, args);
    va_end(args);
    conf_complain(node, "expected %s, found %s", what, found);
    free(what);
    free(found);
    return false;
}

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

        add_complaint(doc, line, column,
                      text_of("%s:%u:%u: not JSON: %s", doc->name, line, column, error.text));
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
        add_complaint(doc, 0, 0, text_of("%s: cannot be read: %s", path, strerror(errno)));
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
    expected(node, "an array");
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
        char *longer = text_of("%s%s%s", list, *list ? ", " : "", k->key);

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

            complain_of_key(n, "unknown key; expected one of %s", list);
            free(list);
        }
    }
}

/* --- Typed values ----------------------------------------------------------------------------- */

bool conf_as_bool(struct conf_node *node, bool *out)
{
    if (!node) {
        return false;
    }
    if (!json_is_boolean(node->value)) {
        return expected(node, "true or false");
    }
    *out = json_is_true(node->value);
    return true;
}

bool conf_as_int(struct conf_node *node, int64_t min, int64_t max, int64_t *out)
{
    json_int_t value;

    if (!node) {
        return false;
    }
    value = json_integer_value(node->value);
    if (!json_is_integer(node->value) || value < min || value > max) {
        return expected(node, "a whole number from %lld to %lld", (long long)min, (long long)max);
    }
    *out = value;
    return true;
}

bool conf_as_real(struct conf_node *node, double min, double max, double *out)
{
    double value;

    if (!node) {
        return false;
    }
    value = json_number_value(node->value);
    if (!json_is_number(node->value) || !(value >= min && value <= max)) {
        return expected(node, "a number from %.10g to %.10g", min, max);
    }
    *out = value;
    return true;
}

bool conf_as_text(struct conf_node *node, const char **out)
{
    if (!node) {
        return false;
    }
    if (!json_is_string(node->value) || !json_string_length(node->value)) {
        return expected(node, "a text that is not empty");
    }
    *out = json_string_value(node->value);
    return true;
}

bool conf_as_object(struct conf_node *node)
{
    return node && (json_is_object(node->value) || expected(node, "an object"));
}

bool conf_is_object(const struct conf_node *node)
{
    return json_is_object(node->value);
}

bool conf_is_text(const struct conf_node *node)
{
    return json_is_string(node->value);
}

/* "\"a\", \"b\"". Fresh memory. */
static char *choice_list(const char *const names[], size_t n)
{
    char *list = xstrdup("");

    for (size_t i = 0; i < n; i++) {
        char *longer = text_of("%s%s\"%s\"", list, i ? ", " : "", names[i]);

        free(list);
        list = longer;
    }
    return list;
}

bool conf_as_choice(struct conf_node *node, const char *const names[], size_t n, unsigned *out)
{
    const char *value = node ? json_string_value(node->value) : NULL;
    char *list;

    if (!node) {
        return false;
    }
    for (size_t i = 0; value && i < n; i++) {
        if (strcmp(value, names[i]) == 0) {
            *out = (unsigned)i;
            return true;
        }
    }
    list = choice_list(names, n);
    expected(node, "one of %s", list);
    free(list);
    return false;
}

bool conf_bool(struct conf_node *object, const char *key, bool *out)
{
    return conf_as_bool(conf_get(object, key), out);
}

bool conf_int(struct conf_node *object, const char *key, int64_t min, int64_t max, int64_t *out)
{
    return conf_as_int(conf_get(object, key), min, max, out);
}

bool conf_u32(struct conf_node *object, const char *key, uint32_t min, uint32_t max, uint32_t *out)
{
    int64_t value = *out;

    if (!conf_int(object, key, min, max, &value)) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

bool conf_real(struct conf_node *object, const char *key, double min, double max, double *out)
{
    return conf_as_real(conf_get(object, key), min, max, out);
}

bool conf_text(struct conf_node *object, const char *key, const char **out)
{
    return conf_as_text(conf_get(object, key), out);
}

bool conf_choice(struct conf_node *object, const char *key, const char *const names[], size_t n,
                 unsigned *out)
{
    return conf_as_choice(conf_get(object, key), names, n, out);
}

bool conf_seconds(struct conf_node *object, const char *key, double min_s, double max_s,
                  int64_t *out_ns)
{
    double value_s = 0.0;

    if (!conf_real(object, key, min_s, max_s, &value_s)) {
        return false;
    }
    *out_ns = ns_from_s(value_s);
    return true;
}
