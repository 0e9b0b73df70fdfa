/* The inside of the path cache. Private to this room. */
#ifndef TAMBO_CORE_PATHS_INT_H
#define TAMBO_CORE_PATHS_INT_H

#include "controller/core/paths.h"

struct path_edge;
struct path_step;

/* The graph of one topology generation and the trees computed in it. Datapaths are numbered by their
 * index in datapath_all(). */
struct path_cache {
    bool valid;
    uint64_t generation;
    size_t n_nodes;
    struct path_step *
        *trees; /* By index of the destination: one step for each node; NULL: not yet. */
    struct path_edge *edges; /* Two-way links between datapaths that are ready, by source. */
    size_t *first_edge;      /* Of each node; 'n_nodes' + 1 of them. */
    size_t *queue;           /* Work space of the search. */
};

void paths_fini(struct ctl *ctl);

#endif
