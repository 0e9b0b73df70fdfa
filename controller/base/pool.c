#include "controller/base/pool.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

#define LEAST_PIECE_BYTES ((size_t)16 * 1024)

/* The address sanitizer is told what may not be touched: it does not see it otherwise. */
#if defined(__SANITIZE_ADDRESS__)
#define POOL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_ASAN 1
#endif
#endif
#ifdef POOL_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

/* The head of a piece takes a line. */
struct pool_piece {
    struct pool_piece *next;
};

static size_t whole_lines(size_t n)
{
    return (n + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

void pool_init(struct pool *p, size_t size)
{
    *p = (struct pool){.size = whole_lines(size ? size : 1)};
}

void pool_fini(struct pool *p)
{
    while (p->pieces) {
        struct pool_piece *piece = p->pieces;

        p->pieces = piece->next;
        free(piece);
    }
    pool_init(p, p->size);
}

/* A quarter of what is there, so that little is in vain; huge pages once that is more than the translation
 * of small ones covers. */
static size_t next_bytes(const struct pool *p)
{
    size_t least = CACHE_LINE + p->size;
    size_t bytes = p->bytes >= POOL_LARGE ? HUGE_PAGE : p->bytes / 4;

    bytes = bytes > LEAST_PIECE_BYTES ? bytes : LEAST_PIECE_BYTES;
    return whole_lines(bytes > least ? bytes : least);
}

static void add_piece(struct pool *p)
{
    size_t bytes = next_bytes(p);
    struct pool_piece *piece = xalloc_lines(1, bytes);

    piece->next = p->pieces;
    p->pieces = piece;
    p->bytes += bytes;
    p->next = (uint8_t *)piece + CACHE_LINE;
    p->end = (uint8_t *)piece + bytes;
    ASAN_POISON_MEMORY_REGION(p->next, bytes - CACHE_LINE);
}

size_t pool_bytes(const struct pool *p)
{
    return p->bytes;
}

void *pool_take(struct pool *p)
{
    void *object = p->free;

    if (object) {
        ASAN_UNPOISON_MEMORY_REGION(object, p->size);
        memcpy(&p->free, object, sizeof p->free);
        __builtin_prefetch(p->free); /* What was given back long ago is in no cache when its turn comes. */
        return memset(object, 0, p->size);
    }
    if ((size_t)(p->end - p->next) < p->size) {
        add_piece(p);
    }
    object = p->next;
    p->next += p->size;
    ASAN_UNPOISON_MEMORY_REGION(object, p->size);
    return memset(object, 0, p->size);
}

void pool_give(struct pool *p, void *object)
{
    memcpy(object, &p->free, sizeof p->free);
    p->free = object;
    ASAN_POISON_MEMORY_REGION(object, p->size);
}
