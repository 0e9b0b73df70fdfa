#include "controller/base/pool.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

#define FIRST_PIECE_BYTES ((size_t)16 * 1024)
#define LAST_PIECE_BYTES ((size_t)2 * HUGE_PAGE)

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
    size_t bytes;
};

static size_t whole_lines(size_t n)
{
    return (n + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

void pool_init(struct pool *p, size_t size)
{
    *p = (struct pool){.size = whole_lines(size ? size : 1), .piece_bytes = FIRST_PIECE_BYTES};
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

static void add_piece(struct pool *p)
{
    size_t least = CACHE_LINE + p->size;
    size_t bytes = p->piece_bytes > least ? p->piece_bytes : least;
    struct pool_piece *piece = xcalloc_lines(1, bytes);

    piece->next = p->pieces;
    piece->bytes = bytes;
    p->pieces = piece;
    p->next = (uint8_t *)piece + CACHE_LINE;
    p->end = (uint8_t *)piece + bytes;
    ASAN_POISON_MEMORY_REGION(p->next, bytes - CACHE_LINE);
    if (p->piece_bytes < LAST_PIECE_BYTES) {
        p->piece_bytes *= 2;
    }
}

size_t pool_bytes(const struct pool *p)
{
    size_t n = 0;

    for (const struct pool_piece *piece = p->pieces; piece; piece = piece->next) {
        n += piece->bytes;
    }
    return n;
}

void *pool_take(struct pool *p)
{
    void *object = p->free;

    if (object) {
        ASAN_UNPOISON_MEMORY_REGION(object, p->size);
        memcpy(&p->free, object, sizeof p->free);
        memset(object, 0, sizeof p->free);
        return object;
    }
    if ((size_t)(p->end - p->next) < p->size) {
        add_piece(p);
    }
    object = p->next;
    p->next += p->size;
    ASAN_UNPOISON_MEMORY_REGION(object, p->size);
    return object;
}

void pool_give(struct pool *p, void *object)
{
    memset(object, 0, p->size);
    memcpy(object, &p->free, sizeof p->free);
    p->free = object;
    ASAN_POISON_MEMORY_REGION(object, p->size);
}
