/* Ways to markings, and markings in words. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "models/petri/space_int.h"

uint64_t petri_tokens_at(const struct petri_slots *slots, const struct petri_marking *m,
                         uint32_t place)
{
    const struct petri_place_slots *list = &slots->places[place];
    uint64_t sum = 0;

    for (size_t i = 0; i < list->n; i++) {
        sum += m->count[list->slots[i]];
    }
    return sum;
}

/* --- Words -------------------------------------------------------------------------------------- */

struct printed {
    const struct petri_store *store;
    const struct petri_type *type;
    int64_t value;
    uint32_t count;
};

/* The order of a reader: numbers, texts by their letters, tuples part by part. */
static int order(const struct petri_store *store, const struct petri_type *type, int64_t a,
                 int64_t b)
{
    if (type->kind == PETRI_STRING) {
        return strcmp(petri_text(store, a), petri_text(store, b));
    }
    if (type->kind != PETRI_TUPLE) {
        return (a > b) - (a < b);
    }
    for (size_t i = 0; i < type->n; i++) {
        int c = order(store, type->fields[i], petri_fields(store, a)[i], petri_fields(store, b)[i]);

        if (c) {
            return c;
        }
    }
    return 0;
}

static int in_order(const void *a, const void *b)
{
    const struct printed *x = a, *y = b;

    return order(x->store, x->type, x->value, y->value);
}

void petri_tokens_print(FILE *out, const struct petri_net *net, const struct petri_slots *slots,
                        const uint32_t count[], uint32_t place)
{
    const struct petri_place_slots *list = &slots->places[place];
    const struct petri_type *type = net->places[place].type;
    struct printed *tokens = xcalloc(list->n + 1, sizeof *tokens);
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++) {
        uint32_t slot = list->slots[i];

        if (count[slot]) {
            tokens[n++] = (struct printed){&net->store, type, slots->slot[slot].value, count[slot]};
        }
    }
    qsort(tokens, n, sizeof *tokens, in_order);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, type->kind == PETRI_UNIT ? "%s%u" : "%s%u`", i ? " ++ " : "", tokens[i].count);
        if (type->kind != PETRI_UNIT) {
            petri_value_print(out, &net->store, type, tokens[i].value);
        }
    }
    fputs(n ? "" : "empty", out);
    free(tokens);
}

/* --- Traces ------------------------------------------------------------------------------------- */

static bool leads_to(const struct petri_event *e, const struct petri_marking *from,
                     const struct petri_marking *to)
{
    size_t n = 64 * from->n_words;
    bool same = true;

    for (uint32_t i = 0; i < e->n_changes; i++) {
        from->count[e->changes[i].slot] += (uint32_t)e->changes[i].by;
    }
    same = memcmp(from->count, to->count, n * sizeof *to->count) == 0;
    for (uint32_t i = 0; i < e->n_changes; i++) {
        from->count[e->changes[i].slot] -= (uint32_t)e->changes[i].by;
    }
    return same;
}

/* An event that leads from one marking to another: there is one. */
static const struct petri_event *between(struct petri_space *space, uint32_t a, uint32_t b)
{
    struct petri_marking from = {0}, to = {0};
    const struct petri_event *found = NULL;

    petri_space_read(space, a, &from);
    petri_space_read(space, b, &to);
    for (size_t i = 0; i < space->unfold.n_events && !found; i++) {
        const struct petri_event *e = space->unfold.events[i];

        if (e->ready && petri_event_enabled(&space->unfold, e, from.count) &&
            leads_to(e, &from, &to)) {
            found = e;
        }
    }
    petri_marking_fini(&from);
    petri_marking_fini(&to);
    return found;
}

size_t petri_space_trace(struct petri_space *space, const uint32_t parent[], uint32_t number,
                         uint32_t **numbers, const struct petri_event ***events)
{
    size_t n = 1;

    for (uint32_t i = number; i != 0; i = parent[i]) {
        n++;
    }
    *numbers = xcalloc(n, sizeof **numbers);
    *events = xcalloc(n, sizeof **events);
    for (size_t i = n; i-- > 0; number = parent[number]) {
        (*numbers)[i] = number;
        if (i > 0) {
            (*events)[i - 1] = between(space, parent[number], number);
        }
    }
    return n;
}

/* --- Growth ------------------------------------------------------------------------------------- */

static bool covers(const struct petri_marking *more, const struct petri_marking *less)
{
    for (size_t s = 0; s < 64 * more->n_words; s++) {
        if (more->count[s] < less->count[s]) {
            return false;
        }
    }
    return true;
}

static bool grows_to(struct petri_space *space, uint32_t number)
{
    struct petri_marking now = {0}, before = {0};
    bool found = false;

    petri_space_read(space, number, &now);
    for (uint32_t i = number; i != 0 && !found;) {
        i = space->parent[i];
        petri_space_read(space, i, &before);
        if (covers(&now, &before)) {
            space->growing[0] = i;
            space->growing[1] = number;
            found = true;
        }
    }
    petri_marking_fini(&now);
    petri_marking_fini(&before);
    return found;
}

void petri_space_find_growth(struct petri_space *space)
{
    const struct petri_net *net = space->net;
    uint32_t last = space->set.n - 1;

    for (size_t t = 0; t < net->n_transitions; t++) {
        if (net->transitions[t].n_inhibitors > 0) {
            return;
        }
    }
    /* Some of the last ones will do: in an unbounded net every long way grows. */
    for (uint32_t i = 0; i < 256 && i <= last && !space->unbounded; i++) {
        space->unbounded = grows_to(space, last - i);
    }
}
