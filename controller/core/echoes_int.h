/* The inside of echoes. Private to this room. */
#ifndef TAMBO_CORE_ECHOES_INT_H
#define TAMBO_CORE_ECHOES_INT_H

#include <stdbool.h>

#include "controller/base/mono.h"
#include "controller/core/domains.h"
#include "controller/core/echoes.h"

/* Longer than a copy is on its way, with a full queue in front of the core. */
#define ECHO_LIFE_NS (500 * NS_PER_MS)

#define ECHO_SETS 256 /* A power of two. */
#define ECHO_WAYS 4

struct echoes {
    struct {
        uint64_t hash;
        struct port_at from;
        mono_t until; /* Of a place that holds none: in the past. */
    } sets[ECHO_SETS][ECHO_WAYS];
    uint8_t next[ECHO_SETS]; /* The oldest of a set. */
};

/* True when the frame, which has come in at 'at', is a copy of one from another port. */
bool echoes_has(const struct ctl *ctl, struct port_at at, const uint8_t *frame, size_t len);

#endif
