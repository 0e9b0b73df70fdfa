/* Frames in flight: pooled buffers, so that a hop of a simulated network allocates nothing once the
 * pool has grown to what is on the way at the busiest moment. */
#ifndef TAMBO_WORLD_FRAME_H
#define TAMBO_WORLD_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/packet/pkt.h"

struct frame {
    struct frame *next;
    int64_t depart_ns;                      /* Last bit leaves the sender. */
    int64_t arrive_ns;                      /* Last bit reaches the receiver. */
    size_t len;                             /* On the wire: of 'buf', or of cargo. */
    void (*cargo)(void *aux, bool arrived); /* NULL: a frame. */
    void *cargo_aux;
    struct buf buf;
    bool is_parsed;
    struct pkt p; /* Then: what the parser says of 'buf'. */
};

/* Of one simulation. */
struct frame_pool {
    struct frame *free;
    struct sim *sim;         /* That its wires belong to (wire.h)... */
    struct wire_kind *kinds; /* ...and what they have in common. */
};

void frame_pool_fini(struct frame_pool *pool);

/* A frame with a copy of 'len' bytes. */
struct frame *frame_get(struct frame_pool *pool, const uint8_t *data, size_t len);
void frame_put(struct frame_pool *pool, struct frame *frame);

#endif
