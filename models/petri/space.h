/* The state space of a net: all markings that can be reached from the initial one, breadth first, so that
 * every way back to the first is a shortest one. Times are not looked at.
 *
 * Beside the markings' own bytes (markset.h) each costs 4 bytes for where it came from; arcs, when they are
 * kept, cost 8 bytes each and 8 more for each marking. */
#ifndef TAMBO_MODELS_PETRI_SPACE_H
#define TAMBO_MODELS_PETRI_SPACE_H

#include "models/petri/marking.h"
#include "models/petri/markset.h"
#include "models/petri/net.h"
#include "models/petri/unfold.h"

struct petri_limits {
    uint64_t max_markings; /* At most 2^32 - 2. */
    uint64_t max_events;   /* Bindings of transitions. */
    bool arcs;             /* Keep arcs: what graph.h answers needs them. */
};

#define PETRI_LIMITS_INIT ((struct petri_limits){2000000, 20000000, true})

enum petri_status {
    PETRI_FULL,
    PETRI_PARTIAL, /* A limit was reached; "reason" says which. */
    PETRI_BROKEN,  /* An expression could not be evaluated; "reason" says which and where. */
};

struct petri_arc {
    uint32_t to, event;
};

/* How many tokens were there at most and at least, over the markings that were looked at. */
struct petri_bounds {
    uint64_t upper, lower;
};

#define PETRI_NO_MARKING UINT32_MAX

/* What exploration notes for a query. */
struct petri_seen {
    uint32_t first_true, first_false; /* The first markings; PETRI_NO_MARKING. */
    uint64_t *truth;                  /* A bit for each marking, for modes that need the graph. */
};

#define PETRI_MAX_DEAD_LISTED 100

struct petri_space {
    struct petri_net *net;
    struct petri_limits limits;
    struct petri_unfold unfold;
    struct petri_markset set;
    uint32_t *parent; /* By marking; of marking 0 itself. */
    struct petri_arc *arcs;
    uint64_t *first_arc; /* By marking, and one more; NULL without arcs. */
    uint64_t n_arcs;
    uint32_t n_expanded; /* Markings whose successors are known: the first ones. */
    enum petri_status status;
    char reason[512];
    struct petri_bounds *places;
    struct petri_bounds *slots; /* By slot: the multiset bounds. */
    size_t n_slots;
    uint64_t *occurs; /* By transition: arcs. */
    uint32_t dead[PETRI_MAX_DEAD_LISTED];
    uint64_t n_dead;
    struct petri_seen *queries;
    uint32_t
        growing[2]; /* An unbounded net: the second marking covers the first, from which it came. */
    bool unbounded;
};

/* Explores. "net" must be whole, and stays with the caller. */
void petri_space_explore(struct petri_space *space, struct petri_net *net,
                         const struct petri_limits *limits);
void petri_space_fini(struct petri_space *space);

/* Reads a marking; "marking" begins as zeroes and is freed by petri_marking_fini(). */
void petri_space_read(const struct petri_space *space, uint32_t number,
                      struct petri_marking *marking);

/* Tokens at a place, of all values. */
uint64_t petri_tokens_at(const struct petri_slots *slots, const struct petri_marking *m,
                         uint32_t place);

/* Writes the multiset at a place as an expression: "2`1 ++ 1`7", a number without colours. Sorted. */
void petri_tokens_print(FILE *out, const struct petri_net *net, const struct petri_slots *slots,
                        const uint32_t count[], uint32_t place);

/* The way to a marking, "parent" telling where each came from (space->parent): "numbers" of markings from the first to it, and the events between them, one less.
 * Both are the caller's to free. Returns how many markings. */
size_t petri_space_trace(struct petri_space *space, const uint32_t parent[], uint32_t number,
                         uint32_t **numbers, const struct petri_event ***events);

/* Bytes of memory that markings and arcs take. */
size_t petri_space_memory(const struct petri_space *space);

#endif
