#include "simnet/check/queue.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"

void queue_init(struct queue *q)
{
    list_init(&q->list);
    q->n = 0;
}

void queue_clear(struct queue *q)
{
    struct queued *item;

    while ((item = queue_pop(q)) != NULL) {
        free(item);
    }
}

void queue_push(struct queue *q, const uint8_t *bytes, size_t len)
{
    struct queued *item = xcalloc(1, sizeof *item + len);

    item->len = len;
    memcpy(item->bytes, bytes, len);
    list_push_back(&q->list, &item->list);
    q->n++;
}

void queue_append(struct queue *to, struct queue *from)
{
    struct list *elem;

    while ((elem = list_pop_front(&from->list)) != NULL) {
        list_push_back(&to->list, elem);
    }
    to->n += from->n;
    from->n = 0;
}

struct queued *queue_pop(struct queue *q)
{
    struct list *elem = list_pop_front(&q->list);

    if (!elem) {
        return NULL;
    }
    q->n--;
    return LIST_ENTRY(elem, struct queued, list);
}

uint64_t bytes_hash(uint64_t h, const uint8_t *bytes, size_t len, size_t skip, size_t n_skip)
{
    size_t head = len < skip ? len : skip, tail = skip + n_skip;

    h = hash_fnv(hash_combine(h, len), bytes, head);
    return tail < len ? hash_fnv(h, bytes + tail, len - tail) : h;
}

uint64_t queue_hash(const struct queue *q, size_t skip, size_t n_skip)
{
    uint64_t h = hash_u64(q->n + 1);

    for (struct list *e = q->list.next; e != &q->list; e = e->next) {
        const struct queued *item = CONTAINER_OF(e, struct queued, list);

        h = hash_combine(bytes_hash(h, item->bytes, item->len, skip, n_skip), 1);
    }
    return h;
}
