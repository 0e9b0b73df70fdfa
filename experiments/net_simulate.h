/* tambo net simulate: replications of a timed net, and what is said about them. */
#ifndef TAMBO_EXPERIMENTS_NET_SIMULATE_H
#define TAMBO_EXPERIMENTS_NET_SIMULATE_H

#include <jansson.h>
#include <stdio.h>

#include "experiments/net_file.h"
#include "models/petri/simulate.h"

struct net_replications {
    const struct net_file *file;
    uint64_t seed;
    size_t n;
    struct petri_run *runs;
};

/* Simulates "n" times, each with random numbers of its own, which follow from the seed and the number of the
 * replication. Stops at the first that is broken; that one is the last of r->n then. */
void net_replicate(struct net_replications *r, const struct net_file *file, uint64_t seed, size_t n,
                   const struct petri_run_limits *limits);
void net_replications_fini(struct net_replications *r);

/* Why the last one could not be finished; NULL when all were. */
const char *net_replications_error(const struct net_replications *r);

void net_replications_text(const struct net_replications *r, FILE *out);
json_t *net_replications_json(const struct net_replications *r);

#endif
