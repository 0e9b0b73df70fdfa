/* See pending.h. */
#include "controller/apps/pending.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/datapath.h"

static uint64_t key_hash(const struct pending_key *key)
{
    return hash_keyed_u64(hash_keyed_u64(key->dpid, eth_addr_u64(key->dst)), key->flow);
}

static bool key_eq(const struct pending_key *a, const struct pending_key *b)
{
    return a->dpid == b->dpid && a->flow == b->flow && eth_addr_eq(a->dst, b->dst);
}

void pending_table_init(struct pending_table *t, struct pending_limits limits)
{
    *t = (struct pending_table){.limits = limits};
    hmap_init(&t->queues);
    pool_init(&t->short_frames, sizeof(struct pending_frame) + PENDING_SHORT);
}

void pending_table_fini(struct pending_table *t)
{
    assert(t->queues.n == 0 && "a queue outlives its table");
    hmap_fini(&t->queues);
    pool_fini(&t->short_frames);
}

struct pending *pending_find(const struct pending_table *t, const struct pending_key *key)
{
    struct hmap_node *it = hmap_first_with(&t->queues, key_hash(key));

    while (it && !key_eq(&HMAP_ENTRY(it, struct pending, node)->key, key)) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct pending, node) : NULL;
}

void pending_look(const struct pending_table *t, const struct pending_key *key)
{
    hmap_prefetch(&t->queues, key_hash(key));
}

struct pending *pending_any(const struct pending_table *t)
{
    struct hmap_node *it = hmap_first(&t->queues);

    return it ? HMAP_ENTRY(it, struct pending, node) : NULL;
}

void pending_insert(struct pending_table *t, struct pending *q, const struct pending_key *key)
{
    q->key = *key;
    q->n_frames = 0;
    list_init(&q->frames);
    hmap_insert(&t->queues, &q->node, key_hash(key));
}

void pending_remove(struct pending_table *t, struct pending *q)
{
    struct pending_frame *frame;

    while ((frame = pending_pop(t, q)) != NULL) {
        pending_frame_free(t, frame);
    }
    hmap_remove(&t->queues, &q->node);
}

bool pending_push(struct pending_table *t, struct pending *q, const struct ctl_packet *packet)
{
    struct pending_frame *frame;

    if (q->n_frames >= t->limits.frames_per_queue || t->n_frames >= t->limits.frames_total) {
        t->dropped++;
        return false;
    }
    frame = packet->len <= PENDING_SHORT ? pool_take(&t->short_frames)
                                         : xcalloc(1, sizeof(*frame) + packet->len);
    frame->dpid = datapath_id(packet->dp);
    frame->in_port = packet->in_port;
    frame->buffer_id = packet->buffer_id;
    frame->whole = packet->len >= packet->total_len;
    frame->len = packet->len;
    if (packet->len > 0) {
        memcpy(frame->data, packet->frame, packet->len);
    }
    list_push_back(&q->frames, &frame->list);
    q->n_frames++;
    t->n_frames++;
    return true;
}

struct pending_frame *pending_pop(struct pending_table *t, struct pending *q)
{
    struct list *elem = list_pop_front(&q->frames);

    if (!elem) {
        return NULL;
    }
    q->n_frames--;
    t->n_frames--;
    return LIST_ENTRY(elem, struct pending_frame, list);
}

void pending_frame_free(struct pending_table *t, struct pending_frame *frame)
{
    if (frame->len <= PENDING_SHORT) {
        pool_give(&t->short_frames, frame);
    } else {
        free(frame);
    }
}
