/* A coloured net unfolded as far as its markings have come: events are bindings of transitions over the
 * slots that are known, with the tokens that they need and what they change. Enabling and occurrence are
 * then those of a net without colours. When an event occurs for the first time its output arcs are
 * evaluated; slots that are new bring new events. (Times are not looked at: "time" is 0.) */
#ifndef TAMBO_MODELS_PETRI_UNFOLD_H
#define TAMBO_MODELS_PETRI_UNFOLD_H

#include "models/petri/bind.h"
#include "models/petri/net.h"
#include "models/petri/slots.h"

struct petri_need {
    uint32_t slot, count;
};

struct petri_change {
    uint32_t slot;
    int32_t by; /* Not 0. */
};

struct petri_event {
    uint32_t id;
    uint32_t transition;
    struct petri_event *next; /* Of those that watch the same slot. */
    int64_t *vars;
    struct petri_need *needs;
    struct petri_change *changes; /* Known when it is ready. */
    uint32_t n_needs, n_changes;
    bool ready, inhibitors;
};

struct petri_unfold {
    struct petri_net *net;
    struct petri_slots slots;
    struct petri_bind bind;
    struct petri_event **events; /* By number. */
    size_t n_events;
    struct petri_event *
        *watch; /* By slot: events that need it, and are looked at when it has tokens. */
    size_t *n_watch;
    size_t cap_watch;
    struct petri_event *always; /* Events that need nothing. */
    struct arena arena;
    const char *error; /* Of the last event that could not be made ready. */
    struct petri_env env;
    struct petri_change *scratch;
    size_t n_scratch;
};

/* Knows no slot yet. */
void petri_unfold_init(struct petri_unfold *u, struct petri_net *net);
void petri_unfold_fini(struct petri_unfold *u);

/* The slot, with its events when it is new. */
uint32_t petri_unfold_slot(struct petri_unfold *u, uint32_t place, int64_t value);

/* Whether the event can occur when "count" tokens are in each slot. */
static inline bool petri_event_needs_met(const struct petri_event *e, const uint32_t count[])
{
    for (uint32_t i = 0; i < e->n_needs; i++) {
        if (count[e->needs[i].slot] < e->needs[i].count) {
            return false;
        }
    }
    return true;
}

static inline bool petri_event_enabled(const struct petri_unfold *u, const struct petri_event *e,
                                       const uint32_t count[])
{
    return petri_event_needs_met(e, count) &&
           !(e->inhibitors && petri_inhibited(u->net, &u->slots, e->transition, e->vars, count));
}

/* Finds out what an event changes. False when an arc cannot be evaluated (u->error says why). */
bool petri_event_prepare(struct petri_unfold *u, struct petri_event *e);

/* Writes "transition (x = 1, y = 2)". */
void petri_event_print(FILE *out, const struct petri_unfold *u, const struct petri_event *e);

#endif
