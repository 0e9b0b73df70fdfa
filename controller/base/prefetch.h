/* Fetching memory into the cache before it is needed. */
#ifndef TAMBO_BASE_PREFETCH_H
#define TAMBO_BASE_PREFETCH_H

#include <stddef.h>

#include "controller/base/alloc.h"

/* The lines that the 'n' bytes at 'p' are in. */
static inline void prefetch_lines(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i += CACHE_LINE) {
        __builtin_prefetch((const char *)p + i);
    }
}

#endif
