#include "controller/base/heap.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"

void heap_init(struct heap *h)
{
    *h = (struct heap){0};
}

void heap_fini(struct heap *h)
{
    free(h->nodes);
    heap_init(h);
}

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->seq < b->seq;
}

static void place(struct heap *h, struct heap_node *node, size_t i)
{
    h->nodes[i] = node;
    node->index = i + 1;
}

static void sift_up(struct heap *h, struct heap_node *node, size_t i)
{
    while (i && before(node, h->nodes[(i - 1) / 2])) {
        place(h, h->nodes[(i - 1) / 2], i);
        i = (i - 1) / 2;
    }
    place(h, node, i);
}

static void sift_down(struct heap *h, struct heap_node *node, size_t i)
{
    for (;;) {
        size_t child = 2 * i + 1;

        if (child + 1 < h->n && before(h->nodes[child + 1], h->nodes[child])) {
            child++;
        }
        if (child >= h->n || !before(h->nodes[child], node)) {
            break;
        }
        place(h, h->nodes[child], i);
        i = child;
    }
    place(h, node, i);
}

/* Puts 'node' where it belongs, given that position 'i' is free. */
static void settle(struct heap *h, struct heap_node *node, size_t i)
{
    if (i && before(node, h->nodes[(i - 1) / 2])) {
        sift_up(h, node, i);
    } else {
        sift_down(h, node, i);
    }
}

void heap_set(struct heap *h, struct heap_node *node, int64_t key)
{
    node->key = key;
    node->seq = h->next_seq++;
    if (heap_has(node)) {
        settle(h, node, node->index - 1);
        return;
    }
    if (h->n == h->cap) {
        h->cap = h->cap ? h->cap * 2 : 16;
        h->nodes = xreallocarray(h->nodes, h->cap, sizeof *h->nodes);
    }
    sift_up(h, node, h->n++);
}

void heap_remove(struct heap *h, struct heap_node *node)
{
    struct heap_node *last;
    size_t i = node->index - 1;

    if (!heap_has(node)) {
        return;
    }
    assert(i < h->n && h->nodes[i] == node && "heap_remove: the element is in another heap");
    node->index = 0;
    last = h->nodes[--h->n];
    if (last != node) {
        settle(h, last, i);
    }
}
