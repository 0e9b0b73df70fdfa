/* What is noted of each marking: bounds, and whether queries are true there. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "models/petri/net_int.h"
#include "models/petri/space_int.h"

static uint64_t count_tokens(void *ctx, uint32_t place, const struct petri_expr *query)
{
    struct petri_notes *n = ctx;
    const struct petri_slots *slots = &n->space->unfold.slots;
    const struct petri_place_slots *list = &slots->places[place];
    uint64_t sum = 0;

    if (query->n == 0) {
        return n->tokens[place];
    }
    for (size_t i = 0; i < list->n; i++) {
        uint32_t slot = list->slots[i];
        uint64_t bound = 0;

        if (slot < 64 * n->marking->n_words && n->marking->count[slot] &&
            petri_match(query->kids[0], slots->slot[slot].value, &n->env, &bound) &&
            (query->n < 2 || petri_eval(query->kids[1], &n->env))) {
            sum += n->marking->count[slot];
        }
    }
    return sum;
}

/* Whether an event of the transition, or any event, can occur. */
static bool is_enabled(void *ctx, uint32_t transition)
{
    struct petri_notes *n = ctx;
    const struct petri_unfold *u = &n->space->unfold;

    for (size_t i = 0; i < u->n_events; i++) {
        const struct petri_event *e = u->events[i];

        if ((transition == UINT32_MAX || e->transition == transition) &&
            petri_event_enabled(u, e, n->marking->count)) {
            return true;
        }
    }
    return false;
}

void petri_notes_init(struct petri_notes *n, struct petri_space *space)
{
    size_t n_places = space->net->n_places, n_queries = space->net->n_queries;

    *n = (struct petri_notes){.space = space};
    n->tokens = xcalloc(n_places + 1, sizeof *n->tokens);
    n->env = (struct petri_env){
        .net = space->net, .marking = n, .count = count_tokens, .enabled = is_enabled};
    space->places = xcalloc(n_places + 1, sizeof *space->places);
    space->queries = xcalloc(n_queries + 1, sizeof *space->queries);
    for (size_t i = 0; i < n_places; i++) {
        space->places[i].lower = UINT64_MAX;
    }
    for (size_t i = 0; i < n_queries; i++) {
        space->queries[i].first_true = space->queries[i].first_false = PETRI_NO_MARKING;
    }
}

static void reserve(struct petri_notes *n, size_t n_slots)
{
    size_t cap = n->cap ? n->cap : 64;

    while (cap < n_slots) {
        cap *= 2;
    }
    if (cap == n->cap) {
        return;
    }
    n->with = xreallocarray(n->with, cap, sizeof *n->with);
    n->least = xreallocarray(n->least, cap, sizeof *n->least);
    n->most = xreallocarray(n->most, cap, sizeof *n->most);
    memset(n->with + n->cap, 0, (cap - n->cap) * sizeof *n->with);
    memset(n->least + n->cap, 0xff, (cap - n->cap) * sizeof *n->least);
    memset(n->most + n->cap, 0, (cap - n->cap) * sizeof *n->most);
    n->cap = cap;
}

static void take_bounds(struct petri_notes *n, const struct petri_marking *m)
{
    struct petri_space *space = n->space;
    const struct petri_slot *slot = space->unfold.slots.slot;

    memset(n->tokens, 0, space->net->n_places * sizeof *n->tokens);
    for (size_t w = 0; w < m->n_words; w++) {
        for (uint64_t bits = m->present[w]; bits; bits &= bits - 1) {
            size_t s = 64 * w + (unsigned)__builtin_ctzll(bits);
            uint32_t count = m->count[s];

            n->tokens[slot[s].place] += count;
            n->with[s]++;
            n->least[s] = count < n->least[s] ? count : n->least[s];
            n->most[s] = count > n->most[s] ? count : n->most[s];
        }
    }
    for (size_t p = 0; p < space->net->n_places; p++) {
        struct petri_bounds *b = &space->places[p];

        b->upper = n->tokens[p] > b->upper ? n->tokens[p] : b->upper;
        b->lower = n->tokens[p] < b->lower ? n->tokens[p] : b->lower;
    }
}

static void note_truth(struct petri_seen *seen, uint32_t number, bool truth, bool keep)
{
    uint32_t *first = truth ? &seen->first_true : &seen->first_false;

    *first = *first == PETRI_NO_MARKING ? number : *first;
    if (keep) {
        if (number % 64 == 0) {
            seen->truth = petri_grow(seen->truth, number / 64, sizeof *seen->truth);
            seen->truth[number / 64] = 0;
        }
        seen->truth[number / 64] |= (uint64_t)truth << number % 64;
    }
}

static bool take_queries(struct petri_notes *n, uint32_t number)
{
    struct petri_space *space = n->space;

    n->env.vars = n->vars;
    for (size_t i = 0; i < space->net->n_queries; i++) {
        const struct petri_query *q = &space->net->queries[i];
        bool truth = petri_eval(q->e, &n->env);

        if (n->env.error) {
            snprintf(space->reason, sizeof space->reason, "query \"%s\" in marking %u: %s", q->text,
                     number + 1, n->env.error);
            space->status = PETRI_BROKEN;
            return false;
        }
        note_truth(&space->queries[i], number, truth,
                   q->mode == PETRI_HOME || q->mode == PETRI_EVENTUALLY);
    }
    return true;
}

bool petri_notes_take(struct petri_notes *n, uint32_t number, const struct petri_marking *m)
{
    reserve(n, 64 * m->n_words);
    n->marking = m;
    take_bounds(n, m);
    return take_queries(n, number);
}

void petri_notes_finish(struct petri_notes *n)
{
    struct petri_space *space = n->space;

    space->n_slots = space->unfold.slots.n;
    space->slots = xcalloc(space->n_slots + 1, sizeof *space->slots);
    reserve(n, space->n_slots);
    for (size_t s = 0; s < space->n_slots; s++) {
        bool always = n->with[s] >= space->n_expanded && n->with[s] > 0;

        space->slots[s] = (struct petri_bounds){n->most[s], always ? n->least[s] : 0};
    }
    for (size_t p = 0; p < space->net->n_places; p++) {
        if (space->places[p].lower == UINT64_MAX) {
            space->places[p].lower = 0;
        }
    }
    free(n->tokens);
    free(n->with);
    free(n->least);
    free(n->most);
}
