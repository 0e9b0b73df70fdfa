#include "models/petri/tokens.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "models/petri/net_int.h"

void petri_tokens_init(struct petri_tokens *t, size_t n_places)
{
    *t = (struct petri_tokens){.n_heap = 0};
    petri_slots_init(&t->slots, n_places);
}

void petri_tokens_fini(struct petri_tokens *t)
{
    petri_slots_fini(&t->slots);
    free(t->ready);
    free(t->waiting);
    free(t->heap);
}

/* --- The heap of those that wait ------------------------------------------------------------- */

static bool before(const struct petri_future *a, const struct petri_future *b)
{
    return a->time < b->time || (a->time == b->time && a->seq < b->seq);
}

static void push(struct petri_tokens *t, const struct petri_future *f)
{
    size_t i = t->n_heap;

    t->heap = petri_grow(t->heap, t->n_heap, sizeof *t->heap);
    t->n_heap++;
    for (; i > 0 && before(f, &t->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        t->heap[i] = t->heap[(i - 1) / 2];
    }
    t->heap[i] = *f;
}

static struct petri_future pop(struct petri_tokens *t)
{
    struct petri_future first = t->heap[0], last = t->heap[--t->n_heap];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < t->n_heap) {
        child += child + 1 < t->n_heap && before(&t->heap[child + 1], &t->heap[child]);
        if (!before(&t->heap[child], &last)) {
            break;
        }
        t->heap[i] = t->heap[child];
        i = child;
    }
    t->heap[i] = last;
    return first;
}

/* --- Tokens ------------------------------------------------------------------------------------- */

static void reserve(struct petri_tokens *t, size_t n)
{
    size_t cap = t->cap ? t->cap : 64;

    while (cap < n) {
        cap *= 2;
    }
    if (cap > t->cap) {
        t->ready = xreallocarray(t->ready, cap, sizeof *t->ready);
        t->waiting = xreallocarray(t->waiting, cap, sizeof *t->waiting);
        memset(t->ready + t->cap, 0, (cap - t->cap) * sizeof *t->ready);
        memset(t->waiting + t->cap, 0, (cap - t->cap) * sizeof *t->waiting);
        t->cap = cap;
    }
}

void petri_tokens_put(struct petri_tokens *t, uint32_t place, int64_t value, uint32_t count,
                      double time, double now)
{
    uint32_t slot = petri_slot_get(&t->slots, place, value);

    reserve(t, t->slots.n);
    if (time <= now) {
        t->ready[slot] += count;
    } else {
        t->waiting[slot] += count;
        push(t, &(struct petri_future){time, t->seq++, slot, count});
    }
}

void petri_tokens_take(struct petri_tokens *t, uint32_t slot, uint32_t count)
{
    t->ready[slot] -= count;
}

void petri_tokens_drop_empty(struct petri_tokens *t, uint32_t slot)
{
    if (t->ready[slot] == 0 && t->waiting[slot] == 0 &&
        t->slots.places[t->slots.slot[slot].place].n > t->slots.slot[slot].at &&
        t->slots.places[t->slots.slot[slot].place].slots[t->slots.slot[slot].at] == slot) {
        petri_slot_drop(&t->slots, slot);
    }
}

double petri_tokens_next(const struct petri_tokens *t)
{
    return t->n_heap ? t->heap[0].time : INFINITY;
}

void petri_tokens_wake(struct petri_tokens *t, double now, void (*fn)(void *ctx, uint32_t place),
                       void *ctx)
{
    while (t->n_heap > 0 && t->heap[0].time <= now) {
        struct petri_future f = pop(t);

        t->waiting[f.slot] -= f.count;
        t->ready[f.slot] += f.count;
        fn(ctx, t->slots.slot[f.slot].place);
    }
}
