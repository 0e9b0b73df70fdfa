/* Pool: objects of one size, each at the beginning of a line of the cache, side by side in large
 * pieces of memory.
 *
 * For tables with tens of thousands of elements that are found at random: their memory is asked for in
 * huge pages, so that an access does not cost a walk of the page tables on top of the cache miss.
 * What is given back is given out again first; memory returns to the system with pool_fini(). */
#ifndef TAMBO_BASE_POOL_H
#define TAMBO_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool_piece;

struct pool {
    size_t size;               /* Of an object, in whole lines. */
    void *free;                /* Given back; each begins with the address of the next. */
    uint8_t *next, *end;       /* What is left of the newest piece. */
    struct pool_piece *pieces; /* Newest first. */
    size_t bytes;              /* Of all pieces. */
};

/* A pool of objects of 'size' bytes. */
void pool_init(struct pool *p, size_t size);

/* Frees everything, also what was not given back. */
void pool_fini(struct pool *p);

/* Bytes that the pool has of the system, given out or not: a fifth more than was given out at most, or, from
 * POOL_LARGE on, a huge page. */
#define POOL_LARGE ((size_t)4 << 20)
size_t pool_bytes(const struct pool *p);

/* A zeroed object. */
void *pool_take(struct pool *p) __attribute__((returns_nonnull));

void pool_give(struct pool *p, void *object);

#endif
