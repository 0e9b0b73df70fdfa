/* Strongly connected components of a part of a state space (R. Tarjan, "Depth-first search and linear graph
 * algorithms", 1972) without recursion. */
#ifndef TAMBO_MODELS_PETRI_TARJAN_H
#define TAMBO_MODELS_PETRI_TARJAN_H

#include "models/petri/space.h"

#define PETRI_NO_SCC UINT32_MAX

struct petri_part {
    const struct petri_space *space;
    const uint64_t *markings; /* A bit for each that belongs; NULL: all do. */
    uint32_t without;         /* A transition whose arcs do not; UINT32_MAX: all do. */
};

static inline bool petri_has_bit(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> i % 64 & 1;
}

/* Whether an arc between markings of the part belongs to it. */
bool petri_part_has(const struct petri_part *part, const struct petri_arc *arc);

/* Sets "scc" of each marking, PETRI_NO_SCC outside; returns how many there are. An arc between two
 * components goes from the higher number to the lower. */
uint32_t petri_tarjan(const struct petri_part *part, uint32_t scc[]);

/* Whether the part has a cycle: an arc within a component. */
bool petri_part_cyclic(const struct petri_part *part, const uint32_t scc[]);

#endif
