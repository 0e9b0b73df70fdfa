/* Complaints about JSON: where, of what, and what is wrong. */
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/config/json_check_int.h"

/* The most that is shown of a value that is wrong. */
#define SHOWN_LEN 40

void conf_add_complaint(struct conf_doc *doc, unsigned line, unsigned column, char *text)
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

char *conf_text_of(const char *fmt, ...)
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
    path = node->key ? conf_text_of("%s.%s", above, node->key)
                     : conf_text_of("%s[%zu]", above, node->index);
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

    conf_add_complaint(node->doc, line, column,
                       conf_text_of("%s:%u:%u: %s: %s", node->doc->name, line, column, path, what));
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

/* How many characters of the file the first "n" bytes of a text take, the opening quote included. (One that
 * was written as \\u and four digits without need is not known to be so.) */
static unsigned columns_of(const char *text, size_t n)
{
    unsigned columns = 1;

    for (size_t i = 0; i < n && text[i]; i++) {
        unsigned char c = (unsigned char)text[i];

        columns += (c & 0xc0) == 0x80 ? 0 : c == '"' || c == '\\' || c == '\n' || c == '\t' ? 2 : 1;
    }
    return columns;
}

void conf_complain_inside(struct conf_node *node, size_t at, const char *fmt, ...)
{
    const char *text = json_string_value(node->value);
    va_list args;

    va_start(args, fmt);
    complain_at(node, node->line, node->column + (text ? columns_of(text, at) : 0), fmt, args);
    va_end(args);
}

void conf_complain_of_key(struct conf_node *node, const char *fmt, ...)
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
    text = conf_text_of("%.*s%s", SHOWN_LEN, dump, strlen(dump) > SHOWN_LEN ? "…" : "");
    free(dump);
    return text;
}

bool conf_expected(struct conf_node *node, const char *fmt, ...)
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
