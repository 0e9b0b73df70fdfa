#include "controller/core/timer.h"

void timers_init(struct timers *ts)
{
    heap_init(&ts->heap);
}

void timers_fini(struct timers *ts)
{
    heap_fini(&ts->heap);
}

void timer_set(struct timers *ts, struct timer *t, mono_t deadline)
{
    if (mono_is_never(deadline)) {
        timer_cancel(ts, t);
    } else {
        heap_set(&ts->heap, &t->node, deadline.ns);
    }
}

void timer_cancel(struct timers *ts, struct timer *t)
{
    heap_remove(&ts->heap, &t->node);
}

void timers_run(struct timers *ts, mono_t now)
{
    struct heap_node *node;

    while ((node = heap_min(&ts->heap)) && mono_due((mono_t){node->key}, now)) {
        struct timer *t = HEAP_ENTRY(node, struct timer, node);

        heap_remove(&ts->heap, node);
        t->fn(t->aux, t);
    }
}

mono_t timers_next(const struct timers *ts)
{
    const struct heap_node *node = heap_min(&ts->heap);

    return node ? (mono_t){node->key} : MONO_NEVER;
}
