#include "analysis/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

void table_fini(struct table *t)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        free(t->cells[i]);
    }
    free(t->cells);
    *t = TABLE_INIT;
}

static void add_cell(struct table *t, const char *s, size_t n)
{
    char *cell = xcalloc(n + 1, 1);

    memcpy(cell, s, n);
    t->cells = xreallocarray(t->cells, t->n_cells + 1, sizeof *t->cells);
    t->cells[t->n_cells++] = cell;
}

void table_columns(struct table *t, const char *columns)
{
    for (const char *end; columns; columns = *end ? end + 1 : NULL) {
        end = strchrnul(columns, '|');
        add_cell(t, columns, (size_t)(end - columns));
        t->n_columns++;
    }
}

void table_cell(struct table *t, const char *fmt, ...)
{
    char cell[4096];
    va_list args;

    va_start(args, fmt);
    vsnprintf(cell, sizeof cell, fmt, args);
    va_end(args);
    add_cell(t, cell, strlen(cell));
}

/* Characters, not bytes: columns line up with UTF-8 in them. */
static size_t n_chars(const char *s)
{
    size_t n = 0;

    for (; *s; s++) {
        n += (*s & 0xc0) != 0x80;
    }
    return n;
}

static size_t column_width(const struct table *t, size_t column)
{
    size_t width = 0;

    for (size_t i = column; i < t->n_cells; i += t->n_columns) {
        size_t n = n_chars(t->cells[i]);

        width = n > width ? n : width;
    }
    return width;
}

void table_to_text(const struct table *t, struct text *out)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t column = i % t->n_columns;
        size_t pad = column_width(t, column) - n_chars(t->cells[i]);
        const char *end = column + 1 < t->n_columns ? "  " : "\n";

        /* The first column holds names, the others numbers. */
        text_addf(out, "%*s%s%*s%s", column ? (int)pad : 0, "", t->cells[i],
                  column || column + 1 == t->n_columns ? 0 : (int)pad, "", end);
    }
}

void table_to_markdown(const struct table *t, struct text *out)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t column = i % t->n_columns;

        text_add(out, column ? " | " : "| ");
        for (const char *c = t->cells[i]; *c; c++) {
            text_addf(out, *c == '|' ? "\\%c" : "%c", *c); /* A bar would end the cell. */
        }
        text_add(out, column + 1 < t->n_columns ? "" : " |\n");
        if (i + 1 == t->n_columns) {
            for (size_t c = 0; c < t->n_columns; c++) {
                text_add(out, c ? "---:|" : "|---|");
            }
            text_add(out, "\n");
        }
    }
}

static void add_csv(struct text *out, const char *cell)
{
    if (!strpbrk(cell, "\",\n")) {
        text_add(out, cell);
        return;
    }
    text_add(out, "\"");
    for (; *cell; cell++) {
        text_addf(out, *cell == '"' ? "\"%c" : "%c", *cell);
    }
    text_add(out, "\"");
}

void table_to_csv(const struct table *t, struct text *out)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        add_csv(out, t->cells[i]);
        text_add(out, (i + 1) % t->n_columns ? "," : "\r\n");
    }
}

/* Is column 'column' one of words, which read from the left? Its first cells tell; a dash stands for nothing. */
static bool has_words(const struct table *t, size_t column)
{
    for (size_t i = t->n_columns + column; i < t->n_cells; i += t->n_columns) {
        const char *c = t->cells[i];

        if (*c && strcmp(c, " ") != 0 && strcmp(c, "–") != 0) {
            return !strchr("0123456789+-<", *c) && strncmp(c, "−", 3) != 0 &&
                   strncmp(c, "±", 2) != 0;
        }
    }
    return false;
}

void table_to_html(const struct table *t, struct text *out)
{
    text_add(out, "<table>\n<thead>");
    for (size_t i = 0; i < t->n_cells; i++) {
        const char *tag = i < t->n_columns ? "th" : "td";
        bool words = i % t->n_columns != 0 && has_words(t, i % t->n_columns);

        text_addf(out, "%s<%s%s>", i % t->n_columns ? "" : "<tr>", tag,
                  words ? " class=\"words\"" : "");
        text_add_html(out, t->cells[i]);
        text_addf(out, "</%s>%s%s", tag, (i + 1) % t->n_columns ? "" : "</tr>\n",
                  i + 1 == t->n_columns ? "</thead>\n<tbody>" : "");
    }
    text_add(out, "</tbody></table>\n");
}
