/* Births race in one event (on_race), drawn ahead (session_race.h), and so do deaths when durations are exponential. With other laws the ends
 * stand in a queue of their own, by the traffic's own time, which does not go on while it stands still, and
 * the first of them has the second event. */
#include "simnet/world/session.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/elementary.h"
#include "controller/base/mono.h"
#include "controller/base/rng.h"
#include "simnet/world/session_ends.h"
#include "simnet/world/session_pairs.h"
#include "simnet/world/session_race.h"
#include "simnet/world/session_surge.h"
#include "simnet/world/stage.h"
#include "simnet/world/traffic_alias.h"

/* "SESS": the kind of the event in the trace. */
#define KIND_SESSION UINT32_C(0x53455353)

struct session_traffic {
    struct sim *sim;
    struct rng *rng;
    struct session_hooks hooks;
    struct sim_event race;
    struct session_race steps;
    struct sim_event end; /* The first of 'ends'. */
    struct session_pairs on;
    struct duration duration;
    bool has_memory;                 /* Durations have one, so that 'ends' is used. */
    struct session_ends ends;        /* By the traffic's own time. */
    int64_t stood_ns;                /* How far that is behind the simulation's, */
    mono_t stopped_at;               /* and since when it stands still. */
    struct alias_table destinations; /* Empty when nobody is called. */
    double *odds;                    /* lambda_d/mu. */
    double mu_per_s;
    struct rate_shape shape;
    bool shaped;                /* Rates change: births are proposed at their peak and thinned. */
    double peak;                /* Of the common factor; 1 without a shape. */
    struct session_surge surge; /* Births of its own, one event for the next of them. */
    struct sim_event crowd;
    uint32_t n_hosts;
    bool running;
    struct session_counters counters;
};

static void on_race(void *aux, struct sim_event *ev);
static void on_end(void *aux, struct sim_event *ev);
static void on_crowd(void *aux, struct sim_event *ev);

static void set_shape(struct session_traffic *st, const struct session_params *params)
{
    st->peak = 1;
    if (!params->shape) {
        return;
    }
    assert(!rate_shape_error(params->shape) && "session_traffic: bad shape");
    st->shape = *params->shape;
    st->shaped = !rate_shape_is_flat(&st->shape);
    st->peak = st->shaped ? rate_shape_peak(&st->shape) : 1;
    if (rate_shape_has_surge(&st->shape) && params->in_surge) {
        session_surge_init(&st->surge, &st->shape.surge, params->lambda_per_s, params->in_surge,
                           st->n_hosts, st->peak);
    }
}

static void set_rates(struct session_traffic *st, const struct session_params *params)
{
    double sum_per_s = 0, births_per_s;

    st->odds = xcalloc(st->n_hosts, sizeof *st->odds);
    for (uint32_t d = 0; d < st->n_hosts; d++) {
        double lambda_per_s = params->lambda_per_s[d];

        assert(isfinite(lambda_per_s) && lambda_per_s >= 0 && "session_traffic: bad rate");
        st->odds[d] = lambda_per_s / st->mu_per_s;
        sum_per_s += lambda_per_s;
    }
    births_per_s = (st->n_hosts - 1) * sum_per_s * st->peak; /* L, rejected ones included. */
    if (sum_per_s > 0) {
        alias_init(&st->destinations, params->lambda_per_s, st->n_hosts);
    }
    session_race_init(&st->steps, births_per_s, st->has_memory ? 0 : st->mu_per_s,
                      &st->destinations, st->n_hosts);
}

struct session_traffic *session_traffic_new(struct sim *sim, const struct session_params *params,
                                            const struct session_hooks *hooks)
{
    struct session_traffic *st = xcalloc(1, sizeof *st);

    assert(params->n_hosts >= 2 && "session_traffic: nobody to talk to");
    assert(!duration_law_error(&params->duration) && "session_traffic: bad law");
    st->sim = sim;
    st->rng = sim_rng(sim, params->stream);
    st->hooks = *hooks;
    st->n_hosts = params->n_hosts;
    st->mu_per_s = 1 / params->duration.mean_s;
    st->has_memory = params->duration.kind != DURATION_EXPONENTIAL;
    st->stopped_at = sim_now(sim);
    set_shape(st, params);
    set_rates(st, params);
    duration_init(&st->duration, &params->duration);
    session_ends_init(&st->ends);
    session_pairs_init(&st->on, !st->has_memory);
    sim_event_init(&st->race, KIND_SESSION, SIM_PRIO_NORMAL, on_race, st);
    sim_event_init(&st->end, KIND_SESSION, SIM_PRIO_NORMAL, on_end, st);
    sim_event_init(&st->crowd, KIND_SESSION, SIM_PRIO_NORMAL, on_crowd, st);
    st->race.stage = st->end.stage = st->crowd.stage = STAGE_SESSIONS;
    return st;
}

void session_traffic_free(struct session_traffic *st)
{
    if (!st) {
        return;
    }
    session_traffic_stop(st);
    session_pairs_fini(&st->on);
    session_ends_fini(&st->ends);
    duration_fini(&st->duration);
    alias_fini(&st->destinations);
    session_surge_fini(&st->surge);
    free(st->odds);
    free(st);
}

/* --- Ends, when durations have a memory --------------------------------------------------------- */

static void arm_end(struct session_traffic *st)
{
    if (st->running && st->ends.n) {
        sim_at(st->sim, &st->end, (mono_t){session_ends_first(&st->ends)->at_ns + st->stood_ns});
    }
}

/* The session of 'pair', which is ON since now, lasts 'rest_s' more. */
static void plan_end(struct session_traffic *st, struct session_pair pair, double rest_s)
{
    mono_t now = st->running ? sim_now(st->sim) : st->stopped_at;

    session_ends_add(&st->ends, now.ns - st->stood_ns + ns_from_s(rest_s), pair);
    arm_end(st);
}

/* --- The next step ----------------------------------------------------------------------------------- */

/* What its next steps will need is fetched. */
static void look_ahead(struct session_traffic *st)
{
    for (unsigned i = 0; i < SESSION_LOOKS; i++) {
        const struct race_step *step = session_race_peek(&st->steps, i + 1, &st->on);

        if (step) {
            st->hooks.look(st->hooks.aux, step->pair.src, step->pair.dst, i);
        }
    }
}

static void arm(struct session_traffic *st)
{
    const struct race_step *first;

    if (!st->running) {
        return;
    }
    if (!session_race_fits(&st->steps, st->on.n)) {
        session_race_restart(&st->steps, sim_now(st->sim).ns, st->on.n);
    }
    first = session_race_first(&st->steps, st->rng, &st->on);
    if (first) {
        sim_at(st->sim, &st->race, (mono_t){first->at_ns});
        if (st->hooks.look) {
            look_ahead(st);
        }
    }
}

/* The number of sessions, or the time, is another than the race knows. */
static void rearm(struct session_traffic *st)
{
    session_race_restart(&st->steps, sim_now(st->sim).ns, st->on.n);
    arm(st);
}

/* --- What is ON at first -------------------------------------------------------------------------- */

static void trace_pair(struct session_traffic *st, struct session_pair pair)
{
    sim_trace_u64(st->sim, (uint64_t)pair.src << 32 | pair.dst);
}

/* The pairs towards 'dst' that are ON: among independent trials of equal chance p, the number of
 * failures before a success is geometric, floor(E / −ln(1 − p)) with E exponential of mean 1, and
 * −ln(1 − p) = ln(1 + lambda/mu). */
static void populate_destination(struct session_traffic *st, uint32_t dst)
{
    double per_trial = exact_log(1.0 + st->odds[dst]);
    uint32_t n_sources = st->n_hosts - 1;

    if (!(per_trial > 0)) {
        return;
    }
    for (uint32_t i = 0; i < n_sources; i++) {
        double n_failures = rng_exponential(st->rng, 1.0) / per_trial;
        struct session_pair pair = {.dst = dst};

        if (n_failures >= n_sources - i) {
            return;
        }
        i += (uint32_t)n_failures;
        pair.src = session_other_host(dst, i);
        session_pairs_add(&st->on, pair);
        if (st->has_memory) {
            plan_end(st, pair, duration_draw_rest(&st->duration, st->rng));
        }
        trace_pair(st, pair);
        st->hooks.begin(st->hooks.aux, pair.src, pair.dst);
    }
}

void session_traffic_populate(struct session_traffic *st)
{
    assert(!st->on.n && "session_traffic_populate: there are sessions already");
    for (uint32_t d = 0; d < st->n_hosts; d++) {
        populate_destination(st, d);
    }
    rearm(st);
}

/* --- The race --------------------------------------------------------------------------------------- */

/* Seconds of the traffic's own time. */
static double own_s(const struct session_traffic *st)
{
    return ns_to_s(sim_now(st->sim).ns - st->stood_ns);
}

static void arm_crowd(struct session_traffic *st)
{
    double wait_s = st->running ? session_surge_wait_s(&st->surge, own_s(st), st->rng) : INFINITY;

    if (wait_s < DURATION_MAX_S) {
        sim_at(st->sim, &st->crowd, mono_add(sim_now(st->sim), ns_from_s(wait_s)));
    }
}

void session_traffic_start(struct session_traffic *st)
{
    if (!st->running) {
        st->running = true;
        st->stood_ns += mono_diff_ns(sim_now(st->sim), st->stopped_at);
        rearm(st);
        arm_end(st);
        arm_crowd(st);
    }
}

void session_traffic_stop(struct session_traffic *st)
{
    if (st->running) {
        st->running = false;
        st->stopped_at = sim_now(st->sim);
    }
    sim_cancel(st->sim, &st->race);
    sim_cancel(st->sim, &st->end);
    sim_cancel(st->sim, &st->crowd);
}

/* Births are proposed at the peak of the rate; so many of them are too many now (Lewis and Shedler
 * 1979). */
static bool is_thinned(struct session_traffic *st)
{
    return st->shaped &&
           rng_uniform(st->rng) * st->peak >= rate_shape_common(&st->shape, own_s(st));
}

static double draw_duration_s(struct session_traffic *st)
{
    bool elephant;
    double s = duration_draw_which(&st->duration, st->rng, &elephant);

    st->counters.drawn_s += s;
    st->counters.n_elephants += elephant;
    st->counters.elephants_s += elephant ? s : 0;
    return s;
}

static void propose_birth(struct session_traffic *st, struct session_pair pair)
{
    st->counters.n_proposed++;
    if (is_thinned(st)) {
        st->counters.n_thinned++;
        return;
    }
    if (!session_pairs_add(&st->on, pair)) {
        st->counters.n_rejected++;
        return;
    }
    st->counters.n_begun++;
    if (st->has_memory) {
        plan_end(st, pair, draw_duration_s(st));
    }
    trace_pair(st, pair);
    st->hooks.begin(st->hooks.aux, pair.src, pair.dst);
}

static void end(struct session_traffic *st, struct session_pair pair)
{
    st->counters.n_ended++;
    trace_pair(st, pair);
    st->hooks.end(st->hooks.aux, pair.src, pair.dst);
}

static void on_end(void *aux, struct sim_event *ev)
{
    struct session_traffic *st = aux;
    struct session_pair pair = session_ends_take(&st->ends);

    (void)ev;
    session_pairs_remove(&st->on, pair);
    end(st, pair);
    arm_end(st);
}

static void on_crowd(void *aux, struct sim_event *ev)
{
    struct session_traffic *st = aux;
    struct session_pair pair;

    (void)ev;
    if (session_surge_fire(&st->surge, st->rng, &pair.dst)) {
        pair.src = session_other_host(pair.dst, rng_below(st->rng, st->n_hosts - 1));
        propose_birth(st, pair);
        rearm(st);
    }
    arm_crowd(st);
}

static void on_race(void *aux, struct sim_event *ev)
{
    struct session_traffic *st = aux;
    struct race_step step = *session_race_first(&st->steps, st->rng, &st->on);

    (void)ev;
    session_race_drop(&st->steps);
    if (step.place == RACE_BIRTH) {
        propose_birth(st, step.pair);
    } else {
        end(st, session_pairs_take(&st->on, step.place));
    }
    arm(st);
}

bool session_traffic_is_on(const struct session_traffic *st, uint32_t src, uint32_t dst)
{
    return session_pairs_has(&st->on, (struct session_pair){.src = src, .dst = dst});
}

size_t session_traffic_bytes(const struct session_traffic *st)
{
    return alloc_bytes(sizeof *st) + session_pairs_bytes(&st->on) +
           alloc_bytes(st->ends.cap * sizeof *st->ends.heap) +
           st->n_hosts * (sizeof *st->odds + sizeof(double) + sizeof(uint32_t));
}

size_t session_traffic_n_on(const struct session_traffic *st)
{
    return st->on.n;
}

const struct session_counters *session_traffic_counters(const struct session_traffic *st)
{
    return &st->counters;
}
