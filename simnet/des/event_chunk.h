/* Lists of events without an order, in chunks of a line of the cache each; chunks are taken from slabs, and
 * used again. An event knows its slot, so that it can be taken out by emptying that. */
#ifndef TAMBO_DES_EVENT_CHUNK_H
#define TAMBO_DES_EVENT_CHUNK_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/alloc.h"
#include "simnet/des/sim.h"

enum { EVENT_CHUNK_SLOTS = 7 };

struct event_chunk {
    struct event_chunk *next;
    struct sim_event *slots[EVENT_CHUNK_SLOTS]; /* NULL: empty. */
};

_Static_assert(sizeof(struct event_chunk) == CACHE_LINE, "a chunk is a line");

/* The next free slot of the last chunk of a list; NULL: the list has none. */
typedef struct sim_event **event_tail;

struct event_slab;

struct event_chunks {
    struct event_chunk *free;
    struct event_slab *slabs;
    size_t n_slots; /* Of all lists, empty ones included. */
};

void event_chunks_fini(struct event_chunks *chunks);

/* A chunk behind 'tail', which is full or NULL: its first slot. */
event_tail event_chunks_add(struct event_chunks *chunks, event_tail tail);

/* The chunk in which 'tail' stands, or behind whose last slot. */
static inline struct event_chunk *event_chunk_of(event_tail tail)
{
    return (struct event_chunk *)(((uintptr_t)tail - 1) & ~(uintptr_t)(CACHE_LINE - 1));
}

static inline void event_chunks_append(struct event_chunks *chunks, event_tail *tail,
                                       struct sim_event *ev)
{
    event_tail at = *tail;

    if (!((uintptr_t)at & (CACHE_LINE - 1))) { /* There is none, or it is full. */
        at = event_chunks_add(chunks, at);
    }
    *at = ev;
    ev->place = (uintptr_t)at;
    *tail = at + 1;
    chunks->n_slots++;
}

static inline void event_chunks_give(struct event_chunks *chunks, struct event_chunk *chunk)
{
    chunk->next = chunks->free;
    chunks->free = chunk;
}

#endif
