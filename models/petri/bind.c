#include "models/petri/bind.h"

#include <string.h>

struct step {
    uint64_t bound; /* Variables. */
    uint64_t items; /* That have their slot. */
};

static void search(struct petri_bind *b, struct step at);

void petri_bind_init(struct petri_bind *b, struct petri_net *net, const struct petri_slots *slots)
{
    memset(b, 0, sizeof *b);
    b->slots = slots;
    b->env.net = net;
    b->env.vars = b->vars;
}

static const struct petri_transition *transition(const struct petri_bind *b)
{
    return &b->env.net->transitions[b->transition];
}

/* Whether a condition that has just been evaluated holds: an error says no. */
static bool holds(struct petri_bind *b, bool value)
{
    bool ok = value && !b->env.error;

    b->env.error = NULL;
    return ok;
}

/* The guards whose last variable was bound between "before" and "now". */
static bool guards_hold(struct petri_bind *b, uint64_t before, uint64_t now)
{
    const struct petri_transition *t = transition(b);

    for (size_t i = 0; i < t->n_guards; i++) {
        const struct petri_guard *g = &t->guards[i];

        if (!(g->vars & ~now) && ((g->vars & ~before) || !g->vars) &&
            !holds(b, petri_eval(g->e, &b->env))) {
            return false;
        }
    }
    return true;
}

static bool matches(struct petri_bind *b, const struct petri_item *item, uint32_t slot,
                    uint64_t *bound)
{
    int64_t value = b->slots->slot[slot].value;

    return holds(b, petri_match(item->pattern, value, &b->env, bound));
}

/* Computed parts that were left out when the token was matched. */
static bool still_matches(struct petri_bind *b, const struct petri_item *item, uint32_t slot)
{
    return !item->computed ||
           holds(b, petri_eval(item->pattern, &b->env) == b->slots->slot[slot].value);
}

/* Of two items that take from one place, each pair of slots is to be found once: the items before the
 * pinned one do not take the pinned slot. */
static bool taken(const struct petri_bind *b, size_t i, uint32_t slot)
{
    return i < b->pin && b->pin < PETRI_MAX_ITEMS && b->slot_of[b->pin] == slot;
}

static void with_slot(struct petri_bind *b, struct step at, size_t i, uint32_t slot)
{
    struct step next = {at.bound, at.items | UINT64_C(1) << i};

    if (!taken(b, i, slot) && matches(b, &transition(b)->items[i], slot, &next.bound) &&
        guards_hold(b, at.bound, next.bound)) {
        b->slot_of[i] = slot;
        search(b, next);
    }
}

static void try_item(struct petri_bind *b, struct step at, size_t i)
{
    const struct petri_item *item = &transition(b)->items[i];

    if (!(item->vars & ~at.bound)) { /* There is one token that can be it. */
        int64_t value = petri_eval(item->pattern, &b->env);
        uint32_t slot =
            holds(b, true) ? petri_slot_find(b->slots, item->place, value) : PETRI_NO_SLOT;

        if (slot != PETRI_NO_SLOT) {
            with_slot(b, at, i, slot);
        }
        return;
    }
    const struct petri_place_slots *list = &b->slots->places[item->place];

    for (size_t k = 0; k < list->n; k++) {
        with_slot(b, at, i, list->slots[k]);
    }
}

/* The item to go on with: one whose token is known already, else, of those whose computed parts are, the
 * one with the fewest tokens to try. */
static size_t next_item(const struct petri_bind *b, struct step at)
{
    const struct petri_transition *t = transition(b);
    size_t best = SIZE_MAX, fewest = SIZE_MAX;

    for (size_t i = 0; i < t->n_items; i++) {
        const struct petri_item *item = &t->items[i];
        size_t n = b->slots->places[item->place].n;

        if (at.items >> i & 1) {
            continue;
        }
        if (!(item->vars & ~at.bound)) {
            return i;
        }
        if (n < fewest && !(item->computed & ~(at.bound | item->own))) {
            best = i;
            fewest = n;
        }
    }
    return best;
}

/* Goes through the values of the first variable that is chosen and not bound. */
static void choose(struct petri_bind *b, struct step at, uint64_t open)
{
    unsigned v = (unsigned)__builtin_ctzll(open);
    const struct petri_type *type = transition(b)->vars.var[v].type;
    int64_t lo = type->kind == PETRI_INT ? type->lo : 0;
    uint64_t n = petri_type_size(type);
    struct step next = {at.bound | UINT64_C(1) << v, at.items};

    for (uint64_t k = 0; k < n; k++) {
        b->vars[v] = lo + (int64_t)k;
        if (guards_hold(b, at.bound, next.bound)) {
            search(b, next);
        }
    }
}

static void complete(struct petri_bind *b)
{
    const struct petri_transition *t = transition(b);

    for (size_t i = 0; i < t->n_items; i++) {
        if (!still_matches(b, &t->items[i], b->slot_of[i])) {
            return;
        }
    }
    b->found(b->ctx, b);
}

static void search(struct petri_bind *b, struct step at)
{
    size_t i = next_item(b, at);
    uint64_t open = transition(b)->chosen & ~at.bound;

    if (i != SIZE_MAX) {
        try_item(b, at, i);
    } else if (open) {
        choose(b, at, open);
    } else {
        complete(b);
    }
}

void petri_bind_all(struct petri_bind *b, uint32_t t)
{
    b->transition = t;
    b->pin = PETRI_MAX_ITEMS;
    if (guards_hold(b, 0, 0)) {
        search(b, (struct step){0, 0});
    }
}

void petri_bind_new(struct petri_bind *b, uint32_t t, uint32_t slot)
{
    const struct petri_transition *tr = &b->env.net->transitions[t];

    b->transition = t;
    for (size_t i = 0; i < tr->n_items; i++) {
        if (tr->items[i].place == b->slots->slot[slot].place) {
            b->pin = i;
            b->slot_of[i] = slot;
            with_slot(b, (struct step){0, 0}, i, slot);
        }
    }
}

/* --- Inhibitors --------------------------------------------------------------------------------- */

static uint64_t n_matching(struct petri_env *env, const struct petri_slots *slots,
                           const struct petri_item *item, const uint32_t count[])
{
    const struct petri_place_slots *list = &slots->places[item->place];
    uint64_t n = 0;

    if (!item->wild) {
        uint32_t slot = petri_slot_find(slots, item->place, petri_eval(item->pattern, env));

        return slot != PETRI_NO_SLOT && !env->error ? count[slot] : 0;
    }
    for (size_t i = 0; i < list->n; i++) {
        uint64_t bound = UINT64_MAX;

        if (count[list->slots[i]] &&
            petri_match(item->pattern, slots->slot[list->slots[i]].value, env, &bound)) {
            n += count[list->slots[i]];
        }
    }
    return n;
}

bool petri_inhibited(struct petri_net *net, const struct petri_slots *slots, uint32_t t,
                     int64_t *vars, const uint32_t count[])
{
    const struct petri_transition *tr = &net->transitions[t];
    struct petri_env env = {.net = net, .vars = vars};

    for (size_t i = 0; i < tr->n_inhibitors; i++) {
        if (n_matching(&env, slots, &tr->inhibitors[i], count) >= tr->inhibitors[i].count) {
            return true;
        }
    }
    return false;
}
