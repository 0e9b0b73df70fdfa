#include "models/petri/unfold.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "models/petri/net_int.h"

/* --- Events ------------------------------------------------------------------------------------- */

/* Adds to the entry of "slot" in u->scratch. */
static void add_change(struct petri_unfold *u, uint32_t slot, int64_t by)
{
    int32_t sum;

    for (size_t i = 0; i < u->n_scratch; i++) {
        if (u->scratch[i].slot == slot) {
            if (__builtin_add_overflow(u->scratch[i].by, by, &sum)) {
                u->env.error = "too many tokens";
                return;
            }
            u->scratch[i].by = sum;
            return;
        }
    }
    u->scratch = petri_grow(u->scratch, u->n_scratch, sizeof *u->scratch);
    u->scratch[u->n_scratch++] = (struct petri_change){slot, (int32_t)by};
}

/* What the binding needs: tests and takes of one slot add up, as K. Jensen's double arcs do. */
static void set_needs(struct petri_unfold *u, struct petri_event *e, const struct petri_bind *b)
{
    const struct petri_transition *t = &u->net->transitions[e->transition];

    u->n_scratch = 0;
    for (size_t i = 0; i < t->n_items; i++) {
        add_change(u, b->slot_of[i], t->items[i].count);
    }
    e->n_needs = (uint32_t)u->n_scratch;
    e->needs = arena_calloc(&u->arena, u->n_scratch + 1, sizeof *e->needs);
    for (size_t i = 0; i < u->n_scratch; i++) {
        e->needs[i] = (struct petri_need){u->scratch[i].slot, (uint32_t)u->scratch[i].by};
    }
    /* Takes are remembered as changes until the event is ready. */
    u->n_scratch = 0;
    for (size_t i = 0; i < t->n_items; i++) {
        if (!t->items[i].test) {
            add_change(u, b->slot_of[i], -(int64_t)t->items[i].count);
        }
    }
    e->n_changes = (uint32_t)u->n_scratch;
    e->changes = arena_memdup(&u->arena, u->scratch, u->n_scratch * sizeof *u->scratch);
}

/* Enters the event at the one of its slots that has the fewest: it is looked at only when a token is
 * there. */
static void set_watch(struct petri_unfold *u, struct petri_event *e)
{
    struct petri_event **list = &u->always;
    size_t least = SIZE_MAX;

    for (uint32_t i = 0; i < e->n_needs; i++) {
        uint32_t slot = e->needs[i].slot;

        if (u->n_watch[slot] < least) {
            least = u->n_watch[slot];
            list = &u->watch[slot];
        }
    }
    if (e->n_needs > 0) {
        u->n_watch[list - u->watch]++;
    }
    e->next = *list;
    *list = e;
}

static void found(void *ctx, const struct petri_bind *b)
{
    struct petri_unfold *u = ctx;
    const struct petri_transition *t = &u->net->transitions[b->transition];
    struct petri_event *e = arena_alloc(&u->arena, sizeof *e);

    e->id = (uint32_t)u->n_events;
    e->transition = b->transition;
    e->inhibitors = t->n_inhibitors > 0;
    e->vars = arena_memdup(&u->arena, b->vars, (t->vars.n ? t->vars.n : 1) * sizeof b->vars[0]);
    u->events = petri_grow(u->events, u->n_events, sizeof(void *));
    u->events[u->n_events++] = e;
    set_needs(u, e, b);
    set_watch(u, e);
}

void petri_unfold_init(struct petri_unfold *u, struct petri_net *net)
{
    *u = (struct petri_unfold){.net = net, .env = {.net = net}};
    petri_slots_init(&u->slots, net->n_places);
    petri_bind_init(&u->bind, net, &u->slots);
    u->bind.env.vars = u->bind.vars;
    u->bind.found = found;
    u->bind.ctx = u;
    for (size_t t = 0; t < net->n_transitions; t++) {
        if (net->transitions[t].n_items == 0) {
            petri_bind_all(&u->bind, (uint32_t)t);
        }
    }
}

void petri_unfold_fini(struct petri_unfold *u)
{
    petri_slots_fini(&u->slots);
    free(u->events);
    free(u->watch);
    free(u->n_watch);
    free(u->scratch);
    arena_fini(&u->arena);
}

static void grow_watch(struct petri_unfold *u)
{
    size_t cap = u->cap_watch ? 2 * u->cap_watch : 64;

    u->watch = xreallocarray(u->watch, cap, sizeof(void *));
    u->n_watch = xreallocarray(u->n_watch, cap, sizeof *u->n_watch);
    memset(u->watch + u->cap_watch, 0, (cap - u->cap_watch) * sizeof(void *));
    memset(u->n_watch + u->cap_watch, 0, (cap - u->cap_watch) * sizeof *u->n_watch);
    u->cap_watch = cap;
}

uint32_t petri_unfold_slot(struct petri_unfold *u, uint32_t place, int64_t value)
{
    size_t n = u->slots.n;
    uint32_t slot = petri_slot_get(&u->slots, place, value);

    if (u->slots.n == n) {
        return slot;
    }
    if (slot >= u->cap_watch) {
        grow_watch(u);
    }
    for (size_t t = 0; t < u->net->n_transitions; t++) {
        petri_bind_new(&u->bind, (uint32_t)t, slot);
    }
    return slot;
}

/* --- Occurrence --------------------------------------------------------------------------------- */

struct output {
    int64_t value;
    uint32_t place, count;
};

struct outputs {
    struct petri_unfold *u;
    struct output *list;
    size_t n;
    uint32_t place;
};

static void put_out(void *ctx, int64_t value, uint32_t count)
{
    struct outputs *o = ctx;

    if (!petri_value_fits(&o->u->net->store, o->u->net->places[o->place].type, value)) {
        o->u->env.error = "a number is outside the range of its colour set";
        return;
    }
    o->list = petri_grow(o->list, o->n, sizeof *o->list);
    o->list[o->n++] = (struct output){value, o->place, count};
}

static void evaluate(struct petri_unfold *u, const struct petri_event *e, struct outputs *o)
{
    const struct petri_transition *t = &u->net->transitions[e->transition];

    u->env.error = NULL;
    u->env.rounds = 0;
    u->env.vars = e->vars;
    for (size_t i = 0; i < t->n_outs; i++) {
        o->place = t->outs[i].place;
        petri_eval_tokens(t->outs[i].tokens, &u->env, put_out, o);
    }
}

static void keep_changes(struct petri_unfold *u, struct petri_event *e)
{
    size_t n = 0;

    for (size_t i = 0; i < u->n_scratch; i++) {
        if (u->scratch[i].by != 0) {
            u->scratch[n++] = u->scratch[i];
        }
    }
    e->n_changes = (uint32_t)n;
    e->changes = arena_memdup(&u->arena, u->scratch, n * sizeof *u->scratch);
    e->ready = true;
}

bool petri_event_prepare(struct petri_unfold *u, struct petri_event *e)
{
    struct outputs o = {.u = u};
    uint32_t *slots;

    evaluate(u, e, &o);
    slots = xcalloc(o.n + 1, sizeof *slots);
    /* New slots make events, which use the scratch: so they come first. */
    for (size_t i = 0; i < o.n && !u->env.error; i++) {
        slots[i] = petri_unfold_slot(u, o.list[i].place, o.list[i].value);
    }
    u->n_scratch = 0;
    for (size_t i = 0; i < e->n_changes; i++) {
        add_change(u, e->changes[i].slot, e->changes[i].by);
    }
    for (size_t i = 0; i < o.n && !u->env.error; i++) {
        add_change(u, slots[i], o.list[i].count);
    }
    free(slots);
    free(o.list);
    u->error = u->env.error;
    if (!u->error) {
        keep_changes(u, e);
    }
    return !u->error;
}

void petri_event_print(FILE *out, const struct petri_unfold *u, const struct petri_event *e)
{
    const struct petri_transition *t = &u->net->transitions[e->transition];
    const char *before = " (";

    fputs(t->name, out);
    for (size_t i = 0; i < t->vars.n; i++) {
        if (isalpha((unsigned char)t->vars.var[i].name[0])) {
            fprintf(out, "%s%s = ", before, t->vars.var[i].name);
            petri_value_print(out, &u->net->store, t->vars.var[i].type, e->vars[i]);
            before = ", ";
        }
    }
    fputs(before[0] == ',' ? ")" : "", out);
}
