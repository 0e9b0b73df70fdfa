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

void *xcalloc_lines(size_t n, size_t size)
{
    size_t bytes, align;
    void *p;

    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - HUGE_PAGE) {
        return must(NULL);
    }
    align = bytes >= HUGE_PAGE ? HUGE_PAGE : CACHE_LINE;
    bytes = (bytes + align - 1) / align * align;
    p = must(aligned_alloc(align, bytes ? bytes : align));
    if (align == HUGE_PAGE) {
        (void)madvise(p, bytes, MADV_HUGEPAGE); /* Without them it is slower and no worse. */
    }
    memset(p, 0, bytes);
    return p;
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
