#include "models/petri/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "models/petri/bind.h"
#include "models/petri/net_int.h"
#include "models/petri/tokens.h"

/* Weighted sums of one place's tokens. */
struct integral {
    double since, sum, squares;
    uint64_t tokens, min, max;
};

/* Starts of "between" monitors that have no end yet: the monitor is the place, the key the value. */
struct starts {
    struct petri_slots keys;
    struct start_queue {
        double *times;
        size_t n, first;
    } * queues;
    size_t cap;
};

struct simulation {
    struct petri_net *net;
    const struct petri_random *random;
    struct petri_run *run;
    struct petri_tokens tokens;
    struct petri_bind bind;
    struct integral *loads;
    struct starts starts;
    bool *idle;      /* By transition: cannot occur until a place near it changes. */
    uint32_t *order; /* Transitions, to be shuffled. */
    double now;
    /* The binding that was drawn so far. */
    uint64_t n_found;
    int64_t vars[PETRI_MAX_VARS];
    uint32_t slot_of[PETRI_MAX_ITEMS];
};

/* --- Series ------------------------------------------------------------------------------------- */

void petri_series_add(struct petri_series *s, double x)
{
    double delta = x - s->mean;

    s->min = s->n == 0 || x < s->min ? x : s->min;
    s->max = s->n == 0 || x > s->max ? x : s->max;
    s->n++;
    s->sum += x;
    s->mean += delta / (double)s->n;
    s->squares += delta * (x - s->mean);
}

void petri_series_join(struct petri_series *s, const struct petri_series *from)
{
    double delta = from->mean - s->mean, n = (double)s->n + (double)from->n;

    if (from->n == 0) {
        return;
    }
    s->min = s->n == 0 || from->min < s->min ? from->min : s->min;
    s->max = s->n == 0 || from->max > s->max ? from->max : s->max;
    s->squares += from->squares + delta * delta * (double)s->n * (double)from->n / n;
    s->mean += delta * (double)from->n / n;
    s->sum += from->sum;
    s->n += from->n;
}

double petri_series_variance(const struct petri_series *s)
{
    return s->n > 1 ? s->squares / (double)(s->n - 1) : 0;
}

/* --- Places ------------------------------------------------------------------------------------- */

/* Whatever is near a place that changed may be able to occur. */
static void place_changed(void *ctx, uint32_t place)
{
    struct simulation *sim = ctx;

    for (size_t t = 0; t < sim->net->n_transitions; t++) {
        const struct petri_transition *tr = &sim->net->transitions[t];

        for (size_t i = 0; i < tr->n_items && sim->idle[t]; i++) {
            sim->idle[t] = tr->items[i].place != place;
        }
        for (size_t i = 0; i < tr->n_inhibitors && sim->idle[t]; i++) {
            sim->idle[t] = tr->inhibitors[i].place != place;
        }
    }
}

static void change_load(struct simulation *sim, uint32_t place, int64_t by)
{
    struct integral *l = &sim->loads[place];
    double held = sim->now - l->since, tokens = (double)l->tokens;

    l->sum += held * tokens;
    l->squares += held * tokens * tokens;
    l->since = sim->now;
    l->tokens += (uint64_t)by;
}

/* After all changes of an occurrence: what is between them is no marking. */
static void note_extremes(struct simulation *sim, uint32_t place)
{
    struct integral *l = &sim->loads[place];

    l->min = l->tokens < l->min ? l->tokens : l->min;
    l->max = l->tokens > l->max ? l->tokens : l->max;
}

/* --- Monitors ----------------------------------------------------------------------------------- */

static void start(struct simulation *sim, uint32_t monitor, int64_t key)
{
    struct starts *s = &sim->starts;
    uint32_t slot = petri_slot_get(&s->keys, monitor, key);
    struct start_queue *q;

    if (slot >= s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;

        s->queues = xreallocarray(s->queues, cap, sizeof *s->queues);
        memset(s->queues + s->cap, 0, (cap - s->cap) * sizeof *s->queues);
        s->cap = cap;
    }
    q = &s->queues[slot];
    q->times = petri_grow(q->times, q->n, sizeof *q->times);
    q->times[q->n++] = sim->now;
}

/* The first start with this key; false when there is none. */
static bool finish(struct simulation *sim, uint32_t monitor, int64_t key, double *since)
{
    struct starts *s = &sim->starts;
    uint32_t slot = petri_slot_find(&s->keys, monitor, key);
    struct start_queue *q;

    if (slot == PETRI_NO_SLOT) {
        return false;
    }
    q = &s->queues[slot];
    *since = q->times[q->first++];
    if (q->first == q->n) {
        free(q->times);
        *q = (struct start_queue){0};
        petri_slot_drop(&s->keys, slot);
    }
    return true;
}

static void observe(struct simulation *sim, uint32_t t, struct petri_env *env)
{
    for (uint32_t i = 0; i < sim->net->n_monitors; i++) {
        const struct petri_monitor *m = &sim->net->monitors[i];
        double since;

        if (m->to == t && m->from == UINT32_MAX) {
            petri_series_add(&sim->run->monitors[i], petri_eval_real(m->value, env));
        } else if (m->to == t && finish(sim, i, petri_eval(m->value, env), &since)) {
            petri_series_add(&sim->run->monitors[i], sim->now - since);
        }
        if (m->from == t) {
            start(sim, i, petri_eval(m->from_key, env));
        }
    }
}

/* --- Occurrence --------------------------------------------------------------------------------- */

/* Whether there are tokens for all items that use the slot of item "i". */
static bool enough(const struct simulation *sim, const struct petri_bind *b, size_t i)
{
    const struct petri_transition *t = &sim->net->transitions[b->transition];
    uint64_t need = 0;

    for (size_t k = 0; k < t->n_items; k++) {
        need += b->slot_of[k] == b->slot_of[i] ? t->items[k].count : 0;
    }
    return sim->tokens.ready[b->slot_of[i]] >= need;
}

/* Of all bindings each is drawn with the same probability: the k-th takes the place of the one before with
 * probability 1/k. */
static void found(void *ctx, const struct petri_bind *b)
{
    struct simulation *sim = ctx;
    const struct petri_transition *t = &sim->net->transitions[b->transition];

    for (size_t i = 0; i < t->n_items; i++) {
        if (!enough(sim, b, i)) {
            return;
        }
    }
    if (t->n_inhibitors > 0 && petri_inhibited(sim->net, &sim->tokens.slots, b->transition,
                                               sim->bind.vars, sim->tokens.ready)) {
        return;
    }
    sim->n_found++;
    if (sim->n_found == 1 || sim->random->uniform(sim->random->ctx) * (double)sim->n_found < 1) {
        memcpy(sim->vars, b->vars, sizeof sim->vars);
        memcpy(sim->slot_of, b->slot_of, sizeof sim->slot_of);
    }
}

struct putting {
    struct simulation *sim;
    struct petri_env *env;
    uint32_t place;
    double time;
};

static void put_token(void *ctx, int64_t value, uint32_t count)
{
    struct putting *p = ctx;

    if (!petri_value_fits(&p->sim->net->store, p->sim->net->places[p->place].type, value)) {
        p->env->error = "a number is outside the range of its colour set";
        return;
    }
    petri_tokens_put(&p->sim->tokens, p->place, value, count, p->time, p->sim->now);
    change_load(p->sim, p->place, count);
}

static double delay_of(const struct petri_expr *e, struct petri_env *env)
{
    double delay = e ? petri_eval_real(e, env) : 0;

    if (!(delay >= 0) && !env->error) {
        env->error = "a delay below 0";
    }
    return delay;
}

static void put_out(struct simulation *sim, const struct petri_transition *t, struct petri_env *env)
{
    double delay = delay_of(t->delay, env);

    for (size_t i = 0; i < t->n_outs && !env->error; i++) {
        const struct petri_out *out = &t->outs[i];
        bool timed = sim->net->places[out->place].timed;
        struct putting p = {sim, env, out->place,
                            sim->now + (timed ? delay + delay_of(out->delay, env) : 0)};

        petri_eval_tokens(out->tokens, env, put_token, &p);
    }
}

static void take_in(struct simulation *sim, const struct petri_transition *t)
{
    for (size_t i = 0; i < t->n_items; i++) {
        if (!t->items[i].test) {
            petri_tokens_take(&sim->tokens, sim->slot_of[i], t->items[i].count);
            change_load(sim, t->items[i].place, -(int64_t)t->items[i].count);
        }
    }
}

/* Slots without tokens go, and what is near the changed places may occur. */
static void settle(struct simulation *sim, const struct petri_transition *t)
{
    for (size_t i = 0; i < t->n_items; i++) {
        if (!t->items[i].test) {
            petri_tokens_drop_empty(&sim->tokens, sim->slot_of[i]);
            note_extremes(sim, t->items[i].place);
            place_changed(sim, t->items[i].place);
        }
    }
    for (size_t i = 0; i < t->n_outs; i++) {
        note_extremes(sim, t->outs[i].place);
        place_changed(sim, t->outs[i].place);
    }
}

static bool occur(struct simulation *sim, uint32_t number)
{
    const struct petri_transition *t = &sim->net->transitions[number];
    struct petri_env env = {
        .net = sim->net, .vars = sim->vars, .now = sim->now, .random = sim->random};

    take_in(sim, t);
    put_out(sim, t, &env);
    observe(sim, number, &env);
    settle(sim, t);
    sim->run->occurs[number]++;
    sim->run->steps++;
    if (env.error) {
        snprintf(sim->run->error, sizeof sim->run->error, "%s at time %g: %s", t->name, sim->now,
                 env.error);
        sim->run->end = PETRI_END_BROKEN;
    }
    return !env.error;
}

/* Lets one transition occur, the first in a random order that can. False when none can, or broken. */
static bool step(struct simulation *sim)
{
    size_t n = sim->net->n_transitions;

    for (size_t i = 0; i < n; i++) {
        size_t k = i + (size_t)(sim->random->uniform(sim->random->ctx) * (double)(n - i));
        uint32_t t = sim->order[k < n ? k : n - 1];

        sim->order[k < n ? k : n - 1] = sim->order[i];
        sim->order[i] = t;
        if (sim->idle[t]) {
            continue;
        }
        sim->n_found = 0;
        petri_bind_all(&sim->bind, t);
        if (sim->n_found > 0) {
            return occur(sim, t);
        }
        sim->idle[t] = true;
    }
    return false;
}

/* --- The run ------------------------------------------------------------------------------------ */

static void run(struct simulation *sim, const struct petri_run_limits *limits)
{
    sim->run->end = PETRI_END_DEAD;
    while (sim->run->steps < limits->max_steps) {
        double next;

        if (step(sim)) {
            continue;
        }
        next = petri_tokens_next(&sim->tokens);
        if (sim->run->end == PETRI_END_BROKEN || isinf(next)) {
            return;
        }
        if (next > limits->max_time) {
            sim->now = limits->max_time;
            sim->run->end = PETRI_END_TIME;
            return;
        }
        sim->now = next;
        petri_tokens_wake(&sim->tokens, next, place_changed, sim);
    }
    sim->run->end = PETRI_END_STEPS;
}

static void put_initial(struct simulation *sim)
{
    int64_t vars[PETRI_MAX_VARS] = {0};
    struct petri_env env = {.net = sim->net, .vars = vars};
    struct putting p = {.sim = sim, .env = &env};

    for (p.place = 0; p.place < sim->net->n_places; p.place++) {
        if (sim->net->places[p.place].initial) {
            petri_eval_tokens(sim->net->places[p.place].initial, &env, put_token, &p);
        }
        sim->loads[p.place].min = sim->loads[p.place].max = sim->loads[p.place].tokens;
    }
}

static void write_loads(struct simulation *sim)
{
    for (uint32_t p = 0; p < sim->net->n_places; p++) {
        struct integral *l = &sim->loads[p];
        struct petri_load *out = &sim->run->places[p];

        change_load(sim, p, 0);
        *out = (struct petri_load){.min = l->min, .max = l->max, .last = l->tokens};
        if (sim->now > 0) {
            out->mean = l->sum / sim->now;
            out->variance = fmax(0, l->squares / sim->now - out->mean * out->mean);
        }
    }
}

static void simulation_fini(struct simulation *sim)
{
    for (size_t i = 0; i < sim->starts.cap; i++) {
        free(sim->starts.queues[i].times);
    }
    free(sim->starts.queues);
    petri_slots_fini(&sim->starts.keys);
    petri_tokens_fini(&sim->tokens);
    free(sim->loads);
    free(sim->idle);
    free(sim->order);
}

void petri_simulate(struct petri_net *net, const struct petri_random *random,
                    const struct petri_run_limits *limits, struct petri_run *result)
{
    struct simulation sim = {.net = net, .random = random, .run = result};

    memset(result, 0, sizeof *result);
    result->occurs = xcalloc(net->n_transitions + 1, sizeof *result->occurs);
    result->places = xcalloc(net->n_places + 1, sizeof *result->places);
    result->monitors = xcalloc(net->n_monitors + 1, sizeof *result->monitors);
    petri_tokens_init(&sim.tokens, net->n_places);
    petri_slots_init(&sim.starts.keys, net->n_monitors);
    petri_bind_init(&sim.bind, net, &sim.tokens.slots);
    sim.bind.found = found;
    sim.bind.ctx = &sim;
    sim.loads = xcalloc(net->n_places + 1, sizeof *sim.loads);
    sim.idle = xcalloc(net->n_transitions + 1, sizeof *sim.idle);
    sim.order = xcalloc(net->n_transitions + 1, sizeof *sim.order);
    for (uint32_t t = 0; t < net->n_transitions; t++) {
        sim.order[t] = t;
    }
    put_initial(&sim);
    run(&sim, limits);
    result->time = sim.now;
    write_loads(&sim);
    simulation_fini(&sim);
}

void petri_run_fini(struct petri_run *r)
{
    free(r->occurs);
    free(r->places);
    free(r->monitors);
}
