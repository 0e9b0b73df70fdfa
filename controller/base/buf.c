#include "controller/base/buf.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

void buf_fini(struct buf *b)
{
    free(b->data);
    *b = BUF_INIT;
}

void buf_reserve(struct buf *b, size_t n)
{
    size_t cap = b->cap ? b->cap : 256;

    if (b->cap - b->len >= n) {
        return;
    }
    while (cap - b->len < n) {
        cap *= 2;
    }
    b->data = xreallocarray(b->data, cap, 1);
    b->cap = cap;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
    if (n) {
        memcpy(buf_put_uninit(b, n), p, n);
    }
}

void buf_put_zeros(struct buf *b, size_t n)
{
    if (n) {
        memset(buf_put_uninit(b, n), 0, n);
    }
}

void buf_put_u24(struct buf *b, uint64_t v)
{
    b->failed |= v >> 24 != 0;
    buf_put_u8(b, v >> 16 & 0xff);
    buf_put_u16(b, v & 0xffff);
}

void buf_put_eth(struct buf *b, struct eth_addr a)
{
    buf_put(b, a.b, ETH_ADDR_LEN);
}

void buf_put_text(struct buf *b, const char *s, size_t width)
{
    size_t len = strnlen(s, width - 1);

    buf_put(b, s, len);
    buf_put_zeros(b, width - len);
}

void buf_pad(struct buf *b, size_t start, size_t align)
{
    buf_put_zeros(b, (align - (b->len - start) % align) % align);
}

void buf_consume(struct buf *b, size_t n)
{
    b->len -= n;
    if (b->len) {
        memmove(b->data, b->data + n, b->len);
    }
}

uint32_t rd_u24(struct rd *r)
{
    struct rd sub = rd_sub(r, 3);
    uint32_t high = rd_u8(&sub);

    return high << 16 | rd_u16(&sub);
}

struct eth_addr rd_eth(struct rd *r)
{
    struct eth_addr a;

    rd_copy(r, a.b, ETH_ADDR_LEN);
    return a;
}

void rd_copy(struct rd *r, void *out, size_t n)
{
    const uint8_t *p = rd_bytes(r, n);

    if (n && p) {
        memcpy(out, p, n);
    } else if (n) {
        memset(out, 0, n);
    }
}

struct rd rd_sub(struct rd *r, size_t n)
{
    const uint8_t *p = rd_bytes(r, n);

    return (struct rd){.p = p, .left = p ? n : 0, .failed = p == NULL};
}

void rd_text(struct rd *r, char *out, size_t width)
{
    rd_copy(r, out, width);
    out[width] = '\0';
}
