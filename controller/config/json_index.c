/* A scanner that follows a JSON text and the tree that jansson has made of it in step: both have the
 * same members in the same order, so the scanner need not understand keys or values, only see where
 * they begin. It relies on jansson having accepted the text; depth is bounded by jansson's limit. */
#include "controller/config/json_index.h"

#include <assert.h>
#include <string.h>

struct scanner {
    const char *p, *end;
    unsigned line, column;
    struct conf_doc *doc;
    struct arena *arena;
};

/* Steps over one byte. Bytes inside a UTF-8 sequence do not count as columns. */
static void step(struct scanner *s)
{
    unsigned char c = (unsigned char)*s->p++;

    if (c == '\n') {
        s->line++;
        s->column = 1;
    } else if ((c & 0xc0) != 0x80) {
        s->column++;
    }
}

static bool at(const struct scanner *s, const char *set)
{
    return s->p < s->end && *s->p && strchr(set, *s->p);
}

/* Skips blanks and the commas and colons between members. */
static void skip_between(struct scanner *s)
{
    while (at(s, " \t\r\n,:")) {
        step(s);
    }
}

static void skip_string(struct scanner *s)
{
    step(s);
    while (!at(s, "\"")) {
        if (at(s, "\\")) {
            step(s);
        }
        step(s);
    }
    step(s);
}

/* Skips a number or a word. */
static void skip_plain(struct scanner *s)
{
    while (s->p < s->end && !at(s, " \t\r\n,]}")) {
        step(s);
    }
}

static struct conf_node *scan_value(struct scanner *s, struct conf_node *parent, json_t *value);

static void append(struct conf_node *parent, struct conf_node *node)
{
    if (parent->last) {
        parent->last->next = node;
    } else {
        parent->first = node;
    }
    parent->last = node;
}

static void scan_object(struct scanner *s, struct conf_node *object)
{
    const char *key;
    json_t *value;

    step(s);
    json_object_foreach (object->value, key, value) {
        struct conf_node *node;
        unsigned line, column;

        skip_between(s);
        line = s->line;
        column = s->column;
        skip_string(s);
        node = scan_value(s, object, value);
        node->key = key;
        node->key_line = line;
        node->key_column = column;
    }
    skip_between(s);
    step(s);
}

static void scan_array(struct scanner *s, struct conf_node *array)
{
    size_t index;
    json_t *value;

    step(s);
    json_array_foreach (array->value, index, value) {
        scan_value(s, array, value)->index = index;
    }
    skip_between(s);
    step(s);
}

static struct conf_node *scan_value(struct scanner *s, struct conf_node *parent, json_t *value)
{
    struct conf_node *node = arena_alloc(s->arena, sizeof *node);

    skip_between(s);
    *node = (struct conf_node){
        .doc = s->doc, .parent = parent, .value = value, .line = s->line, .column = s->column};
    if (parent) {
        append(parent, node);
    }
    if (json_is_object(value)) {
        assert(at(s, "{") && "text and tree agree");
        scan_object(s, node);
    } else if (json_is_array(value)) {
        assert(at(s, "[") && "text and tree agree");
        scan_array(s, node);
    } else if (json_is_string(value)) {
        assert(at(s, "\"") && "text and tree agree");
        skip_string(s);
    } else {
        skip_plain(s);
    }
    return node;
}

struct conf_node *json_index(struct conf_doc *doc, json_t *json, const char *text, size_t len,
                             struct arena *arena)
{
    struct scanner s = {
        .p = text, .end = text + len, .line = 1, .column = 1, .doc = doc, .arena = arena};

    return scan_value(&s, NULL, json);
}
