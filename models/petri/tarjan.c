#include "models/petri/tarjan.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

struct frame {
    uint64_t arc; /* The next one to follow. */
    uint32_t marking;
};

struct walk {
    const struct petri_part *part;
    uint32_t *scc, n_scc;
    uint32_t *low; /* 0: not visited yet. */
    uint32_t *stack;
    struct frame *path;
    size_t n_stack, n_path;
    uint32_t counter;
};

static bool belongs(const struct petri_part *part, uint32_t marking)
{
    return !part->markings || petri_has_bit(part->markings, marking);
}

bool petri_part_has(const struct petri_part *part, const struct petri_arc *arc)
{
    return belongs(part, arc->to) &&
           (part->without == UINT32_MAX ||
            part->space->unfold.events[arc->event]->transition != part->without);
}

static void visit(struct walk *w, uint32_t marking)
{
    w->low[marking] = ++w->counter;
    w->stack[w->n_stack++] = marking;
    w->path[w->n_path++] = (struct frame){w->part->space->first_arc[marking], marking};
}

/* The root of a component: what is above it on the stack belongs to it. */
static void close_component(struct walk *w, uint32_t root)
{
    uint32_t marking;

    do {
        marking = w->stack[--w->n_stack];
        w->scc[marking] = w->n_scc;
    } while (marking != root);
    w->n_scc++;
}

static void walk_from(struct walk *w, uint32_t start, uint32_t *index)
{
    const struct petri_space *space = w->part->space;

    visit(w, start);
    index[start] = w->counter;
    while (w->n_path > 0) {
        struct frame *f = &w->path[w->n_path - 1];
        uint32_t marking = f->marking;

        if (f->arc < space->first_arc[marking + 1]) {
            const struct petri_arc *arc = &space->arcs[f->arc++];

            if (!petri_part_has(w->part, arc)) {
                continue;
            }
            if (!w->low[arc->to]) {
                visit(w, arc->to);
                index[arc->to] = w->counter;
            } else if (w->scc[arc->to] == PETRI_NO_SCC && w->low[arc->to] < w->low[marking]) {
                w->low[marking] = w->low[arc->to];
            }
            continue;
        }
        w->n_path--;
        if (w->low[marking] == index[marking]) {
            close_component(w, marking);
        }
        if (w->n_path > 0 && w->scc[marking] == PETRI_NO_SCC) {
            uint32_t above = w->path[w->n_path - 1].marking;

            w->low[above] = w->low[marking] < w->low[above] ? w->low[marking] : w->low[above];
        }
    }
}

uint32_t petri_tarjan(const struct petri_part *part, uint32_t scc[])
{
    uint32_t n = part->space->n_expanded;
    struct walk w = {.part = part, .scc = scc};
    uint32_t *index = xcalloc((size_t)n + 1, sizeof *index);

    w.low = xcalloc((size_t)n + 1, sizeof *w.low);
    w.stack = xcalloc((size_t)n + 1, sizeof *w.stack);
    w.path = xcalloc((size_t)n + 1, sizeof *w.path);
    memset(scc, 0xff, n * sizeof *scc);
    for (uint32_t i = 0; i < n; i++) {
        if (!w.low[i] && belongs(part, i)) {
            walk_from(&w, i, index);
        }
    }
    free(index);
    free(w.low);
    free(w.stack);
    free(w.path);
    return w.n_scc;
}

bool petri_part_cyclic(const struct petri_part *part, const uint32_t scc[])
{
    const struct petri_space *space = part->space;

    for (uint32_t i = 0; i < space->n_expanded; i++) {
        for (uint64_t a = space->first_arc[i];
             scc[i] != PETRI_NO_SCC && a < space->first_arc[i + 1]; a++) {
            if (scc[space->arcs[a].to] == scc[i] && petri_part_has(part, &space->arcs[a])) {
                return true;
            }
        }
    }
    return false;
}
