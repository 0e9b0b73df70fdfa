/* Sessions that were recorded somewhere, played again: each begins and ends at its own time. Two
 * sessions of a pair that overlap are one session, from the first beginning to the last end. */
#ifndef TAMBO_WORLD_SESSION_TRACE_H
#define TAMBO_WORLD_SESSION_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "simnet/des/sim.h"
#include "simnet/world/session.h"

struct session_record {
    int64_t begin_ns, end_ns; /* Since the trace began; begin <= end. */
    uint32_t src, dst;        /* Hosts; not equal. */
};

struct session_trace;

/* 'records' by rising begin; copied. */
struct session_trace *session_trace_new(struct sim *sim, const struct session_record records[],
                                        size_t n, const struct session_hooks *hooks);
void session_trace_free(struct session_trace *trace); /* NULL is fine. */

/* The trace begins now; once. */
void session_trace_start(struct session_trace *trace);

size_t session_trace_n_on(const struct session_trace *trace);

/* Records that have begun, and those of them that found their pair ON. */
size_t session_trace_n_begun(const struct session_trace *trace);
size_t session_trace_n_merged(const struct session_trace *trace);

#endif
