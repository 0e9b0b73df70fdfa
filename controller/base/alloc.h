/* Allocation that cannot fail and cannot overflow.
 *
 * A controller that is out of memory cannot keep its promises; it says so and aborts, so that its
 * supervisor restarts it and the switches keep their entries. What a peer can make us hold is
 * bounded elsewhere, by limits that return errors. All returned memory is freed with free(). */
#ifndef TAMBO_BASE_ALLOC_H
#define TAMBO_BASE_ALLOC_H

#include <stddef.h>

/* 'n' zeroed objects of 'size' bytes. */
void *xcalloc(size_t n, size_t size) __attribute__((malloc, alloc_size(1, 2), returns_nonnull));

/* The same, beginning at a line of the cache. What is as large as a huge page begins at one and asks for as
 * many as fill up, if the system has any to give. */
#define CACHE_LINE 64
#define HUGE_PAGE ((size_t)2 << 20)
void *xcalloc_lines(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* The same, not initialised: what is not written to takes no memory. */
void *xalloc_lines(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* Room for 'cap' objects of 'size' bytes that begins at a line, with the first 'n' of 'p' (or NULL), which is
 * freed; the rest is not initialised. */
void *xgrow_lines(void *p, size_t n, size_t cap, size_t size) __attribute__((returns_nonnull));

/* 'p' (or NULL) resized to 'n' objects of 'size' bytes; new space is not initialised. */
void *xreallocarray(void *p, size_t n, size_t size)
    __attribute__((alloc_size(2, 3), returns_nonnull));

/* What a piece of 'n' bytes takes of memory, the allocator's own part included (glibc: 8 bytes in front, whole
 * 16 bytes, at least 32); 0 for none. */
static inline size_t alloc_bytes(size_t n)
{
    return n == 0 ? 0 : n <= 24 ? 32 : (n + 8 + 15) / 16 * 16;
}

/* Copies of 'n' bytes and of a string. */
void *xmemdup(const void *p, size_t n) __attribute__((malloc, returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));

#endif
