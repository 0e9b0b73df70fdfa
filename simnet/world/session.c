/* Births and deaths race in one event (on_race). Only the death half relies on exponential
 * durations: other durations would give each session an end event of its own and leave the births,
 * the pairs and the hooks as they are. */
#include "simnet/world/session.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/mono.h"
#include "simnet/des/elementary.h"
#include "simnet/des/rng.h"
#include "simnet/world/session_pairs.h"
#include "simnet/world/traffic_alias.h"

/* "SESS": the kind of the event in the trace. */
#define KIND_SESSION UINT32_C(0x53455353)

struct session_traffic {
    struct sim *sim;
    struct rng *rng;
    struct session_hooks hooks;
    struct sim_event race;
    struct session_pairs on;
    struct alias_table destinations; /* Empty when nobody is called. */
    double *odds;                    /* lambda_d/mu. */
    double births_per_s;             /* L, rejected ones included. */
    double mu_per_s;
    uint32_t n_hosts;
    bool running;
    struct session_counters counters;
};

static void on_race(void *aux, struct sim_event *ev);

static void set_rates(struct session_traffic *st, const struct session_params *params)
{
    double sum_per_s = 0;

    st->odds = xcalloc(st->n_hosts, sizeof *st->odds);
    for (uint32_t d = 0; d < st->n_hosts; d++) {
        double lambda_per_s = params->lambda_per_s[d];

        assert(isfinite(lambda_per_s) && lambda_per_s >= 0 && "session_traffic: bad rate");
        st->odds[d] = lambda_per_s / st->mu_per_s;
        sum_per_s += lambda_per_s;
    }
    st->births_per_s = (st->n_hosts - 1) * sum_per_s;
    if (sum_per_s > 0) {
        alias_init(&st->destinations, params->lambda_per_s, st->n_hosts);
    }
}

struct session_traffic *session_traffic_new(struct sim *sim, const struct session_params *params,
                                            const struct session_hooks *hooks)
{
    struct session_traffic *st = xcalloc(1, sizeof *st);

    assert(params->n_hosts >= 2 && "session_traffic: nobody to talk to");
    assert(isfinite(params->mu_per_s) && params->mu_per_s > 0 && "session_traffic: bad mu");
    st->sim = sim;
    st->rng = sim_rng(sim, params->stream);
    st->hooks = *hooks;
    st->n_hosts = params->n_hosts;
    st->mu_per_s = params->mu_per_s;
    set_rates(st, params);
    session_pairs_init(&st->on);
    sim_event_init(&st->race, KIND_SESSION, SIM_PRIO_NORMAL, on_race, st);
    return st;
}

void session_traffic_free(struct session_traffic *st)
{
    if (!st) {
        return;
    }
    session_traffic_stop(st);
    session_pairs_fini(&st->on);
    alias_fini(&st->destinations);
    free(st->odds);
    free(st);
}

static void trace_pair(struct session_traffic *st, struct session_pair pair)
{
    sim_trace_u64(st->sim, (uint64_t)pair.src << 32 | pair.dst);
}

/* Host number 'i' of the others, as 'host' counts them. */
static uint32_t other_host(uint32_t host, uint32_t i)
{
    return i + (i >= host);
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
        pair.src = other_host(dst, i);
        session_pairs_add(&st->on, pair);
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
}

static double race_per_s(const struct session_traffic *st)
{
    return st->births_per_s + (double)st->on.n * st->mu_per_s;
}

static void arm(struct session_traffic *st)
{
    double per_s = race_per_s(st);

    if (st->running && per_s > 0) {
        double wait_s = rng_exponential(st->rng, 1.0 / per_s);

        sim_at(st->sim, &st->race, mono_add(sim_now(st->sim), ns_from_s(wait_s)));
    }
}

void session_traffic_start(struct session_traffic *st)
{
    if (!st->running) {
        st->running = true;
        arm(st);
    }
}

void session_traffic_stop(struct session_traffic *st)
{
    st->running = false;
    sim_cancel(st->sim, &st->race);
}

static void propose_birth(struct session_traffic *st)
{
    struct session_pair pair;

    pair.dst = alias_draw(&st->destinations, st->rng);
    pair.src = other_host(pair.dst, rng_below(st->rng, st->n_hosts - 1));
    st->counters.n_proposed++;
    if (!session_pairs_add(&st->on, pair)) {
        st->counters.n_rejected++;
        return;
    }
    st->counters.n_begun++;
    trace_pair(st, pair);
    st->hooks.begin(st->hooks.aux, pair.src, pair.dst);
}

static void end_one(struct session_traffic *st)
{
    size_t victim = rng_below(st->rng, (uint32_t)st->on.n);
    struct session_pair pair = session_pairs_take(&st->on, victim);

    st->counters.n_ended++;
    trace_pair(st, pair);
    st->hooks.end(st->hooks.aux, pair.src, pair.dst);
}

static void on_race(void *aux, struct sim_event *ev)
{
    struct session_traffic *st = aux;

    (void)ev;
    if (!st->on.n || rng_uniform(st->rng) * race_per_s(st) < st->births_per_s) {
        propose_birth(st);
    } else {
        end_one(st);
    }
    arm(st);
}

size_t session_traffic_bytes(const struct session_traffic *st)
{
    return alloc_bytes(sizeof *st) + alloc_bytes(st->on.cap * sizeof *st->on.list) +
           alloc_bytes((st->on.mask + 1) * sizeof *st->on.table) +
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
