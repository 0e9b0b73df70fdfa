/* The simulated twin of model_cache(): independent references (each session is towards a destination drawn by its
 * rate, whatever came before) to a table that evicts. */
#ifndef TAMBO_MODELS_CACHE_TWIN_H
#define TAMBO_MODELS_CACHE_TWIN_H

#include <stddef.h>
#include <stdint.h>

#include "models/cache.h"

/* The share of 'n_requests' (≥ 1) that find their destination among 'room' entries (1 ≤ room ≤ n), after a tenth as
 * many that fill the table. 'weights' are the rates of the 'n' destinations, in any unit. */
double model_cache_simulate(const double weights[], size_t n, size_t room, enum eviction eviction,
                            uint64_t n_requests, uint64_t seed);

#endif
