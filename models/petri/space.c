/* The exploration. Successors of many markings are collected before they are looked up, so that the parts of
 * the table where they belong are on their way from memory meanwhile. */
#include "models/petri/space.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "models/petri/net_int.h"
#include "models/petri/space_int.h"

enum { BATCH = 512 };

struct successor {
    uint64_t hash;
    size_t at, size; /* In the batch's bytes. */
    uint32_t event;
};

struct batch {
    struct successor *list;
    size_t n;
    uint8_t *bytes;
    size_t used, cap;
    uint32_t *sources; /* Markings that were expanded, and where the successors of each end. */
    size_t *ends;
    size_t n_sources;
};

struct explorer {
    struct petri_space *space;
    struct petri_marking m;
    struct batch batch;
    struct petri_notes notes;
};

static void broken(struct petri_space *space, const struct petri_event *e, const char *what)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    petri_event_print(out, &space->unfold, e);
    fclose(out);
    snprintf(space->reason, sizeof space->reason, "%s: %s", text, what);
    space->status = PETRI_BROKEN;
    free(text);
}

static void partial(struct petri_space *space, const char *what, uint64_t limit)
{
    snprintf(space->reason, sizeof space->reason, "the limit of %llu %s was reached",
             (unsigned long long)limit, what);
    space->status = PETRI_PARTIAL;
}

/* --- Occurrence --------------------------------------------------------------------------------- */

static void apply(struct petri_marking *m, const struct petri_event *e, int sign)
{
    for (uint32_t i = 0; i < e->n_changes; i++) {
        uint32_t slot = e->changes[i].slot;

        petri_marking_set(m, slot,
                          (uint32_t)((int64_t)m->count[slot] + sign * (int64_t)e->changes[i].by));
    }
}

static bool too_many(const struct petri_marking *m, const struct petri_event *e)
{
    for (uint32_t i = 0; i < e->n_changes; i++) {
        if ((int64_t)m->count[e->changes[i].slot] + e->changes[i].by > INT32_MAX) {
            return true;
        }
    }
    return false;
}

static void collect(struct explorer *x, const struct petri_event *e)
{
    struct batch *b = &x->batch;
    size_t room = petri_marking_room(&x->m);
    struct successor *s;

    if (b->used + room > b->cap) {
        b->cap = 2 * (b->used + room);
        b->bytes = xreallocarray(b->bytes, b->cap, 1);
    }
    b->list = petri_grow(b->list, b->n, sizeof *b->list);
    s = &b->list[b->n++];
    s->at = b->used;
    s->size = petri_marking_pack(&x->m, b->bytes + b->used);
    s->hash = petri_packed_hash(b->bytes + s->at, s->size);
    s->event = e->id;
    b->used += s->size;
    petri_markset_prefetch(&x->space->set, s->hash);
}

static bool occur(struct explorer *x, struct petri_event *e)
{
    struct petri_unfold *u = &x->space->unfold;

    if (!e->ready) {
        if (!petri_event_prepare(u, e)) {
            broken(x->space, e, u->error);
            return false;
        }
        petri_marking_reserve(&x->m, u->slots.n);
    }
    if (too_many(&x->m, e)) {
        broken(x->space, e, "more than 2147483647 tokens of one value");
        return false;
    }
    apply(&x->m, e, 1);
    collect(x, e);
    apply(&x->m, e, -1);
    x->space->occurs[e->transition]++;
    return true;
}

static bool occur_listed(struct explorer *x, struct petri_event *list)
{
    for (struct petri_event *e = list; e; e = e->next) {
        if (petri_event_enabled(&x->space->unfold, e, x->m.count) && !occur(x, e)) {
            return false;
        }
    }
    return true;
}

/* --- One marking -------------------------------------------------------------------------------- */

static void note_dead(struct petri_space *space, uint32_t number)
{
    if (space->n_dead < PETRI_MAX_DEAD_LISTED) {
        space->dead[space->n_dead] = number;
    }
    space->n_dead++;
}

static bool expand(struct explorer *x, uint32_t number)
{
    struct petri_unfold *u = &x->space->unfold;
    size_t before = x->batch.n;

    petri_marking_reserve(&x->m, u->slots.n);
    petri_marking_unpack(&x->m, petri_markset_get(&x->space->set, number));
    if (!petri_notes_take(&x->notes, number, &x->m) || !occur_listed(x, u->always)) {
        return false;
    }
    for (size_t w = 0; w < x->m.n_words; w++) {
        for (uint64_t bits = x->m.present[w]; bits; bits &= bits - 1) {
            if (!occur_listed(x, u->watch[64 * w + (unsigned)__builtin_ctzll(bits)])) {
                return false;
            }
        }
    }
    if (x->batch.n == before) {
        note_dead(x->space, number);
    }
    x->batch.sources[x->batch.n_sources] = number;
    x->batch.ends[x->batch.n_sources++] = x->batch.n;
    return true;
}

/* Enters a marking that is new under "from". */
static uint32_t enter(struct petri_space *space, const uint8_t *packed, const struct successor *s,
                      uint32_t from)
{
    bool is_new;
    uint32_t number = petri_markset_add(&space->set, packed, s->size, s->hash, &is_new);

    if (is_new) {
        space->parent = petri_grow(space->parent, number, sizeof *space->parent);
        space->parent[number] = from;
    }
    return number;
}

static void keep_arc(struct petri_space *space, uint32_t to, uint32_t event)
{
    if (space->limits.arcs) {
        space->arcs = petri_grow(space->arcs, space->n_arcs, sizeof *space->arcs);
        space->arcs[space->n_arcs] = (struct petri_arc){to, event};
    }
    space->n_arcs++;
}

static void keep_first_arc(struct petri_space *space, uint32_t number)
{
    if (space->limits.arcs) {
        space->first_arc = petri_grow(space->first_arc, number, sizeof *space->first_arc);
        space->first_arc[number] = space->n_arcs;
    }
}

/* Looks up what was collected. */
static void flush(struct explorer *x)
{
    struct batch *b = &x->batch;
    size_t i = 0;

    for (size_t k = 0; k < b->n_sources; k++) {
        keep_first_arc(x->space, b->sources[k]);
        for (; i < b->ends[k]; i++) {
            const struct successor *s = &b->list[i];

            keep_arc(x->space, enter(x->space, b->bytes + s->at, s, b->sources[k]), s->event);
        }
        x->space->n_expanded = b->sources[k] + 1;
    }
    b->n = b->used = b->n_sources = 0;
}

/* --- All of them -------------------------------------------------------------------------------- */

static bool within_limits(struct petri_space *space)
{
    if (space->set.n >= space->limits.max_markings) {
        partial(space, "markings", space->limits.max_markings);
    } else if (space->unfold.n_events > space->limits.max_events) {
        partial(space, "bindings", space->limits.max_events);
    }
    return space->status == PETRI_FULL;
}

static void run(struct explorer *x)
{
    struct petri_space *space = x->space;

    while (space->n_expanded < space->set.n && within_limits(space)) {
        uint32_t next = space->n_expanded, end = space->set.n;

        while (next < end && x->batch.n < BATCH && x->batch.n_sources < BATCH) {
            if (!expand(x, next++)) {
                break;
            }
        }
        flush(x);
        if (space->status == PETRI_BROKEN) {
            return;
        }
    }
}

struct initial {
    struct petri_unfold *u;
    struct petri_marking *m;
    uint32_t place;
};

static void put_initial(void *ctx, int64_t value, uint32_t count)
{
    struct initial *in = ctx;
    uint32_t slot = petri_unfold_slot(in->u, in->place, value);

    petri_marking_reserve(in->m, in->u->slots.n);
    petri_marking_set(in->m, slot, in->m->count[slot] + count);
}

static void put_all_initial(struct explorer *x)
{
    struct petri_net *net = x->space->net;
    int64_t vars[PETRI_MAX_VARS] = {0};
    struct petri_env env = {.net = net, .vars = vars};
    struct initial in = {.u = &x->space->unfold, .m = &x->m};
    struct petri_event none = {0};

    for (in.place = 0; in.place < net->n_places; in.place++) {
        if (net->places[in.place].initial) {
            petri_eval_tokens(net->places[in.place].initial, &env, put_initial, &in);
        }
    }
    petri_marking_reserve(&x->m, x->space->unfold.slots.n);
    collect(x, &none);
    enter(x->space, x->batch.bytes, &x->batch.list[0], 0);
    x->batch.n = x->batch.used = 0;
}

static void explorer_fini(struct explorer *x)
{
    petri_marking_fini(&x->m);
    free(x->batch.list);
    free(x->batch.bytes);
    free(x->batch.sources);
    free(x->batch.ends);
}

void petri_space_explore(struct petri_space *space, struct petri_net *net,
                         const struct petri_limits *limits)
{
    struct explorer x = {.space = space};

    memset(space, 0, sizeof *space);
    space->net = net;
    space->limits = *limits;
    petri_unfold_init(&space->unfold, net);
    petri_markset_init(&space->set);
    space->occurs = xcalloc(net->n_transitions + 1, sizeof *space->occurs);
    x.batch.sources = xcalloc(BATCH, sizeof *x.batch.sources);
    x.batch.ends = xcalloc(BATCH, sizeof *x.batch.ends);
    petri_notes_init(&x.notes, space);
    put_all_initial(&x);
    run(&x);
    keep_first_arc(space, space->n_expanded);
    petri_notes_finish(&x.notes);
    explorer_fini(&x);
    if (space->status == PETRI_PARTIAL) {
        petri_space_find_growth(space);
    }
}

void petri_space_fini(struct petri_space *space)
{
    for (size_t i = 0; i < space->net->n_queries; i++) {
        free(space->queries[i].truth);
    }
    petri_unfold_fini(&space->unfold);
    petri_markset_fini(&space->set);
    free(space->parent);
    free(space->arcs);
    free(space->first_arc);
    free(space->places);
    free(space->slots);
    free(space->occurs);
    free(space->queries);
}

void petri_space_read(const struct petri_space *space, uint32_t number,
                      struct petri_marking *marking)
{
    petri_marking_reserve(marking, space->unfold.slots.n);
    petri_marking_unpack(marking, petri_markset_get(&space->set, number));
}

size_t petri_space_memory(const struct petri_space *space)
{
    return petri_markset_memory(&space->set) + space->set.n * sizeof *space->parent +
           (space->limits.arcs ? space->n_arcs * sizeof *space->arcs +
                                     (size_t)space->n_expanded * sizeof *space->first_arc
                               : 0);
}
