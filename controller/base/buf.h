/* Byte buffer with big-endian cursors: 'struct buf' grows and is written to, 'struct rd' reads.
 *
 * Both are sticky on error: after the first failure reads return 0 and change nothing, so a decoder
 * reads ten fields and checks once. Writers take wide values and refuse what does not fit. */
#ifndef TAMBO_BASE_BUF_H
#define TAMBO_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/be.h"
#include "controller/base/types.h"

/* --- Writing ---------------------------------------------------------------------------------- */

struct buf {
    uint8_t *data;
    size_t len;  /* Bytes written. */
    size_t cap;  /* Bytes allocated. */
    bool failed; /* A value did not fit its field: the content is not to be used. */
};

#define BUF_INIT ((struct buf){0})

void buf_fini(struct buf *b);
static inline void buf_clear(struct buf *b)
{
    b->len = 0, b->failed = false;
}

/* Makes room for 'n' more bytes. */
void buf_reserve(struct buf *b, size_t n);

/* Appends 'n' bytes that the caller fills in; the pointer is valid until the next write. */
static inline uint8_t *buf_put_uninit(struct buf *b, size_t n)
{
    uint8_t *p;

    if (b->cap - b->len < n) {
        buf_reserve(b, n);
    }
    p = b->data + b->len;
    b->len += n;
    return p;
}

void buf_put(struct buf *b, const void *p, size_t n);
void buf_put_zeros(struct buf *b, size_t n);
void buf_put_u24(struct buf *b, uint64_t v);

static inline void buf_put_u8(struct buf *b, uint64_t v)
{
    b->failed |= v > UINT8_MAX;
    *buf_put_uninit(b, 1) = (uint8_t)v;
}

static inline void buf_put_u16(struct buf *b, uint64_t v)
{
    b->failed |= v > UINT16_MAX;
    be_put16(buf_put_uninit(b, 2), (uint16_t)v);
}

static inline void buf_put_u32(struct buf *b, uint64_t v)
{
    b->failed |= v > UINT32_MAX;
    be_put32(buf_put_uninit(b, 4), (uint32_t)v);
}

static inline void buf_put_u64(struct buf *b, uint64_t v)
{
    be_put64(buf_put_uninit(b, 8), v);
}

/* The lowest 'n' bytes of 'v', 1 to 8; what is higher is left out. Eight bytes are written in one go, and those
 * that are too many overwritten by what comes next. */
static inline void buf_put_uint(struct buf *b, size_t n, uint64_t v)
{
    if (b->cap - b->len < 8) {
        buf_reserve(b, 8);
    }
    be_put64(b->data + b->len, v << (64 - 8 * n));
    b->len += n;
}

void buf_put_eth(struct buf *b, struct eth_addr a);

/* 'width' bytes with the text 's', cut or padded with zeros, the last byte always zero. */
void buf_put_text(struct buf *b, const char *s, size_t width);

/* Zeros until the length since offset 'start' is a multiple of 'align'. */
void buf_pad(struct buf *b, size_t start, size_t align);

/* Overwrites two bytes at offset 'at'; fails the buffer when 'v' does not fit. */
static inline void buf_set_u16(struct buf *b, size_t at, uint64_t v)
{
    b->failed |= v > UINT16_MAX;
    be_put16(b->data + at, (uint16_t)v);
}

/* Takes 'n' bytes off the front (after they were sent). */
void buf_consume(struct buf *b, size_t n);

/* --- Reading ---------------------------------------------------------------------------------- */

struct rd {
    const uint8_t *p;
    size_t left;
    bool failed; /* Something was read beyond the end. */
};

static inline struct rd rd_init(const void *p, size_t len)
{
    return (struct rd){.p = p, .left = len};
}

/* 'n' bytes in place, NULL when there are fewer. */
static inline const uint8_t *rd_bytes(struct rd *r, size_t n)
{
    const uint8_t *p = r->p;

    if (r->failed || r->left < n) {
        r->failed = true;
        return NULL;
    }
    r->p += n;
    r->left -= n;
    return p;
}

static inline uint8_t rd_u8(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 1);

    return p ? *p : 0;
}

static inline uint16_t rd_u16(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 2);

    return p ? be_get16(p) : 0;
}

static inline uint32_t rd_u32(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 4);

    return p ? be_get32(p) : 0;
}

static inline uint64_t rd_u64(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 8);

    return p ? be_get64(p) : 0;
}

/* A number of 'n' bytes, 1 to 8. */
static inline uint64_t rd_uint(struct rd *r, size_t n)
{
    const uint8_t *p = rd_bytes(r, n);
    uint64_t v = 0;

    if (!p) {
        return 0;
    }
    switch (n) {
    case 2:
        return be_get16(p);
    case 4:
        return be_get32(p);
    case 6:
        return (uint64_t)be_get16(p) << 32 | be_get32(p + 2);
    case 8:
        return be_get64(p);
    default:
        for (size_t i = 0; i < n; i++) {
            v = v << 8 | p[i];
        }
        return v;
    }
}

uint32_t rd_u24(struct rd *r);
struct eth_addr rd_eth(struct rd *r);

/* Copies 'n' bytes to 'out' (zeros on failure). */
void rd_copy(struct rd *r, void *out, size_t n);

static inline void rd_skip(struct rd *r, size_t n)
{
    (void)rd_bytes(r, n);
}

/* A reader bounded to the next 'n' bytes, which this one steps over. When there are fewer, both
 * fail. */
struct rd rd_sub(struct rd *r, size_t n);

/* A text field of 'width' bytes into 'out' of 'width' + 1 bytes, always terminated. */
void rd_text(struct rd *r, char *out, size_t width);

#endif
