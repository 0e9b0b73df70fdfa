#include "models/petri/graph.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "models/petri/space_int.h"
#include "models/petri/tarjan.h"

static void set_bit(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

static uint64_t *bits_for(uint32_t n)
{
    return xcalloc((size_t)n / 64 + 1, sizeof(uint64_t));
}

/* --- Home and liveness -------------------------------------------------------------------------- */

/* A bit for each component that no arc leaves. */
static uint64_t *terminal_components(struct petri_graph *g)
{
    const struct petri_space *space = g->space;
    uint64_t *left = bits_for(g->n_scc);

    for (uint32_t i = 0; i < space->n_expanded; i++) {
        for (uint64_t a = space->first_arc[i]; a < space->first_arc[i + 1]; a++) {
            if (g->scc[space->arcs[a].to] != g->scc[i]) {
                set_bit(left, g->scc[i]);
            }
        }
    }
    for (uint32_t c = 0; c < g->n_scc; c++) {
        g->n_terminal += !petri_has_bit(left, c);
        left[c / 64] ^= UINT64_C(1) << c % 64;
    }
    return left;
}

/* The markings of the only terminal component are home markings; two such components have none. */
static void count_home(struct petri_graph *g)
{
    for (uint32_t i = 0; g->n_terminal == 1 && i < g->space->n_expanded; i++) {
        g->n_home += g->scc[i] == 0; /* The first component that was closed. */
    }
}

/* A transition is live when it occurs in each terminal component. */
static void find_live(struct petri_graph *g, const uint64_t *terminal)
{
    const struct petri_space *space = g->space;
    size_t n_t = space->net->n_transitions;
    uint32_t *in = xcalloc(n_t + 1, sizeof *in);     /* Terminal components where it occurs, */
    uint32_t *last = xcalloc(n_t + 1, sizeof *last); /* the last of them + 1. */
    uint32_t *order = xcalloc((size_t)space->n_expanded + 1, sizeof *order);
    uint32_t *begin = xcalloc((size_t)g->n_scc + 1, sizeof *begin);

    for (uint32_t i = 0; i < space->n_expanded; i++) {
        begin[g->scc[i]]++;
    }
    for (uint32_t c = 0, sum = 0; c < g->n_scc; c++) {
        sum += begin[c];
        begin[c] = sum - begin[c];
    }
    for (uint32_t i = 0; i < space->n_expanded; i++) {
        order[begin[g->scc[i]]++] = i;
    }
    for (uint32_t k = 0; k < space->n_expanded; k++) {
        uint32_t i = order[k];

        if (!petri_has_bit(terminal, g->scc[i])) {
            continue;
        }
        for (uint64_t a = space->first_arc[i]; a < space->first_arc[i + 1]; a++) {
            uint32_t t = space->unfold.events[space->arcs[a].event]->transition;

            in[t] += last[t] != g->scc[i] + 1;
            last[t] = g->scc[i] + 1;
        }
    }
    for (size_t t = 0; t < n_t; t++) {
        g->liveness[t] = !space->occurs[t]        ? PETRI_DEAD_TRANSITION
                         : in[t] == g->n_terminal ? PETRI_LIVE
                                                  : PETRI_NOT_LIVE;
    }
    free(in);
    free(last);
    free(order);
    free(begin);
}

/* --- Fairness ----------------------------------------------------------------------------------- */

/* A bit for each marking where the transition can occur. */
static uint64_t *where_enabled(const struct petri_space *space, uint32_t t)
{
    uint64_t *bits = bits_for(space->n_expanded);

    for (uint32_t i = 0; i < space->n_expanded; i++) {
        for (uint64_t a = space->first_arc[i]; a < space->first_arc[i + 1]; a++) {
            if (space->unfold.events[space->arcs[a].event]->transition == t) {
                set_bit(bits, i);
                break;
            }
        }
    }
    return bits;
}

/* Whether a cycle of the part, which has no arc of the transition, passes a marking where it is enabled. */
static bool passes(const struct petri_part *part, const uint32_t *scc, uint32_t n_scc,
                   const uint64_t *enabled)
{
    const struct petri_space *space = part->space;
    uint64_t *cyclic = bits_for(n_scc);
    bool found = false;

    for (uint32_t i = 0; i < space->n_expanded; i++) {
        for (uint64_t a = space->first_arc[i]; a < space->first_arc[i + 1]; a++) {
            if (scc[space->arcs[a].to] == scc[i] && petri_part_has(part, &space->arcs[a])) {
                set_bit(cyclic, scc[i]);
            }
        }
    }
    for (uint32_t i = 0; i < space->n_expanded && !found; i++) {
        found = petri_has_bit(enabled, i) && petri_has_bit(cyclic, scc[i]);
    }
    free(cyclic);
    return found;
}

static enum petri_fairness fairness_of(const struct petri_space *space, uint32_t t, uint32_t *scc)
{
    struct petri_part part = {.space = space, .without = t};
    uint32_t n_scc = petri_tarjan(&part, scc);
    enum petri_fairness fairness = PETRI_UNFAIR;
    uint64_t *enabled;

    if (!petri_part_cyclic(&part, scc)) {
        return PETRI_IMPARTIAL;
    }
    enabled = where_enabled(space, t);
    if (!passes(&part, scc, n_scc, enabled)) {
        fairness = PETRI_FAIR;
    } else {
        part.markings = enabled;
        petri_tarjan(&part, scc);
        fairness = petri_part_cyclic(&part, scc) ? PETRI_UNFAIR : PETRI_JUST;
    }
    free(enabled);
    return fairness;
}

static void find_fairness(struct petri_graph *g)
{
    size_t n_t = g->space->net->n_transitions;
    uint32_t *scc = xcalloc((size_t)g->space->n_expanded + 1, sizeof *scc);

    g->fairness = xcalloc(n_t + 1, sizeof *g->fairness);
    for (size_t t = 0; t < n_t; t++) {
        g->fairness[t] = fairness_of(g->space, (uint32_t)t, scc);
    }
    free(scc);
}

/* --- The whole ---------------------------------------------------------------------------------- */

void petri_graph_init(struct petri_graph *g, const struct petri_space *space, bool fairness)
{
    struct petri_part all = {.space = space, .without = UINT32_MAX};
    uint64_t *terminal;

    *g = (struct petri_graph){.space = space};
    g->scc = xcalloc((size_t)space->n_expanded + 1, sizeof *g->scc);
    g->n_scc = petri_tarjan(&all, g->scc);
    g->cyclic = petri_part_cyclic(&all, g->scc);
    g->liveness = xcalloc(space->net->n_transitions + 1, sizeof *g->liveness);
    terminal = terminal_components(g);
    count_home(g);
    find_live(g, terminal);
    free(terminal);
    if (fairness && g->cyclic) {
        find_fairness(g);
    }
}

void petri_graph_fini(struct petri_graph *g)
{
    free(g->scc);
    free(g->liveness);
    free(g->fairness);
}
