/* What happens in the network, kept for a while and told to those who listen. Private to this room.
 *
 * Each event has a number, and becomes a line of JSON when it is asked for. The last NB_EVENTS_KEPT are
 * kept, so that a listener that was away for a moment misses nothing. */
#ifndef TAMBO_NORTHBOUND_NB_EVENTS_H
#define TAMBO_NORTHBOUND_NB_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/mono.h"

#define NB_EVENTS_KEPT 1024
#define NB_EVENT_LEN 256

struct nb;
struct nb_events;

struct nb_events *nb_events_new(const struct clock *clock);
void nb_events_free(struct nb_events *events);

struct nb_event {
    uint64_t number;         /* From 1. */
    const char *name;        /* "host_moved" */
    char data[NB_EVENT_LEN]; /* A JSON object. */
};

/* The first event after number 'after' that is still there; NULL when there is none yet. Valid until the
 * next call. */
const struct nb_event *nb_events_next(const struct nb *nb, uint64_t after);

/* Tells that a request has changed something. */
void nb_events_changed(struct nb *nb, const char *method, const char *path, const char *user);

/* The number of the latest; 0: none. */
uint64_t nb_events_last(const struct nb *nb);

/* Calls 'wake' when there is a new one, inside the core: it must not enter it. One listener, who serves
 * all. NULL: nobody. */
typedef void nb_wake_fn(void *aux);
void nb_events_listen(struct nb *nb, nb_wake_fn *wake, void *aux);

#endif
