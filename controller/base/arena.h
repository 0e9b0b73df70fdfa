/* Arena: memory that is given out piecemeal and taken back all at once.
 *
 * One decoded message lives in one arena; the driver resets it after the entry into the core has
 * returned. Pieces are aligned for any object. In the steady state a reset keeps the blocks, so
 * that decoding allocates nothing. */
#ifndef TAMBO_BASE_ARENA_H
#define TAMBO_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *first; /* Chain of blocks, kept over resets. */
    struct arena_block *cur;   /* The block that is being filled. */
    size_t used;               /* Bytes used in 'cur'. */
};

#define ARENA_INIT ((struct arena){0})

/* 'size' zeroed bytes, valid until arena_reset() or arena_fini(). */
void *arena_alloc(struct arena *a, size_t size);

/* 'n' zeroed objects of 'size' bytes. */
void *arena_calloc(struct arena *a, size_t n, size_t size);

/* A copy of 'n' bytes. */
void *arena_memdup(struct arena *a, const void *p, size_t n);

/* Takes everything back and keeps the memory for the next user. */
void arena_reset(struct arena *a);

/* Frees the memory; the arena may be used again afterwards. */
void arena_fini(struct arena *a);

#endif
