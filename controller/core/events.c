#include "controller/core/events.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"

struct queued_event {
    txn_done_fn *done; /* Not NULL: the end of a transaction, and only the next two are used. */
    void *aux;
    enum err result;
    unsigned owner;          /* Module id of the only one that is told; 0: all. */
    struct ask *ask;         /* Not NULL: the end of a question, and 'event' is not used. */
    struct flow_entry *flow; /* The flow of the event, to be freed. */
    struct ctl_event event;
};

/* Makes room for one more element, straightening the ring into a larger one. */
static void grow(struct event_queue *q)
{
    size_t cap = q->cap ? q->cap * 2 : 64;
    struct queued_event *ring = xcalloc(cap, sizeof *ring);

    for (size_t i = 0; i < q->n; i++) {
        ring[i] = q->ring[(q->head + i) & (q->cap - 1)];
    }
    free(q->ring);
    q->ring = ring;
    q->cap = cap;
    q->head = 0;
}

static struct queued_event *push(struct event_queue *q)
{
    if (q->n == q->cap) {
        grow(q);
    }
    return &q->ring[(q->head + q->n++) & (q->cap - 1)];
}

/* Where the next one is, until another is posted. */
static const struct queued_event *pop(struct event_queue *q)
{
    const struct queued_event *out = &q->ring[q->head];

    q->n--;
    q->head = q->n ? (q->head + 1) & (q->cap - 1) : 0; /* Few lines of the cache, again and again. */
    return out;
}

void events_post(struct ctl *ctl, const struct ctl_event *event)
{
    *push(&ctl->events) = (struct queued_event){.event = *event};
}

void events_post_flow(struct ctl *ctl, struct ctl_event event, struct flow_entry *entry)
{
    event.flow = entry;
    *push(&ctl->events) = (struct queued_event){.event = event, .flow = entry};
}

void events_post_owner(struct ctl *ctl, const struct ctl_event *event, unsigned id)
{
    if (id >= 1 && id <= ctl->n_modules) {
        *push(&ctl->events) = (struct queued_event){.event = *event, .owner = id};
    }
}

void events_post_done(struct ctl *ctl, txn_done_fn *done, void *aux, enum err result)
{
    struct queued_event *q = push(&ctl->events);

    q->done = done;
    q->aux = aux;
    q->result = result;
}

void events_post_ask(struct ctl *ctl, struct ask *ask)
{
    *push(&ctl->events) = (struct queued_event){.ask = ask};
}

static void tell(const struct module_slot *slot, const struct ctl_event *event)
{
    const struct ctl_module *module = slot->module;

    if (module->on[event->type]) {
        module->on[event->type](slot->state, event);
    }
    if (module->on_all) {
        module->on_all(slot->state, event);
    }
}

static void tell_owner(struct ctl *ctl, const struct ctl_event *event)
{
    unsigned id = flow_cookie_module(flow_entry_cookie(event->flow));

    if (id >= 1 && id <= ctl->n_modules) {
        tell(&ctl->modules[id - 1], event);
    }
}

static void tell_all(struct ctl *ctl, const struct ctl_event *event)
{
    for (size_t i = 0; i < ctl->n_modules; i++) {
        tell(&ctl->modules[i], event);
    }
}

/* Frees what the event was the last to see. */
static void release(struct ctl *ctl, const struct queued_event *q)
{
    if (q->ask) {
        ask_free(q->ask);
    } else if (q->flow) {
        flow_entry_free(q->flow);
    } else if (q->event.type == CTL_LINK_DOWN) {
        free(q->event.link);
    } else if (q->event.type == CTL_HOST_GONE) {
        host_free(ctl, q->event.host);
    }
}

/* 'q' is a copy: what is told may cause more, which takes its place. */
static void deliver(struct ctl *ctl, struct queued_event q)
{
    if (q.ask) {
        ask_deliver(q.ask);
        return;
    }
    if (q.flow) {
        tell_owner(ctl, &q.event);
    } else if (q.owner) {
        tell(&ctl->modules[q.owner - 1], &q.event);
    } else {
        tell_all(ctl, &q.event);
    }
    release(ctl, &q);
}

void events_deliver(struct ctl *ctl)
{
    if (ctl->events.delivering) {
        return;
    }
    ctl->events.delivering = true;
    while (ctl->events.n) {
        const struct queued_event *next = pop(&ctl->events);

        if (next->done) {
            next->done(next->aux, next->result);
        } else {
            deliver(ctl, *next);
        }
    }
    ctl->events.delivering = false;
}

void events_fini(struct ctl *ctl)
{
    while (ctl->events.n) {
        const struct queued_event *next = pop(&ctl->events);

        if (!next->done) {
            release(ctl, next);
        }
    }
    free(ctl->events.ring);
}
