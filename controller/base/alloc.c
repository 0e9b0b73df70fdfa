#include "controller/base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *must(void *p)
{
    if (!p) {
        fputs("tambo: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    return must(calloc(n ? n : 1, size ? size : 1));
}

/* Whole lines of the cache. Not whole huge pages: a table of a huge page and a little more would take two. */
static size_t line_bytes(size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - CACHE_LINE) {
        must(NULL);
    }
    return bytes ? (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE : CACHE_LINE;
}

void *xalloc_lines(size_t n, size_t size)
{
    size_t bytes = line_bytes(n, size);
    void *p = NULL; /* aligned_alloc() wants whole multiples of the alignment. */

    if (posix_memalign(&p, bytes >= HUGE_PAGE ? HUGE_PAGE : CACHE_LINE, bytes)) {
        must(NULL);
    }
    if (bytes >= HUGE_PAGE) { /* Without them it is slower and no worse. */
        (void)madvise(p, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
    }
    return p;
}

void *xcalloc_lines(size_t n, size_t size)
{
    return memset(xalloc_lines(n, size), 0, line_bytes(n, size));
}

void *xgrow_lines(void *p, size_t n, size_t cap, size_t size)
{
    void *room = xalloc_lines(cap, size);

    if (n) {
        memcpy(room, p, n * size);
    }
    free(p);
    return room;
}

void *xreallocarray(void *p, size_t n, size_t size)
{
    return must(reallocarray(p, n ? n : 1, size ? size : 1));
}

void *xmemdup(const void *p, size_t n)
{
    void *copy = xcalloc(n, 1);

    if (n) {
        memcpy(copy, p, n);
    }
    return copy;
}

char *xstrdup(const char *s)
{
    return xmemdup(s, strlen(s) + 1);
}
