#include "simnet/check/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hmap.h"

/* Sets of acts of one state: bits by their position there. */
struct act_set {
    uint64_t bits[(CHECK_MAX_ACTS + 63) / 64];
};

struct state {
    struct hmap_node node;
    struct state *parent; /* NULL: the beginning of the run. */
    struct state *next;   /* In line. */
    struct check_act *acts;
    struct check_act by; /* From the parent. */
    uint16_t n_acts;
    uint16_t depth;
    bool is_waiting;
    struct act_set asleep; /* Need not be done: another order of the same acts is looked at... */
    struct act_set done;   /* ...or was done. */
};

/* An act that is being done. */
struct job {
    struct state *from;
    size_t act;
    struct act_set skip; /* Of the acts there: those that were asleep or done when it began. */
};

struct search {
    struct check_visitor *visitor;
    const struct check_limits *limits;
    struct check_result *out;
    struct hmap states;
    struct state *head, *tail; /* Those that have to be gone on from. */
    struct state *from;        /* The one that we go on from, and its next act. */
    size_t act;
    struct job jobs[CHECK_MAX_JOBS]; /* A ring: 'n_busy' from 'oldest' on. */
    uint32_t n_jobs, oldest, n_busy;
    struct check_act *path;
    size_t path_room;
    check_clock_fn *clock;
    double began;
    bool is_cut; /* Something is beyond the depth. */
};

/* --- Sets ------------------------------------------------------------------------------------- */

static bool set_has(const struct act_set *s, size_t i)
{
    return (s->bits[i / 64] >> i % 64 & 1) != 0;
}

static void set_add(struct act_set *s, size_t i)
{
    s->bits[i / 64] |= UINT64_C(1) << i % 64;
}

static void set_remove(struct act_set *s, size_t i)
{
    s->bits[i / 64] &= ~(UINT64_C(1) << i % 64);
}

/* --- States ----------------------------------------------------------------------------------- */

static void wait_in_line(struct search *s, struct state *state)
{
    if (!state->is_waiting) {
        state->is_waiting = true;
        state->next = NULL;
        *(s->tail ? &s->tail->next : &s->head) = state;
        s->tail = state;
    }
}

static struct state *next_in_line(struct search *s)
{
    struct state *state = s->head;

    if (state) {
        s->head = state->next;
        s->tail = s->head ? s->tail : NULL;
        state->is_waiting = false;
    }
    return state;
}

static struct state *add_state(struct search *s, const struct check_view *v, struct state *parent,
                               struct check_act by)
{
    struct state *state = xcalloc(1, sizeof *state);

    state->parent = parent;
    state->by = by;
    state->depth = parent ? (uint16_t)(parent->depth + 1) : 0;
    state->n_acts = (uint16_t)v->n_acts;
    state->acts = xcalloc(v->n_acts + 1, sizeof *state->acts);
    memcpy(state->acts, v->acts, v->n_acts * sizeof *v->acts);
    hmap_insert(&s->states, &state->node, v->hash);
    s->out->n_states++;
    s->out->n_quiet += v->is_quiet;
    s->out->bytes += sizeof *state + (v->n_acts + 1) * sizeof *v->acts;
    s->out->depth = state->depth > s->out->depth ? state->depth : s->out->depth;
    return state;
}

static struct state *find_state(const struct search *s, const struct check_view *v)
{
    struct hmap_node *node = hmap_first_with(&s->states, v->hash);

    return node ? CONTAINER_OF(node, struct state, node) : NULL;
}

/* The acts that lead to 'state', and room for one more. */
static struct check_act *path_to(struct search *s, const struct state *state)
{
    if (s->path_room < state->depth + 1U) {
        s->path_room = 2 * (state->depth + 1U);
        s->path = xreallocarray(s->path, s->path_room, sizeof *s->path);
    }
    for (const struct state *at = state; at->parent; at = at->parent) {
        s->path[at->depth - 1] = at->by;
    }
    return s->path;
}

/* --- Reduction -------------------------------------------------------------------------------- */

static bool act_eq(struct check_act x, struct check_act y)
{
    return x.kind == y.kind && x.a == y.a && x.b == y.b;
}

static struct act_set skip_of(const struct state *state)
{
    struct act_set out = state->asleep;

    for (size_t i = 0; i < sizeof out.bits / sizeof out.bits[0]; i++) {
        out.bits[i] |= state->done.bits[i];
    }
    return out;
}

/* Behind the act of 'job', what was asleep or done before it and commutes with it need not be done. */
static struct act_set asleep_behind(const struct search *s, const struct job *job,
                                    const struct state *to)
{
    const struct check_net *net = check_visitor_net(s->visitor);
    const struct state *from = job->from;
    struct act_set out = {{0}};

    for (size_t k = 0; k < from->n_acts && !s->limits->no_reduction; k++) {
        if (!set_has(&job->skip, k) ||
            !check_commute(net, from->acts[k], from->acts[job->act])) {
            continue;
        }
        for (size_t m = 0; m < to->n_acts; m++) {
            if (act_eq(to->acts[m], from->acts[k])) {
                set_add(&out, m);
            }
        }
    }
    return out;
}

/* 'state' was reached on another way: only what is asleep on all of them sleeps on. */
static void wake(struct search *s, struct state *state, const struct act_set *asleep)
{
    for (size_t i = 0; i < state->n_acts; i++) {
        if (set_has(&state->asleep, i) && !set_has(asleep, i)) {
            set_remove(&state->asleep, i);
            wait_in_line(s, state);
        }
    }
}

/* --- Going on --------------------------------------------------------------------------------- */

static void found(struct search *s, const struct check_view *v, const struct check_act *path, size_t n)
{
    struct check_result *out = s->out;

    out->end = CHECK_FOUND;
    out->fault = v->fault;
    snprintf(out->what, sizeof out->what, "%s", v->what);
    out->trace = xcalloc(n + 1, sizeof *out->trace);
    memcpy(out->trace, path, n * sizeof *path);
    out->n_trace = n;
}

static void begin_job(struct search *s)
{
    uint32_t at = (s->oldest + s->n_busy) % s->n_jobs;
    struct check_act *path = path_to(s, s->from);

    s->jobs[at] = (struct job){s->from, s->act, skip_of(s->from)};
    path[s->from->depth] = s->from->acts[s->act];
    check_visit_begin(s->visitor, at, path, s->from->depth + 1U);
    set_add(&s->from->done, s->act);
    s->n_busy++;
}

static bool end_oldest(struct search *s, struct check_view *view)
{
    bool done = check_visit_end(s->visitor, s->oldest, view);

    s->oldest = (s->oldest + 1) % s->n_jobs;
    s->n_busy--;
    return done;
}

/* False when the search is over. */
static bool end_job(struct search *s)
{
    const struct job *job = &s->jobs[s->oldest];
    struct check_act by = job->from->acts[job->act], *path;
    struct check_view view;
    struct act_set asleep;
    struct state *to;

    if (!end_oldest(s, &view)) {
        s->out->end = CHECK_BROKEN;
        return false;
    }
    s->out->n_acts++;
    to = find_state(s, &view);
    if (!to && view.fault != CHECK_SOUND) {
        path = path_to(s, job->from);
        path[job->from->depth] = by;
        found(s, &view, path, job->from->depth + 1U);
        return false;
    }
    if (!to) {
        to = add_state(s, &view, job->from, by);
        to->asleep = asleep_behind(s, job, to);
        wait_in_line(s, to);
    } else {
        asleep = asleep_behind(s, job, to);
        wake(s, to, &asleep);
    }
    return true;
}

static bool is_over(struct search *s)
{
    const struct check_limits *l = s->limits;

    if (l->max_states && s->out->n_states >= l->max_states) {
        s->out->end = CHECK_MAX_STATES;
        return true;
    }
    if (l->seconds > 0 && s->clock() - s->began >= l->seconds) {
        s->out->end = CHECK_MAX_TIME;
        return true;
    }
    return false;
}

/* Moves on to the next act of 'from' that has to be done. */
static bool next_act(struct search *s)
{
    struct state *from = s->from;

    while (from && s->act < from->n_acts &&
           (set_has(&from->done, s->act) || set_has(&from->asleep, s->act))) {
        s->act++;
    }
    if (!from || s->act >= from->n_acts) {
        return false;
    }
    if (s->limits->max_depth && from->depth >= s->limits->max_depth) {
        s->is_cut = true;
        return false;
    }
    return true;
}

/* The next act of any state; false when there is none that is known yet. */
static bool next_job(struct search *s)
{
    while (!next_act(s)) {
        s->from = next_in_line(s);
        s->act = 0;
        if (!s->from) {
            return false;
        }
        if (s->from->depth > s->out->whole_depth) {
            s->out->whole_depth = s->from->depth;
        }
    }
    return true;
}

static void run(struct search *s)
{
    struct check_view view;
    bool goes_on = true;

    while (goes_on) {
        while (s->n_busy < s->n_jobs && next_job(s)) {
            if (is_over(s)) {
                goes_on = false;
                break;
            }
            begin_job(s);
        }
        if (s->n_busy == 0) {
            break;
        }
        goes_on = goes_on && end_job(s);
    }
    while (s->n_busy > 0) {
        end_oldest(s, &view);
    }
    if (goes_on) {
        s->out->end = s->is_cut ? CHECK_MAX_DEPTH : CHECK_COMPLETE;
    }
}

static void free_states(struct search *s)
{
    struct hmap_node *node, *tmp;

    HMAP_FOR_EACH(node, tmp, &s->states) {
        struct state *state = CONTAINER_OF(node, struct state, node);

        free(state->acts);
        free(state);
    }
    hmap_fini(&s->states);
}

void check_search(struct check_visitor *visitor, const struct check_limits *limits,
                  check_clock_fn *clock, struct check_result *out)
{
    struct search s = {.visitor = visitor, .limits = limits, .out = out, .clock = clock};
    struct check_view view;

    memset(out, 0, sizeof *out);
    s.began = clock();
    s.n_jobs = limits->n_jobs ? limits->n_jobs : 1;
    hmap_init(&s.states);
    if (!check_visit(visitor, NULL, 0, &view)) {
        out->end = CHECK_BROKEN;
    } else if (view.fault != CHECK_SOUND) {
        found(&s, &view, NULL, 0);
    } else {
        wait_in_line(&s, add_state(&s, &view, NULL, (struct check_act){0}));
        run(&s);
    }
    out->seconds = clock() - s.began;
    free_states(&s);
    free(s.path);
}

void check_result_fini(struct check_result *result)
{
    free(result->trace);
    result->trace = NULL;
}
