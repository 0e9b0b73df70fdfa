/* All orders of events of a small network, breadth first: the first fault that is found is one of those with
 * the shortest sequence of acts.
 *
 * A state that was seen is not gone into again. Of acts that commute only one order is tried (sleep sets: P.
 * Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, 1996, §5): every state is
 * still reached, over fewer acts. */
#ifndef TAMBO_CHECK_SEARCH_H
#define TAMBO_CHECK_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simnet/check/visit.h"

struct check_limits {
    uint32_t max_depth;  /* Acts in a run; 0: no limit. */
    uint32_t max_states; /* 0: no limit. */
    double seconds;      /* Of the clock on the wall; 0: no limit. */
    bool no_reduction;   /* All orders are tried. */
    uint32_t n_jobs;     /* States that are looked at at a time, 0 as 1; at most CHECK_MAX_JOBS. */
};

/* Why a search has ended. */
enum check_end_reason {
    CHECK_COMPLETE, /* Every state was seen. */
    CHECK_FOUND,    /* A fault. */
    CHECK_MAX_DEPTH,
    CHECK_MAX_STATES,
    CHECK_MAX_TIME,
    CHECK_BROKEN, /* A run could not be repeated: the network is not deterministic, or a process died. */
};

struct check_result {
    enum check_end_reason end;
    uint64_t n_states, n_acts; /* Seen; done. */
    uint64_t n_quiet;          /* States in which all was done. */
    uint32_t depth;            /* Reached; up to 'whole_depth' nothing was left out. */
    uint32_t whole_depth;
    double seconds;
    size_t bytes; /* Of what was kept of states. */
    enum check_fault fault;
    char what[200];
    struct check_act *trace; /* To the fault; owned. */
    size_t n_trace;
};

/* Reads the clock: seconds from some point on. */
typedef double check_clock_fn(void);

void check_search(struct check_visitor *visitor, const struct check_limits *limits,
                  check_clock_fn *clock, struct check_result *out);
void check_result_fini(struct check_result *result);

#endif
