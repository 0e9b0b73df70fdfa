/* A growing text, for the files that the analysis writes: tables, plot scripts, reports. */
#ifndef TAMBO_ANALYSIS_TEXT_H
#define TAMBO_ANALYSIS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *s; /* Always terminated once something was added; NULL before. */
    size_t len, cap;
};

#define TEXT_INIT ((struct text){0})

void text_fini(struct text *t);
void text_add(struct text *t, const char *s);
void text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds 's' with the characters that HTML gives a meaning replaced. */
void text_add_html(struct text *t, const char *s);

/* The text so far, "" when empty. */
static inline const char *text_str(const struct text *t)
{
    return t->s ? t->s : "";
}

/* Writes the text to 'path', replacing the file only when all of it has been written. What is no
 * regular file (a pipe, a device, a link) is written into. False on failure, with errno set. */
bool text_save(const struct text *t, const char *path);

/* Adds the whole file. False on failure, with errno set. */
bool text_load(struct text *t, const char *path);

#endif
