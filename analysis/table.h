/* Tables of results: one content, written as text for a terminal, Markdown, CSV or HTML. */
#ifndef TAMBO_ANALYSIS_TABLE_H
#define TAMBO_ANALYSIS_TABLE_H

#include <stddef.h>

#include "analysis/text.h"

struct table {
    size_t n_columns;
    char **cells; /* Row by row; the first row is the header. */
    size_t n_cells;
};

/* An empty table. table_fini() frees it. */
#define TABLE_INIT ((struct table){0})
void table_fini(struct table *t);

/* Header: the names in 'columns', separated by '|' ("hold s|model|simulated"). Call first, once. */
void table_columns(struct table *t, const char *columns);

/* Adds one cell; rows fill up from left to right. */
void table_cell(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void table_to_text(const struct table *t, struct text *out);
void table_to_markdown(const struct table *t, struct text *out);
void table_to_csv(const struct table *t, struct text *out);
void table_to_html(const struct table *t, struct text *out);

#endif
