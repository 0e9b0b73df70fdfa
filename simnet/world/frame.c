#include "simnet/world/frame.h"

#include <stdlib.h>

#include "controller/base/alloc.h"

void frame_pool_fini(struct frame_pool *pool)
{
    struct frame *next;

    for (struct frame *f = pool->free; f; f = next) {
        next = f->next;
        buf_fini(&f->buf);
        free(f);
    }
    pool->free = NULL;
}

struct frame *frame_get(struct frame_pool *pool, const uint8_t *data, size_t len)
{
    struct frame *f = pool->free;

    if (f) {
        pool->free = f->next;
    } else {
        f = xcalloc(1, sizeof *f);
    }
    f->next = NULL;
    buf_clear(&f->buf);
    buf_put(&f->buf, data, len);
    f->len = len;
    f->cargo = NULL;
    f->is_parsed = false;
    return f;
}

void frame_put(struct frame_pool *pool, struct frame *frame)
{
    frame->next = pool->free;
    pool->free = frame;
}
