/* What the arcs of a whole state space say: strongly connected components, home markings, liveness,
 * fairness (K. Jensen, L. M. Kristensen, 2009, chapter 8), and the answers to queries. */
#ifndef TAMBO_MODELS_PETRI_GRAPH_H
#define TAMBO_MODELS_PETRI_GRAPH_H

#include "models/petri/space.h"

enum petri_liveness {
    PETRI_DEAD_TRANSITION, /* Occurs nowhere. */
    PETRI_NOT_LIVE,
    PETRI_LIVE, /* From each marking, one can be reached where it occurs. */
};

/* Of all runs without end: the strongest that holds. */
enum petri_fairness {
    PETRI_UNFAIR,
    PETRI_JUST,      /* If it is enabled from some point on, it occurs infinitely often. */
    PETRI_FAIR,      /* If it is enabled infinitely often, it does. */
    PETRI_IMPARTIAL, /* It does. */
};

struct petri_graph {
    const struct petri_space *space;
    uint32_t *scc; /* By marking: its component; those that can be reached have lower numbers. */
    uint32_t n_scc, n_terminal;
    bool cyclic;                   /* There are runs without end. */
    uint64_t n_home;               /* Home markings, all of component 0 then. */
    enum petri_liveness *liveness; /* By transition. */
    enum petri_fairness
        *fairness; /* By transition; NULL without cycles or when it would take too long. */
};

/* Of a space that is full and has its arcs. "fairness": whether to look for that, too, which takes a walk
 * through the graph for each transition, or up to three. */
void petri_graph_init(struct petri_graph *graph, const struct petri_space *space, bool fairness);
void petri_graph_fini(struct petri_graph *graph);

enum petri_verdict { PETRI_HOLDS, PETRI_FAILS, PETRI_UNKNOWN };

/* The answer to a query with the shortest way to the marking that shows it, if there is one: a witness of
 * "reach", a counter-example of the others. */
struct petri_answer {
    enum petri_verdict verdict;
    size_t n; /* Markings on the way; 0: there is no such way. */
    uint32_t *numbers;
    const struct petri_event **events; /* n - 1. */
};

/* "graph" may be NULL: "home" and "eventually" are then unknown. */
void petri_query_answer(struct petri_space *space, const struct petri_graph *graph, size_t query,
                        struct petri_answer *answer);
void petri_answer_fini(struct petri_answer *answer);

#endif
