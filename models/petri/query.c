/* Answers to queries. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "models/petri/graph.h"
#include "models/petri/space_int.h"
#include "models/petri/tarjan.h"

static void set_trace(struct petri_space *space, struct petri_answer *a, const uint32_t *parent,
                      uint32_t number)
{
    if (number != PETRI_NO_MARKING) {
        a->n = petri_space_trace(space, parent, number, &a->numbers, &a->events);
    }
}

/* --- Home --------------------------------------------------------------------------------------- */

/* A bit for each component from which a marking that has it can be reached. Arcs go to lower numbers. */
static uint64_t *components_that_can(const struct petri_graph *g, const uint64_t *truth)
{
    const struct petri_space *space = g->space;
    uint64_t *can = xcalloc((size_t)g->n_scc / 64 + 1, sizeof *can);
    bool more = true;

    for (uint32_t i = 0; i < space->n_expanded; i++) {
        if (petri_has_bit(truth, i)) {
            can[g->scc[i] / 64] |= UINT64_C(1) << g->scc[i] % 64;
        }
    }
    /* Later markings lie deeper mostly, so going back from the last one few rounds are enough. */
    while (more) {
        more = false;
        for (uint32_t i = space->n_expanded; i-- > 0;) {
            uint32_t c = g->scc[i];

            for (uint64_t a = space->first_arc[i];
                 !petri_has_bit(can, c) && a < space->first_arc[i + 1]; a++) {
                if (petri_has_bit(can, g->scc[space->arcs[a].to])) {
                    can[c / 64] |= UINT64_C(1) << c % 64;
                    more = true;
                }
            }
        }
    }
    return can;
}

static void answer_home(struct petri_space *space, const struct petri_graph *g,
                        const uint64_t *truth, struct petri_answer *a)
{
    uint64_t *can = components_that_can(g, truth);
    uint32_t bad = PETRI_NO_MARKING;

    for (uint32_t i = 0; i < space->n_expanded && bad == PETRI_NO_MARKING; i++) {
        bad = petri_has_bit(can, g->scc[i]) ? bad : i;
    }
    a->verdict = bad == PETRI_NO_MARKING ? PETRI_HOLDS : PETRI_FAILS;
    set_trace(space, a, space->parent, bad);
    free(can);
}

/* --- Eventually --------------------------------------------------------------------------------- */

/* Markings that are reached without passing one that has it: their bits go to "without", and where each
 * came from to "parent". Returns the first where the run ends, or PETRI_NO_MARKING. */
static uint32_t walk_without(const struct petri_space *space, const uint64_t *truth,
                             uint64_t *without, uint32_t *parent)
{
    uint32_t *queue = xcalloc((size_t)space->n_expanded + 1, sizeof *queue);
    uint32_t end = PETRI_NO_MARKING;
    size_t n = 0;

    queue[n++] = 0;
    without[0] |= 1;
    for (size_t k = 0; k < n && end == PETRI_NO_MARKING; k++) {
        uint32_t i = queue[k];

        end = space->first_arc[i] == space->first_arc[i + 1] ? i : end;
        for (uint64_t a = space->first_arc[i]; a < space->first_arc[i + 1]; a++) {
            uint32_t to = space->arcs[a].to;

            if (!petri_has_bit(truth, to) && !petri_has_bit(without, to)) {
                without[to / 64] |= UINT64_C(1) << to % 64;
                parent[to] = i;
                queue[n++] = to;
            }
        }
    }
    free(queue);
    return end;
}

/* A marking on a cycle of the part, or PETRI_NO_MARKING. */
static uint32_t on_cycle(const struct petri_part *part)
{
    const struct petri_space *space = part->space;
    uint32_t *scc = xcalloc((size_t)space->n_expanded + 1, sizeof *scc), found = PETRI_NO_MARKING;

    petri_tarjan(part, scc);
    for (uint32_t i = 0; i < space->n_expanded && found == PETRI_NO_MARKING; i++) {
        for (uint64_t a = space->first_arc[i];
             scc[i] != PETRI_NO_SCC && a < space->first_arc[i + 1]; a++) {
            found = scc[space->arcs[a].to] == scc[i] ? i : found;
        }
    }
    free(scc);
    return found;
}

static void answer_eventually(struct petri_space *space, const uint64_t *truth,
                              struct petri_answer *a)
{
    uint64_t *without = xcalloc((size_t)space->n_expanded / 64 + 1, sizeof *without);
    uint32_t *parent = xcalloc((size_t)space->n_expanded + 1, sizeof *parent);
    struct petri_part part = {.space = space, .markings = without, .without = UINT32_MAX};
    uint32_t bad = PETRI_NO_MARKING;

    if (!petri_has_bit(truth, 0)) {
        bad = walk_without(space, truth, without, parent);
        bad = bad == PETRI_NO_MARKING ? on_cycle(&part) : bad;
    }
    a->verdict = bad == PETRI_NO_MARKING ? PETRI_HOLDS : PETRI_FAILS;
    set_trace(space, a, parent, bad);
    free(without);
    free(parent);
}

/* --- All ---------------------------------------------------------------------------------------- */

void petri_query_answer(struct petri_space *space, const struct petri_graph *graph, size_t query,
                        struct petri_answer *a)
{
    const struct petri_seen *seen = &space->queries[query];
    enum petri_query_mode mode = space->net->queries[query].mode;
    bool reach = mode == PETRI_REACH, full = space->status == PETRI_FULL;
    uint32_t shown = mode == PETRI_ALWAYS ? seen->first_false : seen->first_true;

    *a = (struct petri_answer){.verdict = PETRI_UNKNOWN};
    if (mode == PETRI_HOME || mode == PETRI_EVENTUALLY) {
        if (full && graph && mode == PETRI_HOME) {
            answer_home(space, graph, seen->truth, a);
        } else if (full && graph) {
            answer_eventually(space, seen->truth, a);
        }
        return;
    }
    if (shown != PETRI_NO_MARKING) {
        a->verdict = reach ? PETRI_HOLDS : PETRI_FAILS;
    } else if (full) {
        a->verdict = reach ? PETRI_FAILS : PETRI_HOLDS;
    }
    set_trace(space, a, space->parent, shown);
}

void petri_answer_fini(struct petri_answer *a)
{
    free(a->numbers);
    free(a->events);
}
