/* One self-contained HTML page: findings first, then sections with figures and tables, each with a
 * sentence that says what it shows. Pictures are SVG inside the page; nothing is loaded from
 * anywhere. */
#ifndef TAMBO_ANALYSIS_REPORT_H
#define TAMBO_ANALYSIS_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/table.h"
#include "analysis/text.h"

struct report {
    const char *title;
    struct text findings; /* HTML list items. */
    struct text contents; /* HTML list items. */
    struct text body;
    unsigned n_sections, n_figures, n_tables;
};

/* 'title' is borrowed. */
void report_init(struct report *r, const char *title);
void report_fini(struct report *r);

/* A finding: one sentence at the top of the page. 'holds' marks it as good or as worth a look. */
void report_finding(struct report *r, bool holds, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void report_section(struct report *r, const char *heading);
void report_paragraph(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A paragraph that begins with a link to 'href', a file beside the page. */
void report_link(struct report *r, const char *href, const char *text, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The picture in the SVG file 'path' with its sentence. False when it cannot be read. */
bool report_figure(struct report *r, const char *path, const char *sentence);
void report_table(struct report *r, const struct table *table, const char *sentence);

/* A table that is too long to be read through: folded on a screen, on paper a word on the file 'file'
 * beside the page that has it. */
void report_long_table(struct report *r, const struct table *table, const char *sentence,
                       const char *file);

/* Writes the page to 'path'; 'footer' (plain text) says how to make it again. False on failure, with
 * errno set. */
bool report_save(const struct report *r, const char *path, const char *footer);

/* Prints the page 'page' as the PDF file 'path', by weasyprint(1). False with the reason in 'error' when
 * that is not installed or fails. */
bool report_pdf(const char *page, const char *path, char *error, size_t size);

#endif
