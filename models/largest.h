/* The largest network that fits: one search for every question that ends in a number of hosts. */
#ifndef TAMBO_MODELS_LARGEST_H
#define TAMBO_MODELS_LARGEST_H

#include <stdint.h>

/* The largest network that is considered; larger answers are MODEL_HOSTS_UNBOUNDED. */
#define MODEL_HOSTS_MAX ((int64_t)1000000000)
#define MODEL_HOSTS_UNBOUNDED INT64_MAX

/* The load of a network of "n_hosts" as a share of what is safe: it fits when that is at most 1.
 * Only the side of 1 must be right; the nearer the value, the fewer calls. INFINITY for a network
 * that does not exist. */
typedef double model_load_fn(int64_t n_hosts, void *ctx);

/* Comes down from MODEL_HOSTS_MAX in quarters to the first size, at least "smallest", that fits, and
 * finds between that and the one before it a size N that fits while N + 1 does not. 0: none of them
 * fits; MODEL_HOSTS_UNBOUNDED: the first does. */
int64_t model_largest(model_load_fn *load, void *ctx, int64_t smallest);

#endif
