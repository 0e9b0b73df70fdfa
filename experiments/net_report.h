/* What tambo net says about a state space. */
#ifndef TAMBO_EXPERIMENTS_NET_REPORT_H
#define TAMBO_EXPERIMENTS_NET_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "experiments/net_file.h"
#include "models/petri/graph.h"

struct net_report {
    const struct net_file *file;
    struct petri_space *space;
    const struct petri_graph *graph; /* NULL when the space is not full or has no arcs. */
    double seconds;                  /* That the exploration took. */
    struct petri_answer *answers;    /* By query. */
};

void net_report_text(const struct net_report *r, FILE *out);
json_t *net_report_json(const struct net_report *r);

/* Whether each query holds. */
bool net_report_holds(const struct net_report *r);

/* The multiset at a place where "count" tokens are in each slot, in words. Fresh memory. */
char *net_tokens(const struct petri_space *space, const uint32_t count[], uint32_t place);

/* "transition (x = 1)". Fresh memory. */
char *net_event(const struct petri_space *space, const struct petri_event *e);

#endif
