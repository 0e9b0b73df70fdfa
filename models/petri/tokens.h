/* Tokens with times: how many of each slot may be used, and when the others may. */
#ifndef TAMBO_MODELS_PETRI_TOKENS_H
#define TAMBO_MODELS_PETRI_TOKENS_H

#include "models/petri/slots.h"

struct petri_future {
    double time;
    uint64_t seq; /* Of equal times the first comes first. */
    uint32_t slot, count;
};

struct petri_tokens {
    struct petri_slots slots;
    uint32_t *ready;   /* By slot: may be used. */
    uint32_t *waiting; /* By slot: later. */
    size_t cap;
    struct petri_future *heap;
    size_t n_heap;
    uint64_t seq;
};

void petri_tokens_init(struct petri_tokens *t, size_t n_places);
void petri_tokens_fini(struct petri_tokens *t);

/* Puts "count" tokens that may be used at "time"; now when it is not later than "now". */
void petri_tokens_put(struct petri_tokens *t, uint32_t place, int64_t value, uint32_t count,
                      double time, double now);

/* Takes tokens that are ready; the slot is dropped with its last token. */
void petri_tokens_take(struct petri_tokens *t, uint32_t slot, uint32_t count);

/* Drops the slot if it has no token. */
void petri_tokens_drop_empty(struct petri_tokens *t, uint32_t slot);

/* The time of the next token that waits; INFINITY when none does. */
double petri_tokens_next(const struct petri_tokens *t);

/* Makes the tokens of time "now" and before ready; calls "fn" with the place of each. */
void petri_tokens_wake(struct petri_tokens *t, double now, void (*fn)(void *ctx, uint32_t place),
                       void *ctx);

#endif
