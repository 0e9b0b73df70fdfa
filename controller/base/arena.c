#include "controller/base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

#define BLOCK_SIZE ((size_t)8192)

struct arena_block {
    struct arena_block *next;
    size_t size;
    alignas(max_align_t) uint8_t data[];
};

static struct arena_block *block_new(size_t size)
{
    struct arena_block *b = xreallocarray(NULL, sizeof *b + size, 1);

    b->next = NULL;
    b->size = size;
    return b;
}

/* Makes 'cur' a block with at least 'size' free bytes: the next kept block, or a new one put in
 * between when the kept one is too small. */
static void next_block(struct arena *a, size_t size)
{
    struct arena_block **link = a->cur ? &a->cur->next : &a->first;

    if (!*link || (*link)->size < size) {
        struct arena_block *b = block_new(size > BLOCK_SIZE ? size : BLOCK_SIZE);

        b->next = *link;
        *link = b;
    }
    a->cur = *link;
    a->used = 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    void *p;

    assert(size <= SIZE_MAX - align && "arena_alloc: size overflows");
    size = (size + align - 1) / align * align;
    if (!a->cur || a->cur->size - a->used < size) {
        next_block(a, size);
    }
    p = a->cur->data + a->used;
    a->used += size;
    return memset(p, 0, size);
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
    size_t total;
    bool overflows = __builtin_mul_overflow(n, size, &total);

    assert(!overflows && "arena_calloc: size overflows");
    return overflows ? NULL : arena_alloc(a, total);
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
    void *copy = arena_alloc(a, n);

    if (n) {
        memcpy(copy, p, n);
    }
    return copy;
}

void arena_reset(struct arena *a)
{
    a->cur = NULL;
    a->used = 0;
}

void arena_fini(struct arena *a)
{
    while (a->first) {
        struct arena_block *b = a->first;

        a->first = b->next;
        free(b);
    }
    *a = ARENA_INIT;
}
