/* Timers of the core, in a total order: (deadline, sequence). Of two timers with the same deadline
 * the one armed first fires first, in every run and on every machine. */
#ifndef TAMBO_CORE_TIMER_H
#define TAMBO_CORE_TIMER_H

#include "controller/base/heap.h"
#include "controller/base/mono.h"

struct timer;
typedef void timer_fn(void *aux, struct timer *timer);

/* Embedded by its owner; zero-initialise, then timer_init(). */
struct timer {
    struct heap_node node;
    timer_fn *fn;
    void *aux;
};

struct timers {
    struct heap heap;
};

void timers_init(struct timers *ts);
void timers_fini(struct timers *ts);

static inline void timer_init(struct timer *t, timer_fn *fn, void *aux)
{
    *t = (struct timer){.fn = fn, .aux = aux};
}

/* Arms or re-arms 't' for 'deadline' (MONO_NEVER disarms it). */
void timer_set(struct timers *ts, struct timer *t, mono_t deadline);

/* Disarms 't'; harmless when it is not armed. */
void timer_cancel(struct timers *ts, struct timer *t);

static inline bool timer_is_set(const struct timer *t)
{
    return heap_has(&t->node);
}

/* Fires everything that is due at 'now', in order. A timer is disarmed before its function runs,
 * which may re-arm it; a timer re-armed for an instant not after 'now' fires in the same call. */
void timers_run(struct timers *ts, mono_t now);

/* The earliest deadline, or MONO_NEVER. */
mono_t timers_next(const struct timers *ts);

#endif
