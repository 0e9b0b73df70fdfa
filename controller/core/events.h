/* The event queue: what has happened and not been told yet.
 *
 * Events are posted from anywhere in the core, also while a hook of a module runs, and delivered in
 * order when no hook runs, so that hooks are never re-entered. Private to this room. */
#ifndef TAMBO_CORE_EVENTS_H
#define TAMBO_CORE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/core/module.h"
#include "controller/core/txn.h"

struct ask;
struct queued_event;

struct event_queue {
    struct queued_event *ring; /* 'cap' elements, a power of two. */
    size_t cap, head, n;
    bool delivering;
};

void events_fini(struct ctl *ctl);

/* Queues 'event'. Takes what the event is the last to see: the link of CTL_LINK_DOWN and the host of
 * CTL_HOST_GONE, which are freed after the delivery. */
void events_post(struct ctl *ctl, const struct ctl_event *event);

/* Queues an event about 'entry', which is in no table and is taken: the owner of its cookie is told,
 * then it is freed. */
void events_post_flow(struct ctl *ctl, struct ctl_event event, struct flow_entry *entry);

/* Queues 'event' for the module 'id' only; nobody is told when there is none. */
void events_post_owner(struct ctl *ctl, const struct ctl_event *event, unsigned id);

/* Queues the end of a transaction. 'done' is not NULL. */
void events_post_done(struct ctl *ctl, txn_done_fn *done, void *aux, enum err result);

/* Queues the end of a question, which is taken. */
void events_post_ask(struct ctl *ctl, struct ask *ask);

/* Delivers everything, also what is posted meanwhile. */
void events_deliver(struct ctl *ctl);

#endif
