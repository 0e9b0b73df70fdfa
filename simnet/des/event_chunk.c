#include "simnet/des/event_chunk.h"

#include <stdlib.h>

/* Of the first slab; each next one has twice as much, up to a huge page. */
#define SLAB_BYTES ((size_t)8192)

struct event_slab {
    struct event_slab *next;
    size_t bytes;
};

static void add_slab(struct event_chunks *chunks)
{
    size_t bytes = chunks->slabs ? 2 * chunks->slabs->bytes : SLAB_BYTES;
    struct event_chunk *lines;
    struct event_slab *slab;

    bytes = bytes < HUGE_PAGE ? bytes : HUGE_PAGE;
    slab = xalloc_lines(bytes, 1);
    *slab = (struct event_slab){.next = chunks->slabs, .bytes = bytes};
    chunks->slabs = slab;
    lines = (struct event_chunk *)(void *)slab;
    for (size_t i = bytes / sizeof *lines - 1; i; i--) { /* The first line is the slab's. */
        event_chunks_give(chunks, &lines[i]);
    }
}

event_tail event_chunks_add(struct event_chunks *chunks, event_tail tail)
{
    struct event_chunk *chunk;

    if (!chunks->free) {
        add_slab(chunks);
    }
    chunk = chunks->free;
    chunks->free = chunk->next;
    chunk->next = tail ? event_chunk_of(tail) : NULL;
    return chunk->slots;
}

void event_chunks_fini(struct event_chunks *chunks)
{
    struct event_slab *next;

    for (struct event_slab *slab = chunks->slabs; slab; slab = next) {
        next = slab->next;
        free(slab);
    }
    *chunks = (struct event_chunks){0};
}
