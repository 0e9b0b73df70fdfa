/* When sessions end: a queue of pairs by time, first in first out among equal times. */
#ifndef TAMBO_WORLD_SESSION_ENDS_H
#define TAMBO_WORLD_SESSION_ENDS_H

#include "simnet/world/session_pairs.h"

struct session_end {
    int64_t at_ns;
    uint64_t order;
    struct session_pair pair;
};

struct session_ends {
    struct session_end *heap; /* Binary, the first in front. */
    size_t n, cap;
    uint64_t next_order;
};

void session_ends_init(struct session_ends *ends);
void session_ends_fini(struct session_ends *ends);

void session_ends_add(struct session_ends *ends, int64_t at_ns, struct session_pair pair);

/* The first one; there must be one. */
const struct session_end *session_ends_first(const struct session_ends *ends);
struct session_pair session_ends_take(struct session_ends *ends);

#endif
