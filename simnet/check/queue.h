/* Messages and frames that wait, first in, first out. */
#ifndef TAMBO_CHECK_QUEUE_H
#define TAMBO_CHECK_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/list.h"

struct queued {
    struct list list;
    size_t len;
    uint8_t bytes[];
};

struct queue {
    struct list list;
    size_t n;
};

void queue_init(struct queue *q);
void queue_clear(struct queue *q);
void queue_push(struct queue *q, const uint8_t *bytes, size_t len); /* A copy. */
void queue_append(struct queue *to, struct queue *from);            /* 'from' is empty then. */

/* The first element, for the caller to free; NULL when there is none. */
struct queued *queue_pop(struct queue *q);

/* Of all elements in their order, without the 'n_skip' bytes from offset 'skip' on. */
uint64_t queue_hash(const struct queue *q, size_t skip, size_t n_skip);

/* Of one piece, likewise. */
uint64_t bytes_hash(uint64_t h, const uint8_t *bytes, size_t len, size_t skip, size_t n_skip);

#endif
