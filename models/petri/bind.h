/* Bindings: all values of a transition's variables for which tokens in the known slots match its arcs and
 * its guard holds. How many tokens there are is not looked at, nor are inhibitors.
 *
 * A guard or a pattern that cannot be evaluated, because it divides by 0 or leaves the range of 64 bits,
 * does not hold. */
#ifndef TAMBO_MODELS_PETRI_BIND_H
#define TAMBO_MODELS_PETRI_BIND_H

#include "models/petri/net.h"
#include "models/petri/slots.h"

struct petri_bind {
    const struct petri_slots *slots;
    uint32_t transition;
    struct petri_env env;
    int64_t vars[PETRI_MAX_VARS];      /* The binding. */
    uint32_t slot_of[PETRI_MAX_ITEMS]; /* Of each item: the slot of its tokens. */
    void (*found)(void *ctx, const struct petri_bind *bind);
    void *ctx;
    size_t pin; /* See below. */
};

/* Sets "bind" up for calls of petri_bind_all() and petri_bind_new(). */
void petri_bind_init(struct petri_bind *bind, struct petri_net *net,
                     const struct petri_slots *slots);

/* Calls bind->found for each binding. The order depends on the order in which slots became known alone. */
void petri_bind_all(struct petri_bind *bind, uint32_t transition);

/* Calls it for those bindings that use "slot" for some item: with every new slot, each binding is found
 * exactly once. */
void petri_bind_new(struct petri_bind *bind, uint32_t transition, uint32_t slot);

/* Whether an inhibitor of the transition finds its tokens, "count" of each slot, under a binding. */
bool petri_inhibited(struct petri_net *net, const struct petri_slots *slots, uint32_t transition,
                     int64_t *vars, const uint32_t count[]);

#endif
