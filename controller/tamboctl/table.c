#include "controller/tamboctl/table.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

#define MAX_COLUMNS 24
#define MAX_CELL 60

/* --- Cells ------------------------------------------------------------------------------------ */

/* A terminal obeys control characters, and names come from the network. */
static void make_harmless(char *text)
{
    for (char *p = text; *p; p++) {
        *p = iscntrl((unsigned char)*p) ? '?' : *p;
    }
}

static void print_value(FILE *out, json_t *value)
{
    size_t i;
    json_t *element;
    const char *key;
    json_t *member;
    bool first = true;

    if (json_is_string(value)) {
        fputs(json_string_value(value), out);
    } else if (json_is_array(value)) {
        json_array_foreach (value, i, element) {
            fputs(i ? "," : "", out);
            print_value(out, element);
        }
    } else if (json_is_object(value)) {
        json_object_foreach (value, key, member) {
            fprintf(out, "%s%s=", first ? "" : ",", key);
            print_value(out, member);
            first = false;
        }
    } else if (json_is_boolean(value)) {
        fputs(json_is_true(value) ? "yes" : "no", out);
    } else if (json_is_integer(value)) {
        fprintf(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        fprintf(out, "%.6g", json_real_value(value));
    }
}

/* Fresh memory; "-" for nothing. */
static char *cell(json_t *value)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    print_value(out, value);
    if (ftell(out) == 0) {
        fputc('-', out);
    }
    fclose(out);
    make_harmless(text);
    return text;
}

/* --- Lists ------------------------------------------------------------------------------------ */

/* As wide as the widest cell, the last column as it comes. */
static int width_of(json_t *list, const char *key)
{
    size_t width = strlen(key), i;
    json_t *row;

    json_array_foreach (list, i, row) {
        char *text = cell(json_object_get(row, key));
        size_t len = strlen(text);

        width = len > width ? len : width;
        free(text);
    }
    return (int)(width > MAX_CELL ? MAX_CELL : width);
}

static void print_title(FILE *out, const char *key, int width)
{
    char title[64];

    snprintf(title, sizeof title, "%s", key);
    for (char *p = title; *p; p++) {
        *p = (char)toupper((unsigned char)*p);
    }
    fprintf(out, "%-*s", width, title);
}

static void print_lines(FILE *out, json_t *list)
{
    size_t i;
    json_t *element;

    json_array_foreach (list, i, element) {
        char *text = cell(element);

        fprintf(out, "%s\n", text);
        free(text);
    }
}

struct columns {
    const char *keys[MAX_COLUMNS];
    int widths[MAX_COLUMNS];
    size_t n;
    char names[512]; /* Of the view. */
};

static void add_column(struct columns *c, json_t *list, const char *key)
{
    if (c->n < MAX_COLUMNS) {
        c->widths[c->n] = width_of(list, key);
        c->keys[c->n++] = key;
    }
}

static void choose_columns(struct columns *c, json_t *list, const struct table_view *view)
{
    const char *key;
    char *save = NULL;
    json_t *member;

    c->n = 0;
    if (view && view->columns) {
        snprintf(c->names, sizeof c->names, "%s", view->columns);
        for (char *p = strtok_r(c->names, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
            add_column(c, list, p);
        }
        return;
    }
    json_object_foreach (json_array_get(list, 0), key, member) {
        add_column(c, list, key);
    }
}

static void print_titles(FILE *out, const struct columns *c)
{
    for (size_t i = 0; i < c->n; i++) {
        print_title(out, c->keys[i], i + 1 < c->n ? c->widths[i] + 2 : 0);
    }
    fputc('\n', out);
}

/* A cell that is too wide pushes the others to the right. */
static void print_row(FILE *out, const struct columns *c, json_t *row)
{
    for (size_t i = 0; i < c->n; i++) {
        char *text = cell(json_object_get(row, c->keys[i]));

        fprintf(out, "%-*s%s", i + 1 < c->n ? c->widths[i] : 0, text, i + 1 < c->n ? "  " : "");
        free(text);
    }
    fputc('\n', out);
}

static bool is_shown(json_t *row, const struct table_view *view)
{
    json_t *value = view && view->unless_zero ? json_object_get(row, view->unless_zero) : NULL;

    return !json_is_integer(value) || json_integer_value(value) != 0;
}

void table_print_list(FILE *out, json_t *list, const struct table_view *view)
{
    struct columns c;
    size_t i;
    json_t *row;

    if (json_array_size(list) == 0) {
        fputs("(none)\n", out);
        return;
    }
    if (!json_is_object(json_array_get(list, 0))) {
        print_lines(out, list);
        return;
    }
    choose_columns(&c, list, view);
    print_titles(out, &c);
    json_array_foreach (list, i, row) {
        if (is_shown(row, view)) {
            print_row(out, &c, row);
        }
    }
}

/* --- Objects ---------------------------------------------------------------------------------- */

static bool is_table(json_t *value)
{
    return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

static bool is_idle_counter(const char *prefix, json_t *value)
{
    return strncmp(prefix, "counters", strlen("counters")) == 0 && json_is_integer(value) &&
           json_integer_value(value) == 0;
}

/* Returns how many counters were left out. */
static size_t print_members(FILE *out, json_t *object, const char *prefix)
{
    const char *key;
    json_t *value;
    size_t n_idle = 0;

    json_object_foreach (object, key, value) {
        char name[128];

        snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] ? "." : "", key);
        if (json_is_object(value)) {
            n_idle += print_members(out, value, name);
        } else if (is_idle_counter(prefix, value)) {
            n_idle++;
        } else if (!is_table(value)) {
            char *text = cell(value);

            fprintf(out, "%-40s  %s\n", name, text);
            free(text);
        }
    }
    return n_idle;
}

void table_print_object(FILE *out, json_t *object)
{
    const char *key;
    json_t *value;
    size_t n_idle = print_members(out, object, "");

    if (n_idle) {
        fprintf(out, "(%zu counters are 0)\n", n_idle);
    }
    json_object_foreach (object, key, value) {
        if (is_table(value)) {
            fprintf(out, "\n%s:\n", key);
            table_print_list(out, value, NULL);
        }
    }
}
