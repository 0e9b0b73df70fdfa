#include "analysis/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "controller/base/alloc.h"

void text_fini(struct text *t)
{
    free(t->s);
    *t = TEXT_INIT;
}

static void reserve(struct text *t, size_t n)
{
    size_t cap = t->cap ? t->cap : 256;

    if (t->cap - t->len > n) {
        return;
    }
    while (cap - t->len <= n) {
        cap *= 2;
    }
    t->s = xreallocarray(t->s, cap, 1);
    t->cap = cap;
}

static void add_n(struct text *t, const char *s, size_t n)
{
    reserve(t, n);
    memcpy(t->s + t->len, s, n);
    t->len += n;
    t->s[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
    add_n(t, s, strlen(s));
}

void text_addf(struct text *t, const char *fmt, ...)
{
    va_list args, again;
    int n;

    va_start(args, fmt);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, args);
    reserve(t, (size_t)n);
    vsnprintf(t->s + t->len, (size_t)n + 1, fmt, again);
    t->len += (size_t)n;
    va_end(again);
    va_end(args);
}

void text_add_html(struct text *t, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '<':
            text_add(t, "&lt;");
            break;
        case '>':
            text_add(t, "&gt;");
            break;
        case '&':
            text_add(t, "&amp;");
            break;
        case '"':
            text_add(t, "&quot;");
            break;
        default:
            add_n(t, s, 1);
        }
    }
}

/* Writes all of 't' into the file 'path'; false with errno set. '*opened' tells whether it exists. */
static bool write_file(const struct text *t, const char *path, bool *opened)
{
    FILE *f = fopen(path, "w");
    bool ok = f && fwrite(text_str(t), 1, t->len, f) == t->len;
    int saved = errno;

    *opened = f != NULL;
    if (f && fclose(f) != 0 && ok) {
        return false;
    }
    errno = saved;
    return ok;
}

/* A device, a pipe or a link such as /dev/stdout must stay what it is: no file takes its place. */
static bool may_be_replaced(const char *path)
{
    struct stat st;

    return lstat(path, &st) != 0 || S_ISREG(st.st_mode);
}

bool text_save(const struct text *t, const char *path)
{
    struct text temporary = TEXT_INIT;
    bool opened, ok;

    if (!may_be_replaced(path)) {
        return write_file(t, path, &opened);
    }
    text_addf(&temporary, "%s.new", path);
    ok = write_file(t, temporary.s, &opened) && rename(temporary.s, path) == 0;
    if (opened && !ok) {
        int saved = errno;

        remove(temporary.s);
        errno = saved;
    }
    text_fini(&temporary);
    return ok;
}

bool text_load(struct text *t, const char *path)
{
    FILE *f = fopen(path, "r");
    char chunk[4096];
    size_t n;
    bool ok;

    if (!f) {
        return false;
    }
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0) {
        add_n(t, chunk, n);
    }
    ok = !ferror(f);
    fclose(f);
    return ok;
}
