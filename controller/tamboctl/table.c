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

void table_print_list(FILE *out, json_t *list)
{
    const char *keys[MAX_COLUMNS], *key;
    int widths[MAX_COLUMNS];
    size_t n = 0, i;
    json_t *row;
    json_t *member;

    if (json_array_size(list) && !json_is_object(json_array_get(list, 0))) {
        print_lines(out, list);
        return;
    }
    json_object_foreach (json_array_get(list, 0), key, member) {
        if (n < MAX_COLUMNS) {
            widths[n] = width_of(list, key);
            keys[n++] = key;
        }
    }
    for (size_t c = 0; c < n; c++) {
        print_title(out, keys[c], c + 1 < n ? widths[c] + 2 : 0);
    }
    fputs(n ? "\n" : "(none)\n", out);
    json_array_foreach (list, i, row) {
        for (size_t c = 0; c < n; c++) {
            char *text = cell(json_object_get(row, keys[c]));

            fprintf(out, "%-*s", c + 1 < n ? widths[c] + 2 : 0, text);
            free(text);
        }
        fputc('\n', out);
    }
}

/* --- Objects ---------------------------------------------------------------------------------- */

static bool is_table(json_t *value)
{
    return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

static void print_members(FILE *out, json_t *object, const char *prefix)
{
    const char *key;
    json_t *value;

    json_object_foreach (object, key, value) {
        char name[128];

        snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] ? "." : "", key);
        if (json_is_object(value)) {
            print_members(out, value, name);
        } else if (!is_table(value)) {
            char *text = cell(value);

            fprintf(out, "%-40s  %s\n", name, text);
            free(text);
        }
    }
}

void table_print_object(FILE *out, json_t *object)
{
    const char *key;
    json_t *value;

    print_members(out, object, "");
    json_object_foreach (object, key, value) {
        if (is_table(value)) {
            fprintf(out, "\n%s:\n", key);
            table_print_list(out, value);
        }
    }
}
